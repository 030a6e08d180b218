#![allow(clippy::unwrap_used)]

mod keeping;
mod shelf;

use phone::{Restored, Stored, StoredSession, StoredTokens};
use secrecy::ExposeSecret;
use sidecar_api::{AgentConfig, SessionGrant, User};

use super::{
    entries::{Entries, Kept, Place},
    value::{self, Found, PART},
};
use crate::keyring::Trouble;

use shelf::Shelf;

/// What Credential Manager keeps at most, in bytes; as UTF-16 a text of half as many characters.
const WINDOWS_LIMIT: usize = 2560;

#[test]
fn a_session_is_read_back_with_its_newest_tokens() {
    let shelf = Shelf::default();
    let mut entries = entries(&shelf);
    entries.store(session("ana", 0)).unwrap();
    for access in ["first", "second"] {
        entries.store(tokens(access, 0)).unwrap();
    }

    let restored = loaded(&shelf).unwrap();
    assert_eq!(restored.session.user.name, "ana");
    let config = restored.session.agent_config.unwrap();
    assert_eq!(config.sip_password.expose_secret(), "canary");
    assert_eq!(restored.session.grant.unwrap().ttl_seconds, 3600);
    assert_eq!(restored.tokens.access_token.expose_secret(), "second");
    assert_eq!(shelf.names().len(), 2, "{:?}", shelf.names());

    // The tokens of the next run belong to the same sign-in.
    let mut next = self::entries(&shelf);
    next.load().unwrap();
    next.store(tokens("third", 0)).unwrap();
    let restored = loaded(&shelf).unwrap();
    assert_eq!(restored.tokens.access_token.expose_secret(), "third");
}

#[test]
fn no_entry_is_larger_than_windows_allows_and_nothing_superfluous_stays() {
    let shelf = Shelf::default();
    let mut keyring = shelf.keyring();
    for size in [
        0,
        1,
        PART,
        PART + 1,
        3 * PART,
        70_000,
        PART + 7,
        5,
        2 * PART,
        0,
    ] {
        let value = (0..size).map(|it| it as u8).collect::<Vec<_>>();
        value::write(&mut keyring, "name", &value).unwrap();
        let Found::Value(read) = value::read(&mut keyring, "name").unwrap() else {
            panic!("{size} bytes are not read back");
        };
        assert_eq!(*read, value);
        let wanted = if size <= PART {
            1
        } else {
            1 + size.div_ceil(PART)
        };
        assert_eq!(shelf.names().len(), wanted, "{size}: {:?}", shelf.names());
        let longest = shelf.values().iter().map(Vec::len).max().unwrap();
        assert!(longest * 2 <= WINDOWS_LIMIT, "{longest}");
    }
    let too_much = vec![b'x'; 100_000];
    let refused = value::write(&mut keyring, "name", &too_much);
    assert!(matches!(refused, Err(Trouble::Failed(_))), "{refused:?}");
}

#[test]
fn a_write_that_is_cut_short_leaves_the_old_value_or_the_new_one() {
    let sizes = [10, PART, PART + 1, 4 * PART];
    for (old, new) in sizes.iter().flat_map(|old| sizes.map(|new| (*old, new))) {
        let (old, new) = (vec![b'o'; old], vec![b'n'; new]);
        for mutations in 0.. {
            let shelf = Shelf::default();
            value::write(&mut shelf.keyring(), "name", &old).unwrap();
            shelf.dies_after(mutations);
            let died = value::write(&mut shelf.keyring(), "name", &new).is_err();
            shelf.lives_again();

            let Found::Value(found) = value::read(&mut shelf.keyring(), "name").unwrap() else {
                panic!("no value after {mutations} steps");
            };
            assert!(*found == old || *found == new, "after {mutations} steps");
            // The next write and the next removal find all that was left.
            value::write(&mut shelf.keyring(), "name", &old).unwrap();
            let parts = if old.len() <= PART {
                1
            } else {
                1 + old.len().div_ceil(PART)
            };
            assert_eq!(shelf.names().len(), parts, "after {mutations} steps");
            value::remove(&mut shelf.keyring(), "name").unwrap();
            assert!(shelf.names().is_empty(), "{:?}", shelf.names());
            if !died {
                break;
            }
        }
    }
}

#[test]
fn a_sign_in_that_is_cut_short_never_mixes_two_sessions() {
    for (ana, ravi) in [(0, 0), (0, 5000), (5000, 0), (5000, 5000)] {
        for mutations in 0.. {
            let shelf = Shelf::default();
            sign_in(&shelf, "ana", ana).unwrap();
            shelf.dies_after(mutations);
            let died = sign_in(&shelf, "ravi", ravi).is_err();
            shelf.lives_again();

            match entries(&shelf).load().unwrap() {
                Kept::Session(restored) => {
                    let name = restored.session.user.name.clone();
                    let access = restored.tokens.access_token.expose_secret();
                    assert!(access.starts_with(&name), "{access} with {name}'s account");
                }
                Kept::Nothing => assert!(shelf.names().is_empty(), "{:?}", shelf.names()),
                Kept::SetAside(why) => panic!("after {mutations} steps: {why}"),
            }
            if !died {
                break;
            }
        }
    }
}

#[test]
fn a_wipe_that_is_cut_short_leaves_nothing_that_is_taken_for_a_session() {
    for mutations in 0.. {
        let shelf = Shelf::default();
        sign_in(&shelf, "ana", 5000).unwrap();
        shelf.dies_after(mutations);
        let died = entries(&shelf).wipe().is_err();
        shelf.lives_again();

        let kept = entries(&shelf).load().unwrap();
        let whole = mutations == 0;
        assert_eq!(
            matches!(kept, Kept::Session(_)),
            whole,
            "{mutations}: {kept:?}"
        );
        assert!(!matches!(kept, Kept::SetAside(_)), "{mutations}: {kept:?}");
        entries(&shelf).wipe().unwrap();
        assert!(shelf.names().is_empty(), "{mutations}: {:?}", shelf.names());
        if !died {
            break;
        }
    }
}

#[test]
fn what_somebody_else_wrote_is_named_and_removed() {
    let garbage: [&[u8]; 8] = [
        b"",
        b"hunter2",
        b"\xff\xfe\x00",
        b"{}",
        b"{\"version\":1}",
        b"{\"version\":0}",
        b"{\"slot\":\"a\",\"parts\":3,\"sha256\":\"00\"}",
        b"{\"slot\":\"a\",\"parts\":18446744073709551615,\"sha256\":\"00\"}",
    ];
    for kind in ["agentConfig", "tokens"] {
        for bytes in garbage {
            let shelf = Shelf::default();
            sign_in(&shelf, "ana", 0).unwrap();
            shelf.overwrite(kind, bytes);
            set_aside(&shelf, kind, "somebody else");
        }
        let shelf = Shelf::default();
        sign_in(&shelf, "ana", 5000).unwrap();
        shelf.overwrite(&format!("{kind} a2"), &[b'y'; PART]);
        set_aside(&shelf, kind, "somebody else");

        let shelf = Shelf::default();
        sign_in(&shelf, "ana", 0).unwrap();
        shelf.doubles(kind);
        set_aside(&shelf, kind, "somebody else");

        let shelf = Shelf::default();
        sign_in(&shelf, "ana", 0).unwrap();
        shelf.overwrite(kind, b"{\"version\":2,\"vault\":\"better\"}");
        set_aside(&shelf, kind, "newer version");
    }
}

#[test]
fn tokens_are_never_shown_to_another_sidecar_or_device() {
    let shelf = Shelf::default();
    sign_in(&shelf, "ana", 0).unwrap();
    for other in [
        place(
            "00000000-0000-4000-8000-000000000002",
            "https://helix.example/",
        ),
        place(DEVICE, "https://elsewhere.example/"),
    ] {
        let kept = Entries::new(Box::new(shelf.keyring()), other)
            .load()
            .unwrap();
        assert!(matches!(kept, Kept::Nothing), "{kept:?}");
    }
    assert!(loaded(&shelf).is_some());

    // Names have an end; the address in the entry has the last word.
    let shelf = Shelf::default();
    let long = |end| {
        place(
            DEVICE,
            &format!("https://helix.example/{}{end}", "x".repeat(500)),
        )
    };
    let mut entries = Entries::new(Box::new(shelf.keyring()), long("a"));
    entries.store(session("ana", 0)).unwrap();
    entries.store(tokens("ana", 0)).unwrap();
    let kept = Entries::new(Box::new(shelf.keyring()), long("b"))
        .load()
        .unwrap();
    assert!(matches!(kept, Kept::Nothing), "{kept:?}");
}

#[test]
fn a_keyring_that_does_not_remove_is_found_out() {
    let shelf = Shelf::default();
    sign_in(&shelf, "ana", 0).unwrap();
    shelf.clings();
    let wiped = entries(&shelf).wipe();
    assert!(matches!(wiped, Err(Trouble::Failed(_))), "{wiped:?}");
}

const DEVICE: &str = "00000000-0000-4000-8000-000000000001";

fn place(device_id: &str, sidecar: &str) -> Place {
    Place {
        device_id: device_id.to_owned(),
        sidecar: sidecar.to_owned(),
    }
}

fn here() -> Place {
    place(DEVICE, "https://helix.example/")
}

fn entries(shelf: &Shelf) -> Entries {
    Entries::new(Box::new(shelf.keyring()), here())
}

fn loaded(shelf: &Shelf) -> Option<Restored> {
    match entries(shelf).load().unwrap() {
        Kept::Session(restored) => Some(*restored),
        Kept::Nothing => None,
        Kept::SetAside(why) => panic!("{why}"),
    }
}

fn set_aside(shelf: &Shelf, kind: &str, why: &str) {
    match entries(shelf).load().unwrap() {
        Kept::SetAside(told) => {
            assert!(
                told.contains(&format!("\"{kind}\"")) && told.contains(why),
                "{told}"
            );
        }
        kept @ (Kept::Nothing | Kept::Session(_)) => panic!("{kind}: {kept:?}"),
    }
    assert!(shelf.names().is_empty(), "{:?}", shelf.names());
}

fn sign_in(shelf: &Shelf, name: &str, padding: usize) -> Result<(), Trouble> {
    let mut entries = entries(shelf);
    entries.store(session(name, padding))?;
    entries.store(tokens(name, padding))
}

/// `padding`: how many bytes longer than usual.
fn session(name: &str, padding: usize) -> Stored {
    Stored::Session(Box::new(StoredSession {
        user: User {
            id: format!("id-{name}"),
            role: "cc-agent".into(),
            name: name.into(),
            email: format!("{name}@helix.example"),
        },
        agent_config: Some(AgentConfig {
            ozonetel_agent_id: "agent2".into(),
            sip_extension: "700201".into(),
            sip_password: "canary".into(),
            sip_uri: "sip:700201@sip.example".into(),
            sip_ws_server: "wss://sip.example:444".into(),
            campaign_name: Some("\u{fc}".repeat(padding / 2)),
            ice_servers: Vec::new(),
        }),
        grant: Some(SessionGrant {
            id: "s1".into(),
            ttl_seconds: 3600,
            heartbeat_seconds: 300,
        }),
    }))
}

fn tokens(access: &str, padding: usize) -> Stored {
    Stored::Tokens(StoredTokens {
        access_token: format!("{access}{}", "x".repeat(padding)).into(),
        refresh_token: "canary".into(),
    })
}
