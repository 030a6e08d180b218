use std::collections::BTreeSet;

/// What of the peer's DTLS records may reach the association (RFC 6347 §4.1, §4.2).
///
/// The DTLS implementation stops its retransmission timer on any handshake record, so a record it
/// has seen already would leave the handshake waiting for ever. And it answers what it cannot read
/// with a fatal alert, where RFC 6347 §4.1.2.7 says to drop it.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Handshake messages, or parts of them, that were let through.
    seen: BTreeSet<Fragment>,
    /// The random of the ClientHello that this handshake began with.
    client: Option<[u8; RANDOM]>,
    encrypted: usize,
    complete: bool,
}

/// Identifies a part of a handshake message: message_seq, fragment_offset, fragment_length.
type Fragment = (u16, u32, u32);

/// What a datagram holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sifted {
    /// The records to hand on; empty where there are none.
    pub(super) datagram: Vec<u8>,
    /// The peer gave up: the AlertDescription of its fatal alert or close_notify, in the clear.
    pub(super) alert: Option<u8>,
}

impl Records {
    /// Returns whether `datagram` begins another handshake than the one known: a ClientHello with
    /// another random.
    pub(super) fn is_new_client(&self, datagram: &[u8]) -> bool {
        self.client.is_some_and(|client| {
            split(datagram).any(|record| record.client_random().is_some_and(|r| r != client))
        })
    }

    /// From here on the peer's repeats must be answered with our last flight (RFC 6347 §4.2.4).
    pub(super) fn complete(&mut self) {
        self.complete = true;
    }

    pub(super) fn sift(&mut self, datagram: &[u8]) -> Sifted {
        let mut sifted = Sifted::default();
        for record in split(datagram) {
            if self.accepts(&record) {
                sifted.datagram.extend_from_slice(record.bytes);
            }
            // Warnings mean nothing here, and once there are keys anyone could have sent an alert
            // in the clear.
            if let [FATAL, alert] | [_, alert @ CLOSE_NOTIFY] = record.body
                && record.epoch == 0
                && record.kind == ALERT
                && !self.complete
            {
                sifted.alert = Some(*alert);
            }
        }
        sifted
    }

    fn accepts(&mut self, record: &Record<'_>) -> bool {
        if record.epoch > 0 {
            // The association keeps those that come before their keys.
            self.encrypted += usize::from(!self.complete);
            let known = matches!(
                record.kind,
                CHANGE_CIPHER_SPEC | ALERT | HANDSHAKE | APPLICATION_DATA
            );
            return known && (self.complete || self.encrypted <= MAX_EARLY_RECORDS);
        }
        match record.kind {
            HANDSHAKE => self.accepts_handshake(record),
            CHANGE_CIPHER_SPEC => !self.complete && record.body == [1],
            _ => false,
        }
    }

    fn accepts_handshake(&mut self, record: &Record<'_>) -> bool {
        let Some(fragment) = record.fragment() else {
            return false;
        };
        let repeated = self.seen.contains(&fragment);
        if self.complete {
            return repeated;
        }
        if repeated {
            // A HelloVerifyRequest has no timer: only the repeated ClientHello brings it again.
            return record.client_random().is_some()
                && fragment.0 == 0
                && !self.seen.iter().any(|(sequence, ..)| *sequence > 0);
        }
        if self.seen.len() >= MAX_FRAGMENTS {
            return false;
        }
        self.seen.insert(fragment);
        if self.client.is_none() {
            self.client = record.client_random();
        }
        true
    }
}

/// Returns the highest message_seq of the handshake messages in the clear in `datagram`.
pub(super) fn last_message(datagram: &[u8]) -> Option<u16> {
    split(datagram)
        .filter(|record| record.epoch == 0 && record.kind == HANDSHAKE)
        .filter_map(|record| record.fragment())
        .map(|(sequence, ..)| sequence)
        .max()
}

/// A record of a datagram: RFC 6347 §4.1.
struct Record<'a> {
    kind: u8,
    epoch: u16,
    body: &'a [u8],
    bytes: &'a [u8],
}

impl Record<'_> {
    /// Reads the header of a handshake message, RFC 6347 §4.2.2.
    fn fragment(&self) -> Option<Fragment> {
        let header = self.body.first_chunk::<HANDSHAKE_HEADER>()?;
        let number =
            |at: usize| u32::from_be_bytes([0, header[at], header[at + 1], header[at + 2]]);
        let (length, offset, part) = (number(1), number(6), number(9));
        let whole = usize::try_from(part).ok()? <= self.body.len() - HANDSHAKE_HEADER;
        let inside = offset + part <= length && length <= MAX_MESSAGE;
        let sequence = u16::from_be_bytes([header[4], header[5]]);
        (whole && inside).then_some((sequence, offset, part))
    }

    /// Returns the random of a ClientHello that begins in this record: it stands after the version.
    fn client_random(&self) -> Option<[u8; RANDOM]> {
        let hello =
            self.epoch == 0 && self.kind == HANDSHAKE && self.body.first() == Some(&CLIENT_HELLO);
        let (_, offset, _) = hello.then(|| self.fragment()).flatten()?;
        let random = self.body.get(HANDSHAKE_HEADER + 2..)?.first_chunk()?;
        (offset == 0).then_some(*random)
    }
}

/// Splits a datagram into its records; what is cut off is left out.
fn split(datagram: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let header = rest.first_chunk::<RECORD_HEADER>()?;
        let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
        let bytes = rest.get(..RECORD_HEADER + length)?;
        rest = &rest[bytes.len()..];
        Some(Record {
            kind: header[0],
            epoch: u16::from_be_bytes([header[3], header[4]]),
            body: &bytes[RECORD_HEADER..],
            bytes,
        })
    })
    .filter(|record| !record.body.is_empty())
}

// RFC 5246 §6.2.1, ContentType.
const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

// RFC 5246 §7.2, §7.4.
const FATAL: u8 = 2;
const CLOSE_NOTIFY: u8 = 0;
const CLIENT_HELLO: u8 = 1;

const RECORD_HEADER: usize = 13;
const HANDSHAKE_HEADER: usize = 12;
const RANDOM: usize = 32;

/// Longer than any certificate chain of a phone or a media server.
const MAX_MESSAGE: u32 = 65_536;

/// A handshake has about a dozen messages, of which only certificates are long.
const MAX_FRAGMENTS: usize = 256;

/// Finished and its repeats.
const MAX_EARLY_RECORDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_record_passes_once() {
        let mut records = Records::default();
        let certificate = handshake(11, 2, 0, b"certificate");
        assert_eq!(records.sift(&certificate), passed(&certificate));
        assert_eq!(records.sift(&certificate), Sifted::default());
        let next = handshake(14, 3, 0, b"done");
        let both = [certificate, next.clone()].concat();
        assert_eq!(records.sift(&both), passed(&next));
    }

    #[test]
    fn a_first_client_hello_passes_again_until_the_second_came() {
        let mut records = Records::default();
        let first = handshake(1, 0, 0, &[7; 40]);
        let second = handshake(1, 1, 0, &[7; 60]);
        assert_eq!(records.sift(&first), passed(&first));
        assert_eq!(records.sift(&first).datagram, first);
        assert_eq!(records.sift(&second), passed(&second));
        assert!(records.sift(&first).datagram.is_empty());
        assert!(records.sift(&second).datagram.is_empty());
        assert!(!records.is_new_client(&first));
        assert!(records.is_new_client(&handshake(1, 0, 0, &[8; 40])));
    }

    #[test]
    fn after_the_handshake_repeats_pass_and_nothing_else_in_the_clear() {
        let mut records = Records::default();
        let certificate = handshake(11, 2, 0, b"certificate");
        records.sift(&certificate);
        records.complete();
        assert_eq!(records.sift(&certificate).datagram, certificate);
        for forged in [
            handshake(11, 3, 0, b"certificate"),
            record(ALERT, 0, &[FATAL, 40]),
            record(ALERT, 0, &[1, CLOSE_NOTIFY]),
            record(CHANGE_CIPHER_SPEC, 0, &[1]),
            record(APPLICATION_DATA, 0, b"data"),
        ] {
            assert_eq!(records.sift(&forged), Sifted::default(), "{forged:?}");
        }
        let encrypted = record(APPLICATION_DATA, 1, b"sealed");
        assert_eq!(records.sift(&encrypted).datagram, encrypted);
    }

    #[test]
    fn an_alert_that_ends_the_handshake_is_told_and_not_handed_on() {
        for (alert, told) in [
            ([FATAL, 42], Some(42)),
            ([1, CLOSE_NOTIFY], Some(0)),
            ([1, 90], None),
        ] {
            let sifted = Records::default().sift(&record(ALERT, 0, &alert));
            assert_eq!((sifted.datagram.len(), sifted.alert), (0, told));
        }
    }

    #[test]
    fn what_cannot_be_read_is_dropped() {
        let mut records = Records::default();
        for junk in [
            record(24, 0, b"heartbeat"),
            record(ALERT, 0, &[2]),
            record(CHANGE_CIPHER_SPEC, 0, &[2]),
            record(APPLICATION_DATA, 0, b"data"),
            record(HANDSHAKE, 0, b"short"),
            record(HANDSHAKE, 0, &[1, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]),
            handshake(1, 0, 0, b"cut")[..20].to_vec(),
        ] {
            assert_eq!(records.sift(&junk), Sifted::default(), "{junk:?}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut records = Records::default();
        let (mut clear, mut sealed) = (0, 0);
        for sequence in 0..10_000 {
            clear += usize::from(
                !records
                    .sift(&handshake(11, sequence, 0, b"x"))
                    .datagram
                    .is_empty(),
            );
            sealed += usize::from(
                !records
                    .sift(&record(HANDSHAKE, 1, b"x"))
                    .datagram
                    .is_empty(),
            );
        }
        assert_eq!((clear, sealed), (MAX_FRAGMENTS, MAX_EARLY_RECORDS));
    }

    fn passed(datagram: &[u8]) -> Sifted {
        Sifted {
            datagram: datagram.to_vec(),
            ..Sifted::default()
        }
    }

    fn handshake(kind: u8, sequence: u16, offset: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("the tests' messages are short");
        let [high, low] = sequence.to_be_bytes();
        let header = [kind, 0, 0, length, high, low, 0, 0, offset, 0, 0, length];
        record(HANDSHAKE, 0, &[&header, content].concat())
    }

    fn record(kind: u8, epoch: u8, body: &[u8]) -> Vec<u8> {
        let length = u8::try_from(body.len()).expect("the tests' records are short");
        let header = [kind, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 0, 0, length];
        [&header, body].concat()
    }
}
