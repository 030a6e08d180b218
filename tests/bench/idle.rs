//! What a phone costs that is registered and waits, beside JsSIP in Chromium.

use std::{future::pending, time::Duration};

use crate::{
    browsers::Browser,
    chirps::ANA,
    cost::{Cost, Memory, Program},
    desks, figure,
    support::office::{Office, SIP_PASSWORDS, sign_in},
    support::process::Process,
};

/// How long it waits.
const WAITING: Duration = Duration::from_secs(20);

/// Until what comes after a registration is done.
const SETTLING: Duration = Duration::from_secs(3);

/// Prints what was measured in so many turns of each; `beside`: of a browser too.
pub async fn print(office: &Office, rounds: usize, beside: bool) {
    println!(
        "\nRegistered and idle, {} s, {rounds} times by turns (processor of one core, all processes of Chromium)",
        WAITING.as_secs()
    );
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let mut command = office.phone_with_sound(1, "system", "system");
        let mut phone = Process::start("ana", command.args(["--log", "error"]));
        phone.send(sign_in("ana")).await;
        phone.event("sip.registered").await;
        ours.push(wait(&Program::process(phone.id())).await);
        desks::quit(phone).await;

        if !beside {
            continue;
        }
        let password = SIP_PASSWORDS[1];
        let browser = Browser::registered(office, "ravi", "700202", password, ANA).await;
        theirs.push(wait(&browser.program()).await);
        browser.quit().await;
    }
    for (name, costs, goals) in [
        (
            "phone",
            &ours,
            [
                "goal <= 0.05 % (G15)",
                "goal <= 3 /s (G15)",
                "goal <= 9 MB (G16)",
            ],
        ),
        ("Chromium with JsSIP", &theirs, ["", "", ""]),
    ] {
        if costs.is_empty() {
            continue;
        }
        let values = |of: fn(&(Cost, Memory)) -> f64| costs.iter().map(of).collect::<Vec<_>>();
        let print = |what: &str, unit, values: &[f64], goal| {
            figure::print_range(&format!("{what}, idle, {name}"), unit, values, goal);
        };
        print(
            "processor",
            "%",
            &values(|it| it.0.processor_percent),
            goals[0],
        );
        print("wake-ups", "/s", &values(|it| it.0.wake_ups), goals[1]);
        print(
            "resident memory",
            "MB",
            &values(|it| it.1.resident),
            goals[2],
        );
        print(
            "proportional memory (PSS)",
            "MB",
            &values(|it| it.1.proportional),
            "",
        );
    }
    let processor = |costs: &[(Cost, Memory)]| -> Vec<f64> {
        costs.iter().map(|it| it.0.processor_percent).collect()
    };
    let wake_ups =
        |costs: &[(Cost, Memory)]| -> Vec<f64> { costs.iter().map(|it| it.0.wake_ups).collect() };
    let goal = "of Chromium's with JsSIP; goal <= 0.1 (G15)";
    print_ratio(
        "processor, idle",
        goal,
        &processor(&ours),
        &processor(&theirs),
    );
    print_ratio("wake-ups, idle", goal, &wake_ups(&ours), &wake_ups(&theirs));
}

/// Prints ours as a share of theirs, where there are any.
fn print_ratio(what: &str, goal: &str, ours: &[f64], theirs: &[f64]) {
    if !theirs.is_empty() {
        let ratio = figure::median(ours) / figure::median(theirs);
        println!("{:<62} {ratio:>8.3} {goal}", format!("ratio, {what}"));
    }
}

async fn wait(program: &Program) -> (Cost, Memory) {
    pass(SETTLING).await;
    let before = program.count();
    pass(WAITING).await;
    (program.since(&before), program.memory())
}

/// Lets time go by.
async fn pass(time: Duration) {
    let nothing = tokio::time::timeout(time, pending::<()>()).await;
    assert!(nothing.is_err(), "nothing ends what never ends");
}
