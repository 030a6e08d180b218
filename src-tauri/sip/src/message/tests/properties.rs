use proptest::prelude::*;

use crate::message::{Headers, Message, Method, NameAddr, Request, Response, Uri};

proptest! {
    /// S5: whatever a value holds, it stays inside its header.
    #[test]
    fn no_text_adds_or_hides_a_header(
        user in ".*",
        name in any::<String>(),
        tag in any::<String>(),
        value in any::<String>(),
        reason in any::<String>(),
        body in any::<String>(),
    ) {
        let mut request = invite(&user, &name, &tag);
        request.headers.push("X-Custom", value);
        request.set_body("text/plain", &body);
        let parsed = Message::parse(request.to_text().as_bytes());
        let Ok(Message::Request(parsed)) = parsed else { panic!("{parsed:?}") };
        prop_assert_eq!(parsed.headers.iter().count(), request.headers.iter().count() + 1);
        prop_assert_eq!(&parsed.body, body.as_bytes());
        prop_assert_eq!(parsed.uri.user().unwrap_or_default(), user.as_str());

        let mut response = Response::to_request(&parsed, 486, Some(&reason));
        response.set_to_tag(&tag);
        let read = Message::parse(response.to_text().as_bytes());
        let Ok(Message::Response(read)) = read else { panic!("{read:?}") };
        prop_assert_eq!(read.headers.iter().count(), 6);
    }

    #[test]
    fn a_name_addr_is_read_as_it_was_written(
        user in "\\PC{0,20}",
        name in "\\PC{1,20}",
        value in "\\PC{0,20}",
    ) {
        let mut written = NameAddr::new(Uri::sip(Some(&user), "sip.example").unwrap());
        written.display_name = Some(name).filter(|name| !name.trim().is_empty());
        written.params.set("tag", Some(&value));
        written.params.set("lr", None);
        let text = written.to_string();
        let read = NameAddr::parse(&text).unwrap();
        prop_assert_eq!(read, written, "{}", text);
    }

    #[test]
    fn parsing_any_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        if let Err(malformed) = Message::parse(&bytes) {
            prop_assert!(!malformed.reason.is_empty());
        }
    }

    #[test]
    fn reading_any_header_text_never_panics(text in any::<String>()) {
        let mut headers = Headers::default();
        for name in ["Via", "From", "To", "CSeq", "Contact", "Record-Route", "WWW-Authenticate",
            "Reason", "Call-Info", "Alert-Info", "Retry-After", "Content-Type", "Require"] {
            headers.push(name, text.as_str());
        }
        headers.set_to_tag("1");
        headers.vias();
        headers.from();
        headers.cseq();
        headers.contacts();
        headers.record_routes();
        headers.www_authenticate();
        headers.reasons();
        headers.call_info();
        headers.alert_info();
        headers.retry_after();
        headers.content_type();
        prop_assert_eq!(headers.iter().count(), 13);
        prop_assert!(headers.require().len() <= text.len());
    }

    #[test]
    fn a_uri_that_is_read_keeps_its_text(text in "(sip|sips|tel|urn):[a-z0-9@:;=.?%+-]{1,30}") {
        if let Ok(uri) = Uri::parse(&text) {
            prop_assert_eq!(uri.as_str(), &text);
        }
    }

    /// S12: whatever is dialled, the URI names whom to call and nothing else.
    #[test]
    fn a_dialled_uri_carries_no_headers_no_method_and_no_transport(
        target in "(sip:|sips:|tel:|callto:|)(\\PC|%0d%0a|;method=BYE|;Transport=tcp|\\?To=x){0,12}(@(sip\\.example|\\PC{0,5})|)(;method=BYE|\\?Route=%3Csip:x%3E|;%6Dethod=INVITE){0,3}",
    ) {
        if let Ok(uri) = Uri::from_dialled(&target, "sip.example") {
            let (_, rest) = uri.as_str().split_once(':').unwrap();
            let (user, address) = rest.split_once('@').unwrap_or(("", rest));
            prop_assert!(!user.contains(':'), "{}", uri);
            prop_assert!(!address.contains('?'), "{}", uri);
            for name in ["method", "%6dethod", "transport", "maddr"] {
                prop_assert!(!uri.params().has(name), "{}", uri);
            }
            prop_assert!(!uri.as_str().contains(|c: char| c.is_control() || c.is_whitespace()));
            let mut request = invite("1001", "", "1");
            request.uri = uri.clone();
            let Ok(Message::Request(read)) = Message::parse(request.to_text().as_bytes()) else {
                panic!("{uri}")
            };
            prop_assert_eq!(read.uri, uri);
            prop_assert_eq!(read.headers.iter().count(), 6);
        }
    }

    #[test]
    fn a_dialled_number_keeps_its_digits(
        plus in "\\+?",
        digits in "[0-9*#]{1,20}",
        separators in proptest::collection::vec("[-.() /]{0,2}", 20),
    ) {
        let spoken: String = digits
            .chars()
            .zip(&separators)
            .flat_map(|(digit, separator)| [digit.to_string(), separator.clone()])
            .collect();
        let uri = Uri::from_dialled(&format!("{plus}{spoken}"), "sip.example").unwrap();
        prop_assert_eq!(uri.user().unwrap(), format!("{plus}{digits}"));
        prop_assert_eq!(uri.host(), "sip.example");
    }
}

fn invite(user: &str, name: &str, tag: &str) -> Request {
    let uri = Uri::sip(Some(user), "sip.example").unwrap();
    let mut from = NameAddr::new(uri.clone());
    from.display_name = Some(name.to_owned());
    from.params.set("tag", Some(tag));
    let mut request = Request::new(Method::Invite, uri.clone());
    request
        .headers
        .push("Via", "SIP/2.0/WSS a.invalid;branch=z9hG4bK1");
    request.headers.push("From", from.to_string());
    request.headers.push("To", NameAddr::new(uri).to_string());
    request.headers.push("Call-ID", "1");
    request.headers.push("CSeq", "1 INVITE");
    request
}
