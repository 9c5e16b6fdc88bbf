//! Later runs: nothing to do means nothing written; answers, new records and payments are carried over.

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::contact::SummaryField;
use kashsync::domain::ids::{LedgerRef, Side};
use kashsync::domain::journal::Action;
use kashsync::domain::link::LinkReason;
use kashsync::domain::local::RecordRef;
use kashsync::domain::question::{Choice, QuestionKind};
use kashsync::domain::run::Outcome;
use kashsync::engine::command::Command;
use kashsync::engine::event::Event;
use kashsync::ports::{Change, Store};
use kashsync::sim::firm::sample;
use rust_decimal::Decimal;
use serde_json::json;

use crate::rig::{Rig, ledger};

fn sync() -> Command {
    Command::Sync { full: false, contact: None }
}

#[tokio::test(start_paused = true)]
async fn a_second_run_writes_nothing() {
    let rig = Rig::synced().await;
    for hours in [0, 2, 4] {
        rig.pass(SignedDuration::from_hours(hours));
        rig.world().log.clear();
        let before = rig.outcome();
        let report = rig.sync().await;
        // The one record that Capsule refuses is tried again after its back-off, and refused again (design B37).
        let written = rig.world().writes().filter(|entry| entry.status != Some(422)).count();
        assert_eq!(written, 0, "after {hours} h");
        assert_eq!(rig.outcome(), before);
        assert_eq!((report.done, report.questions_new), (kashsync::domain::operation::Counts::default(), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn b04_a_quiet_later_run_reads_little() {
    let rig = Rig::synced().await;
    rig.pass(SignedDuration::from_hours(2));
    // What the first run wrote itself comes back once as a change.
    rig.sync().await;
    rig.pass(SignedDuration::from_mins(30));
    rig.world().log.clear();
    let report = rig.sync().await;
    // Site, changes, deleted feed.
    assert_eq!((report.capsule.get, report.capsule.total()), (3, 3));
    let unpaid_bills = {
        let kept = rig.kept().await;
        let bills = kept.snapshot.documents.values().filter(|document| document.id.side == Side::Supplier);
        bills.filter(|bill| !bill.due_amount.is_zero()).count()
    };
    assert!(unpaid_bills > 0);
    // Sign-in and out; company, customers, suppliers, report, newest invoices, newest bills.
    assert_eq!((report.kashflow.post, report.kashflow.put, report.kashflow.delete), (1, 1, 1));
    assert_eq!(
        report.kashflow.get,
        6,
        "{:?}",
        rig.world().log.iter().map(|entry| &entry.path).collect::<Vec<_>>()
    );
}

#[tokio::test(start_paused = true)]
async fn answers_change_what_the_next_run_does() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let suggested = kept
        .local
        .questions
        .values()
        .find(|question| {
            question.asked.key.kind == QuestionKind::SuggestedMatch
                && question.asked.choices.iter().any(|choice| matches!(choice, Choice::Link(_)))
        })
        .unwrap();
    let Some(Choice::Link(contact)) =
        suggested.asked.choices.iter().find(|choice| matches!(choice, Choice::Link(_))).cloned()
    else {
        panic!("a link is offered")
    };
    let waiting = suggested.asked.key.waiting[0];
    let answer = Command::Answer { question: suggested.id, choice: Choice::Link(contact), value: None };
    let report = rig.process(vec![answer, sync()], true, None).await.report();
    assert_eq!(
        (report.done.linked, report.done.created_in_capsule, report.done.summaries_written),
        (1, 0, 1)
    );
    let kept = rig.kept().await;
    let link = kept.local.link_of(waiting).unwrap();
    assert_eq!((link.contact, link.reason), (contact, LinkReason::Answer));
    assert!(kept.local.question_about(waiting).is_none());
    let report = rig.sync().await;
    assert_eq!(report.done, kashsync::domain::operation::Counts::default());
}

#[tokio::test(start_paused = true)]
async fn two_customers_of_one_name_are_told_apart_by_an_answer() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let second = ledger(&kept, Side::Customer, "BAYT02");
    let question = kept.local.question_about(second).unwrap();
    let choice = Choice::CreateWithCode { ledger: second, code: "BAYT02".into() };
    let answer = Command::Answer { question: question.id, choice, value: None };
    rig.process(vec![answer, sync()], true, None).await.report();
    let kept = rig.kept().await;
    let first = kept.local.link_of(ledger(&kept, Side::Customer, "BAYT01")).unwrap();
    let second = kept.local.link_of(second).unwrap();
    assert_eq!((first.reason, second.reason), (LinkReason::ExactName, LinkReason::Created));
    assert!(kept.snapshot.contacts[&second.contact].name().ends_with("(BAYT02)"));
    assert_eq!(rig.sync().await.done, kashsync::domain::operation::Counts::default());
}

#[tokio::test(start_paused = true)]
async fn ignoring_holds_and_can_be_taken_back() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let waiting = ledger(&kept, Side::Customer, "ASHD01");
    let question = kept.local.question_about(waiting).unwrap().id;
    let answer = Command::Answer { question, choice: Choice::Ignore, value: None };
    rig.process(vec![answer, sync()], true, None).await.report();
    let kept = rig.kept().await;
    assert!(kept.local.ignored.contains_key(&waiting) && kept.local.question_about(waiting).is_none());
    rig.process(vec![Command::Unignore(waiting), sync()], true, None).await.report();
    assert!(rig.kept().await.local.question_about(waiting).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_new_customer_arrives_and_a_payment_shows() {
    let rig = Rig::synced().await;
    rig.pass(SignedDuration::from_hours(2));
    let now = rig.now();
    rig.world().kashflow.add("customer", &json!({"Name": "Zebedee Shelving Ltd"}), now).unwrap();
    let kept = rig.kept().await;
    let unpaid = kept.snapshot.documents.values().find(|document| {
        document.id.side == Side::Customer
            && document.owner_code == "ABBE01"
            && document.due_amount > Decimal::from(1)
    });
    let unpaid = unpaid.unwrap();
    rig.world().kashflow.pay(unpaid.number, Decimal::ONE, now).unwrap();
    rig.world().log.clear();
    let report = rig.sync().await;
    assert_eq!((report.done.created_in_capsule, report.done.summaries_written), (1, 1), "{report:?}");
    assert!(report.control.as_ref().unwrap().agrees());
    let kept = rig.kept().await;
    let paid = kept.snapshot.documents.values().find(|document| document.id == unpaid.id).unwrap();
    assert_eq!(paid.due_amount, unpaid.due_amount - Decimal::ONE);
    let contact = kept.local.link_of(ledger(&kept, Side::Customer, "ABBE01")).unwrap().contact;
    assert!(kept.snapshot.contacts[&contact].summary.values.contains_key(&SummaryField::Balance));
    assert_eq!(rig.sync().await.done, kashsync::domain::operation::Counts::default());
}

#[tokio::test(start_paused = true)]
async fn b05_a_contact_deleted_in_capsule_is_never_made_again_by_itself() {
    let rig = Rig::synced().await;
    rig.pass(SignedDuration::from_hours(2));
    let kept = rig.kept().await;
    let link = kept.local.link_of(ledger(&kept, Side::Customer, "ABBE01")).unwrap().clone();
    let now = rig.now();
    rig.world().capsule.delete(link.contact.0, now).unwrap();
    rig.world().log.clear();
    let report = rig.sync().await;
    assert_eq!((report.outcome, report.done.created_in_capsule), (Outcome::Attention, 0));
    let kept = rig.kept().await;
    assert!(kept.local.deleted.contains_key(&link.contact));
    assert_eq!(kept.local.link_of(link.ledger), Some(&link), "the link is kept");
    rig.world().capsule.restore(link.contact.0, now).unwrap();
    rig.sync().await;
    assert!(!rig.kept().await.local.deleted.contains_key(&link.contact));
}

#[tokio::test(start_paused = true)]
async fn b22_excluded_bills_are_not_read_and_not_kept() {
    let mut rig = Rig::synced().await;
    rig.policy.exclude_supplier_invoices = true;
    rig.pass(SignedDuration::from_hours(2));
    rig.world().log.clear();
    rig.sync().await;
    assert!(!rig.world().log.iter().any(|entry| entry.path.to_lowercase().contains("/purchases")));
    let kept = rig.kept().await;
    assert!(kept.snapshot.documents.keys().all(|id| id.side == Side::Customer));
    rig.policy.exclude_supplier_invoices = false;
    rig.sync().await;
    assert!(rig.kept().await.snapshot.documents.keys().any(|id| id.side == Side::Supplier));
}

#[tokio::test(start_paused = true)]
async fn b05_a_contact_that_becomes_invisible_keeps_its_link_and_what_is_known_of_it() {
    let rig = Rig::synced().await;
    rig.pass(SignedDuration::from_hours(2));
    let kept = rig.kept().await;
    let link = kept.local.link_of(ledger(&kept, Side::Customer, "ABBE01")).unwrap().clone();
    let now = rig.now();
    rig.world().capsule.restrict(link.contact.0, true, now).unwrap();
    rig.world().log.clear();
    let report = rig.sync().await;
    assert_eq!(report.done, kashsync::domain::operation::Counts::default());
    let kept = rig.kept().await;
    assert!(kept.local.hidden.contains(&link.contact) && !kept.local.deleted.contains_key(&link.contact));
    assert_eq!(kept.local.link_of(link.ledger), Some(&link));
    assert_eq!(kept.snapshot.contacts[&link.contact].name(), "Abbey Kitchens Ltd");
    rig.pass(SignedDuration::from_hours(2));
    let now = rig.now();
    rig.world().capsule.restrict(link.contact.0, false, now).unwrap();
    rig.sync().await;
    assert!(rig.kept().await.local.hidden.is_empty());
}

#[tokio::test(start_paused = true)]
async fn b05_a_deleted_contact_that_is_restored_behind_a_mask_is_out_of_reach_and_not_forgotten() {
    let rig = Rig::synced().await;
    rig.pass(SignedDuration::from_hours(2));
    let kept = rig.kept().await;
    let link = kept.local.link_of(ledger(&kept, Side::Customer, "ABBE01")).unwrap().clone();
    let now = rig.now();
    rig.world().capsule.restrict(link.contact.0, true, now).unwrap();
    rig.world().capsule.delete(link.contact.0, now).unwrap();
    rig.sync().await;
    assert!(rig.kept().await.local.deleted.contains_key(&link.contact));
    rig.pass(SignedDuration::from_hours(2));
    let now = rig.now();
    rig.world().capsule.restore(link.contact.0, now).unwrap();
    let sync = Command::Sync { full: false, contact: None };
    rig.process(vec![Command::Unlink { contact: link.contact, side: None }, sync], true, None).await;
    for _ in 0..2 {
        rig.sync().await;
        let kept = rig.kept().await;
        assert!(kept.snapshot.contacts.contains_key(&link.contact));
        assert!(kept.local.hidden.contains(&link.contact) && !kept.local.deleted.contains_key(&link.contact));
        rig.pass(SignedDuration::from_hours(2));
    }
}

#[tokio::test(start_paused = true)]
async fn b09_links_made_by_the_setting_say_so_and_are_listed_after_the_run() {
    let mut rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.policy.near_match = kashsync::domain::policy::NearMatch::LinkStrong;
    let (mut lines, mut ended) = (Vec::new(), false);
    rig.watch(vec![sync()], false, &mut |event| match event {
        Event::Planned { waits: true, .. } => vec![Command::Approve { unticked: [].into() }],
        Event::Log(line) => {
            lines.push(line.text.clone());
            vec![]
        }
        Event::RunFinished(_) if !ended => {
            ended = true;
            vec![Command::Shutdown]
        }
        _ => vec![],
    })
    .await;
    let kept = rig.kept().await;
    let suggested: Vec<_> = kept.local.links().filter(|link| link.reason == LinkReason::Suggested).collect();
    assert!(!suggested.is_empty());
    let journal = rig.journal().await;
    for link in &suggested {
        let entry = journal.iter().find(|entry| {
            entry.record == Some(RecordRef::Ledger(link.ledger)) && entry.action == Action::Link
        });
        let reason = "a strong suggestion was linked by itself, as the setting says";
        assert_eq!(entry.unwrap().reason, reason);
        assert_eq!(link.reason.word(), "exact_name");
        let code = &kept.snapshot.ledger[&link.ledger].code;
        let listed = |line: &&String| line.contains(&format!("({code}) is now linked with"));
        assert_eq!(lines.iter().filter(listed).count(), 1, "{code}");
    }
    let told: Vec<_> = lines.iter().rev().take(suggested.len() + 1).collect();
    assert!(told[0].contains("done:") && told[1..].iter().all(|line| line.contains("is now linked with")));
}

#[tokio::test(start_paused = true)]
async fn b01_a_link_joins_ids_whatever_is_renamed() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let customer = ledger(&kept, Side::Customer, "ABBE01");
    let contact = kept.local.link_of(customer).unwrap().contact;
    let parties = rig.world().capsule.parties().count();
    rig.pass(SignedDuration::from_hours(3));
    let now = rig.now();
    let renamed = json!({"Code": "ZZZZ99", "Name": "Abbey Kitchens and Baths Ltd"});
    rig.world().kashflow.edit("customer", "ABBE01", &renamed, now).unwrap();
    // The old code is used again for somebody else.
    let other = json!({"Code": "ABBE01", "Name": "Abberley Hall Trust"});
    rig.world().kashflow.add("customer", &other, now).unwrap();
    rig.world().capsule.edit(contact.0, &json!({"name": "Abbey Group"}), now).unwrap();
    rig.sync().await;
    let kept = rig.kept().await;
    assert_eq!(kept.local.link_of(customer).unwrap().contact, contact);
    assert_eq!(kept.snapshot.ledger[&customer].code, "ZZZZ99");
    assert_ne!(ledger(&kept, Side::Customer, "ABBE01"), customer);
    assert_eq!(rig.world().capsule.parties().count(), parties + 1, "only the newcomer is created");
}

#[tokio::test(start_paused = true)]
async fn b21_no_document_is_ever_written() {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.sync().await;
    for _ in 0..3 {
        rig.pass(SignedDuration::from_hours(13));
        let now = rig.now();
        let kept = rig.kept().await;
        let unpaid = kept.snapshot.documents.values().find(|document| {
            document.id.side == Side::Customer && document.due_amount > Decimal::ONE_HUNDRED
        });
        rig.world().kashflow.pay(unpaid.unwrap().number, Decimal::ONE, now).unwrap();
        rig.sync().await;
    }
    let world = rig.world();
    let touched: Vec<&str> = world
        .writes()
        .map(|entry| entry.path.as_str())
        .filter(|path| ["/invoices", "/purchases", "/quotes"].iter().any(|list| path.contains(list)))
        .collect();
    assert!(touched.is_empty() && world.writes().count() > 50, "{touched:?}");
}

#[tokio::test(start_paused = true)]
async fn keep_days_ends_the_journal_and_what_is_remembered_of_ignored_records_that_are_gone() {
    let mut rig = Rig::synced().await;
    let waiting = ledger(&rig.kept().await, Side::Customer, "ASHD01");
    rig.process(vec![Command::Ignore(waiting), sync()], true, None).await.report();
    let mut gone = rig.kept().await.local.ignored[&waiting].clone();
    gone.ledger = LedgerRef::customer(i64::MAX);
    rig.store.commit(vec![Change::PutIgnored(gone.clone())]).await.unwrap();
    let first = rig.journal().await.len();
    rig.policy.keep_days = 30;
    rig.pass(SignedDuration::from_hours(24 * 29));
    rig.sync().await;
    assert!(rig.journal().await.len() >= first && rig.kept().await.local.ignored.contains_key(&gone.ledger));
    rig.pass(SignedDuration::from_hours(24 * 2));
    rig.sync().await;
    let left = rig.journal().await;
    assert!(
        left.len() < first
            && left.iter().all(|entry| rig.now().duration_since(entry.at).as_hours() < 24 * 31)
    );
    let kept = rig.kept().await;
    assert!(!kept.local.ignored.contains_key(&gone.ledger));
    assert!(kept.local.ignored.contains_key(&waiting), "one that KashFlow still has stays ignored for good");
    assert!(kept.local.link_count() > 20);
}
