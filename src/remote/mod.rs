//! Both services over HTTP: [`capsule::CapsuleClient`] is the `Crm` and [`kashflow::KashFlowClient`] the `Ledger` of
//! `ports`.
//!
//! From the outside in: a client knows one service's paths, wire shapes and errors; an `Exchange` sends one request with
//! the pacing of [`pacing`], the repeats of [`retry`] and the count of [`count`]; a [`transport::Transport`] carries the
//! bytes, over the network ([`http`]) or, in tests, within the process. Nothing here decides what to sync.

pub mod base_url;
pub mod capsule;
pub mod count;
mod exchange;
pub mod http;
mod json;
pub mod kashflow;
pub mod pacing;
pub mod retry;
pub mod transport;
