//! Documents and reports, through the front door.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Desk, body};
use crate::sim::{
    http::Method,
    kashflow::{Options, ReportCurrency, StatusWords},
};

fn amount(value: &Value) -> Decimal {
    value.to_string().parse().unwrap()
}

#[test]
fn the_unpaid_report_is_the_sum_of_what_is_due() {
    let mut desk = Desk::sample(Options::default());
    let report = desk.get("/v2/reports/sales/unpaid-invoices");
    let rows = report["Invoices"].as_array().unwrap().clone();
    let due: Decimal = desk
        .kashflow
        .invoices()
        .filter(|invoice| invoice.due_amount() > Decimal::ZERO)
        .map(|invoice| invoice.at_home(invoice.due_amount()))
        .sum();
    assert_eq!(amount(&report["Metadata"]["TotalOwed"]), due);
    assert_eq!(rows.iter().map(|row| amount(&row["InvoiceAmountOwed"])).sum::<Decimal>(), due);
    assert!(amount(&report["Metadata"]["TotalOwedExcludingTax"]) < due);
    assert!(report.get("MetaData").is_none(), "a small d here");
    assert!(rows.iter().any(|row| row["CustomerCode"] == "AVON01"), "archived customers owe too");
    assert!(rows.iter().any(|row| !row["PartPayments"].as_array().unwrap().is_empty()));

    let overdue = desk.get("/v2/reports/sales/overdue-invoices?orderBy=InvoiceNumber");
    let late = overdue["Invoices"].as_array().unwrap();
    assert!(!late.is_empty() && late.len() < rows.len());
    assert!(late.iter().all(|row| row["OverdueBy"].as_i64().unwrap() > 0));
    assert_eq!(late.iter().filter(|row| row["OverdueBy"] == 400).count(), 2, "Abbey and the archived Avon");

    desk.kashflow.options.report_currency = ReportCurrency::Document;
    let foreign = desk.get("/v2/reports/sales/unpaid-invoices");
    assert_eq!(amount(&foreign["Metadata"]["TotalOwed"]), due);
    let own: Decimal =
        foreign["Invoices"].as_array().unwrap().iter().map(|row| amount(&row["InvoiceAmountOwed"])).sum();
    assert_ne!(own, due);
    assert_eq!(
        desk.send(Method::Get, "/v2/reports/sales/unpaid-invoices?orderBy=x", &Value::Null).status,
        400
    );
}

#[test]
fn every_state_of_one_customer() {
    let mut desk = Desk::sample(Options::default());
    let list = desk.get("/v2/invoices?customercode=abbe01&perpage=100&sortby=PaymentDueDate");
    let rows = list["Data"].as_array().unwrap();
    assert_eq!(rows.len(), 16);
    let gross: Decimal = rows.iter().map(|row| amount(&row["GrossAmount"])).sum();
    assert_eq!(amount(&list["MetaData"]["TotalAmount"]), gross, "over the whole filtered set");
    for row in rows {
        let (due, gross) = (amount(&row["DueAmount"]), amount(&row["GrossAmount"]));
        let days = row["OverdueDays"].as_i64().unwrap();
        let expected = match row["Status"].as_str().unwrap() {
            "Paid" => due.is_zero() && days == 0,
            "Overpaid" => due < Decimal::ZERO && gross > Decimal::ZERO,
            "Overdue" => due > Decimal::ZERO && days > 0,
            "Unpaid" => !due.is_zero() && days == 0,
            _ => false,
        };
        assert!(expected, "{row}");
    }
    let balance = desk.get("/v2/customers/ABBE01");
    let due: Decimal = rows.iter().map(|row| amount(&row["DueAmount"])).sum();
    assert_eq!(amount(&balance["OutstandingBalance"]), due);
    assert_eq!(balance["InvoiceCount"], 16);
}

#[test]
fn what_is_overdue_changes_at_midnight_in_london() {
    let mut desk = Desk::sample(Options::default());
    let late = |desk: &mut Desk| {
        desk.get("/v2/invoices?customercode=ABBE01&statusfilter=OVERDUE")["MetaData"]["TotalRecords"]
            .as_u64()
            .unwrap()
    };
    let before = late(&mut desk);
    // In summer the day begins at 23:00 UTC.
    desk.now = "2026-07-15T22:59:59Z".parse().unwrap();
    desk.sign_in();
    assert_eq!(late(&mut desk), before);
    desk.now = "2026-07-15T23:00:00Z".parse().unwrap();
    assert_eq!(late(&mut desk), before + 1, "the one that was due today");
}

#[test]
fn document_filters() {
    let mut desk = Desk::sample(Options::default());
    let mut count = |address: &str| desk.get(address)["MetaData"]["TotalRecords"].as_u64().unwrap();
    let all = count("/v2/invoices");
    assert_eq!(count("/v2/invoices?statusfilter=Banana"), all, "unknown words filter nothing");
    assert_eq!(count("/v2/invoices?archived=false"), all);
    assert_eq!(count("/v2/invoices?archived=true"), 0);
    assert_eq!(count("/v2/invoices?customercode=NOPE"), 0);
    assert_eq!(count("/v2/invoices?customercode=ALPI01"), 1, "trailing blanks do not matter");
    assert_eq!(count("/v2/invoices?projectnumber=7"), 0);
    assert_eq!(count("/v2/purchases?type=Expense"), 0);
    let open = count("/v2/invoices?dosearchwithdueamount=true");
    assert!(open > 0 && open < all);
    let paid = count("/v2/invoices?filterby=paid");
    assert!(paid > 0 && paid < all);
    let from = count("/v2/invoices?issuedatefrom=2026-06-01");
    let to = count("/v2/invoices?issuedateto=2026-05-31 00:00:00");
    assert_eq!(from + to, all);
    assert_eq!(count("/v2/invoices?searchtext=po-2200"), 1);
    assert!(count("/v2/purchases?suppliercode=BIRS01") == 8);
}

#[test]
fn foreign_amounts_stand_in_two_currencies() {
    let mut desk = Desk::sample(Options::default());
    let list = desk.get("/v2/invoices?customercode=BELM01&sortby=GrossAmount&order=desc");
    let number = list["Data"][0]["Number"].as_i64().unwrap();
    let invoice = desk.get(&format!("/v2/invoices/{number}"));
    assert_eq!(invoice["Currency"]["Code"], "EUR");
    assert_eq!(invoice["Currency"]["ExchangeRate"].to_string(), "1.1600");
    assert_eq!(invoice["GrossAmount"].to_string(), "4000.0000");
    assert_eq!(invoice["HomeCurrencyGrossAmount"].to_string(), "3448.2759");
    assert_eq!(invoice["FormattedDueAmount"], "€4000.00");
    let part = list["Data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| amount(&row["DueAmount"]) == Decimal::from(1250))
        .unwrap();
    assert_eq!(part["TotalPaidAmount"].to_string(), "1068.3761", "paid in home currency");
}

#[test]
fn bills_are_short_of_some_fields() {
    let mut desk = Desk::sample(Options::default());
    let bill = desk.get("/v2/purchases?suppliercode=ARDE01")["Data"][0].clone();
    assert!(bill.get("GrossAmount").is_none() && bill.get("SupplierId").is_none());
    assert_eq!((&bill["SupplierCode"], &bill["Currency"]["Code"]), (&json!("ARDE01"), &json!("EUR")));
    let number = bill["Number"].as_i64().unwrap();
    let detail = desk.get(&format!("/v2/Purchases/{number}"));
    assert!(detail["GrossAmount"].is_number() && detail["LineItems"].is_array());
    assert!(detail["Permalink"].as_str().unwrap().starts_with("/v2/documents/purchaseorder/"));
    desk.kashflow.options.supplier_id_on_bills = true;
    assert!(desk.get(&format!("/v2/purchases/{number}"))["SupplierId"].is_i64());
}

#[test]
fn details_name_their_neighbours() {
    let mut desk = Desk::sample(Options::default());
    let first = desk.get("/v2/invoices/1001");
    assert_eq!((&first["PreviousNumber"], &first["NextNumber"]), (&json!(0), &json!(1002)));
    assert_eq!(desk.get("/v2/invoices/1002")["PreviousNumber"], 1001);
    let next = desk.get("/v2/nextavailableinvoicenumber").as_i64().unwrap();
    assert_eq!(desk.get(&format!("/v2/invoices/{}", next - 1))["NextNumber"], 0);
    assert_eq!(desk.send(Method::Get, &format!("/v2/invoices/{next}"), &Value::Null).status, 404);
    assert_eq!(desk.send(Method::Get, "/v2/invoices/abc", &Value::Null).status, 404);
    let top = desk.get("/v2/invoices/topdue?customercode=ABBE01");
    assert!(top.as_array().unwrap().iter().all(|row| amount(&row["DueAmount"]) > Decimal::ZERO));
}

#[test]
fn invoices_are_created_and_deleted() {
    let mut desk = Desk::sample(Options::default());
    let sent = json!({
        "CustomerCode": "ABBE01", "IssuedDate": "2026-07-01 00:00:00", "DueDate": "2026-07-31",
        "LineItems": [{ "Quantity": 10, "Rate": 19.99, "VATLevel": 20, "Description": "Oak trim" }],
    });
    let answer = desk.send(Method::Post, "/v2/invoices", &sent);
    assert_eq!(answer.status, 201);
    let invoice = body(&answer);
    assert_eq!(invoice["GrossAmount"].to_string(), "239.8800");
    assert_eq!(
        (&invoice["IssuedDate"], &invoice["DueDate"]),
        (&json!("2026-07-01 12:00:00"), &json!("2026-07-31 12:00:00"))
    );
    let number = invoice["Number"].as_i64().unwrap();
    let mut again = sent.clone();
    again["Number"] = json!(number);
    assert_eq!(desk.send(Method::Post, "/v2/invoices", &again).status, 400);
    again["CustomerCode"] = json!("NOPE");
    assert_eq!(desk.send(Method::Post, "/v2/invoices", &again).status, 400);
    assert_eq!(desk.send(Method::Delete, &format!("/v2/invoices/{number}"), &Value::Null).status, 204);
    assert_eq!(desk.send(Method::Get, &format!("/v2/invoices/{number}"), &Value::Null).status, 404);
}

#[test]
fn status_words_may_be_odd() {
    let mut desk = Desk::sample(Options { status_words: StatusWords::Odd, ..Options::default() });
    let list = desk.get("/v2/invoices?perpage=200");
    let known = ["Paid", "Unpaid", "Overdue", "Overpaid"];
    assert!(
        list["Data"].as_array().unwrap().iter().all(|row| !known.contains(&row["Status"].as_str().unwrap()))
    );
    assert_eq!(desk.get("/v2/paymentstatuses").as_array().unwrap().len(), 4);
}

#[test]
fn quotes_are_listed_by_customer() {
    let mut desk = Desk::sample(Options::default());
    let list = desk.get("/v2/quotes?customercode=ABBE01&order=desc");
    assert_eq!((&list["MetaData"]["TotalRecords"], &list["Data"][0]["Number"]), (&json!(2), &json!(302)));
    assert_eq!(list["MetaData"]["TotalAmount"].to_string(), "6660.0000");
    assert_eq!(desk.get("/v2/quotes?customercode=NOPE")["Data"], json!([]));
    assert_eq!(desk.get("/v2/quotes?issuedatefrom=2026-07-01")["MetaData"]["TotalRecords"], 1);
    assert!(desk.get("/v2/quotes/301")["LineItems"].is_array());
    assert_eq!(desk.send(Method::Get, "/v2/quotes/999", &Value::Null).status, 404);
}
