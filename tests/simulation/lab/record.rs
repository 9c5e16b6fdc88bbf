//! Records as the oracle sees them: mapped values and everything else, worked out here from what the services hold and not
//! by the code that is being judged.

use std::collections::BTreeMap;

use kashsync::domain::ids::{LedgerRef, Side};
use kashsync::sim::kashflow::{Address, ContactPerson, LedgerContact};
use serde_json::{Value, json};

/// A mapped value. The address is judged by its first line and its postcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Name,
    Email,
    Phone,
    Fax,
    Mobile,
    Website,
    Street,
    Postcode,
}

impl What {
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Fax,
        Self::Mobile,
        Self::Website,
        Self::Street,
        Self::Postcode,
    ];

    /// The list in Capsule that holds it, its key there, and the row's type.
    pub fn row(self) -> Option<(&'static str, &'static str, Option<&'static str>)> {
        match self {
            Self::Name => None,
            Self::Email => Some(("emailAddresses", "address", None)),
            Self::Phone => Some(("phoneNumbers", "number", Some("Work"))),
            Self::Fax => Some(("phoneNumbers", "number", Some("Fax"))),
            Self::Mobile => Some(("phoneNumbers", "number", Some("Mobile"))),
            Self::Website => Some(("websites", "address", None)),
            Self::Street => Some(("addresses", "street", None)),
            Self::Postcode => Some(("addresses", "zip", None)),
        }
    }

    /// The name in KashFlow.
    pub fn key(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Email => "Email",
            Self::Phone => "Telephone",
            Self::Fax => "Fax",
            Self::Mobile => "Mobile",
            Self::Website => "Website",
            Self::Street => "Line1",
            Self::Postcode => "PostCode",
        }
    }
}

/// Mapped values of a record; an empty text means that there is none.
pub type Mapped = BTreeMap<What, String>;

/// The row of a party that is mapped, if there is one.
pub fn mapped_row(party: &Value, what: What) -> Option<&Value> {
    let (list, key, kind) = what.row()?;
    party[list].as_array()?.iter().find(|row| match what {
        What::Phone => !matches!(row["type"].as_str(), Some("Fax" | "Mobile")),
        What::Mobile | What::Fax => row["type"].as_str() == kind,
        What::Website => {
            row["service"] == "URL" && !row[key].as_str().unwrap_or_default().contains("#kashsync:")
        }
        What::Name | What::Email | What::Street | What::Postcode => true,
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name of a party as people see it.
pub fn party_name(party: &Value) -> String {
    if party["type"] == "person" {
        format!("{} {}", text(&party["firstName"]), text(&party["lastName"])).trim().to_owned()
    } else {
        text(&party["name"])
    }
}

/// Mapped values of a party.
pub fn of_party(party: &Value) -> Mapped {
    let value = |what: What| match what.row() {
        None => party_name(party),
        Some((_, key, _)) => mapped_row(party, what).map(|row| text(&row[key])).unwrap_or_default(),
    };
    What::ALL.map(|what| (what, value(what))).into()
}

/// What hangs on a party and is not mapped: values by name, and rows by list.
pub fn rest_of_party(party: &Value) -> (Value, BTreeMap<&'static str, Vec<Value>>) {
    let ids: Vec<i64> =
        What::ALL.iter().filter_map(|what| mapped_row(party, *what)?["id"].as_i64()).collect();
    let mut rows = BTreeMap::new();
    for list in ["emailAddresses", "phoneNumbers", "websites", "addresses"] {
        let all = party[list].as_array().cloned().unwrap_or_default();
        let own = |row: &Value| row["address"].as_str().is_some_and(|text| text.contains("#kashsync:"));
        let others =
            all.into_iter().filter(|row| !ids.contains(&row["id"].as_i64().unwrap_or(0)) && !own(row));
        rows.insert(list, others.collect());
    }
    let is_ours = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("KashFlow"));
    let tags: Vec<&Value> =
        party["tags"].as_array().into_iter().flatten().filter(|tag| !is_ours(&tag["name"])).collect();
    let fields: Vec<&Value> = party["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|field| !is_ours(&field["definition"]["name"]))
        .collect();
    let values = json!({
        "about": party["about"], "title": party["title"], "jobTitle": party["jobTitle"], "owner": party["owner"]["id"],
        "team": party["team"]["id"], "organisation": party["organisation"]["id"], "tags": tags, "fields": fields,
    });
    (values, rows)
}

/// The markers that a party carries: our field's words, and the marker website's fragment.
pub fn markers(party: &Value) -> Vec<String> {
    let fields = party["fields"].as_array().into_iter().flatten();
    let own = fields.filter(|field| field["definition"]["name"] == "KashFlow ID");
    let mut all: Vec<String> = own
        .flat_map(|field| {
            field["value"].as_str().unwrap_or_default().split(' ').map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| word.starts_with("kf:"))
        .collect();
    for row in party["websites"].as_array().into_iter().flatten() {
        if let Some((_, marker)) = row["address"].as_str().and_then(|text| text.split_once("#kashsync:")) {
            all.push(marker.to_owned());
        }
    }
    all
}

/// The ledger contact that a marker of our company names.
pub fn of_marker(marker: &str) -> Option<LedgerRef> {
    let mut parts = marker.rsplit(':');
    let id: i64 = parts.next()?.parse().ok()?;
    match parts.next()? {
        "customer" => Some(LedgerRef::customer(id)),
        "supplier" => Some(LedgerRef::supplier(id)),
        _ => None,
    }
}

/// How we call a ledger contact of the simulator.
pub fn reference(ledger: &LedgerContact) -> LedgerRef {
    match side(ledger) {
        Side::Customer => LedgerRef::customer(ledger.id),
        Side::Supplier => LedgerRef::supplier(ledger.id),
    }
}

fn side(ledger: &LedgerContact) -> Side {
    if ledger.side.name() == "Customer" { Side::Customer } else { Side::Supplier }
}

/// Mapped values of a ledger contact.
pub fn of_ledger(ledger: &LedgerContact) -> Mapped {
    let none = ContactPerson::default();
    let person = ledger.primary().unwrap_or(&none);
    let nowhere = Address::default();
    let address = ledger.addresses.first().unwrap_or(&nowhere);
    let given = |value: &Option<String>| text(&json!(value.as_deref().unwrap_or_default()));
    let email = given(&person.email).split([';', ',', ' ']).next().unwrap_or_default().to_owned();
    let values = [
        (What::Name, text(&json!(ledger.name))),
        (What::Email, email),
        (What::Phone, given(&person.telephone)),
        (What::Fax, given(&person.fax)),
        (What::Mobile, given(&person.mobile)),
        (What::Website, given(&person.website)),
        (What::Street, given(&address.lines[0])),
        (What::Postcode, given(&address.post_code)),
    ];
    values.into()
}

/// A ledger contact with everything that is mapped blanked; `person`: the Contact Person's name is mapped too.
pub fn rest_of_ledger(ledger: &LedgerContact, person: bool) -> LedgerContact {
    let mut rest = ledger.clone();
    rest.name = String::new();
    rest.updated = jiff::Timestamp::UNIX_EPOCH;
    // The service's own, made when the record is first shown.
    rest.other.remove("CustomerKey");
    let primary = rest.primary().map(|row| row.id);
    for row in rest.people.iter_mut().filter(|row| Some(row.id) == primary) {
        *row = ContactPerson {
            telephone: None,
            fax: None,
            mobile: None,
            website: None,
            email: None,
            ..row.clone()
        };
        if person {
            (row.name, row.first_name, row.last_name) = (None, None, None);
        }
    }
    if let Some(first) = rest.addresses.first_mut() {
        *first = Address::default();
    }
    rest
}

/// The addresses in the one e-mail field, the mapped one first.
pub fn emails(ledger: &LedgerContact) -> Vec<String> {
    let all = ledger.primary().and_then(|person| person.email.clone()).unwrap_or_default();
    all.split([';', ',', ' ']).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

/// Whether two values of one kind mean the same (design B14).
pub fn same(what: What, left: &str, right: &str) -> bool {
    let digits = |text: &str| {
        let text = text.replace("+44", "0");
        text.chars().filter(char::is_ascii_digit).collect::<String>()
    };
    match what {
        What::Email => left.to_lowercase() == right.to_lowercase(),
        What::Phone | What::Fax | What::Mobile => digits(left) == digits(right),
        What::Website => {
            let bare = |text: &str| {
                let text = text.trim_start_matches("https://").trim_start_matches("http://");
                text.trim_end_matches('/').to_lowercase()
            };
            bare(left) == bare(right)
        }
        What::Postcode => left.replace(' ', "").to_lowercase() == right.replace(' ', "").to_lowercase(),
        What::Name | What::Street => text(&json!(left)) == text(&json!(right)),
    }
}
