//! Reading one linked contact only, as `s` and `sync --contact` do: the contact, and its ledger contacts by their codes
//! (design B6, B33).
//!
//! Nothing is concluded to be gone here, and no cursor moves. Where anything is not as it was, the whole reading decides.

use crate::domain::contact::Contact;
use crate::domain::ids::{ContactId, LedgerRef, Service};
use crate::domain::ledger::LedgerContact;
use crate::engine::World;
use crate::engine::event::Step;
use crate::engine::session::Session;
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, Kept, Ledger, RemoteError};

/// Reads one contact and its ledger contacts, and names these; none when only a whole reading will do.
pub(in crate::engine) async fn read<W: World>(
    session: &Session<W>,
    contact: ContactId,
) -> Result<Option<Vec<LedgerRef>>, Stop> {
    let Some(links) = session.read(|kept| known_links(kept, contact)).await else { return Ok(None) };
    session.progress(Step::ReadContacts, 0, Some(1));
    let (found, records) = tokio::join!(read_contact(session, contact), read_ledger(session, &links));
    let (Some(found), Some(records)) = (found?, records?) else { return Ok(None) };
    session
        .change(|kept, batch| {
            if kept.snapshot.contacts.get(&contact).is_none_or(|known| **known != found) {
                batch.changes.push(Change::PutContact(found));
            }
            for record in records {
                if kept.snapshot.ledger.get(&record.id).is_none_or(|known| **known != record) {
                    batch.changes.push(Change::PutLedger(record));
                }
            }
        })
        .await?;
    Ok(Some(links.into_iter().map(|(ledger, _)| ledger).collect()))
}

/// The contact's ledger contacts with their codes, when nothing about the contact is in question.
fn known_links(kept: &Kept, contact: ContactId) -> Option<Vec<(LedgerRef, String)>> {
    let local = &kept.local;
    let known = kept.snapshot.contacts.get(&contact).filter(|known| !known.restricted)?;
    if local.deleted.contains_key(&known.id) || local.hidden.contains(&known.id) {
        return None;
    }
    let links: Vec<(LedgerRef, String)> = local
        .links_on(contact)
        .map(|link| {
            let record = kept.snapshot.ledger.get(&link.ledger)?;
            let is_there = !local.missing.contains_key(&link.ledger) && !record.code.is_empty();
            is_there.then(|| (link.ledger, record.code.clone()))
        })
        .collect::<Option<_>>()?;
    (!links.is_empty()).then_some(links)
}

/// The contact; none when it is not to be seen.
async fn read_contact<W: World>(session: &Session<W>, contact: ContactId) -> Result<Option<Contact>, Stop> {
    match session.world.crm().contact(contact).await {
        Ok(found) => Ok(Some(found).filter(|found| !found.restricted)),
        Err(RemoteError::NotFound) => Ok(None),
        Err(error) => Err(Stop::of_read(Service::Capsule, error)),
    }
}

/// The records behind the codes; none when one of them leads nowhere or to another record.
async fn read_ledger<W: World>(
    session: &Session<W>,
    links: &[(LedgerRef, String)],
) -> Result<Option<Vec<LedgerContact>>, Stop> {
    let mut records = Vec::new();
    for (ledger, code) in links {
        match session.world.ledger().detail(ledger.side, code).await {
            Ok(detail) if detail.contact.id == *ledger => records.push(detail.contact),
            Ok(_) | Err(RemoteError::NotFound) => return Ok(None),
            Err(error) => return Err(Stop::of_read(Service::KashFlow, error)),
        }
    }
    Ok(Some(records))
}
