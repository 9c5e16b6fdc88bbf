//! kashsync keeps Capsule CRM and KashFlow in step.

pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod error;
pub mod ports;
pub mod remote;
pub mod sim;
pub mod store;
pub mod telemetry;
pub mod tui;
