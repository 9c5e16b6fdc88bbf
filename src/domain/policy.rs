//! The user's choices that change what a run does (design 4.1, settings).

use std::fmt::Write;
use std::time::Duration;

use super::ids::{ContactId, Side, TeamId};

/// What to do with a near match (design B9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NearMatch {
    /// Ask.
    #[default]
    Ask,
    /// Create a new contact, as the official integration does.
    Create,
    /// Link strong suggestions by themselves, ask about the rest.
    LinkStrong,
}

/// What to do with a customer and a supplier of one name (design B12).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SameName {
    /// Link both to the one organisation.
    #[default]
    LinkBoth,
    /// Ask.
    Ask,
}

/// What to do with a field that was changed only in KashFlow (design B15).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KashFlowEdits {
    /// Leave it alone and show it.
    #[default]
    Report,
    /// Write Capsule's value over it.
    Restore,
    /// Ask.
    Ask,
}

/// What to do with a field that was emptied in Capsule (design B16).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PushClears {
    /// Ask.
    #[default]
    Ask,
    /// Keep KashFlow's value.
    Never,
    /// Empty it in KashFlow too.
    Always,
}

/// What to do with suppliers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Suppliers {
    /// As with customers.
    #[default]
    Sync,
    /// Link, but never create.
    LinkOnly,
    /// Leave alone.
    Off,
}

/// What to do when a linked contact was deleted in Capsule (design B30).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeletedInCapsule {
    /// Ask.
    #[default]
    Ask,
    /// Create it again, as the official integration does.
    Recreate,
    /// Put the ledger contact on the ignored list.
    Ignore,
}

/// Settings as the plan needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Setting `near_match`.
    pub near_match: NearMatch,
    /// Setting `same_name`.
    pub same_name: SameName,
    /// Setting `kashflow_edits`.
    pub kashflow_edits: KashFlowEdits,
    /// Setting `push_clears`.
    pub push_clears: PushClears,
    /// Setting `suppliers`.
    pub suppliers: Suppliers,
    /// Setting `deleted_in_capsule` (design B30).
    pub deleted_in_capsule: DeletedInCapsule,
    /// Setting `exclude_supplier_invoices`: bills are not requested, stored, counted or shown (design B22).
    pub exclude_supplier_invoices: bool,
    /// Setting `write_summary` (design B23).
    pub write_summary: bool,
    /// Setting `default_team`, as typed: a name or an id.
    pub default_team: Option<String>,
    /// The team that `default_team` names, once looked up.
    pub team: Option<TeamId>,
    /// Setting `sync_interval`: time between runs (design B33).
    pub sync_interval: Duration,
    /// Setting `keep_days`: how long journal entries and copies of ignored records are kept.
    pub keep_days: u32,
    /// Web addresses (design B24).
    pub web: WebAddresses,
}

/// Templates of web addresses; `{code}`, `{number}` and `{id}` are replaced, percent-encoded (design B24).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddresses {
    /// A customer, by `{code}`.
    pub customer: String,
    /// A supplier, by `{code}`.
    pub supplier: String,
    /// An invoice, by `{number}`.
    pub invoice: String,
    /// A bill, by `{number}`.
    pub bill: String,
    /// A Capsule contact, by `{subdomain}` and `{id}`.
    pub contact: String,
}

impl Default for WebAddresses {
    fn default() -> Self {
        Self {
            customer: "https://app.kashflow.com/v3/#/customers/{code}".into(),
            supplier: "https://app.kashflow.com/#suppliers/{code}".into(),
            invoice: "https://app.kashflow.com/#invoices/{number}".into(),
            bill: "https://app.kashflow.com/#purchases/{number}".into(),
            contact: "https://{subdomain}.capsulecrm.com/party/{id}".into(),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            near_match: NearMatch::default(),
            same_name: SameName::default(),
            kashflow_edits: KashFlowEdits::default(),
            push_clears: PushClears::default(),
            suppliers: Suppliers::default(),
            deleted_in_capsule: DeletedInCapsule::default(),
            exclude_supplier_invoices: false,
            write_summary: true,
            default_team: None,
            team: None,
            sync_interval: Duration::from_hours(2),
            keep_days: 400,
            web: WebAddresses::default(),
        }
    }
}

impl Policy {
    /// Whether a side is switched off: nothing of it is read, and nothing is known of it (setting `suppliers`).
    pub fn is_off(&self, side: Side) -> bool {
        side == Side::Supplier && self.suppliers == Suppliers::Off
    }
}

impl WebAddresses {
    /// Where KashFlow shows a customer or supplier.
    pub fn ledger(&self, side: Side, code: &str) -> String {
        let template = match side {
            Side::Customer => &self.customer,
            Side::Supplier => &self.supplier,
        };
        template.replace("{code}", &percent_encoded(code))
    }

    /// Where KashFlow shows an invoice (customer side) or bill.
    pub fn document(&self, side: Side, number: i64) -> String {
        let template = match side {
            Side::Customer => &self.invoice,
            Side::Supplier => &self.bill,
        };
        template.replace("{number}", &number.to_string())
    }

    /// Where Capsule shows a contact.
    pub fn contact(&self, subdomain: &str, id: ContactId) -> String {
        self.contact.replace("{subdomain}", &percent_encoded(subdomain)).replace("{id}", &id.0.to_string())
    }
}

/// Everything but letters, digits, `-`, `.`, `_` and `~` as `%XX` of its UTF-8 bytes (RFC 3986).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b24_addresses_are_built_from_templates_and_encoded_codes() {
        let web = WebAddresses::default();
        assert_eq!(
            web.ledger(Side::Customer, "A&B 1/2"),
            "https://app.kashflow.com/v3/#/customers/A%26B%201%2F2"
        );
        assert_eq!(web.document(Side::Supplier, 17), "https://app.kashflow.com/#purchases/17");
        assert_eq!(
            web.contact("brook/../side", ContactId(9)),
            "https://brook%2F..%2Fside.capsulecrm.com/party/9"
        );
    }
}
