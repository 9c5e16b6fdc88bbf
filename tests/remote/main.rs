//! Both service clients against a transport scripted by hand, against the published examples, and over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod capsule;
mod capsule_writes;
mod faults;
mod fixtures;
mod hostile;
mod kashflow;
mod kashflow_writes;
mod loopback;
mod pacing;
mod script;
mod server;
mod simulated;
mod tls;
