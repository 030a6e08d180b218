use bytes::Bytes;

use crate::transport::rtp::header::Header;
use crate::transport::{Marshal, Unmarshal, rtp};

/// What of an RTP packet (RFC 3550 §5.1) matters to sound, decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence_number: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) payload: Bytes,
}

impl Packet {
    /// Returns `None` where `bytes` are no RTP packet of version 2.
    pub(crate) fn parse(mut bytes: Bytes) -> Option<Self> {
        // RFC 3550 §5.1: the version is in the upper two bits.
        if bytes.first()? >> 6 != 2 {
            return None;
        }
        let rtp::Packet { header, payload } = rtp::Packet::unmarshal(&mut bytes).ok()?;
        Some(Self {
            marker: header.marker,
            payload_type: header.payload_type,
            sequence_number: header.sequence_number,
            timestamp: header.timestamp,
            ssrc: header.ssrc,
            payload,
        })
    }

    /// Returns the packet as [`Transport::send_rtp`](crate::transport::Transport::send_rtp) takes it.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let packet = rtp::Packet {
            header: Header {
                version: 2,
                marker: self.marker,
                payload_type: self.payload_type,
                sequence_number: self.sequence_number,
                timestamp: self.timestamp,
                ssrc: self.ssrc,
                ..Header::default()
            },
            payload: self.payload.clone(),
        };
        packet
            .marshal()
            .expect("a header without extensions always fits the buffer made for it")
            .freeze()
    }
}
