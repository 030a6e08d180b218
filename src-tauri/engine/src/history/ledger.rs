//! Turns what the phone tells of its calls into what is remembered of them.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use phone::{CallId, CallQuality, Direction, EndCause, Event};

use super::HistoryEntry;
use crate::{Stamp, Stamped};

/// How often it is noted that a call still goes on: what a crash may take from its length.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// The calls that go on.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The greatest id that was ever given.
    last_id: u64,
    /// By the engine that tells of them, which counts its calls from one.
    open: BTreeMap<(EngineNumber, CallId), Open>,
}

/// Tells the engines apart that are followed: each server has one of its own.
pub(super) type EngineNumber = u32;

/// What is to be remembered of a call.
#[derive(Debug, PartialEq)]
pub(super) enum Note {
    /// It goes on: this is what is known of it if nothing more is heard.
    GoesOn(HistoryEntry),
    Over(HistoryEntry),
}

#[derive(Debug)]
struct Open {
    entry: HistoryEntry,
    /// On the clock of [`Stamp::mono`], as are those below.
    began_at: Duration,
    talks_since: Option<Duration>,
    noted_at: Duration,
    sound: Sound,
}

/// For how many seconds a call sounded how.
#[derive(Debug, Default)]
struct Sound(Vec<(CallQuality, u64)>);

impl Ledger {
    pub(super) fn new(last_id: u64) -> Self {
        Self {
            last_id,
            open: BTreeMap::new(),
        }
    }

    /// Takes note of an event of this engine; `quality` tells how a call sounds at that moment.
    pub(super) fn take(
        &mut self,
        engine: EngineNumber,
        stamped: &Stamped,
        quality: impl Fn(CallId) -> Option<CallQuality>,
    ) -> Option<Note> {
        let Stamped { stamp, event } = stamped;
        let named = |call: &CallId| (engine, *call);
        match event {
            Event::CallDialing { call, target } => {
                Some(self.begin(named(call), Direction::Outgoing, target, None, stamp))
            }
            Event::CallIncoming {
                call,
                from,
                display_name,
            } => Some(self.begin(
                named(call),
                Direction::Incoming,
                from,
                display_name.as_deref(),
                stamp,
            )),
            Event::CallAnswered { call, .. } => {
                let open = self.open.get_mut(&named(call))?;
                open.entry.talked_ms = Some(0);
                let after = ms(stamp.mono.saturating_sub(open.began_at));
                open.entry.answered_after_ms.get_or_insert(after);
                Some(open.note(stamp.mono))
            }
            Event::CallConnected { call } => {
                let open = self.open.get_mut(&named(call))?;
                open.talks_since.get_or_insert(stamp.mono);
                None
            }
            Event::MediaQuality { call, .. } => {
                let open = self.open.get_mut(&named(call))?;
                if let Some(quality) = quality(*call) {
                    open.sound.add(quality);
                }
                let is_due = stamp.mono.saturating_sub(open.noted_at) >= NOTE_EVERY;
                is_due.then(|| open.note(stamp.mono))
            }
            Event::CallEnded { call, cause } => {
                let open = self.open.remove(&named(call))?;
                Some(open.end(Some(cause.clone()), stamp.mono))
            }
            Event::CallTurnedAway { from } => {
                let entry = self.entry(Direction::Incoming, from, None, stamp.wall);
                Some(Note::Over(HistoryEntry {
                    cause: Some(EndCause::Missed),
                    ..entry
                }))
            }
            Event::Resuming { .. }
            | Event::ResumeDelayed { .. }
            | Event::SignedIn { .. }
            | Event::SessionHeld { .. }
            | Event::SessionAtRisk { .. }
            | Event::SessionLost { .. }
            | Event::SignedOut { .. }
            | Event::MoveAsked { .. }
            | Event::MoveAfterCall { .. }
            | Event::MovedHere { .. }
            | Event::MoveRequested { .. }
            | Event::MoveAnswered { .. }
            | Event::MoveRequestOver { .. }
            | Event::LinkUp
            | Event::LinkDown { .. }
            | Event::Registered { .. }
            | Event::RegisterFailed { .. }
            | Event::Unregistered
            | Event::CallRinging { .. }
            | Event::CallSilenced { .. }
            | Event::CallHeld { .. }
            | Event::CallResumed { .. }
            | Event::CallHeldByPeer { .. }
            | Event::CallMuted { .. }
            | Event::CallChangeFailed { .. }
            | Event::CallInterrupted { .. }
            | Event::CallRecovered { .. }
            | Event::CallOneWay { .. }
            | Event::CallOneWayOver { .. }
            | Event::FirstAudio { .. }
            | Event::DtmfReceived { .. }
            | Event::MediaFailed { .. }
            | Event::SoundDevices { .. }
            | Event::SoundDeviceUsed { .. }
            | Event::SoundDeviceChanged { .. }
            | Event::SoundLevels { .. }
            | Event::SoundCapture { .. }
            | Event::SoundMutedSpeech
            | Event::SoundSilentMicrophone
            | Event::SoundChecked { .. }
            | Event::SoundCheckGivenUp
            | Event::ServerChecked { .. }
            | Event::PathChecked { .. }
            | Event::QueueLogin { .. }
            | Event::QueueState { .. }
            | Event::QueueNext { .. }
            | Event::QueueDelayed { .. }
            | Event::QueueRefused { .. }
            | Event::WrapUpBegun { .. }
            | Event::WrapUpEnded { .. }
            | Event::OutcomeSaved { .. }
            | Event::OutcomeKept { .. }
            | Event::OutcomeLost { .. }
            | Event::VaultFault { .. } => None,
        }
    }

    /// Ends the calls of this engine whose end was not heard: all but those that `go_on`. `now` is on
    /// the clock of [`Stamp::mono`].
    pub(super) fn end_all_but(
        &mut self,
        engine: EngineNumber,
        go_on: &[CallId],
        now: Duration,
    ) -> Vec<Note> {
        let its = (engine, CallId(0))..=(engine, CallId(u32::MAX));
        let over = self
            .open
            .extract_if(its, |(_, call), _| !go_on.contains(call));
        over.map(|(_, open)| open.end(None, now)).collect()
    }

    /// Returns what is known of the calls that go on, as it was noted last.
    pub(super) fn open(&self) -> impl Iterator<Item = &HistoryEntry> {
        self.open.values().map(|it| &it.entry)
    }

    fn begin(
        &mut self,
        call: (EngineNumber, CallId),
        direction: Direction,
        number: &str,
        display_name: Option<&str>,
        stamp: &Stamp,
    ) -> Note {
        let open = Open {
            entry: self.entry(direction, number, display_name, stamp.wall),
            began_at: stamp.mono,
            talks_since: None,
            noted_at: stamp.mono,
            sound: Sound::default(),
        };
        let note = Note::GoesOn(open.entry.clone());
        self.open.insert(call, open);
        note
    }

    fn entry(
        &mut self,
        direction: Direction,
        number: &str,
        display_name: Option<&str>,
        began: SystemTime,
    ) -> HistoryEntry {
        let began = unix_ms(began);
        // A clock that was put back, and two calls in one millisecond, give no id twice.
        self.last_id = began.max(self.last_id + 1);
        let entry = HistoryEntry {
            id: self.last_id,
            direction,
            number: number.to_owned(),
            display_name: display_name.map(str::to_owned),
            began,
            talked_ms: None,
            cause: None,
            quality: None,
            answered_after_ms: None,
            poor_ms: 0,
            poor_here_ms: 0,
        };
        entry.clipped()
    }
}

impl Open {
    fn note(&mut self, now: Duration) -> Note {
        self.noted_at = now;
        self.count(now);
        Note::GoesOn(self.entry.clone())
    }

    fn end(mut self, cause: Option<EndCause>, now: Duration) -> Note {
        self.count(now);
        self.entry.cause = cause;
        Note::Over(self.entry.clipped())
    }

    fn count(&mut self, now: Duration) {
        if let Some(since) = self.talks_since {
            self.entry.talked_ms = Some(ms(now.saturating_sub(since)));
        }
        self.entry.quality = self.sound.verdict();
        let here = self.sound.seconds(CallQuality::PoorHere);
        self.entry.poor_ms = 1_000 * (here + self.sound.seconds(CallQuality::Poor));
        self.entry.poor_here_ms = 1_000 * here;
    }
}

impl Sound {
    fn add(&mut self, quality: CallQuality) {
        match self.0.iter_mut().find(|(it, _)| *it == quality) {
            Some((_, seconds)) => *seconds += 1,
            None => self.0.push((quality, 1)),
        }
    }

    fn seconds(&self, quality: CallQuality) -> u64 {
        let all = self.0.iter();
        all.filter(|(it, _)| *it == quality).map(|(_, it)| it).sum()
    }

    /// Returns the worst quality that lasted for a tenth of the call at least: of a long call a few
    /// bad seconds are not remembered.
    fn verdict(&self) -> Option<CallQuality> {
        let all = self.0.iter().map(|(_, seconds)| seconds).sum::<u64>();
        let lasting = self.0.iter().filter(|(_, seconds)| seconds * 10 >= all);
        lasting
            .map(|(quality, _)| *quality)
            .max_by_key(|quality| badness(*quality))
    }
}

fn badness(quality: CallQuality) -> u8 {
    match quality {
        CallQuality::Good => 0,
        CallQuality::Fair => 1,
        CallQuality::Poor => 2,
        CallQuality::PoorHere => 3,
    }
}

/// Returns Unix time in ms; a clock before 1970 shows 0.
pub(super) fn unix_ms(moment: SystemTime) -> u64 {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH);
    ms(since.unwrap_or_default())
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
