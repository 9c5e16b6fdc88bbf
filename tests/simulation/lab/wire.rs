//! The transport of the simulation: carries a request to a service in the same process, through what goes wrong.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kashsync::remote::transport::{self, HttpRequest, HttpResponse, SendError, Transport};
use kashsync::sim::fault::Service;
use kashsync::sim::http::{Method, Request, Response};
use kashsync::sim::server::query_pairs;
use serde_json::Value;

use super::bug::Bug;
use super::fault::{Fault, Kind, TIMEOUT};
use super::net::{Arrival, Net};

/// The way to one service.
#[derive(Clone)]
pub struct Wire {
    pub net: Arc<Mutex<Net>>,
    pub service: Service,
    pub bug: Option<Bug>,
}

impl Wire {
    fn net(&self) -> MutexGuard<'_, Net> {
        self.net.lock().unwrap()
    }

    async fn once(&self, request: &HttpRequest) -> Result<HttpResponse, SendError> {
        let mut plain = plain(request);
        let arrival = self.net().arrive(self.service, &mut plain);
        tokio::time::sleep(arrival.delay).await;
        if arrival.dies == Some(false) {
            self.die().await;
        }
        let outcome = match arrival.fault {
            None => Ok(self.net().carry_out(self.service, &plain, &arrival)),
            Some(fault) => self.troubled(fault, &plain, &arrival).await,
        };
        if arrival.dies == Some(true) {
            self.die().await;
        }
        let mut net = self.net();
        if arrival.write {
            net.landed(self.service, &plain.path);
        }
        let not_taken = match &outcome {
            Ok(answer) => matches!(answer.status, 401 | 429),
            Err(error) => matches!(error, SendError::NotSent(_)),
        };
        if not_taken {
            net.not_taken(self.service, &plain, &arrival);
        }
        let answer = outcome?;
        if arrival.fault.is_none_or(|fault| fault.kind.is_told()) {
            net.answered(arrival.number);
        }
        Ok(HttpResponse { status: answer.status, headers: answer.headers, body: answer.body })
    }

    async fn die(&self) -> ! {
        self.net().voyage.died.notify_one();
        std::future::pending().await
    }

    async fn troubled(
        &self,
        fault: Fault,
        request: &Request,
        arrival: &Arrival,
    ) -> Result<Response, SendError> {
        let act = || self.net().carry_out(self.service, request, arrival);
        let unknown = |why: &str| Err(SendError::Unknown(why.into()));
        match fault.kind {
            Kind::NotSent => Err(SendError::NotSent("no connection".into())),
            Kind::ResetBefore => unknown("the connection was reset"),
            Kind::ResetAfter => {
                act();
                unknown("the connection was reset")
            }
            Kind::TimeoutBefore => {
                tokio::time::sleep(TIMEOUT).await;
                unknown("no answer in time")
            }
            Kind::TimeoutAfter => {
                act();
                tokio::time::sleep(TIMEOUT).await;
                unknown("no answer in time")
            }
            Kind::CommitLate => {
                self.net().later(self.service, request, arrival, fault.seconds);
                unknown("the connection was reset")
            }
            Kind::TooManySeconds => {
                let seconds = i64::from(fault.seconds % 300);
                self.net().pause(self.service, seconds);
                Ok(page(429, "").with_header("Retry-After", seconds.to_string()))
            }
            Kind::TooManyDate => {
                let seconds = i64::from(fault.seconds % 300);
                let now = self.net().clock.truth();
                let until = now + SignedDuration::from_secs(seconds);
                // The date has whole seconds only.
                let until = Timestamp::from_second(until.as_second()).unwrap();
                let date = until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                Ok(page(429, "").with_header("Retry-After", date).with_header("Date", http_date(now)))
            }
            Kind::TooManyGarbage => Ok(page(429, "").with_header("Retry-After", "soon")),
            Kind::Error500 => Ok(page(500, "{\"message\":\"Internal error\"}")),
            Kind::Error503After => {
                act();
                Ok(page(503, ""))
            }
            Kind::Page502 => Ok(page(502, "<html><body>Bad gateway</body></html>")),
            Kind::Page504After => {
                act();
                Ok(page(504, "<html><body>Gateway time-out</body></html>"))
            }
            Kind::Portal => Ok(page(200, "<html><body>Welcome to the hotel</body></html>")),
            Kind::Empty => {
                let done = act();
                let status = if done.status < 300 { 200 } else { done.status };
                Ok(Response { body: Vec::new(), status, ..done })
            }
            Kind::HalfBody => {
                let mut done = act();
                done.body.truncate(done.body.len() / 2);
                Ok(done)
            }
            Kind::WrongShape => Ok(page(200, "{\"parties\":{},\"Data\":7,\"party\":[]}")),
            Kind::BareCreated => {
                act();
                Ok(page(201, ""))
            }
            // Capsule's delete may be a job, and then it is done (capsule-api 7.8).
            Kind::Accepted if self.service == Service::Capsule && request.method == Method::Delete => {
                let done = act();
                Ok(if done.status < 300 { page(202, "") } else { done })
            }
            Kind::Accepted => Ok(page(202, "")),
            Kind::SessionOver => {
                self.net().kashflow.expire_sessions();
                Ok(act())
            }
            Kind::TokenRefused => Ok(page(401, "{\"message\":\"invalid token\"}")),
            Kind::Forbidden => Ok(page(403, "{\"message\":\"not allowed\"}")),
            Kind::NotThere => Ok(page(404, "{\"message\":\"Could not find it\"}")),
            Kind::Lagging => Ok(lagging(act(), self.net().clock.truth())),
            Kind::NoRows => Ok(without_rows(act())),
            Kind::SamePage => Ok(self.turned(request, arrival, -1)),
            Kind::LostPage => Ok(self.turned(request, arrival, 1)),
            Kind::Drift => {
                let deed = super::deed::Deed::AddLedger {
                    supplier: fault.seconds.is_multiple_of(2),
                    name: super::dice::Pick(fault.seconds),
                    number: 5_000 + fault.seconds,
                };
                self.net().act(deed);
                Ok(act())
            }
            Kind::Sleep => {
                self.net().clock.pass(SignedDuration::from_hours(8));
                unknown("the machine slept")
            }
            Kind::Slow => {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Ok(act())
            }
        }
    }

    /// Another page than the one asked for.
    fn turned(&self, request: &Request, arrival: &Arrival, by: i64) -> Response {
        let mut other = request.clone();
        for (name, value) in &mut other.query {
            if name == "page" {
                *value = (value.parse::<i64>().unwrap_or(1) + by).max(1).to_string();
            }
        }
        self.net().carry_out(self.service, &other, arrival)
    }
}

impl Transport for Wire {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, SendError> {
        let attempt = self.once(&request).await;
        if self.bug == Some(Bug::RetriesWrites) && request.method != transport::Method::Get {
            let lost = match &attempt {
                Ok(answer) => answer.status >= 502,
                Err(error) => matches!(error, SendError::Unknown(_)),
            };
            if lost {
                return self.once(&request).await;
            }
        }
        attempt
    }
}

fn page(status: u16, body: &str) -> Response {
    Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A list without what was changed in the last minute: a replica that is behind.
fn lagging(mut answer: Response, now: Timestamp) -> Response {
    let horizon = now - SignedDuration::from_secs(60);
    if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body)
        && let Some(rows) = body["parties"].as_array_mut()
    {
        rows.retain(|row| {
            let at = row["updatedAt"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
            at.is_none_or(|at| at < horizon)
        });
        answer.body = body.to_string().into_bytes();
    }
    answer
}

/// A list that says it has no rows.
fn without_rows(mut answer: Response) -> Response {
    if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) {
        if body["parties"].is_array() {
            body["parties"] = serde_json::json!([]);
            answer.headers.retain(|(name, _)| {
                !["link", "x-pagination-has-more", "x-total-count"].contains(&name.to_lowercase().as_str())
            });
        } else {
            body["Data"] = serde_json::json!([]);
            body["MetaData"]["TotalRecords"] = 0.into();
            body["MetaData"]["NextPageUrl"] = Value::Null;
        }
        answer.body = body.to_string().into_bytes();
    }
    answer
}

fn plain(request: &HttpRequest) -> Request {
    let rest = request.url.split_once("://").unwrap().1;
    let (host, target) = rest.split_once('/').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: match request.method {
            transport::Method::Get => Method::Get,
            transport::Method::Post => Method::Post,
            transport::Method::Put => Method::Put,
            transport::Method::Delete => Method::Delete,
        },
        path: format!("/{path}"),
        query: query_pairs(query),
        headers: request.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: request.body.clone().unwrap_or_default(),
        origin: format!("http://{host}"),
    }
}
