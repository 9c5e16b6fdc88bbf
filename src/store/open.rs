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
use super::watch::Pulse;
use super::witness::Witness;
use crate::ports::StoreError;

/// The version of everything stored; one number for all trees. A database of an older one is copied into a new folder and
/// swapped by rename (rule 9, `renew`).
pub(super) const SCHEMA: u32 = 1;
/// The oldest that can be brought to the present one.
const OLDEST: u32 = 1;

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
    /// How many commits there were, beside the database (`witness`).
    witness: Witness,
    /// The schema that everything in it has.
    pub(super) schema: u32,
    /// Shown a sign of life for each record (rule 3).
    pub(super) pulse: Pulse,
}

/// What is done once it is known that there is no database yet, before one is begun; a new one is durable at once.
pub(super) type BeforeNew<'a> = &'a mut dyn FnMut() -> Result<(), StoreError>;

/// Which schemas are known: this program's, except in tests of what a later one does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schemas {
    /// The oldest that can be read.
    pub(super) oldest: u32,
    /// The present one.
    pub(super) present: u32,
}

impl Schemas {
    /// This program's.
    pub(super) const OURS: Self = Self { oldest: OLDEST, present: SCHEMA };
}

impl Disk {
    /// Opens the database in `folder`. The caller holds the profile's lock (rule 1).
    ///
    /// A database that sled calls corrupt, or panics on, is copied aside and tried once more without its snapshots, from
    /// which sled only starts faster (rule 4). One of an older schema opens as it is; see [`Disk::schema`].
    pub(super) fn open(
        folder: &Path,
        now: Timestamp,
        schemas: Schemas,
        pulse: &Pulse,
    ) -> Result<Self, StoreError> {
        Self::open_after(folder, now, schemas, pulse, &mut || Ok(()))
    }

    /// The same, with something that is done before a new database is begun in the folder, and not when there is one.
    pub(super) fn open_after(
        folder: &Path,
        now: Timestamp,
        schemas: Schemas,
        pulse: &Pulse,
        before_new: BeforeNew<'_>,
    ) -> Result<Self, StoreError> {
        folder::make_private(folder).map_err(|error| failed(&error))?;
        match Self::attempt(folder, schemas, pulse, before_new) {
            Err(Refusal::Corrupt(first)) => Self::repair(folder, now, schemas, pulse, before_new, &first),
            Err(Refusal::Other(error)) => Err(error),
            Ok(disk) => Ok(disk),
        }
    }

    /// Opens the database only if it is there and opens at once; one that does not is left as it is.
    pub(super) fn open_quietly(folder: &Path, schemas: Schemas, pulse: &Pulse) -> Result<Self, StoreError> {
        let mut is_none = || Err(StoreError::Io("there is no database".into()));
        Self::attempt(folder, schemas, pulse, &mut is_none).map_err(|refusal| match refusal {
            Refusal::Corrupt(what) => StoreError::Damaged(what),
            Refusal::Other(error) => error,
        })
    }

    fn repair(
        folder: &Path,
        now: Timestamp,
        schemas: Schemas,
        pulse: &Pulse,
        before_new: BeforeNew<'_>,
        first: &str,
    ) -> Result<Self, StoreError> {
        let is_snapshot = |name: &str| name.starts_with("snap.");
        if !folder::has_file(folder, is_snapshot).map_err(|error| failed(&error))? {
            // Nothing to leave out, and nothing to copy aside time and again.
            return Err(StoreError::Damaged(format!("it does not open ({first})")));
        }
        let copy = folder::copy_aside(folder, now).map_err(|error| failed(&error))?;
        tracing::warn!(%first, copy = %copy.display(), "the store did not open; trying without snapshots");
        folder::remove_files(folder, is_snapshot).map_err(|error| failed(&error))?;
        match Self::attempt(folder, schemas, pulse, before_new) {
            Ok(disk) => Ok(disk),
            Err(Refusal::Other(error)) => Err(error),
            Err(Refusal::Corrupt(second)) => {
                let copy = copy.display();
                Err(StoreError::Damaged(format!("it does not open ({second}); a copy of it is in {copy}")))
            }
        }
    }

    fn attempt(
        folder: &Path,
        schemas: Schemas,
        pulse: &Pulse,
        before_new: BeforeNew<'_>,
    ) -> Result<Self, Refusal> {
        // Rule 2: a snapshot that was being written when the process died keeps sled 0.34.7 from opening.
        folder::remove_files(folder, |name| name.starts_with("snap.") && name.ends_with(".generating"))
            .map_err(Refusal::io)?;
        // Rule 3: sled panics on some damage.
        catch_unwind(AssertUnwindSafe(|| Self::start(folder, schemas, pulse, before_new)))
            .unwrap_or_else(|panic| Err(Refusal::Corrupt(panic_text(panic.as_ref()))))
    }

    fn start(
        folder: &Path,
        schemas: Schemas,
        pulse: &Pulse,
        before_new: BeforeNew<'_>,
    ) -> Result<Self, Refusal> {
        let db = start_sled(folder)?;
        let tree = |tree: Tree| db.open_tree(tree.name()).map_err(Refusal::sled);
        let mut disk = Self {
            meta: tree(Tree::Meta)?,
            seen: tree(Tree::Seen)?,
            local: tree(Tree::Local)?,
            history: tree(Tree::History)?,
            log: File::open(folder.join("db")).map_err(Refusal::io)?,
            folder: folder.to_owned(),
            witness: Witness::open(folder).map_err(Refusal::io)?,
            schema: schemas.present,
            pulse: pulse.clone(),
            db,
        };
        // All of sled's files are there by now: it writes snapshots only while opening, and our values are too short to
        // get files of their own.
        folder::restrict_contents(folder).map_err(Refusal::io)?;
        if let Some(schema) = disk.stored_schema(schemas)? {
            disk.schema = schema;
        } else {
            before_new().map_err(Refusal::Other)?;
            disk.begin(schemas)?;
        }
        Ok(disk)
    }

    /// The schema of what is stored; none in a new database. Refuses a newer one before anything is read by it, and a
    /// database that should hold something and is empty: sled takes a log that it cannot read for none at all.
    fn stored_schema(&self, schemas: Schemas) -> Result<Option<u32>, Refusal> {
        let key = Key::of(Tag::Schema);
        let Some(value) = self.meta.get(&key.bytes).map_err(Refusal::sled)? else {
            if Tree::ALL.iter().any(|tree| !self.tree(*tree).is_empty()) {
                let error = codec::damaged(Tree::Meta, &key.bytes, "is missing");
                return Err(Refusal::Other(error));
            }
            if self.witness.commits > 0 {
                let what = "everything that was kept in it is missing";
                return Err(Refusal::Other(StoreError::Damaged(what.into())));
            }
            return Ok(None);
        };
        let read = || {
            let payload = codec::verify(Tree::Meta, &key.bytes, &value)?;
            let bytes = codec::whole(Tree::Meta, &key.bytes, payload, |_| Ok(None::<Vec<u8>>))?;
            decode::<u32>(Tree::Meta, &key.bytes, &bytes)
        };
        match read().map_err(Refusal::Other)? {
            schema if schema > schemas.present => Err(Refusal::Other(StoreError::Newer(format!(
                "its schema is {schema}, this kashsync knows {}",
                schemas.present
            )))),
            schema if schema >= schemas.oldest => Ok(Some(schema)),
            schema => {
                let what = format!("is {schema}, which never was");
                Err(Refusal::Other(codec::damaged(Tree::Meta, &key.bytes, &what)))
            }
        }
    }

    /// Notes our schema in a new database.
    fn begin(&self, schemas: Schemas) -> Result<(), Refusal> {
        let key = Key::of(Tag::Schema);
        let encoded = codec::encode(&key, &schemas.present).map_err(Refusal::Other)?;
        self.meta.insert(&key.bytes, encoded.value).map_err(Refusal::sled)?;
        self.make_durable().map_err(Refusal::Other)?;
        folder::sync(&self.folder).map_err(Refusal::io)?;
        let above = self.folder.parent().unwrap_or(&self.folder);
        folder::sync(above).map_err(Refusal::io)
    }

    /// Refuses a database that holds fewer commits than were made durable.
    pub(super) fn check_commits(&self, serial: u64) -> Result<(), StoreError> {
        let made = self.witness.commits;
        if serial >= made {
            return Ok(());
        }
        Err(StoreError::Damaged(format!("the last {} of {made} commits are missing", made - serial)))
    }

    /// How many commits were durable when it was opened, as noted beside the database.
    pub(super) fn commits(&self) -> u64 {
        self.witness.commits
    }

    /// Notes beside the database that so many commits are durable in it.
    pub(super) fn note_commits(&self, serial: u64) {
        self.witness.note(serial);
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
            // Garbage in its configuration looks to sled like a database of long ago.
            sled::Error::Corruption { .. } | sled::Error::ReportableBug(_) | sled::Error::Unsupported(_) => {
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
        sled::Error::Corruption { .. } | sled::Error::ReportableBug(_) => {
            StoreError::Damaged(error.to_string())
        }
        // Whatever the disk does: a log that ends before its records do has been cut.
        sled::Error::Io(what)
            if matches!(what.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) =>
        {
            StoreError::Damaged(error.to_string())
        }
        sled::Error::Io(what) => failed(what),
        other => StoreError::Io(other.to_string()),
    }
}

/// The error for what the disk says. sled hands the kind on, and of the words only what a programmer reads.
fn failed(error: &io::Error) -> StoreError {
    StoreError::Io(match error.kind() {
        io::ErrorKind::StorageFull => "no space is left on its disk".into(),
        io::ErrorKind::QuotaExceeded => "the quota on its disk is used up".into(),
        io::ErrorKind::FileTooLarge => "its file has reached the limit for files (ulimit -f)".into(),
        io::ErrorKind::ReadOnlyFilesystem => "its disk is read-only".into(),
        _ => error.to_string(),
    })
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
