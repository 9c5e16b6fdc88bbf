//! How many commits were made, noted beside the database.
//!
//! A log that is cut short or overwritten looks to sled like the log of a process that was killed: it opens with an older
//! state, or with none, and says nothing. So after each durable commit its number is written to a small file. The file
//! itself is not synced: after a power failure it may tell an older number, never one of a commit that is not durable.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::folder;

/// The file, and what it said when it was opened.
#[derive(Debug)]
pub(super) struct Witness {
    /// Commits that were durable; 0 where nothing sensible is said.
    pub(super) commits: u64,
    file: File,
}

impl Witness {
    /// Opens the note of the database in that folder.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let file = folder::open_private(&folder.join("commits"))?;
        let mut bytes = Vec::new();
        Read::take(&file, 64).read_to_end(&mut bytes)?;
        Ok(Self { commits: parsed(&bytes).unwrap_or_default(), file })
    }

    /// Notes a commit that is durable. A note that cannot be written is missed only when the log is damaged as well.
    pub(super) fn note(&self, commits: u64) {
        let written = (&self.file)
            .seek(SeekFrom::Start(0))
            .and_then(|_| (&self.file).write_all(line(commits).as_bytes()));
        if let Err(error) = written {
            tracing::warn!(%error, "the number of commits cannot be noted");
        }
    }
}

/// Always of one length, so that one is written over the other.
pub(super) fn line(commits: u64) -> String {
    let digits = format!("{commits:020}");
    let check = crc32fast::hash(digits.as_bytes());
    format!("{digits} {check:08x}\n")
}

fn parsed(bytes: &[u8]) -> Option<u64> {
    let commits = std::str::from_utf8(bytes).ok()?.split(' ').next()?.parse().ok()?;
    (line(commits).as_bytes() == bytes).then_some(commits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_number_is_told_and_nonsense_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let witness = Witness::open(folder.path()).unwrap();
        assert_eq!(witness.commits, 0);
        for commits in [9, 10, u64::MAX, 11] {
            witness.note(commits);
            assert_eq!(Witness::open(folder.path()).unwrap().commits, commits);
        }
        let sound = line(11);
        for bit in 0..sound.len() * 8 {
            let mut flipped = sound.clone().into_bytes();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(folder.path().join("commits"), &flipped).unwrap();
            assert_eq!(Witness::open(folder.path()).unwrap().commits, 0, "bit {bit}");
        }
    }
}
