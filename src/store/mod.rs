//! Keeping state between runs.

pub mod memory;
