//! Undoing what was written to a service: durable intent, re-read, check, send, outcome (design 5, B18, B36).

use jiff::Timestamp;

use super::local::reversed;
use crate::domain::change::{Around, Sides};
use crate::domain::compare::same;
use crate::domain::contact::{Contact, ContactKind};
use crate::domain::details::{Details, Field};
use crate::domain::edit::Edit;
use crate::domain::ids::{ContactId, LedgerRef};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::ledger::LedgerContact;
use crate::domain::local::{Ignored, Intent, IntentAction, RecordRef};
use crate::domain::mapping::{from_contact, from_ledger};
use crate::domain::undo::{CannotUndo, UPDATED_AT, Undoing};
use crate::engine::World;
use crate::engine::session::{Batch, Session};
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, JournalQuery, Kept, Ledger, LedgerDetail, RemoteError, Store};

/// Why a step went no further.
enum Halt {
    /// Nothing was written, for this reason.
    Refused(String),
    /// Sent, and nobody knows whether it was carried out.
    Doubt(String),
    /// The service is out of reach.
    Stop(Stop),
}

impl From<RemoteError> for Halt {
    fn from(error: RemoteError) -> Self {
        match error {
            RemoteError::Trouble(trouble) => Self::Stop(Stop::Trouble(trouble)),
            RemoteError::Refused { message, .. } => Self::Refused(message),
            RemoteError::NotFound => Self::Refused("the record is not there any more".into()),
            RemoteError::Stale => Self::Refused(error.to_string()),
            RemoteError::InDoubt { why } => Self::Doubt(why),
        }
    }
}

impl From<crate::ports::StoreError> for Halt {
    fn from(error: crate::ports::StoreError) -> Self {
        Self::Stop(Stop::Store(error))
    }
}

/// Undoes one entry at the service that it changed.
pub(super) async fn undo<W: World>(
    session: &Session<W>,
    entry: &JournalEntry,
    undoing: &Undoing,
) -> Result<Result<(), CannotUndo>, Stop> {
    let intent = begin(session, entry).await?;
    let went = match undoing {
        Undoing::EditLedger { ledger, old, ours } => {
            edit_ledger(session, entry, &intent, *ledger, old, ours).await
        }
        Undoing::EditContact { contact, old, ours } => {
            edit_contact(session, entry, &intent, *contact, old, ours).await
        }
        Undoing::DeleteContact { contact, ledgers } => {
            delete_contact(session, entry, &intent, *contact, ledgers).await
        }
        Undoing::Archive { ledger, exported } => archive(session, entry, &intent, *ledger, *exported).await,
        Undoing::Unarchive(ledger) => unarchive(session, entry, &intent, *ledger).await,
        Undoing::Unlink { .. }
        | Undoing::Link { .. }
        | Undoing::Unignore(_)
        | Undoing::Ignore(_)
        | Undoing::Allow { .. }
        | Undoing::Mark { .. }
        | Undoing::ContactPerson { .. }
        | Undoing::TakeBack { .. } => Err(Halt::Refused("it is undone here, not at a service".into())),
    };
    match went {
        Ok(()) => Ok(Ok(())),
        // The intent stays: the same command finds out what became of it.
        Err(Halt::Doubt(why)) => {
            let words = format!("{why}; whether it was carried out is found out by undoing it once more");
            Ok(Err(CannotUndo(words)))
        }
        Err(Halt::Refused(why)) => {
            forget(session, &intent).await?;
            Ok(Err(CannotUndo(why)))
        }
        Err(Halt::Stop(stop)) => {
            // An earlier try may still be in doubt; a later one must know of it.
            if intent.attempts == 1 && !matches!(stop, Stop::Store(_)) {
                forget(session, &intent).await?;
            }
            Err(stop)
        }
    }
}

async fn begin<W: World>(session: &Session<W>, entry: &JournalEntry) -> Result<Intent, Stop> {
    let (now, action) = (session.now(), IntentAction::Undo(entry.id));
    let intent = session.change(|kept, batch| {
        let known = kept.local.intents.values().find(|intent| intent.action == action).cloned();
        let mut intent = known.unwrap_or_else(|| {
            let run = kept.local.progress.last_run;
            Intent { id: batch.progress.next_intent(), action, run, at: now, attempts: 0, probes: 0 }
        });
        intent.at = now;
        intent.attempts += 1;
        batch.changes.push(Change::PutIntent(intent.clone()));
        intent
    });
    Ok(intent.await?)
}

async fn forget<W: World>(session: &Session<W>, intent: &Intent) -> Result<(), Stop> {
    session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
    Ok(())
}

/// Outcome, journal and the mark on the entry in one commit.
async fn finish<W: World>(
    session: &Session<W>,
    entry: &JournalEntry,
    intent: &Intent,
    action: Action,
    more: impl FnOnce(&Kept, &mut Batch, &mut JournalEntry),
) -> Result<(), Halt> {
    let now: Timestamp = session.now();
    session
        .change(|kept, batch| {
            let mut undone = reversed(entry, &mut batch.progress, action, now);
            more(kept, batch, &mut undone);
            batch.changes.extend([
                Change::Journal(undone),
                Change::Undone(vec![entry.id]),
                Change::DropIntent(intent.id),
            ]);
        })
        .await?;
    Ok(())
}

/// Whether these fields read as the edit says.
fn stands(edit: &Edit, details: &Details) -> bool {
    edit.fields.iter().all(|field| same(*field, &edit.values, details))
}

const CHANGED: &str = "the values were changed since, so the old ones are not put back";

async fn edit_ledger<W: World>(
    session: &Session<W>,
    entry: &JournalEntry,
    intent: &Intent,
    ledger: LedgerRef,
    old: &Edit,
    ours: &Edit,
) -> Result<(), Halt> {
    let detail = detail(session, ledger).await?;
    if detail.contact.archived {
        return Err(Halt::Refused("it is archived in KashFlow; un-archive it first".into()));
    }
    let stood = from_ledger(&detail.contact);
    let (now, losses) = if stands(old, &stood) {
        (detail.contact, Vec::new())
    } else if stands(ours, &stood) {
        let replaced = session.world.ledger().replace(&detail, old).await?;
        (replaced.contact, replaced.losses)
    } else {
        return Err(Halt::Refused(CHANGED.into()));
    };
    finish(session, entry, intent, entry.action, |kept, batch, undone| {
        accept(kept, batch, old, Some(&now), None);
        batch.changes.push(Change::PutLedger(now));
        if !losses.is_empty() {
            let lost: Vec<String> =
                losses.iter().map(|loss| format!("{} \"{}\"", loss.field, loss.before)).collect();
            undone.reason = format!("{}; KashFlow lost: {}", undone.reason, lost.join(", "));
        }
    })
    .await
}

async fn edit_contact<W: World>(
    session: &Session<W>,
    entry: &JournalEntry,
    intent: &Intent,
    contact: ContactId,
    old: &Edit,
    ours: &Edit,
) -> Result<(), Halt> {
    let current = session.world.crm().contact(contact).await?;
    if current.restricted {
        return Err(Halt::Refused("the contact is not visible to this token".into()));
    }
    let stood = from_contact(&current);
    let now = if stands(old, &stood) {
        current
    } else if stands(ours, &stood) {
        session.world.crm().update_contact(&current, old).await?
    } else {
        return Err(Halt::Refused(CHANGED.into()));
    };
    finish(session, entry, intent, entry.action, |kept, batch, undone| {
        accept(kept, batch, old, None, Some(&now));
        undone.after.push((UPDATED_AT.into(), now.updated_at.to_string()));
        batch.changes.push(Change::PutContact(now));
    })
    .await
}

/// What the two sides hold in these fields from now on is an accepted difference: the base moves to it (design B36).
fn accept(
    kept: &Kept,
    batch: &mut Batch,
    edit: &Edit,
    ledger: Option<&LedgerContact>,
    contact: Option<&Contact>,
) {
    let around = Around { snapshot: &kept.snapshot, local: &kept.local };
    for link in kept.local.links() {
        let is_own = ledger.is_some_and(|ledger| ledger.id == link.ledger)
            || contact.is_some_and(|contact| contact.id == link.contact);
        // In Capsule the Contact Person is a person with a name.
        let person =
            contact.filter(|contact| link.person == Some(contact.id) && edit.fields.contains(&Field::Name));
        let known = kept.snapshot.contacts.get(&link.contact).map(AsRef::as_ref);
        let of_link = contact.filter(|contact| contact.id == link.contact).or(known);
        let record = kept.snapshot.ledger.get(&link.ledger).map(AsRef::as_ref);
        let (Some(of_link), Some(record)) = (of_link, ledger.filter(|_| is_own).or(record)) else { continue };
        let mut sides = Sides::of(link, of_link, record, &around);
        if let Some(person) = person {
            sides.capsule.contact_person = from_contact(person).name;
        }
        let own = edit.fields.iter().copied().filter(|_| is_own);
        let fields: Vec<Field> = own.chain(person.map(|_| Field::ContactPerson)).collect();
        if fields.is_empty() {
            continue;
        }
        let mut link = link.clone();
        for field in fields {
            link.base.capsule.take(field, &sides.capsule);
            link.base.kashflow.take(field, &sides.kashflow);
        }
        batch.changes.push(Change::PutLink(link));
    }
}

/// Deletes a contact that kashsync created, when nobody has touched it and nothing hangs on it.
async fn delete_contact<W: World>(
    session: &Session<W>,
    entry: &JournalEntry,
    intent: &Intent,
    contact: ContactId,
    ledgers: &[LedgerRef],
) -> Result<(), Halt> {
    let crm = session.world.crm();
    let looked = session.now();
    match crm.contact(contact).await {
        Ok(current) => {
            untouched(session, &current).await?;
            let holdings = crm.holdings(contact).await;
            if !holdings.is_ok_and(|holdings| holdings.is_empty()) {
                let why = "notes, tasks, opportunities or projects hang on it, or it cannot be checked";
                return Err(Halt::Refused(why.into()));
            }
            let is_firm = matches!(current.kind, ContactKind::Organisation { .. });
            if is_firm && !crm.people(contact).await.is_ok_and(|people| people.is_empty()) {
                return Err(Halt::Refused("people belong to it, or it cannot be checked".into()));
            }
            if session.is_long_ago(looked) {
                untouched(session, &crm.contact(contact).await?).await?;
            }
            match crm.delete_contact(contact).await {
                Ok(()) | Err(RemoteError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // An earlier try of this undo, whose outcome was not known, did it.
        Err(RemoteError::NotFound) if intent.attempts > 1 => {}
        Err(error) => return Err(error.into()),
    }
    let now = session.now();
    finish(session, entry, intent, Action::Delete, |kept, batch, undone| {
        undone.place = Place::Capsule;
        batch.changes.push(Change::DropContact(contact));
        let linked = kept.local.links_on(contact).map(|link| link.ledger);
        let mut left_out: Vec<LedgerRef> = linked.chain(ledgers.iter().copied()).collect();
        left_out.sort_unstable();
        left_out.dedup();
        for ledger in left_out {
            leave_out(kept, batch, ledger, Some(contact), now);
        }
        if kept.local.failing.contains_key(&RecordRef::Contact(contact)) {
            batch.changes.push(Change::DropFailing(RecordRef::Contact(contact)));
        }
    })
    .await
}

/// Untouched: Capsule has it as our last write left it, and every write of ours found it as the one before had left it.
async fn untouched<W: World>(session: &Session<W>, current: &Contact) -> Result<(), Halt> {
    let journal = session.world.store().journal(JournalQuery::default()).await?;
    let time = |values: &[(String, String)]| {
        let given = values.iter().find(|(name, _)| name == UPDATED_AT);
        given.and_then(|(_, at)| at.parse::<Timestamp>().ok())
    };
    let mut ours = None;
    for entry in journal.iter().filter(|entry| entry.record == Some(RecordRef::Contact(current.id))) {
        if entry.action == Action::Create {
            ours = time(&entry.after);
        } else if let Some(after) = time(&entry.after) {
            ours = (ours.is_some() && time(&entry.before) == ours).then_some(after);
        }
    }
    if current.restricted || ours != Some(current.updated_at) {
        let why = "the contact was changed in Capsule since; delete it there if it is not wanted";
        return Err(Halt::Refused(why.into()));
    }
    Ok(())
}

/// Ends a record's link with that contact and puts it on the ignored list, so that it never comes back by itself.
fn leave_out(kept: &Kept, batch: &mut Batch, ledger: LedgerRef, contact: Option<ContactId>, now: Timestamp) {
    match (kept.local.link_of(ledger), contact) {
        // It has found another contact meanwhile.
        (Some(link), Some(contact)) if link.contact != contact => return,
        (Some(_), _) => batch.changes.push(Change::DropLink(ledger)),
        (None, _) => {}
    }
    let record = kept.snapshot.ledger.get(&ledger);
    let (code, name) = record.map(|record| (record.code.clone(), record.name.clone())).unwrap_or_default();
    batch.changes.push(Change::PutIgnored(Ignored { ledger, code, name, since: now }));
    let asked = kept.local.questions.values().filter(|question| question.asked.key.waiting.contains(&ledger));
    batch.changes.extend(asked.map(|question| Change::DropQuestion(question.id)));
    if kept.local.failing.contains_key(&RecordRef::Ledger(ledger)) {
        batch.changes.push(Change::DropFailing(RecordRef::Ledger(ledger)));
    }
}

async fn archive<W: World>(
    session: &Session<W>,
    entry: &JournalEntry,
    intent: &Intent,
    ledger: LedgerRef,
    exported: bool,
) -> Result<(), Halt> {
    let detail = detail(session, ledger).await?;
    if !detail.contact.archived {
        session.world.ledger().archive(ledger.side, &detail.contact.code).await?;
    }
    let now = session.now();
    finish(session, entry, intent, Action::Archive, |kept, batch, undone| {
        undone.place = Place::KashFlow;
        batch.changes.push(Change::PutLedger(LedgerContact { archived: true, ..detail.contact.clone() }));
        if exported {
            leave_out(kept, batch, ledger, None, now);
        }
    })
    .await
}

async fn unarchive<W: World>(
    session: &Session<W>,
    entry: &JournalEntry,
    intent: &Intent,
    ledger: LedgerRef,
) -> Result<(), Halt> {
    let detail = detail(session, ledger).await?;
    let now = if detail.contact.archived {
        session.world.ledger().unarchive(&detail).await?.contact
    } else {
        detail.contact
    };
    finish(session, entry, intent, Action::Unarchive, |_, batch, undone| {
        undone.place = Place::KashFlow;
        batch.changes.push(Change::PutLedger(now));
    })
    .await
}

/// The record as it is now, when its code still leads to it (design B18).
async fn detail<W: World>(session: &Session<W>, ledger: LedgerRef) -> Result<LedgerDetail, Halt> {
    let code = session.read(|kept| kept.snapshot.ledger.get(&ledger).map(|record| record.code.clone())).await;
    let gone = || Halt::Refused("KashFlow has no such record any more".into());
    let detail = session.world.ledger().detail(ledger.side, &code.ok_or_else(gone)?).await?;
    if detail.contact.id == ledger {
        Ok(detail)
    } else {
        Err(Halt::Refused("its code belongs to another record in KashFlow now; sync first".into()))
    }
}
