//! Decisions about one pair: link by hand, unlink, "never these two"; and trying failing records again. Pure; the caller
//! commits the changes, the next run acts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::decide::{Refusal, not_found};
use crate::domain::contact::Contact;
use crate::domain::ids::{ContactId, LedgerRef, Side};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::ledger::LedgerContact;
use crate::domain::link::{Base, Link, LinkReason};
use crate::domain::local::{Failing, Progress, RecordRef};
use crate::domain::question::{Choice, Question};
use crate::domain::wording::ledger_name;
use crate::ports::{Change, Kept};

/// Links a contact with a ledger contact by hand (design B2, B13): both sides' values of now become the base.
///
/// It takes the ledger contact off the ignored list, takes back "never" of this pair, and ends what was asked about it.
pub fn link(
    kept: &Kept,
    contact: ContactId,
    ledger: LedgerRef,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let (party, record) = (reachable(kept, contact)?, known(kept, ledger)?);
    let named = ledger_name(ledger, &kept.snapshot);
    if record.archived {
        return Err(Refusal {
            code: "not_found",
            message: format!("{named} is archived in KashFlow"),
            remedy: "Un-archive it in KashFlow, sync, then link it.".into(),
        });
    }
    if let Some(standing) = kept.local.link_of(ledger) {
        let other = contact_name(kept, standing.contact);
        return Err(already_linked(format!("{named} is linked with the contact {other}"), standing.contact));
    }
    if let Some(standing) = kept.local.link_on(contact, ledger.side) {
        let other = ledger_name(standing.ledger, &kept.snapshot);
        return Err(already_linked(format!("{} is linked with {other}", party.name()), contact));
    }
    refuse_being_created(kept, ledger)?;
    let mut progress = kept.local.progress.clone();
    let base = Base::now(party, record);
    let mut changes = vec![
        Change::PutLink(Link::new(ledger, contact, now, LinkReason::ByHand, base)),
        Change::Journal(entry(kept, &mut progress, ledger, contact, Action::Link, "you linked them", now)),
    ];
    if kept.local.ignored.contains_key(&ledger) {
        changes.push(Change::DropIgnored(ledger));
    }
    if kept.local.never.contains(&(ledger, contact)) {
        changes.push(Change::DropNever(ledger, contact));
    }
    changes.extend(spent_intents(kept, ledger));
    changes.extend(ended(kept, ledger));
    changes.push(Change::PutProgress(progress));
    Ok(changes)
}

/// Ends the links of a contact, or the one on that side, and declares each pair not the same (design 4.1): the next run
/// empties our fields and takes our tag off the contact (design B23).
pub fn unlink(
    kept: &Kept,
    contact: ContactId,
    side: Option<Side>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let links: Vec<&Link> = kept
        .local
        .links_on(contact)
        .filter(|link| side.is_none_or(|side| side == link.ledger.side))
        .collect();
    if links.is_empty() {
        if !kept.snapshot.contacts.contains_key(&contact) {
            return Err(unknown_contact(contact));
        }
        let which = side.map_or_else(|| "link".to_owned(), |side| format!("{} link", side.word()));
        let message = format!("{} has no {which}", contact_name(kept, contact));
        return Err(not_found(message, &format!("See `kashsync contact {}` for its links.", contact.0)));
    }
    let mut progress = kept.local.progress.clone();
    let mut changes = Vec::new();
    for link in links {
        let ledger = link.ledger;
        let mut entry = entry(kept, &mut progress, ledger, contact, Action::Unlink, "you unlinked them", now);
        std::mem::swap(&mut entry.before, &mut entry.after);
        changes.extend([Change::DropLink(ledger), Change::PutNever(ledger, contact), Change::Journal(entry)]);
        changes.extend(ended(kept, ledger));
    }
    changes.push(Change::PutProgress(progress));
    Ok(changes)
}

/// Declares that a ledger contact and a contact are not the same (design B11): the pair is neither linked nor suggested.
pub fn never(
    kept: &Kept,
    contact: ContactId,
    ledger: LedgerRef,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    known(kept, ledger)?;
    if !kept.snapshot.contacts.contains_key(&contact) {
        return Err(unknown_contact(contact));
    }
    if kept.local.link_of(ledger).is_some_and(|link| link.contact == contact) {
        let named = ledger_name(ledger, &kept.snapshot);
        return Err(already_linked(
            format!("{} is linked with {named}", contact_name(kept, contact)),
            contact,
        ));
    }
    if kept.local.never.contains(&(ledger, contact)) {
        return Ok(Vec::new());
    }
    let mut progress = kept.local.progress.clone();
    let entry = entry(kept, &mut progress, ledger, contact, Action::Never, "you said so", now);
    let mut changes = vec![Change::PutNever(ledger, contact), Change::Journal(entry)];
    let offering = kept.local.questions.values().filter(|question| {
        question.asked.key.waiting.contains(&ledger)
            && question.asked.choices.contains(&Choice::Link(contact))
    });
    changes.extend(offering.map(|question| Change::PutQuestion(without(question, contact))));
    changes.push(Change::PutProgress(progress));
    Ok(changes)
}

/// Makes failing records due at once (design B37): a contact's and those of its links, or all.
pub fn retry(kept: &Kept, contact: Option<ContactId>, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    let concerns = |record: RecordRef| match (contact, record) {
        (None, _) => true,
        (Some(wanted), RecordRef::Contact(id)) => id == wanted,
        (Some(wanted), RecordRef::Ledger(ledger)) => {
            kept.local.link_of(ledger).is_some_and(|link| link.contact == wanted)
        }
    };
    let changes: Vec<Change> = kept
        .local
        .failing
        .values()
        .filter(|failing| concerns(failing.record))
        .flat_map(|failing| {
            let due = Change::PutFailing(Failing { next_try: now, ..failing.clone() });
            [Some(due), unflapped(kept, failing.record)]
        })
        .flatten()
        .collect();
    match contact {
        Some(contact) if changes.is_empty() => {
            if !kept.snapshot.contacts.contains_key(&contact) {
                return Err(unknown_contact(contact));
            }
            let message = format!("nothing about {} is failing", contact_name(kept, contact));
            Err(not_found(message, "See `kashsync status` for what is; `kashsync retry` tries everything."))
        }
        Some(_) | None => Ok(changes),
    }
}

/// The link of a failing record without what is remembered of fields that kept changing: they are written again.
fn unflapped(kept: &Kept, record: RecordRef) -> Option<Change> {
    let RecordRef::Ledger(ledger) = record else { return None };
    let link = kept.local.link_of(ledger).filter(|link| !link.streaks.is_empty())?;
    Some(Change::PutLink(Link { streaks: BTreeMap::new(), ..link.clone() }))
}

/// A contact that may be linked: known, and neither deleted, hidden nor masked (design B5, matching).
pub(super) fn reachable(kept: &Kept, id: ContactId) -> Result<&Contact, Refusal> {
    let Some(contact) = kept.snapshot.contacts.get(&id) else { return Err(unknown_contact(id)) };
    if kept.local.deleted.contains_key(&id) {
        let message = format!("{} was deleted in Capsule", contact.name());
        return Err(not_found(message, "Restore it in Capsule and sync, or link another contact."));
    }
    if contact.restricted || kept.local.hidden.contains(&id) {
        let message = format!("{} is not visible to this token", contact.name());
        return Err(not_found(message, "Use the Capsule token of an Administrator, then sync."));
    }
    Ok(contact)
}

fn known(kept: &Kept, ledger: LedgerRef) -> Result<&LedgerContact, Refusal> {
    kept.snapshot.ledger.get(&ledger).map(AsRef::as_ref).ok_or_else(|| {
        not_found(format!("KashFlow has no {ledger}"), "Check the code in KashFlow, then sync.")
    })
}

fn unknown_contact(contact: ContactId) -> Refusal {
    not_found(
        format!("there is no contact {} among those read from Capsule", contact.0),
        "See `kashsync contacts`; sync first if it is new.",
    )
}

fn already_linked(message: String, contact: ContactId) -> Refusal {
    let remedy = format!("Unlink it first: `kashsync unlink {}`.", contact.0);
    Refusal { code: "already_linked", message, remedy }
}

fn contact_name(kept: &Kept, contact: ContactId) -> String {
    let known = kept.snapshot.contacts.get(&contact);
    known.map_or_else(|| format!("contact {}", contact.0), |known| known.name().into_owned())
}

/// Whether a create for the record was sent, or is being sent, whose outcome is not known.
/// A contact that is being created may be there already: nothing is decided about its record before that is found out.
pub(super) fn refuse_being_created(kept: &Kept, ledger: LedgerRef) -> Result<(), Refusal> {
    let mut open = kept.local.intents.values().filter(|intent| !intent.counts_as_not_done());
    if !open.any(|intent| intent.action.creates().contains(&ledger)) {
        return Ok(());
    }
    Err(Refusal {
        code: "already_linked",
        message: format!("a contact for {} is being created", ledger_name(ledger, &kept.snapshot)),
        remedy: "Sync first: it finds out what became of that.".into(),
    })
}

/// Creates that count as not done are not needed any more once the record is linked.
fn spent_intents(kept: &Kept, ledger: LedgerRef) -> impl Iterator<Item = Change> + '_ {
    let all = kept.local.intents.values();
    all.filter(move |intent| intent.action.creates().contains(&ledger))
        .map(|intent| Change::DropIntent(intent.id))
}

/// What was asked about the record, and that it fails, ends with the link's coming or going; what still stands is found
/// out by the next run.
fn ended(kept: &Kept, ledger: LedgerRef) -> Vec<Change> {
    let asked = kept.local.questions.values().filter(|question| question.asked.key.waiting.contains(&ledger));
    let mut changes: Vec<Change> = asked.map(|question| Change::DropQuestion(question.id)).collect();
    if kept.local.failing.contains_key(&RecordRef::Ledger(ledger)) {
        changes.push(Change::DropFailing(RecordRef::Ledger(ledger)));
    }
    changes
}

/// The question without that contact among its candidates, choices and answers.
fn without(question: &Question, contact: ContactId) -> Question {
    let mut question = question.clone();
    let link = Choice::Link(contact);
    question.asked.candidates.retain(|candidate| candidate.contact != contact);
    question.asked.choices.retain(|choice| *choice != link);
    question.answers.retain(|answer| answer.choice != link);
    question
}

fn entry(
    kept: &Kept,
    progress: &mut Progress,
    ledger: LedgerRef,
    contact: ContactId,
    action: Action,
    reason: &str,
    now: Timestamp,
) -> JournalEntry {
    let record = kept.snapshot.ledger.get(&ledger);
    JournalEntry {
        id: progress.next_entry(),
        run: None,
        at: now,
        place: Place::Local,
        record: Some(RecordRef::Ledger(ledger)),
        name: record.map_or_else(|| contact_name(kept, contact), |record| record.name.clone()),
        action,
        reason: reason.to_owned(),
        before: Vec::new(),
        after: vec![("contact".into(), contact.0.to_string())],
        outcome: "done".into(),
        undone: false,
    }
}

#[cfg(test)]
mod tests;
