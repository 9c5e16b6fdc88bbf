//! Damaged copies of a real database (sync 4, process and disk): each opens with exactly the last durable commit, or is
//! refused. None hangs, none brings the process down, none opens with anything else.
//!
//! Every copy is opened in a process of its own. A slice runs with the other tests; all of them, and a table, with
//! `KASHSYNC_TEST_DAMAGED=500 cargo test --test store damage:: -- --nocapture`.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use kashsync::domain::ids::{ContactId, LedgerRef, RunId};
use kashsync::domain::link::{Base, Link, LinkReason};
use kashsync::domain::local::Progress;
use kashsync::ports::{Change, JournalQuery, Store, StoreError};
use kashsync::store::SledStore;

use crate::subject::{contact, entry, now, profile, runtime, started, times};

/// How many copies are tried, instead of the slice.
const COUNT: &str = "KASHSYNC_TEST_DAMAGED";
const SLICE: u64 = 40;
/// A process that has not ended by then hangs: the store gives up long before.
const PATIENCE: Duration = Duration::from_mins(3);
const COMMITS: u64 = 400;

/// The commit of that number: contacts that are written over and over, links, a journal.
fn changes(number: u64) -> Vec<Change> {
    let id = (number % 150).cast_signed();
    let name = format!("Contact {number} ").repeat(if number.is_multiple_of(9) { 900 } else { 12 });
    let link = Link {
        ledger: LedgerRef::customer(id),
        contact: ContactId(id),
        since: now(),
        reason: LinkReason::Marker,
        base: Base::default(),
        person: None,
        taken: BTreeMap::default(),
        streaks: BTreeMap::default(),
    };
    let progress = Progress { last_run: RunId(number), last_entry: number, ..Progress::default() };
    vec![
        Change::PutContact(contact(id, name.clone())),
        Change::PutLink(link),
        Change::Journal(entry(number, name)),
        Change::PutProgress(progress),
    ]
}

/// Everything that a store holds, as one number.
fn digest(store: &SledStore) -> Result<u64, StoreError> {
    let runtime = runtime();
    let kept = runtime.block_on(store.load())?;
    let journal = runtime.block_on(store.journal(JournalQuery::default()))?;
    let mut hasher = DefaultHasher::new();
    format!("{kept:?}{journal:?}").hash(&mut hasher);
    Ok(hasher.finish())
}

/// The process that opens a damaged copy; by itself it does nothing. What is opened must also take a further commit.
#[test]
fn opens_a_damaged_copy() {
    let Some(profile) = profile() else { return };
    let mut out = std::io::stdout();
    let told = (|| {
        let store = SledStore::open(Path::new(&profile), now())?;
        let found = digest(&store)?;
        runtime().block_on(store.commit(changes(COMMITS + 1)))?;
        runtime().block_on(store.close())?;
        let again = SledStore::open(Path::new(&profile), now())?;
        assert_eq!(runtime().block_on(again.load())?.local.progress.last_run.0, COMMITS + 1);
        Ok::<u64, StoreError>(found)
    })();
    match told {
        Ok(found) => writeln!(out, "\nOPENED {found}").unwrap(),
        Err(StoreError::Damaged(what)) if what.contains("came to no end") => {
            writeln!(out, "\nSPINNING {what}").unwrap();
        }
        Err(StoreError::Damaged(what)) => writeln!(out, "\nDAMAGED {what}").unwrap(),
        Err(error) => writeln!(out, "\nREFUSED {error}").unwrap(),
    }
    // A thread that is lost in the database must not keep the process.
    std::process::exit(0);
}

/// Databases to damage, with what they hold: closed well, cut off, and opened many times.
fn originals(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut originals = Vec::new();
    let profile = dir.join("live");
    let mut store = SledStore::open(&profile, now()).unwrap();
    runtime().block_on(store.load()).unwrap();
    for number in 1..=COMMITS {
        runtime().block_on(store.commit(changes(number))).unwrap();
        if number.is_multiple_of(130) {
            drop(store);
            store = SledStore::open(&profile, now()).unwrap();
            runtime().block_on(store.load()).unwrap();
        }
    }
    let expected = digest(&store).unwrap();
    copy(&profile, &dir.join("cut-off"));
    drop(store);
    copy(&profile, &dir.join("closed"));
    for _ in 0..3 {
        drop(SledStore::open(&profile, now()).unwrap());
    }
    copy(&profile, &dir.join("reopened"));
    for name in ["cut-off", "closed", "reopened"] {
        originals.push((dir.join(name), expected));
    }
    originals
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Pseudo-random throws (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

/// One wrong thing about a file's bytes.
fn spoil(bytes: &mut Vec<u8>, dice: &mut Dice) -> &'static str {
    let length = bytes.len();
    let page = 4096.min(length);
    match dice.below(5) {
        0 if length > 0 => {
            bytes[dice.below(length)] ^= 1 << dice.below(8);
            "bit flipped"
        }
        1 => {
            let from = dice.below(length - page + 1);
            bytes[from..from + page].fill(0);
            "page zeroed"
        }
        2 => {
            let from = dice.below(length - page + 1);
            for byte in &mut bytes[from..from + page] {
                *byte = u8::try_from(dice.below(256)).unwrap();
            }
            "page of garbage"
        }
        3 => {
            bytes.truncate(dice.below(length + 1));
            "cut short"
        }
        _ => {
            let from = dice.below(length - page + 1);
            bytes.copy_within(from..from + page, dice.below(length - page + 1));
            "page in a wrong place"
        }
    }
}

/// Damages a copy, and says how.
fn damage(store: &Path, dice: &mut Dice) -> String {
    let names = |wanted: fn(&str) -> bool| -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = fs::read_dir(store)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| wanted(&path.file_name().unwrap().to_string_lossy()))
            .collect();
        found.sort();
        found
    };
    let spoiled = |path: &Path, dice: &mut Dice| {
        let mut bytes = fs::read(path).unwrap();
        let how = spoil(&mut bytes, dice);
        fs::write(path, bytes).unwrap();
        how
    };
    match dice.below(16) {
        0..=8 => format!("db: {}", spoiled(&store.join("db"), dice)),
        9 => {
            let how = spoiled(&store.join("db"), dice);
            format!("db twice: {how}, {}", spoiled(&store.join("db"), dice))
        }
        10 => {
            fs::remove_file(store.join("db")).unwrap();
            "db: missing".into()
        }
        11 => format!("conf: {}", spoiled(&store.join("conf"), dice)),
        12 => {
            fs::remove_file(store.join("conf")).unwrap();
            "conf: missing".into()
        }
        13 => match names(|name| name.starts_with("snap.")).first() {
            Some(snapshot) if dice.below(4) == 0 => {
                fs::remove_file(snapshot).unwrap();
                "snap: missing".into()
            }
            Some(snapshot) => format!("snap: {}", spoiled(snapshot, dice)),
            None => "snap: none there".into(),
        },
        14 => {
            let name = format!("snap.{:016X}.generating", dice.below(1 << 20));
            fs::write(store.join(name), vec![7; dice.below(5_000)]).unwrap();
            fs::create_dir_all(store.with_file_name("store-new.partial")).unwrap();
            fs::write(store.with_file_name("store-new.partial").join("db"), b"half").unwrap();
            "leftovers".into()
        }
        _ => format!("commits: {}", spoiled(&store.join("commits"), dice)),
    }
}

/// Opens a copy in a process of its own and gives what that said; nothing when it hangs.
fn opened(profile: &Path) -> Option<String> {
    let mut child = started("damage::opens_a_damaged_copy", profile);
    let mut out = child.stdout.take().unwrap();
    let (sender, said) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = out.read_to_string(&mut text);
        sender.send(text)
    });
    let text = said.recv_timeout(PATIENCE).ok();
    if text.is_none() {
        child.kill().unwrap();
    }
    let code = child.wait().unwrap().code();
    let said = text.as_ref()?.lines().find_map(|line| {
        let words = ["OPENED", "DAMAGED", "SPINNING", "REFUSED"];
        words.into_iter().any(|word| line.starts_with(word)).then(|| line.to_owned())
    });
    Some(said.unwrap_or_else(|| format!("CRASHED {code:?}")))
}

#[test]
fn i10_a_damaged_database_opens_as_it_was_or_is_refused() {
    let count = times(COUNT, SLICE);
    let dir = tempfile::tempdir().unwrap();
    let originals = originals(dir.path());
    let mut table: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let mut faults = Vec::new();
    for number in 0..count {
        let mut dice = Dice(number);
        let (original, expected) = &originals[dice.below(originals.len())];
        let profile = dir.path().join(format!("copy-{number}"));
        copy(original, &profile);
        let how = damage(&profile.join("store"), &mut dice);
        let said = opened(&profile).unwrap_or_else(|| "HUNG".into());
        let (word, rest) = said.split_once(' ').unwrap_or((&said, ""));
        let outcome = match word {
            "OPENED" if rest == expected.to_string() => "as it was",
            "OPENED" => "silently wrong",
            "DAMAGED" if rest.contains("missing") => "refused for missing commits",
            "DAMAGED" => "refused",
            "SPINNING" => "refused by the watchdog",
            "REFUSED" => "refused for another reason",
            "CRASHED" => "crashed",
            _ => "hung",
        };
        let original = original.file_name().unwrap().to_string_lossy().into_owned();
        if matches!(outcome, "silently wrong" | "crashed" | "hung") {
            faults.push(format!("{number} ({original}, {how}): {outcome}: {said}"));
        }
        // A watched run tells what was not called damaged, too.
        if outcome == "refused for another reason" {
            let _ = writeln!(std::io::stdout(), "{number} ({original}, {how}): {said}");
        }
        *table.entry(how).or_default().entry(outcome.to_owned()).or_default() += 1;
        *table.entry("all".into()).or_default().entry(outcome.to_owned()).or_default() += 1;
        fs::remove_dir_all(&profile).unwrap();
    }
    for (how, outcomes) in &table {
        let outcomes: Vec<String> = outcomes.iter().map(|(what, times)| format!("{times} {what}")).collect();
        let _ = writeln!(std::io::stdout(), "{how}: {}", outcomes.join(", "));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
