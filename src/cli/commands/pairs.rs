//! Commands about pairs and single contacts that decide locally: link, unlink, never, retry; and the list of duplicates.

use super::Context;
use super::decisions::refused;
use crate::cli::exit::Exit;
use crate::cli::json;
use crate::cli::page::Page;
use crate::cli::profile::{OpenProfile, known_contact, known_record};
use crate::cli::text;
use crate::domain::ids::{ContactId, LedgerRef, Side};
use crate::domain::local::{Failing, Local};
use crate::domain::matching::duplicates as likely_duplicates;
use crate::domain::snapshot::Snapshot;
use crate::domain::wording::ledger_name;
use crate::engine::pairs;
use crate::error::AppError;
use crate::ports::Change;

/// `link`.
pub async fn link(context: &Context, contact: i64, record: &str) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let contact = known_contact(&profile.kept, contact)?;
    let ledger = known_record(&profile.kept, record)?;
    let changes = pairs::link(&profile.kept, contact, ledger, profile.now).map_err(refused)?;
    let snapshot = profile.kept.snapshot.clone();
    profile.commit(changes).await?;
    let words = || told(contact, &[ledger], &snapshot, "is linked with", "Neither record's details change.");
    context.output.print(|| json::pairs::pair(contact, ledger, &snapshot), words)?;
    Ok(Exit::Done)
}

/// `unlink`.
pub async fn unlink(context: &Context, contact: i64, side: Option<Side>) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    // A contact that is not among those read any more may still have links.
    let contact = ContactId(contact);
    let changes = pairs::unlink(&profile.kept, contact, side, profile.now).map_err(refused)?;
    let ended: Vec<LedgerRef> = changes
        .iter()
        .filter_map(|change| match change {
            Change::DropLink(ledger) => Some(*ledger),
            _ => None,
        })
        .collect();
    let snapshot = profile.kept.snapshot.clone();
    let still_linked = profile.kept.local.links_on(contact).any(|link| !ended.contains(&link.ledger));
    profile.commit(changes).await?;
    let next = if still_linked {
        "The two are not linked again by themselves; the next sync leaves the other link's KashFlow fields on the contact."
    } else {
        "The two are not linked again by themselves; the next sync takes the KashFlow fields off the contact."
    };
    context.output.print(
        || ended.iter().map(|ledger| json::pairs::pair(contact, *ledger, &snapshot)).collect::<Vec<_>>(),
        || told(contact, &ended, &snapshot, "is not linked any more with", next),
    )?;
    Ok(Exit::Done)
}

/// `never`.
pub async fn never(context: &Context, contact: i64, record: &str) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let contact = known_contact(&profile.kept, contact)?;
    let ledger = known_record(&profile.kept, record)?;
    let changes = pairs::never(&profile.kept, contact, ledger, profile.now).map_err(refused)?;
    let snapshot = profile.kept.snapshot.clone();
    profile.commit(changes).await?;
    let next = "They are neither linked nor suggested.";
    context.output.print(
        || json::pairs::pair(contact, ledger, &snapshot),
        || told(contact, &[ledger], &snapshot, "is somebody else than", next),
    )?;
    Ok(Exit::Done)
}

/// `retry`.
pub async fn retry(context: &Context, contact: Option<i64>) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let contact = contact.map(|id| known_contact(&profile.kept, id)).transpose()?;
    let changes = pairs::retry(&profile.kept, contact, profile.now).map_err(refused)?;
    let due: Vec<Failing> = changes
        .iter()
        .filter_map(|change| match change {
            Change::PutFailing(failing) => Some(failing.clone()),
            _ => None,
        })
        .collect();
    profile.commit(changes).await?;
    context.output.print(
        || due.iter().map(json::sync::AttentionJson::from).collect::<Vec<_>>(),
        || text::pairs::due(&due),
    )?;
    Ok(Exit::Done)
}

/// `duplicates`.
pub async fn duplicates(context: &Context) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let (snapshot, local) = (&profile.kept.snapshot, &profile.kept.local);
    let there = |id: &ContactId| is_there(local, *id);
    let pairs = likely_duplicates(snapshot.contacts.values().filter(|contact| there(&contact.id)));
    context.output.print(
        || pairs.iter().map(|pair| json::pairs::duplicate(pair, snapshot)).collect::<Vec<_>>(),
        || text::pairs::duplicates(&pairs, snapshot),
    )?;
    Ok(Exit::Done)
}

fn is_there(local: &Local, contact: ContactId) -> bool {
    !local.deleted.contains_key(&contact) && !local.hidden.contains(&contact)
}

fn told(contact: ContactId, ledgers: &[LedgerRef], snapshot: &Snapshot, what: &str, next: &str) -> Page {
    let known = snapshot.contacts.get(&contact);
    let name = known.map_or_else(|| format!("Contact {}", contact.0), |known| known.name().into_owned());
    let records: Vec<String> = ledgers.iter().map(|ledger| ledger_name(*ledger, snapshot)).collect();
    Page::of(format!("{name} {what} {}. {next}", records.join(" and ")))
}
