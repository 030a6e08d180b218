use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, mpsc},
};

use zeroize::Zeroizing;

use crate::keyring::{Keyring, Trouble};

/// A keyring in memory that can be told how to misbehave; all its clones are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, Vec<u8>>,
    /// How many changes are still made; then it is as if the process had been killed.
    changes_left: Option<usize>,
    trouble: Option<Trouble>,
    doubled: Option<String>,
    clings: bool,
    panics: bool,
    calls: usize,
}

/// What a vault holds of a [`Shelf`].
#[derive(Debug)]
pub(super) struct ShelfKeyring {
    shelf: Shelf,
    /// Each call waits for a word of the sender, or for its end.
    gate: Option<mpsc::Receiver<()>>,
}

impl Shelf {
    pub(super) fn keyring(&self) -> ShelfKeyring {
        ShelfKeyring {
            shelf: self.clone(),
            gate: None,
        }
    }

    /// Returns a keyring that hangs until the sender is dropped.
    pub(super) fn hanging(&self) -> (ShelfKeyring, mpsc::Sender<()>) {
        let (open, gate) = mpsc::channel();
        let keyring = ShelfKeyring {
            shelf: self.clone(),
            gate: Some(gate),
        };
        (keyring, open)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.state().entries.keys().cloned().collect()
    }

    pub(super) fn values(&self) -> Vec<Vec<u8>> {
        self.state().entries.values().cloned().collect()
    }

    pub(super) fn calls(&self) -> usize {
        self.state().calls
    }

    pub(super) fn dies_after(&self, changes: usize) {
        self.state().changes_left = Some(changes);
    }

    pub(super) fn lives_again(&self) {
        self.state().changes_left = None;
    }

    pub(super) fn refuses(&self, trouble: Option<Trouble>) {
        self.state().trouble = trouble;
    }

    pub(super) fn clings(&self) {
        self.state().clings = true;
    }

    pub(super) fn panics(&self, panics: bool) {
        self.state().panics = panics;
    }

    /// Somebody writes into the entry whose name ends like this.
    pub(super) fn overwrite(&self, end: &str, value: &[u8]) {
        let name = self.name(end);
        self.state().entries.insert(name, value.to_vec());
    }

    /// Somebody makes a second entry of that name.
    pub(super) fn doubles(&self, end: &str) {
        let name = self.name(end);
        self.state().doubled = Some(name);
    }

    fn name(&self, end: &str) -> String {
        let names = self.names();
        names.into_iter().find(|it| it.ends_with(end)).unwrap()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl ShelfKeyring {
    fn enter(&self) -> Result<MutexGuard<'_, State>, Trouble> {
        if let Some(gate) = &self.gate {
            let _ = gate.recv();
        }
        let mut state = self.shelf.state();
        state.calls += 1;
        if state.panics {
            drop(state);
            panic!("a library that breaks");
        }
        match &state.trouble {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(state),
        }
    }

    fn change(&self) -> Result<MutexGuard<'_, State>, Trouble> {
        let mut state = self.enter()?;
        match &mut state.changes_left {
            Some(0) => return Err(Trouble::Failed("killed".into())),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(state)
    }
}

impl Keyring for ShelfKeyring {
    fn read(&mut self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        let state = self.enter()?;
        if state.doubled.as_deref() == Some(name) {
            return Err(Trouble::Ambiguous);
        }
        Ok(state.entries.get(name).cloned().map(Zeroizing::new))
    }

    fn write(&mut self, name: &str, value: &[u8]) -> Result<(), Trouble> {
        self.change()?
            .entries
            .insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), Trouble> {
        let mut state = self.change()?;
        if !state.clings {
            state.entries.remove(name);
            state.doubled.take_if(|it| it == name);
        }
        Ok(())
    }
}
