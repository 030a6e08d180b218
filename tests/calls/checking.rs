//! The whole phone is checked, down to the microphone and to whether voice leaves the network.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::{
    quit,
    support::{office::Office, process::Process},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_whether_voice_leaves_the_network_as_far_as_somebody_can_be_asked() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    assert_eq!(checked(&mut ana).await["state"], "no_server");
    // It has its verdict on what stands in place of the microphone.
    ana.event("sound.checked").await;
    quit(ana, 0).await;

    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let office = asking(server.local_addr().unwrap()).await;
    let answering = tokio::spawn(async move {
        let mut request = [0; 100];
        while let Ok((_, from)) = server.recv_from(&mut request).await {
            server.send_to(&seen(&request), from).await.unwrap();
        }
    });
    let mut ana = office.agent("ana", 1).await;
    let reached = checked(&mut ana).await;
    assert_eq!(reached["state"], "reached", "{reached}");
    assert_eq!(reached["seen_as"], "198.51.100.7:5000");
    let view = ana.ask(json!({"command": "view"})).await["view"].clone();
    assert_eq!(view["path_check"], reached);
    assert!(!view["sound"]["check"].is_null(), "{view}");
    answering.abort();
    quit(ana, 0).await;

    let deaf = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = deaf.local_addr().unwrap();
    let office = asking(address).await;
    let mut ana = office.agent("ana", 1).await;
    let silent = checked(&mut ana).await;
    assert_eq!(silent["state"], "silent", "{silent}");
    assert_eq!(silent["servers"], json!([address.to_string()]));
    quit(ana, 0).await;
}

async fn checked(phone: &mut Process) -> Value {
    assert_eq!(phone.ask(json!({"command": "check"})).await["ok"], true);
    phone.event("path.checked").await["check"].clone()
}

/// An office whose phones ask this STUN server.
async fn asking(server: SocketAddr) -> Office {
    let servers = format!("ice_servers = [{{ urls = [\"stun:{server}\"] }}]\nsip_ws_server");
    Office::with(move |toml| toml.replace("sip_ws_server", &servers)).await
}

/// Answers a Binding request: it is seen as coming from 198.51.100.7:5000 (RFC 8489 §14.2).
fn seen(request: &[u8]) -> Vec<u8> {
    let mut response = vec![1, 1, 0, 12];
    response.extend(&request[4..20]);
    response.extend([0, 0x20, 0, 8, 0, 1]);
    // The port and the address, both XOR the magic cookie.
    response.extend([0x13 ^ 0x21, 0x88 ^ 0x12]);
    response.extend([198 ^ 0x21, 51 ^ 0x12, 100 ^ 0xA4, 7 ^ 0x42]);
    response
}
