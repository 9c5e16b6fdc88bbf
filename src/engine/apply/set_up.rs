//! Our tag and field definitions in Capsule: looked up, made where missing, listed where refused (design B23).

use std::collections::BTreeSet;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::{Session, intend};
use crate::domain::contact::SummaryField;
use crate::domain::ids::{RunId, Service};
use crate::domain::local::IntentAction;
use crate::engine::World;
use crate::engine::event::{Event, Level};
use crate::engine::read::is_due;
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, RemoteError, SummarySetUp};

/// How often definitions that were refused are looked for again: somebody may have made them by hand.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// Makes sure that the definitions this profile needs exist, as far as Capsule lets us.
pub(super) async fn definitions<W: World>(
    session: &Session<W>,
    run: RunId,
    cancel: &CancellationToken,
) -> Result<(), Stop> {
    let wanted: BTreeSet<SummaryField> =
        if session.policy().write_summary { SummaryField::ALL.into() } else { [SummaryField::Id].into() };
    let now = session.now();
    let satisfied = session
        .read(|kept| {
            let progress = &kept.local.progress;
            let refused_lately = !is_due(progress.definitions_checked, LOOK_AGAIN, now);
            wanted.iter().all(|field| {
                progress.definitions.contains_key(field)
                    || (refused_lately && progress.refused_definitions.contains(field))
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
            batch.progress.definitions = definitions;
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
