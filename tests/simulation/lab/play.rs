//! Plays a history to its end and says what was found.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use kashsync::domain::policy::Policy;
use kashsync::domain::question::{Choice, QuestionKind};
use kashsync::engine::command::Command;
use kashsync::ports::{Clock, Kept};
use kashsync::sim::capsule::{Capsule, Options as CapsuleOptions};
use kashsync::sim::fault::Service;
use kashsync::sim::firm::empty;
use kashsync::sim::kashflow::{KashFlow, Options as KashFlowOptions};
use tokio::sync::Notify;

use super::bug::Bug;
use super::buggy::Memory;
use super::clock::LabClock;
use super::differ::difference;
use super::disk::Disk;
use super::fault::{Faults, Kind};
use super::history::{History, Process, Step};
use super::net::{DiesAt, Meanwhile, Net, Voyage};
use super::oracle;
use super::order::Order;
use super::process::{End, Life, Told};
use super::truth::Violation;

/// What a history came to.
#[derive(Debug, Clone, Default)]
pub struct Played {
    pub violations: Vec<Violation>,
    pub story: Vec<String>,
    pub hash: u64,
    pub faults: BTreeMap<Kind, u64>,
    pub checks: u64,
    pub crashes: u64,
    pub requests: u64,
    pub writes: u64,
    pub runs: u64,
    pub second_run_writes: u64,
    /// Runs until nothing was left to do, at each time of quiet.
    pub runs_to_rest: Vec<u32>,
}

/// Plays a history, with a seeded bug if one is given.
pub fn play(history: &History, bug: Option<Bug>) -> Played {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut stage = Stage::new(history, bug);
        for step in &history.steps {
            stage.step(step).await;
            if !stage.net.lock().unwrap().truth.violations.is_empty() {
                break;
            }
        }
        stage.end()
    })
}

/// Where a history is not the same when it is played again (I22).
pub fn differs(history: &History) -> Option<String> {
    let (first, again) = (play(history, None), play(history, None));
    let stories = || first.story.iter().zip(&again.story);
    (first.hash != again.hash).then(|| match stories().find(|(one, other)| one != other) {
        Some((one, other)) => format!("`{one}` became `{other}`"),
        None => "the story is the same, what is known is not".to_owned(),
    })
}

/// Both services, the disk and the clock, and processes that come and go.
pub struct Stage {
    pub net: Arc<Mutex<Net>>,
    pub disk: Disk,
    pub clock: LabClock,
    policy: Policy,
    bug: Option<Bug>,
    memory: Memory,
    page: Option<u32>,
    seed: u64,
    /// A person has said once that an empty side is empty indeed.
    agreed_to_much: bool,
    processes: u32,
    played: Played,
}

impl Stage {
    /// The stage as a history sets it.
    pub fn new(history: &History, bug: Option<Bug>) -> Self {
        let clock = LabClock::start();
        let now = clock.truth();
        let settings = &history.settings;
        let mut options = CapsuleOptions {
            allow_duplicate_org_names: settings.duplicate_names,
            hide_has_more: settings.hide_has_more,
            queued_deletes: settings.queued_deletes,
            ..CapsuleOptions::default()
        };
        if let Some(limit) = settings.hourly_limit {
            options.hourly_limit = limit;
        }
        let capsule = Capsule::of_firm(&empty(), &options, now).unwrap();
        let mut kashflow = KashFlow::new(KashFlowOptions {
            trimming: settings.trimming.clone(),
            put: settings.put.unwrap_or(kashsync::sim::kashflow::PutSemantics::Replace),
            detail_edits_move_update_time: settings.details_move_time,
            seed: history.seed,
            ..KashFlowOptions::default()
        });
        kashflow.load(&empty(), now);
        let disk = Disk::new(bug);
        let mut net = Net::new(capsule, kashflow, clock.clone(), disk.clone());
        net.truth.cuts = settings.trimming.texts;
        for deed in &history.start {
            net.act(*deed);
        }
        Self {
            net: Arc::new(Mutex::new(net)),
            disk,
            clock,
            policy: settings.policy.clone(),
            bug,
            memory: Memory::default(),
            page: settings.page,
            seed: history.seed,
            agreed_to_much: false,
            processes: 0,
            played: Played::default(),
        }
    }

    async fn step(&mut self, step: &Step) {
        self.net.lock().unwrap().catch_up();
        match step {
            Step::Deed(deed) => {
                self.clock.pass(SignedDuration::from_secs(61));
                self.net.lock().unwrap().act(*deed);
            }
            Step::Pass { minutes } => self.clock.pass(SignedDuration::from_mins(i64::from(*minutes))),
            Step::Skew { hours } => {
                self.clock.skew(SignedDuration::from_hours(i64::from(*hours)));
                self.net.lock().unwrap().tell(format!("our clock is {hours} hours wrong from now on"));
            }
            Step::Process(process) => {
                self.process(process).await;
            }
            Step::Quiet => self.quiet().await,
        }
    }

    /// The commands of orders, with what is on the screen now.
    fn commands(&mut self, orders: &[Order]) -> Vec<Command> {
        let (kept, journal) = self.disk.look(|kept, journal| (kept.clone(), journal.to_vec()));
        let mut net = self.net.lock().unwrap();
        let now = self.clock.truth();
        let commands = orders.iter().filter_map(|order| order.command(&kept, &journal, &mut net.truth, now));
        let commands: Vec<Command> = commands.collect();
        drop(net);
        self.agreed_to_much |=
            commands.iter().any(|command| matches!(command, Command::Answer { choice: Choice::Proceed, .. }));
        for command in &commands {
            if let Command::Answer { question, .. } = command
                && let Some(question) = kept.local.questions.get(question)
            {
                for ledger in &question.asked.key.waiting {
                    self.memory.answered(*ledger, &question.asked.name);
                }
            }
        }
        commands
    }

    async fn process(&mut self, process: &Process) -> (End, Told) {
        let commands = self.commands(&process.orders);
        let mut meanwhile: Vec<(u32, Meanwhile)> =
            process.deeds.iter().map(|(at, deed)| (*at, Meanwhile::Deed(*deed))).collect();
        for (at, order) in &process.commands {
            let command = self.commands(&[*order]).pop();
            meanwhile.extend(command.map(|command| (*at, Meanwhile::Command(Box::new(command)))));
        }
        self.processes += 1;
        let died = Arc::new(Notify::new());
        let (disk, against) = self.disk.open(Arc::clone(&died), process.dies_at_commit);
        {
            let mut net = self.net.lock().unwrap();
            let now = self.clock.truth().strftime("%a %H:%M:%S").to_string();
            net.tell(format!("{now} process {} starts: {commands:?}", self.processes));
            if let Some(against) = against {
                net.truth.broken("I10", against);
            }
            net.truth.checks += 1;
            net.set_out(Voyage {
                number: self.processes,
                faults: Faults(process.faults.clone()),
                meanwhile,
                dies: process.dies,
                died: Arc::clone(&died),
                page: self.page,
                ..Voyage::default()
            });
        }
        let life = Life {
            net: Arc::clone(&self.net),
            disk,
            died,
            policy: self.policy.clone(),
            bug: self.bug,
            memory: self.memory.clone(),
            approves: process.approves,
            seed: self.seed.wrapping_add(u64::from(self.processes)),
        };
        let elsewhere = process.elsewhere.filter(|_| self.is_bound());
        let before = self.move_account(elsewhere, true);
        let (end, told) = life.live(commands).await;
        let after = self.move_account(elsewhere, false);
        {
            let mut net = self.net.lock().unwrap();
            net.truth.check("I18", elsewhere.is_none() || before == after, || {
                "something was written to an account that is not the profile's".into()
            });
            // Only a process of one run can be judged: a later run of it may have read the side again.
            let one_run = process.orders.len() == 1 && process.commands.is_empty() && told.runs.len() <= 1;
            let agreed = self.agreed_to_much;
            if let Some(number) = net.voyage.emptied.filter(|_| one_run && !agreed) {
                let wrote = net.truth.writes.iter().any(|write| write.number > number && write.status < 300);
                net.truth.check("I17", !wrote, || "a run wrote although a side suddenly read empty".into());
            }
        }
        self.judge(end, &told);
        (end, told)
    }

    fn is_bound(&self) -> bool {
        self.disk.look(|kept, _| kept.local.progress.bound.is_some())
    }

    /// Puts another account in the place of one of the two, or the right one back; how much was written so far.
    fn move_account(&self, elsewhere: Option<bool>, away: bool) -> usize {
        let mut net = self.net.lock().unwrap();
        let by = if away { 1 } else { -1 };
        match elsewhere {
            Some(true) => net.kashflow.options.company_id += by,
            Some(false) if away => net.capsule.options.subdomain = "northgate".into(),
            Some(false) => net.capsule.options.subdomain = empty().company.subdomain,
            None => {}
        }
        // What an earlier process sent may be carried out late.
        let moved = elsewhere.map(|kashflow| if kashflow { Service::KashFlow } else { Service::Capsule });
        let own = net.truth.writes.iter();
        let own = own.filter(|write| write.process == self.processes && Some(write.service) == moved);
        own.count()
    }

    fn judge(&mut self, end: End, told: &Told) {
        let mut net = self.net.lock().unwrap();
        net.catch_up();
        let now = self.clock.truth().strftime("%a %H:%M:%S").to_string();
        for text in &told.texts {
            net.truth.story.push(format!("      \"{text}\""));
        }
        let requests = net.voyage.requests;
        net.tell(format!("{now} process {} ends: {end:?}, {requests} requests", self.processes));
        net.truth.check("I14", end != End::Stuck, || "a process hangs".into());
        net.truth.check("I14", requests < 2_000, || format!("a process sent {requests} requests"));
        let company = empty().company;
        for secret in [&company.capsule_token, &company.password, &company.memorable_word] {
            let leaks = told.texts.iter().any(|text| text.contains(secret.as_str()));
            net.truth.check("I19", !leaks, || "a secret is told".into());
        }
        oracle::state::judge(&mut net, end == End::Died);
        self.played.runs += told.runs.len() as u64;
        self.played.crashes += u64::from(end == End::Died);
    }

    /// One run without trouble; how many requests to change something it made, and whether it held others back because
    /// KashFlow had lost something of one (design B17).
    async fn untroubled(&mut self) -> (usize, bool) {
        let before = self.net.lock().unwrap().truth.writes.len();
        let mut orders = vec![Order::Sync { full: false }];
        if self.disk.look(|kept, _| kept.local.progress.disabled.is_some()) {
            orders.insert(0, Order::Enable);
        }
        let proceed = self.disk.look(|kept, _| {
            let open = kept.local.questions.values().filter(|question| question.is_open());
            open.filter(|question| question.asked.key.kind == QuestionKind::MassChange)
                .map(|question| Command::Answer {
                    question: question.id,
                    choice: Choice::Proceed,
                    value: None,
                })
                .next()
        });
        let process = Process { orders, approves: true, ..Process::default() };
        if let Some(proceed) = proceed {
            self.agreed_to_much = true;
            self.direct(vec![proceed], None, None).await;
        }
        let (_, told) = self.process(&process).await;
        let held_back = told.texts.iter().any(|text| text.contains("no further update to KashFlow starts"));
        (self.net.lock().unwrap().truth.writes.len() - before, held_back)
    }

    fn asks_about_too_much(&self) -> bool {
        self.disk.look(|kept, _| {
            let mut open = kept.local.questions.values().filter(|question| question.is_open());
            open.any(|question| question.asked.key.kind == QuestionKind::MassChange)
        })
    }

    /// One process for these commands.
    pub async fn direct(
        &mut self,
        commands: Vec<Command>,
        dies: Option<DiesAt>,
        dies_at_commit: Option<(u32, bool)>,
    ) -> (End, Told) {
        self.processes += 1;
        let died = Arc::new(Notify::new());
        let (disk, against) = self.disk.open(Arc::clone(&died), dies_at_commit);
        {
            let mut net = self.net.lock().unwrap();
            net.tell(format!("process {} starts: {commands:?}", self.processes));
            net.truth.check("I10", against.is_none(), || against.clone().unwrap_or_default());
            net.set_out(Voyage {
                number: self.processes,
                page: self.page,
                dies,
                died: Arc::clone(&died),
                ..Voyage::default()
            });
        }
        let life = Life {
            net: Arc::clone(&self.net),
            disk,
            died,
            policy: self.policy.clone(),
            bug: self.bug,
            memory: self.memory.clone(),
            approves: true,
            seed: self.seed,
        };
        life.live(commands).await
    }

    async fn quiet(&mut self) {
        {
            let mut net = self.net.lock().unwrap();
            net.tell("everything is quiet from here on".into());
            net.hash = super::dice::mix(net.hash);
            net.capsule.options.hourly_limit = CapsuleOptions::default().hourly_limit;
        }
        self.clock.skew(SignedDuration::ZERO);
        // What failed is tried again at last, and it is morning in London. The weekly whole reading is waited for only where
        // no other can find what was lost.
        let lost = self.net.lock().unwrap().hit.keys().any(|kind| kind.is_unnoticeable());
        self.clock.pass(SignedDuration::from_hours(24 * if lost { 7 } else { 4 }));
        let now = self.clock.truth();
        let morning: Timestamp = format!("{}T08:00:00Z", now.strftime("%Y-%m-%d")).parse().unwrap();
        self.clock.pass(SignedDuration::from_hours(24) + morning.duration_since(now));
        let mut runs = 0;
        let mut tries = 0;
        let mut rests = false;
        let mut left = 20;
        while tries < 3 && !rests && left > 0 {
            left -= 1;
            let before = self.meaning();
            let asked = self.asks_about_too_much();
            let (writes, held_back) = self.untroubled().await;
            // A run that stops to ask about unusually much does nothing else.
            tries += u32::from((asked || !self.asks_about_too_much()) && !held_back);
            rests = writes == 0 && before == self.meaning();
            runs += u32::from(!rests);
            self.clock.pass(SignedDuration::from_mins(12));
        }
        self.played.runs_to_rest.push(runs);
        let before = self.meaning();
        let (writes, _) = self.untroubled().await;
        let after = self.meaning();
        self.played.second_run_writes += writes as u64;
        let mut net = self.net.lock().unwrap();
        net.truth.check("I5", writes == 0, || format!("a run with nothing to do wrote {writes} times"));
        net.truth.check("I5", before == after, || {
            let differs = difference(&format!("{before:?}"), &format!("{after:?}"));
            format!("a run with nothing to do changed what is known: {differs}")
        });
        if net.truth.violations.is_empty() {
            oracle::quiet::judge(&mut net, &self.policy);
        }
        drop(net);
        self.clock.pass(SignedDuration::from_hours(1));
    }

    /// What is known, without what moves with every run.
    fn meaning(&self) -> Kept {
        let mut kept = self.disk.look(|kept, _| kept.clone());
        kept.runs.clear();
        kept.local.progress = kashsync::domain::local::Progress::default();
        for failing in kept.local.failing.values_mut() {
            failing.attempts = 0;
            failing.next_try = Timestamp::UNIX_EPOCH;
        }
        kept
    }

    fn end(self) -> Played {
        let net = self.net.lock().unwrap();
        let _ = self.clock.now();
        Played {
            violations: net.truth.violations.clone(),
            story: net.truth.story.clone(),
            hash: super::dice::hash(
                net.hash,
                self.disk.look(|kept, _| format!("{:?}", kept.local)).as_bytes(),
            ),
            faults: net.hit.clone(),
            checks: net.truth.checks,
            requests: u64::from(net.requests),
            writes: net.truth.writes.len() as u64,
            ..self.played
        }
    }
}
