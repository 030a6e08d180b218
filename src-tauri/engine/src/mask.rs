use std::fmt;

/// A SIP message for the log: everything but the values of secrets.
///
/// The one place that decides what of a message is secret: the credentials of digest (RFC 3261 §20.7, §20.28), the password
/// of ICE (RFC 8839 §5.4) and the keys of SDES (RFC 4568), which nobody should send.
pub(crate) struct Masked<'a>(pub(crate) &'a str);

const SECRET_HEADERS: [&str; 2] = ["authorization", "proxy-authorization"];
const SECRET_ATTRIBUTES: [&str; 2] = ["a=ice-pwd:", "a=crypto:"];

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut in_secret = false;
        for line in self.0.split_inclusive('\n') {
            let folded = line.starts_with([' ', '\t']);
            // RFC 3261 §7.3.1: a line that begins with white space goes on with the header before it.
            if folded && in_secret {
                continue;
            }
            in_secret = false;
            match secret_name(line) {
                Some(name) => {
                    in_secret = true;
                    writeln!(f, "{name} ***\r")?;
                }
                None => f.write_str(line)?,
            }
        }
        Ok(())
    }
}

/// Returns the part of the line that may be shown, up to and with its colon.
fn secret_name(line: &str) -> Option<&str> {
    let name = &line[..line.find(':')? + 1];
    let is_secret = SECRET_HEADERS.iter().any(|header| {
        name.trim_end_matches(':')
            .trim()
            .eq_ignore_ascii_case(header)
    }) || SECRET_ATTRIBUTES
        .iter()
        .any(|attribute| name.trim().eq_ignore_ascii_case(attribute));
    is_secret.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_keys_are_masked_and_the_rest_is_shown() {
        let message = "REGISTER sip:sip.example SIP/2.0\r\n\
            AUTHORIZATION : Digest username=\"ana\",\r\n response=\"canary\"\r\n\
            Proxy-Authorization: Digest canary\r\n\
            CSeq: 2 REGISTER\r\n\
            \r\n\
            v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:canary\r\na=crypto:1 AES inline:canary\r\na=sendrecv";

        let shown = Masked(message).to_string();

        assert!(!shown.contains("canary"), "{shown}");
        for kept in [
            "CSeq: 2 REGISTER",
            "a=ice-ufrag:abcd",
            "a=sendrecv",
            "AUTHORIZATION : ***",
        ] {
            assert!(shown.contains(kept), "{kept} is missing from {shown}");
        }
    }

    #[test]
    fn lines_without_a_colon_and_lone_line_ends_are_kept() {
        let message = "\r\n\r\nno colon\n: \nä";
        assert_eq!(Masked(message).to_string(), message);
    }
}
