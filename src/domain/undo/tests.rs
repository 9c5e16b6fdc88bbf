//! What each kind of entry comes to when it is undone.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::contact::{Contact, ContactKind, EmailRow, Summary};
use super::super::ids::{EntryId, RowId, RunId};
use super::super::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
use super::super::link::{Base, Link, LinkReason, Mark};
use super::super::local::Ignored;
use super::super::question::{Answer, Asked, Question, QuestionKey, QuestionKind};
use super::*;

const CONTACT: ContactId = ContactId(1);
const CUSTOMER: LedgerRef = LedgerRef { side: Side::Customer, id: LedgerId(7) };

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn entry(action: Action, place: Place, record: RecordRef) -> JournalEntry {
    JournalEntry {
        id: EntryId(5),
        run: None,
        at: now(),
        place,
        record: Some(record),
        name: "Acme Ltd".into(),
        action,
        reason: String::new(),
        before: Vec::new(),
        after: Vec::new(),
        outcome: "done".into(),
        undone: false,
    }
}

fn local_entry(action: Action, after: &[(&str, &str)]) -> JournalEntry {
    let after = after.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    JournalEntry { after, ..entry(action, Place::Local, RecordRef::Ledger(CUSTOMER)) }
}

fn world() -> (Snapshot, Local) {
    let mut snapshot = Snapshot::default();
    let contact = Contact {
        id: CONTACT,
        kind: ContactKind::Organisation { name: "Acme Ltd".into() },
        emails: vec![],
        phones: vec![],
        websites: vec![],
        addresses: vec![],
        summary: Summary::default(),
        restricted: false,
        updated_at: now(),
        last_contacted: None,
    };
    snapshot.contacts.insert(CONTACT, Arc::new(contact));
    let record = LedgerContact {
        id: CUSTOMER,
        code: "ACME01".into(),
        name: "Acme Ltd".into(),
        archived: false,
        contact: LedgerPerson::default(),
        address: LedgerAddress::default(),
        currency: None,
    };
    snapshot.ledger.insert(CUSTOMER, Arc::new(record));
    (snapshot, Local::default())
}

fn linked() -> (Snapshot, Local) {
    let (snapshot, mut local) = world();
    let (since, reason, base) = (now(), LinkReason::ByHand, Base::default());
    assert!(local.link(Link::new(CUSTOMER, CONTACT, since, reason, base)));
    (snapshot, local)
}

fn undone(entry: &JournalEntry, (snapshot, local): &(Snapshot, Local)) -> Option<Undoing> {
    undo(entry, &[], snapshot, local).ok()
}

fn details() -> Details {
    Details {
        name: "Acme Ltd".into(),
        email: "office@acme.example".into(),
        address: PostalAddress {
            lines: vec!["Unit 4, The Yard".into(), "Leeds".into()],
            postcode: "LS1 1AA".into(),
            country: "GB".into(),
        },
        ..Details::default()
    }
}

#[test]
fn b36_a_link_is_undone_by_unlinking_while_it_stands_and_an_unlink_by_linking() {
    let link = local_entry(Action::Link, &[("contact", "1")]);
    let pair = Undoing::Unlink { ledger: CUSTOMER, contact: CONTACT };
    assert_eq!(undone(&link, &linked()), Some(pair));
    assert_eq!(undone(&link, &world()), None, "unlinked by now");
    let mut unlink = local_entry(Action::Unlink, &[("contact", "1")]);
    std::mem::swap(&mut unlink.before, &mut unlink.after);
    assert_eq!(undone(&unlink, &world()), Some(Undoing::Link { ledger: CUSTOMER, contact: CONTACT }));
    assert_eq!(undone(&unlink, &linked()), None, "linked by now");
    assert_eq!(undone(&unlink, &(Snapshot::default(), Local::default())), None, "gone");
}

#[test]
fn b36_an_update_puts_the_old_values_back_address_line_by_line() {
    let fields = [Field::Name, Field::Email, Field::Address];
    let new = Details { email: "new@acme.example".into(), ..Details::default() };
    let mut update = entry(Action::Update, Place::KashFlow, RecordRef::Ledger(CUSTOMER));
    update.before = journal_values(fields, &details());
    update.after = journal_values(fields, &new);
    let edit = |values: Details| Edit { fields: fields.into(), values };
    let expected = Undoing::EditLedger { ledger: CUSTOMER, old: edit(details()), ours: edit(new.clone()) };
    assert_eq!(undone(&update, &world()), Some(expected), "a comma in a line is no line's end");
    let mut in_capsule =
        JournalEntry { place: Place::Capsule, record: Some(RecordRef::Contact(CONTACT)), ..update };
    let expected = Undoing::EditContact { contact: CONTACT, old: edit(details()), ours: edit(new) };
    assert_eq!(undone(&in_capsule, &world()), Some(expected));
    in_capsule.before.retain(|(name, _)| name != "postcode");
    assert_eq!(undone(&in_capsule, &world()), None, "half an address is not put back");
    let mut rename = entry(Action::Rename, Place::KashFlow, RecordRef::Ledger(CUSTOMER));
    rename.before = vec![("name".into(), "Acme".into())];
    rename.after = vec![("name".into(), "Acme 2".into())];
    assert!(matches!(undone(&rename, &world()), Some(Undoing::EditLedger { .. })));
}

#[test]
fn b36_a_create_is_undone_by_deleting_and_an_export_by_archiving() {
    let mut create = entry(Action::Create, Place::Capsule, RecordRef::Contact(CONTACT));
    create.after = vec![(MADE_FOR.into(), "customer:7 supplier:9".into())];
    let ledgers = vec![CUSTOMER, LedgerRef::supplier(9)];
    assert_eq!(undone(&create, &world()), Some(Undoing::DeleteContact { contact: CONTACT, ledgers }));
    let about = |action| entry(action, Place::KashFlow, RecordRef::Ledger(CUSTOMER));
    let exported = Undoing::Archive { ledger: CUSTOMER, exported: true };
    assert_eq!(undone(&about(Action::Export), &linked()), Some(exported));
    assert_eq!(undone(&about(Action::Archive), &linked()), Some(Undoing::Unarchive(CUSTOMER)));
    let archived = Undoing::Archive { ledger: CUSTOMER, exported: false };
    assert_eq!(undone(&about(Action::Unarchive), &linked()), Some(archived));
}

#[test]
fn b36_local_decisions_are_taken_back_where_they_still_stand() {
    let (snapshot, mut local) = world();
    let (put_on, taken_off) = (
        local_entry(Action::Ignore, &[("ignored", "yes")]),
        local_entry(Action::Ignore, &[("ignored", "no")]),
    );
    let never = local_entry(Action::Never, &[("contact", "1")]);
    let nothing = (snapshot.clone(), local.clone());
    assert_eq!(undone(&put_on, &nothing), None);
    assert_eq!(undone(&taken_off, &nothing), Some(Undoing::Ignore(CUSTOMER)));
    assert_eq!(undone(&taken_off, &linked()), None, "a linked record is not ignored");
    assert_eq!(undone(&never, &nothing), None);
    let ignored = Ignored { ledger: CUSTOMER, code: String::new(), name: String::new(), since: now() };
    local.ignored.insert(CUSTOMER, ignored);
    local.never.insert((CUSTOMER, CONTACT));
    let decided = (snapshot, local);
    assert_eq!(undone(&put_on, &decided), Some(Undoing::Unignore(CUSTOMER)));
    assert_eq!(undone(&taken_off, &decided), None);
    assert_eq!(undone(&never, &decided), Some(Undoing::Allow { ledger: CUSTOMER, contact: CONTACT }));
    let answered = local_entry(Action::Answer, &[("choice", "ignore")]);
    assert_eq!(undone(&answered, &decided), Some(Undoing::Unignore(CUSTOMER)));
}

#[test]
fn b36_an_answer_is_taken_back_until_it_is_carried_out() {
    let (snapshot, mut local) = world();
    let answered = local_entry(Action::Answer, &[("choice", "create")]);
    assert_eq!(undone(&answered, &(snapshot.clone(), local.clone())), None, "carried out");
    let choice = Choice::Create;
    let answer = Answer { choice: choice.clone(), value: None, at: now(), names: Vec::new() };
    let asked = Asked {
        key: QuestionKey::records(QuestionKind::SuggestedMatch, vec![CUSTOMER]),
        name: "Acme Ltd".into(),
        candidates: Vec::new(),
        choices: vec![choice.clone()],
        because: String::new(),
    };
    let question = QuestionId(3);
    let stored = Question { id: question, asked, since: now(), answers: vec![answer] };
    local.questions.insert(question, stored);
    // Another question about the same record, answered alike: the entry means its own.
    let mut other = local.questions[&question].clone();
    other.id = QuestionId(2);
    other.asked.key = QuestionKey::field(QuestionKind::ClearedField, CUSTOMER, Field::Email);
    other.asked.because = "another".into();
    local.questions.insert(other.id, other);
    let answered = JournalEntry { reason: String::new(), ..answered };
    let world = (snapshot, local);
    assert_eq!(undone(&answered, &world), Some(Undoing::TakeBack { question, choice: choice.clone() }));
    let alike = JournalEntry { reason: "another".into(), ..answered };
    assert_eq!(undone(&alike, &world), Some(Undoing::TakeBack { question: QuestionId(2), choice }));
}

#[test]
fn b36_what_cannot_be_undone_says_why() {
    for (action, why) in [
        (Action::Delete, "gone"),
        (Action::Merge, "gone"),
        (Action::Summary, "write_summary"),
        (Action::Setting, "settings set"),
    ] {
        let entry = entry(action, Place::Capsule, RecordRef::Contact(CONTACT));
        let (snapshot, local) = world();
        let CannotUndo(words) = undo(&entry, &[], &snapshot, &local).unwrap_err();
        assert!(words.contains(why), "{words}");
    }
    let link = local_entry(Action::Link, &[("contact", "1")]);
    assert_eq!(undone(&JournalEntry { undone: true, ..link.clone() }, &linked()), None, "once");
    assert_eq!(undone(&JournalEntry { outcome: "refused".into(), ..link }, &linked()), None);
}

#[test]
fn b36_a_mark_is_taken_back_until_a_sync_has_written_it() {
    let (mut snapshot, local) = linked();
    let email = EmailRow { id: RowId(1), address: "a@x.example".into() };
    Arc::make_mut(snapshot.contacts.get_mut(&CONTACT).unwrap()).emails.push(email);
    let take = |id: u64, before: Option<Service>, after: Option<Service>| JournalEntry {
        id: EntryId(id),
        before: vec![journal_mark(Field::Email, before)],
        after: vec![journal_mark(Field::Email, after)],
        ..entry(Action::Take, Place::Local, RecordRef::Ledger(CUSTOMER))
    };
    let wrote = |place, record| JournalEntry {
        id: EntryId(9),
        run: Some(RunId(2)),
        after: vec![("email".into(), "a@x.example".into())],
        ..entry(Action::Update, place, record)
    };
    let (capsule, kashflow) = (Some(Service::Capsule), Some(Service::KashFlow));
    let in_kashflow = wrote(Place::KashFlow, RecordRef::Ledger(CUSTOMER));
    let in_capsule = wrote(Place::Capsule, RecordRef::Contact(CONTACT));
    for (before, after, stands, later, expected) in [
        (None, capsule, capsule, None, Ok(None)),
        (kashflow, capsule, capsule, None, Ok(kashflow)),
        (capsule, None, None, None, Ok(capsule)),
        (None, capsule, None, Some(in_kashflow.clone()), Err("undo entry 9")),
        (None, kashflow, None, Some(in_capsule.clone()), Err("undo entry 9")),
        (None, capsule, None, Some(in_capsule.clone()), Err("does not stand")),
        (None, capsule, kashflow, Some(take(8, capsule, kashflow)), Err("entry 8 has changed")),
        (None, capsule, None, None, Err("does not stand")),
    ] {
        let mut local = local.clone();
        let mut link = local.unlink(CUSTOMER).unwrap();
        link.taken.extend(stands.map(|side| (Field::Email, Mark { side, seen: None })));
        assert!(local.link(link));
        let journal: Vec<JournalEntry> = later.into_iter().collect();
        match (undo(&take(5, before, after), &journal, &snapshot, &local), expected) {
            (Ok(undoing), Ok(mark)) => {
                assert_eq!(undoing, Undoing::Mark { ledger: CUSTOMER, field: Field::Email, mark });
                let undone = marked(&snapshot, &local, CUSTOMER, Field::Email, mark).unwrap();
                assert_eq!(undone.mark(Field::Email), mark);
            }
            (Err(CannotUndo(words)), Err(why)) => assert!(words.contains(why), "{words}"),
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }
    assert!(undone(&take(5, None, capsule), &world()).is_none(), "not linked any more");
    // Where nothing differs a mark is not put back.
    Arc::make_mut(snapshot.contacts.get_mut(&CONTACT).unwrap()).emails.clear();
    assert!(undone(&take(5, capsule, None), &(snapshot, local)).is_none());
}
