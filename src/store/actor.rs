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

use super::commit::commit;
use super::index::Index;
use super::load::{journal, load};
use super::lock::ProfileLock;
use super::open::{Disk, panic_text};
use crate::domain::journal::JournalEntry;
use crate::ports::{Change, JournalQuery, Kept, StoreError};

/// How long opening and verifying may take (rule 3), besides [`BYTES_A_SECOND`].
const OPEN_LIMIT: Duration = Duration::from_secs(20);
/// How long any other call may take (rule 3).
const CALL_LIMIT: Duration = Duration::from_secs(5);
/// A large store may take a second longer for so many bytes; a slow disk reads several times as much.
const BYTES_A_SECOND: u64 = 4 * 1024 * 1024;
/// A large commit may take so much longer for each change; it takes a fiftieth of it.
const CHANGE_LIMIT: Duration = Duration::from_millis(1);

/// What can be asked of the owner.
pub(super) enum Job {
    /// Read and verify everything.
    Load(Sender<Result<Kept, StoreError>>),
    /// Make changes durable.
    Commit(Vec<Change>, Sender<Result<(), StoreError>>),
    /// Read journal entries.
    Journal(JournalQuery, Sender<Result<Vec<JournalEntry>, StoreError>>),
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
}

/// Whether the store may still be used. The first failure poisons it for good (rule 6).
#[derive(Debug, Default)]
struct Health(OnceLock<String>);

impl Health {
    fn check(&self) -> Result<(), StoreError> {
        self.0.get().map_or(Ok(()), |first| {
            Err(StoreError::Io(format!(
                "it is not used any more since an earlier failure ({first}); start kashsync again"
            )))
        })
    }

    fn poison(&self, error: &StoreError) {
        // Only the first failure counts.
        let _ = self.0.set(error.to_string());
    }
}

impl Mailbox {
    /// Takes the lock, starts the owner's thread and waits until the database is open.
    pub(super) fn open(dir: &Path, now: Timestamp) -> Result<Self, StoreError> {
        // Rule 1: our own lock first; only its holder looks at the database's folder.
        let lock = ProfileLock::take(dir, now)?;
        let folder = dir.join("store");
        let log = folder.join("db");
        let limit = OPEN_LIMIT + allowance(&log);
        let (sender, mailbox) = channel();
        let (opened, is_open) = channel();
        let (alive, ended) = channel();
        let health = Arc::new(Health::default());
        let owners_health = Arc::clone(&health);
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || {
                // Dropped last, by whatever way the thread ends: the lock, then the sign that it is free.
                let _alive = alive;
                let _lock = lock;
                match Disk::open(&folder, now) {
                    Ok(disk) => {
                        if opened.send(Ok(())).is_ok() {
                            Owner::new(disk, owners_health).serve(&mailbox);
                        }
                    }
                    Err(error) => drop(opened.send(Err(error))),
                }
            })
            .map_err(|error| StoreError::Io(format!("its thread cannot be started: {error}")))?;
        match is_open.recv_timeout(limit) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                // The thread still has the lock: whoever tries again at once must not find the profile in use.
                let _ = ended.recv_timeout(CALL_LIMIT);
                return Err(error);
            }
            Err(RecvTimeoutError::Timeout) => {
                return Err(StoreError::Damaged(format!(
                    "it did not open within {} seconds",
                    limit.as_secs()
                )));
            }
            Err(RecvTimeoutError::Disconnected) => return Err(ended_by_itself()),
        }
        Ok(Self { sender: Mutex::new(Some(sender)), health, ended: Mutex::new(ended), log })
    }

    /// Reads and verifies everything.
    pub(super) fn load(&self) -> Result<Kept, StoreError> {
        self.call(OPEN_LIMIT + allowance(&self.log), "reading", Job::Load)
    }

    /// Makes changes durable.
    pub(super) fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let count = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        let limit = CALL_LIMIT + CHANGE_LIMIT.saturating_mul(count);
        self.call(limit, "saving", |reply| Job::Commit(changes, reply))
    }

    /// Reads journal entries.
    pub(super) fn journal(&self, query: JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
        let limit = CALL_LIMIT + allowance(&self.log);
        self.call(limit, "reading the journal", |reply| Job::Journal(query, reply))
    }

    /// Hands a job over and waits for the answer, at most so long. Any error poisons the store (rules 3 and 6).
    pub(super) fn call<T>(
        &self,
        limit: Duration,
        doing: &str,
        job: impl FnOnce(Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let turn = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        self.health.check()?;
        let sender = turn.as_ref().ok_or_else(|| StoreError::Io("it is closed".into()))?;
        let (reply, answer) = channel();
        let outcome = match sender.send(job(reply)) {
            Err(_) => Err(ended_by_itself()),
            Ok(()) => match answer.recv_timeout(limit) {
                Ok(outcome) => outcome,
                Err(RecvTimeoutError::Disconnected) => Err(ended_by_itself()),
                Err(RecvTimeoutError::Timeout) => {
                    Err(StoreError::Io(format!("{doing} did not end within {} seconds", limit.as_secs())))
                }
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
        match ended.recv_timeout(CALL_LIMIT + allowance(&self.log)) {
            Err(RecvTimeoutError::Timeout) => Err(StoreError::Io("it did not close in time".into())),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Ok(()),
        }
    }
}

/// The extra time that the size of sled's log earns.
fn allowance(log: &Path) -> Duration {
    let size = std::fs::metadata(log).map_or(0, |about| about.len());
    Duration::from_secs(size / BYTES_A_SECOND)
}

fn ended_by_itself() -> StoreError {
    StoreError::Io("its thread has ended".into())
}

/// What lives on the owner's thread.
struct Owner {
    disk: Disk,
    health: Arc<Health>,
    /// Known once everything was read and verified (rule 5).
    index: Option<Index>,
}

impl Owner {
    fn new(disk: Disk, health: Arc<Health>) -> Self {
        Self { disk, health, index: None }
    }

    fn serve(mut self, mailbox: &Receiver<Job>) {
        for job in mailbox {
            // A caller who has given up reads no reply; the store is poisoned by then.
            match job {
                Job::Load(reply) => drop(reply.send(self.guarded(Self::load))),
                Job::Commit(changes, reply) => {
                    drop(reply.send(self.guarded(|owner| owner.commit(changes))));
                }
                Job::Journal(query, reply) => {
                    drop(reply.send(self.guarded(|owner| journal(&owner.disk, query))));
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
        Ok(kept)
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        let Some(index) = &mut self.index else {
            return Err(StoreError::Io("it has to be read and verified first".into()));
        };
        if changes.is_empty() {
            return Ok(());
        }
        commit(&self.disk, index, changes)
    }
}
