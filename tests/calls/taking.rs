//! How calls are taken: by themselves, and beside another one.

use lab::{OfferIn, Treatment};
use serde_json::{Value, json};

use crate::{
    dial, hang_up, hears_440, quiet, quit,
    support::{office::Office, process::Process},
};

#[tokio::test(flavor = "multi_thread")]
async fn answering_a_second_call_holds_the_first_and_resuming_it_holds_the_second() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let mut ravi = office.agent("ravi", 2).await;
    set_calls(&mut ana, json!({"max_calls": 2})).await;

    let first = dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
    hears_440(&mut ana).await;
    dial(&mut ravi, "700201").await;
    let second = ana.event("call.incoming").await["call"].clone();
    ana.send(json!({"command": "answer", "call": second})).await;
    assert_eq!(ana.event("call.held").await["call"], first);
    hears_440(&mut ravi).await;

    // There is no place for a third one.
    let busy = Treatment::Echo;
    let third = office.world.call("700201", busy, OfferIn::Invite).await;
    ana.event("call.turned_away").await;
    drop(third);

    ana.send(json!({"command": "resume", "call": first})).await;
    ana.event("call.resumed").await;
    assert_eq!(ana.event("call.held").await["call"], second);
    assert_eq!(ravi.event("call.held_by_peer").await["held"], true);
    quiet(&mut ravi).await;

    hang_up(&mut ana, &first).await;
    hang_up(&mut ana, &second).await;
    ravi.event("call.ended").await;
    quit(ana, 0).await;
    quit(ravi, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_gives_up_in_the_moment_of_the_answer_leaves_no_call_behind() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    for _ in 0..10 {
        let calling = office
            .world
            .call("700201", Treatment::Echo, OfferIn::Invite);
        let caller = calling.await.unwrap();
        let call = ana.event("call.incoming").await["call"].clone();
        ana.send(json!({"command": "answer", "call": call})).await;
        ana.event("call.answered").await;
        // Its CANCEL may cross the 200 (RFC 3261 §15).
        caller.hang_up();
        ana.event("call.ended").await;
    }
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_by_itself_where_the_settings_say_so() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    set_calls(&mut ana, json!({"auto_answer": "always"})).await;
    let caller = office
        .world
        .call("700201", Treatment::Echo, OfferIn::Invite)
        .await
        .unwrap();
    assert_eq!(ana.event("call.answered").await["automatically"], true);
    ana.event("call.connected").await;
    hears_440(&mut ana).await;
    caller.hang_up();
    ana.event("call.ended").await;
    quit(ana, 0).await;
}

async fn set_calls(phone: &mut Process, settings: Value) {
    let reply = phone
        .ask(json!({"command": "set_calls", "calls": settings}))
        .await;
    assert_eq!(reply["ok"], true, "{reply}");
}
