//! Following the engine through a run from the command line.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::clock::SystemClock;
use super::commands::backup::NO_BACKUP;
use super::output::{say, say_error};
use super::signal::{Signal, Signals};
use super::text::moment;
use crate::domain::ids::Service;
use crate::domain::operation::Plan;
use crate::domain::question::QuestionKey;
use crate::domain::run::RunReport;
use crate::engine::EngineHandle;
use crate::engine::command::Command;
use crate::engine::event::{Event, View};
use crate::error::AppError;
use crate::ports::Clock;

/// A plan that was shown.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The plan.
    pub plan: Arc<Plan>,
    /// How long it takes, whole minutes.
    pub minutes: u64,
    /// Everything known when it was made.
    pub view: Arc<View>,
}

/// What is to be done on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// Approve a plan that waits for it.
    pub yes: bool,
    /// Tell every line of the sync log on standard error.
    pub chatty: bool,
}

/// The engine, followed by a command line.
#[derive(Debug)]
pub struct Follower {
    engine: EngineHandle,
    signals: Signals,
    manner: Manner,
    /// What was told last of an automatic backup that was not written.
    not_backed_up: Option<String>,
    /// Questions that were known before.
    pub known: BTreeSet<QuestionKey>,
    /// The newest view.
    pub view: Arc<View>,
    /// The first plan that was shown: a run that goes on after an approval plans again.
    pub shown: Option<Shown>,
    /// The signal that asked to end, if one did.
    pub signal: Option<Signal>,
}

/// How a run went.
#[derive(Debug, Clone)]
pub enum Ended {
    /// It has ended; its record tells how.
    Run(Arc<RunReport>),
    /// The engine ended before it could record anything, as a signal asked it to.
    Signalled(Signal),
}

impl Follower {
    /// Follows an engine that was just started. Questions in `known` are not new.
    pub fn new(engine: EngineHandle, manner: Manner, known: BTreeSet<QuestionKey>) -> Result<Self, AppError> {
        let signals = Signals::take().map_err(|error| {
            AppError::machine(format!("signals cannot be received: {error}"), "Try again.")
        })?;
        Ok(Self {
            engine,
            signals,
            manner,
            not_backed_up: None,
            known,
            view: Arc::default(),
            shown: None,
            signal: None,
        })
    }

    /// Sends a command.
    pub async fn send(&self, command: Command) {
        // An engine that has ended says so through its events.
        let _ = self.engine.commands.send(command).await;
    }

    /// Follows until a run has ended and what is known after it has been told.
    pub async fn run(&mut self) -> Result<Ended, AppError> {
        let mut ended: Option<Arc<RunReport>> = None;
        loop {
            let Some(event) = self.next().await else {
                return match (ended, self.signal) {
                    (Some(report), _) => Ok(Ended::Run(report)),
                    (None, Some(signal)) => Ok(Ended::Signalled(signal)),
                    (None, None) => Err(broken()),
                };
            };
            match event {
                Event::Changed(view) => {
                    self.view = view;
                    if let Some(report) = ended {
                        return Ok(Ended::Run(report));
                    }
                }
                Event::Planned { plan, minutes, waits } => {
                    self.shown.get_or_insert_with(|| Shown { plan, minutes, view: Arc::clone(&self.view) });
                    if waits && self.manner.yes {
                        self.send(Command::Approve { unticked: BTreeSet::new() }).await;
                    } else if waits {
                        self.send(Command::Shutdown).await;
                    }
                }
                Event::RunStarted { .. } => self.shown = None,
                Event::RunFinished(report) => ended = Some(report),
                Event::Refused { code, message, remedy } => {
                    return Err(AppError::Refused { code, message, remedy });
                }
                Event::Waiting { service, until, why } => waiting(service, until, &why),
                Event::NotBackedUp(line) => self.not_backed_up(line.text),
                Event::Log(line) if self.manner.chatty => say(&line.text),
                Event::Progress(_)
                | Event::Remaining { .. }
                | Event::Log(_)
                | Event::Cleared { .. }
                | Event::Tested { .. }
                | Event::Parts { .. }
                | Event::Journal { .. }
                | Event::Duplicates(_)
                | Event::Deletion(_)
                | Event::Merging(_)
                | Event::Undone(_)
                | Event::Stopped => {}
            }
        }
    }

    /// Follows what is no run until the wanted has come; none when a signal came first and the engine ended.
    pub async fn until<T>(
        &mut self,
        mut wanted: impl FnMut(&Event) -> Option<T>,
    ) -> Result<Option<T>, AppError> {
        while let Some(event) = self.next().await {
            if let Some(found) = wanted(&event) {
                return Ok(Some(found));
            }
            match event {
                Event::Changed(view) => self.view = view,
                Event::Refused { code, message, remedy } => {
                    return Err(AppError::Refused { code, message, remedy });
                }
                Event::Waiting { service, until, why } => waiting(service, until, &why),
                Event::NotBackedUp(line) => self.not_backed_up(line.text),
                Event::Log(line) if self.manner.chatty => say(&line.text),
                Event::RunStarted { .. }
                | Event::Progress(_)
                | Event::Remaining { .. }
                | Event::Planned { .. }
                | Event::Log(_)
                | Event::RunFinished(_)
                | Event::Cleared { .. }
                | Event::Tested { .. }
                | Event::Parts { .. }
                | Event::Journal { .. }
                | Event::Duplicates(_)
                | Event::Deletion(_)
                | Event::Merging(_)
                | Event::Undone(_)
                | Event::Stopped => {}
            }
        }
        self.signal.map_or_else(|| Err(broken()), |_| Ok(None))
    }

    /// Ends the engine and waits until the profile is closed.
    pub async fn end(mut self) -> Result<Arc<View>, AppError> {
        self.send(Command::Shutdown).await;
        while let Some(event) = self.next().await {
            if let Event::Changed(view) = event {
                self.view = view;
            } else if let Event::NotBackedUp(line) = event
                // It is tried once more at the end; that it still fails was told already.
                && self.not_backed_up.as_ref() != Some(&line.text)
            {
                self.not_backed_up(line.text);
            }
        }
        // The engine has told its last; the thread ends once the store is closed.
        self.engine.thread.join().map_err(|_| broken())?;
        Ok(self.view)
    }

    /// No document has a place for it, so it is told whether or not the sync log is.
    fn not_backed_up(&mut self, text: String) {
        say_error(&text, NO_BACKUP);
        self.not_backed_up = Some(text);
    }

    /// The next event; none when the engine has ended. A first signal asks the engine to end, a second one ends this
    /// process at once: what was being written is looked up by the next run.
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                event = self.engine.events.recv() => return event,
                signal = self.signals.next() => {
                    if self.signal.is_some() {
                        std::process::exit(signal.exit().code().into());
                    }
                    self.signal = Some(signal);
                    say("stopping; once more to stop at once");
                    self.send(Command::Cancel).await;
                    self.send(Command::Shutdown).await;
                }
            }
        }
    }
}

fn waiting(service: Service, until: Timestamp, why: &str) {
    say(&format!("{}: {why}; waiting {}", service.name(), pause(until, SystemClock.now())));
}

/// How long a pause is: short ones in seconds, long ones by the time they end.
fn pause(until: Timestamp, now: Timestamp) -> String {
    match (until.duration_since(now).as_millis() + 999) / 1_000 {
        ..=0 => "a moment".into(),
        seconds @ 1..120 => format!("for {seconds} s"),
        _ => format!("until {}", moment(until)),
    }
}

fn broken() -> AppError {
    AppError::machine(
        "the engine broke down",
        "Look into the log file; the next run goes on where this one stopped.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_pause_is_told_in_seconds() {
        let now: Timestamp = "2026-11-24T08:30:00Z".parse().unwrap();
        for (until, words) in [
            ("2026-11-24T08:30:00Z", "a moment"),
            ("2026-11-24T08:30:01.95Z", "for 2 s"),
            ("2026-11-24T08:31:30Z", "for 90 s"),
            ("2026-11-24T09:00:00Z", "until 2026-11-24 09:00"),
        ] {
            assert_eq!(pause(until.parse().unwrap(), now), words);
        }
    }
}
