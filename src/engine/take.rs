//! Taking a difference one way: a mark on the link that the next run carries out (design B13). Pure.

use jiff::Timestamp;

use super::decide::Refusal;
use crate::domain::change::{Around, Person, Sides, Stand, comparable, stand, taken as holds};
use crate::domain::details::Field;
use crate::domain::ids::{ContactId, Service};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::link::Link;
use crate::domain::local::RecordRef;
use crate::domain::undo::{journal_mark, marked};
use crate::ports::{Change, Kept};

/// What taking came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// What changes; nothing where the field is written that way anyway.
    pub changes: Vec<Change>,
    /// Whose value the next run writes to the other side: of the first link on which the field differs.
    pub side: Option<Service>,
}

/// Takes one side's value of a field on every link of a contact where it differs. Taking the same side again, or the side
/// that would be written anyway, takes the mark off.
pub fn take(
    kept: &Kept,
    contact: ContactId,
    field: Field,
    side: Service,
    now: Timestamp,
) -> Result<Taken, Refusal> {
    let differing = differing_links(kept, contact, field)?;
    let mut progress = kept.local.progress.clone();
    let mut taken = Taken { changes: Vec::new(), side: None };
    for (place, (link, sides)) in differing.into_iter().enumerate() {
        let before = holds(field, link, &sides);
        let found = stand(field, link, &sides);
        // A name that changed on both sides is asked about (design B15); everything else that changed in Capsule goes anyway.
        let goes = found == Stand::Capsule || (found == Stand::Both && field != Field::Name);
        let anyway = goes.then_some(Service::Capsule);
        let mark = Some(side).filter(|side| before != Some(*side) && anyway != Some(*side));
        if place == 0 {
            taken.side = mark.or(anyway);
        }
        if mark == before {
            continue;
        }
        let ledger = kept.snapshot.ledger.get(&link.ledger);
        let entry = JournalEntry {
            id: progress.next_entry(),
            run: None,
            at: now,
            place: Place::Local,
            record: Some(RecordRef::Ledger(link.ledger)),
            name: ledger.map(|ledger| ledger.name.clone()).unwrap_or_default(),
            action: Action::Take,
            reason: "you took one side's value".into(),
            before: vec![journal_mark(field, before)],
            after: vec![journal_mark(field, mark)],
            outcome: "done".into(),
            undone: false,
        };
        let next = marked(&kept.snapshot, &kept.local, link.ledger, field, mark);
        taken.changes.extend(next.map(Change::PutLink));
        taken.changes.push(Change::Journal(entry));
    }
    if !taken.changes.is_empty() {
        taken.changes.push(Change::PutProgress(progress));
    }
    Ok(taken)
}

/// The links of a contact on which a field differs now, customer first.
fn differing_links(kept: &Kept, id: ContactId, field: Field) -> Result<Vec<(&Link, Sides)>, Refusal> {
    let not_found =
        |message: String, remedy: &str| Refusal { code: "not_found", message, remedy: remedy.into() };
    let Some(contact) = kept.snapshot.contacts.get(&id) else {
        return Err(not_found(format!("there is no contact {}", id.0), "See `kashsync contacts`."));
    };
    let around = Around { snapshot: &kept.snapshot, local: &kept.local };
    let mut links = Vec::new();
    let mut has_person = false;
    for link in kept.local.links_on(id) {
        let Some((_, ledger)) = comparable(link, &around) else { continue };
        let sides = Sides::of(link, contact, ledger, &around);
        has_person |= sides.person == Person::There;
        links.push((link, sides));
    }
    let name = contact.name();
    if links.is_empty() {
        let is_linked = kept.local.links_on(id).next().is_some();
        let (message, remedy) = if is_linked {
            let remedy = "Un-archive it in KashFlow, or make it visible to this token in Capsule, then sync.";
            (format!("nothing is written to {name} now: it is archived, gone or out of sight"), remedy)
        } else {
            let remedy = "Only a linked contact has two values to choose from.";
            (format!("{name} is not linked with KashFlow"), remedy)
        };
        return Err(not_found(message, remedy));
    }
    if field == Field::ContactPerson && !has_person {
        let message = format!("the link of {name} has no Contact Person in Capsule");
        return Err(not_found(message, "Export a person of the organisation to KashFlow first."));
    }
    links.retain(|(link, sides)| {
        sides.compared().any(|compared| compared == field) && stand(field, link, sides).differs()
    });
    if links.is_empty() {
        let message = format!("{} of {name} is the same on both sides", field.label());
        return Err(not_found(message, &format!("See `kashsync contact {}` for what differs.", id.0)));
    }
    Ok(links)
}
