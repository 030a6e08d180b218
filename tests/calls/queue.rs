//! The agent at the queue: a real phone, a real sidecar, and a stand-in of Ozonetel.

use lab::{LabCall, OfferIn, Treatment};
use serde_json::{Value, json};

use crate::{
    quit,
    support::{
        office::{Office, at_queue},
        ozonetel::{Fault, Mode, Ozonetel, World, password_of},
        process::Process,
    },
};

const UCID: &str = "90112233445566";

#[tokio::test(flavor = "multi_thread")]
async fn ready_and_pause_reach_ozonetel_and_its_refusal_the_agent() {
    let (ozonetel, office) = open(Mode::Token).await;
    let mut ana = office.agent("ana", 1).await;
    let told = ana.until("a queue", |it| it["view"]["queue"].is_object());
    let queue = told.await["view"]["queue"].clone();
    assert_eq!(queue["login"], json!({"state": "in"}));
    assert_eq!(queue["availability"], Value::Null);
    assert_eq!(queue["outcomes"], json!(["Sale", "No sale"]));

    order(&mut ana, json!({"command": "ready"})).await;
    let done = ana.event("queue.state").await;
    assert_eq!(done["availability"], json!({"state": "ready"}));
    ozonetel.with(|it| assert!(it.ready.contains("agent1")));

    order(&mut ana, pause("Lunch")).await;
    let done = ana.event("queue.state").await;
    assert_eq!(
        done["availability"],
        json!({"state": "pause", "reason": "Lunch"})
    );
    ozonetel.with(|it| assert!(it.ready.is_empty()));

    order(&mut ana, pause("Unheard of")).await;
    let refused = ana.event("queue.refused").await;
    assert_eq!(refused["message"], "pauseReason is Invalid");
    let unknown = ana.ask(pause("Golf")).await;
    assert_eq!(unknown["error"]["code"], "unknown_reason");
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrap_up_saves_its_outcome_before_the_pause_that_was_queued_in_the_call() {
    let (ozonetel, office) = open(Mode::ApiKey).await;
    let mut ana = office.agent("ana", 1).await;
    order(&mut ana, json!({"command": "ready"})).await;
    ana.event("queue.state").await;

    let caller = queue_call(&office, &mut ana).await;
    order(&mut ana, pause("Tea")).await;
    assert_eq!(ana.event("queue.next").await["next"]["reason"], "Tea");
    ozonetel.with(|it| it.in_wrap_up.insert("agent1".to_owned()));
    caller.hang_up();
    assert_eq!(ana.event("wrap_up.begun").await["seconds"], 60);

    let outcome = json!({"command": "wrap_up", "outcome": "Sale", "note": "two of them"});
    order(&mut ana, outcome).await;
    order(&mut ana, json!({"command": "finish_wrap_up"})).await;
    assert_eq!(ana.event("outcome.saved").await["outcome"], "Sale");
    let done = ana.event("queue.state").await;
    assert_eq!(
        done["availability"],
        json!({"state": "pause", "reason": "Tea"})
    );
    ozonetel.with(|it| {
        let disposed = last(it, "DispositionAPIV2");
        assert_eq!(disposed["ucid"], UCID);
        assert_eq!(disposed["comments"], "two of them");
        assert_eq!(disposed["pauseAfterDispose"], "true");
        assert_eq!(disposed["pauseReason"], "Tea");
    });
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_ozonetel_does_not_hear_is_kept_until_it_does() {
    let (ozonetel, office) = open(Mode::ApiKey).await;
    let mut ana = office.agent("ana", 1).await;
    let caller = queue_call(&office, &mut ana).await;
    caller.hang_up();
    ana.event("wrap_up.begun").await;
    order(&mut ana, json!({"command": "wrap_up", "outcome": "Sale"})).await;

    ozonetel.with(|it| it.fault = Some(Fault::Status(500)));
    order(&mut ana, json!({"command": "finish_wrap_up"})).await;
    let kept = ana.event("outcome.kept").await;
    assert_eq!(kept["detail"], "Ozonetel does not answer.");
    ana.event("queue.delayed").await;
    ozonetel.with(|it| it.fault = None);
    // Which of the two comes first is chance.
    let (mut saved, mut ready) = (false, false);
    while !(saved && ready) {
        let told = ana.until("the outcome and the state", |it| {
            it["type"] == "outcome.saved" || it["type"] == "queue.state"
        });
        let is_outcome = told.await["type"] == "outcome.saved";
        saved |= is_outcome;
        ready |= !is_outcome;
    }
    ozonetel.with(|it| assert!(it.disposed.contains(UCID)));
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_ozonetel_saved_without_an_answer_is_saved() {
    let (ozonetel, office) = open(Mode::ApiKey).await;
    let mut ana = office.agent("ana", 1).await;
    let caller = queue_call(&office, &mut ana).await;
    caller.hang_up();
    ana.event("wrap_up.begun").await;
    order(&mut ana, json!({"command": "wrap_up", "outcome": "Sale"})).await;

    ozonetel.with(|it| it.fault = Some(Fault::LosesAnswer));
    order(&mut ana, json!({"command": "finish_wrap_up"})).await;
    ana.event("outcome.kept").await;
    ozonetel.with(|it| it.fault = None);
    let told = ana.until("the outcome", |it| {
        it["type"] == "outcome.saved" || it["type"] == "queue.refused"
    });
    assert_eq!(told.await["type"], "outcome.saved");
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_signed_in_at_ozonetel_is_told_and_tries_again() {
    let (ozonetel, office) = open(Mode::ApiKey).await;
    ozonetel.with(|it| it.passwords.clear());
    let mut ana = office.agent("ana", 1).await;
    let login = json!({"state": "failed", "message": "Invalid Authentication"});
    let told = ana.until("the refusal", |it| it["view"]["queue"]["login"] == login);
    told.await;
    order(&mut ana, json!({"command": "ready"})).await;
    let refused = ana.event("queue.refused").await;
    assert_eq!(refused["message"], "Invalid Authentication");

    ozonetel.with(|it| {
        let password = password_of("agent1");
        it.passwords.insert("agent1".to_owned(), password);
    });
    order(&mut ana, json!({"command": "ready"})).await;
    let told = ana.event("queue.login").await;
    assert_eq!(told["login"], json!({"state": "in"}));
    ana.event("queue.state").await;
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_account_there_is_no_queue_and_no_wrap_up() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let refused = ana.ask(json!({"command": "ready"})).await;
    assert_eq!(refused["error"]["code"], "no_queue");
    let caller = queue_call(&office, &mut ana).await;
    caller.hang_up();
    ana.event("call.ended").await;
    let view = ana.ask(json!({"command": "view"})).await;
    assert_eq!(view["view"]["queue"], Value::Null);
    quit(ana, 0).await;
}

/// An office whose sidecar has an account at Ozonetel.
async fn open(mode: Mode) -> (Ozonetel, Office) {
    let ozonetel = Ozonetel::start(mode).await;
    let account = at_queue(&ozonetel, mode);
    let office = Office::with(|toml| toml + &account).await;
    (ozonetel, office)
}

/// A call of the queue comes in and is answered.
async fn queue_call(office: &Office, phone: &mut Process) -> LabCall {
    let headers = [("X-Ozonetel-UCID", UCID)];
    let calling = office
        .world
        .call_with("700201", Treatment::Echo, OfferIn::Invite, &headers);
    let caller = calling.await.unwrap();
    let call = phone.event("call.incoming").await["call"].clone();
    phone.send(json!({"command": "answer", "call": call})).await;
    phone.event("call.connected").await;
    caller
}

async fn order(phone: &mut Process, command: Value) {
    let reply = phone.ask(command).await;
    assert_eq!(reply["ok"], true, "{reply}");
}

fn pause(reason: &str) -> Value {
    json!({"command": "pause", "reason": reason})
}

/// Returns the fields of the last order of this kind.
fn last<'a>(world: &'a World, path: &str) -> &'a Value {
    let mut orders = world.orders.iter().rev();
    let (_, fields) = orders.find(|(it, _)| it.ends_with(path)).unwrap();
    fields
}
