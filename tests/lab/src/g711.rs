//! G.711 as ITU-T wrote it, for an ear and a mouth that share nothing with the phone's.

/// μ-law adds this before it looks for the segment (G.711 table 2).
const BIAS: i32 = 0x84;
/// The largest magnitude that μ-law can say.
const CLIP: i32 = 32_635;

pub(crate) fn encode_mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    let segment = (magnitude >> 7).ilog2();
    let step = (magnitude >> (segment + 3)) & 0x0F;
    !(sign | (segment as u8) << 4 | step as u8)
}

pub(crate) fn decode_mu_law(code: u8) -> i16 {
    let code = !code;
    let (segment, step) = ((code >> 4) & 7, i32::from(code & 0x0F));
    let magnitude = (((step << 3) + BIAS) << segment) - BIAS;
    signed(magnitude, code & 0x80 == 0)
}

pub(crate) fn encode_a_law(sample: i16) -> u8 {
    let (sign, magnitude) = if sample < 0 {
        (0, !sample)
    } else {
        (0x80, sample)
    };
    let magnitude = u32::try_from(magnitude >> 3).expect("a magnitude is no negative number");
    let code = if magnitude < 32 {
        magnitude >> 1
    } else {
        let segment = magnitude.ilog2() - 4;
        segment << 4 | (magnitude >> segment) & 0x0F
    };
    (sign | code as u8) ^ 0x55
}

pub(crate) fn decode_a_law(code: u8) -> i16 {
    let code = code ^ 0x55;
    let (segment, step) = ((code >> 4) & 7, i32::from(code & 0x0F));
    let magnitude = match segment {
        0 => 2 * step + 1,
        _ => (2 * step + 33) << (segment - 1),
    };
    signed(magnitude << 3, code & 0x80 != 0)
}

fn signed(magnitude: i32, is_positive: bool) -> i16 {
    let value = if is_positive { magnitude } else { -magnitude };
    i16::try_from(value).expect("G.711 says no more than 15 bits and a sign")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_are_those_of_the_tables() {
        assert_eq!(
            [0xFF, 0x7F, 0x80, 0x00].map(decode_mu_law),
            [0, 0, 32_124, -32_124]
        );
        assert_eq!(
            [0xD5, 0x55, 0xAA, 0x2A].map(decode_a_law),
            [8, -8, 32_256, -32_256]
        );
    }

    #[test]
    fn every_code_means_a_value_that_is_said_by_it() {
        for code in 0..=u8::MAX {
            assert_eq!(encode_a_law(decode_a_law(code)), code);
            // μ-law has two zeros.
            if code != 0x7F {
                assert_eq!(encode_mu_law(decode_mu_law(code)), code);
            }
        }
    }

    #[test]
    fn every_sample_comes_back_within_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            let value = i32::from(sample);
            // A segment has 16 steps: half of one is the 32nd part of where the segment begins.
            for back in [
                decode_mu_law(encode_mu_law(sample)),
                decode_a_law(encode_a_law(sample)),
            ] {
                let allowed = (value.abs() + BIAS) / 32 + 8 + (value.abs() - CLIP).max(0);
                assert!(
                    (i32::from(back) - value).abs() <= allowed,
                    "{sample} {back}"
                );
            }
        }
    }
}
