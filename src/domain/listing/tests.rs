//! The health of every contact, with its reason and remedy (design B37).

use std::sync::Arc;

use super::super::contact::{Employer, Summary};
use super::super::ids::QuestionId;
use super::super::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
use super::super::link::Base;
use super::super::local::Failing;
use super::super::policy::Suppliers;
use super::super::question::{Asked, Band, Candidate, QuestionKey, QuestionKind};
use super::*;

const CUSTOMER: LedgerRef = LedgerRef { side: Side::Customer, id: super::super::ids::LedgerId(7) };
const SUPPLIER: LedgerRef = LedgerRef { side: Side::Supplier, id: super::super::ids::LedgerId(9) };

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn contact(id: i64, kind: ContactKind) -> Contact {
    Contact {
        id: ContactId(id),
        kind,
        emails: vec![],
        phones: vec![],
        websites: vec![],
        addresses: vec![],
        summary: Summary::default(),
        restricted: false,
        updated_at: now(),
        last_contacted: None,
    }
}

/// Firm 1 is linked on both sides; 2 is its employee, 3 a firm without a link.
fn world() -> (Snapshot, Local) {
    let (mut snapshot, mut local) = (Snapshot::default(), Local::default());
    let firm = |name: &str| ContactKind::Organisation { name: name.into() };
    let employer = Some(Employer { id: ContactId(1), name: "Acme Ltd".into() });
    let person = ContactKind::Person { first: "Jo".into(), last: "Marsh".into(), employer };
    for contact in [contact(1, firm("Acme Ltd")), contact(2, person), contact(3, firm("Birch & Sons"))] {
        snapshot.contacts.insert(contact.id, Arc::new(contact));
    }
    for id in [CUSTOMER, SUPPLIER] {
        let record = LedgerContact {
            id,
            code: "ACME01".into(),
            name: "Acme Ltd".into(),
            archived: false,
            contact: LedgerPerson::default(),
            address: LedgerAddress::default(),
            currency: None,
        };
        snapshot.ledger.insert(id, Arc::new(record));
        let (contact, since, reason) = (ContactId(1), now(), LinkReason::ExactName);
        assert!(local.link(Link::new(id, contact, since, reason, Base::default())));
    }
    (snapshot, local)
}

fn health((snapshot, local): &(Snapshot, Local), id: i64) -> (Health, String) {
    let documents = DocumentsByOwner::of(snapshot);
    let lines = lines(snapshot, &documents, local, &Policy::default(), now());
    let line = lines.into_iter().find(|line| line.id == ContactId(id)).unwrap();
    (line.health, line.health_reason)
}

fn with(change: impl FnOnce(&mut Snapshot, &mut Local)) -> (Snapshot, Local) {
    let (mut snapshot, mut local) = world();
    change(&mut snapshot, &mut local);
    (snapshot, local)
}

fn ask(local: &mut Local, kind: QuestionKind, waiting: Vec<LedgerRef>, candidate: Option<i64>) {
    let candidates = candidate.map(|id| Candidate {
        contact: ContactId(id),
        name: String::new(),
        score: 0.9,
        band: Band::Strong,
        reasons: Vec::new(),
        taken: false,
    });
    let asked = Asked {
        key: QuestionKey::records(kind, waiting),
        name: "Acme Ltd".into(),
        candidates: candidates.into_iter().collect(),
        choices: Vec::new(),
        because: "somebody looks like it".into(),
    };
    let question = Question { id: QuestionId(12), asked, since: now(), answers: Vec::new() };
    local.questions.insert(question.id, question);
}

fn failing(record: RecordRef) -> Failing {
    Failing {
        record,
        name: "Acme Ltd".into(),
        reason: "KashFlow refuses it".into(),
        remedy: "Mend the e-mail".into(),
        attempts: 1,
        next_try: now(),
        fingerprint: 0,
    }
}

#[test]
fn b37_a_contact_without_trouble_is_in_sync_or_says_why_it_is_not_linked() {
    let world = world();
    assert_eq!(health(&world, 1), (Health::InSync, String::new()));
    assert_eq!(health(&world, 2).1, "the invoices are those of its organisation Acme Ltd");
    let (health, reason) = health(&world, 3);
    assert_eq!(health, Health::NotLinked);
    assert!(reason.contains("export it, or link it by hand"), "{reason}");
}

#[test]
fn b37_a_failing_link_makes_its_contact_failing_with_what_mends_it() {
    for record in [RecordRef::Contact(ContactId(1)), RecordRef::Ledger(CUSTOMER), RecordRef::Ledger(SUPPLIER)]
    {
        let world = with(|_, local| {
            local.failing.insert(record, failing(record));
        });
        assert_eq!(health(&world, 1), (Health::Failing, "KashFlow refuses it. Mend the e-mail".into()));
        assert_eq!(health(&world, 3).0, Health::NotLinked, "one bad record is nobody else's trouble");
    }
}

#[test]
fn b37_a_question_about_a_link_or_a_candidate_is_named() {
    let about_the_link = with(|_, local| ask(local, QuestionKind::NameMismatch, vec![SUPPLIER], None));
    let words = "question 12 waits for your answer: somebody looks like it";
    assert_eq!(health(&about_the_link, 1), (Health::Question, words.into()));
    let waiting = LedgerRef::customer(99);
    let offered = with(|_, local| ask(local, QuestionKind::SuggestedMatch, vec![waiting], Some(3)));
    assert_eq!(health(&offered, 3).0, Health::Question);
    assert_eq!(health(&offered, 1).0, Health::InSync);
    let deleted = with(|_, local| {
        local.deleted.insert(ContactId(1), now());
        ask(local, QuestionKind::DeletedInCapsule, vec![CUSTOMER], None);
    });
    assert_eq!(health(&deleted, 1).0, Health::Question, "a deleted contact that is asked about");
}

#[test]
fn b37_what_is_out_of_reach_is_excluded() {
    let deleted = with(|_, local| {
        local.deleted.insert(ContactId(1), now());
    });
    let hidden = with(|_, local| {
        local.hidden.insert(ContactId(1));
        // A failing record that nobody can see is out of reach first.
        local.failing.insert(RecordRef::Contact(ContactId(1)), failing(RecordRef::Contact(ContactId(1))));
    });
    let masked = with(|snapshot, _| {
        Arc::make_mut(snapshot.contacts.get_mut(&ContactId(1)).unwrap()).restricted = true;
    });
    for (world, words) in [
        (deleted, "deleted in Capsule"),
        (hidden, "not visible to this token"),
        (masked, "not visible to this token"),
    ] {
        let (health, reason) = health(&world, 1);
        assert_eq!(health, Health::Excluded);
        assert!(reason.starts_with(words), "{reason}");
    }
}

#[test]
fn b31_archived_in_kashflow_is_excluded_when_every_link_is() {
    let archive = |snapshot: &mut Snapshot, ledger: LedgerRef| {
        Arc::make_mut(snapshot.ledger.get_mut(&ledger).unwrap()).archived = true;
    };
    let one = with(|snapshot, _| archive(snapshot, SUPPLIER));
    assert_eq!(health(&one, 1), (Health::InSync, "its supplier is archived in KashFlow".into()));
    // Suppliers that are switched off are not kept in step, whatever stands there.
    let off = |world: &(Snapshot, Local)| {
        let policy = Policy { suppliers: Suppliers::Off, ..Policy::default() };
        let documents = DocumentsByOwner::of(&world.0);
        let found = lines(&world.0, &documents, &world.1, &policy, now());
        found.into_iter().find(|line| line.id == ContactId(1)).map(|line| (line.health, line.health_reason))
    };
    let (standing, reason) = off(&one).unwrap();
    assert_eq!((standing, reason.contains("suppliers are switched off")), (Health::InSync, true), "{reason}");
    let alone = with(|_, local| {
        local.unlink(CUSTOMER);
    });
    let (standing, reason) = off(&alone).unwrap();
    assert_eq!(
        (standing, reason.contains("settings set suppliers sync")),
        (Health::Excluded, true),
        "{reason}"
    );
    let both = with(|snapshot, _| {
        archive(snapshot, CUSTOMER);
        archive(snapshot, SUPPLIER);
    });
    assert_eq!(health(&both, 1).0, Health::Excluded);
}
