//! Signing out: everything that was taken is given back, within a bounded time.

use std::time::{Duration, Instant};

use sidecar_api::LogoutRequest;

use crate::{
    Effect, LockReturned, NotMoved, Rejected, Reply, Request, SidecarFailure, SignedOutReason,
    Stored, StoredTokens, line::Line, tokens::Tokens,
};

use super::{Account, Holding, Phone, SIGN_OUT_DEADLINE, SignedIn, SigningOut, Station};

/// Returns the reason before the sidecar has said anything; `left`: what is left of the lock that is to be given back.
fn by_user(left: Option<Duration>) -> SignedOutReason {
    let lock = match left {
        Some(left) => LockReturned::Unconfirmed {
            for_ms: left.as_millis() as u64,
        },
        None => LockReturned::NotHeld,
    };
    SignedOutReason::ByUser { lock }
}

impl SigningOut {
    /// Takes the sidecar's answer.
    pub(super) fn handle_logout(&mut self, reply: Result<Reply, SidecarFailure>) {
        self.logout = None;
        match (reply, &mut self.reason) {
            (Ok(_), SignedOutReason::ByUser { lock }) => {
                if let LockReturned::Unconfirmed { .. } = lock {
                    *lock = LockReturned::Free;
                }
            }
            (Ok(_), _) => {}
            (Err(failure), _) => {
                tracing::warn!(?failure, "The sidecar did not confirm the sign-out");
            }
        }
    }
}

impl Phone {
    pub(super) fn sign_out_by_user(&mut self, now: Instant) -> Result<(), Rejected> {
        self.leave_queue(now);
        match std::mem::replace(&mut self.account, Account::nobody(self.outputs.now())) {
            Account::SigningIn { attempt, .. } => {
                self.account = Account::SigningOut(Box::new(SigningOut {
                    reason: by_user(None),
                    line: None,
                    login: Some(attempt),
                    logout: None,
                    wiping: false,
                    deadline: now + SIGN_OUT_DEADLINE,
                }));
                Ok(())
            }
            // Where nobody was asked so far, the ticket that comes is given back.
            Account::Asking(it) => {
                let reason = it.not_moved(NotMoved::Withdrawn);
                let login = it.sending();
                self.account = Account::Asking(it);
                let logout = self.withdraw();
                self.account = Account::SigningOut(Box::new(SigningOut {
                    reason,
                    line: None,
                    login,
                    logout,
                    wiping: false,
                    deadline: now + SIGN_OUT_DEADLINE,
                }));
                Ok(())
            }
            Account::Resuming(it) => {
                let reason = by_user(it.left(now));
                self.leave(reason, None, Some(it.tokens()), now);
                Ok(())
            }
            Account::SignedIn(it) => {
                let SignedIn {
                    tokens, station, ..
                } = *it;
                let mut left = None;
                let line = station.map(|mut it| {
                    left = it.lease.left(now);
                    it.moving.stop(&mut self.outputs);
                    it.line
                });
                self.leave(by_user(left), line, Some(&tokens), now);
                Ok(())
            }
            Account::Fallback { line, .. } => {
                self.leave(by_user(None), Some(*line), None, now);
                Ok(())
            }
            kept @ (Account::NotConfigured { .. }
            | Account::Restoring { .. }
            | Account::SignedOut { .. }
            | Account::SigningOut(_)) => {
                self.account = kept;
                Err(Rejected::NotSignedIn)
            }
        }
    }

    /// Signs out where the lease is lost and no call runs any more.
    pub(super) fn leave_if_lost(&mut self, now: Instant) {
        let reason = match &self.account {
            Account::SignedIn(it) => match &it.station {
                Some(Station {
                    lease: Holding::Lost { reason, .. },
                    line,
                    agent: _,
                    queue: _,
                    moving: _,
                }) if !line.has_calls() => reason.clone(),
                Some(_) | None => return,
            },
            Account::NotConfigured { .. }
            | Account::Restoring { .. }
            | Account::Resuming(_)
            | Account::SignedOut { .. }
            | Account::SigningIn { .. }
            | Account::Asking(_)
            | Account::Fallback { .. }
            | Account::SigningOut(_) => return,
        };
        let signed_in = std::mem::replace(&mut self.account, Account::nobody(self.outputs.now()));
        if let Account::SignedIn(it) = signed_in {
            let SignedIn {
                tokens, station, ..
            } = *it;
            // Where another device has taken the session, or the tokens are dead, there is nothing of ours to give back.
            let tokens = match &reason {
                SignedOutReason::TakenOver { .. } | SignedOutReason::TokenRefused => None,
                SignedOutReason::ByUser { .. }
                | SignedOutReason::WrongCredentials { .. }
                | SignedOutReason::NotConfigured { .. }
                | SignedOutReason::SecondFactor { .. }
                | SignedOutReason::EmailNotVerified { .. }
                | SignedOutReason::BadRequest { .. }
                | SignedOutReason::HeldElsewhere { .. }
                | SignedOutReason::NotMoved { .. }
                | SignedOutReason::TooManyTries { .. }
                | SignedOutReason::ServerTrouble { .. }
                | SignedOutReason::Unreachable { .. }
                | SignedOutReason::BadAccount { .. }
                | SignedOutReason::LeaseExpired
                | SignedOutReason::AccountChanged => Some(tokens),
            };
            self.leave(reason, station.map(|it| it.line), tokens.as_ref(), now);
        }
    }

    /// Begins to give everything back: calls, binding, lock, and what the vault holds.
    pub(super) fn leave(
        &mut self,
        reason: SignedOutReason,
        mut line: Option<Line>,
        tokens: Option<&Tokens>,
        now: Instant,
    ) {
        if let Some(line) = &mut line {
            line.stop(now, &mut self.outputs);
        }
        let logout = tokens.map(|it| self.log_out(it));
        self.outputs.effect(Effect::Wipe);
        // Nobody is asked for the candidates of a next call any more.
        let servers = Vec::new();
        self.outputs.effect(Effect::IceServers { servers });
        let deadline = now + SIGN_OUT_DEADLINE;
        self.account = Account::SigningOut(Box::new(SigningOut {
            reason,
            line,
            login: None,
            logout,
            wiping: true,
            deadline,
        }));
        self.finish_if_signed_out(now);
    }

    pub(super) fn finish_if_signed_out(&mut self, now: Instant) {
        let Account::SigningOut(it) = &mut self.account else {
            return;
        };
        let deadline = it.deadline;
        if let Some(line) = it
            .line
            .take_if(|it| it.is_unregistered() || deadline <= now)
        {
            line.close(&mut self.outputs);
        }
        let is_done = it.line.is_none() && it.login.is_none() && it.logout.is_none() && !it.wiping;
        if is_done || deadline <= now {
            let reason = it.reason.clone();
            self.refuse(reason);
        }
    }

    pub(super) fn log_out(&mut self, tokens: &Tokens) -> u64 {
        // RFC 6750 has no way to say both; the refresh token helps where the access token is unreadable to the sidecar.
        let body = LogoutRequest {
            refresh_token: Some(tokens.refresh().clone()),
        };
        let access_token = tokens.access().clone();
        self.request(Request::Logout { access_token, body }, SIGN_OUT_DEADLINE)
    }

    pub(super) fn store_tokens(&mut self, tokens: &Tokens) {
        self.outputs.effect(Effect::Store {
            stored: Stored::Tokens(StoredTokens {
                access_token: tokens.access().clone(),
                refresh_token: tokens.refresh().clone(),
            }),
        });
    }

    pub(super) fn request(&mut self, request: Request, deadline: Duration) -> u64 {
        let attempt = self.outputs.number();
        self.outputs.effect(Effect::Sidecar {
            attempt,
            request,
            deadline,
        });
        attempt
    }
}
