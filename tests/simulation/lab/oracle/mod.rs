//! The oracle: judges what happened by ground truth alone (invariants of sync.md section 3). It reads what is durable, but
//! never asks the code that decides.

pub mod quiet;
pub mod state;
pub mod write;
