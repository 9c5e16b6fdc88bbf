//! The command line as scripts see it: the real binary in throw-away homes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod backup;
mod canary;
mod changes;
mod credentials;
mod deletion;
mod disk;
mod ending;
mod excluded;
mod export;
mod home;
mod hostile;
mod instances;
mod invoice;
mod merging;
mod odd_terminals;
mod offline;
mod pairs;
mod plain;
mod profiles;
mod renaming;
mod saved_plan;
mod screen;
mod signals;
mod story;
mod streams;
mod suspension;
mod switch;
mod terminal;
mod undo;
