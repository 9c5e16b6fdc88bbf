//! Undo at both simulators: what it writes, what it refuses, and that a further run writes nothing.

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::details::{Details, Field};
use kashsync::domain::ids::{EntryId, LedgerRef, RunId, Side};
use kashsync::domain::journal::{Action, JournalEntry, Place};
use kashsync::domain::local::RecordRef;
use kashsync::domain::mapping::{from_contact, from_ledger};
use kashsync::domain::operation::Counts;
use kashsync::domain::undo::journal_values;
use kashsync::engine::command::{Command, Undo};
use kashsync::ports::{Change, Store};
use kashsync::sim::fault::{Effect, Fault};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use kashsync::sim::world::LoggedRequest;
use serde_json::json;

use crate::rig::{Crash, Rig, ledger};

/// The entry of the create that was made for a customer, and the contact.
async fn created(rig: &Rig, code: &str) -> (JournalEntry, LedgerRef, i64) {
    let kept = rig.kept().await;
    let ledger = ledger(&kept, Side::Customer, code);
    let contact = kept.local.link_of(ledger).unwrap().contact;
    let journal = rig.journal().await;
    let entry = journal
        .iter()
        .find(|entry| entry.action == Action::Create && entry.record == Some(RecordRef::Contact(contact)));
    (entry.unwrap().clone(), ledger, contact.0)
}

fn undo(ids: &[EntryId]) -> Command {
    Command::Undo(Undo::Entries(ids.iter().copied().collect()))
}

fn there(rig: &Rig, contact: i64) -> bool {
    rig.world().capsule.parties().any(|party| party.id == contact)
}

async fn is_undone(rig: &Rig, entry: EntryId) -> bool {
    rig.journal().await.iter().any(|other| other.id == entry && other.undone)
}

async fn quiet(rig: &Rig) {
    rig.world().log.clear();
    let report = rig.sync().await;
    let written = rig.world().writes().filter(|entry| entry.status != Some(422)).count();
    assert_eq!((written, report.done, report.questions_new), (0, Counts::default(), 0));
}

#[tokio::test(start_paused = true)]
async fn b36_an_untouched_create_is_deleted_and_its_customer_ignored() {
    let rig = Rig::synced().await;
    let (entry, ledger, contact) = created(&rig, "ALDE01").await;
    // A payment: our own summary write is no touch.
    rig.pass(SignedDuration::from_hours(2));
    rig.sync().await;
    rig.world().log.clear();
    let (undone, why) = rig.act(undo(&[entry.id])).await;
    assert_eq!((undone, why), (1, None));
    assert!(!there(&rig, contact));
    let writes: Vec<Method> = rig.world().writes().map(|entry| entry.method).collect();
    assert_eq!(writes.iter().filter(|method| **method == Method::Delete).count(), 1, "{writes:?}");
    let kept = rig.kept().await;
    assert!(kept.local.link_of(ledger).is_none() && kept.local.ignored.contains_key(&ledger));
    assert!(kept.local.intents.is_empty());
    assert!(is_undone(&rig, entry.id).await);
    let last = rig.journal().await.pop().unwrap();
    assert_eq!((last.action, last.run), (Action::Delete, None), "an undo is journaled itself");
    assert!(last.reason.contains(&entry.id.0.to_string()));
    quiet(&rig).await;
    let (undone, why) = rig.act(undo(&[entry.id])).await;
    assert_eq!((undone, why.as_deref()), (0, Some("undo_refused")), "once");
}

#[tokio::test(start_paused = true)]
async fn b18_a_contact_seen_too_long_ago_is_looked_at_again_before_an_undo_deletes_it() {
    let rig = Rig::synced().await;
    let (entry, _, contact) = created(&rig, "ALDE01").await;
    rig.world().faults.add(Fault {
        path: "/opportunities".into(),
        ..Fault::next(Effect::Delay(std::time::Duration::from_secs(20)))
    });
    rig.world().log.clear();
    assert_eq!(rig.act(undo(&[entry.id])).await, (1, None));
    assert!(!there(&rig, contact));
    let world = rig.world();
    let path = format!("/api/v2/parties/{contact}?");
    let looks = |entry: &&LoggedRequest| entry.method == Method::Get && entry.path.starts_with(&path);
    assert_eq!(world.log.iter().filter(looks).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn b36_a_create_that_somebody_touched_or_that_holds_something_stays() {
    let rig = Rig::synced().await;
    let (entry, ledger, contact) = created(&rig, "ALDE01").await;
    rig.pass(SignedDuration::from_mins(5));
    let now = rig.now();
    rig.world().capsule.edit(contact, &json!({"about": "call them"}), now).unwrap();
    // Also when a sync has seen the change since, and when our own summary was written after it.
    for round in 0..3 {
        if round == 2 {
            let due = rig.kept().await.snapshot.documents.values().find_map(|document| {
                (document.owner_code == "ALDE01" && document.due_amount > rust_decimal::Decimal::ONE)
                    .then_some(document.number)
            });
            rig.pass(SignedDuration::from_hours(2));
            let now = rig.now();
            if let Some(number) = due {
                rig.world().kashflow.pay(number, rust_decimal::Decimal::ONE, now).unwrap();
                assert_eq!(rig.sync().await.done.summaries_written, 1);
            }
        }
        rig.world().log.clear();
        let (undone, why) = rig.act(undo(&[entry.id])).await;
        assert_eq!((undone, why.as_deref()), (0, Some("undo_refused")));
        let deletes =
            rig.world().log.iter().filter(|entry| entry.path.contains("/parties/") && entry.write).count();
        assert_eq!(deletes, 0);
        rig.sync().await;
    }
    let kept = rig.kept().await;
    assert!(there(&rig, contact) && kept.local.link_of(ledger).is_some() && kept.local.intents.is_empty());
    assert!(!is_undone(&rig, entry.id).await);
}

#[tokio::test(start_paused = true)]
async fn b36_a_delete_in_doubt_is_finished_by_the_same_command() {
    let rig = Rig::synced().await;
    let (entry, ledger, contact) = created(&rig, "ALDE01").await;
    rig.world().faults.add(Fault {
        service: None,
        method: Some(Method::Delete),
        writes_only: true,
        path: "/parties/".into(),
        skip: 0,
        times: Some(1),
        effect: Effect::CutAfter,
    });
    let (undone, why) = rig.act(undo(&[entry.id])).await;
    assert_eq!((undone, why.as_deref()), (0, Some("undo_refused")));
    assert_eq!(rig.kept().await.local.intents.len(), 1);
    assert!(!there(&rig, contact), "it was carried out all the same");
    let (undone, _) = rig.act(undo(&[entry.id])).await;
    assert_eq!(undone, 1);
    let kept = rig.kept().await;
    assert!(kept.local.intents.is_empty() && kept.local.ignored.contains_key(&ledger));
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b36_a_killed_undo_is_finished_by_the_same_command() {
    let rig = Rig::synced().await;
    let (entry, ledger, contact) = created(&rig, "ALDE01").await;
    for carried_out in [false, true] {
        let copy = rig.copy();
        let crash = Crash { at_write: 0, carried_out };
        copy.process(vec![undo(&[entry.id])], false, Some(crash)).await;
        assert_eq!(there(&copy, contact), !carried_out);
        assert_eq!(copy.kept().await.local.intents.len(), 1);
        assert_eq!(copy.act(undo(&[entry.id])).await.0, 1);
        assert!(!there(&copy, contact) && copy.kept().await.local.ignored.contains_key(&ledger));
        quiet(&copy).await;
    }
}

#[tokio::test(start_paused = true)]
async fn b36_a_link_is_unlinked_for_good_without_the_network() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let ledger = ledger(&kept, Side::Customer, "ABBE01");
    let contact = kept.local.link_of(ledger).unwrap().contact;
    let journal = rig.journal().await;
    let entry = journal
        .iter()
        .find(|entry| entry.action == Action::Link && entry.record == Some(RecordRef::Ledger(ledger)));
    let (undone, _) = rig.act(undo(&[entry.unwrap().id])).await;
    assert_eq!((undone, rig.world().log.len()), (1, 0));
    let kept = rig.kept().await;
    assert!(kept.local.link_of(ledger).is_none() && kept.local.never.contains(&(ledger, contact)));
    rig.sync().await;
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b36_a_whole_run_is_undone_newest_first_as_far_as_it_can_be() {
    let rig = Rig::synced().await;
    let before: Vec<String> = Rig::of(&sample(date(2026, 11, 24), 1)).outcome();
    let journal = rig.journal().await;
    // A create that Capsule refused changed nothing.
    let done = |entry: &&JournalEntry| entry.action == Action::Create && entry.outcome == "done";
    let creates = journal.iter().filter(done).count();
    let (undone, why) = rig.act(Command::Undo(Undo::Run(RunId(1)))).await;
    assert_eq!(why, None);
    let links = journal.iter().filter(|entry| entry.action == Action::Link).count();
    assert_eq!(undone, creates + links);
    let kept = rig.kept().await;
    assert_eq!((kept.local.link_count(), kept.local.intents.len()), (0, 0));
    rig.sync().await;
    // The next run takes our fields off again: what is left is what was there.
    let left = rig.outcome();
    assert_eq!(left.len(), before.len());
    assert_eq!(left, before);
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b36_an_entry_that_there_is_not_is_not_found() {
    let rig = Rig::synced().await;
    assert_eq!(rig.act(undo(&[EntryId(999_999)])).await.1.as_deref(), Some("not_found"));
    assert_eq!(rig.act(Command::Undo(Undo::Run(RunId(99)))).await.1.as_deref(), Some("not_found"));
    let summary = rig.journal().await.into_iter().find(|entry| entry.action == Action::Summary).unwrap();
    assert_eq!(rig.act(undo(&[summary.id])).await.1.as_deref(), Some("undo_refused"));
    assert_eq!(rig.world().log.len(), 0);
}

/// Notes in the journal that kashsync once wrote these values.
async fn wrote(rig: &Rig, place: Place, record: RecordRef, before: &Details, after: &Details) -> EntryId {
    let mut progress = rig.kept().await.local.progress;
    let id = progress.next_entry();
    let fields = [Field::Phone];
    let entry = JournalEntry {
        id,
        run: Some(RunId(1)),
        at: rig.now(),
        place,
        record: Some(record),
        name: "Abbey Kitchens Ltd".into(),
        action: Action::Update,
        reason: "changed in Capsule".into(),
        before: journal_values(fields, before),
        after: journal_values(fields, after),
        outcome: "done".into(),
        undone: false,
    };
    rig.store.commit(vec![Change::Journal(entry), Change::PutProgress(progress)]).await.unwrap();
    id
}

fn phone(number: &str) -> Details {
    Details { phone: number.into(), ..Details::default() }
}

#[tokio::test(start_paused = true)]
async fn b36_an_update_is_undone_on_either_side_if_ours_still_stands() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let ledger = ledger(&kept, Side::Customer, "ABBE01");
    let contact = kept.local.link_of(ledger).unwrap().contact;
    let (in_capsule, in_kashflow) =
        (from_contact(&kept.snapshot.contacts[&contact]), from_ledger(&kept.snapshot.ledger[&ledger]));
    let (record, party) = (RecordRef::Ledger(ledger), RecordRef::Contact(contact));
    let (old, other) = (phone("0161 496 0777"), phone("0161 496 0888"));
    let stale = wrote(&rig, Place::KashFlow, record, &old, &other).await;
    assert_eq!(
        rig.act(undo(&[stale])).await.1.as_deref(),
        Some("undo_refused"),
        "something else stands there"
    );
    assert_eq!(rig.world().writes().count(), 0);
    let ours = wrote(&rig, Place::KashFlow, record, &old, &in_kashflow).await;
    let theirs = wrote(&rig, Place::Capsule, party, &other, &in_capsule).await;
    assert_eq!(rig.act(undo(&[ours, theirs])).await, (2, None));
    assert_eq!(rig.world().writes().count(), 2);
    let kept = rig.kept().await;
    let link = kept.local.link_of(ledger).unwrap();
    assert_eq!(from_ledger(&kept.snapshot.ledger[&ledger]).phone, old.phone);
    assert_eq!(from_contact(&kept.snapshot.contacts[&contact]).phone, other.phone);
    let base = (&link.base.kashflow.phone, &link.base.capsule.phone);
    assert_eq!(base, (&old.phone, &other.phone), "an accepted difference");
    assert!(kept.local.intents.is_empty() && is_undone(&rig, ours).await && is_undone(&rig, theirs).await);
    // What the sync reads is what was kept, and it changes nothing of it.
    quiet(&rig).await;
    let kept = rig.kept().await;
    assert_eq!(from_ledger(&kept.snapshot.ledger[&ledger]).phone, old.phone);
    assert_eq!(from_contact(&kept.snapshot.contacts[&contact]).phone, other.phone);
}

#[tokio::test(start_paused = true)]
async fn b36_an_archive_is_undone_and_that_as_well() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let ledger = ledger(&kept, Side::Customer, "ABBE01");
    let mut progress = kept.local.progress;
    let id = progress.next_entry();
    let entry = JournalEntry {
        id,
        run: None,
        at: rig.now(),
        place: Place::KashFlow,
        record: Some(RecordRef::Ledger(ledger)),
        name: "Abbey Kitchens Ltd".into(),
        action: Action::Unarchive,
        reason: String::new(),
        before: Vec::new(),
        after: Vec::new(),
        outcome: "done".into(),
        undone: false,
    };
    rig.store.commit(vec![Change::Journal(entry), Change::PutProgress(progress)]).await.unwrap();
    let archived = async |rig: &Rig| rig.kept().await.snapshot.ledger[&ledger].archived;
    assert_eq!(rig.act(undo(&[id])).await, (1, None));
    assert!(archived(&rig).await);
    let last = rig.journal().await.pop().unwrap();
    assert_eq!(last.action, Action::Archive);
    rig.sync().await;
    assert!(archived(&rig).await, "KashFlow says so too");
    assert_eq!(rig.act(undo(&[last.id])).await, (1, None));
    assert!(!archived(&rig).await);
    rig.sync().await;
    assert!(!archived(&rig).await);
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b36_an_export_is_archived_in_kashflow_and_ignored() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let free =
        |contact: &&std::sync::Arc<kashsync::domain::contact::Contact>| {
            contact.is_candidate()
                && matches!(contact.kind, kashsync::domain::contact::ContactKind::Organisation { .. })
                && kept.local.links_on(contact.id).next().is_none()
                && kept.local.questions.values().all(|asked| {
                    asked.asked.candidates.iter().all(|candidate| candidate.contact != contact.id)
                })
        };
    let contact = kept.snapshot.contacts.values().find(free).unwrap().id;
    rig.process(vec![Command::Export(vec![contact])], false, None).await.report();
    let kept = rig.kept().await;
    let ledger = kept.local.link_on(contact, Side::Customer).unwrap().ledger;
    let entry = rig.journal().await.into_iter().find(|entry| entry.action == Action::Export).unwrap();
    rig.sync().await;
    assert_eq!(rig.act(undo(&[entry.id])).await, (1, None));
    let kept = rig.kept().await;
    assert!(kept.snapshot.ledger[&ledger].archived && kept.local.ignored.contains_key(&ledger));
    assert!(kept.local.link_of(ledger).is_none());
    rig.sync().await;
    let kept = rig.kept().await;
    assert_eq!(kept.snapshot.contacts[&contact].summary, kashsync::domain::contact::Summary::default());
    quiet(&rig).await;
    assert!(rig.kept().await.snapshot.ledger[&ledger].archived);
}
