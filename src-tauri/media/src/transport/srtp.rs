use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use rtc::{
    rtp::Header,
    shared::error::Error,
    srtp::{
        config::{Config, SessionKeys},
        context::Context,
        option::{srtcp_replay_protection, srtp_replay_protection},
        protection_profile::ProtectionProfile,
    },
};

use super::Identity;

/// Protects what is sent and opens what comes, with the keys of one DTLS association (RFC 3711, RFC
/// 5764).
pub(super) struct Srtp {
    identity: Arc<Identity>,
    keys: SessionKeys,
    profile: ProtectionProfile,
    outbound: Context,
    /// Sources with at least one authentic packet, the last heard of in front.
    ///
    /// Each has a context of its own, because a context keeps something for each source before it
    /// knows whether a packet is authentic.
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
        let header = header(packet)?;
        let sealed = self.outbound.encrypt_rtp_with_header(packet, &header);
        Some(sealed.ok()?.freeze())
    }

    /// Seals a compound RTCP packet; `None` where it is none.
    pub(super) fn seal_rtcp(&mut self, packet: &[u8]) -> Option<Bytes> {
        Some(self.outbound.encrypt_rtcp(packet).ok()?.freeze())
    }

    /// Opens an RTP packet; `None` where it is not authentic, or came before.
    pub(super) fn open_rtp(&mut self, packet: &[u8]) -> Option<Bytes> {
        let header = header(packet)?;
        self.open(header.ssrc, |context| {
            let opened = context.decrypt_rtp_with_header(packet, &header);
            Some(opened.ok()?.freeze())
        })
    }

    /// Opens a compound RTCP packet; `None` where it is not authentic, or came before.
    pub(super) fn open_rtcp(&mut self, packet: &[u8]) -> Option<Bytes> {
        let ssrc = packet.get(4..)?.first_chunk()?;
        // RFC 3711 §3.4: the index, whose first bit tells encryption, stands before the
        // authentication tag; RFC 7714 §9.3: at the end.
        let index = packet
            .len()
            .checked_sub(4 + self.profile.rtcp_auth_tag_len())?;
        if packet.get(index)? & ENCRYPTED == 0 {
            // The context hands on a packet in the clear without authentication.
            return None;
        }
        self.open(u32::from_be_bytes(*ssrc), |context| {
            Some(context.decrypt_rtcp(packet).ok()?.freeze())
        })
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

/// Returns what SRTP wants of an RTP header: source, sequence number and length (RFC 3550 §5.1).
///
/// Contributing sources and extension go as that many words: read in earnest, an extension can come
/// out longer than the packet is.
fn header(packet: &[u8]) -> Option<Header> {
    let fixed = packet.first_chunk::<12>()?;
    let mut words = usize::from(fixed[0] & 0x0F);
    if fixed[0] & 0x10 != 0 {
        let extension = packet.get(12 + 4 * words..)?.first_chunk::<4>()?;
        words += 1 + usize::from(u16::from_be_bytes([extension[2], extension[3]]));
    }
    (packet.len() >= 12 + 4 * words).then(|| Header {
        version: 2,
        sequence_number: u16::from_be_bytes([fixed[2], fixed[3]]),
        ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
        csrc: vec![0; words],
        ..Default::default()
    })
}

/// A call has one source at a time; announcements, music on hold and transfers bring others.
const MAX_SOURCES: usize = 16;

/// RFC 3711 §3.4: the E flag.
const ENCRYPTED: u8 = 0x80;

/// Packets; RFC 3711 §3.3.2 asks for 64 at least, and this is over 2 s of audio.
const REPLAY_WINDOW: usize = 128;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::{super::tests::rtp_packet, *};

    #[test]
    fn a_flood_of_forged_sources_keeps_nothing_and_hinders_nobody() {
        for profile in PROFILES {
            let (mut near, mut far) = pair(profile);
            for ssrc in 0..10_000 {
                let mut forged = near.seal_rtp(&rtp_packet(ssrc, 1)).unwrap().to_vec();
                *forged.last_mut().unwrap() ^= 1;
                assert_eq!(far.open_rtp(&forged), None);
            }
            assert_eq!(far.inbound.len(), 0);
            let packet = rtp_packet(5, 2);
            let sealed = near.seal_rtp(&packet).unwrap();
            assert_eq!(far.open_rtp(&sealed).unwrap(), packet);
        }
    }

    #[test]
    fn rtcp_in_the_clear_is_refused_whatever_follows_it() {
        for profile in PROFILES {
            let (mut near, mut far) = pair(profile);
            let report = [0x80, 201, 0, 1, 0, 0, 0, 7];
            for trailer in 0..40 {
                let clear = [&report[..], &vec![0; trailer]].concat();
                assert_eq!(far.open_rtcp(&clear), None, "{trailer} more bytes");
            }
            let sealed = near.seal_rtcp(&report).unwrap();
            for index in 0..sealed.len() {
                let mut changed = sealed.to_vec();
                changed[index] ^= 0x80;
                assert_eq!(far.open_rtcp(&changed), None, "byte {index}");
            }
            assert_eq!(far.open_rtcp(&sealed).unwrap(), report[..]);
        }
    }

    #[test]
    fn of_many_true_sources_the_last_ones_are_kept() {
        let (mut near, mut far) = pair(ProtectionProfile::AeadAes128Gcm);
        for ssrc in 0..100 {
            for sequence_number in [1, 2] {
                let sealed = near.seal_rtp(&rtp_packet(ssrc, sequence_number)).unwrap();
                assert!(far.open_rtp(&sealed).is_some());
                assert_eq!(far.open_rtp(&sealed), None, "a replay");
            }
            assert!(far.inbound.len() <= MAX_SOURCES);
        }
        let kept = far.inbound.iter().map(|source| source.ssrc);
        assert!(kept.eq((84..100).rev()));
    }

    #[test]
    fn a_source_is_followed_over_the_wrap_of_its_sequence_number() {
        for profile in PROFILES {
            let (mut near, mut far) = pair(profile);
            for count in 0..70_000u32 {
                let sequence_number = (count & 0xFFFF) as u16;
                let sealed = near.seal_rtp(&rtp_packet(9, sequence_number)).unwrap();
                assert!(far.open_rtp(&sealed).is_some(), "packet {count}");
            }
        }
    }

    #[test]
    fn what_is_too_short_or_no_packet_is_refused() {
        for profile in PROFILES {
            let (mut near, mut far) = pair(profile);
            let rtp = near.seal_rtp(&rtp_packet(5, 1)).unwrap();
            let rtcp = near.seal_rtcp(&[0x80, 201, 0, 1, 0, 0, 0, 7]).unwrap();
            for (sealed, length) in [(&rtp, rtp.len()), (&rtcp, rtcp.len())] {
                for length in 0..length {
                    assert_eq!(far.open_rtp(&sealed[..length]), None);
                    assert_eq!(far.open_rtcp(&sealed[..length]), None);
                    assert!(near.seal_rtp(&sealed[..length.min(11)]).is_none());
                    assert!(near.seal_rtcp(&sealed[..length.min(7)]).is_none());
                }
            }
            assert!(far.open_rtp(&rtp).is_some() && far.open_rtcp(&rtcp).is_some());
        }
    }

    #[test]
    fn an_extension_whose_last_element_is_cut_off_is_carried_as_it_is() {
        for profile in PROFILES {
            let (mut near, mut far) = pair(profile);
            let mut packet = rtp_packet(5, 1)[..12].to_vec();
            packet[0] |= 0x10;
            // RFC 8285 §4.2: five words, of which the last element would need more than there are.
            packet.extend([0xBE, 0xDE, 0, 5, 0x6E]);
            packet.extend([0; 15]);
            packet.extend([0, 0, 0, 0x4F]);
            packet.extend([0; 17]);
            let sealed = near.seal_rtp(&packet).unwrap();
            assert_ne!(sealed[36..52], packet[36..52], "in the clear");
            assert_eq!(far.open_rtp(&sealed).unwrap(), packet);
        }
    }

    proptest! {
        #[test]
        fn packets_that_are_not_authentic_are_refused(packet in packet()) {
            for profile in PROFILES {
                let (_, mut far) = pair(profile);
                prop_assert_eq!(far.open_rtp(&packet), None);
                prop_assert_eq!(far.open_rtcp(&packet), None);
                prop_assert_eq!(far.inbound.len(), 0);
            }
        }

        #[test]
        fn authentic_packets_of_any_form_are_opened(packet in packet()) {
            for profile in PROFILES {
                let (mut near, mut far) = pair(profile);
                if let Some(sealed) = near.seal_rtp(&packet) {
                    prop_assert_eq!(far.open_rtp(&sealed).unwrap(), packet.clone());
                }
                if let Some(sealed) = near.seal_rtcp(&packet) {
                    prop_assert_eq!(far.open_rtcp(&sealed).unwrap(), packet.clone());
                }
            }
        }
    }

    /// Sources, extensions and padding of all kinds, well-formed or not.
    fn packet() -> impl Strategy<Value = Vec<u8>> {
        let extension = prop_oneof![
            Just(vec![]),
            (0u8..6).prop_map(|words| vec![0xBE, 0xDE, 0, words]),
            (0u8..6).prop_map(|words| vec![0x10, 0x00, 0, words]),
            (0u8..6).prop_map(|words| vec![0x12, 0x34, 0, words]),
        ];
        let rest = prop::collection::vec(any::<u8>(), 0..80);
        (any::<u8>(), any::<u8>(), 0usize..5, extension, rest).prop_map(
            |(first, second, sources, extension, rest)| {
                let mut packet = vec![0x80 | first, second];
                packet.extend_from_slice(&[7; 10]);
                packet.extend(std::iter::repeat_n(9, 4 * sources));
                packet.extend(extension);
                packet.extend(rest);
                packet
            },
        )
    }

    const PROFILES: [ProtectionProfile; 2] = [
        ProtectionProfile::AeadAes128Gcm,
        ProtectionProfile::Aes128CmHmacSha1_80,
    ];

    /// Two ends of one association.
    fn pair(profile: ProtectionProfile) -> (Srtp, Srtp) {
        let identity = super::super::tests::IDENTITIES.0.clone();
        let end = |is_client| {
            let mut config = Config {
                profile,
                ..Default::default()
            };
            let length = u8::try_from(config.keying_material_len()).unwrap();
            let material: Vec<u8> = (0..length).collect();
            config
                .set_session_keys_from_keying_material(&material, is_client)
                .unwrap();
            Srtp::new(identity.clone(), config).unwrap()
        };
        (end(true), end(false))
    }
}
