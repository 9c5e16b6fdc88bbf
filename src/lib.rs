//! kashsync keeps Capsule CRM and KashFlow in step.

pub mod domain;
pub mod engine;
pub mod ports;
pub mod remote;
pub mod sim;
