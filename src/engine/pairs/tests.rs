//! Link by hand, unlink, never, retry: what they change and what they refuse.

use std::sync::Arc;

use super::*;
use crate::domain::contact::{ContactKind, EmailRow, Summary};
use crate::domain::ids::{IntentId, QuestionId, RowId, RunId};
use crate::domain::ledger::{LedgerAddress, LedgerPerson};
use crate::domain::local::{Ignored, Intent, IntentAction};
use crate::domain::question::{Asked, QuestionKey, QuestionKind};
use crate::engine::decide;
use crate::ports::kept::apply;

const CONTACT: ContactId = ContactId(1);
const CUSTOMER: LedgerRef = LedgerRef { side: Side::Customer, id: crate::domain::ids::LedgerId(7) };
const SUPPLIER: LedgerRef = LedgerRef { side: Side::Supplier, id: crate::domain::ids::LedgerId(9) };

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn kept() -> Kept {
    let mut kept = Kept::default();
    for id in [1, 2] {
        let contact = Contact {
            id: ContactId(id),
            kind: ContactKind::Organisation { name: format!("Firm {id}") },
            emails: vec![EmailRow { id: RowId(1), address: "office@firm.example".into() }],
            phones: vec![],
            websites: vec![],
            addresses: vec![],
            summary: Summary::default(),
            restricted: false,
            updated_at: now(),
            last_contacted: None,
        };
        kept.snapshot.contacts.insert(contact.id, Arc::new(contact));
    }
    for (id, name) in [(CUSTOMER, "Acme Ltd"), (SUPPLIER, "Birch & Sons"), (LedgerRef::customer(8), "Other")]
    {
        let record = LedgerContact {
            id,
            code: format!("CODE{}", id.id.0),
            name: name.into(),
            archived: false,
            contact: LedgerPerson { email: "accounts@acme.example".into(), ..LedgerPerson::default() },
            address: LedgerAddress::default(),
            currency: None,
        };
        kept.snapshot.ledger.insert(id, Arc::new(record));
    }
    kept
}

fn after(mut kept: Kept, changes: &[Change]) -> Kept {
    for change in changes {
        apply(&mut kept, change);
    }
    kept
}

fn linked() -> Kept {
    let kept = kept();
    let changes = link(&kept, CONTACT, CUSTOMER, now()).unwrap();
    after(kept, &changes)
}

fn actions(changes: &[Change]) -> Vec<(Action, String)> {
    let entries = changes.iter().filter_map(|change| match change {
        Change::Journal(entry) => Some((entry.action, entry.name.clone())),
        _ => None,
    });
    entries.collect()
}

fn asked_about(kept: &mut Kept, waiting: Vec<LedgerRef>, choices: Vec<Choice>) {
    let key = QuestionKey::records(QuestionKind::SuggestedMatch, waiting);
    let asked =
        Asked { key, name: "Acme Ltd".into(), candidates: Vec::new(), choices, because: String::new() };
    let question = Question { id: QuestionId(1), asked, since: now(), answers: Vec::new() };
    kept.local.questions.insert(question.id, question);
}

fn failing(record: RecordRef) -> Failing {
    Failing {
        record,
        name: "Acme Ltd".into(),
        reason: "refused".into(),
        remedy: "mend it".into(),
        attempts: 2,
        next_try: "2026-11-30T12:00:00Z".parse().unwrap(),
        fingerprint: 5,
    }
}

#[test]
fn b13_a_link_by_hand_has_both_sides_values_as_its_base_and_ends_what_was_asked() {
    let mut kept = kept();
    let ignored = Ignored { ledger: CUSTOMER, code: "A".into(), name: "Acme Ltd".into(), since: now() };
    kept.local.ignored.insert(CUSTOMER, ignored);
    kept.local.never.insert((CUSTOMER, CONTACT));
    kept.local.never.insert((CUSTOMER, ContactId(2)));
    kept.local.failing.insert(RecordRef::Ledger(CUSTOMER), failing(RecordRef::Ledger(CUSTOMER)));
    asked_about(&mut kept, vec![CUSTOMER, LedgerRef::customer(8)], vec![Choice::Create]);
    let changes = link(&kept, CONTACT, CUSTOMER, now()).unwrap();
    assert_eq!(actions(&changes), [(Action::Link, "Acme Ltd".to_owned())]);
    let local = after(kept, &changes).local;
    let link = local.link_of(CUSTOMER).unwrap();
    assert_eq!((link.contact, link.reason), (CONTACT, LinkReason::ByHand));
    assert_eq!(
        [
            &link.base.capsule.name,
            &link.base.capsule.email,
            &link.base.kashflow.name,
            &link.base.kashflow.email
        ],
        ["Firm 1", "office@firm.example", "Acme Ltd", "accounts@acme.example"]
    );
    assert!(local.ignored.is_empty() && local.questions.is_empty() && local.failing.is_empty());
    assert_eq!(local.never, [(CUSTOMER, ContactId(2))].into(), "only this pair is taken back");
}

#[test]
fn b02_a_link_by_hand_is_refused_where_it_cannot_stand() {
    let refused = |kept: &Kept, contact: i64, ledger: LedgerRef| {
        link(kept, ContactId(contact), ledger, now()).unwrap_err().code
    };
    assert_eq!(refused(&linked(), 2, CUSTOMER), "already_linked", "the record has one link at most");
    assert_eq!(refused(&linked(), 1, LedgerRef::customer(8)), "already_linked", "the contact, one per side");
    assert_eq!(refused(&linked(), 1, CUSTOMER), "already_linked");
    assert!(link(&linked(), CONTACT, SUPPLIER, now()).is_ok(), "the other side is free");
    assert_eq!(refused(&kept(), 99, CUSTOMER), "not_found");
    assert_eq!(refused(&kept(), 1, LedgerRef::customer(99)), "not_found");
    let mut hidden = kept();
    hidden.local.hidden.insert(CONTACT);
    let mut deleted = kept();
    deleted.local.deleted.insert(CONTACT, now());
    let mut masked = kept();
    Arc::make_mut(masked.snapshot.contacts.get_mut(&CONTACT).unwrap()).restricted = true;
    for kept in [hidden, deleted, masked] {
        assert_eq!(refused(&kept, 1, CUSTOMER), "not_found");
    }
    let mut archived = kept();
    Arc::make_mut(archived.snapshot.ledger.get_mut(&CUSTOMER).unwrap()).archived = true;
    assert_eq!(refused(&archived, 1, CUSTOMER), "not_found");
}

#[test]
fn b02_a_record_whose_contact_is_being_created_is_not_linked_by_hand() {
    let mut kept = kept();
    let action = IntentAction::CreateContact { ledgers: vec![CUSTOMER], name: "Acme Ltd".into() };
    let intent = Intent { id: IntentId(1), action, run: RunId(1), at: now(), attempts: 1, probes: 0 };
    kept.local.intents.insert(intent.id, intent.clone());
    assert_eq!(link(&kept, CONTACT, CUSTOMER, now()).unwrap_err().code, "already_linked");
    let ignore = Choice::IgnoreOne { ledger: CUSTOMER, code: "A".into() };
    asked_about(&mut kept, vec![CUSTOMER], vec![ignore.clone()]);
    let ignored = decide::answer(&kept, QuestionId(1), &ignore, None, now());
    assert_eq!(ignored.unwrap_err().code, "already_linked", "nor ignored by an answer");
    assert_eq!(decide::ignore(&kept, CUSTOMER, "so", now()).unwrap_err().code, "already_linked");
    kept.local.intents.insert(intent.id, Intent { probes: Intent::LOOKS, ..intent });
    assert!(decide::answer(&kept, QuestionId(1), &ignore, None, now()).is_ok());
    let changes = link(&kept, CONTACT, CUSTOMER, now()).unwrap();
    assert!(
        after(kept, &changes).local.intents.is_empty(),
        "known not to have been created: the intent is spent"
    );
}

#[test]
fn b11_unlinking_leaves_never_these_two() {
    let kept = linked();
    let changes = link(&kept, CONTACT, SUPPLIER, now()).unwrap();
    let both = after(kept, &changes);
    let changes = unlink(&both, CONTACT, Some(Side::Supplier), now()).unwrap();
    assert_eq!(actions(&changes), [(Action::Unlink, "Birch & Sons".to_owned())]);
    let local = after(both.clone(), &changes).local;
    assert!(local.link_of(SUPPLIER).is_none() && local.link_of(CUSTOMER).is_some());
    assert_eq!(local.never, [(SUPPLIER, CONTACT)].into());
    let changes = unlink(&both, CONTACT, None, now()).unwrap();
    let left = after(both, &changes);
    assert_eq!(left.local.link_count(), 0, "without a side: both");
    assert_eq!(unlink(&left, CONTACT, None, now()).unwrap_err().code, "not_found");
    assert_eq!(unlink(&left, ContactId(99), None, now()).unwrap_err().code, "not_found");
    let again = link(&left, CONTACT, SUPPLIER, now()).unwrap();
    assert!(!after(left, &again).local.never.contains(&(SUPPLIER, CONTACT)), "linking takes it back");
}

#[test]
fn b11_never_is_remembered_and_takes_the_choice_away() {
    let mut kept = kept();
    asked_about(&mut kept, vec![CUSTOMER], vec![Choice::Link(CONTACT), Choice::Create]);
    let changes = never(&kept, CONTACT, CUSTOMER, now()).unwrap();
    assert_eq!(actions(&changes), [(Action::Never, "Acme Ltd".to_owned())]);
    let kept = after(kept, &changes);
    assert_eq!(kept.local.never, [(CUSTOMER, CONTACT)].into());
    let choices: Vec<&Choice> =
        kept.local.questions.values().flat_map(|question| &question.asked.choices).collect();
    assert_eq!(choices, [&Choice::Create]);
    assert_eq!(never(&kept, CONTACT, CUSTOMER, now()).unwrap(), [], "twice is once");
    assert_eq!(never(&linked(), CONTACT, CUSTOMER, now()).unwrap_err().code, "already_linked");
    assert!(never(&linked(), ContactId(2), CUSTOMER, now()).is_ok(), "a pair that is not linked");
    assert_eq!(never(&kept, ContactId(99), CUSTOMER, now()).unwrap_err().code, "not_found");
    assert_eq!(never(&kept, CONTACT, LedgerRef::customer(99), now()).unwrap_err().code, "not_found");
}

#[test]
fn b37_retry_makes_records_due_and_forgets_nothing_else() {
    let mut kept = linked();
    for record in
        [RecordRef::Contact(CONTACT), RecordRef::Ledger(CUSTOMER), RecordRef::Ledger(LedgerRef::customer(8))]
    {
        kept.local.failing.insert(record, failing(record));
    }
    let changes = retry(&kept, Some(CONTACT), now()).unwrap();
    assert_eq!(changes.len(), 2, "the contact and its link, not the other customer");
    let due = after(kept.clone(), &changes).local.failing;
    assert_eq!(
        due[&RecordRef::Ledger(CUSTOMER)],
        Failing { next_try: now(), ..failing(RecordRef::Ledger(CUSTOMER)) }
    );
    assert_eq!(retry(&kept, None, now()).unwrap().len(), 3);
    assert_eq!(retry(&kept, Some(ContactId(2)), now()).unwrap_err().code, "not_found");
    assert_eq!(retry(&Kept::default(), None, now()).unwrap(), []);
}
