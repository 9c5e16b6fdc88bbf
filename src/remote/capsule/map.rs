//! From Capsule's wire records to contacts of the domain.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::wire::{FieldWire, PartyWire, TagWire};
use crate::domain::contact::{
    AddressRow, Contact, ContactKind, EmailRow, Employer, PhoneKind, PhoneRow, SUMMARY_TAG, Summary,
    SummaryField, WebsiteRow,
};
use crate::domain::ids::{ContactId, RowId};
use crate::remote::json;

/// A contact, or one sentence on why the record makes no sense.
pub(super) fn contact(value: Value) -> Result<Contact, String> {
    let name = called(&value);
    json::record::<PartyWire>(value)
        .and_then(from_party)
        .map_err(|why| format!("Capsule contact {name}: {why}"))
}

/// What people can recognise a record by when it cannot be read.
fn called(value: &Value) -> String {
    let text = |key: &str| value.get(key).and_then(json::word);
    let name = text("name").or_else(|| text("lastName"));
    match (name, text("id")) {
        (Some(name), Some(id)) => format!("\"{}\" (id {})", json::quote(&name), json::quote(&id)),
        (Some(name), None) => format!("\"{}\"", json::quote(&name)),
        (None, Some(id)) => format!("with id {}", json::quote(&id)),
        (None, None) => "without name and id".to_owned(),
    }
}

fn from_party(party: PartyWire) -> Result<Contact, String> {
    let restricted = party.is_restricted.unwrap_or(false);
    let kind = match party.r#type.as_str() {
        "organisation" => ContactKind::Organisation {
            name: party.name.unwrap_or_default(),
        },
        "person" => ContactKind::Person {
            first: party.first_name.unwrap_or_default(),
            last: party.last_name.unwrap_or_default(),
            employer: party.organisation.map(|organisation| Employer {
                id: ContactId(organisation.id),
                name: organisation.name.unwrap_or_default(),
            }),
        },
        other => return Err(format!("unknown type \"{}\"", json::quote(other))),
    };
    let updated_at = match party.updated_at {
        Some(text) => {
            instant(&text).ok_or_else(|| format!("updatedAt \"{}\" is no time", json::quote(&text)))?
        }
        // A masked record tells next to nothing of itself (capsule-api 5.2); nothing of it is ever used.
        None if restricted => Timestamp::UNIX_EPOCH,
        None => return Err("updatedAt is missing".into()),
    };
    Ok(Contact {
        id: ContactId(party.id),
        kind,
        emails: rows(party.email_addresses, |row| EmailRow {
            id: RowId(row.id),
            address: row.address.unwrap_or_default(),
        }),
        phones: rows(party.phone_numbers, |row| PhoneRow {
            id: RowId(row.id),
            kind: phone_kind(row.r#type.as_deref()),
            number: row.number.unwrap_or_default(),
        }),
        websites: rows(party.websites, |row| WebsiteRow {
            id: RowId(row.id),
            // Capsule's own default (capsule-api 6.3).
            is_url: row
                .service
                .is_none_or(|service| service.eq_ignore_ascii_case("URL")),
            address: row.address.unwrap_or_default(),
        }),
        addresses: rows(party.addresses, |row| AddressRow {
            id: RowId(row.id),
            street: row.street.unwrap_or_default(),
            city: row.city.unwrap_or_default(),
            state: row.state.unwrap_or_default(),
            postcode: row.zip.unwrap_or_default(),
            country: row.country.unwrap_or_default(),
        }),
        summary: Summary {
            tagged: party.tags.iter().flatten().any(is_summary_tag),
            values: values(party.fields.unwrap_or_default()),
        },
        restricted,
        updated_at,
        last_contacted: party.last_contacted_at.as_deref().and_then(instant),
    })
}

/// Whether it is our tag; Capsule finds tags by name without case (capsule-api 8.1).
pub(super) fn is_summary_tag(tag: &TagWire) -> bool {
    tag.name
        .as_deref()
        .is_some_and(|name| name.trim().eq_ignore_ascii_case(SUMMARY_TAG))
}

/// An instant in any RFC 3339 form (capsule-api 5.1).
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

fn rows<W, R>(wire: Option<Vec<W>>, row: impl Fn(W) -> R) -> Vec<R> {
    wire.into_iter().flatten().map(row).collect()
}

fn phone_kind(label: Option<&str>) -> PhoneKind {
    match label {
        Some(label) if label.eq_ignore_ascii_case("Fax") => PhoneKind::Fax,
        Some(label) if label.eq_ignore_ascii_case("Mobile") => PhoneKind::Mobile,
        Some(_) | None => PhoneKind::Other,
    }
}

/// Our fields' values by field. Where a second definition has the same name, the one of a DataTag counts.
fn values(fields: Vec<FieldWire>) -> BTreeMap<SummaryField, String> {
    let mut values = BTreeMap::new();
    let (tagged, plain): (Vec<_>, Vec<_>) = fields.into_iter().partition(|field| field.tag_id.is_some());
    for field in tagged.into_iter().chain(plain) {
        let Some(name) = field.definition.and_then(|definition| definition.name) else {
            continue;
        };
        let (Some(known), Some(text)) = (SummaryField::from_name(&name), json::word(&field.value)) else {
            continue;
        };
        let text = text.trim();
        if !text.is_empty() {
            values.entry(known).or_insert_with(|| text.to_owned());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn full() -> Value {
        json!({
            "id": 20555, "type": "organisation", "about": null, "name": "Harrow Bakery Ltd",
            "createdAt": "2025-02-03T09:12:40Z", "updatedAt": "2026-11-18T16:31:07Z",
            "lastContactedAt": "2026-10-30T11:00:00Z", "enrichment": {"x": 1},
            "owner": {"id": 61, "username": "priya"}, "team": null, "pictureURL": "https://cdn.example/org.svg",
            "addresses": [{"id": 55010, "type": "Office", "street": "Unit 4\nMill Lane", "city": "Harrow",
                "state": "Middlesex", "zip": "HA1 2AB", "country": "United Kingdom"}],
            "phoneNumbers": [{"id": 1, "type": "Work", "number": "020 7946 0321"}, {"id": 2, "type": "Fax", "number": "2"},
                {"id": 3, "type": "mobile", "number": "3"}, {"id": 4, "type": null, "number": "4"}],
            "websites": [{"id": 55030, "type": null, "service": "URL", "address": "harrowbakery.example", "url": "http://x"},
                {"id": 55031, "service": "TWITTER", "address": "harrow"}],
            "emailAddresses": [{"id": 55040, "type": null, "address": "accounts@harrowbakery.example"}],
            "tags": [{"id": 9, "name": "Retail", "dataTag": false}, {"id": 1520, "name": "kashflow ", "dataTag": true}],
            "fields": [
                {"id": 7000, "definition": {"id": 700, "name": "KashFlow code"}, "value": "OLD"},
                {"id": 7001, "definition": {"id": 812, "name": "KashFlow code"}, "value": " HARROW01 ", "tagId": 1520},
                {"id": 7002, "definition": {"id": 813, "name": "KashFlow balance"}, "value": "310.00", "tagId": 1520},
                {"id": 7003, "definition": {"id": 814, "name": "KashFlow overdue"}, "value": 1250.75, "tagId": 1520},
                {"id": 7004, "definition": {"id": 815, "name": "KashFlow status"}, "value": "  ", "tagId": 1520},
                {"id": 7005, "definition": {"id": 900, "name": "Shoe size"}, "value": 44},
                {"id": 7006, "definition": {"id": 901, "name": "Likes tea"}, "value": true}]
        })
    }

    #[test]
    fn every_row_of_an_organisation_is_taken() {
        let contact = contact(full()).unwrap();
        assert_eq!(contact.id, ContactId(20555));
        assert_eq!(contact.name(), "Harrow Bakery Ltd");
        assert_eq!(
            contact.phones.iter().map(|row| row.kind).collect::<Vec<_>>(),
            [
                PhoneKind::Other,
                PhoneKind::Fax,
                PhoneKind::Mobile,
                PhoneKind::Other
            ]
        );
        assert_eq!(
            contact.websites.iter().map(|row| row.is_url).collect::<Vec<_>>(),
            [true, false]
        );
        assert_eq!(contact.addresses.first().unwrap().postcode, "HA1 2AB");
        assert_eq!(contact.emails.first().unwrap().id, RowId(55040));
        assert_eq!(contact.updated_at, "2026-11-18T16:31:07Z".parse().unwrap());
        assert_eq!(
            contact.last_contacted,
            Some("2026-10-30T11:00:00Z".parse().unwrap())
        );
        assert!(!contact.restricted);
    }

    #[test]
    fn b23_our_fields_are_found_by_name_and_trimmed() {
        let summary = contact(full()).unwrap().summary;
        assert!(summary.tagged);
        assert_eq!(
            summary.values.into_iter().collect::<Vec<_>>(),
            [
                (SummaryField::Code, "HARROW01".to_owned()),
                (SummaryField::Balance, "310.00".to_owned()),
                (SummaryField::Overdue, "1250.75".to_owned()),
            ]
        );
    }

    #[test]
    fn a_person_with_little_on_record_is_read() {
        let read = contact(json!({
            "id": 20556, "type": "person", "firstName": "Tomos", "lastName": null,
            "updatedAt": "2025-02-03T09:15:02Z", "addresses": null,
            "organisation": {"id": 20555, "type": "organisation", "name": "Harrow Bakery Ltd", "pictureURL": null}
        }))
        .unwrap();
        assert_eq!(read.name(), "Tomos");
        assert_eq!(read.employer().unwrap().id, ContactId(20555));
        assert_eq!(read.summary, Summary::default());
        assert!(read.phones.is_empty() && !read.is_candidate());
    }

    #[test]
    fn b5_a_masked_record_is_restricted() {
        let read =
            contact(json!({"id": 31055, "type": "organisation", "name": "Private", "isRestricted": true}))
                .unwrap();
        assert!(read.restricted && !read.is_candidate());
    }

    #[test]
    fn a_record_that_makes_no_sense_is_named() {
        for (value, words) in [
            (
                json!({"id": 7, "type": "robot", "name": "R2", "updatedAt": "2025-02-03T09:15:02Z"}),
                "\"R2\" (id 7): unknown type",
            ),
            (
                json!({"id": 7, "type": "person", "lastName": "Lee"}),
                "\"Lee\" (id 7): updatedAt is missing",
            ),
            (
                json!({"id": 7, "type": "person", "updatedAt": "now"}),
                "with id 7: updatedAt \"now\" is no time",
            ),
            (
                json!({"id": "x", "type": "person", "updatedAt": "2025-02-03T09:15:02Z"}),
                "with id x: ",
            ),
            (
                json!({"type": "person"}),
                "without name and id: missing field `id`",
            ),
            (
                json!({"id": 7, "type": "person", "phoneNumbers": 5}),
                "with id 7: invalid type",
            ),
            (json!(null), "without name and id"),
        ] {
            let why = contact(value).unwrap_err();
            assert!(
                why.starts_with("Capsule contact ") && why.contains(words),
                "{why}"
            );
        }
    }
}
