//! Our fields in Capsule: deleted by hand, made again, and contacts that do not let themselves be read.

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::contact::SummaryField;
use kashsync::domain::ids::Side;
use kashsync::domain::operation::Counts;
use kashsync::domain::run::Outcome;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use rust_decimal::Decimal;
use serde_json::json;

use crate::rig::Rig;

async fn synced() -> Rig {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(3));
    rig
}

/// A customer pays one pound, so that there is a summary to write; gives the invoice's number.
async fn pay(rig: &Rig) -> i64 {
    let kept = rig.kept().await;
    let unpaid = kept.snapshot.documents.values().find(|document| {
        let owner = document.id.side == Side::Customer && document.owner_code == "ABBE01";
        owner && document.due_amount > Decimal::ONE
    });
    let (number, now) = (unpaid.unwrap().number, rig.now());
    rig.world().kashflow.pay(number, Decimal::ONE, now).unwrap();
    number
}

#[tokio::test(start_paused = true)]
async fn b23_a_field_that_somebody_deleted_is_made_again_and_filled() {
    let rig = synced().await;
    let before = rig.outcome();
    for field in [SummaryField::Link, SummaryField::Balance] {
        let id = rig.kept().await.local.progress.definitions[&field].0;
        let path = format!("/api/v2/parties/fields/definitions/{id}");
        assert_eq!(rig.call_capsule(Method::Delete, &path, "").0, 204);
        // By a create, and by a summary that is written.
        let now = rig.now();
        let name = format!("Zebedee {}", field.name());
        rig.world().kashflow.add("customer", &json!({ "Name": name }), now).unwrap();
        let number = pay(&rig).await;
        let report = rig.sync().await;
        assert_eq!(report.done.created_in_capsule, 1, "{field:?}");
        assert!(report.done.summaries_written > 0, "{field:?}");
        assert!(report.failing.iter().all(|failing| !failing.name.starts_with("Zebedee")), "{field:?}");
        rig.world().kashflow.pay(number, -Decimal::ONE, now).unwrap();
        // What the others had in that field is gone; the next runs bring it back.
        rig.pass(SignedDuration::from_hours(3));
        rig.sync().await;
        assert_eq!(rig.sync().await.done, Counts::default(), "{field:?}");
        let after = rig.outcome();
        assert!(before.iter().all(|line| after.contains(line)), "{field:?}");
        rig.pass(SignedDuration::from_hours(3));
    }
}

#[tokio::test(start_paused = true)]
async fn b06_fields_are_looked_up_once_a_day_and_only_before_a_write() {
    let rig = synced().await;
    let looks = || rig.world().log.iter().filter(|entry| entry.path.contains("definitions")).count();
    let mut counts = Vec::new();
    for hours in [1, 30, 1] {
        rig.pass(SignedDuration::from_hours(hours));
        pay(&rig).await;
        rig.world().log.clear();
        assert!(rig.sync().await.done.summaries_written > 0);
        counts.push(looks());
        rig.sync().await;
    }
    assert_eq!(counts, [0, 1, 0]);
    rig.world().log.clear();
    rig.sync().await;
    assert_eq!(looks(), 0, "nothing was written");
}

#[tokio::test(start_paused = true)]
async fn b37_one_contact_that_does_not_let_itself_be_read_stops_no_run() {
    let rig = synced().await;
    pay(&rig).await;
    let kept = rig.kept().await;
    let ledger = kept
        .snapshot
        .ledger
        .values()
        .find(|ledger| ledger.id.side == Side::Customer && ledger.code == "ABBE01");
    let ledger = ledger.unwrap().id;
    let contact = kept.local.link_of(ledger).unwrap().contact.0;
    let path = format!("/parties/{contact}");
    let on = |method, effect| Fault {
        service: Some(Service::Capsule),
        method: Some(method),
        path: path.clone(),
        ..Fault::next(effect)
    };
    rig.world().faults.add(on(Method::Put, Effect::CutBefore));
    rig.sync().await;
    assert_eq!(rig.kept().await.local.intents.len(), 1);
    rig.pass(SignedDuration::from_hours(3));
    let body = r#"{"message":"Not for your role"}"#;
    let refusal = Effect::Answer { status: 403, headers: vec![], body: body.into() };
    rig.world().faults.add(Fault { times: None, ..on(Method::Get, refusal.clone()) });
    rig.world().faults.add(on(Method::Put, refusal));
    let report = rig.sync().await;
    assert_eq!((report.outcome, report.error.as_ref()), (Outcome::Attention, None));
    assert!(report.failing.iter().any(|failing| failing.reason.contains("Not for your role")));
    assert!(rig.kept().await.local.intents.is_empty());
    // It may be written again, and then all is well.
    rig.pass(SignedDuration::from_hours(5));
    let report = rig.sync().await;
    assert_eq!(report.done.summaries_written, 1);
    assert!(!report.failing.iter().any(|failing| failing.reason.contains("Not for your role")));
}
