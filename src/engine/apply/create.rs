//! Creating a contact in Capsule without an idempotency key: intent, marker in the request, outcome (design 5, B10).

use super::{Done, Session, doubt, fail, intend, link};
use crate::domain::contact::Contact;
use crate::domain::draft::{ContactDraft, DraftAddress};
use crate::domain::ids::{LedgerRef, RunId};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::link::LinkReason;
use crate::domain::local::{Failing, Intent, IntentAction, RecordRef};
use crate::domain::plan::fingerprint;
use crate::engine::World;
use crate::engine::event::Level;
use crate::engine::session::Batch;
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, Kept, RemoteError};

/// A create whose outcome stayed unknown this often needs a person (sync 2.4).
const MOST_SENDS: u32 = 3;

/// Creates a contact and links it.
pub(super) async fn create<W: World>(
    session: &Session<W>,
    run: RunId,
    ledgers: &[LedgerRef],
    draft: &ContactDraft,
) -> Result<Done, Stop> {
    if session.read(|kept| is_settled(kept, ledgers)).await {
        return Ok(Done::No);
    }
    let name = draft.kind.name();
    let action = IntentAction::CreateContact { ledgers: ledgers.to_vec(), name: name.clone() };
    let intent = intend(session, run, action).await?;
    // From here on nobody links these records by hand; a decision that came just before counts.
    if session.read(|kept| is_settled(kept, ledgers)).await {
        session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
        return Ok(Done::No);
    }
    if intent.attempts > MOST_SENDS {
        return give_up(session, intent, ledgers, &name).await;
    }
    let definitions = session.read(|kept| kept.local.progress.definitions.clone()).await;
    let mut draft = draft.clone();
    loop {
        return match session.world.crm().create_contact(&draft, &definitions).await {
            Ok(contact) => created(session, run, intent, ledgers, contact, &draft).await,
            Err(RemoteError::Refused { message, field }) => {
                // A single value that Capsule refuses is left out and shown, never costs the record (design B17). The
                // refusal is definite, so sending again cannot make a second contact.
                if leave_out(&mut draft, field.as_deref(), &message) {
                    continue;
                }
                refused(session, intent, ledgers, &name, &message).await
            }
            Err(RemoteError::NotFound) => {
                refused(
                    session,
                    intent,
                    ledgers,
                    &name,
                    "Capsule does not know something this contact refers to",
                )
                .await
            }
            Err(RemoteError::InDoubt { why }) => doubt(session, intent, &name, &why).await,
            Err(RemoteError::Trouble(trouble)) => {
                // Trouble means "not carried out": nothing is in doubt.
                session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
                Err(Stop::Trouble(trouble))
            }
        };
    }
}

/// Whether a decision that came while the plan was carried out has overtaken this create.
fn is_settled(kept: &Kept, ledgers: &[LedgerRef]) -> bool {
    ledgers
        .iter()
        .any(|ledger| kept.local.ignored.contains_key(ledger) || kept.local.link_of(*ledger).is_some())
}

async fn created<W: World>(
    session: &Session<W>,
    run: RunId,
    intent: Intent,
    ledgers: &[LedgerRef],
    contact: Contact,
    draft: &ContactDraft,
) -> Result<Done, Stop> {
    let now = session.now();
    let name = contact.name().into_owned();
    session
        .change(|kept, batch| {
            let id = contact.id;
            batch.changes.push(Change::PutContact(contact));
            batch.changes.push(Change::DropIntent(intent.id));
            batch.changes.push(Change::Journal(JournalEntry {
                id: batch.progress.next_entry(),
                run: Some(run),
                at: now,
                place: Place::Capsule,
                record: Some(RecordRef::Contact(id)),
                name: name.clone(),
                action: Action::Create,
                reason: "no contact of this name in Capsule".into(),
                before: Vec::new(),
                after: shown(draft),
                outcome: "done".into(),
                undone: false,
            }));
            for ledger in ledgers {
                link::join(kept, batch, run, *ledger, id, LinkReason::Created, "done", now);
            }
            settle_question(kept, batch, ledgers);
        })
        .await?;
    let left_out = if draft.left_out.is_empty() {
        String::new()
    } else {
        format!(" (left out: {})", draft.left_out.join("; "))
    };
    session.log(Level::Done, format!("{name} created in Capsule{left_out}")).await;
    Ok(Done::Yes)
}

/// The question that all these records waited for has been carried out.
fn settle_question(kept: &Kept, batch: &mut Batch, ledgers: &[LedgerRef]) {
    let question = ledgers.first().and_then(|ledger| kept.local.question_about(*ledger));
    if let Some(question) = question
        && question.asked.key.waiting.len() > 1
        && question.asked.key.waiting.iter().all(|waiting| ledgers.contains(waiting))
    {
        batch.changes.push(Change::DropQuestion(question.id));
    }
}

async fn refused<W: World>(
    session: &Session<W>,
    intent: Intent,
    ledgers: &[LedgerRef],
    name: &str,
    message: &str,
) -> Result<Done, Stop> {
    session.log(Level::Error, format!("{name}: Capsule refuses it: {message}")).await;
    let remedy = "Mend the record in KashFlow, or ignore it; it is tried again at once when it changes.";
    put_failing(session, &intent, ledgers, name, &format!("Capsule refuses it: {message}"), remedy).await
}

async fn give_up<W: World>(
    session: &Session<W>,
    intent: Intent,
    ledgers: &[LedgerRef],
    name: &str,
) -> Result<Done, Stop> {
    let reason = "sent several times without Capsule ever saying whether it was created";
    session.log(Level::Error, format!("{name}: {reason}")).await;
    let remedy = "Look in Capsule whether the contact is there; if it is not, sync again later.";
    put_failing(session, &intent, ledgers, name, reason, remedy).await
}

async fn put_failing<W: World>(
    session: &Session<W>,
    intent: &Intent,
    ledgers: &[LedgerRef],
    name: &str,
    reason: &str,
    remedy: &str,
) -> Result<Done, Stop> {
    let now = session.now();
    session
        .change(|kept, batch| {
            batch.changes.push(Change::DropIntent(intent.id));
            for ledger in ledgers {
                let fingerprint =
                    kept.snapshot.ledger.get(ledger).map(|record| fingerprint(record)).unwrap_or_default();
                let record = RecordRef::Ledger(*ledger);
                let (name, reason, remedy) = (name.to_owned(), reason.to_owned(), remedy.to_owned());
                fail(
                    kept,
                    batch,
                    Failing { record, name, reason, remedy, attempts: 0, next_try: now, fingerprint },
                );
            }
        })
        .await?;
    Ok(Done::No)
}

/// Takes the value that Capsule names out of the draft; false when there is nothing (more) to take out.
fn leave_out(draft: &mut ContactDraft, field: Option<&str>, message: &str) -> bool {
    let mut drop_text = |what: &str, value: &mut String| {
        let had = !value.is_empty();
        if had {
            draft.left_out.push(format!("{what} \"{value}\": {message}"));
            value.clear();
        }
        had
    };
    match field {
        Some("country") => {
            let country = draft.address.as_mut().map(|address: &mut DraftAddress| &mut address.country);
            country.is_some_and(|country| drop_text("country", country))
        }
        Some("address" | "emailAddress" | "email") if draft.email.contains('@') => {
            drop_text("e-mail", &mut draft.email)
        }
        Some("number") => {
            let phone = drop_text("phone", &mut draft.phone);
            let fax = drop_text("fax", &mut draft.fax);
            drop_text("mobile", &mut draft.mobile) || phone || fax
        }
        Some("website" | "url" | "service") => drop_text("website", &mut draft.website),
        _ => false,
    }
}

/// The draft's values by field name, for the journal.
fn shown(draft: &ContactDraft) -> Vec<(String, String)> {
    let left_out = (!draft.left_out.is_empty()).then(|| ("left_out", draft.left_out.join("; ")));
    draft.details().into_iter().chain(left_out).map(|(field, value)| (field.to_owned(), value)).collect()
}
