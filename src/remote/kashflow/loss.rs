//! What KashFlow dropped of a record that was sent back whole (design B17).
//!
//! A value that was sent and came back empty or cut short, a row that did not come back. A value that merely reads
//! differently is none: servers tidy up. What the write itself changed is compared by those who asked for it (design
//! B14).

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

use super::edit::Touched;
use super::whole::get;
use crate::domain::edit::Loss;
use crate::domain::ids::Side;
use crate::domain::normalise::{collapsed, email_key, email_list};
use crate::remote::json;

/// Never shown, whatever becomes of it (kashflow-api 5.2).
const BANK: &str = "BankAccount";

/// What of `sent` is missing in `answer`, our own changes excepted.
pub(super) fn losses(side: Side, sent: &Map<String, Value>, answer: &Value, touched: &Touched) -> Vec<Loss> {
    let none = Map::new();
    let answer = answer.as_object().unwrap_or(&none);
    let mut losses = Vec::new();
    for (name, before) in sent {
        if touched.top.iter().any(|top| top.eq_ignore_ascii_case(name)) {
            continue;
        }
        let after = get(answer, name).unwrap_or(&Value::Null);
        let is_address = match side {
            Side::Customer => name.eq_ignore_ascii_case("Addresses"),
            Side::Supplier => name.eq_ignore_ascii_case("Address"),
        };
        if name.eq_ignore_ascii_case("Contacts") {
            contacts(before, after, touched, &mut losses);
        } else if is_address && touched.address {
            further_addresses(name, before, after, &mut losses);
        } else {
            compare(name, before, after, &mut losses);
        }
    }
    for loss in &mut losses {
        if loss.field.starts_with(BANK) {
            loss.before = "bank details, not shown".into();
        }
    }
    losses
}

/// Whether a value that was sent is not in the answer at all: then the answer proves nothing, as fields come and go
/// (kashflow-api 12.3).
pub(super) fn is_inconclusive(sent: &Map<String, Value>, answer: &Value) -> bool {
    let Some(answer) = answer.as_object() else { return true };
    sent.iter().any(|(name, value)| !is_empty(value) && get(answer, name).is_none())
}

/// Contacts belong together by their ids; a new one has none yet.
fn contacts(before: &Value, after: &Value, touched: &Touched, losses: &mut Vec<Loss>) {
    let rows = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let after = rows(after);
    for (place, row) in rows(before).iter().enumerate() {
        let label = format!("Contacts {}", place + 1);
        let Some(row) = row.as_object() else { continue };
        let found = match get(row, "Id") {
            Some(id) => after.iter().find(|other| other.get("Id").is_some_and(|other| same(id, other))),
            None => after.get(place),
        };
        let own: &[&str] = match &touched.contact {
            Some((primary, names)) if *primary == place => names,
            _ => &[],
        };
        match found.and_then(Value::as_object) {
            None => losses.push(Loss { field: label, before: shown(&Value::Object(row.clone())) }),
            Some(found) => {
                for (name, value) in row {
                    let other = get(found, name).unwrap_or(&Value::Null);
                    let label = format!("{label} {name}");
                    if own.iter().any(|own| own.eq_ignore_ascii_case(name)) {
                        if name.eq_ignore_ascii_case("Email") {
                            emails(&label, other, touched, losses);
                        }
                    } else {
                        compare(&label, value, other, losses);
                    }
                }
            }
        }
    }
}

/// The e-mail addresses behind the first one, which are not ours.
fn emails(label: &str, after: &Value, touched: &Touched, losses: &mut Vec<Loss>) {
    let left: Vec<String> = email_list(after.as_str().unwrap_or_default()).map(email_key).collect();
    let gone: Vec<&str> = touched
        .other_emails
        .iter()
        .map(String::as_str)
        .filter(|email| !left.contains(&email_key(email)))
        .collect();
    if !gone.is_empty() {
        losses.push(Loss { field: label.to_owned(), before: gone.join(", ") });
    }
}

/// All rows but the first, which is ours; of that one only what is no line, postcode or country.
fn further_addresses(name: &str, before: &Value, after: &Value, losses: &mut Vec<Loss>) {
    let others = |value: &Value| value.as_array().map(|rows| rows.iter().skip(1).cloned().collect::<Value>());
    if let Some(before) = others(before) {
        compare(&format!("{name} after the first"), &before, &others(after).unwrap_or_default(), losses);
    }
}

fn compare(label: &str, before: &Value, after: &Value, losses: &mut Vec<Loss>) {
    if is_empty(before) || same(before, after) {
        return;
    }
    let lost = || Loss { field: label.to_owned(), before: shown(before) };
    match (before, after) {
        _ if is_empty(after) => losses.push(lost()),
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                let other = get(after, name).unwrap_or(&Value::Null);
                compare(&format!("{label} {name}"), value, other, losses);
            }
        }
        (Value::Array(before), Value::Array(after)) => rows(label, before, after, losses),
        (Value::String(before), Value::String(after)) => {
            let (before, after) = (before.trim(), after.trim());
            if before.len() > after.len() && before.starts_with(after) {
                losses.push(lost());
            }
        }
        // A value of another form or another value: changed, not lost.
        _ => {}
    }
}

/// Rows that are named belong together by name, others by place.
fn rows(label: &str, before: &[Value], after: &[Value], losses: &mut Vec<Loss>) {
    let name = |row: &Value| Some(get(row.as_object()?, "Name")?.as_str()?.to_owned());
    for (place, row) in before.iter().enumerate() {
        let label = match name(row) {
            Some(name) => format!("{label} {}", json::quote(&name)),
            None => format!("{label} {}", place + 1),
        };
        let is_unique = name(row).is_some_and(|wanted| {
            before.iter().filter(|other| name(other).as_ref() == Some(&wanted)).count() == 1
        });
        let found =
            if is_unique { after.iter().find(|other| name(other) == name(row)) } else { after.get(place) };
        match found {
            Some(found) => compare(&label, row, found, losses),
            None if is_empty(row) => {}
            None => losses.push(Loss { field: label, before: shown(row) }),
        }
    }
}

/// Null, blank, false, nothing in it; 0, and −1, which KashFlow writes for "not set" (kashflow-api 5.2).
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => {
            decimal(number).is_some_and(|number| number.is_zero() || number == Decimal::NEGATIVE_ONE)
        }
        Value::String(text) => text.trim().is_empty(),
        Value::Array(rows) => rows.iter().all(is_empty),
        Value::Object(fields) => fields.values().all(is_empty),
    }
}

/// Equal; numbers by value (`1.0` and `1.0000`), texts without outer and repeated blanks.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || decimal(left).is_some_and(|left| Some(left) == decimal(right))
        }
        (Value::String(left), Value::String(right)) => collapsed(left) == collapsed(right),
        _ => left == right,
    }
}

fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.to_string();
    Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// A value for people: the words in it, bounded.
fn shown(value: &Value) -> String {
    let mut words = Vec::new();
    gather(value, &mut words);
    json::quote(&words.join(", "))
}

fn gather(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Array(rows) => rows.iter().for_each(|row| gather(row, words)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, words)),
        Value::Null | Value::Bool(false) => {}
        Value::Bool(true) => words.push("yes".into()),
        Value::Number(_) | Value::String(_) => {
            words.extend(json::word(value).filter(|word| !word.trim().is_empty()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(sent: &Value, answer: &Value, touched: &Touched) -> Vec<(String, String)> {
        losses(Side::Customer, sent.as_object().unwrap(), answer, touched)
            .into_iter()
            .map(|loss| (loss.field, loss.before))
            .collect()
    }

    fn sent() -> Value {
        json!({
            "Name": "Acme", "Note": "Deliver before 7am", "DiscountRate": 2.5000, "ShowDiscount": true,
            "WithholdingTaxRate": -1.0000, "PaymentTerms": {"Type": "AfterIssuedDate", "Days": 30},
            "CustomTextBoxes": [{"Name": "Manager", "Value": "PJ"}, {"Name": "Route", "Value": "7"}],
            "DeliveryAddresses": [{"Name": "Yard", "Line1": "2 Quay"}],
            "Contacts": [
                {"Id": 1, "IsPrimary": true, "Email": "n@x.example; b@x.example", "Telephone": "1", "Title": "Ms"},
                {"Id": 2, "Firstname": "Lee", "Email": null},
            ],
            "Addresses": [{"Line1": "1 Quay"}, {"Line1": "Depot"}],
        })
    }

    #[test]
    fn b17_a_record_that_comes_back_whole_has_lost_nothing() {
        let mut answer = sent();
        assert_eq!(found(&sent(), &answer, &Touched::default()), []);
        answer["DiscountRate"] = json!(2.5);
        answer["Note"] = json!(" Deliver  before 7am ");
        answer["WithholdingTaxRate"] = json!(0);
        answer["CustomTextBoxes"].as_array_mut().unwrap().reverse();
        answer["Contacts"].as_array_mut().unwrap().reverse();
        answer["Contacts"][0]["Name"] = json!("Lee");
        answer["New"] = json!(1);
        assert_eq!(found(&sent(), &answer, &Touched::default()), []);
    }

    #[test]
    fn b17_every_kind_of_loss_is_found() {
        for (path, value, field, before) in [
            ("/Note", json!(""), "Note", "Deliver before 7am"),
            ("/Note", json!("Deliver bef"), "Note", "Deliver before 7am"),
            ("/DiscountRate", json!(0), "DiscountRate", "2.5"),
            ("/ShowDiscount", json!(false), "ShowDiscount", "yes"),
            ("/PaymentTerms", json!(null), "PaymentTerms", "30, AfterIssuedDate"),
            ("/PaymentTerms/Days", json!(0), "PaymentTerms Days", "30"),
            ("/CustomTextBoxes/0/Value", json!(""), "CustomTextBoxes Manager Value", "PJ"),
            (
                "/CustomTextBoxes",
                json!([{"Name": "Manager", "Value": "PJ"}]),
                "CustomTextBoxes Route",
                "Route, 7",
            ),
            ("/DeliveryAddresses", json!([]), "DeliveryAddresses", "2 Quay, Yard"),
            ("/Contacts/0/Title", json!(null), "Contacts 1 Title", "Ms"),
            ("/Contacts/1/Firstname", json!(""), "Contacts 2 Firstname", "Lee"),
            ("/Addresses", json!([{"Line1": "1 Quay"}]), "Addresses 2", "Depot"),
        ] {
            let mut answer = sent();
            *answer.pointer_mut(path).unwrap() = value;
            let words = |text: &str| {
                let mut words: Vec<String> = text.split(", ").map(str::to_owned).collect();
                words.sort();
                words
            };
            let found = found(&sent(), &answer, &Touched::default());
            assert_eq!(found.len(), 1, "{path}: {found:?}");
            assert_eq!(found[0].0, field);
            assert_eq!(words(&found[0].1), words(before));
        }
        let mut answer = sent();
        answer["Contacts"].as_array_mut().unwrap().remove(1);
        assert_eq!(found(&sent(), &answer, &Touched::default())[0].0, "Contacts 2");
    }

    #[test]
    fn b17_our_own_changes_are_no_losses_and_all_beside_them_are() {
        let touched = Touched {
            top: vec!["Name"],
            contact: Some((0, vec!["Email", "Telephone"])),
            address: true,
            other_emails: vec!["b@x.example".into()],
        };
        let mut answer = sent();
        answer["Name"] = json!("");
        answer["Contacts"][0]["Telephone"] = json!("");
        answer["Contacts"][0]["Email"] = json!("b@x.example");
        answer["Addresses"][0]["Line1"] = json!("");
        assert_eq!(found(&sent(), &answer, &touched), []);
        answer["Contacts"][0]["Email"] = json!("n@x.example");
        answer["Contacts"][0]["Title"] = json!("");
        answer["Addresses"] = json!([]);
        let fields: Vec<String> =
            found(&sent(), &answer, &touched).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields.len(), 3, "{fields:?}");
        for field in ["Contacts 1 Email", "Contacts 1 Title", "Addresses after the first"] {
            assert!(fields.iter().any(|found| found == field), "{fields:?}");
        }
    }

    #[test]
    fn bank_details_are_never_shown() {
        let sent = json!({"BankAccount": {"Name": "CANARY", "Number": "CANARY"}});
        for answer in [json!({"BankAccount": null}), json!({"BankAccount": {"Name": "CANARY", "Number": ""}})]
        {
            let losses = losses(Side::Supplier, sent.as_object().unwrap(), &answer, &Touched::default());
            assert_eq!(losses.len(), 1);
            assert!(!format!("{losses:?}").contains("CANARY"), "{losses:?}");
        }
    }

    #[test]
    fn an_answer_without_a_sent_field_proves_nothing() {
        let sent = json!({"Note": "x", "VATNumber": ""});
        let sent = sent.as_object().unwrap();
        assert!(is_inconclusive(sent, &json!({"VATNumber": ""})));
        assert!(!is_inconclusive(sent, &json!({"note": ""})));
        assert!(is_inconclusive(sent, &json!(null)));
    }
}
