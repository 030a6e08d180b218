//! A path that lives and carries sound one way alone, until it is repaired.

use serde_json::json;

use crate::support::office::Office;
use crate::{dial, hang_up, quit};

#[tokio::test(flavor = "multi_thread")]
async fn a_far_end_that_is_not_heard_is_told_and_repaired() {
    one_way("onewayin", "in").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_far_end_that_does_not_hear_is_told_by_its_reports_and_repaired() {
    one_way("onewayout", "out").await;
}

/// Calls who has sound one way alone, sees that it is `way` and has it repaired.
async fn one_way(target: &str, way: &str) {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let call = dial(&mut ana, target).await;
    ana.event("call.connected").await;
    let told = ana.event("call.one_way").await;
    assert_eq!(told["way"], way, "{told}");

    ana.send(json!({"id": "repair", "command": "repair", "call": call}))
        .await;
    let reply = ana.until("reply", |it| it["reply_to"] == "repair").await;
    assert_eq!(reply["ok"], true, "{reply}");
    let over = ana.event("call.one_way_over").await;
    assert_eq!(over["way"], way, "{over}");
    assert!(
        ana.seen
            .iter()
            .all(|it| { it["type"] != "call.interrupted" && it["type"] != "call.change_failed" }),
        "the path lived all the time"
    );
    hang_up(&mut ana, &call).await;
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_went_one_way_until_its_end_decides_the_exit_code() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let call = dial(&mut ana, "onewayin").await;
    ana.event("call.one_way").await;
    hang_up(&mut ana, &call).await;
    quit(ana, 51).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_goes_both_ways_is_not_one_way() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let call = dial(&mut ana, "playback").await;
    // Its reports come each few seconds: two at least say that it hears us.
    let mut heard = 0;
    while heard < 10 {
        let quality = ana.event("media.quality").await;
        let well = |of: &str| quality[of].as_u64().is_none_or(|ms| ms < 4_000);
        assert!(well("silent_ms") && well("unheard_ms"), "{quality}");
        heard += u32::from(quality["unheard_ms"].is_u64());
    }
    hang_up(&mut ana, &call).await;
    quit(ana, 0).await;
}
