//! Our tag and field definitions in Capsule: looked up, made where missing, listed where refused (design B23).

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::{Session, intend};
use crate::domain::contact::SummaryField;
use crate::domain::ids::{DefinitionId, RunId, Service};
use crate::domain::local::IntentAction;
use crate::engine::World;
use crate::engine::event::{Event, Level};
use crate::engine::read::is_due;
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, RemoteError, SummarySetUp};

/// How often definitions are looked up before a run's first write: somebody may have made or deleted some by hand.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// Definitions that were looked up less than this ago are not what a refusal is about.
const JUST_LOOKED: SignedDuration = SignedDuration::from_mins(10);

/// Makes sure that the definitions this profile needs exist, as far as Capsule lets us.
pub(super) async fn definitions<W: World>(
    session: &Session<W>,
    run: RunId,
    cancel: &CancellationToken,
) -> Result<(), Stop> {
    let wanted = wanted(session);
    let now = session.now();
    let satisfied = session
        .read(|kept| {
            let progress = &kept.local.progress;
            !is_due(progress.definitions_checked, LOOK_AGAIN, now)
                && wanted.iter().all(|field| {
                    progress.definitions.contains_key(field) || progress.refused_definitions.contains(field)
                })
        })
        .await;
    if satisfied {
        return Ok(());
    }
    wait_for_unfinished(session, cancel).await?;
    let found = look(session).await?;
    make_missing(session, run, found, &wanted).await
}

/// A write was refused, perhaps because somebody has deleted one of our fields: looks once for all who were refused, and
/// tells whether there are other definitions now. A refusal is definite, so the write may then be sent again.
pub(super) async fn renewed<W: World>(
    session: &Session<W>,
    run: RunId,
    refused: &BTreeMap<SummaryField, DefinitionId>,
) -> Result<bool, Stop> {
    let _turn = session.set_up.lock().await;
    let now = session.now();
    let (known, just_looked) = session
        .read(|kept| {
            let progress = &kept.local.progress;
            (progress.definitions.clone(), !is_due(progress.definitions_checked, JUST_LOOKED, now))
        })
        .await;
    if known != *refused || just_looked {
        return Ok(known != *refused);
    }
    let found = look(session).await?;
    make_missing(session, run, found, &wanted(session)).await?;
    Ok(session.read(|kept| kept.local.progress.definitions != *refused).await)
}

/// Whether a refusal may be about a definition that is not there any more.
pub(super) fn may_be_about_fields(error: &RemoteError) -> bool {
    match error {
        RemoteError::NotFound => true,
        RemoteError::Refused { message, .. } => message.to_lowercase().contains("definition"),
        RemoteError::Trouble(_) | RemoteError::Stale | RemoteError::InDoubt { .. } => false,
    }
}

fn wanted<W: World>(session: &Session<W>) -> BTreeSet<SummaryField> {
    if session.policy().write_summary { SummaryField::ALL.into() } else { [SummaryField::Id].into() }
}

async fn look<W: World>(session: &Session<W>) -> Result<SummarySetUp, Stop> {
    session.world.crm().summary_set_up().await.map_err(|error| Stop::of_read(Service::Capsule, error))
}

/// A definition that was being made when we were stopped may still appear: look only after the settle time (design 5).
async fn wait_for_unfinished<W: World>(session: &Session<W>, cancel: &CancellationToken) -> Result<(), Stop> {
    let unfinished = session
        .read(|kept| {
            let ours = kept.local.intents.values().filter(|intent| {
                matches!(intent.action, IntentAction::MakeTag | IntentAction::MakeDefinition(_))
            });
            ours.map(|intent| (intent.id, intent.at)).collect::<Vec<_>>()
        })
        .await;
    let Some(latest) = unfinished.iter().map(|(_, at)| *at).max() else { return Ok(()) };
    let settle = session.world.pace().settle;
    let left = super::super::settle::time_left(latest, settle, session.now());
    if !left.is_zero() {
        let until = session.now().checked_add(left).unwrap_or(latest);
        let why = "checking whether Capsule's KashFlow fields were made".to_owned();
        session.tell(Event::Waiting { service: Service::Capsule, until, why }).await;
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Stop::Cancelled),
            () = tokio::time::sleep(left) => {}
        }
    }
    session
        .change(|_, batch| batch.changes.extend(unfinished.iter().map(|(id, _)| Change::DropIntent(*id))))
        .await?;
    Ok(())
}

async fn make_missing<W: World>(
    session: &Session<W>,
    run: RunId,
    found: SummarySetUp,
    wanted: &BTreeSet<SummaryField>,
) -> Result<(), Stop> {
    let crm = session.world.crm();
    let mut definitions = found.definitions;
    let mut refused = BTreeSet::new();
    if !found.has_tag
        && definitions.is_empty()
        && let Err(error) = make(session, run, IntentAction::MakeTag, crm.make_tag()).await?
    {
        session.log(Level::Error, format!("Capsule lets us make no tag: {error}")).await;
    }
    for field in wanted.iter().filter(|field| !definitions.contains_key(field)).copied().collect::<Vec<_>>() {
        let action = IntentAction::MakeDefinition(field);
        match make(session, run, action, crm.make_definition(field)).await? {
            Ok(id) => drop(definitions.insert(field, id)),
            Err(error) => {
                refused.insert(field);
                let name = field.name();
                session
                    .log(Level::Ask, format!("make the field \"{name}\" in Capsule by hand: {error}"))
                    .await;
            }
        }
    }
    let now = session.now();
    session
        .change(|_, batch| {
            // Values of a field that was deleted are gone from contacts that do not count as changed: read them all.
            let known = std::mem::replace(&mut batch.progress.definitions, definitions);
            if known.iter().any(|(field, id)| batch.progress.definitions.get(field) != Some(id)) {
                batch.progress.capsule_whole = None;
            }
            batch.progress.refused_definitions = refused;
            batch.progress.definitions_checked = Some(now);
        })
        .await?;
    Ok(())
}

/// Makes one thing under an intent, which outlives the call only when nobody knows what came of it.
async fn make<W: World, T>(
    session: &Session<W>,
    run: RunId,
    action: IntentAction,
    call: impl Future<Output = Result<T, RemoteError>>,
) -> Result<Result<T, String>, Stop> {
    let intent = intend(session, run, action).await?;
    let answer = call.await;
    if !matches!(answer, Err(RemoteError::InDoubt { .. })) {
        session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
    }
    made(answer)
}

/// Tells "may not" (`Ok(Err)`: go on without) from what stops the run.
fn made<T>(answer: Result<T, RemoteError>) -> Result<Result<T, String>, Stop> {
    use crate::domain::trouble::TroubleCode::TokenScope;
    match answer {
        Ok(made) => Ok(Ok(made)),
        Err(RemoteError::Refused { message, .. }) => Ok(Err(message)),
        Err(RemoteError::NotFound) => Ok(Err("Capsule does not offer it".into())),
        Err(RemoteError::Trouble(trouble)) if trouble.code == TokenScope => Ok(Err(trouble.message)),
        Err(error) => Err(Stop::of_read(Service::Capsule, error)),
    }
}
