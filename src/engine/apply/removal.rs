//! Carrying out archives and deletes that a person's answer asks for (design B30, B31, B32); nothing else removes anything.
//!
//! Both records are looked at just before (design B18). What was sent is never sent blindly again: a removal that was cut off
//! is finished by looking whether the record is still there.

use super::{Done, Session, doubt, fail, intend, mended};
use crate::domain::document::Document;
use crate::domain::ids::{ContactId, LedgerRef, RunId, Service, Side};
use crate::domain::journal::JournalEntry;
use crate::domain::ledger::LedgerContact;
use crate::domain::local::{Failing, Intent, IntentAction, RecordRef};
use crate::domain::operation::Counts;
use crate::domain::plan::fingerprint;
use crate::domain::removal::{Removal, RemovalKind, delete_bar};
use crate::domain::snapshot::DocumentsByOwner;
use crate::engine::World;
use crate::engine::event::Level;
use crate::engine::parting::{forget_ledger, ignore, part};
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, Kept, Ledger, RemoteError};

/// What a look at a record just before its removal found.
enum Look {
    /// It is as it was planned.
    AsPlanned,
    /// It is not there: somebody, or an earlier try of ours, has removed it.
    Removed,
    /// It is another one by now, or the removal must not happen; what was found is kept, and the next run plans anew.
    Changed(String),
    /// The service refuses it.
    Refused(String),
}

/// Archives or deletes what an answer names.
pub(super) async fn remove<W: World>(
    session: &Session<W>,
    run: RunId,
    removal: &Removal,
    name: &str,
) -> Result<Done, Stop> {
    let removal = *removal;
    // An answer taken back, or a decision that came while the plan was carried out, ends it.
    if !session.read(|kept| is_answered(kept, &removal)).await {
        return Ok(Done::No);
    }
    let looked = session.now();
    let look = match removal.kind {
        RemovalKind::Archive => look_at_ledger(session, &removal, false).await?,
        RemovalKind::DeleteInKashFlow => look_at_ledger(session, &removal, true).await?,
        RemovalKind::DeleteInCapsule => look_at_contact(session, &removal).await?,
    };
    match look {
        Look::AsPlanned => {}
        Look::Removed => {
            finish(session, run, None, removal, name, "it was gone already").await?;
            return Ok(Done::Yes);
        }
        Look::Changed(why) => {
            session.log(Level::Ask, format!("{name}: {why}; it is asked or planned again")).await;
            return Ok(Done::No);
        }
        Look::Refused(why) => return refused(session, None, &removal, name, &why).await,
    }
    if session.is_long_ago(looked) {
        let text =
            format!("{name}: the services answer too slowly to remove anything; the next run tries again");
        session.log(Level::Error, text).await;
        return Ok(Done::No);
    }
    let intent = intend(session, run, IntentAction::Remove(removal)).await?;
    let ledger = session.world.ledger();
    let code = session.read(|kept| code_of(kept, removal.ledger)).await;
    let sent = match removal.kind {
        RemovalKind::Archive => ledger.archive(removal.ledger.side, &code).await,
        RemovalKind::DeleteInKashFlow => ledger.delete(removal.ledger.side, &code).await,
        RemovalKind::DeleteInCapsule => session.world.crm().delete_contact(removal.contact).await,
    };
    match sent {
        Ok(()) => {
            finish(session, run, Some(&intent), removal, name, "done").await?;
            Ok(Done::Yes)
        }
        // The next run looks whether it is still there.
        Err(RemoteError::NotFound) => doubt(session, intent, name, "it was not found").await,
        Err(RemoteError::InDoubt { why }) => doubt(session, intent, name, &why).await,
        Err(RemoteError::Refused { message, .. }) => {
            refused(session, Some(&intent), &removal, name, &message).await
        }
        // The next run looks again before it removes anything.
        Err(error @ RemoteError::Stale) => {
            session.log(Level::Info, format!("{name}: {error}")).await;
            session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
            Ok(Done::No)
        }
        Err(RemoteError::Trouble(trouble)) => {
            session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
            Err(Stop::Trouble(trouble))
        }
    }
}

/// Whether the deleted contact of one of these ledger contacts is there again, restored in Capsule (design B30). What was
/// found is kept; the link lives on.
pub(super) async fn came_back<W: World>(session: &Session<W>, ledgers: &[LedgerRef]) -> Result<bool, Stop> {
    let lost = session
        .read(|kept| {
            let links = ledgers.iter().filter_map(|ledger| kept.local.link_of(*ledger));
            links.map(|link| link.contact).find(|contact| kept.local.deleted.contains_key(contact))
        })
        .await;
    let Some(lost) = lost else { return Ok(false) };
    match session.world.crm().contact(lost).await {
        Ok(contact) if contact.restricted => Ok(false),
        Ok(contact) => {
            let name = contact.name().into_owned();
            session
                .change(|_, batch| {
                    batch.changes.extend([Change::PutContact(contact), Change::DropDeleted(lost)]);
                })
                .await?;
            session.log(Level::Info, format!("{name} was restored in Capsule; its link lives on")).await;
            Ok(true)
        }
        Err(RemoteError::NotFound) => Ok(false),
        Err(error) => Err(Stop::of_read(Service::Capsule, error)),
    }
}

/// Finishes removals that were cut off, by looking whether their records are still there: what is gone is done, and what is
/// there is planned again, as long as its answer stands. Gives back what was found done.
pub(in crate::engine) async fn finish_begun<W: World>(
    session: &Session<W>,
    run: RunId,
) -> Result<Counts, Stop> {
    let begun: Vec<(Intent, Removal)> = session
        .read(|kept| {
            let intents = kept.local.intents.values();
            intents
                .filter_map(|intent| match intent.action {
                    IntentAction::Remove(removal) => Some((intent.clone(), removal)),
                    IntentAction::CreateContact { .. }
                    | IntentAction::UpdateLedger { .. }
                    | IntentAction::UpdateContact { .. }
                    | IntentAction::WriteSummary { .. }
                    | IntentAction::Delete(_)
                    | IntentAction::Merge(_)
                    | IntentAction::Undo(_)
                    | IntentAction::Export { .. }
                    | IntentAction::MakeTag
                    | IntentAction::MakeDefinition(_) => None,
                })
                .collect()
        })
        .await;
    let mut counts = Counts::default();
    for (intent, removal) in begun {
        let is_linked = session.read(|kept| kept.local.link_of(removal.ledger).is_some()).await;
        let is_done = match removal.kind {
            // Decided otherwise meanwhile: whatever became of it, nothing of ours hangs on it.
            _ if !is_linked => false,
            RemovalKind::Archive => match detail(session, removal.ledger).await? {
                Some(record) => record.archived,
                None => is_missed(session, removal.ledger).await,
            },
            RemovalKind::DeleteInKashFlow => {
                detail(session, removal.ledger).await?.is_none() && is_missed(session, removal.ledger).await
            }
            RemovalKind::DeleteInCapsule => match session.world.crm().contact(removal.contact).await {
                Ok(_) => false,
                Err(RemoteError::NotFound) => is_in_the_feed(session, removal.contact).await,
                Err(error) => return Err(Stop::of_read(Service::Capsule, error)),
            },
        };
        if is_done {
            let name = session.read(|kept| name_of(kept, &removal)).await;
            finish(session, run, Some(&intent), removal, &name, "adopted").await?;
            counts.remove(removal.kind);
        } else {
            session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
        }
    }
    Ok(counts)
}

fn is_answered(kept: &Kept, removal: &Removal) -> bool {
    let choice = removal.kind.choice();
    let question = kept.local.questions.get(&removal.question);
    question.is_some_and(|question| question.answers.iter().any(|answer| answer.choice == choice))
        && kept.local.link_of(removal.ledger).is_some_and(|link| link.contact == removal.contact)
}

pub(in crate::engine) fn code_of(kept: &Kept, ledger: LedgerRef) -> String {
    kept.snapshot.ledger.get(&ledger).map(|record| record.code.clone()).unwrap_or_default()
}

fn name_of(kept: &Kept, removal: &Removal) -> String {
    let ledger = kept.snapshot.ledger.get(&removal.ledger).map(|record| record.name.clone());
    let contact = kept.snapshot.contacts.get(&removal.contact).map(|contact| contact.name().into_owned());
    let name = match removal.kind {
        RemovalKind::Archive | RemovalKind::DeleteInKashFlow => ledger.or(contact),
        RemovalKind::DeleteInCapsule => contact.or(ledger),
    };
    name.unwrap_or_default()
}

/// The record behind a ledger contact's code now; none when the code leads nowhere or to another record.
async fn detail<W: World>(session: &Session<W>, ledger: LedgerRef) -> Result<Option<LedgerContact>, Stop> {
    let code = session.read(|kept| code_of(kept, ledger)).await;
    match session.world.ledger().detail(ledger.side, &code).await {
        Ok(detail) => Ok(Some(detail.contact).filter(|found| found.id == ledger)),
        Err(RemoteError::NotFound) => Ok(None),
        Err(error) => Err(Stop::of_read(Service::KashFlow, error)),
    }
}

/// Whether a complete list did not hold it either: one 404 alone proves nothing (design B5).
async fn is_missed<W: World>(session: &Session<W>, ledger: LedgerRef) -> bool {
    session.read(|kept| kept.local.missing.contains_key(&ledger)).await
}

/// Whether Capsule's feed of deletes tells of it: 404 alone may mean that this token does not see it (design B5).
async fn is_in_the_feed<W: World>(session: &Session<W>, contact: ContactId) -> bool {
    session.read(|kept| kept.local.deleted.contains_key(&contact)).await
}

/// Before an archive or delete in KashFlow: the contact must still be deleted, the record still the one that was answered
/// for, and no document of it on a VAT return.
async fn look_at_ledger<W: World>(
    session: &Session<W>,
    removal: &Removal,
    deletes: bool,
) -> Result<Look, Stop> {
    if came_back(session, &[removal.ledger]).await? {
        return Ok(Look::Changed("its contact was restored in Capsule".into()));
    }
    if session.read(|kept| code_of(kept, removal.ledger).is_empty()).await {
        return Ok(Look::Refused("it has no code in KashFlow".into()));
    }
    let Some(found) = detail(session, removal.ledger).await? else {
        let seen = "KashFlow lists it, but does not find it".to_owned();
        let missed = is_missed(session, removal.ledger).await;
        return Ok(if missed { Look::Removed } else { Look::Changed(seen) });
    };
    if !deletes && found.archived {
        return Ok(Look::Removed);
    }
    let planned = session.read(|kept| kept.snapshot.ledger.get(&removal.ledger).cloned()).await;
    if planned.is_none_or(|planned| planned.name != found.name) {
        session.change(|_, batch| batch.changes.push(Change::PutLedger(found))).await?;
        return Ok(Look::Changed("it was renamed in KashFlow".into()));
    }
    if !deletes {
        return Ok(Look::AsPlanned);
    }
    reread_documents(session, removal.ledger).await?;
    let bar = session
        .read(|kept| delete_bar(&DocumentsByOwner::of(&kept.snapshot), &kept.local, removal.ledger))
        .await;
    Ok(bar.map_or(Look::AsPlanned, Look::Refused))
}

/// Reads every document of a ledger contact again: a VAT return may have been made since.
pub(in crate::engine) async fn reread_documents<W: World>(
    session: &Session<W>,
    ledger: LedgerRef,
) -> Result<(), Stop> {
    let known: Vec<Document> = session
        .read(|kept| {
            let documents = DocumentsByOwner::of(&kept.snapshot);
            documents.of_owner(ledger).iter().map(|document| Document::clone(document)).collect()
        })
        .await;
    for document in known {
        let change = match session.world.ledger().document(ledger.side, document.number).await {
            Ok(read) if read == document => continue,
            Ok(read) => Change::PutDocument(read),
            Err(RemoteError::NotFound) => Change::DropDocument(document.id),
            Err(error) => return Err(Stop::of_read(Service::KashFlow, error)),
        };
        session.change(|_, batch| batch.changes.push(change)).await?;
    }
    Ok(())
}

/// Before a delete in Capsule: the ledger contact must still be gone, and the contact still have the name that was typed.
async fn look_at_contact<W: World>(session: &Session<W>, removal: &Removal) -> Result<Look, Stop> {
    if let Some(found) = detail(session, removal.ledger).await? {
        session
            .change(|_, batch| {
                batch.changes.extend([Change::DropMissing(found.id), Change::PutLedger(found)]);
            })
            .await?;
        return Ok(Look::Changed("its KashFlow record is there again".into()));
    }
    let found = match session.world.crm().contact(removal.contact).await {
        Ok(found) => found,
        Err(RemoteError::NotFound) => {
            let unseen = "Capsule does not find it, but has not told that it was deleted".to_owned();
            let told = is_in_the_feed(session, removal.contact).await;
            return Ok(if told { Look::Removed } else { Look::Changed(unseen) });
        }
        Err(error) => return Err(Stop::of_read(Service::Capsule, error)),
    };
    if found.restricted {
        session.change(|_, batch| batch.changes.push(Change::PutHidden(removal.contact))).await?;
        return Ok(Look::Changed("it is not visible to this token".into()));
    }
    let planned = session.read(|kept| kept.snapshot.contacts.get(&removal.contact).cloned()).await;
    if planned.is_none_or(|planned| planned.name() != found.name()) {
        session.change(|_, batch| batch.changes.push(Change::PutContact(found))).await?;
        return Ok(Look::Changed("it was renamed in Capsule".into()));
    }
    Ok(Look::AsPlanned)
}

/// Records a removal: both ends are forgotten or marked, and the pair is ignored, so that it never comes back (design B29).
async fn finish<W: World>(
    session: &Session<W>,
    run: RunId,
    intent: Option<&Intent>,
    removal: Removal,
    name: &str,
    outcome: &str,
) -> Result<(), Stop> {
    let now = session.now();
    session
        .change(|kept, batch| {
            batch.changes.extend(intent.map(|intent| Change::DropIntent(intent.id)));
            let record = match removal.kind {
                RemovalKind::Archive | RemovalKind::DeleteInKashFlow => RecordRef::Ledger(removal.ledger),
                RemovalKind::DeleteInCapsule => RecordRef::Contact(removal.contact),
            };
            batch.changes.push(Change::Journal(JournalEntry {
                id: batch.progress.next_entry(),
                run: Some(run),
                at: now,
                place: removal.kind.place(),
                record: Some(record),
                name: name.to_owned(),
                action: removal.kind.action(),
                reason: removal.reason(),
                before: vec![
                    ("name".into(), name.to_owned()),
                    ("code".into(), code_of(kept, removal.ledger)),
                ],
                after: Vec::new(),
                outcome: outcome.to_owned(),
                undone: false,
            }));
            part(kept, batch, removal.ledger, Some(run), &removal.reason(), now);
            ignore(kept, batch, removal.ledger, Some(run), &removal.reason(), now);
            match removal.kind {
                RemovalKind::Archive => {
                    let known = kept.snapshot.ledger.get(&removal.ledger);
                    batch.changes.extend(known.map(|known| {
                        Change::PutLedger(LedgerContact { archived: true, ..known.as_ref().clone() })
                    }));
                }
                RemovalKind::DeleteInKashFlow => {
                    let documents = DocumentsByOwner::of(&kept.snapshot);
                    let owned = documents.of_owner(removal.ledger).iter();
                    batch.changes.extend(owned.map(|document| Change::DropDocument(document.id)));
                    forget_ledger(kept, batch, removal.ledger);
                }
                RemovalKind::DeleteInCapsule => {
                    batch.changes.push(Change::DropContact(removal.contact));
                    mended(kept, batch, RecordRef::Contact(removal.contact));
                }
            }
            if kept.local.questions.contains_key(&removal.question) {
                batch.changes.push(Change::DropQuestion(removal.question));
            }
        })
        .await?;
    let what = match removal.kind {
        RemovalKind::Archive => "archived in KashFlow",
        RemovalKind::DeleteInKashFlow => "deleted in KashFlow",
        RemovalKind::DeleteInCapsule => "deleted in Capsule",
    };
    session.log(Level::Done, format!("{name} {what}: {}", removal.reason())).await;
    Ok(())
}

/// The removal must not or cannot happen: the record fails with the reason, and its question is open again.
async fn refused<W: World>(
    session: &Session<W>,
    intent: Option<&Intent>,
    removal: &Removal,
    name: &str,
    why: &str,
) -> Result<Done, Stop> {
    session.log(Level::Error, format!("{name} cannot be removed: {why}")).await;
    let now = session.now();
    let remedy = match (removal.kind, removal.ledger.side) {
        (RemovalKind::DeleteInKashFlow, Side::Customer | Side::Supplier) => "Answer `archive` instead.",
        (RemovalKind::Archive | RemovalKind::DeleteInCapsule, _) => {
            "Remove it there by hand, or answer the question differently."
        }
    };
    session
        .change(|kept, batch| {
            batch.changes.extend(intent.map(|intent| Change::DropIntent(intent.id)));
            if let Some(question) = kept.local.questions.get(&removal.question) {
                let mut open = question.clone();
                open.answers.clear();
                batch.changes.push(Change::PutQuestion(open));
            }
            let known = kept.snapshot.ledger.get(&removal.ledger);
            let fingerprint = known.map(|record| fingerprint(record)).unwrap_or_default();
            let (name, reason) = (name.to_owned(), format!("it cannot be removed: {why}"));
            let record = RecordRef::Ledger(removal.ledger);
            let remedy = remedy.to_owned();
            fail(
                kept,
                batch,
                Failing { record, name, reason, remedy, attempts: 0, next_try: now, fingerprint },
            );
        })
        .await?;
    Ok(Done::No)
}
