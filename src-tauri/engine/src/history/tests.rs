#![allow(clippy::unwrap_used)]

mod disk;
mod ledger;

use std::fs;

use phone::{Direction, EndCause, Event, Setup};
use tempfile::TempDir;

use super::*;
use crate::{Stamp, test_server::soon};

/// Unix time at which the tests' first call begins, in ms.
const BEGAN: u64 = 1_800_000_000_000;

#[tokio::test]
async fn calls_are_remembered_at_the_next_start_the_newest_first() {
    let home = Home::new();
    let history = home.open();
    for (call, number) in [(1, "700201"), (2, "700202"), (3, "700203")] {
        home.call(&history, call, number);
    }
    let before = history.entries().borrow().clone();
    assert_eq!(numbers(&history), ["700203", "700202", "700201"]);
    soon(history.written()).await;
    assert_eq!(*history.fault().borrow(), None);
    drop(history);

    let history = home.open();
    assert_eq!(*history.entries().borrow(), before);
    home.call(&history, 1, "700204");
    assert_eq!(numbers(&history)[..2], ["700204", "700203"]);
}

#[tokio::test]
async fn a_call_that_a_crash_cut_is_told_at_the_next_start() {
    let home = Home::new();
    let history = home.open();
    home.call(&history, 1, "700201");
    home.tell(&history, dialing(2, "700202"));
    home.tell(&history, answered(2));
    assert_eq!(numbers(&history), ["700201"], "it goes on");
    soon(history.written()).await;
    drop(history);

    let history = home.open();
    assert_eq!(numbers(&history), ["700202", "700201"]);
    let cut = history.entries().borrow()[0].clone();
    assert_eq!((cut.cause, cut.talked_ms), (None, Some(0)));
}

#[tokio::test]
async fn a_call_that_is_forgotten_is_gone_from_the_disk() {
    let home = Home::new();
    let history = home.open();
    for (call, number) in [(1, "700201"), (2, "700202"), (3, "700203")] {
        home.call(&history, call, number);
    }
    let id = history.entries().borrow()[1].id;
    soon(history.forget(Forget::One(id))).await.unwrap();
    assert_eq!(numbers(&history), ["700203", "700201"]);
    let text = fs::read_to_string(&home.path).unwrap();
    assert!(
        !text.contains("700202") && text.contains("700203"),
        "{text}"
    );
    soon(history.forget(Forget::One(id))).await.unwrap();
    assert_eq!(numbers(&history).len(), 2, "nothing is there any more");

    home.tell(&history, dialing(4, "700204"));
    soon(history.forget(Forget::All)).await.unwrap();
    assert!(numbers(&history).is_empty());
    let text = fs::read_to_string(&home.path).unwrap();
    assert!(
        !text.contains("700203") && text.contains("700204"),
        "{text}"
    );
    home.tell(&history, ended(4, EndCause::Local));
    assert_eq!(numbers(&history), ["700204"], "it went on");

    soon(history.forget(Forget::All)).await.unwrap();
    assert_eq!(home.files(), ["history.jsonl.lock"]);
}

#[tokio::test]
async fn no_more_than_500_calls_and_30_days_are_remembered() {
    let home = Home::new();
    let history = home.open();
    for call in 0..600 {
        home.call(&history, call, &format!("{}", 700_000 + call));
    }
    soon(history.written()).await;
    drop(history);
    let history = home.open();
    let kept = numbers(&history);
    assert_eq!(kept.len(), 500);
    assert_eq!((kept[0].as_str(), kept[499].as_str()), ("700599", "700100"));
    assert!(fs::metadata(&home.path).unwrap().len() < 1024 * 1024);

    // A month later a call comes in.
    lock(&history.shared).retention = Retention::default();
    let later = Duration::from_secs(30 * 24 * 3600) + Duration::from_millis(599);
    for event in [incoming(1, "700600", None), ended(1, EndCause::Missed)] {
        history.take(1, &stamped(later, event), |_| None);
    }
    assert_eq!(numbers(&history), ["700600", "700599"]);
    soon(history.written()).await;
    let text = fs::read_to_string(&home.path).unwrap();
    assert!(
        !text.contains("700598") && text.contains("700599"),
        "{text}"
    );
}

#[tokio::test]
async fn where_nothing_may_be_remembered_nothing_is_written() {
    let home = Home::new();
    let history = home.open();
    home.call(&history, 1, "700201");
    soon(history.written()).await;
    drop(history);
    let none = Retention {
        days: 0,
        ..Retention::default()
    };
    let (history, complaints) = History::open(Some(&home.path), none);
    assert!(complaints.is_empty(), "{complaints:?}");
    home.call(&history, 2, "700202");
    home.tell(&history, dialing(3, "700203"));
    assert!(numbers(&history).is_empty());
    soon(history.written()).await;
    assert_eq!(home.files(), ["history.jsonl.lock"]);
}

#[tokio::test]
async fn calls_older_than_allowed_are_gone_at_the_start() {
    let home = Home::new();
    let history = home.open();
    let now = SystemTime::now();
    for (days, number) in [(29, "700229"), (31, "700231")] {
        let wall = now - Duration::from_secs(days * 24 * 3600);
        for event in [incoming(1, number, None), ended(1, EndCause::Missed)] {
            let stamp = Stamp {
                mono: Duration::ZERO,
                wall,
            };
            history.take(1, &Stamped { stamp, event }, |_| None);
        }
    }
    soon(history.written()).await;
    drop(history);
    let (history, _) = History::open(Some(&home.path), Retention::default());
    assert_eq!(numbers(&history), ["700229"]);
    soon(history.written()).await;
    let text = fs::read_to_string(&home.path).unwrap();
    assert!(!text.contains("700231"), "{text}");
}

#[tokio::test]
async fn masked_numbers_are_on_no_disk_and_those_of_before_are_masked() {
    let home = Home::new();
    let history = home.open();
    home.call(&history, 1, "9876543210");
    soon(history.written()).await;
    let masked = Retention {
        mask_numbers: true,
        ..Retention::forever()
    };
    assert_eq!(history.masked("9123456789".to_owned()), "9123456789");
    drop(history);
    let (history, _) = History::open(Some(&home.path), masked);
    assert_eq!(history.masked("9123456789".to_owned()), "91••••6789");
    home.tell(&history, incoming(2, "9123456789", Some("9123456789")));
    soon(history.written()).await;
    let text = fs::read_to_string(&home.path).unwrap();
    home.tell(&history, ended(2, EndCause::Missed));
    assert_eq!(numbers(&history), ["91••••6789", "98••••3210"]);
    soon(history.forget(Forget::One(1))).await.unwrap();
    for text in [text, fs::read_to_string(&home.path).unwrap()] {
        assert!(!text.contains("345") && !text.contains("765"), "{text}");
        assert!(text.contains("6789"), "{text}");
    }
}

#[cfg(unix)]
#[cfg(unix)]
#[tokio::test]
async fn who_follows_hears_all_to_the_end_and_catches_up() {
    let home = Home::new();
    let history = home.open();
    let (events, receiver) = broadcast::channel(4);
    let phone = phone::Phone::new(
        Setup {
            sidecar: false,
            fallback: None,
            restores: false,
            calls: phone::CallSettings::default(),
            dialling: phone::DialPlan::default(),
            sound: phone::SoundSettings::default(),
            device_id: "desk".into(),
            user_agent: "HelixPhone/test".into(),
            seed: [7; 32],
        },
        std::time::Instant::now(),
    );
    let (view, watched) = watch::channel(phone.view());
    let follower = tokio::spawn(history.follower(receiver, watched).run());
    let tell = |ms, event| {
        events
            .send(stamped(Duration::from_millis(ms), event))
            .unwrap()
    };
    tell(0, dialing(1, "700201"));
    tell(10, ended(1, EndCause::Local));
    let mut entries = history.entries();
    soon(entries.wait_for(|it| it.len() == 1)).await.unwrap();

    tell(20, dialing(2, "700202"));
    let is_open = || lock(&history.shared).ledger.open().count() == 1;
    while !is_open() {
        tokio::task::yield_now().await;
    }
    // The end of the call is among what is lost.
    tell(30, ended(2, EndCause::Remote));
    for _ in 0..4 {
        tell(40, Event::LinkUp);
    }
    soon(entries.wait_for(|it| it.len() == 2)).await.unwrap();
    assert_eq!(entries.borrow()[0].cause, None, "nobody heard it");

    tell(50, dialing(3, "700203"));
    tell(60, ended(3, EndCause::Remote));
    tell(70, dialing(4, "700204"));
    drop(view);
    soon(follower).await.unwrap();
    assert_eq!(
        numbers(&history),
        ["700204", "700203", "700202", "700201"],
        "the phone ended in the last one"
    );
}

impl Retention {
    /// The tests' calls began when they began.
    fn forever() -> Self {
        Self {
            days: u16::MAX,
            mask_numbers: false,
        }
    }
}

/// A folder for a history.
struct Home {
    folder: TempDir,
    path: PathBuf,
}

impl Home {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("data/history.jsonl");
        fs::create_dir(folder.path().join("data")).unwrap();
        Self { folder, path }
    }

    fn open(&self) -> History {
        let (history, complaints) = History::open(Some(&self.path), Retention::forever());
        assert!(complaints.is_empty(), "{complaints:?}");
        history
    }

    fn tell(&self, history: &History, event: Event) {
        history.take(1, &stamped(Duration::ZERO, event), |_| None);
    }

    /// A whole call, of three lines.
    fn call(&self, history: &History, call: u32, number: &str) {
        let at = Duration::from_millis(call.into());
        for event in [
            dialing(call, number),
            answered(call),
            ended(call, EndCause::Remote),
        ] {
            history.take(1, &stamped(at, event), |_| None);
        }
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.path.parent().unwrap()).unwrap();
        files
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

fn numbers(history: &History) -> Vec<String> {
    let entries = history.entries();
    let entries = entries.borrow();
    entries.iter().map(|it| it.number.clone()).collect()
}

fn stamped(mono: Duration, event: Event) -> Stamped {
    let wall = SystemTime::UNIX_EPOCH + Duration::from_millis(BEGAN) + mono;
    Stamped {
        stamp: Stamp { mono, wall },
        event,
    }
}

fn dialing(call: u32, number: &str) -> Event {
    Event::CallDialing {
        call: CallId(call),
        target: number.to_owned(),
    }
}

fn incoming(call: u32, number: &str, name: Option<&str>) -> Event {
    Event::CallIncoming {
        call: CallId(call),
        from: number.to_owned(),
        display_name: name.map(str::to_owned),
    }
}

fn answered(call: u32) -> Event {
    Event::CallAnswered {
        call: CallId(call),
        automatically: false,
    }
}

fn connected(call: u32) -> Event {
    Event::CallConnected { call: CallId(call) }
}

fn ended(call: u32, cause: EndCause) -> Event {
    Event::CallEnded {
        call: CallId(call),
        cause,
    }
}
