//! What a lost link leaves in Capsule (design B23).

use super::super::super::contact::SummaryField;
use super::super::super::local::Ignored;
use super::super::super::policy::Suppliers;
use super::*;

fn marker(ledger: LedgerRef, world: &World) -> String {
    let company = CompanyMark::of(world.snapshot.company.as_ref().unwrap());
    Marker { company, ledger }.to_string()
}

/// A contact that carries the marker of customer 7, which is called otherwise.
fn marked() -> World {
    let mut world = world().organisation(1, "Acme Ltd").customer(7, "Birch & Sons");
    world.policy.write_summary = true;
    let id = marker(LedgerRef::customer(7), &world);
    world.edit(1, |contact| {
        contact.summary.tagged = true;
        contact.summary.values.insert(SummaryField::Id, id);
        contact.summary.values.insert(SummaryField::Status, "paid".into());
    })
}

fn unlinked() -> World {
    let mut world = marked();
    world.local.never.insert((LedgerRef::customer(7), ContactId(1)));
    world
}

/// What is to stand on contact 1 after the plan, when it is written at all.
fn cleared(world: &World) -> bool {
    world.plan().operations.iter().any(|operation| {
        matches!(operation, Operation::WriteSummary { contact, before, after, .. }
            if *contact == ContactId(1) && before.tagged && *after == Summary::default())
    })
}

#[test]
fn b23_a_contact_that_has_lost_its_link_loses_our_fields_and_tag() {
    assert!(cleared(&unlinked()));
    let done = unlinked().edit(1, |contact| contact.summary = Summary::default());
    assert!(!cleared(&done), "once");
    let mut off = unlinked();
    off.policy.write_summary = false;
    assert!(!cleared(&off));
    let mut ignored = marked();
    let entry = Ignored { ledger: LedgerRef::customer(7), code: "B".into(), name: "B".into(), since: now() };
    ignored.local.ignored.insert(entry.ledger, entry);
    assert!(cleared(&ignored), "a record that is left out is linked with nobody");
    let mut gone = marked();
    gone.snapshot.ledger.clear();
    assert!(cleared(&gone), "KashFlow has no such record any more");
}

#[test]
fn b23_what_may_yet_be_linked_keeps_what_it_carries() {
    let links = marked().plan().operations;
    assert!(matches!(links.first(), Some(Operation::Link { .. })), "the marker makes the link again");
    assert!(!cleared(&marked()));
    let archived = marked().ledger(LedgerRef::customer(7), "Birch & Sons", |ledger| ledger.archived = true);
    assert!(!cleared(&archived), "un-archived, it is linked by its marker");
    // Two carriers: a person says which.
    let second = marked();
    let id = marker(LedgerRef::customer(7), &second);
    let second = second.organisation(2, "Copy").edit(2, |contact| {
        contact.summary.values.insert(SummaryField::Id, id);
    });
    assert_eq!(second.plan().questions.len(), 1);
    assert!(!cleared(&second));
    let mut off = world().organisation(1, "Acme Ltd");
    off.policy.suppliers = Suppliers::Off;
    off.policy.write_summary = true;
    let id = marker(LedgerRef::supplier(9), &off);
    let off = off.edit(1, |contact| {
        contact.summary.tagged = true;
        contact.summary.values.insert(SummaryField::Id, id);
    });
    assert!(!cleared(&off), "suppliers that are not read may be there all the same");
}

#[test]
fn b23_contacts_out_of_reach_and_fields_of_other_people_are_left_alone() {
    assert!(!cleared(&unlinked().edit(1, |contact| contact.restricted = true)));
    let mut hidden = unlinked();
    hidden.local.hidden.insert(ContactId(1));
    assert!(!cleared(&hidden));
    let mut deleted = unlinked();
    deleted.local.deleted.insert(ContactId(1), now());
    assert!(!cleared(&deleted));
    let by_hand = marked().edit(1, |contact| {
        contact.summary.values = [(SummaryField::Code, "our own".to_owned())].into();
    });
    assert!(!cleared(&by_hand), "no marker: a person has a tag and a field of these names");
}

#[test]
fn b23_a_contact_that_keeps_its_other_link_keeps_that_sides_summary() {
    let both = unlinked().supplier(9, "Acme Ltd").linked(LedgerRef::supplier(9), 1);
    let plan = both.plan();
    let written = plan.operations.iter().find_map(|operation| match operation {
        Operation::WriteSummary { after, .. } => Some(after),
        Operation::Link { .. }
        | Operation::CreateContact { .. }
        | Operation::Export(_)
        | Operation::UpdateLedger(_)
        | Operation::UpdateContact(_)
        | Operation::Remove { .. }
        | Operation::LetGo { .. } => None,
    });
    let id = written.unwrap().values.get(&SummaryField::Id).unwrap();
    assert_eq!(*id, marker(LedgerRef::supplier(9), &both));
}
