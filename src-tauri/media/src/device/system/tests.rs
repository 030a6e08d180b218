//! With a real sound server: PulseAudio, whose null sinks are the sound card.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::f32::consts::TAU;

use tokio::runtime;
use tokio::time::{Interval, interval, timeout};

use super::*;
use crate::codec::Frame;
use crate::device::Meter;

#[path = "../../../../../tests/support/sound_card.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the tests of the whole phone"
)]
mod sound_card;

use sound_card::{Plug, SoundCard};

const SPEAKERS: Plug = Plug::new("speakers", "Speakers");
const LAPTOP: Plug = Plug::new("laptop", "Laptop");
const HEADSET: Plug = Plug::new("headset", "Headset");

/// What a test waits for comes long before this, even on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

#[test]
fn the_microphone_hears_a_tone_and_is_closed() {
    on_card(
        "the_microphone_hears_a_tone_and_is_closed",
        async |mut card| {
            card.start(&[SPEAKERS], &[LAPTOP]);
            let _voice = card.speak("laptop", 440.0);
            let mut phone = Phone::start();
            phone.system.want(Role::Microphone, true);
            assert_eq!(
                phone.opened(Role::Microphone).await,
                ("Laptop".to_owned(), None)
            );
            phone.hears(440.0).await;
            phone.system.want(Role::Microphone, false);
            phone
                .until(|report| matches!(report, Report::Closed { .. }))
                .await;
        },
    );
}

#[test]
fn the_speaker_plays_a_tone() {
    on_card("the_speaker_plays_a_tone", async |mut card| {
        card.start(&[SPEAKERS], &[]);
        let heard = card.listen("speakers");
        let mut phone = Phone::start();
        phone.system.want(Role::Speaker, true);
        assert_eq!(
            phone.opened(Role::Speaker).await,
            ("Speakers".to_owned(), None)
        );
        phone.plays(1_000.0, heard).await;
    });
}

#[test]
fn a_card_of_44100_hz_mono_neither_slows_nor_tunes_the_voice() {
    on_card(
        "a_card_of_44100_hz_mono_neither_slows_nor_tunes_the_voice",
        async |mut card| {
            let narrow = |plug| Plug {
                rate: 44_100,
                channels: 1,
                ..plug
            };
            card.start(&[narrow(SPEAKERS)], &[narrow(LAPTOP)]);
            let _voice = card.speak("laptop", 440.0);
            let heard = card.listen("speakers");
            let mut phone = Phone::start();
            phone.system.want(Role::Microphone, true);
            phone.opened(Role::Microphone).await;
            phone.hears(440.0).await;
            phone.system.want(Role::Speaker, true);
            phone.opened(Role::Speaker).await;
            phone.plays(1_000.0, heard).await;
        },
    );
}

#[test]
fn a_headset_that_is_pulled_is_replaced_and_used_again() {
    on_card(
        "a_headset_that_is_pulled_is_replaced_and_used_again",
        async |mut card| {
            card.start(&[SPEAKERS], &[LAPTOP, HEADSET]);
            let _laptop = card.speak("laptop", 440.0);
            let near = card.speak("headset", 880.0);
            let mut phone = Phone::start();
            phone
                .system
                .prefer(Role::Microphone, favourite("headset_source"));
            phone.system.want(Role::Microphone, true);
            assert_eq!(phone.opened(Role::Microphone).await.0, "Headset");
            phone.hears(880.0).await;

            drop(near);
            let pulled = Instant::now();
            card.unplug("headset");
            let words = "Headset disconnected. Using Laptop now.".to_owned();
            let laptop = ("Laptop".to_owned(), Some(words));
            assert_eq!(phone.opened(Role::Microphone).await, laptop);
            println!(
                "replaced {} ms after it was pulled",
                pulled.elapsed().as_millis()
            );
            phone.hears(440.0).await;

            card.plug_in_microphone(&HEADSET);
            let plugged = Instant::now();
            let headset = ("Headset".to_owned(), Some("Using Headset now.".to_owned()));
            assert_eq!(phone.opened(Role::Microphone).await, headset);
            println!(
                "used {} ms after it was plugged in",
                plugged.elapsed().as_millis()
            );
            let _near = card.speak("headset", 880.0);
            phone.hears(880.0).await;
        },
    );
}

#[test]
fn a_speaker_that_is_pulled_is_replaced() {
    on_card("a_speaker_that_is_pulled_is_replaced", async |mut card| {
        card.start(&[HEADSET, SPEAKERS], &[]);
        let mut phone = Phone::start();
        phone.system.want(Role::Speaker, true);
        assert_eq!(phone.opened(Role::Speaker).await.0, "Headset");
        card.unplug("headset");
        let words = "Headset disconnected. Using Speakers now.".to_owned();
        let speakers = ("Speakers".to_owned(), Some(words));
        assert_eq!(phone.opened(Role::Speaker).await, speakers);
        let heard = card.listen("speakers");
        phone.plays(1_000.0, heard).await;
    });
}

#[test]
fn a_new_default_is_followed() {
    on_card("a_new_default_is_followed", async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP, HEADSET]);
        let _laptop = card.speak("laptop", 440.0);
        let _headset = card.speak("headset", 880.0);
        let mut phone = Phone::start();
        phone.system.want(Role::Microphone, true);
        assert_eq!(phone.opened(Role::Microphone).await.0, "Laptop");
        phone.hears(440.0).await;
        card.make_default_microphone("headset");
        let words = "The system's microphone is now Headset. Using it.".to_owned();
        let headset = ("Headset".to_owned(), Some(words));
        assert_eq!(phone.opened(Role::Microphone).await, headset);
        phone.hears(880.0).await;
    });
}

#[test]
fn a_server_that_is_killed_is_waited_for_and_used_again() {
    on_card(
        "a_server_that_is_killed_is_waited_for_and_used_again",
        async |mut card| {
            card.start(&[SPEAKERS], &[LAPTOP]);
            let mut phone = Phone::start();
            phone.system.want(Role::Microphone, true);
            phone.system.want(Role::Speaker, true);
            phone.opened(Role::Microphone).await;
            while phone.speaker.is_none() {
                phone.report().await;
            }

            card.kill();
            for role in [Role::Microphone, Role::Speaker] {
                let words = phone.without(role).await;
                assert!(words.starts_with("The sound service of this computer is not running"));
            }

            card.start(&[SPEAKERS], &[LAPTOP]);
            let _voice = card.speak("laptop", 440.0);
            let laptop = phone.opened(Role::Microphone).await;
            assert_eq!(laptop.1.unwrap(), "Laptop works again.");
            phone.hears(440.0).await;
        },
    );
}

#[test]
fn a_server_that_hangs_holds_nothing_up_and_is_used_again() {
    let name = "a_server_that_hangs_holds_nothing_up_and_is_used_again";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP]);
        let mut phone = Phone::start();
        phone.system.want(Role::Microphone, true);
        phone.opened(Role::Microphone).await;
        card.freeze();
        phone.without(Role::Microphone).await;
        // The thread answers while its listers and its stream are stuck.
        phone.system.want(Role::Microphone, false);
        phone
            .until(|report| matches!(report, Report::Closed { .. }))
            .await;
        phone.system.want(Role::Microphone, true);
        card.thaw();
        let _voice = card.speak("laptop", 440.0);
        phone.opened(Role::Microphone).await;
        phone.hears(440.0).await;
    });
}

#[test]
fn the_speaker_and_the_ringer_are_two_devices_at_once() {
    let name = "the_speaker_and_the_ringer_are_two_devices_at_once";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS, HEADSET], &[]);
        let mut phone = Phone::start();
        phone.system.prefer(Role::Speaker, favourite("headset"));
        phone.system.prefer(Role::Ringer, favourite("speakers"));
        phone.system.want(Role::Speaker, true);
        assert_eq!(phone.opened(Role::Speaker).await.0, "Headset");
        let in_ear = phone.speaker.take();
        phone.system.want(Role::Ringer, true);
        assert_eq!(phone.opened(Role::Ringer).await.0, "Speakers");
        let in_room = phone.speaker.take();
        for (bridge, sink, hz) in [(in_ear, "headset", 1_000.0), (in_room, "speakers", 600.0)] {
            phone.speaker = bridge;
            phone.plays(hz, card.listen(sink)).await;
        }
    });
}

#[test]
fn a_device_that_comes_while_nobody_waits_for_it_is_told() {
    let name = "a_device_that_comes_while_nobody_waits_for_it_is_told";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP]);
        let mut phone = Phone::start();
        let lists = |report: &Report, plug: &Plug| {
            let is_it = |device: &Device| device.name == plug.title;
            matches!(report, Report::Devices(devices) if devices.iter().any(is_it))
        };
        phone.until(|report| lists(report, &LAPTOP)).await;
        // Nothing is listed by itself for longer than a test lasts: the server tells.
        let plugged = Instant::now();
        card.plug_in_speaker(&HEADSET);
        phone.until(|report| lists(report, &HEADSET)).await;
        println!("told {} ms after", plugged.elapsed().as_millis());
        card.unplug("headset");
        let is_gone =
            |report: &Report| matches!(report, Report::Devices(_)) && !lists(report, &HEADSET);
        phone.until(is_gone).await;
        card.make_default_speaker("laptop");
        let is_default = |report: &Report| {
            let is_it = |it: &Device| it.is_default_output && it.id.as_str() == "pulseaudio:laptop";
            matches!(report, Report::Devices(devices) if devices.iter().any(is_it))
        };
        phone.until(is_default).await;
        card.kill();
        let none = |report: &Report| matches!(report, Report::Devices(none) if none.is_empty());
        phone.until(none).await;
    });
}

#[test]
fn a_device_that_is_suspended_is_busy_and_used_again() {
    let name = "a_device_that_is_suspended_is_busy_and_used_again";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[]);
        let mut phone = Phone::start();
        phone.system.want(Role::Speaker, true);
        phone.opened(Role::Speaker).await;
        card.suspend("speakers", true);
        let words = phone.without(Role::Speaker).await;
        assert_eq!(words, "Speakers is used by another program. Trying again.");
        card.suspend("speakers", false);
        let opened = phone.opened(Role::Speaker).await;
        assert_eq!(opened.1.unwrap(), "Speakers works again.");
    });
}

#[test]
fn a_server_without_devices_is_no_fault_and_the_first_device_is_used() {
    on_card(
        "a_server_without_devices_is_no_fault_and_the_first_device_is_used",
        async |mut card| {
            card.start(&[], &[]);
            let mut phone = Phone::start();
            phone.system.want(Role::Microphone, true);
            assert_eq!(
                phone.without(Role::Microphone).await,
                "No microphone was found."
            );
            card.plug_in_microphone(&HEADSET);
            let _voice = card.speak("headset", 880.0);
            assert_eq!(phone.opened(Role::Microphone).await.0, "Headset");
            phone.hears(880.0).await;
        },
    );
}

#[test]
fn without_any_server_there_is_no_device_and_the_server_is_used_once_it_runs() {
    let name = "without_any_server_there_is_no_device_and_the_server_is_used_once_it_runs";
    on_card(name, async |mut card| {
        let mut phone = Phone::start();
        phone.system.want(Role::Speaker, true);
        assert_eq!(phone.without(Role::Speaker).await, "No speaker was found.");
        card.start(&[SPEAKERS], &[]);
        assert_eq!(phone.opened(Role::Speaker).await.0, "Speakers");
    });
}

/// A thread that hangs is left behind; here none does.
#[test]
fn plugs_and_servers_that_come_and_go_leave_no_thread_and_no_descriptor() {
    let name = "plugs_and_servers_that_come_and_go_leave_no_thread_and_no_descriptor";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP, HEADSET]);
        let at_rest = held();
        let mut phone = Phone::start();
        phone
            .system
            .prefer(Role::Microphone, favourite("headset_source"));
        phone.system.want(Role::Microphone, true);
        phone.system.want(Role::Speaker, true);
        phone.uses_headset_and_a_speaker().await;
        let before = phone.holds_steadily().await;
        for _ in 0..5 {
            for _ in 0..4 {
                card.unplug("headset");
                assert_eq!(phone.opened(Role::Microphone).await.0, "Laptop");
                card.plug_in_microphone(&HEADSET);
                assert_eq!(phone.opened(Role::Microphone).await.0, "Headset");
            }
            card.kill();
            for role in [Role::Microphone, Role::Speaker] {
                phone.without(role).await;
            }
            (phone.microphone, phone.speaker) = (None, None);
            card.start(&[SPEAKERS], &[LAPTOP, HEADSET]);
            phone.uses_headset_and_a_speaker().await;
        }
        comes_down_to(before, &mut phone.clock).await;
        let Phone {
            system, mut clock, ..
        } = phone;
        drop(system);
        comes_down_to(at_rest, &mut clock).await;
    });
}

/// Returns how many threads and descriptors this process has.
fn held() -> (usize, usize) {
    let count = |what: &str| {
        let listed = std::fs::read_dir(format!("/proc/self/{what}"));
        listed.unwrap().count()
    };
    (count("task"), count("fd"))
}

/// Waits until there are no more threads and descriptors than that.
async fn comes_down_to(most: (usize, usize), clock: &mut Interval) {
    let down = async {
        while held().0 > most.0 || held().1 > most.1 {
            clock.tick().await;
        }
    };
    let down = timeout(DEADLINE, down).await;
    assert!(down.is_ok(), "{:?}, where there were {most:?}", held());
}

fn on_card(name: &str, body: impl AsyncFnOnce(SoundCard)) {
    let path = module_path!().split_once("::").unwrap().1;
    sound_card::with_sound_card(&format!("{path}::{name}"), |card| {
        let runtime = runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(body(card));
    });
}

fn favourite(id: &str) -> Preference {
    Preference {
        favourites: vec![DeviceId::new(format!("pulseaudio:{id}"))],
    }
}

/// The thread under test, and what is at its other end: someone who pulls and pushes every 10 ms.
struct Phone {
    system: System,
    reports: tokio_mpsc::UnboundedReceiver<Report>,
    microphone: Option<Box<CaptureBridge>>,
    speaker: Option<Box<PlaybackBridge>>,
    clock: Interval,
}

impl Phone {
    fn start() -> Self {
        let (system, reports) = System::start().unwrap();
        Self {
            system,
            reports,
            microphone: None,
            speaker: None,
            clock: interval(Duration::from_millis(10)),
        }
    }

    /// Waits until `role` has a stream, and returns the name of its device and what is said about
    /// it.
    async fn opened(&mut self, role: Role) -> (String, Option<String>) {
        loop {
            let report = self.report().await;
            if let Report::Opened {
                role: its,
                device,
                reason,
                ..
            } = report
                && its == role
            {
                return (device.name, reason.map(|it| it.words));
            }
        }
    }

    /// Waits until `role` has no device, and returns what is said about it.
    async fn without(&mut self, role: Role) -> String {
        loop {
            let report = self.report().await;
            if let Report::Without { role: its, reason } = report
                && its == role
            {
                return reason.words;
            }
        }
    }

    /// Waits until the headset is the microphone and there is a speaker.
    async fn uses_headset_and_a_speaker(&mut self) {
        while self.opened(Role::Microphone).await.0 != "Headset" {}
        while self.speaker.is_none() {
            self.report().await;
        }
    }

    /// Returns how many threads and descriptors there are once that has not changed for a second.
    async fn holds_steadily(&mut self) -> (usize, usize) {
        let steady = async {
            let (mut last, mut ticks) = (held(), 0);
            while ticks < 100 {
                self.clock.tick().await;
                let now = held();
                ticks = if now == last { ticks + 1 } else { 0 };
                last = now;
            }
            last
        };
        timeout(DEADLINE, steady).await.unwrap()
    }

    async fn until(&mut self, is_it: impl Fn(&Report) -> bool) {
        while !is_it(&self.report().await) {}
    }

    async fn report(&mut self) -> Report {
        let report = timeout(DEADLINE, self.reports.recv()).await.unwrap();
        let mut report = report.expect("the sound thread lives");
        println!("{report:?}");
        if let Report::Opened { bridge, .. } = &mut report {
            // Only the bridge is taken out; a new one without a device stands in its place.
            let (stand_in, _) = CaptureBridge::new(48_000, 1, Instant::now());
            let stand_in = Bridge::Capture(Box::new(stand_in));
            match std::mem::replace(bridge, stand_in) {
                Bridge::Capture(microphone) => self.microphone = Some(microphone),
                Bridge::Playback(speaker) => self.speaker = Some(speaker),
            }
        }
        report
    }

    /// Pulls until the microphone hears a pure tone for a second.
    async fn hears(&mut self, hz: f32) {
        let mut meter = Meter::new();
        let heard = async {
            loop {
                let due = self.clock.tick().await.into_std();
                meter.push(&self.microphone.as_mut().unwrap().pull(due));
                let tone = meter.measure().tone_hz;
                if tone.is_some_and(|tone| (tone - hz).abs() < 1.0) {
                    return;
                }
            }
        };
        let heard = timeout(DEADLINE, heard).await.is_ok();
        let mishaps = self.microphone.as_ref().unwrap().mishaps();
        println!("{:?}, {mishaps:?}", meter.measure());
        assert!(heard, "{:?}, {mishaps:?}", meter.measure());
    }

    /// Pushes a tone until it is heard from the speaker for a second.
    async fn plays(&mut self, hz: f32, heard: sound_card::Listening) {
        let (ended, mut has_ended) = tokio_mpsc::channel::<()>(1);
        let ear = thread::spawn(move || {
            let _ended = ended;
            let mut meter = Meter::new();
            for _ in 0..3_000 {
                let Some(frame) = heard.next() else { break };
                meter.push(&frame);
                let tone = meter.measure().tone_hz;
                if tone.is_some_and(|tone| (tone - hz).abs() < 1.0) {
                    break;
                }
            }
            meter.measure()
        });
        let speaker = self.speaker.as_mut().unwrap();
        let mut phase = 0.0;
        loop {
            tokio::select! {
                due = self.clock.tick() => {
                    let frame: Frame = std::array::from_fn(|_| {
                        phase = (phase + TAU * hz / 48_000.0) % TAU;
                        0.3 * phase.sin()
                    });
                    speaker.push(&frame, due.into_std());
                }
                _ = has_ended.recv() => break,
            }
        }
        let measure = ear.join().unwrap();
        println!("{measure:?}, {:?}", speaker.mishaps());
        let tone = measure.tone_hz.unwrap();
        assert!(
            (tone - hz).abs() < 1.0,
            "{measure:?}, {:?}",
            speaker.mishaps()
        );
    }
}
