mod asked;
mod asking;
mod checking;
mod holding;
mod queueing;
mod resuming;
mod sign_in;
mod sign_out;
mod sound;

use std::time::{Duration, Instant};

use secrecy::SecretString;

use crate::{
    Accepted, Availability, CallSettings, Command, DialPlan, Effect, Event, Hop, Input, PhoneView,
    Rejected, SignedOutReason,
    lease::Lease,
    line::{Line, LineSetup},
    moment::Moment,
    moving::Moving,
    outputs::Outputs,
    queue::Queue,
    sound::{SoundRequest, SoundSettings, Tones},
    tokens::Tokens,
    view::{
        AccountView, AgentView, CallId, LineView, LinkView, PathCheckView, Proofs, ServerCheckView,
        UserView, VaultView,
    },
};

use asking::Asking;
use checking::Probe;
use resuming::Resuming;
use sign_in::Way;
use sound::Sound;

/// How long the sidecar may take (design/faults.md 68).
const LOGIN_DEADLINE: Duration = Duration::from_secs(8);
const BEAT_DEADLINE: Duration = Duration::from_secs(3);
const REFRESH_DEADLINE: Duration = Duration::from_secs(8);

/// Everything that a sign-out has to give back must leave within this time, answered or not. A
/// program that ends has to give its phone longer.
pub const SIGN_OUT_DEADLINE: Duration = Duration::from_millis(1_600);

/// How long the start waits for the vault: a keyring has 5 s for its answer. What it answers later
/// is taken as long as nobody signed in.
const RESTORE_DEADLINE: Duration = Duration::from_secs(6);

/// How much later than the engine the phone gives up by itself.
const GRACE: Duration = Duration::from_secs(1);

/// What a phone is started with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Whether a sidecar is configured.
    pub sidecar: bool,
    /// Used where no sidecar is configured.
    pub fallback: Option<Fallback>,
    /// The installation's UUID in canonical text form: `+sip.instance` and `X-Device-Id`.
    pub device_id: String,
    /// What this program calls itself in SIP.
    pub user_agent: String,
    /// Whether a vault may hold the session of an earlier run: the phone begins by asking for it.
    pub restores: bool,
    /// How the sound devices of the system are used at first.
    pub sound: SoundSettings,
    /// How calls are taken at first.
    pub calls: CallSettings,
    /// What the organisation wants of the numbers that are dialled.
    pub dialling: DialPlan,
    /// Feeds every random choice of this phone.
    pub seed: [u8; 32],
}

/// The account of `SIP_URI`, `SIP_PASSWORD` and `SIP_WS_SERVER`.
#[derive(Debug, Clone)]
pub struct Fallback {
    pub sip_uri: String,
    pub password: SecretString,
    pub ws_server: String,
}

/// The phone of one person on one device.
///
/// ```text
///                   granted                 sign out, lease lost without a call
///  SignedOut ----> SigningIn ----> SignedIn ------------------------------------> SigningOut
///     ^               | refused       ^ only here are a lease, a line and calls        |
///     +---------------+---------------------------------------------------------------+
///
///                found          heartbeat confirmed
///  Restoring ----------> Resuming ----> SignedIn
///     | nothing found       | refused, held elsewhere
///     +--> SignedOut        +--> SigningOut
///
///                            yes
///  SignedOut ----> Asking --------> SigningIn
///     ^               | no, silence
///     +---------------+
/// ```
///
/// See the [crate] documentation.
#[derive(Debug)]
pub struct Phone {
    setup: Setup,
    account: Account,
    sound: Sound,
    vault: VaultView,
    probe: Option<Probe>,
    server_check: Option<ServerCheckView>,
    /// Until when the answer to a question for the way of the sound is waited for.
    path_deadline: Option<Instant>,
    path_check: Option<PathCheckView>,
    tones: Tones,
    outputs: Outputs,
}

#[derive(Debug)]
enum Account {
    NotConfigured {
        message: String,
    },
    Restoring {
        deadline: Instant,
    },
    Resuming(Box<Resuming>),
    SignedOut {
        reason: Option<SignedOutReason>,
        since: Moment,
    },
    SigningIn {
        email: String,
        attempt: u64,
        deadline: Instant,
        way: Way,
    },
    Asking(Box<Asking>),
    SignedIn(Box<SignedIn>),
    Fallback {
        sip_uri: String,
        line: Box<Line>,
    },
    SigningOut(Box<SigningOut>),
}

#[derive(Debug)]
struct SignedIn {
    user: UserView,
    since: Moment,
    tokens: Tokens,
    /// `None`: a manager or an executive, who has no phone.
    station: Option<Station>,
}

/// What an agent has and a manager has not.
#[derive(Debug)]
struct Station {
    agent: AgentView,
    lease: Holding,
    moving: Moving,
    line: Line,
    /// `None`: the sidecar has none.
    queue: Option<Queue>,
}

impl SignedIn {
    /// Whether this is the number of something that was asked of the queue.
    fn awaits_at_queue(&self, number: u64) -> bool {
        let queue = self.station.as_ref().and_then(|it| it.queue.as_ref());
        queue.is_some_and(|it| it.awaits(number))
    }
}

#[derive(Debug)]
enum Holding {
    Held(Lease),
    /// A running call goes on; its end signs the phone out.
    Lost {
        reason: SignedOutReason,
        ttl: Duration,
    },
}

#[derive(Debug)]
struct SigningOut {
    reason: SignedOutReason,
    line: Option<Line>,
    /// A login that was on its way when the user gave up: what it grants is given back.
    login: Option<u64>,
    logout: Option<u64>,
    /// The vault has not yet told that it is empty.
    wiping: bool,
    deadline: Instant,
}

/// Inputs: commands, news from the world, time.
impl Phone {
    /// Creates a phone that nobody is signed in at.
    ///
    /// With a fallback account and no sidecar it begins to connect at once; with neither, SIP is not started and the view says why.
    pub fn new(setup: Setup, now: Instant) -> Self {
        let mut outputs = Outputs::new(setup.seed, now);
        let account = match (setup.sidecar, &setup.fallback) {
            (true, _) if setup.restores => {
                outputs.effect(Effect::Restore);
                let deadline = now + RESTORE_DEADLINE;
                Account::Restoring { deadline }
            }
            (true, _) => Account::nobody(outputs.now()),
            (false, Some(fallback)) => {
                let line_setup = LineSetup {
                    sip_uri: fallback.sip_uri.clone(),
                    password: fallback.password.clone(),
                    ws_server: fallback.ws_server.clone(),
                    display_name: None,
                    device_id: setup.device_id.clone(),
                    user_agent: setup.user_agent.clone(),
                    calls: setup.calls.clone(),
                };
                match Line::new(line_setup, now, &mut outputs) {
                    Ok(line) => Account::Fallback {
                        sip_uri: fallback.sip_uri.clone(),
                        line: Box::new(line),
                    },
                    Err(error) => Account::NotConfigured {
                        message: format!("The account of SIP_URI cannot be used: {error}"),
                    },
                }
            }
            (false, None) => Account::NotConfigured {
                message: "No sidecar is configured, and SIP_URI, SIP_PASSWORD and SIP_WS_SERVER \
                          are not set: there is no phone account"
                    .to_owned(),
            },
        };
        let settings = setup.sound.clone();
        outputs.effect(Effect::Sound {
            request: SoundRequest::Use(settings.clone()),
        });
        Self {
            account,
            sound: Sound::new(settings),
            vault: vault_wished(&setup),
            probe: None,
            server_check: None,
            path_deadline: None,
            path_check: None,
            tones: Tones::default(),
            outputs,
            setup,
        }
    }

    /// Does what the user asks, or says at once why the present state does not allow it.
    pub fn handle_command(&mut self, command: Command, now: Instant) -> Result<Accepted, Rejected> {
        self.outputs.set_now(now);
        let result = self.obey(command, now);
        self.follow_queue(now);
        self.see_to_requests(now);
        self.follow_calls(now);
        result
    }

    fn obey(&mut self, command: Command, now: Instant) -> Result<Accepted, Rejected> {
        match command {
            Command::SignIn {
                email,
                password,
                takeover,
            } => {
                self.sign_in(email, password, takeover, now)?;
            }
            Command::AskToMove { email, password } => self.ask_to_move(email, password, now)?,
            Command::AnswerMove { request, answer } => self.answer_move(request, answer, now)?,
            Command::SignOut => self.sign_out_by_user(now)?,
            Command::Dial { target } => {
                let call = self.dial(&target, now)?;
                return Ok(Accepted { call: Some(call) });
            }
            Command::Answer { call } => {
                let (line, outputs) = self.line()?;
                line.answer(call, now, outputs)?;
            }
            Command::HangUp { call } => {
                let (line, outputs) = self.line()?;
                line.hang_up(call, now, outputs)?;
                self.leave_if_lost(now);
            }
            Command::Silence { call } => {
                let (line, outputs) = self.line()?;
                line.silence(call, outputs)?;
            }
            Command::Hold { call } => {
                let (line, outputs) = self.line()?;
                line.set_hold(call, true, outputs)?;
            }
            Command::Resume { call } => {
                let (line, outputs) = self.line()?;
                line.set_hold(call, false, outputs)?;
            }
            Command::Mute { call } => {
                let (line, outputs) = self.line()?;
                line.set_mute(call, true, outputs)?;
            }
            Command::Unmute { call } => {
                let (line, outputs) = self.line()?;
                line.set_mute(call, false, outputs)?;
            }
            Command::Repair { call } => {
                let (line, outputs) = self.line()?;
                line.repair(call, now, outputs)?;
            }
            Command::Dtmf { call, digits } => {
                let (line, outputs) = self.line()?;
                line.dtmf(call, &digits, now, outputs)?;
            }
            Command::Reconnect => {
                if !self.resume_soon(now) {
                    let (line, outputs) = self.line()?;
                    line.reconnect(now, outputs);
                    if let Some(queue) = self.queue() {
                        queue.retry_soon(now);
                    }
                }
            }
            Command::Check => self.check(now)?,
            Command::Devices => self.ask_sound(SoundRequest::Devices),
            Command::SoundCheck => self.check_sound()?,
            Command::TestOutput { output } => self.test_output(output, now)?,
            Command::SetSound { settings } => {
                settings
                    .check()
                    .map_err(|reason| Rejected::InvalidSettings { reason })?;
                self.sound.set(settings.clone());
                self.ask_sound(SoundRequest::Use(settings));
            }
            Command::SetCalls { settings } => {
                if let Err(reason) = settings.check() {
                    let reason = reason.to_owned();
                    return Err(Rejected::InvalidSettings { reason });
                }
                if let Some(line) = self.account.line() {
                    line.set_calls(settings.clone());
                }
                self.setup.calls = settings;
            }
            Command::Ready => self.wish(Availability::Ready, now)?,
            Command::Pause { reason } => self.wish(Availability::Pause { reason }, now)?,
            Command::CancelNext => self.with_queue(|queue, outputs| {
                queue.cancel_next(outputs);
                Ok(())
            })?,
            Command::WrapUp { outcome, note } => {
                self.with_queue(|queue, _| queue.write_wrap_up(outcome, note))?;
            }
            Command::FinishWrapUp { then } => {
                self.with_queue(|queue, outputs| queue.finish_wrap_up(then, now, outputs))?;
            }
            Command::MoreTime => self.with_queue(|queue, _| queue.more_time())?,
        }
        Ok(Accepted::default())
    }

    /// Takes what the engine brings; a reply that nobody waits for any more changes nothing.
    pub fn handle_input(&mut self, input: Input, now: Instant) {
        self.outputs.set_now(now);
        match input {
            Input::Sidecar { attempt, reply } => self.handle_reply(attempt, reply, now),
            Input::Events { stream, news } => self.handle_stream(stream, news, now),
            Input::Restored { restored } => self.handle_restored(restored, now),
            Input::VaultFailed { detail } => {
                self.vault = VaultView::Failed {
                    detail: detail.clone(),
                };
                self.outputs.event(Event::VaultFault { detail });
            }
            Input::Sound { news } => self.handle_sound(news),
            Input::PathProbed { found } => self.handle_path_probed(found),
            Input::Wiped => {
                if let Account::SigningOut(it) = &mut self.account {
                    it.wiping = false;
                }
            }
            Input::NetworkChanged => {
                self.forget_path();
                self.resume_soon(now);
                self.with_lease(|lease, _| lease.beat_soon(now));
                self.look_again(now);
                self.handle_line_input(input, now);
            }
            Input::Woke { away } => {
                tracing::info!(seconds = away.as_secs(), "Awake again");
                self.resume_soon(now);
                self.with_lease(|lease, _| lease.handle_woke(now));
                self.look_again(now);
                self.handle_line_input(input, now);
            }
            Input::FlowOpened { .. }
            | Input::FlowFailed { .. }
            | Input::Message { .. }
            | Input::Pong { .. }
            | Input::Media { .. } => self.handle_line_input(input, now),
        }
        self.leave_if_lost(now);
        self.finish_if_signed_out(now);
        self.follow_queue(now);
        self.do_due(now);
        self.see_to_requests(now);
        self.follow_calls(now);
    }

    /// Does what is due; call it when [`poll_timeout`](Self::poll_timeout) has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.outputs.set_now(now);
        self.end_probe_if_due(now);
        match &mut self.account {
            Account::SigningIn { deadline, .. } if *deadline <= now => {
                let detail = "The server does not answer".to_owned();
                self.refuse(SignedOutReason::Unreachable {
                    hop: Hop::Timeout,
                    detail,
                    facts: None,
                });
            }
            Account::Restoring { deadline } if *deadline <= now => {
                self.account = Account::nobody(self.outputs.now());
            }
            Account::Resuming(_) => self.resume(now),
            Account::Asking(_) => self.ask(now),
            Account::SignedIn(it) => {
                if let Some(station) = &mut it.station {
                    station.line.handle_timeout(now, &mut self.outputs);
                }
            }
            Account::Fallback { line, .. } => line.handle_timeout(now, &mut self.outputs),
            Account::SigningOut(it) => {
                if let Some(line) = &mut it.line {
                    line.handle_timeout(now, &mut self.outputs);
                }
            }
            Account::NotConfigured { .. }
            | Account::Restoring { .. }
            | Account::SignedOut { .. }
            | Account::SigningIn { .. } => {}
        }
        self.follow_queue(now);
        self.do_due(now);
        self.see_to_requests(now);
        self.leave_if_lost(now);
        self.finish_if_signed_out(now);
        self.follow_calls(now);
    }
}

/// Outputs: drain them after every input.
impl Phone {
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.outputs.poll_effect()
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        self.outputs.poll_event()
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) wants to be called; `None` only while nobody is signed in or signing in or out and nothing is checked.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let account = self.account_timeout();
        let probe = self.probe.as_ref().map(|it| it.deadline);
        let tones = self.tones.poll_timeout();
        [account, probe, self.path_deadline, tones]
            .into_iter()
            .flatten()
            .min()
    }

    fn account_timeout(&self) -> Option<Instant> {
        match &self.account {
            Account::NotConfigured { .. } | Account::SignedOut { .. } => None,
            Account::Restoring { deadline } | Account::SigningIn { deadline, .. } => {
                Some(*deadline)
            }
            Account::Resuming(it) => it.poll_timeout(),
            Account::Asking(it) => Some(it.poll_timeout()),
            Account::SignedIn(it) => {
                let lease = it
                    .station
                    .as_ref()
                    .and_then(|station| match &station.lease {
                        Holding::Held(lease) => Some(lease.poll_timeout()),
                        Holding::Lost { .. } => None,
                    });
                let station = it.station.as_ref();
                let moving = station.and_then(|it| it.moving.poll_timeout());
                let line = station.and_then(|it| it.line.poll_timeout());
                let queue = station.and_then(|it| it.queue.as_ref());
                let queue = queue.and_then(Queue::poll_timeout);
                [it.tokens.poll_timeout(), lease, moving, line, queue]
                    .into_iter()
                    .flatten()
                    .min()
            }
            Account::Fallback { line, .. } => line.poll_timeout(),
            Account::SigningOut(it) => {
                let line = it.line.as_ref().and_then(Line::poll_timeout);
                Some(line.map_or(it.deadline, |at| at.min(it.deadline)))
            }
        }
    }

    /// Returns what is: all that a front door needs to draw the phone.
    pub fn view(&self) -> PhoneView {
        let epoch = self.outputs.epoch();
        let (account, station, line) = match &self.account {
            Account::NotConfigured { message } => (
                AccountView::NotConfigured {
                    message: message.clone(),
                },
                None,
                None,
            ),
            Account::Restoring { .. } => (AccountView::Restoring, None, None),
            Account::Resuming(it) => (it.view(), None, None),
            Account::Asking(it) => (it.view(epoch), None, None),
            Account::SignedOut { reason, since } => (
                AccountView::SignedOut {
                    reason: reason.clone(),
                    since: *since,
                },
                None,
                None,
            ),
            Account::SigningIn { email, .. } => (
                AccountView::SigningIn {
                    email: email.clone(),
                },
                None,
                None,
            ),
            Account::SignedIn(it) => (
                AccountView::SignedIn {
                    user: it.user.clone(),
                    phone: it.station.is_some(),
                    since: it.since,
                },
                it.station.as_ref(),
                it.station.as_ref().map(|it| &it.line),
            ),
            Account::Fallback { sip_uri, line } => (
                AccountView::Fallback {
                    sip_uri: sip_uri.clone(),
                },
                None,
                Some(line.as_ref()),
            ),
            Account::SigningOut(it) => (AccountView::SigningOut, None, it.line.as_ref()),
        };
        let queue = station.and_then(|it| it.queue.as_ref());
        let session = Proofs {
            queue_confirmed_at: queue.and_then(Queue::confirmed_at),
            ..station.map_or_else(Proofs::default, |it| it.lease.proofs(epoch))
        };
        PhoneView {
            account,
            agent: station.map(|it| it.agent.clone()),
            lease: station.map(|it| it.lease.view()),
            move_request: station
                .and_then(|it| it.moving.asked.as_ref())
                .and_then(|it| it.view(epoch)),
            link: line.map_or(LinkView::Off, |it| it.link_view(epoch)),
            line: line.map_or(LineView::Off, Line::line_view),
            queue: queue.map(|it| it.view(epoch)),
            proofs: line.map_or(session, |it| it.proofs(session, epoch)),
            calls: line.map(Line::call_views).unwrap_or_default(),
            ended: line.and_then(Line::ended).cloned(),
            call_settings: self.setup.calls.clone(),
            sound: self.sound.view().clone(),
            server_check: self.server_check.clone(),
            path_check: self.path_check.clone(),
            vault: self.vault.clone(),
        }
    }
}

/// The line, where there is one.
impl Phone {
    fn handle_line_input(&mut self, input: Input, now: Instant) {
        match (self.account.line(), input) {
            (Some(line), input) => line.handle_input(input, now, &mut self.outputs),
            (None, Input::FlowOpened { flow }) => self.outputs.effect(Effect::CloseFlow { flow }),
            (None, _) => {}
        }
    }

    /// The one place that everything comes through that is dialled. What is not to be called is said before all else, because
    /// who needs help has no use for the state of the line.
    fn dial(&mut self, target: &str, now: Instant) -> Result<CallId, Rejected> {
        let domain = self.account.line().map(|it| it.domain());
        let target = self.setup.dialling.called(target, domain)?;
        if let Account::SignedIn(it) = &self.account
            && let Some(Station {
                lease: Holding::Lost { .. },
                ..
            }) = &it.station
        {
            return Err(Rejected::LeaseLost);
        }
        let (line, outputs) = self.line()?;
        let call = line.dial(&target, now, outputs)?;
        self.tones.interrupt();
        Ok(call)
    }

    fn line(&mut self) -> Result<(&mut Line, &mut Outputs), Rejected> {
        match &mut self.account {
            Account::SignedIn(it) => match &mut it.station {
                Some(station) => Ok((&mut station.line, &mut self.outputs)),
                None => Err(Rejected::NoPhone),
            },
            Account::Fallback { line, .. } => Ok((line, &mut self.outputs)),
            Account::NotConfigured { .. } => Err(Rejected::NoPhone),
            Account::Restoring { .. }
            | Account::Resuming(_)
            | Account::SignedOut { .. }
            | Account::SigningIn { .. }
            | Account::Asking(_)
            | Account::SigningOut(_) => Err(Rejected::NotSignedIn),
        }
    }
}

impl Account {
    /// Nobody is signed in, and there is nothing to say about it.
    fn nobody(since: Moment) -> Self {
        Self::SignedOut {
            reason: None,
            since,
        }
    }

    /// Returns the line, where there is one.
    fn line(&mut self) -> Option<&mut Line> {
        match self {
            Self::SignedIn(it) => it.station.as_mut().map(|it| &mut it.line),
            Self::Fallback { line, .. } => Some(line.as_mut()),
            Self::SigningOut(it) => it.line.as_mut(),
            Self::NotConfigured { .. }
            | Self::Restoring { .. }
            | Self::Resuming(_)
            | Self::SignedOut { .. }
            | Self::SigningIn { .. }
            | Self::Asking(_) => None,
        }
    }
}

/// Where a session is kept as long as the vault does not say otherwise.
fn vault_wished(setup: &Setup) -> VaultView {
    if setup.restores {
        VaultView::Keyring
    } else {
        VaultView::Memory
    }
}
