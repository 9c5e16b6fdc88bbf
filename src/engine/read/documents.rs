//! Reading invoices and bills: whole once a day, else only what the unpaid report, the newest page and what was last seen
//! unpaid call for (design B4, B6).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::SignedDuration;
use rust_decimal::Decimal;

use super::{is_due, portions};
use crate::domain::control::agrees;
use crate::domain::date::real;
use crate::domain::document::{Document, DocumentRef};
use crate::domain::ids::{LedgerRef, Service, Side};
use crate::domain::money::Currency;
use crate::domain::run::UnpaidLine;
use crate::domain::snapshot::DocumentsByOwner;
use crate::engine::World;
use crate::engine::event::{Level, Step};
use crate::engine::pages::{Whole, read_all};
use crate::engine::session::Session;
use crate::engine::stop::Stop;
use crate::ports::{Change, Kept, Ledger, ListedDocument, RemoteError};

/// How often all documents of a side are read (design B4).
const WHOLE_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// Rows on a page; see `pages`.
const PER_PAGE: usize = 100;
/// How often a list that does not add up is read in one run.
const MOST_READS: usize = 2;
/// Documents re-read at a time.
const AT_ONCE: usize = 4;

/// Reads invoices, guided by KashFlow's unpaid report; gives back how many came over the wire.
pub(in crate::engine) async fn read_invoices<W: World>(
    session: &Session<W>,
    report: &[UnpaidLine],
    full: bool,
) -> Result<usize, Stop> {
    let side = Side::Customer;
    let whole_at = session.read(|kept| kept.local.progress.invoices_whole).await;
    if full || is_due(whole_at, WHOLE_EVERY, session.now()) {
        return read_whole(session, side).await;
    }
    let (known, stale) = session
        .read(|kept| {
            let home = kept.snapshot.company.as_ref().map_or(Currency::GBP, |company| company.home_currency);
            (numbers(kept, side), differing(kept, report, home))
        })
        .await;
    read_some(session, side, known, stale).await
}

/// Reads bills: the newest page and every bill last seen unpaid; whole where that takes fewer requests.
pub(in crate::engine) async fn read_bills<W: World>(session: &Session<W>, full: bool) -> Result<usize, Stop> {
    let side = Side::Supplier;
    let whole_at = session.read(|kept| kept.local.progress.bills_whole).await;
    if full || is_due(whole_at, WHOLE_EVERY, session.now()) {
        return read_whole(session, side).await;
    }
    let (known, unpaid) = session.read(|kept| (numbers(kept, side), unpaid_numbers(kept, side))).await;
    read_some(session, side, known, unpaid).await
}

/// Reads the newest bills, and those of one supplier last seen unpaid.
pub(in crate::engine) async fn read_bills_of<W: World>(
    session: &Session<W>,
    supplier: LedgerRef,
) -> Result<usize, Stop> {
    let (known, unpaid) = session
        .read(|kept| {
            let owned = DocumentsByOwner::of(&kept.snapshot);
            let unpaid = owned.of_owner(supplier).iter().filter(|bill| !bill.due_amount.is_zero());
            (numbers(kept, Side::Supplier), unpaid.map(|bill| bill.number).collect())
        })
        .await;
    read_some(session, Side::Supplier, known, unpaid).await
}

/// Reads the newest page and single documents, or all of them where that takes no more requests (design B6).
async fn read_some<W: World>(
    session: &Session<W>,
    side: Side,
    known: Vec<i64>,
    stale: Vec<i64>,
) -> Result<usize, Stop> {
    if is_whole_cheaper(&known, &stale) {
        return read_whole(session, side).await;
    }
    let newest = read_newest(session, side).await?;
    let fresh: BTreeSet<i64> = newest.iter().map(|document| document.number).collect();
    let stale = stale.into_iter().filter(|number| !fresh.contains(number)).collect();
    reread(session, side, newest, stale).await
}

/// Whether all pages take no more requests than the newest page and one for each document that will not be on it.
fn is_whole_cheaper(known: &[i64], stale: &[i64]) -> bool {
    let mut newest_first = known.to_vec();
    newest_first.sort_unstable_by(|left, right| right.cmp(left));
    // Numbers above the hundredth will be on the newest page.
    let on_page = newest_first.get(PER_PAGE - 1).copied();
    let singles = stale.iter().filter(|number| on_page.is_some_and(|last| **number < last)).count();
    known.len().div_ceil(PER_PAGE).max(1) <= 1 + singles
}

fn numbers(kept: &Kept, side: Side) -> Vec<i64> {
    of_side(kept, side).map(|document| document.number).collect()
}

/// Forgets all bills: they are not kept while they are excluded (design B22).
pub(in crate::engine) async fn forget_bills<W: World>(session: &Session<W>) -> Result<(), Stop> {
    let gone: Vec<Change> = session
        .read(|kept| of_side(kept, Side::Supplier).map(|bill| Change::DropDocument(bill.id)).collect())
        .await;
    for portion in portions(gone) {
        session.change(|_, batch| batch.changes = portion).await?;
    }
    session.change(|_, batch| batch.progress.bills_whole = None).await?;
    Ok(())
}

async fn read_whole<W: World>(session: &Session<W>, side: Side) -> Result<usize, Stop> {
    let ledger = session.world.ledger();
    let seen = |done, of| session.progress(Step::ReadDocuments(side), done, of);
    let mut reads = 0;
    let read = loop {
        let read = read_all(|page| ledger.documents(side, false, page), seen).await;
        let read = read.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
        reads += 1;
        if adds_up(&read) || reads == MOST_READS {
            break read;
        }
        let text = "KashFlow: the list of documents moved meanwhile, reading again";
        session.log(Level::Info, text).await;
    };
    for sentence in &read.unreadable {
        session.log(Level::Error, format!("KashFlow: {sentence}")).await;
    }
    let (count, whole) = (read.records.len(), adds_up(&read));
    // Only what is provably complete may conclude that a document is gone (design B5).
    let complete = whole && read.unreadable.is_empty();
    let now = session.now();
    let documents = with_currency(session, side, read.records).await?;
    let changes = session.read(|kept| whole_changes(kept, side, documents, complete)).await;
    for portion in portions(changes) {
        session.change(|_, batch| batch.changes = portion).await?;
    }
    if whole {
        session
            .change(|_, batch| match side {
                Side::Customer => batch.progress.invoices_whole = Some(now),
                Side::Supplier => batch.progress.bills_whole = Some(now),
            })
            .await?;
    }
    Ok(count)
}

/// The newest page, and further ones while a page holds nothing but documents we have never seen.
async fn read_newest<W: World>(session: &Session<W>, side: Side) -> Result<Vec<Document>, Stop> {
    let ledger = session.world.ledger();
    let mut newest = Vec::new();
    for number in 1.. {
        let page = ledger.documents(side, true, number).await;
        let page = page.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
        let more = page.more && !page.records.is_empty();
        let all_new = session
            .read(|kept| {
                page.records.iter().all(|row| !kept.snapshot.documents.contains_key(&row.document.id))
            })
            .await;
        newest.extend(with_currency(session, side, page.records).await?);
        session.progress(Step::ReadDocuments(side), newest.len(), None);
        if !more || !all_new {
            break;
        }
    }
    Ok(newest)
}

/// Reads single documents again and keeps them with the newest ones. One that is not found any more is forgotten.
async fn reread<W: World>(
    session: &Session<W>,
    side: Side,
    newest: Vec<Document>,
    stale: Vec<i64>,
) -> Result<usize, Stop> {
    let ledger = session.world.ledger();
    let mut fresh = newest;
    let mut gone = Vec::new();
    let mut answers = stream::iter(stale)
        .map(|number| async move { (number, ledger.document(side, number).await) })
        .buffered(AT_ONCE);
    while let Some((number, answer)) = answers.next().await {
        match answer {
            Ok(document) => fresh.push(document),
            Err(RemoteError::NotFound) => gone.push(number),
            // One bad document never blocks the others (design B37); what is known of it stays.
            Err(RemoteError::Refused { message, .. }) => unreadable(session, number, &message).await,
            Err(error) => return Err(Stop::of_read(Service::KashFlow, error)),
        }
        session.progress(Step::ReadDocuments(side), fresh.len(), None);
    }
    drop(answers);
    let count = fresh.len();
    let changes = session
        .read(|kept| {
            let dropped = of_side(kept, side).filter(|document| gone.contains(&document.number));
            let mut changes: Vec<Change> =
                dropped.map(|document| Change::DropDocument(document.id)).collect();
            changes.extend(moved(kept, fresh));
            changes
        })
        .await;
    for portion in portions(changes) {
        session.change(|_, batch| batch.changes = portion).await?;
    }
    Ok(count)
}

/// Rows of a list with their currency: where the row leaves it out, it is what we know of the same document, or else the
/// document itself is read.
async fn with_currency<W: World>(
    session: &Session<W>,
    side: Side,
    rows: Vec<ListedDocument>,
) -> Result<Vec<Document>, Stop> {
    let mut documents = Vec::with_capacity(rows.len());
    let mut unknown = Vec::new();
    session
        .read(|kept| {
            for ListedDocument { document, currency_missing } in rows {
                let known = kept.snapshot.documents.get(&document.id);
                let same = known
                    .filter(|known| known.gross == document.gross && known.home_gross == document.home_gross);
                match (currency_missing, same) {
                    (false, _) => documents.push(document),
                    (true, Some(known)) => documents.push(Document { currency: known.currency, ..document }),
                    (true, None) => unknown.push(document.number),
                }
            }
        })
        .await;
    let ledger = session.world.ledger();
    let mut answers = stream::iter(unknown)
        .map(|number| async move { (number, ledger.document(side, number).await) })
        .buffered(AT_ONCE);
    while let Some((number, answer)) = answers.next().await {
        match answer {
            Ok(document) => documents.push(document),
            // Gone between the list and now.
            Err(RemoteError::NotFound) => {}
            Err(RemoteError::Refused { message, .. }) => {
                unreadable(session, number, &message).await;
                let known = session
                    .read(|kept| of_side(kept, side).find(|known| known.number == number).map(Arc::clone));
                documents.extend(known.await.as_deref().cloned());
            }
            Err(error) => return Err(Stop::of_read(Service::KashFlow, error)),
        }
    }
    Ok(documents)
}

async fn unreadable<W: World>(session: &Session<W>, number: i64, why: &str) {
    session.log(Level::Error, format!("KashFlow: document {number} cannot be read: {why}")).await;
}

/// Whether every row that the list counts was seen, those that made no sense included.
fn adds_up(read: &Whole<ListedDocument>) -> bool {
    let ids: BTreeSet<DocumentRef> = read.records.iter().map(|row| row.document.id).collect();
    read.total == Some(ids.len() + read.unreadable.len())
}

/// A complete read is the truth: documents it does not hold are gone from KashFlow.
fn whole_changes(kept: &Kept, side: Side, read: Vec<Document>, complete: bool) -> Vec<Change> {
    let seen: BTreeSet<DocumentRef> = read.iter().map(|document| document.id).collect();
    let mut changes: Vec<Change> = of_side(kept, side)
        .filter(|document| complete && !seen.contains(&document.id))
        .map(|document| Change::DropDocument(document.id))
        .collect();
    changes.extend(moved(kept, read));
    changes
}

fn moved(kept: &Kept, read: Vec<Document>) -> impl Iterator<Item = Change> {
    read.into_iter()
        .filter(|document| kept.snapshot.documents.get(&document.id).is_none_or(|known| **known != *document))
        .map(Change::PutDocument)
}

fn of_side(kept: &Kept, side: Side) -> impl Iterator<Item = &Arc<Document>> {
    kept.snapshot.documents.values().filter(move |document| document.id.side == side)
}

fn unpaid_numbers(kept: &Kept, side: Side) -> Vec<i64> {
    of_side(kept, side)
        .filter(|document| !document.due_amount.is_zero())
        .map(|document| document.number)
        .collect()
}

/// Whether a line of the report says something else than we know of its invoice: what is owed, or when.
fn has_moved(document: &Document, line: &UnpaidLine, home: Currency) -> bool {
    let due = line.due.and_then(real);
    !agrees(document, line.owed, home) || (due.is_some() && due != document.due.and_then(real))
}

/// Numbers of invoices on which report and store differ, in either direction (design B4).
fn differing(kept: &Kept, report: &[UnpaidLine], home: Currency) -> Vec<i64> {
    let ours: BTreeMap<i64, &Arc<Document>> =
        of_side(kept, Side::Customer).map(|document| (document.number, document)).collect();
    let reported: BTreeSet<i64> = report.iter().map(|line| line.number).collect();
    let changed = report
        .iter()
        .filter(|line| ours.get(&line.number).is_none_or(|document| has_moved(document, line, home)))
        .map(|line| line.number);
    let settled = ours
        .values()
        .filter(|document| document.due_amount > Decimal::ZERO && !reported.contains(&document.number))
        .map(|document| document.number);
    let mut differing: Vec<i64> = changed.chain(settled).collect();
    differing.sort_unstable();
    differing.dedup();
    differing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b06_single_documents_are_read_only_while_that_takes_fewer_requests_than_all_pages() {
        let numbers = |count: i64| (1..=count).collect::<Vec<i64>>();
        for (known, stale, whole) in [
            (0, vec![], true),
            (100, vec![], true),
            (101, vec![], false),
            // On the newest page anyway.
            (150, vec![150, 60, 51], false),
            (150, vec![1], true),
            (450, vec![1, 2, 3], false),
            (450, vec![1, 2, 3, 4], true),
        ] {
            assert_eq!(is_whole_cheaper(&numbers(known), &stale), whole, "{known} known, {stale:?}");
        }
    }
}
