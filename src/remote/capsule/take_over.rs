//! What a contact takes over from another one before a merge deletes that: rows, tags and field values that it does not
//! have (design B28). Ours are left out: they follow the link.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::client::CapsuleClient;
use super::map;
use super::refusal::Asked;
use crate::domain::contact::{Contact, SUMMARY_TAG, SummaryField};
use crate::domain::ids::ContactId;
use crate::domain::marker::WEBSITE_MARK;
use crate::domain::merged::{address_key, lacking};
use crate::domain::normalise::{email_key, phone_key, website_key};
use crate::ports::RemoteError;
use crate::remote::transport::Transport;

/// A list of rows: its key, what may be sent of a row, and how two rows are known to be the same.
type List = (&'static str, &'static [&'static str], fn(&Value) -> String);

const LISTS: [List; 4] = [
    ("emailAddresses", &["type", "address"], |row| email_key(text(row, "address"))),
    ("phoneNumbers", &["type", "number"], |row| phone_key(text(row, "number"))),
    ("websites", &["type", "service", "address"], |row| website_key(text(row, "address"))),
    ("addresses", &["type", "street", "city", "state", "zip", "country"], |row| {
        address_key(["street", "city", "state", "zip", "country"].map(|part| text(row, part)))
    }),
];

impl<T: Transport> CapsuleClient<T> {
    /// Adds to the kept contact what only the other one has, in one request; none where there is nothing to add.
    pub(super) async fn put_taken_over(
        &self,
        keep: ContactId,
        other: ContactId,
    ) -> Result<Contact, RemoteError> {
        // The one that is changed is looked at last (design B18).
        let gone = self.whole(other).await?;
        let kept = self.whole(keep).await?;
        match body(&kept, &gone) {
            Some(body) => self.put(self.exchange.change(), keep, &body).await,
            None => map::contact(kept).map_err(|message| RemoteError::Refused { message, field: None }),
        }
    }

    async fn whole(&self, id: ContactId) -> Result<Value, RemoteError> {
        let id = id.0.to_string();
        let (_, mut body) =
            self.get(Asked::Record, "contact", &["parties", &id], "embed=tags,fields").await?;
        Ok(body.get_mut("party").map(Value::take).unwrap_or_default())
    }
}

/// The body that adds it; none where nothing is missing.
fn body(keep: &Value, other: &Value) -> Option<Value> {
    let mut party = Map::new();
    for (key, parts, same) in LISTS {
        let theirs = rows(other, key).filter(|row| !text(row, "address").contains(WEBSITE_MARK));
        let missing = lacking(rows(keep, key), theirs, same);
        insert(&mut party, key, missing.into_iter().map(|row| copied(row, parts)).collect());
    }
    let tags: BTreeSet<String> = rows(keep, "tags").map(|tag| text(tag, "name").to_lowercase()).collect();
    let missing = rows(other, "tags")
        .map(|tag| text(tag, "name"))
        .filter(|name| !name.is_empty() && !name.trim().eq_ignore_ascii_case(SUMMARY_TAG))
        .filter(|name| !tags.contains(&name.to_lowercase()))
        .map(|name| json!({"name": name}));
    insert(&mut party, "tags", missing.collect());
    let has = |row: &Value| {
        rows(keep, "fields").any(|own| definition(own) == definition(row) && is_given(own.get("value")))
    };
    let missing = rows(other, "fields")
        .filter(|row| is_given(row.get("value")) && !has(row))
        .filter(|row| {
            row.pointer("/definition/name")
                .and_then(Value::as_str)
                .is_none_or(|name| SummaryField::from_name(name).is_none())
        })
        .filter_map(|row| Some(json!({"definition": {"id": definition(row)?}, "value": row.get("value")?})));
    insert(&mut party, "fields", missing.collect());
    if !is_given(keep.get("about"))
        && let Some(about) = other.get("about").filter(|about| is_given(Some(about)))
    {
        party.insert("about".into(), about.clone());
    }
    (!party.is_empty()).then(|| json!({"party": party}))
}

fn rows<'a>(party: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    party.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn definition(row: &Value) -> Option<i64> {
    row.pointer("/definition/id").and_then(Value::as_i64)
}

fn is_given(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => true,
    }
}

/// A new row: without its id, and without what Capsule adds to it.
fn copied(row: &Value, parts: &[&str]) -> Value {
    let given = parts.iter().filter_map(|part| {
        let value = row.get(*part).filter(|value| !value.is_null())?;
        Some(((*part).to_owned(), value.clone()))
    });
    Value::Object(given.collect())
}

fn insert(party: &mut Map<String, Value>, key: &str, rows: Vec<Value>) {
    if !rows.is_empty() {
        party.insert(key.into(), Value::Array(rows));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b28_only_what_is_missing_is_taken_over_and_nothing_of_ours() {
        let keep = json!({
            "about": "Ours", "emailAddresses": [{"id": 1, "type": "Work", "address": "A@x.example"}],
            "phoneNumbers": [{"id": 2, "type": "Work", "number": "020 7946 0000"}],
            "websites": [], "addresses": [{"id": 3, "street": "1 High St", "city": "York", "country": "United Kingdom"}],
            "tags": [{"id": 4, "name": "vip"}],
            "fields": [{"id": 5, "definition": {"id": 50, "name": "Region"}, "value": "North"},
                {"id": 6, "definition": {"id": 51, "name": "Size"}, "value": null}],
        });
        let other = json!({
            "about": "Theirs",
            "emailAddresses": [{"id": 11, "address": "a@X.example"}, {"id": 12, "type": "Home", "address": "b@x.example"}],
            "phoneNumbers": [{"id": 13, "number": "+44 20 7946 0000"}, {"id": 14, "type": "Fax", "number": "0113 1"}],
            "websites": [{"id": 15, "service": "URL", "address": "x.example", "url": "https://x.example"},
                {"id": 16, "service": "URL", "address": format!("https://x.example{WEBSITE_MARK}kf:1")}],
            "addresses": [{"id": 17, "street": "1 high st", "city": "York", "country": "United Kingdom"},
                {"id": 18, "type": "Office", "street": "2 Low St", "city": null}],
            "tags": [{"id": 19, "name": "VIP"}, {"id": 20, "name": "Charity"}, {"id": 21, "name": SUMMARY_TAG}],
            "fields": [{"id": 22, "definition": {"id": 50, "name": "Region"}, "value": "South"},
                {"id": 23, "definition": {"id": 51, "name": "Size"}, "value": 7},
                {"id": 24, "definition": {"id": 52, "name": SummaryField::Id.name()}, "value": "kf:1"}],
        });
        let wanted = json!({"party": {
            "emailAddresses": [{"type": "Home", "address": "b@x.example"}],
            "phoneNumbers": [{"type": "Fax", "number": "0113 1"}],
            "websites": [{"service": "URL", "address": "x.example"}],
            "addresses": [{"type": "Office", "street": "2 Low St"}],
            "tags": [{"name": "Charity"}],
            "fields": [{"definition": {"id": 51}, "value": 7}],
        }});
        assert_eq!(body(&keep, &other), Some(wanted));
        assert_eq!(body(&keep, &keep), None);
    }
}
