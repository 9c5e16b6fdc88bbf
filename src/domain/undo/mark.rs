//! Undoing a mark that takes a difference one way: it stands until a run has carried it out (design B13, B36).

use super::super::change::{Around, Sides, comparable, differing, evidence};
use super::super::details::Field;
use super::super::ids::{ContactId, EntryId, LedgerRef, Service};
use super::super::journal::{Action, JournalEntry, Place};
use super::super::link::{Link, Mark};
use super::super::local::{Local, RecordRef};
use super::super::snapshot::Snapshot;
use super::{CannotUndo, Undoing, cannot, ledger_of};

/// What the journal calls the Contact Person of a link.
const PERSON: &str = "person";

/// The mark goes back to what it was before, as long as it stands as this entry left it.
pub(super) fn take_back(
    entry: &JournalEntry,
    journal: &[JournalEntry],
    snapshot: &Snapshot,
    local: &Local,
) -> Result<Undoing, CannotUndo> {
    let ledger = ledger_of(entry)?;
    let (Some((field, made)), Some((_, before))) = (mark(&entry.after), mark(&entry.before)) else {
        return cannot("the journal does not say which field was taken");
    };
    let Some(link) = local.link_of(ledger) else { return cannot("the two are not linked any more") };
    if let Some((person, made_person)) = persons(entry) {
        let written = journal
            .iter()
            .find(|later| later.id > entry.id && !later.undone && carried_out(later, field, made, link));
        return match written {
            _ if link.person != made_person => cannot("the link has another Contact Person by now"),
            Some(written) => cannot(format!("a sync has written it: undo entry {} first", written.id.0)),
            None => Ok(Undoing::ContactPerson { ledger, person }),
        };
    }
    if link.mark(field) != made {
        return Err(since(entry, field, made, link, journal));
    }
    if before.is_some() && !differs(link, field, snapshot, local) {
        return cannot("the two sides do not differ there any more");
    }
    Ok(Undoing::Mark { ledger, field, mark: before })
}

/// A field and whose value was taken of it; none where the mark was taken off.
fn mark(values: &[(String, String)]) -> Option<(Field, Option<Service>)> {
    let (name, word) = values.first()?;
    let field = Field::ALL.into_iter().find(|field| field.word() == name)?;
    match word.as_str() {
        "" => Some((field, None)),
        word => Service::from_word(word).map(|service| (field, Some(service))),
    }
}

/// Who was the link's Contact Person before and after; none where the entry is about no person.
fn persons(entry: &JournalEntry) -> Option<(Option<ContactId>, Option<ContactId>)> {
    let person = |values: &[(String, String)]| {
        let (_, id) = values.iter().find(|(name, _)| name == PERSON)?;
        Some(id.parse().ok().map(ContactId))
    };
    Some((person(&entry.before)?, person(&entry.after)?))
}

fn differs(link: &Link, field: Field, snapshot: &Snapshot, local: &Local) -> bool {
    let (contact, ledger) = (snapshot.contacts.get(&link.contact), snapshot.ledger.get(&link.ledger));
    let around = Around { snapshot, local };
    match (contact, ledger) {
        (Some(contact), Some(ledger)) => {
            differing(link, &Sides::of(link, contact, ledger, &around)).contains(&field)
        }
        _ => false,
    }
}

/// What became of the mark since, with the number of the entry that says so, if one does.
fn since(
    entry: &JournalEntry,
    field: Field,
    made: Option<Service>,
    link: &Link,
    journal: &[JournalEntry],
) -> CannotUndo {
    let mut later: Vec<&JournalEntry> = journal.iter().filter(|later| later.id > entry.id).collect();
    later.sort_by_key(|later| later.id);
    let words = later.into_iter().find_map(|later| {
        if carried_out(later, field, made, link) {
            let EntryId(number) = later.id;
            return Some(format!("a sync has written it: undo entry {number}"));
        }
        let same_field = mark(&later.after).is_some_and(|(other, _)| other == field);
        let retaken = later.action == Action::Take && later.record == entry.record && same_field;
        retaken.then(|| format!("entry {} has changed the mark since", later.id.0))
    });
    CannotUndo(words.unwrap_or_else(|| "the mark does not stand any more".into()))
}

/// Whether an entry is the update by which a run carried the mark out; an undo is no run.
fn carried_out(later: &JournalEntry, field: Field, made: Option<Service>, link: &Link) -> bool {
    let Some(made) = made else { return false };
    let is_person = field == Field::ContactPerson && made == Service::KashFlow;
    let (place, record, word) = match made {
        Service::Capsule => (Place::KashFlow, Some(RecordRef::Ledger(link.ledger)), field.word()),
        // In Capsule the Contact Person is a person with a name.
        Service::KashFlow if is_person => {
            (Place::Capsule, link.person.map(RecordRef::Contact), Field::Name.word())
        }
        Service::KashFlow => (Place::Capsule, Some(RecordRef::Contact(link.contact)), field.word()),
    };
    later.action == Action::Update
        && later.run.is_some()
        && later.place == place
        && later.record == record
        && later.after.iter().any(|(name, _)| name == word)
}

/// The words of a mark in the journal: the field, and whose value was taken of it.
pub fn journal_mark(field: Field, mark: Option<Service>) -> (String, String) {
    (field.word().to_owned(), mark.map_or("", Service::word).to_owned())
}

/// The words of a link's Contact Person in the journal.
pub fn journal_person(person: Option<ContactId>) -> (String, String) {
    (PERSON.to_owned(), person.map_or_else(String::new, |ContactId(id)| id.to_string()))
}

/// A ledger contact's link with another mark on a field. The mark holds for the values that stand there now (design B14).
pub fn marked(
    snapshot: &Snapshot,
    local: &Local,
    ledger: LedgerRef,
    field: Field,
    mark: Option<Service>,
) -> Option<Link> {
    let mut link = local.link_of(ledger)?.clone();
    let Some(side) = mark else {
        link.taken.remove(&field);
        return Some(link);
    };
    let around = Around { snapshot, local };
    let sides =
        comparable(&link, &around).map(|(contact, ledger)| Sides::of(&link, contact, ledger, &around));
    link.taken.insert(field, Mark { side, seen: sides.map(|sides| evidence(field, &sides)) });
    Some(link)
}

/// A ledger contact's link with its former Contact Person. What stands on both sides is an accepted difference (design B36).
pub fn with_former_person(
    snapshot: &Snapshot,
    local: &Local,
    ledger: LedgerRef,
    person: Option<ContactId>,
) -> Option<Link> {
    let mut link = local.link_of(ledger)?.clone();
    link.person = person;
    link.taken.remove(&Field::ContactPerson);
    let around = Around { snapshot, local };
    if let Some((contact, ledger)) = comparable(&link, &around) {
        let sides = Sides::of(&link, contact, ledger, &around);
        link.base.capsule.take(Field::ContactPerson, &sides.capsule);
        link.base.kashflow.take(Field::ContactPerson, &sides.kashflow);
    }
    Some(link)
}
