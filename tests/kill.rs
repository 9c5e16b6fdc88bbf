//! `kill -9` of the real binary in the middle of its first sync, over real sockets and a real store: run again, nothing is
//! there twice, and the end is the same. Every write is tried in `tests/engine/crash.rs`; here a spread of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::civil::date;
use kashsync::sim::clock::Clock;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::{Firm, sample};
use kashsync::sim::server::{Addresses, Running, serve};
use kashsync::sim::world::World;

/// The sample firm without most of its ordinary records.
fn firm() -> Firm {
    let mut firm = sample(date(2026, 11, 24), 1);
    firm.customers.retain(|ledger| ledger.name.starts_with(['A', 'B']));
    firm.suppliers.retain(|ledger| ledger.name.starts_with(['A', 'B']));
    let ids: Vec<i64> = firm.customers.iter().map(|ledger| ledger.id).collect();
    firm.invoices.retain(|document| ids.contains(&document.contact));
    firm.quotes.retain(|quote| ids.contains(&quote.contact));
    let ids: Vec<i64> = firm.suppliers.iter().map(|ledger| ledger.id).collect();
    firm.bills.retain(|document| ids.contains(&document.contact));
    firm
}

async fn running() -> Running {
    serve(World::of_firm(&firm(), Clock::real()).unwrap(), Addresses::default(), Duration::ZERO)
        .await
        .unwrap()
}

fn sync(running: &Running, home: &Path) -> Child {
    let company = firm().company;
    Command::new(env!("CARGO_BIN_EXE_kashsync"))
        .args(["sync", "--yes", "--json"])
        .env_clear()
        .env("KASHSYNC_HOME", home)
        .env("KASHSYNC_CAPSULE_URL", running.capsule_url())
        .env("KASHSYNC_KASHFLOW_URL", running.kashflow_url())
        .env("KASHSYNC_CAPSULE_TOKEN", company.capsule_token)
        .env("KASHSYNC_KASHFLOW_USERNAME", company.user_name)
        .env("KASHSYNC_KASHFLOW_PASSWORD", company.password)
        .env("KASHSYNC_KASHFLOW_MEMORABLE_WORD", company.memorable_word)
        .env("KASHSYNC_TEST_SETTLE_MS", "150")
        .env("KASHSYNC_TEST_BACKOFF_MS", "10")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits for a process to end; gives back its exit code.
async fn ended(child: Child) -> i32 {
    let mut child = child;
    tokio::task::spawn_blocking(move || child.wait().unwrap().code().unwrap_or(-1)).await.unwrap()
}

/// What both services hold that matters, without ids and times.
fn outcome(running: &Running) -> Vec<String> {
    let world = running.world();
    let mut parties: Vec<String> = world
        .capsule
        .parties()
        .map(|party| format!("{} {:?}", party.name(), world.capsule.field_values(party)))
        .collect();
    parties.sort();
    parties
}

/// Waits until a write is being held back.
async fn a_write_hangs(running: &Running) {
    let mut looks = tokio::time::interval(Duration::from_millis(2));
    for _ in 0..10_000 {
        looks.tick().await;
        if running.world().log.iter().any(|entry| entry.write && entry.status.is_none()) {
            return;
        }
    }
    panic!("no write came: {:?}", running.world().log);
}

#[tokio::test]
async fn i09_a_killed_first_sync_ends_like_one_that_was_not() {
    let straight = running().await;
    let home = tempfile::tempdir().unwrap();
    assert_eq!(ended(sync(&straight, home.path())).await, 3, "two records fail, as the firm has it");
    let expected = outcome(&straight);
    let writes = straight.world().writes().count();
    assert!(writes > 40, "{writes}");
    for at_write in (0..writes).step_by(7).chain([writes - 1]) {
        for effect in [Effect::HangBefore, Effect::HangAfter] {
            let running = running().await;
            let home = tempfile::tempdir().unwrap();
            let skip = u32::try_from(at_write).unwrap();
            let fault = Fault {
                writes_only: true,
                skip,
                service: Some(Service::Capsule),
                ..Fault::next(effect.clone())
            };
            running.world().faults.add(fault);
            let mut child = sync(&running, home.path());
            a_write_hangs(&running).await;
            child.kill().unwrap();
            child.wait().unwrap();
            assert_eq!(ended(sync(&running, home.path())).await, 3, "{at_write} {effect:?}");
            assert_eq!(outcome(&running), expected, "{at_write} {effect:?}");
            running.world().log.clear();
            assert_eq!(ended(sync(&running, home.path())).await, 3, "{at_write} {effect:?}");
            assert_eq!(
                running.world().writes().count(),
                0,
                "{at_write} {effect:?}: a further run writes nothing"
            );
        }
    }
}
