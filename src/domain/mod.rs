//! What kashsync decides, as pure functions over plain data.
//!
//! Nothing here performs I/O, reads a clock or knows tokio, reqwest, sled or ratatui; `tests/architecture.rs` and
//! `clippy.toml` hold that. Records come in through [`snapshot`] and [`local`], decisions go out as [`operation`]s and
//! [`question`]s. Wire and stored shapes live at the edges (`remote`, `store`) and are converted there.

pub mod address;
pub mod basis;
pub mod change;
pub mod compare;
pub mod contact;
pub mod contact_filter;
pub mod control;
pub mod country;
pub mod date;
pub mod debtors;
pub mod deletion;
pub mod details;
pub mod difference;
pub mod disabled;
pub mod document;
pub mod document_parts;
pub mod draft;
pub mod edit;
pub mod export;
pub mod exported;
pub mod guard;
pub mod holdings;
pub mod ids;
pub mod journal;
pub mod ledger;
pub mod link;
pub mod listing;
pub mod local;
pub mod mapping;
pub mod marker;
pub mod matching;
pub mod merged;
pub mod merging;
pub mod money;
pub mod normalise;
pub mod operation;
pub mod parallel;
pub mod plan;
pub mod policy;
pub mod question;
pub mod refused;
pub mod register;
pub mod removal;
pub mod renaming;
pub mod replacing;
pub mod run;
pub mod safe;
pub mod snapshot;
pub mod standing;
pub mod summary;
pub mod trouble;
pub mod undo;
pub mod update;
pub mod wording;
