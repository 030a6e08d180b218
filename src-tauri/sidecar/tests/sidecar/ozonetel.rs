//! Agents who are logged in and out at Ozonetel, and what they ask of it.

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use sidecar::{
    Acquired, Ask, Beat, Changes, Clock, LockAnswer, LockName, Look, MemoryLock, Moment, Owner,
    Page, Released, SessionLock, TicketHash,
};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use crate::stand_in::ozonetel::{API_KEY, Fault, Mode, Ozonetel, USER_NAME};
use crate::stand_in::platform::{self, Platform};
use crate::stand_in::{
    ozonetel_config, platform_and_ozonetel_config, queue_config, queue_config_of,
};
use crate::world::{
    Answer, DEADLINE, Device, MovedClock, PASSWORD, World, client, config_text, send,
};

const ANA: &str = "ana@helix.example";
const RAVI: &str = "ravi@helix.example";
/// Has the agent of Ravi.
const RITA: &str = "rita@helix.example";
const MIRA: &str = "mira@helix.example";

#[tokio::test]
async fn a_sign_in_logs_the_agent_in_and_a_sign_out_logs_them_out() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    assert_eq!(
        answer.body["telephony"],
        json!({"state": "ready", "message": "Agent agent1 logged in successfully"})
    );
    ozonetel.with(|world| assert_eq!(world.present["agent1"], "700201"));
    desk.logout(answer.access_token()).await.expect(201);
    until(&ozonetel, |world| world.present.is_empty()).await;
}

#[tokio::test]
async fn a_late_logout_hits_nobody_who_signs_in_after_it_anywhere() {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let clock = MovedClock::new();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let server = async || {
        let config = ozonetel_config(&ozonetel, Mode::ApiKey);
        World::at(clock.clone(), config, lock.clone()).await
    };
    let (one, other) = (server().await, server().await);
    let (desk, laptop) = (one.device("desk"), other.device("laptop"));
    let answer = desk.login(ANA).await.expect(201);
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    desk.logout(answer.access_token()).await.expect(201);
    // It waits for the logout, but not for ever; nobody is told of a device that there is not.
    let refused = laptop.login(ANA).await.expect(503);
    assert_eq!(refused.retry_after, Some(2));
    assert!(
        refused
            .message()
            .ends_with("Your last session is still being ended.")
    );
    assert!(refused.body.get("holder").is_none());
    ozonetel.with(|world| assert!(world.present.contains_key("agent1")));
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    let answer = laptop.login(ANA).await.expect(201);
    assert_eq!(answer.body["telephony"]["state"], "ready");
    ozonetel.with(|world| {
        let paths = world.orders.iter().map(|(path, _)| path.as_str());
        let presences = paths.filter(|path| path.contains("AgentAuthentication"));
        assert_eq!(presences.count(), 3);
        assert!(world.present.contains_key("agent1"));
    });
}

#[tokio::test]
async fn whose_session_expires_and_beats_while_the_server_ends_it_has_lost_nothing() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let login = desk.login(ANA).await.expect(201);
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    world.clock.advance(Duration::from_secs(3700));
    // The server looks every ten seconds.
    until(&ozonetel, |world| world.asked > 1).await;
    let next = desk.refresh(login.refresh_token()).await.expect(201);
    let refused = desk.beat(next.access_token()).await.expect(503);
    assert_eq!(refused.retry_after, Some(2));
    assert_eq!(refused.message(), "Your last session is still being ended.");
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    until_beat(&desk, next.access_token()).await;
    until(&ozonetel, |world| world.present.contains_key("agent1")).await;
}

#[tokio::test]
async fn who_cannot_be_paused_again_after_a_lapse_is_told_so_until_an_order_is_done() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let pause = json!({"state": "Pause", "pauseReason": "Lunch"});
    let paused = order(&desk, answer.access_token(), "agent-state", pause).await;
    paused.expect(201);
    world.clock.advance(Duration::from_secs(3700));
    // The server looks every ten seconds.
    until(&ozonetel, |world| !world.present.contains_key("agent1")).await;
    ozonetel.with(|world| world.in_wrap_up.insert("agent1".to_owned()));
    let next = desk.refresh(answer.refresh_token()).await.expect(201);
    let token = next.access_token();
    until_beat(&desk, token).await;
    let words = "Agent agent1 is in ACW state. You cant change to Pause state";
    let told = json!({"state": "failed", "message": words});
    let is_told = async {
        loop {
            let beat = desk.beat(token).await.expect(201);
            if beat.body["telephony"] == told {
                break beat;
            }
        }
    };
    let beat = timeout(DEADLINE, is_told).await.unwrap();
    assert_eq!(beat.body["queue"]["state"], "Unknown");
    ready(&desk, token).await.expect(201);
    let beat = desk.beat(token).await.expect(201);
    assert_eq!(beat.body["telephony"], json!({"state": "ready"}));
    assert_eq!(beat.body["queue"]["state"], "Ready");
}

#[tokio::test]
async fn who_could_not_be_logged_in_again_after_a_lapse_is_as_they_were_after_a_later_heartbeat() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let next = left_behind(&ozonetel, &world, &desk).await;
    let token = next.access_token();
    // A call that came meanwhile is let end: nobody can be ordered in it.
    ozonetel.with(|world| world.in_call.insert("agent1".to_owned()));
    desk.beat_in_call(token, true).await.expect(201);
    desk.beat(token).await.expect(201);
    ozonetel.with(|world| world.in_call.clear());
    desk.beat_in_call(token, false).await.expect(201);
    until(&ozonetel, |world| world.ready.contains("agent1")).await;
    let beat = desk.beat(token).await.expect(201);
    assert_eq!(beat.body["telephony"]["state"], "ready");
    assert_eq!(beat.body["queue"]["state"], "Ready");
}

#[tokio::test]
async fn who_is_in_the_work_after_a_call_is_left_there_by_a_login_that_was_left_behind() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let next = left_behind(&ozonetel, &world, &desk).await;
    ozonetel.with(|world| {
        let (agent, number) = ("agent1".to_owned(), "700201".to_owned());
        world.in_wrap_up.insert(agent.clone());
        world.present.insert(agent, number);
    });
    let said = json!({"inCall": false, "inWork": true});
    let beat = desk.beat_with(next.access_token(), &said).await;
    beat.expect(201);
    // This waits for what the heartbeat has begun.
    world.stop().await.unwrap();
    ozonetel.with(|world| {
        assert!(world.in_wrap_up.contains("agent1") && !world.ready.contains("agent1"));
    });
}

#[tokio::test]
async fn who_pauses_while_they_are_made_ready_after_a_lapse_is_not_ready_after_that() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    ready(&desk, answer.access_token()).await.expect(201);
    world.clock.advance(Duration::from_secs(3700));
    // The server looks every ten seconds.
    until(&ozonetel, |world| !world.present.contains_key("agent1")).await;
    let asked = ozonetel.with(|world| {
        world.fault = Some(Fault::Wait);
        world.orders.clear();
        world.asked
    });
    let next = desk.refresh(answer.refresh_token()).await.expect(201);
    let token = next.access_token().to_owned();
    until_beat(&desk, &token).await;
    until(&ozonetel, |world| world.asked == asked + 1).await;
    ozonetel.go_on();
    // Logged in again, and now the state that was ordered last.
    until(&ozonetel, |world| world.asked == asked + 2).await;
    ozonetel.with(|world| world.fault = None);
    let pause = json!({"state": "Pause", "pauseReason": "Lunch"});
    let order = desk.post("/api/ozonetel/agent-state").bearer_auth(&token);
    let pause = tokio::spawn(send(order.json(&pause)));
    // In that time it would be done.
    for _ in 0..20 {
        desk.beat(&token).await.expect(201);
    }
    ozonetel.go_on();
    pause.await.unwrap().expect(201);
    // This waits for what the heartbeats have begun.
    world.stop().await.unwrap();
    assert_eq!(states(&ozonetel), ["Ready", "Pause"]);
}

#[tokio::test]
async fn who_pauses_while_a_login_that_was_left_behind_is_seen_to_is_paused_once() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let next = left_behind(&ozonetel, &world, &desk).await;
    let token = next.access_token();
    let asked = ozonetel.with(|world| {
        let (agent, number) = ("agent1".to_owned(), "700201".to_owned());
        world.present.insert(agent, number);
        world.fault = Some(Fault::Wait);
        world.orders.clear();
        world.asked
    });
    desk.beat(token).await.expect(201);
    until(&ozonetel, |world| world.asked == asked + 1).await;
    ozonetel.with(|world| world.fault = None);
    let pause = json!({"state": "Pause", "pauseReason": "Lunch"});
    let paused = order(&desk, token, "agent-state", pause).await;
    paused.expect(201);
    ozonetel.go_on();
    // This waits for what the heartbeat has begun.
    world.stop().await.unwrap();
    assert_eq!(states(&ozonetel), ["Pause"]);
}

#[tokio::test]
async fn an_outcome_while_ozonetel_has_its_agent_out_is_saved_after_they_are_as_they_were() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    ready(&desk, answer.access_token()).await.expect(201);
    // Somebody logs them out there.
    ozonetel.with(|world| {
        world.present.clear();
        world.ready.clear();
        world.orders.clear();
        world.fault = Some(Fault::RefusalOnce("Agent is not Logged In"));
    });
    let dispose = json!({"ucid": "9011223344", "disposition": "Sale"});
    let done = order(&desk, answer.access_token(), "dispose", dispose).await;
    done.expect(201);
    assert_eq!(states(&ozonetel), ["Ready"]);
    ozonetel.with(|world| {
        let (last, _) = world.orders.last().unwrap();
        assert!(last.contains("Disposition"), "{last}");
        assert!(world.present.contains_key("agent1"));
    });
}

#[tokio::test]
async fn who_is_refused_a_pause_while_ozonetel_has_them_out_is_as_they_were() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    ready(&desk, token).await.expect(201);
    // Somebody logs them out there.
    ozonetel.with(|world| {
        world.present.clear();
        world.ready.clear();
    });
    let pause = json!({"state": "Pause", "pauseReason": "Unheard of"});
    let refused = order(&desk, token, "agent-state", pause).await;
    assert_eq!(refused.expect(422).message(), "pauseReason is Invalid");
    until(&ozonetel, |world| world.ready.contains("agent1")).await;
    let is_told =
        async { while desk.beat(token).await.expect(201).body["queue"]["state"] != "Ready" {} };
    timeout(DEADLINE, is_told).await.unwrap();
}

#[tokio::test]
async fn who_cannot_be_logged_in_for_an_order_is_told_why_and_in_no_state() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    ready(&desk, token).await.expect(201);
    // Somebody logs them out there, and gives them another password.
    let asked = ozonetel.with(|world| {
        world.present.clear();
        world.ready.clear();
        let another = "another-password".to_owned();
        world.passwords.insert("agent1".to_owned(), another);
        world.asked
    });
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    let refused = order(&desk, token, "agent-state", pause).await.expect(422);
    let words = refused.message().to_owned();
    for _ in 0..5 {
        let beat = desk.beat(token).await.expect(201);
        assert_eq!(beat.body["queue"]["state"], "Unknown");
        assert_eq!(beat.body["telephony"]["state"], "failed");
        assert_eq!(beat.body["telephony"]["message"], words.as_str());
    }
    // The order, the login, and nothing more.
    ozonetel.with(|world| assert_eq!(world.asked, asked + 2));
}

#[tokio::test]
async fn whose_session_was_taken_over_by_a_server_that_broke_off_is_logged_out_as_it_ends() {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let clock = MovedClock::new();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let config = ozonetel_config(&ozonetel, Mode::ApiKey);
    let world = World::at(clock, config, lock.clone()).await;
    let desk = world.device("desk");
    let session = desk.login(ANA).await.expect(201);
    let name = LockName {
        ozonetel_agent_id: "agent1".to_owned(),
        sip_extension: "700201".to_owned(),
    };
    let holder = lock.look(&name).await.unwrap();
    let winner = Owner {
        device_id: Some("id-of-laptop".to_owned()),
        session_id: "of a server that breaks off".to_owned(),
        ..holder.holders().next().unwrap().clone()
    };
    let term = Duration::from_secs(30);
    let taken = lock.acquire(&name, &winner, term, true).await.unwrap();
    assert!(matches!(taken, Acquired::TakenOver { .. }), "{taken:?}");
    world.clock.advance(2 * term);
    desk.beat(session.access_token()).await.expect(401);
    until(&ozonetel, |world| world.present.is_empty()).await;
}

#[tokio::test]
async fn who_pauses_while_ozonetel_has_them_out_is_not_ready_on_the_way() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    ready(&desk, token).await.expect(201);
    // Somebody logs them out there.
    ozonetel.with(|world| {
        world.present.clear();
        world.orders.clear();
    });
    let pause = json!({"state": "Pause", "pauseReason": "Lunch"});
    let paused = order(&desk, token, "agent-state", pause).await;
    paused.expect(201);
    ozonetel.with(|world| {
        let mut states = world.orders.iter();
        assert!(
            states.all(|(_, order)| order["state"] != "Ready"),
            "{:?}",
            world.orders
        );
        assert!(world.present.contains_key("agent1"));
    });
}

#[tokio::test]
async fn who_is_in_already_is_ready() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    world.device("desk").login(ANA).await.expect(201);
    let answer = world.device("laptop").take_over(ANA).await.expect(201);
    assert_eq!(answer.body["telephony"]["state"], "ready");
    // The device that lost the session logs nobody out.
    let desk = world.device("desk").login(ANA).await.expect(409);
    assert_eq!(desk.body["holder"]["sameMember"], true);
    ozonetel.with(|world| assert!(world.present.contains_key("agent1")));
}

#[tokio::test]
async fn a_sign_in_that_ozonetel_refuses_holds_and_says_so_in_its_words() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    ozonetel.with(|world| world.passwords.clear());
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    assert_eq!(
        answer.body["telephony"],
        json!({"state": "failed", "message": "Invalid Authentication"})
    );
    desk.beat(answer.access_token()).await.expect(201);
    let manager = desk.login(MIRA).await.expect(201);
    assert!(manager.body.get("telephony").is_none());
}

#[tokio::test]
async fn two_agents_cannot_be_in_with_one_number() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    ozonetel.with(|world| {
        world
            .present
            .insert("agent9".to_owned(), "700201".to_owned());
    });
    let answer = world.device("desk").login(ANA).await.expect(201);
    let message = answer.body["telephony"]["message"].as_str().unwrap();
    assert_eq!(message, "agent9 logged in with the number (700201)");
}

#[tokio::test]
async fn an_ozonetel_that_is_out_of_order_fails_the_telephony_and_not_the_sign_in() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    for fault in [
        Fault::Status(500),
        Fault::Status(404),
        Fault::Body(""),
        Fault::Body("<html>"),
        Fault::Body("{}"),
        Fault::Body("[[[["),
    ] {
        ozonetel.with(|world| world.fault = Some(fault));
        let answer = desk.login(ANA).await.expect(201);
        assert_eq!(
            answer.body["telephony"],
            json!({"state": "failed", "message": "Ozonetel does not answer."}),
            "{fault:?}"
        );
        let refused = ready(&desk, answer.access_token()).await;
        assert_eq!(refused.expect(503).message(), "Ozonetel does not answer.");
    }
}

#[tokio::test]
async fn a_login_that_takes_its_time_is_pending_and_goes_on() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    let answer = world.device("desk").login(ANA).await.expect(201);
    assert_eq!(answer.body["telephony"]["state"], "pending");
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    until(&ozonetel, |world| world.present.contains_key("agent1")).await;
}

#[tokio::test]
async fn orders_reach_ozonetel_and_its_refusals_the_agent() {
    for mode in [Mode::ApiKey, Mode::Token] {
        let (ozonetel, world) = start(mode).await;
        let desk = world.device("desk");
        let answer = desk.login(ANA).await.expect(201);
        let token = answer.access_token();
        let post = async |path: &str, body: Value| order(&desk, token, path, body).await;

        let dial = json!({"phoneNumber": "+91 98765-43210"});
        let refused = post("dial", dial.clone()).await.expect(422);
        assert_eq!(refused.message(), "Agent is not available");
        let done = post("agent-ready", json!({})).await.expect(201);
        assert_eq!(done.body, json!({"status": "success"}));
        let done = post("dial", dial.clone()).await.expect(201);
        assert_eq!(
            done.body,
            json!({"status": "success", "ucid": "9011223344"})
        );
        ozonetel.with(|world| {
            let (_, dialled) = world.orders.last().unwrap();
            assert_eq!(dialled["customerNumber"], "+919876543210");
            assert_eq!(dialled["campaignName"], "Inbound_1");
            assert_eq!(dialled["agentID"], "agent1");
        });

        let pause = json!({"state": "Pause", "pauseReason": "Unheard of"});
        let refused = post("agent-state", pause).await.expect(422);
        assert_eq!(refused.message(), "pauseReason is Invalid");
        let pause = json!({"state": "Pause", "pauseReason": "Lunch"});
        post("agent-state", pause).await.expect(201);
        post("dial", dial).await.expect(422);

        let dispose = json!({"ucid": "9011223344", "disposition": "Sale", "comments": "two"});
        let done = post("dispose", dispose.clone()).await.expect(201);
        assert_eq!(done.body["message"], "Disposition saved successfully");
        let refused = post("dispose", dispose).await.expect(422);
        assert_eq!(refused.message(), "This call is already Disposed.");
        ozonetel.with(|world| {
            assert_eq!(world.orders.last().unwrap().1["did"], "918000000000");
            assert!(world.ready.contains("agent1"));
        });
    }
}

#[tokio::test]
async fn who_is_on_a_call_hears_that_from_ozonetel_and_their_outcome_waits_for_its_end() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    ready(&desk, token).await.expect(201);
    ozonetel.with(|world| world.in_call.insert("agent1".to_owned()));
    for (body, state) in [
        (json!({"state": "Pause", "pauseReason": "Tea"}), "Pause"),
        (json!({"state": "Ready"}), "Ready"),
    ] {
        let refused = order(&desk, token, "agent-state", body).await.expect(422);
        let words = format!("Agent agent1 is in BUSY state. You cant change to {state} state");
        assert_eq!(refused.message(), words);
    }
    // What was refused is not what they are.
    let beat = desk.beat(token).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Ready");

    let dispose = json!({"ucid": "9011223344", "disposition": "Sale"});
    let done = order(&desk, token, "dispose", dispose.clone()).await;
    assert_eq!(
        done.expect(201).body,
        json!({"status": "success", "message": "Disposition Queued Successfully"})
    );
    let refused = order(&desk, token, "dispose", dispose).await.expect(422);
    assert_eq!(refused.message(), "This call is already Disposed.");
}

#[tokio::test]
async fn an_agent_whom_ozonetel_does_not_know_any_more_is_told_so_with_their_outcome() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    ozonetel.with(|world| world.passwords.clear());
    let dispose = json!({"ucid": "9011223344", "disposition": "Sale"});
    let refused = order(&desk, answer.access_token(), "dispose", dispose).await;
    assert_eq!(refused.expect(422).message(), "Invalid agent");
    ozonetel.with(|world| assert!(world.disposed.is_empty()));
}

#[tokio::test]
async fn an_account_that_is_given_no_token_is_told_why() {
    let (ozonetel, world) = start(Mode::Token).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    // What Ozonetel says to whoever has no name or another key, it says to this server.
    let said = async |name: &str, key: &str| {
        let url = format!("{}/ca_apis/CAToken/generateToken", ozonetel.url);
        let asked = client().post(url).header("apiKey", key);
        let asked = asked.json(&json!({"userName": name})).send().await;
        asked.unwrap().text().await.unwrap()
    };
    for (said, words) in [
        (said("", API_KEY).await, "UserName is null"),
        (
            said(USER_NAME, "another-key").await,
            "Invalid userName or apiKey",
        ),
    ] {
        ozonetel.with(|world| world.fault = Some(Fault::Body(said.leak())));
        let refused = ready(&desk, answer.access_token()).await.expect(422);
        assert_eq!(refused.message(), words);
    }
    // No token of the hour was spent.
    ozonetel.with(|world| world.fault = None);
    ready(&desk, answer.access_token()).await.expect(201);
    assert_eq!(ozonetel.with(|world| world.tokens_made), 1);
}

#[tokio::test]
async fn an_account_that_ozonetel_refuses_is_told_why_in_its_words() {
    const LOGGED_IN: &str = "Agent agent1 logged in successfully";
    const WRONG: &str = "Invalid userName or apiKey";
    let another = |variable: &'static str| Some((variable, "another"));
    for (theirs, ours, instead, login, ordered, disposed, recorded) in [
        // Its mode is another one here than there.
        (
            Mode::Token,
            Mode::ApiKey,
            None,
            LOGGED_IN,
            "Token Should Not be Null or Empty.",
            "Token Should Not be Null or Empty.",
            "ucid is Invalid",
        ),
        (
            Mode::ApiKey,
            Mode::Token,
            None,
            LOGGED_IN,
            "Api Key Should Not be Null or Empty.",
            "Api Key Should Not be Null or Empty.",
            "ucid is Invalid",
        ),
        (
            Mode::ApiKey,
            Mode::ApiKey,
            another("OZONETEL_USER_NAME"),
            WRONG,
            "Invalid User Details",
            "Authentication fails",
            "userName or apiKey is Invalid",
        ),
        (
            Mode::ApiKey,
            Mode::ApiKey,
            another("OZONETEL_API_KEY"),
            WRONG,
            "Invalid User Details",
            "Authentication fails",
            "userName or apiKey is Invalid",
        ),
        // It is given no token.
        (
            Mode::Token,
            Mode::Token,
            another("OZONETEL_API_KEY"),
            WRONG,
            WRONG,
            WRONG,
            WRONG,
        ),
    ] {
        let ozonetel = Ozonetel::start(theirs).await;
        let config = queue_config(&ozonetel, ours, instead.as_slice());
        let world = World::alone(config).await;
        let desk = world.device("desk");
        let answer = desk.login(ANA).await.expect(201);
        assert_eq!(answer.body["telephony"]["message"], login);
        for (path, body, words) in [
            ("agent-ready", json!({}), ordered),
            ("dial", json!({"phoneNumber": "100"}), ordered),
            (
                "dispose",
                json!({"ucid": "9", "disposition": "Sale"}),
                disposed,
            ),
            (
                "recording",
                json!({"ucid": "9", "action": "pause"}),
                recorded,
            ),
        ] {
            let refused = order(&desk, answer.access_token(), path, body).await;
            let refused = refused.expect(422);
            assert_eq!(
                refused.message(),
                words,
                "{theirs:?} {ours:?} {instead:?} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_refusal_of_the_account_as_such_reaches_the_agent() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    // What Ozonetel says to whoever leaves the account out, it says to this server.
    let url = format!(
        "{}/CAServices/AgentAuthenticationV2/index.php",
        ozonetel.url
    );
    let said = client().post(url).body("action=login").send().await;
    let said: &str = said.unwrap().text().await.unwrap().leak();
    ozonetel.with(|world| world.fault = Some(Fault::Body(said)));
    let words = "Missing userName or apiKey";
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let telephony = json!({"state": "failed", "message": words});
    assert_eq!(answer.body["telephony"], telephony);
    let refused = ready(&desk, answer.access_token()).await.expect(422);
    assert_eq!(refused.message(), words);
}

#[tokio::test]
async fn an_outcome_of_a_call_that_cannot_be_one_is_refused_in_the_words_of_ozonetel() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let dispose = json!({"ucid": "9".repeat(20), "disposition": "Sale"});
    let refused = order(&desk, answer.access_token(), "dispose", dispose).await;
    let words = "Unable to Dispose . Please retry after some time.";
    assert_eq!(refused.expect(422).message(), words);
    ozonetel.with(|world| assert!(world.disposed.is_empty()));
}

#[tokio::test]
async fn a_caller_that_goes_away_in_its_login_leaves_nobody_logged_in() {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let clock = MovedClock::new();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let config = ozonetel_config(&ozonetel, Mode::ApiKey);
    let world = World::at(clock, config, lock.clone()).await;
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    let desk = world.device("desk");
    let login = tokio::spawn(async move { desk.try_login(ANA).await });
    until(&ozonetel, |world| world.asked == 1).await;
    login.abort();
    let name = LockName {
        ozonetel_agent_id: "agent1".to_owned(),
        sip_extension: "700201".to_owned(),
    };
    let given_back = async {
        let is_hers = |holder: &Owner| holder.member_id == "m-ana";
        while lock.look(&name).await.unwrap().holders().any(is_hers) {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, given_back).await.unwrap();
    // The login goes through, and is undone.
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    until(&ozonetel, |world| {
        world.orders.len() == 2 && world.present.is_empty()
    })
    .await;
    ozonetel.with(|world| {
        let actions = world.orders.iter().map(|(_, fields)| &fields["action"]);
        assert_eq!(actions.collect::<Vec<_>>(), ["login", "logout"]);
    });
    let answer = world.device("laptop").login(ANA).await.expect(201);
    assert_eq!(answer.body["telephony"]["state"], "ready");
}

#[tokio::test]
async fn who_was_taken_over_by_a_login_that_was_given_up_does_not_come_back() {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let clock = MovedClock::new();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let config = ozonetel_config(&ozonetel, Mode::ApiKey);
    let world = World::at(clock, config, lock.clone()).await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let before = desk.login(ANA).await.expect(201);
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    let body = json!({"email": ANA, "password": PASSWORD, "takeover": true});
    let takeover = tokio::spawn(laptop.post("/auth/login").json(&body).send());
    until(&ozonetel, |world| world.asked == 2).await;
    // The desk has heard by now that its session is lost.
    takeover.abort();
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    until(&ozonetel, |world| world.present.is_empty()).await;
    let name = LockName {
        ozonetel_agent_id: "agent1".to_owned(),
        sip_extension: "700201".to_owned(),
    };
    let is_free = async {
        while lock.look(&name).await.unwrap().holders().next().is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, is_free).await.unwrap();
    desk.refresh(before.refresh_token()).await.expect(401);
    desk.beat(before.access_token()).await.expect(401);
    laptop.login(ANA).await.expect(201);
}

#[tokio::test]
async fn a_page_that_names_no_device_keeps_its_lock_where_the_login_of_another_is_given_up() {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let clock = MovedClock::new();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let config = ozonetel_config(&ozonetel, Mode::ApiKey);
    let world = World::at(clock, config, lock.clone()).await;
    let page = world.old_client();
    let first = page.login(RAVI).await.expect(201);
    let name = LockName {
        ozonetel_agent_id: "agent2".to_owned(),
        sip_extension: "700202".to_owned(),
    };
    let has_first = async || {
        let look = lock.look(&name).await.unwrap();
        let id = &first.refresh_token()[..36];
        look.holders().count() == 2 && look.holders().all(|it| it.session_id == id)
    };
    assert!(has_first().await);
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    let other = world.old_client();
    let login = tokio::spawn(async move { other.try_login(RAVI).await });
    until(&ozonetel, |world| world.asked == 2).await;
    assert!(!has_first().await);
    login.abort();
    let is_given_back = async {
        while !has_first().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, is_given_back).await.unwrap();
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    // For the time of two heartbeats, not for that of a login alone.
    world.clock.advance(Duration::from_secs(599));
    world.device("desk").login(RITA).await.expect(409);
    page.beat(first.access_token()).await.expect(201);
    world.clock.advance(Duration::from_secs(601));
    world.device("desk").login(RITA).await.expect(409);
    world.stop().await.unwrap();
    ozonetel.with(|world| assert!(world.present.contains_key("agent2")));
}

#[tokio::test]
async fn a_page_that_was_closed_keeps_its_lock_no_longer_where_the_login_of_another_is_given_up() {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let clock = MovedClock::new();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let config = ozonetel_config(&ozonetel, Mode::ApiKey);
    let world = World::at(clock, config, lock.clone()).await;
    let first = world.old_client().login(RAVI).await.expect(201);
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    let other = world.old_client();
    let login = tokio::spawn(async move { other.try_login(RAVI).await });
    until(&ozonetel, |world| world.asked == 2).await;
    login.abort();
    let name = LockName {
        ozonetel_agent_id: "agent2".to_owned(),
        sip_extension: "700202".to_owned(),
    };
    let id = &first.refresh_token()[..36];
    let is_given_back = async {
        while lock
            .look(&name)
            .await
            .unwrap()
            .holders()
            .all(|it| it.session_id != id)
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, is_given_back).await.unwrap();
    // In which the page would have beaten twice.
    world.clock.advance(Duration::from_secs(600));
    let look = lock.look(&name).await.unwrap();
    assert!(look.holders().all(|it| it.session_id != id), "{look:?}");
}

#[tokio::test]
async fn a_login_that_is_given_up_prolongs_nothing_for_a_page_that_came_after_it() {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let clock = MovedClock::new();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let config = ozonetel_config(&ozonetel, Mode::ApiKey);
    let world = World::at(clock, config, lock.clone()).await;
    world.old_client().login(RAVI).await.expect(201);
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    let other = world.old_client();
    let login = tokio::spawn(async move { other.try_login(RAVI).await });
    until(&ozonetel, |world| world.asked == 2).await;
    let agent = |id: &str, extension: &str| LockName {
        ozonetel_agent_id: id.to_owned(),
        sip_extension: extension.to_owned(),
    };
    let name = agent("agent2", "700202");
    let look = lock.look(&name).await.unwrap();
    let second = look.holders().next().unwrap();
    let third = Owner {
        session_id: "of a third page".to_owned(),
        ..second.clone()
    };
    let term = Duration::from_secs(30);
    let taken = lock.acquire(&name, &third, term, false).await.unwrap();
    assert!(matches!(taken, Acquired::Refreshed { .. }), "{taken:?}");
    login.abort();
    // Who has given anything back takes nothing any more.
    let given_back = async {
        let elsewhere = agent("agent9", "700209");
        while lock.acquire(&elsewhere, second, term, false).await != Ok(Acquired::Ended) {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, given_back).await.unwrap();
    let page = lock.list(Bound::Unbounded, 1).await.unwrap();
    assert_eq!(page.held[0].owner.session_id, third.session_id);
    assert_eq!(page.held[0].left, term);
}

#[tokio::test]
async fn an_outcome_whose_answer_was_lost_is_saved_once_and_told_when_it_is_tried_again() {
    for mode in [Mode::ApiKey, Mode::Token] {
        let (ozonetel, world) = start(mode).await;
        let desk = world.device("desk");
        let answer = desk.login(ANA).await.expect(201);
        let post = async |body: Value| order(&desk, answer.access_token(), "dispose", body).await;
        let first = json!({"ucid": "9011223344", "disposition": "Sale"});
        if mode == Mode::Token {
            // The token is made.
            let other = json!({"ucid": "9011223355", "disposition": "Sale"});
            post(other).await.expect(201);
        }
        ozonetel.with(|world| world.fault = Some(Fault::LosesAnswer));
        post(first.clone()).await.expect(503);
        ozonetel.with(|world| world.fault = None);
        let again = json!({"ucid": "9011223344", "disposition": "Sale", "repeated": true});
        let done = post(again.clone()).await.expect(201);
        assert_eq!(done.body["message"], "This call is already Disposed.");
        // Who does not say that it is repeated is refused, and so is whatever else is wrong.
        post(first).await.expect(422);
        ozonetel.with(|world| world.fault = Some(Fault::Refusal("Invalid agent")));
        post(again).await.expect(422);
    }
}

#[tokio::test]
async fn an_outcome_names_the_number_of_the_agents_campaign() {
    for (dids, did) in [
        (
            "Inbound_2=918000000002, Inbound_1=918000000001",
            "918000000001",
        ),
        ("Inbound_2=918000000002", "918000000000"),
    ] {
        let ozonetel = Ozonetel::start(Mode::ApiKey).await;
        let config = queue_config(&ozonetel, Mode::ApiKey, &[("OZONETEL_DIDS", dids)]);
        let world = World::alone(config).await;
        let desk = world.device("desk");
        let answer = desk.login(ANA).await.expect(201);
        let token = answer.access_token();
        let dispose = json!({"ucid": "9011223344", "disposition": "Sale"});
        order(&desk, token, "dispose", dispose).await.expect(201);
        ozonetel.with(|world| assert_eq!(world.orders.last().unwrap().1["did"], did));
    }
}

#[tokio::test]
async fn an_outcome_without_a_number_is_refused_in_the_words_of_ozonetel() {
    let (platform, ozonetel) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
    let world = World::alone(platform_and_ozonetel_config(&platform, &ozonetel)).await;
    let desk = world.device("desk");
    let body = json!({"email": ANA, "password": platform::PASSWORD});
    let answer = desk.login_with(body).await.expect(201);
    let dispose = json!({"ucid": "9011223344", "disposition": "Sale"});
    let refused = order(&desk, answer.access_token(), "dispose", dispose).await;
    let refused = refused.expect(422);
    assert_eq!(refused.message(), "Invalid ucid [9011223344] or did []");
    ozonetel.with(|world| assert!(world.disposed.is_empty()));
}

#[tokio::test]
async fn an_outcome_brings_the_pause_that_follows_it_along() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    let dispose = |reason: &str| {
        let body = json!({"ucid": "9", "disposition": "Sale", "pauseReason": reason});
        order(&desk, token, "dispose", body)
    };
    let refused = dispose(" ").await.expect(400);
    assert!(refused.message().contains("pauseReason is empty."));
    let refused = dispose("Unheard of").await.expect(422);
    assert_eq!(refused.message(), "pauseReason is Invalid");
    dispose("Tea").await.expect(201);
    ozonetel.with(|world| {
        let (_, disposed) = world.orders.last().unwrap();
        assert_eq!(disposed["pauseAfterDispose"], "true");
        assert_eq!(disposed["pauseReason"], "Tea");
        assert!(world.disposed.contains("9") && !world.ready.contains("agent1"));
    });
}

#[tokio::test]
async fn others_are_called_into_a_call_and_dropped_and_its_recording_is_paused() {
    for mode in [Mode::ApiKey, Mode::Token] {
        let (ozonetel, world) = start(mode).await;
        let desk = world.device("desk");
        let answer = desk.login(ANA).await.expect(201);
        let token = answer.access_token();
        let post = async |path: &str, body: Value| order(&desk, token, path, body).await;
        let (ucid, number) = ("9011223344", "09876543210");
        let party = |number: &str| json!({"ucid": ucid, "number": number});
        let recording = |action: &str| json!({"ucid": ucid, "action": action});

        for (path, body, words) in [
            ("conference", party(number), "Call not Found"),
            ("kick", party(number), "Call not Found"),
            ("recording", recording("pause"), "ucid is Invalid"),
        ] {
            let refused = post(path, body).await.expect(422);
            assert_eq!(refused.message(), words, "{path}");
        }
        post("agent-ready", json!({})).await.expect(201);
        let dial = json!({"phoneNumber": "100"});
        post("dial", dial).await.expect(201);

        for wrong in ["100", "+9198"] {
            let refused = post("conference", party(wrong)).await.expect(422);
            assert_eq!(refused.message(), "Please pass valid Conference number");
        }
        let done = post("conference", party("0 98765-43210")).await.expect(201);
        assert_eq!(
            done.body,
            json!({"status": "success", "message": "dialing", "ucid": ucid})
        );
        ozonetel.with(|world| {
            assert!(world.calls[ucid].contains(number));
            let (_, ordered) = world.orders.last().unwrap();
            assert_eq!(ordered["agentPhoneName"], "700201");
            assert_eq!(ordered["did"], "918000000000");
        });
        post("kick", party("+919876543210")).await.expect(422);
        post("kick", party(number)).await.expect(201);
        ozonetel.with(|world| assert!(world.calls[ucid].is_empty()));

        let done = post("recording", recording("pause")).await.expect(201);
        let words = "paused monitoring of the channel";
        assert_eq!(done.body, json!({"status": "success", "message": words}));
        ozonetel.with(|world| assert!(world.unrecorded.contains(ucid)));
        post("recording", recording("resume")).await.expect(201);
        ozonetel.with(|world| assert!(world.unrecorded.is_empty()));
    }
}

#[tokio::test]
async fn nobody_is_told_that_a_recording_rests_by_an_answer_that_is_not_understood() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    ready(&desk, token).await.expect(201);
    let dial = order(&desk, token, "dial", json!({"phoneNumber": "100"})).await;
    let dialled = dial.expect(201);
    let pause = json!({"ucid": dialled.body["ucid"], "action": "pause"});
    for body in ["", "OK", "<html>Warning: something</html>", "{}"] {
        ozonetel.with(|world| world.fault = Some(Fault::Body(body)));
        let refused = order(&desk, token, "recording", pause.clone()).await;
        assert_eq!(refused.expect(503).message(), "Ozonetel does not answer.");
    }
    // Whoever tries again has lost nothing.
    ozonetel.with(|world| world.fault = None);
    for _ in 0..2 {
        let paused = order(&desk, token, "recording", pause.clone()).await;
        paused.expect(201);
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_one_never_leaves() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let orders = ozonetel.with(|world| world.orders.len());
    for (path, body, words) in [
        (
            "agent-state",
            json!({"state": "Busy"}),
            "state must be Ready or Pause.",
        ),
        ("agent-state", json!({}), "state is missing."),
        (
            "agent-state",
            json!({"state": "Pause", "pauseReason": " "}),
            "pauseReason is empty.",
        ),
        (
            "dial",
            json!({"phoneNumber": "sip:1@x"}),
            "phoneNumber must have 1 to 24 digits",
        ),
        (
            "dial",
            json!({"phoneNumber": 100}),
            "phoneNumber must be a string.",
        ),
        (
            "conference",
            json!({"ucid": "9", "number": "9;1"}),
            "number must have 1 to 24 digits",
        ),
        ("kick", json!({"number": "100"}), "ucid is missing."),
        (
            "recording",
            json!({"ucid": "9", "action": "stop"}),
            "action must be pause or resume.",
        ),
        (
            "recording",
            json!({"ucid": " ", "action": "pause"}),
            "ucid is empty.",
        ),
        (
            "dispose",
            json!({"ucid": "", "disposition": "Sale"}),
            "ucid is empty.",
        ),
        (
            "dispose",
            json!({"ucid": "9", "disposition": "x".repeat(1001)}),
            "disposition is longer than 1000 characters.",
        ),
    ] {
        let refused = order(&desk, answer.access_token(), path, body).await;
        let refused = refused.expect(400);
        assert!(refused.message().contains(words), "{refused:?}");
    }
    assert_eq!(ozonetel.with(|world| world.orders.len()), orders);
}

#[tokio::test]
async fn only_an_agent_who_holds_the_session_gives_orders() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let first = desk.login(ANA).await.expect(201);
    laptop.take_over(ANA).await.expect(201);
    ready(&desk, first.access_token()).await.expect(409);
    ready(&desk, "no-token").await.expect(401);
    let manager = desk.login(MIRA).await.expect(201);
    ready(&desk, manager.access_token()).await.expect(403);
    ozonetel.with(|world| assert!(world.ready.is_empty()));

    let without = World::start().await;
    let desk = without.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    ready(&desk, answer.access_token()).await.expect(404);
}

#[tokio::test]
async fn all_orders_share_one_token_until_it_is_refused_and_then_the_next() {
    let (ozonetel, world) = start(Mode::Token).await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let both = async || {
        let ana = desk.login(ANA).await.expect(201);
        let ravi = laptop.login(RAVI).await.expect(201);
        let orders = (0..10).map(|n| match n % 2 {
            0 => ready(&desk, ana.access_token()),
            _ => ready(&laptop, ravi.access_token()),
        });
        for answer in join_all(orders).await {
            answer.expect(201);
        }
        ozonetel.with(|world| world.tokens_made)
    };
    assert_eq!(both().await, 1);
    ozonetel.with(|world| world.kill_token());
    assert_eq!(both().await, 2);
    world.clock.advance(Duration::from_secs(54 * 60));
    assert_eq!(both().await, 2);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(both().await, 3);
    ozonetel.with(|world| world.expire_token());
    assert_eq!(both().await, 4);
}

#[tokio::test]
async fn a_token_that_others_keep_killing_is_given_up_before_the_hour_is_spent() {
    let (ozonetel, world) = start(Mode::Token).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    for _ in 0..10 {
        ozonetel.with(|world| world.kill_token());
        ready(&desk, answer.access_token()).await.expect(201);
    }
    ozonetel.with(|world| world.kill_token());
    ready(&desk, answer.access_token()).await.expect(503);
    assert_eq!(ozonetel.with(|world| world.tokens_made), 10);
}

#[tokio::test]
async fn a_session_that_expires_logs_its_agent_out_and_a_late_beat_logs_them_in_again() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    ready(&desk, answer.access_token()).await.expect(201);
    let laptop = world.device("laptop");
    let other = laptop.login(RAVI).await.expect(201);
    world.clock.advance(Duration::from_secs(900));
    laptop.beat(other.access_token()).await.expect(201);
    world.clock.advance(Duration::from_secs(2800));
    // The server looks every ten seconds.
    until(&ozonetel, |world| !world.present.contains_key("agent1")).await;
    ozonetel.with(|world| assert!(world.present.contains_key("agent2")));
    let next = desk.refresh(answer.refresh_token()).await.expect(201);
    until_beat(&desk, next.access_token()).await;
    until(&ozonetel, |world| world.present.contains_key("agent1")).await;
    // As the phone still shows them.
    until(&ozonetel, |world| world.ready.contains("agent1")).await;
    let beat = desk.beat(next.access_token()).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Ready");
}

#[tokio::test]
async fn a_used_token_that_comes_back_leaves_nothing_locked_and_nobody_logged_in() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let first = desk.login(ANA).await.expect(201);
    let next = desk.refresh(first.refresh_token()).await.expect(201);
    world.clock.advance(Duration::from_secs(121));
    desk.beat(next.access_token()).await.expect(201);
    desk.refresh(first.refresh_token()).await.expect(401);
    until(&ozonetel, |world| world.present.is_empty()).await;
    world.device("laptop").login(ANA).await.expect(201);
    desk.beat(next.access_token()).await.expect(401);
}

#[tokio::test]
async fn who_is_no_agent_any_more_after_a_restart_is_logged_out_at_the_refresh() {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let clock = MovedClock::new();
    let server = async |people: &str| {
        let config = queue_config_of(people, &ozonetel, Mode::ApiKey, &[]);
        let lock = Arc::new(MemoryLock::new(clock.clock()));
        World::at(clock.clone(), config, lock).await
    };
    let before = config_text("");
    let session = server(&before).await.device("desk").login(RAVI).await;
    let session = session.expect(201);
    ozonetel.with(|world| assert!(world.present.contains_key("agent2")));
    let after = before
        .replace(
            "name = \"ravi\"\nrole = \"cc-agent\"",
            "name = \"ravi\"\nrole = \"manager\"",
        )
        .replace("\"m-ravi\"\nagent = \"agent2\"", "\"m-ravi\"");
    let again = server(&after).await;
    let desk = again.device("desk");
    desk.refresh(session.refresh_token()).await.expect(401);
    until(&ozonetel, |world| world.present.is_empty()).await;
    desk.login(RAVI).await.expect(201);
}

#[tokio::test]
async fn a_logout_that_is_repeated_changes_nothing_however_late() {
    let (ozonetel, world) = start(Mode::ApiKey).await;
    let desk = world.device("desk");
    let session = desk.login(ANA).await.expect(201);
    desk.logout(session.access_token()).await.expect(201);
    until(&ozonetel, |world| world.present.is_empty()).await;
    // They work at Ozonetel's own page.
    let (agent, number) = ("agent1".to_owned(), "700201".to_owned());
    ozonetel.with(|world| world.present.insert(agent, number));
    for _ in 0..3 {
        let again = desk.logout(session.access_token()).await.expect(201);
        assert_eq!(again.body["released"], false);
        // That this very session has ended is remembered for as long as its access tokens count.
        world.clock.advance(Duration::from_secs(3600));
    }
    // This waits for what the calls have begun.
    world.stop().await.unwrap();
    ozonetel.with(|world| {
        let actions = world.orders.iter().map(|(_, fields)| &fields["action"]);
        assert_eq!(actions.collect::<Vec<_>>(), ["login", "logout"]);
        assert!(world.present.contains_key("agent1"));
    });
}

#[tokio::test]
async fn a_caller_that_goes_away_in_its_logout_has_signed_out() {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let clock = MovedClock::new();
    let lock = Arc::new(SlowToRelease::new(clock.clock()));
    let config = ozonetel_config(&ozonetel, Mode::ApiKey);
    let world = World::at(clock, config, lock.clone()).await;
    let desk = world.device("desk");
    let session = desk.login(ANA).await.expect(201);
    let logout = desk
        .post("/auth/logout")
        .bearer_auth(session.access_token());
    let logout = tokio::spawn(logout.send());
    timeout(DEADLINE, lock.is_asked.notified()).await.unwrap();
    logout.abort();
    world.until_hung_up().await;
    lock.goes_on.send_replace(true);
    until(&ozonetel, |world| world.present.is_empty()).await;
    world.device("laptop").login(ANA).await.expect(201);
    desk.refresh(session.refresh_token()).await.expect(401);
}

async fn start(mode: Mode) -> (Ozonetel, World) {
    let ozonetel = Ozonetel::start(mode).await;
    let config = ozonetel_config(&ozonetel, mode);
    let world = World::with(config, |clock| Arc::new(MemoryLock::new(clock))).await;
    (ozonetel, world)
}

/// Has an agent sign in, be ready, and then not be logged in again after a lapse, long ago: nobody has seen to that.
async fn left_behind(ozonetel: &Ozonetel, world: &World, desk: &Device) -> Answer {
    let answer = desk.login(ANA).await.expect(201);
    ready(desk, answer.access_token()).await.expect(201);
    world.clock.advance(Duration::from_secs(3700));
    // The server looks every ten seconds.
    until(ozonetel, |world| !world.present.contains_key("agent1")).await;
    ozonetel.with(|world| world.fault = Some(Fault::Status(503)));
    let next = desk.refresh(answer.refresh_token()).await.expect(201);
    let token = next.access_token();
    until_beat(desk, token).await;
    let told = json!({"state": "failed", "message": "Ozonetel does not answer."});
    let is_told = async { while desk.beat(token).await.expect(201).body["telephony"] != told {} };
    timeout(DEADLINE, is_told).await.unwrap();
    ozonetel.with(|world| world.fault = None);
    world.clock.advance(Duration::from_secs(180));
    next
}

/// Returns the states that Ozonetel was asked for, in their order.
fn states(ozonetel: &Ozonetel) -> Vec<String> {
    ozonetel.with(|world| {
        let states = world.orders.iter();
        let states = states.filter(|(path, _)| path.ends_with("/changeAgentState"));
        let state = |fields: &Value| fields["state"].as_str().unwrap().to_owned();
        states.map(|(_, fields)| state(fields)).collect()
    })
}

/// Beats until the server has let go of the lock under which it logged the agent out.
async fn until_beat(device: &Device, token: &str) {
    while device.beat(token).await.status == 503 {}
}

async fn ready(device: &Device, token: &str) -> Answer {
    order(device, token, "agent-ready", json!({})).await
}

async fn order(device: &Device, token: &str, path: &str, body: Value) -> Answer {
    let request = device.post(&format!("/api/ozonetel/{path}"));
    send(request.bearer_auth(token).json(&body)).await
}

async fn until(ozonetel: &Ozonetel, is_so: impl Fn(&crate::stand_in::ozonetel::World) -> bool) {
    timeout(DEADLINE, ozonetel.until(is_so)).await.unwrap();
}

/// A lock store in memory that releases nothing until it is told to.
#[derive(Debug)]
struct SlowToRelease {
    lock: MemoryLock,
    is_asked: Notify,
    goes_on: watch::Sender<bool>,
}

impl SlowToRelease {
    fn new(clock: Clock) -> Self {
        Self {
            lock: MemoryLock::new(clock),
            is_asked: Notify::new(),
            goes_on: watch::Sender::new(false),
        }
    }
}

impl SessionLock for SlowToRelease {
    fn release<'a>(&'a self, name: &'a LockName, owner: &'a Owner) -> LockAnswer<'a, Released> {
        Box::pin(async {
            self.is_asked.notify_one();
            let mut goes_on = self.goes_on.subscribe();
            goes_on.wait_for(|it| *it).await.unwrap();
            self.lock.release(name, owner).await
        })
    }

    fn acquire<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        takeover: bool,
    ) -> LockAnswer<'a, Acquired> {
        self.lock.acquire(name, owner, ttl, takeover)
    }

    fn beat<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
    ) -> LockAnswer<'a, Beat> {
        self.lock.beat(name, owner, ttl)
    }

    fn acquire_granted<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        ask: &'a Ask,
    ) -> LockAnswer<'a, Acquired> {
        self.lock.acquire_granted(name, owner, ttl, ask)
    }

    fn look<'a>(&'a self, name: &'a LockName) -> LockAnswer<'a, Look> {
        self.lock.look(name)
    }

    fn put<'a>(
        &'a self,
        name: &'a LockName,
        before: Option<&'a Ask>,
        ask: &'a Ask,
        now: Moment,
    ) -> LockAnswer<'a, bool> {
        self.lock.put(name, before, ask, now)
    }

    fn of_ticket<'a>(&'a self, ticket: &'a TicketHash) -> LockAnswer<'a, Option<LockName>> {
        self.lock.of_ticket(ticket)
    }

    fn listen(&self, agent_id: &str) -> Changes {
        self.lock.listen(agent_id)
    }

    fn list<'a>(&'a self, from: Bound<&'a str>, limit: usize) -> LockAnswer<'a, Page> {
        self.lock.list(from, limit)
    }
}
