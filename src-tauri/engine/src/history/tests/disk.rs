//! What the disk may do to the history.

use super::*;

#[tokio::test]
async fn a_line_that_was_cut_costs_no_other_and_the_file_is_whole_again() {
    let home = Home::new();
    let history = home.open();
    home.call(&history, 1, "700201");
    home.call(&history, 2, "700202");
    soon(history.written()).await;
    drop(history);
    let whole = fs::read(&home.path).unwrap();
    let head = whole.iter().position(|it| *it == b'\n').unwrap() + 1;
    for length in 0..whole.len() {
        fs::write(&home.path, &whole[..length]).unwrap();
        let (history, complaints) = History::open(Some(&home.path), Retention::forever());
        assert!(complaints.is_empty(), "{length}: {complaints:?}");
        let kept = numbers(&history);
        let lines = whole[..length].iter().filter(|it| **it == b'\n').count();
        assert_eq!(kept.len(), lines.saturating_sub(1).div_ceil(3), "{length}");
        soon(history.written()).await;
        let text = fs::read_to_string(&home.path).unwrap_or_default();
        assert!(text.is_empty() || text.ends_with('\n'), "{length}");
        assert!(text.is_empty() || text.as_bytes().starts_with(&whole[..head]));
        drop(history);
    }
}

#[tokio::test]
async fn earlier_versions_read_these_lines_and_these_read_theirs() {
    /// A line as version 0.1.0 was first read and written.
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Earlier {
        id: u64,
        direction: Direction,
        number: String,
        display_name: Option<String>,
        began: u64,
        talked_ms: Option<u64>,
        cause: Option<EndCause>,
        quality: Option<phone::CallQuality>,
    }

    let home = Home::new();
    let history = home.open();
    home.call(&history, 1, "700201");
    soon(history.written()).await;
    drop(history);
    let text = fs::read_to_string(&home.path).unwrap();
    let (head, lines) = text.split_once('\n').unwrap();
    let earlier = lines
        .lines()
        .map(|it| serde_json::from_str::<Earlier>(it).unwrap());
    let earlier = earlier.collect::<Vec<_>>();
    assert_eq!(earlier.len(), 3);
    assert!(earlier.iter().all(|it| it.number == "700201"));

    let mut text = format!("{head}\n");
    for line in &earlier {
        text.push_str(&format!("{}\n", serde_json::to_string(line).unwrap()));
    }
    fs::write(&home.path, text).unwrap();
    let history = home.open();
    let entry = history.entries().borrow()[0].clone();
    assert_eq!(
        (entry.id, entry.cause),
        (earlier[2].id, Some(EndCause::Remote))
    );
    assert_eq!(entry.answered_after_ms, None);
    assert_eq!((entry.poor_ms, entry.poor_here_ms), (0, 0));
}

#[tokio::test]
async fn lines_that_cannot_be_read_are_left_out_and_counted() {
    let home = Home::new();
    let history = home.open();
    home.call(&history, 1, "700201");
    soon(history.written()).await;
    drop(history);
    let mut bytes = fs::read(&home.path).unwrap();
    let entry = |id: u64, cause: &str| {
        format!(
            "{{\"id\":{id},\"direction\":\"incoming\",\"number\":\"canary\",\"display_name\":null,\
             \"began\":{BEGAN},\"talked_ms\":null,\"cause\":{cause},\"quality\":null}}\n"
        )
    };
    for line in [
        "\n",
        "[]\n",
        "{}\n",
        "\u{0}\u{0}\u{0}\n",
        &"[".repeat(100_000),
        "\n",
        &entry(u64::MAX, "null"),
        &entry(1 << 53, "null"),
        &entry(1, "{\"code\":\"eaten\"}"),
        &entry(1, "7"),
    ] {
        bytes.extend(line.as_bytes());
    }
    bytes.extend(b"\xff\xfe\n");
    fs::write(&home.path, &bytes).unwrap();

    let (history, complaints) = History::open(Some(&home.path), Retention::forever());
    let told = complaints.join(" ");
    assert!(told.ends_with("cannot be read are left out: 10"), "{told}");
    assert!(told.contains(home.path.to_str().unwrap()), "{told}");
    assert_eq!(numbers(&history), ["700201"]);
    home.call(&history, 1, "700202");
    soon(history.written()).await;
    drop(history);
    assert_eq!(numbers(&home.open()), ["700202", "700201"]);
    let text = fs::read_to_string(&home.path).unwrap();
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn what_is_no_history_or_of_another_version_is_set_aside_and_named() {
    let large = [
        b"{\"helix_phone_history\":1}\n".as_slice(),
        &vec![b' '; 9 * 1024 * 1024],
    ]
    .concat();
    for (content, why, end) in [
        (&b"hello\n"[..], "is broken (it does not begin", "broken-1"),
        (b"\xff\xfe\x00", "is broken (", "broken-1"),
        (b"{\"helix_phone_history\":0}\n", "is broken (", "broken-1"),
        (&large, "is broken (it is larger than 8 MiB)", "broken-1"),
        (
            b"{\"helix_phone_history\":2,\"colour\":7}\n{\"id\":1}\n",
            "is of a newer version of Helix Phone (2)",
            "newer-1",
        ),
    ] {
        let home = Home::new();
        fs::write(&home.path, content).unwrap();
        let (history, complaints) = History::open(Some(&home.path), Retention::forever());
        let aside = home.path.with_extension(format!("jsonl.{end}"));
        let told = complaints.join(" ");
        assert!(told.contains(why), "{told}");
        assert!(told.ends_with(aside.to_str().unwrap()), "{told}");
        assert_eq!(fs::read(&aside).unwrap(), content);

        home.call(&history, 1, "700201");
        soon(history.written()).await;
        soon(history.forget(Forget::All)).await.unwrap();
        assert!(!aside.exists(), "what was set aside is forgotten, too");
        assert_eq!(home.files(), ["history.jsonl.lock"]);
    }
}

#[tokio::test]
async fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let mode = || fs::metadata(&home.path).unwrap().permissions().mode() & 0o777;
    let history = home.open();
    home.call(&history, 1, "700201");
    soon(history.written()).await;
    assert_eq!(mode(), 0o600);
    drop(history);
    fs::set_permissions(&home.path, fs::Permissions::from_mode(0o644)).unwrap();
    let history = home.open();
    assert_eq!(mode(), 0o600);
    soon(history.forget(Forget::One(0))).await.unwrap();
    assert_eq!(mode(), 0o600, "written anew");
}

#[tokio::test]
async fn a_second_phone_leaves_the_file_to_the_first() {
    let home = Home::new();
    let first = home.open();
    home.call(&first, 1, "700201");
    soon(first.written()).await;
    let (second, complaints) = History::open(Some(&home.path), Retention::forever());
    let told = complaints.join(" ");
    assert!(told.contains("in use by another Helix Phone"), "{told}");
    home.call(&second, 1, "700202");
    assert_eq!(numbers(&second), ["700202"]);
    soon(second.written()).await;
    let told = soon(second.forget(Forget::All)).await.unwrap_err();
    assert!(told.to_string().contains("another Helix Phone"), "{told}");
    let text = fs::read_to_string(&home.path).unwrap();
    assert!(
        text.contains("700201") && !text.contains("700202"),
        "{text}"
    );
}

#[tokio::test]
async fn a_disk_that_refuses_is_told_and_gets_all_when_it_is_back() {
    let home = Home::new();
    let history = home.open();
    home.call(&history, 1, "700201");
    soon(history.written()).await;
    // A file where the folder should be takes nothing.
    let (folder, away) = (
        home.folder.path().join("data"),
        home.folder.path().join("away"),
    );
    fs::rename(&folder, &away).unwrap();
    fs::write(&folder, "").unwrap();

    home.call(&history, 2, "700202");
    soon(history.written()).await;
    let told = history.fault().borrow().clone().unwrap();
    assert!(
        told.contains("cannot be written (") && told.contains("until the phone ends"),
        "{told}"
    );
    let id = history.entries().borrow()[1].id;
    let told = soon(history.forget(Forget::One(id))).await.unwrap_err();
    assert!(told.to_string().starts_with("Not deleted"), "{told}");
    assert_eq!(
        numbers(&history),
        ["700202"],
        "it is not shown all the same"
    );

    fs::remove_file(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    home.call(&history, 3, "700203");
    soon(history.written()).await;
    assert_eq!(*history.fault().borrow(), None);
    drop(history);
    assert_eq!(numbers(&home.open()), ["700203", "700202"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_left_alone() {
    let home = Home::new();
    fs::create_dir(&home.path).unwrap();
    let (history, complaints) = History::open(Some(&home.path), Retention::forever());
    let told = complaints.join(" ");
    assert!(told.contains("cannot be read ("), "{told}");
    home.call(&history, 1, "700201");
    assert_eq!(numbers(&history), ["700201"]);
    assert!(soon(history.forget(Forget::All)).await.is_err());
    assert!(home.path.is_dir());
}

#[test]
fn a_pipe_holds_nobody_up_and_stays() {
    use std::os::unix::{fs::FileTypeExt, net::UnixListener};

    let home = Home::new();
    let _listener = UnixListener::bind(&home.path).unwrap();
    let (_, complaints) = History::open(Some(&home.path), Retention::forever());
    let told = complaints.join(" ");
    assert!(told.contains("it is a device or a pipe"), "{told}");
    let kind = fs::symlink_metadata(&home.path).unwrap().file_type();
    assert!(kind.is_socket());
}

#[tokio::test]
async fn without_a_folder_calls_are_remembered_until_the_phone_ends() {
    let (history, complaints) = History::open(None, Retention::default());
    assert!(complaints[0].contains("no folder"), "{complaints:?}");
    let home = Home::new();
    for event in [incoming(1, "700201", None), ended(1, EndCause::Missed)] {
        home.tell(&history, event);
    }
    soon(history.written()).await;
    assert_eq!(*history.fault().borrow(), None, "it was told at the start");
    soon(history.forget(Forget::All)).await.unwrap();
    assert!(numbers(&history).is_empty());
}
