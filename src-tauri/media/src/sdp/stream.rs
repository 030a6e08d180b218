use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::candidate;
use super::description::{Attribute, Description, Section, all, first};
use super::direction::Direction;
use super::payload::{self, Payload};
use crate::Codec;
use crate::codec::Limits;
use crate::transport::Fingerprint;

/// Most candidates of a description that are tried.
const MOST_CANDIDATES: usize = 32;

/// Most fingerprints that are compared: a certificate for each of two kinds of key, two hashes
/// each.
const MOST_FINGERPRINTS: usize = 8;

/// What one packet holds where nothing else is asked for (RFC 3551 §4.2).
const PTIME: Duration = Duration::from_millis(20);

/// The longest ICE user fragment and password (RFC 8839 §5.4), in characters.
const LONGEST_CREDENTIAL: usize = 256;

/// Why a description cannot be used: a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal(String);

impl Refusal {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An `m=` line as both sides have to repeat it in each offer and answer (RFC 3264 §8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(super) kind: String,
    pub(super) protocol: String,
    pub(super) formats: Vec<String>,
    pub(super) mid: Option<String>,
}

impl Line {
    /// Returns the one line of a first offer.
    pub(crate) fn audio() -> Self {
        Self {
            kind: "audio".to_owned(),
            protocol: "UDP/TLS/RTP/SAVPF".to_owned(),
            formats: Vec::new(),
            mid: Some("0".to_owned()),
        }
    }
}

/// `a=setup` (RFC 4145 §4, RFC 8842 §5.1) as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Active,
    Passive,
    ActPass,
}

/// What a peer's description says about the encrypted audio stream.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    /// All `m=` lines, and which of them is the stream.
    pub(crate) lines: Vec<Line>,
    pub(crate) index: usize,
    /// Whether the stream's `mid` is in a BUNDLE group (RFC 9143).
    pub(crate) bundled: bool,
    pub(crate) ufrag: String,
    pub(crate) pwd: SecretString,
    pub(crate) ice_lite: bool,
    /// The texts after `a=candidate:`, only those that can be of use.
    pub(crate) candidates: Vec<String>,
    /// At least one.
    pub(crate) fingerprints: Vec<Fingerprint>,
    pub(crate) role: Option<Role>,
    /// `a=tls-id`: names the DTLS association (RFC 8842 §4).
    pub(crate) tls_id: Option<String>,
    pub(crate) rtcp_mux: bool,
    /// What the peer does, as it sees it; `c=0.0.0.0` counts as "does not receive".
    pub(crate) direction: Direction,
    /// The formats that this phone understands, in the peer's order.
    pub(crate) payloads: Vec<(u8, Payload)>,
    /// What the peer asks of what is sent to it in the first codec among them.
    pub(crate) limits: Limits,
    /// How much sound the peer wants in a packet (RFC 8866 §6.4), not beyond its `maxptime`.
    pub(crate) ptime: Duration,
}

impl Stream {
    /// Reads the first audio stream of `text` that can be used; where there is none, says what is
    /// wrong with the first that was offered.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let description = Description::parse(text)?;
        let mut reason = None;
        for (index, section) in description.sections.iter().enumerate() {
            if !section.kind.eq_ignore_ascii_case("audio") || is_rejected(&description, section) {
                continue;
            }
            match Self::read(&description, index, section) {
                Ok(stream) => return Ok(stream),
                Err(refusal) => {
                    reason.get_or_insert(refusal);
                }
            }
        }
        Err(reason.unwrap_or_else(|| Refusal::new("the session description has no audio stream")))
    }

    /// Returns whether both have the same ICE credentials.
    pub(crate) fn has_credentials_of(&self, other: &Self) -> bool {
        self.ufrag == other.ufrag && self.pwd.expose_secret() == other.pwd.expose_secret()
    }

    /// Returns the codec that comes first in the peer's order.
    pub(super) fn first_codec(&self) -> Result<(u8, Codec), Refusal> {
        self.payloads
            .iter()
            .find_map(|(number, payload)| match payload {
                Payload::Audio(codec) => Some((*number, *codec)),
                Payload::TelephoneEvent(_) => None,
            })
            .ok_or_else(|| {
                Refusal::new(
                    "the audio stream has no codec in common with this phone (Opus, PCMU, PCMA)",
                )
            })
    }

    /// Returns number and clock rate of the telephone-events that go with audio of `clock_rate` Hz
    /// (RFC 4733 §2.1: the same clock).
    pub(super) fn telephone_event(&self, clock_rate: u32) -> Option<(u8, u32)> {
        self.payloads
            .iter()
            .find(|(_, payload)| *payload == Payload::TelephoneEvent(clock_rate))
            .map(|(number, _)| (*number, clock_rate))
    }

    fn read(
        description: &Description<'_>,
        index: usize,
        section: &Section<'_>,
    ) -> Result<Self, Refusal> {
        let group = bundle_of(description, section);
        // RFC 9143 §7.1.3: what belongs to the transport may stand in the group's first section
        // only
        let tagged = group
            .as_ref()
            .and_then(|group| group.first())
            .and_then(|tag| {
                description
                    .sections
                    .iter()
                    .find(|section| first(&section.attributes, "mid") == Some(tag))
            })
            .filter(|tagged| !std::ptr::eq(*tagged, section));
        let places: Vec<&[Attribute<'_>]> = [
            Some(section.attributes.as_slice()),
            tagged.map(|section| section.attributes.as_slice()),
            Some(description.attributes.as_slice()),
        ]
        .into_iter()
        .flatten()
        .collect();
        let find = |name: &str| places.iter().find_map(|place| first(place, name));

        check_protocol(section)?;
        // RFC 8122 §5: those of the media level replace those of the session level
        let fingerprints = places
            .iter()
            .map(|place| all(place, "fingerprint").take(MOST_FINGERPRINTS).collect())
            .find(|lines: &Vec<_>| !lines.is_empty())
            .unwrap_or_default();
        let fingerprints = read_fingerprints(section, &fingerprints)?;
        let ufrag = find("ice-ufrag").filter(|value| is_credential(value));
        let pwd = find("ice-pwd").filter(|value| is_credential(value));
        let (Some(ufrag), Some(pwd)) = (ufrag, pwd) else {
            return Err(Refusal::new(
                "the audio stream has no ICE user fragment and password",
            ));
        };
        let role = match find("setup") {
            None => None,
            Some(value) => Some(read_role(value)?),
        };
        let mut stream = Self {
            lines: description.sections.iter().map(line).collect(),
            index,
            bundled: group.is_some(),
            ufrag: ufrag.to_owned(),
            pwd: pwd.to_owned().into(),
            ice_lite: places
                .iter()
                .any(|place| first(place, "ice-lite").is_some()),
            candidates: places
                .iter()
                .flat_map(|place| all(place, "candidate"))
                .filter(|value| candidate::is_usable(value))
                .take(MOST_CANDIDATES)
                .map(str::to_owned)
                .collect(),
            fingerprints,
            role,
            tls_id: find("tls-id").map(str::to_owned),
            rtcp_mux: find("rtcp-mux").is_some(),
            direction: read_direction(description, section),
            ptime: read_ptime(section),
            payloads: payload::read(section),
            limits: Limits::default(),
        };
        let (number, codec) = stream.first_codec()?;
        if codec == Codec::Opus {
            stream.limits = payload::limits(section, number);
        }
        Ok(stream)
    }
}

/// RFC 3264 §6: port 0 is a stream that is not wanted; but for RFC 9143 §6: it has the port of its
/// group.
fn is_rejected(description: &Description<'_>, section: &Section<'_>) -> bool {
    let bundle_only = first(&section.attributes, "bundle-only").is_some()
        && bundle_of(description, section).is_some();
    section.port == 0 && !bundle_only
}

/// Refuses what cannot be DTLS-SRTP (RFC 5763): there is no plain RTP.
fn check_protocol(section: &Section<'_>) -> Result<(), Refusal> {
    match section.protocol.to_ascii_uppercase().as_str() {
        // RFC 8829 §5.1.2: RTP/SAVP and RTP/SAVPF may stand for DTLS-SRTP too
        "UDP/TLS/RTP/SAVPF" | "UDP/TLS/RTP/SAVP" | "RTP/SAVPF" | "RTP/SAVP" => Ok(()),
        _ => Err(Refusal::new(format!(
            "the audio stream is not encrypted with DTLS-SRTP (m=audio says {})",
            section.protocol
        ))),
    }
}

fn read_fingerprints(section: &Section<'_>, lines: &[&str]) -> Result<Vec<Fingerprint>, Refusal> {
    let read: Vec<_> = lines.iter().map(|line| Fingerprint::parse(line)).collect();
    let error = read.iter().find_map(|result| result.as_ref().err());
    let reason = match error {
        Some(error) => error.to_string(),
        None if first(&section.attributes, "crypto").is_some() => {
            "the audio stream has its key in the signalling (a=crypto), DTLS-SRTP is required"
                .to_owned()
        }
        None => "the audio stream has no certificate fingerprint".to_owned(),
    };
    let good: Vec<_> = read.into_iter().flatten().collect();
    if good.is_empty() {
        return Err(Refusal::new(reason));
    }
    Ok(good)
}

/// Returns the `mid`s of the BUNDLE group that `section` is in.
fn bundle_of<'a>(description: &Description<'a>, section: &Section<'a>) -> Option<Vec<&'a str>> {
    let mid = first(&section.attributes, "mid")?;
    all(&description.attributes, "group").find_map(|group| {
        let mut words = group.split_ascii_whitespace();
        words.next()?.eq_ignore_ascii_case("BUNDLE").then_some(())?;
        let mids: Vec<_> = words.collect();
        mids.contains(&mid).then_some(mids)
    })
}

fn read_direction(description: &Description<'_>, section: &Section<'_>) -> Direction {
    let said = Direction::find(&section.attributes)
        .or_else(|| Direction::find(&description.attributes))
        .unwrap_or(Direction::SendRecv);
    let connection = section.connection.or(description.connection);
    // RFC 3264 §8.4. Port 9 beside it means "not known yet" in an offer of a browser (RFC 8840
    // §4.1.1).
    let nowhere = section.port != 9
        && connection.is_some_and(|connection| {
            matches!(
                connection.split_ascii_whitespace().nth(2),
                Some("0.0.0.0" | "::")
            )
        });
    Direction::new(said.sends(), said.receives() && !nowhere)
}

fn read_ptime(section: &Section<'_>) -> Duration {
    let milliseconds = |name| {
        first(&section.attributes, name)
            .and_then(|value| value.parse::<f32>().ok())
            .filter(|ms| (1.0..=1000.0).contains(ms))
            .map(|ms| Duration::from_millis(ms.round() as u64))
    };
    let ptime = milliseconds("ptime").unwrap_or(PTIME);
    milliseconds("maxptime").map_or(ptime, |most| ptime.min(most))
}

fn read_role(value: &str) -> Result<Role, Refusal> {
    match value.to_ascii_lowercase().as_str() {
        "active" => Ok(Role::Active),
        "passive" => Ok(Role::Passive),
        "actpass" => Ok(Role::ActPass),
        _ => Err(Refusal::new(format!(
            "a=setup:{value} leaves nobody to begin DTLS"
        ))),
    }
}

/// RFC 8839 §5.4: letters, digits, `+` and `/`; `-`, `_` and `=` are seen in the wild.
fn is_credential(value: &str) -> bool {
    (1..=LONGEST_CREDENTIAL).contains(&value.len())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b':')
}

/// RFC 8866 §9, the `token` that a `mid` is (RFC 5888 §4): it is repeated in our descriptions, so
/// it must not bring lines of its own.
fn is_token(value: &str) -> bool {
    let separators = b"\"(),/:;<=>?@[\\]";
    value
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !separators.contains(&byte))
        && !value.is_empty()
}

fn line(section: &Section<'_>) -> Line {
    Line {
        kind: section.kind.to_owned(),
        protocol: section.protocol.to_owned(),
        formats: section.formats.iter().map(|f| (*f).to_owned()).collect(),
        mid: first(&section.attributes, "mid")
            .filter(|mid| is_token(mid))
            .map(str::to_owned),
    }
}
