//! Writing our tag and fields on a linked contact: one PUT, only what changed (design B23).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::set_up::{may_be_about_fields, renewed};
use super::{Done, Session, doubt, fail, intend, mended};
use crate::domain::contact::{Contact, Summary, SummaryField};
use crate::domain::ids::{ContactId, DefinitionId, RunId, Service};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::local::{Failing, Intent, IntentAction, RecordRef};
use crate::domain::plan::summaries::fingerprint;
use crate::domain::summary::changes;
use crate::domain::undo::UPDATED_AT;
use crate::engine::World;
use crate::engine::event::Level;
use crate::engine::session::Batch;
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, RemoteError, TagChange};

/// Why our fields were emptied when syncing was disabled.
pub(in crate::engine) const DISABLED: &str = "syncing was disabled";

/// Why our fields were filled for the first time.
pub(in crate::engine) const FIRST: &str = "the contact is linked now";

/// Why a summary is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Cause {
    /// The run that writes it, if one does.
    pub(in crate::engine) run: Option<RunId>,
    /// Why, in words.
    pub(in crate::engine) reason: &'static str,
}

/// Writes what changed.
pub(in crate::engine) async fn write<W: World>(
    session: &Session<W>,
    cause: Cause,
    contact: ContactId,
    name: &str,
    before: &Summary,
    after: &Summary,
) -> Result<Done, Stop> {
    let definitions = session.read(|kept| kept.local.progress.definitions.clone()).await;
    let fields = addressed(before, after, &definitions);
    let tag = match (before.tagged, after.tagged) {
        (false, true) => TagChange::Attach,
        (true, false) => TagChange::Detach,
        (true, true) | (false, false) => TagChange::Keep,
    };
    if fields.is_empty() && tag == TagChange::Keep {
        return Ok(Done::No);
    }
    let sent = fields.iter().map(|(field, _, value)| (*field, value.clone())).collect();
    let intent = intend(session, cause.run, IntentAction::WriteSummary { contact, fields: sent }).await?;
    let named: Vec<SummaryField> = fields.iter().map(|(field, ..)| *field).collect();
    let mut answer = session.world.crm().write_summary(contact, tag, &fields).await;
    if let Err(error) = &answer
        && may_be_about_fields(error)
        && let Some(run) = cause.run
        && renewed(session, run, &definitions).await?
    {
        let definitions = session.read(|kept| kept.local.progress.definitions.clone()).await;
        let fields = addressed(before, after, &definitions);
        answer = session.world.crm().write_summary(contact, tag, &fields).await;
    }
    match answer {
        Ok(stored) => written(session, cause, intent, stored, after, &named).await,
        Err(RemoteError::Refused { message, .. }) => {
            refused(session, intent, contact, name, after, &message).await
        }
        Err(RemoteError::NotFound) => hide(session, intent, contact, name).await,
        Err(RemoteError::InDoubt { why }) => doubt(session, intent, name, &why).await,
        Err(error @ (RemoteError::Trouble(_) | RemoteError::Stale)) => {
            session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
            Err(Stop::of_read(Service::Capsule, error))
        }
    }
}

/// What changed, with the definitions to write it to.
fn addressed(
    before: &Summary,
    after: &Summary,
    definitions: &BTreeMap<SummaryField, DefinitionId>,
) -> Vec<(SummaryField, DefinitionId, Option<String>)> {
    let changed = changes(before, after).into_iter();
    changed.filter_map(|(field, value)| Some((field, *definitions.get(&field)?, value))).collect()
}

async fn written<W: World>(
    session: &Session<W>,
    cause: Cause,
    intent: Intent,
    stored: Contact,
    after: &Summary,
    fields: &[SummaryField],
) -> Result<Done, Stop> {
    let now = session.now();
    let (id, updated_at) = (stored.id, stored.updated_at);
    let name = stored.name().into_owned();
    // A service that keeps something else than was sent would be written to for ever; it is told instead.
    let kept_other = changes(&stored.summary, after).into_iter().any(|(field, _)| fields.contains(&field));
    session
        .change(|kept, batch| {
            batch.changes.push(Change::PutContact(stored));
            batch.changes.push(Change::DropIntent(intent.id));
            let was = kept.snapshot.contacts.get(&id).map(|known| known.updated_at);
            journal(
                batch,
                cause.run,
                id,
                &name,
                fields,
                cause.reason,
                was.map(|was| (was, updated_at)),
                "done",
                now,
            );
            if kept_other {
                let failing = Failing {
                    record: RecordRef::Contact(id),
                    name: name.clone(),
                    reason: "Capsule keeps other values in the KashFlow fields than were sent".into(),
                    remedy: "Check the types of the KashFlow fields in Capsule's settings.".into(),
                    attempts: 0,
                    next_try: now.checked_add(SignedDuration::from_hours(24)).unwrap_or(now),
                    fingerprint: fingerprint(after),
                };
                fail(kept, batch, failing);
            } else {
                mended(kept, batch, RecordRef::Contact(id));
            }
        })
        .await?;
    Ok(Done::Yes)
}

/// Not found, and not in the deleted feed: the contact is hidden from this token (design B5).
async fn hide<W: World>(
    session: &Session<W>,
    intent: Intent,
    contact: ContactId,
    name: &str,
) -> Result<Done, Stop> {
    session
        .change(|_, batch| {
            batch.changes.extend([Change::DropIntent(intent.id), Change::PutHidden(contact)]);
        })
        .await?;
    session.log(Level::Info, format!("{name} is not visible to this token any more")).await;
    Ok(Done::No)
}

/// The journal entry of a summary write. It names fields, not amounts (design B36). `moved` is when Capsule had changed the
/// contact last before the write and by it, where both are known: undoing a create tells our own writes by that.
#[expect(clippy::too_many_arguments, reason = "a journal entry has that many parts")]
pub(in crate::engine) fn journal(
    batch: &mut Batch,
    run: impl Into<Option<RunId>>,
    contact: ContactId,
    name: &str,
    fields: &[SummaryField],
    reason: &str,
    moved: Option<(Timestamp, Timestamp)>,
    outcome: &str,
    now: Timestamp,
) {
    let at = |time: Timestamp| (UPDATED_AT.to_owned(), time.to_string());
    let named = fields.iter().map(|field| field.name()).collect::<Vec<_>>().join(", ");
    batch.changes.push(Change::Journal(JournalEntry {
        id: batch.progress.next_entry(),
        run: run.into(),
        at: now,
        place: Place::Capsule,
        record: Some(RecordRef::Contact(contact)),
        name: name.to_owned(),
        action: Action::Summary,
        reason: reason.to_owned(),
        before: moved.map(|(before, _)| at(before)).into_iter().collect(),
        after: [("fields".to_owned(), named)].into_iter().chain(moved.map(|(_, after)| at(after))).collect(),
        outcome: outcome.into(),
        undone: false,
    }));
}

/// Why our fields were written: they change with the documents, and go with the link.
pub(in crate::engine) fn summary_reason(emptied: bool) -> &'static str {
    if emptied { "the contact has no link any more" } else { "the invoice summary changed" }
}

async fn refused<W: World>(
    session: &Session<W>,
    intent: Intent,
    contact: ContactId,
    name: &str,
    after: &Summary,
    message: &str,
) -> Result<Done, Stop> {
    session.log(Level::Error, format!("{name}: Capsule refuses the summary: {message}")).await;
    let now = session.now();
    session
        .change(|kept, batch| {
            batch.changes.push(Change::DropIntent(intent.id));
            let failing = Failing {
                record: RecordRef::Contact(contact),
                name: name.to_owned(),
                reason: format!("Capsule refuses the invoice summary: {message}"),
                remedy: "Check the contact and the KashFlow fields in Capsule; it is tried again later."
                    .into(),
                attempts: 0,
                next_try: now,
                fingerprint: fingerprint(after),
            };
            fail(kept, batch, failing);
        })
        .await?;
    Ok(Done::No)
}
