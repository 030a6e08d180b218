use std::{
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use lab::{Behaviour, CallState, Clip, LabCall, OfferIn, Treatment, World, WorldConfig};
use tokio::{
    process::{Child, Command},
    sync::mpsc,
};

use crate::{
    office::{ANA, Sidecar},
    phone::read_log,
    speech::Speech,
    stop_signal,
    story::Stage,
};

/// Signing out takes two seconds where nobody answers, and then the program ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// People take as long as they like.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Opens Ana's window on a world of its own, and returns when it was closed.
pub(crate) async fn open(stage: &Stage<'_>) -> anyhow::Result<()> {
    let ravi = Speech::of_ravi(&stage.out).await?;
    let clip = Arc::new(Clip::encode(&ravi.sound)?);
    let mut config = WorldConfig::new()?.extension("speech", Behaviour::Play(Arc::clone(&clip)));
    config.directory = Some(stage.out.clone());
    let world = World::start(config).await?;
    let sidecar = stage.sidecar(&world).await?;
    let mut window = start(stage, &world, &sidecar)?;
    let ana = ANA.phone.context("Ana has no phone")?.extension;
    stage.say(
        "Ana",
        "has a window; her account is filled in: press \"Sign in\"",
    );

    let mut entered = entered();
    let mut is_registered = false;
    let mut call: Option<LabCall> = None;
    loop {
        tokio::select! {
            ended = window.wait() => {
                let status = ended.context("The window's process cannot be waited for")?;
                if !status.success() {
                    bail!("The window ended with {status}");
                }
                stage.say("Ana", "has quit");
                return Ok(());
            }
            signal = stop_signal() => {
                stage.say("the demo", &format!("{signal}: signing out"));
                let status = farewell(&mut window, FAREWELL).await?;
                if !status.success() {
                    bail!("The window ended with {status}");
                }
                world
                    .wait_for("the end of the binding", FAREWELL, |it| it.bindings(ana) == 0)
                    .await?;
                stage.say("Ana", "has signed out");
                return Ok(());
            }
            Ok(counts) = world.wait_for("a change", FOREVER, |it| (it.bindings(ana) > 0) != is_registered) => {
                is_registered = counts.bindings(ana) > 0;
                if is_registered {
                    stage.say("Ana", "is registered: dial \"echo\" to hear yourself, \"speech\" to hear Ravi");
                    stage.say("Ravi", "calls when you press Enter here, and hangs up at the next Enter");
                } else {
                    stage.say("Ana", "is not registered any more");
                }
            }
            Some(()) = entered.recv() => {
                call = match call.take().filter(is_on) {
                    Some(call) => {
                        call.hang_up();
                        stage.say("Ravi", "hangs up");
                        None
                    }
                    None if is_registered => {
                        stage.say("Ravi", "calls");
                        let plays = Treatment::Play(Arc::clone(&clip));
                        Some(world.call(ana, plays, OfferIn::Invite).await?)
                    }
                    None => {
                        stage.say("Ravi", "cannot call: Ana is not registered");
                        None
                    }
                };
            }
        }
    }
}

/// The user's own calls and sign-in stay where they are: settings and history of the demo are its own.
fn start(stage: &Stage<'_>, world: &World, sidecar: &Sidecar) -> anyhow::Result<Child> {
    let mut child = Command::new(&stage.phone)
        .args(["--sidecar", &sidecar.url])
        .arg("--ca")
        .arg(world.ca_path())
        .arg("--settings")
        .arg(stage.out.join("settings.json"))
        .env("HELIX_DEMO_EMAIL", ANA.email)
        .env("HELIX_DEMO_PASSWORD", ANA.password)
        .env("XDG_DATA_HOME", data_folder(&stage.out)?)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("Cannot start {}", stage.phone.display()))?;
    let log = stage
        .narrator
        .log("the window", stage.out.join("window.log"));
    let stderr = child.stderr.take().context("No standard error")?;
    tokio::spawn(read_log(stderr, log));
    Ok(child)
}

fn data_folder(out: &Path) -> anyhow::Result<std::path::PathBuf> {
    let folder = out.join("data");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("Cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Asks the window's process to end, which then signs out, and kills it where it has not ended within `bound`. Returns how it ended.
async fn farewell(window: &mut Child, bound: Duration) -> anyhow::Result<ExitStatus> {
    ask_to_end(window);
    if let Ok(ended) = tokio::time::timeout(bound, window.wait()).await {
        return ended.context("The window's process cannot be waited for");
    }
    window.kill().await.context("The window does not end")?;
    window
        .wait()
        .await
        .context("The window's process cannot be waited for")
}

/// Ctrl-C in a terminal reaches the window's process, too, which heeds the first signal alone; others reach this program only.
#[cfg(unix)]
fn ask_to_end(window: &Child) {
    use rustix::process::{Pid, Signal, kill_process};

    let id = window.id().and_then(|it| i32::try_from(it).ok());
    if let Some(id) = id.and_then(Pid::from_raw)
        && let Err(error) = kill_process(id, Signal::TERM)
    {
        eprintln!("demo: the window cannot be asked to end: {error}");
    }
}

/// Ctrl-C reaches the window's process, too.
#[cfg(not(unix))]
fn ask_to_end(_window: &Child) {}

fn is_on(call: &LabCall) -> bool {
    call.count()
        .is_some_and(|it| !matches!(it.state, CallState::Ended { .. }))
}

/// Tells of each line that is entered in the terminal.
fn entered() -> mpsc::Receiver<()> {
    let (sender, entered) = mpsc::channel(1);
    // Nothing interrupts a thread that reads from a terminal; it ends with the process.
    thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if line.is_err() || sender.blocking_send(()).is_err() {
                return;
            }
        }
    });
    entered
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use tokio::{
        io::{AsyncBufReadExt as _, BufReader, Lines},
        process::{ChildStdin, ChildStdout},
    };

    use super::*;

    /// It ends far sooner; this is for whoever waits for a mistake.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// A shell that does something when it is asked to end, and nothing until then.
    struct Shell {
        window: Child,
        lines: Lines<BufReader<ChildStdout>>,
        /// While it is open, the shell waits; who waits for a child closes what is left in it.
        _stdin: ChildStdin,
    }

    async fn shell(trap: &str) -> Shell {
        let script = format!("trap '{trap}' TERM; exec 3<&0; cat <&3 & echo waiting; wait");
        let mut window = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("there is a shell");
        let stdout = window.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines();
        assert_eq!(next(&mut lines).await.as_deref(), Some("waiting"));
        Shell {
            _stdin: window.stdin.take().expect("it is piped"),
            window,
            lines,
        }
    }

    async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
        tokio::time::timeout(PATIENCE, lines.next_line())
            .await
            .expect("the shell goes on")
            .expect("the shell can be read")
    }

    #[tokio::test]
    async fn a_window_is_asked_to_end_and_left_the_time_to_sign_out() {
        let mut shell = shell("echo asked; exit 7").await;

        let status = farewell(&mut shell.window, PATIENCE)
            .await
            .expect("it ends");

        assert_eq!(next(&mut shell.lines).await.as_deref(), Some("asked"));
        assert_eq!(status.code(), Some(7), "it ended by itself");
    }

    #[tokio::test]
    async fn a_window_that_does_not_end_is_killed() {
        let mut shell = shell("").await;

        let status = farewell(&mut shell.window, Duration::ZERO)
            .await
            .expect("it ends");

        assert_eq!(status.signal(), Some(9));
    }

    #[tokio::test]
    async fn a_window_that_has_ended_is_no_fault() {
        let mut shell = shell("").await;
        shell.window.start_kill().expect("it runs");
        shell.window.wait().await.expect("it ends");

        let status = farewell(&mut shell.window, PATIENCE)
            .await
            .expect("it ended");

        assert_eq!(status.signal(), Some(9));
    }
}
