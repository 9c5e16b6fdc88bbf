//! `cargo run --release --example simulate -- --histories N --seed S [--threads T] [--json]` plays that many random histories
//! and says what was found; `--story` plays the one of the seed, made small when it fails, and tells it;
//! `--twice` plays each twice and names those that differ.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    clippy::similar_names,
    clippy::match_same_arms,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    missing_docs,
    unreachable_pub,
    dead_code
)]

mod crashes;
mod lab;

use std::time::Instant;

use lab::bug::Bug;
use lab::history::History;
use lab::{play, report, shrink};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: u64| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1)?.parse().ok()).unwrap_or(default)
    };
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let bug = Bug::ALL.into_iter().find(|bug| has(&format!("{bug:?}")));
    let seed = number("--seed", 1);
    if has("--story") {
        let history = History::of(seed);
        let mut played = play::play(&history, bug);
        if let Some(first) = played.violations.first().cloned() {
            played = shrink::shrink(&history, bug, first.invariant, 400).1;
        }
        println!("{}\n{:#?}", played.story.join("\n"), played.violations);
        return;
    }
    if has("--crashes") {
        let all: Vec<_> = (0..4).flat_map(crashes::exhausted).collect();
        for (name, points) in &all {
            println!("{points:4} {name}");
        }
        println!(
            "{:4} crash points, all of them to the same end",
            all.iter().map(|(_, points)| points).sum::<usize>()
        );
        return;
    }
    if has("--twice") {
        let seeds = seed..seed + number("--histories", 1_000);
        let differ = seeds.filter_map(|seed| Some((seed, play::differs(&History::of(seed))?)));
        let differ: Vec<_> = differ.collect();
        println!("not the same when played again: {differ:#?}");
        std::process::exit(i32::from(!differ.is_empty()));
    }
    if has("--bugs") {
        for bug in Bug::ALL {
            let caught = report::catch(bug, seed, number("--histories", 2_000));
            println!("{bug:?}: {} histories, {:?}", caught.histories, caught.by);
        }
        return;
    }
    let threads = usize::try_from(number("--threads", 2)).unwrap();
    let begun = Instant::now();
    let totals = report::many(seed..seed + number("--histories", 1_000), threads, bug);
    let seconds = begun.elapsed().as_secs_f64();
    if has("--json") {
        println!("{:#}", totals.json(seed, seconds, threads));
    } else {
        for (seed, played) in &totals.failed {
            for violation in &played.violations {
                println!("seed {seed}: {} {}", violation.invariant, violation.what);
            }
        }
        println!("{} histories in {seconds:.1} s, broken {:?}", totals.histories, totals.broken());
    }
    std::process::exit(i32::from(!totals.failed.is_empty()));
}
