//! `export`: what is sent to KashFlow for each contact, field by field.

use serde::Serialize;

use crate::domain::details::Field;
use crate::domain::export::{Export, Obstacle};
use crate::domain::exported::Exported;
use crate::domain::ids::{ContactId, LedgerRef};
use crate::domain::local::Local;
use crate::domain::replacing::{Replacement, replacement};
use crate::domain::snapshot::Snapshot;

/// One export. `code` is null and `fields` is empty where something speaks against it; `existing` names the customer that
/// stands in the way. With both `fields` and `existing` that customer's Contact Person is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportJson {
    contact_id: i64,
    organisation_id: Option<i64>,
    code: Option<String>,
    fields: Vec<FieldJson>,
    existing: Option<ExistingJson>,
    /// What became of it; absent where it was only shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
}

impl ExportJson {
    /// The same once it was sent: with the code that KashFlow has it under, or may have.
    #[must_use]
    pub fn sent(self, became: &Exported) -> Self {
        let code = self.code.and_then(|_| became.code().map(str::to_owned));
        Self { code, state: Some(became.word()), remedy: became.remedy(), ..self }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FieldJson {
    field: &'static str,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ExistingJson {
    id: i64,
    code: Option<String>,
    name: Option<String>,
}

/// An export, or what speaks against it.
pub fn export(
    chosen: ContactId,
    found: Result<&Export, &Obstacle>,
    snapshot: &Snapshot,
    local: &Local,
) -> ExportJson {
    match found {
        Ok(export) => ExportJson {
            contact_id: chosen.0,
            organisation_id: export.organisation().map(|organisation| organisation.0),
            code: Some(export.draft.code.clone()),
            fields: export.fields().into_iter().map(|(field, value)| FieldJson { field, value }).collect(),
            existing: None,
            state: None,
            remedy: None,
        },
        Err(obstacle) => {
            let (organisation, customer) = match obstacle {
                Obstacle::Unknown | Obstacle::Nameless | Obstacle::SameName { .. } | Obstacle::Begun(_) => {
                    (None, None)
                }
                Obstacle::Linked(customer)
                | Obstacle::NameExists(customer)
                | Obstacle::Asked { customer, .. } => (None, Some(*customer)),
                Obstacle::OrganisationLinked { organisation, customer } => {
                    (Some(*organisation), Some(*customer))
                }
            };
            ExportJson {
                contact_id: chosen.0,
                organisation_id: organisation.map(|organisation| organisation.0),
                code: None,
                fields: replacement(chosen, snapshot, local).map(contact_person).into_iter().collect(),
                existing: customer.map(|customer| existing(customer, snapshot)),
                state: None,
                remedy: None,
            }
        }
    }
}

/// What is offered instead for a person of a linked organisation (design B27).
fn contact_person(replacement: Replacement) -> FieldJson {
    FieldJson { field: Field::ContactPerson.word(), value: replacement.name }
}

fn existing(customer: LedgerRef, snapshot: &Snapshot) -> ExistingJson {
    let record = snapshot.ledger.get(&customer);
    ExistingJson {
        id: customer.id.0,
        code: record.map(|record| record.code.clone()),
        name: record.map(|record| record.name.clone()),
    }
}
