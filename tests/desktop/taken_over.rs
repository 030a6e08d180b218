//! A page that was taken over, in each window: whatever it asks for, the answer is a typed refusal, or
//! that of the list of what its window may ask, and holds no secret.

use std::collections::BTreeSet;

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::{Value, json};

use crate::{
    calls::dial,
    desk::story,
    garbage,
    page::{MAIN, MINI, Page, RING},
    support::office::{PASSWORD, SIP_PASSWORDS, has_refresh_token},
};

/// Where all commands are.
const BUILD: &str = include_str!("../../src-tauri/app/build.rs");

/// The windows, and what each may ask.
const WINDOWS: [(&str, &str); 3] = [
    (
        MAIN,
        include_str!("../../src-tauri/app/capabilities/main.json"),
    ),
    (
        RING,
        include_str!("../../src-tauri/app/capabilities/ring.json"),
    ),
    (
        MINI,
        include_str!("../../src-tauri/app/capabilities/mini.json"),
    ),
];

/// What no window may ask.
const FOREIGN: [&str; 5] = [
    "plugin:shell|execute",
    "plugin:fs|read_text_file",
    "plugin:event|emit",
    "plugin:webview|create_webview_window",
    "secrets",
];

/// As many as the limit lets through in less than half a second.
const CORPUS: usize = 40;

/// Asks one after the other, each again until the limit lets it through.
const ASK: &str = "const [command, corpus, done] = arguments;
    const { invoke } = window.__TAURI_INTERNALS__;
    const ask = (garbage) => invoke(command, garbage).then((told) => ({ told }), (refused) => ({ refused }));
    (async () => {
        const answers = [];
        for (const garbage of corpus) {
            let answer;
            do {
                answer = await ask(garbage);
            } while (answer.refused?.code === 'too_many_requests');
            answers.push(answer);
        }
        done(answers);
    })();";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_taken_over_gets_refusals_and_no_secret_in_any_window() {
    let commands = commands();
    let corpus = corpus();
    story(async |desk| {
        desk.ready().await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        let page = desk.page();
        page.look_at(RING).await;
        page.press("Decline").await;
        ravi.event("call.ended").await;
        page.look_at(MAIN).await;
        page.press("Small window").await;

        for (window, capability) in WINDOWS {
            page.look_at(window).await;
            let allowed = allowed(capability);
            assert!(allowed.is_subset(&commands), "{allowed:?}");
            for command in &commands {
                let answers = ask(page, command, &corpus).await;
                for (asked, answer) in corpus.iter().zip(&answers) {
                    let what = format!("{command} of “{window}” with {asked}: {answer}");
                    holds_no_secret(answer);
                    if !allowed.contains(command) {
                        assert!(is_not_allowed(answer), "{what}");
                    } else if command == "state" {
                        assert!(answer["told"]["view"].is_object(), "{what}");
                    } else {
                        assert!(is_typed(answer), "{what}");
                    }
                }
            }
            for command in FOREIGN {
                let asked = [json!({}), json!({ "program": "id", "path": "/etc/passwd" })];
                for answer in ask(page, command, &asked).await {
                    assert!(is_not_allowed(&answer), "{command}: {answer}");
                }
            }
        }

        // The phone is as it was.
        page.look_at(MINI).await;
        page.says("Ready").await;
        dial(&mut ravi, "700201").await;
        page.press("Answer").await;
        ravi.event("call.connected").await;
        page.press("Hang up").await;
        ravi.event("call.ended").await;
    })
    .await;
}

#[test]
fn the_pop_up_may_bring_no_window_forward() {
    let pop_up = WINDOWS.iter().find(|(window, _)| *window == RING);
    let (_, capability) = pop_up.unwrap();
    assert!(!allowed(capability).contains("show"));
}

/// The commands of the build script, by name.
fn commands() -> BTreeSet<String> {
    let (_, list) = BUILD.split_once("const COMMANDS: &[&str] = &[").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    let names: BTreeSet<_> = list.split('"').skip(1).step_by(2).collect();
    assert!(names.contains("state") && names.len() > 5, "{names:?}");
    names.into_iter().map(str::to_owned).collect()
}

/// Those of them that a window may use.
fn allowed(capability: &str) -> BTreeSet<String> {
    let capability: Value = serde_json::from_str(capability).unwrap();
    let permissions = capability["permissions"].as_array().unwrap();
    let permissions = permissions.iter().filter_map(Value::as_str);
    permissions
        .filter_map(|it| it.strip_prefix("allow-"))
        .map(|it| it.replace('-', "_"))
        .collect()
}

/// The same garbage in each run.
fn corpus() -> Vec<Value> {
    let mut runner = TestRunner::deterministic();
    let arguments = garbage::arguments().prop_map(garbage::with_surplus);
    let mut corpus = vec![
        json!(null),
        json!([]),
        json!([1, 2, 3]),
        json!({}),
        json!(""),
    ];
    while corpus.len() < CORPUS {
        corpus.push(arguments.new_tree(&mut runner).unwrap().current());
    }
    corpus
}

async fn ask(page: &Page, command: &str, corpus: &[Value]) -> Vec<Value> {
    let arguments = vec![json!(command), json!(corpus)];
    let answers = page.client.execute_async(ASK, arguments).await.unwrap();
    let answers = answers.as_array().unwrap().clone();
    assert_eq!(answers.len(), corpus.len());
    answers
}

/// A refusal of the program's own, by which a page can act.
fn is_typed(answer: &Value) -> bool {
    let refused = answer["refused"].as_object();
    refused.is_some_and(|it| it.len() == 2 && it["code"].is_string() && it["message"].is_string())
}

/// The refusal of what is not in the window's list.
fn is_not_allowed(answer: &Value) -> bool {
    let refused = answer["refused"].as_str();
    refused.is_some_and(|it| it.contains("not allowed"))
}

/// Who is signed in typed a password, and got tokens and that of the line.
fn holds_no_secret(answer: &Value) {
    let text = answer.to_string();
    // Each access token begins like that.
    for secret in [PASSWORD, SIP_PASSWORDS[0], "eyJ"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    assert!(!has_refresh_token(&text), "a refresh token is in {text}");
}
