//! Faults as plain data: which requests they hit, and what happens to them (design 6).

use std::time::Duration;

use super::http::{Method, Request};

/// Which service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Capsule.
    Capsule,
    /// KashFlow.
    KashFlow,
}

impl Service {
    /// `capsule` or `kashflow`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Capsule => "capsule",
            Self::KashFlow => "kashflow",
        }
    }
}

/// What happens to a request that a fault hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It is answered so much later.
    Delay(Duration),
    /// It is not carried out; this is the answer.
    Answer {
        /// Status code.
        status: u16,
        /// Headers.
        headers: Vec<(String, String)>,
        /// Body as it stands, JSON or not.
        body: String,
    },
    /// The connection is cut before anything is carried out.
    CutBefore,
    /// It is carried out, and the connection is cut instead of an answer.
    CutAfter,
    /// It is carried out, and the answer's body ends after so many bytes.
    Truncate(usize),
    /// It is not carried out and never answered.
    HangBefore,
    /// It is carried out and never answered.
    HangAfter,
    /// It is carried out so much later, though the connection is cut at once: a late commit.
    CommitLate(Duration),
}

/// A fault that is waiting for its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Only this service; both without.
    pub service: Option<Service>,
    /// Only this verb.
    pub method: Option<Method>,
    /// Only requests that write: POST, PUT and DELETE other than filters and sign-in.
    pub writes_only: bool,
    /// Only paths that contain this.
    pub path: String,
    /// So many matching requests pass first.
    pub skip: u32,
    /// So many are hit; `None` = all from then on.
    pub times: Option<u32>,
    /// What happens to them.
    pub effect: Effect,
}

impl Fault {
    /// A fault that hits the next request of any kind.
    pub fn next(effect: Effect) -> Self {
        Self {
            service: None,
            method: None,
            writes_only: false,
            path: String::new(),
            skip: 0,
            times: Some(1),
            effect,
        }
    }

    fn matches(&self, service: Service, request: &Request) -> bool {
        self.service.is_none_or(|wanted| wanted == service)
            && self.method.is_none_or(|wanted| wanted == request.method)
            && (!self.writes_only || is_write(request))
            && request.path.contains(&self.path)
    }
}

/// Whether a request changes records: not filters, which only read, and not KashFlow's sign-in.
pub fn is_write(request: &Request) -> bool {
    request.method != Method::Get
        && !request.path.contains("/filters/")
        && !request.path.contains("/sessiontoken")
}

/// All faults that are waiting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    waiting: Vec<Fault>,
}

impl Faults {
    /// Adds a fault.
    pub fn add(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// What hits this request: the first waiting fault that matches and has let enough pass. Each counts only the
    /// requests that reach it.
    pub fn decide(&mut self, service: Service, request: &Request) -> Option<Effect> {
        for fault in &mut self.waiting {
            if !fault.matches(service, request) || fault.times == Some(0) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            return Some(fault.effect.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, path: &str) -> Request {
        Request {
            method,
            path: path.into(),
            query: vec![],
            headers: vec![],
            body: vec![],
            origin: String::new(),
        }
    }

    #[test]
    fn a_fault_hits_the_requests_it_names_and_no_others() {
        let mut faults = Faults::default();
        let fault = Fault { writes_only: true, skip: 1, times: Some(2), ..Fault::next(Effect::CutAfter) };
        faults.add(Fault { service: Some(Service::Capsule), ..fault });
        let hit = |faults: &mut Faults, service, method, path: &str| {
            faults.decide(service, &request(method, path)).is_some()
        };
        assert!(!hit(&mut faults, Service::Capsule, Method::Get, "/parties"));
        assert!(!hit(&mut faults, Service::KashFlow, Method::Post, "/sessiontoken"));
        assert!(!hit(&mut faults, Service::Capsule, Method::Post, "/parties/filters/results"));
        assert!(!hit(&mut faults, Service::Capsule, Method::Post, "/parties"), "the first passes");
        assert!(hit(&mut faults, Service::Capsule, Method::Put, "/parties/1"));
        assert!(hit(&mut faults, Service::Capsule, Method::Post, "/parties"));
        assert!(!hit(&mut faults, Service::Capsule, Method::Post, "/parties"), "two were hit");
    }
}
