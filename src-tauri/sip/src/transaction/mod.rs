//! The transaction layer over one reliable flow (RFC 3261 §17, RFC 6026).
//!
//! Nothing is retransmitted here: over a reliable transport timers A, E and G do not run, and D, I,
//! J and K are zero.

mod client_invite;
mod client_non_invite;
mod key;
mod server_invite;
mod server_non_invite;

use std::{collections::BTreeMap, time::Instant};

pub(crate) use key::{Branch, ServerKey};

use self::{
    client_invite::{ClientInvite, Reaction},
    client_non_invite::ClientNonInvite,
    server_invite::ServerInvite,
    server_non_invite::ServerNonInvite,
};
use crate::{
    CallHandle,
    flow::Flow,
    message::{Method, Request, Response},
    timer::{TRANSACTION_TIMEOUT, earlier},
};

/// How many requests of others may be open at once; more are turned away with 503.
///
/// A registrar's whole queue ringing at one agent is two or three; refused calls stay until their
/// ACK.
const MAX_SERVER_TRANSACTIONS: usize = 128;

/// Whom the answer to a request of ours concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Registration,
    Probe,
    Call(CallHandle),
    /// The request wants to be delivered, its answer changes nothing: CANCEL, BYE to a surplus
    /// fork.
    Nobody,
}

/// What became of a request of ours.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) owner: Owner,
    pub(crate) branch: Branch,
    pub(crate) news: News,
}

#[derive(Debug)]
pub(crate) enum News {
    /// 100 to 199.
    Provisional(Response),
    /// 200 to 299; for INVITE once for each that arrives (RFC 6026 §7.2).
    Success(Response),
    /// 300 to 699, with the request it answers.
    Failure {
        request: Box<Request>,
        response: Response,
    },
    Timeout,
    FlowLost,
}

impl News {
    /// Returns whether a final word is still to come.
    pub(crate) fn is_provisional(&self) -> bool {
        match self {
            Self::Provisional(_) => true,
            Self::Success(_) | Self::Failure { .. } | Self::Timeout | Self::FlowLost => false,
        }
    }
}

/// What a request from the flow is to the transactions.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// A new server transaction; it wants a response.
    New(ServerKey),
    /// A retransmission, answered here where an answer exists.
    Repeated,
    /// There are too many; answer without a transaction.
    TooMany,
}

#[derive(Debug, Default)]
pub(crate) struct Transactions {
    client_invite: BTreeMap<Branch, ClientInvite>,
    client_non_invite: BTreeMap<Branch, ClientNonInvite>,
    server_invite: BTreeMap<ServerKey, ServerInvite>,
    server_non_invite: BTreeMap<ServerKey, ServerNonInvite>,
}

/// Requests of ours.
impl Transactions {
    /// Sends `request`, whose top Via carries `branch`.
    pub(crate) fn send(
        &mut self,
        branch: Branch,
        request: Request,
        owner: Owner,
        flow: &mut Flow,
        now: Instant,
    ) {
        flow.send(request.to_text());
        if request.method == Method::Invite {
            self.client_invite
                .insert(branch, ClientInvite::new(request, owner, now));
        } else {
            self.client_non_invite
                .insert(branch, ClientNonInvite::new(request, owner, now));
        }
    }

    /// Asks for the end of an INVITE that has no final response yet (RFC 3261 §9.1).
    pub(crate) fn cancel(&mut self, branch: &Branch, flow: &mut Flow, now: Instant) {
        let Some(transaction) = self.client_invite.get_mut(branch) else {
            return;
        };
        if transaction.cancel(flow.is_up(), now) {
            let cancel = transaction.make_cancel();
            self.send(branch.clone(), cancel, Owner::Nobody, flow, now);
        }
    }

    /// Gives up on an INVITE whose session waits no longer: what still comes is acknowledged.
    pub(crate) fn abandon(&mut self, branch: &Branch, now: Instant) {
        if let Some(transaction) = self.client_invite.get_mut(branch) {
            transaction.abandon(now);
        }
    }

    /// Drops an INVITE that was never sent.
    pub(crate) fn forget(&mut self, branch: &Branch) {
        self.client_invite.remove(branch);
    }

    /// Returns an INVITE of ours as it was sent, while responses to it are still taken.
    pub(crate) fn invite(&self, branch: &Branch) -> Option<&Request> {
        self.client_invite.get(branch).map(ClientInvite::request)
    }

    pub(crate) fn handle_response(
        &mut self,
        response: Response,
        flow: &mut Flow,
        now: Instant,
    ) -> Option<Outcome> {
        // RFC 3261 §8.1.3.3: more than one Via: it was meant for another.
        if response.headers.vias().len() != 1 {
            return None;
        }
        // RFC 3261 §17.1.3: servers add rport and received, so branch and method are all that is
        // compared.
        let branch = Branch::of(&response.headers)?;
        let (_, method) = response.headers.cseq()?;
        if method == Method::Invite {
            self.handle_invite_response(branch, response, flow, now)
        } else {
            self.handle_non_invite_response(branch, &method, response)
        }
    }

    fn handle_invite_response(
        &mut self,
        branch: Branch,
        response: Response,
        flow: &mut Flow,
        now: Instant,
    ) -> Option<Outcome> {
        let transaction = self.client_invite.get_mut(&branch)?;
        let owner = transaction.owner();
        let news = match transaction.handle_response(response.status, now) {
            Reaction::Ignore => return None,
            Reaction::Provisional => News::Provisional(response),
            Reaction::CancelNow => {
                let cancel = transaction.make_cancel();
                self.send(branch.clone(), cancel, Owner::Nobody, flow, now);
                News::Provisional(response)
            }
            Reaction::Success => News::Success(response),
            Reaction::Failure => {
                flow.send(transaction.make_ack(&response).to_text());
                // Timer D is zero: the transaction ends with its ACK.
                let transaction = self.client_invite.remove(&branch)?;
                News::Failure {
                    request: Box::new(transaction.into_request()),
                    response,
                }
            }
        };
        Some(Outcome {
            owner,
            branch,
            news,
        })
    }

    fn handle_non_invite_response(
        &mut self,
        branch: Branch,
        method: &Method,
        response: Response,
    ) -> Option<Outcome> {
        let transaction = self.client_non_invite.get(&branch)?;
        if transaction.method() != method {
            return None;
        }
        let owner = transaction.owner();
        let news = match response.status {
            ..200 => News::Provisional(response),
            // Timer K is zero: the first final response ends the transaction.
            200..300 => {
                self.client_non_invite.remove(&branch);
                News::Success(response)
            }
            300.. => News::Failure {
                request: Box::new(self.client_non_invite.remove(&branch)?.into_request()),
                response,
            },
        };
        Some(Outcome {
            owner,
            branch,
            news,
        })
    }
}

/// Requests of others.
impl Transactions {
    /// Takes any request but ACK and CANCEL of an INVITE.
    pub(crate) fn handle_request(&mut self, request: &Request, flow: &mut Flow) -> Arrival {
        let Some(key) = ServerKey::of(request) else {
            return Arrival::Repeated;
        };
        if let Some(transaction) = self.server_invite.get(&key) {
            if let Some(response) = transaction.handle_repetition() {
                flow.send(response.to_owned());
            }
            return Arrival::Repeated;
        }
        if self.server_non_invite.contains_key(&key) {
            return Arrival::Repeated;
        }
        if self.server_invite.len() + self.server_non_invite.len() >= MAX_SERVER_TRANSACTIONS {
            return Arrival::TooMany;
        }
        if request.method == Method::Invite {
            self.server_invite
                .insert(key.clone(), ServerInvite::new(request.clone()));
        } else {
            self.server_non_invite
                .insert(key.clone(), ServerNonInvite::new(request.clone()));
        }
        Arrival::New(key)
    }

    /// Takes an ACK; `true`: it belongs to a refusal of ours and is done with.
    pub(crate) fn handle_ack(&mut self, ack: &Request) -> bool {
        let Some(key) = ServerKey::of_invite(ack) else {
            return false;
        };
        let Some(transaction) = self.server_invite.get(&key) else {
            return false;
        };
        if transaction.is_completed() {
            // Timer I is zero: Confirmed ends at once.
            self.server_invite.remove(&key);
            return true;
        }
        false
    }

    /// Returns the request of an open server transaction.
    pub(crate) fn request(&self, key: &ServerKey) -> Option<&Request> {
        match self.server_invite.get(key) {
            Some(transaction) => Some(transaction.request()),
            None => self
                .server_non_invite
                .get(key)
                .map(ServerNonInvite::request),
        }
    }

    /// Returns whether `request` is the INVITE of an open server transaction, perhaps another way.
    pub(crate) fn is_same_invite(&self, key: &ServerKey, request: &Request) -> bool {
        self.server_invite
            .get(key)
            .is_some_and(|transaction| transaction.is_same_as(request))
    }

    /// Returns whether the INVITE came another way before (RFC 3261 §8.2.2.2).
    pub(crate) fn is_merged(&self, key: &ServerKey, request: &Request) -> bool {
        self.server_invite
            .iter()
            .any(|(other, transaction)| other != key && transaction.is_same_as(request))
    }

    pub(crate) fn respond(
        &mut self,
        key: &ServerKey,
        response: &Response,
        flow: &mut Flow,
        now: Instant,
    ) {
        let text = response.to_text();
        flow.send(text.clone());
        if let Some(transaction) = self.server_invite.get_mut(key) {
            transaction.respond(response.status, text, now);
        } else if response.status >= 200 {
            // Timer J is zero.
            self.server_non_invite.remove(key);
        }
    }

    /// Drops an INVITE that came again over a newer flow.
    pub(crate) fn replace(&mut self, key: &ServerKey) {
        self.server_invite.remove(key);
    }
}

/// The flow and time.
impl Transactions {
    /// The flow is gone: no response can arrive on it. Non-INVITE transactions end; what becomes of
    /// an INVITE, its owner decides by [`cancel`](Self::cancel) or [`abandon`](Self::abandon).
    pub(crate) fn handle_flow_closed(&mut self) -> Vec<Outcome> {
        let invites = self
            .client_invite
            .iter()
            .filter(|(_, transaction)| transaction.awaits_final())
            .map(|(branch, transaction)| (branch.clone(), transaction.owner()));
        let others = std::mem::take(&mut self.client_non_invite);
        invites
            .collect::<Vec<_>>()
            .into_iter()
            .chain(
                others
                    .into_iter()
                    .map(|(branch, transaction)| (branch, transaction.owner())),
            )
            .map(|(branch, owner)| Outcome {
                owner,
                branch,
                news: News::FlowLost,
            })
            .collect()
    }

    /// A new flow: what was refused or cancelled while there was none is said again.
    pub(crate) fn handle_flow_opened(&mut self, flow: &mut Flow, now: Instant) {
        for transaction in self.server_invite.values() {
            if let Some(response) = transaction.handle_repetition() {
                flow.send(response.to_owned());
            }
        }
        let cancels: Vec<_> = self
            .client_invite
            .iter_mut()
            .filter_map(|(branch, transaction)| {
                transaction
                    .is_cancelled(now)
                    .then(|| (branch.clone(), transaction.make_cancel()))
            })
            .collect();
        for (branch, cancel) in cancels {
            self.send(branch, cancel, Owner::Nobody, flow, now);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        self.client_invite.retain(|branch, transaction| {
            let is_due = transaction.deadline().is_some_and(|at| at <= now);
            if is_due && transaction.awaits_final() {
                outcomes.push(Outcome {
                    owner: transaction.owner(),
                    branch: branch.clone(),
                    news: News::Timeout,
                });
            }
            !is_due
        });
        self.client_non_invite.retain(|branch, transaction| {
            let is_due = transaction.timer_f() <= now;
            if is_due {
                outcomes.push(Outcome {
                    owner: transaction.owner(),
                    branch: branch.clone(),
                    news: News::Timeout,
                });
            }
            !is_due
        });
        // Timer H: an ACK that never came to a refusal concerns nobody; timer L ends the absorbing
        // of INVITEs.
        self.server_invite
            .retain(|_, transaction| transaction.deadline().is_none_or(|at| at > now));
        outcomes
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.client_invite
            .values()
            .map(ClientInvite::deadline)
            .chain(self.server_invite.values().map(ServerInvite::deadline))
            .chain(
                self.client_non_invite
                    .values()
                    .map(|transaction| Some(transaction.timer_f())),
            )
            .fold(None, earlier)
    }
}

/// Returns when a transaction that starts or gets its final response at `now` is given up.
fn timeout(now: Instant) -> Instant {
    now + TRANSACTION_TIMEOUT
}
