use std::net::IpAddr;
use std::sync::Arc;

use secrecy::{SecretSlice, SecretString};
use sidecar_api::Holder;
use tokio::sync::watch;
use tracing::info;

use crate::attempts::Attempts;
use crate::clock::Clock;
use crate::config::{Config, Settings};
use crate::device::Device;
use crate::directory::{Directory, Phone};
use crate::lock::{LockName, Owner, SessionLock};
use crate::metrics::Metrics;
use crate::ozonetel::Ozonetel;
use crate::platform::{NotRenewed, NotStored, RenewalSeal};
use crate::pseudonym::Pseudonyms;
use crate::refusal::{Refusal, shown};
use crate::routes::Pace;
use crate::seal::SigningKeys;
use crate::seats::Seats;
use crate::seldom::Seldom;
use crate::session::{Lifetimes, SessionState, Sessions};
use crate::store::Store;
use crate::token::{AccessTokens, Caller, Expiry};
use crate::under_way::UnderWay;
use crate::upstream::NoHttp;

/// How many listeners a session has: one, and one whose connection is lost and does not know it yet.
const LISTENERS_OF_SESSION: usize = 2;

/// Devices that wait for an answer to what they asked; further ones are told at once how it stands.
const MAX_WAITING: usize = 512;

/// How many wait with one ticket.
const WAITING_OF_TICKET: usize = 2;

/// All that the calls share.
pub(crate) struct Sidecar {
    pub(crate) settings: Settings,
    pub(crate) directory: Directory,
    pub(crate) clock: Clock,
    pub(crate) lock: Arc<dyn SessionLock>,
    /// What is shared with other servers; `None`: this one is alone.
    pub(crate) store: Option<Store>,
    pub(crate) attempts: Attempts,
    pub(crate) tokens: AccessTokens,
    /// Of wrong credentials that another server has looked at.
    pub(crate) pace: Pace,
    pub(crate) sessions: Sessions,
    pub(crate) seal: RenewalSeal,
    /// Renewals at the platform, by their session and the hash of the token that is renewed.
    pub(crate) renewals: UnderWay<(String, [u8; 32]), Result<Option<SecretString>, NotRenewed>>,
    pub(crate) not_stored: NotStored,
    pub(crate) pseudonyms: Pseudonyms,
    pub(crate) metrics: Metrics,
    /// `None`: calls go through SIP alone.
    pub(crate) ozonetel: Option<Arc<Ozonetel>>,
    /// What goes on behind a call that is answered subscribes to it until its end.
    pub(crate) background: watch::Sender<()>,
    /// Who listens for events.
    pub(crate) listeners: Seats,
    /// Who waits for an answer to what they asked.
    pub(crate) waiting: Seats,
    /// Whose sign-ins were refused unseen, by network and pseudonym.
    pub(crate) refused: Seldom<IpAddr, String>,
    /// Whether the server stops: what lasts ends now.
    pub(crate) closing: watch::Sender<bool>,
}

impl Sidecar {
    pub(crate) fn new(
        config: Config,
        jwt_secret: &SecretSlice<u8>,
        clock: Clock,
        lock: Arc<dyn SessionLock>,
        store: Option<Store>,
    ) -> Result<Self, NoHttp> {
        let Config {
            settings,
            users,
            ozonetel,
            warnings: _,
        } = config;
        let old_secret = settings.jwt_secret_old.clone();
        let keys = SigningKeys {
            current: jwt_secret,
            old: old_secret.as_ref(),
        };
        let tokens = AccessTokens::new(keys, settings.access_token);
        let seal = RenewalSeal::new(keys);
        let mut metrics = Metrics::new();
        if let Some(store) = &store {
            metrics.show_store(store.metrics());
        }
        let directory = Directory::new(users, clock.clone(), &metrics)?;
        let ozonetel = ozonetel
            .map(|settings| Ozonetel::new(settings, store.clone(), keys, clock.clone(), &metrics))
            .transpose()?;
        let (account, address) = (settings.account_limit, settings.address_limit);
        let lifetimes = Lifetimes {
            refresh: settings.refresh_token,
            access: tokens.longest_use(),
        };
        let (attempts, sessions) = match store.clone() {
            Some(store) => (
                Attempts::in_redis(store.clone(), account, address),
                Sessions::in_redis(store, lifetimes, keys),
            ),
            None => (
                Attempts::in_memory(clock.clone(), account, address),
                Sessions::in_memory(lifetimes, keys),
            ),
        };
        sessions.hear_of_takeovers(&*lock);
        // Each listener has a connection, and the calls need some.
        let listeners = (settings.max_connections / 4 * 3).max(1);
        Ok(Self {
            attempts,
            sessions,
            seal,
            renewals: UnderWay::default(),
            not_stored: NotStored::new(lifetimes.refresh),
            pseudonyms: Pseudonyms::new(jwt_secret),
            tokens,
            pace: Pace::default(),
            directory,
            metrics,
            ozonetel: ozonetel.map(Arc::new),
            background: watch::Sender::new(()),
            listeners: Seats::new(LISTENERS_OF_SESSION, listeners),
            waiting: Seats::new(WAITING_OF_TICKET, MAX_WAITING),
            refused: Seldom::default(),
            closing: watch::Sender::new(false),
            clock,
            lock,
            store,
            settings,
        })
    }

    /// Returns the refresh token of a session as its phone gets it.
    pub(crate) fn carry(
        &self,
        session_token: SecretString,
        platform_token: Option<&SecretString>,
    ) -> SecretString {
        match platform_token {
            Some(platform_token) => self.seal.seal(&session_token, platform_token),
            None => session_token,
        }
    }

    /// Returns whom `token` speaks for: it is ours, and `device` is the one it was given to.
    pub(crate) fn caller(
        &self,
        token: Option<&SecretString>,
        device: &Device,
        expiry: Expiry,
    ) -> Result<Caller, Refusal> {
        let caller = token
            .and_then(|token| self.tokens.verify(token, expiry, self.clock.now().wall))
            .ok_or_else(Refusal::invalid_access_token)?;
        if caller.is_other_device(device.id.as_deref()) {
            info!(member = caller.member_id, "token of another device refused");
            return Err(Refusal::invalid_access_token());
        }
        Ok(caller)
    }

    /// Waits until the server stops.
    pub(crate) async fn closes(&self) {
        let mut closing = self.closing.subscribe();
        // Its sender is here.
        let _ = closing.wait_for(|it| *it).await;
    }

    /// Forgets what has expired.
    pub(crate) fn sweep(&self) {
        let now = self.clock.now().monotonic;
        self.sessions.sweep(now);
        self.not_stored.sweep(now);
        self.attempts.sweep();
        self.directory.sweep();
    }

    /// Returns what `member_id` is told of who holds a lock; of their own device also what its session
    /// knows, where that answers.
    pub(crate) async fn shown(&self, holder: &Owner, member_id: &str) -> Holder {
        let mut shown = shown(holder, member_id);
        if shown.same_member
            && let Ok(SessionState::Live {
                system, at_queue, ..
            }) = self.sessions.state(&holder.session_id).await
        {
            shown.system = system;
            shown.in_call = at_queue.in_call;
        }
        shown
    }

    /// Returns `caller` as an owner of a lock that is taken now; `known_name` is what their session
    /// knows of their device.
    pub(crate) fn owner(
        &self,
        caller: &Caller,
        device: &Device,
        known_name: Option<String>,
    ) -> Owner {
        let named = device.name.clone().or(known_name);
        Owner {
            member_id: caller.member_id.clone(),
            device_id: caller.device_id.clone(),
            device_name: named.unwrap_or_else(|| device.name_or_unnamed()),
            session_id: caller.session_id.clone(),
            since: Some(self.clock.now().wall),
            epoch: caller.epoch,
        }
    }
}

/// Returns what a user with a phone locks.
pub(crate) fn lock_name(phone: &Phone) -> Option<LockName> {
    phone.agent().map(|agent| agent.lock_name())
}
