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

/// Returns an unpredictable identifier: 128 random bits (security, S17), written like a UUID, whose own
/// version and variant would take six of them.
pub(crate) fn random_id() -> String {
    Uuid::from_bytes(random_bytes())
        .as_hyphenated()
        .encode_lower(&mut Uuid::encode_buffer())
        .to_owned()
}
