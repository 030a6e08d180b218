//! Signing in: right, and refused in each way, in words that help.

use std::fs;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    desk::{Keyring, Setup, story, story_at},
    support::{
        office::{PASSWORD, sign_in},
        process::Process,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_makes_the_phone_ready() {
    story(async |desk| {
        desk.start().await;
        desk.page().says("Set when this program was started").await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Connected").await;
        desk.page().says("Ready").await;
        desk.page().says("Extension 7002••").await;
        desk.office.bindings("700201", 1).await;
        // There is no keyring here, which is told in passing.
        desk.page()
            .says("Your session is kept in memory only")
            .await;
        desk.page().press("Put away").await;
        desk.page()
            .no_longer_says("Your session is kept in memory only")
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_typed_is_checked_and_what_was_typed_beside_it_stays() {
    let setup = Setup {
        keyring: Keyring::Open,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        let server = desk.server.take().unwrap();
        desk.start().await;
        let page = desk.page();
        page.type_into("Server", &server).await;
        page.type_into("Email or user", "ana@helix.example").await;
        page.type_into("Password", PASSWORD).await;
        page.press("Check my connection").await;
        page.says("answers (").await;
        page.press("Sign in").await;
        page.says("Connected").await;
        desk.office.bindings("700201", 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_hears_the_headset_once() {
    story(async |desk| {
        let settings = desk.settings();
        fs::remove_file(&settings).unwrap();
        desk.ready().await;
        desk.page().says("Choose your headset.").await;
        desk.page().press("Say hello").await;
        // Nobody speaks.
        desk.page()
            .says("We hear nothing from your headset. Is its mute switch on?")
            .await;
        desk.page().press("Continue").await;
        desk.page().says("Extension 7002••").await;
        desk.until("that it was asked", || {
            fs::read_to_string(&settings).is_ok_and(|it| it.contains("headset_asked = true"))
        });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_and_after_some_tries_there_is_a_pause() {
    let setup = Setup {
        sidecar: Box::new(|toml| {
            toml.replace(
                "[settings]",
                "[settings.login_limits]\naccount_burst = 1\naccount_refill_seconds = 40\n[settings]",
            )
        }),
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.start().await;
        desk.sign_in("ana", "not-her-password").await;
        desk.page().says("Wrong user or password").await;
        desk.page().says("Wrong email or password.").await;

        // Her e-mail is still there; of the password nothing.
        desk.page().type_into("Password", PASSWORD).await;
        desk.page().press("Sign in").await;
        desk.page().says("Too many tries Wait ").await;
        desk.page().no_longer_says("Wrong user or password").await;
        assert!(!desk.page().can_press("Sign in").await);
        assert_eq!(desk.office.world.counts().flows_opened, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_phone_is_told_why() {
    let setup = Setup {
        sidecar: Box::new(|toml| {
            let hash = toml
                .split("password_hash = ")
                .nth(1)
                .unwrap()
                .lines()
                .next()
                .unwrap();
            let noor = format!(
                "[[users]]\nemail = \"noor@helix.example\"\nname = \"noor\"\nrole = \"cc-agent\"\n\
                 member_id = \"member-noor\"\npassword_hash = {hash}\n"
            );
            toml + &noor
        }),
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.start().await;
        desk.sign_in("noor", PASSWORD).await;
        desk.page().says("This account has no phone").await;
        desk.page()
            .says("Agent account not configured. Contact administrator.")
            .await;
        desk.page()
            .says("Ask for an agent record (extension and campaign).")
            .await;
        desk.page().press("Use another account").await;

        // A manager is signed in all the same.
        desk.sign_in("mira", PASSWORD).await;
        desk.page()
            .says("You are signed in. This role has no phone.")
            .await;
        desk.page().press("Use another account").await;
        desk.page().says("Signed out").await;
        desk.page().no_longer_says("Your phone is free").await;
        assert_eq!(desk.office.world.counts().flows_opened, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_in_use_elsewhere_is_asked_for_and_given_away_again() {
    story(async |desk| {
        let mut other = desk.office.agent("ana", 2).await;
        desk.start().await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Your phone is in use").await;
        desk.page()
            .says("You are already logged in on another device. Please log out there first.")
            .await;
        desk.page()
            .says("You are signed in on Desk 2 (Linux) since")
            .await;

        let once_more = "Your password once more, to move it";
        desk.page().type_into(once_more, PASSWORD).await;
        desk.page().press("Ask to move it here").await;
        desk.page().says("Waiting for Desk 2").await;
        answer(&mut other, "no").await;
        desk.page().says("Desk 2 said no.").await;

        desk.page().press("Cancel").await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().type_into(once_more, PASSWORD).await;
        desk.page().press("Ask to move it here").await;
        answer(&mut other, "now").await;
        desk.page().says("Connected").await;
        desk.page().says("Moved here. Desk 2 is signed out.").await;
        let lost = other.event("session.signed_out").await;
        assert_eq!(lost["reason"]["code"], "taken_over", "{lost}");
        assert_eq!(lost["reason"]["device_name"], "Desk 1", "{lost}");

        let mut third = Process::start("ana", &mut desk.office.phone(3));
        let mut ask = sign_in("ana");
        ask["command"] = "ask_to_move".into();
        third.send(ask.clone()).await;
        let wanted = "Your phone is wanted there";
        let told = desk.services.notification("Desk 3", wanted, true).await;
        assert!(!told.actions.contains(&"after-call".to_owned()), "{told:?}");
        desk.services.choose(&told, "stay").await;
        let out = third.event("session.signed_out").await;
        assert_eq!(out["reason"]["why"], "refused", "{out}");
        let taken_back = desk.services.notification("Desk 3", wanted, false).await;
        assert_eq!(taken_back.id, told.id);

        third.send(ask).await;
        desk.page().says("Move your phone to Desk 3?").await;
        desk.page().press("Move now").await;
        third.event("sip.registered").await;
        desk.page().says("Your phone was moved").await;
        desk.page().says("Your phone moved to Desk 3 at").await;
        desk.page().press("Sign in here").await;
        desk.page().says("Sign in to your phone").await;
        desk.office.bindings("700201", 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_refused_can_be_moved_all_the_same() {
    story(async |desk| {
        let mut other = desk.office.agent("ana", 2).await;
        desk.start().await;
        desk.sign_in("ana", PASSWORD).await;
        let page = desk.page();
        let once_more = "Your password once more, to move it";
        page.type_into(once_more, PASSWORD).await;
        page.press("Ask to move it here").await;
        answer(&mut other, "no").await;
        page.says("You can move it all the same.").await;
        page.type_into(once_more, PASSWORD).await;
        page.press("Move it here").await;
        page.says("Connected").await;
        let lost = other.event("session.signed_out").await;
        assert_eq!(lost["reason"]["code"], "taken_over", "{lost}");
        desk.office.bindings("700201", 1).await;
    })
    .await;
}

/// Answers the device that asks for the phone of `process`.
async fn answer(process: &mut Process, answer: &str) {
    let request = process.event("move.requested").await["request"].clone();
    let command = json!({"command": "answer_move", "request": request, "answer": answer});
    let reply = process.ask(command).await;
    assert_eq!(reply["ok"], true, "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_told_and_the_next_try_works() {
    story(async |desk| {
        desk.office.sidecar.kill();
        desk.start().await;
        desk.page().press("Check my connection").await;
        desk.page().says("The server cannot be reached").await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("The server cannot be reached").await;
        desk.page()
            .says("A firewall may stand in the way, or a VPN may be needed.")
            .await;

        desk.office.sidecar.restart().await;
        desk.page().press("Check my connection").await;
        desk.page().says("127.0.0.1").await;
        desk.page().says("answers (").await;
        desk.page().type_into("Password", PASSWORD).await;
        desk.page().press("Sign in").await;
        desk.page().says("Connected").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_trouble_is_not_the_users_fault() {
    story(async |desk| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        desk.server = Some(format!("http://{}", listener.local_addr().unwrap()));
        let server = tokio::spawn(always_503(listener));
        desk.start().await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("The server has trouble").await;
        desk.page()
            .says("503 The server cannot sign you in right now.")
            .await;
        server.abort();
    })
    .await;
}

/// A sidecar whose platform is away.
async fn always_503(listener: TcpListener) {
    let body = r#"{"statusCode":503,"message":"The server cannot sign you in right now."}"#;
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    while let Ok((mut asker, _)) = listener.accept().await {
        let mut request = Vec::new();
        // The body of a login ends with a brace.
        while !request.ends_with(b"}") {
            let read = asker.read_buf(&mut request).await;
            if read.is_ok_and(|bytes| bytes == 0) {
                break;
            }
        }
        let _ = asker.write_all(answer.as_bytes()).await;
    }
}
