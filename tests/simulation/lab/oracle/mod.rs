//! The oracle: judges what happened by ground truth alone (invariants of sync.md section 3). It reads what is durable, but
//! never asks the code that decides.
//!
//! | where | what |
//! | --- | --- |
//! | [`write`], each request that a service carries out | I6, I16, I23 |
//! | `net`, each request that leaves | I8, I15 |
//! | [`state`], whenever a process has ended | I1, I3, I4, I7, I11, I24 |
//! | `play`, then and at rest | I5, I10, I14, I17, I18, I19 |
//! | [`quiet`], faults off and people idle | I2, I12, I21 |
//! | `crashes` | I9 |
//!
//! I13 needs no check of its own: I2 and I12 ask of every record that does not fail itself. I20 is the screens' and the
//! printers' own. The journal has no hash chain, so I11 is about entries only.
//!
//! What the design allows, and is therefore not held against the engine:
//! * a value changed only in KashFlow stays (B15), and what differed when a pair was linked (B13);
//! * a merge moves people and rows, and one entry of the journal stands for all of it (B28);
//! * between the look at a record and the write a person may still change it: nothing at either service prevents that;
//! * a new process does not know what pause the last one was asked for;
//! * a contact that was deleted before the first reading of the deleted feed is only known as hidden (B5);
//! * an empty list cannot be told from a wrong one before anything was ever read.

pub mod quiet;
pub mod state;
pub mod write;
