//! Whether an answer is what it says to be, before it is read.
//!
//! What reads it takes lengths at their word, and makes room for 4 GB where four bytes say so.

/// Returns whether `bytes` are values with their tags, each whole.
pub(super) fn are_whole(mut bytes: &[u8]) -> bool {
    while let Some((tag, rest)) = bytes.split_first() {
        let size = match tag {
            // A text up to its zero.
            b't' => rest.iter().position(|byte| *byte == 0).map(|at| at + 1),
            // No text, true, false, the beginnings of properties and of a format.
            b'N' | b'1' | b'0' | b'P' | b'f' => Some(0),
            b'B' => Some(1),
            b'L' | b'V' => Some(4),
            b'a' => Some(6),
            b'R' | b'r' | b'T' | b'U' => Some(8),
            b'x' => rest
                .first_chunk()
                .map(|length| 4 + u32::from_be_bytes(*length) as usize),
            b'm' => rest.first().map(|count| 1 + usize::from(*count)),
            b'v' => rest.first().map(|count| 1 + 4 * usize::from(*count)),
            _ => None,
        };
        match size.and_then(|size| rest.get(size..)) {
            Some(rest) => bytes = rest,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::are_whole;

    #[test]
    fn whole_values_are_told_from_broken_ones() {
        let whole: [&[u8]; 8] = [
            b"",
            b"L\0\0\0\x01N10",
            b"tname\0",
            b"x\0\0\0\x02ab",
            b"m\x02\0\x01v\x01\0\0\0\0",
            b"a\x05\x02\0\0\xbb\x80",
            b"Ptkey\0L\0\0\0\x01x\0\0\0\x01vN",
            b"fB\x01PN",
        ];
        for bytes in whole {
            assert!(are_whole(bytes), "{bytes:?}");
        }
        let broken: [&[u8]; 7] = [
            b"L\0\0\0",
            b"tname",
            b"x\xff\xff\xff\xffab",
            b"x\0\0",
            b"m\xff\0",
            b"v\x01\0\0\0",
            b"?",
        ];
        for bytes in broken {
            assert!(!are_whole(bytes), "{bytes:?}");
        }
    }
}
