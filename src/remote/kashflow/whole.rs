//! A customer's or supplier's whole writable record, as a PUT must send it back (design B17; kashflow-api 4.3, 4.5, 5.2).
//!
//! What KashFlow works out itself and its legacy fields stay out. Everything else goes back as it came, fields that no
//! source mentions included: a PUT replaces, and what is left out is lost.

use serde_json::{Map, Value};

use crate::domain::ids::Side;

/// Worked out or kept by KashFlow: ignored on write (kashflow-api 4.3, 5.2).
const READ_ONLY: [&str; 24] = [
    "Id",
    "DisplayName",
    "SourceName",
    "IsSchedule",
    "TotalPaidAmount",
    "OutstandingBalance",
    "OverdueAmount",
    "InvoicedNetAmount",
    "InvoicedVATAmount",
    "InvoiceCount",
    "AverageDaysToPay",
    "FirstInvoiceDate",
    "LastInvoiceDate",
    "CreatedDate",
    "LastUpdatedDate",
    "IsGoCardlessMandateSet",
    "UsesDefaultTheme",
    "MarkedAsStale",
    "EnvelopeUrl",
    "UsesDefaultPdftTheme",
    "DoesSupplierHasTransactionsInVATReturn",
    "BilledNetAmount",
    "BilledVatAmount",
    "Permalink",
];

/// Blank in every answer although the values stand elsewhere: sent back, they could blank those (kashflow-api 4.3, 5.2).
const LEGACY: [&str; 14] = [
    "Email",
    "TelephoneNumber",
    "MobileNumber",
    "FaxNumber",
    "Website",
    "IsRegisteredInEC",
    "IsRegisteredOutsideEC",
    "Key",
    "ApplyWHT",
    "WHTRate",
    "WHTReferences",
    "TotalDueAmount",
    "FirstPurchaseDate",
    "LastPurchaseDate",
];

/// Orders to the server that only a create may carry; never ours (design B27).
const ORDERS: [&str; 4] = [
    "CreateCustomerCodeIfDuplicate",
    "CreateCustomerNameIfEmptyOrNull",
    "CreateSupplierCodeIfDuplicate",
    "CreateSupplierNameIfEmptyOrNull",
];

/// Where addresses stand, in either ledger.
const ADDRESSES: [&str; 3] = ["Addresses", "DeliveryAddresses", "Address"];

/// The record to send back, unchanged; `None` when it is no record.
pub(super) fn writable(side: Side, whole: &Value) -> Option<Map<String, Value>> {
    let whole = whole.as_object()?;
    let mut record = Map::new();
    for (name, value) in whole {
        if is_one_of(name, &READ_ONLY) || is_one_of(name, &LEGACY) || is_one_of(name, &ORDERS) {
            continue;
        }
        let mut value = value.clone();
        if name.eq_ignore_ascii_case("Currency") {
            value = currency(side, &value);
        } else if is_one_of(name, &ADDRESSES) {
            drop_country_names(&mut value);
        }
        record.insert(name.clone(), value);
    }
    Some(record)
}

/// The value of that name, compared without case as KashFlow does.
pub(super) fn get<'a>(record: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    record
        .get(name)
        .or_else(|| record.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// As [`get`], to be changed; a missing one is put in as null.
pub(super) fn entry<'a>(record: &'a mut Map<String, Value>, name: &str) -> &'a mut Value {
    let key = record.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
    record.entry(key.unwrap_or_else(|| name.to_owned())).or_insert(Value::Null)
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Only these parts of a currency are written: the code, and a supplier's rate.
fn currency(side: Side, value: &Value) -> Value {
    let Some(currency) = value.as_object() else { return value.clone() };
    let written: &[&str] = match side {
        Side::Customer => &["Code"],
        Side::Supplier => &["Code", "ExchangeRate"],
    };
    let parts = currency.iter().filter(|(name, _)| is_one_of(name, written));
    Value::Object(parts.map(|(name, part)| (name.clone(), part.clone())).collect())
}

/// `CountryName` follows from the code; a stale one must not contradict it.
fn drop_country_names(value: &mut Value) {
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(drop_country_names),
        Value::Object(row) => row.retain(|name, _| !name.eq_ignore_ascii_case("CountryName")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn b17_everything_that_may_be_written_goes_back_as_it_came() {
        let whole = json!({
            "Id": 5, "Code": "HARB01  ", "Name": "Harbour", "DisplayName": "x", "OutstandingBalance": 12.5000,
            "email": "", "Website": "", "ApplyWHT": false, "CreateCustomerCodeIfDuplicate": true,
            "VATNumber": "GB1", "DiscountRate": 2.5000, "CustomTextBoxes": [{"Name": "Manager", "Value": "PJ"}],
            "SomethingNew": {"Deep": [1]},
            "Currency": {"Code": "EUR", "Name": "Euro", "ExchangeRate": 1.1700},
            "Addresses": [{"Line1": "1 Quay", "CountryCode": "EL", "CountryName": "Greece", "Extra": 1}],
        });
        let expected = json!({
            "Code": "HARB01  ", "Name": "Harbour", "VATNumber": "GB1", "DiscountRate": 2.5000,
            "CustomTextBoxes": [{"Name": "Manager", "Value": "PJ"}], "SomethingNew": {"Deep": [1]},
            "Currency": {"Code": "EUR"}, "Addresses": [{"Line1": "1 Quay", "CountryCode": "EL", "Extra": 1}],
        });
        assert_eq!(Value::Object(writable(Side::Customer, &whole).unwrap()), expected);
        let supplier =
            writable(Side::Supplier, &json!({"currency": {"Code": "EUR", "ExchangeRate": 1.1700}}));
        assert_eq!(
            Value::Object(supplier.unwrap()),
            json!({"currency": {"Code": "EUR", "ExchangeRate": 1.1700}})
        );
        assert_eq!(writable(Side::Customer, &json!([1])), None);
    }

    #[test]
    fn names_are_compared_without_case() {
        let mut record = json!({"vatnumber": "1"}).as_object().cloned().unwrap();
        assert_eq!(get(&record, "VATNumber"), Some(&json!("1")));
        *entry(&mut record, "VatNumber") = json!("2");
        *entry(&mut record, "Note") = json!("n");
        assert_eq!(Value::Object(record), json!({"vatnumber": "2", "Note": "n"}));
    }
}
