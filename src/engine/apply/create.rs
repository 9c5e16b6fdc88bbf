//! Creating a contact in Capsule without an idempotency key: intent, marker in the request, outcome (design 5, B10).

use jiff::Timestamp;

use super::set_up::{may_be_about_fields, renewed};
use super::{Done, Session, doubt, fail, intend, link, removal};
use crate::domain::contact::Contact;
use crate::domain::draft::{ContactDraft, DraftAddress};
use crate::domain::ids::{EntryId, LedgerRef, RunId, Service};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::link::LinkReason;
use crate::domain::local::{Failing, Intent, IntentAction, RecordRef};
use crate::domain::operation::CreateReason;
use crate::domain::plan::fingerprint;
use crate::domain::undo::{MADE_FOR, UPDATED_AT};
use crate::domain::wording::with_remedy;
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
    reason: CreateReason,
) -> Result<Done, Stop> {
    if session.read(|kept| is_settled(kept, ledgers)).await {
        return Ok(Done::No);
    }
    if removal::came_back(session, ledgers).await? {
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
    let mut definitions = session.read(|kept| kept.local.progress.definitions.clone()).await;
    let mut draft = draft.clone();
    loop {
        let answer = session.world.crm().create_contact(&draft, &definitions).await;
        if let Err(error) = &answer
            && may_be_about_fields(error)
            && renewed(session, run, &definitions).await?
        {
            definitions = session.read(|kept| kept.local.progress.definitions.clone()).await;
            continue;
        }
        return match answer {
            Ok(contact) => created(session, run, intent, ledgers, contact, &draft, reason).await,
            Err(RemoteError::Refused { message, field }) => {
                // A single value that Capsule refuses is left out and shown, never costs the record (design B17). The
                // refusal is definite, so sending again cannot make a second contact.
                if leave_out(&mut draft, field.as_deref(), &message) {
                    continue;
                }
                refused(session, run, intent, ledgers, &draft, reason, &message).await
            }
            Err(RemoteError::NotFound) => {
                let message = "it does not know something that this contact refers to";
                refused(session, run, intent, ledgers, &draft, reason, message).await
            }
            Err(RemoteError::InDoubt { why }) => doubt(session, intent, &name, &why).await,
            Err(error @ (RemoteError::Trouble(_) | RemoteError::Stale)) => {
                // Trouble means "not carried out": nothing is in doubt.
                session.change(|_, batch| batch.changes.push(Change::DropIntent(intent.id))).await?;
                Err(Stop::of_read(Service::Capsule, error))
            }
        };
    }
}

/// Whether a decision that came while the plan was carried out has overtaken this create.
fn is_settled(kept: &Kept, ledgers: &[LedgerRef]) -> bool {
    ledgers.iter().any(|ledger| {
        // One whose contact was deleted in Capsule is created again (design B30).
        let link = kept.local.link_of(*ledger);
        kept.local.ignored.contains_key(ledger)
            || link.is_some_and(|link| !kept.local.deleted.contains_key(&link.contact))
    })
}

async fn created<W: World>(
    session: &Session<W>,
    run: RunId,
    intent: Intent,
    ledgers: &[LedgerRef],
    contact: Contact,
    draft: &ContactDraft,
    reason: CreateReason,
) -> Result<Done, Stop> {
    let now = session.now();
    let name = contact.name().into_owned();
    let updated_at = contact.updated_at;
    session
        .change(|kept, batch| {
            let id = contact.id;
            batch.changes.push(Change::PutContact(contact));
            batch.changes.push(Change::DropIntent(intent.id));
            let record = Some(RecordRef::Contact(id));
            let details = shown(draft).into_iter().chain(for_undo(ledgers, updated_at)).collect();
            numbered(batch, entry(run, now, record, &name, reason, details, "done"));
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

/// Why a contact was made whose create stayed in doubt.
pub(super) fn reason_of(kept: &Kept, ledgers: &[LedgerRef]) -> CreateReason {
    if ledgers.iter().any(|ledger| kept.local.link_of(*ledger).is_some()) {
        CreateReason::Deleted
    } else {
        CreateReason::NoMatch
    }
}

/// The journal's entry of a create, with the details given by field name; [`numbered`] gives it its number.
pub(super) fn entry(
    run: RunId,
    at: Timestamp,
    record: Option<RecordRef>,
    name: &str,
    reason: CreateReason,
    details: Vec<(String, String)>,
    outcome: &str,
) -> JournalEntry {
    JournalEntry {
        id: EntryId(0),
        run: Some(run),
        at,
        place: Place::Capsule,
        record,
        name: name.to_owned(),
        action: Action::Create,
        reason: reason.sentence().into(),
        before: Vec::new(),
        after: details,
        outcome: outcome.into(),
        undone: false,
    }
}

/// Adds an entry to the journal.
pub(super) fn numbered(batch: &mut Batch, entry: JournalEntry) {
    let id = batch.progress.next_entry();
    batch.changes.push(Change::Journal(JournalEntry { id, ..entry }));
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
    run: RunId,
    intent: Intent,
    ledgers: &[LedgerRef],
    draft: &ContactDraft,
    reason: CreateReason,
    message: &str,
) -> Result<Done, Stop> {
    let (name, now) = (draft.kind.name(), session.now());
    let refusal = format!("Capsule refuses it: {message}");
    let remedy = if message.contains("already in use") {
        "A contact in Capsule that this token does not see has the name: use an Administrator's token, or give one of the two \
         another name."
    } else {
        "Mend the record in KashFlow, or ignore it; it is tried again at once when it changes."
    };
    session.log(Level::Error, format!("{name}: {}", with_remedy(&refusal, remedy))).await;
    let record = ledgers.first().copied().map(RecordRef::Ledger);
    let entry = entry(run, now, record, &name, reason, shown(draft), &refusal);
    put_failing(session, &intent, ledgers, &name, (&refusal, remedy), Some(entry)).await
}

async fn give_up<W: World>(
    session: &Session<W>,
    intent: Intent,
    ledgers: &[LedgerRef],
    name: &str,
) -> Result<Done, Stop> {
    let reason = "sent several times without Capsule ever saying whether it was created";
    let remedy = "Look in Capsule whether the contact is there; if it is not, sync again later.";
    session.log(Level::Error, format!("{name}: {}", with_remedy(reason, remedy))).await;
    put_failing(session, &intent, ledgers, name, (reason, remedy), None).await
}

async fn put_failing<W: World>(
    session: &Session<W>,
    intent: &Intent,
    ledgers: &[LedgerRef],
    name: &str,
    (reason, remedy): (&str, &str),
    entry: Option<JournalEntry>,
) -> Result<Done, Stop> {
    let now = session.now();
    session
        .change(|kept, batch| {
            batch.changes.push(Change::DropIntent(intent.id));
            if let Some(entry) = entry {
                numbered(batch, entry);
            }
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

/// What undoing a create must know: what the contact was made for, and when Capsule had it as it was made.
pub(super) fn for_undo(ledgers: &[LedgerRef], updated_at: Timestamp) -> [(String, String); 2] {
    let made_for = ledgers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    [(MADE_FOR.into(), made_for), (UPDATED_AT.into(), updated_at.to_string())]
}
