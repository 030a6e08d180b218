//! Holds `PROTOCOL.md` and the types together: every example of the page is what this program
//! writes or reads, and everything that it writes or reads has an example there.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use phone::Command;

use crate::{
    end::Exit,
    order::{self, Order},
    password::Source,
};

mod samples;

const PAGE: &str = include_str!("../PROTOCOL.md");

const COMMANDS: [&str; 29] = [
    "sign_in",
    "sign_out",
    "dial",
    "answer",
    "hang_up",
    "silence",
    "hold",
    "resume",
    "mute",
    "unmute",
    "dtmf",
    "reconnect",
    "check",
    "devices",
    "sound_check",
    "test_output",
    "set_calls",
    "set_sound",
    "view",
    "quit",
    "ready",
    "pause",
    "cancel_next",
    "wrap_up",
    "finish_wrap_up",
    "more_time",
    "ask_to_move",
    "answer_move",
    "repair",
];

#[test]
fn the_page_shows_every_command_and_reads_as_such() {
    let mut shown = BTreeSet::new();
    for line in examples("Commands") {
        let order = order::read(1, line.as_bytes()).unwrap_or_else(|fault| {
            panic!("{line}: {}", fault.inner);
        });
        shown.insert(name(&order.inner));
    }
    assert_eq!(shown, COMMANDS.into_iter().collect());

    let sources: BTreeSet<&str> = examples("Commands")
        .iter()
        .filter_map(
            |line| match order::read(1, line.as_bytes()).unwrap().inner {
                Order::SignIn { password, .. } | Order::AskToMove { password, .. } => {
                    Some(match password {
                        Source::Inline(_) => "inline",
                        Source::Env(_) => "env",
                        Source::Fd(_) => "fd",
                    })
                }
                Order::Phone(_)
                | Order::SetCalls(_)
                | Order::SetSound(_)
                | Order::View
                | Order::Quit => None,
            },
        )
        .collect();
    assert_eq!(sources, ["env", "fd", "inline"].into());
}

#[test]
fn the_page_shows_every_event_as_it_is_written() {
    same("Events", samples::events());
}

#[test]
fn the_page_shows_every_other_line_as_it_is_written() {
    same("Other lines", samples::notices());
}

#[test]
fn the_page_shows_every_reply_as_it_is_written() {
    same("Replies", samples::replies());
}

#[test]
fn the_page_shows_every_part_of_a_view_as_it_is_written() {
    same("Parts of a view", samples::view_parts());
}

#[test]
fn the_page_shows_every_reason_as_it_is_written() {
    same("Reasons", samples::reasons());
}

#[test]
fn the_page_names_every_exit_code() {
    let section = section("Exit codes");
    for exit in [
        Exit::Passed,
        Exit::BadArguments,
        Exit::Interrupted,
        Exit::Internal,
        Exit::LoginRefused,
        Exit::HeldElsewhere,
        Exit::SidecarUnreachable,
        Exit::Dns,
        Exit::Proxy,
        Exit::Tls,
        Exit::WebSocket,
        Exit::RegisterRefused,
        Exit::RegisterTimeout,
        Exit::NoMediaPath,
        Exit::OneWay,
    ] {
        assert!(
            section.contains(&format!("| {} |", exit.code())),
            "{exit:?}"
        );
    }
}

/// Names an order; what is added to [`Command`] has to be added here, to the list above and so to
/// the page.
fn name(order: &Order) -> &'static str {
    match order {
        Order::SignIn { .. } | Order::Phone(Command::SignIn { .. }) => COMMANDS[0],
        Order::Phone(Command::SignOut) => COMMANDS[1],
        Order::Phone(Command::Dial { .. }) => COMMANDS[2],
        Order::Phone(Command::Answer { .. }) => COMMANDS[3],
        Order::Phone(Command::HangUp { .. }) => COMMANDS[4],
        Order::Phone(Command::Silence { .. }) => COMMANDS[5],
        Order::Phone(Command::Hold { .. }) => COMMANDS[6],
        Order::Phone(Command::Resume { .. }) => COMMANDS[7],
        Order::Phone(Command::Mute { .. }) => COMMANDS[8],
        Order::Phone(Command::Unmute { .. }) => COMMANDS[9],
        Order::Phone(Command::Dtmf { .. }) => COMMANDS[10],
        Order::Phone(Command::Reconnect) => COMMANDS[11],
        Order::Phone(Command::Check) => COMMANDS[12],
        Order::Phone(Command::Devices) => COMMANDS[13],
        Order::Phone(Command::SoundCheck) => COMMANDS[14],
        Order::Phone(Command::TestOutput { .. }) => COMMANDS[15],
        Order::SetCalls(_) | Order::Phone(Command::SetCalls { .. }) => COMMANDS[16],
        Order::SetSound(_) | Order::Phone(Command::SetSound { .. }) => COMMANDS[17],
        Order::View => COMMANDS[18],
        Order::Quit => COMMANDS[19],
        Order::Phone(Command::Ready) => COMMANDS[20],
        Order::Phone(Command::Pause { .. }) => COMMANDS[21],
        Order::Phone(Command::CancelNext) => COMMANDS[22],
        Order::Phone(Command::WrapUp { .. }) => COMMANDS[23],
        Order::Phone(Command::FinishWrapUp { .. }) => COMMANDS[24],
        Order::Phone(Command::MoreTime) => COMMANDS[25],
        Order::AskToMove { .. } | Order::Phone(Command::AskToMove { .. }) => COMMANDS[26],
        Order::Phone(Command::AnswerMove { .. }) => COMMANDS[27],
        Order::Phone(Command::Repair { .. }) => COMMANDS[28],
    }
}

/// Compares the examples of a section with what is written, line by line and in this order.
fn same(heading: &str, written: Vec<String>) {
    let shown = examples(heading);
    for (shown, written) in shown.iter().zip(&written) {
        assert!(
            shown == written,
            "PROTOCOL.md shows under \"{heading}\"\n{shown}\nwhere the program writes\n{written}\n"
        );
    }
    assert_eq!(shown.len(), written.len(), "lines under \"{heading}\"");
}

/// Returns the lines of the JSON blocks of a section.
fn examples(heading: &str) -> Vec<&'static str> {
    let mut lines = Vec::new();
    let mut is_json = false;
    for line in section(heading).lines() {
        match line {
            "```json" => is_json = true,
            "```" => is_json = false,
            line if is_json => lines.push(line),
            _ => {}
        }
    }
    lines
}

fn section(heading: &str) -> &'static str {
    let start = PAGE.find(&format!("\n## {heading}\n")).unwrap() + 1;
    let end = PAGE[start..]
        .find("\n## ")
        .map_or(PAGE.len(), |end| start + end);
    &PAGE[start..end]
}
