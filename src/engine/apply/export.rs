//! Creating a customer in KashFlow from a contact: intent with the code, a last look at both sides, outcome (design B25 to
//! B27, 5).

use jiff::Timestamp;

use super::{Done, Session, doubt, intend, link};
use crate::domain::export::{self, Export, Obstacle};
use crate::domain::ids::{ContactId, LedgerRef, RunId, Service, Side};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::ledger::LedgerContact;
use crate::domain::link::LinkReason;
use crate::domain::local::{Intent, IntentAction, RecordRef};
use crate::domain::mapping::from_ledger;
use crate::domain::normalise::name_key;
use crate::domain::question::{Choice, Question};
use crate::engine::World;
use crate::engine::event::Level;
use crate::engine::parting::part;
use crate::engine::session::Batch;
use crate::engine::settle::time_left;
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, Kept, Ledger, RemoteError, TAKEN_CODE};

/// Codes that are tried when KashFlow says that one is taken.
const MOST_CODES: usize = 5;

/// Creates the customer and links it with the contact.
pub(super) async fn export<W: World>(
    session: &Session<W>,
    run: RunId,
    planned: &Export,
) -> Result<Done, Stop> {
    let name = planned.draft.details.name.clone();
    // An answer taken back, or a decision that came while the plan was carried out, ends it.
    if !session.read(|kept| is_wanted(kept, planned)).await {
        return Ok(Done::No);
    }
    if !look_again(session, planned).await? {
        return Ok(Done::No);
    }
    // What was read just now is what goes: every field was shown, and one that moved since is shown in the journal.
    let mut export = match again(session, planned).await {
        Ok(export) => export,
        Err(obstacle) => {
            let (_, message, _) = session.read(|kept| obstacle.words(&kept.snapshot)).await;
            session.log(Level::Error, format!("{name}: {message}; nothing was sent")).await;
            return Ok(Done::No);
        }
    };
    for _ in 0..MOST_CODES {
        let action = IntentAction::Export {
            contact: export.contact,
            person: export.person,
            code: export.draft.code.clone(),
            name: export.draft.details.name.clone(),
        };
        let intent = intend(session, run, action).await?;
        let sent = session.world.ledger().create(Side::Customer, &export.draft).await;
        match sent {
            Ok(record) => {
                let reason = planned.reason();
                exported(session, intent, (export.contact, export.person), record, &reason, "done").await?;
                return Ok(Done::Yes);
            }
            Err(RemoteError::Refused { field, .. }) if field.as_deref() == Some(TAKEN_CODE) => {
                // Somebody has taken the code since the list was read; the refusal is definite.
                session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
                let taken = [export.draft.code.clone()].into();
                let code = session
                    .read(|kept| export::free_code(&export.draft.details.name, &kept.snapshot, &taken))
                    .await;
                export.draft.code = code;
            }
            Err(RemoteError::Refused { message, .. }) => {
                return refused(session, &intent, planned, &message).await;
            }
            Err(RemoteError::NotFound) => {
                return refused(session, &intent, planned, "it has no list of customers").await;
            }
            Err(RemoteError::InDoubt { why }) => return doubt(session, intent, &name, &why).await,
            Err(error @ (RemoteError::Trouble(_) | RemoteError::Stale)) => {
                session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
                return Err(Stop::of_read(Service::KashFlow, error));
            }
        }
    }
    session.log(Level::Error, format!("{name}: KashFlow has taken every code that was tried")).await;
    Ok(Done::No)
}

/// Whether the answer still stands that asks for it.
fn is_wanted(kept: &Kept, export: &Export) -> bool {
    let Some(question) = export.question else { return true };
    let question = kept.local.questions.get(&question);
    question.is_some_and(|question| question.answers.iter().any(|answer| answer.choice == Choice::Export))
}

/// The same export from what is known now, with the code that was shown as long as it is free.
async fn again<W: World>(session: &Session<W>, planned: &Export) -> Result<Export, Obstacle> {
    let code = planned.draft.code.clone();
    let chosen = planned.chosen;
    session
        .read(|kept| {
            let mut export = export::export(chosen, &kept.snapshot, &kept.local, &[].into())?;
            let is_taken =
                kept.snapshot.ledger.values().any(|ledger| {
                    ledger.id.side == Side::Customer && ledger.code.eq_ignore_ascii_case(&code)
                });
            if !is_taken {
                export.draft.code = code;
            }
            Ok(export)
        })
        .await
}

/// Reads the contacts concerned and KashFlow's customers of that name once more, just before (design B18, B27).
async fn look_again<W: World>(session: &Session<W>, planned: &Export) -> Result<bool, Stop> {
    let name = &planned.draft.details.name;
    let contacts = [Some(planned.contact), planned.person].into_iter().flatten();
    for id in contacts {
        match session.world.crm().contact(id).await {
            Ok(contact) => session.change(|_, batch| batch.changes.push(Change::PutContact(contact))).await?,
            Err(RemoteError::NotFound | RemoteError::Refused { .. }) => {
                session.log(Level::Error, format!("{name}: Capsule does not show it any more")).await;
                return Ok(false);
            }
            Err(error) => return Err(Stop::of_read(Service::Capsule, error)),
        }
    }
    let found = session.world.ledger().named(Side::Customer, name).await;
    let found = found.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
    session.change(|_, batch| batch.changes.extend(found.into_iter().map(Change::PutLedger))).await?;
    Ok(true)
}

async fn refused<W: World>(
    session: &Session<W>,
    intent: &Intent,
    planned: &Export,
    message: &str,
) -> Result<Done, Stop> {
    session
        .change(|kept, batch| {
            batch.changes.push(Change::DropIntent(intent.id));
            // What was answered is not tried again and again: the question is open once more.
            let asked = planned.question.and_then(|question| kept.local.questions.get(&question));
            batch.changes.extend(
                asked.map(|question| {
                    Change::PutQuestion(Question { answers: Vec::new(), ..question.clone() })
                }),
            );
        })
        .await?;
    let name = &planned.draft.details.name;
    session.log(Level::Error, format!("{name}: KashFlow refuses it: {message}")).await;
    Ok(Done::No)
}

/// Keeps the new customer, the link, and what was done, in one commit.
async fn exported<W: World>(
    session: &Session<W>,
    intent: Intent,
    ends: (ContactId, Option<ContactId>),
    record: LedgerContact,
    reason: &str,
    outcome: &str,
) -> Result<(), Stop> {
    let now = session.now();
    let words = format!("{} exported to KashFlow as {}", record.name, record.code);
    session.change(|kept, batch| keep(kept, batch, &intent, ends, record, (reason, outcome), now)).await?;
    session.log(Level::Done, words).await;
    Ok(())
}

fn keep(
    kept: &Kept,
    batch: &mut Batch,
    intent: &Intent,
    (contact, person): (ContactId, Option<ContactId>),
    record: LedgerContact,
    (reason, outcome): (&str, &str),
    now: Timestamp,
) {
    let ledger = record.id;
    batch.changes.push(Change::DropIntent(intent.id));
    batch.changes.push(Change::Journal(JournalEntry {
        id: batch.progress.next_entry(),
        run: Some(intent.run),
        at: now,
        place: Place::KashFlow,
        record: Some(RecordRef::Ledger(ledger)),
        name: record.name.clone(),
        action: Action::Export,
        reason: reason.into(),
        before: Vec::new(),
        after: [vec![("code".to_owned(), record.code.clone())], from_ledger(&record).given()].concat(),
        outcome: outcome.into(),
        undone: false,
    }));
    batch.changes.push(Change::PutLedger(record));
    // The customer that it had is gone, and makes way (design B31).
    if let Some(lost) = kept.local.link_on(contact, Side::Customer) {
        part(kept, batch, lost.ledger, Some(intent.run), reason, now);
    }
    let named = person.and_then(|person| kept.snapshot.contacts.get(&person));
    let named = named.map(|person| person.name().into_owned());
    link::join(kept, batch, intent.run, ledger, contact, LinkReason::Exported, outcome, now);
    for change in &mut batch.changes {
        // From now on the person's name is compared with the Contact Person (design, Contact Person).
        if let Change::PutLink(link) = change
            && link.ledger == ledger
        {
            link.person = person;
            link.base.capsule.contact_person = named.clone().unwrap_or_default();
        }
    }
}

/// Finds out about exports whose outcome is unknown, by the code that each has fixed: what is there is linked, and what is
/// not there after the settle time was not done. It is never sent again by itself (design B25).
pub(in crate::engine) async fn finish_begun<W: World>(session: &Session<W>) -> Result<(), Stop> {
    let intents: Vec<Intent> = session.read(|kept| kept.local.intents.values().cloned().collect()).await;
    for intent in intents {
        let IntentAction::Export { contact, person, code, name } = &intent.action else { continue };
        let found = match session.world.ledger().detail(Side::Customer, code).await {
            Ok(detail) => Some(detail.contact).filter(|found| name_key(&found.name) == name_key(name)),
            Err(RemoteError::NotFound) => None,
            Err(error) => return Err(Stop::of_read(Service::KashFlow, error)),
        };
        let (contact, person) = (*contact, *person);
        let is_free = |ledger: LedgerRef, kept: &Kept| {
            let standing = kept.local.link_on(contact, Side::Customer);
            kept.local.link_of(ledger).is_none()
                && standing.is_none_or(|link| kept.local.is_gone(link.ledger))
        };
        match found {
            Some(record) if session.read(|kept| is_free(record.id, kept)).await => {
                let reason = "found created after its outcome had been unknown";
                exported(session, intent, (contact, person), record, reason, "adopted").await?;
            }
            Some(_) => {
                session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
            }
            None if time_left(intent.at, session.world.pace().settle, session.now()).is_zero() => {
                let text =
                    format!("{name} was not created in KashFlow; export it again if it is still wanted");
                session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
                session.log(Level::Error, text).await;
            }
            None => {}
        }
    }
    Ok(())
}
