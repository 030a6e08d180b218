//! One of everything that this program writes, as it is written.

use std::time::{Duration, SystemTime};

use engine::{Stamp, Stamped};
use phone::{Accepted, CallId, Event, SoundSettings, samples};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    end::{Exit, Reason},
    order,
    password::Unavailable,
    report::{self, Notice, Reply, SCHEMA},
};

pub(super) fn events() -> Vec<String> {
    samples::events().into_iter().map(event).collect()
}

pub(super) fn notices() -> Vec<String> {
    vec![
        notice(&Notice::Hello {
            version: "0.1.0",
            schema: SCHEMA,
            device_id: "6f1c2d3e-4a5b-4c6d-8e7f-001122334455",
            device_name: "Ana's desk",
        }),
        notice(&Notice::SettingsFault {
            detail: "Settings not saved: settings.toml cannot be written (disk full)",
        }),
        notice(&Notice::View {
            view: &samples::view(),
        }),
        notice(&Notice::LinesLost { lines: 12 }),
        notice(&report::bye(Exit::Passed, Reason::Quit, None)),
        notice(&report::bye(Exit::Passed, Reason::InputClosed, None)),
        notice(&report::bye(Exit::Interrupted, Reason::OutputClosed, None)),
        notice(&report::bye(
            Exit::RegisterRefused,
            Reason::Interrupted,
            Some("sip.register_failed"),
        )),
        notice(&report::bye(Exit::Internal, Reason::EngineEnded, None)),
    ]
}

pub(super) fn replies() -> Vec<String> {
    let id = || Some(Value::from("a-1"));
    let accepted = |call| Reply::verdict(id(), Ok(Accepted { call }));
    let view = samples::view();
    let mut all = vec![
        accepted(None),
        accepted(Some(CallId(1))),
        Reply::view(Some(Value::from(17)), &view),
        Reply::done(None),
    ];
    all.extend(
        samples::rejections()
            .into_iter()
            .map(|rejected| Reply::verdict(id(), Err(rejected))),
    );
    for line in [
        r#"{"command":"dial" "target":"700202"}"#,
        r#"{"id":"a-1","command":"fly"}"#,
        r#"{"id":"a-1","command":"dial","number":"700202"}"#,
    ] {
        let fault = order::read(3, line.as_bytes()).unwrap_err();
        all.push(Reply::malformed(fault.id, &fault.inner));
    }
    let change = order::Change {
        line: 3,
        field: "sound",
        settings: json!({"colour": "blue"}).as_object().cloned().unwrap(),
    };
    let fault = change.apply(&SoundSettings::default()).unwrap_err();
    all.push(Reply::malformed(id(), &fault));
    all.push(Reply::malformed(
        None,
        &order::Malformed::TooLong { line: 3 },
    ));
    all.push(Reply::no_password(
        id(),
        &Unavailable::Env("ANA_PASSWORD".into()),
    ));
    all.into_iter()
        .map(|reply| notice(&Notice::Reply(reply)))
        .collect()
}

pub(super) fn view_parts() -> Vec<String> {
    [
        lines(samples::accounts()),
        lines(samples::asks()),
        lines(samples::leases()),
        lines(samples::move_requests()),
        lines(samples::links()),
        lines(samples::lines()),
        lines(samples::call_states()),
        lines(samples::qualities()),
        lines(samples::candidate_kinds()),
        lines(samples::codecs()),
        lines(vec![samples::device_fault()]),
        lines(samples::sound_checks()),
        lines(samples::server_checks()),
        lines(samples::path_checks()),
        lines(samples::playbacks()),
        lines(samples::vaults()),
        lines(samples::availabilities()),
        lines(samples::queue_logins()),
        lines(samples::queue_refusals()),
        lines(vec![samples::order()]),
        lines(vec![samples::wrap_up()]),
    ]
    .concat()
}

pub(super) fn reasons() -> Vec<String> {
    [
        lines(samples::signed_out_reasons()),
        lines(samples::not_moved()),
        lines(samples::move_answers()),
        lines(samples::ways()),
        lines(samples::end_causes()),
        lines(samples::hops()),
        lines(samples::device_kinds()),
        lines(samples::device_roles()),
        lines(samples::device_whys()),
        lines(samples::verdicts()),
        lines(samples::auto_answers()),
    ]
    .concat()
}

/// 2026-01-05 09:00:01.204 UTC, 1204 ms after the start.
fn stamp() -> Stamp {
    Stamp {
        mono: Duration::from_millis(1204),
        wall: SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_603_601_204),
    }
}

fn event(event: Event) -> String {
    let stamp = stamp();
    text(report::event(&Stamped { stamp, event }))
}

fn notice(notice: &Notice<'_>) -> String {
    text(report::notice(stamp(), notice))
}

fn text(line: Vec<u8>) -> String {
    let line = String::from_utf8(line).unwrap();
    line.strip_suffix('\n').unwrap().to_owned()
}

fn lines(parts: Vec<impl Serialize>) -> Vec<String> {
    parts
        .iter()
        .map(|part| serde_json::to_string(part).unwrap())
        .collect()
}
