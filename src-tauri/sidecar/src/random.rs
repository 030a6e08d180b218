use std::time::Duration;

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

/// Returns an unpredictable number.
pub(crate) fn random_number() -> u32 {
    u32::from_ne_bytes(random_bytes())
}

/// Returns `usual`, a fifth longer or shorter at the most, so that what began at one moment does not go
/// on in step; `random` is any number alike.
pub(crate) fn jittered(usual: Duration, random: u32) -> Duration {
    usual.mul_f64(0.8 + 0.4 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_jittered_is_a_fifth_longer_or_shorter_at_the_most() {
        let usual = Duration::from_secs(5);
        assert_eq!(jittered(usual, 0), Duration::from_secs(4));
        assert_eq!(jittered(usual, u32::MAX), Duration::from_secs(6));
    }
}
