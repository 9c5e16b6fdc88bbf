//! Whatever bytes come back, the clients answer with an error or a record, and never panic.

use std::collections::BTreeMap;
use std::time::Duration;

use kashsync::domain::contact::{Summary, SummaryField};
use kashsync::domain::details::{Details, Field};
use kashsync::domain::draft::{ContactDraft, DraftKind};
use kashsync::domain::edit::Edit;
use kashsync::domain::ids::{ContactId, DefinitionId, Side};
use kashsync::ports::TagChange;
use kashsync::ports::{Crm, Ledger, Pace};
use kashsync::remote::transport::HttpResponse;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::script::{COMPANY_DETAILS, STEP_ONE, Script, capsule_at, kashflow_with, step_two};

const BODIES: [&str; 12] = [
    r#"{"parties":[{"id":1,"type":"person","firstName":"A","updatedAt":"2026-11-24T10:00:00Z","fields":[{"id":1,
        "definition":{"id":2,"name":"KashFlow ID"},"value":"x","tagId":3}],"deletedAt":"2026-11-24T10:00:00Z"}],
        "restrictedParties":[{"id":4}],"party":{"id":1,"type":"organisation","updatedAt":"2026-11-24T10:00:00Z"}}"#,
    r#"{"definitions":[{"id":1,"name":"KashFlow ID","type":"text","tag":{"id":1,"name":"KashFlow"}}],"tags":[{"id":1}]}"#,
    r#"{"site":{"subdomain":"a","name":"b"},"teams":[{"id":1,"name":"t"}],"tag":{"id":1},"definition":{"id":2}}"#,
    r#"{"message":"Validation Failed","errors":[{"message":"unknown country","resource":"address","field":"country"}]}"#,
    r#"{"Error":"InvalidSessionToken","Message":"Session token provided is invalid."}"#,
    r#"{"MetaData":{"TotalRecords":1,"NextPageUrl":null},"Data":[{"Id":1,"Code":"A","Number":2,"GrossAmount":1.5000,
        "DueAmount":-99999999999999999999,"DueDate":"2026-11-24 12:00:00","Contacts":[{"Email":null}]}]}"#,
    r#"{"Metadata":{},"Invoices":[{"InvoiceNumber":1,"InvoiceAmountOwed":1e3,"DueDate":"0001-01-01"}]}"#,
    STEP_ONE,
    COMPANY_DETAILS,
    include_str!("../fixtures/kashflow/rest-doc-examples/CustomersRESTExample.json"),
    include_str!("../fixtures/kashflow/rest-doc-examples/InvoicesRESTExample.json"),
    r#"{"meta":{"totalCount":1},"notes":[],"entries":[{"id":1,"type":"note"}],"tasks":[{"id":1,"status":"OPEN"}],
        "opportunities":[],"kases":[{"id":1}],"parties":[{"id":2,"type":"person","updatedAt":"2026-11-24T10:00:00Z",
        "organisation":{"id":1,"name":"a"},"phoneNumbers":[{"id":1,"type":"Fax","number":"1"}],"tags":[{"id":1,"name":"t"}],
        "emailAddresses":[{"id":1,"address":"a@b"}],"websites":[{"id":1,"service":"URL","address":"x","url":"http://x"}],
        "addresses":[{"id":1,"street":"a\nb","city":"c","zip":"d","country":"United Kingdom"}]}]}"#,
];

/// Every mapped field, to be written.
fn edit() -> Edit {
    Edit { fields: Field::ALL.into_iter().collect(), values: Details::default() }
}

/// Bytes of any kind, and bodies of the right kind with something changed or cut off.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let mutated = (0..BODIES.len(), any::<prop::sample::Index>(), any::<Option<u8>>()).prop_map(
        |(which, place, byte)| {
            let mut body = BODIES[which].as_bytes().to_vec();
            let place = place.index(body.len());
            match byte {
                Some(byte) => body[place] = byte,
                None => body.truncate(place),
            }
            body
        },
    );
    let swapped =
        (0..BODIES.len(), any::<prop::sample::Index>(), value()).prop_map(|(which, place, other)| {
            let mut body: Value = serde_json::from_str(BODIES[which]).unwrap();
            let place = place.index(size(&body));
            replace(&mut body, &mut { place }, &other);
            body.to_string().into_bytes()
        });
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..200), 2 => mutated, 3 => swapped]
}

/// A value of any kind, where another kind or another size is expected.
fn value() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0.1),
        serde_json::from_str("1e999").unwrap(),
        serde_json::from_str("99999999999999999999999999999999999999").unwrap(),
        json!(""),
        json!("\u{0}\u{1b}[31m\u{202e}"),
        json!("-79228162514264337593543950336"),
        json!("9999-12-31T23:59:60Z"),
        json!("-262144-01-01"),
        json!("x".repeat(70_000)),
        json!([]),
        json!([[[[null]]]]),
        json!({}),
        json!({ "id": {}, "name": [] }),
    ])
}

/// How many values there are in it, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.values().map(size).sum(),
        _ => 0,
    }
}

/// Puts another value in the place of that number.
fn replace(value: &mut Value, place: &mut usize, other: &Value) -> bool {
    if *place == 0 {
        *value = other.clone();
        return true;
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| replace(item, place, other)),
        Value::Object(fields) => fields.values_mut().any(|field| replace(field, place, other)),
        _ => false,
    }
}

fn response() -> impl Strategy<Value = HttpResponse> {
    let status = prop_oneof![3 => Just(200), 1 => prop::sample::select(vec![201, 204, 302, 400, 401, 403, 404, 422, 429, 500])];
    let header = prop::sample::select(vec![
        "Date",
        "Link",
        "X-Pagination-Has-More",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "Retry-After",
    ]);
    (status, prop::collection::vec((header, ".{0,40}"), 0..4), body()).prop_map(|(status, headers, body)| {
        HttpResponse {
            status,
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body,
        }
    })
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future);
}

fn impatient() -> Pace {
    Pace { backoff: Duration::ZERO, max_wait: Duration::ZERO, ..Pace::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_answer_of_capsule_is_survived(response in response()) {
        run(async move {
            // A list that claims to go on for ever would be read on and on: two pages are enough here.
            let script = Script::new(move |number, _| {
                let mut response = response.clone();
                if number % 2 == 1 {
                    response.headers.clear();
                }
                Ok(response)
            });
            let (capsule, _) = capsule_at(script, "http://localhost:9", impatient());
            let since = "2026-11-24T10:00:00Z".parse().unwrap();
            let draft = ContactDraft {
                kind: DraftKind::Person { first: "A".into(), last: "B".into() },
                email: String::new(), phone: String::new(), fax: String::new(), mobile: String::new(),
                website: String::new(), address: None, team: None, summary: Summary::default(),
                marker_website: "https://x#kashsync:m".into(), left_out: Vec::new(),
            };
            let _ = capsule.account().await;
            let _ = capsule.contacts(Some(since), 1).await;
            let _ = capsule.contact(ContactId(1)).await;
            let _ = capsule.deleted(since).await;
            let _ = capsule.teams().await;
            let _ = capsule.summary_set_up().await;
            let _ = capsule.make_tag().await;
            let _ = capsule.make_definition(SummaryField::Link).await;
            let _ = capsule.create_contact(&draft, &BTreeMap::new()).await;
            let _ = capsule.holdings(ContactId(1)).await;
            let _ = capsule.people(ContactId(1)).await;
            let _ = capsule.take_over(ContactId(1), ContactId(2)).await;
            let _ = capsule.move_person(ContactId(1), ContactId(2)).await;
            let _ = capsule.write_summary(ContactId(1), TagChange::Keep, &[(SummaryField::Balance, DefinitionId(1), Some("1".into()))]).await;
        });
    }

    #[test]
    fn any_answer_of_kashflow_is_survived(response in response(), sign_in_too: bool) {
        run(async move {
            let script = Script::new(move |number, sent| {
                let body = match sent.line.as_str() {
                    "POST /v2/sessiontoken" => STEP_ONE.to_owned(),
                    "PUT /v2/sessiontoken" => step_two(number),
                    "GET /v2/settings/companydetails" => COMPANY_DETAILS.to_owned(),
                    _ => return Ok(response.clone()),
                };
                if sign_in_too {
                    return Ok(response.clone());
                }
                Ok(HttpResponse { status: 200, headers: Vec::new(), body: body.into_bytes() })
            });
            let (kashflow, _) = kashflow_with(&script, impatient());
            let _ = kashflow.company().await;
            for side in Side::BOTH {
                let _ = kashflow.contacts(side, 1).await;
                let _ = kashflow.documents(side, true, 1).await;
                let _ = kashflow.document(side, 1).await;
                let _ = kashflow.document_parts(side, 1).await;
                let _ = kashflow.named(side, "A").await;
                let _ = kashflow.archive(side, "A").await;
                if let Ok(detail) = kashflow.detail(side, "A").await {
                    let _ = kashflow.quotes(&detail.contact).await;
                    let _ = kashflow.unarchive(&detail).await;
                    let _ = kashflow.replace(&detail, &edit()).await;
                }
            }
            let _ = kashflow.unpaid().await;
            kashflow.sign_out().await;
        });
    }
}
