//! Many histories on all cores, counted.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::bug::Bug;
use super::fault::Kind;
use super::history::History;
use super::play::{Played, play};
use super::truth::Violation;

/// What many histories came to.
#[derive(Debug, Default)]
pub struct Totals {
    pub histories: u64,
    pub faults: BTreeMap<Kind, u64>,
    pub checks: u64,
    pub crashes: u64,
    pub requests: u64,
    pub writes: u64,
    pub runs: u64,
    pub second_run_writes: u64,
    pub runs_to_rest: BTreeMap<u32, u64>,
    pub failed: BTreeMap<u64, Played>,
}

impl Totals {
    fn add(&mut self, seed: u64, played: Played) {
        self.histories += 1;
        for (kind, times) in &played.faults {
            *self.faults.entry(*kind).or_default() += times;
        }
        self.checks += played.checks;
        self.crashes += played.crashes;
        self.requests += played.requests;
        self.writes += played.writes;
        self.runs += played.runs;
        self.second_run_writes += played.second_run_writes;
        for runs in &played.runs_to_rest {
            *self.runs_to_rest.entry(*runs).or_default() += 1;
        }
        if !played.violations.is_empty() {
            self.failed.insert(seed, played);
        }
    }

    /// Broken invariants, by number of histories.
    pub fn broken(&self) -> BTreeMap<&'static str, u64> {
        let mut broken = BTreeMap::new();
        for played in self.failed.values() {
            for violation in &played.violations {
                *broken.entry(violation.invariant).or_default() += 1;
            }
        }
        broken
    }

    /// As JSON.
    pub fn json(&self, first_seed: u64, seconds: f64, cores: usize) -> Value {
        let faults: BTreeMap<String, u64> = Kind::ALL
            .iter()
            .map(|kind| (format!("{kind:?}"), self.faults.get(kind).copied().unwrap_or(0)))
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let speed = self.histories as f64 / seconds / cores as f64;
        json!({
            "histories": self.histories, "first_seed": first_seed, "seconds": seconds, "cores": cores,
            "histories_per_second_and_core": speed, "invariant_checks": self.checks, "crashes": self.crashes,
            "requests": self.requests, "writes": self.writes, "runs": self.runs,
            "second_run_writes": self.second_run_writes, "runs_to_rest": self.runs_to_rest,
            "faults_injected": faults, "broken": self.broken(), "failed_seeds": self.failed.keys().collect::<Vec<_>>(),
        })
    }
}

/// How a seeded bug was caught: how many histories it took, by which invariant, and what was said.
#[derive(Debug, Clone)]
pub struct Caught {
    pub bug: Bug,
    pub histories: u64,
    pub by: Option<Violation>,
}

/// Plays histories with a bug until it is caught, at most so many.
pub fn catch(bug: Bug, first_seed: u64, most: u64) -> Caught {
    for number in 0..most {
        let played = play(&History::of(first_seed + number), Some(bug));
        if let Some(by) = played.violations.first() {
            return Caught { bug, histories: number + 1, by: Some(by.clone()) };
        }
    }
    Caught { bug, histories: most, by: None }
}

/// Plays the histories of those seeds on so many threads.
pub fn many(seeds: std::ops::Range<u64>, threads: usize, bug: Option<Bug>) -> Totals {
    let next = AtomicU64::new(seeds.start);
    let totals = Mutex::new(Totals::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let played = play(&History::of(seed), bug);
                    totals.lock().unwrap().add(seed, played);
                }
            });
        }
    });
    totals.into_inner().unwrap()
}
