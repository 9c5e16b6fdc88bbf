//! Copying a database into a new one that takes its place: because sled's files have grown far beyond what is in them
//! (rule 11), or because it has an older schema (rule 9). Record by record, verified, then swapped by rename.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ring::digest::{Context, SHA256};

use super::backup::shelf;
use super::codec::verify;
use super::folder;
use super::key::{Key, Tag, Tree};
use super::open::{Disk, Schemas, from_sled};
use super::swap;
use super::watch::Pulse;
use crate::ports::StoreError;

/// Files smaller than this are left as they are.
const SMALL: u64 = 64 * 1024 * 1024;
/// How many times what is in them the files may take.
const MOST_TIMES: u64 = 10;
/// Rows that are put at once.
const PORTION: usize = 2_000;

/// Whether the files take too much for what is in them: more than 64 MiB and more than ten times as much (rule 11).
pub(super) fn is_overgrown(on_disk: u64, live: u64) -> bool {
    on_disk > SMALL.max(live.saturating_mul(MOST_TIMES))
}

/// Opens the database of the profile in `dir`, after finishing a swap that was cut off; one of an older schema is brought
/// to the present one first. The caller holds the profile's lock (rule 1). Also gives where the earlier backups are when
/// there was none and an empty one begins.
pub(super) fn opened(
    dir: &Path,
    now: Timestamp,
    schemas: Schemas,
    pulse: &Pulse,
) -> Result<(Disk, Option<PathBuf>), StoreError> {
    let failed = |error: io::Error| StoreError::Io(error.to_string());
    swap::finish(dir, now).map_err(failed)?;
    if let Err(error) = shelf::clear(dir) {
        // It only takes room.
        tracing::warn!(%error, "a backup that was cut off cannot be removed");
    }
    let mut aside = None;
    // Backups of another store are not to be written over by those of this one: not even when it is cut off in between.
    let mut before_new = || {
        aside = shelf::set_aside(dir, now).map_err(failed)?;
        Ok(())
    };
    let disk = Disk::open_after(&swap::place(dir), now, schemas, pulse, &mut before_new)?;
    if disk.schema == schemas.present {
        return Ok((disk, aside));
    }
    copied(dir, &disk, now, schemas, pulse)?;
    let (disk, old) = swapped(dir, disk, now, schemas, pulse)?;
    tracing::info!(?old, schema = schemas.present, "the store was brought to the present schema");
    Ok((disk, aside))
}

/// Copies the database, of which everything was read and verified, and opens the copy in its place; the old files are
/// removed. Where the copy cannot be made, for want of room say, the old one is given back.
pub(super) fn renewed(dir: &Path, disk: Disk, now: Timestamp, pulse: &Pulse) -> Result<Disk, StoreError> {
    if let Err(error) = copied(dir, &disk, now, Schemas::OURS, pulse) {
        tracing::warn!(%error, "the store's files have grown and cannot be written anew now");
        return Ok(disk);
    }
    let (disk, old) = swapped(dir, disk, now, Schemas::OURS, pulse)?;
    // Equal to the new one, record by record.
    if let Some(Err(error)) = old.map(fs::remove_dir_all) {
        tracing::warn!(%error, "the store's old files cannot be removed");
    }
    Ok(disk)
}

/// Puts the copy in the old one's place and opens it.
fn swapped(
    dir: &Path,
    disk: Disk,
    now: Timestamp,
    schemas: Schemas,
    pulse: &Pulse,
) -> Result<(Disk, Option<PathBuf>), StoreError> {
    disk.close()?;
    let old = swap::declare_whole(dir, now).map_err(|error| StoreError::Io(error.to_string()))?;
    Ok((Disk::open(&swap::place(dir), now, schemas, pulse)?, old))
}

/// Copies every record into a new database beside the old one, and compares them after opening it again.
fn copied(
    dir: &Path,
    from: &Disk,
    now: Timestamp,
    schemas: Schemas,
    pulse: &Pulse,
) -> Result<(), StoreError> {
    let place = swap::begin(dir).map_err(|error| StoreError::Io(error.to_string()))?;
    let to = Disk::open(&place, now, schemas, pulse)?;
    let mut copied = Digest::new();
    for tree in Tree::ALL {
        let mut portion = sled::Batch::default();
        let mut waiting = 0;
        for row in from.tree(tree) {
            let (key, value) = row.map_err(|error| from_sled(&error))?;
            verify(tree, &key, &value)?;
            pulse.beat();
            if key == Key::of(Tag::Schema).bytes {
                continue;
            }
            copied.row(tree, &key, &value);
            portion.insert(key, value);
            waiting += 1;
            if waiting == PORTION {
                to.tree(tree).apply_batch(std::mem::take(&mut portion)).map_err(|error| from_sled(&error))?;
                waiting = 0;
            }
        }
        to.tree(tree).apply_batch(portion).map_err(|error| from_sled(&error))?;
    }
    to.close()?;
    let again = Disk::open(&place, now, schemas, pulse)?;
    let mut found = Digest::new();
    for tree in Tree::ALL {
        for row in again.tree(tree) {
            let (key, value) = row.map_err(|error| from_sled(&error))?;
            pulse.beat();
            if key != Key::of(Tag::Schema).bytes {
                found.row(tree, &key, &value);
            }
        }
    }
    again.note_commits(from.commits());
    again.close()?;
    folder::restrict_contents(&place).map_err(|error| StoreError::Io(error.to_string()))?;
    if copied.end() == found.end() {
        Ok(())
    } else {
        Err(StoreError::Io("the copy of the store is not like the store".into()))
    }
}

/// The digest of rows in their order, and how many there are.
struct Digest(Context, u64);

impl Digest {
    fn new() -> Self {
        Self(Context::new(&SHA256), 0)
    }

    fn row(&mut self, tree: Tree, key: &[u8], value: &[u8]) {
        self.1 += 1;
        self.0.update(tree.name().as_bytes());
        for part in [key, value] {
            self.0.update(&part.len().to_le_bytes());
            self.0.update(part);
        }
    }

    fn end(self) -> (u64, Vec<u8>) {
        (self.1, self.0.finish().as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_anew_when_they_are_large_and_mostly_dead() {
        const MIB: u64 = 1024 * 1024;
        for (on_disk, live, expected) in [
            (63 * MIB, 0, false),
            (65 * MIB, MIB, true),
            (65 * MIB, 7 * MIB, false),
            (500 * MIB, 49 * MIB, true),
            (500 * MIB, 51 * MIB, false),
            (u64::MAX, u64::MAX, false),
        ] {
            assert_eq!(is_overgrown(on_disk, live), expected, "{on_disk} {live}");
        }
    }
}
