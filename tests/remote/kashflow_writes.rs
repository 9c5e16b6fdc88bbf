//! KashFlow: what a write sends, and what is made of every way in which it can end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kashsync::domain::details::{Details, Field};
use kashsync::domain::document_parts::DocumentParts;
use kashsync::domain::draft::LedgerDraft;
use kashsync::domain::edit::Edit;
use kashsync::domain::ids::{LedgerRef, Side};
use kashsync::domain::trouble::TroubleCode;
use kashsync::ports::{Ledger, LedgerDetail, RemoteError, TAKEN_CODE};
use kashsync::remote::kashflow::KashFlowClient;
use serde_json::{Value, json};

use crate::script::{Outcome, Script, answer, kashflow, not_sent, ok, signed_in, trouble_of, unknown};

const EXPIRED: &str = r#"{"Error":"InvalidSessionToken","Message":"Session token provided is invalid."}"#;
const SLOW: &str = r#"{"Error":"-2146232060","Message":"Execution Timeout Expired."}"#;

fn whole() -> Value {
    json!({"Id": 7, "Code": "ACME 1 ", "Name": "Acme", "IsArchived": false, "OutstandingBalance": 1.5, "Website": "",
        "Note": "gate code 7", "Contacts": [{"Id": 70, "IsPrimary": true, "Email": "a@x.example"}], "Addresses": []})
}

/// The calls that write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    Replace,
    Unarchive,
    Create,
    Archive,
    Delete,
}

const WRITES: [Write; 5] = [Write::Replace, Write::Unarchive, Write::Create, Write::Archive, Write::Delete];

fn edit() -> Edit {
    let values = Details { email: "n@x.example".into(), ..Details::default() };
    Edit { fields: [Field::Email].into(), values }
}

fn draft() -> LedgerDraft {
    LedgerDraft {
        code: "ACME01".into(),
        first: String::new(),
        last: String::new(),
        details: Details { name: "Acme".into(), ..Details::default() },
    }
}

async fn detail(client: &KashFlowClient<Arc<Script>>) -> LedgerDetail {
    client.detail(Side::Customer, "ACME 1 ").await.unwrap()
}

async fn write(client: &KashFlowClient<Arc<Script>>, write: Write) -> Result<(), RemoteError> {
    match write {
        Write::Replace => client.replace(&detail(client).await, &edit()).await.map(drop),
        Write::Unarchive => client.unarchive(&detail(client).await).await.map(drop),
        Write::Create => client.create(Side::Customer, &draft()).await.map(drop),
        Write::Archive => client.archive(Side::Customer, "ACME 1").await,
        Write::Delete => client.delete(Side::Customer, "ACME 1").await,
    }
}

/// Serves the record, and the writes by these outcomes in order.
fn serving(outcomes: Vec<Outcome>) -> Arc<Script> {
    let place = AtomicUsize::new(0);
    signed_in(move |sent| {
        if sent.line.starts_with("GET") {
            return ok(&whole().to_string());
        }
        let place = place.fetch_add(1, Ordering::SeqCst);
        outcomes.get(place).cloned().unwrap_or_else(|| panic!("sent again: {}", sent.line))
    })
}

fn sent_writes(script: &Script) -> Vec<String> {
    let writes = |line: &String| !line.starts_with("GET") && !line.contains("sessiontoken");
    script.lines().into_iter().filter(writes).collect()
}

fn sign_ins(script: &Script) -> usize {
    script.lines().iter().filter(|line| *line == "POST /v2/sessiontoken").count()
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_outcome_is_unknown_is_in_doubt_and_never_repeated() {
    for kind in WRITES {
        for outcome in [
            unknown(),
            answer(500, &[], ""),
            answer(503, &[], "<html>"),
            answer(408, &[], ""),
            answer(302, &[], ""),
            answer(400, &[], SLOW),
        ] {
            let script = serving(vec![outcome.clone()]);
            let (client, _) = kashflow(&script);
            let ended = write(&client, kind).await;
            assert!(matches!(ended, Err(RemoteError::InDoubt { .. })), "{kind:?} {outcome:?}: {ended:?}");
            assert_eq!(sent_writes(&script).len(), 1, "{kind:?} {outcome:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_makes_no_sense_leaves_the_outcome_in_doubt() {
    for body in ["", "<html>", "[]", "{}", r#"{"Id":8,"Code":"OTHER","Name":"Other"}"#] {
        for kind in [Write::Replace, Write::Unarchive, Write::Create] {
            let script = serving(vec![ok(body)]);
            let (client, _) = kashflow(&script);
            let ended = write(&client, kind).await;
            // A create has no identity to compare yet: any whole record is an answer.
            if kind == Write::Create && body.contains("OTHER") {
                assert_eq!(ended, Ok(()));
            } else {
                assert!(matches!(ended, Err(RemoteError::InDoubt { .. })), "{kind:?} {body}: {ended:?}");
            }
        }
        for kind in [Write::Archive, Write::Delete] {
            let script = serving(vec![ok(body)]);
            let (client, _) = kashflow(&script);
            let ended = write(&client, kind).await;
            if body == "<html>" {
                assert!(
                    matches!(ended, Err(RemoteError::InDoubt { .. })),
                    "KashFlow did not say that: {ended:?}"
                );
            } else {
                assert_eq!(ended, Ok(()), "nobody says what these answer");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn neither_a_promise_nor_a_page_is_a_deed() {
    let whole = whole().to_string();
    for outcome in [answer(202, &[], &whole), answer(202, &[], ""), answer(200, &[], "\r\n <!DOCTYPE html>")]
    {
        for kind in WRITES {
            let script = serving(vec![outcome.clone()]);
            let (client, _) = kashflow(&script);
            let ended = write(&client, kind).await;
            assert!(matches!(ended, Err(RemoteError::InDoubt { .. })), "{kind:?} {outcome:?}: {ended:?}");
            assert_eq!(sent_writes(&script).len(), 1, "{kind:?} {outcome:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_certainly_not_carried_out_is_sent_again() {
    for kind in WRITES {
        let done = if kind == Write::Delete { answer(204, &[], "") } else { ok(&whole().to_string()) };
        for (first, repeats_sign_in) in [
            (answer(401, &[], EXPIRED), true),
            (answer(429, &[("Retry-After", "1")], ""), false),
            (not_sent(), false),
        ] {
            let script = serving(vec![first.clone(), done.clone()]);
            let (client, _) = kashflow(&script);
            assert_eq!(write(&client, kind).await, Ok(()), "{kind:?} {first:?}");
            let writes = sent_writes(&script);
            assert!(writes.len() == 2 && writes[0] == writes[1], "{writes:?}");
            assert_eq!(sign_ins(&script), if repeats_sign_in { 2 } else { 1 });
        }
    }
}

#[tokio::test(start_paused = true)]
async fn b18_a_change_of_what_was_seen_too_long_ago_is_not_sent() {
    for kind in WRITES {
        let done = if kind == Write::Delete { answer(204, &[], "") } else { ok(&whole().to_string()) };
        let script = serving(vec![answer(429, &[("Retry-After", "30")], ""), done]);
        let (client, _) = kashflow(&script);
        let ended = write(&client, kind).await;
        let sent = sent_writes(&script).len();
        if kind == Write::Create {
            assert_eq!((ended, sent), (Ok(()), 2), "a new record overwrites nothing");
        } else {
            assert_eq!((ended, sent), (Err(RemoteError::Stale), 1), "{kind:?}");
            assert_eq!(write(&client, kind).await, Ok(()), "{kind:?}: looked at again, it is sent at once");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn b39_a_write_is_refused_for_good_and_told_apart() {
    for kind in WRITES {
        let denied = r#"{"Error":"AccessDenied","Message":"The REST API is not enabled."}"#;
        for (outcomes, code) in [
            (vec![answer(401, &[], EXPIRED), answer(401, &[], EXPIRED)], TroubleCode::Unreachable),
            // Not the words of a lapsed session: sent once, whatever it means.
            (vec![answer(401, &[], "<html>")], TroubleCode::Unreachable),
            (vec![answer(401, &[], denied)], TroubleCode::ApiOff),
            (vec![answer(403, &[], "{}")], TroubleCode::ApiOff),
        ] {
            let expected = outcomes.len();
            let script = serving(outcomes);
            let (client, _) = kashflow(&script);
            assert_eq!(trouble_of(write(&client, kind).await), code, "{kind:?}");
            assert_eq!(sent_writes(&script).len(), expected);
        }
        let script = serving(vec![answer(404, &[], "")]);
        assert_eq!(write(&kashflow(&script).0, kind).await, Err(RemoteError::NotFound), "{kind:?}");
        let refusal = r#"{"Error":"ValidationError","Message":"Country code is invalid"}"#;
        let script = serving(vec![answer(400, &[], refusal)]);
        assert_eq!(
            write(&kashflow(&script).0, kind).await,
            Err(RemoteError::Refused { message: "Country code is invalid".into(), field: None }),
            "{kind:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn b27_a_taken_code_is_named() {
    let refusal = r#"{"Error":"ValidationError","Message":"Customer Code is not unique"}"#;
    let script = serving(vec![answer(400, &[], refusal)]);
    let outcome = kashflow(&script).0.create(Side::Customer, &draft()).await;
    let Err(RemoteError::Refused { field, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(field.as_deref(), Some(TAKEN_CODE));
    assert_eq!(sent_writes(&script), ["POST /v2/customers"]);
}

#[tokio::test(start_paused = true)]
async fn b17_the_whole_record_goes_back_to_its_own_address_and_nowhere_else() {
    let mut archived = whole();
    archived["IsArchived"] = json!(true);
    let script = serving(vec![ok(&whole().to_string()), answer(201, &[], &whole().to_string()), ok("")]);
    let (client, _) = kashflow(&script);
    let detail = detail(&client).await;
    assert_eq!((detail.contact.id, detail.contact.code.as_str()), (LedgerRef::customer(7), "ACME 1"));
    client.replace(&detail, &edit()).await.unwrap();
    client.unarchive(&LedgerDetail::new(detail.contact.clone(), archived)).await.unwrap();
    client.archive(Side::Supplier, " ACME/1 ").await.unwrap();
    assert_eq!(
        sent_writes(&script),
        ["PUT /v2/customers/ACME%201", "PUT /v2/customers/ACME%201", "PUT /v2/internal/suppliers/archive"],
        "never with updateInvoicesAddress"
    );
    let bodies: Vec<Value> = script.sent().into_iter().rev().take(3).filter_map(|sent| sent.body).collect();
    assert_eq!(bodies[0], json!(["ACME/1"]));
    assert_eq!(
        bodies[2],
        json!({"Code": "ACME 1 ", "Name": "Acme", "IsArchived": false, "Note": "gate code 7",
            "Contacts": [{"Id": 70, "IsPrimary": true, "Email": "n@x.example"}], "Addresses": []})
    );
    assert_eq!(bodies[1]["IsArchived"], json!(false));
    assert_eq!(bodies[1]["Contacts"][0]["Email"], json!("a@x.example"));
}

#[tokio::test(start_paused = true)]
async fn b06_a_write_that_would_change_nothing_is_not_sent() {
    let script = serving(Vec::new());
    let (client, _) = kashflow(&script);
    let detail = detail(&client).await;
    let values = Details { email: "a@x.example".into(), ..Details::default() };
    let same = Edit { fields: [Field::Email, Field::Phone, Field::Address].into(), values };
    let replaced = client.replace(&detail, &same).await.unwrap();
    assert_eq!((replaced.contact, replaced.losses), (detail.contact, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn b17_an_answer_that_leaves_fields_out_is_checked_by_reading_again() {
    let brief = json!({"Id": 7, "Code": "ACME 1 ", "Name": "Acme"}).to_string();
    let script = serving(vec![ok(&brief)]);
    let (client, _) = kashflow(&script);
    let detail = detail(&client).await;
    let replaced = client.replace(&detail, &edit()).await.unwrap();
    assert_eq!(replaced.losses, Vec::new(), "the record itself still holds everything");
    assert_eq!(script.lines().last().unwrap(), "GET /v2/customers/ACME%201");
}

#[tokio::test(start_paused = true)]
async fn codes_that_address_something_else_are_refused_before_anything_is_sent() {
    let script = serving(Vec::new());
    let (client, _) = kashflow(&script);
    for code in ["", " ", ".", ".."] {
        for outcome in [
            client.delete(Side::Customer, code).await,
            client.archive(Side::Customer, code).await,
            client.detail(Side::Supplier, code).await.map(drop),
        ] {
            assert!(matches!(outcome, Err(RemoteError::Refused { .. })), "{code:?}: {outcome:?}");
        }
    }
    assert_eq!(script.lines(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn bank_details_never_show_in_debug_output() {
    let mut supplier = whole();
    supplier["BankAccount"] = json!({"Name": "CANARY", "Number": "CANARY", "SortCode": "CANARY"});
    supplier["Address"] = json!({"Line1": "9 Yard Lane"});
    let script = signed_in(move |_| ok(&supplier.to_string()));
    let detail = kashflow(&script).0.detail(Side::Supplier, "ACME 1").await.unwrap();
    let shown = format!("{detail:?}");
    assert!(!shown.contains("CANARY") && shown.contains("9 Yard Lane"), "{shown}");
    assert_eq!(detail.whole()["BankAccount"]["Number"], "CANARY", "but it goes back");
}

#[tokio::test(start_paused = true)]
async fn b29_quotes_are_those_of_the_customer_whatever_the_filter_does() {
    let rows = r#"{"MetaData":{"NextPageUrl":null},"Data":[
        {"Number":301,"Date":"2026-11-12 12:00:00","CustomerId":7,"CustomerCode":"ACME 1","GrossAmount":5760.0000},
        {"Number":302,"CustomerId":8,"CustomerCode":"ACME 1","GrossAmount":1.0000},
        {"Number":303,"CustomerCode":"acme 1 ","NetAmount":100.0000,"VATAmount":20.0000,"Currency":{"Code":"EUR"}}]}"#;
    let script = signed_in(
        move |sent| if sent.line.contains("/quotes") { ok(rows) } else { ok(&whole().to_string()) },
    );
    let (client, _) = kashflow(&script);
    let customer = detail(&client).await.contact;
    let quotes = client.quotes(&customer).await.unwrap();
    let told: Vec<_> = quotes
        .iter()
        .map(|quote| (quote.number, quote.gross.to_string(), quote.currency.is_some(), quote.date.is_some()))
        .collect();
    assert_eq!(told, [(301, "5760".into(), false, true), (303, "120".into(), true, false)]);
    assert_eq!(
        script.lines().last().unwrap(),
        "GET /v2/quotes?page=1&perpage=100&sortby=Number&order=Asc&customercode=ACME%201"
    );
    let broken = r#"{"MetaData":{},"Data":[{"Number":1,"CustomerId":7}]}"#;
    let script = signed_in(move |_| ok(broken));
    let outcome = kashflow(&script).0.quotes(&customer).await;
    assert!(matches!(outcome, Err(RemoteError::Refused { .. })), "nothing is understated: {outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn b27_names_are_compared_again() {
    let rows = r#"{"MetaData":{"NextPageUrl":null},"Data":[{"Id":1,"Code":"A1","Name":"ACME  & Co"},
        {"Id":2,"Code":"A2","Name":"Acme & Co Ltd"}]}"#;
    let script = signed_in(move |_| ok(rows));
    let found = kashflow(&script).0.named(Side::Customer, " Acme & Co").await.unwrap();
    assert_eq!(found.iter().map(|record| record.id.id.0).collect::<Vec<_>>(), [1]);
    assert!(script.lines().last().unwrap().ends_with("&filterarchived=true&namestartswith=Acme%20%26%20Co"));
}

#[tokio::test(start_paused = true)]
async fn lines_and_payments_are_read_on_demand() {
    let invoice = r#"{"Number":1042,"Permalink":"/v2/documents/invoice/x","LineItems":[
        {"Number":1,"Description":"Oak trim","Quantity":10.0000,"Rate":20.0050,"VATAmount":40.0100}],
        "PaymentLines":[{"Id":1,"Date":"2026-07-14 12:00:00","Amount":50.0000,"Method":1,"Note":"BACS","Reference":null,
        "IsPaymentCreditNote":0},{"Date":null,"Amount":5,"IsPaymentCreditNote":true}]}"#;
    let script = signed_in(move |_| ok(invoice));
    let (client, _) = kashflow(&script);
    let parts = client.document_parts(Side::Customer, 1042).await.unwrap();
    let line = &parts.lines[0];
    assert_eq!(
        (line.description.as_str(), line.net.to_string(), line.vat.to_string()),
        ("Oak trim", "200.05".into(), "40.01".into())
    );
    let payments: Vec<_> = parts
        .payments
        .iter()
        .map(|payment| {
            (payment.amount.to_string(), payment.method, payment.reference.as_str(), payment.is_credit_note)
        })
        .collect();
    assert_eq!(payments, [("50".into(), Some(1), "BACS", false), ("5".into(), None, "", true)]);
    assert_eq!(script.lines().last().unwrap(), "GET /v2/invoices/1042");
    let script = signed_in(|_| ok(r#"{"Number":1,"LineItems":null}"#));
    assert_eq!(kashflow(&script).0.document_parts(Side::Supplier, 1).await, Ok(DocumentParts::default()));
    let script = signed_in(|_| answer(404, &[], ""));
    let gone = kashflow(&script).0.document_parts(Side::Supplier, 1).await;
    assert_eq!(gone, Err(RemoteError::NotFound));
}
