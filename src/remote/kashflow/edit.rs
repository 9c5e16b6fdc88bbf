//! Our fields put into a record that goes back to KashFlow: on the primary contact and the first address only (design
//! B17).

use serde_json::{Map, Value, json};

use super::amount::Truth;
use super::whole::{entry, get};
use crate::domain::country;
use crate::domain::details::{Field, PostalAddress};
use crate::domain::edit::{Edit, split_name};
use crate::domain::ids::Side;
use crate::domain::normalise::{collapsed, email_list};

/// The place of an address line, in order.
const LINES: [&str; 4] = ["Line1", "Line2", "Line3", "Line4"];

/// What was changed, so that only the rest is watched for losses: names of top-level fields, of texts of the primary
/// contact, and whether the first address.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    /// Top-level fields.
    pub(super) top: Vec<&'static str>,
    /// Which row of `Contacts`, and its texts.
    pub(super) contact: Option<(usize, Vec<&'static str>)>,
    /// The first address.
    pub(super) address: bool,
    /// Addresses in the e-mail field that stay behind the first.
    pub(super) other_emails: Vec<String>,
}

/// Puts the edit's values into the record.
pub(super) fn apply(side: Side, record: &mut Map<String, Value>, edit: &Edit) -> Touched {
    let mut touched = Touched::default();
    // An empty name is never written: KashFlow refuses it, and it would empty the record's only handle for people.
    if let Some(name) = edit.text(Field::Name).filter(|name| !name.trim().is_empty()) {
        *entry(record, "Name") = json!(name);
        touched.top.push("Name");
    }
    apply_contact(record, edit, &mut touched);
    if edit.fields.contains(&Field::Address) {
        touched.address = true;
        if let Some(row) = first_address(side, record, edit.values.address.is_empty()) {
            put_address(row, &edit.values.address);
        }
    }
    touched
}

/// Which row of `Contacts` is the primary contact: `IsPrimary`, else the first.
fn primary(rows: &[Value]) -> usize {
    let is_primary = |row: &Value| {
        let flag = row.as_object().and_then(|row| get(row, "IsPrimary")).cloned();
        flag.and_then(|flag| serde_json::from_value::<Truth>(flag).ok()).is_some_and(|flag| flag.0)
    };
    rows.iter().position(is_primary).unwrap_or(0)
}

fn apply_contact(record: &mut Map<String, Value>, edit: &Edit, touched: &mut Touched) {
    let texts: Vec<(Field, String)> =
        [Field::Email, Field::Phone, Field::Fax, Field::Mobile, Field::Website, Field::ContactPerson]
            .into_iter()
            .filter_map(|field| Some((field, edit.text(field)?)))
            .collect();
    let is_missing = get(record, "Contacts").and_then(Value::as_array).is_none_or(Vec::is_empty);
    if texts.is_empty() || (is_missing && texts.iter().all(|(_, text)| text.is_empty())) {
        return;
    }
    if is_missing {
        *entry(record, "Contacts") = json!([{}]);
    }
    let Some(rows) = entry(record, "Contacts").as_array_mut() else { return };
    let place = primary(rows);
    let Some(row) = rows.get_mut(place).and_then(Value::as_object_mut) else { return };
    let mut names = Vec::new();
    for (field, text) in texts {
        match field {
            Field::Email => {
                let before = string(row, "Email");
                touched.other_emails = email_list(&before).skip(1).map(str::to_owned).collect();
                put(row, "Email", &with_first_email(&before, &text));
                names.push("Email");
            }
            Field::Phone => names.push(put(row, "Telephone", &text)),
            Field::Fax => names.push(put(row, "Fax", &text)),
            Field::Mobile => names.push(put(row, "Mobile", &text)),
            Field::Website => names.push(put(row, "Website", &text)),
            Field::ContactPerson => names.extend(put_person(row, &text)),
            Field::Name | Field::Address => {}
        }
    }
    touched.contact = Some((place, names));
}

/// First and last name; the joined name follows where it was no more than those two.
fn put_person(row: &mut Map<String, Value>, name: &str) -> Vec<&'static str> {
    let (first, last) = (string(row, "Firstname"), string(row, "LastName"));
    let (title, joined) = (string(row, "Title"), collapsed(&string(row, "Name")));
    let (new_first, new_last) = split_name(&first, &last, name);
    let with_title = collapsed(&format!("{title} {first} {last}"));
    let mut names = vec![put(row, "Firstname", &new_first), put(row, "LastName", &new_last)];
    if !joined.is_empty() && (joined == with_title || joined == collapsed(&format!("{first} {last}"))) {
        let title = if joined == with_title { title.as_str() } else { "" };
        names.push(put(row, "Name", &collapsed(&format!("{title} {new_first} {new_last}"))));
    }
    names
}

/// The e-mail field with its first address replaced, the rest as it stands. An address that would stand there twice in a
/// row stands there once.
fn with_first_email(field: &str, first: &str) -> String {
    let mut others = email_list(field).skip(1);
    let Some(next) = others.next() else { return first.to_owned() };
    // The tail begins where the second address does: behind the first and what separates them.
    let head = email_list(field).next().unwrap_or_default();
    let begin = field.find(head).unwrap_or(0);
    let behind = field.get(begin.saturating_add(head.len())..).unwrap_or_default();
    if first.is_empty() || next.eq_ignore_ascii_case(first) {
        return behind.get(behind.find(next).unwrap_or(0)..).unwrap_or_default().to_owned();
    }
    format!("{first}{behind}")
}

/// The first address, made where there is none and one is to be written.
fn first_address(
    side: Side,
    record: &mut Map<String, Value>,
    clears: bool,
) -> Option<&mut Map<String, Value>> {
    let name = match side {
        Side::Customer => "Addresses",
        Side::Supplier => "Address",
    };
    let is_missing = match get(record, name) {
        Some(Value::Array(rows)) => rows.is_empty(),
        Some(Value::Object(_)) => false,
        _ => true,
    };
    if is_missing {
        if clears {
            return None;
        }
        *entry(record, name) = match side {
            Side::Customer => json!([{}]),
            Side::Supplier => json!({}),
        };
    }
    match entry(record, name) {
        Value::Array(rows) => rows.first_mut()?.as_object_mut(),
        Value::Object(row) => Some(row),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Lines, postcode and country; what else the row holds stays.
pub(super) fn put_address(row: &mut Map<String, Value>, address: &PostalAddress) {
    let mut lines = address.lines.clone();
    if lines.len() > LINES.len() {
        let rest = lines.split_off(LINES.len() - 1).join(", ");
        lines.push(rest);
    }
    for (place, name) in LINES.into_iter().enumerate() {
        put(row, name, lines.get(place).map_or("", String::as_str));
    }
    put(row, "PostCode", &address.postcode);
    if let Some(code) = country_code(&string(row, "CountryCode"), address) {
        put(row, "CountryCode", &code);
    }
}

/// The code to write; `None` leaves the one that stands: where the new country is none that KashFlow knows and would cost
/// the whole record, or where none is given, which means the UK (design B14).
fn country_code(before: &str, address: &PostalAddress) -> Option<String> {
    let given = address.country.trim();
    if given.is_empty() {
        let is_home = country::from_kashflow(before).is_none_or(|code| code == "GB");
        return (address.is_empty() || !is_home).then(String::new);
    }
    let code = country::code_of(given)?;
    Some(country::to_kashflow(code).to_owned())
}

/// Writes a text and gives its name back; one that is empty already stays null or blank as it is.
fn put(row: &mut Map<String, Value>, name: &'static str, text: &str) -> &'static str {
    if !(text.is_empty() && string(row, name).is_empty()) {
        *entry(row, name) = json!(text);
    }
    name
}

fn string(row: &Map<String, Value>, name: &str) -> String {
    get(row, name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::details::Details;

    fn applied(side: Side, record: Value, fields: &[Field], values: Details) -> (Value, Touched) {
        let Value::Object(mut record) = record else { panic!("no record") };
        let edit = Edit { fields: fields.iter().copied().collect(), values };
        let touched = apply(side, &mut record, &edit);
        (Value::Object(record), touched)
    }

    fn lines(lines: &[&str], postcode: &str, country: &str) -> PostalAddress {
        PostalAddress {
            lines: lines.iter().map(ToString::to_string).collect(),
            postcode: postcode.into(),
            country: country.into(),
        }
    }

    #[test]
    fn b17_only_the_primary_contact_and_the_first_address_change() {
        let record = json!({
            "Code": "A01", "Name": "Acme", "Note": "gate code 7",
            "Contacts": [
                {"Id": 1, "IsPrimary": false, "Email": "other@x.example", "Telephone": "1"},
                {"Id": 2, "IsPrimary": true, "Title": "Ms", "Name": "Ms Jo Smith", "Firstname": "Jo", "LastName": "Smith",
                 "Email": "a@x.example; b@x.example", "Fax": null, "Mobile": "07", "ReceiveEmails": true},
            ],
            "Addresses": [{"Line1": "1 Quay", "Line2": "Hexley", "Line3": null, "Line4": "", "PostCode": "H1",
                "CountryCode": "GB", "X": 1}, {"Line1": "Depot"}],
            "DeliveryAddresses": [{"Name": "Yard", "Line1": "2 Quay"}],
        });
        let values = Details {
            name: "Acme Ltd".into(),
            email: "new@x.example".into(),
            phone: "0113 1".into(),
            contact_person: "Jo Brown".into(),
            address: lines(&["Ermou 5", "Athens"], "", "GR"),
            ..Details::default()
        };
        let (after, touched) = applied(Side::Customer, record, &Field::ALL, values);
        assert_eq!(
            after,
            json!({
                "Code": "A01", "Name": "Acme Ltd", "Note": "gate code 7",
                "Contacts": [
                    {"Id": 1, "IsPrimary": false, "Email": "other@x.example", "Telephone": "1"},
                    {"Id": 2, "IsPrimary": true, "Title": "Ms", "Name": "Ms Jo Brown", "Firstname": "Jo",
                     "LastName": "Brown", "Email": "new@x.example; b@x.example", "Fax": null, "Mobile": "",
                     "ReceiveEmails": true, "Telephone": "0113 1"},
                ],
                "Addresses": [{"Line1": "Ermou 5", "Line2": "Athens", "Line3": null, "Line4": "", "PostCode": "",
                    "CountryCode": "EL", "X": 1}, {"Line1": "Depot"}],
                "DeliveryAddresses": [{"Name": "Yard", "Line1": "2 Quay"}],
            })
        );
        assert_eq!(touched.other_emails, ["b@x.example"]);
        assert_eq!(touched.contact.as_ref().map(|(place, _)| *place), Some(1));
        assert!(touched.address && touched.top == ["Name"]);
    }

    #[test]
    fn b17_what_is_not_named_is_not_touched() {
        let record = json!({"Name": "Acme", "Contacts": null});
        let values = Details { name: String::new(), ..Details::default() };
        let (after, touched) = applied(Side::Customer, record.clone(), &Field::ALL, values);
        assert_eq!(after["Name"], "Acme", "an empty name is never written");
        assert_eq!(touched.top, Vec::<&str>::new());
        let (after, _) =
            applied(Side::Customer, json!({"Name": "Acme"}), &[Field::Email], Details::default());
        assert_eq!(after, json!({"Name": "Acme"}));
    }

    #[test]
    fn b17_missing_places_are_made() {
        let values = Details {
            email: "a@x.example".into(),
            address: lines(&["1 Quay"], "H1", "GB"),
            ..Details::default()
        };
        for (side, record, expected) in [
            (
                Side::Customer,
                json!({"Contacts": [], "Addresses": []}),
                json!({"Contacts": [{"Email": "a@x.example"}],
                    "Addresses": [{"Line1": "1 Quay", "PostCode": "H1", "CountryCode": "GB"}]}),
            ),
            (
                Side::Supplier,
                json!({"Contacts": null, "Address": null}),
                json!({"Contacts": [{"Email": "a@x.example"}],
                    "Address": {"Line1": "1 Quay", "PostCode": "H1", "CountryCode": "GB"}}),
            ),
        ] {
            let (after, _) = applied(side, record, &[Field::Email, Field::Address], values.clone());
            assert_eq!(after, expected);
        }
    }

    #[test]
    fn of_several_emails_the_first_is_replaced() {
        for (field, first, expected) in [
            ("a@x.example", "n@x.example", "n@x.example"),
            ("", "n@x.example", "n@x.example"),
            ("a@x.example", "", ""),
            ("a@x.example;b@x.example, c@x.example", "n@x.example", "n@x.example;b@x.example, c@x.example"),
            (" a@x.example b@x.example", "n@x.example", "n@x.example b@x.example"),
            ("a@x.example; b@x.example", "", "b@x.example"),
            ("a@x.example; B@x.example;c@x.example", "b@x.example", "B@x.example;c@x.example"),
        ] {
            assert_eq!(with_first_email(field, first), expected, "{field}");
        }
    }

    #[test]
    fn b17_a_country_that_kashflow_does_not_know_is_left_out() {
        for (before, given, expected) in [
            ("GB", "FR", Some("FR")),
            ("GB", "GR", Some("EL")),
            ("FR", "Narnia", None),
            ("GB", "", None),
            ("", "", None),
            ("FR", "", Some("")),
        ] {
            let address = lines(&["1 Quay"], "", given);
            assert_eq!(country_code(before, &address).as_deref(), expected, "{before} {given}");
        }
        assert_eq!(country_code("GB", &PostalAddress::default()).as_deref(), Some(""), "an emptied address");
    }

    #[test]
    fn the_joined_name_follows_only_where_it_was_joined() {
        for (name, expected) in [("Jo Smith", "Jo Brown"), ("Accounts dept", "Accounts dept"), ("", "")] {
            let record =
                json!({"Contacts": [{"Name": name, "Title": "Ms", "Firstname": "Jo", "LastName": "Smith"}]});
            let values = Details { contact_person: "Jo Brown".into(), ..Details::default() };
            let (after, _) = applied(Side::Customer, record, &[Field::ContactPerson], values);
            assert_eq!(after["Contacts"][0]["Name"], expected);
            assert_eq!(after["Contacts"][0]["LastName"], "Brown");
        }
    }
}
