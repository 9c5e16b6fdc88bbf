//! The engine against both simulators, in one process and on a paused clock: first runs, later runs, answers, crashes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod commands;
mod crash;
mod deletion;
mod export;
mod fields;
mod first_run;
mod later_runs;
mod merging;
mod pairs;
mod reading;
mod removals;
mod requests;
mod rig;
mod saved_plan;
mod trouble;
mod undo;
