//! What the phone hears of a keyring that works, fails, or does not answer.

use phone::Input;
use tokio::sync::mpsc;

use super::{super::*, Shelf, here, loaded, session, sign_in, tokens};
use crate::test_server::soon;

#[tokio::test]
async fn a_session_is_kept_restored_and_wiped() {
    let shelf = Shelf::default();
    let mut vault = Opened::over(shelf.keyring());
    vault.ask(Request::Restore);
    assert!(vault.restored().await.is_none());
    vault.ask(store(session("ana", 0)));
    vault.ask(store(tokens("ana", 0)));
    vault.end().await;
    assert!(loaded(&shelf).is_some());

    let mut vault = Opened::over(shelf.keyring());
    vault.ask(Request::Restore);
    assert_eq!(vault.restored().await.unwrap().session.user.name, "ana");
    vault.ask(Request::Wipe);
    assert!(matches!(vault.next().await, Input::Wiped));
    assert!(shelf.names().is_empty());
}

#[tokio::test]
async fn each_trouble_is_told_once_for_a_session_and_the_next_sign_in_tries_again() {
    for trouble in [
        Trouble::Absent,
        Trouble::Locked,
        Trouble::Failed("a bus without a driver".into()),
    ] {
        let shelf = Shelf::default();
        shelf.refuses(Some(trouble.clone()));
        let mut vault = Opened::over(shelf.keyring());
        vault.ask(Request::Restore);
        assert_eq!(vault.complaint().await, trouble.to_string());
        assert!(vault.restored().await.is_none());
        vault.ask(store(session("ana", 0)));
        assert_eq!(vault.complaint().await, trouble.to_string());
        for _ in 0..3 {
            vault.ask(store(tokens("ana", 0)));
        }
        vault.ask(Request::Wipe);
        if trouble != Trouble::Absent {
            let told = vault.complaint().await;
            assert!(told.ends_with("could not be removed"), "{told}");
        }
        assert!(matches!(vault.next().await, Input::Wiped));

        shelf.refuses(None);
        vault.ask(store(session("ana", 0)));
        vault.ask(store(tokens("ana", 0)));
        vault.end().await;
        assert!(loaded(&shelf).is_some());
    }
}

#[tokio::test]
async fn a_keyring_that_fails_in_the_middle_is_left_without_half_a_session() {
    let shelf = Shelf::default();
    let mut vault = Opened::over(shelf.keyring());
    // The account is written, the tokens are not, nor can the account be removed.
    shelf.dies_after(1);
    vault.ask(store(session("ana", 0)));
    vault.ask(store(tokens("ana", 0)));
    let told = vault.complaint().await;
    assert_eq!(told, "The keyring failed (killed)");
    shelf.lives_again();
    vault.ask(store(tokens("ana-2", 0)));
    vault.end().await;
    assert!(loaded(&shelf).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_keyring_that_does_not_answer_holds_nobody_up_and_is_wiped_when_it_does() {
    let shelf = Shelf::default();
    sign_in(&shelf, "ana", 0).unwrap();
    let before = shelf.calls();
    let (keyring, gate) = shelf.hanging();
    let mut vault = Opened::over(keyring);
    vault.ask(Request::Restore);
    let silent = "The keyring does not answer";
    assert_eq!(vault.complaint().await, silent);
    assert!(vault.restored().await.is_none());
    vault.ask(store(session("ravi", 0)));
    vault.ask(store(tokens("ravi", 0)));
    assert_eq!(vault.complaint().await, silent);
    vault.ask(Request::Wipe);
    let told = vault.complaint().await;
    assert!(told.starts_with("The keyring does not answer"), "{told}");
    assert!(matches!(vault.next().await, Input::Wiped));
    assert_eq!(shelf.calls(), before);

    drop(gate);
    tokio::time::resume();
    let gone = async {
        while !shelf.names().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    soon(gone).await;
}

#[tokio::test(start_paused = true)]
async fn a_keyring_that_answers_late_still_brings_the_session_back() {
    let shelf = Shelf::default();
    sign_in(&shelf, "ana", 0).unwrap();
    let (keyring, gate) = shelf.hanging();
    let mut vault = Opened::over(keyring);
    vault.ask(Request::Restore);
    vault.complaint().await;
    assert!(vault.restored().await.is_none());

    tokio::time::resume();
    drop(gate);
    let restored = vault.restored().await.unwrap();
    assert_eq!(restored.session.user.name, "ana");
    vault.ask(store(tokens("ana-2", 0)));
    vault.end().await;
    let access = loaded(&shelf).unwrap().tokens.access_token;
    assert_eq!(secrecy::ExposeSecret::expose_secret(&access), "ana-2");
}

#[tokio::test]
async fn what_was_set_aside_is_told_and_nobody_is_signed_in() {
    let shelf = Shelf::default();
    sign_in(&shelf, "ana", 0).unwrap();
    shelf.overwrite("tokens", b"garbage");
    let mut vault = Opened::over(shelf.keyring());
    vault.ask(Request::Restore);
    let told = vault.complaint().await;
    assert!(
        told.contains("\"tokens\"") && told.ends_with("Sign in again"),
        "{told}"
    );
    assert!(vault.restored().await.is_none());
}

#[tokio::test]
async fn no_secret_shows_in_what_is_told_or_printed() {
    let shelf = Shelf::default();
    let mut vault = Opened::over(shelf.keyring());
    vault.ask(store(session("ana", 0)));
    vault.ask(store(tokens("canary", 0)));
    vault.ask(Request::Restore);
    let restored = vault.next().await;
    assert!(
        matches!(restored, Input::Restored { restored: Some(_) }),
        "{restored:?}"
    );
    assert!(!format!("{restored:?}").contains("canary"));
    assert!(!format!("{:?}", store(tokens("canary", 0))).contains("canary"));
}

#[tokio::test]
async fn a_keyring_whose_library_panics_is_told_and_asked_again() {
    let shelf = Shelf::default();
    shelf.panics(true);
    let mut vault = Opened::over(shelf.keyring());
    vault.ask(store(session("ana", 0)));
    assert_eq!(
        vault.complaint().await,
        "The keyring failed (Its thread broke)"
    );
    shelf.panics(false);
    vault.ask(store(session("ana", 0)));
    vault.ask(store(tokens("ana", 0)));
    vault.end().await;
    assert!(loaded(&shelf).is_some());
}

fn store(stored: Stored) -> Request {
    Request::Store(stored, watch::channel(()).0)
}

/// A vault and what it tells.
struct Opened {
    requests: Option<mpsc::UnboundedSender<Request>>,
    inputs: mpsc::Receiver<Input>,
    task: tokio::task::JoinHandle<()>,
}

impl Opened {
    fn over(keyring: impl Keyring + 'static) -> Self {
        let (told, inputs) = mpsc::channel(64);
        let (requests, waiting) = mpsc::unbounded_channel();
        let keeper = Vault::over(keyring).keeper(here(), told).unwrap();
        Self {
            requests: Some(requests),
            inputs,
            task: tokio::spawn(keeper.run(waiting)),
        }
    }

    fn ask(&self, request: Request) {
        self.requests.as_ref().unwrap().send(request).unwrap();
    }

    async fn next(&mut self) -> Input {
        soon(self.inputs.recv()).await.unwrap()
    }

    async fn restored(&mut self) -> Option<Box<phone::Restored>> {
        let input = self.next().await;
        let Input::Restored { restored } = input else {
            panic!("{input:?}");
        };
        restored
    }

    async fn complaint(&mut self) -> String {
        let input = self.next().await;
        let Input::VaultFailed { detail } = input else {
            panic!("{input:?}");
        };
        detail
    }

    /// Ends it as the engine does: everything that was asked is done.
    async fn end(mut self) {
        self.requests = None;
        soon(self.task).await.unwrap();
    }
}
