//! Starting the program once more: beside one that runs, dies, leaves or hangs.

use tokio::{net::TcpListener, process::Child};

use crate::{
    desk::{Desk, Keyring, Setup, story, story_at},
    page::{MAIN, MINI},
    support::office::PASSWORD,
};

/// The name on the session bus of the only one of its kind.
const ONLY_ONE: &str = "example.helix.phone";

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_brings_the_first_one_to_the_front() {
    story(async |desk| {
        desk.ready().await;
        desk.page().press("Small window").await;
        desk.page().look_at(MINI).await;
        desk.page().says("Ready").await;
        let second = desk.program(&[]).status().await.unwrap();
        assert!(second.success(), "{second}");
        desk.page().look_at(MAIN).await;
        desk.page().alone().await;
        desk.page().says("Connected").await;
        desk.office.bindings("700201", 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_finds_a_dying_phone_takes_its_place() {
    story(async |desk| {
        desk.ready().await;
        // It holds its name and answers nothing, as one does whose memory is written to the disk.
        let dying = desk.take();
        dying.freeze();
        let waits = desk.services.is_waited_for(ONLY_ONE);
        let dies = async move {
            waits.await;
            drop(dying);
        };
        // With what it was started for.
        tokio::join!(desk.start_with(&["tel:700202"]), dies);
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Call this number? 700202").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_while_the_phone_leaves_waits_for_it() {
    story(async |desk| {
        desk.ready().await;
        // A sign-out that is not answered takes two seconds.
        let _silent = fall_silent(desk).await;
        desk.services.choose_in_tray("Quit").await;
        desk.office.bindings("700201", 0).await;
        desk.start().await;
        desk.page().offers("Sign in").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_beside_a_phone_that_hangs_can_wait_for_it() {
    story_at(alone(), async |desk| {
        desk.ready().await;
        desk.app().freeze();
        let mut second = start_and_be_asked(desk).await;
        desk.screen.xdotool(&["key", "Return"]);
        desk.app().thaw();
        let ended = second.wait().await.unwrap();
        assert!(ended.success(), "{ended}");
        desk.page().says("Connected").await;
        desk.office.bindings("700201", 1).await;
        let told = std::fs::read_to_string(desk.log()).unwrap();
        assert!(told.contains("is running already, and does not answer"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_hangs_can_be_left_alone() {
    story_at(alone(), async |desk| {
        desk.ready().await;
        desk.app().freeze();
        let mut second = start_and_be_asked(desk).await;
        desk.screen.xdotool(&["key", "Escape"]);
        let ended = second.wait().await.unwrap();
        assert_eq!(ended.code(), Some(1));
        desk.app().thaw();
        desk.page().says("Connected").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_hangs_is_ended_for_the_one_that_is_started() {
    let setup = Setup {
        keyring: Keyring::Open,
        ..alone()
    };
    story_at(setup, async |desk| {
        desk.ready().await;
        desk.bus.has(&["agentConfig", "tokens"]).await;
        desk.app().freeze();
        let mut second = start_and_be_asked(desk).await;
        desk.screen.xdotool(&["key", "Left", "Return"]);
        desk.app().ended();
        // It goes on with the session of the one before.
        desk.services.menu("Ready", |it| it.label == "Ready").await;
        desk.office.bindings("700201", 1).await;
        assert!(second.try_wait().unwrap().is_none(), "it runs");
    })
    .await;
}

/// Keys go to the window that was shown last.
fn alone() -> Setup {
    Setup {
        own_screen: true,
        ..Setup::default()
    }
}

/// Starts the program beside one that hangs; returns it when it asks what to do, and listens to keys.
async fn start_and_be_asked(desk: &Desk) -> Child {
    let second = desk.program(&[]).spawn().unwrap();
    let asks = || desk.screen.windows("does not answer");
    desk.until("the question", || !asks().is_empty());
    let question = asks().remove(0);
    desk.screen.xdotool(&["windowfocus", "--sync", &question]);
    second
}

/// Has the sidecar take connections and answer nothing.
pub(crate) async fn fall_silent(desk: &mut Desk) -> TcpListener {
    let address = desk.office.sidecar.url.replace("http://", "");
    desk.office.sidecar.kill();
    loop {
        // Its end takes a moment.
        if let Ok(listener) = TcpListener::bind(&address).await {
            return listener;
        }
        tokio::task::yield_now().await;
    }
}
