//! Links: local, with both sides' values as the base (design B13).

use super::{Session, create};
use jiff::Timestamp;

use crate::domain::ids::{ContactId, LedgerRef, RunId};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::link::{Base, Link, LinkReason};
use crate::domain::local::RecordRef;
use crate::domain::mapping::{from_contact, from_ledger};
use crate::domain::operation::{Operation, Plan};
use crate::engine::World;
use crate::engine::event::Level;
use crate::engine::parting::{forget_deleted, ignore, part};
use crate::engine::session::Batch;
use crate::engine::stop::Stop;
use crate::ports::{Change, Kept};

/// How many links one commit makes.
const PER_COMMIT: usize = 500;

/// Makes all links of a plan; gives back how many.
pub(super) async fn links<W: World>(session: &Session<W>, run: RunId, plan: &Plan) -> Result<usize, Stop> {
    let links: Vec<_> = plan
        .operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Link { ledger, contact, reason, name } => {
                Some((*ledger, *contact, *reason, name.as_str()))
            }
            Operation::CreateContact { .. }
            | Operation::Export(_)
            | Operation::UpdateLedger(_)
            | Operation::UpdateContact(_)
            | Operation::WriteSummary { .. }
            | Operation::Remove { .. }
            | Operation::LetGo { .. } => None,
        })
        .collect();
    let mut made = Vec::new();
    for portion in links.chunks(PER_COMMIT) {
        let now = session.now();
        let joined = session.change(|kept, batch| {
            let still_wanted =
                portion.iter().filter(|(ledger, contact, ..)| is_free(kept, *ledger, *contact));
            still_wanted
                .inspect(|(ledger, contact, reason, _)| {
                    let (adopted, reason) = adopt(kept, batch, *ledger, *contact, *reason, now);
                    let outcome = if adopted { "adopted" } else { "done" };
                    join(kept, batch, run, *ledger, *contact, reason, outcome, now);
                })
                .copied()
                .collect::<Vec<_>>()
        });
        made.extend(joined.await?);
    }
    for (_, _, reason, name) in &made {
        session.log(Level::Done, format!("{name} linked: {}", reason.sentence())).await;
    }
    Ok(made.len())
}

/// Whether no decision that came while the plan was carried out has overtaken this link.
fn is_free(kept: &Kept, ledger: LedgerRef, contact: ContactId) -> bool {
    let local = &kept.local;
    // A link to a contact that was deleted moves on (design B28, B30).
    local.link_of(ledger).is_none_or(|link| local.deleted.contains_key(&link.contact))
        && local.link_on(contact, ledger.side).is_none()
        && !local.ignored.contains_key(&ledger)
        && !local.never.contains(&(ledger, contact))
}

/// A contact found by its marker while its create was in doubt is ours; any other link ends the doubt as well (design 5).
fn adopt(
    kept: &Kept,
    batch: &mut Batch,
    ledger: LedgerRef,
    contact: ContactId,
    reason: LinkReason,
    now: Timestamp,
) -> (bool, LinkReason) {
    let Some(intent) = kept.local.intents.values().find(|intent| intent.action.creates().contains(&ledger))
    else {
        return (false, reason);
    };
    // A contact made for both sides is adopted once.
    let is_first = !batch.changes.contains(&Change::DropIntent(intent.id));
    batch.changes.push(Change::DropIntent(intent.id));
    match reason {
        LinkReason::Marker => {
            if let Some(created) = kept.snapshot.contacts.get(&contact).filter(|_| is_first) {
                let (mut details, record) =
                    (from_contact(created).given(), Some(RecordRef::Contact(contact)));
                details.extend(create::for_undo(intent.action.creates(), created.updated_at));
                let (name, why) = (created.name(), create::reason_of(kept, intent.action.creates()));
                let entry = create::entry(intent.run, now, record, &name, why, details, "adopted");
                create::numbered(batch, entry);
            }
            (true, LinkReason::Created)
        }
        other => (false, other),
    }
}

/// Ends the links that a plan lets go of, and ignores their ledger contacts (design B30).
pub(super) async fn let_go<W: World>(session: &Session<W>, run: RunId, plan: &Plan) -> Result<(), Stop> {
    let ends: Vec<_> = plan
        .operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::LetGo { ledger, name, .. } => Some((*ledger, name.as_str())),
            Operation::Link { .. }
            | Operation::CreateContact { .. }
            | Operation::Export(_)
            | Operation::UpdateLedger(_)
            | Operation::UpdateContact(_)
            | Operation::WriteSummary { .. }
            | Operation::Remove { .. } => None,
        })
        .collect();
    for portion in ends.chunks(PER_COMMIT) {
        let now = session.now();
        session
            .change(|kept, batch| {
                for (ledger, _) in portion {
                    part(kept, batch, *ledger, Some(run), "its contact was deleted in Capsule", now);
                    ignore(kept, batch, *ledger, Some(run), "its contact was deleted in Capsule", now);
                }
            })
            .await?;
    }
    for (_, name) in &ends {
        session
            .log(Level::Done, format!("{name} was deleted in Capsule; its KashFlow record is ignored"))
            .await;
    }
    Ok(())
}

/// Adds a link, its journal entry, and the end of the question that waited for it.
#[expect(clippy::too_many_arguments, reason = "a link's record has that many parts")]
pub(super) fn join(
    kept: &Kept,
    batch: &mut Batch,
    run: RunId,
    ledger: LedgerRef,
    contact: ContactId,
    reason: LinkReason,
    outcome: &str,
    now: jiff::Timestamp,
) {
    // A record just created is among the batch's own changes and not kept yet.
    let fresh = batch.changes.iter().rev().find_map(|change| match change {
        Change::PutContact(fresh) if fresh.id == contact => Some(fresh),
        _ => None,
    });
    let capsule = fresh.or_else(|| kept.snapshot.contacts.get(&contact).map(AsRef::as_ref)).map(from_contact);
    let fresh = batch.changes.iter().rev().find_map(|change| match change {
        Change::PutLedger(fresh) if fresh.id == ledger => Some(fresh),
        _ => None,
    });
    let record = fresh.or_else(|| kept.snapshot.ledger.get(&ledger).map(AsRef::as_ref));
    let name = record.map(|record| record.name.clone()).unwrap_or_default();
    let base =
        Base { capsule: capsule.unwrap_or_default(), kashflow: record.map(from_ledger).unwrap_or_default() };
    let known = kept.local.link_of(ledger).filter(|link| link.contact != contact);
    let mut link = Link::new(ledger, contact, now, reason, base);
    // Who was the Contact Person is so after a merge as well.
    if let Some(known) = known.filter(|_| reason == LinkReason::Merged) {
        link = link.with_person_of(known);
    }
    batch.changes.push(Change::PutLink(link));
    let lost = known.map(|link| link.contact);
    if let Some(lost) = lost {
        forget_deleted(kept, batch, lost);
    }
    batch.changes.push(Change::Journal(JournalEntry {
        id: batch.progress.next_entry(),
        run: Some(run),
        at: now,
        place: Place::Local,
        record: Some(RecordRef::Ledger(ledger)),
        name,
        action: if reason == LinkReason::Merged { Action::Merge } else { Action::Link },
        reason: reason.sentence().into(),
        before: lost.map(|lost| ("contact".into(), lost.0.to_string())).into_iter().collect(),
        after: vec![("contact".into(), contact.0.to_string())],
        outcome: outcome.into(),
        undone: false,
    }));
    super::mended(kept, batch, RecordRef::Ledger(ledger));
    if let Some(question) = kept.local.question_about(ledger)
        && question.asked.key.waiting.len() == 1
    {
        batch.changes.push(Change::DropQuestion(question.id));
    }
}
