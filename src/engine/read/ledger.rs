//! Reading customers and suppliers: whole every run, because KashFlow has no modified-since (design B4).

use std::collections::BTreeSet;

use super::portions;
use crate::domain::ids::{Service, Side};
use crate::domain::ledger::LedgerContact;
use crate::engine::World;
use crate::engine::event::{Level, Step};
use crate::engine::pages::{Whole, read_all};
use crate::engine::session::Session;
use crate::engine::stop::Stop;
use crate::ports::{Change, Kept, Ledger};

/// How often a list that does not add up is read again in one run.
const MOST_READS: usize = 2;

/// Reads one side; gives back how many records came over the wire.
///
/// An incomplete read (design B5) adds and updates all the same; nothing is ever concluded gone from one read.
pub(in crate::engine) async fn read<W: World>(session: &Session<W>, side: Side) -> Result<usize, Stop> {
    let ledger = session.world.ledger();
    let seen = |done, of| session.progress(Step::ReadLedger(side), done, of);
    let mut reads = 0;
    let read = loop {
        let read = read_all(|page| ledger.contacts(side, page), seen).await;
        let read = read.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
        reads += 1;
        if is_complete(&read) || reads == MOST_READS {
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
    let changes = session.read(|kept| changes(kept, read.records)).await;
    for portion in portions(changes) {
        session.change(|_, batch| batch.changes = portion).await?;
    }
    Ok(count)
}

/// Complete only if its distinct ids are as many as the last page said (design B5).
fn is_complete(read: &Whole<LedgerContact>) -> bool {
    let ids: BTreeSet<_> = read.records.iter().map(|record| record.id).collect();
    read.unreadable.is_empty() && read.total.is_none_or(|total| total == ids.len())
}

fn changes(kept: &Kept, read: Vec<LedgerContact>) -> Vec<Change> {
    read.into_iter()
        .filter(|record| kept.snapshot.ledger.get(&record.id).is_none_or(|known| **known != *record))
        .map(Change::PutLedger)
        .collect()
}
