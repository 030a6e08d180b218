//! rsip as an independent reader: on messages that it can read, both must see the same.

use proptest::prelude::*;
use rsip::prelude::{HasHeaders, HeadersExt, ToTypedHeader, UntypedHeader};

use crate::message::{Message, Method, NameAddr, Request, Response, Uri};

proptest! {
    #[test]
    fn what_we_write_rsip_reads_the_same(
        method in proptest::sample::select(rsip::Method::all()),
        user in "[a-z][a-z0-9]{0,8}",
        host in "[a-z]{1,8}\\.example",
        port in proptest::option::of(1..u16::MAX),
        name in "[A-Za-z]{1,8}( [A-Za-z]{1,8})?",
        token in "[a-z0-9]{1,16}",
        number in 1..i32::MAX as u32,
        status in 180..699_u16,
        body in "[ -~\r\n]{0,200}",
    ) {
        let address = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let uri = Uri::sip(Some(&user), &address).unwrap();
        let mut from = NameAddr::new(uri.clone());
        from.display_name = Some(name.clone());
        from.params.set("tag", Some(&token));
        let mut request = Request::new(Method::from(method.to_string().as_str()), uri.clone());
        let headers = &mut request.headers;
        headers.push("Via", format!("SIP/2.0/WSS {token}.invalid;branch=z9hG4bK{token}"));
        headers.push("From", from.to_string());
        headers.push("To", NameAddr::new(uri).to_string());
        headers.push("Call-ID", format!("{token}@{host}"));
        headers.push("CSeq", format!("{number} {method}"));
        headers.push("Max-Forwards", "70");
        request.set_body("text/plain", &body);

        let text = request.to_text();
        let read = rsip::Request::try_from(text.as_str()).unwrap();
        prop_assert_eq!(read.method, method);
        prop_assert_eq!(read.uri.user().unwrap(), user.as_str());
        prop_assert_eq!(read.uri.host().to_string(), host.as_str());
        prop_assert_eq!(read.uri.port().map(|port| *port.value()), port);
        prop_assert_eq!(&read.body, body.as_bytes());
        prop_assert_eq!(read.headers().iter().count(), request.headers.iter().count() + 1);
        let read_from = read.from_header().unwrap().typed().unwrap();
        // rsip keeps the quotation marks.
        prop_assert_eq!(read_from.display_name.as_deref().unwrap(), format!("\"{name}\""));
        prop_assert_eq!(read_from.tag().unwrap().value(), token.as_str());
        let cseq = read.cseq_header().unwrap().typed().unwrap();
        prop_assert_eq!((cseq.seq, cseq.method), (number, method));
        prop_assert_eq!(read.call_id_header().unwrap().value(), request.headers.call_id().unwrap());
        let branch = read.transaction_id().unwrap().unwrap();
        let via = request.headers.via_top().unwrap();
        prop_assert_eq!(branch.value(), via.branch().unwrap());

        // What rsip writes we read the same.
        let Ok(Message::Request(back)) = Message::parse(read.to_string().as_bytes()) else {
            panic!("{read}")
        };
        prop_assert_eq!(&back.uri, &request.uri);
        prop_assert_eq!(back.headers.from(), request.headers.from());
        prop_assert_eq!(back.headers.cseq(), request.headers.cseq());
        prop_assert_eq!(&back.body, &request.body);

        let mut response = Response::to_request(&request, status, None);
        response.set_to_tag("ours");
        let read = rsip::Response::try_from(response.to_text()).unwrap();
        prop_assert_eq!(read.status_code.code(), status);
        let to = read.to_header().unwrap().typed().unwrap();
        prop_assert_eq!(to.tag().unwrap().value(), "ours");
    }
}
