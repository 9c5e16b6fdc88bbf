//! A store in memory, for tests of what stands on top of a store. Its clones share one state; [`MemoryStore::durable`]
//! is what would be found after a crash.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::MOST_PRUNED;
use crate::domain::ids::EntryId;
use crate::domain::journal::JournalEntry;
use crate::ports::kept::{apply, clashes};
use crate::ports::{Change, JournalQuery, Kept, Store, StoreError};

/// A store in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Clone, Default)]
struct State {
    kept: Kept,
    journal: Vec<JournalEntry>,
    commits: usize,
    backups: usize,
    fails_at: Option<usize>,
    takes: Duration,
    poisoned: bool,
}

impl MemoryStore {
    /// A store that already keeps something.
    pub fn holding(kept: Kept) -> Self {
        let state = State { kept, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Makes that commit fail, counted from 1 since the store was made; it and every later call fail, as with the store
    /// on disk.
    pub fn fail_commit(&self, number: usize) {
        self.state().fails_at = Some(number);
    }

    /// Makes every commit take so long, as a slow disk would.
    pub fn take_time(&self, takes: Duration) {
        self.state().takes = takes;
    }

    /// How many commits were made.
    pub fn commits(&self) -> usize {
        self.state().commits
    }

    /// How often a backup was asked for.
    pub fn backups(&self) -> usize {
        self.state().backups
    }

    /// A sound store of its own that holds what is durable now: the state that a new process finds.
    #[must_use]
    pub fn durable(&self) -> Self {
        let state = self.state().clone();
        let state = State { commits: 0, fails_at: None, poisoned: false, ..state };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Io("it is not used any more since an earlier failure".into()));
        }
        Ok(())
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if self.fails_at == Some(self.commits + 1) {
            return Err(StoreError::Io("told to fail".into()));
        }
        let (mut kept, mut journal) = (self.kept.clone(), self.journal.clone());
        for change in changes {
            match change {
                Change::PutLink(link) if clashes(&kept, link) => {
                    let what = format!("contact {} has a link on that side already", link.contact.0);
                    return Err(StoreError::Io(what));
                }
                Change::Journal(entry) => match journal.binary_search_by_key(&entry.id, |other| other.id) {
                    Ok(_) => {
                        let what = format!("journal entry {} is there already", entry.id.0);
                        return Err(StoreError::Io(what));
                    }
                    Err(place) => journal.insert(place, entry.clone()),
                },
                Change::Undone(ids) => journal
                    .iter_mut()
                    .filter(|entry| ids.contains(&entry.id))
                    .for_each(|entry| entry.undone = true),
                Change::PruneJournal(before) => {
                    // As on disk: only what stood before this commit.
                    let standing = self.journal.iter().take(MOST_PRUNED);
                    let old: BTreeSet<EntryId> =
                        standing.take_while(|entry| entry.at < *before).map(|entry| entry.id).collect();
                    journal.retain(|entry| !old.contains(&entry.id));
                }
                _ => {}
            }
            apply(&mut kept, change);
        }
        self.kept = kept;
        self.journal = journal;
        self.commits += 1;
        Ok(())
    }
}

impl Store for MemoryStore {
    async fn load(&self) -> Result<Kept, StoreError> {
        let state = self.state();
        state.check()?;
        Ok(state.kept.clone())
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let takes = self.state().takes;
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        let mut state = self.state();
        state.check()?;
        let outcome = state.commit(&changes);
        state.poisoned = outcome.is_err();
        outcome
    }

    async fn journal(&self, query: JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
        let state = self.state();
        state.check()?;
        let mut entries: Vec<JournalEntry> = state
            .journal
            .iter()
            .rev()
            .filter(|entry| query.run.is_none() || entry.run == query.run)
            .take(query.most.unwrap_or(usize::MAX))
            .cloned()
            .collect();
        entries.reverse();
        Ok(entries)
    }

    async fn back_up(&self, _: Timestamp) -> Result<(), String> {
        let mut state = self.state();
        state.backups += usize::from(state.check().is_ok());
        Ok(())
    }
}
