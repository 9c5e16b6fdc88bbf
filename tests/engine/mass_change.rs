//! Unusually many changes: a later run asks first, and only the answer to its question lets them through (design B35).

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::operation::Counts;
use kashsync::domain::question::{Choice, Question, QuestionKind};
use kashsync::domain::run::Outcome;
use kashsync::engine::command::Command;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use serde_json::json;

use crate::rig::{Came, Crash, Rig};

async fn synced() -> Rig {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(2));
    rig.sync().await;
    rig.world().log.clear();
    rig
}

fn sync() -> Command {
    Command::Sync { full: false, contact: None }
}

fn add_customers(rig: &Rig, count: usize, series: &str) {
    let now = rig.now();
    let mut world = rig.world();
    for number in 0..count {
        // Names that look like nobody's and like none of each other.
        let name = format!("{series}{:x} Qx{:x}", number * 7919 + 104_729, number * 6_007 + 15_485_863);
        world.kashflow.add("customer", &json!({ "Name": name }), now).unwrap();
    }
}

async fn question(rig: &Rig) -> Option<Question> {
    let kept = rig.kept().await;
    let mut asked =
        kept.local.questions.into_values().filter(|one| one.asked.key.kind == QuestionKind::MassChange);
    let first = asked.next();
    assert!(asked.next().is_none(), "it is asked once at a time");
    first
}

async fn answer(rig: &Rig, choice: Choice) -> Command {
    Command::Answer { question: question(rig).await.unwrap().id, choice, value: None }
}

async fn stopped(rig: &Rig, commands: Vec<Command>) {
    let before = rig.outcome();
    // Whatever waits is approved, and that never confirms a mass change.
    let report = rig.process(commands, true, None).await.report();
    let code = report.error.as_ref().map(|error| error.code.as_str());
    assert_eq!((report.outcome, code), (Outcome::Stopped, Some("mass_change")), "{:?}", report.error);
    assert_eq!((report.done, rig.outcome()), (Counts::default(), before));
    assert_eq!(rig.world().writes().count(), 0, "nothing is written");
    assert!(question(rig).await.unwrap().is_open());
}

#[tokio::test(start_paused = true)]
async fn b35_fifty_creates_go_and_one_more_is_asked_about() {
    let rig = synced().await;
    add_customers(&rig, 50, "Vo");
    assert_eq!(rig.sync().await.done.created_in_capsule, 50);
    rig.world().log.clear();
    add_customers(&rig, 51, "Wu");
    stopped(&rig, vec![sync()]).await;
    let asked = question(&rig).await.unwrap();
    assert!(asked.asked.because.starts_with("51 records would be created"), "{}", asked.asked.because);
    stopped(&rig, vec![sync()]).await;
    assert_eq!(question(&rig).await.unwrap().id, asked.id, "the same question, asked again");
    let stop = answer(&rig, Choice::Stop).await;
    stopped(&rig, vec![stop, sync()]).await;
    let proceed = answer(&rig, Choice::Proceed).await;
    let report = rig.process(vec![proceed, sync()], false, None).await.report();
    assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 51));
    assert!(question(&rig).await.is_none());
    rig.world().log.clear();
    assert_eq!(rig.sync().await.done, Counts::default());
    assert_eq!(rig.world().writes().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn b35_a_create_that_failed_before_is_not_counted_once_more_when_it_is_tried_again() {
    let rig = synced().await;
    assert!(rig.kept().await.local.failing.values().any(|failing| failing.name == "Barrington Estates"));
    add_customers(&rig, 50, "Vo");
    rig.pass(SignedDuration::from_hours(26));
    rig.world().log.clear();
    let report = rig.sync().await;
    assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 50));
    let world = rig.world();
    let posted =
        world.writes().filter(|entry| entry.method == Method::Post && entry.path.contains("/parties"));
    let tries = posted.count();
    assert_eq!(tries, 51, "the one that failed was tried as well");
}

#[tokio::test(start_paused = true)]
async fn b35_more_than_was_agreed_to_is_asked_again() {
    let rig = synced().await;
    add_customers(&rig, 51, "Vo");
    stopped(&rig, vec![sync()]).await;
    let proceed = answer(&rig, Choice::Proceed).await;
    add_customers(&rig, 1, "Zy");
    stopped(&rig, vec![proceed, sync()]).await;
    assert!(question(&rig).await.unwrap().asked.because.starts_with("52 records"));
    let proceed = answer(&rig, Choice::Proceed).await;
    let report = rig.process(vec![proceed, sync()], false, None).await.report();
    assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 52));
}

#[tokio::test(start_paused = true)]
async fn b35_a_sync_of_one_contact_leaves_the_question_and_its_answer_alone() {
    let rig = synced().await;
    add_customers(&rig, 60, "Vo");
    stopped(&rig, vec![sync()]).await;
    let asked = question(&rig).await.unwrap();
    let proceed = answer(&rig, Choice::Proceed).await;
    let contact = rig.kept().await.local.links().next().unwrap().contact;
    let one = Command::Sync { full: false, contact: Some(contact) };
    let report = rig.process(vec![proceed, one], false, None).await.report();
    assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 0));
    assert_eq!(question(&rig).await.map(|kept| (kept.id, kept.is_open())), Some((asked.id, false)));
    let report = rig.process(vec![sync()], false, None).await.report();
    assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 60));
}

#[tokio::test(start_paused = true)]
async fn b35_what_was_agreed_to_holds_until_a_run_has_finished_it() {
    let rig = synced().await;
    add_customers(&rig, 120, "Vo");
    stopped(&rig, vec![sync()]).await;
    let proceed = answer(&rig, Choice::Proceed).await;
    let now = rig.now();
    rig.world().capsule.leave_requests(250, now);
    let Came::Ended(report) = rig.process(vec![proceed, sync()], false, None).await else {
        panic!("it ended")
    };
    assert_eq!(report.error.as_ref().map(|error| error.code.as_str()), Some("rate_limited"));
    assert!(report.done.created_in_capsule > 0 && report.done.created_in_capsule < 69);
    rig.pass(SignedDuration::from_hours(1));
    let rest = rig.sync().await;
    assert_eq!(rest.error, None, "it needs no second answer");
    assert_eq!(report.done.created_in_capsule + rest.done.created_in_capsule, 120);
    assert!(question(&rig).await.is_none() && rig.kept().await.local.progress.mass.is_none());
}

#[tokio::test(start_paused = true)]
async fn b35_a_question_about_too_much_goes_when_it_is_no_longer_too_much() {
    let rig = synced().await;
    add_customers(&rig, 51, "Vo");
    stopped(&rig, vec![sync()]).await;
    let kept = rig.kept().await;
    let one = kept.snapshot.ledger.values().find(|ledger| ledger.name.starts_with("Vo")).unwrap().id;
    let report = rig.process(vec![Command::Ignore(one), sync()], false, None).await.report();
    assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 50));
    assert!(question(&rig).await.is_none());
}

fn empty(rig: &Rig, service: Service, path: &str, body: &str, times: Option<u32>) {
    let body = body.to_owned();
    let fault = Fault {
        service: Some(service),
        method: Some(Method::Get),
        path: path.into(),
        times,
        ..Fault::next(Effect::Answer { status: 200, headers: vec![], body })
    };
    rig.world().faults.add(fault);
}

const NO_ROWS: &str = r#"{"MetaData":{"TotalRecords":0,"NextPageUrl":null},"Data":[]}"#;

#[tokio::test(start_paused = true)]
async fn b35_a_side_that_suddenly_reads_empty_concludes_nothing_and_is_asked_about() {
    for (service, path, body, words) in [
        (Service::Capsule, "/api/v2/parties", r#"{"parties":[]}"#, "Capsule suddenly has no contacts"),
        (Service::KashFlow, "/customers", NO_ROWS, "KashFlow suddenly has no customers"),
        (Service::KashFlow, "/suppliers", NO_ROWS, "KashFlow suddenly has no suppliers"),
    ] {
        let rig = synced().await;
        let before = rig.kept().await;
        // Only a whole read says that there is nothing; and the next run reads whole again until it is clear.
        rig.pass(SignedDuration::from_hours(24 * 8));
        empty(&rig, service, path, body, None);
        for _ in 0..2 {
            stopped(&rig, vec![sync()]).await;
            let asked = question(&rig).await.unwrap().asked.because;
            assert!(asked.contains(words), "{asked}");
            let kept = rig.kept().await;
            assert_eq!(kept.snapshot.contacts.len(), before.snapshot.contacts.len());
            assert_eq!(kept.snapshot.ledger, before.snapshot.ledger);
            assert_eq!(kept.snapshot.documents.len(), before.snapshot.documents.len());
            assert_eq!(
                (kept.local.hidden, kept.local.deleted),
                (before.local.hidden.clone(), before.local.deleted.clone())
            );
        }
        rig.world().faults.clear();
        let report = rig.sync().await;
        assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 0), "{words}");
        assert!(question(&rig).await.is_none(), "it is all there again");
    }
}

#[tokio::test(start_paused = true)]
async fn b35_a_person_may_say_that_a_side_is_empty_indeed() {
    let rig = synced().await;
    rig.pass(SignedDuration::from_hours(24 * 8));
    let links = rig.kept().await.local.link_count();
    // The list of contacts is the first thing that a run reads from there.
    empty(&rig, Service::Capsule, "/api/v2/parties", r#"{"parties":[]}"#, Some(1));
    stopped(&rig, vec![sync()]).await;
    empty(&rig, Service::Capsule, "/api/v2/parties", r#"{"parties":[]}"#, Some(1));
    let proceed = answer(&rig, Choice::Proceed).await;
    let report = rig.process(vec![proceed, sync()], false, None).await.report();
    assert_eq!(report.error, None);
    let kept = rig.kept().await;
    // Those that waited for an answer about contacts that are out of reach are created; nothing linked is made anew.
    assert_eq!(kept.local.link_count(), links + report.done.linked, "links are kept");
    assert!(report.done.created_in_capsule < 20, "{:?}", report.done);
    assert!(kept.local.hidden.len() > 50);
}

#[tokio::test(start_paused = true)]
async fn b35_a_side_that_is_empty_indeed_is_agreed_to_once() {
    let rig = Rig::of(&kashsync::sim::firm::empty());
    add_customers(&rig, 1, "Only");
    rig.sync().await;
    let now = rig.now();
    let code = rig.world().kashflow.customers().next().unwrap().code.clone();
    rig.world().kashflow.delete("customer", &code, now).unwrap();
    rig.world().log.clear();
    rig.pass(SignedDuration::from_hours(2));
    stopped(&rig, vec![sync()]).await;
    let proceed = answer(&rig, Choice::Proceed).await;
    assert_eq!(rig.process(vec![proceed, sync()], false, None).await.report().error, None);
    // The second of the two readings that prove it (design B5).
    rig.pass(SignedDuration::from_hours(2));
    let report = rig.sync().await;
    assert_eq!((report.error.as_ref(), report.questions_new), (None, 1));
    let kinds: Vec<_> =
        rig.kept().await.local.questions.into_values().map(|one| one.asked.key.kind).collect();
    assert_eq!(kinds, [QuestionKind::DeletedInKashFlow]);
}

#[tokio::test(start_paused = true)]
async fn b35_an_approved_first_run_makes_nothing_of_a_list_that_reads_empty_now() {
    let rig = Rig::of(&kashsync::sim::firm::empty());
    add_customers(&rig, 1, "Only");
    let crash = Crash { at_write: 0, carried_out: false };
    assert!(matches!(rig.process(vec![sync()], true, Some(crash)).await, Came::Died));
    empty(&rig, Service::KashFlow, "/customers", NO_ROWS, Some(1));
    rig.world().log.clear();
    stopped(&rig, vec![sync()]).await;
    let report = rig.sync().await;
    assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 1), "it is there again");
}
