//! Credentials: refused ones are remembered and not sent again by any run; a person's test sends them (design B39).

use super::World;
use super::event::{Event, Level};
use super::session::Session;
use super::stop::Stop;
use crate::domain::ids::Service;
use crate::domain::refused::{CredentialsPart, RefusedCredentials};
use crate::domain::trouble::Trouble;
use crate::ports::{Crm, Ledger, RemoteError};

/// How many refused credentials are remembered; with each a run takes some tens of milliseconds longer.
const MOST_REMEMBERED: usize = 5;

/// Stops a run whose credentials KashFlow has refused before, without a request.
pub(super) async fn check_refused<W: World>(session: &Session<W>) -> Result<(), Stop> {
    match remembered(session).await {
        Some(refused) => Err(Stop::Trouble(refused.trouble())),
        None => Ok(()),
    }
}

async fn remembered<W: World>(session: &Session<W>) -> Option<RefusedCredentials> {
    let refused = session.read(|kept| kept.local.progress.refused.clone()).await;
    refused.into_iter().rev().find(|refused| session.world.ledger().is_marked(&refused.mark))
}

/// Remembers the credentials in use when the trouble is their refusal.
pub(super) async fn note_trouble<W: World>(session: &Session<W>, trouble: &Trouble) {
    let part = CredentialsPart::refused_by(trouble.code).filter(|_| trouble.service == Service::KashFlow);
    let Some(part) = part else { return };
    if remembered(session).await.is_some_and(|known| known.code == trouble.code) {
        return;
    }
    let Some(mark) = session.world.ledger().mark_credentials(part) else { return };
    let refused =
        RefusedCredentials { mark, code: trouble.code, message: trouble.message.clone(), at: session.now() };
    let kept = session
        .change(|_, batch| {
            let known = &mut batch.progress.refused;
            known.push(refused);
            let surplus = known.len().saturating_sub(MOST_REMEMBERED);
            known.drain(..surplus);
        })
        .await;
    if let Err(error) = kept {
        session.log(Level::Error, error.to_string()).await;
    }
}

/// The same for the error of a call.
pub(super) async fn note<W: World>(session: &Session<W>, error: &RemoteError) {
    if let RemoteError::Trouble(trouble) = error {
        note_trouble(session, trouble).await;
    }
}

/// A person's test: signs in to both services, whatever was refused before, and tells who that is. What is accepted is
/// remembered as refused no longer.
pub(super) async fn test<W: World>(session: &Session<W>) {
    let (crm, ledger) = (session.world.crm(), session.world.ledger());
    let (capsule, kashflow) = tokio::join!(crm.account(), ledger.company());
    match &kashflow {
        Ok(_) => forget(session).await,
        Err(error) => note(session, error).await,
    }
    let trouble = |service, error| match Stop::of_read(service, error) {
        Stop::Trouble(trouble) => trouble,
        other @ (Stop::Store(_) | Stop::Guard(_) | Stop::Failure(_) | Stop::Cancelled) => {
            let message = other.describe().1.message;
            Trouble { service, code: crate::domain::trouble::TroubleCode::Unreachable, message }
        }
    };
    let event = Event::Tested {
        capsule: capsule.map_err(|error| trouble(Service::Capsule, error)),
        kashflow: kashflow.map_err(|error| trouble(Service::KashFlow, error)),
    };
    session.tell(event).await;
}

async fn forget<W: World>(session: &Session<W>) {
    let ledger = session.world.ledger();
    let kept = session
        .change(|_, batch| batch.progress.refused.retain(|refused| !ledger.is_marked(&refused.mark)))
        .await;
    if let Err(error) = kept {
        session.log(Level::Error, error.to_string()).await;
    }
}
