//! The driver: waits for commands, the timer and the end of a run; one run at a time.

use std::collections::BTreeSet;
use std::pin::Pin;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::clear;
use super::command::{Command, DeleteOrder, MergeOrder, Undo};
use super::credentials;
use super::decide::{self, Refusal};
use super::deletion::{self, Halt};
use super::event::{Event, Level};
use super::local_commands::{decide_and_keep, obey_local, refuse};
use super::merging;
use super::run::{Order, Reached, Run};
use super::schedule;
use super::session::Session;
use super::stop::Stop;
use super::undo;
use super::{Options, World};
use crate::domain::ids::LedgerRef;
use crate::domain::local::Initial;
use crate::domain::run::Trigger;
use crate::ports::{Crm, Kept, Ledger, RemoteNotice};

/// A plan that waited longer than this is made anew from a fresh reading when it is approved.
const READING_KEEPS: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// Runs the engine until [`Command::Shutdown`], or until nobody sends commands any more.
pub(super) async fn drive<W: World>(
    world: W,
    kept: Kept,
    notices: mpsc::UnboundedReceiver<RemoteNotice>,
    options: Options,
    mut commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
) {
    let last_finished = kept.runs.last().map(|run| run.finished);
    let timer = options.timer;
    let session = Session::new(world, kept, options, events);
    let mut driver = Driver { session, timer, parked: None, again: None, disabling: None };
    driver.schedule(last_finished).await;
    driver.session.show().await;
    let mut notices = Some(notices);
    driver.live(&mut commands, &mut notices).await;
    if let Some(parked) = driver.parked.take_if(|parked| parked.is_export_preview()) {
        parked.end(&driver.session, Ok(())).await;
    }
    if let Some(parked) = driver.parked.take() {
        let stop = Stop::guard(
            "first_run_needs_yes",
            "the first run's plan has not been approved",
            "Look at the plan, then approve it: `y` on the screen, or `kashsync sync --yes`. Nothing was written.",
        );
        parked.end(&driver.session, Err(stop)).await;
    }
    driver.session.world.ledger().sign_out().await;
    // What was decided or done at once since the last run.
    driver.session.back_up().await;
    driver.session.tell(Event::Stopped).await;
}

struct Driver<W: World> {
    session: Session<W>,
    timer: bool,
    /// A run whose plan waits for approval.
    parked: Option<Run>,
    /// What to do when the present run has ended.
    again: Option<Order>,
    /// Syncing is to be disabled when the present run has ended, and perhaps our fields emptied.
    disabling: Option<bool>,
}

/// What is done at once between runs, and is no run.
enum AtOnce {
    Delete(DeleteOrder),
    Merge(MergeOrder),
    Undo(Undo),
    /// Empty our fields in Capsule, after syncing was disabled (design B34).
    Clear,
    TestCredentials,
}

impl AtOnce {
    /// A command that is done at once, or the command itself.
    fn of(command: Command) -> Result<Self, Command> {
        match command {
            Command::Delete(order) => Ok(Self::Delete(order)),
            Command::Merge(order) => Ok(Self::Merge(order)),
            Command::Undo(what) => Ok(Self::Undo(what)),
            Command::TestCredentials => Ok(Self::TestCredentials),
            other => Err(other),
        }
    }

    /// Whether it changes records as a run does: then it is not done while syncing is disabled, and a plan that waits for
    /// approval is made anew.
    fn changes_records(&self) -> bool {
        match self {
            Self::Delete(_) | Self::Merge(_) | Self::Undo(_) => true,
            Self::Clear | Self::TestCredentials => false,
        }
    }
}

/// What woke the idle driver.
enum Woken {
    Command(Option<Command>),
    Notice(RemoteNotice),
    Timer,
}

impl<W: World> Driver<W> {
    async fn live(
        &mut self,
        commands: &mut mpsc::Receiver<Command>,
        notices: &mut Option<mpsc::UnboundedReceiver<RemoteNotice>>,
    ) {
        loop {
            if let Some(clear_summary) = self.disabling.take() {
                if self.disable(clear_summary, commands, notices).await {
                    return;
                }
                continue;
            }
            let order = match self.again.take() {
                Some(order) => Some(order),
                None => match self.wait(commands, notices).await {
                    Woken::Timer => Some(order(Trigger::Timer, false)),
                    Woken::Notice(notice) => {
                        tell_notice(&self.session, notice).await;
                        None
                    }
                    Woken::Command(None | Some(Command::Shutdown)) => return,
                    Woken::Command(Some(command)) => match AtOnce::of(command) {
                        Ok(wanted) => {
                            if self.at_once(wanted, commands, notices).await {
                                return;
                            }
                            None
                        }
                        Err(command) => self.obey(command).await,
                    },
                },
            };
            let Some(order) = order else { continue };
            if self.is_disabled().await {
                self.refuse(decide::disabled()).await;
                continue;
            }
            let run = match self.parked.take() {
                Some(parked) if parked.order == order => Ok(parked),
                _ => Run::begin(&self.session, order).await,
            };
            match run {
                Ok(run) => {
                    if self.carry(run, commands, notices).await {
                        return;
                    }
                }
                Err(stop) => {
                    let (_, error) = stop.describe();
                    self.refuse(Refusal { code: "failed", message: error.message, remedy: error.remedy })
                        .await;
                    // A disk that is full now is not tried again at once.
                    self.schedule(Some(self.session.now())).await;
                }
            }
        }
    }

    /// Sleeps until there is something to do. What a person asks for goes before the timer. While a plan waits for
    /// approval the timer rests.
    async fn wait(
        &self,
        commands: &mut mpsc::Receiver<Command>,
        notices: &mut Option<mpsc::UnboundedReceiver<RemoteNotice>>,
    ) -> Woken {
        loop {
            let due = self.session.due().filter(|_| self.timer && self.parked.is_none());
            let nap = due.map(|due| {
                let (now, interval) = (self.session.now(), self.session.policy().sync_interval);
                let counts = schedule::within_reach(due, interval, now);
                if counts != due {
                    self.session.set_next_run(Some(counts));
                }
                schedule::nap(counts, now)
            });
            tokio::select! {
                biased;
                command = commands.recv() => return Woken::Command(command),
                Some(notice) = next_notice(notices) => return Woken::Notice(notice),
                () = std::future::ready(()), if nap.is_some_and(|nap| nap.is_zero()) => return Woken::Timer,
                () = tokio::time::sleep(nap.unwrap_or_default()), if nap.is_some() => {}
            }
        }
    }

    /// Carries a run to its end or to its guard, obeying commands meanwhile. True when the engine is to end.
    async fn carry(
        &mut self,
        mut run: Run,
        commands: &mut mpsc::Receiver<Command>,
        notices: &mut Option<mpsc::UnboundedReceiver<RemoteNotice>>,
    ) -> bool {
        let cancel = CancellationToken::new();
        let mut ending = false;
        let result = {
            let session = &self.session;
            let going = run.go(session, &cancel);
            tokio::pin!(going);
            loop {
                let command = match meanwhile(going.as_mut(), session, commands, notices, ending).await {
                    Meanwhile::Ended(result) => break result,
                    Meanwhile::Command(command) => command,
                };
                let handling = async {
                    match command {
                        None | Some(Command::Shutdown) => {
                            ending = true;
                            stop(session, &cancel);
                        }
                        Some(Command::Cancel) => {
                            stop(session, &cancel);
                            self.again = None;
                        }
                        Some(Command::Sync { full, contact }) => {
                            let wanted = Order { full, contact, ..order(Trigger::Person, false) };
                            self.again = Some(match self.again.take() {
                                Some(earlier) => merged(&earlier, wanted),
                                None => wanted,
                            });
                        }
                        Some(
                            Command::Plan { .. }
                            | Command::Apply(_)
                            | Command::Undo(_)
                            | Command::Approve { .. }
                            | Command::Delete(_)
                            | Command::Merge(_)
                            | Command::PreviewExport(_)
                            | Command::Export(_)
                            | Command::TestCredentials,
                        ) => {
                            refuse(session, busy()).await;
                        }
                        Some(Command::Disable { clear_summary }) => {
                            self.disabling = Some(clear_summary || self.disabling == Some(true));
                            self.again = None;
                            stop(session, &cancel);
                        }
                        Some(other) => obey_local(session, other).await,
                    }
                };
                if let Some(result) = beside(going.as_mut(), handling).await {
                    break result;
                }
            }
        };
        self.session.world.crm().interrupt(false);
        self.session.world.ledger().interrupt(false);
        match result {
            Ok(Reached::Approval(event)) => {
                self.parked = Some(run);
                // What came meanwhile waits for the approval like everything else.
                self.again = None;
                self.session.tell(event).await;
            }
            Ok(Reached::End) => self.finish(run, Ok(())).await,
            Err(stop) if cancel.is_cancelled() => self.finish(run, Err(stop.when_cancelled())).await,
            Err(stop) => self.finish(run, Err(stop)).await,
        }
        ending
    }

    /// Disables syncing and empties our fields if asked to, obeying commands meanwhile. True when the engine is to end.
    async fn disable(
        &mut self,
        clear_summary: bool,
        commands: &mut mpsc::Receiver<Command>,
        notices: &mut Option<mpsc::UnboundedReceiver<RemoteNotice>>,
    ) -> bool {
        if let Some(parked) = self.parked.take() {
            parked.end(&self.session, Err(Stop::Cancelled)).await;
        }
        let now = self.session.now();
        if !decide_and_keep(&self.session, |kept| Ok(decide::disable(kept, now))).await {
            return false;
        }
        self.schedule(None).await;
        self.session.log(Level::Done, "syncing is disabled").await;
        self.session.show().await;
        clear_summary && self.at_once(AtOnce::Clear, commands, notices).await
    }

    /// Does at once what a person asked for, obeying commands meanwhile. True when the engine is to end.
    async fn at_once(
        &mut self,
        wanted: AtOnce,
        commands: &mut mpsc::Receiver<Command>,
        notices: &mut Option<mpsc::UnboundedReceiver<RemoteNotice>>,
    ) -> bool {
        if wanted.changes_records() {
            if self.is_disabled().await {
                self.refuse(decide::disabled()).await;
                return false;
            }
            if let Some(parked) = &mut self.parked {
                parked.read_at = None;
            }
        }
        let (session, cancel) = (&self.session, CancellationToken::new());
        let mut ending = false;
        let result = {
            let going = async {
                match &wanted {
                    AtOnce::Delete(order) => deletion::delete(session, order, &cancel).await?,
                    AtOnce::Merge(order) => merging::merge(session, order, &cancel).await?,
                    AtOnce::Undo(what) => undo::undo(session, what).await,
                    AtOnce::Clear => clear::clear(session, &cancel).await,
                    AtOnce::TestCredentials => credentials::test(session).await,
                }
                Ok::<(), Halt>(())
            };
            tokio::pin!(going);
            loop {
                let command = match meanwhile(going.as_mut(), session, commands, notices, ending).await {
                    Meanwhile::Ended(result) => break result,
                    Meanwhile::Command(command) => command,
                };
                let handling = async {
                    match command {
                        None | Some(Command::Shutdown) => {
                            ending = true;
                            stop(session, &cancel);
                        }
                        Some(Command::Cancel) => stop(session, &cancel),
                        // Looking changes nothing, and whoever looks waits for an answer.
                        Some(look @ (Command::ReadJournal(_) | Command::FindDuplicates)) => {
                            obey_local(session, look).await;
                        }
                        Some(_) => refuse(session, busy()).await,
                    }
                };
                if let Some(result) = beside(going.as_mut(), handling).await {
                    break result;
                }
            }
        };
        session.world.crm().interrupt(false);
        session.world.ledger().interrupt(false);
        // A session is not left open.
        session.world.ledger().sign_out().await;
        if let Err(halt) = result {
            refuse(session, halt.refusal(cancel.is_cancelled())).await;
        }
        session.show().await;
        ending
    }

    async fn finish(&mut self, run: Run, result: Result<(), Stop>) {
        run.end(&self.session, result).await;
        self.schedule(Some(self.session.now())).await;
        self.session.show().await;
    }

    /// Does what a command says between runs; gives back the run it asks for.
    async fn obey(&mut self, command: Command) -> Option<Order> {
        match command {
            Command::Sync { full, contact } => {
                if let Some(parked) = &self.parked {
                    // The plan is still the one shown: show it again.
                    return Some(parked.order.clone());
                }
                Some(Order { full, contact, ..order(Trigger::Person, false) })
            }
            Command::Plan { full } => {
                self.parked = None;
                Some(Order { full, ..order(Trigger::Person, true) })
            }
            Command::Apply(basis) => {
                self.parked = None;
                Some(Order { expects: Some(basis), ..order(Trigger::Person, false) })
            }
            Command::Approve { unticked } => self.approve(&unticked).await,
            Command::PreviewExport(exports) => {
                self.parked = None;
                Some(Order { exports, ..order(Trigger::Person, true) })
            }
            Command::Export(exports) => {
                self.parked = None;
                Some(Order { exports, ..order(Trigger::Person, false) })
            }
            Command::Disable { clear_summary } => {
                self.disabling = Some(clear_summary);
                None
            }
            // What is done at once is no order for a run; it has been taken care of.
            Command::Delete(_)
            | Command::Merge(_)
            | Command::Undo(_)
            | Command::TestCredentials
            | Command::Cancel
            | Command::Shutdown => None,
            local @ (Command::Enable
            | Command::Answer { .. }
            | Command::Take { .. }
            | Command::Ignore(_)
            | Command::Unignore(_)
            | Command::ReadParts { .. }
            | Command::ReadJournal(_)
            | Command::FindDuplicates
            | Command::Link { .. }
            | Command::Unlink { .. }
            | Command::Never { .. }
            | Command::Retry(_)
            | Command::UsePolicy(_)) => {
                obey_local(&self.session, local).await;
                let last = self.session.read(|kept| kept.runs.last().map(|run| run.finished)).await;
                self.schedule(last).await;
                None
            }
        }
    }

    /// Makes the approval durable (design B35): it holds through kills and failures until one run has finished it.
    async fn approve(&mut self, unticked: &BTreeSet<LedgerRef>) -> Option<Order> {
        let Some(parked) = &mut self.parked else {
            let remedy = "Sync first: the plan is shown when it is ready.";
            refuse(
                &self.session,
                Refusal {
                    code: "usage",
                    message: "no plan waits for approval".into(),
                    remedy: remedy.into(),
                },
            )
            .await;
            return None;
        };
        let now = self.session.now();
        let is_old = parked.read_at.is_none_or(|read| now.duration_since(read).abs() > READING_KEEPS);
        if is_old {
            parked.read_at = None;
        }
        if parked.is_export_preview() {
            if let Err(error) = parked.agree(&self.session).await {
                self.session.log(Level::Error, error.to_string()).await;
                return None;
            }
            return Some(parked.order.clone());
        }
        for ledger in unticked {
            let now = self.session.now();
            decide_and_keep(&self.session, |kept| {
                decide::ignore(kept, *ledger, "un-ticked in the first plan", now)
            })
            .await;
        }
        let creates = parked.shown_creates;
        let kept =
            self.session.change(|_, batch| batch.progress.initial = Initial::Approved { creates }).await;
        if let Err(error) = kept {
            self.session.log(Level::Error, error.to_string()).await;
            return None;
        }
        Some(parked.order.clone())
    }

    /// While syncing is disabled no run is due (design B34).
    async fn schedule(&self, last_finished: Option<jiff::Timestamp>) {
        let enabled = !self.is_disabled().await;
        let interval = self.session.policy().sync_interval;
        let due = schedule::next_run(last_finished, interval, self.session.now());
        self.session.set_next_run((self.timer && enabled).then_some(due));
    }

    async fn is_disabled(&self) -> bool {
        self.session.read(|kept| kept.local.progress.disabled.is_some()).await
    }

    async fn refuse(&self, refusal: Refusal) {
        refuse(&self.session, refusal).await;
    }
}

/// What comes first while something goes on.
enum Meanwhile<R> {
    /// Its end.
    Ended(R),
    /// A command; none when nobody can send one any more.
    Command(Option<Command>),
}

/// Lets something go on, telling the services' notices, until it ends or a command comes; when the engine is `ending`, to its end.
async fn meanwhile<W: World, F: Future>(
    mut going: Pin<&mut F>,
    session: &Session<W>,
    commands: &mut mpsc::Receiver<Command>,
    notices: &mut Option<mpsc::UnboundedReceiver<RemoteNotice>>,
    ending: bool,
) -> Meanwhile<F::Output> {
    loop {
        let notice = tokio::select! {
            biased;
            result = going.as_mut() => return Meanwhile::Ended(result),
            Some(notice) = next_notice(notices) => notice,
            command = commands.recv(), if !ending => return Meanwhile::Command(command),
        };
        if let Some(result) = beside(going.as_mut(), tell_notice(session, notice)).await {
            return Meanwhile::Ended(result);
        }
    }
}

/// Handles something to its end while the run goes on; gives back the run's result when it ended meanwhile.
///
/// Both are always polled: a run that is not would keep what is known locked, and the handling would wait for ever.
async fn beside<F: Future>(mut going: Pin<&mut F>, handling: impl Future<Output = ()>) -> Option<F::Output> {
    let mut ended = None;
    tokio::pin!(handling);
    loop {
        tokio::select! {
            biased;
            () = &mut handling => return ended,
            result = going.as_mut(), if ended.is_none() => ended = Some(result),
        }
    }
}

/// Stops a run before its next request. What is under way is finished; what waits gives up, not sent.
fn stop<W: World>(session: &Session<W>, cancel: &CancellationToken) {
    cancel.cancel();
    session.world.crm().interrupt(true);
    session.world.ledger().interrupt(true);
}

fn order(trigger: Trigger, dry: bool) -> Order {
    Order { trigger, full: false, contact: None, dry, expects: None, exports: Vec::new() }
}

/// Two requests for another run become one that does both.
fn merged(earlier: &Order, later: Order) -> Order {
    let contact = if earlier.contact == later.contact { earlier.contact } else { None };
    Order { full: earlier.full || later.full, contact, ..later }
}

fn busy() -> Refusal {
    Refusal { code: "usage", message: "a run is under way".into(), remedy: "Wait until it has ended.".into() }
}

async fn next_notice(notices: &mut Option<mpsc::UnboundedReceiver<RemoteNotice>>) -> Option<RemoteNotice> {
    let notice = notices.as_mut()?.recv().await;
    if notice.is_none() {
        *notices = None;
    }
    notice
}

async fn tell_notice<W: World>(session: &Session<W>, notice: RemoteNotice) {
    let event = match notice {
        RemoteNotice::Waiting { service, until, why } => Event::Waiting { service, until, why },
        RemoteNotice::Remaining { service, left } => Event::Remaining { service, left },
    };
    session.tell(event).await;
}
