//! Commands for the sound, as someone writes them who does not mean well.

use serde_json::{Value, json};

use crate::program::{quit, start};

#[tokio::test]
async fn what_cannot_be_set_is_refused_with_its_field_and_changes_nothing() {
    let mut phone = start(&["--log", "error"]);
    let long = "y".repeat(50_000);
    for (sound, code, said) in [
        (json!(null), "invalid_field", "an object is expected"),
        (
            json!(["pulseaudio:a"]),
            "invalid_field",
            "an object is expected",
        ),
        (
            json!({"microphone": "pulseaudio:a"}),
            "invalid_field",
            "microphone: ",
        ),
        (
            json!({"microphone": [1]}),
            "invalid_field",
            "microphone[0]: ",
        ),
        (json!({"speaker": null}), "invalid_field", "speaker: "),
        (
            json!({"echo_cancellation": "yes"}),
            "invalid_field",
            "echo_cancellation: ",
        ),
        (
            json!({"ring_volume": -1}),
            "invalid_field",
            "a whole number from 0 to 100",
        ),
        (
            json!({"ring_volume": 60.5}),
            "invalid_field",
            "a whole number from 0 to 100",
        ),
        (
            json!({"ring_volume": 1e300}),
            "invalid_field",
            "a whole number from 0 to 100",
        ),
        (
            json!({"ring_volume": "60"}),
            "invalid_field",
            "a whole number from 0 to 100",
        ),
        (
            json!({"colour": "blue"}),
            "invalid_field",
            "unknown field `colour`",
        ),
        (
            json!({&long: 1}),
            "invalid_field",
            "yyy: unknown field `yyy",
        ),
        (
            json!({"ring_volume": 101}),
            "invalid_settings",
            "ring_volume is more than 100",
        ),
        (
            json!({"country": "XX"}),
            "invalid_settings",
            "country is neither empty nor one of AE",
        ),
        (
            json!({"country": &long}),
            "invalid_settings",
            "country is neither empty nor one of AE",
        ),
        (
            json!({"microphone": vec!["m"; 33]}),
            "invalid_settings",
            "microphone has more than 32 ids",
        ),
        (
            json!({"microphone": vec!["m"; 10_000]}),
            "invalid_settings",
            "microphone has more than 32 ids",
        ),
        (
            json!({"ringer": [&long]}),
            "invalid_settings",
            "ringer has an id of more than 1024 bytes",
        ),
        (
            json!({"speaker": ["a", ""]}),
            "invalid_settings",
            "speaker has an empty id",
        ),
    ] {
        let command = json!({"id": 7, "command": "set_sound", "sound": sound});
        let reply = phone.ask(command).await;
        let message = refused(&reply, code);
        assert!(message.contains(said), "{said}: {message}");
        assert!(message.chars().count() < 600, "{message}");
        assert_eq!(reply["reply_to"], 7);
    }
    for (line, code) in [
        ("{\"command\":\"set_sound\"}", "invalid_field"),
        (
            "{\"command\":\"set_sound\",\"sound\":{\"ring_volume\":NaN}}",
            "malformed_json",
        ),
        (
            "{\"command\":\"set_sound\",\"sound\":{\"ring_volume\":1e400}}",
            "malformed_json",
        ),
        (
            "{\"command\":\"devices\",\"kind\":\"headset\"}",
            "invalid_field",
        ),
        (
            "{\"command\":\"sound_check\",\"seconds\":3}",
            "invalid_field",
        ),
    ] {
        phone.write(line).await;
        refused(&phone.event("reply").await, code);
    }
    let megabyte = json!({"microphone": ["m".repeat(1_000_000)]});
    let command = json!({"command": "set_sound", "sound": megabyte});
    refused(&phone.ask(command).await, "line_too_long");

    let usual = json!({"microphone": [], "speaker": [], "ringer": [], "echo_cancellation": true,
        "noise_suppression": true, "gain_control": true, "high_pass": true, "country": "",
        "ring_volume": 100});
    let view = phone.ask(json!({"command": "view"})).await;
    assert_eq!(view["view"]["sound"]["settings"], usual);
    quit(phone, 0).await;
}

#[tokio::test]
async fn of_two_checks_at_once_one_is_refused_and_one_has_a_verdict() {
    let mut phone = start(&["--log", "error"]);
    let check = json!({"command": "sound_check"});
    assert_eq!(phone.ask(check.clone()).await["ok"], true);
    refused(&phone.ask(check.clone()).await, "check_runs");
    assert_eq!(phone.event("sound.checked").await["verdict"], "silent");
    assert_eq!(phone.ask(check).await["ok"], true);
    quit(phone, 0).await;
}

/// Asserts that this is an error of that code; returns what it says.
fn refused<'a>(reply: &'a Value, code: &str) -> &'a str {
    assert_eq!(reply["ok"], false, "{reply}");
    assert_eq!(reply["error"]["code"], code, "{reply}");
    reply["error"]["message"].as_str().unwrap()
}
