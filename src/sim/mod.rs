//! Simulators of Capsule CRM (API v2) and KashFlow (REST v2) over real HTTP on loopback.
//!
//! They are the product's rehearsal mode (`demo`), the peers of its tests and servers for other people's clients
//! (`sim`). Each service is a pure `handle(request, now) -> response` over plain state; [`server`] is the thin HTTP
//! skin. Nothing here knows the rest of kashsync, and the wire types are the simulators' own, so that a client test
//! is no tautology.

pub mod capsule;
pub mod clock;
pub mod control;
pub mod fault;
pub mod firm;
pub mod http;
pub mod kashflow;
pub mod server;
pub mod world;
