//! Capsule's records as they stand on the wire (capsule-api 6, 8, 9).
//!
//! Unknown keys are ignored and every key that we can do without may be missing or null: Capsule adds and leaves out
//! keys without notice (capsule-api 0.2).

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartyWire {
    pub(super) id: i64,
    pub(super) r#type: String,
    pub(super) name: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) organisation: Option<OrganisationWire>,
    pub(super) addresses: Option<Vec<AddressWire>>,
    pub(super) phone_numbers: Option<Vec<PhoneWire>>,
    pub(super) websites: Option<Vec<WebsiteWire>>,
    pub(super) email_addresses: Option<Vec<EmailWire>>,
    pub(super) tags: Option<Vec<TagWire>>,
    pub(super) fields: Option<Vec<FieldWire>>,
    pub(super) is_restricted: Option<bool>,
    pub(super) updated_at: Option<String>,
    pub(super) last_contacted_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OrganisationWire {
    pub(super) id: i64,
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AddressWire {
    pub(super) id: i64,
    pub(super) street: Option<String>,
    pub(super) city: Option<String>,
    pub(super) state: Option<String>,
    pub(super) zip: Option<String>,
    pub(super) country: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PhoneWire {
    pub(super) id: i64,
    pub(super) r#type: Option<String>,
    pub(super) number: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WebsiteWire {
    pub(super) id: i64,
    pub(super) service: Option<String>,
    pub(super) address: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EmailWire {
    pub(super) id: i64,
    pub(super) address: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TagWire {
    pub(super) id: Option<i64>,
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldWire {
    pub(super) definition: Option<FieldNameWire>,
    #[serde(default)]
    pub(super) value: Value,
    pub(super) tag_id: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FieldNameWire {
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DefinitionWire {
    pub(super) id: i64,
    pub(super) name: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) tag: Option<TagWire>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SiteWire {
    pub(super) subdomain: String,
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TeamWire {
    pub(super) id: i64,
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeletedWire {
    pub(super) id: i64,
    pub(super) deleted_at: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct IdWire {
    pub(super) id: i64,
}
