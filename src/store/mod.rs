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
//! 12. A small page cache; one database per store for its life (`open`).

mod actor;
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
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use self::actor::Mailbox;
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
}

impl SledStore {
    /// Opens the profile whose state is in `dir`, making it if need be; blocks until the database is open. `now` is noted
    /// in the lock and in the name of a copy made of a damaged database.
    ///
    /// Errors: [`StoreError::InUse`] with who and since when, [`StoreError::Newer`], [`StoreError::Damaged`] with what to
    /// do, [`StoreError::Io`]. The records themselves are verified by [`Store::load`], which has to come before the
    /// first commit.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, StoreError> {
        Ok(Self { mailbox: Arc::new(Mailbox::open(dir, now)?) })
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
}
