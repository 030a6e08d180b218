use rand::TryRng;
use rand::rngs::SysRng;
use uuid::Uuid;

/// Returns `N` unpredictable bytes.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .expect("the operating system's random source answers");
    bytes
}

/// Returns an unpredictable identifier (122 random bits).
pub(crate) fn random_id() -> String {
    uuid::Builder::from_random_bytes(random_bytes())
        .into_uuid()
        .as_hyphenated()
        .encode_lower(&mut Uuid::encode_buffer())
        .to_owned()
}
