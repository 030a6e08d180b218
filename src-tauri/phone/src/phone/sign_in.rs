//! Signing in: the login, and what the sidecar grants or refuses.

use std::time::Instant;

use secrecy::SecretString;
use sidecar_api::{LoginRequest, LoginResponse};

use crate::{
    Effect, Event, Hop, Rejected, Request, SidecarFailure, SignedOutReason, Stored,
    lease::Lease,
    line::{Line, LineSetup},
    tokens::Tokens,
    view::UserView,
    words::shown,
};

use super::{Account, GRACE, Holding, LOGIN_DEADLINE, Phone, SignedIn, Station};

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
            | Account::NotConfigured { .. }
            | Account::Fallback { .. } => {}
            Account::SigningIn { .. } | Account::SignedIn(_) | Account::SigningOut(_) => {
                return Err(Rejected::AlreadySignedIn);
            }
        }
        let email = email.trim().to_owned();
        let login = LoginRequest {
            email: email.clone(),
            password,
            takeover,
        };
        let attempt = self.request(Request::Login(login), LOGIN_DEADLINE);
        let deadline = now + LOGIN_DEADLINE + GRACE;
        self.account = Account::SigningIn {
            email,
            attempt,
            deadline,
        };
        Ok(())
    }

    pub(super) fn handle_granted(&mut self, grant: LoginResponse, now: Instant) {
        let user = UserView {
            id: grant.user.id,
            role: shown(&grant.user.role),
            name: shown(&grant.user.name),
            email: shown(&grant.user.email),
        };
        let tokens = Tokens::new(grant.access_token, grant.refresh_token, now);
        let station = match grant.agent_config {
            None => None,
            Some(config) => {
                let setup = LineSetup {
                    sip_uri: config.sip_uri.clone(),
                    password: config.sip_password.clone(),
                    ws_server: config.sip_ws_server.clone(),
                    display_name: Some(user.name.clone()).filter(|it| !it.is_empty()),
                    device_id: self.setup.device_id.clone(),
                    user_agent: self.setup.user_agent.clone(),
                    max_calls: self.setup.max_calls,
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
                self.outputs.effect(Effect::Store {
                    stored: Stored::AgentConfig(Box::new(config)),
                });
                let lease = Lease::granted(grant.session.as_ref(), now);
                Some(Station {
                    lease: Holding::Held(lease),
                    line,
                })
            }
        };
        self.store_tokens(&tokens);
        self.outputs.event(Event::SignedIn {
            user: user.clone(),
            phone: station.is_some(),
        });
        self.account = Account::SignedIn(Box::new(SignedIn {
            user,
            tokens,
            station,
        }));
    }

    pub(super) fn refuse(&mut self, reason: SignedOutReason) {
        self.outputs.event(Event::SignedOut {
            reason: reason.clone(),
        });
        self.account = Account::SignedOut {
            reason: Some(reason),
        };
    }
}

/// Returns what a login's failure means to the user (contract/sidecar.md, the table of statuses).
pub(super) fn login_refusal(failure: SidecarFailure) -> SignedOutReason {
    match failure {
        SidecarFailure::Refused {
            status,
            message,
            holder,
            retry_after,
        } => {
            let message = shown(&message);
            match status {
                400 => SignedOutReason::BadRequest { message },
                401 => SignedOutReason::WrongCredentials { message },
                403 => SignedOutReason::NotConfigured { message },
                409 => SignedOutReason::HeldElsewhere {
                    message,
                    device_name: holder.as_ref().map(|it| shown(&it.device_name)),
                    since: holder.as_ref().map(|it| shown(&it.since)),
                    same_member: holder.as_ref().map(|it| it.same_member),
                },
                429 => SignedOutReason::TooManyTries {
                    message,
                    retry_after_seconds: retry_after.map(|it| it.as_secs()),
                },
                _ => SignedOutReason::ServerTrouble { status, message },
            }
        }
        SidecarFailure::Unreachable { hop, detail } => SignedOutReason::Unreachable { hop, detail },
        SidecarFailure::Nonsense { detail } => SignedOutReason::Unreachable {
            hop: Hop::Http,
            detail,
        },
    }
}
