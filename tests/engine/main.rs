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
mod changes;
mod commands;
mod convergence;
mod crash;
mod deletion;
mod disabled;
mod export;
mod fields;
mod first_run;
mod later_runs;
mod looking;
mod mass_change;
mod merging;
mod pair;
mod pairs;
mod reading;
mod removals;
mod renaming;
mod requests;
mod rig;
mod saved_plan;
mod trouble;
mod undo;
mod writes;
