use crate::message::{Dialled, Uri};

#[test]
fn what_people_dial_becomes_a_sip_uri() {
    for (target, uri) in [
        ("1002", "sip:1002@sip.example"),
        ("  1002\n", "sip:1002@sip.example"),
        ("ana", "sip:ana@sip.example"),
        ("ana.b-c_d", "sip:ana.b-c_d@sip.example"),
        ("José", "sip:Jos%C3%A9@sip.example"),
        ("+91 (40) 1234-5678", "sip:+914012345678@sip.example"),
        ("040/123.45", "sip:04012345@sip.example"),
        (
            "\u{202A}+91\u{A0}40 1234\u{202C}",
            "sip:+91401234@sip.example",
        ),
        ("*98#", "sip:*98%23@sip.example"),
        ("callto:+9140-1234", "sip:+91401234@sip.example"),
        ("tel:+91-40-1234", "sip:+91401234@sip.example;user=phone"),
        (
            "TEL:+91%2040%201234",
            "sip:+91401234@sip.example;user=phone",
        ),
        (
            "tel:7042;phone-context=Example.com;ext=5;x=y",
            "sip:7042;ext=5;phone-context=example.com@sip.example;user=phone",
        ),
        ("bob@far.example", "sip:bob@far.example"),
        ("bob@far.example:5080", "sip:bob@far.example:5080"),
        ("bob@[2001:db8::1]", "sip:bob@[2001:db8::1]"),
        ("sip:bob.smith@far.example", "sip:bob.smith@far.example"),
        ("SIP:bob@far.example", "sip:bob@far.example"),
        (
            "sips:bob@far.example;user=phone",
            "sips:bob@far.example;user=phone",
        ),
        ("sip:1002", "sip:1002@sip.example"),
        ("sip:1002;x=1.5?Subject=a.b", "sip:1002@sip.example"),
        ("sip:conference.far.example", "sip:conference.far.example"),
        ("sip:a%20b@far.example", "sip:a%20b@far.example"),
        ("sip:100%@far.example", "sip:100%25@far.example"),
    ] {
        let read = Uri::from_dialled(target, "sip.example");
        assert_eq!(
            read.map(|uri| uri.to_string()),
            Ok(uri.to_owned()),
            "{target}"
        );
    }
}

#[test]
fn a_link_can_name_whom_to_call_and_nothing_else() {
    for target in [
        "sip:bob@far.example;method=BYE",
        "sip:bob@far.example;METHOD=BYE;transport=ws",
        "sip:bob@far.example;%6Dethod=BYE",
        "sip:bob@far.example;maddr=192.0.2.1;ttl=1;lr",
        "sip:bob@far.example?Replaces=abc&Route=%3Csip:evil.example%3E",
        "sip:bob@far.example;method=BYE?X=1",
        "sip:bob:secret@far.example",
        "bob@far.example?Subject=x",
    ] {
        let uri = Uri::from_dialled(target, "sip.example").unwrap();
        assert_eq!(uri.as_str(), "sip:bob@far.example", "{target}");
    }
    let uri = Uri::from_dialled("sip:b%0d%0aX:1@far.example", "sip.example").unwrap();
    assert_eq!(uri.as_str(), "sip:b%0d%0aX@far.example");
}

#[test]
fn what_cannot_be_called_is_refused_with_the_place() {
    for (target, reason) in [
        ("", "The number or address is empty"),
        (" \t ", "The number or address is empty"),
        ("\u{202A}\u{202C}", "The number or address is empty"),
        ("ana maria", "a space is not allowed at character 4"),
        ("  ana maria", "a space is not allowed at character 6"),
        (
            "sip:ana maria@far.example",
            "a space is not allowed at character 8",
        ),
        ("ana\r\nmaria", "U+000D is not allowed at character 4"),
        ("12\x0034", "U+0000 is not allowed at character 3"),
        ("<sip:a@b>", "`<sip:` is nothing that can be called"),
        ("a<b", "`<` is not allowed at character 2"),
        ("sip:a@b<c", "`<` is not allowed at character 8"),
        (
            "http://far.example",
            "`http:` is nothing that can be called",
        ),
        ("callto:a%0d%0ab", "U+000D is not allowed at character 9"),
        ("sip:@far.example", "There is no user name at character 5"),
        ("sip:", "There is no user name at character 5"),
        ("@far.example", "There is no user name at character 1"),
        ("bob@", "The URI has no host"),
        ("a@b@c", "The URI has no valid host and port: `b@c`"),
        (
            "bob@far.example:99999",
            "The URI has no valid host and port: `far.example:99999`",
        ),
        ("bob@[::g]", "The URI has no valid host and port: `[::g]`"),
        ("tel:", "`` is no telephone number"),
        ("tel:+", "`+` is no telephone number"),
        ("tel:12ab", "`12ab` is no telephone number"),
        ("tel:+1%0d%0a2", "`+1%0d%0a2` is no telephone number"),
    ] {
        let refused = Uri::from_dialled(target, "sip.example");
        assert_eq!(refused, Err(reason.to_owned()), "{target}");
    }
    let long = Uri::from_dialled(&"1".repeat(9000), "sip.example").unwrap_err();
    assert_eq!(long, "The URI is longer than 8192 bytes");
    let long = Uri::from_dialled(&format!("tel:{}", "x".repeat(9000)), "sip.example");
    assert!(long.unwrap_err().len() < 100);
}

#[test]
fn a_uri_is_taken_apart() {
    let uri =
        Uri::parse("sips:alice:pa%20ss@[2001:db8::9:1]:5061;transport=ws;Lr?subject=x").unwrap();
    assert_eq!(uri.user().as_deref(), Some("alice"));
    assert_eq!(uri.host(), "[2001:db8::9:1]");
    assert_eq!(uri.port(), Some(5061));
    assert_eq!(uri.params().get("Transport"), Some("ws"));
    assert!(uri.params().has("lr"));
    let withheld = Uri::parse("sip:@192.0.2.1").unwrap();
    assert_eq!(withheld.user(), None);
}

#[test]
fn a_text_that_is_no_uri_is_refused_with_the_place() {
    for (text, reason) in [
        ("", "The URI is empty"),
        ("1002", "The URI has no scheme such as `sip:`"),
        ("9x:1002", "The URI has no scheme such as `sip:`"),
        ("sip:a b@c", "The URI has a space at character 6"),
        ("sip:a@b\n", "The URI has U+000A at character 8"),
        ("sip:", "The URI has no host"),
        ("sip:a@;x=y", "The URI has no host"),
        ("sip:a@b c", "The URI has a space at character 8"),
        ("sip:a@b:", "The URI has no valid host and port: `b:`"),
        ("sip:a@b:x", "The URI has no valid host and port: `b:x`"),
        ("tel:;x=y", "The tel URI has no number"),
    ] {
        assert_eq!(Uri::parse(text), Err(reason.to_owned()), "{text}");
    }
}

#[test]
fn whom_a_dialled_text_means_is_told_however_it_is_written() {
    for (target, name, is_own) in [
        ("0900 123", "0900123", true),
        ("+49 (900) 123-4", "+499001234", true),
        ("tel:+49-900-123", "+49900123", true),
        ("tel:900;phone-context=+49", "900", true),
        ("callto:0900/123", "0900123", true),
        ("sip:0900123", "0900123", true),
        ("sip:0900123@sip.example", "0900123", true),
        ("sip:0900123@SIP.EXAMPLE:5061", "0900123", true),
        ("sips:%30900123@sip.example;user=phone", "0900123", true),
        ("sip:0-900-123@sip.example", "0900123", true),
        ("sip:0900123:secret@sip.example", "0900123", true),
        ("sip:0900123;ext=5@sip.example", "0900123", true),
        ("*31#0900", "*31#0900", true),
        ("echo", "echo", true),
        ("0900123@far.example", "0900123", false),
        ("sip:far.example", "", false),
    ] {
        let meant = Dialled {
            name: name.to_owned(),
            is_own,
        };
        assert_eq!(Dialled::read(target, "sip.example"), Ok(meant), "{target}");
    }
    assert!(Dialled::read("a b", "sip.example").is_err());
    assert!(Dialled::read("112", "sip.example:5061").is_ok_and(|it| it.is_own));
}
