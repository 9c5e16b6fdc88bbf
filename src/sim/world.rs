//! Both services together with one clock, their faults and a log of requests. No sockets: tests drive it in process.

use std::time::Duration;

use jiff::Timestamp;

use super::capsule::Capsule;
use super::clock::Clock;
use super::fault::{Effect, Faults, Service, is_write};
use super::firm::Firm;
use super::http::{Method, Request, Response};
use super::kashflow::KashFlow;

/// Both services.
#[derive(Debug, Clone)]
pub struct World {
    /// Capsule.
    pub capsule: Capsule,
    /// KashFlow.
    pub kashflow: KashFlow,
    /// What time it is for both.
    pub clock: Clock,
    /// Faults waiting for their requests.
    pub faults: Faults,
    /// Every request, in order.
    pub log: Vec<LoggedRequest>,
    /// Requests to be carried out later, though nobody waits for the answer any more.
    late: Vec<(Timestamp, Service, Request)>,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRequest {
    /// To which service.
    pub service: Service,
    /// Verb.
    pub method: Method,
    /// Path with query.
    pub path: String,
    /// The status answered; `None` when the caller got no answer.
    pub status: Option<u16>,
    /// When.
    pub at: Timestamp,
    /// Whether it was one that changes records.
    pub write: bool,
}

/// What the caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// An answer, after so long.
    Answer(Response, Duration),
    /// A cut connection.
    Cut,
    /// An answer that breaks off after its headers and so many bytes.
    Broken(Response, usize),
    /// Nothing, ever.
    Silence,
}

impl World {
    /// A firm in both services.
    pub fn of_firm(firm: &Firm, clock: Clock) -> Result<Self, String> {
        let now = clock.now();
        let capsule = Capsule::of_firm(firm, &super::capsule::Options::default(), now)?;
        let mut kashflow = KashFlow::new(super::kashflow::Options::default());
        kashflow.load(firm, now);
        Ok(Self { capsule, kashflow, clock, faults: Faults::default(), log: Vec::new(), late: Vec::new() })
    }

    /// What becomes of one request.
    pub fn answer(&mut self, service: Service, request: &Request) -> Fate {
        self.catch_up();
        let effect = self.faults.decide(service, request);
        let fate = match effect {
            None => Fate::Answer(self.handle(service, request), Duration::ZERO),
            Some(Effect::Delay(by)) => Fate::Answer(self.handle(service, request), by),
            Some(Effect::Answer { status, headers, body }) => {
                Fate::Answer(Response { status, headers, body: body.into_bytes() }, Duration::ZERO)
            }
            Some(Effect::CutBefore) => Fate::Cut,
            Some(Effect::HangBefore) => Fate::Silence,
            Some(Effect::CutAfter) => {
                self.handle(service, request);
                Fate::Cut
            }
            Some(Effect::HangAfter) => {
                self.handle(service, request);
                Fate::Silence
            }
            Some(Effect::Truncate(bytes)) => Fate::Broken(self.handle(service, request), bytes),
            Some(Effect::CommitLate(by)) => {
                let at = self.clock.now().checked_add(by).unwrap_or(Timestamp::MAX);
                self.late.push((at, service, request.clone()));
                Fate::Cut
            }
        };
        self.note(service, request, &fate);
        fate
    }

    /// Carries out what was to be carried out by now.
    pub fn catch_up(&mut self) {
        let now = self.clock.now();
        let (due, later) = std::mem::take(&mut self.late).into_iter().partition(|(at, ..)| *at <= now);
        self.late = later;
        let due: Vec<(Timestamp, Service, Request)> = due;
        for (at, service, request) in due {
            match service {
                Service::Capsule => self.capsule.handle(&request, at),
                Service::KashFlow => self.kashflow.handle(&request, at),
            };
        }
    }

    /// Requests of one service and verb so far, KashFlow's sign-in apart.
    pub fn count(&self, service: Service, method: Method) -> usize {
        let counts = |entry: &&LoggedRequest| {
            entry.service == service && entry.method == method && !entry.path.contains("/sessiontoken")
        };
        self.log.iter().filter(counts).count()
    }

    /// Requests so far that change records.
    pub fn writes(&self) -> impl Iterator<Item = &LoggedRequest> {
        self.log.iter().filter(|entry| entry.write)
    }

    fn handle(&mut self, service: Service, request: &Request) -> Response {
        let now = self.clock.now();
        let response = match service {
            Service::Capsule => self.capsule.handle(request, now),
            Service::KashFlow => self.kashflow.handle(request, now),
        };
        response.with_header("Date", now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    fn note(&mut self, service: Service, request: &Request, fate: &Fate) {
        let query: Vec<String> =
            request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        self.log.push(LoggedRequest {
            service,
            method: request.method,
            path: format!("{}{separator}{}", request.path, query.join("&")),
            status: match fate {
                Fate::Answer(response, _) | Fate::Broken(response, _) => Some(response.status),
                Fate::Cut | Fate::Silence => None,
            },
            at: self.clock.now(),
            write: is_write(request),
        });
    }
}
