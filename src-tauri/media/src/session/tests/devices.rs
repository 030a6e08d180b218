use std::path::{Path, PathBuf};
use std::time::Duration;

use super::world::{ID, Make, World, make};
use crate::device::Sink;
use crate::session::sound::Speaker;
use crate::{Command, News};

const CALLER: usize = 0;
const CALLEE: usize = 1;

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_at_the_start_costs_the_recording_and_not_the_call() {
    let mut world = recording_to(PathBuf::from("/dev/full"));
    goes_on(&mut world, "/dev/full");
}

#[test]
fn a_folder_that_is_gone_costs_the_recording_and_not_the_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone/out.wav");
    let mut world = recording_to(path.clone());
    goes_on(&mut world, path.to_str().unwrap());
}

#[test]
fn a_recording_that_breaks_in_mid_call_costs_nothing_else() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path: &Path = file.path();
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    assert_eq!(failures(&world), Vec::<String>::new());
    world.ends[CALLER].session.sound.speaker = Speaker::Open(Sink::unwritable(path));
    goes_on(&mut world, path.to_str().unwrap());
}

#[test]
fn a_recording_that_cannot_be_ended_is_told_before_the_close() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    world.ends[CALLER].session.sound.speaker = Speaker::Open(Sink::unwritable(file.path()));
    world.command(CALLER, Command::Close { session: ID });
    let news = &world.ends[CALLER].news;
    assert_eq!(failures(&world).len(), 1);
    assert_eq!(news.last(), Some(&News::Closed { session: ID }));
}

/// A call whose caller records to `path`.
fn recording_to(path: PathBuf) -> World {
    let mut world = World::new();
    let caller = world.add(Make {
        speaker: Speaker::Waiting(Some(path)),
        ..make("192.0.2.1:4000", 440.0)
    });
    let callee = world.add(make("192.0.2.2:5000", 880.0));
    world.call(caller, callee);
    world
}

/// Both hear each other to the end, through a selection that comes again, and what broke at `path`
/// is told once.
fn goes_on(world: &mut World, path: &str) {
    world.run(Duration::from_secs(3));
    world.select(CALLER);
    world.run(Duration::from_secs(3));
    let told = failures(world);
    assert!(told.len() == 1 && told[0].contains(path), "{told:?}");
    world.hears(CALLER, 880.0);
    world.hears(CALLEE, 440.0);
    world.command(CALLER, Command::Close { session: ID });
    assert_eq!(failures(world), Vec::<String>::new());
    assert_eq!(
        world.ends[CALLER].news.last(),
        Some(&News::Closed { session: ID })
    );
}

/// What the caller told of its devices and was not looked at yet.
fn failures(world: &World) -> Vec<String> {
    let news = world.ends[CALLER].news.iter();
    news.filter_map(|news| match news {
        News::DeviceFailed { reason, .. } => Some(reason.clone()),
        News::Failed { failure, .. } => panic!("{failure:?}"),
        _ => None,
    })
    .collect()
}
