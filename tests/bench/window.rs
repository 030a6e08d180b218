//! Prints what the window takes and costs, beside an empty window of Tauri and JsSIP in Chromium: `cargo figures window`.
//!
//! On a screen that nobody looks at, drawn without a graphics card. Linux only.

#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "a benchmark ends where something is wrong, and tests use the rest of what is shared"
)]

#[path = "../desktop/app.rs"]
mod app;
mod browsers;
mod chirps;
mod cost;
#[path = "../desktop/desk.rs"]
mod desk;
mod desks;
mod figure;
#[path = "../support/keyring.rs"]
mod keyring;
#[path = "../desktop/page.rs"]
mod page;
#[path = "../desktop/screen.rs"]
mod screen;
#[path = "../desktop/screen_reader.rs"]
mod screen_reader;
#[path = "../desktop/services.rs"]
mod services;
#[path = "../support/sound_card.rs"]
mod sound_card;
#[path = "../support/mod.rs"]
mod support;

use std::{
    env, fs,
    future::pending,
    ops::Range,
    path::PathBuf,
    process::{Child, Command},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use app::App;
use browsers::{Browser, Browsers};
use cost::Program;
use desk::{Desk, Keyring, Setup, story_at};
use lab::{CallState, OfferIn, Treatment};
use page::Page;
use serde_json::json;
use sound_card::SoundCard;
use support::office::{Office, PASSWORD, SIP_PASSWORDS};

/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// How often each program is started; a number among the arguments changes it.
const ROUNDS: usize = 5;

/// How often *Mute* is pressed in each round.
const PRESSES: usize = 100;

/// Until a program has done what comes after its start.
const SETTLING: Duration = Duration::from_secs(5);

/// What the page runs: presses a control so many times, and tells in ms how long each took until the page had changed, and until
/// that was painted.
const PRESSING: &str = include_str!("pressing.js");

/// What the page runs to tell when it had handled and painted what the engine told.
const LISTENING: &str = include_str!("listening.js");

/// Waits until it was told so often.
const TOLD: &str = "const [times, done] = arguments;
    window.look = () => window.told.length >= times && done();
    window.look();";

/// How many calls are taken in one window: a day of a busy agent.
const CALLS: usize = 400;

/// After how many of them the memory is looked at.
const LOOK_EVERY: usize = 50;

/// The name of the process that draws the page, as far as the system keeps it.
const DRAWING: &str = "WebKitWebProces";

/// How often a call is muted or no longer so while the page listens.
const TURNS: usize = 200;

/// The page's clock shows whole ms: on average so much has passed since.
const HALF_A_TICK: f64 = 0.5;

const DAY_MS: f64 = 24.0 * 3_600_000.0;

/// Who is at the desk.
const ANA: &str = "700201";

fn main() {
    sound_card::run_with_sound_card(|card| {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(print_figures(card));
    });
}

async fn print_figures(card: SoundCard) {
    // Cargo adds `--bench`.
    let words: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let rounds = words.iter().find_map(|it| it.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS);
    let calls_alone = words.iter().any(|it| it == "calls");
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    println!(
        "Load of this machine at the start (1, 5, 15 min): {}",
        load.split(' ').take(3).collect::<Vec<_>>().join(" ")
    );

    if calls_alone {
        return print_day().await;
    }

    let mut empty = Turns::default();
    let mut phone = Turns::default();
    for _ in 0..rounds {
        story_at(Setup::default(), async |desk| {
            empty.take(empty_window(desk).await);
        })
        .await;
        let setup = Setup {
            keyring: Keyring::Open,
            ..Setup::default()
        };
        story_at(setup, async |desk| {
            phone.take(window_of_the_phone(desk).await);
        })
        .await;
    }
    let mut told = OneWay::default();
    let mut told_busy = OneWay::default();
    story_at(Setup::default(), async |desk| {
        (told, told_busy) = one_way(desk).await;
    })
    .await;
    let browser = browser(card, rounds).await;

    println!("\nFrom the start of the process, {rounds} times by turns");
    let print = figure::print_range;
    print(
        "first paint, empty window of Tauri",
        "ms",
        &empty.painted,
        "",
    );
    print(
        "first paint, JsSIP in Chromium, opened by Playwright",
        "ms",
        &browser.painted,
        "",
    );
    print(
        "first paint, phone",
        "ms",
        &phone.painted,
        "goal <= 350 ms, 0.4 of Chromium (G20)",
    );
    print(
        "registered, JsSIP in Chromium, opened by Playwright",
        "ms",
        &browser.registered,
        "",
    );
    print(
        "registered, with the session of an earlier run, phone",
        "ms",
        &phone.registered,
        "goal <= 600 ms, 0.4 of Chromium (G20)",
    );
    println!("\nFrom a press on Mute, and back: page, shell, engine, shell, page");
    figure::print_tail("press to changed page, phone", "ms", &phone.changed, "");
    figure::print_tail("press to paint, phone", "ms", &phone.shown, "");
    println!("\nFrom the engine's event of a call that is muted in the tray, one way");
    let tail = figure::print_tail;
    let goal = "goal <= 0.7 / 4 ms (G31)";
    tail("event to handler of the page", "ms", &told.handled, goal);
    tail("event to paint", "ms", &told.painted, "");
    println!("The same, with a process on each core that wants all of it");
    let goal = "goal p99 <= 12 ms (G31)";
    tail(
        "event to handler of the page",
        "ms",
        &told_busy.handled,
        goal,
    );
    tail("event to paint", "ms", &told_busy.painted, "");
    println!("\nProportional memory (PSS) of all processes, {rounds} times by turns");
    print("idle, empty window of Tauri", "MB", &empty.idle, "");
    print(
        "idle, phone",
        "MB",
        &phone.idle,
        "goal <= 20 MB above empty (G17)",
    );
    print(
        "in a call, phone",
        "MB",
        &phone.in_call,
        "goal <= 30 MB above empty (G17)",
    );
    print("idle, JsSIP in Chromium", "MB", &browser.idle, "");
    print("in a call, JsSIP in Chromium", "MB", &browser.in_call, "");

    print_day().await;

    println!("\nFrom Quit in the tray to the end of the process, signed out, {rounds} times");
    print("quit, phone", "ms", &phone.quit, "at most 2,000 ms");

    println!("\nSizes");
    for (what, path) in [
        (
            "the phone, as it is shipped",
            PathBuf::from(env!("CARGO_BIN_EXE_helix-phone")),
        ),
        ("an empty window of Tauri, built alike", empty_program()),
    ] {
        println!(
            "{what:<62} {:>8.1} MB",
            path.metadata().unwrap().len() as f64 / 1e6
        );
    }
}

/// What was measured, one value for each turn.
#[derive(Debug, Default)]
struct Turns {
    painted: Vec<f64>,
    registered: Vec<f64>,
    idle: Vec<f64>,
    in_call: Vec<f64>,
    quit: Vec<f64>,
    changed: Vec<f64>,
    shown: Vec<f64>,
}

#[derive(Debug, Default)]
struct Turn {
    painted: f64,
    registered: Option<f64>,
    idle: f64,
    in_call: Option<f64>,
    quit: Option<f64>,
    pressed: Vec<(f64, f64)>,
}

impl Turns {
    fn take(&mut self, turn: Turn) {
        self.painted.push(turn.painted);
        self.registered.extend(turn.registered);
        self.idle.push(turn.idle);
        self.in_call.extend(turn.in_call);
        self.quit.extend(turn.quit);
        for (changed, painted) in turn.pressed {
            self.changed.push(changed);
            self.shown.push(painted);
        }
    }
}

async fn empty_window(desk: &mut Desk) -> Turn {
    let command = [empty_program().display().to_string()];
    let app = App::start(&desk.environment(), &command, &desk.log()).await;
    let painted = first_paint(&app).await;
    settle().await;
    let idle = Program::tree(app.id()).memory().proportional;
    app.close().await;
    Turn {
        painted,
        idle,
        ..Turn::default()
    }
}

async fn window_of_the_phone(desk: &mut Desk) -> Turn {
    // The session that the next start finds.
    desk.ready().await;
    desk.kill();
    desk.office.bindings(ANA, 0).await;

    let environment = desk.environment();
    let command = desk.command(&[]);
    let log = desk.log();
    let registered = async {
        desk.office.bindings(ANA, 1).await;
        now_ms()
    };
    let (app, registered) = tokio::join!(App::start(&environment, &command, &log), registered);
    let began = start_ms(app.id());
    let painted = first_paint(&app).await;
    app.page.says("Ready").await;
    settle().await;
    let idle = Program::tree(app.id()).memory().proportional;

    app.page.type_into("Name or number", "echo").await;
    app.page.press("Call").await;
    app.page.offers("Mute").await;
    settle().await;
    let in_call = Program::tree(app.id()).memory().proportional;
    let pressed = pressed(&app.page).await;
    app.page.press("Hang up").await;
    app.page.says("You hung up").await;
    let leaves = now_ms();
    desk.services.choose_in_tray("Quit").await;
    app.ended();
    let quit = now_ms() - leaves;
    app.close().await;
    Turn {
        painted,
        registered: Some(registered - began),
        idle,
        in_call: Some(in_call),
        quit: Some(quit),
        pressed,
    }
}

/// Prints the memory of one window in the course of a day. The calls are answered by themselves: the driver of the page would weigh, too.
async fn print_day() {
    println!(
        "\nIdle after so many calls in one window: all processes (PSS), and what is the drawing process's alone"
    );
    story_at(Setup::default(), async |desk| {
        let before = desk.with_policy(&json!({"AutoAnswer": "always", "AutoAnswerTone": false}));
        desk.start_by(&before.each_ref().map(String::as_str)).await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Ready").await;
        for call in 0..=CALLS {
            let world = &desk.office.world;
            let calling = world.call(ANA, Treatment::Echo, OfferIn::Invite);
            let caller = calling.await.unwrap();
            let is = async |state| {
                let reached = caller.wait_for("its state", PATIENCE, |it| it.state >= state);
                reached.await.unwrap();
            };
            is(CallState::Connected).await;
            caller.hang_up();
            is(CallState::Ended { status: None }).await;
            if call % LOOK_EVERY == 0 {
                settle().await;
                let app = desk.app().id();
                let all = Program::tree(app).memory().proportional;
                let drawing = Program::descendants(app, DRAWING).memory().anonymous;
                println!("{:>4} calls {all:>8.1} MB {drawing:>8.1} MB", call + 1);
            }
        }
    })
    .await;
}

/// How long after the engine's events the page had handled and painted them, in ms.
#[derive(Debug, Default)]
struct OneWay {
    handled: Vec<f64>,
    painted: Vec<f64>,
}

/// Has a call muted in the tray, and no longer so, over and over; then again on a machine that is busy.
async fn one_way(desk: &mut Desk) -> (OneWay, OneWay) {
    // The log says when the engine told an event.
    let before = desk.with_policy(&json!({"LogLevel": "debug"}));
    desk.start_by(&before.each_ref().map(String::as_str)).await;
    desk.sign_in("ana", PASSWORD).await;
    let page = desk.page();
    page.says("Ready").await;
    page.type_into("Name or number", "echo").await;
    page.press("Call").await;
    page.offers("Mute").await;
    settle().await;
    let client = &page.client;
    client.execute_async(LISTENING, Vec::new()).await.unwrap();
    mute(desk, 0).await;
    let busy = Busy::start();
    mute(desk, TURNS).await;
    drop(busy);

    let all = client.execute("return window.told;", Vec::new()).await;
    let seen: Vec<(f64, f64)> = serde_json::from_value(all.unwrap()).unwrap();
    let mut told = Vec::new();
    desk.until("the end of the log", || {
        told = told_ms(&fs::read_to_string(desk.log()).unwrap());
        told.len() == seen.len()
    });
    // Midnight may be between, or nothing but the rest of a tick.
    let since = |at: f64, told: f64| {
        (at - told + DAY_MS / 2.0).rem_euclid(DAY_MS) - DAY_MS / 2.0 + HALF_A_TICK
    };
    let of = |turns: Range<usize>| OneWay {
        handled: turns
            .clone()
            .map(|it| since(seen[it].0, told[it]))
            .collect(),
        painted: turns.map(|it| since(seen[it].1, told[it])).collect(),
    };
    (of(0..TURNS), of(TURNS..2 * TURNS))
}

/// Changes it once the page has painted the change before.
async fn mute(desk: &Desk, before: usize) {
    for turn in before..before + TURNS {
        desk.services.choose_in_tray("Mute").await;
        let times = vec![json!(turn + 1)];
        let client = &desk.page().client;
        client.execute_async(TOLD, times).await.unwrap();
    }
}

/// Returns when the engine told that a call is muted or no longer so, in ms of the day.
fn told_ms(log: &str) -> Vec<f64> {
    let lines = log.lines().filter(|it| it.contains(" event=CallMuted "));
    lines
        .map(|line| {
            // Such as `2026-11-22T09:10:11.123456Z`.
            let time = line.split(['T', 'Z']).nth(1).unwrap();
            let parts = time.split(':').map(|it| it.parse::<f64>().unwrap());
            parts.fold(0.0, |sum, it| sum * 60.0 + it) * 1_000.0
        })
        .collect()
}

/// Processes that want all of the processor, one for each core.
struct Busy(Vec<Child>);

impl Busy {
    fn start() -> Self {
        let cores = thread::available_parallelism().unwrap().get();
        let start = |_| {
            let mut command = Command::new("sh");
            command.args(["-c", "while :; do :; done"]).spawn().unwrap()
        };
        Self((0..cores).map(start).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for process in &mut self.0 {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

async fn browser(mut card: SoundCard, rounds: usize) -> Turns {
    card.start(&[], &[]);
    chirps::plug_in(&card);
    let office = Office::open().await;
    let mut turns = Turns::default();
    for _ in 0..rounds {
        let mut browser =
            Browser::registered(&office, "ana", ANA, SIP_PASSWORDS[0], chirps::ANA).await;
        let registered = now_ms();
        let processes = browser.program();
        let starts = processes.pids().iter().map(|it| start_ms(*it));
        let began = starts.fold(f64::INFINITY, f64::min);
        turns.registered.push(registered - began);
        turns.painted.push(browser.painted().await - began);
        settle().await;
        turns.idle.push(browser.program().memory().proportional);
        browser.quit().await;
        let browsers = Browsers::in_call(&office, true).await;
        settle().await;
        turns.in_call.push(browsers.program().memory().proportional);
        browsers.end().await;
    }
    turns
}

async fn settle() {
    let _ = tokio::time::timeout(SETTLING, pending::<()>()).await;
}

/// Returns when the page had painted its first contents, in ms since the start of the process.
async fn first_paint(app: &App) -> f64 {
    let script = "const [paint] = performance.getEntriesByName('first-contentful-paint'); \
        return paint === undefined ? null : performance.timeOrigin + paint.startTime;";
    loop {
        if let Some(at) = app.page.run(script, Vec::new()).await.as_f64() {
            return at - start_ms(app.id());
        }
    }
}

async fn pressed(page: &Page) -> Vec<(f64, f64)> {
    let arguments = vec![json!("Mute"), json!(PRESSES)];
    let values = page.client.execute_async(PRESSING, arguments).await;
    serde_json::from_value(values.unwrap()).unwrap()
}

/// Returns when a process was started, in ms since 1970, to the 10 ms of the kernel's clock.
fn start_ms(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(") ").unwrap();
    let ticks: f64 = after_name.split(' ').nth(19).unwrap().parse().unwrap();
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    now_ms() - uptime * 1_000.0 + ticks * 10.0
}

fn now_ms() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
        * 1_000.0
}

/// `cargo figures` builds it beside this.
fn empty_program() -> PathBuf {
    let beside = PathBuf::from(env!("CARGO_BIN_EXE_helix-phone"));
    beside.with_file_name("examples").join("empty_window")
}
