//! The body that makes a customer or supplier (design B25 to B27; kashflow-api 4.5, 5.1).

use serde_json::{Map, Value, json};

use super::edit::put_address;
use crate::domain::draft::LedgerDraft;
use crate::domain::ids::Side;

/// The whole body; nothing that is not given is named. Never an order to invent a code (design B27).
pub(super) fn create(side: Side, draft: &LedgerDraft) -> Value {
    let details = &draft.details;
    let mut record = Map::new();
    record.insert("Code".into(), json!(draft.code));
    record.insert("Name".into(), json!(details.name));
    let contact: Map<String, Value> = [
        ("Firstname", &draft.first),
        ("LastName", &draft.last),
        ("Telephone", &details.phone),
        ("Fax", &details.fax),
        ("Mobile", &details.mobile),
        ("Website", &details.website),
        ("Email", &details.email),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| (name.to_owned(), json!(text)))
    .collect();
    if !contact.is_empty() {
        record.insert("Contacts".into(), json!([contact]));
    }
    let mut address = Map::new();
    put_address(&mut address, &details.address);
    address.retain(|_, text| !text.as_str().unwrap_or_default().is_empty());
    if !address.is_empty() {
        let (name, value) = match side {
            Side::Customer => ("Addresses", json!([address])),
            Side::Supplier => ("Address", json!(address)),
        };
        record.insert(name.into(), value);
    }
    Value::Object(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::details::{Details, PostalAddress};

    #[test]
    fn b26_a_create_names_what_is_given_and_no_more() {
        let mut draft = LedgerDraft {
            code: "PENN01".into(),
            first: "Lena".into(),
            last: "Okoro".into(),
            details: Details {
                name: "Pennine Roofing Ltd".into(),
                email: "office@x.example".into(),
                mobile: "07700 900456".into(),
                address: PostalAddress {
                    lines: vec!["12 Canal Road".into(), "Athens".into()],
                    postcode: "1".into(),
                    country: "GR".into(),
                },
                contact_person: "Lena Okoro".into(),
                ..Details::default()
            },
        };
        let address =
            json!({"Line1": "12 Canal Road", "Line2": "Athens", "PostCode": "1", "CountryCode": "EL"});
        let contact = json!({"Firstname": "Lena", "LastName": "Okoro", "Email": "office@x.example",
            "Mobile": "07700 900456"});
        assert_eq!(
            create(Side::Customer, &draft),
            json!({"Code": "PENN01", "Name": "Pennine Roofing Ltd", "Contacts": [contact], "Addresses": [address]})
        );
        assert_eq!(
            create(Side::Supplier, &draft),
            json!({"Code": "PENN01", "Name": "Pennine Roofing Ltd", "Contacts": [contact], "Address": address})
        );
        draft.first.clear();
        draft.last.clear();
        draft.details = Details { name: "Bare".into(), ..Details::default() };
        assert_eq!(create(Side::Customer, &draft), json!({"Code": "PENN01", "Name": "Bare"}));
    }
}
