//! Faults on the way: unknown outcomes, refusals, sign-in, other accounts, the store.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::ids::{LedgerRef, Side};
use kashsync::domain::journal::Action;
use kashsync::domain::local::RecordRef;
use kashsync::domain::operation::Operation;
use kashsync::domain::run::Outcome;
use kashsync::engine::command::Command;
use kashsync::engine::event::{Event, Level};
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use rust_decimal::Decimal;

use crate::rig::{Came, Rig};

fn rig() -> Rig {
    Rig::of(&sample(date(2026, 11, 24), 1))
}

fn sync() -> Vec<Command> {
    vec![Command::Sync { full: false, contact: None }]
}

fn on_creates(effect: Effect, skip: u32, times: u32) -> Fault {
    Fault {
        service: Some(Service::Capsule),
        method: Some(Method::Post),
        path: "/parties".into(),
        // The tag and the seven definitions come first.
        skip: 8 + skip,
        times: Some(times),
        ..Fault::next(effect)
    }
}

#[tokio::test(start_paused = true)]
async fn i01_an_unknown_outcome_never_makes_a_second_contact() {
    let straight = rig();
    straight.sync().await;
    let late = Duration::from_secs(70);
    for effect in [
        Effect::CutAfter,
        Effect::CutBefore,
        Effect::HangAfter,
        Effect::Truncate(20),
        Effect::CommitLate(late),
    ] {
        let rig = rig();
        rig.world().faults.add(on_creates(effect.clone(), 3, 4));
        let report = rig.sync().await;
        assert_eq!(report.error, None, "{effect:?}");
        assert_eq!(rig.outcome(), straight.outcome(), "{effect:?}");
        assert!(rig.kept().await.local.intents.is_empty(), "{effect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn b30_what_is_being_created_cannot_be_ignored_before_its_outcome_is_known() {
    let rig = rig();
    rig.world().faults.add(on_creates(Effect::CutAfter, 3, 1));
    let (mut creates, mut refused) = (Vec::new(), Vec::new());
    let lived = rig.live(sync(), false, None, |event| match event {
        Event::Planned { waits: true, plan, .. } => {
            creates = plan.operations.iter().flat_map(created).collect();
            vec![Command::Approve { unticked: [].into() }]
        }
        Event::Waiting { .. } => creates.iter().map(|ledger| Command::Ignore(*ledger)).collect(),
        Event::Refused { message, .. } => {
            refused.extend(message.ends_with("is being created").then(|| message.clone()));
            Vec::new()
        }
        Event::RunFinished(_) => vec![Command::Shutdown],
        _ => Vec::new(),
    });
    assert!(lived.await);
    assert_eq!(refused.len(), 1, "{refused:?}");
}

/// The ledger contacts that an operation creates a contact for.
fn created(operation: &Operation) -> Vec<LedgerRef> {
    match operation {
        Operation::CreateContact { ledgers, .. } => ledgers.clone(),
        _ => Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_summary_in_doubt_is_read_again_and_written_if_need_be() {
    let straight = rig();
    straight.sync().await;
    for effect in [Effect::CutAfter, Effect::CutBefore] {
        let rig = rig();
        let fault = Fault {
            service: Some(Service::Capsule),
            method: Some(Method::Put),
            ..Fault::next(effect.clone())
        };
        rig.world().faults.add(fault);
        rig.sync().await;
        rig.sync().await;
        assert_eq!(rig.outcome(), straight.outcome(), "{effect:?}");
        assert!(rig.kept().await.local.intents.is_empty(), "{effect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn b37_one_refused_record_does_not_stop_the_others() {
    let rig = rig();
    let body = r#"{"message":"Validation Failed","errors":[{"message":"not this one","resource":"party"}]}"#;
    let refusal = Effect::Answer { status: 422, headers: vec![], body: body.into() };
    rig.world().faults.add(on_creates(refusal, 2, 1));
    let report = rig.sync().await;
    assert_eq!(report.outcome, Outcome::Attention);
    let refused = report.failing.iter().find(|failing| failing.reason.contains("not this one")).unwrap();
    assert!(matches!(refused.record, RecordRef::Ledger(_)) && !refused.remedy.is_empty());
    assert!(report.done.created_in_capsule > 10);
    let journal = rig.journal().await;
    let tried = journal.iter().find(|entry| entry.outcome.contains("not this one")).unwrap();
    assert_eq!((tried.action, tried.record), (Action::Create, Some(refused.record)), "B36: with its outcome");
}

#[tokio::test(start_paused = true)]
async fn b37_a_record_that_begins_to_fail_is_told_once_with_what_mends_it() {
    let rig = rig();
    for (run, told) in [(1, 1), (2, 0)] {
        let mut lines = Vec::new();
        let mut ended = None;
        rig.live(sync(), false, None, |event| match event {
            Event::Log(line) => {
                lines.extend((line.level == Level::Error).then(|| line.text.clone()));
                Vec::new()
            }
            Event::Planned { waits: true, .. } => vec![Command::Approve { unticked: [].into() }],
            Event::RunFinished(report) => {
                ended = Some(std::sync::Arc::clone(report));
                vec![Command::Shutdown]
            }
            _ => Vec::new(),
        })
        .await;
        let nameless = "customer BLAN01: it has no name in KashFlow. Give customer BLAN01 a name in KashFlow";
        let found = lines.iter().filter(|line| line.starts_with(nameless)).count();
        assert_eq!(found, told, "run {run}: {lines:?}");
        let report = ended.unwrap();
        assert!(report.failing.iter().all(|failing| failing.next_try > report.finished), "run {run}");
        rig.pass(jiff::SignedDuration::from_hours(3));
    }
}

#[tokio::test(start_paused = true)]
async fn b17_a_country_that_capsule_refuses_is_left_out_not_the_record() {
    let rig = rig();
    let body = r#"{"message":"Validation Failed","errors":[{"message":"unknown country","resource":"address","field":"country"}]}"#;
    rig.world().faults.add(on_creates(
        Effect::Answer { status: 422, headers: vec![], body: body.into() },
        0,
        1,
    ));
    let report = rig.sync().await;
    assert!(!report.failing.iter().any(|failing| failing.reason.contains("country")), "{:?}", report.failing);
}

#[tokio::test(start_paused = true)]
async fn b39_sign_in_trouble_stops_the_run_with_its_own_code() {
    let rig = rig();
    rig.world().kashflow.options.access = kashsync::sim::kashflow::Access::ApiOff;
    let Came::Ended(report) = rig.process(sync(), true, None).await else { panic!("it ended") };
    assert_eq!((report.outcome, report.error.as_ref().unwrap().code.as_str()), (Outcome::Failed, "api_off"));
    assert_eq!(rig.world().writes().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn b39_the_timer_never_sends_refused_credentials_again() {
    let mut rig = rig();
    rig.use_password("wrong");
    let mut codes = Vec::new();
    rig.watch(vec![], true, &mut |event| match event {
        Event::RunFinished(report) => {
            codes.push(report.error.as_ref().unwrap().code.clone());
            if codes.len() == 6 { vec![Command::Shutdown] } else { vec![] }
        }
        _ => vec![],
    })
    .await;
    assert_eq!(codes, ["wrong_credentials"; 6]);
    let sent = rig.world().log.iter().filter(|entry| entry.path.ends_with("/sessiontoken")).count();
    assert_eq!(sent, 1);
}

#[tokio::test(start_paused = true)]
async fn b03_another_account_stops_before_any_write() {
    let rig = rig();
    rig.sync().await;
    rig.world().capsule.options.subdomain = "somebody-else".into();
    rig.world().log.clear();
    let Came::Ended(report) = rig.process(sync(), true, None).await else { panic!("it ended") };
    assert_eq!(
        (report.outcome, report.error.as_ref().unwrap().code.as_str()),
        (Outcome::Stopped, "other_account")
    );
    assert_eq!(rig.world().writes().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_stops_all_writing() {
    let rig = rig();
    rig.process(sync(), false, None).await;
    let commits = rig.store.commits();
    rig.store.fail_commit(commits + 20);
    let Came::Ended(report) = rig.process(sync(), true, None).await else { panic!("it ended") };
    assert_eq!(report.outcome, Outcome::Failed);
    let posts = rig.world().count(Service::Capsule, Method::Post);
    assert!(posts < 30, "{posts} requests after the store had failed");
}

#[tokio::test(start_paused = true)]
async fn b33_a_run_that_cannot_begin_is_tried_again_an_interval_later() {
    let rig = rig();
    rig.store.fail_commit(1);
    let mut refused = Vec::new();
    rig.watch(vec![], true, &mut |event| match event {
        Event::Refused { .. } => {
            refused.push(rig.now());
            if refused.len() == 3 { vec![Command::Shutdown] } else { vec![] }
        }
        _ => vec![],
    })
    .await;
    let apart = |pair: &[jiff::Timestamp]| pair[1].duration_since(pair[0]);
    assert!(refused.windows(2).all(|pair| apart(pair) >= SignedDuration::from_hours(2)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_used_up_hour_parks_the_run_and_a_later_one_goes_on() {
    let rig = rig();
    rig.process(sync(), false, None).await;
    let now = rig.now();
    rig.world().capsule.leave_requests(230, now);
    let Came::Ended(report) = rig.process(sync(), true, None).await else { panic!("it ended") };
    assert_eq!(report.error.as_ref().map(|error| error.code.as_str()), Some("rate_limited"));
    rig.pass(SignedDuration::from_hours(1));
    let Came::Ended(report) = rig.process(sync(), false, None).await else { panic!("it ended") };
    assert_eq!(report.error, None);
    let straight = self::rig();
    straight.sync().await;
    assert_eq!(rig.outcome(), straight.outcome());
}

#[tokio::test(start_paused = true)]
async fn commands_during_a_run_on_a_slow_disk_block_neither_it_nor_themselves() {
    let rig = rig();
    rig.store.take_time(Duration::from_millis(40));
    rig.process(sync(), false, None).await;
    let kept = rig.kept().await;
    let ledger = kept.snapshot.ledger.values().find(|ledger| ledger.code == "SALT01").unwrap().id;
    let commands = vec![
        Command::Sync { full: true, contact: None },
        Command::Ignore(ledger),
        Command::Unignore(ledger),
        Command::Ignore(ledger),
    ];
    let ended = tokio::time::timeout(Duration::from_hours(1), rig.process(commands, true, None)).await;
    let Ok(Came::Ended(report)) = ended else { panic!("it hangs") };
    assert_eq!(report.error, None);
    let kept = rig.kept().await;
    assert!(kept.local.ignored.contains_key(&ledger) && kept.local.link_of(ledger).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_does_not_keep_a_create_in_doubt_for_ever() {
    let straight = rig();
    straight.sync().await;
    let rig = rig();
    rig.world().faults.add(on_creates(Effect::CutBefore, 4, 1));
    let (mut set_back, mut ended) = (false, None);
    rig.watch(sync(), false, &mut |event| match event {
        Event::Planned { waits: true, .. } => vec![Command::Approve { unticked: [].into() }],
        Event::Waiting { .. } if !set_back => {
            set_back = true;
            rig.pass(SignedDuration::from_hours(-24));
            vec![]
        }
        Event::RunFinished(report) => {
            ended = Some((rig.now(), report.error.clone()));
            vec![Command::Shutdown]
        }
        _ => vec![],
    })
    .await;
    let (at, error) = ended.unwrap();
    assert_eq!((set_back, error), (true, None));
    assert!(at < "2026-11-23T10:00:00Z".parse().unwrap(), "{at}");
    // The day is another, so the amounts overdue are; who is there is not.
    assert_eq!(rig.world().capsule.parties().count(), straight.world().capsule.parties().count());
}

#[tokio::test(start_paused = true)]
async fn b37_a_refused_summary_with_nothing_left_to_write_fails_no_more() {
    let rig = rig();
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(3));
    let kept = rig.kept().await;
    let unpaid = kept.snapshot.documents.values().find(|document| {
        document.id.side == Side::Customer
            && document.owner_code == "ABBE01"
            && document.due_amount > Decimal::ONE
    });
    let (number, now) = (unpaid.unwrap().number, rig.now());
    rig.world().kashflow.pay(number, Decimal::ONE, now).unwrap();
    let refusal = Effect::Answer { status: 422, headers: vec![], body: r#"{"message":"no"}"#.into() };
    rig.world().faults.add(Fault {
        service: Some(Service::Capsule),
        method: Some(Method::Put),
        ..Fault::next(refusal)
    });
    rig.sync().await;
    let contacts = |kept: &kashsync::ports::Kept| {
        kept.local.failing.keys().filter(|record| matches!(record, RecordRef::Contact(_))).count()
    };
    assert_eq!(contacts(&rig.kept().await), 1);
    rig.pass(SignedDuration::from_mins(10));
    rig.sync().await;
    assert_eq!(contacts(&rig.kept().await), 1, "it rests, with something to write");
    // The payment was a mistake: what stands in Capsule is right again.
    let now = rig.now();
    rig.world().kashflow.pay(number, -Decimal::ONE, now).unwrap();
    rig.pass(SignedDuration::from_mins(10));
    rig.sync().await;
    assert_eq!(contacts(&rig.kept().await), 0);
}
