//! How the registrar deals with a message: all of it under the one lock, without waiting.

use std::{collections::BTreeMap, net::SocketAddr, time::Instant};

use crate::{
    counts::InviteArrival,
    dialog::End,
    digest::Verdict,
    hop::{ack_of, cancels_of, note_source, reason_of, without_top_via},
    message::{Malformed, Message, Start, param, uri_of, user_of},
    registrar::{FlowId, State, ToFlow},
    relay::{Fate, Leg, Relay},
};

impl State {
    /// Takes one WebSocket message of a flow.
    pub(crate) fn handle(&mut self, flow: FlowId, text: &[u8]) {
        let Some(peer) = self.flows.get(&flow).map(|flow| flow.peer) else {
            return;
        };
        // RFC 7118 §6, RFC 5626 §3.5.1: CRLFCRLF is a ping, a single CRLF its pong.
        if text == b"\r\n\r\n" {
            self.tally.update(|counts| counts.keep_alives += 1);
            self.send_text(flow, "\r\n".to_owned());
            return;
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let message = match Message::parse(text) {
            Ok(message) => message,
            Err(malformed) => {
                self.drop_malformed(&malformed);
                return;
            }
        };
        tracing::trace!(?flow, %message, "received");
        if peer.is_some() {
            self.tally.update(|counts| match message.status() {
                Some(status) => *counts.responses.entry(status).or_default() += 1,
                None => {
                    *counts
                        .requests
                        .entry(message.method().to_owned())
                        .or_default() += 1;
                }
            });
        }
        if message.status().is_some() {
            self.handle_response(flow, message);
        } else {
            self.handle_request(flow, peer, message);
        }
    }

    /// Nobody will answer what was sent to a flow that is gone: its senders hear 408 (RFC 3261 §16.8).
    pub(crate) fn time_out_requests_on(&mut self, flow: FlowId) {
        for request in self.relays.pending_on(flow) {
            let response = self.response(&request, 408);
            self.handle_response(flow, response);
        }
    }

    fn drop_malformed(&self, malformed: &Malformed) {
        tracing::debug!(%malformed, "dropped what is no SIP message");
        self.tally.update(|counts| counts.malformed += 1);
    }

    fn handle_request(&mut self, flow: FlowId, peer: Option<SocketAddr>, mut request: Message) {
        if let Some(peer) = peer {
            note_source(&mut request, peer);
        }
        let method = request.method().to_owned();
        if peer.is_some()
            && let Some(at) = self.refusals.iter().position(|(m, _)| *m == method)
            && let Some((_, status)) = self.refusals.remove(at)
        {
            return self.reply(flow, &request, status);
        }
        match method.as_str() {
            "ACK" => self.handle_ack(flow, request),
            "CANCEL" => self.handle_cancel(flow, &request),
            "REGISTER" => self.handle_register(flow, &request),
            _ if request.to_tag().is_some() => self.handle_in_dialog(flow, peer, request),
            "OPTIONS" if request.request_uri().and_then(user_of).is_none() => {
                self.reply(flow, &request, 200);
            }
            _ => self.handle_new(flow, peer, request),
        }
    }

    fn handle_ack(&mut self, flow: FlowId, ack: Message) {
        // RFC 3261 §17.1.1.3: the ACK for a refusal ends here, that for a 2xx is a request of its own.
        let branch = ack.branch().unwrap_or_default();
        if let Some((number, relay)) = self.relays.of_invite(flow, &branch)
            && relay.answered.is_some_and(|status| status >= 300)
        {
            self.relays.remove(number);
            return;
        }
        if let Some(to) = self.dialogs.peer(&ack).cloned()
            && let Some(to_flow) = self.locate(&to)
        {
            let branch = self.new_branch();
            let forwarded = self.forwardable(&ack, &branch);
            self.send(to_flow, &forwarded);
        }
    }

    fn handle_cancel(&mut self, flow: FlowId, cancel: &Message) {
        let branch = cancel.branch().unwrap_or_default();
        let Some((_, relay)) = self.relays.of_invite(flow, &branch) else {
            return self.reply(flow, cancel, 481);
        };
        let cancels = cancels_of(relay, cancel.header("Reason"));
        self.reply(flow, cancel, 200);
        self.send_cancels(cancels);
    }

    fn handle_register(&mut self, flow: FlowId, request: &Message) {
        let Some(username) = self.authenticate(flow, request, "WWW-Authenticate") else {
            return;
        };
        let extension = request
            .header("To")
            .and_then(|to| user_of(uri_of(to)))
            .unwrap_or_default();
        if extension != username {
            return self.reply(flow, request, 403);
        }
        if self
            .bindings
            .apply(extension, request, flow, self.expiry)
            .is_err()
        {
            let mut response = self.response(request, 423);
            response.push("Min-Expires", &self.expiry.min.as_secs().to_string());
            return self.send_reply(flow, &response);
        }
        let instance = request
            .values("Contact")
            .first()
            .and_then(|contact| param(contact, "+sip.instance"))
            .map(str::to_owned);
        if let Some(entry) = self.flows.get_mut(&flow) {
            entry.phone = Some((username.clone(), instance));
        }
        let mut response = self.response(request, 200);
        for contact in self.bindings.contacts(extension) {
            response.push("Contact", &contact);
        }
        let bindings = self.bindings.count();
        self.tally.update(|counts| {
            *counts.registrations.entry(username).or_default() += 1;
            counts.bindings = bindings;
        });
        self.send_reply(flow, &response);
    }

    fn handle_in_dialog(&mut self, flow: FlowId, peer: Option<SocketAddr>, request: Message) {
        let Some(to) = self.dialogs.peer(&request).cloned() else {
            return self.reply(flow, &request, 481);
        };
        if self.challenge_in_dialog
            && peer.is_some()
            && self
                .authenticate(flow, &request, "Proxy-Authenticate")
                .is_none()
        {
            return;
        }
        let Some(to_flow) = self.locate(&to) else {
            return self.reply(flow, &request, 480);
        };
        let to = End {
            flow: to_flow,
            ..to
        };
        self.forward(flow, request, vec![(to, None)]);
    }

    /// A request that begins something: a call above all.
    fn handle_new(&mut self, flow: FlowId, peer: Option<SocketAddr>, request: Message) {
        let from = request
            .header("From")
            .and_then(|from| user_of(uri_of(from)))
            .unwrap_or_default()
            .to_owned();
        let target = request
            .request_uri()
            .and_then(user_of)
            .unwrap_or_default()
            .to_owned();
        if peer.is_some() {
            if request.method() == "INVITE" {
                let arrival = InviteArrival {
                    at: Instant::now(),
                    call_id: request.call_id().to_owned(),
                    from: from.clone(),
                    to: target.clone(),
                    credentials: request.header("Proxy-Authorization").is_some(),
                };
                self.tally.update(|counts| counts.remember_invite(arrival));
            }
            let Some(username) = self.authenticate(flow, &request, "Proxy-Authenticate") else {
                return;
            };
            if username != from {
                return self.reply(flow, &request, 403);
            }
        }
        if request
            .header("Max-Forwards")
            .is_some_and(|hops| hops.trim() == "0")
        {
            return self.reply(flow, &request, 483);
        }
        let targets = if let Some(&flow) = self.extensions.get(&target) {
            vec![(End { flow, phone: None }, None)]
        } else if self.realm.users.contains_key(&target) {
            self.bindings
                .of(&target)
                .into_iter()
                .map(|binding| {
                    let end = End {
                        flow: binding.flow,
                        phone: Some((target.clone(), binding.instance)),
                    };
                    (end, Some(binding.contact))
                })
                .collect()
        } else {
            return self.reply(flow, &request, 404);
        };
        if targets.is_empty() {
            return self.reply(flow, &request, 480);
        }
        self.forward(flow, request, targets);
    }

    /// Sends `request` to each target, with its contact as the new request URI where there is one.
    fn forward(&mut self, flow: FlowId, request: Message, targets: Vec<(End, Option<String>)>) {
        if request.method() == "INVITE" {
            let trying = self.response(&request, 100);
            self.send(flow, &trying);
        }
        let from = End {
            flow,
            phone: self.flows.get(&flow).and_then(|flow| flow.phone.clone()),
        };
        let mut legs = BTreeMap::new();
        for (to, contact) in targets {
            let branch = self.new_branch();
            let mut forwarded = self.forwardable(&request, &branch);
            if let (Some(contact), Start::Request { uri, .. }) = (contact, &mut forwarded.start) {
                *uri = contact;
            }
            if request.method() == "INVITE" && request.to_tag().is_none() {
                let route = format!("<sip:{};transport=ws;lr>", self.sent_by);
                forwarded.prepend("Record-Route", &route);
            }
            self.send(to.flow, &forwarded);
            legs.insert(
                branch,
                Leg {
                    to,
                    forwarded,
                    fate: Fate::Pending,
                },
            );
        }
        self.relays.insert(Relay {
            request,
            from,
            legs,
            answered: None,
        });
    }

    fn handle_response(&mut self, flow: FlowId, response: Message) {
        let Some(status) = response.status() else {
            return;
        };
        let branch = response.branch().unwrap_or_default();
        let Some((number, relay)) = self.relays.of_response(&branch) else {
            return;
        };
        // RFC 3261 §17.1.3: branch and method; the answer to our own CANCEL ends here, as 100 does.
        if status == 100 || response.method() != relay.request.method() {
            return;
        }
        let Some(leg) = relay
            .legs
            .get_mut(&branch)
            .filter(|leg| leg.to.flow == flow)
        else {
            return;
        };
        let invite = relay.request.method() == "INVITE";
        let upstream = without_top_via(&response);
        let to_flow = relay.from.flow;
        if invite && status < 300 {
            let (from, to) = (relay.from.clone(), leg.to.clone());
            self.dialogs.learn(&response, &from, &to);
            let Some((_, relay)) = self.relays.of_response(&branch) else {
                return;
            };
            if status >= 200 {
                if let Some(leg) = relay.legs.get_mut(&branch) {
                    leg.fate = Fate::Accepted;
                }
                relay.answered = Some(status);
                // RFC 3261 §16.7 step 10: whoever else rings is no longer wanted.
                let cancels = cancels_of(
                    relay,
                    Some("SIP;cause=200;text=\"Call completed elsewhere\""),
                );
                self.send_cancels(cancels);
            }
            return self.send(to_flow, &upstream);
        }
        if status < 200 {
            return self.send(to_flow, &upstream);
        }
        if !invite {
            if relay.request.method() == "BYE" && (status < 300 || status == 481) {
                let bye = relay.request.clone();
                self.dialogs.end(&bye);
            }
            self.relays.remove(number);
            return self.send(to_flow, &upstream);
        }
        let ack = ack_of(&leg.forwarded, &response);
        leg.fate = Fate::Refused(Box::new(upstream));
        let answer = if relay.answered.is_some() {
            None
        } else if status >= 600 {
            // RFC 3261 §16.7 step 5: the others are cancelled.
            relay.answered = Some(status);
            Some((relay.legs[&branch].refusal(), cancels_of(relay, None)))
        } else {
            let best = relay.best_refusal().cloned();
            relay.answered = best.as_ref().and_then(Message::status);
            best.map(|best| (Some(best), Vec::new()))
        };
        self.send(flow, &ack);
        if let Some((response, cancels)) = answer {
            self.send_cancels(cancels);
            if let Some(response) = response {
                self.send(to_flow, &response);
            }
        }
    }

    /// Returns the user whose credentials `request` carries; otherwise it has been challenged or refused.
    fn authenticate(&mut self, flow: FlowId, request: &Message, challenge: &str) -> Option<String> {
        let (status, credentials) = match challenge {
            "WWW-Authenticate" => (401, "Authorization"),
            _ => (407, "Proxy-Authorization"),
        };
        let stale = match self.realm.verify(request, credentials) {
            Verdict::Valid { username } => return Some(username),
            Verdict::Missing | Verdict::Wrong => false,
            Verdict::Stale => true,
        };
        let mut response = self.response(request, status);
        for value in self.realm.challenges(stale) {
            response.push(challenge, &value);
        }
        self.send_reply(flow, &response);
        None
    }

    /// Returns the flow on which an end is reached at this moment.
    fn locate(&mut self, end: &End) -> Option<FlowId> {
        if let Some((extension, Some(instance))) = &end.phone {
            let bindings = self.bindings.of(extension);
            if let Some(binding) = bindings
                .iter()
                .rev()
                .find(|binding| binding.instance.as_ref() == Some(instance))
            {
                return Some(binding.flow);
            }
        }
        self.flows.contains_key(&end.flow).then_some(end.flow)
    }

    /// Makes what goes on to the next hop of a request (RFC 3261 §16.6).
    fn forwardable(&self, request: &Message, branch: &str) -> Message {
        let mut forwarded = request.clone();
        let hops = request
            .header("Max-Forwards")
            .and_then(|hops| hops.trim().parse::<u32>().ok())
            .unwrap_or(70);
        forwarded.set("Max-Forwards", &hops.saturating_sub(1).to_string());
        // RFC 3261 §16.4: routes that name this proxy have been followed.
        let mut routes = forwarded.values("Route");
        while routes
            .first()
            .is_some_and(|route| uri_of(route).contains(&self.sent_by))
        {
            routes.remove(0);
        }
        forwarded.set_all("Route", &routes);
        forwarded.remove("Proxy-Authorization");
        let via = format!("SIP/2.0/WSS {};branch={branch}", self.sent_by);
        forwarded.prepend("Via", &via);
        forwarded
    }

    fn new_branch(&mut self) -> String {
        self.next_branch += 1;
        format!("z9hG4bKlab{}", self.next_branch)
    }

    fn reply(&mut self, flow: FlowId, request: &Message, status: u16) {
        if request.method() != "ACK" {
            let response = self.response(request, status);
            self.send_reply(flow, &response);
        }
    }

    fn response(&self, request: &Message, status: u16) -> Message {
        let tag = uuid::Uuid::new_v4().simple().to_string();
        let mut response = Message::response(request, status, reason_of(status), &tag);
        response.push("Server", &format!("helix-lab ({})", self.domain));
        response
    }

    fn send_reply(&self, flow: FlowId, response: &Message) {
        if let Some(status) = response.status()
            && self
                .flows
                .get(&flow)
                .is_some_and(|flow| flow.peer.is_some())
        {
            self.tally
                .update(|counts| *counts.replies.entry(status).or_default() += 1);
        }
        self.send(flow, response);
    }

    fn send_cancels(&self, cancels: Vec<(FlowId, Message)>) {
        for (flow, cancel) in cancels {
            self.send(flow, &cancel);
        }
    }

    fn send(&self, flow: FlowId, message: &Message) {
        tracing::trace!(?flow, %message, "sent");
        self.send_text(flow, message.to_string());
    }

    fn send_text(&self, flow: FlowId, text: String) {
        if let Some(entry) = self.flows.get(&flow)
            && entry.sender.try_send(ToFlow::Text(text)).is_err()
        {
            tracing::debug!(?flow, "a flow takes no more messages");
        }
    }
}
