//! kashsync keeps Capsule CRM and KashFlow in step.
//!
//! Reading order: [`domain`] decides, [`ports`] says what the world must offer, [`engine`] carries out, [`remote`] and
//! [`store`] are the world, [`tui`] and [`cli`] are what people see, [`sim`] is both services for rehearsal and tests.
//! `ARCHITECTURE.md` has the map and the rules; `tests/architecture.rs` holds them.

pub mod cli;
pub mod config;
pub mod credentials;
pub mod domain;
pub mod engine;
pub mod error;
pub mod ports;
pub mod redaction;
pub mod remote;
pub mod sim;
pub mod store;
pub mod telemetry;
pub mod tui;
