//! Tests of the whole service through its front door.

mod documents;
mod ledgers;
mod paging;
mod quirks;
mod signing_in;

use jiff::{SignedDuration, Timestamp, civil::date};
use serde_json::{Value, json};

use super::{KashFlow, Options};
use crate::sim::{
    firm::sample,
    http::{Method, Request, Response},
};

/// A caller with a clock.
pub(super) struct Desk {
    pub(super) kashflow: KashFlow,
    pub(super) token: String,
    pub(super) now: Timestamp,
}

/// The word of the default options is `sawhorse`.
pub(super) fn letters(answer: &Value, word: &str) -> Value {
    let row = |row: &Value| {
        let at = row["Position"].as_u64().unwrap();
        let letter = word.chars().nth(usize::try_from(at).unwrap() - 1).unwrap();
        json!({ "Position": at, "Value": letter.to_string() })
    };
    answer["MemorableWordList"].as_array().unwrap().iter().map(row).collect()
}

pub(super) fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or(Value::Null)
}

impl Desk {
    /// An account that nobody is signed in to.
    pub(super) fn closed(options: Options) -> Self {
        let now = "2026-07-15T09:00:00Z".parse().unwrap();
        Self { kashflow: KashFlow::new(options), token: String::new(), now }
    }

    /// An empty account, signed in.
    pub(super) fn open(options: Options) -> Self {
        let mut desk = Self::closed(options);
        desk.sign_in();
        desk
    }

    /// The sample firm, signed in.
    pub(super) fn sample(options: Options) -> Self {
        let mut desk = Self::closed(options);
        desk.kashflow.load(&sample(date(2026, 7, 15), 1), desk.now);
        desk.sign_in();
        desk
    }

    pub(super) fn sign_in(&mut self) {
        let (user, password) =
            (self.kashflow.options.user_name.clone(), self.kashflow.options.password.clone());
        let word = self.kashflow.options.memorable_word.clone();
        let first =
            self.send(Method::Post, "/v2/sessiontoken", &json!({ "UserName": user, "Password": password }));
        assert_eq!(first.status, 201);
        let first = body(&first);
        let second = self.send(
            Method::Put,
            "/v2/sessiontoken",
            &json!({ "TemporaryToken": first["TemporaryToken"], "MemorableWordList": letters(&first, &word) }),
        );
        assert_eq!(second.status, 200);
        self.token = body(&second)["SessionToken"].as_str().unwrap().to_owned();
    }

    pub(super) fn wait(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    /// One call. The query stands after a question mark, unescaped.
    pub(super) fn send(&mut self, method: Method, address: &str, sent: &Value) -> Response {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let request = Request {
            method,
            path: path.into(),
            query: pairs.map(|(name, value)| (name.into(), value.into())).collect(),
            headers: vec![("authorization".into(), format!("KfToken {}", self.token))],
            body: if sent.is_null() { Vec::new() } else { sent.to_string().into_bytes() },
            origin: "http://127.0.0.1:4200".into(),
        };
        self.kashflow.handle(&request, self.now)
    }

    /// A read that succeeds.
    pub(super) fn get(&mut self, address: &str) -> Value {
        let response = self.send(Method::Get, address, &Value::Null);
        assert_eq!(response.status, 200, "{address}: {}", String::from_utf8_lossy(&response.body));
        body(&response)
    }

    /// Status and `Error` of a call.
    pub(super) fn refused(&mut self, method: Method, address: &str, sent: &Value) -> (u16, String) {
        let response = self.send(method, address, sent);
        (response.status, body(&response)["Error"].as_str().unwrap_or_default().to_owned())
    }
}
