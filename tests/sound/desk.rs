//! A desk with a sound card of its own, and a phone at it.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use serde_json::{Value, json};

use crate::sound_card::{self, Listening, Plug, SoundCard};
use crate::support::{office::Office, process::Process};

pub(crate) const SPEAKERS: Plug = Plug::new("speakers", "Speakers");
pub(crate) const BUDS: Plug = Plug::new("buds", "Buds");
pub(crate) const LAPTOP: Plug = Plug::new("laptop", "Laptop");
pub(crate) const HEADSET: Plug = Plug::new("headset", "Headset");

/// The whole of a story, on a machine that is busy with others.
const DEADLINE: Duration = Duration::from_secs(180);

/// Who measures the sound is alone.
static QUIET: RwLock<()> = RwLock::new(());

/// Runs the test with a sound card of its own; `name` is its path without the crate.
pub(crate) fn on_card(name: &str, body: impl AsyncFnOnce(SoundCard)) {
    // A test that failed leaves the others as they are.
    let _others = QUIET.read().unwrap_or_else(PoisonError::into_inner);
    run(name, body);
}

/// Like [`on_card`], while no other test runs.
pub(crate) fn alone_on_card(name: &str, body: impl AsyncFnOnce(SoundCard)) {
    let _alone = QUIET.write().unwrap_or_else(PoisonError::into_inner);
    run(name, body);
}

fn run(name: &str, body: impl AsyncFnOnce(SoundCard)) {
    sound_card::with_sound_card(name, |card| {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(async {
                tokio::time::timeout(DEADLINE, body(card)).await.unwrap();
            });
    });
}

/// Starts a phone at the devices of this machine that leaves the voice as it is: noise suppression
/// takes a steady tone for noise.
pub(crate) async fn at_the_desk(office: &Office, arguments: &[&str]) -> Process {
    let mut command = office.phone_with_sound(1, "system", "system");
    let mut phone = Process::start("ana", command.args(arguments));
    leave_the_voice(&mut phone).await;
    phone
}

pub(crate) async fn leave_the_voice(phone: &mut Process) {
    let unprocessed = json!({"echo_cancellation": false, "noise_suppression": false,
        "gain_control": false, "high_pass": false});
    set(phone, unprocessed).await;
}

/// Changes the settings of the sound.
pub(crate) async fn set(phone: &mut Process, sound: Value) {
    let command = json!({"command": "set_sound", "sound": sound});
    let reply = phone.ask(command).await;
    assert_eq!(reply["ok"], true, "{reply}");
}

pub(crate) async fn devices(phone: &mut Process) -> Vec<Value> {
    let reply = phone.ask(json!({"command": "devices"})).await;
    assert_eq!(reply["ok"], true);
    let event = phone.event("sound.devices").await;
    event["devices"].as_array().unwrap().clone()
}

/// Makes the devices of these names the favourites of `role`.
pub(crate) async fn prefer(phone: &mut Process, devices: &[Value], role: &str, names: &[&str]) {
    let direction = if role == "microphone" {
        "input"
    } else {
        "output"
    };
    let id = |name: &&str| {
        let serves = |it: &Value| it[direction] == true && it["kind"] != "monitor";
        let found = devices.iter().find(|it| it["name"] == **name && serves(it));
        found.unwrap_or_else(|| panic!("{name} in {devices:?}"))["id"].clone()
    };
    let ids: Vec<Value> = names.iter().map(id).collect();
    set(phone, json!({role: ids})).await;
}

/// Waits for the event that tells which device `role` uses from now on, and returns its name.
pub(crate) async fn used(phone: &mut Process, role: &str) -> String {
    let wanted = |it: &Value| {
        it["type"] == "sound.device_used" && it["role"] == role && !it["device"].is_null()
    };
    let event = phone.until(role, wanted).await;
    event["device"]["name"].as_str().unwrap().to_owned()
}

/// Waits for the event that the devices of `role` are others, and returns its words; `device` is the
/// name of what is used from now on.
pub(crate) async fn changed(phone: &mut Process, role: &str, device: Option<&str>) -> String {
    let wanted = |it: &Value| {
        let is_it = it["type"] == "sound.device_changed" && it["role"] == role;
        is_it && it["device"]["name"].as_str() == device
    };
    let what = format!("{role}: {device:?}");
    let event = phone.until(&what, wanted).await;
    event["words"].as_str().unwrap().to_owned()
}

pub(crate) async fn capture(phone: &mut Process, open: bool) {
    let what = if open {
        "an open microphone"
    } else {
        "a closed microphone"
    };
    let wanted = |it: &Value| it["type"] == "sound.capture" && it["open"] == open;
    phone.until(what, wanted).await;
}

/// Listens until there was a tenth of a second with a tone, at most half a minute.
pub(crate) async fn hears(loudspeaker: &Listening, hz: f32) {
    let mut strongest = 0.0_f32;
    for _ in 0..300 {
        let tenth = tokio::task::block_in_place(|| {
            let frames: Vec<_> = (0..10).map_while(|_| loudspeaker.next()).collect();
            frames
        });
        strongest = strongest.max(sound_card::share(tenth.as_flattened(), hz));
        if strongest > 0.3 {
            return;
        }
    }
    panic!("{hz} Hz has at most {strongest} of the energy");
}

/// Asserts that no call of this phone has ended.
pub(crate) fn assert_in_call(phone: &Process) {
    let ended = phone.seen.iter().find(|it| it["type"] == "call.ended");
    assert!(ended.is_none(), "the call goes on: {ended:?}");
}

pub(crate) async fn hang_up(phone: &mut Process, call: &Value) {
    assert_in_call(phone);
    phone
        .send(json!({"command": "hang_up", "call": call}))
        .await;
    phone.event("call.ended").await;
}

pub(crate) async fn quit(mut phone: Process) {
    phone.send(json!({"command": "quit"})).await;
    assert_eq!(phone.ended().await, Some(0));
}
