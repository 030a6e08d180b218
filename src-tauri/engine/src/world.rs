use std::{collections::BTreeMap, sync::Arc, time::Duration};

use media::Media;
use phone::{
    Effect, FlowFailure, FlowId, Hop, Input, MoveCall, Request, SidecarFailure, SoundRequest,
    Stored, StreamNews,
};
use secrecy::SecretString;
use tokio::{
    sync::{mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::{self, Instant},
};
use tracing::error;

use crate::{
    connector::Connector,
    flow::Flow,
    sidecar::Sidecar,
    translation,
    vault::{Keeper, Request as VaultRequest},
};

/// How long a request waits for the vault to keep the tokens that it uses: longer than a keyring
/// takes that is open, short beside the lease.
const KEEPING: Duration = Duration::from_millis(500);

/// Carries out the effects of a phone and tells it the outcome as inputs.
pub(crate) struct World {
    sidecar: Option<Arc<Sidecar>>,
    connector: Arc<Connector>,
    media: Media,
    inputs: mpsc::Sender<Input>,
    /// `None`: nothing outlives the process. Unbounded, because the phone asks for one thing at each
    /// sign-in and each renewal of the tokens.
    vault: Option<mpsc::UnboundedSender<VaultRequest>>,
    /// Closed when the newest tokens are kept, or cannot be.
    keeping: watch::Receiver<()>,
    flows: BTreeMap<FlowId, Flow>,
    /// The stream of the sidecar's events, open or about to be.
    events: Option<(u64, AbortHandle)>,
    /// Requests in flight that take or prolong the lock.
    beats: Vec<AbortHandle>,
    /// Requests in flight and flows that live or close.
    tasks: JoinSet<()>,
}

/// The parts of a [`World`].
pub(crate) struct Parts {
    pub(crate) sidecar: Option<Sidecar>,
    pub(crate) connector: Connector,
    pub(crate) media: Media,
    pub(crate) vault: Option<Keeper>,
    pub(crate) inputs: mpsc::Sender<Input>,
}

impl World {
    pub(crate) fn new(parts: Parts) -> Self {
        let mut tasks = JoinSet::new();
        let vault = parts.vault.map(|keeper| {
            let (requests, waiting) = mpsc::unbounded_channel();
            tasks.spawn(keeper.run(waiting));
            requests
        });
        Self {
            sidecar: parts.sidecar.map(Arc::new),
            connector: Arc::new(parts.connector),
            media: parts.media,
            vault,
            inputs: parts.inputs,
            keeping: watch::channel(()).1,
            flows: BTreeMap::new(),
            events: None,
            beats: Vec::new(),
            tasks,
        }
    }

    /// Begins to carry out `effect`; returns what is known of its outcome at once.
    pub(crate) fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Sidecar {
                attempt,
                request,
                deadline,
            } => self.ask_sidecar(attempt, request, deadline),
            Effect::OpenEvents {
                stream,
                access_token,
                deadline,
            } => self.follow_events(stream, access_token, deadline),
            Effect::CloseEvents { stream } => {
                if let Some((_, task)) = self.events.take_if(|(it, _)| *it == stream) {
                    task.abort();
                }
                None
            }
            Effect::OpenFlow {
                flow,
                url,
                deadline,
            } => {
                let connector = self.connector.clone();
                let (handle, life) =
                    Flow::open(connector, flow, url, deadline, self.inputs.clone());
                self.flows.insert(flow, handle);
                self.tasks.spawn(life);
                None
            }
            Effect::Send { flow, message } => self.give(flow, |handle| handle.send(message)),
            Effect::Ping { flow } => self.give(flow, Flow::ping),
            Effect::CloseFlow { flow } => {
                self.flows.remove(&flow);
                None
            }
            Effect::Media { call, request } => {
                self.media.send(translation::to_media(call, request));
                None
            }
            Effect::Tone { tone } => {
                self.media.tone(tone.map(translation::tone));
                None
            }
            Effect::Sound { request } => {
                self.ask_sound(request);
                None
            }
            Effect::IceServers { servers } => {
                self.media
                    .set_ice_servers(translation::ice_servers(servers));
                None
            }
            Effect::ProbePath => {
                self.media.probe_path();
                None
            }
            Effect::Restore => {
                self.ask_vault(VaultRequest::Restore, Input::Restored { restored: None })
            }
            Effect::Store { stored } => {
                self.store(stored);
                None
            }
            Effect::Wipe => self.ask_vault(VaultRequest::Wipe, Input::Wiped),
        }
    }

    /// Takes away what has ended; a part of the engine that panicked is told of in the log and
    /// takes nothing with it.
    pub(crate) fn reap(&mut self) {
        self.flows.retain(|_, flow| !flow.is_over());
        self.beats.retain(|beat| !beat.is_finished());
        while let Some(ended) = self.tasks.try_join_next() {
            if let Err(error) = ended
                && !error.is_cancelled()
            {
                error!(%error, "a task of the engine broke");
            }
        }
    }

    /// Closes every flow and waits until the last message and the last request have left, or until
    /// `deadline`.
    pub(crate) async fn close(mut self, deadline: Instant) {
        self.flows.clear();
        if let Some((_, task)) = self.events.take() {
            task.abort();
        }
        self.vault = None;
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if time::timeout_at(deadline, all).await.is_err() {
            tracing::info!("stopped before the servers answered");
        }
    }

    /// Asks for something; where nothing is kept, the answer is known.
    fn ask_vault(&self, request: VaultRequest, without: Input) -> Option<Input> {
        let Some(vault) = &self.vault else {
            return Some(without);
        };
        let _ = vault.send(request);
        None
    }

    fn ask_sidecar(&mut self, attempt: u64, request: Request, deadline: Duration) -> Option<Input> {
        let Some(sidecar) = self.sidecar.clone() else {
            return Some(Input::Sidecar {
                attempt,
                reply: Err(SidecarFailure::Unreachable {
                    hop: Hop::Configuration,
                    detail: "No sidecar is configured".into(),
                    facts: None,
                }),
            });
        };
        // contract/sidecar.md, "POST /auth/refresh": a pair is stored before it is used.
        let mut keeping = match request {
            Request::Heartbeat { .. }
            | Request::Refresh(_)
            | Request::Move(MoveCall::Answer { .. }) => Some(self.keeping.clone()),
            Request::Login(_)
            | Request::Move(_)
            | Request::Probe
            | Request::AgentState { .. }
            | Request::Dispose { .. } => None,
            Request::Logout { .. } => {
                // A beat that came after it would take the lock again.
                self.beats.drain(..).for_each(|beat| beat.abort());
                None
            }
        };
        let prolongs = match request {
            Request::Login(_)
            | Request::Probe
            | Request::Logout { .. }
            | Request::Move(MoveCall::Ask(_) | MoveCall::Status(_) | MoveCall::Withdraw(_)) => {
                false
            }
            Request::Refresh(_)
            | Request::Move(MoveCall::Answer { .. })
            | Request::Heartbeat { .. }
            | Request::AgentState { .. }
            | Request::Dispose { .. } => true,
        };
        let inputs = self.inputs.clone();
        let task = self.tasks.spawn(async move {
            if let Some(keeping) = &mut keeping {
                // Nothing is ever sent: the channel closes, or is not waited for any longer.
                let _ = time::timeout(KEEPING, keeping.changed()).await;
            }
            let reply = sidecar.call(request, deadline).await;
            let _ = inputs.send(Input::Sidecar { attempt, reply }).await;
        });
        if prolongs {
            self.beats.push(task);
        }
        None
    }

    /// Follows the sidecar's events. It ends with the stream, or is told to.
    fn follow_events(
        &mut self,
        stream: u64,
        access_token: SecretString,
        deadline: Duration,
    ) -> Option<Input> {
        let sidecar = self.sidecar.clone()?;
        let inputs = self.inputs.clone();
        let mut keeping = self.keeping.clone();
        let task = self.tasks.spawn(async move {
            let _ = time::timeout(KEEPING, keeping.changed()).await;
            let tell = async |news| inputs.send(Input::Events { stream, news }).await.is_ok();
            let end = match sidecar.events(&access_token, deadline).await {
                Err(failure) => Err(failure),
                Ok(mut events) => {
                    let mut is_heard = tell(StreamNews::Opened).await;
                    loop {
                        match events.next().await {
                            Ok(Some(event)) if is_heard => {
                                is_heard = tell(StreamNews::Told(event)).await;
                            }
                            Ok(Some(_) | None) => break Ok(()),
                            Err(failure) => break Err(failure),
                        }
                    }
                }
            };
            tell(StreamNews::Ended(end)).await;
        });
        if let Some((_, before)) = self.events.replace((stream, task)) {
            before.abort();
        }
        None
    }

    fn store(&mut self, stored: Stored) {
        let Some(vault) = &self.vault else {
            return;
        };
        let (kept, keeping) = watch::channel(());
        self.keeping = keeping;
        // Where its task has ended, nothing is waited for.
        let _ = vault.send(VaultRequest::Store(stored, kept));
    }

    fn ask_sound(&self, request: SoundRequest) {
        match request {
            SoundRequest::Devices => self.media.devices(),
            SoundRequest::Check => self.media.sound_check(),
            SoundRequest::Use(settings) => self.media.set_sound(translation::sound(&settings)),
        }
    }

    /// Gives something to a flow. A flow that takes no more is closed and told as failed.
    fn give(
        &mut self,
        flow: FlowId,
        give: impl FnOnce(&Flow) -> Result<(), FlowFailure>,
    ) -> Option<Input> {
        let failure = give(self.flows.get(&flow)?).err()?;
        self.flows.remove(&flow);
        Some(Input::FlowFailed { flow, failure })
    }
}
