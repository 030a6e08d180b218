//! With servers that are not one.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;

use pulseaudio::protocol::{
    AuthReply, CommandReply, CommandTag, MAX_VERSION, PulseError, SetClientNameReply, write_error,
    write_reply_message,
};
use rustix::cmsg_space;
use rustix::net::sockopt::set_socket_passcred;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{getpid, getuid};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

use super::packet::{Inlet, Packet, number};
use super::*;

/// What hangs is given up after this.
const PATIENCE: Duration = Duration::from_millis(300);

/// What a test waits for comes long before this, even on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

#[test]
fn without_a_server_there_is_no_connection() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("native");
    assert_eq!(refused_at(&path, PATIENCE), "Absent ServerGone");
    // Someone was there, and is no longer.
    drop(UnixListener::bind(&path).unwrap());
    assert_eq!(refused_at(&path, PATIENCE), "Absent ServerGone");
}

#[test]
fn the_handshake_says_who_calls_and_an_old_server_is_not_used() {
    let let_in = Fake::start(|caller| {
        let (tag, cookie) = caller.request();
        assert_eq!(tag, CommandTag::Auth as u32);
        // Version, and a cookie of 256 zeros, for want of another.
        assert_eq!(cookie.len(), 5 + 5 + 256);
        caller.version(MAX_VERSION + 1);
        let (tag, name) = caller.request();
        assert_eq!(tag, CommandTag::SetClientName as u32);
        assert!(name.windows(11).any(|it| it == b"Helix Phone"));
        caller.reply(&SetClientNameReply { client_id: 1 });
    });
    let connection = let_in.connect();
    assert!(connection.is_ok(), "{connection:?}");
    let old = Fake::start(|caller| {
        caller.request();
        caller.version(21);
    });
    assert_eq!(old.refused(), "Old Broken");
}

#[test]
fn a_wrong_cookie_is_told_from_a_server_that_is_away() {
    let guarded = Fake::start(|caller| {
        caller.request();
        write_error(
            &mut caller.socket,
            caller.sequence,
            &PulseError::AccessDenied,
        )
        .unwrap();
    });
    assert_eq!(guarded.refused(), "Refused Refused");
    let ends = Fake::start(|caller| {
        caller.request();
    });
    assert_eq!(ends.refused(), "Ended ServerGone");
}

#[test]
fn a_server_that_asks_late_who_calls_is_told_all_the_same() {
    let (ours, its) = Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap();
    let calls = thread::spawn(move || {
        Connection::begin(Arc::new(ours), vec![0; 256], Instant::now() + DEADLINE).map(drop)
    });
    // The request has come before the server wants to be told.
    its.peek(&mut [MaybeUninit::uninit()]).unwrap();
    set_socket_passcred(&its, true).unwrap();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmCredentials(1))];
    let mut told = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; 1_000];
    let mut bytes = [IoSliceMut::new(&mut bytes)];
    recvmsg(&its, &mut bytes, &mut told, RecvFlags::empty()).unwrap();
    let told: Vec<_> = told
        .drain()
        .filter_map(|it| {
            let RecvAncillaryMessage::ScmCredentials(it) = it else {
                return None;
            };
            Some((it.pid, it.uid))
        })
        .collect();
    assert_eq!(told, [(getpid(), getuid())]);
    drop(its);
    let failure = calls.join().unwrap().unwrap_err();
    assert!(matches!(failure, Failure::Ended), "{failure}");
}

#[test]
fn a_server_that_hangs_in_the_handshake_is_given_up() {
    for answered in [0, 1] {
        let (hold, held) = mpsc::channel::<()>();
        let hangs = Fake::start(move |caller| {
            caller.request();
            if answered == 1 {
                caller.version(MAX_VERSION);
                caller.request();
            }
            // Until the test is over.
            let _ = held.recv();
        });
        let refused = refused_at(&hangs.path(), PATIENCE);
        assert_eq!(refused, "Silent ServerGone", "after {answered} answers");
        drop(hold);
    }
}

#[test]
fn a_server_whose_queue_is_full_is_given_up() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("native");
    let _listener = UnixListener::bind(&path).unwrap();
    let mut waiting = Vec::new();
    loop {
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
        let socket = socket.unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket2::SockAddr::unix(&path).unwrap();
        if socket.connect(&address).is_err() {
            break;
        }
        waiting.push(socket);
    }
    assert_eq!(refused_at(&path, PATIENCE), "Silent ServerGone");
}

#[test]
fn garbage_is_seen_as_what_it_is() {
    let control = u32::MAX.to_be_bytes();
    let header = |length: u32| [&length.to_be_bytes()[..], &control, &[0; 12]].concat();
    let endless = u32::MAX - 1;
    let blob = b"L\0\0\0\x02L\0\0\0\0x\xff\xff\xff\xff".as_slice();
    for garbage in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        header(endless),
        header(0),
        [header(3), b"abc".to_vec()].concat(),
        // It answers with 4 GB that do not come.
        [header(blob.len() as u32), blob.to_vec()].concat(),
        vec![0xff; 100],
    ] {
        let sent = garbage.clone();
        let talks = Fake::start(move |caller| {
            caller.request();
            caller.socket.write_all(&sent).unwrap();
            // Until the other side has had enough.
            let mut rest = Vec::new();
            let _ = caller.socket.read_to_end(&mut rest);
        });
        assert_eq!(talks.refused(), "Garbled Broken", "{garbage:?}");
    }
}

#[test]
fn a_connection_that_is_not_wanted_any_more_ends_at_once() {
    let (begun, has_begun) = mpsc::channel();
    let hangs = Fake::start(move |caller| {
        caller.request();
        begun.send(()).unwrap();
        let mut rest = Vec::new();
        let _ = caller.socket.read_to_end(&mut rest);
    });
    let hook = Hook::default();
    let ends = hook.clone();
    let surroundings = hangs.surroundings();
    let waiting = thread::spawn(move || {
        Connection::open(&surroundings, &hook, Instant::now() + DEADLINE).map(drop)
    });
    has_begun.recv_timeout(DEADLINE).unwrap();
    ends.end();
    let failure = waiting.join().unwrap().unwrap_err();
    assert!(matches!(failure, Failure::Ended), "{failure}");
    // And one that has not begun does not begin.
    let later = Connection::open(&hangs.surroundings(), &ends, Instant::now() + DEADLINE);
    assert!(matches!(later, Err(Failure::Ended)));
}

fn surroundings(path: &Path) -> Surroundings {
    let server = format!("unix:{}", path.display());
    Surroundings::new(
        |name| (name == "PULSE_SERVER").then(|| server.clone().into()),
        None,
    )
}

/// Returns why there is no connection at `path`, and what that is for a device.
fn refused_at(path: &Path, patience: Duration) -> String {
    let surroundings = surroundings(path);
    let failure = Connection::open(&surroundings, &Hook::default(), Instant::now() + patience)
        .map(drop)
        .unwrap_err();
    let name = format!("{failure:?}");
    let end = name.find('(').unwrap_or(name.len());
    format!("{} {:?}", &name[..end], failure.fault())
}

/// Someone at the address of a server, who serves each caller alike.
struct Fake {
    folder: TempDir,
}

/// One who calls.
struct Caller {
    socket: UnixStream,
    inlet: Inlet,
    /// The number of their last request.
    sequence: u32,
}

impl Fake {
    fn start(serve: impl Fn(&mut Caller) + Send + 'static) -> Self {
        let fake = Self {
            folder: TempDir::new().unwrap(),
        };
        let listener = UnixListener::bind(fake.path()).unwrap();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let mut caller = Caller {
                    socket: socket.unwrap(),
                    inlet: Inlet::new(1_000),
                    sequence: 0,
                };
                serve(&mut caller);
            }
        });
        fake
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("native")
    }

    fn surroundings(&self) -> Surroundings {
        surroundings(&self.path())
    }

    fn connect(&self) -> Result<Connection, Failure> {
        let deadline = Instant::now() + DEADLINE;
        Connection::open(&self.surroundings(), &Hook::default(), deadline)
    }

    fn refused(&self) -> String {
        refused_at(&self.path(), DEADLINE)
    }
}

impl Caller {
    /// Waits for a request, and returns what is asked and the rest of it.
    fn request(&mut self) -> (u32, Vec<u8>) {
        loop {
            match self.inlet.next().unwrap() {
                Some(Packet::Control(control)) => {
                    let (tag, rest) = number(control).unwrap();
                    let (sequence, rest) = number(rest).unwrap();
                    self.sequence = sequence;
                    return (tag, rest.to_vec());
                }
                Some(Packet::Sound { .. }) => {}
                None => {
                    self.inlet.fill(&self.socket).unwrap();
                }
            }
        }
    }

    fn version(&mut self, version: u16) {
        self.reply(&AuthReply {
            version,
            use_memfd: false,
            use_shm: false,
        });
    }

    fn reply(&mut self, reply: &impl CommandReply) {
        let mut bytes = Vec::new();
        write_reply_message(&mut bytes, self.sequence, reply, MAX_VERSION).unwrap();
        self.socket.write_all(&bytes).unwrap();
    }
}
