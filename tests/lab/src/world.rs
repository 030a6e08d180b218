use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::ServerConfig;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    binding::Expiry,
    ca::{Ca, CaError, Certificate},
    clip::{Clip, ClipError},
    codec::Codec,
    conversation::Order,
    counts::{Counts, NotSeen},
    digest::{Algorithm, Realm},
    lab_call::{LabCall, OfferIn},
    leg::{Line, token},
    listener,
    middlebox::Loses,
    outgoing::OutgoingCall,
    peer::{Peer, PeerConfig, PeerError, Treatment},
    registrar::{FlowFault, Registrar, RegistrarConfig},
    sound::Sound,
    user_agent::{Behaviour, Calls, Extension},
};

/// An account of the registrar. The password is a lab secret, made to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub extension: String,
    pub password: String,
}

/// What a world is made of; [`WorldConfig::new`] gives the usual one.
#[derive(Debug, Clone)]
pub struct WorldConfig {
    /// Host part of the users' addresses, also the digest realm.
    pub domain: String,
    pub users: Vec<User>,
    /// The extensions that the lab itself answers, by name.
    pub extensions: Vec<(String, Behaviour)>,
    /// One challenge each, in this order.
    pub algorithms: Vec<Algorithm>,
    pub nonce_life: Duration,
    /// A REGISTER for less gets 423, one for more is granted this much.
    pub min_expires: Duration,
    pub max_expires: Duration,
    /// What the lab's user agents offer and answer, in the order of preference.
    pub codecs: Vec<Codec>,
    pub certificate: Certificate,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `ca.pem` is written; a temporary directory that ends with the world where it is `None`.
    pub directory: Option<PathBuf>,
}

/// Registrar, extensions and CA, on loopback, until it is dropped.
#[derive(Debug)]
pub struct World {
    wss_url: String,
    ca_path: PathBuf,
    ca: Ca,
    address: SocketAddr,
    tls: Arc<ServerConfig>,
    domain: String,
    codecs: Vec<Codec>,
    registrar: Registrar,
    listener: Option<JoinHandle<()>>,
    extensions: Vec<(String, Calls)>,
    caller: (Line, Calls),
    tasks: Vec<JoinHandle<()>>,
    _directory: Option<tempfile::TempDir>,
}

#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    #[error(transparent)]
    Ca(#[from] CaError),
    #[error("A directory for the CA could not be made: {0}")]
    Directory(#[source] io::Error),
    #[error("Listening on {address} failed: {source}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("The sound of an extension could not be made: {0}")]
    Clip(#[from] ClipError),
    #[error("The media of a call could not be made: {0}")]
    Media(String),
}

/// The extension whose calls [`World::call`] makes.
pub const CALLER: &str = "lab";

impl WorldConfig {
    /// Ana (700201) and Ravi (700202); `echo`, `playback`, `speech`, `busy`, `reject`, `ringforever`, `crossing`,
    /// `earlymedia`, `nosdp`, `onewayin` and `onewayout` (seen from whoever calls, until ICE is restarted); MD5; Opus before G.711.
    pub fn new() -> Result<Self, WorldError> {
        let tune = Arc::new(Clip::encode(&tune())?);
        let extension = |name: &str, behaviour| (name.to_owned(), behaviour);
        Ok(Self {
            domain: "lab.example".to_owned(),
            users: [("700201", "ana-lab-secret"), ("700202", "ravi-lab-secret")]
                .map(|(extension, password)| User {
                    extension: extension.to_owned(),
                    password: password.to_owned(),
                })
                .to_vec(),
            extensions: vec![
                extension("echo", Behaviour::Echo),
                extension("playback", Behaviour::Play(Arc::clone(&tune))),
                extension("speech", Behaviour::Play(Arc::clone(&tune))),
                extension("busy", Behaviour::Busy),
                extension("reject", Behaviour::Reject),
                extension("ringforever", Behaviour::RingForever),
                extension("crossing", Behaviour::AnswerAtCancel),
                extension(
                    "onewayout",
                    Behaviour::PlayBehind(Arc::clone(&tune), Loses::FromPhone),
                ),
                extension(
                    "onewayin",
                    Behaviour::PlayBehind(Arc::clone(&tune), Loses::ToPhone),
                ),
                extension("earlymedia", Behaviour::EarlyMedia(tune)),
                extension("nosdp", Behaviour::NoDescription),
            ],
            algorithms: vec![Algorithm::Md5],
            // As Kamailio's default.
            nonce_life: Duration::from_secs(300),
            min_expires: Duration::from_secs(10),
            max_expires: Duration::from_secs(600),
            codecs: vec![Codec::Opus, Codec::Pcmu, Codec::Pcma],
            certificate: Certificate::Valid,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            directory: None,
        })
    }

    /// Gives the extension `name` another behaviour, or adds it.
    pub fn extension(mut self, name: &str, behaviour: Behaviour) -> Self {
        self.extensions.retain(|(existing, _)| existing != name);
        self.extensions.push((name.to_owned(), behaviour));
        self
    }
}

impl World {
    /// Starts everything; phones can connect when it returns. Wants a tokio runtime.
    pub async fn start(config: WorldConfig) -> Result<Self, WorldError> {
        let ca = Ca::new()?;
        let (directory, temporary) = match config.directory {
            Some(directory) => (directory, None),
            None => {
                let temporary = tempfile::tempdir().map_err(WorldError::Directory)?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let ca_path = ca.write(&directory)?;
        let tls = ca.server_config(config.certificate)?;
        let listener = listen(config.listen).await?;
        let address = listener.local_addr().map_err(|source| WorldError::Listen {
            address: config.listen,
            source,
        })?;
        let realm = Realm::new(
            config.domain.clone(),
            config.users,
            config.algorithms,
            config.nonce_life,
        );
        let registrar = Registrar::new(RegistrarConfig {
            domain: config.domain.clone(),
            sent_by: address.to_string(),
            realm,
            expiry: Expiry {
                min: config.min_expires,
                max: config.max_expires,
            },
        });
        let mut tasks = Vec::new();
        let mut extensions = Vec::new();
        for (name, behaviour) in config.extensions {
            let (_, calls, task) =
                extension(&registrar, &config.domain, &name, behaviour, &config.codecs);
            tasks.push(task);
            extensions.push((name, calls));
        }
        let (line, calls, task) = extension(
            &registrar,
            &config.domain,
            CALLER,
            Behaviour::Busy,
            &config.codecs,
        );
        tasks.push(task);
        let listening = tokio::spawn(listener::accept(
            listener,
            Arc::clone(&tls),
            registrar.clone(),
        ));
        Ok(Self {
            wss_url: format!("wss://{address}"),
            ca_path,
            ca,
            address,
            tls,
            domain: config.domain,
            codecs: config.codecs,
            registrar,
            listener: Some(listening),
            extensions,
            caller: (line, calls),
            tasks,
            _directory: temporary,
        })
    }

    /// Where phones connect, such as `wss://127.0.0.1:40123`.
    pub fn wss_url(&self) -> &str {
        &self.wss_url
    }

    pub fn ca_path(&self) -> &Path {
        &self.ca_path
    }

    pub fn ca(&self) -> &Ca {
        &self.ca
    }

    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Returns a user's address, such as `sip:700201@lab.example`.
    pub fn sip_uri(&self, extension: &str) -> String {
        format!("sip:{extension}@{}", self.domain)
    }

    /// What has been seen until now.
    pub fn counts(&self) -> Counts {
        self.registrar.tally.now()
    }

    /// Waits until the counts are as `held` says; `what` names it in the error.
    pub async fn wait_for(
        &self,
        what: &str,
        deadline: Duration,
        held: impl FnMut(&Counts) -> bool,
    ) -> Result<Counts, NotSeen> {
        self.registrar.tally.wait_for(what, deadline, held).await
    }

    /// Loses the flows over which `extension` is registered; returns how many there were.
    pub fn drop_flow(&self, extension: &str, fault: FlowFault) -> usize {
        self.registrar.fault(Some(extension), fault)
    }

    /// Loses the flows of all phones, registered or not; returns how many there were.
    pub fn drop_all_flows(&self, fault: FlowFault) -> usize {
        self.registrar.fault(None, fault)
    }

    /// Answers the next request of `method` from a phone with `status`; several calls queue up.
    pub fn refuse_next(&self, method: &str, status: u16) {
        self.registrar.refuse_next(method, status);
    }

    /// Sets whether requests within a dialog are challenged too, as Asterisk can.
    pub fn challenge_in_dialog(&self, on: bool) {
        self.registrar.challenge_in_dialog(on);
    }

    /// Makes every nonce stale that was given out.
    pub fn expire_nonces(&self) {
        self.registrar.forget_nonces();
    }

    /// Returns how many dialogs and relayed transactions the proxy remembers.
    pub fn load(&self) -> (usize, usize) {
        self.registrar.load()
    }

    /// Closes the port and all flows at once, and forgets all bindings; calls keep their media.
    pub async fn stop(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.abort();
            // It ends by being aborted.
            let _ = listener.await;
        }
        self.registrar.forget_bindings();
    }

    /// Listens again on the same port.
    pub async fn restart(&mut self) -> Result<(), WorldError> {
        self.stop().await;
        let listener = listen(self.address).await?;
        self.listener = Some(tokio::spawn(listener::accept(
            listener,
            Arc::clone(&self.tls),
            self.registrar.clone(),
        )));
        Ok(())
    }

    /// Calls a registered phone, or one of the lab's own extensions.
    pub async fn call(
        &self,
        to: &str,
        treatment: Treatment,
        offer_in: OfferIn,
    ) -> Result<LabCall, WorldError> {
        self.call_with(to, treatment, offer_in, &[]).await
    }

    /// The same with further headers in the INVITE.
    pub async fn call_with(
        &self,
        to: &str,
        treatment: Treatment,
        offer_in: OfferIn,
        headers: &[(&str, &str)],
    ) -> Result<LabCall, WorldError> {
        let (line, calls) = &self.caller;
        let call_id = format!("{}@lab.invalid", token());
        self.registrar
            .tally
            .update(|counts| counts.begin_call(&call_id, CALLER));
        let media = |error: PeerError| WorldError::Media(error.to_string());
        let mut peer = Peer::new(PeerConfig {
            call_id: call_id.clone(),
            extension: CALLER.to_owned(),
            codecs: self.codecs.clone(),
            treatment,
            loses: None,
            tally: self.registrar.tally.clone(),
        })
        .await
        .map_err(media)?;
        let tag = token();
        let mut invite = line.invite(to, &call_id, &tag);
        for (name, value) in headers {
            invite.push(name, value);
        }
        match offer_in {
            OfferIn::Invite => {
                let offer = peer.offer().await.map_err(media)?;
                invite.set_body("application/sdp", offer);
            }
            OfferIn::Answer => {}
        }
        let ear = peer.ear();
        let (orders, inbox) = calls.begin(&call_id);
        let call = OutgoingCall {
            line: line.clone(),
            invite,
            tag,
            peer,
            early: false,
        };
        tokio::spawn(call.run(inbox));
        Ok(LabCall {
            call_id,
            extension: CALLER.to_owned(),
            registrar: self.registrar.clone(),
            orders,
            ear,
        })
    }

    /// Makes `extension` hang up all its calls; returns how many.
    pub fn hang_up(&self, extension: &str) -> usize {
        self.order(extension, Order::HangUp)
    }

    /// Makes `extension` hold all its calls, or take them back; returns how many.
    pub fn hold(&self, extension: &str, on: bool) -> usize {
        self.order(extension, Order::Hold(on))
    }

    fn order(&self, extension: &str, order: Order) -> usize {
        self.extensions
            .iter()
            .filter(|(name, _)| name == extension)
            .map(|(_, calls)| calls.order(order))
            .sum()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for task in self.tasks.drain(..).chain(self.listener.take()) {
            task.abort();
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, WorldError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| WorldError::Listen { address, source })
}

fn extension(
    registrar: &Registrar,
    domain: &str,
    name: &str,
    behaviour: Behaviour,
    codecs: &[Codec],
) -> (Line, Calls, JoinHandle<()>) {
    let (flow, receiver) = registrar.open(None);
    registrar.serve(name, flow);
    let line = Line {
        registrar: registrar.clone(),
        flow,
        extension: name.to_owned(),
        domain: domain.to_owned(),
    };
    let calls = Calls::default();
    let task = Extension {
        line: line.clone(),
        behaviour,
        codecs: codecs.to_vec(),
        calls: calls.clone(),
    }
    .run(receiver);
    (line, calls, tokio::spawn(task))
}

/// Two seconds of a rising scale: what `playback` plays where nobody gives it speech.
fn tune() -> Sound {
    const RATE: u32 = 48_000;
    // A major pentatonic on A4, in Hz.
    const NOTES: [f64; 5] = [440.0, 495.0, 556.9, 660.0, 742.5];
    let per_note = RATE as usize * 2 / NOTES.len();
    let samples = NOTES
        .iter()
        .flat_map(|hz| {
            (0..per_note).map(move |i| {
                let t = i as f64 / f64::from(RATE);
                let fade = (std::f64::consts::PI * i as f64 / per_note as f64).sin();
                (0.3 * fade * (2.0 * std::f64::consts::PI * hz * t).sin()) as f32
            })
        })
        .collect();
    Sound {
        rate: RATE,
        samples,
    }
}
