//! One process: the engine with both clients on a paused clock, told things one after the other, until it ends or dies.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kashsync::domain::policy::Policy;
use kashsync::domain::run::RunReport;
use kashsync::engine::command::Command;
use kashsync::engine::event::Event;
use kashsync::engine::{Options, Ports, Thinking, prepare};
use kashsync::ports::Pace;
use kashsync::remote::base_url::BaseUrl;
use kashsync::remote::capsule::CapsuleClient;
use kashsync::remote::kashflow::{KashFlowClient, KashFlowCredentials};
use kashsync::sim::fault::Service;
use kashsync::sim::firm::empty;
use tokio::sync::{Notify, mpsc};

use super::bug::Bug;
use super::buggy::{BuggyCrm, BuggyLedger, Memory};
use super::disk::Disk;
use super::net::Net;
use super::wire::Wire;

/// How a process came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Stopped,
    Died,
    /// It never came to an end: something hangs.
    Stuck,
}

/// What a process told.
#[derive(Debug, Default)]
pub struct Told {
    pub runs: Vec<Arc<RunReport>>,
    pub refused: Vec<(&'static str, String)>,
    /// Every text for people: log lines, refusals, questions of runs.
    pub texts: Vec<String>,
}

/// What a process lives with.
pub struct Life {
    pub net: Arc<Mutex<Net>>,
    pub disk: Disk,
    pub died: Arc<Notify>,
    pub policy: Policy,
    pub bug: Option<Bug>,
    pub memory: Memory,
    pub approves: bool,
    pub seed: u64,
}

/// No run of a history lasts that long by the services' limits.
const LONGEST: Duration = Duration::from_hours(30);

/// What a command is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    Nothing,
    Run,
    AtOnce,
}

fn wait_of(command: &Command) -> Wait {
    match command {
        Command::Sync { .. } | Command::Plan { .. } | Command::Export(_) | Command::Apply(_) => Wait::Run,
        Command::Delete(_) | Command::Merge(_) | Command::Undo(_) => Wait::AtOnce,
        Command::Disable { clear_summary: true } => Wait::AtOnce,
        _ => Wait::Nothing,
    }
}

fn ends(wait: Wait, event: &Event, approves: bool) -> bool {
    match (wait, event) {
        (Wait::Run, Event::RunFinished(_)) => true,
        (Wait::Run, Event::Planned { waits, .. }) => *waits && !approves,
        // One that came while something else was still at work was not taken.
        (Wait::Run, Event::Refused { code, message, .. }) => {
            matches!(*code, "disabled" | "failed") || message == "a run is under way"
        }
        (Wait::AtOnce, Event::Refused { .. } | Event::Undone(_) | Event::Cleared { .. }) => true,
        (Wait::AtOnce, Event::Deletion(deletion)) => deletion.done,
        (Wait::AtOnce, Event::Merging(merging)) => merging.done,
        _ => false,
    }
}

impl Life {
    /// Lives: carries the commands out one after the other and shuts down.
    pub async fn live(self, commands: Vec<Command>) -> (End, Told) {
        let (notice_sender, notices) = mpsc::unbounded_channel();
        let clock = self.net.lock().unwrap().clock.clone();
        let company = empty().company;
        let base = |service, text| BaseUrl::parse(service, text).unwrap();
        let wire = |service| Wire { net: Arc::clone(&self.net), service, bug: self.bug };
        let mut pace = Pace::default();
        if self.bug == Some(Bug::NoProbe) {
            pace.settle = Duration::ZERO;
        }
        let crm = CapsuleClient::new(
            wire(Service::Capsule),
            base(kashsync::domain::ids::Service::Capsule, "http://127.0.0.1:1/api/v2"),
            &company.capsule_token.clone().into(),
            pace,
            notice_sender.clone(),
            Arc::new(clock.clone()),
        )
        .with_seed(self.seed);
        let ledger = KashFlowClient::new(
            wire(Service::KashFlow),
            base(kashsync::domain::ids::Service::KashFlow, "http://127.0.0.1:2/v2"),
            KashFlowCredentials {
                user_name: company.user_name.clone(),
                password: company.password.clone().into(),
                memorable_word: company.memorable_word.clone().into(),
            },
            pace,
            notice_sender,
            Arc::new(clock.clone()),
        )
        .with_seed(self.seed + 1);
        let kept = self.disk.look(|kept, _| kept.clone());
        let ports = Ports {
            crm: BuggyCrm::new(crm, self.bug, self.memory.clone()),
            ledger: BuggyLedger::new(ledger, self.bug, self.memory.clone()),
            store: self.disk.clone(),
            clock,
            pace,
        };
        let options = Options { policy: self.policy.clone(), timer: false, thinking: Thinking::InPlace };
        let (sender, events, engine) = prepare(ports, kept, notices, options);
        self.net.lock().unwrap().voyage.commands = Some(sender.clone());
        let mut told = Told::default();
        let talk = talk(sender, events, commands, self.approves, &mut told);
        let life = async {
            tokio::select! {
                biased;
                () = self.died.notified() => End::Died,
                ((), ()) = async { tokio::join!(talk, engine()) } => End::Stopped,
            }
        };
        let end = tokio::time::timeout(LONGEST, life).await.unwrap_or(End::Stuck);
        self.net.lock().unwrap().voyage.commands = None;
        (end, told)
    }
}

/// Talks with the engine until it has stopped.
async fn talk(
    sender: mpsc::Sender<Command>,
    mut events: mpsc::Receiver<Event>,
    commands: Vec<Command>,
    approves: bool,
    told: &mut Told,
) {
    let mut commands = VecDeque::from(commands);
    let mut wait = Wait::Nothing;
    let mut ending = false;
    loop {
        while wait == Wait::Nothing && !ending {
            let command = commands.pop_front().unwrap_or(Command::Shutdown);
            ending = command == Command::Shutdown;
            wait = wait_of(&command);
            // An engine that is ending takes no more.
            let _ = sender.send(command).await;
        }
        let Some(event) = events.recv().await else { return };
        match &event {
            Event::RunFinished(report) => {
                if let Some(error) = &report.error {
                    told.texts.push(format!("{} {}", error.message, error.remedy));
                }
                told.runs.push(Arc::clone(report));
            }
            Event::Refused { code, message, remedy } => {
                told.refused.push((code, message.clone()));
                told.texts.push(format!("{message} {remedy}"));
            }
            Event::Log(line) => told.texts.push(line.text.clone()),
            Event::Planned { waits: true, .. } if approves => {
                let _ = sender.send(Command::Approve { unticked: [].into() }).await;
            }
            Event::Stopped => return,
            _ => {}
        }
        if ends(wait, &event, approves) {
            wait = Wait::Nothing;
        }
    }
}
