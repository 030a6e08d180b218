#![allow(clippy::unwrap_used)]

use phone::AutoAnswer;
use serde_json::json;

use super::*;
use crate::{IncomingBehaviour, Shortcuts, Theme, sidecar_address};

use keys::Kind;

/// The page for administrators and their editors.
const SCHEMA: &str = include_str!("../../policy.schema.json");

#[test]
fn what_is_settled_comes_before_the_users_and_that_before_the_usual() {
    let policy = policy(json!({
        "AutoAnswer": "always",
        "AudioProcessing": { "agc": false },
        "IncomingBehaviour": "bringToFront",
        "Theme": "dark",
    }));
    let users = CallSettings {
        auto_answer: AutoAnswer::Header,
        max_calls: 2,
        ..CallSettings::default()
    };
    let wanted = CallSettings {
        auto_answer: AutoAnswer::Always,
        ..users.clone()
    };
    assert_eq!(policy.calls(users.clone()), wanted);

    let sound = policy.sound(SoundSettings {
        noise_suppression: false,
        ..SoundSettings::default()
    });
    let processing = (
        sound.echo_cancellation,
        sound.noise_suppression,
        sound.gain_control,
    );
    assert_eq!(processing, (true, false, false));

    let window = policy.window(WindowSettings {
        language: "de".to_owned(),
        theme: Theme::Light,
        ..WindowSettings::default()
    });
    assert_eq!(window.theme, Theme::Dark);
    assert_eq!(window.incoming, IncomingBehaviour::Front);
    assert_eq!(window.language, "de");

    let locked = [
        "sound.gain_control",
        "calls.auto_answer",
        "incoming",
        "theme",
    ];
    assert_eq!(policy.locked(), locked);

    let mut settings = settings("[calls]\nmax_calls = 2\n[window]\ntheme = \"light\"\n");
    let said = |settings: Option<&Settings>, key| {
        let all = policy.effective(settings);
        let one = all.into_iter().find(|it| it.key == key).unwrap();
        (one.value, one.source)
    };
    for (key, value, source) in [
        ("AutoAnswer", json!("always"), Source::Policy),
        ("Theme", json!("dark"), Source::Policy),
        ("MaxCalls", json!(2), Source::User),
        ("HistoryDays", json!(30), Source::Default),
        ("SidecarUrl", Value::Null, Source::Default),
        ("QuitOnClose", json!(false), Source::Default),
    ] {
        assert_eq!(said(Some(&settings), key), (value, source), "{key}");
    }
    assert_eq!(said(None, "MaxCalls"), (json!(1), Source::Default));
    let url = sidecar_address("https://helix.example").unwrap();
    settings.set_server(Some(&url));
    assert_eq!(
        said(Some(&settings), "SidecarUrl"),
        (json!("https://helix.example/"), Source::User)
    );
}

#[test]
fn what_a_user_had_set_waits_for_the_day_on_which_it_is_no_longer_settled() {
    let policy = policy(json!({ "Theme": "dark", "GlobalShortcuts": false }));
    let users = WindowSettings {
        theme: Theme::Light,
        shortcuts: Shortcuts {
            mute: "F9".to_owned(),
            ..Shortcuts::default()
        },
        ..WindowSettings::default()
    };
    let mut shown = policy.window(users.clone());
    assert_eq!(shown.theme, Theme::Dark);
    assert_eq!(shown.shortcuts, Shortcuts::default());
    shown.autostart = true;
    let wanted = WindowSettings {
        autostart: true,
        ..users.clone()
    };
    assert_eq!(policy.keep_window(&shown, &users), wanted);
}

#[test]
fn servers_are_the_organisations_where_it_says_so() {
    let url = |text| Some(Url::parse(text).unwrap());
    let none = Policy::default();
    assert_eq!(none.server(None), Ok(None));
    let any = url("https://any.example/api");
    assert_eq!(none.server(any.clone()), Ok(any.clone()));

    let fixed = policy(json!({
        "SidecarUrl": "https://helix.example/api",
        "AllowedSidecarUrls": ["https://other.example"],
    }));
    assert_eq!(
        fixed.server(any.clone()),
        Ok(url("https://helix.example/api"))
    );
    assert_eq!(fixed.locked(), ["server"]);

    let some = policy(json!({
        "AllowedSidecarUrls": ["https://Helix.example", "https://helix.example:8443"],
    }));
    for allowed in [
        "https://helix.example/api",
        "https://helix.example:443",
        "https://helix.example:8443/x",
    ] {
        assert_eq!(some.server(url(allowed)), Ok(url(allowed)), "{allowed}");
    }
    for refused in [
        "https://helix.example.evil.example",
        "https://helix.example:444",
        "http://helix.example",
        "http://localhost:4100",
        "https://evil.example/helix.example",
    ] {
        let told = some.server(url(refused)).unwrap_err();
        assert!(told.contains("your organisation allows"), "{told}");
    }
    assert!(some.locked().is_empty(), "there is a choice");
}

#[test]
fn what_no_page_shows_is_settled_too() {
    let policy = policy(json!({
        "$schema": "policy.schema.json",
        "ProxyUrl": "http://proxy.example:3128",
        "ExtraCaFile": if cfg!(windows) { r"C:\ca.pem" } else { "/etc/ca.pem" },
        "LogLevel": "debug",
        "CredentialStore": "osKeychain",
        "UrlHandlers": ["tel"],
        "HistoryDays": 7,
        "HistoryMaskNumbers": true,
        "DialPolicy": { "blocked": ["+49900"] },
        "NumberRewrite": [{ "from": "00", "to": "+" }],
        "EmergencyNotice": { "numbers": ["112"], "text": "Use a mobile." },
    }));
    let emergency = phone::EmergencyNotice {
        numbers: vec!["112".to_owned()],
        text: "Use a mobile.".to_owned(),
    };
    let wanted = phone::DialPlan {
        policy: phone::DialPolicy {
            allowed: None,
            blocked: vec!["+49900".to_owned()],
        },
        rewrites: vec![phone::NumberRewrite {
            from: "00".to_owned(),
            to: "+".to_owned(),
        }],
        emergency: Some(emergency),
    };
    assert_eq!(policy.dialling(), wanted);
    assert_eq!(policy.proxy().unwrap().host_str(), Some("proxy.example"));
    assert!(policy.extra_ca().unwrap().ends_with("ca.pem"));
    assert_eq!(policy.log_level(), Some(LogLevel::Debug));
    assert_eq!(policy.credential_store(), Some(CredentialStore::OsKeychain));
    assert_eq!(policy.url_handlers(), Some(vec![LinkScheme::Tel]));
    let wanted = Retention {
        days: 7,
        mask_numbers: true,
    };
    assert_eq!(policy.retention(), wanted);

    let none = Policy::default();
    assert_eq!(none.retention(), Retention::default());
    assert_eq!(none.url_handlers(), None);
    assert_eq!(none.dialling(), phone::DialPlan::default());
    assert!(none.proxy().is_none() && none.extra_ca().is_none());
}

#[test]
fn a_key_that_cannot_be_used_is_named_and_costs_no_other() {
    let long = "x".repeat(10_000);
    for (key, value, why) in [
        (
            "AutoAnswer",
            json!("loud"),
            "one of off, header, always is expected",
        ),
        ("AutoAnswer", json!(true), "one of off"),
        ("AutoAnswerTone", json!("true"), "true or false"),
        ("AutoStart", json!(1), "true or false"),
        ("AudioProcessing", json!(true), "an object"),
        ("AudioProcessing", json!({ "aec": 1 }), "aec: true or false"),
        (
            "AudioProcessing",
            json!({ "vad": true }),
            "it knows aec, ns, agc alone",
        ),
        ("MaxCalls", json!(0), "from 1 to 8"),
        ("MaxCalls", json!(9), "from 1 to 8"),
        ("MaxCalls", json!(2.5), "from 1 to 8"),
        ("HistoryDays", json!(-1), "from 0 to 365"),
        ("HistoryDays", json!(1e300), "from 0 to 365"),
        (
            "SidecarUrl",
            json!("http://helix.example"),
            "https is needed",
        ),
        (
            "SidecarUrl",
            json!("https://ana:canary@helix.example"),
            "a password",
        ),
        (
            "SidecarUrl",
            json!(["https://helix.example"]),
            "text is expected",
        ),
        ("AllowedSidecarUrls", json!([]), "a list of addresses"),
        (
            "AllowedSidecarUrls",
            json!("https://helix.example"),
            "a list of addresses",
        ),
        (
            "AllowedSidecarUrls",
            json!(["https://*.helix.example"]),
            "not of the form",
        ),
        (
            "AllowedSidecarUrls",
            json!(["https://helix.example/api"]),
            "not of the form",
        ),
        (
            "AllowedSidecarUrls",
            json!(["http://helix.example"]),
            "not of the form",
        ),
        (
            "AllowedSidecarUrls",
            json!(["helix.example"]),
            "not of the form",
        ),
        ("ProxyUrl", json!("socks5://proxy.example"), "http or https"),
        ("ProxyUrl", json!("proxy"), "http or https"),
        ("ExtraCaFile", json!("ca.pem"), "from the root on"),
        ("Language", json!("tlh"), "one of en"),
        ("Theme", json!(null), "one of system, light, dark"),
        (
            "UrlHandlers",
            json!(["tel", "http"]),
            "a list of some of tel, sip, callto",
        ),
        ("UrlHandlers", json!({ "tel": true }), "a list of some of"),
        ("LogLevel", json!("chatty"), "one of off, error"),
        (
            "CredentialStore",
            json!("disk"),
            "one of memory, osKeychain",
        ),
        ("DialPolicy", json!(["+49"]), "allowed and blocked"),
        (
            "DialPolicy",
            json!({ "allow": ["+49"] }),
            "allowed and blocked",
        ),
        ("DialPolicy", json!({ "allowed": "+49" }), "lists of"),
        (
            "DialPolicy",
            json!({ "allowed": ["+49", "+43 1"], "blocked": [] }),
            "\"+43 1\" is no beginning of a number",
        ),
        (
            "DialPolicy",
            json!({ "blocked": ["0900", "^0137"] }),
            "\"^0137\" is no beginning of a number",
        ),
        ("DialPolicy", json!({ "blocked": [long] }), "\"xxx"),
        ("NumberRewrite", json!({ "from": "0" }), "a list of objects"),
        ("NumberRewrite", json!([{ "from": "0" }]), "from and to"),
        (
            "NumberRewrite",
            json!([{ "from": "00", "to": "+" }, { "from": "", "to": "+49" }]),
            "\"\" is no beginning of a number",
        ),
        ("EmergencyNotice", json!("112"), "an object with numbers"),
        (
            "EmergencyNotice",
            json!({ "numbers": [], "text": "Use a mobile." }),
            "it names no number",
        ),
        (
            "EmergencyNotice",
            json!({ "numbers": ["SOS"], "text": "Use a mobile." }),
            "\"SOS\" is no beginning",
        ),
        (
            "EmergencyNotice",
            json!({ "numbers": ["112"], "text": long }),
            "1 to 200 characters",
        ),
        (
            "AllowInsecureTransport",
            json!(true),
            "does not know: AllowInsecureTransport",
        ),
        ("theme", json!("dark"), "does not know: theme"),
        (long.as_str(), json!(1), "does not know: xxx"),
        ("\u{1b}[31m", json!(1), "does not know: [31m"),
    ] {
        let mut given = Map::new();
        given.insert(key.to_owned(), value);
        given.insert("QuitOnClose".to_owned(), json!(true));
        let (policy, faults) = Policy::of("/etc/p.json", given);
        let told = faults.join(" ");
        assert!(told.contains(why), "{told}\nlacks\n{why}");
        assert!(told.contains("/etc/p.json") && told.len() < 400, "{told}");
        assert!(!told.contains("canary"), "{told}");
        assert_eq!(policy.locked(), ["quit_on_close"], "{key}");
        assert!(policy.window(WindowSettings::default()).quit_on_close);
    }
}

#[test]
fn a_policy_full_of_what_cannot_be_used_is_told_in_few_words() {
    let given = (0..10_000).map(|it| (format!("key-{it}"), json!(it)));
    let (policy, faults) = Policy::of("/etc/p.json", given.collect());
    assert_eq!(faults.len(), MOST_FAULTS + 1);
    assert!(faults[MOST_FAULTS].ends_with("9980 more such keys"));
    assert!(policy.locked().is_empty());
}

#[test]
fn each_value_that_is_allowed_can_be_imposed() {
    for key in &KEYS {
        for value in examples(key.kind) {
            let case = format!("{}: {value}", key.name);
            let policy = policy(json!({ key.name: value }));
            for Settled {
                section,
                field,
                value,
            } in (key.settles)(&value)
            {
                let changed = |all: Map<String, Value>| {
                    assert_eq!(all.get(field), Some(&value), "{case}");
                };
                match section {
                    Section::Calls => changed(fields(&policy.calls(CallSettings::default()))),
                    Section::Sound => changed(fields(&policy.sound(SoundSettings::default()))),
                    Section::Window => {
                        let window = policy.window(WindowSettings::default());
                        assert_eq!(window.check(), Ok(()), "{case}");
                        changed(fields(&window));
                    }
                    Section::None => {}
                }
            }
        }
    }
}

#[test]
fn the_registry_has_numbers_and_texts_alone() {
    let kind = |name| KEYS.iter().find(|it| it.name == name).unwrap().kind;
    for (name, value, wanted) in [
        ("QuitOnClose", json!(1), json!(true)),
        ("QuitOnClose", json!(0), json!(false)),
        ("QuitOnClose", json!(7), json!(7)),
        ("MaxCalls", json!(2), json!(2)),
        ("Theme", json!("dark"), json!("dark")),
        ("UrlHandlers", json!("tel"), json!(["tel"])),
        ("UrlHandlers", json!(["tel", "sip"]), json!(["tel", "sip"])),
        (
            "AudioProcessing",
            json!("{\"aec\":false}"),
            json!({ "aec": false }),
        ),
        ("AudioProcessing", json!("{"), json!("{")),
        (
            "DialPolicy",
            json!("{\"allowed\":[\"+49\"]}"),
            json!({ "allowed": ["+49"] }),
        ),
        ("NumberRewrite", json!("[]"), json!([])),
    ] {
        assert_eq!(kind(name).of_registry(value), wanted, "{name}");
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod on_disk {
    use std::{
        fs,
        os::unix::fs::{MetadataExt, PermissionsExt},
        path::Path,
    };

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_file_that_others_may_write_is_refused() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("policy.json");
        let owner = fs::metadata(home.path()).unwrap().uid();
        assert!(open(&path, owner).1.is_empty(), "there is none");

        fs::write(&path, "{\"Theme\":\"dark\"}").unwrap();
        let chmod = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        for (file, folder, is_safe) in [
            (0o644, 0o755, true),
            (0o600, 0o700, true),
            (0o664, 0o755, false),
            (0o646, 0o755, false),
            (0o644, 0o777, false),
            (0o644, 0o775, false),
        ] {
            chmod(&path, file);
            chmod(home.path(), folder);
            let (policy, faults) = open(&path, owner);
            let told = faults.join(" ");
            assert_eq!(
                policy.locked().len(),
                usize::from(is_safe),
                "{file:o} {told}"
            );
            assert_eq!(
                told.contains("may be written by others than"),
                !is_safe,
                "{told}"
            );
        }

        chmod(home.path(), 0o755);
        let (policy, faults) = open(&path, owner + 1);
        assert!(policy.locked().is_empty());
        assert!(
            faults[0].contains("may be written by others than user"),
            "{faults:?}"
        );
    }

    #[test]
    fn what_is_no_policy_is_refused_in_a_sentence() {
        let large = format!("{{\"Theme\":\"dark\"}}{}", " ".repeat(1024 * 1024));
        for (content, why) in [
            ("", "is broken (EOF"),
            ("{\"Theme\": dark}", "line 1"),
            ("[1]", "is no JSON object"),
            ("\u{feff}{}", "is broken ("),
            (large.as_str(), "is larger than 1 MiB"),
            (&"[".repeat(100_000), "is broken ("),
        ] {
            let home = TempDir::new().unwrap();
            let path = home.path().join("policy.json");
            fs::write(&path, content).unwrap();
            let owner = fs::metadata(home.path()).unwrap().uid();
            let (policy, faults) = open(&path, owner);
            let told = faults.join(" ");
            assert!(
                told.contains(why) && told.ends_with(": nothing of it is used"),
                "{told}"
            );
            assert!(policy.locked().is_empty());
        }
        let home = TempDir::new().unwrap();
        let (_, faults) = open(home.path(), 0);
        assert!(faults[0].contains("cannot be read ("), "{faults:?}");
    }

    fn open(path: &Path, owner: u32) -> (Policy, Vec<String>) {
        let place = path.display().to_string();
        match file::read(path, owner) {
            Ok(Some(json)) => Policy::of_json(&place, &json),
            Ok(None) => (Policy::default(), Vec::new()),
            Err(why) => Policy::refused(&place, &why),
        }
    }
}

#[test]
fn the_schema_says_what_the_program_knows() {
    let mut shown: Value = serde_json::from_str(SCHEMA).unwrap();
    for key in &KEYS {
        let property = shown["properties"][key.name].as_object_mut().unwrap();
        let words = property.remove("description").unwrap();
        assert!(words.as_str().unwrap().ends_with('.'), "{}", key.name);
    }
    let written = schema();
    assert!(
        shown == written,
        "policy.schema.json is to be\n{}\n",
        serde_json::to_string_pretty(&written).unwrap()
    );
}

fn schema() -> Value {
    let properties = KEYS.iter().map(|key| {
        let mut property = shape(key.kind);
        let usual = (key.otherwise)(&Users::default());
        if !usual.is_null() {
            property["default"] = usual;
        }
        (key.name.to_owned(), property)
    });
    let mut properties: Map<String, Value> = properties.collect();
    properties.insert("$schema".to_owned(), json!({ "type": "string" }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Policy of Helix Phone",
        "description": "/etc/helix-phone/policy.json. What is set here is locked for users.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn shape(kind: Kind) -> Value {
    match kind {
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Whole { least, most } => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Choice(known) => json!({ "enum": known }),
        Kind::Some(known) => json!({ "type": "array", "items": { "enum": known } }),
        Kind::Sidecar => json!({ "type": "string", "format": "uri", "pattern": "^https?://" }),
        Kind::Origins => json!({
            "type": "array",
            "minItems": 1,
            "items": { "type": "string", "pattern": "^https://[^/*?#@]+/?$" },
        }),
        Kind::Proxy => json!({ "type": "string", "format": "uri", "pattern": "^https?://" }),
        Kind::File => json!({ "type": "string" }),
        Kind::Switches(known) => {
            let switch = |name: &&str| ((*name).to_owned(), json!({ "type": "boolean" }));
            let switches: Map<String, Value> = known.iter().map(switch).collect();
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": switches,
            })
        }
        Kind::DialPolicy => json!({
            "type": "object",
            "additionalProperties": false,
            "properties": { "allowed": numbers(0), "blocked": numbers(0) },
        }),
        Kind::Rewrites => json!({
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["from", "to"],
                "properties": {
                    "from": number(),
                    "to": { "type": "string", "pattern": "^[+]?[0-9*#]*$" },
                },
            },
        }),
        Kind::Emergency => json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["numbers", "text"],
            "properties": {
                "numbers": numbers(1),
                "text": { "type": "string", "minLength": 1, "maxLength": phone::LONGEST_NOTICE },
            },
        }),
    }
}

fn numbers(least: u64) -> Value {
    let mut shape = json!({ "type": "array", "items": number() });
    if least > 0 {
        shape["minItems"] = json!(least);
    }
    shape
}

fn number() -> Value {
    json!({ "type": "string", "minLength": 1, "pattern": "^[+]?[0-9*#]*$" })
}

/// Returns what a key of this kind may hold: all where they are few.
fn examples(kind: Kind) -> Vec<Value> {
    match kind {
        Kind::Switch => vec![json!(true), json!(false)],
        Kind::Whole { least, most } => vec![json!(least), json!(most)],
        Kind::Choice(known) => known.iter().map(|it| json!(it)).collect(),
        Kind::Some(known) => vec![json!([]), json!(known)],
        Kind::Sidecar => vec![json!("https://helix.example/api")],
        Kind::Origins => vec![json!(["https://helix.example:8443"])],
        Kind::Proxy => vec![json!("http://proxy.example:3128")],
        Kind::File if cfg!(windows) => vec![json!(r"C:\ca.pem")],
        Kind::File => vec![json!("/etc/ca.pem")],
        Kind::Switches(known) => {
            let off = |name: &&str| ((*name).to_owned(), json!(false));
            let all: Map<String, Value> = known.iter().map(off).collect();
            vec![json!({}), Value::Object(all)]
        }
        Kind::DialPolicy => vec![
            json!({}),
            json!({ "allowed": [] }),
            json!({ "allowed": ["+", "7"], "blocked": ["*31#0900"] }),
        ],
        Kind::Rewrites => vec![
            json!([]),
            json!([{ "from": "00", "to": "+" }, { "from": "9", "to": "" }]),
        ],
        Kind::Emergency => vec![json!({ "numbers": ["112"], "text": "Use a mobile." })],
    }
}

fn policy(given: Value) -> Policy {
    let Value::Object(given) = given else {
        panic!("{given}")
    };
    let (policy, faults) = Policy::of("/etc/p.json", given);
    assert!(faults.is_empty(), "{faults:?}");
    policy
}

fn settings(sections: &str) -> Settings {
    let device = "00000000-0000-4000-8000-000000000007";
    let head = format!("version = 1\n[device]\nid = \"{device}\"\nname = \"Desk\"\n");
    toml::from_str(&format!("{head}{sections}")).unwrap()
}
