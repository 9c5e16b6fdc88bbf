//! Disabling and enabling: nothing runs, nothing of KashFlow is shown, and everything is there again afterwards.

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::contact::SummaryField;
use kashsync::domain::listing::Health;
use kashsync::domain::operation::Counts;
use kashsync::engine::command::Command;
use kashsync::engine::event::Event;
use kashsync::engine::view;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use serde_json::json;

use crate::rig::{Came, Crash, Rig};

fn sync() -> Command {
    Command::Sync { full: false, contact: None }
}

async fn told(rig: &Rig, commands: Vec<Command>, ends: fn(&Event) -> bool) -> Vec<Event> {
    rig.events(commands, true, None, ends).await.unwrap()
}

fn is_refusal(event: &Event) -> bool {
    matches!(event, Event::Refused { .. })
}

fn is_cleared(event: &Event) -> bool {
    matches!(event, Event::Cleared { .. })
}

fn last_cleared(events: &[Event]) -> (usize, usize, Option<String>) {
    let cleared = events.iter().find_map(|event| match event {
        Event::Cleared { done, left, error } => {
            Some((*done, *left, error.as_ref().map(|error| error.code.clone())))
        }
        _ => None,
    });
    cleared.unwrap()
}

/// Contacts in Capsule that say something in our fields besides the KashFlow ID.
fn talking(rig: &Rig) -> usize {
    let world = rig.world();
    let says = |party| {
        let values = world.capsule.field_values(party);
        values.iter().any(|(name, _)| name.starts_with("KashFlow") && name != SummaryField::Id.name())
    };
    world.capsule.parties().filter(|party| says(party)).count()
}

fn carrying_the_id(rig: &Rig) -> usize {
    let world = rig.world();
    let has = |party| {
        let values = world.capsule.field_values(party);
        values.iter().any(|(name, _)| name == SummaryField::Id.name())
    };
    world.capsule.parties().filter(|party| has(party)).count()
}

#[tokio::test(start_paused = true)]
async fn b34_disabled_nothing_runs_and_only_contacts_are_shown() {
    let rig = Rig::synced().await;
    let before = rig.kept().await;
    for command in [sync(), Command::Plan { full: true }] {
        let events = told(&rig, vec![Command::Disable { clear_summary: false }, command], is_refusal).await;
        assert!(events.iter().any(|event| matches!(event, Event::Refused { code: "disabled", .. })));
        let last = events.iter().rev().find_map(|event| match event {
            Event::Changed(view) => Some(view.clone()),
            _ => None,
        });
        let view = last.unwrap();
        assert!(!view.is_enabled() && view.next_run.is_none());
        assert!(view.contacts.len() > 50);
        for line in &view.contacts {
            assert!(line.links.is_empty() && line.invoices.count == 0 && line.differences == 0, "{line:?}");
            assert!(matches!(line.health, Health::NotLinked | Health::Excluded), "{line:?}");
        }
        assert!(view.snapshot.documents.is_empty() && view.snapshot.ledger.is_empty());
        assert_eq!((view.local.link_count(), view.open_questions(), view.failing()), (0, 0, 0));
    }
    assert_eq!(rig.world().log.len(), 0, "not one request");
    let kept = rig.kept().await;
    assert_eq!(
        kept.local.links().collect::<Vec<_>>(),
        before.local.links().collect::<Vec<_>>(),
        "links are kept"
    );
    assert_eq!(kept.snapshot, before.snapshot);
    let entries = rig.journal().await;
    let switched = entries.iter().filter(|entry| entry.name == "enabled");
    assert_eq!(switched.count(), 1, "disabling twice changes nothing the second time");
}

#[tokio::test(start_paused = true)]
async fn b34_enabling_links_again_without_a_duplicate_and_without_approval() {
    let rig = Rig::synced().await;
    told(&rig, vec![Command::Disable { clear_summary: false }, sync()], is_refusal).await;
    rig.pass(SignedDuration::from_hours(24 * 10));
    let now = rig.now();
    rig.world().kashflow.add("customer", &json!({"Name": "Zebedee Shelving Ltd"}), now).unwrap();
    let links = rig.kept().await.local.link_count();
    let parties = rig.world().capsule.parties().count();
    let Came::Ended(report) = rig.process(vec![Command::Enable, sync()], false, None).await else { panic!() };
    assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 1));
    let kept = rig.kept().await;
    assert_eq!((kept.local.link_count(), kept.local.progress.disabled), (links + 1, None));
    assert_eq!(rig.world().capsule.parties().count(), parties + 1);
    let shown = view::build(&kept, &rig.policy, rig.now(), None);
    assert!(shown.contacts.iter().any(|line| !line.links.is_empty() && line.invoices.count > 0));
    assert_eq!(rig.sync().await.done, Counts::default());
}

#[tokio::test(start_paused = true)]
async fn b34_a_profile_that_was_never_approved_still_needs_approval_after_enabling() {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    told(&rig, vec![Command::Disable { clear_summary: true }], is_cleared).await;
    let Came::Ended(report) = rig.process(vec![Command::Enable, sync()], false, None).await else { panic!() };
    assert_eq!(report.error.as_ref().unwrap().code, "first_run_needs_yes");
}

#[tokio::test(start_paused = true)]
async fn b34_emptying_our_fields_takes_one_request_a_contact_and_leaves_the_id() {
    let rig = Rig::synced().await;
    let (talking_before, carrying) = (talking(&rig), carrying_the_id(&rig));
    assert!(talking_before > 20);
    let events = told(&rig, vec![Command::Disable { clear_summary: true }], is_cleared).await;
    assert_eq!(last_cleared(&events), (talking_before, 0, None));
    assert_eq!((talking(&rig), carrying_the_id(&rig)), (0, carrying));
    let world_requests = {
        let world = rig.world();
        let count = |method| world.count(Service::Capsule, method);
        let kashflow = world.log.iter().filter(|entry| entry.service == Service::KashFlow).count();
        (count(Method::Get), count(Method::Put), count(Method::Post), kashflow)
    };
    assert_eq!(
        world_requests,
        (1, talking_before, 0, 0),
        "the account, then one write a contact; KashFlow is left alone"
    );
    let entries = rig.journal().await;
    let summaries: Vec<_> = entries.iter().filter(|entry| entry.reason == "syncing was disabled").collect();
    assert_eq!(summaries.len(), talking_before);
    assert!(summaries.iter().all(|entry| entry.action.word() == "summary" && entry.run.is_none()));
    rig.world().log.clear();
    let events = told(&rig, vec![Command::Disable { clear_summary: true }], is_cleared).await;
    assert_eq!(last_cleared(&events), (0, 0, None));
    assert_eq!(rig.world().log.len(), 0, "again: nothing to do, nothing sent");
    let report = rig.process(vec![Command::Enable, sync()], false, None).await.report();
    assert_eq!((report.done.created_in_capsule, report.done.linked), (0, 0));
    assert_eq!(talking(&rig), talking_before, "the first sync writes them again");
    assert_eq!(rig.sync().await.done, Counts::default());
}

#[tokio::test(start_paused = true)]
async fn b34_a_killed_emptying_is_finished_by_the_same_command() {
    let start = Rig::synced().await;
    let writes = talking(&start);
    for at_write in [0, 3, writes - 1] {
        for carried_out in [false, true] {
            let rig = start.copy();
            let crash = Some(Crash { at_write, carried_out });
            let died =
                rig.events(vec![Command::Disable { clear_summary: true }], true, crash, is_cleared).await;
            assert!(died.is_none());
            assert!(rig.kept().await.local.progress.disabled.is_some(), "syncing is disabled first");
            let events = told(&rig, vec![Command::Disable { clear_summary: true }], is_cleared).await;
            let (_, left, error) = last_cleared(&events);
            assert_eq!((left, error), (0, None));
            assert_eq!(talking(&rig), 0);
            assert!(rig.kept().await.local.intents.is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn b34_emptying_stops_at_another_account_and_at_a_refused_token() {
    let rig = Rig::synced().await;
    rig.world().capsule.options.subdomain = "somebody-else".into();
    let events = told(&rig, vec![Command::Disable { clear_summary: true }], is_cleared).await;
    let (done, left, error) = last_cleared(&events);
    assert_eq!((done, error.as_deref()), (0, Some("other_account")));
    assert_eq!(left, talking(&rig));
    assert_eq!(rig.world().writes().count(), 0);
    rig.world().capsule.options.subdomain = "brookside".into();
    let refused = Effect::Answer { status: 401, headers: vec![], body: "{}".into() };
    let fault = Fault {
        service: Some(Service::Capsule),
        method: Some(Method::Put),
        skip: 2,
        times: None,
        ..Fault::next(refused)
    };
    rig.world().faults.add(fault);
    let events = told(&rig, vec![Command::Disable { clear_summary: true }], is_cleared).await;
    let (done, left, error) = last_cleared(&events);
    assert_eq!((done, error.as_deref()), (2, Some("token_invalid")));
    assert!(left > 10);
}

#[tokio::test(start_paused = true)]
async fn b34_disabling_during_a_run_stops_it_first() {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.process(vec![sync()], false, None).await;
    let commands =
        vec![Command::Sync { full: true, contact: None }, Command::Disable { clear_summary: false }, sync()];
    let events = told(&rig, commands, is_refusal).await;
    assert!(events.iter().any(|event| matches!(event, Event::Refused { code: "disabled", .. })));
    assert!(rig.kept().await.local.progress.disabled.is_some());
    assert_eq!(rig.world().writes().count(), 0);
}
