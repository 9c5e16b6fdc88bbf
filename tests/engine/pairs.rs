//! Links made and ended by hand, against both simulators: the run after a decision acts, the one after that writes nothing.

use jiff::SignedDuration;
use kashsync::domain::contact::Summary;
use kashsync::domain::ids::{ContactId, Side};
use kashsync::domain::journal::Action;
use kashsync::domain::link::LinkReason;
use kashsync::domain::local::RecordRef;
use kashsync::domain::operation::Counts;
use kashsync::engine::command::Command;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::http::Method;

use crate::rig::{Rig, ledger};

fn sync() -> Command {
    Command::Sync { full: false, contact: None }
}

/// What our tag and fields say of a contact in the simulated Capsule.
fn ours(rig: &Rig, contact: ContactId) -> (bool, usize) {
    let world = rig.world();
    let tag = world.capsule.tag_id("KashFlow").unwrap();
    let party = world.capsule.parties().find(|party| party.id == contact.0).unwrap();
    let tagged = party.tag_ids().any(|id| id == tag);
    let values = world.capsule.field_values(party);
    (tagged, values.keys().filter(|name| name.starts_with("KashFlow")).count())
}

/// Requests that change records, the one record that Capsule always refuses left out.
fn written(rig: &Rig) -> Vec<(Method, String)> {
    let world = rig.world();
    let writes = world.writes().filter(|entry| entry.status != Some(422));
    let path = |target: &str| target.split('?').next().unwrap_or_default().to_owned();
    writes.map(|entry| (entry.method, path(&entry.path))).collect()
}

async fn quiet(rig: &Rig) {
    rig.world().log.clear();
    let report = rig.sync().await;
    assert_eq!((written(rig), report.done, report.questions_new), (vec![], Counts::default(), 0));
}

#[tokio::test(start_paused = true)]
async fn i11_a_mask_is_no_proof_that_our_fields_were_emptied() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let contact = kept.local.link_of(ledger(&kept, Side::Customer, "ABBE01")).unwrap().contact;
    rig.world().faults.add(Fault {
        service: Some(Service::Capsule),
        method: Some(Method::Put),
        ..Fault::next(Effect::CutBefore)
    });
    let unlink = Command::Unlink { contact, side: None };
    rig.process(vec![unlink, sync()], true, None).await;
    assert!(!rig.kept().await.local.intents.is_empty(), "the outcome is unknown");
    let now = rig.now();
    rig.world().capsule.restrict(contact.0, true, now).unwrap();
    rig.sync().await;
    let kept = rig.kept().await;
    assert!(kept.local.intents.is_empty() && kept.local.hidden.contains(&contact));
    let entries = rig.journal().await;
    assert!(entries.iter().all(|entry| entry.outcome != "adopted"), "nothing of it was written");
    assert!(ours(&rig, contact).0, "and nothing was");
}

#[tokio::test(start_paused = true)]
async fn b23_a_contact_that_is_unlinked_loses_our_fields_and_tag_in_one_request() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let ledger = ledger(&kept, Side::Customer, "ABBE01");
    let contact = kept.local.link_of(ledger).unwrap().contact;
    assert!(ours(&rig, contact).0 && ours(&rig, contact).1 > 3);
    let unlink = Command::Unlink { contact, side: None };
    let report = rig.process(vec![unlink, sync()], true, None).await.report();
    assert_eq!(ours(&rig, contact), (false, 0));
    let path = format!("/api/v2/parties/{}", contact.0);
    assert_eq!(written(&rig), [(Method::Put, path)], "one request, and no second contact");
    assert_eq!((report.done.summaries_written, report.done.created_in_capsule), (1, 0));
    let kept = rig.kept().await;
    assert_eq!(kept.snapshot.contacts[&contact].summary, Summary::default());
    assert!(kept.local.link_of(ledger).is_none() && kept.local.never.contains(&(ledger, contact)));
    assert!(kept.local.question_about(ledger).is_some(), "what becomes of the customer is asked");
    let entries = rig.journal().await;
    let unlinked = entries.iter().find(|entry| entry.action == Action::Unlink).unwrap();
    assert_eq!((unlinked.record, unlinked.run), (Some(RecordRef::Ledger(ledger)), None));
    quiet(&rig).await;

    // Linked again by hand, its fields come back.
    let link = Command::Link { contact, ledger };
    let report = rig.process(vec![link, sync()], true, None).await.report();
    assert_eq!((report.done.linked, report.done.summaries_written), (0, 1));
    assert!(ours(&rig, contact).0);
    let kept = rig.kept().await;
    assert_eq!(kept.local.link_of(ledger).unwrap().reason, LinkReason::ByHand);
    assert!(kept.local.question_about(ledger).is_none());
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b13_linking_by_hand_writes_nothing_but_the_summary() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    // A suggestion that nobody has answered.
    let ledger = ledger(&kept, Side::Customer, "ASHD01");
    let asked = kept.local.question_about(ledger).unwrap();
    let contact = asked.asked.candidates[0].contact;
    let before = kept.snapshot.contacts[&contact].clone();
    rig.process(vec![Command::Link { contact, ledger }, sync()], true, None).await.report();
    let path = format!("/api/v2/parties/{}", contact.0);
    assert_eq!(written(&rig), [(Method::Put, path)]);
    let kept = rig.kept().await;
    let now = &kept.snapshot.contacts[&contact];
    assert_eq!((&now.kind, &now.emails, &now.phones), (&before.kind, &before.emails, &before.phones));
    assert!(kept.local.question_about(ledger).is_none());
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b11_never_takes_the_suggestion_away() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let ledger = ledger(&kept, Side::Customer, "ASHD01");
    let candidates = kept.local.question_about(ledger).unwrap().asked.candidates.clone();
    let commands = candidates.iter().map(|one| Command::Never { contact: one.contact, ledger });
    let report = rig.process(commands.chain([sync()]).collect(), true, None).await.report();
    assert_eq!(report.done.created_in_capsule, 1, "nobody is left who looks like it, so it is new");
    let kept = rig.kept().await;
    let link = kept.local.link_of(ledger).unwrap();
    assert!(candidates.iter().all(|one| one.contact != link.contact));
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b37_a_failing_record_rests_until_it_is_due_or_told_to_be_tried() {
    let rig = Rig::synced().await;
    let refused = |rig: &Rig| rig.world().writes().filter(|entry| entry.status == Some(422)).count();
    rig.pass(SignedDuration::from_mins(10));
    rig.sync().await;
    assert_eq!(refused(&rig), 0, "resting");
    rig.process(vec![Command::Retry(None), sync()], true, None).await.report();
    assert_eq!(refused(&rig), 1, "due at once");
    let kept = rig.kept().await;
    let failing = kept.local.failing.values().find(|failing| failing.attempts > 0).unwrap();
    assert_eq!(failing.attempts, 2);
    assert!(failing.next_try > rig.now());
}
