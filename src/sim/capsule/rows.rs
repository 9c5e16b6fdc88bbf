//! Child rows and their edit lists (capsule-api 6.3, 7.7.3).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::countries::country_name;
use super::json::text;
use super::refusal::{Fault, Refusal};
use super::{Capsule, Counter};

/// A row of a list on a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: i64,
    values: BTreeMap<&'static str, Option<String>>,
}

/// What a kind of row looks like.
#[derive(Debug)]
pub(super) struct RowKind {
    /// `resource` of its errors.
    pub(super) resource: &'static str,
    keys: &'static [&'static str],
    required: Option<&'static str>,
    types: &'static [&'static str],
}

pub(super) const ADDRESS: RowKind = RowKind {
    resource: "address",
    keys: &["type", "street", "city", "state", "country", "zip"],
    required: None,
    types: &["Home", "Postal", "Office"],
};
pub(super) const PHONE: RowKind = RowKind {
    resource: "phoneNumber",
    keys: &["type", "number"],
    required: Some("number"),
    types: &["Home", "Work", "Mobile", "Fax", "Direct"],
};
pub(super) const EMAIL: RowKind = RowKind {
    resource: "emailAddress",
    keys: &["type", "address"],
    required: Some("address"),
    types: &["Home", "Work"],
};
pub(super) const WEBSITE: RowKind = RowKind {
    resource: "website",
    keys: &["type", "service", "address"],
    required: Some("address"),
    types: &["Home", "Work"],
};

const SERVICES: &[&str] = &[
    "URL",
    "SKYPE",
    "TWITTER",
    "LINKED_IN",
    "FACEBOOK",
    "XING",
    "FEED",
    "GOOGLE_PLUS",
    "FLICKR",
    "GITHUB",
    "YOUTUBE",
    "INSTAGRAM",
    "PINTEREST",
    "TIKTOK",
    "THREADS",
    "BLUESKY",
    "SNAPCHAT",
];

/// Longest text of a row (capsule-api 6.2, SIM).
const LONGEST: usize = 255;

impl Row {
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.as_deref()
    }

    pub(super) fn show(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("id".into(), json!(self.id));
        for (key, value) in &self.values {
            shown.insert((*key).into(), text(value.as_deref()));
        }
        Value::Object(shown)
    }

    /// A website also shows the address made whole (capsule-api 6.3).
    pub(super) fn show_website(&self) -> Value {
        let mut shown = self.show();
        let address = self.value("address").unwrap_or_default();
        let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("url".into(), json!(url));
        }
        shown
    }
}

/// What an edit list did.
#[derive(Debug, Default)]
pub(super) struct Edited {
    pub(super) rows: Vec<Row>,
    /// Something was said, even if it changed nothing: the record counts as updated.
    pub(super) touched: bool,
    pub(super) faults: Vec<Fault>,
}

impl Capsule {
    /// Carries out an edit list: no id = add, id = change, id and `_delete` = remove, `[]` = nothing (capsule-api 7.7.3).
    pub(super) fn edit_rows(
        &mut self,
        rows: &[Row],
        list: Option<&Value>,
        kind: &RowKind,
    ) -> Result<Edited, Refusal> {
        let mut edited = Edited { rows: rows.to_vec(), ..Edited::default() };
        for element in list.and_then(Value::as_array).into_iter().flatten() {
            let Some(element) = element.as_object() else {
                return Err(Refusal::plain(400, "Malformed JSON"));
            };
            edited.touched = true;
            match element.get("id").and_then(Value::as_i64) {
                Some(id) if element.get("_delete").and_then(Value::as_bool) == Some(true) => {
                    let place = edited.rows.iter().position(|row| row.id == id);
                    let place = place.ok_or_else(|| Refusal::not_found(kind.resource))?;
                    edited.rows.remove(place);
                }
                Some(id) => {
                    let row = edited.rows.iter_mut().find(|row| row.id == id);
                    let row = row.ok_or_else(|| Refusal::not_found(kind.resource))?;
                    self.fill(row, element, kind, &mut edited.faults);
                }
                None => {
                    let values = kind.keys.iter().map(|key| (*key, None)).collect();
                    let mut row = Row { id: self.next_id(Counter::Row), values };
                    if kind.keys.contains(&"service") {
                        row.values.insert("service", Some("URL".into()));
                    }
                    self.fill(&mut row, element, kind, &mut edited.faults);
                    edited.rows.push(row);
                }
            }
        }
        Ok(edited)
    }

    fn fill(&self, row: &mut Row, element: &Map<String, Value>, kind: &RowKind, faults: &mut Vec<Fault>) {
        for key in kind.keys {
            let Some(value) = element.get(*key) else { continue };
            let value = value.as_str().map(str::to_owned).filter(|value| !value.trim().is_empty());
            match self.checked(key, value, kind) {
                Ok(value) => drop(row.values.insert(key, value)),
                Err(fault) => faults.push(fault),
            }
        }
        if let Some(required) = kind.required
            && row.value(required).is_none()
        {
            faults.push(Fault::new(&format!("{required} is required"), kind.resource, required));
        }
    }

    fn checked(&self, key: &str, value: Option<String>, kind: &RowKind) -> Result<Option<String>, Fault> {
        let Some(value) = value else { return Ok(None) };
        let fault = |message: &str| Err(Fault::new(message, kind.resource, key));
        match key {
            "type" if !self.options.any_row_type && !kind.types.contains(&value.as_str()) => {
                fault(&format!("invalid type, options are: {}", kind.types.join(", ")))
            }
            "service" if !SERVICES.contains(&value.as_str()) => {
                fault(&format!("invalid service, options are: {}", SERVICES.join(", ")))
            }
            "country" => country_name(&value)
                .map_or_else(|| fault("unknown country"), |name| Ok(Some(name.to_owned()))),
            "address" if kind.resource == "emailAddress" && !is_email(&value) => {
                fault("invalid email address")
            }
            "street" => Ok(Some(value)),
            _ if value.chars().count() > LONGEST => fault("is too long"),
            _ => Ok(Some(value)),
        }
    }
}

/// Something, one `@`, something with a dot; no blanks.
fn is_email(address: &str) -> bool {
    let parts: Vec<&str> = address.split('@').collect();
    matches!(parts.as_slice(), [local, host] if !local.is_empty() && host.contains('.') && !host.starts_with('.'))
        && !address.contains(char::is_whitespace)
}
