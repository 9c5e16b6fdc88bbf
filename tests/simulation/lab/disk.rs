//! A disk with a durable part, and a process that can die before or after its commit is durable.
//!
//! The contract of the store is "durable when the commit returns", so there is nothing volatile but the commit under way: in
//! a crash it is kept whole or lost whole. What was acknowledged is remembered apart, to be compared with what is found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use kashsync::domain::contact::Contact;
use kashsync::domain::ids::{ContactId, EntryId, IntentId, LedgerRef};
use kashsync::domain::journal::JournalEntry;
use kashsync::domain::link::Link;
use kashsync::domain::local::Intent;
use kashsync::ports::kept::{apply, clashes};
use kashsync::ports::{Change, JournalQuery, Kept, Store, StoreError};
use tokio::sync::Notify;

use super::bug::{self, Bug};

/// A handle of one process; it is worth nothing once that process is dead.
#[derive(Clone)]
pub struct Disk {
    platter: Arc<Mutex<Platter>>,
    process: u64,
    died: Arc<Notify>,
    bug: Option<Bug>,
}

#[derive(Default)]
struct Platter {
    kept: Kept,
    journal: Vec<JournalEntry>,
    process: u64,
    commits: u32,
    crash: Option<(u32, bool)>,
    acknowledged: Acknowledged,
    under_way: Option<Vec<Change>>,
    /// What a seeded bug holds back.
    held: Vec<Change>,
}

/// What was acknowledged, kept apart from what is found later.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Acknowledged {
    links: BTreeMap<LedgerRef, Link>,
    intents: BTreeMap<IntentId, Intent>,
    entries: BTreeSet<EntryId>,
    contacts: BTreeMap<ContactId, Contact>,
    progress: Option<kashsync::domain::local::Progress>,
}

impl Acknowledged {
    fn take(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::PutLink(link) => drop(self.links.insert(link.ledger, link.clone())),
                Change::DropLink(ledger) => drop(self.links.remove(ledger)),
                Change::PutIntent(intent) => drop(self.intents.insert(intent.id, intent.clone())),
                Change::DropIntent(id) => drop(self.intents.remove(id)),
                Change::PutContact(contact) => drop(self.contacts.insert(contact.id, contact.clone())),
                Change::DropContact(id) => drop(self.contacts.remove(id)),
                Change::Journal(entry) => drop(self.entries.insert(entry.id)),
                Change::PutProgress(progress) => self.progress = Some(progress.clone()),
                _ => {}
            }
        }
    }

    fn agrees(&self, platter: &Platter) -> bool {
        let entries: BTreeSet<EntryId> = platter.journal.iter().map(|entry| entry.id).collect();
        self.links.values().eq(platter.kept.local.links())
            && self.intents == platter.kept.local.intents
            && self.entries == entries
            && self.contacts.values().eq(platter.kept.snapshot.contacts.values().map(AsRef::as_ref))
            && self.progress.as_ref().is_none_or(|progress| *progress == platter.kept.local.progress)
    }
}

impl Disk {
    /// An empty disk.
    pub fn new(bug: Option<Bug>) -> Self {
        Self { platter: Arc::default(), process: 0, died: Arc::default(), bug }
    }

    /// A new process opens it; it dies at its `crash.0`th commit, after that is durable if `crash.1`. The last process is
    /// dead from now on. Tells what I10 has against what is found.
    pub fn open(&self, died: Arc<Notify>, crash: Option<(u32, bool)>) -> (Self, Option<String>) {
        let mut platter = self.platter();
        platter.process += 1;
        (platter.commits, platter.crash) = (0, crash);
        platter.held.clear();
        let whole = platter.under_way.take().map(|under_way| {
            let mut whole = platter.acknowledged.clone();
            whole.take(&under_way);
            whole
        });
        let against = if let Some(whole) = whole.filter(|whole| whole.agrees(&platter)) {
            platter.acknowledged = whole;
            None
        } else if platter.acknowledged.agrees(&platter) {
            None
        } else {
            Some(
                "what is found is neither the last acknowledged state nor that with the commit under way"
                    .into(),
            )
        };
        let process = platter.process;
        drop(platter);
        (Self { process, died, ..self.clone() }, against)
    }

    /// What is durable now.
    pub fn look<R>(&self, look: impl FnOnce(&Kept, &[JournalEntry]) -> R) -> R {
        let platter = self.platter();
        look(&platter.kept, &platter.journal)
    }

    /// A disk of its own with what is durable now.
    pub fn copy(&self) -> Self {
        let platter = self.platter();
        let copy = Platter {
            kept: platter.kept.clone(),
            journal: platter.journal.clone(),
            acknowledged: platter.acknowledged.clone(),
            ..Platter::default()
        };
        Self { platter: Arc::new(Mutex::new(copy)), process: 0, died: Arc::default(), bug: self.bug }
    }

    /// How many commits the last process made.
    pub fn commits(&self) -> u32 {
        self.platter().commits
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.platter.lock().unwrap()
    }
}

impl Platter {
    fn put(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        // What would be refused is refused before anything of it is kept.
        let mut trial = None;
        for change in changes {
            if matches!(change, Change::PutLink(_) | Change::DropLink(_)) {
                let trial = trial.get_or_insert_with(|| self.kept.clone());
                if let Change::PutLink(link) = change
                    && clashes(trial, link)
                {
                    return Err(StoreError::Io(format!("contact {} is linked already", link.contact.0)));
                }
                apply(trial, change);
            }
            if let Change::Journal(entry) = change
                && self.journal.iter().any(|other| other.id == entry.id)
            {
                return Err(StoreError::Io(format!("journal entry {} is there already", entry.id.0)));
            }
        }
        for change in changes {
            apply(&mut self.kept, change);
            match change {
                Change::Journal(entry) => self.journal.push(entry.clone()),
                Change::Undone(ids) => {
                    let undone = self.journal.iter_mut().filter(|entry| ids.contains(&entry.id));
                    undone.for_each(|entry| entry.undone = true);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Store for Disk {
    /// A copy beside the store is of no consequence for what histories are about.
    async fn back_up(&self, _: jiff::Timestamp) -> Result<(), String> {
        Ok(())
    }

    async fn load(&self) -> Result<Kept, StoreError> {
        Ok(self.look(|kept, _| kept.clone()))
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let pieces = {
            let mut platter = self.platter();
            let Platter { kept, held, .. } = &mut *platter;
            let pieces = bug::of_commit(self.bug, kept, held, changes);
            // A bug that changes what is committed must be caught by what comes of it.
            platter.under_way = Some(pieces.concat());
            pieces
        };
        for piece in &pieces {
            let dies = {
                let mut platter = self.platter();
                if platter.process == self.process {
                    platter.commits += 1;
                    let now = platter.commits;
                    Some(platter.crash.filter(|(at, _)| *at == now).map(|(_, durable)| durable))
                } else {
                    None
                }
            };
            match dies {
                // A process that is dead commits nothing.
                None => return std::future::pending().await,
                Some(Some(false)) => {
                    self.died.notify_one();
                    return std::future::pending().await;
                }
                Some(None) => self.platter().put(piece)?,
                Some(Some(true)) => {
                    self.platter().put(piece)?;
                    self.died.notify_one();
                    return std::future::pending().await;
                }
            }
        }
        let mut platter = self.platter();
        platter.under_way = None;
        platter.acknowledged.take(&pieces.concat());
        Ok(())
    }

    async fn journal(&self, query: JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
        let platter = self.platter();
        let fits = platter.journal.iter().rev().filter(|entry| query.run.is_none() || entry.run == query.run);
        let mut entries: Vec<JournalEntry> = fits.take(query.most.unwrap_or(usize::MAX)).cloned().collect();
        entries.reverse();
        Ok(entries)
    }
}
