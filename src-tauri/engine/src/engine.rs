use std::{io, path::PathBuf, sync::Arc, time::Duration};

use media::Media;
use phone::{Accepted, Command, Moment, Phone, PhoneView, Rejected};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    time::Instant,
};
use url::Url;

use crate::{
    actor::{Actor, Ask},
    clock::{Clock, Stamp, Stamped},
    connector::Connector,
    network,
    proxy::Proxies,
    sidecar::{self, Sidecar},
    tls,
    vault::{Place, Vault},
    vigil::Vigil,
    world::{Parts, World},
};

/// How many events a slow follower may be behind: a minute of the busiest call.
const EVENT_BACKLOG: usize = 1024;

/// How many inputs may wait for the phone. Flows that bring more wait themselves, and so do their
/// servers.
const INPUT_BACKLOG: usize = 64;

/// What an engine is started with.
#[derive(Debug)]
pub struct Config {
    /// `setup.sidecar` and `setup.restores` follow from [`sidecar`](Self::sidecar) and
    /// [`vault`](Self::vault) below, whatever they hold.
    pub setup: phone::Setup,
    /// Where the sidecar is: `https`, with a path prefix or without; `http` to loopback alone.
    pub sidecar: Option<Url>,
    /// A PEM file whose certificates are trusted beside those that the platform trusts.
    pub extra_ca: Option<PathBuf>,
    /// The proxy for all that is not loopback; `None`: the one that the system names, if any.
    pub proxy: Option<Url>,
    /// Names this installation for people: "Ana's desk".
    pub device_name: String,
    pub media: media::Config,
    /// Keeps the session between two starts; without a sidecar there is none.
    pub vault: Vault,
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("The CA file {} cannot be used: {reason}", path.display())]
    ExtraCa { path: PathBuf, reason: String },
    #[error("This machine trusts no authority, and no CA file that can be used is given: {0}")]
    Trust(rustls::Error),
    #[error("The sidecar's address {url} cannot be used: {reason}")]
    Sidecar { url: String, reason: String },
    #[error("The proxy cannot be used: {reason}")]
    Proxy { reason: String },
    #[error("The sound cannot be set up: {0}")]
    Media(io::Error),
}

/// A handle to a running phone; clone it freely.
///
/// When the last one is dropped the phone signs out and ends; [`stop`](Self::stop) does the same
/// and waits for it.
#[derive(Debug, Clone)]
pub struct Engine {
    asks: mpsc::Sender<Ask>,
    view: watch::Receiver<PhoneView>,
    events: broadcast::Sender<Stamped>,
    clock: Clock,
}

impl Engine {
    /// Starts the phone on the current tokio runtime, and its media thread.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose IO and time are enabled.
    pub fn spawn(config: Config) -> Result<Self, StartError> {
        let tls = tls::client_config(config.extra_ca.as_deref())?;
        let proxies = Proxies::new(config.proxy.as_ref())?;
        let sidecar = config
            .sidecar
            .as_ref()
            .map(|base| {
                Sidecar::new(&sidecar::Config {
                    base,
                    tls: &tls,
                    proxy: config.proxy.as_ref(),
                    device_id: &config.setup.device_id,
                    device_name: &config.device_name,
                })
            })
            .transpose()?;
        let (media, news) = Media::start(config.media).map_err(StartError::Media)?;

        let (asks, asks_rx) = mpsc::channel(16);
        let (inputs, inputs_rx) = mpsc::channel(INPUT_BACKLOG);
        let (events, _) = broadcast::channel(EVENT_BACKLOG);
        let vigil = Vigil::begin();
        let clock = Clock::start(vigil.slept());
        let setup = phone::Setup {
            sidecar: config.sidecar.is_some(),
            restores: config.sidecar.is_some() && config.vault.outlives_process(),
            ..config.setup
        };
        let vault = config.sidecar.as_ref().and_then(|sidecar| {
            let place = Place {
                device_id: setup.device_id.clone(),
                sidecar: sidecar.to_string(),
            };
            config.vault.keeper(place, inputs.clone())
        });
        let world = World::new(Parts {
            sidecar,
            connector: Connector::new(Arc::new(tls), proxies),
            media,
            vault,
            inputs: inputs.clone(),
        });
        let phone = Phone::new(setup, vigil.now());
        let (view_tx, view) = watch::channel(phone.view());
        let actor = Actor {
            phone,
            world,
            clock: clock.clone(),
            vigil,
            asks: asks_rx,
            inputs: inputs_rx,
            news,
            view: view_tx,
            events: events.clone(),
            has_handles: true,
        };
        tokio::spawn(actor.run());
        tokio::spawn(network::watch(inputs));

        Ok(Self {
            asks,
            view,
            events,
            clock,
        })
    }

    /// Asks the phone to do something; what comes of it arrives as events and views.
    pub async fn send(&self, command: Command) -> Result<Accepted, Rejected> {
        let (verdict, verdict_rx) = oneshot::channel();
        if self
            .asks
            .send(Ask::Command(command, verdict))
            .await
            .is_err()
        {
            return Err(Rejected::Stopping);
        }
        verdict_rx.await.unwrap_or(Err(Rejected::Stopping))
    }

    /// Returns what is: the latest view, complete.
    pub fn view(&self) -> watch::Receiver<PhoneView> {
        self.view.clone()
    }

    /// Returns what happens from now on; a follower that lags far behind loses the oldest.
    pub fn events(&self) -> broadcast::Receiver<Stamped> {
        self.events.subscribe()
    }

    /// Returns the present moment of the phone's time, by which the view's moments are old.
    pub fn now(&self) -> Moment {
        self.clock.moment()
    }

    /// Reads the clocks by which events are stamped.
    pub fn stamp(&self) -> Stamp {
        self.clock.stamp()
    }

    /// Ends all calls, un-registers, gives the lease back and ends the phone; returns when that is
    /// done, after `deadline` at the latest.
    pub async fn stop(&self, deadline: Duration) {
        let (done, done_rx) = oneshot::channel();
        let ask = Ask::Stop(Instant::now() + deadline, done);
        if self.asks.send(ask).await.is_ok() {
            // It is never sent, only dropped.
            let _ = done_rx.await;
        }
    }
}

#[cfg(test)]
mod tests;
