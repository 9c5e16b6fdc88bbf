//! The process dies at every write of the first sync, before and after the service has carried it out: run again, nothing is
//! there twice, and the end is the same (invariants I1, I9).

use jiff::civil::date;
use kashsync::domain::local::RecordRef;
use kashsync::engine::command::Command;
use kashsync::sim::firm::{Firm, sample};

use crate::rig::{Came, Crash, Rig};

/// The sample firm without most of its ordinary records: every kind of write, in fewer of them.
fn small_firm() -> Firm {
    let mut firm = sample(date(2026, 11, 24), 1);
    let keep = |name: &str| name.starts_with(['A', 'B']);
    firm.customers.retain(|ledger| keep(&ledger.name));
    firm.suppliers.retain(|ledger| keep(&ledger.name));
    let ids: Vec<i64> = firm.customers.iter().map(|ledger| ledger.id).collect();
    firm.invoices.retain(|document| ids.contains(&document.contact));
    firm.quotes.retain(|quote| ids.contains(&quote.contact));
    let ids: Vec<i64> = firm.suppliers.iter().map(|ledger| ledger.id).collect();
    firm.bills.retain(|document| ids.contains(&document.contact));
    firm
}

/// The creates and summary writes that the journal tells of.
async fn written(rig: &Rig) -> Vec<(&'static str, String)> {
    let entries = rig.journal().await.into_iter();
    let written = entries.filter(|entry| matches!(entry.record, Some(RecordRef::Contact(_))));
    let mut written: Vec<_> = written.map(|entry| (entry.action.word(), entry.name)).collect();
    written.sort();
    written
}

fn sync() -> Vec<Command> {
    vec![Command::Sync { full: false, contact: None }]
}

#[tokio::test(start_paused = true)]
async fn i09_a_crash_at_any_write_ends_in_the_same_state() {
    let start = Rig::of(&small_firm());
    let straight = start.copy();
    straight.sync().await;
    let expected = straight.outcome();
    let journaled = written(&straight).await;
    let writes = start.writes_of_first_sync().await;
    assert!(writes > 40, "{writes} writes");
    for at_write in 0..writes {
        for carried_out in [false, true] {
            let rig = start.copy();
            let crash = Crash { at_write, carried_out };
            let Came::Died = rig.process(sync(), true, Some(crash)).await else {
                panic!("{crash:?}: it lives")
            };
            // The approval was durable, so the next process needs none (design B35).
            let Came::Ended(report) = rig.process(sync(), false, None).await else { panic!("{crash:?}") };
            assert_eq!(report.error, None, "{crash:?}");
            assert_eq!(rig.outcome(), expected, "{crash:?}");
            assert_eq!(
                written(&rig).await,
                journaled,
                "{crash:?}: every write is in the journal, once (I11)"
            );
            let kept = rig.kept().await;
            assert!(kept.local.intents.is_empty(), "{crash:?}: {:?}", kept.local.intents);
            rig.world().log.clear();
            rig.sync().await;
            assert_eq!(rig.world().writes().count(), 0, "{crash:?}: a further run writes nothing");
        }
    }
}
