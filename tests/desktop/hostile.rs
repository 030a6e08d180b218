//! A caller's name that was made to harm: it is text, and stays in its place.

use std::{
    collections::BTreeMap,
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use lab::{LabCall, OfferIn, Treatment};
use serde_json::{Value, json};

use crate::{
    desk::{Desk, on_own_screen, story},
    page::{MAIN, RING},
};

/// What the names are made of with which the page is tested.
const PIECES: &str = include_str!("../../ui/src/scripted/hostile.json");

/// Begins with what a page would show as a picture and run as a script.
const MARKUP: &str = "<img src=x onerror=\"window.hostile=1\"><script>window.hostile=1</script><b id=hostile>Ana</b>";

/// More than anything shows.
const LONG: usize = 10_000;

/// What the phone keeps of a name, and a notification, in characters.
const KEPT: usize = 128;
const NOTIFIED: usize = 80;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_markup_is_shown_as_it_is_written() {
    is_shown_as(MARKUP, MARKUP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_turns_text_round_turns_nothing() {
    let name = "Ana\u{2069}\u{202e}gpj.exe\u{202d}\u{2066}";
    is_shown_as(name, "Anagpj.exe").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_thousands_of_letters_leaves_the_windows_as_they_are() {
    is_shown_as(&"W".repeat(LONG), &"W".repeat(KEPT)).await;
}

/// Each story ends with the page's policy, which has forbidden nothing.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_a_name_is_made_of_is_text_in_the_history() {
    story(async |desk| {
        let names = names();
        assert!(names.len() >= 200);
        remember(desk, &names);
        desk.ready().await;
        let page = desk.page();
        is_text(desk, &[]).await;
        page.press("History").await;
        page.offers("Delete all").await;
        let rows = "return document.querySelectorAll('main li').length;";
        assert_eq!(page.run(rows, Vec::new()).await, names.len());
        is_text(desk, &["Delete all"]).await;
    })
    .await;
}

/// Each piece of the page's own tests alone, at an end of a name and inside it, once and many times.
fn names() -> Vec<String> {
    let pieces: BTreeMap<String, Vec<String>> = serde_json::from_str(PIECES).unwrap();
    let pieces = pieces.into_values().flatten();
    let around = |it: String| {
        let many = it.repeat(40);
        [
            format!("{it}Ana"),
            format!("An{it}a"),
            format!("Ana{it}"),
            format!("Ana{many}"),
            it,
        ]
    };
    pieces.flat_map(around).collect()
}

/// Has a call of each, a moment ago, in the history.
fn remember(desk: &Desk, names: &[String]) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let call = |(id, name): (usize, &String)| {
        json!({
            "id": id, "direction": "incoming", "number": "700299", "display_name": name,
            "began": now.as_millis() as u64, "talked_ms": null, "cause": { "code": "missed" }, "quality": null,
        })
    };
    let head = json!({ "helix_phone_history": 1 });
    let lines = [head].into_iter().chain(names.iter().enumerate().map(call));
    let path = desk.bus.home().join("data/helix-phone/history.jsonl");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, lines.map(|it| format!("{it}\n")).collect::<String>()).unwrap();
}

/// Has somebody of this name call, and sees each window say `shown` and nothing else come of it.
async fn is_shown_as(name: &str, shown: &str) {
    on_own_screen(async |desk| {
        desk.ready().await;
        let call = call(desk, name).await;
        let page = desk.page();
        page.look_at(RING).await;
        page.says(shown).await;
        desk.until("the pop-up", || {
            desk.screen.windows("Helix Phone").len() == 2
        });
        is_text(desk, &["Answer", "Decline"]).await;
        let notified: String = shown.chars().take(NOTIFIED).collect();
        let rings = desk
            .services
            .notification(notified.trim(), "Incoming call", true)
            .await;
        assert!(!rings.actions.is_empty());

        page.look_at(MAIN).await;
        page.says(shown).await;
        is_text(desk, &["Answer", "Decline"]).await;
        page.press("Answer").await;
        page.says("On a call").await;
        page.says(shown).await;
        is_text(desk, &["Mute", "Hold", "Keypad", "Hang up"]).await;
        call.hang_up();
        page.says("Ended by the caller").await;
        page.says(shown).await;
        is_text(desk, &[]).await;
        page.press("History").await;
        page.says(shown).await;
        is_text(desk, &["Delete all"]).await;
    })
    .await;
}

/// Calls from a number for whose name the phone server vouches (RFC 3325).
async fn call(desk: &Desk, name: &str) -> LabCall {
    let world = &desk.office.world;
    let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
    let identity = format!("\"{quoted}\" <{}>", world.sip_uri("700299"));
    let headers = [("P-Asserted-Identity", identity.as_str())];
    let calling = world.call_with("700201", Treatment::Echo, OfferIn::Invite, &headers);
    calling.await.unwrap()
}

/// Sees that nothing of the name is more than text in the window that is looked at: no part of the page, no script
/// that ran, no mark that turns words, nothing that is pushed out of the window.
async fn is_text(desk: &Desk, buttons: &[&str]) {
    let script = "const [buttons] = arguments;
        const named = (name) => [...document.querySelectorAll('button')]
            .find((it) => (it.getAttribute('aria-label') ?? it.innerText.trim()) === name);
        const within = (name) => {
            const { left, right, top, bottom } = named(name).getBoundingClientRect();
            return left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight;
        };
        const marks = document.body.innerText.match(/[\\u202a-\\u202e\\u2066-\\u2069]/g) ?? [];
        const page = document.documentElement;
        return {
            parts: document.querySelectorAll('img, script:not([src]), iframe[srcdoc], base, b, form[action], #hostile, [onerror], [onload], [onclick], [onfocus]').length,
            ran: window.hostile !== undefined,
            turned: marks.filter((it) => it !== '\\u2068' && it !== '\\u2069').length,
            open: marks.filter((it) => it === '\\u2068').length
                - marks.filter((it) => it === '\\u2069').length,
            wide: page.scrollWidth > page.clientWidth || document.body.scrollWidth > innerWidth,
            pushed: buttons.filter((name) => !within(name)),
        };";
    let found = desk.page().run(script, vec![json!(buttons)]).await;
    let harmless: Value = json!({
        "parts": 0, "ran": false, "turned": 0, "open": 0, "wide": false, "pushed": [],
    });
    assert_eq!(found, harmless, "{}", desk.page().text().await);
}
