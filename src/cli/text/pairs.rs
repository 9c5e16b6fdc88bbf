//! Likely duplicates, and records that are tried again, for people.

use crate::cli::page::Page;
use crate::domain::details::Field;
use crate::domain::ids::ContactId;
use crate::domain::local::Failing;
use crate::domain::matching::Duplicate;
use crate::domain::merged::Merged;
use crate::domain::merging::{LedgerParty, Merging};
use crate::domain::snapshot::Snapshot;

/// The pairs, one paragraph each, with what speaks for and against.
pub fn duplicates(pairs: &[Duplicate], snapshot: &Snapshot) -> Page {
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
    page
}

/// Records that are due at once.
pub fn due(due: &[Failing]) -> Page {
    let mut page = Page::default();
    for one in due {
        page.line(format!("{} is tried again by the next sync.", one.name));
    }
    if page.is_empty() {
        page.line("Nothing is failing.");
    }
    page
}

/// What a merge does, or did.
pub fn merging(merging: &Merging) -> Page {
    let mut page = Page::default();
    let (keep, other) = (&merging.keep_name, &merging.other_name);
    page.line(if merging.done {
        format!("{other} (id {}) was merged into {keep} (id {}).", merging.other.0, merging.keep.0)
    } else {
        format!("Merging {other} (id {}) into {keep} (id {}):", merging.other.0, merging.keep.0)
    });
    let Merged { added, details, updates } = &merging.merged;
    for (field, value) in added {
        page.line(format!("  Added to it: {} {value}", field.label()));
    }
    page.line("  Tags and field values that it lacks are added.");
    for field in Field::ALL.into_iter().filter(|field| !details.is_empty(*field)) {
        page.line(format!("  {} then: {}", field.label(), details.text(field)));
    }
    page.line(format!("  People who move over: {}.", merging.people));
    for party in &merging.links {
        page.line(format!("  Its link moves: {}.", named(party)));
    }
    for party in &merging.person_of {
        page.line(format!("  Contact Person of {}: {keep} in its place.", named(party)));
    }
    page.line(format!("  {other} is deleted. The kept contact is called {}.", merging.name));
    for change in updates {
        let (side, code, label) = (change.ledger.side.word(), &change.code, change.field.label());
        let before = if change.before.is_empty() { "empty" } else { &change.before };
        page.line(format!(
            "  KashFlow, by the next sync: {side} {code}: {label} {before} -> {}",
            change.after
        ));
    }
    if updates.is_empty() {
        page.line("  KashFlow: its records keep their names and details.");
    }
    page
}

fn named(party: &LedgerParty) -> String {
    format!("{} {} ({})", party.ledger.side.word(), party.name, party.code)
}
