#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use super::super::choice::Kind;
use super::*;

#[test]
fn the_default_is_opened_without_a_word_and_closed_when_it_is_not_wanted() {
    let mut world = World::with(&["laptop"]);
    world.want(Role::Microphone);
    world.run(1_000);
    assert_eq!(world.log(), ["devices 1", "microphone: laptop"]);

    world.supervisor.want(Role::Microphone, false, world.now);
    world.run(1_000);
    assert_eq!(world.log(), ["microphone closed"]);
    assert!(world.open.is_empty());
}

#[test]
fn an_unplugged_headset_is_replaced_within_500_ms_and_said() {
    let mut world = World::with(&["laptop", "headset"]);
    world.prefer(Role::Microphone, &["headset"]);
    world.want(Role::Microphone);
    world.run(10_000);
    assert_eq!(world.log(), ["devices 2", "microphone: headset"]);

    // The server says nothing: only the list shows it.
    world.plug_out("headset");
    world.run(500);
    assert_eq!(
        world.log(),
        [
            "devices 1",
            "microphone lost",
            "microphone: laptop, headset disconnected. Using laptop now."
        ]
    );

    world.plug_in("headset");
    world.run(500);
    assert_eq!(
        world.log(),
        ["devices 2", "microphone: headset, Using headset now."]
    );
    assert_eq!(world.open.len(), 1, "the other one is closed");
}

#[test]
fn a_stream_that_dies_is_replaced_before_the_list_shows_it() {
    let mut world = World::with(&["laptop", "headset"]);
    world.prefer(Role::Speaker, &["headset"]);
    world.want(Role::Speaker);
    world.run(1_000);
    world.log();
    let stream = world.stream_of("headset");
    world.plug_out("headset");
    // What floods counts once.
    for _ in 0..1_000 {
        world
            .supervisor
            .handle_fault(stream, Fault::Gone, world.now);
    }
    world.run(100);
    assert_eq!(
        world.log(),
        [
            "speaker lost",
            "devices 1",
            "speaker: laptop, headset disconnected. Using laptop now."
        ]
    );
}

#[test]
fn the_new_default_is_followed_only_where_no_favourite_is_there() {
    let mut world = World::with(&["laptop", "dock"]);
    world.prefer(Role::Ringer, &["laptop"]);
    world.want(Role::Speaker);
    world.want(Role::Ringer);
    world.run(1_000);
    world.log();
    world.make_default("dock");
    world.run(500);
    assert_eq!(
        world.log(),
        [
            "devices 2",
            "speaker: dock, The system's speaker is now dock. Using it."
        ]
    );
}

#[test]
fn without_any_device_it_is_said_once_and_the_first_that_appears_is_used() {
    let mut world = World::with(&[]);
    world.want(Role::Microphone);
    world.run(60_000);
    assert_eq!(
        world.log(),
        ["devices 0", "microphone without: No microphone was found."]
    );
    world.plug_in("headset");
    world.run(500);
    assert_eq!(
        world.log(),
        ["devices 1", "microphone: headset, Using headset now."]
    );
}

#[test]
fn a_busy_favourite_is_tried_ever_more_rarely_while_the_next_is_used() {
    let mut world = World::with(&["laptop", "headset"]);
    world.prefer(Role::Microphone, &["headset"]);
    world.faults.insert("headset", Fault::Busy);
    world.want(Role::Microphone);
    world.run(60_000);
    assert_eq!(
        world.log(),
        [
            "devices 2",
            "microphone: laptop, headset is used by another program. Using laptop now."
        ]
    );
    // 0.2, 0.4, 0.8, 1.6, 3.2 s, then every 5 s.
    let tries = world.tries("headset");
    assert!((15..=18).contains(&tries), "{tries}");

    world.faults.clear();
    world.run(5_100);
    assert_eq!(world.log(), ["microphone: headset, Using headset now."]);
}

#[test]
fn a_microphone_that_the_system_refuses_is_named_and_used_once_it_is_allowed() {
    let mut world = World::with(&["laptop"]);
    world.faults.insert("laptop", Fault::Refused);
    world.want(Role::Microphone);
    world.run(20_000);
    assert_eq!(
        world.log(),
        [
            "devices 1",
            "microphone without: The system does not let this program use the microphone. \
             Allow it in the privacy settings."
        ]
    );
    world.faults.clear();
    world.run(5_100);
    assert_eq!(world.log(), ["microphone: laptop, laptop works again."]);
}

#[test]
fn a_sound_server_that_dies_is_waited_for_and_used_again() {
    let mut world = World::with(&["laptop"]);
    world.want(Role::Microphone);
    world.want(Role::Speaker);
    world.run(10_000);
    world.log();
    world.server = Server::Down;
    for stream in world.open.keys().copied().collect::<Vec<_>>() {
        world
            .supervisor
            .handle_fault(stream, Fault::ServerGone, world.now);
    }
    let lists = world.lists;
    world.run(30_000);
    assert_eq!(
        world.log(),
        [
            "microphone lost",
            "speaker lost",
            "devices 0",
            "microphone without: The sound service of this computer is not running, \
             so there is no microphone. Trying again.",
            "speaker without: The sound service of this computer is not running, \
             so there is no speaker. Trying again.",
        ]
    );
    // From 0.2 to 5 s.
    assert!(world.lists - lists <= 12, "{}", world.lists - lists);
    world.server = Server::Up;
    world.run(5_100);
    assert_eq!(
        world.log(),
        [
            "devices 1",
            "microphone: laptop, laptop works again.",
            "speaker: laptop, laptop works again.",
        ]
    );
}

#[test]
fn a_sound_server_that_refuses_is_said_to() {
    let mut world = World::with(&["laptop"]);
    world.server = Server::Refuses;
    world.want(Role::Speaker);
    world.run(10_000);
    assert_eq!(
        world.log(),
        [
            "devices 0",
            "speaker without: The system does not let this program use the speaker. \
             Allow it in the privacy settings."
        ]
    );
}

#[test]
fn a_server_that_hangs_is_given_up_and_asked_anew() {
    let mut world = World::with(&["laptop"]);
    world.want(Role::Speaker);
    world.run(1_000);
    world.log();
    world.server = Server::Hangs;
    world.run(3_500);
    assert_eq!(
        world.log(),
        [
            "devices 0",
            "speaker lost",
            "speaker without: The sound service of this computer is not running, \
             so there is no speaker. Trying again.",
        ]
    );
    assert!(world.anew > 0);
    world.server = Server::Up;
    world.run(5_100);
    assert_eq!(
        world.log(),
        ["devices 1", "speaker: laptop, laptop works again."]
    );
}

#[test]
fn an_attempt_that_hangs_is_given_up_and_the_next_device_is_taken() {
    let mut world = World::with(&["laptop", "headset"]);
    world.prefer(Role::Speaker, &["headset"]);
    world.hanging.push("headset");
    world.want(Role::Speaker);
    world.run(4_500);
    assert_eq!(
        world.log(),
        [
            "devices 2",
            "speaker: laptop, headset does not respond. Using laptop now."
        ]
    );
}

#[test]
fn a_device_that_opens_and_dies_is_tried_ever_more_rarely() {
    let mut world = World::with(&["laptop"]);
    world.want(Role::Speaker);
    for _ in 0..600 {
        world.run(100);
        for stream in world.open.keys().copied().collect::<Vec<_>>() {
            world
                .supervisor
                .handle_fault(stream, Fault::Broken, world.now);
        }
    }
    let tries = world.tries("laptop");
    assert!((14..=19).contains(&tries), "{tries}");
}

#[test]
fn a_device_that_vanishes_between_listing_and_opening_is_passed_over() {
    let mut world = World::with(&["laptop", "headset"]);
    world.prefer(Role::Microphone, &["headset"]);
    world.run(100);
    world.log();
    world.want(Role::Microphone);
    world.plug_out("headset");
    world.run(200);
    assert_eq!(world.log(), ["devices 1", "microphone: laptop"]);
}

#[test]
fn what_is_not_wanted_any_more_while_it_opens_is_closed() {
    let mut world = World::with(&["laptop"]);
    world.run(100);
    world.want(Role::Speaker);
    world.supervisor.want(Role::Speaker, false, world.now);
    world.run(1_000);
    assert_eq!(world.log(), ["devices 1", "speaker closed"]);
    assert!(world.open.is_empty());
}

#[test]
fn a_changed_preference_takes_over_at_once_and_the_old_stream_lasts_until_then() {
    let mut world = World::with(&["laptop", "headset"]);
    world.want(Role::Speaker);
    world.run(1_000);
    world.log();
    world.prefer(Role::Speaker, &["headset"]);
    assert_eq!(world.open.len(), 1);
    world.run(100);
    assert_eq!(world.log(), ["speaker: headset, Using headset now."]);
    assert_eq!(world.open.len(), 1);
}

#[test]
fn the_devices_are_listed_often_only_while_a_stream_is_wanted() {
    let mut world = World::with(&["laptop"]);
    world.run(60_000);
    assert!(world.lists <= 7, "{}", world.lists);
    world.want(Role::Speaker);
    let before = world.lists;
    world.run(60_000);
    let lists = world.lists - before;
    assert!((230..=245).contains(&lists), "{lists}");
}

#[test]
fn where_changes_are_told_nothing_is_listed_without_one() {
    let mut world = World::with(&["laptop"]);
    world.changes = Changes::Told;
    world.want(Role::Microphone);
    world.run(1_000);
    assert_eq!(world.log(), ["devices 1", "microphone: laptop"]);
    let before = world.lists;
    world.run(50_000);
    assert_eq!(world.lists, before);

    world.plug_in("headset");
    world.supervisor.handle_change(world.now);
    world.run(5);
    assert_eq!(world.log(), ["devices 2"]);
    // What changes while a list is made may not be in it.
    world.run(2_000);
    let before = world.lists;
    world.supervisor.handle_change(world.now);
    world.run(1);
    world.supervisor.handle_change(world.now);
    world.run(100);
    assert_eq!(world.lists, before + 2);
}

#[test]
fn a_list_may_lag_a_second_behind_the_change_that_was_told() {
    let mut world = World::with(&["laptop"]);
    world.changes = Changes::Told;
    world.run(1_000);
    world.log();
    world.supervisor.handle_change(world.now);
    world.run(900);
    assert!(world.log().is_empty());
    world.plug_in("headset");
    world.run(300);
    assert_eq!(world.log(), ["devices 2"]);

    let before = world.lists;
    world.run(50_000);
    assert_eq!(world.lists, before, "then it is quiet again");
}

#[test]
fn a_swarm_of_changes_is_listed_now_and_then() {
    let mut world = World::with(&["laptop"]);
    world.changes = Changes::Told;
    world.run(1_000);
    let before = world.lists;
    for _ in 0..1_000 {
        world.supervisor.handle_change(world.now);
        world.run(1);
    }
    let lists = world.lists - before;
    assert!((10..=25).contains(&lists), "{lists}");
}

#[test]
fn whoever_waited_for_a_hanging_server_has_it_asked_anew_at_once() {
    let mut world = World::with(&["laptop"]);
    world.want(Role::Speaker);
    world.run(1_000);
    world.server = Server::Hangs;
    world.run(60_000);
    world.log();
    world.server = Server::Up;
    world.supervisor.list_anew(world.now);
    world.run(100);
    assert_eq!(
        world.log(),
        ["devices 1", "speaker: laptop, laptop works again."]
    );
}

#[test]
fn whatever_happens_it_neither_spins_nor_leaks_a_stream_and_finds_its_device_again() {
    for seed in 1..=40 {
        let mut world = World::with(&["laptop", "headset", "dock"]);
        let mut chance = Chance(seed);
        for _ in 0..300 {
            world.disturb(&mut chance);
            let ms = chance.below(2_000);
            world.run(ms);
        }
        world.server = Server::Up;
        world.faults.clear();
        world.hanging.clear();
        if world.devices.is_empty() {
            world.plug_in("laptop");
        }
        for role in Role::ALL {
            world.want(role);
        }
        world.run(15_000);
        assert_eq!(world.open.len(), 3, "seed {seed}: {:?}", world.open);
        for role in Role::ALL {
            world.supervisor.want(role, false, world.now);
        }
        world.run(100);
        assert!(world.held.is_empty(), "seed {seed}: {:?}", world.held);
    }
}

/// A computer with sound devices, in virtual time.
struct World {
    supervisor: Supervisor,
    now: Instant,
    devices: Vec<Device>,
    server: Server,
    /// What comes of opening a device.
    faults: BTreeMap<&'static str, Fault>,
    hanging: Vec<&'static str>,
    open: BTreeMap<StreamId, String>,
    /// What was asked for and not given up, open or not.
    held: BTreeSet<StreamId>,
    due: Vec<(Instant, Action)>,
    attempts: Vec<String>,
    told: Vec<String>,
    lists: usize,
    anew: usize,
    changes: Changes,
}

#[derive(Clone, Copy, PartialEq)]
enum Server {
    Up,
    Down,
    Refuses,
    Hangs,
}

impl World {
    fn with(names: &[&'static str]) -> Self {
        let now = Instant::now();
        let mut world = Self {
            supervisor: Supervisor::new(now),
            now,
            devices: Vec::new(),
            server: Server::Up,
            faults: BTreeMap::new(),
            hanging: Vec::new(),
            open: BTreeMap::new(),
            held: BTreeSet::new(),
            due: Vec::new(),
            attempts: Vec::new(),
            told: Vec::new(),
            lists: 0,
            anew: 0,
            changes: Changes::Untold,
        };
        for name in names {
            world.plug_in(name);
        }
        world
    }

    /// The first one is the default.
    fn plug_in(&mut self, name: &str) {
        let first = self.devices.is_empty();
        self.devices.push(Device {
            id: DeviceId::new(name),
            name: name.to_owned(),
            input: true,
            output: true,
            is_default_input: first,
            is_default_output: first,
            kind: Kind::Other,
        });
    }

    fn plug_out(&mut self, name: &str) {
        self.devices.retain(|device| device.name != name);
    }

    fn make_default(&mut self, name: &str) {
        for device in &mut self.devices {
            device.is_default_input = device.name == name;
            device.is_default_output = device.name == name;
        }
    }

    fn want(&mut self, role: Role) {
        self.supervisor.want(role, true, self.now);
    }

    fn prefer(&mut self, role: Role, names: &[&str]) {
        let preference = Preference {
            favourites: names.iter().map(|name| DeviceId::new(*name)).collect(),
        };
        self.supervisor.prefer(role, preference, self.now);
    }

    fn stream_of(&self, name: &str) -> StreamId {
        let open = self.open.iter().find(|(_, device)| *device == name);
        *open.unwrap().0
    }

    fn tries(&self, name: &str) -> usize {
        self.attempts
            .iter()
            .filter(|device| *device == name)
            .count()
    }

    /// Returns what was told since it was last asked.
    fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    /// Lets something happen that users, systems and devices do.
    fn disturb(&mut self, chance: &mut Chance) {
        const NAMES: [&str; 3] = ["laptop", "headset", "dock"];
        let name = NAMES[chance.below(3) as usize];
        let role = Role::ALL[chance.below(3) as usize];
        match chance.below(11) {
            0 => self.plug_out(name),
            1 if self.devices.iter().all(|device| device.name != name) => self.plug_in(name),
            2 => self.make_default(name),
            3 => self.prefer(role, &[name]),
            4 => self.prefer(role, &[]),
            5 => self.want(role),
            6 => self.supervisor.want(role, false, self.now),
            7 => {
                let faults = [Fault::Busy, Fault::Refused, Fault::Broken, Fault::Gone];
                self.faults.insert(name, faults[chance.below(4) as usize]);
            }
            8 => {
                self.faults.clear();
                self.hanging.clear();
            }
            9 => self.hanging.push(name),
            _ => {
                let servers = [Server::Up, Server::Up, Server::Down, Server::Hangs];
                self.server = servers[chance.below(4) as usize];
                if self.server == Server::Down {
                    for stream in self.open.keys().copied().collect::<Vec<_>>() {
                        let fault = Fault::ServerGone;
                        self.supervisor.handle_fault(stream, fault, self.now);
                    }
                }
            }
        }
    }

    /// Lets so many milliseconds pass. A list takes 3 ms, opening a device 30 ms.
    fn run(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps <= 100 + ms / 5, "it spins");
            self.collect();
            let next = self.due.iter().map(|(at, _)| *at).min();
            let timeout = self.supervisor.poll_timeout();
            let at = next.map_or(timeout, |next| next.min(timeout)).max(self.now);
            if at > end {
                self.now = end;
                return;
            }
            self.now = at;
            let place = self.due.iter().position(|(due, _)| *due <= at);
            match place.map(|place| self.due.remove(place).1) {
                Some(action) => self.answer(action),
                None => self.supervisor.handle_timeout(at),
            }
        }
    }

    fn collect(&mut self) {
        while let Some(action) = self.supervisor.poll_action() {
            let takes = match &action {
                Action::List { anew } => {
                    self.lists += 1;
                    self.anew += usize::from(*anew);
                    3
                }
                Action::Open { stream, device, .. } => {
                    self.held.insert(*stream);
                    self.attempts.push(device.as_str().to_owned());
                    30
                }
                Action::Close { stream } => {
                    self.open.remove(stream);
                    self.held.remove(stream);
                    self.due.retain(|(_, action)| {
                        !matches!(action, Action::Open { stream: opening, .. } if opening == stream)
                    });
                    continue;
                }
            };
            self.due
                .push((self.now + Duration::from_millis(takes), action));
        }
        while let Some(told) = self.supervisor.poll_told() {
            let line = match told {
                Told::Opened {
                    role,
                    device,
                    reason,
                    ..
                } => {
                    let words = reason
                        .map(|it| format!(", {}", it.words))
                        .unwrap_or_default();
                    format!("{}: {}{words}", word(role), device.name)
                }
                Told::Lost { role } => format!("{} lost", word(role)),
                Told::Closed { role } => format!("{} closed", word(role)),
                Told::Without { role, reason } => {
                    format!("{} without: {}", word(role), reason.words)
                }
                Told::Devices(devices) => format!("devices {}", devices.len()),
            };
            self.told.push(line);
        }
    }

    fn answer(&mut self, action: Action) {
        let now = self.now;
        match (action, self.server) {
            (Action::List { .. }, Server::Up) => {
                self.supervisor
                    .handle_devices(Ok((self.devices.clone(), self.changes)), now);
            }
            (Action::List { .. }, Server::Down) => {
                self.supervisor.handle_devices(Err(Fault::ServerGone), now);
            }
            (Action::List { .. }, Server::Refuses) => {
                self.supervisor.handle_devices(Err(Fault::Refused), now);
            }
            (Action::Open { stream, device, .. }, Server::Up) => {
                let name = device.as_str();
                let there = self.devices.iter().any(|it| it.id == device);
                if !there {
                    self.supervisor.handle_fault(stream, Fault::Gone, now);
                } else if let Some(fault) = self.faults.get(name) {
                    self.supervisor.handle_fault(stream, *fault, now);
                } else if !self.hanging.contains(&name) {
                    self.open.insert(stream, name.to_owned());
                    self.supervisor.handle_opened(stream, now);
                }
            }
            (Action::Open { stream, .. }, Server::Down | Server::Refuses) => {
                self.supervisor.handle_fault(stream, Fault::ServerGone, now);
            }
            (Action::List { .. } | Action::Open { .. }, Server::Hangs)
            | (Action::Close { .. }, _) => {}
        }
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Microphone => "microphone",
        Role::Speaker => "speaker",
        Role::Ringer => "ringer",
    }
}

/// A reproducible sequence (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    /// Returns a number from 0 to below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
