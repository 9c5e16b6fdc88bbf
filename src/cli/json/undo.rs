//! `undo`: what became of each entry.

use serde::Serialize;

use crate::engine::event::UndoneEntry;

/// One entry; `reason` says why it was not undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndoneJson {
    entry: u64,
    operation: &'static str,
    name: String,
    undone: bool,
    reason: Option<String>,
}

/// What became of an entry.
pub fn undone(result: &UndoneEntry) -> UndoneJson {
    UndoneJson {
        entry: result.entry.0,
        operation: result.action.word(),
        name: result.name.clone(),
        undone: result.refused.is_none(),
        reason: result.refused.clone(),
    }
}
