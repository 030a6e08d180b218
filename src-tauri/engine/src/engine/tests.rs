#![allow(clippy::unwrap_used)]

mod virtual_time;

use phone::{AccountView, Event, LockReturned, SignedOutReason};
use tokio::sync::broadcast::error::RecvError;
use zeroize::Zeroizing;

use super::*;
use crate::{
    History, Retention,
    keyring::{Keyring, Trouble},
    test_server::{HttpServer, PATIENCE, http, soon},
};

/// A manager's sign-in; with what a sign-out wants to read.
const MANAGER: &str = r#"{"accessToken":"a","refreshToken":"r","status":"ok",
    "user":{"id":"2","role":"manager","name":"Mia","email":"mia@helix.example"}}"#;

#[tokio::test]
async fn a_manager_signs_in_without_a_phone_and_stopping_signs_out() {
    let mut server = HttpServer::start(None, http("200 OK", "application/json", MANAGER)).await;
    let engine = Engine::spawn(config(Some(&server), Vault::memory())).unwrap();
    let mut events = engine.events();

    sign_in(&engine).await;

    let first = soon(events.recv()).await.unwrap();
    assert!(
        matches!(&first.event, Event::SignedIn { phone: false, .. }),
        "{first:?}"
    );
    let account = engine.view().borrow().account.clone();
    assert!(
        matches!(account, AccountView::SignedIn { phone: false, .. }),
        "{account:?}"
    );
    assert!(server.request().await.starts_with("POST /auth/login "));

    soon(engine.stop(PATIENCE)).await;

    let last = soon(events.recv()).await.unwrap();
    assert_eq!(
        last.event,
        Event::SignedOut {
            reason: SignedOutReason::ByUser {
                lock: LockReturned::NotHeld
            }
        }
    );
    assert!(last.stamp.mono >= first.stamp.mono);
    assert!(server.request().await.starts_with("POST /auth/logout "));
    let account = engine.view().borrow().account.clone();
    assert!(
        matches!(account, AccountView::SignedOut { .. }),
        "{account:?}"
    );
}

#[tokio::test]
async fn a_phone_that_has_stopped_takes_no_command() {
    let engine = Engine::spawn(config(None, Vault::memory())).unwrap();
    soon(engine.stop(PATIENCE)).await;
    assert_eq!(engine.send(Command::SignOut).await, Err(Rejected::Stopping));
    // A second stop finds nothing to do.
    soon(engine.stop(PATIENCE)).await;
}

#[tokio::test]
async fn a_history_follows_until_the_engine_has_stopped() {
    let (history, _) = History::open(None, Retention::default());
    let engine = Engine::spawn(config(None, Vault::memory())).unwrap();
    let follows = history.follow(&engine);
    soon(engine.stop(PATIENCE)).await;
    soon(follows).await.unwrap();
    soon(history.written()).await;
    assert!(history.entries().borrow().is_empty());
}

#[tokio::test]
async fn a_phone_without_handles_ends() {
    let engine = Engine::spawn(config(None, Vault::memory())).unwrap();
    let mut events = engine.events();
    drop(engine);
    assert_eq!(soon(events.recv()).await, Err(RecvError::Closed));
}

#[tokio::test]
async fn a_vault_that_fails_is_told_and_the_session_goes_on() {
    let server = HttpServer::start(None, http("200 OK", "application/json", MANAGER)).await;
    let engine = Engine::spawn(config(Some(&server), Vault::over(LockedKeyring))).unwrap();
    let mut events = engine.events();

    sign_in(&engine).await;

    soon(async {
        loop {
            if let Event::VaultFault { detail } = events.recv().await.unwrap().event {
                let told = "The keyring is locked or refuses access";
                assert_eq!(detail, told);
                return;
            }
        }
    })
    .await;
    let mut view = engine.view();
    let signed_in = view.wait_for(|view| matches!(view.account, AccountView::SignedIn { .. }));
    assert!(soon(signed_in).await.is_ok());
}

#[tokio::test]
async fn a_start_that_cannot_succeed_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("ca.pem");
    let error = Engine::spawn(Config {
        extra_ca: Some(missing.clone()),
        ..config(None, Vault::memory())
    })
    .unwrap_err();
    assert!(
        error.to_string().contains(missing.to_str().unwrap()),
        "{error}"
    );

    let error = Engine::spawn(Config {
        sidecar: Some(Url::parse("http://helix.example").unwrap()),
        ..config(None, Vault::memory())
    })
    .unwrap_err();
    assert!(error.to_string().contains("https is needed"), "{error}");

    let error = Engine::spawn(Config {
        proxy: Some(Url::parse("socks5://proxy.example").unwrap()),
        ..config(None, Vault::memory())
    })
    .unwrap_err();
    assert!(error.to_string().contains("\"socks5\""), "{error}");
}

async fn sign_in(engine: &Engine) {
    let command = Command::SignIn {
        email: "mia@helix.example".into(),
        password: "secret".into(),
        takeover: false,
    };
    engine.send(command).await.unwrap();
}

fn config(sidecar: Option<&HttpServer>, vault: Vault) -> Config {
    Config {
        setup: phone::Setup {
            sidecar: false,
            restores: false,
            fallback: None,
            device_id: "6f1c2d3e-4a5b-4c6d-8e7f-001122334455".into(),
            user_agent: "HelixPhone/test".into(),
            sound: phone::SoundSettings::default(),
            calls: phone::CallSettings::default(),
            dialling: phone::DialPlan::default(),
            seed: [7; 32],
        },
        sidecar: sidecar.map(|server| Url::parse(&format!("http://{}", server.address)).unwrap()),
        extra_ca: None,
        proxy: None,
        device_name: "test".into(),
        media: media::Config {
            capture: media::Capture::Silence,
            playback: media::Playback::Discard,
            packet_time: media::PacketTime::default(),
        },
        vault,
    }
}

#[derive(Debug)]
struct LockedKeyring;

impl Keyring for LockedKeyring {
    fn read(&mut self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        Err(Trouble::Locked)
    }

    fn write(&mut self, _: &str, _: &[u8]) -> Result<(), Trouble> {
        Err(Trouble::Locked)
    }

    fn remove(&mut self, _: &str) -> Result<(), Trouble> {
        Err(Trouble::Locked)
    }
}
