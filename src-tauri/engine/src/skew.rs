use std::time::{Duration, SystemTime};

/// Returns by how many ms this computer's clock, which reads `now`, is ahead of a server's that wrote
/// `date` (RFC 9110 §6.6.1); it is behind where that is negative.
pub(crate) fn ahead_ms(date: &str, now: SystemTime) -> Option<i64> {
    let date = httpdate::parse_http_date(date.trim()).ok()?;
    let ms = |it: Duration| i64::try_from(it.as_millis()).ok();
    match now.duration_since(date) {
        Ok(ahead) => ms(ahead),
        Err(behind) => ms(behind.duration()).map(|it| -it),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_tells_how_far_apart_the_clocks_are() {
        // 2026-01-05 12:00:00 UTC
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_614_400);
        for (date, ahead) in [
            ("Mon, 05 Jan 2026 12:00:00 GMT", Some(0)),
            ("Mon, 05 Jan 2026 10:00:00 GMT", Some(7_200_000)),
            (" Mon, 05 Jan 2026 12:06:00 GMT ", Some(-360_000)),
            ("noon", None),
            ("", None),
        ] {
            assert_eq!(ahead_ms(date, noon), ahead, "{date}");
        }
    }
}
