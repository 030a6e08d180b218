//! What a page asks for that was taken over: arguments of any shape, most of them near to what is
//! understood.

#![allow(unreachable_pub, reason = "tests")]

use std::collections::BTreeMap;

use proptest::{collection, prelude::*, sample};
use serde_json::{Value, json};

/// Stands in every text; no refusal repeats it.
pub const HIDDEN: &str = "424242";

/// The arguments of the requests.
const ARGUMENTS: &[&str] = &[
    "order", "settings", "url", "id", "dial", "quit", "what", "on", "text",
];

/// What orders hold, and what has a meaning to JavaScript.
const NAMES: &[&str] = &[
    "command",
    "call",
    "email",
    "password",
    "takeover",
    "target",
    "digits",
    "request",
    "answer",
    "output",
    "settings",
    "reason",
    "outcome",
    "note",
    "then",
    "microphone",
    "ring_volume",
    "shortcuts",
    "theme",
    "__proto__",
    "constructor",
    "toJSON",
];

/// What orders and settings say.
const WORDS: &[&str] = &[
    "sign_in",
    "ask_to_move",
    "answer_move",
    "dial",
    "answer",
    "hang_up",
    "mute",
    "dtmf",
    "test_output",
    "set_sound",
    "set_calls",
    "pause",
    "wrap_up",
    "finish_wrap_up",
    "now",
    "main",
    "dark",
];

/// Arguments that may be understood by chance.
pub fn arguments() -> impl Strategy<Value = Value> {
    let near = (
        sample::select(ARGUMENTS),
        sample::select(WORDS),
        collection::btree_map(name(), anything(), 0..4),
    );
    let near = near.prop_map(|(argument, word, mut fields)| {
        fields.insert("command".to_owned(), json!(word));
        json!({ argument: fields })
    });
    let named = (sample::select(ARGUMENTS), anything());
    prop_oneof![
        3 => near,
        2 => named.prop_map(|(argument, value)| json!({ argument: value })),
        1 => anything(),
    ]
}

/// The same arguments with one that nobody knows, read last: they are never understood.
pub fn with_surplus(mut arguments: Value) -> Value {
    if let Some(all) = arguments.as_object_mut() {
        all.insert(format!("~{HIDDEN}"), Value::Null);
    }
    arguments
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        sample::select(WORDS).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map(name(), inner, 0..4).prop_map(object),
        ]
    })
}

fn object(fields: BTreeMap<String, Value>) -> Value {
    Value::Object(fields.into_iter().collect())
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => sample::select(NAMES).prop_map(str::to_owned), 1 => text()]
}

fn text() -> impl Strategy<Value = String> {
    const SHAPES: &[&str] = &["", "\0", "\u{1b}[31m", "\u{202e}", "<img src=x>", "`\":"];
    let shape = prop_oneof![sample::select(SHAPES).prop_map(str::to_owned), "\\PC{0,12}"];
    (shape.clone(), shape).prop_map(|(before, after)| format!("{before}{HIDDEN}{after}"))
}
