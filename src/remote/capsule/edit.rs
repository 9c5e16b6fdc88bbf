//! A change of contact details as one body of edit lists, row by row (design B17; capsule-api 7.7).
//!
//! Only what changes is named: a row without its id would be added, and a key that is left out stays.

use serde_json::{Map, Value, json};

use crate::domain::address;
use crate::domain::contact::{AddressRow, Contact, ContactKind, PhoneKind};
use crate::domain::country;
use crate::domain::details::{Field, PostalAddress};
use crate::domain::edit::{Edit, split_name};
use crate::domain::ids::RowId;
use crate::domain::marker::WEBSITE_MARK;
use crate::domain::normalise::collapsed;

/// The body that brings a contact, as just read, to the edit's values; `None` when it has them already.
pub(super) fn change(current: &Contact, edit: &Edit) -> Option<Value> {
    let mut party = Map::new();
    let mut phones = Vec::new();
    for field in &edit.fields {
        let value = edit.values.text(*field);
        match field {
            Field::Name => name(&current.kind, &value, &mut party),
            Field::Email => {
                let rows = current.emails.iter().map(|row| (row.id, row.address.as_str()));
                put_rows(&mut party, "emailAddresses", line(rows, "address", &value, &[]));
            }
            Field::Phone => phones.extend(phone(current, PhoneKind::Other, "Work", &value)),
            Field::Fax => phones.extend(phone(current, PhoneKind::Fax, "Fax", &value)),
            Field::Mobile => phones.extend(phone(current, PhoneKind::Mobile, "Mobile", &value)),
            Field::Website => {
                let rows = current.websites.iter().filter(|row| row.is_url);
                let rows = rows.filter(|row| !row.address.contains(WEBSITE_MARK));
                let rows = rows.map(|row| (row.id, row.address.as_str()));
                put_rows(&mut party, "websites", line(rows, "address", &value, &[("service", "URL")]));
            }
            Field::Address => {
                put_rows(&mut party, "addresses", postal(&current.addresses, &edit.values.address));
            }
            // Capsule has people, not a Contact Person.
            Field::ContactPerson => {}
        }
    }
    put_rows(&mut party, "phoneNumbers", phones);
    (!party.is_empty()).then(|| json!({"party": party}))
}

fn put_rows(party: &mut Map<String, Value>, key: &str, rows: impl IntoIterator<Item = Value>) {
    let rows: Vec<Value> = rows.into_iter().collect();
    if !rows.is_empty() {
        party.insert(key.into(), Value::Array(rows));
    }
}

/// A contact always has a name: an empty one is not written.
fn name(kind: &ContactKind, value: &str, party: &mut Map<String, Value>) {
    if value.trim().is_empty() {
        return;
    }
    match kind {
        ContactKind::Organisation { name } => {
            if collapsed(name) != collapsed(value) {
                party.insert("name".into(), json!(value));
            }
        }
        ContactKind::Person { first, last, .. } => {
            let (new_first, new_last) = split_name(first, last, value);
            for (key, before, after) in [("firstName", first, new_first), ("lastName", last, new_last)] {
                if collapsed(before) != after {
                    party.insert(key.into(), text(&after));
                }
            }
        }
    }
}

fn phone(current: &Contact, kind: PhoneKind, label: &str, value: &str) -> Option<Value> {
    let rows = current.phones.iter().filter(|row| row.kind == kind);
    line(rows.map(|row| (row.id, row.number.as_str())), "number", value, &[("type", label)])
}

/// The change of the first of these rows to that value; a row that is missing is added with `extra`. Where the next row
/// holds the value already, the first one goes instead of becoming a second copy of it.
fn line<'a>(
    rows: impl Iterator<Item = (RowId, &'a str)>,
    key: &str,
    value: &str,
    extra: &[(&str, &str)],
) -> Option<Value> {
    let mut rows = rows;
    let Some((id, before)) = rows.next() else {
        if value.is_empty() {
            return None;
        }
        let mut row: Map<String, Value> =
            extra.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        row.insert(key.into(), json!(value));
        return Some(Value::Object(row));
    };
    let is_next = rows.next().is_some_and(|(_, next)| collapsed(next) == collapsed(value));
    if collapsed(before) == collapsed(value) {
        None
    } else if value.is_empty() || is_next {
        Some(gone(id))
    } else {
        Some(json!({"id": id.0, key: value}))
    }
}

fn gone(id: RowId) -> Value {
    json!({"id": id.0, "_delete": true})
}

/// As [`line`], for the first address. Only parts that differ are named.
fn postal(rows: &[AddressRow], value: &PostalAddress) -> Option<Value> {
    let draft = address::to_capsule(value);
    let Some(first) = rows.first() else {
        let parts = [
            ("street", &draft.street),
            ("city", &draft.city),
            ("state", &draft.state),
            ("zip", &draft.postcode),
            ("country", &draft.country),
        ];
        let row: Map<String, Value> = parts
            .into_iter()
            .filter(|(_, part)| !part.is_empty())
            .map(|(key, part)| (key.to_owned(), json!(part)))
            .collect();
        return (!row.is_empty()).then_some(Value::Object(row));
    };
    if value.is_empty() {
        return Some(gone(first.id));
    }
    let before = address::from_capsule(first);
    if before == *value {
        return None;
    }
    if rows.get(1).is_some_and(|next| address::from_capsule(next) == *value) {
        return Some(gone(first.id));
    }
    let mut row = Map::new();
    if before.lines != value.lines {
        for (key, old, new) in [
            ("street", &first.street, &draft.street),
            ("city", &first.city, &draft.city),
            ("state", &first.state, &draft.state),
        ] {
            if old != new {
                row.insert(key.into(), text(new));
            }
        }
    }
    if before.postcode != value.postcode {
        row.insert("zip".into(), text(&draft.postcode));
    }
    if before.country != value.country && !keeps_country(&before.country, value, &draft.country) {
        row.insert("country".into(), text(&draft.country));
    }
    if row.is_empty() {
        return None;
    }
    row.insert("id".into(), json!(first.id.0));
    Some(Value::Object(row))
}

/// Whether the country stays as it is: the new one is none that Capsule knows and would cost the whole write (capsule-api
/// 6.3), or none is given, which means the UK (design B14).
fn keeps_country(before: &str, value: &PostalAddress, known: &str) -> bool {
    let is_unknown = known.is_empty() && !value.country.is_empty();
    is_unknown || (value.country.is_empty() && country::code_of(before) == Some("GB"))
}

/// An emptied text goes out as null (capsule-api 7.7.2).
fn text(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::contact::{EmailRow, PhoneRow, Summary, WebsiteRow};
    use crate::domain::details::Details;
    use crate::domain::ids::ContactId;

    fn organisation() -> Contact {
        let phone = |id, kind, number: &str| PhoneRow { id: RowId(id), kind, number: number.into() };
        let email = |id, address: &str| EmailRow { id: RowId(id), address: address.into() };
        Contact {
            id: ContactId(7),
            kind: ContactKind::Organisation { name: "Pennine Roofing Ltd".into() },
            emails: vec![email(1, "office@x.example"), email(2, "sales@x.example")],
            phones: vec![
                phone(11, PhoneKind::Fax, "0113 2"),
                phone(12, PhoneKind::Other, "0113 1"),
                phone(13, PhoneKind::Other, "0113 9"),
            ],
            websites: vec![
                WebsiteRow { id: RowId(20), is_url: false, address: "@pennine".into() },
                WebsiteRow {
                    id: RowId(21),
                    is_url: true,
                    address: "k.example#kashsync:kf:00000000:customer:1".into(),
                },
                WebsiteRow { id: RowId(22), is_url: true, address: "pennine.example".into() },
            ],
            addresses: vec![
                row(30, "12 Canal Road", "Leeds", "LS12 2PU"),
                row(31, "PO Box 1", "Leeds", "LS1"),
            ],
            summary: Summary::default(),
            restricted: false,
            updated_at: jiff::Timestamp::UNIX_EPOCH,
            last_contacted: None,
        }
    }

    fn row(id: i64, street: &str, city: &str, postcode: &str) -> AddressRow {
        AddressRow {
            id: RowId(id),
            street: street.into(),
            city: city.into(),
            state: String::new(),
            postcode: postcode.into(),
            country: "United Kingdom".into(),
        }
    }

    fn lines(lines: &[&str], postcode: &str, country: &str) -> PostalAddress {
        PostalAddress {
            lines: lines.iter().map(ToString::to_string).collect(),
            postcode: postcode.into(),
            country: country.into(),
        }
    }

    fn edit(fields: &[Field], values: Details) -> Edit {
        Edit { fields: fields.iter().copied().collect::<BTreeSet<_>>(), values }
    }

    fn body(contact: &Contact, fields: &[Field], values: Details) -> Value {
        change(contact, &edit(fields, values)).map_or(Value::Null, |mut body| body["party"].take())
    }

    #[test]
    fn b17_rows_are_changed_in_place_by_their_ids() {
        let values = Details {
            name: "Pennine Roofing Limited".into(),
            email: "accounts@x.example".into(),
            phone: "0113 5".into(),
            fax: String::new(),
            mobile: "07700 900456".into(),
            website: "https://pennine.example".into(),
            address: lines(&["14 Canal Road", "Leeds"], "LS12 2PU", "GB"),
            contact_person: "Jo Smith".into(),
        };
        assert_eq!(
            body(&organisation(), &Field::ALL, values),
            json!({
                "name": "Pennine Roofing Limited",
                "emailAddresses": [{"id": 1, "address": "accounts@x.example"}],
                "phoneNumbers": [
                    {"id": 12, "number": "0113 5"},
                    {"id": 11, "_delete": true},
                    {"type": "Mobile", "number": "07700 900456"},
                ],
                "websites": [{"id": 22, "address": "https://pennine.example"}],
                "addresses": [{"id": 30, "street": "14 Canal Road"}],
            })
        );
    }

    #[test]
    fn b17_what_is_not_named_or_not_new_is_not_sent() {
        let mut contact = organisation();
        let as_it_is = crate::domain::mapping::from_contact(&contact);
        assert_eq!(change(&contact, &edit(&Field::ALL, as_it_is)), None);
        let empty = edit(&[], Details { name: "Other".into(), ..Details::default() });
        assert_eq!(change(&contact, &empty), None);
        assert_eq!(body(&contact, &[Field::ContactPerson, Field::Name], Details::default()), Value::Null);
        contact.emails.clear();
        contact.addresses.clear();
        assert_eq!(body(&contact, &[Field::Email, Field::Address], Details::default()), Value::Null);
    }

    #[test]
    fn b17_a_kind_that_is_missing_is_added_with_its_type() {
        let mut contact = organisation();
        contact.phones.clear();
        contact.websites.pop();
        contact.addresses.clear();
        let values = Details {
            phone: "1".into(),
            fax: "2".into(),
            mobile: "3".into(),
            website: "pennine.example".into(),
            address: lines(&["Ermou 5", "Athens"], "", "GR"),
            ..Details::default()
        };
        let fields = [Field::Phone, Field::Fax, Field::Mobile, Field::Website, Field::Address];
        assert_eq!(
            body(&contact, &fields, values),
            json!({
                "phoneNumbers": [{"type": "Work", "number": "1"}, {"type": "Fax", "number": "2"},
                    {"type": "Mobile", "number": "3"}],
                "websites": [{"service": "URL", "address": "pennine.example"}],
                "addresses": [{"street": "Ermou 5", "city": "Athens", "country": "Greece"}],
            })
        );
    }

    #[test]
    fn b17_never_a_second_copy_of_a_row() {
        let values = Details {
            email: "sales@x.example".into(),
            phone: "0113 9".into(),
            address: lines(&["PO Box 1", "Leeds"], "LS1", "GB"),
            ..Details::default()
        };
        assert_eq!(
            body(&organisation(), &[Field::Email, Field::Phone, Field::Address], values),
            json!({
                "emailAddresses": [{"id": 1, "_delete": true}],
                "phoneNumbers": [{"id": 12, "_delete": true}],
                "addresses": [{"id": 30, "_delete": true}],
            })
        );
    }

    #[test]
    fn b17_a_country_that_capsule_does_not_know_is_left_out() {
        for (country, expected) in [
            ("ZZ", json!([{"id": 30, "zip": "X1"}])),
            ("", json!([{"id": 30, "zip": "X1"}])),
            ("FR", json!([{"id": 30, "zip": "X1", "country": "France"}])),
        ] {
            let address = lines(&["12 Canal Road", "Leeds"], "X1", country);
            let sent = body(&organisation(), &[Field::Address], Details { address, ..Details::default() });
            assert_eq!(sent["addresses"], expected, "{country}");
        }
        let mut contact = organisation();
        contact.addresses[0].country = "France".into();
        let address = lines(&["12 Canal Road"], "LS12 2PU", "");
        let sent = body(&contact, &[Field::Address], Details { address, ..Details::default() });
        assert_eq!(sent["addresses"], json!([{"id": 30, "city": null, "country": null}]));
        let sent = body(&contact, &[Field::Address], Details::default());
        assert_eq!(sent["addresses"], json!([{"id": 30, "_delete": true}]));
    }

    #[test]
    fn b17_a_person_is_renamed_in_two_parts() {
        let mut contact = organisation();
        for (first, last, name, expected) in [
            ("Mary Ann", "Lee", "Mary Ann Jones", json!({"lastName": "Jones"})),
            ("Jo", "Smith", "Joanna Smith", json!({"firstName": "Joanna"})),
            ("Jo", "Smith", "Jo", json!({"lastName": null})),
            ("Jo", "Smith", "Jo Smith", Value::Null),
        ] {
            contact.kind = ContactKind::Person { first: first.into(), last: last.into(), employer: None };
            let values = Details { name: name.into(), ..Details::default() };
            assert_eq!(body(&contact, &[Field::Name], values), expected, "{name}");
        }
    }
}
