//! Reading customers and suppliers: whole every run, because KashFlow has no modified-since (design B4).

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;

use super::{ListRead, portions};
use crate::domain::guard::{List, is_suspicious, may_be_empty};
use crate::domain::ids::{LedgerRef, RunId, Service, Side};
use crate::domain::ledger::LedgerContact;
use crate::domain::local::{Missing, RecordRef};
use crate::engine::World;
use crate::engine::event::{Level, Step};
use crate::engine::pages::{Whole, read_all};
use crate::engine::session::Session;
use crate::engine::stop::Stop;
use crate::ports::{Change, Kept, Ledger, RemoteError};

/// How often a list that does not add up is read again in one run.
const MOST_READS: usize = 2;
/// Codes looked at one by one at a time.
const AT_ONCE: usize = 4;

/// Reads one side.
///
/// An incomplete read (design B5) adds and updates all the same. What two runs' complete reads do not hold is looked at by
/// its code, and only then concluded to be gone.
pub(in crate::engine) async fn read<W: World>(
    session: &Session<W>,
    side: Side,
    run: RunId,
) -> Result<ListRead, Stop> {
    let ledger = session.world.ledger();
    let seen = |done, of| session.progress(Step::ReadLedger(side), done, of);
    let mut reads = 0;
    let read = loop {
        let read = read_all(|page| ledger.contacts(side, page), seen).await;
        let read = read.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
        reads += 1;
        if adds_up(&read) || reads == MOST_READS {
            break read;
        }
        session
            .log(
                Level::Info,
                format!("KashFlow: the list of {}s moved meanwhile, reading again", side.word()),
            )
            .await;
    };
    for sentence in &read.unreadable {
        session.log(Level::Error, format!("KashFlow: {sentence}")).await;
    }
    let count = read.records.len();
    if count == 0 && adds_up(&read) && session.read(|kept| is_doubtful(kept, side)).await {
        session.log(Level::Ask, format!("KashFlow: the list of {}s suddenly reads empty", side.word())).await;
        return Ok(ListRead { count, suspicious: true });
    }
    let proves_absence = read.total.is_some() && adds_up(&read);
    let (changes, suspects) =
        session.read(|kept| changes(kept, side, run, read.records, proves_absence)).await;
    for portion in portions(changes) {
        session.change(|_, batch| batch.changes = portion).await?;
    }
    look_for(session, suspects).await?;
    Ok(ListRead { count, suspicious: false })
}

/// Whether a read without a single record cannot be right, unless a person has said so (design B35).
fn is_doubtful(kept: &Kept, side: Side) -> bool {
    // What an earlier read missed already, as agreed to, is not asked about again.
    let known = kept
        .snapshot
        .ledger
        .keys()
        .filter(|id| id.side == side && !kept.local.missing.contains_key(id))
        .count();
    is_suspicious(known, 0) && !may_be_empty(&kept.local, List::of_side(side))
}

/// Complete only if its distinct ids are as many as the last page said (design B5).
fn adds_up(read: &Whole<LedgerContact>) -> bool {
    let ids: BTreeSet<_> = read.records.iter().map(|record| record.id).collect();
    read.unreadable.is_empty() && read.total.is_none_or(|total| total == ids.len())
}

/// What a read changes, and the records that an earlier run missed as well.
fn changes(
    kept: &Kept,
    side: Side,
    run: RunId,
    read: Vec<LedgerContact>,
    proves_absence: bool,
) -> (Vec<Change>, Vec<Arc<LedgerContact>>) {
    let there: BTreeSet<LedgerRef> = read.iter().map(|record| record.id).collect();
    let back =
        there.iter().filter(|id| kept.local.missing.contains_key(id)).map(|id| Change::DropMissing(*id));
    let mut changes: Vec<Change> = back.collect();
    changes.extend(
        read.into_iter()
            .filter(|record| kept.snapshot.ledger.get(&record.id).is_none_or(|known| **known != *record))
            .map(Change::PutLedger),
    );
    let mut suspects = Vec::new();
    let absent =
        kept.snapshot.ledger.values().filter(|known| known.id.side == side && !there.contains(&known.id));
    for known in absent {
        match kept.local.missing.get(&known.id) {
            // Kept for its link's sake only (design B31).
            Some(missing) if missing.gone => {
                if kept.local.link_of(known.id).is_none() {
                    changes.extend(forgotten(kept, known.id));
                }
            }
            Some(missing) if proves_absence && missing.since < run => suspects.push(Arc::clone(known)),
            None if proves_absence => {
                changes.push(Change::PutMissing(known.id, Missing { since: run, gone: false }));
            }
            Some(_) | None => {}
        }
    }
    (changes, suspects)
}

/// Looks at the code of each record that two runs missed: 404 or another id proves that it is gone (design B5).
async fn look_for<W: World>(session: &Session<W>, suspects: Vec<Arc<LedgerContact>>) -> Result<(), Stop> {
    let ledger = session.world.ledger();
    // A record without a code has no address: nothing can be proven.
    let coded = suspects.into_iter().filter(|suspect| !suspect.code.is_empty());
    let mut answers = stream::iter(coded)
        .map(|suspect| async move {
            let answer = ledger.detail(suspect.id.side, &suspect.code).await;
            (suspect, answer)
        })
        .buffered(AT_ONCE);
    let (mut gone, mut found) = (Vec::new(), Vec::new());
    while let Some((suspect, answer)) = answers.next().await {
        match answer {
            Ok(detail) if detail.contact.id == suspect.id => found.push(detail.contact),
            Ok(_) | Err(RemoteError::NotFound) => gone.push(suspect),
            Err(error @ RemoteError::Trouble(_)) => return Err(Stop::of_read(Service::KashFlow, error)),
            // Neither there nor gone: it stays missing.
            Err(RemoteError::Refused { .. } | RemoteError::Stale | RemoteError::InDoubt { .. }) => {}
        }
    }
    drop(answers);
    session
        .change(|kept, batch| {
            for record in found {
                batch.changes.push(Change::DropMissing(record.id));
                batch.changes.push(Change::PutLedger(record));
            }
            for suspect in &gone {
                if kept.local.link_of(suspect.id).is_some()
                    && let Some(missing) = kept.local.missing.get(&suspect.id)
                {
                    batch.changes.push(Change::PutMissing(suspect.id, Missing { gone: true, ..*missing }));
                } else {
                    batch.changes.extend(forgotten(kept, suspect.id));
                }
            }
        })
        .await?;
    for suspect in gone {
        let text = format!("{} {} is gone from KashFlow", suspect.id.side.word(), suspect.name);
        session.log(Level::Info, text).await;
    }
    Ok(())
}

/// Forgets a ledger contact that is gone, and what is kept about it.
fn forgotten(kept: &Kept, ledger: LedgerRef) -> Vec<Change> {
    let record = RecordRef::Ledger(ledger);
    let failing = kept.local.failing.contains_key(&record).then_some(Change::DropFailing(record));
    let missing = [Change::DropMissing(ledger), Change::DropLedger(ledger)];
    failing.into_iter().chain(missing).collect()
}
