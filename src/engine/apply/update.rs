//! Writing contact details of a linked record: intent, a fresh look at the target, send, outcome with base and journal in
//! one commit (design 5, B14, B17, B18).

use super::round::Round;
use super::{Done, Session, doubt, fail, intend, mended};
use crate::domain::change::{Around, Sides, fingerprint};
use crate::domain::compare::same;
use crate::domain::contact::{Contact, ContactKind};
use crate::domain::details::{Details, Field};
use crate::domain::edit::{Edit, Loss};
use crate::domain::ids::{LedgerRef, RunId, Service};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::ledger::LedgerContact;
use crate::domain::link::Link;
use crate::domain::local::{Failing, Intent, IntentAction, RecordRef};
use crate::domain::mapping::{from_contact, from_ledger};
use crate::domain::update::Update;
use crate::engine::World;
use crate::engine::event::Level;
use crate::engine::session::Batch;
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, Kept, Ledger, RemoteError, Replaced};

/// Writes to KashFlow.
pub(super) async fn ledger<W: World>(
    session: &Session<W>,
    run: RunId,
    update: &Update,
    round: &Round,
) -> Result<Done, Stop> {
    let side = update.ledger.side;
    let Some(code) = session.read(|kept| code_of(kept, update)).await else { return Ok(Done::No) };
    if round.is_closed_to_kashflow() {
        return Ok(Done::No);
    }
    let action = IntentAction::UpdateLedger {
        ledger: update.ledger,
        edit: Box::new(update.edit.clone()),
        before: Box::new(update.before.clone()),
    };
    let intent = intend(session, run, action).await?;
    let detail = match session.world.ledger().detail(side, &code).await {
        Ok(detail) => detail,
        Err(RemoteError::NotFound) => return code_moved(session, intent, update, round).await,
        Err(RemoteError::Refused { message, .. }) => {
            return refused(session, intent, update, Service::KashFlow, &message).await;
        }
        Err(error) => return unread(session, intent, Service::KashFlow, error).await,
    };
    if detail.contact.id != update.ledger {
        return code_moved(session, intent, update, round).await;
    }
    if detail.contact.archived || moved(&update.before, &from_ledger(&detail.contact)) {
        let read = Change::PutLedger(detail.contact.clone());
        return plan_again(session, intent, update, read, round).await;
    }
    if round.is_closed_to_kashflow() {
        forget(session, &intent).await?;
        return Ok(Done::No);
    }
    match session.world.ledger().replace(&detail, &update.edit).await {
        Ok(replaced) => in_kashflow(session, run, intent, update, replaced, round).await,
        Err(RemoteError::Refused { message, .. }) => {
            refused(session, intent, update, Service::KashFlow, &message).await
        }
        Err(RemoteError::NotFound) => code_moved(session, intent, update, round).await,
        Err(RemoteError::InDoubt { why }) => doubt(session, intent, &update.name, &why).await,
        Err(error @ RemoteError::Trouble(_)) => unread(session, intent, Service::KashFlow, error).await,
    }
}

/// Writes to Capsule: to the linked contact, or to the Contact Person.
pub(super) async fn contact<W: World>(
    session: &Session<W>,
    run: RunId,
    update: &Update,
    round: &Round,
) -> Result<Done, Stop> {
    if session.read(|kept| code_of(kept, update)).await.is_none() {
        return Ok(Done::No);
    }
    let target = update.person.unwrap_or(update.contact);
    let action = IntentAction::UpdateContact {
        ledger: update.ledger,
        contact: target,
        edit: Box::new(update.edit.clone()),
        before: Box::new(update.before.clone()),
    };
    let intent = intend(session, run, action).await?;
    let current = match session.world.crm().contact(target).await {
        Ok(current) => current,
        Err(RemoteError::NotFound) => {
            // Deleted or hidden: the next run's reading tells which.
            session.log(Level::Info, format!("{}: Capsule does not show it any more", update.name)).await;
            forget(session, &intent).await?;
            return Ok(Done::No);
        }
        Err(RemoteError::Refused { message, .. }) => {
            return refused(session, intent, update, Service::Capsule, &message).await;
        }
        Err(error) => return unread(session, intent, Service::Capsule, error).await,
    };
    if current.restricted {
        forget(session, &intent).await?;
        return Ok(Done::No);
    }
    if moved_in_capsule(update, &current) {
        return plan_again(session, intent, update, Change::PutContact(current), round).await;
    }
    let mut update = update.clone();
    let mut left_out = Vec::new();
    loop {
        let edit = in_capsules_terms(&update);
        return match session.world.crm().update_contact(&current, &edit).await {
            Ok(stored) => in_capsule(session, run, intent, &update, stored, &left_out, round).await,
            Err(RemoteError::Refused { message, field }) => {
                // A refusal is definite: sending the rest cannot write anything twice (design B17).
                let left = leave_out(&mut update, field.as_deref(), &message);
                left_out.extend(left.clone());
                if left.is_some() && !update.edit.fields.is_empty() {
                    continue;
                }
                refused(session, intent, &update, Service::Capsule, &message).await
            }
            Err(RemoteError::NotFound) => {
                forget(session, &intent).await?;
                Ok(Done::No)
            }
            Err(RemoteError::InDoubt { why }) => doubt(session, intent, &update.name, &why).await,
            Err(error @ RemoteError::Trouble(_)) => unread(session, intent, Service::Capsule, error).await,
        };
    }
}

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
        link.wrote(*field, now);
    }
    Some(link)
}

/// The values that a contact has in the terms of a link: for the Contact Person its name.
pub(in crate::engine) fn in_links_terms(contact: &Contact, is_person: bool) -> Details {
    let own = from_contact(contact);
    if is_person { Details { contact_person: own.name, ..Details::default() } } else { own }
}

/// The Contact Person's name is a person's name in Capsule.
fn in_capsules_terms(update: &Update) -> Edit {
    if update.person.is_none() {
        return update.edit.clone();
    }
    let values = Details { name: update.edit.values.contact_person.clone(), ..Details::default() };
    Edit { fields: [Field::Name].into(), values }
}

/// The ledger contact's code, as long as the link is still the one that was planned for.
fn code_of(kept: &Kept, update: &Update) -> Option<String> {
    kept.local.link_of(update.ledger).filter(|link| link.contact == update.contact)?;
    kept.snapshot.ledger.get(&update.ledger).map(|ledger| ledger.code.clone())
}

fn moved(before: &Details, now: &Details) -> bool {
    Field::ALL.into_iter().any(|field| !same(field, before, now))
}

/// Contact Person is another record in Capsule, so it is compared only where that record is the target.
fn moved_in_capsule(update: &Update, current: &Contact) -> bool {
    let now = in_links_terms(current, update.person.is_some());
    match (update.person, &current.kind) {
        (None, _) => Field::ALL
            .into_iter()
            .any(|field| field != Field::ContactPerson && !same(field, &update.before, &now)),
        (Some(person), ContactKind::Person { employer, .. }) => {
            let is_away = employer.as_ref().is_none_or(|employer| employer.id != update.contact);
            (is_away && person != update.contact) || !same(Field::ContactPerson, &update.before, &now)
        }
        (Some(_), ContactKind::Organisation { .. }) => true,
    }
}

async fn forget<W: World>(session: &Session<W>, intent: &Intent) -> Result<(), Stop> {
    session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
    Ok(())
}

/// Nothing was written: the service is out of reach.
async fn unread<W: World>(
    session: &Session<W>,
    intent: Intent,
    service: Service,
    error: RemoteError,
) -> Result<Done, Stop> {
    forget(session, &intent).await?;
    Err(Stop::of_read(service, error))
}

/// The code leads elsewhere: the list tells where the record is now (design B18).
async fn code_moved<W: World>(
    session: &Session<W>,
    intent: Intent,
    update: &Update,
    round: &Round,
) -> Result<Done, Stop> {
    let (name, side) = (&update.name, update.ledger.side.word());
    let text = if round.look_up(update.ledger) {
        format!("{name}: its code leads to no such {side} now; reading the list again")
    } else {
        format!("{name}: KashFlow does not show this {side} any more; nothing is written to it")
    };
    session.log(Level::Info, text).await;
    forget(session, &intent).await
        .map(|()| Done::No)
}

/// It moved since the plan: what was read is kept, and the record is planned again in this run (design B18).
async fn plan_again<W: World>(
    session: &Session<W>,
    intent: Intent,
    update: &Update,
    read: Change,
    round: &Round,
) -> Result<Done, Stop> {
    session.log(Level::Info, format!("{}: it changed meanwhile; planned again", update.name)).await;
    session.change(|_, batch| batch.changes.extend([read, Change::DropIntent(intent.id)])).await?;
    round.plan_again();
    Ok(Done::No)
}

async fn in_kashflow<W: World>(
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
                entry.outcome = format!("done, but KashFlow dropped {lost}");
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
    tell(session, update, &returned, "KashFlow").await;
    if lost.is_empty() {
        return Ok(Done::Yes);
    }
    let text = format!(
        "{}: KashFlow dropped {lost}; no further update to KashFlow starts in this run",
        update.name
    );
    session.log(Level::Error, text).await;
    Ok(Done::Yes)
}

fn lost_value(loss: &Loss) -> String {
    format!("{} \"{}\"", loss.field, loss.before)
}

async fn in_capsule<W: World>(
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
                entry.outcome = format!("done; left out: {}", left_out.join("; "));
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
            kept.local.links_on(update.contact).count() > 1
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
    let text = format!("{}: {} written to {service}", update.name, update.fields_in_words());
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
    let record = match (place, update.person) {
        (Place::Capsule, person) => RecordRef::Contact(person.unwrap_or(update.contact)),
        (Place::KashFlow | Place::Local, _) => RecordRef::Ledger(update.ledger),
    };
    JournalEntry {
        id: batch.progress.next_entry(),
        run: Some(run),
        at: now,
        place,
        record: Some(record),
        name: update.name.clone(),
        action: Action::Update,
        reason: update.reason(),
        before: texts(&update.edit, &update.before),
        after: texts(&update.edit, returned),
        outcome: "done".into(),
        undone: false,
    }
}

/// The edited fields' values by field name, for the journal.
pub(in crate::engine) fn texts(edit: &Edit, values: &Details) -> Vec<(String, String)> {
    edit.fields.iter().map(|field| (field.word().to_owned(), values.text(*field))).collect()
}

async fn refused<W: World>(
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
            let reason = format!("{service} refuses {}: {message}", update.fields_in_words());
            let remedy = "Mend the value in Capsule or in KashFlow; it is tried again at once when it changes.";
            let link = kept.local.link_of(update.ledger).cloned();
            let failing = failing(kept, update, &reason, remedy, link.as_ref(), None, now);
            fail(kept, batch, failing);
        })
        .await?;
    Ok(Done::No)
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
    let contact = contact.or_else(|| kept.snapshot.contacts.get(&update.contact).map(AsRef::as_ref));
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

/// Takes the value that Capsule names out of the update and says which it was; `None` when there is nothing to take out.
fn leave_out(update: &mut Update, field: Option<&str>, message: &str) -> Option<String> {
    let is_email = update.edit.values.email.contains('@') && update.edit.fields.contains(&Field::Email);
    let named: &[Field] = match field? {
        "country" if !update.edit.values.address.country.is_empty() => {
            let country = std::mem::take(&mut update.edit.values.address.country);
            return Some(format!("country \"{country}\": {message}"));
        }
        "address" | "emailAddress" | "email" if is_email => &[Field::Email],
        "number" => &[Field::Phone, Field::Fax, Field::Mobile],
        "website" | "url" | "service" | "address" => &[Field::Website],
        "name" | "firstName" | "lastName" => &[Field::Name],
        _ => return None,
    };
    let mut words = Vec::new();
    for field in named {
        if update.edit.fields.remove(field) {
            update.why.remove(field);
            words.push(format!("{} \"{}\"", field.label(), update.edit.values.text(*field)));
        }
    }
    (!words.is_empty()).then(|| format!("{}: {message}", words.join(", ")))
}
