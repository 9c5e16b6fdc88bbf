//! The store on a real disk, in processes that are killed and on files that are damaged (sync 4, I10).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod damage;
mod kill;
mod restoring;
mod subject;
