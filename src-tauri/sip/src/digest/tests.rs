#![allow(clippy::unwrap_used, reason = "tests")]

use rand::SeedableRng;

use super::*;

#[test]
fn the_example_of_rfc_2617_section_3_5_is_answered() {
    let value = answer(
        r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#,
        "Mufasa",
        "Circle Of Life",
        "0a4f113b",
    );
    assert_eq!(
        value,
        "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
         uri=\"/dir/index.html\", response=\"6629fae49393a05397450978507c4ef1\", algorithm=MD5, \
         opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", qop=auth, nc=00000001, cnonce=\"0a4f113b\""
    );
}

#[test]
fn the_examples_of_rfc_7616_section_3_9_1_are_answered() {
    for (algorithm, response) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let value = answer(
            &format!(
                r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
            ),
            "Mufasa",
            "Circle of Life",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        );
        assert_eq!(param(&value, "response"), response);
        assert_eq!(param(&value, "algorithm"), algorithm);
    }
}

/// The expected value was computed with OpenSSL's SHA-512/256: the one printed in RFC 7616 §3.9.2
/// is that of an erratum.
#[test]
fn sha_512_256_is_answered_and_a_quotation_mark_in_the_password_is_hashed_as_it_is() {
    let challenge =
        challenge(r#"Digest realm="sip.example",nonce="n1",algorithm=SHA-512-256,qop="auth""#);
    let password = SecretString::from("wonder\"land");
    let mut credentials = Credentials::new(challenge, "1001", &password);
    let value = credentials.authorize_with("REGISTER", "sip:sip.example", "c1");
    assert_eq!(
        param(&value, "response"),
        "a75111956f4d6856cdd81e09dff54dfa48459ffdda952141fd5cc78969ba4f13"
    );
}

/// The value is that of the erratum to RFC 2069 §2.4.
#[test]
fn a_challenge_without_qop_is_answered_in_the_form_of_rfc_2069() {
    let value = answer(
        r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#,
        "Mufasa",
        "CircleOfLife",
        "unused",
    );
    assert_eq!(
        param(&value, "response"),
        "1949323746fe6a43ef61f9606e7febea"
    );
    assert!(!value.contains("qop") && !value.contains("nc=") && !value.contains("unused"));
}

#[test]
fn the_nonce_count_grows_and_the_cnonce_changes() {
    let challenge = challenge(r#"Digest realm="a", nonce="b", algorithm=SHA-256, qop="auth""#);
    let mut credentials = Credentials::new(challenge, "1001", &SecretString::from("canary"));
    let uri = Uri::parse("sip:sip.example").unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let first = credentials.authorize(&Method::Register, &uri, &mut rng);
    let second = credentials.authorize(&Method::Register, &uri, &mut rng);
    assert_eq!(param(&first, "nc"), "00000001");
    assert_eq!(param(&second, "nc"), "00000002");
    assert_eq!(param(&first, "cnonce").len(), 32);
    assert_ne!(param(&first, "cnonce"), param(&second, "cnonce"));
    assert_ne!(param(&first, "response"), param(&second, "response"));
    assert_eq!(param(&first, "uri"), "sip:sip.example");
    let shown = format!("{credentials:?}");
    assert!(
        !shown.contains("canary") && !shown.contains("ha1"),
        "{shown}"
    );
}

#[test]
fn a_user_name_with_quotation_marks_is_escaped_in_the_header_alone() {
    let challenge = challenge(r#"Digest realm="a \"b\" c", nonce="n", qop=auth, stale=TRUE"#);
    assert_eq!(challenge.realm, "a \"b\" c");
    assert!(challenge.stale);
    let password = SecretString::from("p");
    let mut credentials = Credentials::new(challenge, "o\"hara\\", &password);
    assert_eq!(*credentials.ha1, hex(&Md5::digest("o\"hara\\:a \"b\" c:p")));
    let value = credentials.authorize_with("REGISTER", "sip:h", "c");
    assert!(
        value.starts_with(r#"Digest username="o\"hara\\", realm="a \"b\" c", "#),
        "{value}"
    );
}

#[test]
fn the_strongest_of_several_challenges_is_chosen_in_any_order() {
    let md5 = r#"Digest realm="r", nonce="md5", algorithm=MD5, qop="auth""#;
    let sha256 = r#"Digest realm="r", nonce="sha256", algorithm=sha-256, qop="auth""#;
    let sha512 = r#"Digest realm="r", nonce="sha512", algorithm=SHA-512-256, qop="auth-int, auth""#;
    for order in [
        [md5, sha256, sha512],
        [sha512, md5, sha256],
        [sha256, sha512, md5],
    ] {
        let joined = Challenge::parse(&order.join(", "));
        assert_eq!(joined.len(), 3);
        assert_eq!(choose(joined, false).unwrap().nonce, "sha512");
    }
    let topmost = [sha256, &sha256.replace("\"sha256\"", "\"later\"")].join(",");
    assert_eq!(
        choose(Challenge::parse(&topmost), true).unwrap().nonce,
        "sha256"
    );
}

#[test]
fn challenges_that_cannot_be_answered_are_passed_over_and_named() {
    let line = r#"Basic realm="r", Negotiate, NTLM abcd==, Digest realm="r", nonce="1", algorithm=SHA3-512, qop="auth", Digest realm="r", nonce="2", algorithm=MD5-sess, qop="auth",Digest realm="r",nonce="3",algorithm=SHA-256,qop="auth-int", Digest realm="r", nonce="4", algorithm=SHA-256, Digest realm="r", nonce="5""#;
    let challenges = Challenge::parse(line);
    let nonces: Vec<_> = challenges.iter().map(|c| c.nonce.as_str()).collect();
    assert_eq!(nonces, ["1", "2", "3", "4", "5"]);
    assert_eq!(choose(challenges.clone(), true).unwrap().nonce, "5");
    assert_eq!(
        choose(challenges, false).unwrap_err(),
        "The server offers no digest that can be used: algorithm SHA3-512 is unknown, algorithm MD5-sess is unknown, \
         qop=auth is not offered, qop is missing, MD5 is not allowed"
    );
    assert_eq!(
        choose(Challenge::parse("Basic realm=\"r\""), true).unwrap_err(),
        "The server asks for credentials without a readable digest challenge"
    );
}

#[test]
fn commas_quotes_and_spaces_inside_a_challenge_are_read() {
    let read = Challenge::parse(
        "digest\trealm = \"a, Digest b=c\" , NONCE=plain ,, opaque=\"\" , domain=\"sip:a sip:b\"",
    );
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].realm, "a, Digest b=c");
    assert_eq!(read[0].nonce, "plain");
    assert_eq!(read[0].opaque.as_deref(), Some(""));
    for unreadable in [
        "",
        "Digest",
        "Digest realm=\"a\"",
        "Digest nonce=\"a\"",
        "realm=\"a\", nonce=\"b\"",
        "\"",
        "=,=",
    ] {
        assert_eq!(Challenge::parse(unreadable), [], "{unreadable}");
    }
}

#[test]
fn a_value_of_10_kb_is_no_challenge() {
    let huge = "x".repeat(10_000);
    for line in [
        format!(r#"Digest realm="r", nonce="{huge}", qop="auth""#),
        format!(r#"Digest realm="{huge}", nonce="n", qop="auth""#),
        format!(r#"Digest realm="r", nonce="n", opaque="{huge}", qop="auth""#),
    ] {
        assert_eq!(Challenge::parse(&line), []);
    }
}

#[test]
fn a_nonce_is_read_up_to_1024_bytes() {
    for (length, count) in [(1024, 1), (1025, 0)] {
        let line = format!(r#"Digest realm="r", nonce="{}""#, "x".repeat(length));
        assert_eq!(Challenge::parse(&line).len(), count, "{length}");
    }
}

fn challenge(line: &str) -> Challenge {
    choose(Challenge::parse(line), true).unwrap()
}

/// Answers for `GET /dir/index.html`, as the RFCs' examples do.
fn answer(line: &str, username: &str, password: &str, cnonce: &str) -> String {
    Credentials::new(challenge(line), username, &SecretString::from(password)).authorize_with(
        "GET",
        "/dir/index.html",
        cnonce,
    )
}

fn param<'a>(value: &'a str, name: &str) -> &'a str {
    let params = value.strip_prefix("Digest ").unwrap();
    message::comma_separated(params)
        .filter_map(|param| param.split_once('='))
        .find(|(n, _)| *n == name)
        .unwrap()
        .1
        .trim_matches('"')
}
