//! Commands that change local state or settings only, or only read; they are obeyed during runs too.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::World;
use super::accounts::own_company;
use super::command::Command;
use super::credentials::note;
use super::decide::{self, Refusal};
use super::deletion::Halt;
use super::event::{Event, Level};
use super::pairs;
use super::session::Session;
use super::take::take;
use crate::domain::contact::Contact;
use crate::domain::ids::{ContactId, LedgerRef, Side};
use crate::domain::matching::duplicates;
use crate::ports::{Change, JournalQuery, Kept, Ledger, RemoteError, Store, StoreError};

/// A contact's journal entries that are told: nobody reads further back on a screen.
const MOST_ENTRIES: usize = 1_000;

pub(super) async fn refuse<W: World>(session: &Session<W>, refusal: Refusal) {
    let Refusal { code, message, remedy } = refusal;
    // Whoever asked is told once, by the event; the log file has it as well.
    tracing::warn!("{message}");
    session.tell(Event::Refused { code, message, remedy }).await;
}

/// Commands that change local state or settings only.
pub(super) async fn obey_local<W: World>(session: &Session<W>, command: Command) {
    let now = session.now();
    match command {
        Command::Answer { question, choice, value } => {
            decide_and_keep(session, |kept| decide::answer(kept, question, &choice, value.as_deref(), now))
                .await;
        }
        Command::Take { contact, field, side } => {
            decide_and_keep(session, |kept| take(kept, contact, field, side, now).map(|taken| taken.changes))
                .await;
        }
        Command::Ignore(ledger) => {
            decide_and_keep(session, |kept| decide::ignore(kept, ledger, "you said so", now)).await;
        }
        Command::Unignore(ledger) => {
            decide_and_keep(session, |kept| decide::unignore(kept, ledger, now)).await;
        }
        Command::Enable => {
            decide_and_keep(session, |kept| Ok(decide::enable(kept, now))).await;
        }
        Command::Link { contact, ledger } => {
            decide_and_keep(session, |kept| pairs::link(kept, contact, ledger, now)).await;
        }
        Command::Unlink { contact, side } => {
            decide_and_keep(session, |kept| pairs::unlink(kept, contact, side, now)).await;
        }
        Command::Never { contact, ledger } => {
            decide_and_keep(session, |kept| pairs::never(kept, contact, ledger, now)).await;
        }
        Command::Retry(contact) => {
            decide_and_keep(session, |kept| pairs::retry(kept, contact, now)).await;
        }
        Command::UsePolicy(policy) => session.use_policy(*policy),
        // Nothing is known anew, so nothing is shown anew.
        Command::ReadParts { side, number } => return read_parts(session, side, number).await,
        Command::ReadJournal(contact) => return read_journal(session, contact).await,
        Command::FindDuplicates => return find_duplicates(session).await,
        Command::Disable { .. }
        | Command::TestCredentials
        | Command::Sync { .. }
        | Command::Plan { .. }
        | Command::Apply(_)
        | Command::Undo(_)
        | Command::Approve { .. }
        | Command::Delete(_)
        | Command::Merge(_)
        | Command::PreviewExport(_)
        | Command::Export(_)
        | Command::Cancel
        | Command::Shutdown => {}
    }
    session.show().await;
}

/// Reads what the journal says of a contact. Whoever asked always gets an answer.
async fn read_journal<W: World>(session: &Session<W>, contact: ContactId) {
    let ledgers: BTreeSet<LedgerRef> =
        session.read(|kept| kept.local.links_on(contact).map(|link| link.ledger).collect()).await;
    let entries = match session.world.store().journal(JournalQuery::default()).await {
        Ok(entries) => entries,
        Err(error) => {
            session.log(Level::Error, error.to_string()).await;
            Vec::new()
        }
    };
    let newest_first = entries.into_iter().rev().filter(|entry| entry.is_about(contact, &ledgers));
    let entries = newest_first.take(MOST_ENTRIES).collect();
    session.tell(Event::Journal { contact, entries }).await;
}

/// Looks for contacts that look alike, beside everything else: it takes a while. Whoever asked always gets an answer.
async fn find_duplicates<W: World>(session: &Session<W>) {
    let contacts: Vec<Arc<Contact>> = session
        .read(|kept| {
            let there =
                |id: &ContactId| !kept.local.deleted.contains_key(id) && !kept.local.hidden.contains(id);
            kept.snapshot.contacts.values().filter(|contact| there(&contact.id)).cloned().collect()
        })
        .await;
    let found = session.think(move || duplicates(contacts.iter())).await.unwrap_or_default();
    let alike = found.iter().flat_map(|pair| [pair.first, pair.second]).collect();
    session.tell(Event::Duplicates(Arc::new(alike))).await;
}

/// Reads a document's lines and payments, for whoever looks at it.
async fn read_parts<W: World>(session: &Session<W>, side: Side, number: i64) {
    if side == Side::Supplier && session.policy().exclude_supplier_invoices {
        // Not requested and not shown anywhere (design B22).
        let message = "supplier invoices are excluded".to_owned();
        let remedy = "Set exclude_supplier_invoices to false to see them.".to_owned();
        return refuse(session, Refusal { code: "not_found", message, remedy }).await;
    }
    if let Err(stop) = own_company(session).await {
        return refuse(session, Halt::from(stop).refusal(false)).await;
    }
    let parts = session.world.ledger().document_parts(side, number).await;
    if let Err(error) = &parts {
        note(session, error).await;
    }
    let error = match parts {
        Ok(parts) => {
            return session.tell(Event::Parts { side, number, parts: Arc::new(parts) }).await;
        }
        Err(RemoteError::NotFound) => Refusal {
            code: "not_found",
            message: format!(
                "KashFlow has no {} {number}",
                if side == Side::Customer { "invoice" } else { "bill" }
            ),
            remedy: "Check the number, or sync: it may have been deleted.".into(),
        },
        Err(RemoteError::Trouble(trouble)) => Refusal {
            code: trouble.code.word(),
            message: format!("{}: {}", trouble.service.name(), trouble.message),
            remedy: trouble.remedy(),
        },
        Err(error @ (RemoteError::Refused { .. } | RemoteError::Stale | RemoteError::InDoubt { .. })) => {
            Refusal {
                code: "failed",
                message: error.to_string(),
                remedy: "Try again later, or open the document in KashFlow.".into(),
            }
        }
    };
    refuse(session, error).await;
}

/// Tells whether the decision was taken and kept.
pub(super) async fn decide_and_keep<W: World>(
    session: &Session<W>,
    decide: impl FnOnce(&Kept) -> Result<Vec<Change>, Refusal>,
) -> bool {
    let kept: Result<Result<(), Refusal>, StoreError> = session
        .change(|kept, batch| {
            let changes = decide(kept)?;
            for change in changes {
                match change {
                    Change::PutProgress(progress) => batch.progress = progress,
                    other => batch.changes.push(other),
                }
            }
            Ok(())
        })
        .await;
    match kept {
        Ok(Ok(())) => return true,
        Ok(Err(refusal)) => refuse(session, refusal).await,
        Err(error) => session.log(Level::Error, error.to_string()).await,
    }
    false
}
