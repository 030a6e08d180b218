#![allow(clippy::unwrap_used)]

use phone::{CertificateFault, HopFacts, ServerEvent};
use sidecar_api::{HeartbeatRequest, LoginRequest, LogoutRequest};
use tokio::io::AsyncWriteExt;

use super::*;
use crate::test_server::{
    Authority, HttpServer, closed_port, http, read_head, read_request, serve, soon,
};

const JSON: &str = "application/json";
const LOGIN: &str = r#"{"accessToken":"a","refreshToken":"r",
    "user":{"id":"1","role":"cc-agent","name":"Ana","email":"ana@helix.example"},
    "agentConfig":{"ozonetelAgentId":"agent2","sipExtension":"700201","sipPassword":"p",
    "sipUri":"sip:700201@sip.example","sipWsServer":"wss://sip.example:444"},
    "telephony":{"state":"some-new-state"},"unheardOf":true}"#;

#[tokio::test]
async fn a_login_goes_to_its_path_under_the_prefix_with_the_devices_names() {
    let authority = Authority::new();
    let tls = authority.server("127.0.0.1");
    let mut server = HttpServer::start(Some(tls), http("201 Created", JSON, LOGIN)).await;
    let url = format!("https://{}/helix/v2/", server.address);

    let reply = login(&sidecar(&url, authority.client())).await.unwrap();

    let Reply::Login(answer) = reply else {
        panic!("{reply:?} is no login");
    };
    assert_eq!(answer.agent_config.unwrap().sip_extension, "700201");
    let request = server.request().await;
    assert!(
        request.starts_with("POST /helix/v2/auth/login HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("x-device-id: 6f1c2d3e\r\n"), "{request}");
    assert!(
        request.contains("x-device-name: Ana%27s%20%E2%98%8E\r\n"),
        "{request}"
    );
    assert!(
        request.ends_with(r#"{"email":"ana@helix.example","password":"canary"}"#),
        "{request}"
    );
}

#[tokio::test]
async fn a_heartbeat_has_a_bearer_token_and_says_whether_a_call_is_on_or_the_work_after_one() {
    let answer = http("200 OK", JSON, r#"{"status":"ok"}"#);
    let mut server = HttpServer::start(None, answer).await;
    let sidecar = plain(&server);

    let request = Request::Heartbeat {
        access_token: "token".into(),
        body: HeartbeatRequest {
            in_call: Some(true),
            in_work: Some(false),
        },
    };
    let reply = soon(sidecar.call(request, DEADLINE)).await.unwrap();

    assert!(matches!(reply, Reply::Heartbeat(_)), "{reply:?}");
    let request = server.request().await;
    assert!(request.starts_with("POST /auth/heartbeat "), "{request}");
    assert!(
        request.contains("authorization: Bearer token\r\n"),
        "{request}"
    );
    assert!(request.contains("x-device-system: "), "{request}");
    assert!(
        request.ends_with(r#"{"inCall":true,"inWork":false}"#),
        "{request}"
    );
}

#[tokio::test]
async fn a_logout_is_read() {
    let answer = http("200 OK", JSON, r#"{"status":"ok","released":true}"#);
    let mut server = HttpServer::start(None, answer).await;

    let request = Request::Logout {
        access_token: "token".into(),
        body: LogoutRequest::default(),
    };
    let reply = soon(plain(&server).call(request, DEADLINE)).await.unwrap();

    assert!(
        matches!(&reply, Reply::Logout(answer) if answer.released == Some(true)),
        "{reply:?}"
    );
    assert!(server.request().await.starts_with("POST /auth/logout "));
}

#[tokio::test]
async fn a_probe_takes_any_answer_of_a_sidecar_and_no_page_of_a_gate() {
    let ok = http("200 OK", JSON, r#"{"status":"ok"}"#);
    let mut server = HttpServer::start(None, ok).await;
    let reply = soon(plain(&server).call(Request::Probe, DEADLINE)).await;
    assert!(matches!(reply, Ok(Reply::Probe { .. })), "{reply:?}");
    assert!(server.request().await.starts_with("GET /healthz "));

    let old = r#"{"statusCode":404,"message":"Cannot GET /healthz"}"#;
    let server = HttpServer::start(None, http("404 Not Found", JSON, old)).await;
    let reply = soon(plain(&server).call(Request::Probe, DEADLINE)).await;
    let refused = matches!(reply, Err(SidecarFailure::Refused { status: 404, .. }));
    assert!(refused, "{reply:?}");

    let gate = http("200 OK", "text/html", "<html>Sign in to the Wi-Fi</html>");
    let server = HttpServer::start(None, gate).await;
    let reply = soon(plain(&server).call(Request::Probe, DEADLINE)).await;
    assert!(
        matches!(reply, Err(SidecarFailure::Nonsense { .. })),
        "{reply:?}"
    );
}

#[tokio::test]
async fn refusals_are_told_with_their_words_holder_and_wait() {
    let holder = r#"{"statusCode":409,"message":"You are already logged in on another device. Please log out there first.",
        "holder":{"deviceName":"Desk","since":"2026-01-05T08:00:00Z","sameMember":true},"askable":true}"#;
    for (status, body) in [
        (
            "401 Unauthorized",
            r#"{"statusCode":401,"message":"Wrong email or password."}"#,
        ),
        (
            "403 Forbidden",
            r#"{"statusCode":403,"message":["Agent account not configured.","Contact administrator."]}"#,
        ),
        ("409 Conflict", holder),
        (
            "429 Too Many Requests",
            r#"{"statusCode":429,"message":"Too many tries."}"#,
        ),
        (
            "503 Service Unavailable",
            r#"{"statusCode":503,"message":"The server cannot sign you in right now."}"#,
        ),
    ] {
        let answer =
            http(status, JSON, body).replace("Connection:", "Retry-After: 17\r\nConnection:");
        let server = HttpServer::start(None, answer).await;

        let failure = login(&plain(&server)).await.unwrap_err();

        let SidecarFailure::Refused {
            status: told,
            message,
            holder,
            askable,
            retry_after,
            reason,
        } = failure
        else {
            panic!("{status} became {failure:?}");
        };
        assert_eq!(Some(told.to_string().as_str()), status.split(' ').next());
        assert!(message.ends_with('.'), "{message}");
        assert_eq!((holder.is_some(), askable), (told == 409, told == 409));
        assert_eq!(retry_after, Some(Duration::from_secs(17)));
        assert_eq!(reason, None);
    }
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let page = http(
        "200 OK",
        "text/html; charset=utf-8",
        "<html>Sign in to the hotel</html>",
    );
    let server = HttpServer::start(None, page).await;
    assert_eq!(
        nonsense(login(&plain(&server)).await),
        "The server answered with a web page (text/html), not JSON"
    );
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    let body = format!(r#"{{"status":"{}"}}"#, "x".repeat(200_000));
    let server = HttpServer::start(None, http("200 OK", JSON, &body)).await;
    assert_eq!(
        nonsense(login(&plain(&server)).await),
        "The server's answer (200 OK) is larger than 64 KiB"
    );
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let body = LOGIN.replace(r#""sipUri":"sip:700201@sip.example","#, "");
    let server = HttpServer::start(None, http("200 OK", JSON, &body)).await;
    assert_eq!(
        nonsense(login(&plain(&server)).await),
        "The server's answer cannot be used: \"agentConfig.sipUri\" is missing"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere =
        "HTTP/1.1 302 Found\r\nLocation: https://hotel.example/\r\nContent-Length: 0\r\n\r\n";
    let server = HttpServer::start(None, elsewhere).await;
    let told = nonsense(login(&plain(&server)).await);
    assert!(told.contains("to hotel.example"), "{told}");
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_gets_no_byte_of_the_password() {
    let tls = Authority::named("Stranger").server("127.0.0.1");
    let mut server = HttpServer::start(Some(tls), http("200 OK", JSON, LOGIN)).await;
    let url = format!("https://{}", server.address);

    let told = unreachable(
        Hop::Tls,
        login(&sidecar(&url, Authority::new().client())).await,
    );

    assert_eq!(
        told,
        "The certificate of 127.0.0.1 was issued by an authority that this machine does not trust"
    );
    assert!(server.requests.try_recv().is_err());
    let facts = facts(login(&sidecar(&url, Authority::new().client())).await);
    assert_eq!(
        facts,
        HopFacts::Certificate {
            fault: CertificateFault::NotTrusted,
            issuer: Some("Stranger".to_owned()),
            valid: None,
            names: Vec::new(),
        }
    );
}

#[tokio::test]
async fn an_expired_certificate_is_told_with_its_date() {
    let authority = Authority::new();
    let tls = authority.expired_server("127.0.0.1");
    let server = HttpServer::start(Some(tls), http("200 OK", JSON, LOGIN)).await;
    let url = format!("https://{}", server.address);

    let told = unreachable(Hop::Tls, login(&sidecar(&url, authority.client())).await);

    assert_eq!(
        told,
        "The certificate of 127.0.0.1 expired on 2025-03-04 00:00 UTC"
    );
    let facts = facts(login(&sidecar(&url, authority.client())).await);
    assert_eq!(
        facts,
        HopFacts::Certificate {
            fault: CertificateFault::Expired,
            issuer: None,
            valid: Some(1_741_046_400_000),
            names: Vec::new(),
        }
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_told_with_that_name() {
    let authority = Authority::new();
    let tls = authority.server("other.example");
    let server = HttpServer::start(Some(tls), http("200 OK", JSON, LOGIN)).await;
    let url = format!("https://{}", server.address);

    let told = unreachable(Hop::Tls, login(&sidecar(&url, authority.client())).await);

    assert_eq!(
        told,
        "The certificate that 127.0.0.1 shows is for other.example, not for 127.0.0.1"
    );
    let facts = facts(login(&sidecar(&url, authority.client())).await);
    assert_eq!(
        facts,
        HopFacts::Certificate {
            fault: CertificateFault::OtherName,
            issuer: None,
            valid: None,
            names: vec!["other.example".to_owned()],
        }
    );
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let server = serve(|mut tcp| async move {
        let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = read_head(&mut tcp).await;
    })
    .await;
    let url = format!("https://{server}");
    let told = unreachable(
        Hop::Tls,
        login(&sidecar(&url, Authority::new().client())).await,
    );
    assert!(
        told.starts_with("127.0.0.1 does not speak TLS on this port"),
        "{told}"
    );
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told() {
    let address = closed_port().await;
    let url = format!("http://{address}");
    let told = unreachable(
        Hop::Tcp,
        login(&sidecar(&url, Authority::new().client())).await,
    );
    assert_eq!(
        told,
        format!(
            "The sidecar at 127.0.0.1 port {} cannot be reached: nobody listens there (connection refused)",
            address.port()
        )
    );
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told() {
    let server = HttpServer::start(None, "").await;
    let told = unreachable(Hop::Http, login(&plain(&server)).await);
    assert!(told.starts_with("127.0.0.1 broke off its answer"), "{told}");
}

#[tokio::test]
async fn a_server_that_never_answers_costs_the_deadline() {
    let server = serve(|tcp| async move {
        let _held = tcp;
        std::future::pending::<()>().await;
    })
    .await;
    let sidecar = sidecar(&format!("http://{server}"), Authority::new().client());

    let call = sidecar.call(Request::Login(credentials()), Duration::from_millis(50));

    let told = unreachable(Hop::Timeout, soon(call).await);
    assert_eq!(
        told,
        "The sidecar at 127.0.0.1 did not answer within 0.05 s"
    );
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_with_what_was_wanted_of_it() {
    for (answer, status) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            Some(407),
        ),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", None),
    ] {
        let proxy = HttpServer::start(None, answer).await;
        let url = Url::parse(&format!("http://ana:canary@{}", proxy.address)).unwrap();
        let sidecar = Sidecar::new(&Config {
            proxy: Some(&url),
            ..config(
                &Url::parse("https://helix.example").unwrap(),
                &Authority::new().client(),
            )
        })
        .unwrap();
        assert_eq!(
            facts(login(&sidecar).await),
            HopFacts::Proxy {
                name: proxy.address.to_string(),
                status,
                port: 443,
            }
        );
    }
}

#[tokio::test]
async fn an_answer_that_comes_drop_by_drop_costs_the_deadline_as_well() {
    const HEAD: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{";
    for within_head in [false, true] {
        let server = serve(move |mut tcp| async move {
            read_request(&mut tcp).await;
            let begun = if within_head { &HEAD[..40] } else { HEAD };
            let mut written = tcp.write_all(begun).await;
            let mut drops = time::interval(Duration::from_millis(5));
            while written.is_ok() {
                drops.tick().await;
                written = tcp.write_all(b" ").await;
            }
        })
        .await;
        let sidecar = sidecar(&format!("http://{server}"), Authority::new().client());

        let call = sidecar.call(Request::Login(credentials()), Duration::from_millis(50));

        let told = unreachable(Hop::Timeout, soon(call).await);
        assert_eq!(
            told,
            "The sidecar at 127.0.0.1 did not answer within 0.05 s"
        );
    }
}

#[tokio::test]
async fn a_probe_tells_how_far_apart_the_clocks_are() {
    let body = r#"{"status":"ok"}"#;
    let dated = http("200 OK", JSON, body).replacen(
        "\r\n",
        "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        1,
    );
    let server = HttpServer::start(None, dated).await;
    let reply = soon(plain(&server).call(Request::Probe, DEADLINE)).await;
    let Ok(Reply::Probe { clock_ahead_ms }) = reply else {
        panic!("{reply:?}");
    };
    let thirty_years = 30 * 365 * 24 * 3600 * 1000;
    assert!(clock_ahead_ms.is_some_and(|it| it > thirty_years));

    let server = HttpServer::start(None, http("200 OK", JSON, body)).await;
    let reply = soon(plain(&server).call(Request::Probe, DEADLINE)).await;
    assert!(
        matches!(
            reply,
            Ok(Reply::Probe {
                clock_ahead_ms: None
            })
        ),
        "{reply:?}"
    );
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told() {
    let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    let mut proxy = HttpServer::start(None, refusal).await;
    let sidecar = Sidecar::new(&Config {
        proxy: Some(&Url::parse(&format!("http://{}", proxy.address)).unwrap()),
        ..config(
            &Url::parse("https://helix.example").unwrap(),
            &Authority::new().client(),
        )
    })
    .unwrap();

    let told = unreachable(Hop::Proxy, login(&sidecar).await);

    assert!(
        told.starts_with("The proxy on the way to helix.example failed"),
        "{told}"
    );
    let request = proxy.request().await;
    assert!(
        request.starts_with("CONNECT helix.example:443 "),
        "{request}"
    );
    assert!(!request.contains("canary"), "{request}");
}

const TOLD: &str = concat!(
    ": hello\n\nretry: 2000\nid: 1\nevent: takeover\n",
    r#"data: {"request":{"id":"r-1","deviceName":"LAPTOP-7","secondsLeft":18,"state":"waiting"}}"#,
    "\n\nevent: weather\ndata: fine\n\nevent: takeover\ndata: {\"request\":null}\n\n",
    "event: lost\n",
    r#"data: {"holder":{"deviceName":"LAPTOP-7","sameMember":true}}"#,
    "\n\n",
);

#[tokio::test]
async fn events_are_told_in_their_order_until_the_server_ends_them() {
    let answer = http("200 OK", "Text/Event-Stream; charset=utf-8", TOLD);
    let mut server = HttpServer::start(None, answer).await;
    let sidecar = plain(&server);

    let mut events = soon(sidecar.events(&"token".into(), DEADLINE))
        .await
        .unwrap();
    let mut told = Vec::new();
    while let Some(event) = soon(events.next()).await.unwrap() {
        told.push(match event {
            ServerEvent::Takeover(it) => it.request.map_or("nobody".into(), |it| it.device_name),
            ServerEvent::Lost(it) => format!("lost to {}", it.holder.device_name),
        });
    }

    assert_eq!(told, ["LAPTOP-7", "nobody", "lost to LAPTOP-7"]);
    let request = server.request().await;
    assert!(
        request.starts_with("GET /auth/events HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("authorization: Bearer token\r\n"),
        "{request}"
    );
    assert!(
        request.contains("accept: text/event-stream\r\n"),
        "{request}"
    );
    assert!(request.contains("x-device-id: 6f1c2d3e\r\n"), "{request}");
}

#[tokio::test]
async fn a_server_without_events_says_how() {
    for status in [401, 404, 405, 503] {
        let body = format!(r#"{{"statusCode":{status},"message":"No."}}"#);
        let server = HttpServer::start(None, http(&format!("{status} No"), JSON, &body)).await;
        let failure = no_events(&plain(&server)).await;
        assert!(
            matches!(&failure, SidecarFailure::Refused { status: told, .. } if *told == status),
            "{failure:?}"
        );
    }
    for (kind, words) in [
        (
            "text/html; charset=utf-8",
            "a web page (text/html), not events",
        ),
        ("application/json", "application/json, not events"),
    ] {
        let server = HttpServer::start(None, http("200 OK", kind, "{}")).await;
        let told = nonsense(Err(no_events(&plain(&server)).await));
        assert!(told.contains(words), "{told}");
    }
    let server = serve(|tcp| async move {
        let _held = tcp;
        std::future::pending::<()>().await;
    })
    .await;
    let sidecar = sidecar(&format!("http://{server}"), Authority::new().client());
    let opened = soon(sidecar.events(&"token".into(), Duration::from_millis(50))).await;
    let told = unreachable(Hop::Timeout, Err(opened.err().unwrap()));
    assert!(told.ends_with("did not answer within 0.05 s"), "{told}");
}

#[tokio::test]
async fn events_that_make_no_sense_end_the_stream() {
    for body in [
        "event: takeover\ndata: {\"request\":7}\n\n".to_owned(),
        "event: lost\ndata: <html>\n\n".to_owned(),
        format!("data: {}", "x".repeat(200_000)),
    ] {
        let server = HttpServer::start(None, http("200 OK", "text/event-stream", &body)).await;
        let sidecar = plain(&server);
        let mut events = soon(sidecar.events(&"token".into(), DEADLINE))
            .await
            .unwrap();
        let told = soon(events.next()).await;
        assert!(
            matches!(told, Err(SidecarFailure::Nonsense { .. })),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn a_stream_that_breaks_and_one_that_falls_silent_are_told() {
    let cut =
        http("200 OK", "text/event-stream", TOLD).replace("Content-Length: ", "Content-Length: 9");
    let server = HttpServer::start(None, cut).await;
    let cut = plain(&server);
    let mut events = soon(cut.events(&"token".into(), DEADLINE)).await.unwrap();
    for _ in 0..3 {
        soon(events.next()).await.unwrap();
    }
    let broken = soon(events.next()).await;
    assert!(
        matches!(
            broken,
            Err(SidecarFailure::Unreachable { hop: Hop::Http, .. })
        ),
        "{broken:?}"
    );

    let server = serve(|mut tcp| async move {
        let _ = read_head(&mut tcp).await;
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        let _ = tcp.write_all(format!("{head}{TOLD}").as_bytes()).await;
        std::future::pending::<()>().await;
    })
    .await;
    let silent = sidecar(&format!("http://{server}"), Authority::new().client());
    let mut events = soon(silent.events(&"token".into(), DEADLINE))
        .await
        .unwrap();
    for _ in 0..3 {
        soon(events.next()).await.unwrap();
    }
    // From here on time passes as soon as nothing else happens.
    time::pause();
    let told = events.next().await;
    assert!(
        matches!(
            told,
            Err(SidecarFailure::Unreachable {
                hop: Hop::Timeout,
                ..
            })
        ),
        "{told:?}"
    );
}

async fn no_events(sidecar: &Sidecar) -> SidecarFailure {
    let opened = soon(sidecar.events(&"token".into(), DEADLINE)).await;
    opened.err().unwrap()
}

#[test]
fn addresses_that_would_give_the_password_away_are_refused() {
    for (url, reason) in [
        (
            "http://helix.example",
            "http is for this very machine alone, https is needed",
        ),
        ("ftp://helix.example", "it must begin with https://"),
        (
            "https://ana:canary@helix.example",
            "it must not hold a user name or a password",
        ),
        (
            "https://helix.example/?key=canary",
            "it must end with its path, without ? or #",
        ),
    ] {
        assert_eq!(sidecar_address(url).unwrap_err(), reason);
    }
    for url in [
        "http://127.0.0.1:4100",
        "http://localhost:4100",
        "http://[::1]:4100/x",
    ] {
        assert!(sidecar_address(url).is_ok(), "{url}");
    }
}

const DEADLINE: Duration = Duration::from_secs(20);

async fn login(sidecar: &Sidecar) -> Result<Reply, SidecarFailure> {
    soon(sidecar.call(Request::Login(credentials()), DEADLINE)).await
}

fn credentials() -> LoginRequest {
    LoginRequest {
        email: "ana@helix.example".into(),
        password: "canary".into(),
        takeover: false,
        takeover_ticket: None,
    }
}

fn plain(server: &HttpServer) -> Sidecar {
    sidecar(
        &format!("http://{}", server.address),
        Authority::new().client(),
    )
}

fn sidecar(url: &str, tls: ClientConfig) -> Sidecar {
    Sidecar::new(&config(&Url::parse(url).unwrap(), &tls)).unwrap()
}

fn config<'a>(base: &'a Url, tls: &'a ClientConfig) -> Config<'a> {
    Config {
        base,
        tls,
        proxy: None,
        device_id: "6f1c2d3e",
        device_name: "Ana's ☎",
    }
}

fn nonsense(result: Result<Reply, SidecarFailure>) -> String {
    match result {
        Err(SidecarFailure::Nonsense { detail }) => detail,
        other => panic!("{other:?} is no nonsense"),
    }
}

fn unreachable(wanted: Hop, result: Result<Reply, SidecarFailure>) -> String {
    match result {
        Err(SidecarFailure::Unreachable { hop, detail, .. }) if hop == wanted => detail,
        other => panic!("{other:?} is not unreachable at {wanted:?}"),
    }
}

/// Returns what is told beside the sentence of a failure.
fn facts<T: std::fmt::Debug>(result: Result<T, SidecarFailure>) -> HopFacts {
    match result {
        Err(SidecarFailure::Unreachable {
            facts: Some(facts), ..
        }) => *facts,
        other => panic!("{other:?} has no facts"),
    }
}
