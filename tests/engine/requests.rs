//! How many requests each kind of run makes: the table in `ARCHITECTURE.md`, held by the reports of runs, which count every
//! request sent, and by the simulators' log.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::contact::SummaryField;
use kashsync::domain::deletion::LedgerStep;
use kashsync::domain::ids::ContactId;
use kashsync::domain::ids::Side;
use kashsync::domain::operation::Counts;
use kashsync::domain::run::{Control, Requests, RunReport};
use kashsync::engine::command::{Command, DeleteOrder, MergeOrder, Undo};
use kashsync::engine::event::Event;
use kashsync::sim::fault::Service;
use kashsync::sim::firm::large;
use kashsync::sim::http::Method;
use rust_decimal::Decimal;
use serde_json::json;

use crate::pair::Pair;
use crate::rig::Rig;

/// Rows on a page.
const PAGE: usize = 100;

fn pages(rows: usize) -> u64 {
    rows.div_ceil(PAGE).max(1) as u64
}

/// A firm whose contacts were not changed lately.
fn rig() -> Rig {
    let rig = Rig::of(&large(date(2026, 11, 24), 400, 1));
    rig.pass(SignedDuration::from_hours(2));
    rig
}

/// A firm whose first run is over, and whose own writes have come back once as changes.
async fn settled() -> Rig {
    let rig = rig();
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(2));
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(2));
    rig.world().log.clear();
    rig
}

/// How many records there are.
struct Sizes {
    contacts: usize,
    customers: usize,
    suppliers: usize,
    invoices: usize,
    bills: usize,
    /// Unpaid bills that are not on the newest page.
    old_unpaid_bills: usize,
}

impl Sizes {
    fn of(rig: &Rig) -> Self {
        let world = rig.world();
        let mut bills: Vec<(i64, Decimal)> =
            world.kashflow.bills().map(|bill| (bill.number, bill.due_amount())).collect();
        bills.sort_by_key(|(number, _)| -number);
        Self {
            contacts: world.capsule.parties().count(),
            customers: world.kashflow.customers().count(),
            suppliers: world.kashflow.suppliers().count(),
            invoices: world.kashflow.invoices().count(),
            bills: bills.len(),
            old_unpaid_bills: bills.iter().skip(PAGE).filter(|(_, due)| !due.is_zero()).count(),
        }
    }

    /// Company, customers, suppliers, the unpaid report.
    fn always(&self) -> u64 {
        1 + pages(self.customers) + pages(self.suppliers) + 1
    }

    /// A run that reads all documents.
    fn daily(&self) -> u64 {
        self.always() + pages(self.invoices) + pages(self.bills)
    }

    /// A run between two whole reads of the documents, with so many old invoices changed.
    fn between(&self, invoices: usize) -> u64 {
        let some = |count, singles: usize| pages(count).min(1 + singles as u64);
        self.always() + some(self.invoices, invoices) + some(self.bills, self.old_unpaid_bills)
    }
}

/// Requests to KashFlow when so many are reads: a sign-in of two, and a sign-out.
fn kashflow(get: u64) -> Requests {
    Requests { get, post: 1, put: 1, delete: 1 }
}

fn reads(get: u64) -> Requests {
    Requests { get, ..Requests::default() }
}

async fn run(rig: &Rig, command: Command) -> Arc<RunReport> {
    rig.world().log.clear();
    let report = rig.process(vec![command], true, None).await.report();
    assert_eq!(report.error, None);
    let logged = rig.world().log.iter().filter(|entry| entry.service == Service::Capsule).count();
    assert_eq!(report.capsule.total(), logged as u64, "every request is counted");
    let logged = rig.world().log.iter().filter(|entry| entry.service == Service::KashFlow).count();
    assert_eq!(report.kashflow.total(), logged as u64, "every request is counted");
    report
}

fn sync() -> Command {
    Command::Sync { full: false, contact: None }
}

#[tokio::test(start_paused = true)]
async fn b06_a_first_run_reads_every_page_once_and_writes_every_contact_once() {
    let rig = rig();
    let sizes = Sizes::of(&rig);
    let report = run(&rig, sync()).await;
    let done = report.done;
    assert!(done.created_in_capsule > 10 && done.summaries_written > 100, "{done:?}");
    // Site, contacts, deleted feed; tags and definitions looked at once.
    let get = 1 + pages(sizes.contacts) + 1 + 2;
    // The tag and seven fields are made once; a create carries its summary.
    let post = (done.created_in_capsule + 1 + SummaryField::ALL.len()) as u64;
    assert_eq!(report.capsule, Requests { get, post, put: done.summaries_written as u64, delete: 0 });
    assert_eq!(report.kashflow, kashflow(sizes.daily()));
}

#[tokio::test(start_paused = true)]
async fn b06_a_run_after_the_first_reads_its_own_writes_back_once() {
    let rig = rig();
    let first = rig.sync().await;
    rig.pass(SignedDuration::from_hours(2));
    let sizes = Sizes::of(&rig);
    let written = first.done.created_in_capsule + first.done.summaries_written;
    let report = run(&rig, sync()).await;
    assert_eq!(report.capsule, reads(1 + pages(written) + 1));
    assert_eq!(report.kashflow, kashflow(sizes.between(0)));
}

#[tokio::test(start_paused = true)]
async fn b06_quiet_dry_daily_weekly_and_full_runs_read_what_they_must() {
    let rig = settled().await;
    let sizes = Sizes::of(&rig);
    assert!(sizes.invoices > 5 * PAGE && sizes.customers > PAGE, "so that pages count");
    let (quiet, whole) = (1 + 1 + 1, 1 + pages(sizes.contacts) + 1);
    for (what, hours, command, capsule, books) in [
        ("quiet", 0, sync(), quiet, sizes.between(0)),
        ("dry", 2, Command::Plan { full: false }, quiet, sizes.between(0)),
        ("full", 2, Command::Sync { full: true, contact: None }, whole, sizes.daily()),
        ("quiet again", 2, sync(), quiet, sizes.between(0)),
        ("daily", 22, sync(), quiet, sizes.daily()),
        // There is something to write, and the fields were last looked at more than a day ago.
        ("weekly", 7 * 24, sync(), whole + 1, sizes.daily()),
    ] {
        rig.pass(SignedDuration::from_hours(hours));
        let report = run(&rig, command).await;
        // What fell due meanwhile is written.
        let capsule = Requests { put: report.done.summaries_written as u64, ..reads(capsule) };
        assert!(capsule.put == 0 || what != "quiet", "nothing falls due within hours");
        assert_eq!((report.capsule, report.kashflow), (capsule, kashflow(books)), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn b06_changes_cost_one_request_for_each_document_and_each_write() {
    let rig = settled().await;
    let now = rig.now();
    let kept = rig.kept().await;
    // Three old invoices of three linked customers are paid in part; the newest page does not hold them.
    let mut invoices: Vec<_> =
        kept.snapshot.documents.values().filter(|document| document.id.side == Side::Customer).collect();
    invoices.sort_by_key(|document| -document.number);
    let mut owners = Vec::new();
    for document in invoices.iter().skip(PAGE).filter(|document| document.due_amount > Decimal::ONE) {
        let linked = kept.local.links().any(|link| Some(link.ledger.id) == document.owner_id);
        if owners.len() < 3 && linked && !owners.contains(&document.owner_id) {
            rig.world().kashflow.pay(document.number, Decimal::ONE, now).unwrap();
            owners.push(document.owner_id);
        }
    }
    // A hundred contacts are edited, and one customer is new.
    let edited: Vec<i64> = kept.snapshot.contacts.keys().map(|id| id.0).take(PAGE).collect();
    for id in &edited {
        rig.world().capsule.edit(*id, &json!({"about": "Met at the fair"}), now).unwrap();
    }
    rig.world().kashflow.add("customer", &json!({"Name": "Zebedee Shelving Ltd"}), now).unwrap();
    let sizes = Sizes::of(&rig);
    let report = run(&rig, sync()).await;
    assert_eq!((report.done.created_in_capsule, report.done.summaries_written), (1, 3));
    let capsule = Requests { get: 1 + pages(edited.len()) + 1, post: 1, put: 3, delete: 0 };
    assert_eq!((report.capsule, report.kashflow), (capsule, kashflow(sizes.between(3))));
}

#[tokio::test(start_paused = true)]
async fn b06_one_contact_is_read_without_the_lists() {
    let rig = settled().await;
    let kept = rig.kept().await;
    let sizes = Sizes::of(&rig);
    let some = |count, singles: usize| pages(count).min(1 + singles as u64);
    for side in Side::BOTH {
        let link = kept.local.links().find(|link| link.ledger.side == side).unwrap();
        let numbers: Vec<i64> =
            kept.snapshot.documents.keys().filter(|id| id.side == side).map(|id| id.id).collect();
        assert!(numbers.len() > PAGE);
        let owned = kept.snapshot.documents.values().filter(|document| {
            document.id.side == side
                && document.owner_id == Some(link.ledger.id)
                && !document.due_amount.is_zero()
        });
        let mut newest: Vec<i64> = kept
            .snapshot
            .documents
            .values()
            .filter(|one| one.id.side == side)
            .map(|one| one.number)
            .collect();
        newest.sort_unstable_by(|left, right| right.cmp(left));
        let old = owned.filter(|document| document.number < newest[PAGE - 1]).count();
        let command = Command::Sync { full: false, contact: Some(link.contact) };
        let report = run(&rig, command.clone()).await;
        // Company, the record, the unpaid report, the newest invoices; of a supplier its bills.
        let bills = if side == Side::Supplier { some(sizes.bills, old) } else { 0 };
        let books = 1 + 1 + 1 + some(sizes.invoices, 0) + bills;
        assert_eq!((report.capsule, report.kashflow), (reads(1 + 1), kashflow(books)), "{side:?}");
        assert!(report.control.as_ref().is_some_and(Control::agrees));
        // What changed on it is seen and written; the next whole reading has nothing to add.
        let now = rig.now();
        if side == Side::Customer {
            let invoice = kept.snapshot.documents.values().find(|document| {
                document.id.side == side
                    && document.owner_id == Some(link.ledger.id)
                    && document.due_amount > Decimal::ONE
            });
            rig.world().kashflow.pay(invoice.unwrap().number, Decimal::ONE, now).unwrap();
            assert_eq!(run(&rig, command).await.done.summaries_written, 1);
            assert_eq!(run(&rig, sync()).await.done, Counts::default());
        }
        // One that is not to be seen any more is left to the whole reading, which knows why.
        if side == Side::Supplier {
            rig.world().capsule.delete(link.contact.0, now).unwrap();
            let command = Command::Sync { full: false, contact: Some(link.contact) };
            assert_eq!(run(&rig, command).await.questions_new, 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn b06_excluded_bills_and_suppliers_cost_nothing() {
    let mut rig = settled().await;
    let sizes = Sizes::of(&rig);
    let without_bills = sizes.between(0) - pages(sizes.bills).min(1 + sizes.old_unpaid_bills as u64);
    rig.policy.exclude_supplier_invoices = true;
    assert_eq!(run(&rig, sync()).await.kashflow, kashflow(without_bills));
    rig.policy.suppliers = kashsync::domain::policy::Suppliers::Off;
    assert_eq!(run(&rig, sync()).await.kashflow, kashflow(without_bills - pages(sizes.suppliers)));
}

/// What a command sends until it has told its end: to Capsule, and to KashFlow. Whatever waits for a word gets it.
async fn sent(rig: &Rig, command: Command) -> (Requests, Requests) {
    rig.world().log.clear();
    let ends = |event: &Event| match event {
        Event::Deletion(deletion) => deletion.done,
        Event::Merging(merging) => merging.done,
        Event::Undone(_) | Event::Cleared { .. } | Event::Tested { .. } | Event::Parts { .. } => true,
        Event::RunFinished(report) => {
            assert_eq!(report.error, None);
            true
        }
        Event::Refused { message, .. } => panic!("refused: {message}"),
        _ => false,
    };
    rig.events(vec![command], true, None, ends).await.unwrap();
    let world = rig.world();
    let of = |service| {
        let mut requests = Requests::default();
        for entry in world.log.iter().filter(|entry| entry.service == service) {
            match entry.method {
                Method::Get => requests.get += 1,
                Method::Post => requests.post += 1,
                Method::Put => requests.put += 1,
                Method::Delete => requests.delete += 1,
            }
        }
        requests
    };
    (of(Service::Capsule), of(Service::KashFlow))
}

/// A contact of Capsule, read by a sync.
async fn made(pair: &Pair, body: &serde_json::Value) -> ContactId {
    let body = json!({"party": body}).to_string();
    let (status, answer) = pair.rig.call_capsule(Method::Post, "/api/v2/parties", &body);
    assert_eq!(status, 201, "{answer}");
    for _ in 0..2 {
        pair.rig.pass(SignedDuration::from_hours(2));
        pair.rig.sync().await;
    }
    ContactId(answer["party"]["id"].as_i64().unwrap())
}

/// What a look at what hangs on a contact costs: notes, opportunities, projects, and the filter for open tasks.
const HOLDINGS: Requests = Requests { get: 3, post: 1, put: 0, delete: 0 };

/// KashFlow with a sign-in, so many reads, and so many records updated and deleted.
fn changing(get: u64, put: u64, delete: u64) -> Requests {
    Requests { get, post: 1, put: 1 + put, delete: 1 + delete }
}

/// The pair, and a contact without a link that one person belongs to.
async fn with_another() -> (Pair, ContactId) {
    let pair = Pair::linked().await;
    let other = json!({"type": "organisation", "name": "Zebedee Shelving Ltd",
        "emailAddresses": [{"address": "z@zebedee.example"}]});
    let other = made(&pair, &other).await;
    let person =
        json!({"type": "person", "firstName": "Zoe", "lastName": "Quill", "organisation": {"id": other.0}});
    made(&pair, &person).await;
    (pair, other)
}

fn copy(pair: &Pair) -> Pair {
    Pair { rig: pair.rig.copy(), ..*pair }
}

async fn entry_of(rig: &Rig, action: &str) -> Command {
    let entry = rig.journal().await.into_iter().rev().find(|entry| entry.action.word() == action).unwrap();
    Command::Undo(Undo::Entries([entry.id].into()))
}

#[tokio::test(start_paused = true)]
async fn b06_an_export_is_one_reading_and_three_requests_an_update_two() {
    let (pair, other) = with_another().await;
    // A quiet run with a page of everything: contact looked at; customers of its name, and the create.
    let export = sent(&pair.rig, Command::PreviewExport(vec![other])).await;
    assert_eq!(export, (reads(3 + 1), Requests { get: 6 + 1, post: 1 + 1, put: 1, delete: 1 }));
    pair.rig.pass(SignedDuration::from_hours(2));
    pair.rig.sync().await;
    let undo = sent(&pair.rig, entry_of(&pair.rig, "export").await).await;
    assert_eq!(undo, (reads(1), changing(1 + 1, 1, 0)), "looked at, archived");

    let pair = Pair::linked().await;
    pair.in_capsule(&json!({"name": "Ash Tree Group"}));
    assert_eq!(sent(&pair.rig, sync()).await, (reads(3), changing(6 + 1, 1, 0)), "looked at, written");
    let undo = sent(&pair.rig, entry_of(&pair.rig, "update").await).await;
    assert_eq!(undo, (reads(1), changing(1 + 1, 1, 0)));

    let pair = Pair::linked().await;
    let now = pair.rig.now();
    pair.rig.world().kashflow.add("customer", &json!({"Name": "Zebedee Shelving Ltd"}), now).unwrap();
    pair.rig.sync().await;
    let (capsule, books) = sent(&pair.rig, entry_of(&pair.rig, "create").await).await;
    let Requests { get, post, .. } = HOLDINGS;
    // Account, the contact, its people.
    assert_eq!((capsule, books), (Requests { get: 1 + 1 + 1 + get, post, put: 0, delete: 1 }, kashflow(1)));
}

#[tokio::test(start_paused = true)]
async fn b06_what_is_done_at_once_reads_no_list_of_contacts() {
    let (pair, other) = with_another().await;
    assert_eq!(sent(&pair.rig, Command::TestCredentials).await, (reads(1), kashflow(1)));
    let keep = ContactId(pair.contact);
    let confirm = Some("Zebedee Shelving Ltd".to_owned());
    let order = MergeOrder { keep, other, name: None, confirm, dry: false };
    let Requests { get, post, .. } = HOLDINGS;
    for (name, renamed) in [(None, 0), (Some("Ash Tree Group".to_owned()), 1)] {
        let pair = copy(&pair);
        let merge = sent(&pair.rig, Command::Merge(MergeOrder { name, ..order.clone() })).await;
        // Account, both contacts, people, both whole; taken over, one person moved; the other once more before it goes, and
        // the kept one before it is renamed.
        let capsule =
            Requests { get: 1 + 2 + 1 + get + 2 + 1 + renamed, post, put: 1 + 1 + renamed, delete: 1 };
        assert_eq!(merge, (capsule, kashflow(1)));
    }
    for (step, put, delete) in
        [(LedgerStep::Archive, 1, 0), (LedgerStep::Delete, 0, 1), (LedgerStep::Leave, 0, 0)]
    {
        let pair = copy(&pair);
        let confirm = Some("Ash Tree Ltd".to_owned());
        let order = DeleteOrder { contact: keep, step, confirm, dry: false };
        // Account, people, the contact twice. Company, unpaid report, newest invoices, record, quotes.
        let capsule = Requests { get: 1 + 1 + 2 + get, post, put: 0, delete: 1 };
        let delete = changing(1 + 1 + 1 + 1 + 1, put, delete);
        assert_eq!(sent(&pair.rig, Command::Delete(order)).await, (capsule, delete), "{step:?}");
    }
    let clear = sent(&pair.rig, Command::Disable { clear_summary: true }).await;
    assert_eq!(clear, (Requests { get: 1, post: 0, put: 1, delete: 0 }, reads(0)), "one contact is linked");
}

#[tokio::test(start_paused = true)]
async fn b06_a_document_that_is_looked_at_is_one_request_and_once_the_company() {
    let rig = settled().await;
    for side in Side::BOTH {
        let kept = rig.kept().await;
        let number = kept.snapshot.documents.values().find(|one| one.id.side == side).unwrap().number;
        assert_eq!(sent(&rig, Command::ReadParts { side, number }).await, (reads(0), kashflow(2)));
    }
}
