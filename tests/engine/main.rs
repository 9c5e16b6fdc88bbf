//! The engine against both simulators, in one process and on a paused clock: first runs, later runs, answers, crashes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod accounts;
mod commands;
mod crash;
mod disabled;
mod first_run;
mod later_runs;
mod mass_change;
mod pairs;
mod reading;
mod removals;
mod requests;
mod rig;
mod trouble;
