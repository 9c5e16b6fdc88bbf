//! Carrying out a plan: durable intent, send, outcome; one bad record never blocks the others (design 5, B37).

mod create;
pub(super) mod export;
mod left_out;
pub(super) mod link;
pub(super) mod removal;
mod round;
mod set_up;
pub(super) mod summary;
mod update;
mod updated;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(super) use self::round::Round;
pub(super) use self::updated::{Settled, in_links_terms, settled, texts};
use super::World;
use super::event::{Level, Step};
use super::session::{Batch, Session};
use super::stop::Stop;
use crate::domain::contact::Summary;
use crate::domain::ids::{ContactId, RunId};
use crate::domain::local::{Failing, Intent, IntentAction, RecordRef};
use crate::domain::operation::{Counts, Operation, Plan};
use crate::ports::{Change, Kept};

/// Writes under way at a time per service (design 5).
pub(super) const AT_ONCE: usize = 4;

/// How often the lists are shown while a plan is carried out.
const SHOWN_EVERY: Duration = Duration::from_millis(500);

/// What became of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    /// Written, or found written.
    Yes,
    /// The service refuses this record, or its outcome is not known yet; the others go on.
    No,
}

/// Carries out a plan; gives back what was done, also when it stopped on the way.
pub(super) async fn apply<W: World>(
    session: &Session<W>,
    run: RunId,
    plan: &Plan,
    round: &Round,
    cancel: &CancellationToken,
) -> (Counts, Result<(), Stop>) {
    let mut counts = Counts::default();
    let total = plan.operations.len();
    match link::links(session, run, plan).await {
        Ok(linked) => counts.linked += linked,
        Err(stop) => return (counts, Err(stop)),
    }
    session.progress(Step::Apply, counts.linked, Some(total));
    if let Err(stop) = link::let_go(session, run, plan).await {
        return (counts, Err(stop));
    }
    if plan.requests() == 0 {
        return (counts, Ok(()));
    }
    if cancel.is_cancelled() {
        return (counts, Err(Stop::Cancelled));
    }
    if needs_definitions(plan)
        && let Err(stop) = set_up::definitions(session, run, cancel).await
    {
        return (counts, Err(stop));
    }
    let halted = AtomicBool::new(false);
    let mut outcomes = stream::iter(by_contact(plan))
        .map(|operations| {
            let halted = &halted;
            async move {
                let mut outcomes = Vec::with_capacity(operations.len());
                for operation in operations {
                    let outcome = if halted.load(Ordering::Relaxed) || cancel.is_cancelled() {
                        Err(Stop::Cancelled)
                    } else {
                        write(session, run, operation, round).await
                    };
                    if outcome.is_err() {
                        halted.store(true, Ordering::Relaxed);
                    }
                    outcomes.push((operation, outcome));
                }
                outcomes
            }
        })
        .buffer_unordered(AT_ONCE);
    let mut stopped: Option<Stop> = None;
    let carrying = async {
        while let Some(some) = outcomes.next().await {
            for (operation, outcome) in some {
                match outcome {
                    Ok(Done::Yes) => count(&mut counts, operation),
                    Ok(Done::No) => {}
                    // The first reason is the real one; the rest only stopped because of it.
                    Err(stop) => {
                        stopped =
                            Some(stopped.take().filter(|first| *first != Stop::Cancelled).unwrap_or(stop));
                    }
                }
            }
            let updated = counts.updated_in_capsule + counts.updated_in_kashflow;
            let removed = counts.archived + counts.deleted;
            let done =
                counts.linked + counts.created_in_capsule + updated + counts.summaries_written + removed;
            session.progress(Step::Apply, done.min(total), Some(total));
        }
    };
    tokio::select! {
        biased;
        () = carrying => {}
        () = keep_showing(session) => {}
    }
    (counts, stopped.map_or(Ok(()), Err))
}

/// Shows the lists again and again while a plan is carried out, but never for more than a tenth of the time: with a
/// hundred thousand contacts that takes a while.
async fn keep_showing<W: World>(session: &Session<W>) {
    let mut pause = SHOWN_EVERY;
    loop {
        tokio::time::sleep(pause).await;
        let begun = Instant::now();
        session.show_changes().await;
        pause = SHOWN_EVERY.max(begun.elapsed() * 9);
    }
}

/// Whether our field definitions are needed for it.
fn needs_definitions(plan: &Plan) -> bool {
    plan.operations.iter().any(|operation| match operation {
        Operation::CreateContact { .. } | Operation::WriteSummary { .. } => true,
        Operation::Link { .. }
        | Operation::UpdateLedger(_)
        | Operation::UpdateContact(_)
        | Operation::Export(_)
        | Operation::Remove { .. }
        | Operation::LetGo { .. } => false,
    })
}

/// The writes of a plan in its order, those about one contact together: one after the other, never at the same time
/// (design 5).
fn by_contact(plan: &Plan) -> Vec<Vec<&Operation>> {
    let mut places: BTreeMap<ContactId, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Operation>> = Vec::new();
    for operation in &plan.operations {
        let contact = match operation {
            Operation::Link { .. } | Operation::LetGo { .. } => continue,
            Operation::CreateContact { .. }
            | Operation::UpdateLedger(_)
            | Operation::UpdateContact(_)
            | Operation::WriteSummary { .. }
            | Operation::Export(_)
            | Operation::Remove { .. } => operation.contact(),
        };
        let place = contact.map(|contact| *places.entry(contact).or_insert(groups.len()));
        match place.and_then(|place| groups.get_mut(place)) {
            Some(group) => group.push(operation),
            None => groups.push(vec![operation]),
        }
    }
    groups
}

async fn write<W: World>(
    session: &Session<W>,
    run: RunId,
    operation: &Operation,
    round: &Round,
) -> Result<Done, Stop> {
    match operation {
        Operation::Link { .. } | Operation::LetGo { .. } => Ok(Done::Yes),
        Operation::Remove { removal, name } => removal::remove(session, run, removal, name).await,
        Operation::CreateContact { ledgers, draft, reason } => {
            create::create(session, run, ledgers, draft, *reason).await
        }
        Operation::Export(export) => export::export(session, run, export).await,
        Operation::UpdateLedger(update) => update::ledger(session, run, update, round).await,
        Operation::UpdateContact(update) => update::contact(session, run, update, round).await,
        Operation::WriteSummary { contact, name, before, after } => {
            let cause = summary::Cause {
                run: Some(run),
                reason: if before.values.is_empty() {
                    summary::FIRST
                } else {
                    summary::summary_reason(*after == Summary::default())
                },
            };
            summary::write(session, cause, *contact, name, before, after).await
        }
    }
}

fn count(counts: &mut Counts, operation: &Operation) {
    match operation {
        Operation::Link { .. } | Operation::LetGo { .. } => {}
        Operation::Remove { removal, .. } => counts.remove(removal.kind),
        Operation::CreateContact { ledgers, .. } => {
            counts.created_in_capsule += 1;
            counts.linked += ledgers.len();
        }
        Operation::UpdateLedger(_) => counts.updated_in_kashflow += 1,
        Operation::UpdateContact(_) => counts.updated_in_capsule += 1,
        Operation::WriteSummary { .. } => counts.summaries_written += 1,
        Operation::Export(_) => {
            counts.created_in_kashflow += 1;
            counts.linked += 1;
        }
    }
}

/// Makes an intent durable before the first byte is sent. One left from an earlier try is taken up again. Without a run it
/// belongs to the newest one.
async fn intend<W: World>(
    session: &Session<W>,
    run: impl Into<Option<RunId>>,
    action: IntentAction,
) -> Result<Intent, Stop> {
    let run = run.into();
    let now = session.now();
    let intent = session.change(|kept, batch| {
        let known = kept.local.intents.values().find(|intent| is_same(&intent.action, &action)).cloned();
        let mut intent = if let Some(known) = known {
            Intent { action, ..known }
        } else {
            let run = run.unwrap_or(batch.progress.last_run);
            Intent { id: batch.progress.next_intent(), action, run, at: now, attempts: 0, probes: 0 }
        };
        intent.at = now;
        intent.attempts += 1;
        intent.probes = 0;
        batch.changes.push(Change::PutIntent(intent.clone()));
        intent
    });
    Ok(intent.await?)
}

/// Whether two intents are about the same write: a create is known by its ledger contacts, not by its name, an update and
/// a summary by their record, not by their values.
fn is_same(left: &IntentAction, right: &IntentAction) -> bool {
    use IntentAction::{Export, UpdateContact, UpdateLedger, WriteSummary};
    match (left, right) {
        (UpdateLedger { ledger: left, .. }, UpdateLedger { ledger: right, .. }) => left == right,
        (
            UpdateContact { ledger: left, contact: left_contact, .. },
            UpdateContact { ledger: right, contact: right_contact, .. },
        ) => left == right && left_contact == right_contact,
        (WriteSummary { contact: left, .. }, WriteSummary { contact: right, .. })
        | (Export { contact: left, .. }, Export { contact: right, .. }) => left == right,
        _ => left == right || (!left.creates().is_empty() && left.creates() == right.creates()),
    }
}

/// Notes that a try has ended without anybody knowing how; the settle time counts from now (design 5).
async fn doubt<W: World>(session: &Session<W>, intent: Intent, name: &str, why: &str) -> Result<Done, Stop> {
    let now = session.now();
    session.log(Level::Error, format!("{name}: {why}; whether it was written will be looked up")).await;
    session.change(|_, batch| batch.changes.push(Change::PutIntent(Intent { at: now, ..intent }))).await?;
    Ok(Done::No)
}

/// Puts a refused record among the failing ones, to be tried again later or when it changes (design B37).
fn fail(kept: &Kept, batch: &mut Batch, failing: Failing) {
    let attempts = kept.local.failing.get(&failing.record).map_or(0, |known| known.attempts) + 1;
    let next_try = retry_at(failing.next_try, attempts);
    batch.changes.push(Change::PutFailing(Failing { attempts, next_try, ..failing }));
}

/// 1 hour, 4 hours, 1 day, then every 3 days (sync 2.6).
fn retry_at(now: Timestamp, attempts: u32) -> Timestamp {
    let rest = match attempts {
        0 | 1 => SignedDuration::from_hours(1),
        2 => SignedDuration::from_hours(4),
        3 => SignedDuration::from_hours(24),
        _ => Failing::LONGEST_REST,
    };
    now.checked_add(rest).unwrap_or(now)
}

/// A record that works again fails no more.
fn mended(kept: &Kept, batch: &mut Batch, record: RecordRef) {
    if kept.local.failing.contains_key(&record) {
        batch.changes.push(Change::DropFailing(record));
    }
}
