//! Every screen as it is drawn, from a real first sync of the sample firm: goldens, a size sweep, random keys.
//!
//! `INSTA_UPDATE=always cargo test --test screens` writes the goldens and `assets/screens/main.svg` anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub
)]

mod contacts;
mod goldens;
mod hostile;
mod keys;
#[path = "../engine/rig.rs"]
#[allow(dead_code, reason = "the engine's tests use more of it")]
mod rig;
mod stage;
