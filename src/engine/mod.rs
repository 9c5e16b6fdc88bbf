//! The engine: commands in, events out. Executes what `domain` decides; never waits for a person.
//!
//! [`start`] takes the ports and gives back two channels. A run reads both services ([`read`]), plans, and carries the plan
//! out ([`apply`]); [`settle`] deals with writes whose outcome is unknown. When a run starts is decided in [`schedule`].
//! Not here: what to do (that is `domain::plan`), how to talk to a service (`remote`), how to keep things (`store`).

mod accounts;
mod apply;
mod clear;
pub mod command;
mod credentials;
pub mod decide;
mod deletion;
mod driver;
pub mod event;
mod exporting;
mod local_commands;
mod merging;
mod pages;
pub mod pairs;
mod parting;
mod prune;
mod questions;
mod read;
mod recover;
mod report;
mod run;
mod saved_plan;
mod schedule;
mod session;
mod settle;
mod stop;
pub mod take;
pub mod undo;
pub mod view;

use std::thread::JoinHandle;

use tokio::sync::mpsc;

use crate::domain::policy::Policy;
use crate::ports::{Clock, Crm, Kept, Ledger, Pace, RemoteNotice, Store};

use command::Command;
use event::Event;

/// Everything outside the engine, as one type parameter.
pub trait World: Send + Sync + 'static {
    /// Capsule.
    type Crm: Crm;
    /// KashFlow.
    type Ledger: Ledger;
    /// Durable state.
    type Store: Store;
    /// Wall-clock time.
    type Clock: Clock;

    /// Capsule.
    fn crm(&self) -> &Self::Crm;
    /// KashFlow.
    fn ledger(&self) -> &Self::Ledger;
    /// Durable state.
    fn store(&self) -> &Self::Store;
    /// Wall-clock time.
    fn clock(&self) -> &Self::Clock;
    /// Waiting times.
    fn pace(&self) -> Pace;
}

/// The ports that the engine works with.
#[derive(Debug)]
pub struct Ports<C, L, S, K> {
    /// Capsule.
    pub crm: C,
    /// KashFlow.
    pub ledger: L,
    /// Durable state.
    pub store: S,
    /// Wall-clock time.
    pub clock: K,
    /// Waiting times.
    pub pace: Pace,
}

impl<C: Crm, L: Ledger, S: Store, K: Clock> World for Ports<C, L, S, K> {
    type Crm = C;
    type Ledger = L;
    type Store = S;
    type Clock = K;

    fn crm(&self) -> &C {
        &self.crm
    }

    fn ledger(&self) -> &L {
        &self.ledger
    }

    fn store(&self) -> &S {
        &self.store
    }

    fn clock(&self) -> &K {
        &self.clock
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}

/// How the engine is to work.
#[derive(Debug, Clone)]
pub struct Options {
    /// Settings.
    pub policy: Policy,
    /// Whether the timer starts runs by itself (design B33).
    pub timer: bool,
    /// Where planning is done, which takes long with a hundred thousand contacts.
    pub thinking: Thinking,
}

/// Where what takes long to work out is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// On another thread, so that commands are obeyed meanwhile.
    Beside,
    /// At once and in place, so that equal histories are equal to the last step.
    InPlace,
}

/// The running engine. Dropping `commands` ends it as [`Command::Shutdown`] does.
#[derive(Debug)]
pub struct EngineHandle {
    /// What to do.
    pub commands: mpsc::Sender<Command>,
    /// What happens. Closed without [`Event::Stopped`] when the engine broke down.
    pub events: mpsc::Receiver<Event>,
    /// Ends after [`Event::Stopped`].
    pub thread: JoinHandle<()>,
}

/// Starts the engine, on a thread of its own, with what the store had kept. `first` is obeyed before the timer starts
/// anything. Fails when the system gives no thread.
pub fn start<W: World>(
    world: W,
    kept: Kept,
    notices: mpsc::UnboundedReceiver<RemoteNotice>,
    options: Options,
    first: Option<Command>,
) -> std::io::Result<EngineHandle> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (commands, events, engine) = prepare(world, kept, notices, options);
    if let Some(first) = first {
        // The mailbox is empty and nobody reads it yet: there is room.
        let _ = commands.try_send(first);
    }
    let thread =
        std::thread::Builder::new().name("engine".into()).spawn(move || runtime.block_on(engine()))?;
    Ok(EngineHandle { commands, events, thread })
}

/// The engine's two channels, and the engine itself as a function that gives the future to run. For tests that run it
/// on a paused clock of their own; everybody else calls [`start`].
pub fn prepare<W: World>(
    world: W,
    kept: Kept,
    notices: mpsc::UnboundedReceiver<RemoteNotice>,
    options: Options,
) -> (mpsc::Sender<Command>, mpsc::Receiver<Event>, impl FnOnce() -> EngineFuture + Send + 'static) {
    let (command_sender, command_receiver) = mpsc::channel(64);
    let (event_sender, event_receiver) = mpsc::channel(1024);
    let engine = move || -> EngineFuture {
        Box::pin(driver::drive(world, kept, notices, options, command_receiver, event_sender))
    };
    (command_sender, event_receiver, engine)
}

/// The engine at work; bound to the thread that runs it.
pub type EngineFuture = std::pin::Pin<Box<dyn Future<Output = ()>>>;
