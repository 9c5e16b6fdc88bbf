//! Capsule: what is sent, and what is made of the answers.

use std::collections::BTreeMap;

use kashsync::domain::contact::{Summary, SummaryField};
use kashsync::domain::draft::{ContactDraft, DraftKind};
use kashsync::domain::ids::{ContactId, DefinitionId, TeamId};
use kashsync::domain::run::Requests;
use kashsync::domain::snapshot::CapsuleAccount;
use kashsync::domain::trouble::TroubleCode;
use kashsync::ports::{Crm, RemoteError, TagChange};
use serde_json::json;

use crate::script::{Outcome, START, Script, answer, capsule, not_sent, ok, trouble_of, unknown};

const PARTY: &str = r#"{"id":20990,"type":"organisation","name":"Pennine Roofing Ltd","updatedAt":"2026-11-24T10:00:00Z",
    "addresses":[],"phoneNumbers":[],"websites":[],"emailAddresses":[],"tags":[{"id":1520,"name":"KashFlow"}],
    "fields":[{"id":1,"definition":{"id":811,"name":"KashFlow ID"},"value":"kf:0a1b2c3d:customer:7","tagId":1520}]}"#;

fn party() -> String {
    format!("{{\"party\":{PARTY}}}")
}

fn draft() -> ContactDraft {
    ContactDraft {
        kind: DraftKind::Organisation { name: "Pennine Roofing Ltd".into() },
        email: String::new(),
        phone: String::new(),
        fax: String::new(),
        mobile: String::new(),
        website: String::new(),
        address: None,
        team: None,
        summary: Summary {
            tagged: true,
            values: BTreeMap::from([(SummaryField::Id, "kf:0a1b2c3d:customer:7".to_owned())]),
        },
        marker_website: "https://app.kashflow.com#kashsync:kf:0a1b2c3d:customer:7".into(),
        left_out: Vec::new(),
    }
}

fn id_definition() -> BTreeMap<SummaryField, DefinitionId> {
    BTreeMap::from([(SummaryField::Id, DefinitionId(811))])
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_page_by_page() {
    let body = format!(r#"{{"parties":[{PARTY},{{"id":8,"type":"person"}}],"meta":{{"totalCount":412}}}}"#);
    let script = Script::in_order(vec![
        answer(200, &[("X-Pagination-Has-More", "true")], &body),
        answer(200, &[("X-Pagination-Has-More", "false")], r#"{"parties":[]}"#),
    ]);
    let (capsule, _) = capsule(&script);
    let since = "2026-11-21T23:58:00.5Z".parse().unwrap();
    let first = capsule.contacts(None, 1).await.unwrap();
    assert_eq!(first.records.len(), 1);
    assert_eq!(first.unreadable, ["Capsule contact with id 8: updatedAt is missing"]);
    assert!(first.more);
    assert_eq!(first.total, Some(412));
    assert_eq!(first.server_time, Some(START.parse().unwrap()));
    let second = capsule.contacts(Some(since), 2).await.unwrap();
    assert!(second.records.is_empty() && !second.more);
    assert_eq!(second.total, None, "not told");
    assert_eq!(
        script.lines(),
        [
            "GET /api/v2/parties?page=1&perPage=100&embed=tags,fields,meta",
            "GET /api/v2/parties?page=2&perPage=100&embed=tags,fields&since=2026-11-21T23:58:00Z",
        ]
    );
    let sent = &script.sent()[0];
    assert_eq!(sent.header("authorization"), Some("Bearer CANARY-token"));
    assert_eq!(sent.header("accept"), Some("application/json"));
    assert_eq!(sent.header("content-type"), None);
}

#[tokio::test(start_paused = true)]
async fn account_and_teams_are_read() {
    let script = Script::in_order(vec![
        ok(
            r#"{"site":{"url":"https://brookside.capsulecrm.com","subdomain":"brookside","name":"Brookside Joinery Ltd"}}"#,
        ),
        ok(r#"{"teams":[{"id":41,"name":"Trade sales","createdAt":"x"},{"id":42}]}"#),
    ]);
    let (capsule, _) = capsule(&script);
    assert_eq!(
        capsule.account().await.unwrap(),
        CapsuleAccount { subdomain: "brookside".into(), name: "Brookside Joinery Ltd".into() }
    );
    let teams = capsule.teams().await.unwrap();
    assert_eq!((teams[0].id, teams[0].name.as_str()), (TeamId(41), "Trade sales"));
    assert_eq!(script.lines(), ["GET /api/v2/site", "GET /api/v2/teams"]);
}

#[tokio::test(start_paused = true)]
async fn b5_the_deleted_feed_tells_deleted_from_hidden() {
    let script = Script::in_order(vec![
        answer(
            200,
            &[("Link", "<http://localhost:9/api/v2/parties/deleted?page=2>; rel=\"next\"")],
            r#"{"parties":[{"id":5,"deletedAt":"2026-03-14T11:26:19Z"},{"id":4,"deletedAt":"2026-03-15T11:26:19Z"}],
                "restrictedParties":[{"id":31042,"type":"person","lastName":"Private","isRestricted":true}]}"#,
        ),
        ok(r#"{"parties":[{"id":5,"deletedAt":"2026-03-16T00:00:00Z"}]}"#),
    ]);
    let (capsule, _) = capsule(&script);
    let feed = capsule.deleted("2026-03-01T00:00:00Z".parse().unwrap()).await.unwrap();
    assert_eq!(
        feed.deleted,
        [
            (ContactId(4), "2026-03-15T11:26:19Z".parse().unwrap()),
            (ContactId(5), "2026-03-16T00:00:00Z".parse().unwrap()),
        ]
    );
    assert_eq!(feed.hidden, [ContactId(31042)]);
    assert_eq!(
        script.lines(),
        [
            "GET /api/v2/parties/deleted?since=2026-03-01T00:00:00Z&page=1&perPage=100",
            "GET /api/v2/parties/deleted?since=2026-03-01T00:00:00Z&page=2&perPage=100",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_that_makes_no_sense_is_never_an_empty_list() {
    for body in ["", "<html>sign in</html>", "{}", r#"{"parties":null}"#, r#"{"parties":[{"id":1"#, "[]"] {
        let script = Script::in_order(vec![ok(body), ok(body)]);
        let (capsule, _) = capsule(&script);
        assert_eq!(trouble_of(capsule.contacts(None, 1).await), TroubleCode::Unreachable, "{body}");
        let since = START.parse().unwrap();
        assert_eq!(trouble_of(capsule.deleted(since).await), TroubleCode::Unreachable, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_contact_is_found_missing_or_senseless() {
    let script = Script::in_order(vec![
        ok(&party()),
        answer(404, &[], r#"{"message":"party not found"}"#),
        ok(r#"{"party":{"id":7}}"#),
        answer(403, &[], r#"{"message":"Requires additional scope"}"#),
    ]);
    let (capsule, _) = capsule(&script);
    assert_eq!(capsule.contact(ContactId(20990)).await.unwrap().name(), "Pennine Roofing Ltd");
    assert_eq!(capsule.contact(ContactId(7)).await, Err(RemoteError::NotFound));
    assert!(matches!(capsule.contact(ContactId(7)).await, Err(RemoteError::Refused { .. })));
    assert_eq!(trouble_of(capsule.contact(ContactId(7)).await), TroubleCode::TokenScope);
    assert_eq!(script.lines()[0], "GET /api/v2/parties/20990?embed=tags,fields");
}

#[tokio::test(start_paused = true)]
async fn b6_set_up_is_seen_with_the_fewest_requests() {
    let tagged = r#"{"definitions":[{"id":811,"name":"KashFlow ID","type":"text","tag":{"id":1520,"name":"KashFlow"}},
        {"id":9,"name":"Shoe size","type":"number"},"odd"]}"#;
    let plain = r#"{"definitions":[{"id":813,"name":"kashflow balance","type":"number","tag":null}]}"#;
    let more = [("X-Pagination-Has-More", "true")];
    for (answers, has_tag, definitions, requests) in [
        (vec![ok(tagged)], true, vec![(SummaryField::Id, 811)], 1),
        (
            vec![answer(200, &more, tagged), ok(plain)],
            true,
            vec![(SummaryField::Id, 811), (SummaryField::Balance, 813)],
            2,
        ),
        (
            vec![
                ok(plain),
                answer(200, &more, r#"{"tags":[{"id":1,"name":"VIP"}]}"#),
                ok(r#"{"tags":[{"id":1520,"name":"kashflow"}]}"#),
            ],
            true,
            vec![(SummaryField::Balance, 813)],
            3,
        ),
        (vec![ok(r#"{"definitions":[]}"#), ok(r#"{"tags":[]}"#)], false, vec![], 2),
    ] {
        let script = Script::in_order(answers);
        let (capsule, _) = capsule(&script);
        let set_up = capsule.summary_set_up().await.unwrap();
        assert_eq!(set_up.has_tag, has_tag);
        let expected: BTreeMap<_, _> =
            definitions.into_iter().map(|(field, id)| (field, DefinitionId(id))).collect();
        assert_eq!(set_up.definitions, expected);
        assert_eq!(script.sent().len(), requests);
    }
}

#[tokio::test(start_paused = true)]
async fn tag_and_definitions_are_made() {
    let script = Script::in_order(vec![
        answer(201, &[], r#"{"tag":{"id":1520,"name":"KashFlow","dataTag":true}}"#),
        answer(201, &[], r#"{"definition":{"id":813,"name":"KashFlow balance","type":"number"}}"#),
        answer(403, &[], r#"{"message":"Only administrators may do that"}"#),
    ]);
    let (capsule, _) = capsule(&script);
    capsule.make_tag().await.unwrap();
    assert_eq!(capsule.make_definition(SummaryField::Balance).await, Ok(DefinitionId(813)));
    assert!(matches!(
        capsule.make_definition(SummaryField::Link).await,
        Err(RemoteError::Refused { message, .. }) if message == "Only administrators may do that"
    ));
    assert_eq!(
        script.lines(),
        [
            "POST /api/v2/parties/tags",
            "POST /api/v2/parties/fields/definitions",
            "POST /api/v2/parties/fields/definitions",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn b6_a_create_is_one_request() {
    let script = Script::in_order(vec![answer(201, &[], &party())]);
    let (capsule, _) = capsule(&script);
    let made = capsule.create_contact(&draft(), &id_definition()).await.unwrap();
    assert_eq!(made.id, ContactId(20990));
    assert!(made.summary.tagged);
    let sent = &script.sent()[0];
    assert_eq!(sent.line, "POST /api/v2/parties?embed=tags,fields");
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(
        sent.body,
        Some(json!({"party": {"type": "organisation", "name": "Pennine Roofing Ltd", "owner": null,
            "tags": [{"name": "KashFlow"}],
            "fields": [{"definition": {"id": 811}, "value": "kf:0a1b2c3d:customer:7"}]}}))
    );
    assert_eq!(capsule.requests(), Requests { post: 1, ..Requests::default() });
}

#[tokio::test(start_paused = true)]
async fn sync_2_3_a_write_of_unknown_outcome_is_in_doubt_and_not_repeated() {
    let outcomes: Vec<Outcome> = vec![
        unknown(),
        answer(500, &[], ""),
        answer(502, &[], "<html>CANARY</html>"),
        answer(503, &[("Retry-After", "1")], ""),
        answer(408, &[], ""),
        answer(302, &[("Location", "https://elsewhere.example")], ""),
        answer(201, &[], ""),
        answer(201, &[], &party()[..60]),
        answer(201, &[], r#"{"party":{"id":1}}"#),
        answer(202, &[("Location", "/jobs/1")], ""),
    ];
    for outcome in outcomes {
        let script = Script::in_order(vec![outcome.clone(), outcome.clone()]);
        let (capsule, _) = capsule(&script);
        let Err(RemoteError::InDoubt { why }) = capsule.create_contact(&draft(), &id_definition()).await
        else {
            panic!("{outcome:?}");
        };
        assert!(!why.is_empty() && !why.contains("CANARY"), "{why}");
        let Err(RemoteError::InDoubt { .. }) =
            capsule.write_summary(ContactId(20990), TagChange::Attach, &[]).await
        else {
            panic!("{outcome:?}");
        };
        assert_eq!(script.sent().len(), 2, "{outcome:?}: one request each");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_never_left_is_sent_again() {
    let script = Script::in_order(vec![not_sent(), not_sent(), answer(201, &[], &party())]);
    let (capsule, _) = capsule(&script);
    assert!(capsule.create_contact(&draft(), &id_definition()).await.is_ok());
    assert_eq!(capsule.requests().post, 1, "only one was sent");
    let script = Script::new(|_, _| not_sent());
    let (capsule, _) = crate::script::capsule(&script);
    let outcome = capsule.create_contact(&draft(), &id_definition()).await;
    assert_eq!(trouble_of(outcome), TroubleCode::Unreachable);
    assert_eq!(script.sent().len(), 6);
    assert_eq!(capsule.requests().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_definite_refusal_of_a_write_is_told_apart() {
    let validation = r#"{"message":"Validation Failed","errors":[{"message":"unknown country","resource":"address","field":"country"}]}"#;
    for (status, body, expected) in [
        (422, validation, "refused"),
        (400, "", "refused"),
        (409, "", "refused"),
        (403, r#"{"message":"Not for your role"}"#, "refused"),
        (403, r#"{"message":"Requires additional scope"}"#, "token_scope"),
        (401, r#"{"message":"Requires authentication"}"#, "token_invalid"),
        (404, r#"{"message":"party not found"}"#, "not found"),
    ] {
        let script = Script::in_order(vec![answer(status, &[], body)]);
        let (capsule, _) = capsule(&script);
        let outcome = match capsule.write_summary(ContactId(1), TagChange::Attach, &[]).await.unwrap_err() {
            RemoteError::Refused { .. } => "refused",
            RemoteError::NotFound => "not found",
            RemoteError::Trouble(trouble) => trouble.code.word(),
            RemoteError::Stale => "stale",
            RemoteError::InDoubt { .. } => "in doubt",
        };
        assert_eq!(outcome, expected, "{status} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn b23_tag_and_fields_go_in_one_put_with_exact_numbers() {
    let definitions = r#"{"definitions":[{"id":811,"name":"KashFlow ID","type":"text"},
        {"id":813,"name":"KashFlow balance","type":"number"},{"id":815,"name":"KashFlow overdue","type":"text"}]}"#;
    let script = Script::in_order(vec![ok(definitions), ok(r#"{"tags":[]}"#), ok(&party())]);
    let (capsule, _) = capsule(&script);
    let values = [
        (SummaryField::Id, DefinitionId(811), Some("kf:0a1b2c3d:customer:7".to_owned())),
        (SummaryField::Balance, DefinitionId(813), Some("1250.50".to_owned())),
        // A field made by hand as text takes text.
        (SummaryField::Overdue, DefinitionId(815), Some("310.00".to_owned())),
        (SummaryField::NextDue, DefinitionId(814), None),
    ];
    capsule.summary_set_up().await.unwrap();
    capsule.write_summary(ContactId(20990), TagChange::Attach, &values).await.unwrap();
    let sent = script.sent();
    assert_eq!(
        script.lines(),
        [
            "GET /api/v2/parties/fields/definitions?page=1&perPage=100",
            "GET /api/v2/parties/tags?page=1&perPage=100",
            "PUT /api/v2/parties/20990?embed=tags,fields",
        ]
    );
    assert_eq!(
        sent[2].body.as_ref().unwrap().to_string(),
        concat!(
            r#"{"party":{"fields":[{"definition":{"id":811},"value":"kf:0a1b2c3d:customer:7"},"#,
            r#"{"definition":{"id":813},"value":1250.50},{"definition":{"id":815},"value":"310.00"},"#,
            r#"{"definition":{"id":814},"value":null}],"tags":[{"name":"KashFlow"}]}}"#
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_loses_its_link_loses_the_tag() {
    let tags = r#"{"tags":[{"id":3,"name":"VIP"},{"id":1520,"name":"KashFlow","dataTag":true}]}"#;
    let not_attached = r#"{"message":"Validation Failed","errors":[{"message":"tag not found to delete"}]}"#;
    let script = Script::in_order(vec![ok(tags), ok(&party()), answer(422, &[], not_attached), ok(&party())]);
    let (capsule, _) = capsule(&script);
    let values = [(SummaryField::Id, DefinitionId(811), None)];
    capsule.write_summary(ContactId(20990), TagChange::Detach, &values).await.unwrap();
    capsule.write_summary(ContactId(20990), TagChange::Detach, &values).await.unwrap();
    let bodies: Vec<_> = script.sent().into_iter().filter_map(|sent| sent.body).collect();
    let fields = json!([{"definition": {"id": 811}, "value": null}]);
    let detach = json!({"party": {"tags": [{"id": 1520, "_delete": true}], "fields": fields}});
    assert_eq!(bodies, [detach.clone(), detach, json!({"party": {"fields": fields}})]);
}
