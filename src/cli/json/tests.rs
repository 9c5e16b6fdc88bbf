//! The JSON contract, key by key.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use serde::Serialize;
use serde_json::{Value, json};

use super::*;
use crate::domain::contact::{Summary, SummaryField};
use crate::domain::debtors::{Buckets, Debtor};
use crate::domain::document::{Document, DocumentRef};
use crate::domain::draft::{ContactDraft, DraftKind};
use crate::domain::ids::{ContactId, EntryId, LedgerId, LedgerRef, QuestionId, Side};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
use crate::domain::link::LinkReason;
use crate::domain::listing::{Account, ContactLine, Health, LinkLine};
use crate::domain::local::{Failing, Ignored, Local};
use crate::domain::matching::{Evidence, Reason};
use crate::domain::money::Currency;
use crate::domain::operation::{Counts, CreateReason, Operation, Plan};
use crate::domain::policy::{Policy, WebAddresses};
use crate::domain::question::{Asked, Band, Candidate, Choice, Question, QuestionKey, QuestionKind};
use crate::domain::register::Entry;
use crate::domain::run::{Control, Outcome, ReadCounts, Requests, RunReport, Trigger};
use crate::domain::standing::standing;

const AT: &str = "2026-11-24T08:30:00Z";

fn at() -> Timestamp {
    AT.parse().unwrap()
}

fn shape<T: Serialize>(document: &T) -> Value {
    // Through text, so that numbers are compared as they are printed.
    serde_json::from_str(&serde_json::to_string(document).unwrap()).unwrap()
}

fn snapshot() -> Snapshot {
    let ledger = LedgerContact {
        id: LedgerRef::customer(50),
        code: "ASH01".into(),
        name: "Ash Ltd".into(),
        archived: false,
        contact: LedgerPerson::default(),
        address: LedgerAddress::default(),
        currency: None,
    };
    Snapshot { ledger: [(ledger.id, Arc::new(ledger))].into(), ..Snapshot::default() }
}

fn invoice() -> Document {
    Document {
        id: DocumentRef { side: Side::Customer, id: 900 },
        number: 17,
        owner_id: Some(LedgerId(50)),
        owner_code: "ASH01".into(),
        owner_name: "Ash Ltd".into(),
        issued: Some(date(2026, 10, 1)),
        due: Some(date(2026, 10, 31)),
        currency: Currency::GBP,
        gross: 120.into(),
        due_amount: 20.into(),
        home_gross: None,
        vat_return: None,
    }
}

fn report() -> RunReport {
    RunReport {
        id: RunId(3),
        trigger: Trigger::Person,
        started: at(),
        finished: at(),
        outcome: Outcome::Attention,
        capsule: Requests { get: 4, post: 1, put: 2, delete: 0 },
        kashflow: Requests { get: 6, post: 1, put: 1, delete: 1 },
        read: ReadCounts { capsule_contacts: 1, customers: 2, suppliers: 3, invoices: 4, bills: 5 },
        done: Counts { linked: 7, created_in_capsule: 1, summaries_written: 2, ..Counts::default() },
        questions_open: 2,
        questions_new: 1,
        failing: vec![Failing {
            record: RecordRef::Ledger(LedgerRef::supplier(8)),
            name: "Oak".into(),
            reason: "no".into(),
            remedy: "mend".into(),
            attempts: 1,
            next_try: at(),
            fingerprint: 0,
        }],
        control: Some(Control {
            currency: Currency::GBP,
            ours: 120.into(),
            kashflow: 100.into(),
            differing: vec![17],
            beside: 0.into(),
        }),
        error: None,
    }
}

fn asked() -> Asked {
    Asked {
        key: QuestionKey::records(QuestionKind::SuggestedMatch, vec![LedgerRef::customer(50)]),
        name: "Ash Ltd".into(),
        candidates: vec![Candidate {
            contact: ContactId(12),
            name: "Ash".into(),
            score: 0.75,
            band: Band::Possible,
            reasons: vec![Reason { field: Evidence::Name, weight: 1.5, text: "nearly".into() }],
            taken: false,
        }],
        choices: vec![Choice::Link(ContactId(12)), Choice::Create],
        because: "somebody looks like it".into(),
    }
}

#[test]
fn sync_is_the_record_of_a_run() {
    let expected = json!({
        "run": 3, "trigger": "person", "started": AT, "finished": AT, "outcome": "attention",
        "requests": {
            "capsule": { "get": 4, "post": 1, "put": 2, "delete": 0 },
            "kashflow": { "get": 6, "post": 1, "put": 1, "delete": 1 },
        },
        "read": { "capsule_contacts": 1, "customers": 2, "suppliers": 3, "invoices": 4, "bills": 5 },
        "done": {
            "linked": 7, "created_in_capsule": 1, "created_in_kashflow": 0, "updated_in_capsule": 0,
            "updated_in_kashflow": 0, "archived": 0, "deleted": 0, "summaries_written": 2,
        },
        "questions": { "open": 2, "new": 1 },
        "attention": [
            { "side": "supplier", "id": 8, "name": "Oak", "reason": "no", "remedy": "mend", "next_try": AT },
        ],
        "control": { "ours": "120.00", "kashflow": "100.00", "agree": false },
        "error": null,
    });
    assert_eq!(shape(&sync::sync(&report())), expected);
    let failed = RunReport {
        error: Some(RunError {
            code: "api_off".into(),
            message: "m".into(),
            remedy: "r".into(),
            service: None,
        }),
        ..report()
    };
    let error = json!({ "code": "api_off", "message": "m", "remedy": "r" });
    assert_eq!(shape(&sync::sync(&failed))["error"], error);
}

#[test]
fn contacts_show_the_customer_side_and_bills_apart() {
    let mut owed = Account { count: 2, next_due: Some(date(2026, 10, 31)), ..Account::default() };
    owed.outstanding.add(Currency::GBP, 20.into());
    let line = ContactLine {
        id: ContactId(12),
        name: "Ash".into(),
        is_person: false,
        organisation: None,
        health: Health::InSync,
        health_reason: String::new(),
        links: vec![LinkLine {
            ledger: LedgerRef::customer(50),
            code: "ASH01".into(),
            name: "Ash Ltd".into(),
            since: at(),
            reason: LinkReason::ExactName,
            archived: false,
        }],
        invoices: owed,
        bills: Some(Account::default()),
        differences: 0,
        ignored: false,
        search_key: String::new(),
    };
    let expected = json!({
        "id": 12, "name": "Ash", "kind": "organisation", "organisation": null, "health": "in_sync", "health_reason": "",
        "links": [{
            "kind": "customer", "id": 50, "code": "ASH01", "name": "Ash Ltd", "since": AT, "reason": "exact_name",
            "archived": false,
        }],
        "outstanding": [{ "currency": "GBP", "amount": "20.00" }], "overdue": [], "next_due": "2026-10-31", "invoices": 2,
        "bills": { "count": 0, "outstanding": [], "overdue": [], "next_due": null },
    });
    assert_eq!(shape(&contacts::contact(&line)), expected);
    let person = ContactLine {
        is_person: true,
        organisation: Some((ContactId(9), "Oak".into())),
        bills: None,
        ..line
    };
    let document = shape(&contacts::contact(&person));
    assert_eq!(document["organisation"], json!({ "id": 9, "name": "Oak" }));
    assert_eq!(document.get("bills"), None, "excluded means absent");
}

#[test]
fn invoices_name_their_owner_and_their_state_today() {
    let entry = Entry {
        document: Arc::new(invoice()),
        owner: Some(LedgerRef::customer(50)),
        code: "ASH01".into(),
        name: "Ash Ltd".into(),
        contact: None,
    };
    let expected = json!({
        "number": 17, "side": "customer", "contact_id": null, "kashflow_id": 50, "kashflow_code": "ASH01",
        "issued": "2026-10-01", "due": "2026-10-31", "currency": "GBP", "gross": "120.00", "paid": "100.00",
        "due_amount": "20.00", "state": "overdue", "part_paid": true, "days_overdue": 24,
        "url": "https://app.kashflow.com/#invoices/17",
    });
    let today = date(2026, 11, 24);
    assert_eq!(shape(&invoices::invoice(&entry, &WebAddresses::default(), today)), expected);
    let dateless = Document { due: Some(date(1900, 1, 1)), ..invoice() };
    let entry = Entry { document: Arc::new(dateless), ..entry };
    let document = shape(&invoices::invoice(&entry, &WebAddresses::default(), today));
    assert_eq!((&document["due"], &document["state"]), (&Value::Null, &json!("part_paid")));
}

#[test]
fn questions_explain_candidates_and_word_choices() {
    let stored = Question { id: QuestionId(5), asked: asked(), since: at(), answers: Vec::new() };
    let document = shape(&questions::question(&stored, &snapshot()));
    let expected = json!({
        "id": 5, "kind": "suggested_match", "name": "Ash Ltd", "side": "customer",
        "candidates": [{
            "contact_id": 12, "name": "Ash", "score": 0.75, "band": "possible",
            "reasons": [{ "field": "name", "weight": 1.5, "text": "nearly" }],
        }],
        "choices": [
            {
                "key": "link:12", "label": "Link with Ash",
                "effect": "The next sync links customer Ash Ltd (ASH01) with the contact Ash; neither record's details change.",
            },
            {
                "key": "create", "label": "Create a new contact",
                "effect": "The next sync creates a new contact in Capsule for customer Ash Ltd (ASH01) and links it.",
            },
        ],
        "asked": AT,
    });
    assert_eq!(document, expected);
}

#[test]
fn plans_list_operations_with_fields_and_new_questions_only() {
    let summary = |balance: &str| Summary {
        tagged: true,
        values: [(SummaryField::Balance, balance.to_owned())].into(),
    };
    let draft = ContactDraft {
        kind: DraftKind::Organisation { name: "Ash Ltd".into() },
        email: "a@ash.test".into(),
        phone: String::new(),
        fax: String::new(),
        mobile: String::new(),
        website: String::new(),
        address: None,
        team: None,
        summary: summary("20.00"),
        marker_website: String::new(),
        left_out: Vec::new(),
    };
    let made = Plan {
        operations: vec![
            Operation::CreateContact {
                ledgers: vec![LedgerRef::customer(50)],
                draft: Box::new(draft),
                reason: CreateReason::NoMatch,
            },
            Operation::WriteSummary {
                contact: ContactId(12),
                name: "Oak".into(),
                before: summary("1.00"),
                after: summary("2.00"),
            },
        ],
        questions: vec![asked()],
        ..Plan::default()
    };
    let document = shape(&plan::plan(&made, 1, &BTreeSet::new(), &snapshot(), &Local::default()));
    let expected = json!([
        {
            "operation": "create", "side": "capsule", "record": { "kind": "customer", "id": 50, "code": "ASH01" },
            "name": "Ash Ltd", "reason": "no contact in Capsule stands for it",
            "fields": [
                { "field": "name", "before": null, "after": "Ash Ltd" },
                { "field": "email", "before": null, "after": "a@ash.test" },
                { "field": "KashFlow balance", "before": null, "after": "20.00" },
            ],
        },
        {
            "operation": "summary", "side": "capsule", "record": { "kind": "contact", "id": 12, "code": null },
            "name": "Oak", "reason": "what KashFlow says has changed",
            "fields": [{ "field": "KashFlow balance", "before": "1.00", "after": "2.00" }],
        },
    ]);
    assert_eq!(document["operations"], expected);
    assert_eq!((&document["requests"], &document["minutes"]), (&json!(2), &json!(1)));
    assert_eq!(document["counts"]["created_in_capsule"], 1);
    assert_eq!(
        (&document["questions"][0]["id"], &document["questions"][0]["asked"]),
        (&Value::Null, &Value::Null)
    );
    let known = BTreeSet::from([asked().key]);
    let document = shape(&plan::plan(&made, 1, &known, &snapshot(), &Local::default()));
    assert_eq!(document["questions"], json!([]));
}

#[test]
fn journal_entries_hold_before_and_after() {
    let made = JournalEntry {
        id: EntryId(2),
        run: Some(RunId(1)),
        at: at(),
        place: Place::Capsule,
        record: Some(RecordRef::Contact(ContactId(12))),
        name: "Ash".into(),
        action: Action::Create,
        reason: "no match".into(),
        before: Vec::new(),
        after: vec![("name".into(), "Ash".into())],
        outcome: "done".into(),
        undone: false,
    };
    let expected = json!({
        "entry": 2, "run": 1, "at": AT, "side": "capsule", "record": { "kind": "contact", "id": 12, "code": null },
        "name": "Ash", "operation": "create", "reason": "no match", "before": {}, "after": { "name": "Ash" },
        "outcome": "done", "undone": false,
    });
    assert_eq!(shape(&journal::entry(&made, &snapshot())), expected);
}

#[test]
fn debtors_and_ignored_records_are_flat() {
    let owing = Debtor {
        name: "Ash Ltd".into(),
        code: "ASH01".into(),
        ledger: Some(LedgerRef::customer(50)),
        contact: Some(ContactId(12)),
        currency: Currency::parse("JPY").unwrap(),
        buckets: Buckets { d1_30: 100.into(), d90_plus: 5.into(), ..Buckets::default() },
    };
    let expected = json!({
        "name": "Ash Ltd", "kashflow_code": "ASH01", "contact_id": 12, "currency": "JPY", "total": "105", "not_due": "0",
        "d1_30": "100", "d31_60": "0", "d61_90": "0", "d90_plus": "5",
    });
    assert_eq!(shape(&debtors::debtor(&owing)), expected);
    let left_out =
        Ignored { ledger: LedgerRef::supplier(8), code: "OAK01".into(), name: "Oak".into(), since: at() };
    let expected = json!({ "side": "supplier", "id": 8, "code": "OAK01", "name": "Oak", "since": AT });
    assert_eq!(shape(&ignored::ignored(&left_out)), expected);
}

#[test]
fn status_sums_the_customer_side_up() {
    let mut books = snapshot();
    books.documents.insert(invoice().id, Arc::new(invoice()));
    let bill = Document { id: DocumentRef { side: Side::Supplier, id: 1 }, ..invoice() };
    books.documents.insert(bill.id, Arc::new(bill));
    let run = report();
    let stands = standing(&books, &Local::default(), Some(&run), &Policy::default(), at());
    let expected = json!({
        "profile": "p", "enabled": true, "capsule": null, "kashflow": null,
        "last_run": { "run": 3, "finished": AT, "outcome": "attention" }, "next_run": "2026-11-24T10:30:00Z",
        "questions": 0, "failing": 0, "outstanding": [{ "currency": "GBP", "amount": "20.00" }],
        "overdue": [{ "currency": "GBP", "amount": "20.00" }],
        "control": { "ours": "120.00", "kashflow": "100.00", "agree": false }, "last_backup": null,
    });
    assert_eq!(shape(&status::status("p", &stands, None, at())), expected);
    for (hours, age) in [(3, 10_800), (-3, 0)] {
        let made = at() - jiff::SignedDuration::from_hours(hours);
        let told = shape(&status::status("p", &stands, Some(made), at()));
        assert_eq!(told["last_backup"], json!({ "made": made.to_string(), "age_seconds": age }));
    }
}
