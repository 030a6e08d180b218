use std::{io::ErrorKind, path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};
use lab::{CallState, World, WorldConfig};
use serde_json::{Value, json};

use crate::{
    figures::{Figures, Limit, Unit, concealment_percent, hearing, loss_percent},
    narrator::Narrator,
    office::{ANA, MAYA, Others, Person, RAVI, Sidecar},
    phone::{Phone, PhoneConfig},
    speech::Speech,
};

/// Where the story plays, and with which programs.
pub(crate) struct Stage<'a> {
    pub(crate) phone: PathBuf,
    pub(crate) sidecar: PathBuf,
    pub(crate) speech: Option<PathBuf>,
    /// Whether a platform and Ozonetel stand behind the sidecar.
    pub(crate) with_others: bool,
    pub(crate) out: PathBuf,
    pub(crate) narrator: &'a Narrator,
}

/// What the sidecar must say to a second device, word for word.
const HELD_ELSEWHERE: &str =
    "You are already logged in on another device. Please log out there first.";
/// What the lab sees comes within this time, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// After its last word a speech may take this long to come back.
const COME_BACK: Duration = Duration::from_millis(1500);
/// Signing out is done within this time even where nobody answers.
const SIGN_OUT_MS: f64 = 2000.0;
/// What the refused second device exits with.
const EXIT_HELD_ELSEWHERE: i32 = 21;

/// Tells the story; an error where a step failed, figures where all were taken.
///
/// The limits are what a busy machine of two cores keeps; how good the figures can be is the benchmark's matter.
pub(crate) async fn tell(stage: &Stage<'_>) -> anyhow::Result<Figures> {
    stage.clear()?;
    let (ana_speech, ravi_speech) = tokio::try_join!(
        Speech::of_ana(stage.speech.as_deref(), &stage.out),
        Speech::of_ravi(&stage.out)
    )?;
    let mut config = WorldConfig::new()?;
    config.directory = Some(stage.out.clone());
    let world = World::start(config).await?;
    stage.say(
        "the lab",
        &format!("a registrar listens at {}", world.wss_url()),
    );
    let sidecar = stage.sidecar(&world).await?;
    stage.say("sidecar", &format!("listens at {}", sidecar.url));

    let scene = Scene {
        stage,
        world: &world,
        sidecar: &sidecar,
        ana_speech: &ana_speech,
        ravi_speech: &ravi_speech,
    };
    let mut figures = Figures::default();
    let mut ana = scene.phone("Ana", 1, Some(&ana_speech))?;
    scene.sign_in(&mut ana, ANA).await?;
    let registered = scene.register(&mut ana, ANA).await?;
    let since_start = registered.duration_since(ana.started);
    figures.add(
        "start to registered",
        milliseconds(since_start),
        Unit::Milliseconds,
        Limit::AtMost(3000.0),
    );
    scene.second_device_is_refused().await?;
    scene.manager_needs_no_phone().await?;
    scene.call_the_echo(&mut ana, &mut figures).await?;
    scene.call_from_ravi(&mut ana, &mut figures).await?;
    let signed_out = scene.sign_out(&mut ana, ANA).await?;
    figures.add(
        "sign out",
        milliseconds(signed_out),
        Unit::Milliseconds,
        Limit::AtMost(SIGN_OUT_MS),
    );
    end(stage, ana, 0).await?;
    scene.lock_is_free().await?;
    Ok(figures)
}

struct Scene<'a> {
    stage: &'a Stage<'a>,
    world: &'a World,
    sidecar: &'a Sidecar,
    ana_speech: &'a Speech,
    ravi_speech: &'a Speech,
}

impl Stage<'_> {
    pub(crate) fn say(&self, who: &str, what: &str) {
        self.narrator.tell(who, what);
    }

    /// Starts the sidecar, with what stands behind it.
    pub(crate) async fn sidecar(&self, world: &World) -> anyhow::Result<Sidecar> {
        let (program, out) = (&self.sidecar, &self.out);
        let sidecar = Sidecar::start(program, world, out, self.with_others, self.narrator).await?;
        if let Some(Others { platform, ozonetel }) = &sidecar.others {
            self.say(
                "platform",
                &format!("stands in at {}, and fails by /lab/faults", platform.url),
            );
            self.say(
                "Ozonetel",
                &format!("stands in at {}, and refuses by /lab/fault", ozonetel.url),
            );
        }
        Ok(sidecar)
    }

    fn heard_by(&self, name: &str) -> PathBuf {
        self.out.join(format!("{}-hears.wav", name.to_lowercase()))
    }

    /// What Ana hears from the echo and from Ravi, and Ravi from Ana; a phone numbers its later calls.
    fn recordings(&self) -> [PathBuf; 3] {
        [
            self.heard_by("Ana"),
            self.out.join("ana-hears-2.wav"),
            self.heard_by("Ravi"),
        ]
    }

    /// Removes the recordings of an earlier run, which must not be taken for those of this one.
    fn clear(&self) -> anyhow::Result<()> {
        for path in self.recordings() {
            match std::fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("Cannot remove {}", path.display()));
                }
            }
        }
        Ok(())
    }
}

impl Scene<'_> {
    fn say(&self, who: &str, what: &str) {
        self.stage.say(who, what);
    }

    /// Starts a phone on a device of its own; one with speech also records what it hears.
    fn phone(&self, name: &str, device: u8, speech: Option<&Speech>) -> anyhow::Result<Phone> {
        let playback = self.stage.heard_by(name);
        Phone::start(
            &PhoneConfig {
                program: &self.stage.phone,
                name,
                device_id: &format!("00000000-0000-4000-8000-0000000000{device:02}"),
                device_name: &format!("{name}'s demo device"),
                sidecar: &self.sidecar.url,
                ca: self.world.ca_path(),
                capture: speech.map(|speech| speech.path.as_path()),
                playback: speech.map(|_| playback.as_path()),
                seed: u64::from(device),
                out: &self.stage.out,
            },
            self.stage.narrator,
        )
    }

    async fn sign_in(&self, phone: &mut Phone, person: Person) -> anyhow::Result<()> {
        give_credentials(phone, person).await?;
        let signed_in = phone
            .line("session.signed_in", |json| {
                json["type"] == "session.signed_in" || json["type"] == "session.signed_out"
            })
            .await?;
        if signed_in.json["type"] == "session.signed_out" {
            bail!(
                "{}: was not signed in: {}",
                phone.name,
                signed_in.json["reason"]
            );
        }
        let role = signed_in.json["user"]["role"].as_str().unwrap_or_default();
        let with_phone = signed_in.json["phone"] == true;
        if with_phone != person.phone.is_some() {
            bail!("{}: phone is {}", phone.name, signed_in.json["phone"]);
        }
        self.say(
            &phone.name,
            &format!("signed in as {} ({role})", person.email),
        );
        Ok(())
    }

    /// Waits for lease and registration; returns when the latter was told.
    async fn register(
        &self,
        phone: &mut Phone,
        person: Person,
    ) -> anyhow::Result<std::time::Instant> {
        let registered = phone.event("sip.registered").await?;
        let held = phone.event("session.held").await?;
        self.say(
            &phone.name,
            &format!("holds the session for {} s", held.json["ttl_seconds"]),
        );
        let extension = extension_of(person)?;
        let counts = self
            .world
            .wait_for("one binding", PATIENCE, |counts| {
                counts.bindings(extension) == 1
            })
            .await?;
        self.say(
            &phone.name,
            &format!(
                "registered as {} ({} binding at the registrar)",
                self.world.sip_uri(extension),
                counts.bindings(extension)
            ),
        );
        Ok(registered.at)
    }

    async fn second_device_is_refused(&self) -> anyhow::Result<()> {
        let mut phone = self.phone("Ana 2", 2, None)?;
        give_credentials(&mut phone, ANA).await?;
        let refused = phone.event("session.signed_out").await?;
        let reason = &refused.json["reason"];
        if reason["code"] != "held_elsewhere" || reason["message"] != HELD_ELSEWHERE {
            bail!("The second device was told {reason}, wanted {HELD_ELSEWHERE:?}");
        }
        self.say(
            "Ana 2",
            &format!(
                "is refused (409): \"{HELD_ELSEWHERE}\" (held by {})",
                reason["device_name"]
            ),
        );
        end(self.stage, phone, EXIT_HELD_ELSEWHERE).await
    }

    async fn manager_needs_no_phone(&self) -> anyhow::Result<()> {
        let flows = self.world.counts().flows_opened;
        let mut phone = self.phone("Maya", 3, None)?;
        self.sign_in(&mut phone, MAYA).await?;
        let view = phone.command(json!({"command": "view"})).await?.1;
        let link = &view["view"]["link"]["state"];
        let opened = self.world.counts().flows_opened - flows;
        if link != "off" || opened != 0 {
            bail!("A manager has no phone, but its link is {link}, flows opened: {opened}");
        }
        self.say(
            "Maya",
            "has no phone: no session lock, no connection to the registrar",
        );
        self.sign_out(&mut phone, MAYA).await?;
        end(self.stage, phone, 0).await
    }

    async fn call_the_echo(&self, ana: &mut Phone, figures: &mut Figures) -> anyhow::Result<()> {
        ana.mark();
        let (clicked, reply) = ana
            .command(json!({"command": "dial", "target": "echo"}))
            .await?;
        let call = reply["call"].clone();
        self.say("Ana", "dials echo");
        let counts = self
            .world
            .wait_for("an INVITE for echo", PATIENCE, |counts| {
                counts.invites.iter().any(|invite| invite.to == "echo")
            })
            .await?;
        let arrived = counts
            .invites
            .iter()
            .find(|invite| invite.to == "echo")
            .map(|invite| invite.at)
            .context("The INVITE was seen a moment ago")?;
        figures.add(
            "click to INVITE at the registrar",
            milliseconds(arrived.duration_since(clicked)),
            Unit::Milliseconds,
            Limit::AtMost(500.0),
        );
        let answered = ana.call_event("call.answered", &call).await?;
        self.say("Ana", "the echo has answered");
        let first_audio = ana.call_event("media.first_audio", &call).await?;
        let to_audio = first_audio.mono().saturating_sub(answered.mono());
        figures.add(
            "answer to first audio, from the echo",
            to_audio as f64,
            Unit::Milliseconds,
            Limit::AtMost(2000.0),
        );
        self.say(
            "Ana",
            &format!("hears the first audio after {to_audio} ms, and speaks"),
        );
        self.let_speak(ana, &call, self.ana_speech).await?;
        self.hang_up(ana, &call).await?;
        self.world
            .wait_for("the echo's end", PATIENCE, |counts| {
                counts
                    .last_call("echo")
                    .is_some_and(|call| matches!(call.state, CallState::Ended { .. }))
            })
            .await?;

        let quality = last_quality(ana, &call)?;
        let [from_echo, _, _] = self.stage.recordings();
        let came_back = hearing(self.ana_speech, &from_echo)?;
        self.say(
            "Ana",
            &format!(
                "heard herself {:.0} ms later ({:.0} to {:.0}) at {:.0} dBFS (correlation {:.2})",
                came_back.delay_ms,
                came_back.range_ms.0,
                came_back.range_ms.1,
                came_back.level_dbfs,
                came_back.correlation
            ),
        );
        figures.add(
            "round-trip audio delay (by correlation, median)",
            came_back.delay_ms,
            Unit::Milliseconds,
            Limit::AtMost(500.0),
        );
        add_quality(figures, "echo", &quality);
        figures.add(
            "likeness of what came back from the echo",
            f64::from(came_back.likeness),
            Unit::Share,
            Limit::AtLeast(0.7),
        );
        Ok(())
    }

    async fn call_from_ravi(&self, ana: &mut Phone, figures: &mut Figures) -> anyhow::Result<()> {
        let mut ravi = self.phone("Ravi", 4, Some(self.ravi_speech))?;
        self.sign_in(&mut ravi, RAVI).await?;
        self.register(&mut ravi, RAVI).await?;
        ana.mark();
        let target = extension_of(ANA)?;
        let (_, reply) = ravi
            .command(json!({"command": "dial", "target": target}))
            .await?;
        let at_ravi = reply["call"].clone();
        self.say("Ravi", &format!("dials {target}"));
        let incoming = ana.event("call.incoming").await?;
        let at_ana = incoming.json["call"].clone();
        self.say("Ana", &format!("it rings: {}", incoming.json["from"]));
        ravi.call_event("call.ringing", &at_ravi).await?;
        ana.command(json!({"command": "answer", "call": at_ana}))
            .await?;
        let answered = ravi.call_event("call.answered", &at_ravi).await?;
        ana.call_event("call.connected", &at_ana).await?;
        ravi.call_event("call.connected", &at_ravi).await?;
        self.say("Ana", "answers, and both speak");
        ana.call_event("media.first_audio", &at_ana).await?;
        let first_audio = ravi.call_event("media.first_audio", &at_ravi).await?;
        figures.add(
            "answer to first audio, from Ana to Ravi",
            first_audio.mono().saturating_sub(answered.mono()) as f64,
            Unit::Milliseconds,
            Limit::AtMost(2000.0),
        );
        tokio::try_join!(
            self.let_speak(ana, &at_ana, self.longer()),
            self.let_speak(&mut ravi, &at_ravi, self.longer()),
        )?;
        self.hang_up(ana, &at_ana).await?;
        let ended = ravi.call_event("call.ended", &at_ravi).await?;
        if ended.json["cause"]["code"] != "remote" {
            bail!(
                "Ravi's call ended by {}, wanted remote",
                ended.json["cause"]
            );
        }
        self.say("Ravi", "sees that Ana has hung up");

        let [_, to_ana, to_ravi] = self.stage.recordings();
        for (phone, call, recording, said, speaker) in [
            (&*ana, &at_ana, to_ana, self.ravi_speech, "Ravi"),
            (&ravi, &at_ravi, to_ravi, self.ana_speech, "Ana"),
        ] {
            let listener = phone.name.as_str();
            let heard = hearing(said, &recording)?;
            self.say(
                listener,
                &format!(
                    "heard {speaker} at {:.0} dBFS (correlation {:.2})",
                    heard.level_dbfs, heard.correlation
                ),
            );
            add_quality(
                figures,
                &format!("{speaker} to {listener}"),
                &last_quality(phone, call)?,
            );
            figures.add(
                format!("likeness of what {listener} heard to what {speaker} said"),
                f64::from(heard.likeness),
                Unit::Share,
                Limit::AtLeast(0.7),
            );
        }
        self.sign_out(&mut ravi, RAVI).await?;
        end(self.stage, ravi, 0).await
    }

    /// The speech that takes longer; both sides wait for that.
    fn longer(&self) -> &Speech {
        if self.ana_speech.sound.duration() >= self.ravi_speech.sound.duration() {
            self.ana_speech
        } else {
            self.ravi_speech
        }
    }

    /// Waits until a phone has played as much as the speech is long, and a little more.
    async fn let_speak(
        &self,
        phone: &mut Phone,
        call: &Value,
        speech: &Speech,
    ) -> anyhow::Result<()> {
        // Quality counts samples at 48 kHz.
        let samples = (speech.sound.duration() + COME_BACK).as_secs_f64() * 48_000.0;
        let what = format!("{samples:.0} samples played in call {call}");
        phone
            .line_within(speech.sound.duration() + PATIENCE, &what, |json| {
                json["type"] == "media.quality"
                    && json["call"] == *call
                    && json["samples_played"].as_f64().unwrap_or(0.0) >= samples
            })
            .await?;
        Ok(())
    }

    async fn hang_up(&self, phone: &mut Phone, call: &Value) -> anyhow::Result<()> {
        phone
            .command(json!({"command": "hang_up", "call": call}))
            .await?;
        let ended = phone.call_event("call.ended", call).await?;
        if ended.json["cause"]["code"] != "local" {
            bail!("{}: the call ended by {}", phone.name, ended.json["cause"]);
        }
        self.say(&phone.name, "hangs up");
        Ok(())
    }

    /// Signs out and returns how long that took.
    async fn sign_out(&self, phone: &mut Phone, person: Person) -> anyhow::Result<Duration> {
        phone.mark();
        let (asked, _) = phone.command(json!({"command": "sign_out"})).await?;
        let out = phone.event("session.signed_out").await?;
        if out.json["reason"]["code"] != "by_user" {
            bail!("{}: was signed out by {}", phone.name, out.json["reason"]);
        }
        if out.json["reason"]["lock"]["state"] == "unconfirmed" {
            bail!("{}: its lock was not given back", phone.name);
        }
        if let Some(account) = person.phone {
            self.world
                .wait_for("the end of the binding", PATIENCE, |counts| {
                    counts.bindings(account.extension) == 0
                })
                .await?;
        }
        self.say(&phone.name, "signs out; nothing is left at the registrar");
        Ok(out.at.duration_since(asked))
    }

    async fn lock_is_free(&self) -> anyhow::Result<()> {
        let mut phone = self.phone("Ana later", 2, None)?;
        self.sign_in(&mut phone, ANA).await?;
        self.register(&mut phone, ANA).await?;
        self.say("Ana later", "the lock was free: the second device has it");
        self.sign_out(&mut phone, ANA).await?;
        end(self.stage, phone, 0).await
    }
}

async fn give_credentials(phone: &mut Phone, person: Person) -> anyhow::Result<()> {
    phone.mark();
    let sign_in = json!({
        "command": "sign_in",
        "email": person.email,
        "password": person.password,
    });
    phone.command(sign_in).await?;
    Ok(())
}

/// Ends a phone and checks its exit code.
async fn end(stage: &Stage<'_>, phone: Phone, wanted: i32) -> anyhow::Result<()> {
    let name = phone.name.clone();
    let code = phone.quit().await?;
    if code != wanted {
        bail!("{name}: ended with exit code {code}, wanted {wanted}");
    }
    stage.say(&name, &format!("ends with exit code {code}"));
    Ok(())
}

fn extension_of(person: Person) -> anyhow::Result<&'static str> {
    person
        .phone
        .map(|phone| phone.extension)
        .with_context(|| format!("{} has no phone", person.name))
}

fn last_quality(phone: &Phone, call: &Value) -> anyhow::Result<crate::phone::Line> {
    phone
        .last(|json| json["type"] == "media.quality" && json["call"] == *call)
        .with_context(|| format!("{}: no media.quality of call {call}", phone.name))
}

fn add_quality(figures: &mut Figures, way: &str, quality: &crate::phone::Line) {
    figures.add(
        format!("loss, {way}"),
        loss_percent(quality),
        Unit::Percent,
        Limit::AtMost(1.0),
    );
    figures.add(
        format!("concealment, {way}"),
        concealment_percent(quality),
        Unit::Percent,
        Limit::AtMost(5.0),
    );
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
