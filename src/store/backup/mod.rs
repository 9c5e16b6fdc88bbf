//! Logical backups: what cannot be read from the services again, in one file (design 4.1; sync 1.13, rule 10).
//!
//! JSON, a record a line: a head that says what it is and whose, the records, and a SHA-256 over everything before it. No
//! documents, no secrets. Written whole or not at all, readable by its owner only. [`shelf`] keeps the automatic ones,
//! `restore` builds a store from one. The database's own files are never copied as a backup.

pub(super) mod content;
mod line;
pub(super) mod shelf;

use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use self::line::Line;
use super::folder;
use super::open::{Disk, SCHEMA};
use crate::domain::local::Binding;
use crate::ports::{Change, StoreError};

/// The version of the file's format.
const FORMAT: u32 = 1;
/// Longer than any line: a record is at most 64 KiB, and JSON may spell a byte with six.
const MOST_LINE: u64 = 1 << 20;
/// How the names of backups that are being written begin.
const TEMPORARY: &str = ".kashsync-";
/// More than any backup takes: what is larger is something else.
const MOST_BYTES: u64 = 4 << 30;

/// What a backup is, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupInfo {
    /// The file.
    pub file: PathBuf,
    /// When it was made.
    pub made: Timestamp,
    /// The accounts of the profile that it was made of; none when that had not been synced yet.
    pub accounts: Option<Binding>,
    /// What it holds.
    pub counts: BackupCounts,
}

/// How many records a backup holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackupCounts {
    /// Links with their bases.
    pub links: usize,
    /// Questions, open and answered.
    pub questions: usize,
    /// Ignored customers and suppliers.
    pub ignored: usize,
    /// Pairs that are not the same.
    pub never: usize,
    /// Journal entries.
    pub journal: usize,
}

impl BackupCounts {
    fn count(&mut self, line: &Line) {
        match line {
            Line::Link(_) => self.links += 1,
            Line::Question(_) => self.questions += 1,
            Line::Ignored(_) => self.ignored += 1,
            Line::Never(..) => self.never += 1,
            Line::Entry(_) => self.journal += 1,
            _ => {}
        }
    }
}

/// Why a backup is not written, or not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// There is no such file, or it cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, String),
    /// It is something else.
    #[error("{0} is no backup of kashsync")]
    Other(PathBuf),
    /// Its end is missing.
    #[error("the backup {0} is cut short: its end is missing")]
    CutShort(PathBuf),
    /// Its content is not what was written.
    #[error("the backup {0} is damaged: {1}")]
    Damaged(PathBuf, String),
    /// A newer kashsync wrote it.
    #[error("the backup {0} was written by a newer kashsync")]
    Newer(PathBuf),
    /// It is another account's.
    #[error(
        "the backup is of {} in Capsule and {} in KashFlow; this profile belongs to {} and {}",
        .backup.subdomain, .backup.company_name, .profile.subdomain, .profile.company_name
    )]
    OtherAccount {
        /// Whose the backup is.
        backup: Box<Binding>,
        /// Whose the profile is.
        profile: Box<Binding>,
    },
    /// It was made before the profile had accounts, and holds nothing of those that it has now.
    #[error(
        "the backup {} was made before its profile was synced; this profile belongs to {} and {}",
        .backup.display(), .profile.subdomain, .profile.company_name
    )]
    NoAccount {
        /// The backup.
        backup: PathBuf,
        /// Whose the profile is.
        profile: Box<Binding>,
    },
    /// Something that is no backup is in the place where one should be written.
    #[error("{0} is there already and is no backup of kashsync")]
    InTheWay(PathBuf),
    /// The file cannot be written.
    #[error("{0} cannot be written: {1}")]
    Unwritable(PathBuf, String),
    /// The store itself.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    kashsync_backup: u32,
    schema: u32,
    made: Timestamp,
    program: String,
    #[serde(default)]
    accounts: Option<Accounts>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Accounts {
    capsule: String,
    company: String,
    company_name: String,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tail {
    sha256: String,
}

/// A backup as read, with its digest checked.
#[derive(Debug)]
pub(super) struct Backup {
    /// What it is.
    pub(super) info: BackupInfo,
    /// The text of the profile's file.
    pub(super) settings: Option<String>,
    lines: Vec<Line>,
}

impl Backup {
    /// Reads a backup and checks it from end to end.
    pub(super) fn read(path: &Path) -> Result<Self, BackupError> {
        let unreadable = |error: io::Error| BackupError::Unreadable(path.into(), error.to_string());
        let about = fs::metadata(path).map_err(unreadable)?;
        if !about.is_file() || about.len() > MOST_BYTES {
            return Err(BackupError::Other(path.into()));
        }
        Self::of_bytes(path, &fs::read(path).map_err(unreadable)?)
    }

    /// Reads the bytes of a backup; the path is for messages.
    pub(super) fn of_bytes(path: &Path, bytes: &[u8]) -> Result<Self, BackupError> {
        let damaged = |what: String| BackupError::Damaged(path.into(), what);
        let head: Head = bytes
            .split(|byte| *byte == b'\n')
            .next()
            .and_then(|line| serde_json::from_slice(line).ok())
            .ok_or_else(|| BackupError::Other(path.into()))?;
        if head.kashsync_backup > FORMAT || head.schema > SCHEMA {
            return Err(BackupError::Newer(path.into()));
        }
        let cut_short = || BackupError::CutShort(path.into());
        let body = bytes.strip_suffix(b"\n").ok_or_else(cut_short)?;
        let end = body.iter().rposition(|byte| *byte == b'\n').ok_or_else(cut_short)?;
        let (body, tail) = body.split_at_checked(end + 1).ok_or_else(cut_short)?;
        let tail: Tail = serde_json::from_slice(tail).map_err(|_| cut_short())?;
        let mut digest = Context::new(&SHA256);
        digest.update(body);
        if hex(digest) != tail.sha256 {
            return Err(damaged("its content does not belong to its digest".into()));
        }
        let accounts = head.accounts.map(|accounts| Binding {
            subdomain: accounts.capsule,
            company: accounts.company,
            company_name: accounts.company_name,
        });
        let info =
            BackupInfo { file: path.into(), made: head.made, accounts, counts: BackupCounts::default() };
        let mut backup = Self { info, settings: None, lines: Vec::new() };
        let rest = body.split(|byte| *byte == b'\n').enumerate().skip(1).filter(|(_, line)| !line.is_empty());
        for (number, line) in rest {
            let line = serde_json::from_slice(line)
                .map_err(|error| damaged(format!("line {} cannot be understood: {error}", number + 1)))?;
            backup.info.counts.count(&line);
            match line {
                Line::Settings(text) => backup.settings = Some(text),
                Line::Content(_) => {}
                line => backup.lines.push(line),
            }
        }
        Ok(backup)
    }

    /// The changes that bring back everything in it, in their order.
    pub(super) fn into_changes(self) -> impl Iterator<Item = Change> {
        self.lines.into_iter().filter_map(Line::change)
    }
}

/// A backup that was composed and is not in its place yet.
pub(super) struct Composed {
    file: NamedTempFile,
    made: Timestamp,
    accounts: Option<Binding>,
    counts: BackupCounts,
}

/// The digest of what counts, as a backup of the open database would have it now. Writes nothing.
pub(super) fn content_now(
    disk: &Disk,
    settings: Option<String>,
    mut beat: impl FnMut(),
) -> Result<String, StoreError> {
    let mut content = Content::new();
    let mut take = |line: Line| {
        beat();
        let bytes = serde_json::to_vec(&line).map_err(|error| StoreError::Io(error.to_string()))?;
        content.line(line, &bytes).map_err(|error| StoreError::Io(error.to_string()))
    };
    settings.map_or(Ok(()), |text| take(Line::Settings(text)))?;
    content::lines(disk, take)?;
    Ok(content.end())
}

/// Composes a backup of the open database, in a file beside where it is to be.
pub(super) fn compose(
    disk: &Disk,
    folder: &Path,
    settings: Option<String>,
    made: Timestamp,
    mut beat: impl FnMut(),
) -> Result<Composed, BackupError> {
    let unwritable = |error: io::Error| BackupError::Unwritable(folder.into(), error.to_string());
    // Made with 0600 by tempfile.
    let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder).map_err(unwritable)?;
    let accounts = content::accounts(disk)?;
    let mut out = Out { file: BufWriter::new(file), whole: Context::new(&SHA256), content: Content::new() };
    let head = Head {
        kashsync_backup: FORMAT,
        schema: SCHEMA,
        made,
        program: env!("CARGO_PKG_VERSION").into(),
        accounts: accounts.clone().map(|bound| Accounts {
            capsule: bound.subdomain,
            company: bound.company,
            company_name: bound.company_name,
        }),
    };
    out.json(&head).map_err(unwritable)?;
    let mut counts = BackupCounts::default();
    let mut failed = None;
    let mut take = |line: Line| {
        beat();
        counts.count(&line);
        out.line(line).map_err(|error| {
            // Not the store's fault: told apart from it below.
            let text = error.to_string();
            failed = Some(BackupError::Unwritable(folder.into(), text.clone()));
            StoreError::Io(text)
        })
    };
    let outcome = settings.map_or(Ok(()), |text| take(Line::Settings(text)));
    let outcome = outcome.and_then(|()| content::lines(disk, take));
    if let Some(error) = failed {
        return Err(error);
    }
    outcome?;
    let content = out.content.clone().end();
    out.json(&Line::Content(content.clone())).map_err(unwritable)?;
    let tail = Tail { sha256: hex(out.whole.clone()) };
    out.json(&tail).map_err(unwritable)?;
    let file = out.file.into_inner().map_err(|error| unwritable(error.into_error()))?;
    file.as_file().sync_all().map_err(unwritable)?;
    Ok(Composed { file, made, accounts, counts })
}

impl Composed {
    /// Puts it in its place, over an earlier one.
    pub(super) fn put(self, path: &Path) -> Result<BackupInfo, BackupError> {
        let unwritable = |error: io::Error| BackupError::Unwritable(path.into(), error.to_string());
        self.file.persist(path).map_err(|error| unwritable(error.error))?;
        folder::sync(parent(path)).map_err(unwritable)?;
        let Self { made, accounts, counts, .. } = self;
        Ok(BackupInfo { file: path.into(), made, accounts, counts })
    }
}

/// Writes a backup of the open database to a file that a person named. An earlier backup there is replaced, anything else
/// is left alone and the backup refused.
pub(super) fn write(
    disk: &Disk,
    path: &Path,
    settings: Option<String>,
    made: Timestamp,
    beat: impl FnMut(),
) -> Result<BackupInfo, BackupError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(BackupError::Unwritable(path.into(), error.to_string())),
        Ok(about) if about.is_file() && about.len() <= MOST_BYTES && is_backup(path) => {}
        Ok(_) => return Err(BackupError::InTheWay(path.into())),
    }
    compose(disk, parent(path), settings, made, beat)
        .map_err(|error| match error {
            BackupError::Unwritable(_, why) => BackupError::Unwritable(path.into(), why),
            other => other,
        })?
        .put(path)
}

/// The digest of what counts in a backup that is good from end to end; none of any other file. Reads it line by line: it is
/// asked for after each run.
pub(super) fn content_of(path: &Path) -> Option<String> {
    let mut file = BufReader::new(fs::File::open(path).ok()?);
    let mut digest = Context::new(&SHA256);
    let (mut before, mut last, mut line) = (Vec::new(), Vec::new(), Vec::new());
    while Read::take(&mut file, MOST_LINE).read_until(b'\n', &mut line).ok()? > 0 {
        digest.update(&last);
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut line);
        line.clear();
    }
    let tail: Tail = serde_json::from_slice(&last).ok()?;
    let Line::Content(content) = serde_json::from_slice(&before).ok()? else { return None };
    (last.ends_with(b"\n") && hex(digest) == tail.sha256).then_some(content)
}

/// Whether a file begins as a backup does, whatever became of the rest of it.
fn is_backup(path: &Path) -> bool {
    let mut first = Vec::new();
    let read = fs::File::open(path)
        .and_then(|file| Read::take(BufReader::new(file), MOST_LINE).read_until(b'\n', &mut first));
    read.is_ok() && serde_json::from_slice::<Head>(&first).is_ok()
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file and its two digests.
struct Out {
    file: BufWriter<NamedTempFile>,
    whole: Context,
    content: Content,
}

impl Out {
    fn line(&mut self, line: Line) -> io::Result<()> {
        let bytes = serde_json::to_vec(&line)?;
        self.content.line(line, &bytes)?;
        self.bytes(bytes)
    }

    fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.bytes(serde_json::to_vec(value)?)
    }

    fn bytes(&mut self, mut bytes: Vec<u8>) -> io::Result<()> {
        bytes.push(b'\n');
        self.whole.update(&bytes);
        self.file.write_all(&bytes)
    }
}

/// The digest of what counts, in the making.
#[derive(Clone)]
struct Content(Context);

impl Content {
    fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Takes a line in, with the bytes that it is written as.
    fn line(&mut self, line: Line, bytes: &[u8]) -> serde_json::Result<()> {
        if line.counts() {
            self.0.update(bytes);
        } else if let Line::Progress(progress) = line {
            self.0.update(&serde_json::to_vec(&content::counting(*progress))?);
        }
        Ok(())
    }

    fn end(self) -> String {
        hex(self.0)
    }
}

fn hex(digest: Context) -> String {
    use std::fmt::Write;
    digest.finish().as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
