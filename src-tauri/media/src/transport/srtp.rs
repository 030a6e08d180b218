use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use rtc::{
    shared::error::Error,
    srtp::{
        config::{Config, SessionKeys},
        context::Context,
        option::{srtcp_replay_protection, srtp_replay_protection},
        protection_profile::ProtectionProfile,
    },
};

use super::Identity;

/// Protects what is sent and opens what comes, with the keys of one DTLS association (RFC 3711, RFC 5764).
pub(super) struct Srtp {
    identity: Arc<Identity>,
    keys: SessionKeys,
    profile: ProtectionProfile,
    outbound: Context,
    /// Sources with at least one authentic packet, the last heard of in front.
    ///
    /// Each has a context of its own, because a context keeps something for each source before it knows whether a packet is authentic.
    inbound: VecDeque<Source>,
}

struct Source {
    ssrc: u32,
    context: Context,
}

impl Srtp {
    pub(super) fn new(identity: Arc<Identity>, config: Config) -> Result<Self, Error> {
        let outbound = Context::new(
            &config.keys.local_master_key,
            &config.keys.local_master_salt,
            config.profile,
            None,
            None,
            identity.provider.crypto(),
        )?;
        Ok(Self {
            identity,
            keys: config.keys,
            profile: config.profile,
            outbound,
            inbound: VecDeque::new(),
        })
    }

    /// Seals an RTP packet; `None` where it is none.
    pub(super) fn seal_rtp(&mut self, packet: &[u8]) -> Option<Bytes> {
        Some(self.outbound.encrypt_rtp(packet).ok()?.freeze())
    }

    /// Seals a compound RTCP packet; `None` where it is none.
    pub(super) fn seal_rtcp(&mut self, packet: &[u8]) -> Option<Bytes> {
        Some(self.outbound.encrypt_rtcp(packet).ok()?.freeze())
    }

    /// Opens an RTP packet; `None` where it is not authentic, or came before.
    pub(super) fn open_rtp(&mut self, packet: &[u8]) -> Option<Bytes> {
        let ssrc = packet.get(8..)?.first_chunk()?;
        let open = |context: &mut Context| Some(context.decrypt_rtp(packet).ok()?.freeze());
        self.open(u32::from_be_bytes(*ssrc), open)
    }

    /// Opens a compound RTCP packet; `None` where it is not authentic, or came before.
    pub(super) fn open_rtcp(&mut self, packet: &[u8]) -> Option<Bytes> {
        let ssrc = packet.get(4..)?.first_chunk()?;
        let open = |context: &mut Context| Some(context.decrypt_rtcp(packet).ok()?.freeze());
        self.open(u32::from_be_bytes(*ssrc), open)
    }

    fn open(
        &mut self,
        ssrc: u32,
        open: impl FnOnce(&mut Context) -> Option<Bytes>,
    ) -> Option<Bytes> {
        let known = self.inbound.iter().position(|source| source.ssrc == ssrc);
        let mut source = match known.and_then(|index| self.inbound.remove(index)) {
            Some(source) => source,
            None => Source {
                ssrc,
                context: self.inbound_context().ok()?,
            },
        };
        let opened = open(&mut source.context);
        if known.is_some() || opened.is_some() {
            if self.inbound.len() == MAX_SOURCES {
                self.inbound.pop_back();
            }
            self.inbound.push_front(source);
        }
        opened
    }

    fn inbound_context(&self) -> Result<Context, Error> {
        Context::new(
            &self.keys.remote_master_key,
            &self.keys.remote_master_salt,
            self.profile,
            Some(srtp_replay_protection(REPLAY_WINDOW)),
            Some(srtcp_replay_protection(REPLAY_WINDOW)),
            self.identity.provider.crypto(),
        )
    }
}

/// A call has one source at a time; announcements, music on hold and transfers bring others.
const MAX_SOURCES: usize = 16;

/// Packets; RFC 3711 §3.3.2 asks for 64 at least, and this is over 2 s of audio.
const REPLAY_WINDOW: usize = 128;
