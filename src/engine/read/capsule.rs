//! Reading contacts: by change since the last run, whole once a week, and the deleted feed (design B4, B5).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{OVERLAP, before, is_due, portions};
use crate::domain::contact::Contact;
use crate::domain::ids::{ContactId, Service};
use crate::domain::local::RecordRef;
use crate::engine::World;
use crate::engine::event::{Level, Step};
use crate::engine::pages::{Whole, read_all};
use crate::engine::session::Session;
use crate::engine::stop::Stop;
use crate::ports::{Change, Crm, DeletedFeed, Kept};

/// How often everything is read (design B4).
const WHOLE_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often a whole read is repeated when something is deleted while it runs (design B5).
const MOST_READS: usize = 3;

/// Reads what has changed, or everything; gives back how many contacts came over the wire.
pub(in crate::engine) async fn read<W: World>(session: &Session<W>, full: bool) -> Result<usize, Stop> {
    let (cursor, whole_at) =
        session.read(|kept| (kept.local.progress.capsule_cursor, kept.local.progress.capsule_whole)).await;
    let since = cursor.filter(|_| !full && !is_due(whole_at, WHOLE_EVERY, session.now()));
    let (read, feed, reach) = match since {
        Some(cursor) => {
            let (read, feed) = changed(session, cursor).await?;
            (read, feed, Reach::Changes)
        }
        None => everything(session, cursor).await?,
    };
    let count = read.records.len();
    for sentence in &read.unreadable {
        session.log(Level::Error, format!("Capsule: {sentence}")).await;
    }
    keep(session, read, &feed, reach).await?;
    Ok(count)
}

/// What a read can prove (design B5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It holds what changed, so that absence means nothing.
    Changes,
    /// It went through all pages, but something was deleted each time: rows may have been passed over. Read again soon.
    Drifted,
    /// It went through all pages, but some rows could not be read: absence means nothing.
    Unreadable,
    /// It holds everything that the token can see.
    Whole,
}

async fn changed<W: World>(
    session: &Session<W>,
    cursor: Timestamp,
) -> Result<(Whole<Contact>, DeletedFeed), Stop> {
    let crm = session.world.crm();
    let since = before(cursor, OVERLAP);
    let seen = |done, of| session.progress(Step::ReadContacts, done, of);
    let read = read_all(|page| crm.contacts(Some(since), page), seen).await;
    let read = read.map_err(|error| Stop::of_read(Service::Capsule, error))?;
    let feed = crm.deleted(since).await.map_err(|error| Stop::of_read(Service::Capsule, error))?;
    Ok((read, feed))
}

/// Deletes shift later rows up a page, so a read of several pages counts only when nothing was deleted meanwhile.
async fn everything<W: World>(
    session: &Session<W>,
    cursor: Option<Timestamp>,
) -> Result<(Whole<Contact>, DeletedFeed, Reach), Stop> {
    let crm = session.world.crm();
    let seen = |done, of| session.progress(Step::ReadContacts, done, of);
    let mut reads = 0;
    loop {
        let read = read_all(|page| crm.contacts(None, page), seen).await;
        let read = read.map_err(|error| Stop::of_read(Service::Capsule, error))?;
        reads += 1;
        let started = read.server_time.unwrap_or_else(|| session.now());
        let whole = if read.unreadable.is_empty() { Reach::Whole } else { Reach::Unreadable };
        if read.pages == 1 && cursor.is_none() {
            return Ok((read, DeletedFeed::default(), whole));
        }
        let since = cursor.map_or(started, |cursor| before(cursor, OVERLAP).min(started));
        let feed = crm.deleted(since).await.map_err(|error| Stop::of_read(Service::Capsule, error))?;
        let drifted = read.pages > 1 && feed.deleted.iter().any(|(_, at)| *at >= started);
        if !drifted {
            return Ok((read, feed, whole));
        }
        if reads == MOST_READS {
            return Ok((read, feed, Reach::Drifted));
        }
        session.log(Level::Info, "Capsule: a contact was deleted meanwhile, reading again").await;
    }
}

/// Keeps what was read; the cursor moves with the last portion, never before (sync 2.8).
async fn keep<W: World>(
    session: &Session<W>,
    read: Whole<Contact>,
    feed: &DeletedFeed,
    reach: Reach,
) -> Result<(), Stop> {
    let cursor = read.server_time;
    let now = session.now();
    let changes = session.read(|kept| changes(kept, read.records, feed, reach)).await;
    for portion in portions(changes) {
        session.change(|_, batch| batch.changes = portion).await?;
    }
    session
        .change(|_, batch| {
            // Rows that were passed over are found by the next read, which must look from the same place.
            if reach != Reach::Drifted {
                batch.progress.capsule_cursor = cursor.or(batch.progress.capsule_cursor);
            }
            if matches!(reach, Reach::Whole | Reach::Unreadable) {
                batch.progress.capsule_whole = Some(now);
            }
        })
        .await?;
    Ok(())
}

/// What reading those contacts and that feed changes. Of a delete and a change, the later one counts (capsule-api 5.3).
fn changes(kept: &Kept, read: Vec<Contact>, feed: &DeletedFeed, reach: Reach) -> Vec<Change> {
    let deleted: BTreeMap<ContactId, Timestamp> = feed.deleted.iter().copied().collect();
    let mut changes = Vec::new();
    let mut alive = BTreeSet::new();
    for contact in read {
        let id = contact.id;
        let is_gone = deleted.get(&id).is_some_and(|at| *at > contact.updated_at);
        if is_gone || !alive.insert(id) {
            continue;
        }
        let known = kept.snapshot.contacts.get(&id);
        if contact.restricted && known.is_some_and(|known| !known.restricted) {
            // A mask says nothing of the record: what we know of it stays, out of reach (design B5).
            changes.extend((!kept.local.hidden.contains(&id)).then_some(Change::PutHidden(id)));
            continue;
        }
        if kept.local.deleted.contains_key(&id) {
            changes.push(Change::DropDeleted(id));
            // What failed because of the delete fails no more.
            let records = kept.local.links_on(id).map(|link| RecordRef::Ledger(link.ledger));
            let failing = records.filter(|record| kept.local.failing.contains_key(record));
            changes.extend(failing.map(Change::DropFailing));
        }
        if kept.local.hidden.contains(&id) {
            changes.push(Change::DropHidden(id));
        }
        if known.is_none_or(|known| **known != contact) {
            changes.push(Change::PutContact(contact));
        }
    }
    for (id, at) in deleted.iter().filter(|(id, _)| !alive.contains(id)) {
        let changed_since = kept.snapshot.contacts.get(id).is_some_and(|known| known.updated_at > *at);
        if !changed_since {
            changes.extend(gone(kept, *id, *at));
        }
    }
    // Absent from a whole read and not in the feed means hidden, never deleted (design B5).
    let absent = kept.snapshot.contacts.keys();
    let absent = absent.filter(|id| reach == Reach::Whole && !kept.local.deleted.contains_key(id));
    let unseen =
        feed.hidden.iter().chain(absent).filter(|id| !alive.contains(id) && !deleted.contains_key(id));
    for id in unseen.copied().collect::<BTreeSet<_>>() {
        if !kept.local.hidden.contains(&id) && kept.snapshot.contacts.contains_key(&id) {
            changes.push(Change::PutHidden(id));
        }
    }
    // A deleted contact is kept for its links' sake only.
    let left = kept.local.deleted.keys().copied();
    let left = left.filter(|id| !alive.contains(id) && kept.local.links_on(*id).next().is_none());
    changes.extend(left.flat_map(|id| forgotten(kept, id).into_iter().chain([Change::DropDeleted(id)])));
    changes
}

/// The deleted feed proves a delete (design B5). A linked contact stays listed, with its link (design B30).
fn gone(kept: &Kept, id: ContactId, at: Timestamp) -> Vec<Change> {
    let linked = kept.local.links_on(id).next().is_some();
    match (linked, kept.snapshot.contacts.contains_key(&id)) {
        (true, _) if kept.local.deleted.get(&id) == Some(&at) => Vec::new(),
        (true, _) => {
            let hidden = kept.local.hidden.contains(&id).then_some(Change::DropHidden(id));
            hidden.into_iter().chain([Change::PutDeleted(id, at)]).collect()
        }
        (false, true) => forgotten(kept, id),
        (false, false) => Vec::new(),
    }
}

/// Forgets a contact and what is kept about it.
fn forgotten(kept: &Kept, id: ContactId) -> Vec<Change> {
    let hidden = kept.local.hidden.contains(&id).then_some(Change::DropHidden(id));
    let record = RecordRef::Contact(id);
    let failing = kept.local.failing.contains_key(&record).then_some(Change::DropFailing(record));
    hidden.into_iter().chain(failing).chain([Change::DropContact(id)]).collect()
}
