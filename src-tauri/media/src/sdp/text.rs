use std::fmt::Write as _;
use std::net::SocketAddr;

use super::candidate;
use super::direction::Direction;
use super::negotiation::Setup;
use super::payload::Payload;
use super::stream::Line;
use crate::PacketTime;

/// Our description of a session.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    /// `o=`: the same for all descriptions of a session, and one more each time (RFC 3264 §8).
    pub(crate) session_id: u64,
    pub(crate) version: u64,
    /// The `m=` lines; all but number `index` are refused.
    pub(crate) lines: &'a [Line],
    pub(crate) index: usize,
    /// Whether there is a BUNDLE group of the one stream (RFC 9143).
    pub(crate) bundled: bool,
    pub(crate) ufrag: &'a str,
    pub(crate) pwd: &'a str,
    /// What follows `a=candidate:`.
    pub(crate) candidates: &'a [String],
    /// The address of `c=` and `m=` where no candidate gives one.
    pub(crate) address: SocketAddr,
    /// What follows `a=fingerprint:`.
    pub(crate) fingerprint: &'a str,
    pub(crate) setup: Setup,
    pub(crate) payloads: &'a [(u8, Payload)],
    pub(crate) direction: Direction,
    pub(crate) rtcp_mux: bool,
    pub(crate) packet_time: PacketTime,
    pub(crate) ssrc: u32,
    pub(crate) cname: &'a str,
}

impl Text<'_> {
    /// Writes the description (RFC 8866; the order of RFC 8829 §5.2).
    pub(crate) fn write(&self) -> String {
        let mut text = String::with_capacity(1536);
        let mut line = |arguments: std::fmt::Arguments<'_>| {
            text.write_fmt(arguments)
                .and_then(|()| text.write_str("\r\n"))
                .expect("a String takes everything");
        };
        // RFC 8839 §4.2.1.2: the default destination is one of the candidates. It is a real
        // address: 0.0.0.0 would be read as hold (RFC 3264 §8.4).
        let address = candidate::default_destination(self.candidates).unwrap_or(self.address);
        let family = if address.is_ipv4() { "IP4" } else { "IP6" };
        line(format_args!("v=0"));
        line(format_args!(
            "o=- {} {} IN IP4 127.0.0.1",
            self.session_id, self.version
        ));
        line(format_args!("s=-"));
        line(format_args!("c=IN {family} {}", address.ip()));
        line(format_args!("t=0 0"));
        let mid = self
            .lines
            .get(self.index)
            .and_then(|line| line.mid.as_deref());
        if let Some(mid) = mid.filter(|_| self.bundled) {
            line(format_args!("a=group:BUNDLE {mid}"));
        }
        for (index, section) in self.lines.iter().enumerate() {
            let Line {
                kind,
                protocol,
                formats,
                mid,
            } = section;
            if index == self.index {
                let numbers: Vec<_> = self.payloads.iter().map(|(n, _)| n.to_string()).collect();
                line(format_args!(
                    "m={kind} {} {protocol} {}",
                    address.port(),
                    numbers.join(" ")
                ));
            } else {
                // RFC 3264 §6: a stream that is refused keeps its place, with port 0 and at least
                // one format, which means nothing
                let formats = match formats.as_slice() {
                    [] => "0".to_owned(),
                    formats => formats.join(" "),
                };
                line(format_args!("m={kind} 0 {protocol} {formats}"));
            }
            if let Some(mid) = mid {
                line(format_args!("a=mid:{mid}"));
            }
            if index == self.index {
                self.write_stream(&mut line);
            } else {
                line(format_args!("a=inactive"));
            }
        }
        text
    }

    fn write_stream(&self, line: &mut impl FnMut(std::fmt::Arguments<'_>)) {
        line(format_args!("a={}", self.direction.as_str()));
        if self.rtcp_mux {
            line(format_args!("a=rtcp-mux"));
        }
        for (number, payload) in self.payloads {
            line(format_args!("a=rtpmap:{number} {}", payload.rtpmap()));
            if let Some(fmtp) = payload.fmtp() {
                line(format_args!("a=fmtp:{number} {fmtp}"));
            }
        }
        line(format_args!("a=ptime:{}", self.packet_time.as_millis()));
        line(format_args!("a=maxptime:120"));
        line(format_args!("a=ice-ufrag:{}", self.ufrag));
        line(format_args!("a=ice-pwd:{}", self.pwd));
        line(format_args!("a=fingerprint:{}", self.fingerprint));
        line(format_args!("a=setup:{}", self.setup.as_str()));
        for candidate in self.candidates {
            line(format_args!("a=candidate:{candidate}"));
        }
        line(format_args!("a=end-of-candidates"));
        line(format_args!("a=msid:{0} {0}", self.cname));
        line(format_args!("a=ssrc:{} cname:{}", self.ssrc, self.cname));
    }
}

impl Setup {
    fn as_str(self) -> &'static str {
        match self {
            Self::ActPass => "actpass",
            Self::Active => "active",
            Self::Passive => "passive",
        }
    }
}
