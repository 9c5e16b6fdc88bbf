//! Capsule: changing, moving and deleting contacts, and asking what hangs on them.

use std::sync::Arc;

use kashsync::domain::contact::Contact;
use kashsync::domain::details::{Details, Field};
use kashsync::domain::edit::Edit;
use kashsync::domain::holdings::Holdings;
use kashsync::domain::ids::ContactId;
use kashsync::domain::trouble::TroubleCode;
use kashsync::ports::{Crm, RemoteError};
use serde_json::json;

use crate::script::{Outcome, Script, answer, capsule, not_sent, ok, trouble_of, unknown};

const PARTY: &str = r#"{"party":{"id":7,"type":"organisation","name":"Acme","updatedAt":"2026-11-24T10:00:00Z",
    "emailAddresses":[{"id":1,"address":"a@x.example"},{"id":2,"address":"b@x.example"}]}}"#;

fn script(outcomes: Vec<Outcome>) -> Arc<Script> {
    let mut all = vec![ok(PARTY)];
    all.extend(outcomes);
    Script::in_order(all)
}

fn edit(email: &str) -> Edit {
    Edit { fields: [Field::Email].into(), values: Details { email: email.into(), ..Details::default() } }
}

/// The calls that write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    Update,
    Move,
    Delete,
}

async fn write(script: &Arc<Script>, write: Write) -> Result<(), RemoteError> {
    let (capsule, _) = capsule(script);
    let current: Contact = capsule.contact(ContactId(7)).await.unwrap();
    match write {
        Write::Update => capsule.update_contact(&current, &edit("n@x.example")).await.map(drop),
        Write::Move => capsule.move_person(current.id, ContactId(8)).await.map(drop),
        Write::Delete => capsule.delete_contact(current.id).await,
    }
}

#[tokio::test(start_paused = true)]
async fn every_way_in_which_a_write_can_end() {
    for kind in [Write::Update, Write::Move, Write::Delete] {
        for outcome in [unknown(), answer(500, &[], ""), answer(302, &[], ""), answer(408, &[], "")] {
            let script = script(vec![outcome.clone()]);
            let ended = write(&script, kind).await;
            assert!(matches!(ended, Err(RemoteError::InDoubt { .. })), "{kind:?} {outcome:?}: {ended:?}");
            assert_eq!(script.lines().len(), 2, "sent once");
        }
        let script_404 = script(vec![answer(404, &[], r#"{"message":"party not found"}"#)]);
        assert_eq!(write(&script_404, kind).await, Err(RemoteError::NotFound));
        let scope = script(vec![answer(403, &[], r#"{"message":"Requires additional scope"}"#)]);
        assert_eq!(trouble_of(write(&scope, kind).await), TroubleCode::TokenScope);
        let invalid = r#"{"message":"Validation Failed","errors":[{"message":"unknown country","resource":"address","field":"country"}]}"#;
        let ended = write(&script(vec![answer(422, &[], invalid)]), kind).await;
        assert_eq!(
            ended,
            Err(RemoteError::Refused {
                message: "address country: unknown country".into(),
                field: Some("country".into())
            })
        );
        let done = if kind == Write::Delete { answer(204, &[], "") } else { ok(PARTY) };
        for first in [not_sent(), answer(429, &[("Retry-After", "1")], "")] {
            assert_eq!(write(&script(vec![first, done.clone()]), kind).await, Ok(()), "{kind:?}");
        }
    }
    for kind in [Write::Update, Write::Move, Write::Delete] {
        let pause = script(vec![answer(429, &[("Retry-After", "30")], "")]);
        assert_eq!(
            write(&pause, kind).await,
            Err(RemoteError::Stale),
            "{kind:?}: half a minute is too long ago"
        );
    }
    for body in ["", "<html>", "{}"] {
        for kind in [Write::Update, Write::Move, Write::Delete] {
            let ended = write(&script(vec![ok(body)]), kind).await;
            assert!(matches!(ended, Err(RemoteError::InDoubt { .. })), "{kind:?} {body}: {ended:?}");
        }
    }
    let queued = script(vec![answer(202, &[("Location", "http://localhost:9/api/v2/jobs/1")], "")]);
    assert_eq!(write(&queued, Write::Delete).await, Ok(()), "a queued delete will be done");
}

#[tokio::test(start_paused = true)]
async fn b17_a_change_names_only_what_changes() {
    let script = script(vec![ok(PARTY), ok(PARTY), answer(204, &[], "")]);
    let (capsule, _) = capsule(&script);
    let current = capsule.contact(ContactId(7)).await.unwrap();
    assert_eq!(capsule.update_contact(&current, &edit(" a@x.example ")).await.unwrap(), current);
    assert_eq!(script.lines().len(), 1, "the same value is not sent");
    capsule.update_contact(&current, &edit("n@x.example")).await.unwrap();
    capsule.move_person(current.id, ContactId(8)).await.unwrap();
    capsule.delete_contact(current.id).await.unwrap();
    let sent = script.sent();
    assert_eq!(
        script.lines()[1..],
        [
            "PUT /api/v2/parties/7?embed=tags,fields",
            "PUT /api/v2/parties/7?embed=tags,fields",
            "DELETE /api/v2/parties/7",
        ]
    );
    assert_eq!(
        sent[1].body,
        Some(json!({"party": {"emailAddresses": [{"id": 1, "address": "n@x.example"}]}}))
    );
    assert_eq!(sent[2].body, Some(json!({"party": {"organisation": {"id": 8}}})));
}

#[tokio::test(start_paused = true)]
async fn all_people_are_read_or_none() {
    let person =
        |id: i64| json!({"id": id, "type": "person", "firstName": "Jo", "updatedAt": "2026-11-24T10:00:00Z"});
    let page = |people: serde_json::Value| json!({ "parties": people }).to_string();
    let script = Script::in_order(vec![
        answer(200, &[("X-Pagination-Has-More", "true")], &page(json!([person(1)]))),
        ok(&page(json!([person(2)]))),
        ok(&page(json!([person(3), {"id": 4, "type": "robot"}]))),
        answer(404, &[], ""),
    ]);
    let (capsule, _) = capsule(&script);
    let people = capsule.people(ContactId(7)).await.unwrap();
    assert_eq!(people.iter().map(|person| person.id.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(
        script.lines(),
        [
            "GET /api/v2/parties/7/people?page=1&perPage=100&embed=tags,fields",
            "GET /api/v2/parties/7/people?page=2&perPage=100&embed=tags,fields",
        ]
    );
    let unreadable = capsule.people(ContactId(7)).await;
    assert!(matches!(unreadable, Err(RemoteError::Refused { .. })), "nobody is left behind: {unreadable:?}");
    assert_eq!(capsule.people(ContactId(7)).await, Err(RemoteError::NotFound));
}

#[tokio::test(start_paused = true)]
async fn b28_holdings_are_counted_in_four_requests() {
    let script = Script::in_order(vec![
        ok(r#"{"entries":[{"id":1},{"id":2}]}"#),
        ok(r#"{"opportunities":[{"id":1}]}"#),
        ok(r#"{"kases":[]}"#),
        ok(r#"{"parties":[{"id":7}]}"#),
    ]);
    let (capsule, _) = capsule(&script);
    let holdings = capsule.holdings(ContactId(7)).await.unwrap();
    assert_eq!(holdings, Holdings { notes: 2, opportunities: 1, projects: 0, open_tasks: true });
    assert!(!holdings.is_empty() && Holdings::default().is_empty());
    assert_eq!(
        script.lines(),
        [
            "GET /api/v2/parties/7/entries?page=1&perPage=100",
            "GET /api/v2/parties/7/opportunities?page=1&perPage=100",
            "GET /api/v2/parties/7/kases?page=1&perPage=100",
            "POST /api/v2/parties/filters/results?page=1&perPage=1",
        ]
    );
    assert_eq!(
        script.sent()[3].body,
        Some(json!({"filter": {"conditions": [{"field": "id", "operator": "is", "value": 7},
            {"field": "hasOpenTasks", "operator": "is", "value": true}]}}))
    );
}

#[tokio::test(start_paused = true)]
async fn b28_a_check_that_cannot_be_made_is_an_error_never_empty() {
    let none = [ok(r#"{"entries":[]}"#), ok(r#"{"opportunities":[]}"#), ok(r#"{"kases":[]}"#)];
    let ask = |place: usize, outcome: Outcome| {
        let mut outcomes = none.to_vec();
        outcomes.truncate(place);
        outcomes.push(outcome);
        Script::in_order(outcomes)
    };
    let unknown_field = r#"{"message":"Validation Failed","errors":[{"message":"invalid field name"}]}"#;
    for (place, outcome) in [
        (0, answer(403, &[], r#"{"message":"Not for your role"}"#)),
        (0, ok("{}")),
        (1, answer(404, &[], "")),
        (2, ok("[]")),
        (3, answer(422, &[], unknown_field)),
        (3, ok(r#"{"parties":null}"#)),
        // A filter that finds somebody else has not held to its conditions.
        (3, ok(r#"{"parties":[{"id":8}]}"#)),
    ] {
        let script = ask(place, outcome.clone());
        let ended = capsule(&script).0.holdings(ContactId(7)).await;
        assert!(ended.is_err(), "{outcome:?}: {ended:?}");
    }
    let empty = ask(3, ok(r#"{"parties":[]}"#));
    assert!(capsule(&empty).0.holdings(ContactId(7)).await.unwrap().is_empty());
    // It only reads, whatever its verb, so it is repeated.
    let mut outcomes = none.to_vec();
    outcomes.extend([answer(500, &[], ""), ok(r#"{"parties":[]}"#)]);
    let script = Script::in_order(outcomes);
    assert!(capsule(&script).0.holdings(ContactId(7)).await.unwrap().is_empty());
}
