//! Writes whose outcome is unknown: wait, look, adopt or send again (design 5).
//!
//! The service may still be carrying out a request that we gave up on. So a create in doubt is looked for by its marker only
//! after the settle time, and counts as not done when two looks, a settle time apart, found nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::World;
use super::apply::summary::{DISABLED, journal, summary_reason};
use super::event::{Event, Level, Step};
use super::read::capsule::{Reading, list};
use super::read::{OVERLAP, before};
use super::session::Session;
use super::stop::Stop;
use crate::domain::contact::{Contact, SummaryField};
use crate::domain::ids::{ContactId, LedgerRef, Service};
use crate::domain::local::{Failing, Intent, IntentAction, RecordRef};
use crate::domain::marker::Marker;
use crate::domain::summary::same_value;
use crate::ports::{Change, Crm, Kept, RemoteError, StoreError};

/// How long until the settle time after an instant is over.
pub(super) fn time_left(from: Timestamp, settle: Duration, now: Timestamp) -> Duration {
    let passed = Duration::try_from(now.duration_since(from)).unwrap_or_default();
    settle.saturating_sub(passed)
}

/// Re-reads contacts whose summary write is in doubt: what stands there now is the truth, and writing it again is harmless.
pub(super) async fn reread_summaries<W: World>(session: &Session<W>) -> Result<(), Stop> {
    let intents: Vec<Intent> = session.read(|kept| kept.local.intents.values().cloned().collect()).await;
    for intent in intents {
        let IntentAction::WriteSummary { contact, fields: sent } = &intent.action else { continue };
        let contact = *contact;
        match session.world.crm().contact(contact).await {
            Ok(read) if !read.restricted => {
                let now = session.now();
                let name = read.name().into_owned();
                let stands = |(field, value): &(SummaryField, Option<String>)| {
                    let found = read.summary.values.get(field).map(String::as_str);
                    same_value(*field, found, value.as_deref())
                };
                let was_done = sent.iter().all(stands);
                let fields: Vec<SummaryField> = sent.iter().map(|(field, _)| *field).collect();
                session
                    .change(|kept, batch| {
                        batch.changes.extend([Change::PutContact(read), Change::DropIntent(intent.id)]);
                        if was_done {
                            let emptied = sent.iter().all(|(_, value)| value.is_none());
                            let disabled = kept.local.progress.disabled.is_some();
                            let reason = if emptied && disabled { DISABLED } else { summary_reason(emptied) };
                            journal(batch, intent.run, contact, &name, &fields, reason, None, "adopted", now);
                        }
                    })
                    .await?;
            }
            // Without an entry in the deleted feed it is only hidden (design B5), and a mask shows nothing of what was written.
            Ok(_) | Err(RemoteError::NotFound) => {
                session
                    .change(|kept, batch| {
                        batch.changes.push(Change::DropIntent(intent.id));
                        if !kept.local.deleted.contains_key(&contact) {
                            batch.changes.push(Change::PutHidden(contact));
                        }
                    })
                    .await?;
            }
            // That one record is out of reach, nothing else (design B37).
            Err(RemoteError::Refused { message, .. }) => fail(session, &intent, contact, &message).await?,
            Err(error @ (RemoteError::Trouble(_) | RemoteError::Stale | RemoteError::InDoubt { .. })) => {
                return Err(Stop::of_read(Service::Capsule, error));
            }
        }
    }
    Ok(())
}

/// Notes a contact that Capsule does not show us. Its summary is written again where it needs to be, which does no harm.
async fn fail<W: World>(
    session: &Session<W>,
    intent: &Intent,
    contact: ContactId,
    message: &str,
) -> Result<(), Stop> {
    let now = session.now();
    let name = session
        .change(|kept, batch| {
            let known = kept.snapshot.contacts.get(&contact).map(|contact| contact.name().into_owned());
            let name = known.unwrap_or_else(|| format!("contact {}", contact.0));
            batch.changes.push(Change::DropIntent(intent.id));
            batch.changes.push(Change::PutFailing(Failing {
                record: RecordRef::Contact(contact),
                name: name.clone(),
                reason: format!("Capsule does not let it be read: {message}"),
                remedy: "Check in Capsule whether this token's user may see the contact.".into(),
                attempts: 1,
                next_try: now,
                fingerprint: 0,
            }));
            name
        })
        .await?;
    session.log(Level::Error, format!("{name}: Capsule does not let it be read: {message}")).await;
    Ok(())
}

/// Waits out the settle time of creates in doubt and looks for their markers until each is found or counts as not done.
///
/// What is found becomes known and is linked by the next plan; what is not done is planned again by it.
pub(super) async fn look_for_creates<W: World>(
    session: &Session<W>,
    cancel: &CancellationToken,
) -> Result<bool, Stop> {
    let mut looked = false;
    loop {
        let waiting = undecided_now(session).await?;
        let Some(next) = waiting.iter().map(|intent| intent.at).min() else { return Ok(looked) };
        let left = time_left(next, session.world.pace().settle, session.now());
        if !left.is_zero() {
            let until = session.now().checked_add(left).unwrap_or(next);
            let why = format!("finding out whether {} contacts were created", waiting.len());
            session.tell(Event::Waiting { service: Service::Capsule, until, why }).await;
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Stop::Cancelled),
                () = tokio::time::sleep(left) => {}
            }
        }
        session.progress(Step::Recover, 0, Some(waiting.len()));
        look(session, &waiting).await?;
        looked = true;
    }
}

/// Creates in doubt, none of them begun in the future: a clock that was set back since must not make us wait for ever.
async fn undecided_now<W: World>(session: &Session<W>) -> Result<Vec<Intent>, StoreError> {
    let now = session.now();
    session
        .change(|kept, batch| {
            let waiting = undecided(kept).into_iter().map(|mut intent| {
                if intent.at > now {
                    intent.at = now;
                    batch.changes.push(Change::PutIntent(intent.clone()));
                }
                intent
            });
            waiting.collect()
        })
        .await
}

/// Creates in doubt that are neither found nor count as not done.
fn undecided(kept: &Kept) -> Vec<Intent> {
    // One that was deleted is kept for its link's sake, and is not what was to be created in its place (design B30).
    let there =
        kept.snapshot.contacts.values().filter(|contact| !kept.local.deleted.contains_key(&contact.id));
    let found = carried(there.map(AsRef::as_ref));
    let open = kept.local.intents.values().filter(|intent| {
        let ledgers = intent.action.creates();
        !ledgers.is_empty()
            && !intent.counts_as_not_done()
            && !ledgers.iter().any(|ledger| found.contains(ledger))
    });
    open.cloned().collect()
}

fn carried<'a>(contacts: impl Iterator<Item = &'a Contact>) -> BTreeSet<LedgerRef> {
    contacts.flat_map(Marker::carried).map(|marker| marker.ledger).collect()
}

/// One look: lists what changed since the oldest of these tries. Listing is reliable where searching lags (sync 1.3).
async fn look<W: World>(session: &Session<W>, waiting: &[Intent]) -> Result<(), Stop> {
    let Some(oldest) = waiting.iter().map(|intent| intent.at).min() else { return Ok(()) };
    // Our clock may be ahead of Capsule's; the cursor is Capsule's time, from before anything was created (sync 2.8).
    let cursor = session.read(|kept| kept.local.progress.capsule_cursor).await;
    let from = cursor.map_or(oldest, |cursor| cursor.min(oldest));
    let Reading { contacts, is_steady, .. } = list(session, Some(before(from, OVERLAP)), None).await?;
    let found = carried(contacts.records.iter());
    let (now, settle) = (session.now(), session.world.pace().settle);
    session
        .change(|kept, batch| {
            for contact in contacts.records {
                if kept.snapshot.contacts.get(&contact.id).is_none_or(|known| **known != contact) {
                    batch.changes.push(Change::PutContact(contact));
                }
            }
            for intent in waiting {
                let settled = time_left(intent.at, settle, now).is_zero();
                // A look that may have missed a row proves nothing.
                if settled
                    && is_steady
                    && !intent.action.creates().iter().any(|ledger| found.contains(ledger))
                {
                    // The next look counts only a settle time after this one.
                    let looked = Intent { probes: intent.probes + 1, at: now, ..intent.clone() };
                    batch.changes.push(Change::PutIntent(looked));
                }
            }
        })
        .await?;
    Ok(())
}
