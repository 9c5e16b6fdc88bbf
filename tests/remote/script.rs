//! A transport that answers by a script and remembers what it was sent, and clients on top of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use kashsync::domain::ids::Service;
use kashsync::domain::trouble::TroubleCode;
use kashsync::ports::{Clock, Pace, RemoteError, RemoteNotice};
use kashsync::remote::base_url::BaseUrl;
use kashsync::remote::capsule::CapsuleClient;
use kashsync::remote::kashflow::{KashFlowClient, KashFlowCredentials};
use kashsync::remote::transport::{HttpRequest, HttpResponse, SendError, Transport};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

pub(crate) type Outcome = Result<HttpResponse, SendError>;

/// When the scripted world begins; its `Date` header says the same.
pub(crate) const START: &str = "2026-11-24T10:00:00Z";
pub(crate) const START_DATE: &str = "Tue, 24 Nov 2026 10:00:00 GMT";

/// A clock that moves with tokio's, so that paused tests see time pass while they wait.
pub(crate) struct TestClock {
    start: Instant,
}

impl Default for TestClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START.parse::<Timestamp>().unwrap() + self.start.elapsed()
    }
}

/// What was sent, as one line `GET /v2/customers?page=1`, with headers and body.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) line: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) at: Instant,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

type Handler = dyn Fn(usize, &Sent) -> Outcome + Send + Sync;

/// Answers request number n (from 0) by a function, after a delay.
pub(crate) struct Script {
    handler: Box<Handler>,
    delay: Duration,
    sent: Mutex<Vec<Sent>>,
    in_flight: AtomicUsize,
    pub(crate) most_in_flight: AtomicUsize,
}

impl Script {
    pub(crate) fn new(handler: impl Fn(usize, &Sent) -> Outcome + Send + Sync + 'static) -> Arc<Self> {
        Self::slow(Duration::ZERO, handler)
    }

    pub(crate) fn slow(
        delay: Duration,
        handler: impl Fn(usize, &Sent) -> Outcome + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            handler: Box::new(handler),
            delay,
            sent: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        })
    }

    /// Answers in that order; a request too many fails the test.
    pub(crate) fn in_order(outcomes: Vec<Outcome>) -> Arc<Self> {
        Self::new(move |number, sent| {
            outcomes
                .get(number)
                .cloned()
                .unwrap_or_else(|| panic!("request {number} was not expected: {}", sent.line))
        })
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.sent().into_iter().map(|sent| sent.line).collect()
    }
}

impl Transport for Script {
    async fn send(&self, request: HttpRequest) -> Outcome {
        let path = request.url.strip_prefix("http://localhost:9").expect("only ever the base address");
        let sent = Sent {
            line: format!("{} {path}", request.method.as_str()),
            headers: request.headers(),
            body: request.body.as_deref().map(|body| serde_json::from_slice(body).unwrap()),
            at: Instant::now(),
        };
        let number = {
            let mut all = self.sent.lock().unwrap();
            all.push(sent.clone());
            all.len() - 1
        };
        let now_in_flight = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_flight.fetch_max(now_in_flight, Ordering::SeqCst);
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        (self.handler)(number, &sent)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "stands beside outcomes without an answer")]
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Outcome {
    let mut response = HttpResponse {
        status,
        headers: vec![("Date".into(), START_DATE.into())],
        body: body.as_bytes().to_vec(),
    };
    response.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Ok(response)
}

pub(crate) fn ok(body: &str) -> Outcome {
    answer(200, &[], body)
}

pub(crate) fn not_sent() -> Outcome {
    Err(SendError::NotSent("connection refused".into()))
}

pub(crate) fn unknown() -> Outcome {
    Err(SendError::Unknown("connection reset".into()))
}

pub(crate) fn pace() -> Pace {
    Pace::default()
}

pub(crate) type Notices = UnboundedReceiver<RemoteNotice>;

pub(crate) fn capsule_at<T: Transport>(transport: T, base: &str, pace: Pace) -> (CapsuleClient<T>, Notices) {
    let (notices, watching) = unbounded_channel();
    let base = BaseUrl::parse(Service::Capsule, base).unwrap();
    let token = "CANARY-token".into();
    let clock = Arc::new(TestClock::default());
    (CapsuleClient::new(transport, base, &token, pace, notices, clock), watching)
}

pub(crate) fn capsule(script: &Arc<Script>) -> (CapsuleClient<Arc<Script>>, Notices) {
    capsule_at(Arc::clone(script), "http://localhost:9", pace())
}

pub(crate) fn kashflow_at<T: Transport>(
    transport: T,
    base: &str,
    pace: Pace,
) -> (KashFlowClient<T>, Notices) {
    let (notices, watching) = unbounded_channel();
    let base = BaseUrl::parse(Service::KashFlow, base).unwrap();
    let credentials = KashFlowCredentials {
        user_name: "northgate".into(),
        password: "CANARY-password".into(),
        memorable_word: "lighthouse".into(),
    };
    let clock = Arc::new(TestClock::default());
    (KashFlowClient::new(transport, base, credentials, pace, notices, clock), watching)
}

pub(crate) fn kashflow_with(script: &Arc<Script>, pace: Pace) -> (KashFlowClient<Arc<Script>>, Notices) {
    kashflow_at(Arc::clone(script), "http://localhost:9", pace)
}

pub(crate) fn kashflow(script: &Arc<Script>) -> (KashFlowClient<Arc<Script>>, Notices) {
    kashflow_with(script, pace())
}

pub(crate) const STEP_ONE: &str = r#"{"HasTemporaryPassword":false,"CompanyId":41,"MemorableWordList":[
    {"Position":5,"Value":""},{"Position":1,"Value":""},{"Position":8,"Value":""}],"TemporaryToken":"temp-1"}"#;

/// The answer of step two, with a token named for its number.
pub(crate) fn step_two(number: usize) -> String {
    format!(r#"{{"CompanyName":"Northgate Supplies Ltd","SessionToken":"CANARY-session-{number}"}}"#)
}

pub(crate) const COMPANY_DETAILS: &str =
    r#"{"CompanyName":"Northgate","HomeCurrency":{"Code":"GBP"},"Username":"x","IsDemoAccount":false}"#;

/// Lets anyone in and tells the company's details; the rest is up to `handler`.
pub(crate) fn signed_in(handler: impl Fn(&Sent) -> Outcome + Send + Sync + 'static) -> Arc<Script> {
    Script::new(move |number, sent| match sent.line.as_str() {
        "POST /v2/sessiontoken" => answer(201, &[], STEP_ONE),
        "PUT /v2/sessiontoken" => ok(&step_two(number)),
        "GET /v2/settings/companydetails" => ok(COMPANY_DETAILS),
        _ => handler(sent),
    })
}

pub(crate) fn trouble_of<R: std::fmt::Debug>(result: Result<R, RemoteError>) -> TroubleCode {
    match result {
        Err(RemoteError::Trouble(trouble)) => {
            assert!(!trouble.message.contains("CANARY"), "{}", trouble.message);
            trouble.code
        }
        other => panic!("no trouble: {other:?}"),
    }
}
