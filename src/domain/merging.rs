//! Merging two contacts of Capsule on a person's word: what may be merged, and what the kept one is called (design B28). Pure.

use super::contact::{Contact, ContactKind};
use super::holdings::Holdings;
use super::ids::{ContactId, LedgerRef, Side};
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
    /// The ledger contacts whose links move.
    pub links: Vec<LedgerRef>,
    /// People who move over.
    pub people: usize,
    /// It has been carried out.
    pub done: bool,
}

/// Why two contacts cannot be merged here, if they cannot. A holding that could not be looked up counts as one (design B28).
pub fn bar(
    keep: &Contact,
    other: &Contact,
    links: (&[Side], &[Side]),
    holdings: Option<Holdings>,
) -> Option<String> {
    if keep.id == other.id {
        return Some("a contact cannot be merged with itself".into());
    }
    let same_kind = matches!(
        (&keep.kind, &other.kind),
        (ContactKind::Organisation { .. }, ContactKind::Organisation { .. })
            | (ContactKind::Person { .. }, ContactKind::Person { .. })
    );
    if !same_kind {
        return Some("one is a person and the other an organisation".into());
    }
    let (kept, moving) = links;
    if let Some(side) = moving.iter().find(|side| kept.contains(side)) {
        return Some(format!("both are linked with a {}", side.word()));
    }
    match holdings {
        Some(held) if held.is_empty() => None,
        Some(_) => Some(format!("{} holds notes, opportunities, projects or open tasks", other.name())),
        None => Some(format!("what {} holds could not be looked up", other.name())),
    }
}

/// What the kept contact is called afterwards: as told, else exactly as KashFlow has it, customer first, else as it is.
pub fn final_name(told: Option<&str>, kashflow: Option<&str>, current: &str) -> String {
    let given = |name: &&str| !name.trim().is_empty();
    told.map(str::trim).filter(given).or(kashflow.filter(given)).unwrap_or(current).to_owned()
}

/// Whether the name must be written.
pub fn is_renamed(current: &str, name: &str) -> bool {
    collapsed(current) != collapsed(name)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

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
}
