use std::{
    io::{self, BufReader},
    time::Duration,
};

use engine::{Config, Engine, NotSaved, Policy, SettingsFile, Stamped, StartError, Vault};
use phone::{AccountView, Command, Event, PhoneView};
use serde_json::Value;
use tokio::{
    runtime,
    sync::{
        broadcast::{self, error::RecvError},
        mpsc, watch,
    },
};
use tracing::{error, info, warn};

use crate::{
    arguments::Keep,
    complain,
    end::{Exit, Reason},
    input::{self, Line},
    order::{self, Malformed, Numbered, Order},
    policy::{allow_calls, allow_sound},
    report::{self, Notice, Reply, SCHEMA},
    settings::Settings,
    signals::Signals,
    spool::Spool,
    verdict::Verdict,
};

/// How long the phone may take to hang up, un-register and give its lease back.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long a reader may take for our last lines.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs the phone with these settings until its input ends.
pub(crate) fn open(settings: Settings) -> Exit {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            error!(%error, "no runtime");
            return Exit::Internal;
        }
    };
    let exit = runtime.block_on(run(settings));
    // A resolver that hangs must not hold the process.
    runtime.shutdown_background();
    exit
}

async fn run(settings: Settings) -> Exit {
    let has_account = settings.setup.fallback.is_some();
    let device_id = settings.setup.device_id.clone();
    let device_name = settings.device_name.clone();
    let config = Config {
        setup: settings.setup,
        sidecar: settings.sidecar,
        extra_ca: settings.ca,
        proxy: settings.proxy,
        device_name: settings.device_name,
        media: settings.media,
        vault: match settings.keep {
            Keep::Memory => Vault::memory(),
            Keep::Keyring => Vault::keyring(),
        },
    };
    let engine = match Engine::spawn(config) {
        Ok(engine) => engine,
        Err(reason) => {
            complain(&reason);
            return exit_of(&reason);
        }
    };
    if has_account && let AccountView::NotConfigured { message } = &engine.view().borrow().account {
        complain(message);
        return Exit::BadArguments;
    }
    let signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(reason) => {
            error!(%reason, "no signals");
            return Exit::Internal;
        }
    };

    let door = Door {
        events: engine.events(),
        view: engine.view(),
        engine,
        output: Spool::start(io::stdout()),
        verdict: Verdict::default(),
        quality: settings.quality,
        levels: settings.levels,
        settings_file: settings.settings_file,
        policy: settings.policy,
        told: None,
    };
    let lines = input::start(BufReader::new(io::stdin()));
    door.greet(&device_id, &device_name, &settings.complaints);
    door.run(lines, signals).await
}

/// The files and addresses that a start needs were named by arguments; trust is the machine's own.
fn exit_of(reason: &StartError) -> Exit {
    match reason {
        StartError::Trust(_) => Exit::Tls,
        StartError::ExtraCa { .. }
        | StartError::Sidecar { .. }
        | StartError::Proxy { .. }
        | StartError::Media(_) => Exit::BadArguments,
    }
}

struct Door {
    engine: Engine,
    events: broadcast::Receiver<Stamped>,
    view: watch::Receiver<PhoneView>,
    output: Spool,
    verdict: Verdict,
    quality: bool,
    levels: bool,
    settings_file: Option<SettingsFile>,
    /// What the organisation has settled, which no command changes.
    policy: Policy,
    /// The last view that was written.
    told: Option<PhoneView>,
}

impl Door {
    fn greet(&self, device_id: &str, device_name: &str, complaints: &[String]) {
        self.write(&Notice::Hello {
            version: env!("CARGO_PKG_VERSION"),
            schema: SCHEMA,
            device_id,
            device_name,
        });
        for detail in complaints {
            warn!("{detail}");
            self.write(&Notice::SettingsFault { detail });
        }
    }

    async fn run(mut self, mut lines: mpsc::Receiver<Line>, mut signals: Signals) -> Exit {
        self.tell_view();

        let reason = loop {
            // In this order: what has happened is told before the next command is read.
            tokio::select! {
                biased;
                () = signals.next() => break Reason::Interrupted,
                () = self.output.closed() => break Reason::OutputClosed,
                event = self.events.recv() => match event {
                    Ok(stamped) => {
                        self.verdict.take_note(&stamped.event);
                        self.tell(&stamped);
                    }
                    Err(RecvError::Lagged(lines)) => self.write(&Notice::LinesLost { lines }),
                    Err(RecvError::Closed) => break Reason::EngineEnded,
                },
                changed = self.view.changed() => match changed {
                    Ok(()) => self.tell_view(),
                    Err(_) => break Reason::EngineEnded,
                },
                line = lines.recv() => match line {
                    None => break Reason::InputClosed,
                    // A command may wait for its password; a signal does not wait for the command.
                    Some(line) => tokio::select! {
                        biased;
                        () = signals.next() => break Reason::Interrupted,
                        wish = self.obey(line) => if wish == Wish::Quit {
                            break Reason::Quit;
                        },
                    },
                },
            }
        };
        self.leave(reason, signals).await
    }

    /// Signs out, tells what that brings, and says goodbye. A second signal ends it at once.
    async fn leave(mut self, reason: Reason, mut signals: Signals) -> Exit {
        info!(?reason, "ending");
        let engine = self.engine.clone();
        let stop = engine.stop(FAREWELL);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = signals.next() => break,
                Ok(stamped) = self.events.recv() => self.tell(&stamped),
                Ok(()) = self.view.changed() => self.tell_view(),
                () = &mut stop => break,
            }
        }
        while let Ok(stamped) = self.events.try_recv() {
            self.tell(&stamped);
        }
        self.tell_view();

        let exit = match reason {
            Reason::Quit | Reason::InputClosed => Exit::Passed,
            Reason::Interrupted | Reason::OutputClosed => Exit::Interrupted,
            Reason::EngineEnded => Exit::Internal,
        };
        let exit = self.verdict.exit().unwrap_or(exit);
        self.write(&report::bye(exit, reason, self.verdict.fault()));
        self.output.drain(PATIENCE);
        exit
    }

    fn tell(&self, stamped: &Stamped) {
        let is_left_out = matches!(stamped.event, Event::MediaQuality { .. }) && !self.quality
            || matches!(stamped.event, Event::SoundLevels { .. }) && !self.levels;
        if !is_left_out {
            self.give(report::event(stamped));
        }
    }

    fn tell_view(&mut self) {
        let view = self.view.borrow_and_update().clone();
        // A pong or a heartbeat that came as expected is not worth a line.
        let is_news = self.told.as_ref().is_none_or(|told| {
            let proofs = told.proofs;
            PhoneView {
                proofs,
                ..view.clone()
            } != *told
        });
        if is_news {
            self.write(&Notice::View { view: &view });
            self.told = Some(view);
        }
    }

    async fn obey(&mut self, line: Line) -> Wish {
        let number = line.number;
        let Some(text) = line.text else {
            self.reply(Reply::malformed(None, &Malformed::TooLong { line: number }));
            return Wish::GoOn;
        };
        // A blank line asks for nothing.
        if text.trim_ascii().is_empty() {
            return Wish::GoOn;
        }
        let Numbered { id, inner } = match order::read(number, &text) {
            Ok(order) => order,
            Err(Numbered { id, inner }) => {
                self.reply(Reply::malformed(id, &inner));
                return Wish::GoOn;
            }
        };
        drop(text);

        match inner {
            Order::Phone(command) => {
                let verdict = self.engine.send(command).await;
                self.reply(Reply::verdict(id, verdict));
            }
            Order::SignIn {
                email,
                password,
                takeover,
            } => match password.read().await {
                Ok(password) => {
                    let command = Command::SignIn {
                        email,
                        password,
                        takeover,
                    };
                    let verdict = self.engine.send(command).await;
                    self.reply(Reply::verdict(id, verdict));
                }
                Err(unavailable) => self.reply(Reply::no_password(id, &unavailable)),
            },
            Order::AskToMove { email, password } => match password.read().await {
                Ok(password) => {
                    let command = Command::AskToMove { email, password };
                    let verdict = self.engine.send(command).await;
                    self.reply(Reply::verdict(id, verdict));
                }
                Err(unavailable) => self.reply(Reply::no_password(id, &unavailable)),
            },
            Order::SetCalls(change) => {
                let line = change.line;
                let asked = change.apply(&self.view.borrow().call_settings);
                match asked.and_then(|asked| allow_calls(&self.policy, line, asked)) {
                    Ok(settings) => {
                        let command = Command::SetCalls {
                            settings: settings.clone(),
                        };
                        let policy = self.policy.clone();
                        self.set(id, command, move |it| {
                            let kept = policy.keep_calls(&settings, &it.calls().0);
                            it.set_calls(&kept);
                        })
                        .await;
                    }
                    Err(malformed) => self.reply(Reply::malformed(id, &malformed)),
                }
            }
            Order::SetSound(change) => {
                let line = change.line;
                let asked = change.apply(&self.view.borrow().sound.settings);
                match asked.and_then(|asked| allow_sound(&self.policy, line, asked)) {
                    Ok(settings) => {
                        let command = Command::SetSound {
                            settings: settings.clone(),
                        };
                        let policy = self.policy.clone();
                        self.set(id, command, move |it| {
                            let kept = policy.keep_sound(&settings, &it.sound().0);
                            it.set_sound(&kept);
                        })
                        .await;
                    }
                    Err(malformed) => self.reply(Reply::malformed(id, &malformed)),
                }
            }
            Order::View => {
                let view = self.view.borrow().clone();
                self.reply(Reply::view(id, &view));
            }
            Order::Quit => {
                self.reply(Reply::done(id));
                return Wish::Quit;
            }
        }
        Wish::GoOn
    }

    /// Sends a command that sets something, and keeps that where anything is kept.
    async fn set(
        &mut self,
        id: Option<Value>,
        command: Command,
        keep: impl FnOnce(&mut engine::Settings) + Send + 'static,
    ) {
        let verdict = self.engine.send(command).await;
        let kept = match &verdict {
            Ok(_) => self.keep(keep).await,
            Err(_) => Ok(()),
        };
        self.reply(Reply::verdict(id, verdict));
        if let Err(not_saved) = kept {
            let detail = not_saved.to_string();
            warn!("{detail}");
            self.write(&Notice::SettingsFault { detail: &detail });
        }
    }

    /// Writes a change into the settings file, on another thread: a disk may take its time, and a
    /// call goes on meanwhile.
    async fn keep(
        &mut self,
        change: impl FnOnce(&mut engine::Settings) + Send + 'static,
    ) -> Result<(), NotSaved> {
        let Some(mut file) = self.settings_file.take() else {
            return Ok(());
        };
        let writing = tokio::task::spawn_blocking(move || {
            let kept = file.change(change);
            (file, kept)
        });
        match writing.await {
            Ok((file, kept)) => {
                self.settings_file = Some(file);
                kept
            }
            Err(error) => {
                error!(%error, "the settings file is given up");
                Ok(())
            }
        }
    }

    fn reply(&self, reply: Reply<'_>) {
        self.write(&Notice::Reply(reply));
    }

    fn write(&self, notice: &Notice<'_>) {
        self.give(report::notice(self.engine.stamp(), notice));
    }

    fn give(&self, line: Vec<u8>) {
        let lines = self.output.lost();
        if lines > 0 {
            let notice = report::notice(self.engine.stamp(), &Notice::LinesLost { lines });
            if self.output.give(notice) {
                self.output.forget_lost(lines);
            }
        }
        self.output.give(line);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Wish {
    GoOn,
    Quit,
}
