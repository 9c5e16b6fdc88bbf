//! The laboratory: a random history of people, services, network and machine, and an oracle that judges it.

pub mod bug;
mod buggy;
pub mod clock;
pub mod deed;
pub mod dice;
mod differ;
pub mod disk;
pub mod fault;
pub mod history;
pub mod net;
pub mod oracle;
pub mod order;
pub mod play;
pub mod process;
pub mod record;
pub mod report;
pub mod shrink;
pub mod truth;
mod wire;
