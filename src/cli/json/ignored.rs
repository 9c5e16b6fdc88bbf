//! `ignored`, `ignore` and `unignore`: records that are left out for good.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::local::Ignored;

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoredJson {
    side: &'static str,
    id: i64,
    code: String,
    name: String,
    since: Timestamp,
}

/// An ignored record.
pub fn ignored(ignored: &Ignored) -> IgnoredJson {
    IgnoredJson {
        side: ignored.ledger.side.word(),
        id: ignored.ledger.id.0,
        code: ignored.code.clone(),
        name: ignored.name.clone(),
        since: ignored.since,
    }
}
