//! A connection to the sound server, from the handshake to its end.

use std::ffi::CString;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, MAX_VERSION, Prop, Props, ProtocolError, PulseError,
    TagStructReader, write_command_message,
};
use rustix::cmsg_space;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, UCred, sendmsg};
use rustix::process::{getgid, getpid, getuid};
use socket2::{Domain, SockAddr, Socket, Type};
use thiserror::Error;
use tracing::debug;

use super::address::{Address, Surroundings};
use super::packet::{Garbage, Inlet, Packet, number};
use super::tags;
use crate::device::choice::Fault;

/// With PulseAudio 1.0 (2011), since when a description has all that is read of it.
const OLDEST: u16 = 22;

/// In bytes: most of what a server answers is smaller.
const USUAL: usize = 16 << 10;

/// A server that takes no more for so long hangs.
const STUCK: Duration = Duration::from_secs(2);

/// A connection that was let in.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Arc<Socket>,
    inlet: Inlet,
    version: u16,
    /// The number of the next request.
    next: u32,
    deadline: Instant,
}

/// Why there is no connection, or no answer.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("no sound server is there: {0}")]
    Absent(io::Error),
    #[error("the sound server does not answer")]
    Silent,
    #[error("the connection to the sound server broke")]
    Ended,
    #[error("the sound server answers what cannot be understood")]
    Garbled,
    #[error("the sound server is of version {0}, which is too old")]
    Old(u16),
    #[error("the sound server refuses: {0}")]
    Refused(PulseError),
}

/// Ends a connection from another thread, whatever it waits for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hook {
    state: Arc<Mutex<Hooked>>,
}

#[derive(Debug, Default)]
enum Hooked {
    #[default]
    Nothing,
    Connection(Arc<Socket>),
    Ended,
}

impl Failure {
    /// Returns what it means for a device.
    pub(crate) fn fault(&self) -> Fault {
        match self {
            Self::Absent(_) | Self::Silent | Self::Ended => Fault::ServerGone,
            Self::Garbled | Self::Old(_) => Fault::Broken,
            Self::Refused(error) => match error {
                PulseError::AccessDenied | PulseError::AuthKey => Fault::Refused,
                PulseError::NoEntity | PulseError::Killed => Fault::Gone,
                PulseError::Busy => Fault::Busy,
                PulseError::ConnectionRefused
                | PulseError::ConnectionTerminated
                | PulseError::Timeout => Fault::ServerGone,
                PulseError::Command
                | PulseError::Invalid
                | PulseError::Exist
                | PulseError::Protocol
                | PulseError::Internal
                | PulseError::InvalidServer
                | PulseError::ModInitFailed
                | PulseError::BadState
                | PulseError::NoData
                | PulseError::Version
                | PulseError::TooLarge
                | PulseError::NotSupported
                | PulseError::Unknown
                | PulseError::NoExtension
                | PulseError::Obsolete
                | PulseError::NotImplemented
                | PulseError::Forked
                | PulseError::Io => Fault::Broken,
            },
        }
    }
}

impl From<Garbage> for Failure {
    fn from(_: Garbage) -> Self {
        Self::Garbled
    }
}

impl From<ProtocolError> for Failure {
    fn from(error: ProtocolError) -> Self {
        debug!(%error, "the sound server is not understood");
        Self::Garbled
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) {
            return Self::Silent;
        }
        debug!(%error, "the connection to the sound server broke");
        Self::Ended
    }
}

impl Hook {
    /// Ends the connection that there is or will be.
    pub(crate) fn end(&self) {
        let before = std::mem::replace(&mut *self.state(), Hooked::Ended);
        if let Hooked::Connection(socket) = before
            && let Err(error) = socket.shutdown(Shutdown::Both)
        {
            debug!(%error, "a connection had ended");
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(*self.state(), Hooked::Ended)
    }

    fn hold(&self, socket: &Arc<Socket>) -> Result<(), Failure> {
        let mut state = self.state();
        match *state {
            Hooked::Ended => Err(Failure::Ended),
            Hooked::Nothing | Hooked::Connection(_) => {
                *state = Hooked::Connection(Arc::clone(socket));
                Ok(())
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Hooked> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Connects to the first server that is there, and is let in by it. All of it, and what is
    /// asked later, has to be done by `deadline`.
    pub(super) fn open(
        surroundings: &Surroundings,
        hook: &Hook,
        deadline: Instant,
    ) -> Result<Self, Failure> {
        let mut absent = Failure::Absent(ErrorKind::NotFound.into());
        for address in surroundings.addresses() {
            match connect(&address, deadline) {
                Ok(socket) => {
                    let socket = Arc::new(socket);
                    hook.hold(&socket)?;
                    return Self::begin(socket, surroundings.cookie(), deadline);
                }
                // Its queue is full, because it takes nobody.
                Err(error) if error.kind() == ErrorKind::WouldBlock => absent = Failure::Silent,
                Err(error) => absent = Failure::Absent(error),
            }
        }
        Err(absent)
    }

    /// Is let in by the server at the other end.
    pub(super) fn begin(
        socket: Arc<Socket>,
        cookie: Vec<u8>,
        deadline: Instant,
    ) -> Result<Self, Failure> {
        socket.set_write_timeout(Some(STUCK))?;
        let mut connection = Self {
            socket,
            inlet: Inlet::new(USUAL),
            version: MAX_VERSION,
            next: 0,
            deadline,
        };
        let auth = Command::Auth(AuthParams {
            version: MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie,
        });
        let (sequence, message) = connection.request(&auth)?;
        write_with_identity(&connection.socket, &message)?;
        let reply: AuthReply = connection.answer(sequence, |tags, _| tags.read())?;
        if reply.version < OLDEST {
            return Err(Failure::Old(reply.version));
        }
        connection.version = reply.version.min(MAX_VERSION);
        connection.ask(&Command::SetClientName(client()), |_, _| Ok(()))?;
        Ok(connection)
    }

    /// Sets by when what is asked has to be answered.
    pub(super) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Asks and reads the answer with `read`, which is given the version of the protocol.
    pub(super) fn ask<T>(
        &mut self,
        command: &Command,
        read: impl FnOnce(&mut TagStructReader<'_>, u16) -> Result<T, ProtocolError>,
    ) -> Result<T, Failure> {
        let (sequence, message) = self.request(command)?;
        (&*self.socket).write_all(&message)?;
        self.answer(sequence, read)
    }

    /// Returns what is to be written for a request, and its number.
    fn request(&mut self, command: &Command) -> Result<(u32, Vec<u8>), Failure> {
        let sequence = self.next;
        self.next += 1;
        let mut message = Vec::new();
        write_command_message(&mut message, sequence, command, self.version)?;
        Ok((sequence, message))
    }

    /// Waits for the answer to the request of this number.
    fn answer<T>(
        &mut self,
        sequence: u32,
        read: impl FnOnce(&mut TagStructReader<'_>, u16) -> Result<T, ProtocolError>,
    ) -> Result<T, Failure> {
        loop {
            while let Some(packet) = self.inlet.next()? {
                let Packet::Control(control) = packet else {
                    continue;
                };
                let (tag, rest) = number(control).ok_or(Garbage)?;
                let (its, mut rest) = number(rest).ok_or(Garbage)?;
                if its == sequence && matches!(tag, ERROR | REPLY) {
                    if !tags::are_whole(rest) {
                        return Err(Failure::Garbled);
                    }
                    let mut tags = TagStructReader::new(&mut rest, self.version);
                    return match tag {
                        ERROR => Err(Failure::Refused(
                            tags.read_enum().unwrap_or(PulseError::Unknown),
                        )),
                        _ => Ok(read(&mut tags, self.version)?),
                    };
                }
            }
            self.wait()?;
        }
    }

    /// Waits until more has come in, but not past the deadline.
    fn wait(&mut self) -> Result<(), Failure> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::Silent);
        }
        self.socket.set_read_timeout(Some(left))?;
        match self.inlet.fill(&*self.socket)? {
            0 => Err(Failure::Ended),
            _ => Ok(()),
        }
    }

    /// Gives the connection away, for a stream or for news; a silence of `patience` is a failure.
    pub(super) fn into_parts(
        self,
        patience: Option<Duration>,
    ) -> Result<(Arc<Socket>, Inlet), Failure> {
        self.socket.set_read_timeout(patience)?;
        Ok((self.socket, self.inlet))
    }
}

const ERROR: u32 = 0;
const REPLY: u32 = 2;

/// Writes, and says to a server of this computer whose process this is: it lets its own user in
/// without a cookie. The kernel says so by itself only from when the server wants to be told, which
/// is a moment after it has taken the connection.
fn write_with_identity(socket: &Socket, message: &[u8]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmCredentials(1))];
    let mut identity = SendAncillaryBuffer::new(&mut space);
    if socket.local_addr()?.is_unix() {
        identity.push(SendAncillaryMessage::ScmCredentials(UCred {
            pid: getpid(),
            uid: getuid(),
            gid: getgid(),
        }));
    }
    let flags = SendFlags::NOSIGNAL;
    let written = sendmsg(socket, &[IoSlice::new(message)], &mut identity, flags)?;
    let mut socket = socket;
    socket.write_all(message.get(written..).unwrap_or_default())
}

fn connect(address: &Address, deadline: Instant) -> io::Result<Socket> {
    let left = || {
        let left = deadline.saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => Err(io::Error::from(ErrorKind::TimedOut)),
            false => Ok(left),
        }
    };
    match address {
        Address::Unix(path) => {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
            // Where its queue is full, it would be waited for without an end.
            socket.set_nonblocking(true)?;
            socket.connect(&SockAddr::unix(path)?)?;
            socket.set_nonblocking(false)?;
            Ok(socket)
        }
        Address::Tcp { host, port } => {
            let mut refused = ErrorKind::NotFound.into();
            for address in (host.as_str(), *port).to_socket_addrs()? {
                let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
                match socket.connect_timeout(&address.into(), left()?) {
                    Ok(()) => {
                        socket.set_tcp_nodelay(true)?;
                        return Ok(socket);
                    }
                    Err(error) => refused = error,
                }
            }
            Err(refused)
        }
    }
}

/// Returns how the mixer of the user shows this program.
fn client() -> Props {
    let mut props = Props::new();
    props.set(Prop::ApplicationName, c"Helix Phone");
    props.set(Prop::ApplicationId, c"helix-phone");
    props.set(Prop::ApplicationProcessBinary, c"helix-phone");
    props.set(Prop::ApplicationIconName, c"audio-headset");
    if let Ok(id) = CString::new(std::process::id().to_string()) {
        props.set(Prop::ApplicationProcessId, id);
    }
    props
}
