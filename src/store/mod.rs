//! Durable state on sled 0.34.7. Nothing else in the program may touch sled.
//!
//! sled is quick and small, and loses data, hangs or does not open again when it is used naively. These rules keep it to
//! ways that were measured (sync 1.13); comments in the code name them by number:
//!
//! 1. Our own lock comes first; only its holder looks at the database (`lock`, `actor`).
//! 2. Leftover `snap.*.generating` files go before opening (`open`).
//! 3. One thread owns sled; panics are caught, every call has a watchdog (`actor`).
//! 4. A corrupt database is copied aside and tried once more without its snapshots (`open`).
//! 5. Every record is read and checked before the first commit (`load`).
//! 6. A commit is serialised first, one transaction, flushed and synced by our own handle; any error ends the store's
//!    use (`commit`, `actor`).
//! 7. The transaction's closure does nothing but put rows (`commit`).
//! 8. Values are at most 8 KiB, records 64 KiB; none of sled's id generator, merge operators, subscriptions, compression
//!    or export, and no reliance on drop (`codec`).
//! 9. Keys are a tag and big-endian integers, values carry format and checksum, the schema has a version (`key`,
//!    `codec`, `open`).
//! 10. What cannot be read again is backed up after each run that changed it, one file a day (`backup`, `restore`).
//! 11. Files that have grown far beyond what is in them are written anew (`renew`, `swap`).
//! 12. A small page cache; one database per store for its life (`open`).

mod actor;
mod backup;
mod codec;
mod commit;
mod folder;
mod index;
mod key;
mod load;
mod lock;
pub mod memory;
mod open;
mod records;
mod renew;
mod restore;
mod swap;
#[cfg(test)]
mod tests;
mod watch;
mod witness;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use self::actor::{BackupOrder, Mailbox};
use self::backup::shelf;
pub use self::backup::shelf::newest_backup;
pub use self::backup::{BackupCounts, BackupError, BackupInfo};
pub use self::restore::{Restored, restore, set_aside};
use crate::domain::journal::JournalEntry;
use crate::ports::{Change, JournalQuery, Kept, Store, StoreError};

/// Journal entries that one commit drops at most: it holds up everybody else meanwhile.
const MOST_PRUNED: usize = 2_000;

/// The durable store of one profile. Needs a tokio runtime for its calls; opening does not.
///
/// Dropping it finishes what was begun, closes the database and frees the profile; [`SledStore::close`] does the same
/// without blocking the runtime, and tells whether it went well.
#[derive(Debug)]
pub struct SledStore {
    mailbox: Arc<Mailbox>,
    settings: Option<PathBuf>,
}

impl SledStore {
    /// Opens the profile whose state is in `dir`, making it if need be; blocks until the database is open. `now` is noted
    /// in the lock and in the name of a copy made of a damaged database.
    ///
    /// Errors: [`StoreError::InUse`] with who and since when, [`StoreError::Newer`], [`StoreError::Damaged`] with what to
    /// do, [`StoreError::Io`]. The records themselves are verified by [`Store::load`], which has to come before the
    /// first commit.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let mailbox = Arc::new(Mailbox::open(dir, now)?);
        Ok(Self { mailbox, settings: None })
    }

    /// Whether there is a store in `dir`, which opening would otherwise begin.
    pub fn is_in(dir: &Path) -> bool {
        swap::is_there(dir)
    }

    /// Names the profile's file, whose text goes into backups.
    #[must_use]
    pub fn with_settings(mut self, file: PathBuf) -> Self {
        self.settings = Some(file);
        self
    }

    /// The newest good automatic backup of an earlier store, when that store was missing and an empty one was begun in its
    /// place by this opening. Blocks.
    pub fn earlier_backup(&self) -> Option<BackupInfo> {
        let aside = self.mailbox.set_aside.as_ref()?;
        shelf::newest_on(aside).map(|backup| backup.info)
    }

    /// Writes a backup to a file: what cannot be read from the services again (design 4.1). An earlier backup in its place
    /// is replaced; anything else there is left alone and the backup refused.
    pub async fn back_up_to(&self, file: &Path, now: Timestamp) -> Result<BackupInfo, BackupError> {
        let order = BackupOrder { file: Some(file.to_owned()), settings: self.settings.clone(), now };
        let outcome = self.on_mailbox(|mailbox| mailbox.back_up(order)).await??;
        outcome.ok_or_else(|| BackupError::Store(StoreError::Io("no backup was made".into())))
    }

    /// Finishes what was begun and closes.
    pub async fn close(self) -> Result<(), StoreError> {
        self.on_mailbox(Mailbox::shut).await
    }

    /// Waits for the mailbox on a thread that may block. A caller that stops waiting does not stop the call.
    async fn on_mailbox<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Mailbox) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mailbox = Arc::clone(&self.mailbox);
        tokio::task::spawn_blocking(move || call(&mailbox))
            .await
            .unwrap_or_else(|error| Err(StoreError::Io(format!("the call was cut off: {error}"))))
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        if let Err(error) = self.mailbox.shut() {
            tracing::warn!(%error, "the store was left open");
        }
    }
}

impl Store for SledStore {
    async fn load(&self) -> Result<Kept, StoreError> {
        self.on_mailbox(Mailbox::load).await
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.on_mailbox(|mailbox| mailbox.commit(changes)).await
    }

    async fn journal(&self, query: JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
        self.on_mailbox(move |mailbox| mailbox.journal(query)).await
    }

    async fn back_up(&self, now: Timestamp) -> Result<(), String> {
        let order = BackupOrder { file: None, settings: self.settings.clone(), now };
        match self.on_mailbox(|mailbox| mailbox.back_up(order)).await {
            Ok(Ok(Some(written))) => tracing::info!(file = %written.file.display(), "backed up"),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => return Err(error.to_string()),
            // A store that is not used any more has said so to whoever wanted to keep something.
            Err(error) => tracing::warn!(%error, "no backup"),
        }
        Ok(())
    }
}
