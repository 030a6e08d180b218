//! Starting the program once more: beside one that runs, dies, leaves or hangs.

use tokio::net::TcpListener;

use crate::{
    desk::{Desk, story},
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
async fn a_start_beside_a_phone_that_hangs_ends_and_says_so() {
    story(async |desk| {
        desk.ready().await;
        desk.app().freeze();
        let second = desk.program(&[]).status().await.unwrap();
        assert_eq!(second.code(), Some(1));
        desk.app().thaw();
        desk.page().says("Connected").await;
        desk.office.bindings("700201", 1).await;
        let told = std::fs::read_to_string(desk.log()).unwrap();
        assert!(told.contains("is running already, and does not answer"));
    })
    .await;
}

/// Has the sidecar take connections and answer nothing.
async fn fall_silent(desk: &mut Desk) -> TcpListener {
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
