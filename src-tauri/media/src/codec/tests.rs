#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::g711::{compress_a, compress_mu, expand_a, expand_mu};
use super::speech::{likeness, speech};
use super::*;

const CODECS: [Codec; 3] = [Codec::Opus, Codec::Pcmu, Codec::Pcma];

#[test]
fn g711_gives_the_reference_values_of_both_laws() {
    // ITU-T G.191 STL (ulaw_expand, alaw_expand), 16 bit.
    for (code, value) in [
        (0x00, -32_124),
        (0x0f, -16_764),
        (0x10, -15_996),
        (0x7e, -8),
        (0x7f, 0),
        (0x80, 32_124),
        (0x90, 15_996),
        (0xce, 988),
        (0xfe, 8),
        (0xff, 0),
    ] {
        assert_eq!(expand_mu(code), value, "μ-law {code:#04x}");
    }
    for (code, value) in [
        (0x2a, -32_256),
        (0xaa, 32_256),
        (0x55, -8),
        (0xd5, 8),
        (0xd4, 24),
        (0xc5, 264),
        (0x80, 5_504),
        (0x00, -5_504),
    ] {
        assert_eq!(expand_a(code), value, "A-law {code:#04x}");
    }
    for (value, code) in [
        (0, 0xff),
        (-1, 0x7f),
        (1_000, 0xce),
        (i16::MAX, 0x80),
        (i16::MIN, 0x00),
    ] {
        assert_eq!(compress_mu(value), code, "μ-law of {value}");
    }
    for (value, code) in [
        (0, 0xd5),
        (-1, 0x55),
        (1_000, 0xfa),
        (i16::MAX, 0xaa),
        (i16::MIN, 0x2a),
    ] {
        assert_eq!(compress_a(value), code, "A-law of {value}");
    }
}

#[test]
fn every_g711_code_survives_expansion_and_compression() {
    for code in 0..=u8::MAX {
        // μ-law has two zeros.
        if code != 0x7f {
            assert_eq!(compress_mu(expand_mu(code)), code);
        }
        assert_eq!(compress_a(expand_a(code)), code);
    }
}

#[test]
fn speech_comes_back_alike_through_every_codec() {
    let sent = speech(5, 1);
    for codec in CODECS {
        let heard = through(codec, &sent, |_| true);
        assert_eq!(heard.len(), sent.len());
        // Opus looks ahead by 6.5 ms and the resamplers take 3 ms.
        let alike = likeness(&sent, &heard, 5 * SAMPLES_PER_MS, 6 * SAMPLES_PER_MS);
        assert!(alike > 0.85, "{codec:?}: {alike}");
    }
}

#[test]
fn the_resamplers_pass_speech_and_stop_what_would_fold_back() {
    let gain = |hz: f32| {
        let tone: Vec<f32> = (0..48_000)
            .map(|i| 0.5 * (std::f32::consts::TAU * hz * i as f32 / 48_000.0).sin())
            .collect();
        let (mut narrow, mut wide) = (Vec::new(), Vec::new());
        resample::Down::new().process(&tone, &mut narrow);
        resample::Up::new().process(&narrow, &mut wide);
        let power = |s: &[f32]| s[4_800..].iter().map(|s| s * s).sum::<f32>();
        10.0 * (power(&wide) / power(&tone)).log10()
    };
    for hz in [100.0, 300.0, 1_000.0, 3_000.0, 3_400.0] {
        assert!(gain(hz).abs() < 0.5, "{hz} Hz: {} dB", gain(hz));
    }
    for hz in [4_700.0, 6_000.0, 7_900.0, 12_000.0] {
        assert!(gain(hz) < -50.0, "{hz} Hz: {} dB", gain(hz));
    }
}

#[test]
fn concealment_goes_on_alike_for_a_packet_and_falls_silent_within_120_ms() {
    let sent = speech(2, 3);
    for codec in [Codec::Pcmu, Codec::Pcma] {
        let mut decoder = Decoder::new(codec);
        let mut encoder = Encoder::new(codec);
        let mut heard = Vec::new();
        for packet in sent[..48_000].chunks_exact(960) {
            decoder.decode(&encoder.encode(packet), &mut heard);
        }
        let mut made_up = Vec::new();
        for _ in 0..12 {
            decoder.conceal(&mut made_up);
        }
        let level = |s: &[f32]| s.iter().map(|s| s * s).sum::<f32>() / s.len() as f32;
        let before = level(&heard[heard.len() - 960..]);
        assert!(level(&made_up[..480]) > before / 4.0, "{codec:?} drops out");
        assert!(level(&made_up[5_280..]) < 1e-9, "{codec:?} hums on");
        let jump = largest_step(&made_up[..960]).max((made_up[0] - heard[heard.len() - 1]).abs());
        assert!(jump <= 1.5 * largest_step(&heard), "{codec:?} clicks");
    }
}

#[test]
fn fec_brings_back_what_a_lost_packet_held() {
    let sent = speech(4, 5);
    let mut encoder = Encoder::new(Codec::Opus);
    encoder.set_expected_loss(0.2);
    let packets: Vec<_> = sent.chunks_exact(960).map(|p| encoder.encode(p)).collect();
    let listen = |fec: bool| {
        let mut decoder = Decoder::new(Codec::Opus);
        let mut heard = Vec::new();
        for (i, packet) in packets.iter().enumerate() {
            let lost = i % 5 == 2;
            match (lost, packets.get(i + 1)) {
                (false, _) => decoder.decode(packet, &mut heard),
                (true, Some(next)) if fec && has_fec(Codec::Opus, next) => {
                    decoder.decode_fec(next, 960, &mut heard);
                }
                (true, _) => {
                    decoder.conceal(&mut heard);
                    decoder.conceal(&mut heard);
                }
            }
        }
        likeness(&sent, &heard, 6 * SAMPLES_PER_MS, 2 * SAMPLES_PER_MS)
    };
    let (with, without) = (listen(true), listen(false));
    assert!(with > without + 0.02, "with {with}, without {without}");
}

#[test]
fn opus_packets_carry_fec_while_loss_is_expected() {
    let sent = speech(4, 6);
    let mut encoder = Encoder::new(Codec::Opus);
    encoder.set_expected_loss(0.1);
    let with_fec = sent
        .chunks_exact(960)
        .filter(|p| has_fec(Codec::Opus, &encoder.encode(p)))
        .count();
    assert!(with_fec > 100, "{with_fec} of 200");
}

#[test]
fn more_bits_are_spent_where_packets_are_lost_and_none_where_the_path_is_full() {
    let sent = speech(4, 7);
    let rate = |loss: f32| {
        let mut encoder = Encoder::new(Codec::Opus);
        encoder.set_expected_loss(loss);
        let octets: usize = sent
            .chunks_exact(960)
            .map(|p| encoder.encode(p).len())
            .sum();
        octets * 8 / 4
    };
    let quiet = rate(0.0);
    assert!((24_000..=32_500).contains(&quiet), "{quiet} bit/s");
    for loss in [0.05, 0.1, 0.2] {
        let more = rate(loss);
        assert!(
            more > quiet + 10_000 && more <= 52_500,
            "{loss}: {more} bit/s after {quiet}"
        );
    }
    assert!(rate(0.01) < rate(0.03));
    assert!(rate(0.3) <= 32_500);
}

#[test]
fn opus_keeps_to_what_the_peer_asks_for() {
    let sent = speech(4, 8);
    let packets = |limits: Limits| {
        let mut encoder = Encoder::new(Codec::Opus);
        encoder.set_limits(limits);
        encoder.set_expected_loss(0.1);
        let packets: Vec<_> = sent.chunks_exact(960).map(|p| encoder.encode(p)).collect();
        packets
    };
    for bitrate in [6_000, 12_000, 20_000, 40_000] {
        let limited = packets(Limits {
            bitrate: Some(bitrate),
            ..Limits::default()
        });
        let octets: usize = limited.iter().map(Bytes::len).sum();
        let rate = octets as u32 * 8 / 4;
        assert!(rate <= bitrate + bitrate / 20, "{rate} of {bitrate} bit/s");
    }
    for (playback_rate, highest) in [(8_000, 4), (12_000, 6), (16_000, 8), (44_100, 12)] {
        let limited = packets(Limits {
            playback_rate: Some(playback_rate),
            ..Limits::default()
        });
        // RFC 6716 §3.1, table 2: the band of each group of configurations, in kHz.
        let bands = limited.iter().map(|packet| match packet[0] >> 3 {
            0..=3 | 16..=19 => 4,
            4..=7 => 6,
            8..=11 | 20..=23 => 8,
            12..=13 | 24..=27 => 12,
            _ => 20,
        });
        assert_eq!(bands.max(), Some(highest), "{playback_rate} Hz");
    }
    let constant = packets(Limits {
        constant_rate: true,
        ..Limits::default()
    });
    assert!(constant.iter().all(|p| p.len() == constant[0].len()));
}

proptest! {
    #[test]
    fn no_payload_makes_a_decoder_panic_or_give_another_length(
        payload in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        for codec in CODECS {
            has_fec(codec, &payload);
            if let Some(expected) = samples(codec, &payload) {
                let mut out = Vec::new();
                let mut decoder = Decoder::new(codec);
                decoder.decode(&payload, &mut out);
                prop_assert_eq!(out.len(), expected);
                decoder.decode_fec(&payload, expected, &mut out);
                decoder.conceal(&mut out);
            }
        }
    }
}

fn through(codec: Codec, sent: &[f32], arrives: impl Fn(usize) -> bool) -> Vec<f32> {
    let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
    let mut heard = Vec::new();
    for (i, packet) in sent.chunks_exact(960).enumerate() {
        let payload = encoder.encode(packet);
        assert_eq!(samples(codec, &payload), Some(960));
        if arrives(i) {
            decoder.decode(&payload, &mut heard);
        } else {
            decoder.conceal(&mut heard);
            decoder.conceal(&mut heard);
        }
    }
    heard
}

fn largest_step(sound: &[f32]) -> f32 {
    sound
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max)
}
