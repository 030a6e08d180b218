//! Two phones in a call, each at its own microphone and speaker.

use serde_json::{Value, json};

use crate::{
    chirps::Desk,
    cost::Program,
    support::{
        office::{Office, sign_in},
        process::Process,
    },
};

/// How the two of a comparison differ.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    pub packet_ms: u8,
    /// Echo, noise, gain.
    pub is_processed: bool,
}

/// In samples, since the start of the call.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    pub played: u64,
    pub concealed: u64,
}

/// Ana and Ravi, who talk.
pub struct Phones {
    ana: Process,
    ravi: Process,
    call: Value,
}

impl Phones {
    /// Ana calls Ravi; both microphones are open when this returns.
    pub async fn in_call(office: &Office, voice: Voice) -> Self {
        let mut ana = phone(office, "ana", 1, &[crate::chirps::ANA], voice).await;
        let mut ravi = phone(office, "ravi", 2, &[crate::chirps::RAVI], voice).await;
        let call = connect(&mut ana, &mut ravi).await;
        Self { ana, ravi, call }
    }

    pub fn program(&self) -> Program {
        Program::process(self.ana.id())
    }

    /// What both have heard until now, together.
    pub async fn heard(&mut self) -> Heard {
        let mut heard = Heard {
            played: 0,
            concealed: 0,
        };
        for phone in [&mut self.ana, &mut self.ravi] {
            // What it said before is read with it.
            assert_eq!(phone.ask(json!({"command": "devices"})).await["ok"], true);
            let quality = phone.event("media.quality").await;
            heard.played += quality["samples_played"].as_u64().unwrap();
            heard.concealed += quality["samples_concealed"].as_u64().unwrap();
        }
        heard
    }

    pub async fn end(mut self) {
        hang_up(&mut self.ana, &self.call).await;
        self.ravi.event("call.ended").await;
        quit(self.ana).await;
        quit(self.ravi).await;
    }
}

/// Ana calls Ravi; returns her call when both microphones are open.
pub async fn connect(ana: &mut Process, ravi: &mut Process) -> Value {
    ana.send(json!({"command": "dial", "target": "700202"}))
        .await;
    let ringing = ravi.event("call.incoming").await["call"].clone();
    ravi.send(json!({"command": "answer", "call": ringing}))
        .await;
    let call = ana.event("call.connected").await["call"].clone();
    for phone in [ana, ravi] {
        capture(phone, true).await;
    }
    call
}

/// A registered phone with these favourites among the devices, the dearest first.
pub async fn phone(
    office: &Office,
    name: &'static str,
    device: u8,
    desks: &[Desk],
    voice: Voice,
) -> Process {
    let mut command = office.phone_with_sound(device, "system", "system");
    command
        .args(["--log", "error", "--packet-time"])
        .arg(voice.packet_ms.to_string());
    let mut phone = Process::start(name, &mut command);
    let on = voice.is_processed;
    let processing = json!({"echo_cancellation": on, "noise_suppression": on,
        "gain_control": on, "high_pass": on});
    set_sound(&mut phone, processing).await;
    let reply = phone.ask(json!({"command": "devices"})).await;
    assert_eq!(reply["ok"], true);
    let listed = phone.event("sound.devices").await["devices"].clone();
    let ids = |of: fn(&Desk) -> &'static str, direction: &str| {
        let id = |desk: &Desk| {
            let serves = |it: &&Value| it["name"] == of(desk) && it[direction] == true;
            let found = listed.as_array().unwrap().iter().find(serves);
            found.unwrap_or_else(|| panic!("{desk:?} in {listed}"))["id"].clone()
        };
        desks.iter().map(id).collect::<Vec<_>>()
    };
    let favourites = json!({"microphone": ids(|it| it.microphone, "input"),
        "speaker": ids(|it| it.speaker, "output")});
    set_sound(&mut phone, favourites).await;
    phone.send(sign_in(name)).await;
    phone.event("sip.registered").await;
    phone
}

pub async fn capture(phone: &mut Process, open: bool) {
    let wanted = |it: &Value| it["type"] == "sound.capture" && it["open"] == open;
    phone.until("word of the microphone", wanted).await;
}

pub async fn hang_up(phone: &mut Process, call: &Value) {
    phone
        .send(json!({"command": "hang_up", "call": call}))
        .await;
    phone.event("call.ended").await;
}

pub async fn quit(mut phone: Process) {
    phone.send(json!({"command": "quit"})).await;
    assert_eq!(phone.ended().await, Some(0));
}

async fn set_sound(phone: &mut Process, sound: Value) {
    let command = json!({"command": "set_sound", "sound": sound});
    assert_eq!(phone.ask(command).await["ok"], true);
}
