//! What all calls of this process share: one microphone, one speaker, one ringer, and the tones.
//!
//! Sans-IO. Every 10 ms, in this order: the calls take [`Desk::capture`] and give what they hear to
//! [`Desk::play`], then [`Desk::tick`] mixes that with the tones, limits it and plays it. What is
//! played is the reference of the echo canceller for the microphone's next 10 ms.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::Source;
use super::talk::Talk;
use crate::check::{self, Make, Verdict};
use crate::codec::{FRAME, Frame, SILENCE};
use crate::grid::{Grid, TICK, ticks_to_leave_out};
use crate::processing::{Limiter, Processing, Processor};
use crate::tone::{Country, Sounding, Tone};

/// Where captured sound comes from.
pub(crate) trait Microphone: Debug + Send {
    /// Returns the next 10 ms, silence while there are none. `due` is when they are due.
    fn pull(&mut self, due: Instant) -> Frame;

    /// Returns what is known of it beside its sound.
    fn make(&self) -> Make;
}

/// Where played sound goes.
pub(crate) trait Speaker: Debug + Send {
    /// Plays the next 10 ms. `due` is when they are due.
    fn push(&mut self, frame: &Frame, due: Instant);
}

impl Microphone for Source {
    fn pull(&mut self, _: Instant) -> Frame {
        self.pull()
    }

    fn make(&self) -> Make {
        Make::Ordinary
    }
}

/// What the calls want of the desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) microphone: Use,
    /// Whether one of them may be heard.
    pub(crate) playback: bool,
}

impl Calls {
    /// Returns what both want.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            microphone: self.microphone.max(other.microphone),
            playback: self.playback || other.playback,
        }
    }
}

/// What the calls want of the microphone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Use {
    /// There is no call, or it is held.
    #[default]
    Closed,
    /// All of them are muted; it stays open, so that speech into it is noticed.
    Muted,
    Open,
}

/// Which devices are to be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wants {
    pub(crate) microphone: bool,
    pub(crate) speaker: bool,
    pub(crate) ringer: bool,
}

/// What the desk tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Told {
    /// Ten times a second while a device is open, in dB against a full-scale sine; −127 is silence.
    Levels {
        microphone_dbfs: f32,
        speaker_dbfs: f32,
    },
    /// Somebody speaks into the muted microphone: once for each spell.
    MutedSpeech,
    /// The microphone gives nothing while somebody may speak: once for each spell.
    SilentMicrophone,
    SoundCheck(Verdict),
    /// A call ended the sound check before its verdict.
    SoundCheckGivenUp,
}

/// How the voice and the tones are to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Settings {
    pub(crate) processing: Processing,
    pub(crate) country: Country,
    /// 0 to 1.
    pub(crate) ring_volume: f32,
    /// Whether a call that waits rings on the ringer too: the user has chosen one.
    pub(crate) rings_beside_calls: bool,
}

/// What all calls of this process share.
#[derive(Debug)]
pub(crate) struct Desk {
    grid: Grid,
    settings: Settings,
    calls: Calls,
    microphone: Option<Box<dyn Microphone>>,
    speaker: Option<Box<dyn Speaker>>,
    ringer: Option<Box<dyn Speaker>>,
    /// There while the microphone is open and something is to be done.
    processor: Option<Processor>,
    /// What the microphone heard in this tick: raw and processed.
    captured: Option<(Frame, Frame)>,
    /// What the calls play in this tick.
    mix: Frame,
    limiter: Limiter,
    /// The last one sounds, those before it fade.
    tones: Vec<Sounding>,
    rings: Vec<Sounding>,
    rings_beside_a_call: bool,
    /// Whether the ringer is another device than the speaker.
    ringer_is_apart: bool,
    check: Check,
    talk: Talk,
    muted_speech: MutedSpeech,
    hearing: Hearing,
    meters: Meters,
    /// When the next tick is due, while there is something to do.
    next: Option<Instant>,
    told: VecDeque<Told>,
}

/// `Idle -> Recording -> Playing -> Idle`; a check that is asked for begins anew, a call or a tone
/// ends it.
#[derive(Debug)]
enum Check {
    Idle,
    Recording {
        /// Of the microphone, for the verdict.
        raw: Vec<f32>,
        /// What a caller would hear.
        sent: Vec<f32>,
        until: Instant,
    },
    Playing {
        sent: Vec<f32>,
        position: usize,
    },
}

/// `Listening -> Told -> Listening`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MutedSpeech {
    Listening,
    /// The spell goes on; it is over when nobody speaks until then.
    Told {
        until: Instant,
    },
}

/// What the microphone of a call gives. `Sound -> Silence -> Told -> Sound`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hearing {
    Sound,
    /// Nothing; it is told when it lasts until then.
    Silence {
        until: Instant,
    },
    Told,
}

/// A check waits so long for its microphone and its three seconds.
const CHECK_PATIENCE: Duration = Duration::from_secs(8);

/// Who pauses for less is in the same spell.
const SPELL_PAUSE: Duration = Duration::from_secs(5);

/// A microphone that is switched off is told after this; one that starts may be silent for a second.
const SILENCE_PATIENCE: Duration = Duration::from_secs(10);

/// One step of 16 bits: even the quietest room moves a microphone by more.
const DIGITAL_SILENCE: f32 = 1.0 / 32_768.0;

impl Desk {
    pub(crate) fn new(settings: Settings, grid: Grid) -> Self {
        Self {
            grid,
            settings,
            calls: Calls::default(),
            microphone: None,
            speaker: None,
            ringer: None,
            processor: None,
            captured: None,
            mix: SILENCE,
            limiter: Limiter::new(),
            tones: Vec::new(),
            rings: Vec::new(),
            rings_beside_a_call: false,
            ringer_is_apart: false,
            check: Check::Idle,
            talk: Talk::new(),
            muted_speech: MutedSpeech::Listening,
            hearing: Hearing::Sound,
            meters: Meters::new(),
            next: None,
            told: VecDeque::new(),
        }
    }

    /// Takes effect at once; a tone that sounds goes on as it began.
    pub(crate) fn set(&mut self, settings: Settings) {
        if settings.processing != self.settings.processing {
            self.processor = None;
        }
        self.settings = settings;
    }

    /// Says what the calls want from now on.
    pub(crate) fn set_calls(&mut self, calls: Calls, now: Instant) {
        if calls.microphone != Use::Muted {
            self.muted_speech = MutedSpeech::Listening;
            self.talk.forget();
        }
        if calls.microphone != Use::Open {
            self.hearing = Hearing::Sound;
        }
        if calls != Calls::default() {
            self.end_check();
        }
        self.calls = calls;
        self.wake(now);
    }

    /// Begins a tone in place of the one that sounds; `None` ends it. The ring is on the ringer,
    /// everything else on the speaker; a call that waits may be on both.
    pub(crate) fn sound(&mut self, tone: Option<Tone>, now: Instant) {
        for sounding in self.tones.iter_mut().chain(&mut self.rings) {
            sounding.stop();
        }
        if let Some(tone) = tone {
            // It would be heard as a part of what is judged.
            self.end_check();
            let country = self.settings.country;
            let (rings, sounds) = match tone {
                Tone::Ring => (true, false),
                Tone::CallWaiting => (self.settings.rings_beside_calls, true),
                Tone::Ringback | Tone::Busy | Tone::Congestion | Tone::Beep => (false, true),
            };
            self.rings_beside_a_call = sounds;
            if rings {
                self.rings.push(Sounding::new(Tone::Ring, country));
            }
            if sounds {
                self.tones.push(Sounding::new(tone, country));
            }
        }
        self.wake(now);
    }

    /// Begins a sound check: three seconds are recorded, judged ([`Told::SoundCheck`]) and played.
    pub(crate) fn check(&mut self, now: Instant) {
        self.check = Check::Recording {
            raw: Vec::with_capacity(check::LENGTH),
            sent: Vec::with_capacity(check::LENGTH),
            until: now + CHECK_PATIENCE,
        };
        self.wake(now);
    }

    /// Ends a sound check: whoever calls hears neither it nor what it recorded.
    fn end_check(&mut self) {
        match std::mem::replace(&mut self.check, Check::Idle) {
            Check::Recording { .. } => self.told.push_back(Told::SoundCheckGivenUp),
            Check::Idle | Check::Playing { .. } => {}
        }
    }

    /// Takes the microphone that was opened, or `None` when it is gone.
    pub(crate) fn set_microphone(&mut self, microphone: Option<Box<dyn Microphone>>) {
        self.microphone = microphone;
        self.hearing = Hearing::Sound;
        // Another device is another room, and another delay.
        self.processor = None;
    }

    /// Takes the speaker that was opened, or `None` when it is gone.
    #[cfg_attr(
        not(any(feature = "sound", test)),
        allow(dead_code, reason = "only the system has one")
    )]
    pub(crate) fn set_speaker(&mut self, speaker: Option<Box<dyn Speaker>>) {
        self.speaker = speaker;
        self.processor = None;
    }

    /// Takes the ringer that was opened, or `None` when it is gone.
    #[cfg_attr(
        not(any(feature = "sound", test)),
        allow(dead_code, reason = "only the system has one")
    )]
    pub(crate) fn set_ringer(&mut self, ringer: Option<Box<dyn Speaker>>) {
        self.ringer = ringer;
    }

    /// Says whether the ringer is another device than the speaker. Where it is not, nothing rings
    /// into a call.
    #[cfg_attr(
        not(any(feature = "sound", test)),
        allow(dead_code, reason = "only the system has one")
    )]
    pub(crate) fn set_ringer_apart(&mut self, is_apart: bool) {
        self.ringer_is_apart = is_apart;
    }

    /// Returns which devices are to be open.
    pub(crate) fn wants(&self) -> Wants {
        let (recording, playing) = match self.check {
            Check::Idle => (false, false),
            Check::Recording { .. } => (true, false),
            Check::Playing { .. } => (false, true),
        };
        Wants {
            microphone: recording || self.calls.microphone != Use::Closed,
            speaker: playing || self.calls.playback || !self.tones.is_empty(),
            ringer: !self.rings.is_empty(),
        }
    }

    /// Returns when [`tick`](Self::tick) is due; `None` while there is nothing to do.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    pub(crate) fn poll(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    /// Returns what the microphone hears in this tick, processed: the same to everybody.
    pub(crate) fn capture(&mut self, now: Instant) -> Frame {
        self.captured(now).1
    }

    /// Plays what a call hears, together with everything else in this tick.
    pub(crate) fn play(&mut self, frame: &Frame) {
        add(&mut self.mix, frame);
    }

    /// Ends the tick that is due: plays it, and looks at what the microphone heard.
    pub(crate) fn tick(&mut self, now: Instant) {
        let due = self.next.unwrap_or(now);
        if self.wants().microphone {
            let (raw, sent) = self.captured(now);
            self.meters.captured.push(&sent);
            self.watch(&sent, now);
            self.listen(&raw, now);
            self.record(&raw, &sent, now);
        } else {
            self.processor = None;
            self.meters.captured.push(&SILENCE);
        }
        self.captured = None;

        let mut frame = std::mem::replace(&mut self.mix, SILENCE);
        sound(&mut self.tones, 1.0, &mut frame);
        self.play_check(&mut frame);
        self.limiter.process(&mut frame);
        self.meters.played.push(&frame);
        if let Some(processor) = &mut self.processor {
            processor.render(&frame);
        }
        if let Some(speaker) = &mut self.speaker {
            speaker.push(&frame, due);
        }

        let mut ring = SILENCE;
        let is_silent = self.rings_beside_a_call && !self.ringer_is_apart;
        let volume = self.settings.ring_volume.clamp(0.0, 1.0);
        let volume = if is_silent { 0.0 } else { volume };
        sound(&mut self.rings, volume, &mut ring);
        if let Some(ringer) = &mut self.ringer {
            ringer.push(&ring, due);
        }

        self.told.extend(self.meters.tell());
        self.go_on(now);
    }

    /// Returns the microphone's frame of this tick, raw and processed.
    fn captured(&mut self, now: Instant) -> (Frame, Frame) {
        if let Some(captured) = self.captured {
            return captured;
        }
        let is_wanted = self.wants().microphone;
        let Some(microphone) = self.microphone.as_mut().filter(|_| is_wanted) else {
            return (SILENCE, SILENCE);
        };
        let raw = microphone.pull(self.next.unwrap_or(now));
        let mut sent = raw;
        if self.processor.is_none() {
            self.processor = Processor::new(self.settings.processing);
        }
        if let Some(processor) = &mut self.processor {
            processor.capture(&mut sent);
        }
        self.captured = Some((raw, sent));
        (raw, sent)
    }

    /// Notices speech into a muted microphone.
    fn watch(&mut self, sent: &Frame, now: Instant) {
        if self.calls.microphone != Use::Muted {
            return;
        }
        let speaks = self.talk.hears(sent);
        match self.muted_speech {
            MutedSpeech::Listening if speaks => {
                self.told.push_back(Told::MutedSpeech);
                let until = now + SPELL_PAUSE;
                self.muted_speech = MutedSpeech::Told { until };
            }
            MutedSpeech::Told { .. } if speaks => {
                let until = now + SPELL_PAUSE;
                self.muted_speech = MutedSpeech::Told { until };
            }
            MutedSpeech::Told { until } if until <= now => {
                self.muted_speech = MutedSpeech::Listening;
            }
            MutedSpeech::Listening | MutedSpeech::Told { .. } => {}
        }
    }

    /// Notices a microphone that gives nothing, as one does whose own switch is off.
    fn listen(&mut self, raw: &Frame, now: Instant) {
        if self.calls.microphone != Use::Open || self.microphone.is_none() {
            return;
        }
        if !is_silent(raw) {
            self.hearing = Hearing::Sound;
            return;
        }
        match self.hearing {
            Hearing::Sound => {
                let until = now + SILENCE_PATIENCE;
                self.hearing = Hearing::Silence { until };
            }
            Hearing::Silence { until } if until <= now => {
                self.told.push_back(Told::SilentMicrophone);
                self.hearing = Hearing::Told;
            }
            Hearing::Silence { .. } | Hearing::Told => {}
        }
    }

    fn record(&mut self, raw: &Frame, sent: &Frame, now: Instant) {
        let Check::Recording {
            raw: heard,
            sent: said,
            until,
        } = &mut self.check
        else {
            return;
        };
        let Some(microphone) = &self.microphone else {
            if *until <= now {
                self.check = Check::Idle;
                self.told.push_back(Told::SoundCheck(Verdict::NoMicrophone));
            }
            return;
        };
        heard.extend_from_slice(raw);
        said.extend_from_slice(sent);
        if heard.len() >= check::LENGTH {
            let verdict = check::judge(heard, microphone.make());
            self.told.push_back(Told::SoundCheck(verdict));
            let sent = std::mem::take(said);
            self.check = Check::Playing { sent, position: 0 };
        }
    }

    fn play_check(&mut self, frame: &mut Frame) {
        let Check::Playing { sent, position } = &mut self.check else {
            return;
        };
        let Some(next) = sent[*position..].first_chunk::<FRAME>() else {
            self.check = Check::Idle;
            return;
        };
        add(frame, next);
        *position += FRAME;
    }

    /// Begins to tick where there is something to do.
    fn wake(&mut self, now: Instant) {
        if self.next.is_none() && self.is_busy() {
            self.next = Some(self.grid.next(now));
        }
    }

    fn go_on(&mut self, now: Instant) {
        if !self.is_busy() {
            self.next = None;
            self.processor = None;
            self.meters = Meters::new();
            return;
        }
        let due = self.next.unwrap_or_else(|| self.grid.next(now)) + TICK;
        self.next = Some(due + TICK * ticks_to_leave_out(due, now));
    }

    fn is_busy(&self) -> bool {
        self.wants() != Wants::default()
    }
}

/// Adds the next 10 ms of all that sounds, and forgets what is over.
fn sound(soundings: &mut Vec<Sounding>, volume: f32, frame: &mut Frame) {
    for sounding in soundings.iter_mut() {
        let tone = sounding.pull().map(|sample| volume * sample);
        add(frame, &tone);
    }
    soundings.retain(|sounding| !sounding.is_over());
}

fn add(frame: &mut Frame, other: &Frame) {
    for (sample, other) in frame.iter_mut().zip(other) {
        *sample += other;
    }
}

/// Returns whether nothing moves in it, whatever constant part the sound card adds.
fn is_silent(frame: &Frame) -> bool {
    let (low, high) = frame.iter().fold((f32::MAX, f32::MIN), |(low, high), s| {
        (low.min(*s), high.max(*s))
    });
    high - low < DIGITAL_SILENCE
}

/// The meters of the window, ten times a second.
#[derive(Debug)]
struct Meters {
    captured: Level,
    played: Level,
    frames: usize,
}

/// The power of 100 ms.
#[derive(Debug, Default)]
struct Level {
    energy: f32,
}

const FRAMES_PER_READING: usize = 10;

impl Meters {
    fn new() -> Self {
        Self {
            captured: Level::default(),
            played: Level::default(),
            frames: 0,
        }
    }

    /// Ends a tick; returns the reading when it is due.
    fn tell(&mut self) -> Option<Told> {
        self.frames += 1;
        if self.frames < FRAMES_PER_READING {
            return None;
        }
        self.frames = 0;
        Some(Told::Levels {
            microphone_dbfs: self.captured.take(),
            speaker_dbfs: self.played.take(),
        })
    }
}

impl Level {
    fn push(&mut self, frame: &Frame) {
        self.energy += frame.iter().map(|s| s * s).sum::<f32>();
    }

    fn take(&mut self) -> f32 {
        let energy = std::mem::take(&mut self.energy);
        super::meter::dbfs(f64::from(energy) / (FRAMES_PER_READING * FRAME) as f64)
    }
}
