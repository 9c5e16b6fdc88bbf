//! Signing in, through the front door.

use serde_json::{Value, json};

use super::{Desk, body, letters};
use crate::sim::{
    http::Method,
    kashflow::{Access, Options, Subscription, Throttle},
};

const TOKEN: &str = "/v2/sessiontoken";

fn good() -> Value {
    json!({ "username": "Brookside", "password": "Dovetail-Mortice-7" })
}

fn refusal(status: u16, error: &str) -> (u16, String) {
    (status, error.into())
}

fn invalid() -> (u16, String) {
    refusal(400, "ValidationError")
}

#[test]
fn three_letters_are_asked_never_ascending() {
    let mut desk = Desk::closed(Options::default());
    for _ in 0..40 {
        let answer = desk.send(Method::Post, TOKEN, &good());
        assert_eq!(answer.status, 201);
        let answer = body(&answer);
        let asked: Vec<u64> = answer["MemorableWordList"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["Position"].as_u64().unwrap())
            .collect();
        assert_eq!(asked.len(), 3);
        assert!(asked.iter().all(|at| (1..=8).contains(at)) && !asked.is_sorted(), "{asked:?}");
        assert!(answer.get("SessionToken").is_none());
        assert_eq!(answer["MemorableWordPositions"], "");
    }
}

#[test]
fn letters_are_compared_without_case_and_by_position() {
    let mut desk = Desk::closed(Options::default());
    let first = body(&desk.send(Method::Post, "/V2/SessionToken", &good()));
    let mut rows = letters(&first, "SAWHORSE");
    rows.as_array_mut().unwrap().reverse();
    let sent = json!({ "temporarytoken": first["TemporaryToken"], "memorablewordlist": rows });
    let second = desk.send(Method::Put, TOKEN, &sent);
    assert_eq!(second.status, 200);
    let second = body(&second);
    assert_eq!(second["CompanyName"], "Brookside Joinery Ltd");
    assert_eq!(second["CompanyId"], 482_913);
    desk.token = second["SessionToken"].as_str().unwrap().to_lowercase();
    desk.get("/v2/metadata");
}

#[test]
fn temporary_tokens_lapse_and_work_once() {
    let mut desk = Desk::closed(Options::default());
    let mut first = || {
        let first = body(&desk.send(Method::Post, TOKEN, &good()));
        json!({ "TemporaryToken": first["TemporaryToken"], "MemorableWordList": letters(&first, "sawhorse") })
    };
    let (one, two, mut three) = (first(), first(), first());
    assert_eq!(desk.send(Method::Put, TOKEN, &one).status, 200);
    assert_eq!(desk.refused(Method::Put, TOKEN, &one), invalid(), "used");
    desk.wait(6);
    assert_eq!(desk.refused(Method::Put, TOKEN, &two), invalid(), "lapsed");
    desk.now = "2026-07-15T09:00:00Z".parse().unwrap();
    let right = three["MemorableWordList"][1]["Value"].clone();
    three["MemorableWordList"][1]["Value"] = json!("q");
    assert_eq!(desk.refused(Method::Put, TOKEN, &three), invalid(), "wrong letters");
    three["MemorableWordList"][1]["Value"] = right;
    assert_eq!(desk.refused(Method::Put, TOKEN, &three), invalid(), "a try uses the token up");
}

#[test]
fn a_session_slides_for_an_hour() {
    let mut desk = Desk::open(Options::default());
    for _ in 0..3 {
        desk.wait(59);
        desk.get("/v2/metadata");
    }
    desk.wait(61);
    assert_eq!(desk.refused(Method::Get, "/v2/metadata", &Value::Null), refusal(401, "InvalidSessionToken"));
    desk.sign_in();
    desk.get("/v2/metadata");
    desk.kashflow.expire_sessions();
    assert_eq!(desk.refused(Method::Get, "/v2/customers", &Value::Null), refusal(401, "InvalidSessionToken"));
}

#[test]
fn signing_out_takes_the_token_from_path_or_header() {
    for address in ["/v2/sessiontoken/{token}", TOKEN] {
        let mut desk = Desk::open(Options::default());
        let address = address.replace("{token}", &desk.token);
        let answer = desk.send(Method::Delete, &address, &Value::Null);
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
        assert_eq!(desk.send(Method::Get, "/v2/metadata", &Value::Null).status, 401);
    }
}

#[test]
fn refused_sign_ins_are_told_apart() {
    let wrong = json!({ "UserName": "brookside", "Password": "x" });
    let base = Options::default;
    for (options, sent, expected) in [
        (base(), wrong.clone(), refusal(400, "InvalidCredentials")),
        (base(), json!({ "UserName": "nobody", "Password": "x" }), refusal(400, "InvalidCredentials")),
        (base(), json!([]), invalid()),
        (Options { password_expired: true, ..base() }, good(), refusal(400, "PasswordExpired")),
        (Options { password_expired: true, ..base() }, wrong, refusal(400, "InvalidCredentials")),
        (Options { access: Access::ApiOff, ..base() }, good(), refusal(401, "AccessDenied")),
        (Options { access: Access::AddressNotListed, ..base() }, good(), refusal(401, "AccessDenied")),
        (
            Options { subscription: Subscription::ExpiredRefused, ..base() },
            good(),
            refusal(401, "SubscriptionExpired"),
        ),
    ] {
        assert_eq!(Desk::closed(options).refused(Method::Post, TOKEN, &sent), expected, "{sent}");
    }
}

#[test]
fn five_bad_tries_lock_the_account() {
    let mut desk = Desk::closed(Options::default());
    let wrong = json!({ "UserName": "brookside", "Password": "x" });
    for _ in 0..4 {
        assert_eq!(desk.refused(Method::Post, TOKEN, &wrong).1, "InvalidCredentials");
    }
    // A whole sign-in forgives the four; wrong letters count like wrong passwords.
    desk.sign_in();
    for _ in 0..5 {
        let first = body(&desk.send(Method::Post, TOKEN, &good()));
        let sent = json!({ "TemporaryToken": first["TemporaryToken"], "MemorableWordList": [] });
        assert_eq!(desk.refused(Method::Put, TOKEN, &sent), invalid());
    }
    assert_eq!(desk.refused(Method::Post, TOKEN, &good()), refusal(401, "AccountLocked"));
    desk.get("/v2/metadata");
    desk.kashflow.unlock();
    desk.sign_in();
}

#[test]
fn switches_of_the_account() {
    let mut desk = Desk::open(Options { subscription: Subscription::ExpiredFlag, ..Options::default() });
    let company = desk.get("/v2/sessiontoken/482913");
    assert_eq!((&company["SubscriptionExpired"], &company["UserName"]), (&json!(true), &json!("brookside")));
    assert_eq!(desk.send(Method::Get, "/v2/sessiontoken/1", &Value::Null).status, 404);
    assert_eq!(desk.send(Method::Get, "/v2/sessiontoken?externalToken=x&uid=1", &Value::Null).status, 400);
    // The access list may be shut while a session is open.
    desk.kashflow.options.access = Access::AddressNotListed;
    let answer = body(&desk.send(Method::Get, "/v2/metadata", &Value::Null));
    assert!(answer["Message"].as_str().unwrap().contains("access list"));

    desk.kashflow.options.access = Access::Open;
    desk.kashflow.options.throttle = Some(Throttle { every: 1, retry_after: 7 });
    let answer = desk.send(Method::Get, "/v2/metadata", &Value::Null);
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains(&("Retry-After".into(), "7".into())));
}
