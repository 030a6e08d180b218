//! Chirps from microphone to speaker, and what a call costs meanwhile: phones, browsers and baresips by turns.

use tokio::task::block_in_place;

use crate::{
    baresips::Baresips,
    browsers::Browsers,
    chirps::{self, Chirping, Delays, MEASURED, SETTLING},
    cost::{Cost, Memory, Program},
    desks::{Phones, Voice},
    figure,
    support::office::Office,
};

/// What is measured by turns: what it is called, what is run, and the goals of its delay and its processor.
const SIDES: [(&str, Side, [&str; 2]); 7] = [
    (
        "phone, 20 ms packets",
        phone(20, false),
        ["goal <= 65 ms (G2)", "goal <= 1.9 % (G14)"],
    ),
    (
        "Chromium",
        Side::Browser {
            is_processed: false,
        },
        ["", ""],
    ),
    ("baresip", Side::Baresip, ["", ""]),
    (
        "phone, 20 ms packets, voice processing",
        phone(20, true),
        ["goal <= 65 ms (G2)", "goal <= 4 % (G14)"],
    ),
    (
        "Chromium, voice processing",
        Side::Browser { is_processed: true },
        ["", ""],
    ),
    (
        "phone, 10 ms packets",
        phone(10, false),
        ["goal <= 65 ms (G2)", ""],
    ),
    (
        "phone, 10 ms packets, voice processing",
        phone(10, true),
        ["goal <= 65 ms (G2)", ""],
    ),
];

#[derive(Debug, Clone, Copy)]
enum Side {
    Phone(Voice),
    Browser { is_processed: bool },
    Baresip,
}

/// One call.
struct Run {
    delays: Delays,
    cost: Cost,
    memory: Memory,
}

const fn phone(packet_ms: u8, is_processed: bool) -> Side {
    Side::Phone(Voice {
        packet_ms,
        is_processed,
    })
}

/// Prints what was measured in so many turns of each side; `beside`: of the other programs too.
pub async fn print(office: &Office, rounds: usize, beside: bool) {
    println!(
        "\nMouth to ear: chirps into each one's microphone, by the speaker of the other; both in one recording.\n\
         Calls of {} s by turns, {rounds} of each; medians of the calls, and the range of their medians.",
        MEASURED.as_secs()
    );
    for latency in [10, 20] {
        let bare = block_in_place(|| chirps::without_phones(latency));
        figure::print(
            &format!("no phone: parec into pacat, {latency} ms each"),
            "ms",
            &bare.heard,
            "(what the sound server takes)",
        );
    }
    let mut runs: [Vec<Run>; SIDES.len()] = Default::default();
    for _ in 0..rounds {
        for ((_, side, _), runs) in SIDES.iter().zip(&mut runs) {
            if beside || matches!(side, Side::Phone(_)) {
                runs.push(side.run(office).await);
            }
        }
    }
    let has_run = |runs: &[Run]| !runs.is_empty();
    for ((name, _, [delay_goal, _]), runs) in SIDES.iter().zip(&runs).filter(|(_, it)| has_run(it))
    {
        print_delays(name, runs, delay_goal);
    }
    let [
        phone,
        browser,
        baresip,
        processed,
        browser_processed,
        short,
        short_processed,
    ] = &runs;
    let chromium = |goal| format!("of Chromium's; goal <= {goal}");
    let g2 = chromium("0.65 (G2)");
    print_ratio("without processing", &g2, phone, browser, delay);
    print_ratio("with processing", &g2, processed, browser_processed, delay);
    let g2_short = "of Chromium's with 20 ms; goal <= 0.65 (G2)";
    print_ratio("10 ms packets", g2_short, short, browser, delay);
    print_ratio(
        "10 ms packets, with processing",
        g2_short,
        short_processed,
        browser_processed,
        delay,
    );
    print_ratio("without processing", "of baresip's", phone, baresip, delay);

    println!(
        "\nWhat one party of these calls costs (processor of one core, all processes of Chromium)"
    );
    for ((name, _, [_, goal]), runs) in SIDES.iter().zip(&runs).filter(|(_, it)| has_run(it)) {
        let values = |of: fn(&Run) -> f64| runs.iter().map(of).collect::<Vec<_>>();
        figure::print_range(&format!("processor, {name}"), "%", &values(processor), goal);
        figure::print_range(
            &format!("wake-ups, {name}"),
            "/s",
            &values(|it| it.cost.wake_ups),
            "",
        );
        let goal = if name.starts_with("phone") {
            "goal <= 13 MB (G16)"
        } else {
            ""
        };
        figure::print_range(
            &format!("resident memory, {name}"),
            "MB",
            &values(|it| it.memory.resident),
            goal,
        );
        figure::print_range(
            &format!("proportional memory (PSS), {name}"),
            "MB",
            &values(|it| it.memory.proportional),
            "",
        );
    }
    let g14 = chromium("0.15 (G14)");
    print_ratio("processor", &g14, phone, browser, processor);
    print_ratio(
        "processor, processed",
        &g14,
        processed,
        browser_processed,
        processor,
    );
    let of_baresip = "of baresip's; goal <= 1.0 (G14)";
    print_ratio("processor", of_baresip, phone, baresip, processor);
    let pss = |run: &Run| run.memory.proportional;
    let g16 = chromium("0.04 (G16)");
    print_ratio("proportional memory", &g16, phone, browser, pss);
    let resident = |run: &Run| run.memory.resident;
    let of_baresip = "of baresip's; goal <= 1.2 (G16)";
    print_ratio("resident memory", of_baresip, phone, baresip, resident);
}

impl Side {
    async fn run(self, office: &Office) -> Run {
        match self {
            Self::Phone(voice) => {
                let phones = Phones::in_call(office, voice).await;
                let run = block_in_place(|| Run::measure(|| phones.program()));
                phones.end().await;
                run
            }
            Self::Browser { is_processed } => {
                let browsers = Browsers::in_call(office, is_processed).await;
                let run = block_in_place(|| Run::measure(|| browsers.program()));
                browsers.end().await;
                run
            }
            Self::Baresip => block_in_place(|| {
                let baresips = Baresips::in_call();
                let run = Run::measure(|| baresips.program());
                baresips.end();
                run
            }),
        }
    }
}

impl Run {
    /// Measures a call that goes on; `program` is one party of it. Ends where hardly a chirp is heard: that call has no delay.
    fn measure(program: impl FnOnce() -> Program) -> Self {
        let mut chirping = Chirping::start();
        chirping.go_on(SETTLING);
        chirping.forget();
        let program = program();
        let before = program.count();
        chirping.go_on(MEASURED);
        let (cost, memory) = (program.since(&before), program.memory());
        let delays = chirping.delays();
        let (heard, spoken) = (delays.heard.len(), delays.spoken);
        assert!(2 * heard > spoken, "{heard} of {spoken} chirps were heard");
        Self {
            delays,
            cost,
            memory,
        }
    }
}

fn delay(run: &Run) -> f64 {
    figure::median(&run.delays.heard)
}

fn processor(run: &Run) -> f64 {
    run.cost.processor_percent
}

fn print_delays(name: &str, runs: &[Run], goal: &str) {
    let of = |what: fn(&Delays) -> f64| {
        let values: Vec<f64> = runs.iter().map(|run| what(&run.delays)).collect();
        values
    };
    let medians = of(|it| figure::median(&it.heard));
    let tails = of(|it| figure::percentile(&it.heard, 95.0));
    let drifts = of(|it| it.drift);
    let spoken: usize = runs.iter().map(|run| run.delays.spoken).sum();
    let heard: usize = runs.iter().map(|run| run.delays.heard.len()).sum();
    println!(
        "{:<62} {:>8.1} ms p50 {:>8.1} ms p95  n {heard} of {spoken} chirps  runs {:.1} to {:.1}  drift {:+.1} ms  {goal}",
        format!("mouth to ear, {name}"),
        figure::median(&medians),
        figure::median(&tails),
        figure::percentile(&medians, 0.0),
        figure::percentile(&medians, 100.0),
        figure::median(&drifts),
    );
}

fn print_ratio(what: &str, note: &str, ours: &[Run], theirs: &[Run], of: impl Fn(&Run) -> f64) {
    if theirs.is_empty() {
        return;
    }
    let median = |runs: &[Run]| figure::median(&runs.iter().map(&of).collect::<Vec<_>>());
    println!(
        "{:<62} {:>8.3} {note}",
        format!("ratio, {what}"),
        median(ours) / median(theirs)
    );
}
