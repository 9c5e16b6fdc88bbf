//! The one thread that owns sled (rule 3), its mailbox, and the watchdog over every call.
//!
//! Callers wait on a blocking thread and not on tokio's clock: the watchdog measures real time even where a test has
//! paused tokio's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::backup::{self, BackupError, BackupInfo, content, shelf};
use super::commit::commit;
use super::index::Index;
use super::load::{journal, load};
use super::lock::ProfileLock;
use super::open::{Disk, Schemas, panic_text};
use super::watch::{Limits, Pulse, Silence, allowance, wait};
use super::{folder, renew, swap};
use crate::domain::journal::JournalEntry;
use crate::domain::local::Progress;
use crate::ports::{Change, JournalQuery, Kept, StoreError};

/// How long any other call may work without getting anywhere (rule 3).
const CALL_LIMIT: Duration = Duration::from_secs(5);
/// A large commit may take so much longer for each change; it takes a fiftieth of it.
const CHANGE_LIMIT: Duration = Duration::from_millis(1);
/// How long closing is waited for.
const CLOSING: Duration = Duration::from_mins(1);
/// How long closing is waited for when the store has given up already.
const CLOSING_BROKEN: Duration = Duration::from_secs(1);

/// What can be asked of the owner.
pub(super) enum Job {
    /// Read and verify everything.
    Load(Sender<Result<Kept, StoreError>>),
    /// Make changes durable.
    Commit(Vec<Change>, Sender<Result<(), StoreError>>),
    /// Read journal entries.
    Journal(JournalQuery, Sender<Result<Vec<JournalEntry>, StoreError>>),
    /// Write a backup. That it cannot be written is no failure of the store.
    BackUp(BackupOrder, Sender<Result<BackedUp, StoreError>>),
}

/// What was written; nothing where nothing has changed since the last automatic backup.
pub(super) type BackedUp = Result<Option<BackupInfo>, BackupError>;

/// A backup that is wanted.
#[derive(Debug)]
pub(super) struct BackupOrder {
    /// Where to; the shelf of automatic backups unless a person named a file.
    pub(super) file: Option<PathBuf>,
    /// The profile's file, whose text goes into it.
    pub(super) settings: Option<PathBuf>,
    /// The time.
    pub(super) now: Timestamp,
}

/// The way to the owner's thread; shared by the calls under way.
#[derive(Debug)]
pub(super) struct Mailbox {
    /// Gone once the store is shut. Held for the length of a call, so each call's time counts from its own turn.
    sender: Mutex<Option<Sender<Job>>>,
    health: Arc<Health>,
    /// Hangs up when the owner's thread has ended.
    ended: Mutex<Receiver<()>>,
    /// sled's log, whose size tells how long reading may take.
    log: PathBuf,
    pulse: Pulse,
    /// Where the earlier automatic backups are, when there was no store and an empty one was begun.
    pub(super) set_aside: Option<PathBuf>,
}

/// Whether the store may still be used. The first failure poisons it for good (rule 6).
#[derive(Debug, Default)]
struct Health(OnceLock<String>);

impl Health {
    fn check(&self) -> Result<(), StoreError> {
        self.0.get().map_or(Ok(()), |first| {
            Err(StoreError::Io(format!("{first}; it is not used any more since then, start kashsync again")))
        })
    }

    fn poison(&self, error: &StoreError) {
        // Only the first failure counts. What introduces it is said again by whoever is told of it.
        let _ = self.0.set(match error {
            StoreError::Io(what) => what.clone(),
            StoreError::InUse(_) | StoreError::Newer(_) | StoreError::Damaged(_) => error.to_string(),
        });
    }
}

impl Mailbox {
    /// Takes the lock, starts the owner's thread and waits until the database is open.
    pub(super) fn open(dir: &Path, now: Timestamp) -> Result<Self, StoreError> {
        // Rule 1: our own lock first; only its holder looks at the database's folder.
        let lock = ProfileLock::take(dir, now)?;
        let log = swap::place(dir).join("db");
        let limits = Limits::of_reading(&log);
        let (sender, mailbox) = channel();
        let (opened, is_open) = channel();
        let (alive, ended) = channel();
        let (health, pulse) = (Arc::new(Health::default()), Pulse::default());
        let (owners_health, its_pulse, its_dir) = (Arc::clone(&health), pulse.clone(), dir.to_owned());
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || {
                // Dropped last, by whatever way the thread ends: the lock, then the sign that it is free.
                let _alive = alive;
                let _lock = lock;
                its_pulse.begin();
                match renew::opened(&its_dir, now, Schemas::OURS, &its_pulse) {
                    Ok((disk, aside)) => {
                        if opened.send(Ok(aside)).is_ok() {
                            Owner::new(its_dir, now, disk, owners_health).serve(&mailbox);
                        }
                    }
                    Err(error) => drop(opened.send(Err(error))),
                }
            })
            .map_err(|error| StoreError::Io(format!("its thread cannot be started: {error}")))?;
        let set_aside = match wait(&is_open, &pulse, limits) {
            Ok(Ok(aside)) => aside,
            Ok(Err(error)) => {
                // The thread still has the lock: whoever tries again at once must not find the profile in use.
                let _ = ended.recv_timeout(CALL_LIMIT);
                return Err(error);
            }
            Err(silence) => return Err(silent(silence, "opening", true)),
        };
        Ok(Self { sender: Mutex::new(Some(sender)), health, ended: Mutex::new(ended), log, pulse, set_aside })
    }

    /// Reads and verifies everything.
    pub(super) fn load(&self) -> Result<Kept, StoreError> {
        self.call(Limits::of_reading(&self.log), READING, Job::Load)
    }

    /// Makes changes durable.
    pub(super) fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let count = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        let limits = Limits::of(CALL_LIMIT + CHANGE_LIMIT.saturating_mul(count));
        self.call(limits, "saving", |reply| Job::Commit(changes, reply))
    }

    /// Reads journal entries.
    pub(super) fn journal(&self, query: JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
        let limits = Limits::of(CALL_LIMIT + allowance(&self.log));
        self.call(limits, "reading the journal", |reply| Job::Journal(query, reply))
    }

    /// Writes a backup.
    pub(super) fn back_up(&self, order: BackupOrder) -> Result<BackedUp, StoreError> {
        let limits = Limits::of_reading(&self.log);
        self.call(limits, "backing up", |reply| Job::BackUp(order, reply))
    }

    /// Hands a job over and waits for the answer, within the limits. Any error poisons the store (rules 3 and 6).
    pub(super) fn call<T>(
        &self,
        limits: Limits,
        doing: &str,
        job: impl FnOnce(Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let turn = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        self.health.check()?;
        let sender = turn.as_ref().ok_or_else(|| StoreError::Io("it is closed".into()))?;
        let (reply, answer) = channel();
        let outcome = match sender.send(job(reply)) {
            Err(_) => Err(ended_by_itself()),
            Ok(()) => match wait(&answer, &self.pulse, limits) {
                Ok(outcome) => outcome,
                Err(silence) => Err(silent(silence, doing, doing == READING)),
            },
        };
        outcome.inspect_err(|error| self.health.poison(error))
    }

    /// Lets the owner finish what it was given, flush and close; waits for that. Does nothing the second time.
    pub(super) fn shut(&self) -> Result<(), StoreError> {
        let mut turn = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if turn.take().is_none() {
            return Ok(());
        }
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let patience =
            if self.health.check().is_ok() { CLOSING + allowance(&self.log) } else { CLOSING_BROKEN };
        match ended.recv_timeout(patience) {
            Err(RecvTimeoutError::Timeout) => Err(StoreError::Io("it did not close in time".into())),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Ok(()),
        }
    }
}

/// What reading and verifying everything is called.
const READING: &str = "reading";

/// The error for a thread that does not answer. Only a database that keeps it busy while it is opened or verified is called
/// damaged: a disk may just be slow.
fn silent(silence: Silence, doing: &str, verifying: bool) -> StoreError {
    match silence {
        Silence::Ended => ended_by_itself(),
        Silence::Spinning(busy) if verifying => {
            StoreError::Damaged(format!("{doing} it came to no end in {} seconds of work", busy.as_secs()))
        }
        Silence::Spinning(time) | Silence::Dead(time) => StoreError::Io(format!(
            "{doing} did not end; the disk has not answered for {} seconds",
            time.as_secs()
        )),
    }
}

fn ended_by_itself() -> StoreError {
    StoreError::Io("its thread has ended".into())
}

/// What lives on the owner's thread.
struct Owner {
    dir: PathBuf,
    /// When it was opened.
    opened: Timestamp,
    disk: Disk,
    health: Arc<Health>,
    /// Known once everything was read and verified (rule 5).
    index: Option<Index>,
    /// The newest automatic backup while it lacks nothing; none when something was committed since, or nobody knows.
    saved: Option<Saved>,
    /// What was committed last of progress.
    progress: Progress,
}

/// An automatic backup that lacks nothing.
#[derive(Debug, PartialEq, Eq)]
struct Saved {
    file: PathBuf,
    /// The text of the profile's file that is in it: others write that file.
    settings: Option<String>,
}

impl Owner {
    fn new(dir: PathBuf, opened: Timestamp, disk: Disk, health: Arc<Health>) -> Self {
        Self { dir, opened, disk, health, index: None, saved: None, progress: Progress::default() }
    }

    fn serve(mut self, mailbox: &Receiver<Job>) {
        for job in mailbox {
            // A caller who has given up reads no reply; the store is poisoned by then.
            match job {
                Job::Load(reply) => {
                    let loaded = self.guarded(Self::load).map_err(as_damage);
                    self = match self.renewed_if_overgrown(loaded.is_ok()) {
                        Ok(owner) => owner,
                        Err(error) => return drop(reply.send(Err(error))),
                    };
                    drop(reply.send(loaded));
                }
                Job::Commit(changes, reply) => {
                    drop(reply.send(self.guarded(|owner| owner.commit(changes))));
                }
                Job::Journal(query, reply) => {
                    drop(reply.send(self.guarded(|owner| journal(&owner.disk, query))));
                }
                Job::BackUp(order, reply) => {
                    drop(reply.send(self.guarded(|owner| owner.back_up(&order))));
                }
            }
        }
        let Self { disk, .. } = self;
        let closed = catch_unwind(AssertUnwindSafe(|| disk.close()));
        if !matches!(closed, Ok(Ok(()))) {
            tracing::warn!(?closed, "the store did not close cleanly; every commit is safe all the same");
        }
    }

    /// Runs one job unless the store is poisoned; a panic inside sled becomes an error (rule 3).
    fn guarded<T>(&mut self, job: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.health.check()?;
        catch_unwind(AssertUnwindSafe(|| job(self)))
            .unwrap_or_else(|panic| {
                Err(StoreError::Io(format!("it broke down: {}", panic_text(panic.as_ref()))))
            })
            .inspect_err(|error| self.health.poison(error))
    }

    fn load(&mut self) -> Result<Kept, StoreError> {
        let (kept, index) = load(&self.disk)?;
        self.index = Some(index);
        self.progress = kept.local.progress.clone();
        Ok(kept)
    }

    /// Writes the database anew when its files have grown far beyond what is in them (rule 11). Only a database of which
    /// everything was verified is.
    fn renewed_if_overgrown(self, verified: bool) -> Result<Self, StoreError> {
        let live = self.index.as_ref().filter(|_| verified).map(|index| index.live);
        let on_disk = folder::size(&swap::place(&self.dir)).unwrap_or_default();
        if !live.is_some_and(|live| renew::is_overgrown(on_disk, live)) {
            return Ok(self);
        }
        let Self { dir, opened, disk, health, index, saved, progress } = self;
        let pulse = disk.pulse.clone();
        let renewed = catch_unwind(AssertUnwindSafe(|| renew::renewed(&dir, disk, opened, &pulse)));
        let disk = renewed
            .unwrap_or_else(|panic| Err(StoreError::Io(panic_text(panic.as_ref()))))
            .inspect_err(|error| health.poison(error))?;
        Ok(Self { dir, opened, disk, health, index, saved, progress })
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        let Some(index) = &mut self.index else {
            return Err(StoreError::Io("it has to be read and verified first".into()));
        };
        if changes.is_empty() {
            return Ok(());
        }
        if content::moves(&changes, &mut self.progress) {
            self.saved = None;
        }
        commit(&self.disk, index, changes)
    }

    /// Writes a backup. The outer error is the store's own, the inner one only the backup's.
    fn back_up(&mut self, order: &BackupOrder) -> Result<BackedUp, StoreError> {
        if self.index.is_none() {
            return Err(StoreError::Io("it has to be read and verified first".into()));
        }
        match self.backed_up(order) {
            Err(BackupError::Store(error)) => Err(error),
            other => Ok(other),
        }
    }

    fn backed_up(&mut self, order: &BackupOrder) -> BackedUp {
        // A file that is not there says nothing.
        let settings = order.settings.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        let (disk, beat) = (&self.disk, || self.disk.pulse.beat());
        if let Some(file) = &order.file {
            return backup::write(disk, file, settings, order.now, beat).map(Some);
        }
        let newest = shelf::newest_file(&self.dir);
        let is_newest = |saved: &Saved| Some(&saved.file) == newest.as_ref() && saved.settings == settings;
        if self.saved.as_ref().is_some_and(is_newest) {
            return Ok(None);
        }
        // A quiet run is to write nothing, so it is worked out first whether there is anything new.
        let content = backup::content_now(disk, settings.clone(), beat)?;
        if let Some(file) = newest.filter(|file| backup::content_of(file).as_ref() == Some(&content)) {
            self.saved = Some(Saved { file, settings });
            return Ok(None);
        }
        let composed = backup::compose(disk, &shelf::folder(&self.dir)?, settings.clone(), order.now, beat)?;
        let info = shelf::put(&self.dir, composed)?;
        self.saved = Some(Saved { file: info.file.clone(), settings });
        Ok(Some(info))
    }
}

/// What breaks down over being read is damaged.
fn as_damage(error: StoreError) -> StoreError {
    match error {
        StoreError::Io(what) if what.starts_with("it broke down") => StoreError::Damaged(what),
        other => other,
    }
}
