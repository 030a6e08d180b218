//! Messages of RFC 4475, typed from memory of that text and shortened where only length mattered:
//! they keep what each section is about, not its every byte. The names are the section's own.

mod invalid;
mod valid;

/// A request with each mandatory header once; `extra` replaces From where it begins with one.
fn minimal(method: &str, extra: &str) -> String {
    let from = if extra.starts_with("From:") {
        ""
    } else {
        "From: <sip:caller@example.net>;tag=1\n"
    };
    let end = if extra.is_empty() { "" } else { "\n" };
    format!(
        "{method} sip:user@example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
To: <sip:user@example.com>
{from}Call-ID: torture@192.0.2.1
CSeq: 1 {method}
{extra}{end}
"
    )
}
