//! The quirks of kashflow-api 12.3, by their numbers there, and which field stands in lists and which in details only.

use serde_json::{Value, json};

use super::{Desk, body};
use crate::sim::{http::Method, kashflow::Options};

#[test]
fn dates_print_midnight_as_noon_and_maybe_an_offset() {
    // 1 and 2.
    let mut desk = Desk::sample(Options::default());
    let row = desk.get("/v2/invoices?perpage=1")["Data"][0].clone();
    assert!(row["IssuedDate"].as_str().unwrap().ends_with(" 12:00:00"));
    desk.kashflow.options.date_offset = " +05:30".into();
    for address in ["/v2/invoices/1001", "/v2/customers/ABBE01", "/v2/suppliers/BIRS01"] {
        let detail = desk.get(address);
        let dates = detail
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, value)| name.ends_with("Date") && value.is_string());
        assert!(dates.clone().count() > 1);
        for (name, value) in dates {
            assert!(value.as_str().unwrap().ends_with(" +05:30"), "{name}: {value}");
        }
    }
}

#[test]
fn names_are_spelled_as_each_side_spells_them() {
    // 3 and 4.
    let mut desk = Desk::sample(Options::default());
    let customer = desk.get("/v2/customers/ARCH01");
    let supplier = desk.get("/v2/suppliers/BIRS01");
    assert_eq!(customer["VATNumber"], "GB999999973");
    assert!(customer.get("VatNumber").is_none() && supplier.get("VATNumber").is_none());
    assert_eq!(supplier["VatNumber"], "");
    assert_eq!(customer["Contacts"][0]["Firstname"], "Ida");
    assert_eq!(customer["Contacts"][0]["LastName"], "Thorne");
    assert!(customer["Addresses"][0]["PostCode"].is_string());
    assert_eq!(supplier["UsesDefaultPdftTheme"], true);
    assert_eq!(customer["Currency"]["DisplayOnRight"], false);
    assert_eq!(supplier["Currency"]["DisplaySymbolOnRight"], false);
    assert!(customer["Addresses"].is_array() && supplier["Address"].is_object());
    assert!(desk.get("/v2/invoices/1001")["Address"].is_object());
    assert_eq!(desk.get("/v2/suppliers/BOLT01")["Address"], Value::Null);
    assert_eq!(customer["Contacts"][0]["IsPrimary"], false);
    assert_eq!(customer["Contacts"][1]["IsPrimary"], true);
}

#[test]
fn lists_leave_out_what_details_hold() {
    // 5 and 12, and the columns L and D of kashflow-api 4.3, 5.2, 6.3, 7.
    let mut desk = Desk::sample(Options::default());
    for (list, detail, missing, null) in [
        (
            "/v2/customers?namestartswith=abbey",
            "/v2/customers/ABBE01",
            &[
                "Note",
                "PaymentTerms",
                "LastUpdatedDate",
                "CreatedDate",
                "DisplayName",
                "DeliveryAddresses",
                "Source",
            ][..],
            &[][..],
        ),
        (
            "/v2/suppliers?namestartswith=birst",
            "/v2/suppliers/BIRS01",
            &["VatNumber", "Note", "BankAccount", "LastUpdatedDate", "CreatedDate", "BilledNetAmount"],
            &[],
        ),
        (
            "/v2/invoices?searchtext=1001",
            "/v2/invoices/1001",
            &["PaymentLines", "LastPaymentDate", "CreatedDate", "Permalink", "PreviousNumber"],
            &["LineItems", "Currency"],
        ),
        (
            "/v2/purchases?searchtext=501",
            "/v2/purchases/501",
            &["GrossAmount", "LineItems", "PaymentLines"],
            &[],
        ),
    ] {
        let row = desk.get(list)["Data"][0].clone();
        let whole = desk.get(detail);
        assert_eq!(row["Id"], whole["Id"], "{list}");
        for name in missing {
            assert!(row.get(name).is_none() && whole.get(name).is_some(), "{list} {name}");
        }
        for name in null {
            assert!(
                row[name].is_null() && row.get(name).is_some() && !whole[name].is_null(),
                "{list} {name}"
            );
        }
        for (name, value) in row.as_object().unwrap() {
            let differs = null.contains(&name.as_str()) || (name == "Currency" && list.contains("customers"));
            assert!(differs || &whole[name] == value, "{list} {name}");
        }
    }
}

#[test]
fn codes_may_end_in_blanks() {
    // 6.
    let mut desk = Desk::sample(Options::default());
    for address in ["/v2/customers/ALPI01", "/v2/customers/ALPI01%20%20%20", "/v2/customers/alpi01"] {
        assert_eq!(desk.get(address)["Code"], "ALPI01   ", "{address}");
    }
    assert_eq!(desk.get("/v2/invoices?customercode=ALPI01")["Data"][0]["CustomerCode"], "ALPI01   ");
    assert_eq!(desk.get("/v2/customers/ARB%2001")["Name"], "Arbour Garden Rooms");
}

#[test]
fn nothing_has_many_spellings() {
    // 7.
    let mut desk = Desk::sample(Options::default());
    let customer = desk.get("/v2/customers/BARE01");
    assert_eq!(customer["FirstInvoiceDate"], "1900-01-01 12:00:00");
    assert_eq!(customer["LastInvoiceDate"], "1900-01-01 12:00:00");
    assert_eq!(desk.get("/v2/suppliers/BIRS01")["WithholdingTaxRate"].to_string(), "-1.0000");
    let abbey = desk.get("/v2/invoices?customercode=ABBE01&sortby=4");
    let due: Vec<&Value> = abbey["Data"].as_array().unwrap().iter().map(|row| &row["DueDate"]).collect();
    assert!(due.contains(&&Value::Null) && due.contains(&&json!("1900-01-01 12:00:00")));
}

#[test]
fn ties_page_unstably() {
    // 9: two customers are called Bay Tree Lettings.
    let mut desk = Desk::sample(Options::default());
    let seen: std::collections::HashSet<String> = (0..4)
        .map(|_| {
            let page = desk.get("/v2/customers?namestartswith=bay tree&sortby=Name&perpage=1");
            page["Data"][0]["Code"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(seen.len(), 2);
    desk.kashflow.options.unstable_ties = false;
    let mut first = || desk.get("/v2/customers?namestartswith=bay tree&perpage=1")["Data"][0]["Code"].clone();
    assert_eq!(first(), first());
}

#[test]
fn the_database_times_out_as_a_400() {
    // 10.
    let mut desk = Desk::sample(Options { slow_database_every: Some(2), ..Options::default() });
    desk.get("/v2/customers");
    let answer = desk.send(Method::Get, "/v2/customers", &Value::Null);
    assert_eq!((answer.status, &body(&answer)["Error"]), (400, &json!("-2146232060")));
    assert!(body(&answer)["Message"].as_str().unwrap().starts_with("Execution Timeout Expired."));
    desk.get("/v2/customers");
}

#[test]
fn statistics_are_text_and_a_date_is_a_number() {
    // 11.
    let mut desk = Desk::sample(Options::default());
    let one = desk.get("/v2/customers/ABBE01/statistics");
    assert!(one["AmountDue"].as_str().unwrap().starts_with('£') && one["FirstTransactionDate"].is_string());
    assert!(desk.get("/v2/customers/statistics")["TotalInvoiced"].is_string());
    assert!(desk.get("/v2/suppliers/statistics")["TotalDue"].is_string());
    let sums = desk.send(Method::Post, "/v2/customers/customerbulkinvoice", &json!(["ABBE01"]));
    assert!(body(&sums)[0]["LastInvoiceDate"].is_i64());
}

#[test]
fn names_are_served_as_utf8() {
    // 15.
    let mut desk = Desk::sample(Options::default());
    let answer = desk.send(Method::Get, "/v2/customers/BIUR01", &Value::Null);
    assert!(String::from_utf8(answer.body).unwrap().contains("\"Biuro Projektowe Łódź\""));
}

#[test]
fn amounts_are_numbers_of_four_decimals() {
    let mut desk = Desk::sample(Options::default());
    let answer = desk.send(Method::Get, "/v2/invoices/1001", &Value::Null);
    let text = String::from_utf8(answer.body).unwrap();
    let start = text.find("\"GrossAmount\":").unwrap() + "\"GrossAmount\":".len();
    let amount = text[start..].split(',').next().unwrap();
    assert_eq!(amount.split_once('.').unwrap().1.len(), 4, "{amount}");
}

#[test]
fn legacy_fields_are_blank() {
    let mut desk = Desk::sample(Options::default());
    assert_eq!(desk.get("/v2/customers/ABBE01")["Email"], "");
    desk.kashflow.options.legacy_fields = false;
    assert!(desk.get("/v2/customers/ABBE01").get("Email").is_none());
}

#[test]
fn the_account_describes_itself() {
    let mut desk = Desk::sample(Options::default());
    let company = desk.get("/v2/settings/companydetails");
    assert_eq!(
        (&company["CompanyName"], &company["HomeCurrency"]["Code"]),
        (&json!("Brookside Joinery Ltd"), &json!("GBP"))
    );
    let counts = desk.get("/v2/metadata");
    assert_eq!(counts["TotalCustomerCount"], desk.kashflow.customers().count());
    assert_eq!(counts["TotalSupplierCount"], desk.kashflow.suppliers().count());
    assert_eq!(counts["TotalInvoiceCount"], desk.kashflow.invoices().count());
    let currencies = desk.get("/v2/currencies");
    assert!(currencies.as_array().unwrap().iter().all(|row| row["Code"] != "GBP" && row["Id"].is_i64()));
    let countries = desk.get("/v2/countries");
    let greece = countries.as_array().unwrap().iter().find(|row| row["Name"] == "Greece").unwrap();
    assert_eq!((&greece["Code"], &greece["IsEU"]), (&json!("EL"), &json!(true)));
    assert_eq!(desk.get("/v2/settings/profile")["Username"], "brookside");
}
