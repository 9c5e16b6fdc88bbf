//! Reading contacts: by change since the last run, whole once a week, and the deleted feed (design B4, B5).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{ListRead, OVERLAP, before, is_due, portions};
use crate::domain::contact::Contact;
use crate::domain::guard::{List, is_suspicious, may_be_empty};
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
/// How often a list is read when something is deleted while it is read (design B5).
const MOST_READS: usize = 3;

/// Reads what has changed, or everything.
pub(in crate::engine) async fn read<W: World>(session: &Session<W>, full: bool) -> Result<ListRead, Stop> {
    let (cursor, whole_at) =
        session.read(|kept| (kept.local.progress.capsule_cursor, kept.local.progress.capsule_whole)).await;
    let whole = cursor.is_none() || full || is_due(whole_at, WHOLE_EVERY, session.now());
    let overlapped = cursor.map(|cursor| before(cursor, OVERLAP));
    let reading = list(session, overlapped.filter(|_| !whole), overlapped).await?;
    let count = reading.contacts.records.len();
    for sentence in &reading.contacts.unreadable {
        session.log(Level::Error, format!("Capsule: {sentence}")).await;
    }
    if whole && count == 0 && reading.contacts.unreadable.is_empty() && session.read(suspects).await {
        session.log(Level::Ask, "Capsule: the list of contacts suddenly reads empty").await;
        // The next run reads everything again.
        session.change(|_, batch| batch.progress.capsule_whole = None).await?;
        return Ok(ListRead { count, suspicious: true });
    }
    keep(session, reading, whole).await?;
    Ok(ListRead { count, suspicious: false })
}

/// Whether a whole read without a single contact cannot be right, unless a person has said so (design B35).
fn suspects(kept: &Kept) -> bool {
    let Kept { snapshot, local, .. } = kept;
    let gone = |id: &ContactId| local.deleted.contains_key(id) || local.hidden.contains(id);
    let known = snapshot.contacts.keys().filter(|id| !gone(id)).count();
    is_suspicious(known, 0) && !may_be_empty(local, List::Contacts)
}

/// Contacts as listed, and the deleted feed read after them.
pub(in crate::engine) struct Reading {
    pub(in crate::engine) contacts: Whole<Contact>,
    pub(in crate::engine) feed: DeletedFeed,
    /// Nothing was deleted while the pages were read, none came twice and none empty: no row has slipped past between two
    /// of them (design B5).
    pub(in crate::engine) is_steady: bool,
}

/// Lists contacts changed since then, or all, and the deleted feed since then if wanted. A delete shifts later rows up a
/// page, so a list of several pages is read again when the feed shows one (design B5).
pub(in crate::engine) async fn list<W: World>(
    session: &Session<W>,
    since: Option<Timestamp>,
    feed_since: Option<Timestamp>,
) -> Result<Reading, Stop> {
    let crm = session.world.crm();
    let seen = |done, of| session.progress(Step::ReadContacts, done, of);
    let mut reads = 0;
    loop {
        let contacts = read_all(|page| crm.contacts(since, page), seen).await;
        let contacts = contacts.map_err(|error| Stop::of_read(Service::Capsule, error))?;
        reads += 1;
        let started = contacts.server_time.unwrap_or_else(|| session.now());
        if contacts.pages == 1 && feed_since.is_none() {
            return Ok(Reading { contacts, feed: DeletedFeed::default(), is_steady: true });
        }
        let feed = crm.deleted(feed_since.map_or(started, |since| since.min(started))).await;
        let feed = feed.map_err(|error| Stop::of_read(Service::Capsule, error))?;
        let is_steady = contacts.pages == 1
            || feed.deleted.iter().all(|(_, at)| *at < started) && !contacts.hollow && is_distinct(&contacts);
        if is_steady || reads == MOST_READS {
            return Ok(Reading { contacts, feed, is_steady });
        }
        session.log(Level::Info, "Capsule: the list of contacts moved meanwhile, reading again").await;
        // Capsule's times are whole seconds: a second later the delete lies behind what is read then.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Whether no contact came twice: a row on two pages means that another may be on none.
fn is_distinct(contacts: &Whole<Contact>) -> bool {
    let ids: BTreeSet<ContactId> = contacts.records.iter().map(|contact| contact.id).collect();
    ids.len() == contacts.records.len()
}

/// Keeps what was read; the cursor moves with the last portion, never before (sync 2.8), and only when no row can have
/// slipped past.
async fn keep<W: World>(session: &Session<W>, reading: Reading, whole: bool) -> Result<(), Stop> {
    let Reading { contacts, feed, is_steady } = reading;
    let cursor = contacts.server_time.filter(|_| is_steady);
    let now = session.now();
    // Only what is provably complete may conclude that something is hidden (design B5).
    let complete = whole && is_steady && contacts.unreadable.is_empty();
    if !is_steady {
        let text =
            "Capsule: the list of contacts keeps moving; nothing is created until it can be read whole";
        session.log(Level::Error, text).await;
    }
    let changes = session.read(|kept| changes(kept, contacts.records, &feed, complete)).await;
    for portion in portions(changes) {
        session.change(|_, batch| batch.changes = portion).await?;
    }
    session
        .change(|_, batch| {
            batch.progress.capsule_cursor = cursor.or(batch.progress.capsule_cursor);
            batch.progress.capsule_gaps = !is_steady;
            if whole && is_steady {
                batch.progress.capsule_whole = Some(now);
            }
        })
        .await?;
    Ok(())
}

/// What reading those contacts and that feed changes. Of a delete and a change, the later one counts (capsule-api 5.3).
fn changes(kept: &Kept, read: Vec<Contact>, feed: &DeletedFeed, complete: bool) -> Vec<Change> {
    let deleted: BTreeMap<ContactId, Timestamp> = feed.deleted.iter().copied().collect();
    let mut changes = Vec::new();
    let mut alive = BTreeSet::new();
    for contact in read {
        let id = contact.id;
        let is_gone = deleted.get(&id).is_some_and(|at| *at > contact.updated_at);
        if is_gone || !alive.insert(id) {
            continue;
        }
        if kept.local.deleted.contains_key(&id) {
            changes.push(Change::DropDeleted(id));
            // What failed because of the delete fails no more.
            let records = kept.local.links_on(id).map(|link| RecordRef::Ledger(link.ledger));
            let failing = records.filter(|record| kept.local.failing.contains_key(record));
            changes.extend(failing.map(Change::DropFailing));
        }
        let known = kept.snapshot.contacts.get(&id);
        if contact.restricted && known.is_some_and(|known| !known.restricted) {
            // A mask says nothing of the record: what we know of it stays, out of reach (design B5).
            changes.extend((!kept.local.hidden.contains(&id)).then_some(Change::PutHidden(id)));
            continue;
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
    // Absent from a complete read and not in the feed means hidden, never deleted (design B5).
    let absent = kept.snapshot.contacts.keys().filter(|id| complete && !kept.local.deleted.contains_key(id));
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
