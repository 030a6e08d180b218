use rtc::{
    peer_connection::configuration::media_engine::{
        MIME_TYPE_OPUS, MIME_TYPE_PCMA, MIME_TYPE_PCMU, MIME_TYPE_TELEPHONE_EVENT,
    },
    rtp_transceiver::rtp_sender::{RTCRtpCodec, RTCRtpCodecParameters},
};

/// A codec that the lab's user agents take part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Opus,
    Pcmu,
    Pcma,
}

impl Codec {
    pub(crate) const ALL: [Self; 3] = [Self::Opus, Self::Pcmu, Self::Pcma];

    /// Its name and clock as `a=rtpmap` writes them.
    pub(crate) fn rtpmap(self) -> &'static str {
        match self {
            Self::Opus => "opus/48000",
            Self::Pcmu => "PCMU/8000",
            Self::Pcma => "PCMA/8000",
        }
    }

    /// Ticks per second of its RTP timestamps, and samples per second of its sound.
    pub(crate) fn rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Pcmu | Self::Pcma => 8_000,
        }
    }

    pub(crate) fn parameters(self) -> RTCRtpCodecParameters {
        let (mime_type, clock_rate, channels, fmtp, payload_type) = match self {
            Self::Opus => (MIME_TYPE_OPUS, 48_000, 2, "minptime=10;useinbandfec=1", 111),
            Self::Pcmu => (MIME_TYPE_PCMU, 8_000, 0, "", 0),
            Self::Pcma => (MIME_TYPE_PCMA, 8_000, 0, "", 8),
        };
        RTCRtpCodecParameters {
            rtp_codec: RTCRtpCodec {
                mime_type: mime_type.to_owned(),
                clock_rate,
                channels,
                sdp_fmtp_line: fmtp.to_owned(),
                rtcp_feedback: Vec::new(),
            },
            payload_type,
        }
    }
}

/// RFC 4733 at the clock of G.711.
pub(crate) fn telephone_event() -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_TELEPHONE_EVENT.to_owned(),
            clock_rate: 8_000,
            channels: 0,
            sdp_fmtp_line: "0-16".to_owned(),
            rtcp_feedback: Vec::new(),
        },
        payload_type: 101,
    }
}
