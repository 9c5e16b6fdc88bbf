//! Links one end of which is gone.

use super::super::super::contact::PhoneRow;
use super::super::super::local::Missing;
use super::super::super::merging::AnnouncedMerge;
use super::super::super::policy::{DeletedInCapsule, Suppliers};
use super::*;

const SEVEN: LedgerRef = LedgerRef { side: Side::Customer, id: LedgerId(7) };

/// A customer whose contact 1 was deleted in Capsule.
fn deleted() -> World {
    let mut world = world().organisation(1, "Acme Ltd").customer(7, "Acme Ltd").linked(SEVEN, 1);
    world.local.deleted.insert(ContactId(1), now());
    world
}

/// A contact whose customer is gone from KashFlow.
fn gone() -> World {
    let mut world = world().organisation(1, "Acme in Capsule").customer(7, "Acme Ltd").linked(SEVEN, 1);
    world.local.missing.insert(SEVEN, Missing { since: RunId(3), gone: true });
    world
}

fn marker() -> String {
    let company = Company { id: Some(1), name: "Brookside".into(), home_currency: Currency::GBP };
    Marker { company: CompanyMark::of(&company), ledger: SEVEN }.to_string()
}

fn carrying(world: World, contact: i64) -> World {
    world.edit(contact, |contact| drop(contact.summary.values.insert(SummaryField::Id, marker())))
}

#[test]
fn b30_a_deleted_contact_is_asked_about_and_never_made_again_by_itself() {
    check(&deleted(), &["ask deleted_in_capsule for customer:7: ignore recreate archive delete"]);
    let plan = deleted().plan();
    assert_eq!(plan.questions[0].because, "the contact Acme Ltd was deleted in Capsule on 2026-11-24");
}

#[test]
fn b30_the_setting_answers_for_good() {
    let setting = |policy| {
        let mut world = deleted();
        world.policy.deleted_in_capsule = policy;
        world
    };
    check(&setting(DeletedInCapsule::Recreate), &["create Acme Ltd for customer:7"]);
    check(&setting(DeletedInCapsule::Ignore), &["let go customer:7 and 1"]);
    check(
        &setting(DeletedInCapsule::Recreate).organisation(2, "Acme Ltd"),
        &["ask deleted_in_capsule for customer:7: link:2 ignore recreate archive delete"],
    );
}

#[test]
fn b30_every_answer_becomes_the_operation_that_it_says() {
    for (choice, operation) in [
        (Choice::Recreate, "create Acme Ltd for customer:7"),
        (Choice::Archive, "archive customer:7 and 1"),
        (Choice::Delete, "delete_in_kashflow customer:7 and 1"),
    ] {
        let mut answered = deleted();
        answered.local.progress.invoices_whole = Some(now());
        let answered = answered.answered(&choice);
        check(&answered, &[operation]);
        assert_eq!(answered.plan().settling.len(), 1, "the answer is kept until it is carried out");
    }
    let near = deleted().organisation(2, "Acme Ltd").answered(&Choice::Link(ContactId(2)));
    check(&near, &["link customer:7 to 2 (answer)"]);
}

#[test]
fn b30_a_contact_linked_with_both_sides_is_made_again_once() {
    let both = || {
        let mut world = deleted().supplier(8, "Acme Ltd").linked(LedgerRef::supplier(8), 1);
        world.policy.deleted_in_capsule = DeletedInCapsule::Recreate;
        world
    };
    check(&both(), &["create Acme Ltd for customer:7 and supplier:8"]);
    let mut off = both();
    off.policy.suppliers = Suppliers::Off;
    check(&off, &["create Acme Ltd for customer:7"]);
}

#[test]
fn b30_an_archived_record_is_neither_archived_nor_made_again() {
    let mut archived = deleted();
    Arc::make_mut(archived.snapshot.ledger.get_mut(&SEVEN).unwrap()).archived = true;
    check(&archived, &["ask deleted_in_capsule for customer:7: ignore delete"]);
}

#[test]
fn b30_a_restore_takes_the_question_back() {
    let mut restored = deleted().answered(&Choice::Delete);
    restored.local.deleted.clear();
    let plan = restored.plan();
    assert_eq!(words(&plan), [""; 0]);
    assert!(!choose::stands(&restored.local, QuestionId(1), &plan));
}

#[test]
fn b28_a_merge_in_capsule_moves_the_link_to_the_survivor_that_carries_the_marker() {
    let survivor = carrying(deleted().organisation(2, "Acme Group"), 2);
    check(&survivor, &["link customer:7 to 2 (merged)"]);
    let two = carrying(carrying(deleted().organisation(2, "One"), 2).organisation(3, "Two"), 3);
    check(&two, &["ask deleted_in_capsule for customer:7: link:2 link:3 ignore recreate archive delete"]);
}

#[test]
fn b28_a_survivor_without_the_marker_is_offered_first() {
    let rows = |contact: &mut Contact| {
        contact.emails.push(EmailRow { id: RowId(5), address: "Office@acme.example".into() });
        contact.phones.push(PhoneRow {
            id: RowId(6),
            kind: super::super::super::contact::PhoneKind::Other,
            number: "0113 496 0102".into(),
        });
    };
    let world = deleted()
        .edit(1, |lost| rows(lost))
        .organisation(2, "Acme Ltd")
        .organisation(3, "Quite Other Holdings")
        .edit(3, |survivor| rows(survivor));
    check(&world, &["ask deleted_in_capsule for customer:7: link:3 link:2 ignore recreate archive delete"]);
    // One that is taken on that side is no choice (B2).
    let taken = world.customer(9, "Another").linked(LedgerRef::customer(9), 3);
    check(&taken, &["ask deleted_in_capsule for customer:7: link:2 ignore recreate archive delete"]);
}

#[test]
fn b30_an_answer_dies_when_the_record_was_renamed() {
    for choice in [Choice::Archive, Choice::Delete, Choice::Recreate] {
        let mut renamed = deleted().answered(&choice);
        Arc::make_mut(renamed.snapshot.ledger.get_mut(&SEVEN).unwrap()).name = "Other".into();
        check(&renamed, &["ask deleted_in_capsule for customer:7: ignore recreate archive delete"]);
    }
}

#[test]
fn b29_a_record_with_a_document_on_a_vat_return_is_not_deleted() {
    let mut declared = deleted().invoice(7, 12, 40).answered(&Choice::Delete);
    for document in declared.snapshot.documents.values_mut() {
        Arc::make_mut(document).vat_return = Some(4);
    }
    check(&declared, &["ask deleted_in_capsule for customer:7: ignore recreate archive delete"]);
    assert!(declared.plan().settling.is_empty(), "the answer has died");
}

#[test]
fn b31_a_record_gone_from_kashflow_is_asked_about_by_the_name_in_capsule() {
    let mut world = gone();
    world.policy.write_summary = true;
    check(&world, &["ask deleted_in_kashflow for customer:7: keep delete export"]);
    let asked = world.plan().questions.remove(0);
    assert_eq!(asked.name, "Acme in Capsule");
    assert_eq!(asked.because, "customer Acme Ltd (CUST07) is not in KashFlow any more");
    check(&gone().answered(&Choice::Delete), &["delete_in_capsule customer:7 and 1"]);
    let renamed = gone().answered(&Choice::Delete).edit(1, |contact| {
        contact.kind = ContactKind::Organisation { name: "Somebody else".into() };
    });
    check(&renamed, &["ask deleted_in_kashflow for customer:7: keep delete export"]);
}

#[test]
fn b31_a_record_that_is_only_missing_is_not_gone() {
    let mut missing = gone();
    missing.local.missing.insert(SEVEN, Missing { since: RunId(3), gone: false });
    check(&missing, &[]);
}

#[test]
fn b31_a_contact_that_somebody_else_lives_by_is_not_deleted() {
    let both = gone().supplier(8, "Acme Supplies").linked(LedgerRef::supplier(8), 1);
    check(&both, &["ask deleted_in_kashflow for customer:7: keep export"]);
    let mut hidden = gone();
    hidden.local.hidden.insert(ContactId(1));
    check(&hidden, &["ask deleted_in_kashflow for customer:7: keep"]);
}

#[test]
fn b31_what_is_gone_on_both_sides_is_let_go() {
    let mut nowhere = gone();
    nowhere.local.deleted.insert(ContactId(1), now());
    check(&nowhere, &["let go customer:7 and 1"]);
}

#[test]
fn b31_a_gone_customer_is_exported_anew_from_its_contact() {
    let exported = gone().answered(&Choice::Export);
    check(&exported, &["export 1"]);
    let plan = exported.plan();
    let Operation::Export(export) = &plan.operations[0] else { panic!("{plan:?}") };
    assert_eq!((export.chosen, export.draft.details.name.as_str()), (ContactId(1), "Acme in Capsule"));
    assert_eq!(export.reason(), "you answered \"export\" to question 1");
    assert_eq!(plan.settling, [QuestionId(1)].into());
    // With the Contact Person that it had.
    let employer = Some(Employer { id: ContactId(1), name: "Acme in Capsule".into() });
    let lena = ContactKind::Person { first: "Lena".into(), last: "Okoro".into(), employer };
    let mut with_person = gone().contact(2, lena, "");
    let mut link = with_person.local.unlink(SEVEN).unwrap();
    link.person = Some(ContactId(2));
    assert!(with_person.local.link(link));
    let plan = with_person.answered(&Choice::Export).plan();
    let Operation::Export(export) = &plan.operations[0] else { panic!("{plan:?}") };
    assert_eq!((export.contact, export.draft.details.contact_person.as_str()), (ContactId(1), "Lena Okoro"));
    // A customer of that name by now: asked again, and the answer has died.
    let named =
        gone().answered(&Choice::Export).customer(9, "Acme in Capsule").linked(LedgerRef::customer(9), 8);
    check(&named, &["ask deleted_in_kashflow for customer:7: keep delete"]);
    assert!(named.plan().settling.is_empty());
    // While nobody knows what became of an earlier try, nothing is sent.
    let mut doubtful = gone().answered(&Choice::Export);
    let (contact, name) = (ContactId(1), "Acme in Capsule".to_owned());
    let action = IntentAction::Export { contact, person: None, code: "ACME01".into(), name };
    let intent = Intent { id: IntentId(1), action, run: RunId(1), at: now(), attempts: 1, probes: 0 };
    doubtful.local.intents.insert(intent.id, intent);
    check(&doubtful, &[]);
    assert_eq!(doubtful.plan().settling, [QuestionId(1)].into());
    // Two of one name at once would be two customers of one name.
    let nine = LedgerRef::customer(9);
    let mut twins = gone()
        .answered(&Choice::Export)
        .organisation(2, "Acme in Capsule")
        .customer(9, "Acme Ltd")
        .linked(nine, 2);
    twins.local.missing.insert(nine, Missing { since: RunId(3), gone: true });
    let plan = twins.plan();
    assert!(matches!(plan.operations.as_slice(), [Operation::Export(_)]), "{plan:?}");
    assert_eq!(plan.questions[0].choices, [Choice::Keep, Choice::Delete]);
    // Suppliers are never made from contacts.
    let supplier = LedgerRef::supplier(7);
    let mut bills = world().organisation(1, "Acme").supplier(7, "Acme").linked(supplier, 1);
    bills.local.missing.insert(supplier, Missing { since: RunId(3), gone: true });
    check(&bills, &["ask deleted_in_kashflow for supplier:7: keep delete"]);
    bills.policy.suppliers = Suppliers::Off;
    check(&bills, &[]);
}

#[test]
fn b28_the_link_moves_to_what_is_left_of_a_merge_that_a_person_was_sent_to() {
    let merged = |hours: i64| {
        let row = |id| EmailRow { id: RowId(id), address: "office@acme.example".into() };
        let mut world = deleted()
            .edit(1, |lost| lost.emails = vec![row(5)])
            .organisation(2, "Quite Unlike Ltd")
            .edit(2, |left| left.emails = vec![row(6)]);
        let at = now().checked_sub(SignedDuration::from_hours(hours)).unwrap();
        let merge = AnnouncedMerge { keep: ContactId(2), other: ContactId(1), at };
        world.local.progress.announced = vec![merge];
        world
    };
    check(&merged(50), &["link customer:7 to 2 (merged)"]);
    let asked = |world: &World| world.plan().questions[0].key.kind == QuestionKind::DeletedInCapsule;
    assert!(asked(&merged(24 * 31)), "long ago");
    let third = LedgerRef::customer(9);
    assert!(asked(&merged(50).customer(9, "Third").linked(third, 2)), "it is linked on that side");
    let mut apart = merged(50);
    apart.local.never.insert((SEVEN, ContactId(2)));
    assert!(asked(&apart), "never these two");
    // One that was deleted instead leaves nothing of itself behind.
    let only_deleted = merged(50).edit(2, |left| left.emails.clear());
    check(&only_deleted, &["ask deleted_in_capsule for customer:7: link:2 ignore recreate archive delete"]);
    let bare = merged(50).edit(1, |lost| lost.emails.clear());
    assert!(asked(&bare), "no telling");
}
