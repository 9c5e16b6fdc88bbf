//! KashFlow: signing in, staying signed in, and reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kashsync::domain::ids::Side;
use kashsync::domain::money::Currency;
use kashsync::domain::run::Requests;
use kashsync::domain::trouble::TroubleCode;
use kashsync::ports::{Ledger, Pace, RemoteError, RemoteNotice};
use serde_json::json;
use tokio::time::Instant;

use crate::script::{
    COMPANY_DETAILS, STEP_ONE, Script, answer, kashflow, kashflow_with, not_sent, ok, signed_in, step_two,
    trouble_of, unknown,
};

const NO_ROWS: &str = r#"{"MetaData":{"TotalRecords":0,"NextPageUrl":null},"Data":[]}"#;
const EXPIRED: &str = r#"{"Error":"InvalidSessionToken","Message":"Session token provided is invalid."}"#;

fn posts(script: &Script) -> usize {
    script.lines().iter().filter(|line| line.starts_with("POST")).count()
}

#[tokio::test(start_paused = true)]
async fn signing_in_takes_two_steps_and_tells_whose_books_these_are() {
    let script = Script::in_order(vec![
        answer(201, &[], STEP_ONE),
        ok(&step_two(1)),
        ok(COMPANY_DETAILS),
        ok("{}"),
        answer(201, &[], STEP_ONE),
        ok(&step_two(4)),
    ]);
    let (kashflow, _) = kashflow(&script);
    let company = kashflow.company().await.unwrap();
    assert_eq!((company.id, company.name.as_str()), (Some(41), "Northgate Supplies Ltd"));
    assert_eq!(company.home_currency, Currency::GBP);
    assert_eq!(kashflow.company().await.unwrap(), company);
    let sent = script.sent();
    assert_eq!(
        script.lines(),
        ["POST /v2/sessiontoken", "PUT /v2/sessiontoken", "GET /v2/settings/companydetails"],
        "asking twice sends nothing"
    );
    assert_eq!(sent[0].body, Some(json!({"UserName": "northgate", "Password": "CANARY-password"})));
    assert_eq!(
        sent[1].body,
        Some(json!({"TemporaryToken": "temp-1", "MemorableWordList": [
            {"Position": 5, "Value": "t"}, {"Position": 1, "Value": "l"}, {"Position": 8, "Value": "u"}]}))
    );
    assert_eq!((sent[0].header("authorization"), sent[1].header("authorization")), (None, None));
    assert_eq!(sent[2].header("authorization"), Some("KfToken CANARY-session-1"));
    kashflow.sign_out().await;
    assert_eq!(kashflow.company().await.unwrap(), company);
    assert_eq!(
        script.lines()[3..],
        ["DELETE /v2/sessiontoken/CANARY-session-1", "POST /v2/sessiontoken", "PUT /v2/sessiontoken"],
        "the currency of one company's books is read once"
    );
    assert_eq!(kashflow.requests(), Requests { get: 1, post: 2, put: 2, delete: 1 });
}

#[tokio::test(start_paused = true)]
async fn lists_are_asked_for_whole_and_in_a_stable_order() {
    let script = signed_in(|_| ok(NO_ROWS));
    let (kashflow, _) = kashflow(&script);
    kashflow.contacts(Side::Customer, 1).await.unwrap();
    kashflow.contacts(Side::Supplier, 2).await.unwrap();
    kashflow.documents(Side::Customer, true, 1).await.unwrap();
    kashflow.documents(Side::Supplier, false, 3).await.unwrap();
    let lines = script.lines();
    assert_eq!(
        lines[2..],
        [
            "GET /v2/customers?page=1&perpage=100&sortby=Code&order=Asc&filterarchived=true",
            "GET /v2/suppliers?page=2&perpage=100&sortby=Code&order=Asc&filterarchived=true",
            "GET /v2/settings/companydetails",
            "GET /v2/invoices?page=1&perpage=100&sortby=Number&order=Desc",
            "GET /v2/purchases?page=3&perpage=100&sortby=Number&order=Asc",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_tells_what_is_left_and_isolates_bad_rows() {
    let script = signed_in(|_| {
        ok(r#"{"MetaData":{"TotalRecords":3,"NextPageUrl":"https://elsewhere.example/v2/customers?page=2"},
            "Data":[{"Id":50120041,"Code":"BRAM01 ","Name":"Bramble & Co","IsArchived":true},
                    {"Id":50120077,"Code":null,"Name":"Harbour Lane Bakery"}]}"#)
    });
    let (kashflow, _) = kashflow(&script);
    let page = kashflow.contacts(Side::Customer, 1).await.unwrap();
    assert_eq!((page.records.len(), page.total, page.more), (1, Some(3), true));
    assert_eq!(page.records[0].code, "BRAM01");
    assert!(page.records[0].archived);
    assert_eq!(page.unreadable.len(), 1);
    assert!(page.unreadable[0].contains("Harbour Lane Bakery (id 50120077)"), "{:?}", page.unreadable);
    assert!(page.server_time.is_some());
}

#[tokio::test(start_paused = true)]
async fn the_unpaid_report_is_whole_or_refused() {
    let whole = r#"{"Metadata":{"TotalOwed":240.00},"Invoices":[
        {"InvoiceNumber":1042,"InvoiceAmountOwed":240.0000,"DueDate":"2026-07-20 12:00:00","PartPayments":[]}]}"#;
    let broken =
        r#"{"Metadata":{},"Invoices":[{"InvoiceNumber":1042,"InvoiceAmountOwed":1},{"InvoiceNumber":1043}]}"#;
    let script = signed_in({
        let calls = AtomicUsize::new(0);
        move |_| ok(if calls.fetch_add(1, Ordering::SeqCst) == 0 { whole } else { broken })
    });
    let (kashflow, _) = kashflow(&script);
    let lines = kashflow.unpaid().await.unwrap();
    assert_eq!((lines[0].number, lines[0].owed), (1042, "240".parse().unwrap()));
    assert_eq!(trouble_of(kashflow.unpaid().await), TroubleCode::Unreachable);
    assert_eq!(script.lines()[2], "GET /v2/reports/sales/unpaid-invoices");
}

#[tokio::test(start_paused = true)]
async fn one_document_is_found_missing_or_senseless() {
    let script = signed_in(|sent| match sent.line.as_str() {
        "GET /v2/invoices/7" => {
            ok(r#"{"Id":1,"Number":7,"GrossAmount":-60.0000,"DueAmount":-60.0000,"Currency":null}"#)
        }
        "GET /v2/purchases/8" => ok(r#"{"Id":1,"Number":8}"#),
        "GET /v2/purchases/9" => answer(400, &[], r#"{"Error":"X","Message":"Address of no access"}"#),
        _ => answer(404, &[], ""),
    });
    let (kashflow, _) = kashflow(&script);
    let credit = kashflow.document(Side::Customer, 7).await.unwrap();
    assert_eq!((credit.gross, credit.currency), ("-60".parse().unwrap(), Currency::GBP));
    assert_eq!(kashflow.document(Side::Customer, 8).await, Err(RemoteError::NotFound));
    for number in [8, 9] {
        let outcome = kashflow.document(Side::Supplier, number).await;
        assert!(matches!(outcome, Err(RemoteError::Refused { .. })), "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lapsed_session_is_renewed_once_for_all_calls() {
    let script = Script::slow(Duration::from_millis(50), |number, sent| match sent.line.as_str() {
        "POST /v2/sessiontoken" => answer(201, &[], STEP_ONE),
        "PUT /v2/sessiontoken" => ok(&step_two(number)),
        _ if sent.header("authorization") == Some("KfToken CANARY-session-1") => answer(401, &[], EXPIRED),
        _ => ok(NO_ROWS),
    });
    let (kashflow, _) = kashflow(&script);
    let kashflow = Arc::new(kashflow);
    let calls: Vec<_> = (1..=4)
        .map(|page| {
            let kashflow = Arc::clone(&kashflow);
            tokio::spawn(async move { kashflow.contacts(Side::Customer, page).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(posts(&script), 2, "one sign-in at the start, one renewal");
    assert_eq!(kashflow.requests(), Requests { get: 8, post: 2, put: 2, delete: 0 });
}

#[tokio::test(start_paused = true)]
async fn a_session_refused_twice_is_trouble() {
    for status in [401, 403] {
        let script = signed_in(move |_| answer(status, &[], EXPIRED));
        let (kashflow, _) = kashflow(&script);
        let code = trouble_of(kashflow.contacts(Side::Customer, 1).await);
        let expected = if status == 401 { TroubleCode::Unreachable } else { TroubleCode::ApiOff };
        assert_eq!(code, expected);
        assert_eq!(posts(&script), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn b39_a_known_refusal_does_not_lead_to_signing_in_again() {
    for (error, message, code) in [
        (
            "AccountLocked",
            "User account is locked, please contact administrator.",
            TroubleCode::AccountLocked,
        ),
        ("SubscriptionExpired", "User Subscription has expired.", TroubleCode::SubscriptionExpired),
        ("AccessDenied", "API access is switched off for this account.", TroubleCode::ApiOff),
        ("AccessDenied", "The IP address of 203.0.113.9 is not in the access list", TroubleCode::IpBlocked),
    ] {
        let body = json!({"Error": error, "Message": message}).to_string();
        let script = signed_in(move |_| answer(401, &[], &body));
        let (kashflow, _) = kashflow(&script);
        let Err(RemoteError::Trouble(trouble)) = kashflow.contacts(Side::Customer, 1).await else {
            panic!("{error}");
        };
        assert_eq!((trouble.code, trouble.message.as_str()), (code, message), "verbatim");
        assert_eq!(posts(&script), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn b39_refused_credentials_are_sent_once() {
    let body = r#"{"Error":"InvalidCredentials","Message":"Invalid username or password."}"#;
    let script = Script::slow(Duration::from_millis(50), move |_, _| answer(400, &[], body));
    let (kashflow, _) = kashflow(&script);
    let kashflow = Arc::new(kashflow);
    let calls: Vec<_> = (1..=4)
        .map(|page| {
            let kashflow = Arc::clone(&kashflow);
            tokio::spawn(async move { kashflow.contacts(Side::Supplier, page).await })
        })
        .collect();
    for call in calls {
        assert_eq!(trouble_of(call.await.unwrap()), TroubleCode::WrongCredentials);
    }
    assert_eq!(trouble_of(kashflow.company().await), TroubleCode::WrongCredentials);
    assert_eq!(script.lines(), ["POST /v2/sessiontoken"]);
    kashflow.sign_out().await;
    assert_eq!(trouble_of(kashflow.company().await), TroubleCode::WrongCredentials);
    assert_eq!(script.lines(), ["POST /v2/sessiontoken"], "nor in a later session");
}

#[tokio::test(start_paused = true)]
async fn the_memorable_word_is_tried_once_and_never_when_too_short() {
    let wrong = r#"{"Error":"ValidationError","Message":"Memorable word is not right"}"#;
    let script = Script::in_order(vec![answer(201, &[], STEP_ONE), answer(400, &[], wrong)]);
    let (kashflow, _) = kashflow(&script);
    assert_eq!(trouble_of(kashflow.company().await), TroubleCode::WrongMemorableWord);
    assert_eq!(trouble_of(kashflow.company().await), TroubleCode::WrongMemorableWord);
    let far = r#"{"TemporaryToken":"t","MemorableWordList":[{"Position":11,"Value":""}]}"#;
    let script = Script::in_order(vec![answer(201, &[], far)]);
    let (kashflow, _) = crate::script::kashflow(&script);
    assert_eq!(trouble_of(kashflow.company().await), TroubleCode::WrongMemorableWord);
}

#[tokio::test(start_paused = true)]
async fn b39_a_sign_in_that_lapsed_half_way_says_nothing_against_the_memorable_word() {
    let lapsed = r#"{"Error":"ValidationError","Message":"Temporary token provided is invalid."}"#;
    let script = Script::in_order(vec![
        answer(201, &[], STEP_ONE),
        answer(429, &[("Retry-After", "400")], ""),
        answer(400, &[], lapsed),
        answer(201, &[], STEP_ONE),
        ok(&step_two(4)),
        ok(NO_ROWS),
    ]);
    let (kashflow, _) = kashflow(&script);
    kashflow.contacts(Side::Customer, 1).await.unwrap();
    assert_eq!(posts(&script), 2, "it begins anew, once");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_of_unknown_outcome_is_tried_once_more() {
    let script = Script::in_order(vec![
        answer(201, &[], STEP_ONE),
        unknown(),
        not_sent(),
        answer(201, &[], STEP_ONE),
        ok(&step_two(4)),
        ok(NO_ROWS),
    ]);
    let (kashflow, _) = kashflow(&script);
    kashflow.contacts(Side::Customer, 1).await.unwrap();
    let script = Script::new(|_, _| answer(503, &[], ""));
    let (kashflow, _) = crate::script::kashflow(&script);
    assert_eq!(trouble_of(kashflow.contacts(Side::Customer, 1).await), TroubleCode::Unreachable);
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_one_sign_in_share_its_failure() {
    let script = Script::slow(Duration::from_millis(50), |_, _| answer(503, &[], ""));
    let (kashflow, _) = kashflow(&script);
    let kashflow = Arc::new(kashflow);
    let calls: Vec<_> = (1..=4)
        .map(|page| {
            let kashflow = Arc::clone(&kashflow);
            tokio::spawn(async move { kashflow.contacts(Side::Customer, page).await })
        })
        .collect();
    for call in calls {
        assert_eq!(trouble_of(call.await.unwrap()), TroubleCode::Unreachable);
    }
    assert_eq!(posts(&script), 2, "one sign-in and its one repeat");
    assert_eq!(trouble_of(kashflow.company().await), TroubleCode::Unreachable);
    assert_eq!(posts(&script), 4, "a later call tries again");
}

#[tokio::test(start_paused = true)]
async fn the_database_time_out_in_disguise_is_retried() {
    let body = r#"{"Message":"Execution Timeout Expired.","Error":"-2146232060"}"#;
    let script = signed_in({
        let calls = AtomicUsize::new(0);
        move |_| {
            if calls.fetch_add(1, Ordering::SeqCst) < 2 { answer(400, &[], body) } else { ok(NO_ROWS) }
        }
    });
    let (kashflow, mut notices) = kashflow(&script);
    kashflow.contacts(Side::Customer, 7).await.unwrap();
    assert_eq!(kashflow.requests().get, 3);
    assert!(matches!(notices.recv().await, Some(RemoteNotice::Waiting { .. })));
}

#[tokio::test(start_paused = true)]
async fn signing_out_is_best_effort() {
    for outcome in [answer(500, &[], ""), unknown(), not_sent(), answer(429, &[("Retry-After", "60")], "")] {
        let script = signed_in(
            move |sent| {
                if sent.line.starts_with("DELETE") { outcome.clone() } else { ok(NO_ROWS) }
            },
        );
        let (kashflow, _) = kashflow(&script);
        kashflow.sign_out().await;
        assert_eq!(script.sent().len(), 0, "there is no session to end");
        kashflow.contacts(Side::Customer, 1).await.unwrap();
        let began = Instant::now();
        kashflow.sign_out().await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(script.sent().len(), 4, "one attempt");
    }
    let script = Script::slow(Duration::from_secs(30), |number, sent| match sent.line.as_str() {
        "POST /v2/sessiontoken" => answer(201, &[], STEP_ONE),
        "PUT /v2/sessiontoken" => ok(&step_two(number)),
        _ => ok(NO_ROWS),
    });
    let (kashflow, _) = kashflow_with(&script, Pace::default());
    kashflow.contacts(Side::Customer, 1).await.unwrap();
    let began = Instant::now();
    kashflow.sign_out().await;
    assert_eq!(began.elapsed(), Duration::from_secs(5), "nobody waits longer for a farewell");
}

#[tokio::test(start_paused = true)]
async fn details_without_a_currency_mean_pounds_and_odd_ones_are_refused() {
    for (details, expected) in [
        (r#"{"HomeCurrency":{"Code":"EUR"}}"#, Some("EUR")),
        (r#"{"HomeCurrency":null}"#, Some("GBP")),
        ("{}", Some("GBP")),
        (r#"{"HomeCurrency":{"Code":"euros"}}"#, None),
        ("[]", None),
    ] {
        let script = Script::new(move |number, sent| match sent.line.as_str() {
            "POST /v2/sessiontoken" => answer(201, &[], STEP_ONE),
            "PUT /v2/sessiontoken" => ok(&step_two(number)),
            _ => ok(details),
        });
        let (kashflow, _) = kashflow(&script);
        let currency = kashflow.company().await.map(|company| company.home_currency);
        assert_eq!(currency.ok(), expected.map(|code| Currency::parse(code).unwrap()), "{details}");
    }
}
