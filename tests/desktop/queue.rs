//! A call of the queue in the window: its wrap-up, its outcome, and one that could not be saved.

use lab::{OfferIn, Treatment};

use crate::{
    desk::{Desk, story_at_queue},
    support::ozonetel::Fault,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_is_saved_and_quitting_asks_about_one_that_is_not() {
    story_at_queue(async |desk, ozonetel| {
        desk.services.choose_in_tray("Ready").await;
        sold(desk, "90112233445566").await;
        let saved = ozonetel.until(|it| it.disposed.contains("90112233445566"));
        saved.await;
        let page = desk.page();
        page.no_longer_says("Wrap-up").await;

        ozonetel.with(|it| it.fault = Some(Fault::Status(500)));
        sold(desk, "90112233445577").await;
        page.says("Ozonetel does not answer. Trying again in").await;
        desk.services.choose_in_tray("Quit").await;
        let lost = "One outcome is not saved yet. It would be lost.";
        page.says(lost).await;
        page.press("Stay").await;
        page.no_longer_says(lost).await;
        desk.services.choose_in_tray("Quit").await;
        page.says(lost).await;
        page.press("Quit").await;
        desk.app().ended();
        desk.office.bindings("700201", 0).await;
    })
    .await;
}

/// Takes a call of the queue, and says how it came out.
async fn sold(desk: &Desk, ucid: &str) {
    let headers = [("X-Ozonetel-UCID", ucid)];
    let world = &desk.office.world;
    let calling = world.call_with("700201", Treatment::Echo, OfferIn::Invite, &headers);
    let caller = calling.await.unwrap();
    let page = desk.page();
    page.press("Answer").await;
    page.says("On a call").await;
    caller.hang_up();
    page.says("Wrap-up").await;
    page.press("Sale").await;
    page.press("Done – Ready").await;
}
