//! KashFlow REST v2 as the engine's `Ledger`: it reads, and writes nothing but its own session.

mod amount;
mod client;
mod day;
mod list;
mod map;
mod refusal;
mod session;
mod sign_in;
mod wire;

pub use client::{KashFlowClient, KashFlowCredentials};
