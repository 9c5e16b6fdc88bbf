//! Both services and the way to them: which request arrives, what goes wrong with it, what is carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kashsync::domain::ids::Side;
use kashsync::domain::local::IntentAction;
use kashsync::engine::command::Command;
use kashsync::ports::Kept;
use kashsync::sim::capsule::Capsule;
use kashsync::sim::fault::{Service, is_write};
use kashsync::sim::http::{Method, Request, Response};
use kashsync::sim::kashflow::{KashFlow, LedgerContact};
use serde_json::Value;
use tokio::sync::{Notify, mpsc};

use super::clock::LabClock;
use super::deed::{Deed, Desk};
use super::dice::hash;
use super::disk::Disk;
use super::fault::{Fault, Faults, Kind, Shape};
use super::record::{of_ledger, of_party, reference};
use super::truth::{Edit, Look, Record, Target, Truth, Write};

/// Something that happens when so many requests of a process have been sent.
#[derive(Debug, Clone)]
pub enum Meanwhile {
    Deed(Deed),
    Command(Box<Command>),
}

/// Where a process dies: at that request, or at that request to change something, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiesAt {
    pub request: u32,
    pub writes_only: bool,
    /// After the service has carried it out.
    pub carried_out: bool,
}

/// What one process meets.
#[derive(Default)]
pub struct Voyage {
    pub number: u32,
    pub faults: Faults,
    pub meanwhile: Vec<(u32, Meanwhile)>,
    pub dies: Option<DiesAt>,
    pub died: Arc<Notify>,
    pub commands: Option<mpsc::Sender<Command>>,
    pub requests: u32,
    pub writes: u32,
    /// Rows on a page, where the services give fewer than asked for.
    pub page: Option<u32>,
    /// The request that was told of an empty side, which had records before.
    pub emptied: Option<u32>,
}

/// What was seen of a record longer ago than this is no ground to change it: ten seconds, and what an answer may take.
const OLD: SignedDuration = SignedDuration::from_secs(12);

/// A request that is carried out later, though nobody waits for it.
struct Late {
    at: Timestamp,
    service: Service,
    request: Request,
    number: u32,
    process: u32,
    read: Option<Look>,
}

/// Both services.
pub struct Net {
    pub capsule: Capsule,
    pub kashflow: KashFlow,
    pub clock: LabClock,
    pub disk: Disk,
    pub truth: Truth,
    pub voyage: Voyage,
    /// Faults that hit, by kind.
    pub hit: BTreeMap<Kind, u64>,
    /// Hash of everything that happened so far.
    pub hash: u64,
    /// Requests so far.
    pub requests: u32,
    late: Vec<Late>,
    in_flight: BTreeSet<(Service, String)>,
    /// Nothing may be sent to a service before then.
    pause: BTreeMap<Service, Timestamp>,
}

/// What becomes of a request, decided when it arrives.
pub struct Arrival {
    pub number: u32,
    pub process: u32,
    pub delay: Duration,
    pub fault: Option<Fault>,
    pub dies: Option<bool>,
    pub write: bool,
    /// The record as it was last read on its own, when a request to change it leaves.
    read: Option<Look>,
}

impl Net {
    pub fn new(capsule: Capsule, kashflow: KashFlow, clock: LabClock, disk: Disk) -> Self {
        let mut net = Self {
            capsule,
            kashflow,
            clock,
            disk,
            truth: Truth::default(),
            voyage: Voyage::default(),
            hit: BTreeMap::new(),
            hash: 0,
            requests: 0,
            late: Vec::new(),
            in_flight: BTreeSet::new(),
            pause: BTreeMap::new(),
        };
        net.remember();
        net
    }

    /// A process begins its life.
    pub fn set_out(&mut self, voyage: Voyage) {
        self.in_flight.clear();
        // A new process cannot know what the last one was told, and has read nothing yet.
        self.pause.clear();
        self.truth.reads.clear();
        self.voyage = voyage;
    }

    /// Notes what happened in the hash of everything, and in the story.
    pub fn tell(&mut self, line: String) {
        self.hash = hash(self.hash, line.as_bytes());
        self.truth.story.push(line);
    }

    /// Somebody does something in a service's own screens.
    pub fn act(&mut self, deed: Deed) {
        self.catch_up();
        let now = self.clock.truth();
        let before: BTreeMap<Target, Record> = self.everything();
        let mut desk = Desk {
            capsule: &mut self.capsule,
            kashflow: &mut self.kashflow,
            deleted: &mut self.truth.deleted,
            now,
        };
        let Some(done) = desk.act(deed) else { return };
        self.tell(format!("{} somebody {}", now.strftime("%a %H:%M:%S"), done.story));
        if let Deed::MergeParties { .. } = deed
            && let [Target::Party(from), Target::Party(into)] = done.touched[..]
        {
            self.truth.deleted.push(from);
            self.truth.merged.extend([from, into]);
        }
        for target in done.touched {
            let values = |record: &Record| match record {
                Record::Party(party) => of_party(party),
                Record::Ledger(ledger) => of_ledger(ledger),
            };
            let Some(old) = before.get(&target).map(values) else { continue };
            let Some(new) = self.record(target).as_ref().map(values) else { continue };
            for (what, new) in new {
                let old = old.get(&what).cloned().unwrap_or_default();
                if old != new {
                    self.truth.edits.push(Edit { at: now, target, what, old, new });
                }
            }
        }
        self.remember();
    }

    fn everything(&self) -> BTreeMap<Target, Record> {
        let parties = self.capsule.parties().map(|party| Target::Party(party.id));
        let ledgers = self.kashflow.customers().chain(self.kashflow.suppliers());
        let targets = parties.chain(ledgers.map(|ledger| Target::Ledger(reference(ledger))));
        targets.filter_map(|target| Some((target, self.record(target)?))).collect()
    }

    /// Remembers which ids were ever there.
    fn remember(&mut self) {
        self.truth.was_deleted.extend(self.truth.deleted.iter().copied());
        self.truth.parties.extend(self.capsule.parties().map(|party| party.id));
        self.truth.ledgers.extend(self.kashflow.customers().chain(self.kashflow.suppliers()).map(reference));
    }

    /// A record as it stands.
    pub fn record(&self, target: Target) -> Option<Record> {
        match target {
            Target::Party(id) => self.capsule.whole(id).map(Record::Party),
            Target::Ledger(wanted) => self
                .kashflow
                .customers()
                .chain(self.kashflow.suppliers())
                .find(|ledger| reference(ledger) == wanted)
                .map(|ledger| Record::Ledger(Box::new(ledger.clone()))),
        }
    }

    /// A request leaves our machine.
    pub fn arrive(&mut self, service: Service, request: &mut Request) -> Arrival {
        self.catch_up();
        let now = self.clock.truth();
        let due: Vec<Meanwhile> = {
            let sent = self.voyage.requests;
            let (due, later) =
                std::mem::take(&mut self.voyage.meanwhile).into_iter().partition(|(at, _)| *at <= sent);
            self.voyage.meanwhile = later;
            let due: Vec<(u32, Meanwhile)> = due;
            due.into_iter().map(|(_, what)| what).collect()
        };
        for what in due {
            match what {
                Meanwhile::Deed(deed) => self.act(deed),
                Meanwhile::Command(command) => {
                    self.tell(format!("{} a person says {command:?}", now.strftime("%a %H:%M:%S")));
                    if let Some(commands) = &self.voyage.commands {
                        let _ = commands.try_send(*command);
                    }
                }
            }
        }
        let write = is_write(request);
        let shape = shape(service, request, write);
        if let Some(rows) = self.voyage.page {
            for (name, value) in &mut request.query {
                if name.eq_ignore_ascii_case("perpage") && value.as_str() != "1" {
                    *value = rows.to_string();
                }
            }
        }
        if let Some(until) = self.pause.get(&service).copied() {
            self.truth.check("I15", now >= until, || {
                format!(
                    "{} {} was sent before {} had asked for",
                    request.method.as_str(),
                    request.path,
                    until
                )
            });
        }
        if write {
            self.check_intent(service, request);
        }
        let number = self.requests;
        let dies = self.voyage.dies.filter(|dies| {
            let count = if dies.writes_only { self.voyage.writes } else { self.voyage.requests };
            (write || !dies.writes_only) && dies.request == count
        });
        self.requests += 1;
        self.voyage.requests += 1;
        self.voyage.writes += u32::from(write);
        // A list that is empty when nothing is known yet cannot be told from one that says so wrongly.
        let knows =
            self.disk.look(|kept, _| !kept.snapshot.contacts.is_empty() && !kept.snapshot.ledger.is_empty());
        let shape = Shape { knows, ..shape };
        let fault = self.voyage.faults.hit(&shape);
        if let Some(fault) = fault {
            *self.hit.entry(fault.kind).or_default() += 1;
            self.tell(format!("   {:?} hits {} {}", fault.kind, request.method.as_str(), request.path));
            if fault.kind == Kind::NoRows && shape.page == 1 && self.held(&request.path) > 0 {
                self.voyage.emptied = Some(number);
            }
        }
        // Apart by what is asked, so that the order of arrival does not hang on who was polled first.
        let scatter =
            hash(u64::from(self.voyage.number), format!("{}{:?}", request.path, request.query).as_bytes());
        let target = if write { self.target(service, request) } else { None };
        // The next write needs another look.
        let read = target.and_then(|target| self.truth.reads.remove(&target));
        if let Some(read) = read.as_ref().filter(|_| super::oracle::write::needs_look(request, target)) {
            let age = now.duration_since(read.at);
            self.truth.check("I16", age <= OLD, || {
                format!("{} {} was sent {age:#} after the look", request.method.as_str(), request.path)
            });
        }
        Arrival {
            read,
            number,
            process: self.voyage.number,
            delay: Duration::from_millis(5 + scatter % 50),
            fault,
            dies: dies.map(|dies| dies.carried_out),
            write,
        }
    }

    /// How many records of that list are known and not missed yet.
    fn held(&self, path: &str) -> usize {
        let side = match path.rsplit('/').next().unwrap_or_default() {
            "parties" => None,
            "customers" => Some(Side::Customer),
            "suppliers" => Some(Side::Supplier),
            _ => return 0,
        };
        self.disk.look(|kept, _| {
            let local = &kept.local;
            match side {
                None => {
                    let gone = |id| local.deleted.contains_key(id) || local.hidden.contains(id);
                    kept.snapshot.contacts.keys().filter(|id| !gone(*id)).count()
                }
                Some(side) => {
                    let ledgers = kept.snapshot.ledger.keys();
                    ledgers.filter(|id| id.side == side && !local.missing.contains_key(id)).count()
                }
            }
        })
    }

    /// Write-ahead: what is sent was durable as an intent before (I8).
    fn check_intent(&mut self, service: Service, request: &Request) {
        let target = self.target(service, request);
        let begun = self.disk.look(|kept, _| has_intent(kept, request, target));
        self.truth.check("I8", begun, || {
            format!("{} {} was sent without a durable intent", request.method.as_str(), request.path)
        });
        let key = (service, request.path.clone());
        let alone = request.method == Method::Post || self.in_flight.insert(key);
        self.truth.check("I8", alone, || format!("two writes of {} were under way at once", request.path));
    }

    /// A write is no longer under way.
    pub fn landed(&mut self, service: Service, path: &str) {
        self.in_flight.remove(&(service, path.to_owned()));
    }

    /// Carries a request out.
    pub fn carry_out(&mut self, service: Service, request: &Request, arrival: &Arrival) -> Response {
        self.catch_up();
        let now = self.clock.truth();
        self.perform(service, request, now, (arrival.number, arrival.process), arrival.read.clone())
    }

    /// Carries a request out later.
    pub fn later(&mut self, service: Service, request: &Request, arrival: &Arrival, seconds: u32) {
        let at = self.clock.truth() + SignedDuration::from_secs(i64::from(seconds));
        let (number, process, read) = (arrival.number, arrival.process, arrival.read.clone());
        self.late.push(Late { at, service, request: request.clone(), number, process, read });
    }

    /// Carries out what was to be carried out by now.
    pub fn catch_up(&mut self) {
        let now = self.clock.truth();
        let (due, later) = std::mem::take(&mut self.late).into_iter().partition(|late| late.at <= now);
        self.late = later;
        let due: Vec<Late> = due;
        for late in due {
            self.truth.story.push(format!(
                "   carried out late: {} {}",
                late.request.method.as_str(),
                late.request.path
            ));
            self.perform(late.service, &late.request, late.at, (late.number, late.process), late.read);
        }
    }

    /// Whether something is still to be carried out.
    pub fn is_settled(&self) -> bool {
        self.late.is_empty()
    }

    fn perform(
        &mut self,
        service: Service,
        request: &Request,
        now: Timestamp,
        (number, process): (u32, u32),
        read: Option<Look>,
    ) -> Response {
        let write = is_write(request);
        let mut target = self.target(service, request);
        let before = if write { target.and_then(|target| self.record(target)) } else { None };
        let response = match service {
            Service::Capsule => self.capsule.handle(request, now),
            Service::KashFlow => self.kashflow.handle(request, now),
        };
        let line = format!("{service:?} {} {} -> {}", request.method.as_str(), request.path, response.status);
        self.hash = hash(self.hash, line.as_bytes());
        if write {
            if request.method == Method::Post && response.status < 300 {
                target = created(service, request, &response);
            }
            if request.method == Method::Delete
                && response.status < 300
                && service == Service::Capsule
                && let Some(Target::Party(id)) = target
            {
                self.truth.deleted.push(id);
            }
            self.remember();
            let after = target.and_then(|target| self.record(target));
            let body = request.json().unwrap_or_default();
            self.truth.story.push(format!(
                "   {} {} {} -> {}",
                now.strftime("%a %H:%M:%S"),
                request.method.as_str(),
                request.path,
                response.status
            ));
            let write = Write {
                process,
                number,
                at: now,
                service,
                method: request.method,
                path: request.path.clone(),
                body,
                status: response.status,
                linked_to: match target {
                    Some(Target::Ledger(ledger)) => {
                        self.disk.look(|kept, _| kept.local.link_of(ledger).map(|link| link.contact.0))
                    }
                    _ => None,
                },
                target,
                before,
                after,
                read,
                known: false,
            };
            super::oracle::write::judge(&mut self.truth, &write);
            self.truth.writes.push(write);
        } else if response.status < 300
            && request.method == Method::Get
            && let Some(target) = target
            && let Some(record) = self.record(target)
        {
            self.truth.reads.insert(target, Look { number, at: now, record });
        }
        response.with_header("Date", now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    /// The answer has reached a living process.
    pub fn answered(&mut self, number: u32) {
        let at = self.clock.truth();
        if let Some(write) = self.truth.writes.iter_mut().rev().find(|write| write.number == number) {
            write.known = true;
            // Capsule's answer shows the whole record as it is now; KashFlow's is not the form that is written.
            if let (Some(target @ Target::Party(_)), Some(after)) = (write.target, write.after.clone()) {
                self.truth.reads.insert(target, Look { number, at, record: after });
            }
        }
    }

    /// The request was not carried out, and may be sent once more with what was read.
    pub fn not_taken(&mut self, service: Service, request: &Request, arrival: &Arrival) {
        if let (Some(target), Some(read)) = (self.target(service, request), arrival.read.clone()) {
            self.truth.reads.insert(target, read);
        }
    }

    /// The service asked for quiet until then.
    pub fn pause(&mut self, service: Service, seconds: i64) {
        self.pause.insert(service, self.clock.truth() + SignedDuration::from_secs(seconds));
    }

    /// The record that a request names in its path.
    fn target(&self, service: Service, request: &Request) -> Option<Target> {
        let parts: Vec<&str> = request.path.split('/').filter(|part| !part.is_empty()).collect();
        match (service, parts.as_slice()) {
            (Service::Capsule, ["api", "v2", "parties", id]) => id.parse().ok().map(Target::Party),
            (Service::KashFlow, ["v2", list @ ("customers" | "suppliers"), code]) => {
                let code = code.replace("%20", " ");
                let fits = |ledger: &&LedgerContact| ledger.code.trim().eq_ignore_ascii_case(code.trim());
                let found = match *list {
                    "customers" => self.kashflow.customers().find(fits),
                    _ => self.kashflow.suppliers().find(fits),
                };
                found.map(|ledger| Target::Ledger(reference(ledger)))
            }
            (Service::KashFlow, ["v2", "internal", list, "archive"]) => {
                let body = String::from_utf8_lossy(&request.body).to_lowercase();
                let named = |ledger: &&LedgerContact| {
                    body.contains(&format!("\"{}\"", ledger.code.trim().to_lowercase()))
                };
                let found = match *list {
                    "customers" => self.kashflow.customers().find(named),
                    _ => self.kashflow.suppliers().find(named),
                };
                found.map(|ledger| Target::Ledger(reference(ledger)))
            }
            _ => None,
        }
    }
}

/// The record that a create has made.
fn created(service: Service, request: &Request, response: &Response) -> Option<Target> {
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    match service {
        Service::Capsule if request.path.ends_with("/parties") => {
            body["party"]["id"].as_i64().map(Target::Party)
        }
        Service::KashFlow if request.path.ends_with("/customers") => {
            let id = body["Id"].as_i64()?;
            Some(Target::Ledger(kashsync::domain::ids::LedgerRef::customer(id)))
        }
        _ => None,
    }
}

fn shape(service: Service, request: &Request, write: bool) -> Shape {
    let last = request.path.rsplit('/').next().unwrap_or_default();
    let list = request.method == Method::Get
        && matches!(last, "parties" | "customers" | "suppliers" | "invoices" | "purchases");
    Shape {
        service,
        write,
        post: request.method == Method::Post,
        sign_in: request.path.contains("/sessiontoken"),
        list,
        since: list && request.query("since").is_some(),
        page: request.query("page").and_then(|page| page.parse().ok()).unwrap_or(1),
        single: request.method == Method::Get
            && ["/parties/", "/customers/", "/suppliers/"].iter().any(|part| request.path.contains(part))
            && !list
            && last != "deleted",
        knows: false,
    }
}

/// Whether an intent that is durable now says that such a write was begun.
fn has_intent(kept: &Kept, request: &Request, target: Option<Target>) -> bool {
    let post = request.method == Method::Post;
    kept.local.intents.values().any(|intent| match &intent.action {
        IntentAction::CreateContact { .. } => post && request.path.ends_with("/parties"),
        // The code may lead nowhere any more.
        IntentAction::UpdateLedger { ledger, .. } => {
            target.is_none_or(|target| target == Target::Ledger(*ledger)) && request.method == Method::Put
        }
        IntentAction::UpdateContact { contact, .. } | IntentAction::WriteSummary { contact, .. } => {
            target == Some(Target::Party(contact.0))
        }
        IntentAction::Export { code, .. } => {
            let body = request.json().unwrap_or_default();
            post && body["Code"].as_str() == Some(code)
        }
        IntentAction::MakeTag | IntentAction::MakeDefinition(_) => post,
        IntentAction::Undo(_)
        | IntentAction::Remove(_)
        | IntentAction::Delete(_)
        | IntentAction::Merge(_) => !post,
    })
}
