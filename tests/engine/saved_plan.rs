//! Saved plans against both simulators: carried out exactly, or refused when something has moved.

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::basis::Basis;
use kashsync::domain::ids::{ContactId, LedgerRef};
use kashsync::domain::local::Initial;
use kashsync::domain::operation::{Counts, Plan};
use kashsync::domain::plan::plan;
use kashsync::domain::run::{Outcome, RunReport};
use kashsync::engine::command::Command;
use kashsync::sim::fault::{Effect, Fault};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use serde_json::json;

use crate::rig::Rig;

/// Reads and plans without writing; the plan and what it was made from.
async fn planned(rig: &Rig) -> (Plan, Basis) {
    rig.process(vec![Command::Plan { full: false }], false, None).await.report();
    let kept = rig.kept().await;
    let plan = plan(&kept.snapshot, &kept.local, &rig.policy, rig.now());
    let basis = Basis::of(&kept.snapshot, &kept.local, &rig.policy, &plan);
    rig.world().log.clear();
    (plan, basis)
}

async fn apply(rig: &Rig, basis: Basis) -> std::sync::Arc<RunReport> {
    rig.process(vec![Command::Apply(basis)], false, None).await.report()
}

async fn refused(rig: &Rig, basis: Basis, code: &str) {
    rig.world().log.clear();
    let report = apply(rig, basis).await;
    assert_eq!(report.outcome, Outcome::Stopped);
    assert_eq!(report.error.as_ref().unwrap().code, code, "{:?}", report.error);
    assert_eq!((rig.world().writes().count(), report.done), (0, Counts::default()));
}

fn rig() -> Rig {
    Rig::of(&sample(date(2026, 11, 24), 1))
}

#[tokio::test(start_paused = true)]
async fn a_saved_first_plan_is_carried_out_as_it_was_shown() {
    let rig = rig();
    let (plan, basis) = planned(&rig).await;
    assert_eq!(rig.world().writes().count(), 0);
    let report = apply(&rig, basis).await;
    let (shown, failed) = (plan.counts(), report.failing.iter().filter(|one| one.attempts > 0).count());
    assert_eq!(report.done.created_in_capsule + failed, shown.created_in_capsule);
    assert_eq!(report.done.summaries_written, shown.summaries_written);
    let kept = rig.kept().await;
    assert_eq!(kept.local.progress.initial, Initial::Done, "it was seen, so it is approved");
    // The same as a sync with the same approval.
    let other = self::rig();
    other.sync().await;
    assert_eq!(rig.outcome(), other.outcome());
    refused(&rig, basis, "stale_plan").await;
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_stale_when_either_side_has_moved() {
    let rig = rig();
    let (_, basis) = planned(&rig).await;
    rig.pass(SignedDuration::from_mins(30));
    let now = rig.now();
    let sides: [&dyn Fn(&Rig); 3] = [
        &|rig| {
            rig.world()
                .capsule
                .edit(20001, &json!({"about": "new", "name": "Abbey Kitchens 2"}), now)
                .unwrap();
        },
        &|rig| {
            rig.world().kashflow.edit("customer", "ABBE01", &json!({"Name": "Abbey Two"}), now).unwrap();
        },
        &|rig| rig.world().capsule.delete(20001, now).unwrap(),
    ];
    for move_something in sides {
        let copy = rig.copy();
        move_something(&copy);
        refused(&copy, basis, "stale_plan").await;
        assert_eq!(copy.kept().await.local.progress.initial, Initial::Waiting);
    }
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_stale_when_something_was_decided_and_belongs_to_its_account() {
    let rig = rig();
    let (_, basis) = planned(&rig).await;
    let ledger = LedgerRef::customer(50_120_001);
    let decided = rig.copy();
    let link = Command::Never { contact: ContactId(20001), ledger };
    decided.process(vec![link, Command::Plan { full: false }], false, None).await.report();
    refused(&decided, basis, "stale_plan").await;
    let mut settings = rig.copy();
    settings.policy.write_summary = false;
    refused(&settings, basis, "stale_plan").await;
    refused(&rig, Basis { accounts: basis.accounts ^ 1, ..basis }, "other_account").await;
    assert_eq!(apply(&rig, basis).await.error, None, "nothing has moved");
}

#[tokio::test(start_paused = true)]
async fn a_create_in_doubt_is_finished_and_nothing_else_is_added() {
    let rig = rig();
    let (plan, basis) = planned(&rig).await;
    rig.world().faults.add(Fault {
        service: None,
        method: Some(Method::Post),
        writes_only: true,
        path: "/parties".into(),
        skip: 12,
        times: Some(1),
        effect: Effect::CutAfter,
    });
    let report = apply(&rig, basis).await;
    assert_eq!(report.error, None);
    let failed = report.failing.iter().filter(|one| one.attempts > 0).count();
    let expected = plan.counts().created_in_capsule - failed;
    assert_eq!(report.done.linked, plan.counts().linked - failed);
    let made = |entry: &&kashsync::sim::world::LoggedRequest| entry.status == Some(201);
    let creates =
        rig.world().log.iter().filter(made).filter(|entry| entry.path.contains("/parties?")).count();
    assert_eq!(creates, expected - 1, "the one that was cut off answered nothing, and none is made twice");
    rig.world().log.clear();
    rig.sync().await;
    let again = rig.world().writes().filter(|entry| entry.status != Some(422)).count();
    assert_eq!(again, 0, "a further run writes nothing");
}
