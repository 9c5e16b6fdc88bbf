//! What a merge leaves: the rows that the kept contact is given, the links as they then are, and what the next sync makes of
//! that in KashFlow (design B28). Shown before a merge is confirmed. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::change::{Around, Person, Sides, Step, changes, comparable};
use super::contact::{AddressRow, Contact, EmailRow, PhoneKind, PhoneRow, WebsiteRow};
use super::details::{Details, Field};
use super::ids::{ContactId, LedgerRef};
use super::ledger::LedgerContact;
use super::link::{Base, Link, LinkReason};
use super::local::Local;
use super::mapping::{from_contact, from_ledger};
use super::marker::WEBSITE_MARK;
use super::normalise::{collapsed, email_key, phone_key, website_key};
use super::policy::Policy;
use super::snapshot::Snapshot;

/// A merge as it is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct Merge<'a> {
    /// The contact that is kept.
    pub keep: &'a Contact,
    /// The contact that goes; none when it is gone already.
    pub other: Option<&'a Contact>,
    /// What the kept one will be called.
    pub name: &'a str,
    /// The name was not told, and is another one than before: it then renames nothing in KashFlow.
    pub keeps_ledger_names: bool,
}

/// What a merge leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Rows of the other one that the kept one lacks, after its own; the field says what kind of row.
    pub added: Vec<(Field, String)>,
    /// What comes first of each kind, and so is what KashFlow is compared with.
    pub details: Details,
    /// What the next sync writes to KashFlow because of it.
    pub updates: Vec<LedgerChange>,
}

/// One value that the next sync changes in KashFlow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerChange {
    /// The ledger contact.
    pub ledger: LedgerRef,
    /// Its code.
    pub code: String,
    /// The field.
    pub field: Field,
    /// KashFlow's value now.
    pub before: String,
    /// The value that it gets.
    pub after: String,
}

/// What KashFlow calls the kept contact: its own customer, its own supplier, and only then the other's. A link that an earlier
/// try of the merge moved is not its own.
pub fn name_in_kashflow(
    keep: ContactId,
    other: ContactId,
    snapshot: &Snapshot,
    local: &Local,
) -> Option<String> {
    [keep, other].into_iter().find_map(|contact| {
        let mut links: Vec<&Link> = local.links_on(contact).collect();
        let moved = |link: &Link| (link.reason == LinkReason::Merged).then_some(link.since);
        links.sort_by_key(|link| (moved(link), link.ledger.side));
        let there = links.into_iter().filter(|link| !local.is_gone(link.ledger));
        let mut names = there.filter_map(|link| snapshot.ledger.get(&link.ledger)).map(|record| &record.name);
        names.find(|name| !name.trim().is_empty()).cloned()
    })
}

/// A link of the other contact as it moves to the kept one, whose values become the new base. Its Contact Person goes with it.
pub fn moved(link: &Link, keep: &Contact, record: Option<&LedgerContact>, now: Timestamp) -> Link {
    let kashflow = record.map(from_ledger).unwrap_or_default();
    let base = Base { capsule: from_contact(keep), kashflow };
    Link::new(link.ledger, keep.id, now, LinkReason::Merged, base).with_person_of(link)
}

/// The name that a merge gives a contact without having been told is an accepted difference on its links: a merge renames
/// nothing in KashFlow by itself.
pub fn accept_name(link: &mut Link, name: &str, record: &LedgerContact) {
    if !link.taken.contains_key(&Field::Name) {
        link.base.capsule.name = collapsed(name);
        link.base.kashflow.name = from_ledger(record).name;
    }
}

/// What of `others` is not among `own`, each once; what has no key is nothing.
pub fn lacking<'a, T>(
    own: impl Iterator<Item = &'a T>,
    others: impl Iterator<Item = &'a T>,
    key: impl Fn(&T) -> String,
) -> Vec<&'a T> {
    let mut known: BTreeSet<String> = own.map(&key).collect();
    let is_new = |row: &&T| {
        let row = key(row);
        !row.is_empty() && known.insert(row)
    };
    others.filter(is_new).collect()
}

/// How two addresses are known to be the same row: street, town, county, postcode, country.
pub fn address_key(parts: [&str; 5]) -> String {
    collapsed(&parts.join(" ")).to_lowercase()
}

/// What a merge leaves, as far as it can be known before.
pub fn merged(merge: &Merge<'_>, around: &Around<'_>, policy: &Policy, now: Timestamp) -> Merged {
    let kept = taken_over(merge);
    let mut details = from_contact(&kept);
    details.name = collapsed(merge.name);
    let mut updates = Vec::new();
    for link in around.local.links() {
        updates.extend(updates_of(link, merge, &kept, &details, around, policy, now));
    }
    let added = match merge.other {
        Some(_) => added(merge.keep, &kept),
        None => Vec::new(),
    };
    Merged { added, details, updates }
}

/// The kept contact with the rows that it takes over, after its own.
fn taken_over(merge: &Merge<'_>) -> Contact {
    let mut kept = merge.keep.clone();
    let Some(other) = merge.other else { return kept };
    let emails =
        lacking(merge.keep.emails.iter(), other.emails.iter(), |row: &EmailRow| email_key(&row.address));
    kept.emails.extend(emails.into_iter().cloned());
    let phones =
        lacking(merge.keep.phones.iter(), other.phones.iter(), |row: &PhoneRow| phone_key(&row.number));
    kept.phones.extend(phones.into_iter().cloned());
    let theirs = other.websites.iter().filter(|row| !row.address.contains(WEBSITE_MARK));
    let websites = lacking(merge.keep.websites.iter(), theirs, |row: &WebsiteRow| website_key(&row.address));
    kept.websites.extend(websites.into_iter().cloned());
    let addresses = lacking(merge.keep.addresses.iter(), other.addresses.iter(), |row: &AddressRow| {
        address_key([&row.street, &row.city, &row.state, &row.postcode, &row.country])
    });
    kept.addresses.extend(addresses.into_iter().cloned());
    kept
}

fn added(before: &Contact, after: &Contact) -> Vec<(Field, String)> {
    let emails = after.emails.iter().skip(before.emails.len());
    let emails = emails.map(|row| (Field::Email, row.address.clone()));
    let phones = after.phones.iter().skip(before.phones.len()).map(|row| {
        let field = match row.kind {
            PhoneKind::Fax => Field::Fax,
            PhoneKind::Mobile => Field::Mobile,
            PhoneKind::Other => Field::Phone,
        };
        (field, row.number.clone())
    });
    let websites = after.websites.iter().skip(before.websites.len());
    let websites = websites.map(|row| (Field::Website, row.address.clone()));
    let addresses = after.addresses.iter().skip(before.addresses.len()).map(|row| {
        let parts = [&row.street, &row.city, &row.state, &row.postcode, &row.country];
        let lines = parts.into_iter().flat_map(|part| part.lines()).map(collapsed);
        let given: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
        (Field::Address, given.join(", "))
    });
    emails.chain(phones).chain(websites).chain(addresses).collect()
}

/// What the next sync writes to one ledger contact that the merge touches.
fn updates_of(
    link: &Link,
    merge: &Merge<'_>,
    kept: &Contact,
    details: &Details,
    around: &Around<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Vec<LedgerChange> {
    let keep = merge.keep.id;
    let other = merge.other.map(|other| other.id);
    let is_theirs = |id: ContactId| id == keep || Some(id) == other;
    if policy.is_off(link.ledger.side) || !(is_theirs(link.contact) || link.person.is_some_and(is_theirs)) {
        return Vec::new();
    }
    let Some((contact, record)) = comparable(link, around) else { return Vec::new() };
    let mut sides = Sides::of(link, contact, record, around);
    let mut after = match other {
        Some(other) if link.contact == other => moved(link, kept, Some(record), now),
        Some(other) => link.clone().with_person(other, keep),
        None => link.clone(),
    };
    if after.contact == keep {
        let person = std::mem::take(&mut sides.capsule.contact_person);
        sides.capsule = Details { contact_person: person, ..details.clone() };
        if merge.keeps_ledger_names {
            accept_name(&mut after, merge.name, record);
        }
    }
    if after.person == Some(keep) {
        let works_there = merge.keep.employer().is_some_and(|employer| employer.id == after.contact);
        sides.person = if after.contact == keep || works_there { Person::There } else { Person::Gone };
        sides.capsule.contact_person.clone_from(&details.name);
    }
    let written =
        changes(&after, &sides, policy).into_iter().filter(|change| change.step == Step::ToKashFlow);
    let change = |field: Field| LedgerChange {
        ledger: link.ledger,
        code: record.code.clone(),
        field,
        before: sides.kashflow.text(field),
        after: sides.capsule.text(field),
    };
    written.map(|written| change(written.field)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::contact::{ContactKind, Employer, Summary};
    use super::super::ids::RowId;
    use super::super::ledger::{LedgerAddress, LedgerPerson};
    use super::*;

    fn contact(id: i64, kind: ContactKind, emails: &[&str]) -> Contact {
        let row = |email: &&str| EmailRow { id: RowId(1), address: (*email).to_owned() };
        Contact {
            id: ContactId(id),
            kind,
            emails: emails.iter().map(row).collect(),
            phones: Vec::new(),
            websites: Vec::new(),
            addresses: Vec::new(),
            summary: Summary::default(),
            restricted: false,
            updated_at: Timestamp::UNIX_EPOCH,
            last_contacted: None,
        }
    }

    fn firm(id: i64, name: &str, emails: &[&str]) -> Contact {
        contact(id, ContactKind::Organisation { name: name.into() }, emails)
    }

    fn person(id: i64, last: &str) -> Contact {
        let employer = Some(Employer { id: ContactId(1), name: "Brightwater Timber".into() });
        contact(id, ContactKind::Person { first: "Lena".into(), last: last.into(), employer }, &[])
    }

    #[derive(Default)]
    struct Known {
        snapshot: Snapshot,
        local: Local,
    }

    impl Known {
        fn hold(&mut self, contact: &Contact) {
            self.snapshot.contacts.insert(contact.id, Arc::new(contact.clone()));
        }

        /// A ledger contact of that name, linked with the contact as both stand.
        fn link(&mut self, ledger: LedgerRef, name: &str, contact: &Contact, change: impl FnOnce(&mut Link)) {
            let record = LedgerContact {
                id: ledger,
                code: format!("CODE{}", ledger.id.0),
                name: name.into(),
                archived: false,
                contact: LedgerPerson::default(),
                address: LedgerAddress::default(),
                currency: None,
            };
            let base = Base::now(contact, &record);
            let mut link = Link::new(ledger, contact.id, Timestamp::UNIX_EPOCH, LinkReason::ExactName, base);
            change(&mut link);
            assert!(self.local.link(link));
            self.snapshot.ledger.insert(ledger, Arc::new(record));
        }

        fn merged(&self, keep: &Contact, other: &Contact, name: &str, told: bool) -> Merged {
            let around = Around { snapshot: &self.snapshot, local: &self.local };
            let merge = Merge { keep, other: Some(other), name, keeps_ledger_names: !told };
            merged(&merge, &around, &Policy::default(), Timestamp::UNIX_EPOCH)
        }

        fn name(&self) -> Option<String> {
            name_in_kashflow(ContactId(1), ContactId(2), &self.snapshot, &self.local)
        }
    }

    fn updates(merged: &Merged) -> Vec<String> {
        let line = |change: &LedgerChange| {
            format!("{} {} {} -> {}", change.code, change.field.word(), change.before, change.after)
        };
        merged.updates.iter().map(line).collect()
    }

    /// The kept one has a supplier, the other one a customer.
    fn crossed() -> (Known, Contact, Contact) {
        let keep = firm(1, "Brightwater Timber", &[]);
        let other = firm(2, "Alpine Conservatories", &["office@alpine.example"]);
        let mut known = Known::default();
        known.hold(&keep);
        known.hold(&other);
        known.link(LedgerRef::supplier(7), "Brightwater Timber", &keep, |_| {});
        known.link(LedgerRef::customer(8), "Alpine Conservatories", &other, |_| {});
        (known, keep, other)
    }

    #[test]
    fn b28_the_kept_contacts_own_name_in_kashflow_wins() {
        let (mut known, keep, other) = crossed();
        assert_eq!(known.name().as_deref(), Some("Brightwater Timber"), "not the other one's customer");
        // A try that was cut off has moved the other's customer already.
        let link = known.local.unlink(LedgerRef::customer(8)).unwrap();
        assert!(known.local.link(moved(&link, &keep, None, Timestamp::UNIX_EPOCH)));
        assert_eq!(known.name().as_deref(), Some("Brightwater Timber"));
        let mut known = Known::default();
        known.link(LedgerRef::customer(8), "Alpine Conservatories", &other, |_| {});
        assert_eq!(known.name().as_deref(), Some("Alpine Conservatories"), "it has none of its own");
        known.link(LedgerRef::supplier(7), "Brightwater Supplies", &keep, |_| {});
        known.link(LedgerRef::customer(9), "Brightwater Sales", &keep, |_| {});
        assert_eq!(known.name().as_deref(), Some("Brightwater Sales"), "its customer first");
    }

    #[test]
    fn b28_the_preview_shows_rows_and_what_the_next_sync_writes() {
        let (known, keep, other) = crossed();
        let merged = known.merged(&keep, &other, "Brightwater Timber", false);
        assert_eq!(merged.added, [(Field::Email, "office@alpine.example".to_owned())]);
        assert_eq!(merged.details.email, "office@alpine.example");
        // The kept one's own record gets the e-mail that the contact now has; nobody is renamed.
        assert_eq!(updates(&merged), ["CODE7 email  -> office@alpine.example"]);
        let told = known.merged(&keep, &other, "Brightwater Group", true);
        let mut lines = updates(&told);
        lines.retain(|line| line.contains(" name "));
        assert_eq!(
            lines,
            [
                "CODE8 name Alpine Conservatories -> Brightwater Group",
                "CODE7 name Brightwater Timber -> Brightwater Group"
            ]
        );
    }

    #[test]
    fn b28_the_kept_person_becomes_the_contact_person() {
        let firm = firm(1, "Brightwater Timber", &[]);
        let (keep, other) = (person(3, "Okoro-Pike"), person(4, "Okoro"));
        let mut known = Known::default();
        for contact in [&firm, &keep, &other] {
            known.hold(contact);
        }
        known.link(LedgerRef::customer(7), "Brightwater Timber", &firm, |link| {
            link.person = Some(other.id);
            link.base.capsule.contact_person = "Lena Okoro".into();
        });
        let same = known.merged(&keep, &other, "Lena Okoro", false);
        assert_eq!(updates(&same), [""; 0], "called the same, nothing changes");
        let merged = known.merged(&keep, &other, "Lena Okoro-Pike", false);
        assert_eq!(updates(&merged), ["CODE7 contact_person  -> Lena Okoro-Pike"]);
        let elsewhere = Contact {
            kind: ContactKind::Person { first: "Lena".into(), last: "Pike".into(), employer: None },
            ..keep
        };
        assert_eq!(updates(&known.merged(&elsewhere, &other, "Lena Pike", false)), [""; 0]);
    }
}
