//! Deleting a contact at once, as a person's command says (design B29, B32): KashFlow first, then Capsule.
//!
//! What would go is counted and told before; every record is looked at just before its step (design B18). The intent is
//! durable before anything is sent and stays until the last step is done: a delete that was cut off is finished by the same
//! command, by looking. No run touches it.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::World;
use super::accounts::own_accounts;
use super::apply::removal::{code_of, reread_documents};
use super::command::DeleteOrder;
use super::decide::{Refusal, not_found};
use super::event::{Event, Level, Step};
use super::pairs::reachable;
use super::parting::{forget_ledger, ignore, part};
use super::read::documents;
use super::session::{Batch, Session};
use super::stop::Stop;
use crate::domain::contact::{Contact, ContactKind};
use crate::domain::deletion::{
    BegunDelete, Deletion, EarlierStep, Found, LedgerLoss, LedgerStep, Next, confirms, next,
};
use crate::domain::holdings::Holdings;
use crate::domain::ids::{ContactId, IntentId, LedgerRef, Service, Side};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::ledger::LedgerContact;
use crate::domain::local::{Intent, IntentAction, RecordRef};
use crate::domain::removal::delete_bar;
use crate::domain::snapshot::DocumentsByOwner;
use crate::ports::{Change, Crm, JournalQuery, Kept, Ledger, RemoteError, Store, StoreError};

/// Why something that is done at once did not come to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// A rule refuses it.
    Refused(Refusal),
    /// It was stopped on the way.
    Stopped(Stop),
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Stopped(error.into())
    }
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Halt {
    /// How whoever asked is told.
    pub(super) fn refusal(self, cancelled: bool) -> Refusal {
        let stop = match self {
            Self::Refused(refusal) => return refusal,
            Self::Stopped(stop) if cancelled => stop.when_cancelled(),
            Self::Stopped(stop) => stop,
        };
        let (_, error) = stop.describe();
        let remedy = match stop {
            Stop::Trouble(_) | Stop::Guard(_) | Stop::Store(_) | Stop::Failure(_) => error.remedy,
            Stop::Cancelled => "The same command goes on where this one stopped; no sync does.".into(),
        };
        Refusal { code: stop.word(), message: error.message, remedy }
    }
}

/// What is to be done about one ledger contact.
struct LedgerPart {
    loss: LedgerLoss,
    next: Next,
    looked: Timestamp,
}

/// Tells what a delete takes along, and carries it out when it is confirmed.
pub(super) async fn delete<W: World>(
    session: &Session<W>,
    order: &DeleteOrder,
    cancel: &CancellationToken,
) -> Result<(), Halt> {
    session.read(|kept| may_begin(kept, order)).await?;
    let begun = session.read(|kept| begun(kept, order.contact).map(|(_, begun)| begun)).await;
    own_accounts(session).await?;
    let ours = begun.as_ref().is_some_and(|begun| begun.sending == Some(RecordRef::Contact(order.contact)));
    let contact = look_at_contact(session, order.contact, ours).await?;
    let links: Vec<LedgerRef> =
        session.read(|kept| kept.local.links_on(order.contact).map(|link| link.ledger).collect()).await;
    refresh_documents(session, &links).await?;
    let mut parts = Vec::new();
    for ledger in &links {
        parts.push(look_at_ledger(session, order.step, *ledger, begun.as_ref()).await?);
    }
    let name = match (&contact, &begun) {
        (Some(contact), _) => contact.name().into_owned(),
        (None, Some(begun)) => begun.name.clone(),
        (None, None) => String::new(),
    };
    let mut deletion = Deletion {
        contact: order.contact,
        name: name.clone(),
        step: order.step,
        ledgers: parts.iter().map(|part| part.loss.clone()).collect(),
        earlier: if begun.is_some() { earlier(session, order.contact).await? } else { Vec::new() },
        holdings: Holdings::default(),
        people: 0,
        done: false,
    };
    if let Some(contact) = &contact {
        let crm = session.world.crm();
        let held = crm.holdings(contact.id).await;
        deletion.holdings = held.map_err(|error| Stop::of_read(Service::Capsule, error))?;
        if matches!(contact.kind, ContactKind::Organisation { .. }) {
            let people = crm.people(contact.id).await;
            deletion.people = people.map_err(|error| Stop::of_read(Service::Capsule, error))?.len();
        }
    }
    session.tell(Event::Deletion(Arc::new(deletion.clone()))).await;
    if order.dry {
        return Ok(());
    }
    confirmed(order, &name)?;
    if order.step == LedgerStep::Delete {
        for ledger in &links {
            reread_documents(session, *ledger).await?;
        }
        session.read(|kept| bar(kept, &links)).await?;
    }
    carry_out(session, order, &name, &parts, cancel).await?;
    deletion.done = true;
    session.tell(Event::Deletion(Arc::new(deletion))).await;
    Ok(())
}

/// What speaks against it before anything is asked of the services.
fn may_begin(kept: &Kept, order: &DeleteOrder) -> Result<(), Refusal> {
    let id = order.contact;
    if begun(kept, id).is_some() {
        return Ok(());
    }
    if kept.local.deleted.contains_key(&id) {
        let message = format!("the contact {} was deleted in Capsule already", id.0);
        return Err(not_found(message, "Answer the question about it: see `kashsync questions`."));
    }
    reachable(kept, id)?;
    let links: Vec<LedgerRef> = kept.local.links_on(id).map(|link| link.ledger).collect();
    if order.step == LedgerStep::Delete { bar(kept, &links) } else { Ok(()) }
}

fn not_visible(id: ContactId) -> Refusal {
    let message = format!("the contact {} is not visible to this token", id.0);
    not_found(message, "Use the token of an Administrator, then sync.")
}

/// A document on a VAT return must not be destroyed, on neither side (design B29).
fn bar(kept: &Kept, links: &[LedgerRef]) -> Result<(), Refusal> {
    let documents = DocumentsByOwner::of(&kept.snapshot);
    let gone = |ledger: &&LedgerRef| !kept.local.is_gone(**ledger);
    let bar = links.iter().filter(gone).find_map(|ledger| {
        let why = delete_bar(&documents, &kept.local, *ledger)?;
        Some(format!("the {} must not be deleted: {why}", ledger.side.word()))
    });
    bar.map_or(Ok(()), |message| {
        let remedy = "Archive it instead: `--kashflow archive`.".into();
        Err(Refusal { code: "vat_return", message, remedy })
    })
}

fn confirmed(order: &DeleteOrder, name: &str) -> Result<(), Refusal> {
    typed(order.confirm.as_deref(), name)
}

/// The name of what goes must be typed.
pub(super) fn typed(confirm: Option<&str>, name: &str) -> Result<(), Refusal> {
    let message = match confirm {
        Some(typed) if confirms(typed, name) => return Ok(()),
        Some(typed) => format!("\"{typed}\" is not the name of what would be deleted"),
        None => "nothing is deleted before its name is typed".into(),
    };
    let remedy = format!("Confirm with its name: --confirm \"{name}\". Nothing was written.");
    Err(Refusal { code: "needs_confirmation", message, remedy })
}

/// The delete of a contact that was cut off.
fn begun(kept: &Kept, contact: ContactId) -> Option<(IntentId, BegunDelete)> {
    kept.local.intents.values().find_map(|intent| {
        let IntentAction::Delete(begun) = &intent.action else { return None };
        (begun.contact == contact).then(|| (intent.id, begun.clone()))
    })
}

/// The contact as it is now; none when it is gone and `ours` says that our own delete of it was cut off.
pub(super) async fn look_at_contact<W: World>(
    session: &Session<W>,
    id: ContactId,
    ours: bool,
) -> Result<Option<Contact>, Halt> {
    match session.world.crm().contact(id).await {
        Ok(found) if found.restricted => Err(not_visible(id).into()),
        Ok(found) => {
            session
                .change(|kept, batch| {
                    if kept.snapshot.contacts.get(&id).is_none_or(|known| **known != found) {
                        batch.changes.push(Change::PutContact(found.clone()));
                    }
                })
                .await?;
            Ok(Some(found))
        }
        Err(RemoteError::NotFound) if ours => Ok(None),
        Err(RemoteError::NotFound) => {
            let message = format!("the contact {} is not in Capsule any more", id.0);
            Err(not_found(message, "Sync first; what became of it is asked then.").into())
        }
        Err(error) => Err(Stop::of_read(Service::Capsule, error).into()),
    }
}

/// Reads what may have been added to the documents since the last run; they are counted next.
async fn refresh_documents<W: World>(session: &Session<W>, links: &[LedgerRef]) -> Result<(), Stop> {
    if links.iter().any(|ledger| ledger.side == Side::Customer) {
        let unpaid = session.world.ledger().unpaid().await;
        let unpaid = unpaid.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
        documents::read_invoices(session, &unpaid, false).await?;
    }
    let supplier = links.iter().find(|ledger| ledger.side == Side::Supplier);
    if let Some(supplier) = supplier.filter(|_| !session.policy().exclude_supplier_invoices) {
        documents::read_bills_of(session, *supplier).await?;
    }
    Ok(())
}

/// A ledger contact as it is now, what hangs on it, and what its step is to do.
async fn look_at_ledger<W: World>(
    session: &Session<W>,
    step: LedgerStep,
    ledger: LedgerRef,
    begun: Option<&BegunDelete>,
) -> Result<LedgerPart, Halt> {
    let (known, gone) =
        session.read(|kept| (kept.snapshot.ledger.get(&ledger).cloned(), kept.local.is_gone(ledger))).await;
    let Some(known) = known else { return Err(moved(ledger, &ledger.to_string()).into()) };
    if known.code.is_empty() && step != LedgerStep::Leave {
        let message = format!("the {} {} has no code in KashFlow", ledger.side.word(), known.name);
        let remedy = "Remove it there by hand, then use `--kashflow leave`.".into();
        return Err(Refusal { code: "failed", message, remedy }.into());
    }
    let (service, looked) = (session.world.ledger(), session.now());
    let ours = begun.is_some_and(|begun| {
        begun.step == LedgerStep::Delete && begun.sending == Some(RecordRef::Ledger(ledger))
    });
    let absent = Found::Absent { expected: gone || ours };
    let (record, found) = match service.detail(ledger.side, &known.code).await {
        Ok(detail) if detail.contact.id == ledger => {
            let archived = detail.contact.archived;
            (detail.contact, Found::There { archived })
        }
        Ok(_) | Err(RemoteError::NotFound) => (LedgerContact::clone(&known), absent),
        Err(error) => return Err(Stop::of_read(Service::KashFlow, error).into()),
    };
    let next = next(step, found);
    if next == Next::Moved {
        return Err(moved(ledger, &record.code).into());
    }
    let quotes = match (ledger.side, found) {
        (Side::Customer, Found::There { .. }) => {
            let quotes = service.quotes(&record).await;
            quotes.map_err(|error| Stop::of_read(Service::KashFlow, error))?
        }
        (Side::Customer, Found::Absent { .. }) | (Side::Supplier, _) => Vec::new(),
    };
    let excluded = ledger.side == Side::Supplier && session.policy().exclude_supplier_invoices;
    let loss = session
        .read(|kept| {
            let documents = DocumentsByOwner::of(&kept.snapshot);
            let owned = (!excluded).then(|| documents.of_owner(ledger));
            LedgerLoss::of(&record, owned, &quotes)
        })
        .await;
    Ok(LedgerPart { loss, next, looked })
}

/// Refuses when the ledger contact is not any more what the losses were counted of.
async fn still_as_seen<W: World>(session: &Session<W>, loss: &LedgerLoss) -> Result<(), Halt> {
    match session.world.ledger().detail(loss.ledger.side, &loss.code).await {
        Ok(detail) if detail.contact.id == loss.ledger && detail.contact.name == loss.name => Ok(()),
        Ok(_) | Err(RemoteError::NotFound) => Err(moved(loss.ledger, &loss.code).into()),
        Err(error) => Err(Stop::of_read(Service::KashFlow, error).into()),
    }
}

fn moved(ledger: LedgerRef, code: &str) -> Refusal {
    Refusal {
        code: "stale_plan",
        message: format!(
            "the {} {code} is not to be found in KashFlow under that code any more",
            ledger.side.word()
        ),
        remedy: "Sync, look again, then repeat the command. Nothing was written.".into(),
    }
}

/// Why the journal says that a step was done; what was asked for in KashFlow ends the sentence.
fn reason_without_step(contact: ContactId) -> String {
    format!("you deleted the contact: kashsync delete {} --kashflow ", contact.0)
}

/// What an earlier try of the same delete has done with in KashFlow, by the journal.
async fn earlier<W: World>(session: &Session<W>, contact: ContactId) -> Result<Vec<EarlierStep>, StoreError> {
    let journal = session.world.store().journal(JournalQuery::default()).await?;
    let reason = reason_without_step(contact);
    let found = session.read(|kept| {
        let steps = journal.iter().filter(|entry| entry.action == Action::Ignore).filter_map(|entry| {
            let step = LedgerStep::from_word(entry.reason.strip_prefix(&reason)?)?;
            let Some(RecordRef::Ledger(ledger)) = entry.record else { return None };
            let ignored = kept.local.ignored.get(&ledger)?;
            Some(EarlierStep { ledger, code: ignored.code.clone(), name: entry.name.clone(), step })
        });
        steps.collect()
    });
    Ok(found.await)
}

/// Carries the steps out, KashFlow first; the first that fails ends it.
async fn carry_out<W: World>(
    session: &Session<W>,
    order: &DeleteOrder,
    name: &str,
    parts: &[LedgerPart],
    cancel: &CancellationToken,
) -> Result<(), Halt> {
    let reason = reason_without_step(order.contact) + order.step.word();
    let steps = parts.len() + 1;
    for (number, part) in parts.iter().enumerate() {
        session.progress(Step::Apply, number, Some(steps));
        let ledger = part.loss.ledger;
        match part.next {
            Next::Send if session.is_long_ago(part.looked) => {
                still_as_seen(session, &part.loss).await?;
                send_ledger(session, order, name, &part.loss, cancel).await?;
            }
            Next::Send => send_ledger(session, order, name, &part.loss, cancel).await?,
            Next::IsSo => {}
            Next::Moved => return Err(moved(ledger, &part.loss.code).into()),
        }
        finish_ledger(session, order.step, &part.loss, part.next, &reason).await?;
    }
    session.progress(Step::Apply, parts.len(), Some(steps));
    let outcome = send_contact(session, order, name, cancel).await?;
    finish_contact(session, order.contact, name, &reason, outcome).await?;
    session.progress(Step::Apply, steps, Some(steps));
    Ok(())
}

/// Makes durable what is about to be sent.
async fn intend<W: World>(
    session: &Session<W>,
    order: &DeleteOrder,
    name: &str,
    sending: RecordRef,
    cancel: &CancellationToken,
) -> Result<IntentId, Halt> {
    if cancel.is_cancelled() {
        return Err(Stop::Cancelled.into());
    }
    let now = session.now();
    let intended = session.change(|kept, batch| {
        let known = begun(kept, order.contact).and_then(|(id, _)| kept.local.intents.get(&id).cloned());
        let action = IntentAction::Delete(BegunDelete {
            contact: order.contact,
            name: name.to_owned(),
            step: order.step,
            sending: Some(sending),
        });
        let (id, attempts) =
            known.map_or_else(|| (batch.progress.next_intent(), 0), |known| (known.id, known.attempts));
        let run = kept.local.progress.last_run;
        let intent = Intent { id, action, run, at: now, attempts: attempts + 1, probes: 0 };
        batch.changes.push(Change::PutIntent(intent));
        id
    });
    Ok(intended.await?)
}

/// What became of a step that was sent. One whose outcome is unknown keeps its intent: the same command looks then.
pub(super) async fn sent<W: World>(
    session: &Session<W>,
    intent: IntentId,
    result: Result<(), RemoteError>,
    what: &str,
) -> Result<(), Halt> {
    let Err(error) = result else { return Ok(()) };
    let is_definite = matches!(error, RemoteError::Refused { .. } | RemoteError::Trouble(_));
    let halt = halted(error, what);
    if is_definite {
        session.change(|_, batch| batch.changes.push(Change::DropIntent(intent))).await?;
    }
    Err(halt)
}

/// Why a step came to no end.
pub(super) fn halted(error: RemoteError, what: &str) -> Halt {
    match error {
        RemoteError::Refused { message, .. } => {
            let remedy = "Nothing of this step was written, and the steps after it were not tried.".into();
            Refusal { code: "failed", message: format!("{what} was refused: {message}"), remedy }.into()
        }
        RemoteError::Trouble(trouble) => Stop::Trouble(trouble).into(),
        RemoteError::Stale => {
            let message = format!("{what} was not sent: {error}");
            let remedy = "Repeat the same command: it looks again, then goes on.".into();
            Refusal { code: "rate_limited", message, remedy }.into()
        }
        RemoteError::NotFound | RemoteError::InDoubt { .. } => {
            let message = format!("whether {what} was done is not known: {error}");
            let remedy = "Repeat the same command in two minutes: it looks first, then goes on.".into();
            Refusal { code: "unreachable", message, remedy }.into()
        }
    }
}

async fn send_ledger<W: World>(
    session: &Session<W>,
    order: &DeleteOrder,
    name: &str,
    loss: &LedgerLoss,
    cancel: &CancellationToken,
) -> Result<(), Halt> {
    let LedgerRef { side, .. } = loss.ledger;
    let intent = intend(session, order, name, RecordRef::Ledger(loss.ledger), cancel).await?;
    let service = session.world.ledger();
    let result = match order.step {
        LedgerStep::Archive => service.archive(side, &loss.code).await,
        LedgerStep::Delete => service.delete(side, &loss.code).await,
        LedgerStep::Leave => Ok(()),
    };
    let what = format!("the {} of {} {} in KashFlow", order.step.word(), side.word(), loss.code);
    sent(session, intent, result, &what).await
}

/// Deletes the contact, looked at once more; gives back how that ended.
async fn send_contact<W: World>(
    session: &Session<W>,
    order: &DeleteOrder,
    name: &str,
    cancel: &CancellationToken,
) -> Result<&'static str, Halt> {
    let begun = session.read(|kept| begun(kept, order.contact).map(|(_, begun)| begun)).await;
    let ours = begun.is_some_and(|begun| begun.sending == Some(RecordRef::Contact(order.contact)));
    let Some(found) = look_at_contact(session, order.contact, ours).await? else {
        return Ok("adopted");
    };
    confirmed(order, &found.name())?;
    let intent = intend(session, order, name, RecordRef::Contact(order.contact), cancel).await?;
    let result = session.world.crm().delete_contact(order.contact).await;
    sent(session, intent, result, "the delete in Capsule").await?;
    Ok("done")
}

/// Records a step in KashFlow: the link ends, and the ledger contact is ignored, so that the pair never comes back.
async fn finish_ledger<W: World>(
    session: &Session<W>,
    step: LedgerStep,
    loss: &LedgerLoss,
    next: Next,
    reason: &str,
) -> Result<(), Halt> {
    let (ledger, now) = (loss.ledger, session.now());
    session
        .change(|kept, batch| {
            if let Some(action) = step.action() {
                let outcome = if next == Next::Send { "done" } else { "it was so already" };
                let before = vec![("name".into(), loss.name.clone()), ("code".into(), code_of(kept, ledger))];
                let (record, name) = (RecordRef::Ledger(ledger), loss.name.clone());
                note(batch, Place::KashFlow, record, name, action, reason, before, outcome, now);
            }
            part(kept, batch, ledger, None, reason, now);
            ignore(kept, batch, ledger, None, reason, now);
            match step {
                LedgerStep::Archive => {
                    let known = kept.snapshot.ledger.get(&ledger).filter(|_| !kept.local.is_gone(ledger));
                    batch.changes.extend(known.map(|known| {
                        Change::PutLedger(LedgerContact { archived: true, ..known.as_ref().clone() })
                    }));
                }
                LedgerStep::Delete => {
                    let documents = DocumentsByOwner::of(&kept.snapshot);
                    let owned = documents.of_owner(ledger).iter();
                    batch.changes.extend(owned.map(|document| Change::DropDocument(document.id)));
                    forget_ledger(kept, batch, ledger);
                }
                LedgerStep::Leave => {}
            }
            let asked = kept.local.question_about(ledger);
            let only = asked.filter(|question| question.asked.key.waiting == [ledger]);
            batch.changes.extend(only.map(|question| Change::DropQuestion(question.id)));
        })
        .await?;
    let what = match step {
        LedgerStep::Archive => "archived in KashFlow, and ignored",
        LedgerStep::Delete => "deleted in KashFlow, and ignored",
        LedgerStep::Leave => "left in KashFlow, and ignored",
    };
    session.log(Level::Done, format!("{} ({}) {what}", loss.name, loss.code)).await;
    Ok(())
}

/// Records the delete in Capsule; people of the organisation stay, without it (capsule-api 7.8).
async fn finish_contact<W: World>(
    session: &Session<W>,
    id: ContactId,
    name: &str,
    reason: &str,
    outcome: &str,
) -> Result<(), Halt> {
    let now = session.now();
    session
        .change(|kept, batch| {
            batch.changes.extend(begun(kept, id).map(|(intent, _)| Change::DropIntent(intent)));
            let (record, before) = (RecordRef::Contact(id), vec![("name".into(), name.to_owned())]);
            let name = name.to_owned();
            note(batch, Place::Capsule, record, name, Action::Delete, reason, before, outcome, now);
            for person in kept.snapshot.contacts.values() {
                if let ContactKind::Person { first, last, employer: Some(employer) } = &person.kind
                    && employer.id == id
                {
                    let kind =
                        ContactKind::Person { first: first.clone(), last: last.clone(), employer: None };
                    batch.changes.push(Change::PutContact(Contact { kind, ..person.as_ref().clone() }));
                }
            }
            if kept.snapshot.contacts.contains_key(&id) {
                batch.changes.push(Change::DropContact(id));
            }
            if kept.local.failing.contains_key(&record) {
                batch.changes.push(Change::DropFailing(record));
            }
        })
        .await?;
    session.log(Level::Done, format!("{name} deleted in Capsule")).await;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one for each field of the entry")]
pub(super) fn note(
    batch: &mut Batch,
    place: Place,
    record: RecordRef,
    name: String,
    action: Action,
    reason: &str,
    before: Vec<(String, String)>,
    outcome: &str,
    at: Timestamp,
) {
    batch.changes.push(Change::Journal(JournalEntry {
        id: batch.progress.next_entry(),
        run: None,
        at,
        place,
        record: Some(record),
        name,
        action,
        reason: reason.to_owned(),
        before,
        after: Vec::new(),
        outcome: outcome.to_owned(),
        undone: false,
    }));
}
