//! Updates whose outcome is unknown: wait out the settle time, read the record again, and see whether it was done.
//!
//! An update is found out by its values, not by a marker: where they stand it was done, else the plan decides anew
//! (design 5).

use super::World;
use super::apply::{Settled, in_links_terms, settled, texts};
use super::event::{Event, Step};
use super::session::{Batch, Session};
use super::settle::time_left;
use super::stop::Stop;
use crate::domain::compare::same;
use crate::domain::details::{Details, Field};
use crate::domain::edit::Edit;
use crate::domain::ids::{ContactId, LedgerRef, Service};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::local::{Intent, IntentAction, RecordRef};
use crate::domain::mapping::from_ledger;
use crate::ports::{Change, Crm, Kept, Ledger, RemoteError};

/// Finds out what became of updates in doubt; says whether there were any.
pub(super) async fn updates<W: World>(session: &Session<W>) -> Result<bool, Stop> {
    let doubtful = session.read(in_doubt).await;
    let Some(latest) = doubtful.iter().map(|intent| intent.at).max() else { return Ok(false) };
    let left = time_left(latest, session.world.pace().settle, session.now());
    if !left.is_zero() {
        let until = session.now().checked_add(left).unwrap_or(latest);
        let why = format!("finding out whether {} updates were written", doubtful.len());
        session.tell(Event::Waiting { service: service_of(doubtful.first()), until, why }).await;
        tokio::time::sleep(left).await;
    }
    session.progress(Step::Recover, 0, Some(doubtful.len()));
    for intent in doubtful {
        match intent.action.clone() {
            IntentAction::UpdateLedger { ledger, edit, before } => {
                find_in_kashflow(session, &intent, ledger, &edit, &before).await?;
            }
            IntentAction::UpdateContact { ledger, contact, edit, before } => {
                find_in_capsule(session, &intent, ledger, contact, &edit, &before).await?;
            }
            IntentAction::CreateContact { .. }
            | IntentAction::WriteSummary { .. }
            | IntentAction::Undo(_)
            | IntentAction::Export { .. }
            | IntentAction::Remove(_)
            | IntentAction::Delete(_)
            | IntentAction::Merge(_)
            | IntentAction::MakeTag
            | IntentAction::MakeDefinition(_) => {}
        }
    }
    Ok(true)
}

fn in_doubt(kept: &Kept) -> Vec<Intent> {
    let updates = kept.local.intents.values().filter(|intent| {
        matches!(intent.action, IntentAction::UpdateLedger { .. } | IntentAction::UpdateContact { .. })
    });
    updates.cloned().collect()
}

fn service_of(intent: Option<&Intent>) -> Service {
    match intent.map(|intent| &intent.action) {
        Some(IntentAction::UpdateLedger { .. }) => Service::KashFlow,
        Some(
            IntentAction::UpdateContact { .. }
            | IntentAction::CreateContact { .. }
            | IntentAction::WriteSummary { .. }
            | IntentAction::Undo(_)
            | IntentAction::Export { .. }
            | IntentAction::Remove(_)
            | IntentAction::Delete(_)
            | IntentAction::Merge(_)
            | IntentAction::MakeTag
            | IntentAction::MakeDefinition(_),
        )
        | None => Service::Capsule,
    }
}

async fn find_in_kashflow<W: World>(
    session: &Session<W>,
    intent: &Intent,
    ledger: LedgerRef,
    edit: &Edit,
    before: &Details,
) -> Result<(), Stop> {
    let code = session.read(|kept| kept.snapshot.ledger.get(&ledger).map(|record| record.code.clone())).await;
    let read = match code {
        Some(code) => session.world.ledger().detail(ledger.side, &code).await,
        None => Err(RemoteError::NotFound),
    };
    let read = match read {
        Ok(detail) if detail.contact.id == ledger => Some(detail.contact),
        Ok(_) | Err(RemoteError::NotFound) => None,
        Err(error) => return Err(Stop::of_read(Service::KashFlow, error)),
    };
    let now = session.now();
    session
        .change(|kept, batch| {
            batch.changes.push(Change::DropIntent(intent.id));
            let Some(read) = read else { return };
            let stands = from_ledger(&read);
            if is_done(edit, &stands) {
                let sides = Settled { capsule: &edit.values, kashflow: &stands };
                batch.changes.extend(settled(kept, ledger, edit, &sides, now).map(Change::PutLink));
                let about = (Place::KashFlow, RecordRef::Ledger(ledger), read.name.clone());
                // Without a link it was a new name, as answered (design B12).
                let is_rename = kept.local.link_of(ledger).is_none() && edit.fields == [Field::Name].into();
                adopt(
                    batch,
                    intent,
                    if is_rename { Action::Rename } else { Action::Update },
                    about,
                    texts(Place::KashFlow, edit, before),
                    texts(Place::KashFlow, edit, &stands),
                    now,
                );
            }
            batch.changes.push(Change::PutLedger(read));
        })
        .await?;
    Ok(())
}

async fn find_in_capsule<W: World>(
    session: &Session<W>,
    intent: &Intent,
    ledger: LedgerRef,
    contact: ContactId,
    edit: &Edit,
    before: &Details,
) -> Result<(), Stop> {
    let read = match session.world.crm().contact(contact).await {
        Ok(read) => Some(read).filter(|read| !read.restricted),
        Err(RemoteError::NotFound) => None,
        Err(error) => return Err(Stop::of_read(Service::Capsule, error)),
    };
    let now = session.now();
    session
        .change(|kept, batch| {
            batch.changes.push(Change::DropIntent(intent.id));
            let Some(read) = read else { return };
            let is_person = edit.fields.contains(&Field::ContactPerson);
            let stands = in_links_terms(&read, is_person);
            if is_done(edit, &stands) {
                let sides = Settled { capsule: &stands, kashflow: &edit.values };
                batch.changes.extend(settled(kept, ledger, edit, &sides, now).map(Change::PutLink));
                let about = (Place::Capsule, RecordRef::Contact(contact), read.name().into_owned());
                adopt(
                    batch,
                    intent,
                    Action::Update,
                    about,
                    texts(Place::Capsule, edit, before),
                    texts(Place::Capsule, edit, &stands),
                    now,
                );
            }
            batch.changes.push(Change::PutContact(read));
        })
        .await?;
    Ok(())
}

fn is_done(edit: &Edit, stands: &Details) -> bool {
    edit.fields.iter().all(|field| same(*field, &edit.values, stands))
}

fn adopt(
    batch: &mut Batch,
    intent: &Intent,
    action: Action,
    (place, record, name): (Place, RecordRef, String),
    before: Vec<(String, String)>,
    after: Vec<(String, String)>,
    now: jiff::Timestamp,
) {
    let entry = JournalEntry {
        id: batch.progress.next_entry(),
        run: Some(intent.run),
        at: now,
        place,
        record: Some(record),
        name,
        action,
        reason: "found written after its outcome had been unknown".into(),
        before,
        after,
        outcome: "adopted".into(),
        undone: false,
    };
    batch.changes.push(Change::Journal(entry));
}
