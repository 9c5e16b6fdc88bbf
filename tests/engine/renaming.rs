//! Two customers of one name, told apart by a new name in KashFlow (design B12).

use jiff::SignedDuration;
use kashsync::domain::ids::{LedgerRef, Side};
use kashsync::domain::journal::{Action, JournalEntry, Place};
use kashsync::domain::local::RecordRef;
use kashsync::domain::operation::Counts;
use kashsync::domain::question::{Choice, Question, QuestionKind};
use kashsync::engine::command::{Command, Undo};
use kashsync::engine::event::Event;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::empty;
use kashsync::sim::http::Method;
use serde_json::json;

use crate::rig::Rig;

const NAME: &str = "Harrow & Pike Ltd";
const NEW: &str = "Harrow & Pike North Ltd";

/// Two customers of one name after the first sync, which asks about them.
async fn asked() -> Rig {
    let rig = Rig::of(&empty());
    for code in ["HARR01", "HARR02"] {
        let now = rig.now();
        let customer = json!({"Name": NAME, "Code": code, "Note": code, "VATNumber": "GB123456789"});
        rig.world().kashflow.add("customer", &customer, now).unwrap();
    }
    rig.sync().await;
    rig.world().log.clear();
    rig
}

fn sync() -> Command {
    Command::Sync { full: false, contact: None }
}

async fn question(rig: &Rig) -> Question {
    let open: Vec<Question> =
        rig.kept().await.local.questions.into_values().filter(Question::is_open).collect();
    assert_eq!(open.len(), 1, "{open:?}");
    open[0].clone()
}

async fn customer(rig: &Rig, code: &str) -> LedgerRef {
    let kept = rig.kept().await;
    let mut all = kept.snapshot.ledger.values();
    all.find(|record| record.id.side == Side::Customer && record.code == code).unwrap().id
}

async fn answer(rig: &Rig, code: &str, name: &str) -> Command {
    let choice = Choice::Rename { ledger: customer(rig, code).await, code: code.into() };
    Command::Answer { question: question(rig).await.id, choice, value: Some(name.into()) }
}

/// What the customers are called in KashFlow, and the contacts in Capsule.
fn names(rig: &Rig) -> (Vec<String>, Vec<String>) {
    let world = rig.world();
    let mut contacts: Vec<String> = world.capsule.parties().map(|party| party.name().clone()).collect();
    contacts.sort();
    (world.kashflow.customers().map(|customer| customer.name.clone()).collect(), contacts)
}

fn written(rig: &Rig) -> Vec<String> {
    let world = rig.world();
    world.writes().map(|entry| format!("{} {}", entry.method.as_str(), entry.path)).collect()
}

async fn quiet(rig: &Rig) {
    for _ in 0..2 {
        rig.pass(SignedDuration::from_mins(30));
        rig.world().log.clear();
        let report = rig.sync().await;
        assert_eq!((written(rig), report.done, report.questions_new), (Vec::new(), Counts::default(), 0));
    }
}

async fn renames(rig: &Rig) -> Vec<JournalEntry> {
    rig.journal().await.into_iter().filter(|entry| entry.action == Action::Rename).collect()
}

#[tokio::test(start_paused = true)]
async fn b12_a_renamed_customer_and_its_namesake_become_two_contacts() {
    let rig = asked().await;
    let second = customer(&rig, "HARR02").await;
    let report =
        rig.process(vec![answer(&rig, "HARR02", "  Harrow &  Pike North Ltd ").await, sync()], true, None);
    let done = report.await.report().done;
    assert_eq!((done.updated_in_kashflow, done.created_in_capsule), (1, 2));
    let to_kashflow: Vec<String> =
        written(&rig).into_iter().filter(|line| line.contains("/v2/customers")).collect();
    assert_eq!(to_kashflow, ["PUT /v2/customers/HARR02"]);
    assert_eq!(names(&rig), (vec![NAME.into(), NEW.into()], vec![NAME.into(), NEW.into()]));
    let mut copy = rig.world().kashflow.clone();
    let whole = copy.edit("customer", "HARR02", &json!({}), rig.now()).unwrap();
    assert_eq!(
        (&whole["Note"], &whole["VATNumber"]),
        (&json!("HARR02"), &json!("GB123456789")),
        "all else stays"
    );
    let kept = rig.kept().await;
    assert!(
        kept.local.questions.is_empty() && kept.local.intents.is_empty() && kept.local.failing.is_empty()
    );
    assert_eq!(kept.local.link_count(), 2);
    let entries = renames(&rig).await;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((entry.place, entry.record), (Place::KashFlow, Some(RecordRef::Ledger(second))));
    assert_eq!(entry.before, [("name".to_owned(), NAME.to_owned())]);
    assert_eq!(entry.after, [("name".to_owned(), NEW.to_owned())]);
    quiet(&rig).await;
    // Undone, the name is the old one, as an accepted difference.
    let undo = Command::Undo(Undo::Entries([entry.id].into()));
    assert_eq!(rig.act(undo).await, (1, None));
    assert_eq!(names(&rig), (vec![NAME.into(), NAME.into()], vec![NAME.into(), NEW.into()]));
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b12_a_name_that_tells_nobody_apart_is_refused() {
    let rig = asked().await;
    let now = rig.now();
    rig.world().kashflow.add("customer", &json!({"Name": "Quill Ltd", "Code": "QUIL01"}), now).unwrap();
    rig.sync().await;
    rig.world().log.clear();
    for (name, code, words) in [
        (" ", "usage", "needs a name"),
        ("harrow & pike LTD", "usage", "is called"),
        ("quill ltd", "name_exists", "customer Quill Ltd (QUIL01)"),
    ] {
        let mut told = Vec::new();
        let command = answer(&rig, "HARR02", name).await;
        rig.live(vec![command, Command::Shutdown], false, None, |event| {
            if let Event::Refused { code, message, .. } = event {
                told.push((*code, message.clone()));
            }
            Vec::new()
        })
        .await;
        let [(found, message)] = told.as_slice() else { panic!("{name}: {told:?}") };
        assert!(*found == code && message.contains(words), "{name}: {found} {message}");
    }
    assert!(question(&rig).await.answers.is_empty());
    assert_eq!(rig.world().log.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn b12_a_rename_whose_outcome_is_unknown_is_looked_up() {
    for effect in [Effect::CutAfter, Effect::CutBefore] {
        let rig = asked().await;
        rig.world().faults.add(Fault {
            service: Some(Service::KashFlow),
            method: Some(Method::Put),
            path: "/customers".into(),
            times: Some(1),
            ..Fault::next(effect.clone())
        });
        rig.process(vec![answer(&rig, "HARR01", NEW).await, sync()], true, None).await.report();
        assert_eq!(names(&rig), (vec![NEW.into(), NAME.into()], vec![NAME.into(), NEW.into()]), "{effect:?}");
        let outcomes: Vec<String> = renames(&rig).await.into_iter().map(|entry| entry.outcome).collect();
        let expected = if effect == Effect::CutAfter { "adopted" } else { "done" };
        assert_eq!(outcomes, [expected]);
        assert!(rig.kept().await.local.intents.is_empty());
        quiet(&rig).await;
    }
}

#[tokio::test(start_paused = true)]
async fn b12_a_name_that_kashflow_refuses_is_asked_about_again() {
    let rig = asked().await;
    let refusal = json!({"Message": "Name is too long", "ErrorCode": null}).to_string();
    rig.world().faults.add(Fault {
        service: Some(Service::KashFlow),
        method: Some(Method::Put),
        path: "/customers".into(),
        times: Some(1),
        ..Fault::next(Effect::Answer { status: 400, headers: Vec::new(), body: refusal })
    });
    let report = rig.process(vec![answer(&rig, "HARR02", NEW).await, sync()], true, None).await.report();
    let [failing] = report.failing.as_slice() else { panic!("{:?}", report.failing) };
    assert!(
        failing.reason.contains("Name is too long") && failing.remedy.contains("another name"),
        "{failing:?}"
    );
    assert_eq!(question(&rig).await.asked.key.kind, QuestionKind::SameName);
    // Answered with another name, nothing is left.
    rig.pass(SignedDuration::from_mins(1));
    let report =
        rig.process(vec![answer(&rig, "HARR02", "Harrow North").await, sync()], true, None).await.report();
    assert_eq!((report.failing.as_slice(), report.questions_open), (&[][..], 0));
    assert_eq!(names(&rig).0, [NAME.to_owned(), "Harrow North".to_owned()]);
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b18_a_customer_that_got_another_name_meanwhile_is_not_renamed() {
    let rig = asked().await;
    let command = answer(&rig, "HARR02", NEW).await;
    let now = rig.now();
    rig.world().kashflow.edit("customer", "HARR02", &json!({"Name": "Pike Ltd"}), now).unwrap();
    rig.process(vec![command, sync()], true, None).await.report();
    assert_eq!(names(&rig).0, [NAME.to_owned(), "Pike Ltd".to_owned()]);
    assert!(rig.kept().await.local.questions.is_empty());
    quiet(&rig).await;
}
