use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::mpsc;

use crate::{
    binding::{Bindings, Expiry},
    counts::Tally,
    dialog::Dialogs,
    digest::Realm,
    relay::Relays,
};

/// Names a connection to the registrar; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FlowId(u64);

/// What is told to the owner of a flow.
#[derive(Debug, Clone)]
pub(crate) enum ToFlow {
    Text(String),
    Fault(FlowFault),
}

/// How a flow is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowFault {
    /// A close frame (1001, going away), then the end of the connection.
    Close,
    /// The connection ends without a word.
    Abort,
    /// Half open: nothing is read or written any more, and nobody is told.
    Silence,
}

/// Registrar, location service and record-routing proxy in one (RFC 3261 §10, §16; RFC 7118).
///
/// Messages go in by [`Registrar::handle`]; what it has to say goes to the flows it was given.
#[derive(Debug, Clone)]
pub(crate) struct Registrar {
    state: Arc<Mutex<State>>,
    pub(crate) tally: Tally,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) domain: String,
    /// Host and port of this proxy, as in its Via and Record-Route.
    pub(crate) sent_by: String,
    pub(crate) realm: Realm,
    pub(crate) expiry: Expiry,
    pub(crate) flows: BTreeMap<FlowId, Flow>,
    pub(crate) next_flow: u64,
    pub(crate) next_branch: u64,
    pub(crate) bindings: Bindings,
    pub(crate) dialogs: Dialogs,
    pub(crate) relays: Relays,
    pub(crate) extensions: BTreeMap<String, FlowId>,
    /// Answers given in place of handling the next requests of a method.
    pub(crate) refusals: VecDeque<(String, u16)>,
    pub(crate) challenge_in_dialog: bool,
    pub(crate) tally: Tally,
}

#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) sender: mpsc::Sender<ToFlow>,
    /// `None`: a user agent of the lab itself, which is trusted.
    pub(crate) peer: Option<SocketAddr>,
    /// The phone that registered over it.
    pub(crate) phone: Option<(String, Option<String>)>,
}

/// A flow whose owner lets more than this many messages wait gets no more.
const FLOW_QUEUE: usize = 256;

/// What a registrar is made of.
#[derive(Debug)]
pub(crate) struct RegistrarConfig {
    pub(crate) domain: String,
    pub(crate) sent_by: String,
    pub(crate) realm: Realm,
    pub(crate) expiry: Expiry,
}

impl Registrar {
    pub(crate) fn new(config: RegistrarConfig) -> Self {
        let tally = Tally::new();
        let state = State {
            domain: config.domain,
            sent_by: config.sent_by,
            realm: config.realm,
            expiry: config.expiry,
            flows: BTreeMap::new(),
            next_flow: 0,
            next_branch: 0,
            bindings: Bindings::default(),
            dialogs: Dialogs::default(),
            relays: Relays::default(),
            extensions: BTreeMap::new(),
            refusals: VecDeque::new(),
            challenge_in_dialog: false,
            tally: tally.clone(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            tally,
        }
    }

    /// Opens the flow of a phone (`peer` is its address) or of one of the lab's user agents.
    pub(crate) fn open(&self, peer: Option<SocketAddr>) -> (FlowId, mpsc::Receiver<ToFlow>) {
        let mut state = self.lock();
        let (sender, receiver) = mpsc::channel(FLOW_QUEUE);
        let id = FlowId(state.next_flow);
        state.next_flow += 1;
        state.flows.insert(
            id,
            Flow {
                sender,
                peer,
                phone: None,
            },
        );
        if peer.is_some() {
            self.tally.update(|counts| {
                counts.flows_opened += 1;
                counts.flows_open += 1;
            });
        }
        (id, receiver)
    }

    /// Forgets a flow and what was bound to it (as Kamailio with `handle_lost_tcp`).
    pub(crate) fn closed(&self, flow: FlowId) {
        let mut state = self.lock();
        if let Some(gone) = state.flows.remove(&flow) {
            state.bindings.drop_flow(flow);
            state.time_out_requests_on(flow);
            let bindings = state.bindings.count();
            if gone.peer.is_some() {
                self.tally.update(|counts| {
                    counts.flows_open -= 1;
                    counts.bindings = bindings;
                });
            }
        }
    }

    /// Takes one WebSocket message.
    pub(crate) fn handle(&self, flow: FlowId, text: &[u8]) {
        self.lock().handle(flow, text);
    }

    /// Lets calls to `extension` go to the user agent on `flow`.
    pub(crate) fn serve(&self, extension: &str, flow: FlowId) {
        self.lock().extensions.insert(extension.to_owned(), flow);
    }

    pub(crate) fn refuse_next(&self, method: &str, status: u16) {
        let refusal = (method.to_owned(), status);
        self.lock().refusals.push_back(refusal);
    }

    pub(crate) fn challenge_in_dialog(&self, on: bool) {
        self.lock().challenge_in_dialog = on;
    }

    pub(crate) fn forget_nonces(&self) {
        self.lock().realm.forget_nonces();
    }

    /// Does `fault` to every flow over which `extension` is registered, or to all phones' flows; returns how many.
    pub(crate) fn fault(&self, extension: Option<&str>, fault: FlowFault) -> usize {
        let state = self.lock();
        let hit = state.flows.values().filter(|flow| {
            let registered = flow.phone.as_ref().map(|(extension, _)| extension.as_str());
            flow.peer.is_some() && (extension.is_none() || registered == extension)
        });
        hit.filter(|flow| flow.sender.try_send(ToFlow::Fault(fault)).is_ok())
            .count()
    }

    /// Forgets all bindings, as a registrar without a database does at its start.
    pub(crate) fn forget_bindings(&self) {
        let mut state = self.lock();
        state.bindings.clear();
        self.tally.update(|counts| counts.bindings.clear());
    }

    /// Returns how many dialogs and relayed transactions are remembered.
    pub(crate) fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.dialogs.len(), state.relays.len())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no holder of the registrar's lock panics")
    }
}
