//! Readings that are not what they should be: rows that slip away, lists that do not add up, records that make no sense.

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::ids::{ContactId, Side};
use kashsync::domain::run::Control;
use kashsync::engine::command::Command;
use kashsync::engine::event::{Event, Step};
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use rust_decimal::Decimal;
use serde_json::json;

use crate::rig::Rig;

fn sync(full: bool) -> Command {
    Command::Sync { full, contact: None }
}

/// The next so many reads of that path are answered so.
fn answers(rig: &Rig, service: Service, path: &str, times: Option<u32>, body: &serde_json::Value) {
    let headers = vec![("Date".into(), "Tue, 24 Nov 2026 12:00:00 GMT".into())];
    let effect = Effect::Answer { status: 200, headers, body: body.to_string() };
    rig.world().faults.add(Fault {
        service: Some(service),
        method: Some(Method::Get),
        path: path.into(),
        times,
        ..Fault::next(effect)
    });
}

async fn after_a_first_sync() -> Rig {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(3));
    rig
}

#[tokio::test(start_paused = true)]
async fn b05_a_row_that_slips_past_while_changes_are_read_makes_no_duplicate() {
    let rig = after_a_first_sync().await;
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(3));
    let now = rig.now();
    // A full page of changes, and behind it the newcomer; then a row of the page is deleted between the two requests.
    let kept = rig.kept().await;
    let changed: Vec<i64> = kept
        .snapshot
        .contacts
        .keys()
        .map(|id| id.0)
        .filter(|id| rig.world().capsule.edit(*id, &json!({"about": "x"}), now).is_ok())
        .take(100)
        .collect();
    assert_eq!(changed.len(), 100);
    let linked = |id: &&i64| kept.local.links_on(ContactId(**id)).next().is_some();
    let victim = *changed.iter().find(linked).unwrap();
    let person = json!({"party": {"type": "person", "firstName": "Jo", "lastName": "Newby"}});
    assert_eq!(rig.call_capsule(Method::Post, "/api/v2/parties", &person.to_string()).0, 201);
    let customer = json!({"Name": "Jo Newby", "Contacts": [{"Firstname": "Jo", "LastName": "Newby"}]});
    rig.world().kashflow.add("customer", &customer, now).unwrap();
    rig.pass(SignedDuration::from_mins(30));
    let mut deleted = false;
    let ended = rig.live(vec![sync(false)], false, None, |event| match event {
        Event::Progress(progress) if progress.step == Step::ReadContacts && !deleted => {
            deleted = true;
            let now = rig.now();
            rig.world().capsule.delete(victim, now).unwrap();
            Vec::new()
        }
        Event::RunFinished(report) => {
            assert_eq!(report.error, None);
            assert_eq!((report.done.created_in_capsule, report.done.linked), (0, 1));
            vec![Command::Shutdown]
        }
        _ => Vec::new(),
    });
    assert!(ended.await && deleted);
    assert_eq!(rig.outcome().iter().filter(|contact| contact.contains("Newby")).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn b05_a_whole_read_with_a_row_that_makes_no_sense_hides_nobody() {
    let rig = after_a_first_sync().await;
    let robot = json!({"parties": [{"id": 5, "type": "robot", "name": "x"}]});
    answers(&rig, Service::Capsule, "/parties", Some(1), &robot);
    let report = rig.process(vec![sync(true)], true, None).await.report();
    assert_eq!(report.read.capsule_contacts, 0);
    let kept = rig.kept().await;
    assert!(
        kept.local.hidden.iter().all(|id| kept.snapshot.contacts[id].restricted),
        "{:?}",
        kept.local.hidden
    );
    rig.pass(SignedDuration::from_hours(3));
    rig.world().log.clear();
    rig.sync().await;
    assert_eq!(rig.world().writes().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn b05_a_list_of_invoices_that_does_not_add_up_is_read_again_and_never_taken_for_whole() {
    for times in [1, 2] {
        let rig = Rig::of(&sample(date(2026, 11, 24), 1));
        let cut = json!({"MetaData": {"TotalRecords": 230, "NextPageUrl": null}, "Data": []});
        answers(&rig, Service::KashFlow, "/invoices", Some(times), &cut);
        let report = rig.sync().await;
        if times == 1 {
            assert!(report.control.as_ref().is_some_and(Control::agrees));
        } else {
            // No balance is written that is not known.
            assert_eq!((report.read.invoices, report.done.summaries_written), (0, 0));
            let balances =
                rig.outcome().iter().filter(|contact| contact.contains("KashFlow balance")).count();
            assert_eq!(balances, 0);
        }
        rig.pass(SignedDuration::from_hours(3));
        let report = rig.sync().await;
        assert!(report.control.as_ref().is_some_and(Control::agrees));
    }
}

#[tokio::test(start_paused = true)]
async fn b37_an_invoice_that_makes_no_sense_blocks_nothing() {
    let rig = after_a_first_sync().await;
    let now = rig.now();
    let unpaid = rig.kept().await.snapshot.documents;
    let unpaid = unpaid
        .values()
        .filter(|document| document.id.side == Side::Customer && document.due_amount > Decimal::ONE)
        .min_by_key(|document| document.number)
        .unwrap();
    rig.world().kashflow.pay(unpaid.number, Decimal::ONE, now).unwrap();
    let senseless = json!({
        "Id": unpaid.id.id, "Number": unpaid.number, "GrossAmount": 100, "DueAmount": 10, "DueDate": "soon"
    });
    answers(&rig, Service::KashFlow, &format!("/invoices/{}", unpaid.number), None, &senseless);
    rig.world().kashflow.add("customer", &json!({"Name": "Zebedee Shelving Ltd"}), now).unwrap();
    let report = rig.sync().await;
    assert_eq!((report.error.as_ref(), report.done.created_in_capsule), (None, 1));
    assert!(report.control.as_ref().is_some_and(|control| !control.agrees()), "and the difference is shown");
}

#[tokio::test(start_paused = true)]
async fn b05_a_page_that_comes_twice_is_no_whole_reading() {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    let now = rig.now();
    // More than a page; the second page is the first once more.
    for number in 0..120 {
        let body =
            json!({"party": {"type": "person", "firstName": "Jo", "lastName": format!("Extra{number}")}});
        rig.world().capsule.add_party(&body, 62, now).unwrap();
    }
    let ids: Vec<i64> = rig.world().capsule.parties().map(|party| party.id).collect();
    assert!(ids.len() > 100);
    let page: Vec<serde_json::Value> =
        ids[..100].iter().filter_map(|id| rig.world().capsule.whole(*id)).collect();
    answers_page(&rig, 1, &json!({ "parties": page }));
    let report = rig.sync().await;
    assert_eq!(report.error, None);
    let known = rig.kept().await.snapshot.contacts;
    let unknown: Vec<&i64> = ids.iter().filter(|id| !known.contains_key(&ContactId(**id))).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// The list of contacts is answered so after so many of its pages, once.
fn answers_page(rig: &Rig, skip: u32, body: &serde_json::Value) {
    let headers = vec![("Date".into(), rig.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())];
    rig.world().faults.add(Fault {
        service: Some(Service::Capsule),
        method: Some(Method::Get),
        path: "/api/v2/parties".into(),
        skip,
        ..Fault::next(Effect::Answer { status: 200, headers, body: body.to_string() })
    });
}
