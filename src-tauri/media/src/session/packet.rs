use bytes::Bytes;

use crate::rtp::Packet;
use crate::transport::rtp::header::Header;
use crate::transport::{Marshal as _, Unmarshal as _, rtp};

/// Reads a decrypted RTP packet (RFC 3550 §5.1); `None` where it is malformed.
pub(super) fn read(mut bytes: Bytes) -> Option<Packet> {
    let rtp::Packet { header, payload } = rtp::Packet::unmarshal(&mut bytes).ok()?;
    (header.version == 2).then_some(Packet {
        marker: header.marker,
        payload_type: header.payload_type,
        sequence_number: header.sequence_number,
        timestamp: header.timestamp,
        ssrc: header.ssrc,
        payload,
    })
}

/// Writes an RTP packet for encryption.
pub(super) fn write(packet: Packet) -> Bytes {
    let packet = rtp::Packet {
        header: Header {
            version: 2,
            marker: packet.marker,
            payload_type: packet.payload_type,
            sequence_number: packet.sequence_number,
            timestamp: packet.timestamp,
            ssrc: packet.ssrc,
            ..Header::default()
        },
        payload: packet.payload,
    };
    packet
        .marshal()
        .expect("a header without extensions always fits the buffer made for it")
        .freeze()
}
