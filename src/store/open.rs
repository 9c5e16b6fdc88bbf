//! Opening the database, and what is done when it will not open. Runs on the store's own thread.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::codec::{self, decode};
use super::folder;
use super::key::{Key, Tag, Tree};
use crate::ports::StoreError;

/// The version of everything stored; one number for all trees. There is no older one yet: when there is, migrating copies
/// into a new folder, verifies it and swaps by rename (rule 9).
pub(super) const SCHEMA: u32 = 1;

/// Memory for sled's page cache; its own default is 1 GB (rule 12).
const CACHE: u64 = 48 * 1024 * 1024;

/// The open database.
pub(super) struct Disk {
    db: sled::Db,
    /// Schema version and serial.
    pub(super) meta: sled::Tree,
    /// What was last read.
    pub(super) seen: sled::Tree,
    /// What only we know.
    pub(super) local: sled::Tree,
    /// Runs and the journal.
    pub(super) history: sled::Tree,
    /// Our own handle on sled's log, to sync it (rule 6).
    log: File,
    folder: PathBuf,
}

impl Disk {
    /// Opens the database in `folder`. The caller holds the profile's lock (rule 1).
    ///
    /// A database that sled calls corrupt, or panics on, is copied aside and tried once more without its snapshots, from
    /// which sled only starts faster (rule 4).
    pub(super) fn open(folder: &Path, now: Timestamp) -> Result<Self, StoreError> {
        folder::make_private(folder).map_err(|error| failed(&error))?;
        match Self::attempt(folder) {
            Err(Refusal::Corrupt(first)) => Self::repair(folder, now, &first),
            Err(Refusal::Other(error)) => Err(error),
            Ok(disk) => Ok(disk),
        }
    }

    fn repair(folder: &Path, now: Timestamp, first: &str) -> Result<Self, StoreError> {
        let copy = folder::copy_aside(folder, now).map_err(|error| failed(&error))?;
        tracing::warn!(%first, copy = %copy.display(), "the store did not open; trying without snapshots");
        folder::remove_files(folder, |name| name.starts_with("snap.")).map_err(|error| failed(&error))?;
        match Self::attempt(folder) {
            Ok(disk) => Ok(disk),
            Err(Refusal::Other(error)) => Err(error),
            Err(Refusal::Corrupt(second)) => Err(StoreError::Damaged(format!(
                "it does not open ({second}). A copy is in {}. Keep that copy and restore a backup; or move {} away and \
                 start again: both services are read afresh and linked records are found again by their markers",
                copy.display(),
                folder.display()
            ))),
        }
    }

    fn attempt(folder: &Path) -> Result<Self, Refusal> {
        // Rule 2: a snapshot that was being written when the process died keeps sled 0.34.7 from opening.
        folder::remove_files(folder, |name| name.starts_with("snap.") && name.ends_with(".generating"))
            .map_err(Refusal::io)?;
        // Rule 3: sled panics on some damage.
        catch_unwind(AssertUnwindSafe(|| Self::start(folder)))
            .unwrap_or_else(|panic| Err(Refusal::Corrupt(panic_text(panic.as_ref()))))
    }

    fn start(folder: &Path) -> Result<Self, Refusal> {
        let db = start_sled(folder)?;
        let tree = |tree: Tree| db.open_tree(tree.name()).map_err(Refusal::sled);
        let disk = Self {
            meta: tree(Tree::Meta)?,
            seen: tree(Tree::Seen)?,
            local: tree(Tree::Local)?,
            history: tree(Tree::History)?,
            log: File::open(folder.join("db")).map_err(Refusal::io)?,
            folder: folder.to_owned(),
            db,
        };
        // All of sled's files are there by now: it writes snapshots only while opening, and our values are too short to
        // get files of their own.
        folder::restrict_contents(folder).map_err(Refusal::io)?;
        disk.check_schema()?;
        Ok(disk)
    }

    /// Refuses a newer schema before anything is read by it, and notes ours in a new database.
    fn check_schema(&self) -> Result<(), Refusal> {
        let key = Key::of(Tag::Schema);
        let Some(value) = self.meta.get(&key.bytes).map_err(Refusal::sled)? else {
            if [&self.seen, &self.local, &self.history].iter().any(|tree| !tree.is_empty()) {
                let error = codec::damaged(Tree::Meta, &key.bytes, "is missing");
                return Err(Refusal::Other(error));
            }
            let encoded = codec::encode(&key, &SCHEMA).map_err(Refusal::Other)?;
            self.meta.insert(&key.bytes, encoded.value).map_err(Refusal::sled)?;
            self.make_durable().map_err(Refusal::Other)?;
            folder::sync(&self.folder).map_err(Refusal::io)?;
            let above = self.folder.parent().unwrap_or(&self.folder);
            return folder::sync(above).map_err(Refusal::io);
        };
        let read = || {
            let payload = codec::verify(Tree::Meta, &key.bytes, &value)?;
            let bytes = codec::whole(Tree::Meta, &key.bytes, payload, |_| Ok(None::<Vec<u8>>))?;
            decode::<u32>(Tree::Meta, &key.bytes, &bytes)
        };
        match read().map_err(Refusal::Other)? {
            SCHEMA => Ok(()),
            schema if schema > SCHEMA => Err(Refusal::Other(StoreError::Newer(format!(
                "its schema is {schema}, this kashsync knows {SCHEMA}"
            )))),
            schema => {
                let what = format!("is {schema}, which never was");
                Err(Refusal::Other(codec::damaged(Tree::Meta, &key.bytes, &what)))
            }
        }
    }

    /// The tree of that name.
    pub(super) fn tree(&self, tree: Tree) -> &sled::Tree {
        match tree {
            Tree::Meta => &self.meta,
            Tree::Seen => &self.seen,
            Tree::Local => &self.local,
            Tree::History => &self.history,
        }
    }

    /// Brings everything written so far to the disk itself. sled's flush alone is not enough on Linux: it ends in
    /// `sync_file_range`, which gives no guarantee after a power failure (rule 6).
    pub(super) fn make_durable(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|error| from_sled(&error))?;
        if cfg!(target_os = "linux") {
            self.log.sync_all().map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Writes what is left and closes. Nothing depends on it: every commit is durable by itself (rule 8).
    pub(super) fn close(self) -> Result<(), StoreError> {
        self.make_durable()
    }
}

/// Why one attempt at opening failed.
enum Refusal {
    /// Worth another attempt without snapshots.
    Corrupt(String),
    /// Nothing that an attempt could mend.
    Other(StoreError),
}

impl Refusal {
    fn sled(error: sled::Error) -> Self {
        match error {
            sled::Error::Corruption { .. } | sled::Error::ReportableBug(_) => {
                Self::Corrupt(error.to_string())
            }
            // sled reads a snapshot that was cut short as an input/output error.
            sled::Error::Io(error)
                if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) =>
            {
                Self::Corrupt(error.to_string())
            }
            other => Self::Other(from_sled(&other)),
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "so that it fits map_err")]
    fn io(error: io::Error) -> Self {
        Self::Other(failed(&error))
    }
}

/// How often a database that is still held is tried, a tenth of a second apart.
const LOCKED_TRIES: u32 = 30;

/// Opens sled. We hold the profile's lock, so a database that is still held by sled's own lock is on its way to be
/// closed: sled's threads let go of the file a moment after the store is dropped.
fn start_sled(folder: &Path) -> Result<sled::Db, Refusal> {
    let mut tries = 0;
    loop {
        let opened = sled::Config::new().path(folder).cache_capacity(CACHE).mode(sled::Mode::LowSpace).open();
        match opened {
            Err(sled::Error::Io(error))
                if tries < LOCKED_TRIES && error.to_string().contains("could not acquire lock") =>
            {
                tries += 1;
                std::thread::park_timeout(Duration::from_millis(100));
            }
            other => return other.map_err(Refusal::sled),
        }
    }
}

/// The error for what sled says.
pub(super) fn from_sled(error: &sled::Error) -> StoreError {
    match error {
        sled::Error::Corruption { .. } => StoreError::Damaged(error.to_string()),
        other => StoreError::Io(other.to_string()),
    }
}

fn failed(error: &io::Error) -> StoreError {
    StoreError::Io(error.to_string())
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given")
        .to_owned()
}
