use std::time::{Duration, Instant};

use secrecy::SecretString;
use sidecar_api::{LoginRequest, LoginResponse, LogoutRequest, RefreshRequest, RefreshResponse};

use crate::{
    Accepted, Command, Effect, Event, Hop, Input, PhoneView, Rejected, Reply, Request,
    SidecarFailure, SignedOutReason, Stored,
    call::shown,
    lease::{Due, Lease, Standing},
    line::{Line, LineSetup},
    outputs::Outputs,
    tokens::Tokens,
    view::{AccountView, CallId, LeaseState, LeaseView, LineView, LinkView, UserView},
};

/// How long the sidecar may take (design/faults.md 68).
const LOGIN_DEADLINE: Duration = Duration::from_secs(8);
const BEAT_DEADLINE: Duration = Duration::from_secs(3);
const REFRESH_DEADLINE: Duration = Duration::from_secs(8);

/// Everything that a sign-out has to give back must leave within this time, answered or not.
const SIGN_OUT_DEADLINE: Duration = Duration::from_millis(1800);

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
    /// How many calls may exist at once; one more incoming call is answered "busy".
    pub max_calls: usize,
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
/// ```
///
/// See the [crate] documentation.
#[derive(Debug)]
pub struct Phone {
    setup: Setup,
    account: Account,
    outputs: Outputs,
}

#[derive(Debug)]
enum Account {
    NotConfigured {
        message: String,
    },
    SignedOut {
        reason: Option<SignedOutReason>,
    },
    SigningIn {
        email: String,
        attempt: u64,
        deadline: Instant,
    },
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
    tokens: Tokens,
    /// `None`: a manager or an executive, who has no phone.
    station: Option<Station>,
}

/// What an agent has and a manager has not.
#[derive(Debug)]
struct Station {
    lease: Holding,
    line: Line,
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
    deadline: Instant,
}

/// Inputs: commands, news from the world, time.
impl Phone {
    /// Creates a phone that nobody is signed in at.
    ///
    /// With a fallback account and no sidecar it begins to connect at once; with neither, SIP is not started and the view says why.
    pub fn new(setup: Setup, now: Instant) -> Self {
        let mut outputs = Outputs::new(setup.seed);
        let account = match (setup.sidecar, &setup.fallback) {
            (true, _) => Account::SignedOut { reason: None },
            (false, Some(fallback)) => {
                let line_setup = LineSetup {
                    sip_uri: fallback.sip_uri.clone(),
                    password: fallback.password.clone(),
                    ws_server: fallback.ws_server.clone(),
                    display_name: None,
                    device_id: setup.device_id.clone(),
                    user_agent: setup.user_agent.clone(),
                    max_calls: setup.max_calls,
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
        Self {
            setup,
            account,
            outputs,
        }
    }

    /// Does what the user asks, or says at once why the present state does not allow it.
    pub fn handle_command(&mut self, command: Command, now: Instant) -> Result<Accepted, Rejected> {
        match command {
            Command::SignIn {
                email,
                password,
                takeover,
            } => {
                self.sign_in(email, password, takeover, now)?;
            }
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
            Command::Dtmf { call, digits } => {
                let (line, outputs) = self.line()?;
                line.dtmf(call, &digits, now, outputs)?;
            }
            Command::Reconnect => {
                let (line, outputs) = self.line()?;
                line.reconnect(now, outputs);
            }
        }
        Ok(Accepted::default())
    }

    /// Takes what the engine brings; a reply that nobody waits for any more changes nothing.
    pub fn handle_input(&mut self, input: Input, now: Instant) {
        match input {
            Input::Sidecar { attempt, reply } => self.handle_reply(attempt, reply, now),
            Input::VaultFailed { detail } => self.outputs.event(Event::VaultFault { detail }),
            Input::NetworkChanged => {
                if let Account::SignedIn(it) = &mut self.account
                    && let Some(Station {
                        lease: Holding::Held(lease),
                        ..
                    }) = &mut it.station
                {
                    lease.beat_soon(now);
                }
                self.handle_line_input(Input::NetworkChanged, now);
            }
            Input::FlowOpened { .. }
            | Input::FlowFailed { .. }
            | Input::Message { .. }
            | Input::Pong { .. }
            | Input::Media { .. } => self.handle_line_input(input, now),
        }
        self.leave_if_lost(now);
        self.finish_if_signed_out(now);
        self.do_due(now);
    }

    /// Does what is due; call it when [`poll_timeout`](Self::poll_timeout) has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        match &mut self.account {
            Account::SigningIn { deadline, .. } if *deadline <= now => {
                let detail = "The server does not answer".to_owned();
                self.refuse(SignedOutReason::Unreachable {
                    hop: Hop::Timeout,
                    detail,
                });
            }
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
            | Account::SignedOut { .. }
            | Account::SigningIn { .. } => {}
        }
        self.do_due(now);
        self.leave_if_lost(now);
        self.finish_if_signed_out(now);
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

    /// Returns when [`handle_timeout`](Self::handle_timeout) wants to be called; `None` only while nobody is signed in or signing in or out.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.account {
            Account::NotConfigured { .. } | Account::SignedOut { .. } => None,
            Account::SigningIn { deadline, .. } => Some(*deadline),
            Account::SignedIn(it) => {
                let lease = it
                    .station
                    .as_ref()
                    .and_then(|station| match &station.lease {
                        Holding::Held(lease) => Some(lease.poll_timeout()),
                        Holding::Lost { .. } => None,
                    });
                let line = it.station.as_ref().and_then(|it| it.line.poll_timeout());
                [it.tokens.poll_timeout(), lease, line]
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
        let (account, lease, line) = match &self.account {
            Account::NotConfigured { message } => (
                AccountView::NotConfigured {
                    message: message.clone(),
                },
                None,
                None,
            ),
            Account::SignedOut { reason } => (
                AccountView::SignedOut {
                    reason: reason.clone(),
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
                },
                it.station.as_ref().map(|it| it.lease.view()),
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
        PhoneView {
            account,
            lease,
            link: line.map_or(LinkView::Off, Line::link_view),
            line: line.map_or(LineView::Off, Line::line_view),
            calls: line.map(Line::call_views).unwrap_or_default(),
        }
    }
}

/// Signing in.
impl Phone {
    fn sign_in(
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

    fn handle_granted(&mut self, grant: LoginResponse, now: Instant) {
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

    fn refuse(&mut self, reason: SignedOutReason) {
        self.outputs.event(Event::SignedOut {
            reason: reason.clone(),
        });
        self.account = Account::SignedOut {
            reason: Some(reason),
        };
    }
}

/// The sidecar's replies.
impl Phone {
    fn handle_reply(&mut self, number: u64, reply: Result<Reply, SidecarFailure>, now: Instant) {
        match &mut self.account {
            Account::SigningIn { attempt, .. } if *attempt == number => match reply {
                Ok(Reply::Login(grant)) => self.handle_granted(*grant, now),
                Ok(Reply::Refresh(_) | Reply::Heartbeat(_) | Reply::Logout(_)) => {}
                Err(failure) => self.refuse(login_refusal(failure)),
            },
            Account::SignedIn(it) if it.tokens.awaits(number) => match reply {
                Ok(Reply::Refresh(tokens)) => self.handle_refreshed(tokens, now),
                Ok(Reply::Login(_) | Reply::Heartbeat(_) | Reply::Logout(_)) => {}
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
                        self.with_lease(|lease, outputs| {
                            if lease.handle_confirmed(beat.ttl_seconds, now, outputs) {
                                let ttl_seconds = lease.ttl().as_secs();
                                outputs.event(Event::SessionHeld { ttl_seconds });
                            }
                        });
                    }
                    Ok(Reply::Login(_) | Reply::Refresh(_) | Reply::Logout(_)) => {}
                    Err(failure) => self.handle_beat_failed(failure, now),
                }
            }
            Account::SigningOut(it) if it.login == Some(number) => {
                it.login = None;
                self.give_back(reply, now);
            }
            Account::SigningOut(it) if it.logout == Some(number) => {
                if let Err(failure) = reply {
                    tracing::warn!(?failure, "The sidecar did not confirm the sign-out");
                }
                it.logout = None;
            }
            Account::NotConfigured { .. }
            | Account::SignedOut { .. }
            | Account::SigningIn { .. }
            | Account::SignedIn(_)
            | Account::Fallback { .. }
            | Account::SigningOut(_) => self.give_back(reply, now),
        }
    }

    /// A grant that nobody waits for any more holds a lock all the same; it is released.
    fn give_back(&mut self, reply: Result<Reply, SidecarFailure>, now: Instant) {
        if let Ok(Reply::Login(grant)) = reply {
            let tokens = Tokens::new(grant.access_token, grant.refresh_token, now);
            let logout = self.log_out(&tokens);
            if let Account::SigningOut(it) = &mut self.account {
                it.logout.get_or_insert(logout);
            }
        }
    }

    fn handle_beat_failed(&mut self, failure: SidecarFailure, now: Instant) {
        let (trouble, retry_after) = match failure {
            SidecarFailure::Refused {
                status: 409,
                holder,
                ..
            } => {
                let device_name = holder.map(|it| shown(&it.device_name));
                self.lose(SignedOutReason::TakenOver { device_name });
                return;
            }
            SidecarFailure::Refused { status: 401, .. } => {
                let mut worth_it = true;
                self.with_lease(|lease, _| worth_it = lease.wait_for_token());
                match &mut self.account {
                    Account::SignedIn(it) if worth_it => it.tokens.renew_soon(now),
                    Account::NotConfigured { .. }
                    | Account::SignedOut { .. }
                    | Account::SigningIn { .. }
                    | Account::SignedIn(_)
                    | Account::Fallback { .. }
                    | Account::SigningOut(_) => self.lose(SignedOutReason::TokenRefused),
                }
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
            SidecarFailure::Unreachable { hop, detail } => ((hop, detail), None),
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
    fn handle_refreshed(&mut self, pair: RefreshResponse, now: Instant) {
        let tokens = Tokens::new(pair.access_token, pair.refresh_token, now);
        self.store_tokens(&tokens);
        if let Account::SignedIn(it) = &mut self.account {
            it.tokens = tokens;
        }
        self.with_lease(|lease, _| lease.handle_token(now));
    }

    fn handle_refresh_failed(&mut self, failure: SidecarFailure, now: Instant) {
        match failure {
            SidecarFailure::Refused {
                status: 400 | 401 | 403,
                ..
            } => {
                let Account::SignedIn(it) = &mut self.account else {
                    return;
                };
                if it.station.is_some() {
                    self.lose(SignedOutReason::TokenRefused);
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

    fn with_lease(&mut self, act: impl FnOnce(&mut Lease, &mut Outputs)) {
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
    fn lose(&mut self, reason: SignedOutReason) {
        if let Account::SignedIn(it) = &mut self.account
            && let Some(station) = &mut it.station
            && let Holding::Held(lease) = &station.lease
        {
            let ttl = lease.ttl();
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
    fn do_due(&mut self, now: Instant) {
        let Account::SignedIn(it) = &mut self.account else {
            return;
        };
        if it.tokens.poll_timeout().is_some_and(|at| at <= now) {
            let refresh_token = it.tokens.refresh().clone();
            let number = self.outputs.number();
            it.tokens.handle_sent(number);
            self.outputs.effect(Effect::Sidecar {
                attempt: number,
                request: Request::Refresh(RefreshRequest { refresh_token }),
                deadline: REFRESH_DEADLINE,
            });
        }
        let Some(Station {
            lease: Holding::Held(lease),
            ..
        }) = &mut it.station
        else {
            return;
        };
        match lease.due(now) {
            Some(Due::Beat) => {
                let number = self.outputs.number();
                lease.handle_sent(number, now);
                self.outputs.effect(Effect::Sidecar {
                    attempt: number,
                    request: Request::Heartbeat {
                        access_token: it.tokens.access().clone(),
                    },
                    deadline: BEAT_DEADLINE,
                });
            }
            Some(Due::Expiry) => self.lose(SignedOutReason::LeaseExpired),
            None => {}
        }
    }

    fn handle_line_input(&mut self, input: Input, now: Instant) {
        let line = match &mut self.account {
            Account::SignedIn(it) => it.station.as_mut().map(|it| &mut it.line),
            Account::Fallback { line, .. } => Some(line.as_mut()),
            Account::SigningOut(it) => it.line.as_mut(),
            Account::NotConfigured { .. }
            | Account::SignedOut { .. }
            | Account::SigningIn { .. } => None,
        };
        match (line, input) {
            (Some(line), input) => line.handle_input(input, now, &mut self.outputs),
            (None, Input::FlowOpened { flow }) => self.outputs.effect(Effect::CloseFlow { flow }),
            (None, _) => {}
        }
    }

    fn dial(&mut self, target: &str, now: Instant) -> Result<CallId, Rejected> {
        if let Account::SignedIn(it) = &self.account
            && let Some(Station {
                lease: Holding::Lost { .. },
                ..
            }) = &it.station
        {
            return Err(Rejected::LeaseLost);
        }
        let (line, outputs) = self.line()?;
        line.dial(target, now, outputs)
    }

    fn line(&mut self) -> Result<(&mut Line, &mut Outputs), Rejected> {
        match &mut self.account {
            Account::SignedIn(it) => match &mut it.station {
                Some(station) => Ok((&mut station.line, &mut self.outputs)),
                None => Err(Rejected::NoPhone),
            },
            Account::Fallback { line, .. } => Ok((line, &mut self.outputs)),
            Account::NotConfigured { .. } => Err(Rejected::NoPhone),
            Account::SignedOut { .. } | Account::SigningIn { .. } | Account::SigningOut(_) => {
                Err(Rejected::NotSignedIn)
            }
        }
    }
}

/// Signing out.
impl Phone {
    fn sign_out_by_user(&mut self, now: Instant) -> Result<(), Rejected> {
        match std::mem::replace(&mut self.account, Account::SignedOut { reason: None }) {
            Account::SigningIn { attempt, .. } => {
                self.account = Account::SigningOut(Box::new(SigningOut {
                    reason: SignedOutReason::ByUser,
                    line: None,
                    login: Some(attempt),
                    logout: None,
                    deadline: now + SIGN_OUT_DEADLINE,
                }));
                Ok(())
            }
            Account::SignedIn(it) => {
                let SignedIn {
                    tokens, station, ..
                } = *it;
                let line = station.map(|it| it.line);
                self.leave(SignedOutReason::ByUser, line, Some(&tokens), now);
                Ok(())
            }
            Account::Fallback { line, .. } => {
                self.leave(SignedOutReason::ByUser, Some(*line), None, now);
                Ok(())
            }
            kept @ (Account::NotConfigured { .. }
            | Account::SignedOut { .. }
            | Account::SigningOut(_)) => {
                self.account = kept;
                Err(Rejected::NotSignedIn)
            }
        }
    }

    /// Signs out where the lease is lost and no call runs any more.
    fn leave_if_lost(&mut self, now: Instant) {
        let reason = match &self.account {
            Account::SignedIn(it) => match &it.station {
                Some(Station {
                    lease: Holding::Lost { reason, .. },
                    line,
                }) if !line.has_calls() => reason.clone(),
                Some(_) | None => return,
            },
            Account::NotConfigured { .. }
            | Account::SignedOut { .. }
            | Account::SigningIn { .. }
            | Account::Fallback { .. }
            | Account::SigningOut(_) => return,
        };
        let signed_in = std::mem::replace(&mut self.account, Account::SignedOut { reason: None });
        if let Account::SignedIn(it) = signed_in {
            let SignedIn {
                tokens, station, ..
            } = *it;
            // Where another device has taken the session, or the tokens are dead, there is nothing of ours to give back.
            let tokens = match &reason {
                SignedOutReason::TakenOver { .. } | SignedOutReason::TokenRefused => None,
                SignedOutReason::ByUser
                | SignedOutReason::WrongCredentials { .. }
                | SignedOutReason::NotConfigured { .. }
                | SignedOutReason::BadRequest { .. }
                | SignedOutReason::HeldElsewhere { .. }
                | SignedOutReason::TooManyTries { .. }
                | SignedOutReason::ServerTrouble { .. }
                | SignedOutReason::Unreachable { .. }
                | SignedOutReason::BadAccount { .. }
                | SignedOutReason::LeaseExpired => Some(tokens),
            };
            self.leave(reason, station.map(|it| it.line), tokens.as_ref(), now);
        }
    }

    /// Begins to give everything back: calls, binding, lock, and what the vault holds.
    fn leave(
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
        let deadline = now + SIGN_OUT_DEADLINE;
        self.account = Account::SigningOut(Box::new(SigningOut {
            reason,
            line,
            login: None,
            logout,
            deadline,
        }));
        self.finish_if_signed_out(now);
    }

    fn finish_if_signed_out(&mut self, now: Instant) {
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
        if (it.line.is_none() && it.login.is_none() && it.logout.is_none()) || deadline <= now {
            let reason = it.reason.clone();
            self.refuse(reason);
        }
    }

    fn log_out(&mut self, tokens: &Tokens) -> u64 {
        // RFC 6750 has no way to say both; the refresh token helps where the access token is unreadable to the sidecar.
        let body = LogoutRequest {
            refresh_token: Some(tokens.refresh().clone()),
        };
        let access_token = tokens.access().clone();
        self.request(Request::Logout { access_token, body }, SIGN_OUT_DEADLINE)
    }

    fn store_tokens(&mut self, tokens: &Tokens) {
        self.outputs.effect(Effect::Store {
            stored: Stored::Tokens {
                access_token: tokens.access().clone(),
                refresh_token: tokens.refresh().clone(),
            },
        });
    }

    fn request(&mut self, request: Request, deadline: Duration) -> u64 {
        let attempt = self.outputs.number();
        self.outputs.effect(Effect::Sidecar {
            attempt,
            request,
            deadline,
        });
        attempt
    }
}

impl Holding {
    fn awaits(&self, number: u64) -> bool {
        match self {
            Self::Held(lease) => lease.awaits(number),
            Self::Lost { .. } => false,
        }
    }

    fn view(&self) -> LeaseView {
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

/// Returns what a login's failure means to the user (contract/sidecar.md, the table of statuses).
fn login_refusal(failure: SidecarFailure) -> SignedOutReason {
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
