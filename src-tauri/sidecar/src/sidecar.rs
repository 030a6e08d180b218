use std::sync::Arc;

use secrecy::{SecretSlice, SecretString};
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
use crate::platform::RenewalSeal;
use crate::refusal::Refusal;
use crate::session::Sessions;
use crate::store::Store;
use crate::token::{AccessTokens, Caller, Expiry};
use crate::upstream::NoHttp;

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
    pub(crate) sessions: Sessions,
    pub(crate) seal: RenewalSeal,
    pub(crate) metrics: Metrics,
    /// `None`: calls go through SIP alone.
    pub(crate) ozonetel: Option<Arc<Ozonetel>>,
    /// What goes on behind a call that is answered subscribes to it until its end.
    pub(crate) background: watch::Sender<()>,
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
        } = config;
        let tokens = AccessTokens::new(jwt_secret, settings.access_token);
        let metrics = Metrics::new();
        let directory = Directory::new(users, clock.clone(), &metrics)?;
        let ozonetel = ozonetel
            .map(|settings| Ozonetel::new(settings, clock.clone(), &metrics))
            .transpose()?;
        let (account, address) = (settings.account_limit, settings.address_limit);
        let (refresh, access) = (settings.refresh_token, tokens.longest_use());
        let (attempts, sessions) = match store.clone() {
            Some(store) => (
                Attempts::in_redis(store.clone(), account, address),
                Sessions::in_redis(store, refresh, access),
            ),
            None => (
                Attempts::in_memory(clock.clone(), account, address),
                Sessions::in_memory(refresh, access),
            ),
        };
        Ok(Self {
            attempts,
            sessions,
            seal: RenewalSeal::new(jwt_secret),
            tokens,
            directory,
            metrics,
            ozonetel: ozonetel.map(Arc::new),
            background: watch::Sender::new(()),
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

    /// Forgets what has expired.
    pub(crate) fn sweep(&self) {
        self.sessions.sweep(self.clock.now().monotonic);
        self.attempts.sweep();
        self.directory.sweep();
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
