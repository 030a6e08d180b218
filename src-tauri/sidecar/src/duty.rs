//! Keeps agents at Ozonetel as their sessions are here: in while a session lasts, out after its end.

use std::sync::{Arc, Weak};
use std::time::Duration;

use sidecar_api::{HeartbeatRequest, Telephony, TelephonyState};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tracing::{Instrument, info, warn};

use crate::audit::AUDIT;
use crate::directory::Agent;
use crate::lock::{Acquired, Claim, Displacing, LockName, Owner};
use crate::ozonetel::{Done, Duty, ORDER_TIME, Order, Ozonetel, RETRY, Silent, Verdict, Words};
use crate::queue;
use crate::random::random_id;
use crate::session::{AtQueue, Note, Ordered, SessionState, Unsettled};
use crate::sidecar::Sidecar;
use crate::turns::Turn;

/// How long a sign-in waits for Ozonetel.
const WAIT: Duration = Duration::from_secs(5);

/// How long a sign-in may take altogether: a phone gives up after 8 s (faults, 68).
const SIGN_IN_TIME: Duration = Duration::from_millis(7500);

/// How long the lock of an agent whose session expired is held to log them out: longer than that may
/// take ([`LOGOUT_TIME`](crate::ozonetel::LOGOUT_TIME)).
pub(crate) const LOGOUT_TERM: Duration = Duration::from_secs(30);

/// How often a state is ordered again where its agent orders others meanwhile.
const ORDERS_AGAIN: usize = 3;

/// How often a store that does not answer is told what Ozonetel has done, and when again.
const NOTES: usize = 3;
const NOTE_AGAIN: Duration = Duration::from_secs(1);

/// The same of what was ordered: for longer than another Redis takes to be found in place of one that was lost.
const NOTES_OF_ORDER: usize = 60;

/// How long a lock that an administrator took stays theirs: a phone that listens is told who has it, and
/// one that hears nothing of it looks within 6 s, and finds that its session has ended.
const TELLING: Duration = Duration::from_secs(1);

/// What lists of locks show as the holder's name meanwhile.
const SWEEPER: &str = "the server, which ends a session";

/// The member that servers are while they log an agent out.
const SWEEPERS: &str = "helix-sidecar";

/// Without an account at Ozonetel nothing stands between agents and their calls, and this says why.
const NO_TELEPHONY: &str = "No Ozonetel account is configured: calls go through SIP alone.";

/// The [version](AtQueue::version) of a session in which nothing was ordered.
const NEW: u64 = 0;

/// What a sign-in tells of its agent at Ozonetel.
pub(crate) struct Begun {
    pub(crate) telephony: Telephony,
    /// In which state the agent still is.
    pub(crate) ordered: Option<Ordered>,
}

/// The session that a sign-in displaces.
pub(crate) struct Before {
    pub(crate) owner: Owner,
    /// Which lock was granted to it.
    pub(crate) lock: LockName,
    /// What was ordered last in it, if that holds.
    pub(crate) ordered: Option<Ordered>,
}

/// Logs an agent in who signs in, and returns what the answer says of it. A sign-in that began at
/// `begun` waits for it no longer than it may take; the login goes on behind it, and the session
/// keeps what comes of it. `before` is the session that this one displaces.
pub(crate) async fn begin(
    sidecar: &Arc<Sidecar>,
    agent: &Arc<Agent>,
    session_id: &str,
    before: Option<Before>,
    begun: Instant,
) -> Begun {
    let of = |telephony| Begun {
        telephony,
        ordered: None,
    };
    let (same, former) = match before {
        Some(before) if before.lock == agent.lock_name() => (before.ordered, None),
        former => (None, former),
    };
    let Some(ozonetel) = &sidecar.ozonetel else {
        if let Some(former) = &former {
            free_former(sidecar, agent, former).await;
        }
        return of(telephony(TelephonyState::Ready, NO_TELEPHONY));
    };
    // First, so that a server which dies in between leaves nobody logged in; the lock has its whole term
    // from the end of the sign-in.
    let term = sidecar.settings.ttl + SIGN_IN_TIME;
    note(sidecar, ozonetel, &Duty::of(agent), term).await;
    let login = in_background(sidecar, {
        let (sidecar, ozonetel) = (Arc::clone(sidecar), Arc::clone(ozonetel));
        let (agent, session_id) = (Arc::clone(agent), session_id.to_owned());
        async move {
            if let Some(former) = &former {
                end_former(&sidecar, &ozonetel, &agent, former).await;
            }
            let (verdict, _) = log_in(&sidecar, &ozonetel, &agent, &session_id).await;
            let ordered = match same {
                Some(before) => keep_state(&sidecar, &session_id, &verdict, before).await,
                None => None,
            };
            Begun {
                telephony: told(&verdict),
                ordered,
            }
        }
    });
    let deadline = (Instant::now() + WAIT).min(begun + SIGN_IN_TIME);
    match timeout_at(deadline, login).await {
        Ok(Ok(begun)) => begun,
        Ok(Err(error)) => {
            warn!(%error, "a login at Ozonetel broke off");
            of(told(&Err(Silent::Unknown)))
        }
        Err(_) => of(telephony(TelephonyState::Pending, queue::PENDING)),
    }
}

/// Logs out whom `former` had in at Ozonetel, whose member has another account by now: the same agent with another
/// extension, or another agent. Ozonetel leaves the one in with the number that they have, and keeps that number for
/// the other. Until then nobody signs in whom the logout could hit: the lock of the one is this sign-in's, and that of
/// the other is still `former`'s.
async fn end_former(
    sidecar: &Arc<Sidecar>,
    ozonetel: &Arc<Ozonetel>,
    agent: &Agent,
    former: &Before,
) {
    let lock = &former.lock;
    let duty = match lock.ozonetel_agent_id == agent.config.ozonetel_agent_id {
        true => Duty::of_former(agent, lock),
        false if has_agent(sidecar, former).await => known_duty(sidecar, ozonetel, lock).await,
        false => return,
    };
    let agent_id = duty.agent_id();
    info!(target: AUDIT, agent = agent_id, "another account: logging the agent out");
    log_out(ozonetel, &duty).await;
    free_former(sidecar, agent, former).await;
}

/// Whether the session still has its agent.
async fn has_agent(sidecar: &Sidecar, session: &Before) -> bool {
    match sidecar.lock.look(&session.lock).await {
        Ok(look) => {
            let [holder, _] = &look.holders;
            let id = &session.owner.session_id;
            holder.as_ref().is_some_and(|it| it.session_id == *id)
        }
        Err(error) => {
            warn!(%error, "an agent is logged out once their session expires");
            false
        }
    }
}

/// Frees the agent that `former` had, if that is another one than `agent`.
async fn free_former(sidecar: &Sidecar, agent: &Agent, former: &Before) {
    let Before { owner, lock, .. } = former;
    if lock.ozonetel_agent_id == agent.config.ozonetel_agent_id {
        return;
    }
    if let Err(error) = sidecar.lock.release(lock, owner).await {
        let agent = &lock.ozonetel_agent_id;
        warn!(agent, %error, "an agent is locked until their session expires");
    }
}

/// Takes what is known of how to log out who has this lock; otherwise the password of all agents is tried.
async fn known_duty(sidecar: &Arc<Sidecar>, ozonetel: &Arc<Ozonetel>, lock: &LockName) -> Duty {
    let now = sidecar.clock.now().monotonic;
    let mut known = Duty::of_lock(lock);
    if let Ok(true) = ozonetel.duties.end(&lock.ozonetel_agent_id, now).await {
        for duty in take_ended(sidecar, ozonetel).await {
            match duty.agent_id() == lock.ozonetel_agent_id {
                true => known = duty,
                false => end_expired(sidecar, ozonetel, duty),
            }
        }
    }
    known
}

/// Has a session begin with the state that was ordered before it, where Ozonetel left the agent as they
/// were, and nothing was ordered in it by now.
async fn keep_state(
    sidecar: &Sidecar,
    session_id: &str,
    verdict: &Result<Verdict, Silent>,
    before: Ordered,
) -> Option<Ordered> {
    let Ok(Verdict::Done(done)) = verdict else {
        return None;
    };
    if !was_already_in(done) {
        return None;
    }
    let ordered = Some(before.clone());
    let noted = sidecar.sessions.note_ordered(session_id, ordered, NEW);
    match noted.await {
        Ok(is_noted) => is_noted.then_some(before),
        Err(error) => {
            warn!(%error, "a session does not know in which state its agent is");
            None
        }
    }
}

/// Logs an agent in whom Ozonetel says to be out, for instance because somebody logged them out
/// there. Whoever waits for an order waits for this as well, until then at the most. `orders_again`: the order is none
/// of their state, so that is to be as it was first; `turn` is what the caller has, if any, to order states.
pub(crate) async fn log_in_for_order(
    sidecar: &Arc<Sidecar>,
    ozonetel: &Arc<Ozonetel>,
    agent: &Arc<Agent>,
    session_id: &str,
    (orders_again, turn): (bool, Weak<Turn>),
    until: Instant,
) -> Result<Verdict, Silent> {
    let login = in_background(sidecar, {
        let (sidecar, ozonetel) = (Arc::clone(sidecar), Arc::clone(ozonetel));
        let (agent, session_id) = (Arc::clone(agent), session_id.to_owned());
        async move {
            let orders = match orders_again {
                true => Orders::WhoWasOut,
                false => Orders::Nobody,
            };
            let anew = Anew {
                unsettled: unsettled(&sidecar),
                orders,
                turn,
            };
            log_in_anew(&sidecar, &ozonetel, &agent, &session_id, &anew).await
        }
    });
    match timeout_at(until.min(Instant::now() + WAIT), login).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(_)) | Err(_) => Err(Silent::Unknown),
    }
}

/// Logs an agent in, and has the session keep what comes of it. Where the session has ended meanwhile, or was
/// taken over, perhaps at another server, whose logout this login has overtaken, the agent is logged out again
/// unless they are signed in. Returns also what the session keeps, where it goes on.
async fn log_in(
    sidecar: &Arc<Sidecar>,
    ozonetel: &Ozonetel,
    agent: &Arc<Agent>,
    session_id: &str,
) -> (Result<Verdict, Silent>, Option<AtQueue>) {
    let verdict = ozonetel.log_in(agent).await;
    keep_note(sidecar, session_id, Note::Telephony(told(&verdict))).await;
    let mut goes_on = None;
    match sidecar.sessions.state(session_id).await {
        Ok(SessionState::Ended) => end(sidecar, agent, "their session ended during the login"),
        Ok(SessionState::Live { at_queue, .. }) if at_queue.is_taken_over => {
            end(
                sidecar,
                agent,
                "their session was taken over during the login",
            );
        }
        Ok(SessionState::Live { at_queue, .. }) => goes_on = Some(*at_queue),
        Ok(SessionState::Unknown) => {}
        Err(error) => warn!(%error, "nobody knows whether a session ended during its login"),
    }
    (verdict, goes_on)
}

/// Who is ordered into their state again after a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Orders {
    Nobody,
    /// Whom Ozonetel did not say to have been in already.
    WhoWasOut,
    /// Also who was in, because of a login before that nobody has seen to its end.
    Everybody,
}

/// A login of an agent who works already.
struct Anew {
    unsettled: Unsettled,
    orders: Orders,
    /// The turn to order states of whoever waits for it, as long as they do.
    turn: Weak<Turn>,
}

/// Logs an agent in again who works already, and has them be in the state that they ordered last. The session knows
/// that this is not settled before Ozonetel is asked, so that whoever hears its heartbeat sees to it where this
/// server dies, or loses the store, on the way ([`settle`]).
async fn log_in_anew(
    sidecar: &Arc<Sidecar>,
    ozonetel: &Ozonetel,
    agent: &Arc<Agent>,
    session_id: &str,
    anew: &Anew,
) -> Result<Verdict, Silent> {
    if anew.orders == Orders::Nobody {
        // The order that follows says what they are to be, and nobody else does.
        keep_note(sidecar, session_id, Note::Ordered(None)).await;
    }
    let unsettled = anew.unsettled.clone();
    let is_marked = keep_note(sidecar, session_id, Note::Unsettled(unsettled)).await;
    see_to(sidecar, ozonetel, agent, session_id, anew, is_marked).await
}

/// Returns what a session knows of a login at Ozonetel that begins now.
pub(crate) fn unsettled(sidecar: &Sidecar) -> Unsettled {
    Unsettled::begin(random_id(), sidecar.clock.now().wall)
}

/// Carries out a login that the session knows not to be settled, as far as `is_marked` says.
async fn see_to(
    sidecar: &Arc<Sidecar>,
    ozonetel: &Ozonetel,
    agent: &Arc<Agent>,
    session_id: &str,
    anew: &Anew,
    is_marked: bool,
) -> Result<Verdict, Silent> {
    let (verdict, at_queue) = log_in(sidecar, ozonetel, agent, session_id).await;
    let Some(at_queue) = at_queue else {
        return verdict;
    };
    let is_ordered = match (&verdict, anew.orders) {
        (Ok(Verdict::Done(_)), Orders::Everybody) => at_queue.ordered.is_some(),
        (Ok(Verdict::Done(done)), _) if was_already_in(done) => false,
        (Ok(Verdict::Done(_)), Orders::WhoWasOut) => at_queue.ordered.is_some(),
        // They are out, and their phone is told so.
        (Ok(Verdict::Refused(_)), _) => false,
        // The order that follows settles it, or a heartbeat later does; as where nobody knows whether they are in.
        (Ok(Verdict::Done(_)), Orders::Nobody) | (Err(Silent::NotDone | Silent::Unknown), _) => {
            return verdict;
        }
    };
    let was_in = matches!(&verdict, Ok(Verdict::Done(done)) if was_already_in(done));
    let is_settled = match is_ordered {
        true => {
            let looked = (at_queue.version, was_in);
            let mark = is_marked.then_some(&anew.unsettled);
            let turn = &anew.turn;
            order_again(sidecar, ozonetel, agent, session_id, looked, turn, mark).await
        }
        false => true,
    };
    if is_settled {
        forget_unsettled(sidecar, session_id, &anew.unsettled).await;
    }
    verdict
}

/// Has a session know that a login is seen to its end. It is tried for a while: who is ordered into their state once more,
/// perhaps after hours of work, may be in the middle of it.
async fn forget_unsettled(sidecar: &Sidecar, session_id: &str, unsettled: &Unsettled) {
    for _ in 0..NOTES {
        match sidecar.sessions.settle(session_id, unsettled, None).await {
            Ok(_) => return,
            Err(error) => warn!(%error, "a session does not know that its agent is in"),
        }
        sleep(NOTE_AGAIN).await;
    }
}

/// Has an agent be as they were `before`, who was out, is in anew, and was refused the state that they wanted then, unless
/// something else was noted since that had this `version`. Nobody waits for it, and until it is done nobody is told so.
pub(crate) fn put_back(
    sidecar: &Arc<Sidecar>,
    ozonetel: &Arc<Ozonetel>,
    agent: &Arc<Agent>,
    session_id: &str,
    (before, version): (Ordered, u64),
) {
    let (server, ozonetel) = (Arc::clone(sidecar), Arc::clone(ozonetel));
    let (agent, session_id) = (Arc::clone(agent), session_id.to_owned());
    in_background(sidecar, async move {
        let _turn = ozonetel.state_turns.of(&session_id).await;
        match server.sessions.state(&session_id).await {
            Ok(SessionState::Live { at_queue, .. }) if at_queue.version == version => {}
            // They have ordered another one, or nobody knows.
            Ok(_) | Err(_) => return,
        }
        let order = Order::State {
            state: before.state,
            pause_reason: before.pause_reason.as_deref(),
        };
        let until = Instant::now() + ORDER_TIME;
        let verdict = ozonetel.order(&agent.config.ozonetel_agent_id, order, until);
        match verdict.await {
            // That settles their login as well.
            Ok(Verdict::Done(_)) => {
                note_ordered(&server, &session_id, Some(before), version).await;
            }
            refused @ Ok(Verdict::Refused(_)) => {
                keep_note(&server, &session_id, Note::Telephony(told(&refused))).await;
            }
            // They are in, and what was ordered last stays unknown: a heartbeat settles their login alone.
            Err(Silent::NotDone | Silent::Unknown) => {}
        }
    });
}

/// Begins to see to a login of an agent, whose session goes on, that nobody has seen to its end: its server died, or
/// lost the store. Nobody waits for it, and one server does it at a time. As a heartbeat `said` it, who is in a call is
/// left to a later one, because Ozonetel would refuse it, and so is who is in the work after a call, which Ready would
/// end.
pub(crate) fn settle(
    sidecar: &Arc<Sidecar>,
    agent: &Arc<Agent>,
    session_id: &str,
    at_queue: &AtQueue,
    said: HeartbeatRequest,
) {
    let HeartbeatRequest { in_call, in_work } = said;
    if in_call.or(at_queue.in_call) == Some(true) || in_work == Some(true) {
        return;
    }
    let now = sidecar.clock.now().wall;
    let unsettled = at_queue.unsettled.as_ref();
    let left_behind = unsettled.filter(|it| it.is_left_behind(now));
    let (Some(ozonetel), Some(before)) = (sidecar.ozonetel.clone(), left_behind.cloned()) else {
        return;
    };
    let (server, agent) = (Arc::clone(sidecar), Arc::clone(agent));
    let session_id = session_id.to_owned();
    in_background(sidecar, async move {
        let Some(unsettled) = before.anew(random_id(), now) else {
            if let Ok(true) = server.sessions.settle(&session_id, &before, None).await {
                keep_note(&server, &session_id, Note::Ordered(None)).await;
                let silent = told(&Err(Silent::Unknown));
                keep_note(&server, &session_id, Note::Telephony(silent)).await;
            }
            return;
        };
        let taken = server
            .sessions
            .settle(&session_id, &before, Some(&unsettled));
        match taken.await {
            Ok(true) => {
                let agent_id = &agent.config.ozonetel_agent_id;
                info!(agent = agent_id, "a login at Ozonetel was left behind");
                let anew = Anew {
                    unsettled,
                    orders: Orders::Everybody,
                    turn: Weak::new(),
                };
                // What becomes of it stands in the log, and with the session.
                let _ = see_to(&server, &ozonetel, &agent, &session_id, &anew, true).await;
            }
            // Another server sees to it.
            Ok(false) => {}
            Err(error) => warn!(%error, "a login at Ozonetel stays left behind"),
        }
    });
}

/// Has an agent who was out at Ozonetel be in the state again that they ordered last: it is what their phone shows.
/// Where that cannot be, the phone is told so; where they order another one meanwhile, that is the one. Each try has
/// its turn, which is `turn` while somebody has that, so that none overtakes an order of theirs. Who was in already
/// (`was_in`), or has ordered something since `version` was looked at, may be in a call by now, and a refusal then says
/// no more than that. Where the session does not have this `mark` any more, an order of theirs was done since, and
/// nothing is ordered. Returns whether nothing is left to do.
async fn order_again(
    sidecar: &Sidecar,
    ozonetel: &Ozonetel,
    agent: &Agent,
    session_id: &str,
    (version, was_in): (u64, bool),
    turn: &Weak<Turn>,
    mut mark: Option<&Unsettled>,
) -> bool {
    for _ in 0..ORDERS_AGAIN {
        let _turn = match turn.upgrade() {
            Some(turn) => turn,
            None => Arc::new(ozonetel.state_turns.of(session_id).await),
        };
        let Some(before) = at_queue(sidecar, session_id).await else {
            return false;
        };
        // After the first try theirs may be done at another server, and this one over it.
        if let Some(mark) = mark.take()
            && before.unsettled.as_ref().map(Unsettled::id) != Some(mark.id())
        {
            return true;
        }
        let Some(ordered) = before.ordered else {
            return true;
        };
        let was_in = was_in || before.version != version;
        let order = Order::State {
            state: ordered.state,
            pause_reason: ordered.pause_reason.as_deref(),
        };
        let agent_id = &agent.config.ozonetel_agent_id;
        let until = Instant::now() + ORDER_TIME;
        let verdict = ozonetel.order(agent_id, order, until).await;
        let Some(after) = at_queue(sidecar, session_id).await else {
            return false;
        };
        match after.ordered {
            // At another server.
            Some(now) if now != ordered => {}
            Some(_) if was_in && matches!(verdict, Ok(Verdict::Refused(_))) => return true,
            Some(_) if !matches!(verdict, Ok(Verdict::Done(_))) => {
                let sessions = &sidecar.sessions;
                match sessions.note_ordered(session_id, None, after.version).await {
                    Ok(true) => {
                        keep_note(sidecar, session_id, Note::Telephony(told(&verdict))).await;
                        return true;
                    }
                    Ok(false) => {}
                    Err(error) => {
                        warn!(%error, "a session does not know that its agent is in no state");
                        return false;
                    }
                }
            }
            Some(_) | None => return true,
        }
    }
    false
}

/// Returns what a session that goes on keeps of its agent's part in the queue; `None`: it does not, or nobody knows.
async fn at_queue(sidecar: &Sidecar, session_id: &str) -> Option<AtQueue> {
    match sidecar.sessions.state(session_id).await {
        Ok(SessionState::Live { at_queue, .. }) => Some(*at_queue),
        Ok(SessionState::Ended | SessionState::Unknown) | Err(_) => None,
    }
}

/// Returns whether it is surely kept, if the session goes on.
async fn keep_note(sidecar: &Sidecar, session_id: &str, note: Note) -> bool {
    let noted = sidecar.sessions.note(session_id, note).await;
    if let Err(error) = &noted {
        warn!(%error, "a session does not know what became of its agent at Ozonetel");
    }
    noted.is_ok()
}

/// Has a session keep what was ordered for its agent, or that nobody knows it, where `version` is how often that was noted
/// before. Where its store does not answer in time, it is told again behind this for a while, unless something else is
/// noted meanwhile at whichever server: it is done at Ozonetel, and whoever takes the session over is told what it says.
pub(crate) async fn note_ordered(
    sidecar: &Arc<Sidecar>,
    session_id: &str,
    ordered: Option<Ordered>,
    version: u64,
) {
    let note = Note::Ordered(ordered.clone());
    let Err(error) = sidecar.sessions.note(session_id, note).await else {
        return;
    };
    warn!(%error, "a session does not know yet what was ordered for its agent");
    let (server, session_id) = (Arc::clone(sidecar), session_id.to_owned());
    in_background(sidecar, async move {
        for _ in 0..NOTES_OF_ORDER {
            sleep(NOTE_AGAIN).await;
            let ordered = ordered.clone();
            let noted = server.sessions.note_ordered(&session_id, ordered, version);
            if noted.await.is_ok() {
                return;
            }
        }
        warn!("a session does not know what was ordered for its agent");
    });
}

/// Whether Ozonetel left an agent as they were at their login.
fn was_already_in(done: &Done) -> bool {
    let words = done.message.as_ref();
    words.is_some_and(Words::is_already_in)
}

/// Returns what a phone is told of a login.
fn told(verdict: &Result<Verdict, Silent>) -> Telephony {
    match verdict {
        Ok(Verdict::Done(done)) => Telephony {
            state: TelephonyState::Ready,
            message: done.message.as_ref().map(|it| it.as_str().to_owned()),
        },
        Ok(Verdict::Refused(words)) => telephony(TelephonyState::Failed, words.as_str()),
        Err(silent) => telephony(TelephonyState::Failed, &format!("{silent}.")),
    }
}

/// Logs an agent in again whose session was thought to have ended, which knows by now that this is `unsettled`.
/// `was_unsettled`: nobody has seen to the end of their last login either.
pub(crate) fn begin_again(
    sidecar: &Arc<Sidecar>,
    agent: &Arc<Agent>,
    session_id: &str,
    unsettled: Unsettled,
    was_unsettled: bool,
) {
    let Some(ozonetel) = sidecar.ozonetel.clone() else {
        return;
    };
    let (server, agent) = (Arc::clone(sidecar), Arc::clone(agent));
    let session_id = session_id.to_owned();
    in_background(sidecar, async move {
        prolong(&server, &agent).await;
        // What becomes of it stands in the log, and with the session.
        let orders = match was_unsettled {
            true => Orders::Everybody,
            false => Orders::WhoWasOut,
        };
        let anew = Anew {
            unsettled,
            orders,
            turn: Weak::new(),
        };
        let _ = log_in_anew(&server, &ozonetel, &agent, &session_id, &anew).await;
    });
}

/// Notes that the session of an agent goes on, for all servers.
pub(crate) async fn prolong(sidecar: &Sidecar, agent: &Agent) {
    if let Some(ozonetel) = &sidecar.ozonetel {
        note(sidecar, ozonetel, &Duty::of(agent), sidecar.settings.ttl).await;
    }
}

/// Logs an agent out whose session is over. Nobody waits for it, a phone that quits has 2 s, but who
/// signs in meanwhile ([`is_ending`]): it must not hit their session, at whichever server.
pub(crate) fn end(sidecar: &Arc<Sidecar>, agent: &Arc<Agent>, why: &'static str) {
    let Some(ozonetel) = sidecar.ozonetel.clone() else {
        return;
    };
    let (server, duty) = (Arc::clone(sidecar), Duty::of(agent));
    in_background(sidecar, async move {
        // Where this server dies before it is done, another one does it.
        note(&server, &ozonetel, &duty, RETRY).await;
        end_under_lock(&server, &ozonetel, &duty, why).await;
    });
}

/// Logs out the agent that a member was until they signed out, and has their next record be a fresh
/// one. A platform that says nothing of them, or names another agent by now, keeps nobody logged in.
pub(crate) fn end_of(sidecar: &Arc<Sidecar>, member_id: &str, lock: &LockName) {
    if sidecar.ozonetel.is_none() {
        return sidecar.directory.forget(member_id);
    }
    let (server, member_id, lock) = (Arc::clone(sidecar), member_id.to_owned(), lock.clone());
    in_background(sidecar, async move {
        match server.directory.agent(&member_id).await {
            Ok(Some(agent)) if agent.lock_name() == lock => {
                end(&server, &agent, "signed out");
            }
            Ok(_) | Err(_) => end_known(&server, &lock),
        }
        server.directory.forget(&member_id);
    });
}

/// Has an agent logged out whose session has ended without anybody who saw to it, if nobody has done so by now.
pub(crate) fn end_left(sidecar: &Arc<Sidecar>, lock: &LockName) {
    let Some(ozonetel) = sidecar.ozonetel.clone() else {
        return;
    };
    let (server, lock) = (Arc::clone(sidecar), lock.clone());
    in_background(sidecar, async move {
        let now = server.clock.now().monotonic;
        match ozonetel.duties.end(&lock.ozonetel_agent_id, now).await {
            Ok(true) => sweep_behind(&server),
            Ok(false) => {}
            Err(error) => warn!(%error, "an agent is logged out once their session expires"),
        }
    });
}

/// Logs an agent out whose record is not at hand: it is what was to be done once their session expires.
/// Where nobody knows of that any more, because a store lost its data, the password of all agents is tried.
pub(crate) fn end_known(sidecar: &Arc<Sidecar>, lock: &LockName) {
    let Some(ozonetel) = sidecar.ozonetel.clone() else {
        return;
    };
    let (server, lock) = (Arc::clone(sidecar), lock.clone());
    in_background(sidecar, async move {
        let now = server.clock.now().monotonic;
        let ended = ozonetel.duties.end(&lock.ozonetel_agent_id, now).await;
        match ended {
            Ok(true) => sweep_behind(&server),
            Ok(false) => {
                let duty = Duty::of_lock(&lock);
                note(&server, &ozonetel, &duty, RETRY).await;
                end_under_lock(&server, &ozonetel, &duty, "signed out").await;
            }
            Err(error) => warn!(%error, "an agent is logged out once their session expires"),
        }
    });
}

/// Whether `holder` is a server that logs an agent out: nobody has lost anything to it.
pub(crate) fn is_ending(holder: &Owner) -> bool {
    holder.member_id == SWEEPERS
}

/// Ends the session of an agent whose lock is claimed for that: logs them out, where there is an account
/// for it, and gives the lock back. Until then nobody signs in whom the logout could hit, and phones
/// that listen find out who has the lock.
pub(crate) fn end_claimed(
    sidecar: &Arc<Sidecar>,
    agent: Option<&Arc<Agent>>,
    lock: LockName,
    claim: Claim,
) {
    let (server, duty) = (Arc::clone(sidecar), agent.map(|agent| Duty::of(agent)));
    in_background(sidecar, async move {
        let told = Instant::now() + TELLING;
        let is_known = duty.is_some();
        if let (Some(ozonetel), Some(duty)) = (&server.ozonetel, duty) {
            note(&server, ozonetel, &duty, RETRY).await;
            log_out(ozonetel, &duty).await;
        }
        sleep_until(told).await;
        claim.give_back().await;
        if !is_known {
            end_known(&server, &lock);
        }
    });
}

/// Begins to log out whose sessions expired, as crashes leave them, at whichever server they began.
pub(crate) fn sweep_behind(sidecar: &Arc<Sidecar>) {
    let Some(ozonetel) = sidecar.ozonetel.clone() else {
        return;
    };
    let server = Arc::clone(sidecar);
    in_background(sidecar, async move {
        for duty in take_ended(&server, &ozonetel).await {
            end_expired(&server, &ozonetel, duty);
        }
    });
}

async fn take_ended(sidecar: &Sidecar, ozonetel: &Ozonetel) -> Vec<Duty> {
    let now = sidecar.clock.now().monotonic;
    // Where they are not told, they are at the next look.
    let ended = ozonetel.duties.take_ended(now).await;
    ended.unwrap_or_default()
}

fn end_expired(sidecar: &Arc<Sidecar>, ozonetel: &Arc<Ozonetel>, duty: Duty) {
    let (server, ozonetel) = (Arc::clone(sidecar), Arc::clone(ozonetel));
    in_background(sidecar, async move {
        end_under_lock(&server, &ozonetel, &duty, "session expired").await;
    });
}

/// Logs out an agent whose session ended. The lock tells whether they have another one, and keeps a
/// device that signs in meanwhile from being logged out again. A duty that cannot be done, or whose
/// agent is signed in, ends again ([`RETRY`]): each heartbeat prolongs that of a session.
///
/// The lock is given back also where nobody knows whether it was taken.
async fn end_under_lock(sidecar: &Sidecar, ozonetel: &Ozonetel, duty: &Duty, why: &str) {
    let owner = Owner {
        member_id: SWEEPERS.to_owned(),
        device_id: Some(random_id()),
        device_name: SWEEPER.to_owned(),
        session_id: random_id(),
        since: Some(sidecar.clock.now().wall),
        epoch: 0,
    };
    let (lock, going_on) = (Arc::clone(&sidecar.lock), sidecar.background.subscribe());
    let mut claim = Claim::new(lock, duty.lock.clone(), owner, going_on);
    match claim.acquire(LOGOUT_TERM, Displacing::Nobody).await {
        Ok(Acquired::Taken { .. } | Acquired::Refreshed { .. } | Acquired::TakenOver { .. }) => {
            info!(target: AUDIT, agent = duty.agent_id(), "{why}: logging the agent out");
            log_out(ozonetel, duty).await;
            claim.give_back().await;
        }
        Ok(Acquired::Busy { .. } | Acquired::Ended) | Err(_) => {}
    }
}

/// Logs an agent out. Where Ozonetel is silent, or refuses, their duty ends again.
async fn log_out(ozonetel: &Ozonetel, duty: &Duty) {
    let agent = duty.agent_id();
    let noted = match ozonetel.log_out(duty).await {
        Ok(Verdict::Done(_)) => ozonetel.duties.done(duty).await,
        Ok(Verdict::Refused(words)) => match ozonetel.duties.refused(duty).await {
            Ok(is_given_up) => {
                let words = words.as_str();
                warn!(
                    agent,
                    words, is_given_up, "Ozonetel does not log an agent out"
                );
                Ok(())
            }
            Err(error) => Err(error),
        },
        // That stands in the log.
        Err(Silent::NotDone | Silent::Unknown) => Ok(()),
    };
    if let Err(error) = noted {
        warn!(agent, %error, "an agent will be logged out once more");
    }
}

async fn note(sidecar: &Sidecar, ozonetel: &Ozonetel, duty: &Duty, term: Duration) {
    let now = sidecar.clock.now().monotonic;
    if let Err(error) = ozonetel.duties.note(duty, term, now).await {
        warn!(agent = duty.agent_id(), %error, "no server knows when to log an agent out");
    }
}

/// Carries `work` out to its end, also where the caller who waits for it goes away; it logs as a part of their
/// call.
pub(crate) async fn to_its_end<T: Send + 'static>(
    sidecar: &Sidecar,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    in_background(sidecar, work.in_current_span())
        .await
        .expect("it does not panic, and nobody aborts it")
}

/// Has `work` go on behind the call that began it; a server that stops waits for it.
fn in_background<T: Send + 'static>(
    sidecar: &Sidecar,
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let going_on = sidecar.background.subscribe();
    tokio::spawn(async move {
        let done = work.await;
        drop(going_on);
        done
    })
}

fn telephony(state: TelephonyState, message: &str) -> Telephony {
    Telephony {
        state,
        message: Some(message.to_owned()),
    }
}
