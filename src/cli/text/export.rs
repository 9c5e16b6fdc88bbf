//! What an export sends, for people: every field of every contact (design B25).

use crate::cli::page::Page;
use crate::domain::export::{Export, Obstacle};
use crate::domain::ids::ContactId;
use crate::domain::snapshot::Snapshot;

/// The exports, one paragraph each.
pub fn preview(found: &[(ContactId, Result<Export, Obstacle>)], snapshot: &Snapshot) -> String {
    let mut page = Page::default();
    for (id, export) in found {
        match export {
            Ok(export) => {
                page.line(format!("new customer {} for contact {}", export.draft.code, export.contact.0));
                for (field, value) in export.fields() {
                    page.line(format!("  {field:<14} {value}"));
                }
                if export.is_abroad {
                    page.line("  The address is outside the UK: check the VAT treatment in KashFlow.");
                }
            }
            Err(obstacle) => {
                let (_, message, remedy) = obstacle.words(snapshot);
                page.line(format!("contact {}: {message}. {remedy}", id.0));
            }
        }
    }
    page.text()
}
