//! Holding what was granted: heartbeats, tokens, and what becomes of the session when they fail.

use std::time::{Duration, Instant};

use sidecar_api::{HeartbeatRequest, RefreshRequest, RefreshResponse, TakeoverResponse};

use crate::{
    Effect, Event, Hop, MoveReply, Reply, Request, SidecarFailure, SignedOutReason,
    lease::{Due, Lease, Standing},
    moment::Epoch,
    outputs::Outputs,
    queue::Queue,
    tokens::Tokens,
    view::{LeaseState, LeaseView, Proofs},
    words::shown,
};

use super::{
    Account, BEAT_DEADLINE, GRACE, Holding, Phone, REFRESH_DEADLINE, Station,
    sign_in::login_refusal,
};

/// The sidecar's replies.
impl Phone {
    pub(super) fn handle_reply(
        &mut self,
        number: u64,
        reply: Result<Reply, SidecarFailure>,
        now: Instant,
    ) {
        if self.probe.as_ref().is_some_and(|it| it.attempt == number) {
            return self.handle_probed(reply, now);
        }
        if let Err(failure) = &reply
            && failure.is_account_changed()
            && matches!(self.account, Account::SignedIn(_))
        {
            return self.lose(SignedOutReason::AccountChanged, now);
        }
        if self.awaits_answer(number) {
            return self.handle_answer_told(reply, now);
        }
        match &mut self.account {
            Account::SigningIn { attempt, .. } if *attempt == number => match reply {
                Ok(Reply::Login(grant)) => self.handle_granted(*grant, now),
                Ok(
                    Reply::Refresh(_)
                    | Reply::Heartbeat(_)
                    | Reply::Logout(_)
                    | Reply::Probe { .. }
                    | Reply::Agent(_)
                    | Reply::Move(_),
                ) => {}
                Err(failure) => self.refuse(login_refusal(failure)),
            },
            Account::SignedIn(it) if it.tokens.awaits(number) => match reply {
                Ok(Reply::Refresh(tokens)) => self.handle_refreshed(tokens, now),
                Ok(
                    Reply::Login(_)
                    | Reply::Heartbeat(_)
                    | Reply::Logout(_)
                    | Reply::Probe { .. }
                    | Reply::Agent(_)
                    | Reply::Move(_),
                ) => {}
                Err(failure) => self.handle_refresh_failed(failure, now),
            },
            Account::SignedIn(it)
                if it
                    .station
                    .as_ref()
                    .is_some_and(|it| it.lease.awaits(number)) =>
            {
                match reply {
                    Ok(Reply::Heartbeat(beat)) => {
                        let (mut lacks_lock, mut asked_at) = (false, now);
                        self.with_lease(|lease, _| {
                            lacks_lock = lease.lacks_lock(&beat);
                            asked_at = lease.sent_at().unwrap_or(now);
                        });
                        if lacks_lock {
                            return self.lose(SignedOutReason::AccountChanged, now);
                        }
                        self.with_lease(|lease, outputs| {
                            if lease.handle_confirmed(beat.ttl_seconds, now, outputs) {
                                let ttl_seconds = lease.ttl().as_secs();
                                outputs.event(Event::SessionHeld { ttl_seconds });
                            }
                        });
                        let (queue, telephony) = (&beat.queue, &beat.telephony);
                        self.handle_queue_told(queue.as_ref(), telephony.as_ref(), asked_at, now);
                    }
                    Ok(
                        Reply::Login(_)
                        | Reply::Refresh(_)
                        | Reply::Logout(_)
                        | Reply::Probe { .. }
                        | Reply::Agent(_)
                        | Reply::Move(_),
                    ) => {}
                    Err(failure) => self.handle_beat_failed(failure, now),
                }
            }
            Account::SignedIn(it) if it.awaits_at_queue(number) => {
                self.handle_queue_reply(number, reply, now);
            }
            Account::Resuming(it) if it.awaits(number) => self.handle_resume_reply(reply, now),
            Account::Asking(it) if it.awaits(number) => self.handle_ask_reply(reply, now),
            Account::SigningOut(it) if it.login == Some(number) => {
                it.login = None;
                self.give_back(reply, now);
            }
            Account::SigningOut(it) if it.logout == Some(number) => {
                it.handle_logout(reply);
            }
            Account::NotConfigured { .. }
            | Account::Restoring { .. }
            | Account::Resuming(_)
            | Account::SignedOut { .. }
            | Account::SigningIn { .. }
            | Account::Asking(_)
            | Account::SignedIn(_)
            | Account::Fallback { .. }
            | Account::SigningOut(_) => self.give_back(reply, now),
        }
    }

    /// A grant that nobody waits for any more holds a lock all the same; it is released. So is a request: its holder is asked for nothing.
    pub(super) fn give_back(&mut self, reply: Result<Reply, SidecarFailure>, now: Instant) {
        let returned = match reply {
            Ok(Reply::Login(grant)) => {
                let tokens = Tokens::new(grant.access_token, grant.refresh_token, now);
                self.log_out(&tokens)
            }
            Ok(Reply::Move(MoveReply::Asked(TakeoverResponse::Asked(it)))) => {
                self.take_back(it.ticket)
            }
            Ok(_) | Err(_) => return,
        };
        if let Account::SigningOut(it) = &mut self.account {
            it.logout.get_or_insert(returned);
        }
    }

    /// A token was refused: another one is fetched where that is worth a try, or the session is lost.
    pub(super) fn renew_or_lose(&mut self, is_worth_it: bool, now: Instant) {
        match &mut self.account {
            Account::SignedIn(it) if is_worth_it => it.tokens.renew_soon(now),
            Account::NotConfigured { .. }
            | Account::Restoring { .. }
            | Account::Resuming(_)
            | Account::SignedOut { .. }
            | Account::SigningIn { .. }
            | Account::Asking(_)
            | Account::SignedIn(_)
            | Account::Fallback { .. }
            | Account::SigningOut(_) => self.lose(SignedOutReason::TokenRefused, now),
        }
    }

    pub(super) fn handle_beat_failed(&mut self, failure: SidecarFailure, now: Instant) {
        let (trouble, retry_after) = match failure {
            SidecarFailure::Refused {
                status: 409,
                holder,
                ..
            } => {
                let device_name = holder.map(|it| shown(&it.device_name));
                self.lose(SignedOutReason::TakenOver { device_name }, now);
                return;
            }
            SidecarFailure::Refused { status: 401, .. } => {
                let mut worth_it = true;
                self.with_lease(|lease, _| worth_it = lease.wait_for_token());
                self.renew_or_lose(worth_it, now);
                return;
            }
            SidecarFailure::Refused {
                status,
                message,
                retry_after,
                ..
            } => (
                (Hop::Http, format!("{status} {}", shown(&message))),
                retry_after,
            ),
            SidecarFailure::Unreachable { hop, detail, .. } => ((hop, detail), None),
            SidecarFailure::Nonsense { detail } => ((Hop::Http, detail), None),
        };
        self.with_lease(|lease, outputs| {
            if lease.handle_failed(trouble.clone(), retry_after, now, outputs) {
                let left = lease.expires_at().saturating_duration_since(now);
                outputs.event(Event::SessionAtRisk {
                    expires_in_ms: left.as_millis() as u64,
                    hop: trouble.0,
                    detail: trouble.1,
                });
            }
        });
    }

    /// The new pair is stored before it is used.
    pub(super) fn handle_refreshed(&mut self, pair: RefreshResponse, now: Instant) {
        let tokens = Tokens::new(pair.access_token, pair.refresh_token, now);
        self.store_tokens(&tokens);
        if let Account::SignedIn(it) = &mut self.account {
            it.tokens = tokens;
        }
        self.with_lease(|lease, _| lease.handle_token(now));
        self.handle_queue_token(now);
        if let Account::SignedIn(it) = &mut self.account
            && let Some(station) = &mut it.station
        {
            station.moving.watch.handle_token(now);
        }
    }

    pub(super) fn handle_refresh_failed(&mut self, failure: SidecarFailure, now: Instant) {
        match failure {
            SidecarFailure::Refused {
                status: 400 | 401 | 403,
                ..
            } => {
                let Account::SignedIn(it) = &mut self.account else {
                    return;
                };
                it.tokens.handle_refused();
                if it.station.is_some() {
                    self.lose(SignedOutReason::TokenRefused, now);
                } else {
                    self.leave(SignedOutReason::TokenRefused, None, None, now);
                }
            }
            SidecarFailure::Refused { .. }
            | SidecarFailure::Unreachable { .. }
            | SidecarFailure::Nonsense { .. } => {
                tracing::debug!(?failure, "The access token could not be renewed");
                if let Account::SignedIn(it) = &mut self.account {
                    it.tokens.handle_failed(now, &mut self.outputs);
                }
            }
        }
    }

    pub(super) fn with_lease(&mut self, act: impl FnOnce(&mut Lease, &mut Outputs)) {
        if let Account::SignedIn(it) = &mut self.account
            && let Some(Station {
                lease: Holding::Held(lease),
                ..
            }) = &mut it.station
        {
            act(lease, &mut self.outputs);
        }
    }

    /// The session is another's, or over: no new calls, and the running one goes on.
    pub(super) fn lose(&mut self, reason: SignedOutReason, now: Instant) {
        self.leave_queue(now);
        if let Account::SignedIn(it) = &mut self.account
            && let Some(station) = &mut it.station
            && let Holding::Held(lease) = &station.lease
        {
            let ttl = lease.ttl();
            station.moving.stop(&mut self.outputs);
            station.line.turn_calls_away();
            station.lease = Holding::Lost {
                reason: reason.clone(),
                ttl,
            };
            self.outputs.event(Event::SessionLost { reason });
        }
    }
}

/// What is due.
impl Phone {
    /// Sends the heartbeat and the renewal of the tokens when their time has come.
    pub(super) fn do_due(&mut self, now: Instant) {
        let Account::SignedIn(it) = &mut self.account else {
            return;
        };
        if it.tokens.is_overdue(now) {
            it.tokens.handle_failed(now, &mut self.outputs);
        }
        if it.tokens.is_due(now) {
            let refresh_token = it.tokens.refresh().clone();
            let number = self.outputs.number();
            it.tokens.handle_sent(number, REFRESH_DEADLINE + GRACE, now);
            self.outputs.effect(Effect::Sidecar {
                attempt: number,
                request: Request::Refresh(RefreshRequest { refresh_token }),
                deadline: REFRESH_DEADLINE,
            });
        }
        let Some(Station {
            lease: Holding::Held(lease),
            line,
            queue,
            ..
        }) = &mut it.station
        else {
            return;
        };
        let in_call = line.has_calls();
        lease.handle_call(in_call, now);
        match lease.due(now) {
            Some(Due::Beat) => {
                let number = self.outputs.number();
                lease.handle_tells(in_call, now);
                lease.handle_sent(number, BEAT_DEADLINE + GRACE, now);
                self.outputs.effect(Effect::Sidecar {
                    attempt: number,
                    request: Request::Heartbeat {
                        access_token: it.tokens.access().clone(),
                        body: HeartbeatRequest {
                            in_call: Some(in_call),
                            in_work: Some(queue.as_ref().is_some_and(Queue::is_at_work)),
                        },
                    },
                    deadline: BEAT_DEADLINE,
                });
            }
            Some(Due::Overdue) => self.handle_beat_failed(overdue(), now),
            Some(Due::Expiry) => self.lose(SignedOutReason::LeaseExpired, now),
            None => {}
        }
    }
}

/// What it means where the engine does not say how a request ended.
pub(super) fn overdue() -> SidecarFailure {
    SidecarFailure::Unreachable {
        hop: Hop::Timeout,
        detail: "The server does not answer".to_owned(),
        facts: None,
    }
}

impl Holding {
    pub(super) fn awaits(&self, number: u64) -> bool {
        match self {
            Self::Held(lease) => lease.awaits(number),
            Self::Lost { .. } => false,
        }
    }

    pub(super) fn proofs(&self, epoch: Epoch) -> Proofs {
        match self {
            Self::Held(lease) => lease.proofs(epoch),
            Self::Lost { .. } => Proofs::default(),
        }
    }

    /// Returns what is left of the lock, as far as this phone knows; `None` where it is lost.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        match self {
            Self::Held(lease) => Some(lease.expires_at().saturating_duration_since(now)),
            Self::Lost { .. } => None,
        }
    }

    pub(super) fn view(&self) -> LeaseView {
        let (state, ttl) = match self {
            Self::Held(lease) => {
                let state = match lease.standing() {
                    Standing::Granted | Standing::Confirmed => LeaseState::Held,
                    Standing::AtRisk { hop, detail, .. } => LeaseState::AtRisk {
                        hop: *hop,
                        detail: detail.clone(),
                    },
                };
                (state, lease.ttl())
            }
            Self::Lost { reason, ttl } => (
                LeaseState::Lost {
                    reason: reason.clone(),
                },
                *ttl,
            ),
        };
        LeaseView {
            state,
            ttl_ms: ttl.as_millis() as u64,
        }
    }
}
