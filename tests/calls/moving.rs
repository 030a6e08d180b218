//! A phone that moves from one device to another, with the consent of whoever uses the first.

use serde_json::{Value, json};

use crate::{
    dial, hang_up, hears_440, quit,
    support::{
        office::{Office, PASSWORD, sign_in},
        process::Process,
    },
};

/// What is said to the other device, and who says it.
async fn answered(phone: &mut Process) -> (Value, bool) {
    let answered = phone.event("move.answered").await;
    let automatically = answered["automatically"].as_bool().unwrap();
    (answered["answer"].clone(), automatically)
}

/// Starts a second device of ana's, which is refused and asks for the phone.
async fn asking(office: &Office, device: u8) -> Process {
    let mut phone = Process::start("the second device", &mut office.phone(device));
    phone.send(sign_in("ana")).await;
    let out = phone.event("session.signed_out").await;
    assert_eq!(out["reason"]["code"], "held_elsewhere", "{out}");
    assert_eq!(out["reason"]["device_name"], "Desk 1", "{out}");
    assert_eq!(out["reason"]["askable"], true, "{out}");
    let reply = phone
        .ask(json!({
            "command": "ask_to_move", "email": "ana@helix.example", "password": PASSWORD,
        }))
        .await;
    assert_eq!(reply["ok"], true, "{reply}");
    assert_eq!(phone.event("move.asked").await["device_name"], "Desk 1");
    phone
}

/// Waits until the phone is asked for, and answers it.
async fn answer(phone: &mut Process, answer: &str) {
    let request = requested(phone).await;
    let reply = phone
        .ask(json!({"command": "answer_move", "request": request, "answer": answer}))
        .await;
    assert_eq!(reply["ok"], true, "{reply}");
    assert_eq!(answered(phone).await, (json!(answer), false));
}

async fn requested(phone: &mut Process) -> Value {
    let requested = phone.event("move.requested").await;
    assert_eq!(requested["device_name"], "Desk 2", "{requested}");
    requested["request"].clone()
}

/// The phone is here now, and the other device has nothing left.
async fn moved(first: Process, mut second: Process) {
    second.event("session.signed_in").await;
    assert_eq!(
        second.event("move.moved_here").await["device_name"],
        "Desk 1"
    );
    second.event("sip.registered").await;
    signed_out_there(first).await;
    quit(second, 0).await;
}

async fn signed_out_there(mut first: Process) {
    let out = first.event("session.signed_out").await;
    let reason = json!({"code": "taken_over", "device_name": "Desk 2"});
    assert_eq!(out["reason"], reason, "{out}");
    quit(first, 21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_moves_the_phone_at_once() {
    let office = Office::open().await;
    let mut first = office.agent("ana", 1).await;
    let second = asking(&office, 2).await;
    answer(&mut first, "now").await;
    moved(first, second).await;
    office.bindings("700201", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_call_nothing_of_it_is_cut() {
    let office = Office::open().await;
    let mut first = office.agent("ana", 1).await;
    let call = dial(&mut first, "echo").await;
    first.event("call.connected").await;
    let mut second = asking(&office, 2).await;
    answer(&mut first, "after_call").await;
    assert_eq!(
        second.event("move.after_call").await["device_name"],
        "Desk 1"
    );
    hears_440(&mut first).await;

    hang_up(&mut first, &call).await;
    assert_eq!(answered(&mut first).await, (json!("now"), true));
    moved(first, second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_leaves_everything_where_it_is() {
    let office = Office::open().await;
    let mut first = office.agent("ana", 1).await;
    let mut second = asking(&office, 2).await;
    answer(&mut first, "no").await;
    let out = second.event("session.signed_out").await;
    let reason = json!({"code": "not_moved", "device_name": "Desk 1", "why": "refused"});
    assert_eq!(out["reason"], reason);
    quit(second, 21).await;

    let call = dial(&mut first, "echo").await;
    first.event("call.connected").await;
    hang_up(&mut first, &call).await;
    quit(first, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_moves_a_phone_that_is_idle() {
    let office = Office::open().await;
    let mut first = office.agent("ana", 1).await;
    let second = asking(&office, 2).await;
    requested(&mut first).await;
    assert_eq!(answered(&mut first).await, (json!("now"), true));
    moved(first, second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_in_a_call_waits_for_its_end() {
    let office = Office::open().await;
    let mut first = office.agent("ana", 1).await;
    let call = dial(&mut first, "echo").await;
    first.event("call.connected").await;
    let mut second = asking(&office, 2).await;
    requested(&mut first).await;
    assert_eq!(answered(&mut first).await, (json!("after_call"), true));
    second.event("move.after_call").await;
    hang_up(&mut first, &call).await;
    moved(first, second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_in_a_call_moves_the_phone_and_the_call_goes_on() {
    let office = Office::open().await;
    let mut first = office.agent("ana", 1).await;
    let call = dial(&mut first, "echo").await;
    first.event("call.connected").await;
    let mut second = asking(&office, 2).await;
    answer(&mut first, "now").await;
    second.event("move.moved_here").await;
    let lost = first.event("session.lost").await;
    assert_eq!(lost["reason"]["device_name"], "Desk 2", "{lost}");
    hears_440(&mut first).await;
    hang_up(&mut first, &call).await;
    signed_out_there(first).await;
    quit(second, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_taken_back_by_its_user_and_by_quitting() {
    let office = Office::open().await;
    let mut first = office.agent("ana", 1).await;
    for quits in [false, true] {
        let mut second = asking(&office, 2).await;
        let request = requested(&mut first).await;
        if quits {
            quit(second, 21).await;
        } else {
            second.send(json!({"command": "sign_out"})).await;
            let out = second.event("session.signed_out").await;
            assert_eq!(out["reason"]["why"], "withdrawn", "{out}");
            quit(second, 21).await;
        }
        assert_eq!(first.event("move.request_over").await["request"], request);
    }
    quit(first, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_heard_may_take_it_over_all_the_same() {
    let office = Office::open().await;
    let mut first = office.agent("ana", 1).await;
    let mut second = asking(&office, 2).await;
    requested(&mut first).await;
    let mut takeover = sign_in("ana");
    takeover["takeover"] = json!(true);
    second.send(takeover).await;
    second.event("sip.registered").await;
    signed_out_there(first).await;
    quit(second, 0).await;
}
