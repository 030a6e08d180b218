use std::time::{Duration, SystemTime};

/// The longest wait that a server is believed; after it the server is asked again whatever it said.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Reads a `Retry-After` header, seconds or a date (RFC 9110 §10.2.3).
pub(crate) fn parse(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let wait = if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        // More digits than fit mean "very long".
        value.parse().map_or(LONGEST, Duration::from_secs)
    } else {
        let moment = httpdate::parse_http_date(value).ok()?;
        moment.duration_since(now).unwrap_or(Duration::ZERO)
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> SystemTime {
        // 2026-01-05 12:00:00 UTC
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_614_400)
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(parse(" 120 ", noon()), Some(Duration::from_secs(120)));
        assert_eq!(
            parse("Mon, 05 Jan 2026 12:01:30 GMT", noon()),
            Some(Duration::from_secs(90))
        );
    }

    #[test]
    fn a_date_in_the_past_means_at_once() {
        assert_eq!(
            parse("Mon, 05 Jan 2026 11:00:00 GMT", noon()),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn a_wait_of_years_is_cut_to_a_day() {
        assert_eq!(parse("99999999999999999999999", noon()), Some(LONGEST));
        assert_eq!(parse("31536000", noon()), Some(LONGEST));
    }

    #[test]
    fn nonsense_is_no_wait() {
        for nonsense in ["", "soon", "-3", "1.5", "Mon, 99 Jan"] {
            assert_eq!(parse(nonsense, noon()), None, "{nonsense}");
        }
    }
}
