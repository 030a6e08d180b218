//! Holds `ui/src/lib/phone.ts` and these types together: the page's types are made from them, and
//! values of them lie in `phone.samples.ts`, where the page's own check holds what serde writes to
//! those types.

#![allow(clippy::unwrap_used)]

use std::{
    any::TypeId,
    collections::{BTreeMap, HashSet},
    env,
    fmt::Write,
    fs,
    path::Path,
};

use engine::{HistoryEntry, Shortcuts, WindowSettings};
use phone::{Accepted, samples};
use serde::Serialize;
use serde_json::json;
use ts_rs::{Config, TS, TypeVisitor};

use super::*;
use crate::standing;

mod layout;

/// What the page is written anew with, wherever a test finds that it differs.
const COMMAND: &str = "HELIX_WRITE=1 cargo test --bin helix-phone page::types";

#[test]
fn the_page_has_these_types() {
    let mut types = Types::default();
    types.add::<State>();
    types.add::<ViewUpdate>();
    types.add::<Event>();
    types.add::<Levels>();
    types.add::<Order>();
    types.add::<Accepted>();
    types.add::<SetWindow>();
    types.add::<SetServer>();
    types.add::<Forget>();
    types.add::<AnswerLink>();
    types.add::<AnswerQuit>();
    types.add::<Show>();
    types.add::<WatchLevels>();
    types.add::<Copy>();
    types.add::<SaveSupport>();
    types.add::<OpenSettings>();
    types.add::<Saved>();
    types.add::<Rejected>();
    let mut text: String = types.declared.into_values().collect();
    text.push_str("/** The events that a person is told of in passing. */\n");
    text.push_str("export type Happened = Extract<\n  Event,\n  {\n    type:\n");
    for event in told_in_passing() {
        let event = serde_json::to_value(event).unwrap();
        writeln!(text, "      | {}", event["type"]).unwrap();
    }
    text.push_str("  }\n>;\n");
    same("phone.ts", &text);
}

#[test]
fn the_page_has_values_of_these_types() {
    let mut values = Values::default();
    values.told("states", &[state()]);
    values.told("windows", &windows());
    values.told("accounts", &samples::accounts());
    values.told("asks", &samples::asks());
    values.told("leases", &samples::leases());
    values.told("moveRequests", &samples::move_requests());
    values.told("moveAnswers", &samples::move_answers());
    values.told("notMoved", &samples::not_moved());
    values.told("links", &samples::links());
    values.told("lines", &samples::lines());
    values.told("callStates", &samples::call_states());
    values.told("qualities", &samples::qualities());
    values.told("ways", &samples::ways());
    values.told("candidateKinds", &samples::candidate_kinds());
    values.told("codecs", &samples::codecs());
    values.told("soundChecks", &samples::sound_checks());
    values.told("serverChecks", &samples::server_checks());
    values.told("pathChecks", &samples::path_checks());
    values.told("playbacks", &samples::playbacks());
    values.told("verdicts", &samples::verdicts());
    values.told("deviceKinds", &samples::device_kinds());
    values.told("deviceRoles", &samples::device_roles());
    values.told("deviceWhys", &samples::device_whys());
    values.told("deviceFaults", &[samples::device_fault()]);
    values.told("autoAnswers", &samples::auto_answers());
    values.told("vaults", &samples::vaults());
    values.told("availabilities", &samples::availabilities());
    values.told("queueLogins", &samples::queue_logins());
    values.told("queueRefusals", &samples::queue_refusals());
    values.told("queueOrders", &[samples::order()]);
    values.told("wrapUps", &[samples::wrap_up()]);
    values.told("reasons", &samples::signed_out_reasons());
    values.told("causes", &samples::end_causes());
    values.told("hops", &samples::hops());
    values.told("events", &samples::events());
    values.list("happened", "Happened", &told_in_passing());
    let rejections = samples::rejections().into_iter().map(Rejected::from);
    values.told("rejections", &rejections.collect::<Vec<_>>());
    let call = Some(phone::CallId(1));
    values.told("accepted", &[Accepted { call: None }, Accepted { call }]);

    values.asked::<Show>(
        "shows",
        &[json!({ "what": "main" }), json!({ "what": "mini" })],
    );
    values.asked::<Forget>("forgets", &[json!({ "id": 7 }), json!({ "id": null })]);
    let settings = json!(WindowSettings::default());
    values.asked::<SetWindow>("windowSettings", &[json!({ "settings": settings })]);
    values.asked::<SetServer>("servers", &[json!({ "url": "https://helix.example" })]);
    values.asked::<AnswerLink>(
        "linkAnswers",
        &[json!({ "number": "+493012", "dial": true })],
    );
    values.asked::<AnswerQuit>("quitAnswers", &[json!({ "quit": true })]);
    values.asked::<WatchLevels>("watches", &[json!({ "on": true })]);
    values.asked::<Copy>("copies", &[json!({ "text": "700202" })]);
    values.asked::<SaveSupport>("supports", &[json!({ "text": "Session: proven" })]);
    values.asked::<OpenSettings>(
        "opened",
        &[json!({ "what": "clock" }), json!({ "what": "microphone" })],
    );
    let path = "/home/ana/Downloads/helix-phone-support.txt".to_owned();
    values.told("saved", &[Saved { path }]);
    let orders = commands().map(|command| json!({ "order": command }));
    values.asked::<Order>("orders", &orders);
    values.commands();
    values.standings();
    same("phone.samples.ts", &values.text);
}

/// Types, and those that they are made of.
#[derive(Default)]
struct Types {
    /// By their names: ts-rs visits them in another order after each build.
    declared: BTreeMap<String, String>,
    seen: HashSet<TypeId>,
}

impl Types {
    fn add<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Numbers, texts and lists have no declaration.
        if T::output_path().is_some() {
            // Every number of the seam is below 2^53.
            let config = Config::new().with_large_int("number");
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}\n\n", layout::lines(&T::decl(&config)));
            let declaration = layout::in_words_of_the_page(&declaration);
            let before = self.declared.insert(T::name(&config), declaration);
            assert!(before.is_none(), "two types are {}", T::name(&config));
        }
        T::visit_dependencies(self);
    }
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
    }
}

/// Values as they go over the seam, each list with the type that the page has for it.
struct Values {
    text: String,
}

impl Default for Values {
    fn default() -> Self {
        let text = "import type * as phone from \"./phone\";\n\
                    import type { Standing } from \"./standing\";\n\n";
        Self {
            text: text.to_owned(),
        }
    }
}

impl Values {
    /// What the page is told.
    fn told<T: Serialize + TS>(&mut self, name: &str, values: &[T]) {
        self.list(name, &T::name(&Config::new()), values);
    }

    /// What the page asks: it is understood here.
    fn asked<T: DeserializeOwned + TS>(&mut self, name: &str, values: &[Value]) {
        for value in values {
            read::<T>(value).unwrap();
        }
        self.list(name, &T::name(&Config::new()), values);
    }

    fn list(&mut self, name: &str, of: &str, values: &[impl Serialize]) {
        let text = &mut self.text;
        writeln!(text, "export const {name}: phone.{of}[] = [").unwrap();
        for value in values {
            writeln!(text, "  {},", serde_json::to_string(value).unwrap()).unwrap();
        }
        text.push_str("];\n\n");
    }

    /// One of each command; the page's check finds one that is left out.
    fn commands(&mut self) {
        let every = "{ [C in phone.Command as C[\"command\"]]: C }";
        let text = &mut self.text;
        writeln!(text, "export const commands: {every} = {{").unwrap();
        for command in commands() {
            writeln!(text, "  {}: {command},", command["command"]).unwrap();
        }
        text.push_str("};\n\n");
    }

    /// What the tray makes of views: each with what is other in it than in the sample.
    fn standings(&mut self) {
        let usual = json!(samples::view());
        let text = &mut self.text;
        let of = "{ standing: Standing; view: Partial<phone.PhoneView> }";
        writeln!(text, "export const standings: {of}[] = [").unwrap();
        for (standing, view) in standing::tests::table() {
            let mut view = json!(view);
            view.as_object_mut()
                .unwrap()
                .retain(|part, value| usual[part] != *value);
            let entry = json!({ "standing": standing.of_page(), "view": view });
            writeln!(text, "  {entry},").unwrap();
        }
        text.push_str("];\n");
    }
}

/// Compares a file of the page with what it is to be, or writes it.
fn same(name: &str, text: &str) {
    let text = format!("// Made from the Rust types by `{COMMAND}`.\n\n{text}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("ui/src/lib")
        .join(name);
    if env::var_os("HELIX_WRITE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    // Git may have made the ends of lines those of the system.
    let found = found.replace("\r\n", "\n");
    let differs = found.lines().zip(text.lines()).find(|(it, is)| it != is);
    assert!(
        found == text,
        "{} differs from the Rust types, first in {differs:?}. Write it anew with `{COMMAND}`",
        path.display()
    );
}

/// Returns one of each event that is told in passing.
fn told_in_passing() -> Vec<Event> {
    samples::events().into_iter().filter(is_told).collect()
}

fn state() -> State {
    let entry = |id, cause: Option<phone::EndCause>| HistoryEntry {
        id,
        direction: phone::Direction::Incoming,
        number: "700203".to_owned(),
        display_name: None,
        began: 1_767_603_601_204,
        talked_ms: None,
        cause,
        quality: None,
        answered_after_ms: None,
        poor_ms: 0,
        poor_here_ms: 0,
    };
    let causes = samples::end_causes();
    let known = (2..).zip(causes).map(|(id, cause)| HistoryEntry {
        display_name: Some("Ravi".to_owned()),
        talked_ms: Some(1_500),
        quality: Some(phone::CallQuality::PoorHere),
        answered_after_ms: Some(3_000),
        poor_ms: 2_000,
        poor_here_ms: 1_000,
        ..entry(id, Some(cause))
    });
    let mut history: Vec<_> = [entry(1, None)].into_iter().chain(known).collect();
    history.reverse();
    State {
        now: Moment(9_000),
        view: samples::view(),
        window: windows().remove(0),
        history,
    }
}

/// Returns what the window adds where everything has a value, and where as much as can be is absent.
fn windows() -> Vec<WindowView> {
    let settings = WindowSettings {
        language: "de".to_owned(),
        headset_asked: true,
        shortcuts: Shortcuts {
            answer: "F9".to_owned(),
            ..Shortcuts::default()
        },
        ..WindowSettings::default()
    };
    let full = WindowView {
        version: "0.1.0".to_owned(),
        system: "linux".to_owned(),
        settings,
        locked: ["calls.auto_answer", "server"].map(str::to_owned).into(),
        server_given: true,
        server: Some("https://helix.example".to_owned()),
        device_name: "Ana's desk".to_owned(),
        history_days: 30,
        link: Some("700202".to_owned()),
        complaints: vec!["Settings not saved: the disk is full".to_owned()],
        shortcuts_available: true,
        shortcuts_taken: BTreeSet::from(["answer".to_owned()]),
        demo: Some(DemoAccount {
            email: "ana@helix.example".to_owned(),
            password: "demo".to_owned(),
        }),
        quit_asked: false,
        check_asked_at: Some(Moment(1_300)),
        in_tray: true,
        system_settings: [SystemSettings::Clock, SystemSettings::Microphone].into(),
    };
    let empty = WindowView {
        settings: WindowSettings::default(),
        locked: BTreeSet::new(),
        server_given: false,
        server: None,
        link: None,
        complaints: Vec::new(),
        shortcuts_taken: BTreeSet::new(),
        demo: None,
        check_asked_at: None,
        in_tray: false,
        system_settings: BTreeSet::new(),
        ..full.clone()
    };
    vec![full, empty]
}

/// Returns one of each command, as the page sends it.
fn commands() -> [Value; 27] {
    let of_a_call = |command: &str| json!({ "command": command, "call": 1 });
    [
        json!({
            "command": "sign_in", "email": "ana@helix.example", "password": "", "takeover": true
        }),
        json!({ "command": "ask_to_move", "email": "ana@helix.example", "password": "" }),
        json!({ "command": "answer_move", "request": 12, "answer": "now" }),
        json!({ "command": "sign_out" }),
        json!({ "command": "dial", "target": "700202" }),
        of_a_call("answer"),
        of_a_call("hang_up"),
        of_a_call("silence"),
        of_a_call("hold"),
        of_a_call("resume"),
        of_a_call("mute"),
        of_a_call("unmute"),
        of_a_call("repair"),
        json!({ "command": "dtmf", "call": 1, "digits": "5#" }),
        json!({ "command": "reconnect" }),
        json!({ "command": "check" }),
        json!({ "command": "devices" }),
        json!({ "command": "sound_check" }),
        json!({ "command": "test_output", "output": "ringer" }),
        json!({ "command": "set_sound", "settings": phone::SoundSettings::default() }),
        json!({ "command": "set_calls", "settings": phone::CallSettings::default() }),
        json!({ "command": "ready" }),
        json!({ "command": "pause", "reason": "Lunch" }),
        json!({ "command": "cancel_next" }),
        json!({ "command": "wrap_up", "outcome": "Sale", "note": "Calls back" }),
        json!({ "command": "finish_wrap_up", "then": { "state": "pause", "reason": "Tea" } }),
        json!({ "command": "more_time" }),
    ]
}
