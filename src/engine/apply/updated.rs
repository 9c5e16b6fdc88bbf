//! What an update came to: base, journal and failing records, in one commit with what the service returned (design B14,
//! B17).

use super::round::Round;
use super::{Done, Session, fail, mended};
use crate::domain::change::{Around, Sides, fingerprint};
use crate::domain::compare::same;
use crate::domain::contact::Contact;
use crate::domain::details::{Details, Field};
use crate::domain::edit::{Edit, Loss};
use crate::domain::ids::{LedgerRef, RunId, Service};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::ledger::LedgerContact;
use crate::domain::link::Link;
use crate::domain::local::{Failing, Intent, RecordRef};
use crate::domain::mapping::{from_contact, from_ledger};
use crate::domain::question::Choice;
use crate::domain::undo::journal_values;
use crate::domain::update::Update;
use crate::engine::World;
use crate::engine::event::Level;
use crate::engine::session::Batch;
use crate::engine::stop::Stop;
use crate::ports::{Change, Kept, Replaced};

/// Both sides' values of one field after a write.
pub(in crate::engine) struct Settled<'a> {
    /// Capsule's.
    pub(in crate::engine) capsule: &'a Details,
    /// KashFlow's.
    pub(in crate::engine) kashflow: &'a Details,
}

/// The link after a write of these fields: what stands on both sides is the base (design B14). `None` when it is gone.
pub(in crate::engine) fn settled(
    kept: &Kept,
    ledger: LedgerRef,
    edit: &Edit,
    sides: &Settled<'_>,
    now: jiff::Timestamp,
) -> Option<Link> {
    let mut link = kept.local.link_of(ledger)?.clone();
    for field in &edit.fields {
        link.settle(*field, sides.capsule, sides.kashflow);
        link.wrote(*field, &edit.values.text(*field), now);
    }
    Some(link)
}

/// The values that a contact has in the terms of a link: for the Contact Person its name.
pub(in crate::engine) fn in_links_terms(contact: &Contact, is_person: bool) -> Details {
    let own = from_contact(contact);
    if is_person { Details { contact_person: own.name, ..Details::default() } } else { own }
}

pub(super) async fn in_kashflow<W: World>(
    session: &Session<W>,
    run: RunId,
    intent: Intent,
    update: &Update,
    replaced: Replaced,
    round: &Round,
) -> Result<Done, Stop> {
    let Replaced { contact, losses } = replaced;
    if !losses.is_empty() {
        round.close_kashflow();
    }
    let now = session.now();
    let returned = from_ledger(&contact);
    let lost = losses.iter().map(lost_value).collect::<Vec<_>>().join("; ");
    session
        .change(|kept, batch| {
            let mut entry = entry(batch, run, update, Place::KashFlow, &returned, now);
            entry.before.extend(losses.iter().map(|loss| (loss.field.clone(), loss.before.clone())));
            if !losses.is_empty() {
                entry.after.push(("dropped".into(), lost.clone()));
            }
            let sides = Settled { capsule: &update.edit.values, kashflow: &returned };
            let link = settled(kept, update.ledger, &update.edit, &sides, now);
            if losses.is_empty() {
                mended(kept, batch, RecordRef::Ledger(update.ledger));
            } else {
                let reason = format!("KashFlow dropped other values when it was written: {lost}");
                let remedy = "Put them back in KashFlow, then `kashsync retry`. Nothing else was updated in KashFlow in \
                              that run.";
                let failing = failing(kept, update, &reason, remedy, link.as_ref(), Some(&contact), now);
                // Nothing is left to be tried: it stands until a person has seen to it.
                let stands = now.checked_add(jiff::SignedDuration::from_hours(24 * 30)).unwrap_or(now);
                fail(kept, batch, Failing { next_try: stands, ..failing });
            }
            batch.changes.extend([Change::PutLedger(contact), Change::DropIntent(intent.id)]);
            batch.changes.extend(link.map(Change::PutLink));
            batch.changes.push(Change::Journal(entry));
        })
        .await?;
    if update.is_rename() {
        // It is a record of another name now: what that leads to is done in this run.
        round.plan_again();
    }
    tell(session, update, &returned, "KashFlow").await;
    if lost.is_empty() {
        return Ok(Done::Yes);
    }
    let text =
        format!("{}: KashFlow dropped {lost}; no further update to KashFlow starts in this run", update.name);
    session.log(Level::Error, text).await;
    Ok(Done::Yes)
}

fn lost_value(loss: &Loss) -> String {
    format!("{} \"{}\"", loss.field, loss.before)
}

pub(super) async fn in_capsule<W: World>(
    session: &Session<W>,
    run: RunId,
    intent: Intent,
    update: &Update,
    stored: Contact,
    left_out: &[String],
    round: &Round,
) -> Result<Done, Stop> {
    let now = session.now();
    let returned = in_links_terms(&stored, update.person.is_some());
    let has_two_links = session
        .change(|kept, batch| {
            let mut entry = entry(batch, run, update, Place::Capsule, &returned, now);
            if !left_out.is_empty() {
                entry.after.push(("left_out".into(), left_out.join("; ")));
            }
            let sides = Settled { capsule: &returned, kashflow: &update.edit.values };
            let link = settled(kept, update.ledger, &update.edit, &sides, now);
            if left_out.is_empty() {
                mended(kept, batch, RecordRef::Ledger(update.ledger));
            } else {
                let reason = format!("Capsule refuses {}", left_out.join("; "));
                let remedy = "Mend the value in KashFlow, or take Capsule's; it is tried again at once when it changes.";
                let own = update.person.is_none().then_some(&stored);
                let failing = failing_with(kept, update, &reason, remedy, link.as_ref(), own, None, now);
                fail(kept, batch, failing);
            }
            batch.changes.extend([Change::PutContact(stored), Change::DropIntent(intent.id)]);
            batch.changes.extend(link.map(Change::PutLink));
            batch.changes.push(Change::Journal(entry));
            update.contact.is_some_and(|contact| kept.local.links_on(contact).count() > 1)
        })
        .await?;
    if has_two_links {
        // The other ledger contact gets the new value too, in this run.
        round.plan_again();
    }
    tell(session, update, &returned, "Capsule").await;
    if !left_out.is_empty() {
        let text = format!("{}: left out, because Capsule refuses it: {}", update.name, left_out.join("; "));
        session.log(Level::Error, text).await;
    }
    Ok(Done::Yes)
}

async fn tell<W: World>(session: &Session<W>, update: &Update, returned: &Details, service: &str) {
    let text = if update.is_rename() {
        format!("{}: renamed to \"{}\" in {service}", update.name, returned.name)
    } else {
        format!("{}: {} written to {service}", update.name, update.fields_in_words())
    };
    session.log(Level::Done, text).await;
    let other = update.edit.fields.iter().filter(|field| !same(**field, &update.edit.values, returned));
    for field in other {
        let (label, kept) = (field.label(), returned.text(*field));
        let text = format!("{}: {service} keeps \"{kept}\" as {label}", update.name);
        session.log(Level::Info, text).await;
    }
}

fn entry(
    batch: &mut Batch,
    run: RunId,
    update: &Update,
    place: Place,
    returned: &Details,
    now: jiff::Timestamp,
) -> JournalEntry {
    let record = match (place, update.target()) {
        (Place::Capsule, Some(contact)) => RecordRef::Contact(contact),
        (Place::Capsule | Place::KashFlow | Place::Local, _) => RecordRef::Ledger(update.ledger),
    };
    JournalEntry {
        id: batch.progress.next_entry(),
        run: Some(run),
        at: now,
        place,
        record: Some(record),
        name: update.name.clone(),
        action: if update.is_rename() { Action::Rename } else { Action::Update },
        reason: update.reason(),
        before: texts(place, &update.edit, &update.before),
        after: texts(place, &update.edit, returned),
        outcome: "done".into(),
        undone: false,
    }
}

/// The edited fields' values by field name, for the journal.
pub(in crate::engine) fn texts(place: Place, edit: &Edit, values: &Details) -> Vec<(String, String)> {
    if place == Place::Capsule && edit.fields.contains(&Field::ContactPerson) {
        // In Capsule the Contact Person is a person with a name.
        return vec![(Field::Name.word().to_owned(), values.contact_person.clone())];
    }
    journal_values(edit.fields.iter().copied(), values)
}

pub(super) async fn refused<W: World>(
    session: &Session<W>,
    intent: Intent,
    update: &Update,
    service: Service,
    message: &str,
) -> Result<Done, Stop> {
    let service = service.name();
    session.log(Level::Error, format!("{}: {service} refuses it: {message}", update.name)).await;
    let now = session.now();
    session
        .change(|kept, batch| {
            batch.changes.push(Change::DropIntent(intent.id));
            let reason = match update.fields_in_words().as_str() {
                "" => format!("{service} refuses {message}"),
                fields => format!("{service} refuses {fields}: {message}"),
            };
            let remedy = if update.is_rename() {
                reopen(kept, batch, update.ledger);
                "Answer its question again with another name: see `kashsync questions`."
            } else {
                "Mend the value in Capsule or in KashFlow; it is tried again at once when it changes."
            };
            let link = kept.local.link_of(update.ledger).cloned();
            let failing = failing(kept, update, &reason, remedy, link.as_ref(), None, now);
            fail(kept, batch, failing);
        })
        .await?;
    Ok(Done::No)
}

/// A new name that KashFlow does not take is not tried again: the question is open once more.
fn reopen(kept: &Kept, batch: &mut Batch, ledger: LedgerRef) {
    for question in kept.local.questions.values() {
        let mut open = question.clone();
        open.answers.retain(
            |answer| !matches!(&answer.choice, Choice::Rename { ledger: renamed, .. } if *renamed == ledger),
        );
        if open.answers.len() < question.answers.len() {
            batch.changes.push(Change::PutQuestion(open));
        }
    }
}

fn failing(
    kept: &Kept,
    update: &Update,
    reason: &str,
    remedy: &str,
    link: Option<&Link>,
    ledger: Option<&LedgerContact>,
    now: jiff::Timestamp,
) -> Failing {
    failing_with(kept, update, reason, remedy, link, None, ledger, now)
}

/// A failing record of a link, with what it looks like once this batch is kept: only another change is tried at once.
#[expect(clippy::too_many_arguments, reason = "a failing record has that many parts")]
fn failing_with(
    kept: &Kept,
    update: &Update,
    reason: &str,
    remedy: &str,
    link: Option<&Link>,
    contact: Option<&Contact>,
    ledger: Option<&LedgerContact>,
    now: jiff::Timestamp,
) -> Failing {
    let around = Around { snapshot: &kept.snapshot, local: &kept.local };
    let contact = contact.or_else(|| kept.snapshot.contacts.get(&update.contact?).map(AsRef::as_ref));
    let ledger = ledger.or_else(|| kept.snapshot.ledger.get(&update.ledger).map(AsRef::as_ref));
    let seen = match (link, contact, ledger) {
        (Some(link), Some(contact), Some(ledger)) => {
            fingerprint(link, &Sides::of(link, contact, ledger, &around))
        }
        _ => 0,
    };
    Failing {
        record: RecordRef::Ledger(update.ledger),
        name: update.name.clone(),
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
        attempts: 0,
        next_try: now,
        fingerprint: seen,
    }
}
