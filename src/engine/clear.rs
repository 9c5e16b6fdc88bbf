//! Emptying our fields in Capsule when syncing is disabled (design B34): at once, one request a contact, and taken up
//! again by the same command where it was cut off.

use futures_util::StreamExt;
use futures_util::stream;
use tokio_util::sync::CancellationToken;

use super::World;
use super::apply::summary::{self, Cause};
use super::apply::{AT_ONCE, Done};
use super::event::{Event, Level, Step};
use super::session::Session;
use super::settle::reread_summaries;
use super::stop::Stop;
use crate::domain::ids::Service;
use crate::domain::plan::summaries::{Emptied, emptied};
use crate::ports::Crm;

/// Contacts whose outcome was unknown are looked at and written again at most so often.
const MOST_ROUNDS: usize = 3;

/// Empties our fields, KashFlow ID excepted, on every linked contact, and tells how far that came.
pub(super) async fn clear<W: World>(session: &Session<W>, cancel: &CancellationToken) {
    let mut done = 0;
    let stop = rounds(session, cancel, &mut done).await.err();
    let left = session.read(|kept| emptied(&kept.snapshot, &kept.local).len()).await;
    let error = stop.map(|stop| stop.describe().1);
    let text = format!("our fields in Capsule: emptied on {done} contacts, {left} left");
    session.log(if left == 0 { Level::Done } else { Level::Error }, text).await;
    session.tell(Event::Cleared { done, left, error }).await;
}

async fn rounds<W: World>(
    session: &Session<W>,
    cancel: &CancellationToken,
    done: &mut usize,
) -> Result<(), Stop> {
    let doubtful = session.read(|kept| !kept.local.intents.is_empty()).await;
    if !doubtful && to_do(session).await.is_empty() {
        return Ok(());
    }
    check_account(session).await?;
    for _ in 0..MOST_ROUNDS {
        reread_summaries(session).await?;
        let contacts = to_do(session).await;
        if contacts.is_empty() {
            break;
        }
        know_definitions(session, &contacts).await?;
        let before = *done;
        empty(session, contacts, cancel, done).await?;
        if *done == before {
            break;
        }
    }
    Ok(())
}

async fn to_do<W: World>(session: &Session<W>) -> Vec<Emptied> {
    session.read(|kept| emptied(&kept.snapshot, &kept.local)).await
}

/// The token must be for the account that this profile belongs to (design B3).
async fn check_account<W: World>(session: &Session<W>) -> Result<(), Stop> {
    session.progress(Step::SignIn, 0, None);
    let account = session.world.crm().account().await;
    let account = account.map_err(|error| Stop::of_read(Service::Capsule, error))?;
    let bound = session.read(|kept| kept.local.progress.bound.clone()).await;
    match bound {
        Some(bound) if bound.subdomain != account.subdomain => Err(Stop::guard(
            "other_account",
            format!(
                "this profile belongs to {} in Capsule; the token is for {}",
                bound.subdomain, account.subdomain
            ),
            "Use the right token, or another profile (--profile NAME). Nothing was written.",
        )),
        Some(_) | None => Ok(()),
    }
}

/// Looks the fields up where we do not know all that are to be emptied.
async fn know_definitions<W: World>(session: &Session<W>, contacts: &[Emptied]) -> Result<(), Stop> {
    let known = session
        .read(|kept| {
            let mut fields = contacts.iter().flat_map(Emptied::fields);
            fields.all(|field| kept.local.progress.definitions.contains_key(&field))
        })
        .await;
    if known {
        return Ok(());
    }
    let found = session.world.crm().summary_set_up().await;
    let found = found.map_err(|error| Stop::of_read(Service::Capsule, error))?;
    session.change(|_, batch| batch.progress.definitions = found.definitions).await?;
    Ok(())
}

async fn empty<W: World>(
    session: &Session<W>,
    contacts: Vec<Emptied>,
    cancel: &CancellationToken,
    done: &mut usize,
) -> Result<(), Stop> {
    let total = contacts.len();
    let cause = Cause { run: None, reason: summary::DISABLED };
    let mut outcomes = stream::iter(contacts)
        .map(|one| async move {
            if cancel.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            summary::write(session, cause, one.contact, &one.name, &one.before, &one.after).await
        })
        .buffer_unordered(AT_ONCE);
    let mut stopped = None;
    let mut written = 0;
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(Done::Yes) => {
                written += 1;
                *done += 1;
                session.progress(Step::Apply, written, Some(total));
            }
            Ok(Done::No) => {}
            // Writes under way are still carried to their end; no further one is begun.
            Err(stop) => {
                cancel.cancel();
                stopped.get_or_insert(stop);
            }
        }
    }
    stopped.map_or(Ok(()), Err)
}
