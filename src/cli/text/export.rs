//! What an export sends, for people: every field of every contact (design B25).

use crate::cli::page::Page;
use crate::domain::details::Field;
use crate::domain::export::{Export, Obstacle};
use crate::domain::ids::ContactId;
use crate::domain::local::Local;
use crate::domain::replacing::replacement;
use crate::domain::snapshot::Snapshot;
use crate::domain::wording::ledger_name;

/// The exports, one paragraph each.
pub fn preview(found: &[(ContactId, Result<Export, Obstacle>)], snapshot: &Snapshot, local: &Local) -> Page {
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
                if let Some(offer) = replacement(*id, snapshot, local) {
                    page.line(format!(
                        "another Contact Person for {}",
                        ledger_name(offer.customer, snapshot)
                    ));
                    page.line(format!("  {:<14} {}", Field::ContactPerson.word(), offer.name));
                    if !offer.before.is_empty() {
                        page.line(format!("  instead of     {}", offer.before));
                    }
                    continue;
                }
                let (_, message, remedy) = obstacle.words(snapshot);
                page.line(format!("contact {}: {message}. {remedy}", id.0));
            }
        }
    }
    page
}
