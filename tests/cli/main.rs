//! The command line as scripts see it: the real binary in throw-away homes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod excluded;
mod home;
mod invoice;
mod pairs;
mod plain;
mod screen;
mod signals;
mod story;
mod switch;
