#![allow(clippy::unwrap_used)]

mod answering;
mod garbage;
mod offering;
mod reading;

use std::net::SocketAddr;

use super::{Direction, Line, Payload, PayloadMap, Setup, Text};
use crate::PacketTime;

/// Our description with usual contents.
fn written(
    lines: &[Line],
    payloads: &[(u8, Payload)],
    setup: Setup,
    direction: Direction,
) -> String {
    let address: SocketAddr = "192.0.2.10:40000".parse().unwrap();
    Text {
        session_id: 4_611_686_018_427_387_903,
        version: 1,
        lines,
        index: 0,
        bundled: true,
        ufrag: "abcd1234",
        pwd: "abcdefghijklmnopqrstuvwx",
        candidates: &[
            "1 1 udp 2130706431 192.0.2.10 40000 typ host".to_owned(),
            "2 1 udp 1694498815 203.0.113.7 40001 typ srflx raddr 192.0.2.10 rport 40000"
                .to_owned(),
        ],
        address,
        fingerprint: &format!("sha-256 {}", FINGERPRINT),
        setup,
        payloads,
        direction,
        rtcp_mux: true,
        packet_time: PacketTime::Ms20,
        ssrc: 1234,
        cname: "cname",
    }
    .write()
}

/// A first offer of ours.
fn our_offer(direction: Direction) -> String {
    written(
        &[Line::audio()],
        &PayloadMap::default().offer(None),
        Setup::ActPass,
        direction,
    )
}

const FINGERPRINT: &str = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:\
     00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

const OTHER_FINGERPRINT: &str = "FF:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:\
     00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

/// As JsSIP sends it from Chromium, gathering complete.
fn chromium() -> String {
    format!(
        "v=0\r\n\
         o=- 8236492650384723 2 IN IP4 127.0.0.1\r\n\
         s=-\r\n\
         t=0 0\r\n\
         a=group:BUNDLE 0\r\n\
         a=extmap-allow-mixed\r\n\
         a=msid-semantic: WMS 3f6a\r\n\
         m=audio 51472 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n\
         c=IN IP4 192.0.2.20\r\n\
         a=rtcp:9 IN IP4 0.0.0.0\r\n\
         a=candidate:3268 1 udp 2122260223 192.0.2.20 51472 typ host generation 0 network-id 1\r\n\
         a=candidate:3269 1 udp 2122194687 6f1c3b5e-1b1e-4a51-9f6e-5a1b2c3d4e5f.local 51473 typ host\r\n\
         a=candidate:2183 1 tcp 1518280447 192.0.2.20 9 typ host tcptype active generation 0\r\n\
         a=ice-ufrag:sXJ3\r\n\
         a=ice-pwd:yEclOTrLg1gEubBFefOqtmyV\r\n\
         a=ice-options:trickle\r\n\
         a=fingerprint:sha-256 {FINGERPRINT}\r\n\
         a=setup:actpass\r\n\
         a=mid:0\r\n\
         a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
         a=sendrecv\r\n\
         a=msid:3f6a 8b1d\r\n\
         a=rtcp-mux\r\n\
         a=rtcp-rsize\r\n\
         a=rtpmap:111 opus/48000/2\r\n\
         a=rtcp-fb:111 transport-cc\r\n\
         a=fmtp:111 minptime=10;useinbandfec=1\r\n\
         a=rtpmap:63 red/48000/2\r\n\
         a=fmtp:63 111/111\r\n\
         a=rtpmap:9 G722/8000\r\n\
         a=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:13 CN/8000\r\n\
         a=rtpmap:110 telephone-event/48000\r\n\
         a=rtpmap:126 telephone-event/8000\r\n\
         a=ssrc:1399695169 cname:cu7A\r\n"
    )
}

/// As Asterisk 22 sends it.
fn asterisk() -> String {
    format!(
        "v=0\r\n\
         o=- 1876384745 1876384745 IN IP4 192.0.2.30\r\n\
         s=Asterisk\r\n\
         c=IN IP4 192.0.2.30\r\n\
         t=0 0\r\n\
         a=msid-semantic:WMS *\r\n\
         a=group:BUNDLE audio-0\r\n\
         m=audio 16394 UDP/TLS/RTP/SAVPF 107 0 8 101 100\r\n\
         a=connection:new\r\n\
         a=setup:actpass\r\n\
         a=fingerprint:SHA-256 {FINGERPRINT}\r\n\
         a=ice-ufrag:0c3c3ad55bc5a1a13a47ab5a0f6c2b3e\r\n\
         a=ice-pwd:4f7d0ac15d3a2d6b7bbf7f3a2d4f5e6a\r\n\
         a=candidate:Hc0a81e 1 UDP 2130706431 192.0.2.30 16394 typ host\r\n\
         a=candidate:Hfe80 1 UDP 2130706431 fe80::5054:ff:fe12:3456 16394 typ host\r\n\
         a=rtpmap:107 opus/48000/2\r\n\
         a=fmtp:107 useinbandfec=1\r\n\
         a=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:101 telephone-event/48000\r\n\
         a=fmtp:101 0-16\r\n\
         a=rtpmap:100 telephone-event/8000\r\n\
         a=fmtp:100 0-16\r\n\
         a=ptime:20\r\n\
         a=maxptime:20\r\n\
         a=sendrecv\r\n\
         a=rtcp-mux\r\n\
         a=ssrc:1066923455 cname:5e0a\r\n\
         a=msid:2b5c 5f6d\r\n\
         a=rtcp-fb:* transport-cc\r\n\
         a=mid:audio-0\r\n"
    )
}

/// As rtpengine rewrites the offer of a telephone: no group, codecs in the order of the far end.
fn rtpengine() -> String {
    format!(
        "v=0\n\
         o=- 3902 1 IN IP4 203.0.113.5\n\
         s=-\n\
         t=0 0\n\
         m=audio 30012 UDP/TLS/RTP/SAVPF 8 0 101\n\
         c=IN IP4 203.0.113.5\n\
         a=mid:0\n\
         a=rtpmap:8 PCMA/8000\n\
         a=rtpmap:0 PCMU/8000\n\
         a=rtpmap:101 telephone-event/8000\n\
         a=fmtp:101 0-15\n\
         a=sendrecv\n\
         a=rtcp:30012\n\
         a=rtcp-mux\n\
         a=setup:actpass\n\
         a=fingerprint:sha-256 {FINGERPRINT}\n\
         a=tls-id:a3f5\n\
         a=ice-ufrag:Wc1TGTPe\n\
         a=ice-pwd:sRa7hBHcNgSPxW9d2GGVJ5a0tI\n\
         a=candidate:0JVA 1 UDP 2130706431 203.0.113.5 30012 typ host\n\
         a=end-of-candidates\n"
    )
}

/// As FreeSWITCH does it: much at the session level, no mid, ICE lite, RTCP of its own as well.
fn freeswitch() -> String {
    format!(
        "v=0\r\n\
         o=FreeSWITCH 1763614800 1763614801 IN IP4 198.51.100.9\r\n\
         s=FreeSWITCH\r\n\
         c=IN IP4 198.51.100.9\r\n\
         t=0 0\r\n\
         a=ice-lite\r\n\
         a=setup:passive\r\n\
         a=fingerprint:sha-256 {FINGERPRINT}\r\n\
         a=ice-ufrag:Wx7rJkeYZlqAIIZk\r\n\
         a=ice-pwd:tO1mBnKMBbTDWRZ5tJkQn6Av\r\n\
         m=audio 27834 UDP/TLS/RTP/SAVP 102 0 101\r\n\
         a=rtpmap:102 opus/48000/2\r\n\
         a=fmtp:102 useinbandfec=1; maxaveragebitrate=30000; ptime=20; minptime=10\r\n\
         a=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\n\
         a=rtcp-mux\r\n\
         a=rtcp:27834 IN IP4 198.51.100.9\r\n\
         a=ptime:20\r\n\
         a=candidate:8124012342 1 udp 659136 198.51.100.9 27834 typ host generation 0\r\n\
         a=candidate:8124012342 2 udp 659135 198.51.100.9 27835 typ host generation 0\r\n"
    )
}
