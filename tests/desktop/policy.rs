//! What the IT department settles comes before its users, in the window too.

use std::{fs, net::TcpListener};

use lab::{OfferIn, Treatment};
use serde_json::{Value, json};

use crate::{
    desk::{Desk, story},
    support::office::PASSWORD,
};

const SET_BY: &str = "Set by your organisation";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_policy_settles_holds_and_is_shown_as_locked() {
    story(async |desk| {
        // The user would have it otherwise.
        desk.add_settings(
            "theme = \"light\"\n\
             [server]\nurl = \"https://elsewhere.example\"\n\
             [calls]\nauto_answer = \"always\"\n",
        );
        let policy = json!({
            "SidecarUrl": desk.office.sidecar.url,
            "AutoAnswer": "off",
            "Theme": "dark",
            "MaxCalls": 2,
        });
        start_with_policy(desk, &policy).await;
        let page = desk.page();
        let server = desk.office.sidecar.url.replace("http://", "");
        page.says(&format!("{server} {SET_BY}")).await;
        page.says("Version").await;
        assert!(!page.can_press("Change").await, "the server is changed");
        assert_eq!(theme(desk).await, "dark");

        desk.sign_in("ana", PASSWORD).await;
        page.says("Connected").await;
        desk.office.bindings("700201", 1).await;
        page.press("More").await;
        page.says(&format!("Appearance {SET_BY}")).await;
        page.says(&format!(
            "Automatic answer You answer each call yourself {SET_BY}"
        ))
        .await;
        for locked in ["Appearance", "Automatic answer", "Calls at once"] {
            assert!(!page.can_press(locked).await, "{locked} is changed");
        }
        // A press on it does nothing.
        assert_eq!(value(desk, "Appearance").await, "dark");
        assert_eq!(value(desk, "Calls at once").await, "2");

        // What is not settled is the user's.
        page.press("Quit when the window is closed").await;
        let path = desk.settings();
        desk.until("the user's own settings", || {
            let kept = fs::read_to_string(&path).unwrap();
            kept.contains("quit_on_close = true")
        });
        let kept = fs::read_to_string(desk.settings()).unwrap();
        for own in [
            "theme = \"light\"",
            "auto_answer = \"always\"",
            "https://elsewhere.example",
        ] {
            assert!(kept.contains(own), "{own} is gone:\n{kept}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_history_has_no_whole_number_the_desktop_keeps_none() {
    story(async |desk| {
        let policy = json!({
            "SidecarUrl": desk.office.sidecar.url,
            "HistoryMaskNumbers": true,
        });
        start_with_policy(desk, &policy).await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Connected").await;
        let world = &desk.office.world;
        let identity = format!("<{}>", world.sip_uri("9876543210"));
        let headers = [("P-Asserted-Identity", identity.as_str())];
        let call = world.call_with("700201", Treatment::Echo, OfferIn::Invite, &headers);
        let call = call.await.unwrap();
        // Whoever is to answer sees who it is.
        let incoming = desk
            .services
            .notification("9876543210", "Incoming call", true);
        incoming.await;
        call.hang_up();
        let missed = desk
            .services
            .notification("98••••3210", "Missed call", true);
        missed.await;
        desk.page().says("98••••3210").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_does_not_get_past_the_policy() {
    story(async |desk| {
        let policy = json!({ "SidecarUrl": desk.office.sidecar.url, "Theme": "dark" });
        start_with_policy(desk, &policy).await;
        let state = ask_shell(desk, "state", json!({})).await;
        let mut settings = state["window"]["settings"].clone();
        assert_eq!(settings["theme"], "dark");
        settings["theme"] = json!("light");
        settings["start_minimised"] = json!(true);
        ask_shell(desk, "set_window", json!({ "settings": settings })).await;
        let state = ask_shell(desk, "state", json!({})).await;
        let settings = &state["window"]["settings"];
        assert_eq!(
            (&settings["theme"], &settings["start_minimised"]),
            (&json!("dark"), &json!(true))
        );
        let server = json!({ "url": "https://elsewhere.example" });
        let refused = ask_shell(desk, "set_server", server).await;
        assert_eq!(refused["code"], "locked", "{refused}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_got_into_the_page_is_not_run_and_is_noticed() {
    story(async |desk| {
        let page = desk.start().await;
        let script = "const [done] = arguments;
            document.addEventListener('securitypolicyviolation', () => done('forbidden'));
            const script = document.createElement('script');
            script.textContent = 'window.hostile = 1';
            document.body.append(script);
            if (window.hostile) { done('run'); }";
        let client = &page.client;
        let came = client.execute_async(script, Vec::new()).await.unwrap();
        assert_eq!(came, "forbidden");
        let forbidden = page.forbidden().await;
        assert!(
            matches!(forbidden.as_slice(), [it] if it.starts_with("script-src") && it.ends_with(": inline")),
            "{forbidden:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_no_door_of_tauri_and_leads_nowhere() {
    story(async |desk| {
        desk.start().await;
        let page = desk.page();
        let door = page.run("return typeof window.__TAURI__;", Vec::new());
        assert_eq!(door.await, "undefined");
        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let url = format!("http://{}/", elsewhere.local_addr().unwrap());
        let leave = "location.href = arguments[0]; window.open(arguments[0]);";
        page.run(leave, vec![json!(url)]).await;
        // It is there, and nobody was asked for another.
        desk.sign_in("ana", PASSWORD).await;
        page.says("Connected").await;
        assert_eq!(page.client.windows().await.unwrap().len(), 1);
        assert!(elsewhere.accept().is_err(), "somebody came");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_the_policy_blocks_is_not_called_from_the_window() {
    story(async |desk| {
        let policy = json!({
            "SidecarUrl": desk.office.sidecar.url,
            "DialPolicy": { "blocked": ["7002"] },
        });
        start_with_policy(desk, &policy).await;
        desk.sign_in("ana", PASSWORD).await;
        let page = desk.page();
        page.says("Connected").await;
        page.type_into("Name or number", "700202").await;
        page.press("Call").await;
        page.says("Calls to this number are not allowed by your organisation.")
            .await;
        assert_eq!(desk.office.world.counts().requests("INVITE"), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_allowed_is_refused() {
    story(async |desk| {
        let policy = json!({ "AllowedSidecarUrls": ["https://phone.company.example"] });
        start_with_policy(desk, &policy).await;
        let page = desk.page();
        page.type_into("Server", "https://elsewhere.example").await;
        page.type_into("Email or user", "ana@helix.example").await;
        page.type_into("Password", PASSWORD).await;
        page.press("Sign in").await;
        page.says("Your organisation allows other servers only.")
            .await;
        let server = json!({ "url": "https://elsewhere.example" });
        let refused = ask_shell(desk, "set_server", server).await;
        assert_eq!(refused["code"], "server_not_allowed", "{refused}");
        let told = refused["message"].as_str().unwrap();
        assert!(
            told.ends_with("allows: https://phone.company.example"),
            "{told}"
        );
    })
    .await;
}

/// Starts the program on a computer with this policy, which says where its server is.
async fn start_with_policy(desk: &mut Desk, policy: &Value) {
    let before = desk.with_policy(policy);
    desk.server = None;
    desk.start_by(&before.each_ref().map(String::as_str)).await;
}

async fn theme(desk: &Desk) -> Value {
    let script = "return document.documentElement.dataset.theme;";
    desk.page().run(script, Vec::new()).await
}

/// Returns what a setting shows, after a press on it.
async fn value(desk: &Desk, label: &str) -> Value {
    let script = "const label = [...document.querySelectorAll('label')]
        .find((it) => it.textContent === arguments[0]);
        label.control.click();
        return label.control.value;";
    desk.page().run(script, vec![json!(label)]).await
}

/// Asks as a page would that has been taken over; returns the answer or the refusal.
pub(crate) async fn ask_shell(desk: &Desk, command: &str, arguments: Value) -> Value {
    let script = "const [command, asked, done] = arguments;
        window.__TAURI_INTERNALS__.invoke(command, asked).then(done, done);";
    let client = &desk.page().client;
    client
        .execute_async(script, vec![json!(command), arguments])
        .await
        .unwrap()
}
