//! Random histories of people, services, network and machine, judged by an oracle (sync.md sections 3, 4 and 6).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod lab;

use lab::history::History;
use lab::play::play;

#[test]
fn histories_hold_every_invariant() {
    for seed in 0..200 {
        let played = play(&History::of(seed), None);
        assert_eq!(played.violations, [], "seed {seed}:\n{}", played.story.join("\n"));
    }
}
