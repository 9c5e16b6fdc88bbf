//! Merging two contacts of Capsule on a person's word: what may be merged, and what the kept one is called (design B28). Pure.

use jiff::{SignedDuration, Timestamp};

use super::contact::{Contact, ContactKind};
use super::holdings::Holdings;
use super::ids::{ContactId, LedgerRef, Side};
use super::merged::Merged;
use super::normalise::collapsed;

/// A merge that was begun: durable before anything is sent, and finished by the same command only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunMerge {
    /// The contact that is kept.
    pub keep: ContactId,
    /// The contact that goes.
    pub other: ContactId,
    /// What the other was called when the merge was confirmed.
    pub other_name: String,
    /// The delete of the other is being sent: should it be gone, then it was us.
    pub deleting: bool,
}

/// What a merge does; with `done` what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merging {
    /// The contact that is kept.
    pub keep: ContactId,
    /// What it is called now.
    pub keep_name: String,
    /// The contact that goes.
    pub other: ContactId,
    /// What it is called.
    pub other_name: String,
    /// What the kept one is called afterwards.
    pub name: String,
    /// That name was not told and is new: KashFlow's records keep theirs.
    pub keeps_ledger_names: bool,
    /// The ledger contacts whose links move.
    pub links: Vec<LedgerParty>,
    /// The ledger contacts whose Contact Person is the one that goes: the kept one takes its place.
    pub person_of: Vec<LedgerParty>,
    /// What the kept contact is given, and what that leads to in KashFlow.
    pub merged: Merged,
    /// People who move over.
    pub people: usize,
    /// It has been carried out.
    pub done: bool,
}

/// A ledger contact that a merge concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerParty {
    /// The ledger contact.
    pub ledger: LedgerRef,
    /// Its code; empty where it is not known any more.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A merge that kashsync would not make itself, so that the person was sent to Capsule's own screen: when one of the two is
/// gone, the links move to the one that is left (design B28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnouncedMerge {
    /// The contact that was to be kept.
    pub keep: ContactId,
    /// The contact that was to go; people may choose the other way round in Capsule.
    pub other: ContactId,
    /// When the person was sent there.
    pub at: Timestamp,
}

impl AnnouncedMerge {
    /// How long it holds: a contact that is deleted later than that was not merged on our word.
    const HOLDS: SignedDuration = SignedDuration::from_hours(24 * 30);
    /// How many are remembered.
    const MOST: usize = 20;

    /// The one that is left when this one is gone.
    pub fn survivor(&self, gone: ContactId, now: Timestamp) -> Option<ContactId> {
        let left = match gone {
            _ if gone == self.other => self.keep,
            _ if gone == self.keep => self.other,
            _ => return None,
        };
        self.holds(now).then_some(left)
    }

    fn holds(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < Self::HOLDS
    }
}

/// Adds an announcement to those that still hold; a newer one about one of the two takes the place of an older one.
pub fn announce(known: &[AnnouncedMerge], new: AnnouncedMerge) -> Vec<AnnouncedMerge> {
    let is_about = |id: ContactId| id == new.keep || id == new.other;
    let standing = known.iter().copied().filter(|old| old.holds(new.at));
    let mut all: Vec<AnnouncedMerge> =
        standing.filter(|old| !is_about(old.keep) && !is_about(old.other)).collect();
    all.push(new);
    all.split_off(all.len().saturating_sub(AnnouncedMerge::MOST))
}

/// Why two contacts are not merged here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeBar {
    /// They cannot be one contact.
    Unlike(&'static str),
    /// Each has a link on this side, and one contact has one at most (design B2).
    BothLinked(Side),
    /// The other one would lose something: Capsule's own merge keeps it.
    Holds(String),
}

/// Why two contacts cannot be merged here, if they cannot. A holding that could not be looked up counts as one (design B28).
pub fn bar(
    keep: &Contact,
    other: &Contact,
    links: (&[Side], &[Side]),
    holdings: Option<Holdings>,
) -> Option<MergeBar> {
    if keep.id == other.id {
        return Some(MergeBar::Unlike("a contact cannot be merged with itself"));
    }
    let same_kind = matches!(
        (&keep.kind, &other.kind),
        (ContactKind::Organisation { .. }, ContactKind::Organisation { .. })
            | (ContactKind::Person { .. }, ContactKind::Person { .. })
    );
    if !same_kind {
        return Some(MergeBar::Unlike("one is a person and the other an organisation"));
    }
    let (kept, moving) = links;
    if let Some(side) = moving.iter().find(|side| kept.contains(side)) {
        return Some(MergeBar::BothLinked(*side));
    }
    match holdings {
        Some(held) if held.is_empty() => None,
        Some(_) => {
            let held = "notes, opportunities, projects or open tasks";
            Some(MergeBar::Holds(format!("{} holds {held}", other.name())))
        }
        None => Some(MergeBar::Holds(format!("what {} holds could not be looked up", other.name()))),
    }
}

/// What the kept contact is called afterwards: as told, else exactly as KashFlow has it (see
/// [`super::merged::name_in_kashflow`]), else as it is.
pub fn final_name(told: Option<&str>, kashflow: Option<&str>, current: &str) -> String {
    let given = |name: &&str| !name.trim().is_empty();
    told_name(told).or(kashflow.filter(given)).unwrap_or(current).to_owned()
}

/// The name that a person told, if one was.
pub fn told_name(told: Option<&str>) -> Option<&str> {
    told.map(str::trim).filter(|name| !name.is_empty())
}

/// Whether the name must be written.
pub fn is_renamed(current: &str, name: &str) -> bool {
    collapsed(current) != collapsed(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Summary;

    fn contact(id: i64, kind: ContactKind) -> Contact {
        Contact {
            id: ContactId(id),
            kind,
            emails: Vec::new(),
            phones: Vec::new(),
            websites: Vec::new(),
            addresses: Vec::new(),
            summary: Summary::default(),
            restricted: false,
            updated_at: Timestamp::UNIX_EPOCH,
            last_contacted: None,
        }
    }

    #[test]
    fn b28_only_an_empty_contact_of_the_same_kind_is_merged() {
        let firm = |id| contact(id, ContactKind::Organisation { name: "Acme".into() });
        let person = contact(3, ContactKind::Person { first: "A".into(), last: "B".into(), employer: None });
        let free = Some(Holdings::default());
        let holds = |change: fn(&mut Holdings)| {
            let mut held = Holdings::default();
            change(&mut held);
            Some(held)
        };
        let (customer, supplier) = (&[Side::Customer][..], &[Side::Supplier][..]);
        for (keep, other, links, holdings, barred) in [
            (firm(1), firm(2), (&[][..], &[][..]), free, false),
            (firm(1), firm(2), (customer, supplier), free, false),
            (firm(1), firm(2), (customer, &[][..]), free, false),
            (firm(1), firm(2), (customer, customer), free, true),
            (firm(1), firm(1), (&[][..], &[][..]), free, true),
            (firm(1), person, (&[][..], &[][..]), free, true),
            (firm(1), firm(2), (&[][..], &[][..]), None, true),
            (firm(1), firm(2), (&[][..], &[][..]), holds(|held| held.notes = 1), true),
            (firm(1), firm(2), (&[][..], &[][..]), holds(|held| held.opportunities = 1), true),
            (firm(1), firm(2), (&[][..], &[][..]), holds(|held| held.projects = 1), true),
            (firm(1), firm(2), (&[][..], &[][..]), holds(|held| held.open_tasks = true), true),
        ] {
            assert_eq!(bar(&keep, &other, links, holdings).is_some(), barred, "{links:?} {holdings:?}");
        }
    }

    #[test]
    fn b28_the_name_is_kashflows_unless_told_otherwise() {
        for (told, kashflow, name) in [
            (None, None, "Acme"),
            (None, Some("ACME Limited"), "ACME Limited"),
            (Some(" Acme Group "), Some("ACME Limited"), "Acme Group"),
            (Some("Acme Group"), None, "Acme Group"),
            (Some("  "), Some("  "), "Acme"),
        ] {
            assert_eq!(final_name(told, kashflow, "Acme"), name);
        }
        assert!(is_renamed("Acme", "ACME") && !is_renamed("Acme  Ltd", " Acme Ltd"));
    }

    #[test]
    fn b28_an_announced_merge_holds_for_a_month_and_either_may_be_left() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_hours(hours)).unwrap();
        let pair = |keep, other, hours| AnnouncedMerge {
            keep: ContactId(keep),
            other: ContactId(other),
            at: at(hours),
        };
        let one = pair(1, 2, 0);
        for (gone, hours, left) in
            [(2, 1, Some(1)), (1, 1, Some(2)), (3, 1, None), (2, 24 * 30, None), (2, 24 * 30 - 1, Some(1))]
        {
            assert_eq!(one.survivor(ContactId(gone), at(hours)), left.map(ContactId), "{gone} {hours}");
        }
        let (again, elsewhere) = (pair(3, 2, 1), pair(5, 6, 2));
        assert_eq!(announce(&[one], elsewhere), [one, elsewhere]);
        assert_eq!(announce(&[one, elsewhere], again), [elsewhere, again], "the newer word counts");
        assert_eq!(announce(&[one], pair(5, 6, 24 * 31)), [pair(5, 6, 24 * 31)], "what is old is forgotten");
        let many: Vec<AnnouncedMerge> = (0..20).map(|id| pair(100 + id, 200 + id, 0)).collect();
        assert_eq!(announce(&many, one).len(), 20);
    }
}
