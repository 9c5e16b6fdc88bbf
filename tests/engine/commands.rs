//! Commands and the timer: what comes when, what is cancelled.

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::run::Trigger;
use kashsync::engine::command::Command;
use kashsync::engine::event::Event;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;

use crate::rig::Rig;

fn sync(full: bool) -> Command {
    Command::Sync { full, contact: None }
}

async fn synced() -> Rig {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(3));
    rig
}

/// The runs of the first half hour of a session that is given these commands.
async fn runs(rig: &Rig, commands: Vec<Command>, timer: bool) -> Vec<(Trigger, Option<String>)> {
    let mut ended = Vec::new();
    let mut act = |event: &Event| match event {
        Event::RunFinished(report) => {
            ended.push((report.trigger, report.error.as_ref().map(|error| error.code.clone())));
            vec![]
        }
        _ => vec![],
    };
    let session = rig.watch(commands, timer, &mut act);
    // Whatever was asked for has had its run by then, and the timer starts none yet.
    let _ = tokio::time::timeout(std::time::Duration::from_mins(30), session).await;
    ended
}

#[tokio::test(start_paused = true)]
async fn b33_what_a_person_asks_for_when_a_run_is_due_is_that_run() {
    let rig = synced().await;
    let before = rig.kept().await.local.progress.capsule_whole;
    assert_eq!(runs(&rig, vec![sync(true)], true).await, [(Trigger::Person, None)]);
    assert_ne!(rig.kept().await.local.progress.capsule_whole, before, "everything was read");
}

#[tokio::test(start_paused = true)]
async fn cancel_takes_back_the_run_that_was_asked_for_as_well() {
    let rig = synced().await;
    let ended = runs(&rig, vec![sync(false), sync(true), Command::Cancel], false).await;
    assert_eq!(ended, [(Trigger::Person, Some("cancelled".to_owned()))]);
    let ended = runs(&rig, vec![sync(false), Command::Cancel, sync(false)], false).await;
    assert_eq!(ended.len(), 2, "what is asked for afterwards is done: {ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_is_given_up_at_once_and_nothing_is_in_doubt() {
    let straight = Rig::of(&sample(date(2026, 11, 24), 1));
    straight.sync().await;
    for last in [Command::Cancel, Command::Shutdown] {
        let rig = Rig::of(&sample(date(2026, 11, 24), 1));
        let pause = Effect::Answer {
            status: 429,
            headers: vec![("Retry-After".into(), "600".into())],
            body: String::new(),
        };
        rig.world().faults.add(Fault {
            service: Some(Service::Capsule),
            method: Some(Method::Post),
            path: "/parties".into(),
            skip: 12,
            times: Some(1),
            ..Fault::next(pause)
        });
        let (mut asked, mut ended) = (None, None);
        rig.watch(vec![sync(false)], false, &mut |event| match event {
            Event::Planned { waits: true, .. } => vec![Command::Approve { unticked: [].into() }],
            Event::Waiting { .. } if asked.is_none() => {
                asked = Some(rig.now());
                vec![last.clone()]
            }
            Event::RunFinished(report) => {
                ended = Some((rig.now(), report.error.as_ref().unwrap().code.clone()));
                vec![Command::Shutdown]
            }
            _ => vec![],
        })
        .await;
        let (at, code) = ended.unwrap();
        assert_eq!(code, "cancelled", "{last:?}");
        assert!(at.duration_since(asked.unwrap()) < SignedDuration::from_secs(2), "{last:?}");
        assert!(rig.kept().await.local.intents.is_empty(), "{last:?}");
        rig.pass(SignedDuration::from_hours(1));
        assert_eq!(rig.sync().await.error, None);
        assert_eq!(rig.outcome(), straight.outcome(), "{last:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_settle_time_of_our_fields_is_given_up_as_well() {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.world().faults.add(Fault {
        service: Some(Service::Capsule),
        method: Some(Method::Post),
        path: "/parties/fields/definitions".into(),
        ..Fault::next(Effect::CutAfter)
    });
    assert_eq!(rig.sync().await.error.as_ref().unwrap().code, "unreachable");
    let (mut asked, mut ended) = (None, None);
    rig.watch(vec![sync(false)], false, &mut |event| match event {
        Event::Waiting { .. } if asked.is_none() => {
            asked = Some(rig.now());
            vec![Command::Shutdown]
        }
        Event::RunFinished(report) => {
            ended = Some((rig.now(), report.error.as_ref().unwrap().code.clone()));
            vec![]
        }
        _ => vec![],
    })
    .await;
    let (at, code) = ended.unwrap();
    assert_eq!(code, "cancelled");
    assert!(at.duration_since(asked.unwrap()) < SignedDuration::from_secs(2));
    assert_eq!(rig.sync().await.error, None);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_again_is_backed_up_after_each_run_and_at_the_end() {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    let mut backups = Vec::new();
    rig.watch(vec![sync(false)], false, &mut |event| match event {
        Event::Planned { waits: true, .. } => vec![Command::Approve { unticked: [].into() }],
        Event::RunFinished(_) => {
            backups.push(rig.store.backups());
            vec![Command::Shutdown]
        }
        _ => vec![],
    })
    .await;
    assert_eq!(backups, [1], "before the run is told to have ended");
    assert_eq!(rig.store.backups(), 2, "what was decided after it");
}
