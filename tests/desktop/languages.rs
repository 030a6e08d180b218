//! Another language, set in the window.

use std::fs;

use crate::desk::{Desk, Keyring, Setup, story_at};

/// The words of the tabs, from the first to the last.
const ENGLISH: [&str; 3] = ["Keypad", "History", "More"];
const ARABIC: [&str; 3] = ["لوحة الأرقام", "السجل", "المزيد"];

#[tokio::test(flavor = "multi_thread")]
async fn another_language_turns_the_window_round_and_is_kept() {
    let setup = Setup {
        keyring: Keyring::Open,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.ready().await;
        let page = desk.page();
        page.is_written("en", "ltr").await;
        assert_eq!(tabs_from_the_left(desk).await, ENGLISH);
        page.press("More").await;
        page.choose("Language", "العربية").await;
        page.is_written("ar", "rtl").await;
        page.no_longer_says("Language and appearance").await;
        page.says("اللغة والمظهر").await;
        let mut mirrored = ARABIC;
        mirrored.reverse();
        assert_eq!(tabs_from_the_left(desk).await, mirrored);
        desk.services.menu("جاهز", |it| it.label == "جاهز").await;

        start_again(desk, "ar").await;
        let page = desk.page();
        page.is_written("ar", "rtl").await;
        // Who is signed in already sees the phone.
        page.says("متصل").await;
        assert_eq!(tabs_from_the_left(desk).await, mirrored);
        page.press("المزيد").await;
        page.choose("اللغة", "English").await;
        page.is_written("en", "ltr").await;
        page.no_longer_says("اللغة والمظهر").await;
        page.says("Language and appearance").await;
        desk.services.menu("Ready", |it| it.label == "Ready").await;

        start_again(desk, "en").await;
        let page = desk.page();
        page.is_written("en", "ltr").await;
        page.says("Connected").await;
        assert_eq!(tabs_from_the_left(desk).await, ENGLISH);
    })
    .await;
}

/// Starts the program once more, as soon as it has noted this language.
async fn start_again(desk: &mut Desk, language: &str) {
    let noted = format!("language = \"{language}\"");
    let settings = desk.settings();
    desk.until("the language in the settings", || {
        fs::read_to_string(&settings).is_ok_and(|it| it.contains(&noted))
    });
    desk.bus.has(&["agentConfig", "tokens"]).await;
    desk.kill();
    desk.start().await;
}

async fn tabs_from_the_left(desk: &Desk) -> Vec<String> {
    let script = "const tabs = [...document.querySelectorAll('nav button')];
        const left = (it) => it.getBoundingClientRect().left;
        return tabs.sort((a, b) => left(a) - left(b)).map((it) => it.innerText.trim());";
    let tabs = desk.page().run(script, Vec::new()).await;
    serde_json::from_value(tabs).unwrap()
}
