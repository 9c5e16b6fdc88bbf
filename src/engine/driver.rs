//! The driver: waits for commands, the timer and the end of a run; one run at a time.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::clear::{Cleared, clear};
use super::command::Command;
use super::credentials;
use super::decide::{self, Refusal};
use super::event::{Event, Level};
use super::pairs;
use super::run::{Order, Reached, Run};
use super::schedule;
use super::session::Session;
use super::stop::Stop;
use super::{Options, World};
use crate::domain::ids::{LedgerRef, Side};
use crate::domain::local::Initial;
use crate::domain::run::Trigger;
use crate::ports::{Change, Crm, Kept, Ledger, RemoteError, RemoteNotice, StoreError};

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
    let session = Session::new(world, kept, options.policy, events);
    let mut driver = Driver { session, timer: options.timer, parked: None, again: None, disabling: None };
    driver.schedule(last_finished).await;
    driver.session.show().await;
    let mut notices = Some(notices);
    driver.live(&mut commands, &mut notices).await;
    if let Some(parked) = driver.parked.take() {
        let stop = Stop::guard(
            "first_run_needs_yes",
            "the first run's plan has not been approved",
            "Look at the plan, then approve it: `y` on the screen, or `kashsync sync --yes`. Nothing was written.",
        );
        parked.end(&driver.session, Err(stop)).await;
    }
    driver.session.world.ledger().sign_out().await;
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
                    Woken::Command(Some(command)) => self.obey(command).await,
                },
            };
            let Some(order) = order else { continue };
            if self.session.read(|kept| kept.local.progress.disabled.is_some()).await {
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
                    self.session.log(Level::Error, error.message.clone()).await;
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
                let command = tokio::select! {
                    biased;
                    result = &mut going => break result,
                    Some(notice) = next_notice(notices) => {
                        match beside(going.as_mut(), tell_notice(session, notice)).await {
                            Some(result) => break result,
                            None => continue,
                        }
                    }
                    command = commands.recv(), if !ending => command,
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
                            self.again = Some(self.again.map_or(wanted, |earlier| merged(earlier, wanted)));
                        }
                        Some(Command::Disable { clear_summary }) => {
                            self.disabling = Some(clear_summary || self.disabling == Some(true));
                            self.again = None;
                            cancel.cancel();
                        }
                        Some(Command::Plan { .. } | Command::Approve { .. } | Command::TestCredentials) => {
                            refuse(session, busy()).await;
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
        clear_summary && self.clear(commands, notices).await
    }

    /// Empties our fields in Capsule. True when the engine is to end.
    async fn clear(
        &mut self,
        commands: &mut mpsc::Receiver<Command>,
        notices: &mut Option<mpsc::UnboundedReceiver<RemoteNotice>>,
    ) -> bool {
        let (session, cancel) = (&self.session, CancellationToken::new());
        let mut ending = false;
        let cleared = {
            let going = clear(session, &cancel);
            tokio::pin!(going);
            loop {
                let command = tokio::select! {
                    biased;
                    cleared = &mut going => break cleared,
                    Some(notice) = next_notice(notices) => {
                        match beside(going.as_mut(), tell_notice(session, notice)).await {
                            Some(cleared) => break cleared,
                            None => continue,
                        }
                    }
                    command = commands.recv(), if !ending => command,
                };
                let handling = async {
                    match command {
                        None | Some(Command::Shutdown) => {
                            ending = true;
                            cancel.cancel();
                        }
                        Some(Command::Cancel) => cancel.cancel(),
                        Some(Command::Disable { .. }) => {}
                        Some(Command::Sync { .. } | Command::Plan { .. } | Command::Approve { .. }) => {
                            refuse(session, decide::disabled()).await;
                        }
                        // The next sync would fill the fields again: first one, then the other.
                        Some(Command::Enable | Command::TestCredentials) => refuse(session, busy()).await,
                        Some(
                            local @ (Command::Answer { .. }
                            | Command::Ignore(_)
                            | Command::Unignore(_)
                            | Command::ReadParts { .. }
                            | Command::Link { .. }
                            | Command::Unlink { .. }
                            | Command::Never { .. }
                            | Command::Retry(_)
                            | Command::UsePolicy(_)),
                        ) => obey_local(session, local).await,
                    }
                };
                if let Some(cleared) = beside(going.as_mut(), handling).await {
                    break cleared;
                }
            }
        };
        let Cleared { done, left, stop } = cleared;
        let error = stop.map(|stop| stop.describe().1);
        let text = format!("our fields in Capsule: emptied on {done} contacts, {left} left");
        let level = if left == 0 { Level::Done } else { Level::Error };
        self.session.log(level, text).await;
        self.session.tell(Event::Cleared { done, left, error }).await;
        self.session.show().await;
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
                    return Some(parked.order);
                }
                Some(Order { full, contact, ..order(Trigger::Person, false) })
            }
            Command::Plan { full } => {
                self.parked = None;
                Some(Order { full, ..order(Trigger::Person, true) })
            }
            Command::Approve { unticked } => self.approve(&unticked).await,
            Command::Disable { clear_summary } => {
                self.disabling = Some(clear_summary);
                None
            }
            Command::TestCredentials => {
                credentials::test(&self.session).await;
                None
            }
            Command::Cancel | Command::Shutdown => None,
            local @ (Command::Enable
            | Command::Answer { .. }
            | Command::Ignore(_)
            | Command::Unignore(_)
            | Command::ReadParts { .. }
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
        let now = self.session.now();
        if parked.read_at.is_none_or(|read| now.duration_since(read).abs() > READING_KEEPS) {
            parked.read_at = None;
        }
        Some(parked.order)
    }

    /// While syncing is disabled no run is due (design B34).
    async fn schedule(&self, last_finished: Option<jiff::Timestamp>) {
        let enabled = self.session.read(|kept| kept.local.progress.disabled.is_none()).await;
        let interval = self.session.policy().sync_interval;
        let due = schedule::next_run(last_finished, interval, self.session.now());
        self.session.set_next_run((self.timer && enabled).then_some(due));
    }

    async fn refuse(&self, refusal: Refusal) {
        refuse(&self.session, refusal).await;
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
    Order { trigger, full: false, contact: None, dry }
}

/// Two requests for another run become one that does both.
fn merged(earlier: Order, later: Order) -> Order {
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

async fn refuse<W: World>(session: &Session<W>, refusal: Refusal) {
    let Refusal { code, message, remedy } = refusal;
    session.tell(Event::Refused { code, message, remedy }).await;
}

/// Commands that change local state or settings only.
async fn obey_local<W: World>(session: &Session<W>, command: Command) {
    let now = session.now();
    match command {
        Command::Answer { question, choice, value } => {
            decide_and_keep(session, |kept| decide::answer(kept, question, &choice, value.as_deref(), now))
                .await;
        }
        Command::Ignore(ledger) => {
            decide_and_keep(session, |kept| decide::ignore(kept, ledger, "you said so", now)).await;
        }
        Command::Unignore(ledger) => {
            decide_and_keep(session, |kept| decide::unignore(kept, ledger, now)).await;
        }
        Command::Enable => {
            decide_and_keep(session, |kept| Ok(decide::enable(kept, now))).await;
        }
        Command::Link { contact, ledger } => {
            decide_and_keep(session, |kept| pairs::link(kept, contact, ledger, now)).await;
        }
        Command::Unlink { contact, side } => {
            decide_and_keep(session, |kept| pairs::unlink(kept, contact, side, now)).await;
        }
        Command::Never { contact, ledger } => {
            decide_and_keep(session, |kept| pairs::never(kept, contact, ledger, now)).await;
        }
        Command::Retry(contact) => {
            decide_and_keep(session, |kept| pairs::retry(kept, contact, now)).await;
        }
        Command::UsePolicy(policy) => session.use_policy(*policy),
        // Nothing is known anew, so nothing is shown anew.
        Command::ReadParts { side, number } => return read_parts(session, side, number).await,
        Command::Disable { .. }
        | Command::TestCredentials
        | Command::Sync { .. }
        | Command::Plan { .. }
        | Command::Approve { .. }
        | Command::Cancel
        | Command::Shutdown => {}
    }
    session.show().await;
}

/// Reads a document's lines and payments, for whoever looks at it.
async fn read_parts<W: World>(session: &Session<W>, side: Side, number: i64) {
    if side == Side::Supplier && session.policy().exclude_supplier_invoices {
        // Not requested and not shown anywhere (design B22).
        let message = "supplier invoices are excluded".to_owned();
        let remedy = "Set exclude_supplier_invoices to false to see them.".to_owned();
        return refuse(session, Refusal { code: "not_found", message, remedy }).await;
    }
    let error = match session.world.ledger().document_parts(side, number).await {
        Ok(parts) => {
            return session.tell(Event::Parts { side, number, parts: Arc::new(parts) }).await;
        }
        Err(RemoteError::NotFound) => Refusal {
            code: "not_found",
            message: format!(
                "KashFlow has no {} {number}",
                if side == Side::Customer { "invoice" } else { "bill" }
            ),
            remedy: "Check the number, or sync: it may have been deleted.".into(),
        },
        Err(RemoteError::Trouble(trouble)) => Refusal {
            code: trouble.code.word(),
            message: format!("{}: {}", trouble.service.name(), trouble.message),
            remedy: trouble.remedy(),
        },
        Err(error @ (RemoteError::Refused { .. } | RemoteError::InDoubt { .. })) => Refusal {
            code: "failed",
            message: error.to_string(),
            remedy: "Try again later, or open the document in KashFlow.".into(),
        },
    };
    refuse(session, error).await;
}

/// Tells whether the decision was taken and kept.
async fn decide_and_keep<W: World>(
    session: &Session<W>,
    decide: impl FnOnce(&Kept) -> Result<Vec<Change>, Refusal>,
) -> bool {
    let kept: Result<Result<(), Refusal>, StoreError> = session
        .change(|kept, batch| {
            let changes = decide(kept)?;
            for change in changes {
                match change {
                    Change::PutProgress(progress) => batch.progress = progress,
                    other => batch.changes.push(other),
                }
            }
            Ok(())
        })
        .await;
    match kept {
        Ok(Ok(())) => return true,
        Ok(Err(refusal)) => refuse(session, refusal).await,
        Err(error) => session.log(Level::Error, error.to_string()).await,
    }
    false
}
