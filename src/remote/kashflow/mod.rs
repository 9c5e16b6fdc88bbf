//! KashFlow REST v2 as the engine's `Ledger`. Invoices, bills and quotes are only ever read (design B21).

mod amount;
mod client;
mod day;
mod draft;
mod edit;
mod list;
mod loss;
mod map;
mod mark;
mod parts;
mod refusal;
mod session;
mod sign_in;
mod whole;
mod wire;
mod write;

pub use client::{KashFlowClient, KashFlowCredentials};
