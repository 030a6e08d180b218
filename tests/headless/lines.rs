//! Lines in and lines out, and how their ends end the run.

use serde_json::{Value, json};

use crate::program::{quit, start};

#[tokio::test]
async fn a_line_that_is_no_command_gets_one_error_and_the_phone_goes_on() {
    let mut phone = start(&["--log", "error"]);
    phone.event("hello").await;

    for (line, code, place) in [
        (
            "{\"command\":\"dial\" \"target\":1}".to_owned(),
            "malformed_json",
            "line 1, column 19",
        ),
        (
            "\u{0}\u{1}garbage".to_owned(),
            "malformed_json",
            "line 2, column 1",
        ),
        ("[1,2]".to_owned(), "malformed_json", "line 3"),
        (
            "{\"command\":\"fly\"}".to_owned(),
            "unknown_command",
            "\"fly\"",
        ),
        (
            "{\"command\":\"dial\",\"number\":1}".to_owned(),
            "invalid_field",
            "\"target\"",
        ),
        ("x".repeat(70_000), "line_too_long", "line 6"),
    ] {
        phone.write(&line).await;
        let reply = phone.event("reply").await;
        assert_eq!(reply["ok"], false, "{reply}");
        assert_eq!(reply["error"]["code"], code, "{reply}");
        assert!(
            reply["error"]["message"].as_str().unwrap().contains(place),
            "{reply}"
        );
    }

    let reply = phone.ask(json!({"id": 7, "command": "view"})).await;
    assert_eq!(reply["reply_to"], 7);
    assert_eq!(reply["ok"], true, "{reply}");
    let replies = phone.seen.iter().filter(|it| it["type"] == "reply");
    assert_eq!(replies.count(), 7);
    quit(phone, 0).await;
}

#[tokio::test]
async fn every_line_has_its_version_and_times_and_replies_alone_name_a_command() {
    let mut phone = start(&["--log", "error", "--sidecar", "http://127.0.0.1:9"]);
    for id in [json!("a-1"), json!(2), json!(null)] {
        let mut sign_in =
            json!({"command": "sign_in", "email": "ana@helix.example", "password": "p"});
        sign_in["id"] = id.clone();
        assert_eq!(phone.ask(sign_in).await["reply_to"], id);
        phone.event("session.signed_out").await;
    }
    phone.close_stdin();
    phone.event("bye").await;

    let mut last = 0;
    for line in &phone.seen {
        assert_eq!(line["v"], 1, "{line}");
        let mono = line["mono"].as_u64().unwrap();
        assert!(mono >= last, "{line} comes after {last} ms");
        last = mono;
        // 2026-01-05T09:00:01.204Z
        let moment = line["t"]
            .as_str()
            .unwrap()
            .replace(|c: char| c.is_ascii_digit(), "0");
        assert_eq!(moment, "0000-00-00T00:00:00.000Z", "{line}");
        let is_reply = line["type"] == "reply";
        assert_eq!(line.get("reply_to").is_some(), is_reply, "{line}");
        assert!(line.get("id").is_none(), "{line}");
    }
    let types: Vec<&Value> = phone.seen.iter().map(|it| &it["type"]).collect();
    assert_eq!(types.first(), Some(&&json!("hello")));
    assert_eq!(types.last(), Some(&&json!("bye")));
}

#[tokio::test]
async fn without_an_account_it_runs_and_the_view_says_why_there_is_no_phone() {
    let mut phone = start(&["--log", "error"]);
    let view = phone.event("view").await["view"].clone();
    assert_eq!(view["account"]["state"], "not_configured");
    assert!(
        view["account"]["message"]
            .as_str()
            .unwrap()
            .contains("SIP_URI"),
        "{view}"
    );

    let reply = phone
        .ask(json!({"command": "dial", "target": "700202"}))
        .await;
    assert_eq!(reply["ok"], false);
    quit(phone, 0).await;
}

#[tokio::test]
async fn the_end_of_the_input_is_the_end_of_the_run() {
    let mut phone = start(&["--log", "error"]);
    phone.event("hello").await;
    phone.close_stdin();
    let bye = phone.event("bye").await;
    assert_eq!(bye["reason"], "input_closed");
    assert_eq!(phone.ended().await, Some(0));
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_the_run_with_exit_code_4() {
    for signal in ["INT", "TERM"] {
        let mut phone = start(&["--log", "error"]);
        phone.event("view").await;
        phone.signal(signal);
        assert_eq!(phone.event("bye").await["reason"], "interrupted");
        assert_eq!(phone.ended().await, Some(4));
    }
}
