use std::collections::BTreeMap;

use crate::{dialog::End, message::Message, registrar::FlowId};

/// A request that the proxy forwarded and whose final response, or whose ACK, it still waits for.
#[derive(Debug)]
pub(crate) struct Relay {
    /// As it came, with `received` and `rport` in its Via.
    pub(crate) request: Message,
    pub(crate) from: End,
    /// One per target, by the branch that the proxy gave it.
    pub(crate) legs: BTreeMap<String, Leg>,
    /// The final status that went upstream.
    pub(crate) answered: Option<u16>,
}

#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) to: End,
    pub(crate) forwarded: Message,
    pub(crate) fate: Fate,
}

#[derive(Debug)]
pub(crate) enum Fate {
    /// Nothing but provisional responses.
    Pending,
    Accepted,
    /// A final response other than 2xx, as it came.
    Refused(Box<Message>),
}

/// All relays by their number.
#[derive(Debug, Default)]
pub(crate) struct Relays {
    by_number: BTreeMap<u64, Relay>,
    by_branch: BTreeMap<String, u64>,
    next: u64,
}

/// More relays than this are not remembered; the oldest makes room.
const MAX_RELAYS: usize = 4096;

impl Relays {
    pub(crate) fn insert(&mut self, relay: Relay) -> u64 {
        if self.by_number.len() >= MAX_RELAYS
            && let Some(&oldest) = self.by_number.keys().next()
        {
            self.remove(oldest);
        }
        let number = self.next;
        self.next += 1;
        for branch in relay.legs.keys() {
            self.by_branch.insert(branch.clone(), number);
        }
        self.by_number.insert(number, relay);
        number
    }

    /// Finds the relay that a response with this branch in its topmost Via belongs to.
    pub(crate) fn of_response(&mut self, branch: &str) -> Option<(u64, &mut Relay)> {
        let number = *self.by_branch.get(branch)?;
        Some((number, self.by_number.get_mut(&number)?))
    }

    /// Finds the INVITE that a CANCEL or an ACK with this branch belongs to (RFC 3261 §9.2, §17.1.1.3).
    pub(crate) fn of_invite(&mut self, flow: FlowId, branch: &str) -> Option<(u64, &mut Relay)> {
        self.by_number
            .iter_mut()
            .rev()
            .find(|(_, relay)| {
                relay.from.flow == flow
                    && relay.request.method() == "INVITE"
                    && relay.request.branch().as_deref() == Some(branch)
            })
            .map(|(number, relay)| (*number, relay))
    }

    /// Returns the requests that went to `flow` and have no final response.
    pub(crate) fn pending_on(&self, flow: FlowId) -> Vec<Message> {
        self.by_number
            .values()
            .flat_map(Relay::pending)
            .filter(|(to, _)| to.flow == flow)
            .map(|(_, forwarded)| forwarded.clone())
            .collect()
    }

    pub(crate) fn remove(&mut self, number: u64) {
        if let Some(relay) = self.by_number.remove(&number) {
            for branch in relay.legs.keys() {
                self.by_branch.remove(branch);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }
}

impl Relay {
    /// Returns the best final response once every leg has refused (RFC 3261 §16.7 step 6: 6xx first, then the lowest class).
    pub(crate) fn best_refusal(&self) -> Option<&Message> {
        let refusals = self
            .legs
            .values()
            .map(|leg| match &leg.fate {
                Fate::Refused(response) => Some(&**response),
                Fate::Pending | Fate::Accepted => None,
            })
            .collect::<Option<Vec<_>>>()?;
        refusals.into_iter().min_by_key(|response| {
            let status = response.status().unwrap_or(500);
            (status < 600, status)
        })
    }

    /// Returns the flows on which nothing final has arrived, each with the request that went there.
    pub(crate) fn pending(&self) -> impl Iterator<Item = (&End, &Message)> {
        self.legs
            .values()
            .filter(|leg| matches!(leg.fate, Fate::Pending))
            .map(|leg| (&leg.to, &leg.forwarded))
    }
}

impl Leg {
    /// Returns the final response that refused the request, if one did.
    pub(crate) fn refusal(&self) -> Option<Message> {
        match &self.fate {
            Fate::Refused(response) => Some((**response).clone()),
            Fate::Pending | Fate::Accepted => None,
        }
    }
}
