//! Signing in: the login, and what the sidecar grants or refuses.

use std::time::Instant;

use secrecy::SecretString;
use sidecar_api::{HeartbeatResponse, LoginRequest, LoginResponse, RefusalReason, User};

use crate::{
    Effect, Event, Hop, Rejected, Request, SidecarFailure, SignedOutReason, Stored, StoredSession,
    lease::Lease,
    line::{Line, LineSetup},
    moving::Moving,
    tokens::Tokens,
    view::{AgentView, UserView},
    words::shown,
};

use super::{
    Account, BEAT_DEADLINE, GRACE, Holding, LOGIN_DEADLINE, Phone, SignedIn, Station, vault_wished,
};

/// By which way a session begins on this device.
#[derive(Debug)]
pub(super) enum Entrance {
    Login,
    /// A heartbeat confirmed the session of an earlier run.
    Resumed {
        beat: Box<HeartbeatResponse>,
        attempt: u64,
        sent_at: Instant,
    },
}

/// By which way a login came about.
#[derive(Debug)]
pub(super) enum Way {
    Direct,
    /// The device that held the session was asked for it, and gave it.
    Granted {
        device_name: Option<String>,
    },
}

impl Phone {
    pub(super) fn sign_in(
        &mut self,
        email: String,
        password: SecretString,
        takeover: bool,
        now: Instant,
    ) -> Result<(), Rejected> {
        if !self.setup.sidecar {
            return Err(Rejected::NoSidecar);
        }
        match &self.account {
            Account::SignedOut { .. }
            | Account::Restoring { .. }
            | Account::NotConfigured { .. }
            | Account::Fallback { .. } => {}
            // Who takes the session over ends the request as well.
            Account::Asking(_) if takeover => {}
            Account::Asking(_) => {
                self.withdraw();
            }
            Account::Resuming(_)
            | Account::SigningIn { .. }
            | Account::SignedIn(_)
            | Account::SigningOut(_) => {
                return Err(Rejected::AlreadySignedIn);
            }
        }
        let login = LoginRequest {
            email: email.trim().to_owned(),
            password,
            takeover,
            takeover_ticket: None,
        };
        self.log_in(login, Way::Direct, now);
        Ok(())
    }

    pub(super) fn log_in(&mut self, login: LoginRequest, way: Way, now: Instant) {
        let email = login.email.clone();
        let attempt = self.request(Request::Login(login), LOGIN_DEADLINE);
        let deadline = now + LOGIN_DEADLINE + GRACE;
        self.account = Account::SigningIn {
            email,
            attempt,
            deadline,
            way,
        };
    }

    pub(super) fn handle_granted(&mut self, grant: LoginResponse, now: Instant) {
        let way = match &mut self.account {
            Account::SigningIn { way, .. } => std::mem::replace(way, Way::Direct),
            Account::NotConfigured { .. }
            | Account::Restoring { .. }
            | Account::Resuming(_)
            | Account::SignedOut { .. }
            | Account::Asking(_)
            | Account::SignedIn(_)
            | Account::Fallback { .. }
            | Account::SigningOut(_) => Way::Direct,
        };
        let tokens = Tokens::new(grant.access_token, grant.refresh_token, now);
        let (queue, telephony) = (grant.queue, grant.telephony);
        let session = StoredSession {
            user: grant.user,
            agent_config: grant.agent_config,
            grant: grant.session,
        };
        self.enter(session, tokens, Entrance::Login, now);
        self.handle_queue_told(queue.as_ref(), telephony.as_ref(), now, now);
        let at = self.outputs.now();
        if let Some(queue) = self.queue() {
            queue.prove_sign_in(at);
        }
        if let (Account::SignedIn(_), Way::Granted { device_name }) = (&self.account, way) {
            self.outputs.event(Event::MovedHere { device_name });
        }
    }

    /// Signs in with what was granted: a phone where there is an account for one.
    pub(super) fn enter(
        &mut self,
        session: StoredSession,
        tokens: Tokens,
        entrance: Entrance,
        now: Instant,
    ) {
        let user = user_view(&session.user);
        let station = match &session.agent_config {
            None => None,
            Some(config) => {
                let setup = LineSetup {
                    sip_uri: config.sip_uri.clone(),
                    password: config.sip_password.clone(),
                    ws_server: config.sip_ws_server.clone(),
                    display_name: Some(user.name.clone()).filter(|it| !it.is_empty()),
                    device_id: self.setup.device_id.clone(),
                    user_agent: self.setup.user_agent.clone(),
                    calls: self.setup.calls.clone(),
                };
                let servers = config.ice_servers.clone();
                self.outputs.effect(Effect::IceServers { servers });
                let line = match Line::new(setup, now, &mut self.outputs) {
                    Ok(line) => line,
                    Err(detail) => {
                        // The sidecar holds a lock for this device; it is given back.
                        let reason = SignedOutReason::BadAccount { detail };
                        self.leave(reason, None, Some(&tokens), now);
                        return;
                    }
                };
                let agent = AgentView {
                    agent_id: shown(&config.ozonetel_agent_id),
                    extension: shown(line.extension()),
                    campaign: config
                        .campaign_name
                        .as_deref()
                        .map(shown)
                        .filter(|it| !it.is_empty()),
                };
                let lease = Lease::granted(session.grant.as_ref(), now);
                Some(Station {
                    agent,
                    lease: Holding::Held(lease),
                    moving: Moving::new(now),
                    line,
                    queue: None,
                })
            }
        };
        self.outputs.event(Event::SignedIn {
            user: user.clone(),
            phone: station.is_some(),
        });
        if matches!(entrance, Entrance::Login) {
            // Whether it is kept is told by the vault.
            self.vault = vault_wished(&self.setup);
            let stored = Stored::Session(Box::new(session));
            self.outputs.effect(Effect::Store { stored });
            self.store_tokens(&tokens);
        }
        self.account = Account::SignedIn(Box::new(SignedIn {
            user,
            since: self.outputs.now(),
            tokens,
            station,
        }));
        if let Entrance::Resumed {
            beat,
            attempt,
            sent_at,
        } = entrance
        {
            let (queue, telephony) = (&beat.queue, &beat.telephony);
            self.handle_queue_told(queue.as_ref(), telephony.as_ref(), sent_at, now);
            self.with_lease(|lease, outputs| {
                lease.handle_sent(attempt, BEAT_DEADLINE, sent_at);
                // What the session was told before this run is not known.
                lease.lacks_lock(&beat);
                lease.handle_confirmed(beat.ttl_seconds, now, outputs);
                let ttl_seconds = lease.ttl().as_secs();
                outputs.event(Event::SessionHeld { ttl_seconds });
            });
        }
    }

    pub(super) fn refuse(&mut self, reason: SignedOutReason) {
        self.outputs.event(Event::SignedOut {
            reason: reason.clone(),
        });
        self.account = Account::SignedOut {
            reason: Some(reason),
            since: self.outputs.now(),
        };
    }
}

/// Returns what of a user a front door may show.
pub(super) fn user_view(user: &User) -> UserView {
    UserView {
        id: user.id.clone(),
        role: shown(&user.role),
        name: shown(&user.name),
        email: shown(&user.email),
    }
}

/// Returns what a login's failure means to the user (contract/sidecar.md, the table of statuses).
pub(super) fn login_refusal(failure: SidecarFailure) -> SignedOutReason {
    match failure {
        SidecarFailure::Refused {
            status,
            message,
            holder,
            askable,
            retry_after,
            reason,
        } => {
            let message = shown(&message);
            match status {
                400 => SignedOutReason::BadRequest { message },
                401 => SignedOutReason::WrongCredentials { message },
                403 => match reason {
                    Some(RefusalReason::SecondFactor) => SignedOutReason::SecondFactor { message },
                    Some(RefusalReason::EmailNotVerified) => {
                        SignedOutReason::EmailNotVerified { message }
                    }
                    Some(RefusalReason::AccountChanged | RefusalReason::Unknown) | None => {
                        SignedOutReason::NotConfigured { message }
                    }
                },
                409 => SignedOutReason::HeldElsewhere {
                    message,
                    device_name: holder.as_ref().map(|it| shown(&it.device_name)),
                    system: holder
                        .as_ref()
                        .and_then(|it| it.system.as_deref())
                        .map(shown),
                    since: holder
                        .as_ref()
                        .and_then(|it| it.since.as_deref())
                        .map(shown),
                    in_call: holder.as_ref().and_then(|it| it.in_call),
                    same_member: holder.as_ref().map(|it| it.same_member),
                    askable: askable && holder.is_some_and(|it| it.same_member),
                },
                429 => SignedOutReason::TooManyTries {
                    message,
                    retry_after_seconds: retry_after.map(|it| it.as_secs()),
                },
                _ => SignedOutReason::ServerTrouble { status, message },
            }
        }
        SidecarFailure::Unreachable { hop, detail, facts } => {
            SignedOutReason::Unreachable { hop, detail, facts }
        }
        SidecarFailure::Nonsense { detail } => SignedOutReason::Unreachable {
            hop: Hop::Http,
            detail,
            facts: None,
        },
    }
}
