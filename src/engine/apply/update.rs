//! Writing contact details of a linked record: intent, a fresh look at the target, send, outcome with base and journal in
//! one commit (design 5, B14, B17, B18).

use super::left_out::{leave_out, leave_out_known};
use super::round::Round;
use super::updated::{in_capsule, in_kashflow, in_links_terms, refused};
use super::{Done, Session, doubt, intend};
use crate::domain::compare::same;
use crate::domain::contact::{Contact, ContactKind};
use crate::domain::details::{Details, Field};
use crate::domain::edit::Edit;
use crate::domain::ids::{RunId, Service};
use crate::domain::local::{Intent, IntentAction};
use crate::domain::mapping::from_ledger;
use crate::domain::question::Choice;
use crate::domain::update::Update;
use crate::engine::World;
use crate::engine::event::Level;
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, Kept, Ledger, RemoteError};

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
        Err(RemoteError::Stale) => {
            plan_again(session, intent, update, Change::PutLedger(detail.contact), round).await
        }
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
    let Some(target) = update.target() else { return Ok(Done::No) };
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
    let mut left_out = leave_out_known(&mut update);
    if update.edit.fields.is_empty() {
        return refused(session, intent, &update, Service::Capsule, &left_out.join("; ")).await;
    }
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
                let words = if left.is_some() { left_out.join("; ") } else { message };
                refused(session, intent, &update, Service::Capsule, &words).await
            }
            Err(RemoteError::NotFound) => {
                forget(session, &intent).await?;
                Ok(Done::No)
            }
            Err(RemoteError::Stale) => {
                plan_again(session, intent, &update, Change::PutContact(current), round).await
            }
            Err(RemoteError::InDoubt { why }) => doubt(session, intent, &update.name, &why).await,
            Err(error @ RemoteError::Trouble(_)) => unread(session, intent, Service::Capsule, error).await,
        };
    }
}

/// The Contact Person's name is a person's name in Capsule.
fn in_capsules_terms(update: &Update) -> Edit {
    if update.person.is_none() {
        return update.edit.clone();
    }
    let values = Details { name: update.edit.values.contact_person.clone(), ..Details::default() };
    Edit { fields: [Field::Name].into(), values }
}

/// The ledger contact's code, as long as the link is still the one that was planned for; without a link, as long as the
/// answer stands that renames it.
fn code_of(kept: &Kept, update: &Update) -> Option<String> {
    let linked = kept.local.link_of(update.ledger).map(|link| link.contact);
    if linked != update.contact || (update.is_rename() && !is_answered(kept, update)) {
        return None;
    }
    kept.snapshot.ledger.get(&update.ledger).map(|ledger| ledger.code.clone())
}

fn is_answered(kept: &Kept, update: &Update) -> bool {
    let name = update.edit.text(Field::Name);
    let mut answers = kept.local.questions.values().flat_map(|question| &question.answers);
    let stands = answers.any(|answer| {
        matches!(&answer.choice, Choice::Rename { ledger, .. } if *ledger == update.ledger)
            && answer.value == name
    });
    stands && !kept.local.ignored.contains_key(&update.ledger)
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
            let is_away = employer.as_ref().is_none_or(|employer| Some(employer.id) != update.contact);
            (is_away && Some(person) != update.contact) || !same(Field::ContactPerson, &update.before, &now)
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
    forget(session, &intent).await.map(|()| Done::No)
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
