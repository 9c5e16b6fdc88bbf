//! Likely duplicates, and records that are tried again, for people.

use crate::cli::page::Page;
use crate::domain::ids::ContactId;
use crate::domain::local::Failing;
use crate::domain::matching::Duplicate;
use crate::domain::merging::Merging;
use crate::domain::snapshot::Snapshot;

/// The pairs, one paragraph each, with what speaks for and against.
pub fn duplicates(pairs: &[Duplicate], snapshot: &Snapshot) -> String {
    let mut page = Page::default();
    let named = |id: ContactId| {
        let known = snapshot.contacts.get(&id).map(|contact| contact.name().into_owned());
        format!("{} (id {})", known.unwrap_or_default(), id.0)
    };
    for pair in pairs {
        let percent = (pair.score.probability() * 100.0).floor();
        let band = pair.score.band().word();
        page.line(format!("{} and {}, {percent}% {band}", named(pair.first), named(pair.second)));
        for reason in &pair.score.reasons {
            page.line(format!("    {:+.1} {}", reason.weight, reason.text));
        }
    }
    if page.is_empty() {
        page.line("No likely duplicates.");
    }
    page.text()
}

/// Records that are due at once.
pub fn due(due: &[Failing]) -> String {
    let mut page = Page::default();
    for one in due {
        page.line(format!("{} is tried again by the next sync.", one.name));
    }
    if page.is_empty() {
        page.line("Nothing is failing.");
    }
    page.text()
}

/// What a merge does, or did.
pub fn merging(merging: &Merging) -> String {
    let mut page = Page::default();
    let (keep, other) = (&merging.keep_name, &merging.other_name);
    page.line(if merging.done {
        format!("{other} (id {}) was merged into {keep} (id {}).", merging.other.0, merging.keep.0)
    } else {
        format!("Merging {other} (id {}) into {keep} (id {}):", merging.other.0, merging.keep.0)
    });
    page.line("  E-mails, phones, websites, addresses, tags and field values that it lacks are added.");
    let people = merging.people;
    page.line(format!("  People who move over: {people}. Links that move: {}.", merging.links.len()));
    page.line(format!("  {other} is deleted. The kept contact is called {}.", merging.name));
    page.text()
}
