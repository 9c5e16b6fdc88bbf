//! Makes a failing history small: leaves out whatever it also fails without.

use super::bug::Bug;
use super::history::{History, Step};
use super::play::{Played, play};

/// The smallest history found that still breaks the same invariant, and how it went. Tries at most `tries` histories.
pub fn shrink(history: &History, bug: Option<Bug>, invariant: &str, mut tries: usize) -> (History, Played) {
    let mut best = history.clone();
    let mut played = play(&best, bug);
    loop {
        let mut smaller = false;
        for candidate in candidates(&best) {
            if tries == 0 {
                return (best, played);
            }
            tries -= 1;
            let came = play(&candidate, bug);
            if came.violations.iter().any(|violation| violation.invariant == invariant) {
                (best, played, smaller) = (candidate, came, true);
                break;
            }
        }
        if !smaller {
            return (best, played);
        }
    }
}

/// Histories with something left out, the biggest parts first.
fn candidates(history: &History) -> Vec<History> {
    let mut all = Vec::new();
    let steps = history.steps.len();
    for size in [8, 4, 2, 1] {
        for from in (1..steps.saturating_sub(size)).step_by(size) {
            let mut smaller = history.clone();
            smaller.steps.drain(from..from + size);
            all.push(smaller);
        }
    }
    for place in 0..history.start.len() {
        let mut smaller = history.clone();
        smaller.start.remove(place);
        all.push(smaller);
    }
    for place in 0..steps {
        let Step::Process(process) = &history.steps[place] else { continue };
        let mut put = |process| {
            let mut smaller = history.clone();
            smaller.steps[place] = Step::Process(process);
            all.push(smaller);
        };
        for number in 0..process.faults.len() {
            let mut smaller = process.clone();
            smaller.faults.remove(number);
            put(smaller);
        }
        for number in 0..process.deeds.len() {
            let mut smaller = process.clone();
            smaller.deeds.remove(number);
            put(smaller);
        }
        for number in 0..process.orders.len() {
            let mut smaller = process.clone();
            smaller.orders.remove(number);
            put(smaller);
        }
        if !process.commands.is_empty() {
            put(super::history::Process { commands: Vec::new(), ..process.clone() });
        }
        if process.elsewhere.is_some() {
            put(super::history::Process { elsewhere: None, ..process.clone() });
        }
        if process.dies.is_some() || process.dies_at_commit.is_some() {
            put(super::history::Process { dies: None, dies_at_commit: None, ..process.clone() });
        }
    }
    all
}
