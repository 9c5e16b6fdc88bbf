//! Capsule CRM v2 as the engine's `Crm`.

mod client;
mod draft;
mod edit;
mod hanging;
mod map;
mod paging;
mod refusal;
mod summary;
mod take_over;
mod wire;

pub use client::CapsuleClient;
