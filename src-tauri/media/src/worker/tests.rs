#![allow(clippy::unwrap_used)]

use std::net::IpAddr;
use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_session_that_panics_ends_alone_and_says_so() {
    let (mut worker, mut told) = worker();
    let (session, other) = (SessionId(1), SessionId(2));
    for session in [session, other] {
        worker.handle_command(Command::Offer {
            session,
            request: 1,
        });
        assert!(matches!(told.try_recv(), Ok(News::Offer { .. })));
    }

    worker.with(session, |_| panic!("a fault in a session"));

    let is_fault = |failure| matches!(failure, Failure::Internal(_));
    assert!(
        matches!(told.try_recv(), Ok(News::Failed { session: failed, failure })
            if failed == session && is_fault(failure.clone()))
    );
    worker.handle_command(Command::Apply {
        session,
        request: 2,
        peer: crate::Peer(0),
        answer: String::new(),
    });
    assert!(matches!(
        told.try_recv(),
        Ok(News::Refused { request: 2, .. })
    ));
    for session in [session, other] {
        worker.handle_command(Command::Close { session });
        assert_eq!(told.try_recv(), Ok(News::Closed { session }));
    }
    assert!(worker.sessions.is_empty());
}

#[tokio::test]
async fn servers_are_asked_from_the_sign_in_on_and_calls_find_the_answers() {
    let (mut worker, mut told) = worker();
    let server = tokio::net::UdpSocket::bind((local(), 0)).await.unwrap();
    let mut buffer = [0; 100];
    assert!(
        worker.sockets.is_empty(),
        "before the sign-in there is nothing"
    );

    worker.use_servers(vec![ice_server(&server)]);
    let hosts = host_addresses().unwrap();
    let asked_from = hosts.iter().filter(|host| host.is_ipv4()).count();
    let mut ports = Vec::new();
    for session in [SessionId(1), SessionId(2)] {
        let mut from = None;
        for _ in 0..asked_from {
            let (length, asker) = within(server.recv_from(&mut buffer)).await.unwrap();
            let response = seen_as(&buffer[..length], 5000);
            server.send_to(&response, asker).await.unwrap();
            let mut answer = [0; 100];
            let received = within(worker.sockets.receive(&mut answer)).await;
            worker.handle_datagram(&received, &answer);
            from = Some(asker);
        }
        let from = from.unwrap();
        worker.handle_command(Command::Offer {
            session,
            request: 1,
        });
        let News::Offer { sdp, .. } = told.try_recv().unwrap() else {
            panic!("no offer at once");
        };
        let (address, port) = (from.ip(), from.port());
        let found = format!("198.51.100.7 5000 typ srflx raddr {address} rport {port}");
        assert!(sdp.contains(&found), "{sdp}");
        ports.push(from.port());
    }
    assert_ne!(ports[0], ports[1]);

    worker.use_servers(Vec::new());
    for session in [SessionId(1), SessionId(2)] {
        worker.handle_command(Command::Close { session });
    }
    assert!(
        worker.sockets.is_empty(),
        "after the sign-out there is nothing"
    );
    assert_eq!(worker.poll_timeout(), None);
}

#[tokio::test]
async fn a_probe_tells_how_a_server_sees_this_machine() {
    let (mut worker, mut told) = worker();
    worker.probe_path();
    let found = told.try_recv();
    assert_eq!(found, Ok(News::PathProbed(PathProbe::NoServer)));

    let server = tokio::net::UdpSocket::bind((local(), 0)).await.unwrap();
    worker
        .servers
        .set(vec![ice_server(&server)], Instant::now());
    worker.probe_path();
    let mut buffer = [0; 100];
    let (length, asker) = within(server.recv_from(&mut buffer)).await.unwrap();
    let response = seen_as(&buffer[..length], 5000);
    server.send_to(&response, asker).await.unwrap();
    let received = within(worker.sockets.receive(&mut buffer)).await;
    worker.handle_datagram(&received, &buffer);
    let News::PathProbed(PathProbe::Reached { local, seen_as, .. }) = told.try_recv().unwrap()
    else {
        panic!("it was reached");
    };
    assert_eq!(local, asker);
    assert_eq!(seen_as.to_string(), "198.51.100.7:5000");
    assert!(worker.sockets.is_empty());
    assert_eq!(worker.poll_timeout(), None);
}

#[test]
fn what_is_late_is_made_up_for_moment_by_moment_unless_it_is_too_late() {
    let due = Instant::now();
    let at = |late: u64| {
        let now = due + Duration::from_millis(late);
        let moment = moment(due, now);
        assert!(moment == due || moment == now);
        moment == now
    };
    // Less than a tick: the time as it is makes one tick due.
    assert!(at(0) && at(9));
    // One tick after the other, so that the sessions keep in step with the desk.
    assert!(!at(10) && !at(80));
    // Left out.
    assert!(at(81) && at(10_000));
}

#[test]
fn the_second_session_writes_beside_the_first() {
    let path = Path::new("/records/call.wav");
    assert_eq!(numbered(path, 1), path);
    assert_eq!(numbered(path, 2), Path::new("/records/call-2.wav"));
    assert_eq!(numbered(Path::new("call"), 3), Path::new("call-3"));
}

fn worker() -> (Worker, mpsc::UnboundedReceiver<News>) {
    let (news, told) = mpsc::unbounded_channel();
    let grid = Grid::new(Instant::now());
    let silence = Some(Source::Silence);
    let worker = Worker {
        source: silence.clone(),
        playback: Playback::Discard,
        packet_time: PacketTime::default(),
        grid,
        sound: Sound::open(silence, false, grid, news.clone()).unwrap(),
        servers: Servers::new(),
        reserve: Reserve::default(),
        probe: Probe::default(),
        sessions: BTreeMap::new(),
        begun: 0,
        sockets: Sockets::new(),
        news,
    };
    (worker, told)
}

/// Returns an address of this machine that sessions use.
fn local() -> IpAddr {
    host_addresses()
        .unwrap()
        .into_iter()
        .find(IpAddr::is_ipv4)
        .unwrap()
}

fn ice_server(socket: &tokio::net::UdpSocket) -> IceServer {
    IceServer {
        url: format!("stun:{}", socket.local_addr().unwrap()),
        username: None,
        credential: None,
    }
}

/// Answers a Binding request: it is seen as coming from 198.51.100.7 (RFC 8489 §14.2).
fn seen_as(request: &[u8], port: u16) -> Vec<u8> {
    let cookie = [0x21, 0x12, 0xA4, 0x42];
    let mut response = vec![1, 1, 0, 12];
    response.extend(&request[4..20]);
    response.extend([0, 0x20, 0, 8, 0, 1]);
    let port = port.to_be_bytes();
    response.extend([port[0] ^ cookie[0], port[1] ^ cookie[1]]);
    let address = [198, 51, 100, 7];
    response.extend(address.iter().zip(cookie).map(|(byte, mask)| byte ^ mask));
    response
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(std::time::Duration::from_secs(20), future)
        .await
        .unwrap()
}
