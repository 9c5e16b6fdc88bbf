//! What a person's export does: new customers, or another Contact Person for a customer that is linked (design B25, B27).

use std::collections::BTreeSet;

use super::World;
use super::run::make_plan;
use super::session::Session;
use super::stop::Stop;
use crate::domain::details::Field;
use crate::domain::export::{Export, exports};
use crate::domain::ids::{ContactId, LedgerRef, RunId};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::link::Link;
use crate::domain::local::{Initial, RecordRef};
use crate::domain::operation::{Operation, Plan};
use crate::domain::replacing::{Replacement, replacement};
use crate::domain::undo::{journal_mark, journal_person};
use crate::domain::update::Update;
use crate::domain::wording::ledger_name;
use crate::ports::Change;

/// What exporting one contact does.
enum Exported {
    /// It becomes a customer.
    Customer(Box<Export>),
    /// It becomes the Contact Person of its organisation's customer.
    ContactPerson(Replacement),
}

/// The new customers that exporting would make, before anybody has agreed; what speaks against the others is for whoever shows it.
pub(super) async fn shown<W: World>(session: &Session<W>, chosen: &[ContactId]) -> Plan {
    let found = session.read(|kept| exports(chosen, &kept.snapshot, &kept.local)).await;
    let found = found.into_iter().filter_map(|(_, export)| export.ok());
    Plan { operations: found.map(|export| Operation::Export(Box::new(export))).collect(), ..Plan::default() }
}

/// Plans what a person chose and saw, and nothing else. One reviewed batch goes as a whole or not at all.
pub(super) async fn plan<W: World>(
    session: &Session<W>,
    run: RunId,
    chosen: &[ContactId],
) -> Result<Plan, Stop> {
    let (found, initial) = session
        .read(|kept| {
            let found = exports(chosen, &kept.snapshot, &kept.local);
            let each = found.into_iter().map(|(id, export)| match export {
                Ok(export) => Ok(Exported::Customer(Box::new(export))),
                Err(obstacle) => replacement(id, &kept.snapshot, &kept.local)
                    .map(Exported::ContactPerson)
                    .ok_or_else(|| obstacle.words(&kept.snapshot)),
            });
            (each.collect::<Vec<_>>(), kept.local.progress.initial)
        })
        .await;
    if initial != Initial::Done {
        return Err(Stop::guard(
            "first_run_needs_yes",
            "nothing is exported before the first sync has been approved and finished",
            "Sync first: `y` on the screen, or `kashsync sync --yes`. Nothing was written.",
        ));
    }
    let mut planned = Plan::default();
    let mut replacements = Vec::new();
    for export in found {
        match export {
            Ok(Exported::Customer(export)) => planned.operations.push(Operation::Export(export)),
            Ok(Exported::ContactPerson(replacement)) => replacements.push(replacement),
            Err((code, message, remedy)) => return Err(Stop::guard(code, message, remedy)),
        }
    }
    planned.operations.extend(remember(session, run, replacements).await?);
    Ok(planned)
}

/// Remembers the people on their links, and gives back the updates that write their names: these and nothing else of what a
/// sync would do.
async fn remember<W: World>(
    session: &Session<W>,
    run: RunId,
    replacements: Vec<Replacement>,
) -> Result<Vec<Operation>, Stop> {
    if replacements.is_empty() {
        return Ok(Vec::new());
    }
    let mut customers: BTreeSet<LedgerRef> = BTreeSet::new();
    for replacement in &replacements {
        if !customers.insert(replacement.customer) {
            let name = session.read(|kept| ledger_name(replacement.customer, &kept.snapshot)).await;
            return Err(Stop::guard(
                "usage",
                format!("two people cannot both be the Contact Person of {name}"),
                "Choose one of them. Nothing was written.",
            ));
        }
    }
    let now = session.now();
    session
        .change(|kept, batch| {
            for replacement in &replacements {
                let Some(link) = kept.local.link_of(replacement.customer) else { continue };
                let next = replacement.remembered(link);
                let mark = |link: &Link| journal_mark(Field::ContactPerson, link.mark(Field::ContactPerson));
                let record = kept.snapshot.ledger.get(&replacement.customer);
                batch.changes.push(Change::Journal(JournalEntry {
                    id: batch.progress.next_entry(),
                    run: Some(run),
                    at: now,
                    place: Place::Local,
                    record: Some(RecordRef::Ledger(replacement.customer)),
                    name: record.map(|record| record.name.clone()).unwrap_or_default(),
                    action: Action::Take,
                    reason: format!("you made {} the Contact Person", replacement.name),
                    before: vec![mark(link), journal_person(link.person)],
                    after: vec![mark(&next), journal_person(next.person)],
                    outcome: "done".into(),
                    undone: false,
                }));
                batch.changes.push(Change::PutLink(next));
            }
        })
        .await?;
    let (planned, _) = make_plan(session).await?;
    let updates = planned.operations.into_iter().filter_map(|operation| {
        let Operation::UpdateLedger(update) = operation else { return None };
        customers.contains(&update.ledger).then(|| contact_person(*update)).flatten()
    });
    Ok(updates.collect())
}

/// The part of an update that writes the Contact Person.
fn contact_person(mut update: Update) -> Option<Operation> {
    update.edit.fields.retain(|field| *field == Field::ContactPerson);
    update.why.retain(|field, _| *field == Field::ContactPerson);
    (!update.edit.fields.is_empty()).then(|| Operation::UpdateLedger(Box::new(update)))
}
