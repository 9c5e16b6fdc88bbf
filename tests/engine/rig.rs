//! A rig: the real engine and clients on a paused clock, the simulators in the same process, a store in memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use kashsync::domain::ids::{LedgerRef, Side};
use kashsync::domain::policy::Policy;
use kashsync::domain::run::RunReport;
use kashsync::engine::command::Command;
use kashsync::engine::event::Event;
use kashsync::engine::{Options, Ports, Thinking, prepare};
use kashsync::ports::{Clock, JournalQuery, Kept, Pace, Store};
use kashsync::remote::base_url::BaseUrl;
use kashsync::remote::capsule::CapsuleClient;
use kashsync::remote::kashflow::{KashFlowClient, KashFlowCredentials};
use kashsync::remote::transport::{HttpRequest, HttpResponse, Method, SendError, Transport};
use kashsync::sim::clock::Clock as SimClock;
use kashsync::sim::fault::{Service, is_write};
use kashsync::sim::firm::{Firm, sample};
use kashsync::sim::http::{self, Request};
use kashsync::sim::server::query_pairs;
use kashsync::sim::world::{Fate, World};
use kashsync::store::memory::MemoryStore;
use tokio::sync::{Notify, mpsc};

/// When every test begins.
pub const START: &str = "2026-11-24T09:00:00Z";

/// How long a client waits for an answer that does not come.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Wall-clock time that follows tokio's paused clock.
#[derive(Clone)]
pub struct PausedClock {
    begun: tokio::time::Instant,
    ahead: Arc<Mutex<SignedDuration>>,
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = START.parse().unwrap();
        let passed = SignedDuration::try_from(self.begun.elapsed()).unwrap();
        start.checked_add(passed + *self.ahead.lock().unwrap()).unwrap()
    }
}

/// Where the process dies: at that write (counted from 0), before or after the service has carried it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crash {
    pub at_write: usize,
    pub carried_out: bool,
}

/// Carries requests to a simulator in the same process.
pub struct Wire {
    world: Arc<Mutex<World>>,
    clock: PausedClock,
    service: Service,
    crash: Option<Crash>,
    writes: Arc<AtomicUsize>,
    died: Arc<Notify>,
}

impl Transport for Wire {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, SendError> {
        let request = plain(&request);
        let number = if is_write(&request) { self.writes.fetch_add(1, Ordering::SeqCst) } else { usize::MAX };
        // Let others run, as a network would.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let dies = self.crash.filter(|crash| crash.at_write == number);
        if dies.is_some_and(|crash| !crash.carried_out) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        let fate = {
            let mut world = self.world.lock().unwrap();
            world.clock.set(self.clock.now());
            world.answer(self.service, &request)
        };
        if dies.is_some() {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        match fate {
            Fate::Answer(response, delay) => {
                tokio::time::sleep(delay).await;
                Ok(HttpResponse { status: response.status, headers: response.headers, body: response.body })
            }
            Fate::Cut | Fate::Broken(..) => Err(SendError::Unknown("the connection was cut".into())),
            Fate::Silence => {
                tokio::time::sleep(TIMEOUT).await;
                Err(SendError::Unknown("no answer in time".into()))
            }
        }
    }
}

fn plain(request: &HttpRequest) -> Request {
    let rest = request.url.split_once("://").unwrap().1;
    let (host, target) = rest.split_once('/').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: match request.method {
            Method::Get => http::Method::Get,
            Method::Post => http::Method::Post,
            Method::Put => http::Method::Put,
            Method::Delete => http::Method::Delete,
        },
        path: format!("/{path}"),
        query: query_pairs(query),
        headers: request.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: request.body.clone().unwrap_or_default(),
        origin: format!("http://{host}"),
    }
}

/// What a session came to.
#[derive(Debug)]
pub enum Came {
    /// The run ended.
    Ended(Arc<RunReport>),
    /// The process died.
    Died,
}

impl Came {
    pub fn report(self) -> Arc<RunReport> {
        match self {
            Self::Ended(report) => report,
            Self::Died => panic!("the process died"),
        }
    }
}

/// The whole rig.
pub struct Rig {
    world: Arc<Mutex<World>>,
    pub store: MemoryStore,
    pub policy: Policy,
    clock: PausedClock,
    pub pace: Pace,
    /// Capsule's token, and what opens KashFlow.
    pub credentials: (String, KashFlowCredentials),
}

impl Rig {
    /// Both services with that firm, and an empty profile. Needs tokio's paused clock.
    pub fn of(firm: &Firm) -> Self {
        let clock = PausedClock { begun: tokio::time::Instant::now(), ahead: Arc::default() };
        let world = World::of_firm(firm, SimClock::Still(clock.now())).unwrap();
        let company = &firm.company;
        let credentials = KashFlowCredentials {
            user_name: company.user_name.clone(),
            password: company.password.clone().into(),
            memorable_word: company.memorable_word.clone().into(),
        };
        Self {
            world: Arc::new(Mutex::new(world)),
            store: MemoryStore::default(),
            policy: Policy::default(),
            pace: Pace::default(),
            clock,
            credentials: (company.capsule_token.clone(), credentials),
        }
    }

    /// The same services, frozen, with a profile of its own: for many crashes from one start.
    pub fn copy(&self) -> Self {
        let world = self.world.lock().unwrap().clone();
        Self {
            world: Arc::new(Mutex::new(world)),
            store: self.store.durable(),
            policy: self.policy.clone(),
            clock: PausedClock {
                ahead: Arc::new(Mutex::new(*self.clock.ahead.lock().unwrap())),
                ..self.clock.clone()
            },
            pace: self.pace,
            credentials: self.credentials.clone(),
        }
    }

    /// The simulated services.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub fn pass(&self, by: SignedDuration) {
        *self.clock.ahead.lock().unwrap() += by;
    }

    /// What the store would give a new process.
    pub async fn kept(&self) -> Kept {
        self.store.load().await.unwrap()
    }

    pub async fn journal(&self) -> Vec<kashsync::domain::journal::JournalEntry> {
        self.store.journal(JournalQuery::default()).await.unwrap()
    }

    /// The sample firm after its first sync, with an empty request log.
    pub async fn synced() -> Self {
        let rig = Self::of(&sample(date(2026, 11, 24), 1));
        rig.sync().await;
        rig.world().log.clear();
        rig
    }

    /// One process that sends commands and approves what waits, until the run has ended.
    pub async fn sync(&self) -> Arc<RunReport> {
        self.process(vec![Command::Sync { full: false, contact: None }], true, None).await.report()
    }

    /// One process; `approve` says whether a waiting plan is approved, else the engine is shut down.
    pub async fn process(&self, commands: Vec<Command>, approve: bool, crash: Option<Crash>) -> Came {
        let mut ended = None;
        let lived = self.live(commands, false, crash, |event| match event {
            Event::Planned { waits: true, .. } if approve => vec![Command::Approve { unticked: [].into() }],
            Event::Planned { waits: true, .. } => vec![Command::Shutdown],
            Event::RunFinished(report) => {
                ended = Some(Arc::clone(report));
                vec![Command::Shutdown]
            }
            Event::Refused { message, .. } => panic!("refused: {message}"),
            _ => Vec::new(),
        });
        if lived.await { Came::Ended(ended.expect("a run that ended")) } else { Came::Died }
    }

    /// One process for an undo: how many entries were undone, and the code with which it was refused.
    pub async fn act(&self, command: Command) -> (usize, Option<String>) {
        let mut came = None;
        let lived = self.live(vec![command], false, None, |event| {
            match event {
                Event::Undone(results) => {
                    came = Some((results.iter().filter(|result| result.refused.is_none()).count(), None));
                }
                Event::Refused { code, .. } => came = Some((0, Some((*code).to_owned()))),
                _ => return Vec::new(),
            }
            vec![Command::Shutdown]
        });
        assert!(lived.await, "the process died");
        came.expect("an answer")
    }

    /// One process that is shut down at the first event that `ends`; everything it told, or `None` when it died.
    pub async fn events(
        &self,
        commands: Vec<Command>,
        approve: bool,
        crash: Option<Crash>,
        ends: impl Fn(&Event) -> bool,
    ) -> Option<Vec<Event>> {
        let mut told = Vec::new();
        let lived = self.live(commands, false, crash, |event| {
            told.push(event.clone());
            match event {
                Event::Planned { waits: true, .. } if approve => {
                    vec![Command::Approve { unticked: [].into() }]
                }
                Event::Planned { waits: true, .. } => vec![Command::Shutdown],
                event if ends(event) => vec![Command::Shutdown],
                _ => Vec::new(),
            }
        });
        lived.await.then_some(told)
    }

    /// A session that some command shuts down; `timer` starts runs by itself.
    pub async fn watch(
        &self,
        commands: Vec<Command>,
        timer: bool,
        react: &mut dyn FnMut(&Event) -> Vec<Command>,
    ) {
        assert!(self.live(commands, timer, None, react).await, "the process died");
    }

    /// One process that sends these commands, and then what `react` makes of each event, until the engine has stopped.
    /// False when the process died.
    pub async fn live(
        &self,
        commands: Vec<Command>,
        timer: bool,
        crash: Option<Crash>,
        mut react: impl FnMut(&Event) -> Vec<Command>,
    ) -> bool {
        // What was not durable when the last process ended is gone.
        let kept = self.store.load().await.unwrap();
        let (notice_sender, notices) = mpsc::unbounded_channel();
        let died = Arc::new(Notify::new());
        let writes = Arc::new(AtomicUsize::new(0));
        let wire = |service| Wire {
            world: Arc::clone(&self.world),
            clock: self.clock.clone(),
            service,
            crash,
            writes: Arc::clone(&writes),
            died: Arc::clone(&died),
        };
        let base = |service, text| BaseUrl::parse(service, text).unwrap();
        let pace = self.pace;
        let (token, credentials) = &self.credentials;
        let crm = CapsuleClient::new(
            wire(Service::Capsule),
            base(kashsync::domain::ids::Service::Capsule, "http://127.0.0.1:1/api/v2"),
            &token.clone().into(),
            pace,
            notice_sender.clone(),
            Arc::new(self.clock.clone()),
        );
        let ledger = KashFlowClient::new(
            wire(Service::KashFlow),
            base(kashsync::domain::ids::Service::KashFlow, "http://127.0.0.1:2/v2"),
            credentials.clone(),
            pace,
            notice_sender,
            Arc::new(self.clock.clone()),
        );
        let ports = Ports { crm, ledger, store: self.store.clone(), clock: self.clock.clone(), pace };
        let options = Options { policy: self.policy.clone(), timer, thinking: Thinking::InPlace };
        let (sender, mut events, engine) = prepare(ports, kept, notices, options);
        let script = async {
            for command in commands {
                sender.send(command).await.unwrap();
            }
            while let Some(event) = events.recv().await {
                for command in react(&event) {
                    // An engine that is ending takes no more.
                    let _ = sender.send(command).await;
                }
                if matches!(event, Event::Stopped) {
                    break;
                }
            }
        };
        tokio::select! {
            biased;
            () = died.notified() => false,
            ((), ()) = async { tokio::join!(script, engine()) } => true,
        }
    }

    /// A call to Capsule's API by somebody else with the same token; gives status and answer.
    pub fn call_capsule(&self, method: http::Method, path: &str, body: &str) -> (u16, serde_json::Value) {
        let headers = [
            ("authorization", format!("Bearer {}", self.credentials.0)),
            ("accept", "application/json".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        let request = Request {
            method,
            path: path.to_owned(),
            query: Vec::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: body.as_bytes().to_vec(),
            origin: "http://127.0.0.1:1".to_owned(),
        };
        let now = self.now();
        let mut world = self.world();
        world.clock.set(now);
        match world.answer(Service::Capsule, &request) {
            Fate::Answer(response, _) => {
                (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
            }
            _ => panic!("no answer"),
        }
    }

    /// Uses another password for KashFlow from now on.
    pub fn use_password(&mut self, password: &str) {
        self.credentials.1.password = password.to_owned().into();
    }

    /// How many requests to change records a first sync makes.
    pub async fn writes_of_first_sync(&self) -> usize {
        let copy = self.copy();
        copy.sync().await;
        copy.world().writes().count()
    }

    /// What both services hold that matters, without ids and times.
    pub fn outcome(&self) -> Vec<String> {
        let world = self.world();
        let mut parties: Vec<String> = world
            .capsule
            .parties()
            .map(|party| {
                format!("{} {:?} {:?}", party.name(), party.team(), world.capsule.field_values(party))
            })
            .collect();
        parties.sort();
        parties
    }
}

/// A ledger contact by its code.
pub fn ledger(kept: &Kept, side: Side, code: &str) -> LedgerRef {
    kept.snapshot.ledger.values().find(|ledger| ledger.id.side == side && ledger.code == code).unwrap().id
}
