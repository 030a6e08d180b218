//! Signing out, quitting, links, and what outlives the end.

use lab::FlowFault;
use serde_json::json;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use crate::{
    PATIENCE,
    calls::{dial, hears_tone, speak},
    desk::{Desk, Keyring, Setup, on_own_screen, story, story_at},
    policy::ask_shell,
    starting_again::fall_silent,
    support::office::PASSWORD,
    web_process::whole_window,
};

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_frees_the_phone() {
    story(async |desk| {
        desk.ready().await;
        let page = desk.page();
        page.press("More").await;
        page.press("Sign out").await;
        page.says("Signed out. Your phone is free.").await;
        desk.office.bindings("700201", 0).await;
        // Somebody else takes it.
        desk.office.agent("ana", 2).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_the_server_does_not_confirm_to_be_free_is_not_said_to_be() {
    story(async |desk| {
        desk.ready().await;
        let _silent = fall_silent(desk).await;
        let page = desk.page();
        page.press("More").await;
        page.press("Sign out").await;
        page.says("Signed out here. The server has not confirmed it")
            .await;
        page.no_longer_says("Your phone is free").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quitting_from_the_tray_asks_in_a_call_and_signs_out() {
    story(async |desk| {
        desk.ready().await;
        let _voice = speak(desk);
        let tray = &desk.services;
        tray.menu("Ready", |it| it.label == "Ready").await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        let call = dial(&mut ravi, "700201").await;
        tray.menu("Ringing", |it| it.label == "Ringing").await;
        desk.page().press("Answer").await;
        ravi.event("call.connected").await;
        tray.menu("Mute", |it| {
            it.label == "Mute" && it.is_enabled && !it.is_checked
        })
        .await;
        tray.choose_in_tray("Mute").await;
        tray.menu("Mute, on", |it| it.label == "Mute" && it.is_checked)
            .await;
        desk.page().says("You are muted").await;
        tray.choose_in_tray("Mute").await;
        hears_tone(&mut ravi).await;

        tray.choose_in_tray("Quit").await;
        desk.page()
            .says("You are on a call. Hang up and quit?")
            .await;
        desk.page().press("Stay").await;
        desk.page().no_longer_says("Hang up and quit?").await;
        hears_tone(&mut ravi).await;

        tray.choose_in_tray("Quit").await;
        desk.page().press("Hang up and quit").await;
        let ended = ravi.event("call.ended").await;
        assert_eq!(
            (&ended["call"], &ended["cause"]["code"]),
            (&call, &json!("remote"))
        );
        let free = "Signed out. Your phone is free.";
        desk.services.notification("Helix Phone", free, true).await;
        desk.app().ended();
        desk.office.bindings("700201", 0).await;
        desk.office.agent("ana", 2).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quitting_in_a_call_waits_for_no_server_that_is_silent() {
    story(async |desk| {
        desk.ready().await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        desk.page().press("Answer").await;
        ravi.event("call.connected").await;
        let mut silent = SilentSidecar::of(fall_silent(desk).await);
        desk.office.world.drop_flow("700201", FlowFault::Silence);

        desk.services.choose_in_tray("Quit").await;
        desk.page().press("Hang up and quit").await;
        let logout = silent.asked("POST /auth/logout ").await;
        let unconfirmed = "Signed out. The server has not confirmed it: other devices may find your phone in use for a while.";
        desk.services
            .notification("Helix Phone", unconfirmed, true)
            .await;
        // How long that may take as a whole is tested with a clock of its own (`app/farewell.rs`).
        desk.app().ended();
        // Until here it could have been answered.
        drop(logout);
    })
    .await;
}

/// A sidecar that hears what it is asked and answers nothing.
struct SilentSidecar {
    /// The beginnings of requests, each with its connection.
    asked: mpsc::UnboundedReceiver<(String, TcpStream)>,
    /// Those that were not waited for stay open as well.
    others: Vec<TcpStream>,
}

impl SilentSidecar {
    fn of(listener: TcpListener) -> Self {
        let (told, asked) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let told = told.clone();
                tokio::spawn(async move {
                    let mut beginning = [0; 64];
                    let length = connection.read(&mut beginning).await.unwrap_or(0);
                    let beginning = String::from_utf8_lossy(&beginning[..length]).into_owned();
                    // The story may be over.
                    let _ = told.send((beginning, connection));
                });
            }
        });
        Self {
            asked,
            others: Vec::new(),
        }
    }

    /// Waits until it is asked for this, and returns the connection that waits for an answer.
    async fn asked(&mut self, request: &str) -> TcpStream {
        let come = async {
            loop {
                let (beginning, connection) = self.asked.recv().await.expect("it listens");
                if beginning.starts_with(request) {
                    return connection;
                }
                self.others.push(connection);
            }
        };
        let come = timeout(PATIENCE, come).await;
        come.unwrap_or_else(|_| panic!("nobody asks for {request}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_window_in_a_call_asks_where_it_quits() {
    on_own_screen(async |desk| {
        desk.add_settings("quit_on_close = true\n");
        desk.ready().await;
        let window = whole_window(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        let page = desk.page();
        page.press("Answer").await;
        ravi.event("call.connected").await;
        desk.screen.close(&window);
        page.says("You are on a call. Hang up and quit?").await;
        page.press("Hang up and quit").await;
        ravi.event("call.ended").await;
        desk.app().ended();
        desk.office.bindings("700201", 0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_asked_about_before_it_is_dialled() {
    story(async |desk| {
        // Cold: it waits until somebody is signed in.
        desk.start_with(&["tel:700202;phone-context=evil.example"])
            .await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Call this number? 700202").await;
        assert_eq!(desk.office.world.counts().requests("INVITE"), 0);
        desk.page().press("Do not call").await;
        desk.page().no_longer_says("Call this number?").await;

        // Warm: a second start hands it over.
        let address = desk.office.world.sip_uri("700202");
        open(desk, &format!("{address};method=BYE")).await;
        desk.page()
            .says(&format!("Call this number? {address}"))
            .await;
        desk.page().press("Do not call").await;
        desk.page().no_longer_says("Call this number?").await;
        open(desk, "callto:70-02-02").await;
        desk.page().says("Call this number? 700202").await;
        assert_eq!(desk.office.world.counts().requests("INVITE"), 0);
        desk.page().press("Call").await;
        ravi.event("call.incoming").await;

        // What is no link of ours changes nothing.
        open(desk, "javascript:alert(1)").await;
        desk.page().offers("Hang up").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_asked_about_stays_until_it_is_answered() {
    story(async |desk| {
        desk.ready().await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        open(desk, "tel:700202").await;
        desk.page().says("Call this number? 700202").await;
        open(desk, "tel:0900123").await;
        told(
            desk,
            "Answer the first link, then open the other one again.",
        )
        .await;
        desk.page().says("Call this number? 700202").await;
        // Nobody was asked about this one.
        let other = json!({ "number": "0900123", "dial": true });
        let refused = ask_shell(desk, "answer_link", other).await;
        assert_eq!(refused["code"], "another_link", "{refused}");
        assert_eq!(desk.office.world.counts().requests("INVITE"), 0);
        desk.page().press("Call").await;
        ravi.event("call.incoming").await;
        desk.page().no_longer_says("Call this number?").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_one_user_was_asked_about_is_not_for_the_next() {
    story(async |desk| {
        desk.ready().await;
        open(desk, "tel:700202").await;
        desk.page().says("Call this number? 700202").await;
        let order = json!({ "order": { "command": "sign_out" } });
        ask_shell(desk, "order", order).await;
        desk.page().says("Signed out. Your phone is free.").await;
        desk.sign_in("ravi", PASSWORD).await;
        desk.page().says("Extension 7002••").await;
        desk.page().no_longer_says("Call this number?").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_not_followed_says_why() {
    story(async |desk| {
        desk.start().await;
        open(desk, "tel:nobody").await;
        told(desk, "This link holds no number that can be called.").await;
        open(desk, "tel:700202").await;
        told(desk, "Sign in, then you are asked whether to call.").await;
        // Nobody was asked yet, so the last one counts.
        open(desk, "tel:700203").await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Call this number? 700203").await;
    })
    .await;
}

/// Opens a link as another program does.
async fn open(desk: &Desk, link: &str) {
    let second = desk.program(&[link]).status().await.unwrap();
    assert!(second.success(), "{second}");
}

/// Waits for a notification of the program itself.
async fn told(desk: &Desk, words: &str) {
    let told = desk.services.notification("Helix Phone", words, true);
    told.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_the_keyring_outlives_a_killed_program() {
    let setup = Setup {
        keyring: Keyring::Open,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.ready().await;
        desk.bus.has(&["agentConfig", "tokens"]).await;
        desk.kill();
        desk.start().await;
        desk.page().says("Extension 7002••").await;
        desk.page().says("Connected").await;
        desk.office.bindings("700201", 1).await;
        desk.page().press("More").await;
        desk.page().press("Sign out").await;
        desk.page().says("Signed out. Your phone is free.").await;
        desk.bus.has(&[]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyring_that_is_locked_is_told_and_costs_no_sign_in() {
    let setup = Setup {
        keyring: Keyring::Locked,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.ready().await;
        desk.page()
            .says("Your session is kept in memory only. After a crash you sign in again.")
            .await;
    })
    .await;
}
