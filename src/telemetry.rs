//! The log file: one per day and profile, readable by its owner only. Never stdout, never a secret.
//!
//! What people watch is the sync log of the screen and of `sync`; this is for finding out afterwards. `RUST_LOG`-style
//! filters are not read: `-v` and `-vv` say how much is logged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::domain::safe::Safe;
use crate::redaction::Redaction;

/// How many days' files of a profile are kept.
const KEPT_FILES: usize = 14;

/// The secrets that never reach the log. More become known while it is written: those that are stored.
#[derive(Debug, Clone, Default)]
pub struct LogSecrets(Arc<RwLock<Redaction>>);

impl LogSecrets {
    /// From now on these are left out as well.
    pub fn add<'a>(&self, secrets: impl IntoIterator<Item = &'a SecretString>) {
        let mut redaction = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *redaction = std::mem::take(&mut *redaction).and(secrets);
    }

    fn clean(&self, text: &str) -> String {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clean(text)
    }
}

/// Starts logging to `folder`. `verbosity` counts the `-v`s. `secrets` never reach the file.
///
/// Fails when the folder cannot be made; a file that cannot be written later loses lines, never the program.
pub fn start(folder: &Path, profile: &str, verbosity: u8, secrets: &LogSecrets) -> io::Result<()> {
    let log = DailyLog::new(folder, profile, secrets)?;
    let level = match verbosity {
        0 => "info",
        1 => "debug",
        _ => "trace",
    };
    // Other people's crates log what they send; their details stay out at every level.
    let filter = EnvFilter::new(format!("warn,kashsync={level}"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(log)
        // Told on standard error they would tear the screen, and a full disk makes one of every line.
        .log_internal_errors(false)
        .finish();
    // A second start keeps the first log; only tests would do it.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// Writes to the file of the day, and drops files that are too old.
struct DailyLog {
    folder: PathBuf,
    profile: String,
    secrets: LogSecrets,
    open: Mutex<Option<(Date, File)>>,
}

impl DailyLog {
    fn new(folder: &Path, profile: &str, secrets: &LogSecrets) -> io::Result<Self> {
        make_private(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            profile: profile.to_owned(),
            secrets: secrets.clone(),
            open: Mutex::new(None),
        })
    }

    fn append(&self, line: &str, today: Date) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *open {
            Some((day, file)) if *day == today => file,
            slot => {
                let file = open_private(&self.folder.join(format!("{}.{today}.log", self.profile)))?;
                self.drop_old()?;
                &mut slot.insert((today, file)).1
            }
        };
        file.write_all(self.clean(line).as_bytes())
    }

    /// One event's line without secrets and without characters that a terminal might obey or hide. A line end inside is made
    /// visible like them: a name from a service cannot pass for a line of ours.
    fn clean(&self, line: &str) -> String {
        let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
        format!("{}{end}", Safe::of(&self.secrets.clean(text)))
    }

    fn drop_old(&self) -> io::Result<()> {
        let prefix = format!("{}.", self.profile);
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let day = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".log"));
            if day.is_some_and(|day| day.parse::<Date>().is_ok()) {
                files.push(name);
            }
        }
        files.sort_unstable();
        let surplus = files.len().saturating_sub(KEPT_FILES);
        for name in files.into_iter().take(surplus) {
            fs::remove_file(self.folder.join(name))?;
        }
        Ok(())
    }
}

/// One event's worth of text, on its way to the file.
struct Line<'a>(&'a DailyLog);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[expect(clippy::disallowed_methods, reason = "the log is an edge: the day names its file")]
        let today = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
        self.0.append(&String::from_utf8_lossy(bytes), today)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for DailyLog {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(self)
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    fn log(folder: &Path) -> DailyLog {
        let secrets = LogSecrets::default();
        let log = DailyLog::new(folder, "p", &secrets).unwrap();
        // Known only after the log was begun, as those are that are stored.
        secrets.add(&["canary-word".into(), "canary".into()]);
        secrets.add(&["ab".into()]);
        log
    }

    #[test]
    fn i20_neither_secrets_nor_hostile_characters_reach_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let day = date(2026, 11, 24);
        log(folder.path())
            .append("about canary-word, canaries \u{1b}[31m\u{202e}\nINFO forged\n", day)
            .unwrap();
        let path = folder.path().join("p.2026-11-24.log");
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "about [redacted], canaries ␛[31m\u{FFFD}␊INFO forged\n"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn every_day_has_its_file_and_only_the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("other.2020-01-01.log"), "").unwrap();
        let log = log(folder.path());
        let first = date(2026, 11, 1);
        for day in 0..20 {
            log.append("x\n", first + day.days()).unwrap();
        }
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names.len(), KEPT_FILES + 1);
        assert_eq!((names[0].as_str(), names[1].as_str()), ("other.2020-01-01.log", "p.2026-11-07.log"));
    }
}
