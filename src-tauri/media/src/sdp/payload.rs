use super::description::{Section, all};
use crate::Codec;
use crate::codec::Limits;

/// What a payload number stands for, of what this phone understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    Audio(Codec),
    /// RFC 4733, at this clock rate in Hz.
    TelephoneEvent(u32),
}

/// Which payload number of a session means what.
///
/// A number keeps its meaning until an offer or answer gives it another one (RFC 3264 §8.3.2), so
/// packets that were on the way during a change are still understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PayloadMap(Vec<(u8, Payload)>);

/// The first and the last number of the dynamic range (RFC 3551 §6).
const DYNAMIC: std::ops::RangeInclusive<u8> = 96..=127;

impl Payload {
    /// Everything that is offered, the best first.
    pub(super) const ALL: [Self; 5] = [
        Self::Audio(Codec::Opus),
        Self::Audio(Codec::Pcmu),
        Self::Audio(Codec::Pcma),
        Self::TelephoneEvent(48_000),
        Self::TelephoneEvent(8_000),
    ];

    /// Returns the name of the `rtpmap` (RFC 7587 §7, RFC 3551 §6, RFC 4733 §2.4.1).
    pub(super) fn rtpmap(self) -> &'static str {
        match self {
            Self::Audio(Codec::Opus) => "opus/48000/2",
            Self::Audio(Codec::Pcmu) => "PCMU/8000",
            Self::Audio(Codec::Pcma) => "PCMA/8000",
            Self::TelephoneEvent(48_000) => "telephone-event/48000",
            Self::TelephoneEvent(_) => "telephone-event/8000",
        }
    }

    pub(super) fn fmtp(self) -> Option<&'static str> {
        match self {
            Self::Audio(Codec::Opus) => Some("minptime=10;useinbandfec=1"),
            Self::Audio(Codec::Pcmu | Codec::Pcma) => None,
            Self::TelephoneEvent(_) => Some("0-15"),
        }
    }

    /// Returns the number that this phone would give it.
    fn usual_number(self) -> u8 {
        match self {
            Self::Audio(Codec::Pcmu) => 0,
            Self::Audio(Codec::Pcma) => 8,
            Self::Audio(Codec::Opus) => 111,
            Self::TelephoneEvent(48_000) => 110,
            Self::TelephoneEvent(_) => 126,
        }
    }

    fn from_rtpmap(value: &str) -> Option<Self> {
        let mut parts = value.split('/').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let clock = parts.next()?.parse::<u32>().ok()?;
        let channels = parts.next().unwrap_or("1");
        match (name.as_str(), clock, channels) {
            // RFC 7587 §7 demands two channels; there are devices that leave them out.
            ("opus", 48_000, "1" | "2") => Some(Self::Audio(Codec::Opus)),
            ("pcmu", 8_000, "1") => Some(Self::Audio(Codec::Pcmu)),
            ("pcma", 8_000, "1") => Some(Self::Audio(Codec::Pcma)),
            ("telephone-event", 8_000 | 48_000, _) => Some(Self::TelephoneEvent(clock)),
            _ => None,
        }
    }

    /// Returns what `number` means where no `rtpmap` says so (RFC 3551 §6).
    fn from_static(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Audio(Codec::Pcmu)),
            8 => Some(Self::Audio(Codec::Pcma)),
            _ => None,
        }
    }
}

/// Reads the formats of `section` that this phone understands, in the order of its `m=` line.
pub(super) fn read(section: &Section<'_>) -> Vec<(u8, Payload)> {
    let mut payloads: Vec<(u8, Payload)> = Vec::new();
    // Each number is looked up once, however often it is repeated.
    let mut seen = [false; 128];
    for number in section
        .formats
        .iter()
        .filter_map(|it| it.parse::<u8>().ok())
    {
        match seen.get_mut(usize::from(number)) {
            Some(seen @ false) => *seen = true,
            Some(true) | None => continue,
        }
        let payload = match mapped(section, "rtpmap", number) {
            Some(value) => Payload::from_rtpmap(value),
            None => Payload::from_static(number),
        };
        payloads.extend(payload.map(|payload| (number, payload)));
    }
    payloads
}

/// Reads what the `fmtp` of `number` asks of who sends Opus (RFC 7587 §6.1); what cannot be is
/// passed over.
pub(super) fn limits(section: &Section<'_>, number: u8) -> Limits {
    let parameters = || {
        mapped(section, "fmtp", number)
            .into_iter()
            .flat_map(|value| value.split(';'))
    };
    let find = |wanted: &str| {
        parameters().find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_it = name.trim().eq_ignore_ascii_case(wanted);
            is_it.then(|| value.trim().parse::<u32>().ok()).flatten()
        })
    };
    Limits {
        bitrate: find("maxaveragebitrate").filter(|bitrate| *bitrate > 0),
        playback_rate: find("maxplaybackrate").filter(|rate| *rate > 0),
        constant_rate: find("cbr") == Some(1),
    }
}

/// Returns the value of `a=<name>:<number> <value>`.
fn mapped<'a>(section: &Section<'a>, name: &str, number: u8) -> Option<&'a str> {
    all(&section.attributes, name).find_map(|value| {
        let (key, value) = value.split_once(char::is_whitespace)?;
        (key.parse() == Ok(number)).then(|| value.trim())
    })
}

impl PayloadMap {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, Payload)> {
        self.0.iter().copied()
    }

    pub(crate) fn learn(&mut self, payloads: &[(u8, Payload)]) {
        for (number, payload) in payloads {
            self.0.retain(|(known, _)| known != number);
            // The youngest meaning first, so that an offer uses it.
            self.0.insert(0, (*number, *payload));
        }
    }

    /// Learns the numbers that meant nothing so far.
    pub(crate) fn learn_new(&mut self, payloads: &[(u8, Payload)]) {
        for (number, payload) in payloads {
            if self.iter().all(|(known, _)| known != *number) {
                self.0.push((*number, *payload));
            }
        }
    }

    /// Returns the formats of an offer, `first` before all others: numbers that mean something
    /// already keep it, no number stands for two things.
    pub(crate) fn offer(&self, first: Option<Codec>) -> Vec<(u8, Payload)> {
        let first = first.map(Payload::Audio);
        let mut offered: Vec<(u8, Payload)> = Vec::new();
        for payload in first
            .into_iter()
            .chain(Payload::ALL.into_iter().filter(|p| Some(*p) != first))
        {
            let known = self
                .0
                .iter()
                .find_map(|(number, known)| (*known == payload).then_some(*number));
            let free = |number: &u8| {
                self.iter()
                    .chain(offered.iter().copied())
                    .all(|(taken, _)| taken != *number)
            };
            let number = known.or_else(|| {
                Some(payload.usual_number())
                    .filter(free)
                    .or_else(|| DYNAMIC.rev().find(free))
            });
            offered.extend(number.map(|number| (number, payload)));
        }
        offered
    }
}
