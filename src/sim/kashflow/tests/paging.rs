//! Pages, through the front door.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Desk;
use crate::sim::{
    http::Method,
    kashflow::{Options, PageUrls},
};

/// Ids of every page, following `NextPageUrl`.
fn walk(desk: &mut Desk, address: &str) -> (Vec<i64>, u64) {
    let mut ids = Vec::new();
    let mut next = Some(address.to_owned());
    let mut total = 0;
    while let Some(address) = next {
        let page = desk.get(address.trim_start_matches("http://127.0.0.1:4200"));
        ids.extend(page["Data"].as_array().unwrap().iter().map(|row| row["Id"].as_i64().unwrap()));
        total = page["MetaData"]["TotalRecords"].as_u64().unwrap();
        next = page["MetaData"]["NextPageUrl"].as_str().map(str::to_owned);
    }
    (ids, total)
}

#[test]
fn pages_by_a_unique_column_are_complete() {
    let mut desk = Desk::sample(Options::default());
    for address in [
        "/v2/customers?perpage=7&sortby=Code&order=asc&filterarchived=true",
        "/v2/suppliers?perpage=3&sortby=1&order=Desc&filterarchived=true",
        "/v2/invoices?perpage=50&sortby=Number&order=Desc",
        "/v2/purchases?perpage=50&sortby=0",
    ] {
        let (ids, total) = walk(&mut desk, address);
        assert_eq!(ids.len() as u64, total, "{address}");
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{address}");
        assert!(total > 10, "{address}");
    }
}

#[test]
fn meta_data_names_the_pages() {
    let mut desk = Desk::sample(Options::default());
    let query = "page=2&perpage=20&SortBy=Code&searchtext=a b&filterarchived=true";
    let page = desk.get(&format!("/v2/Customers?{query}"));
    let url = |number: usize| {
        format!(
            "http://127.0.0.1:4200/v2/Customers?page={number}&perpage=20&SortBy=Code&searchtext=a%20b&filterarchived=true"
        )
    };
    let meta = &page["MetaData"];
    assert_eq!(meta["FirstPageUrl"], url(1));
    assert_eq!(meta["PreviousPageUrl"], url(1));
    assert_eq!(meta["NextPageUrl"], Value::Null, "past the end");
    assert_eq!(page["Data"], json!([]));
    assert_eq!(meta["TotalAmount"].to_string(), "0.0000");

    desk.kashflow.options.page_urls = PageUrls::Path;
    let page = desk.get("/v2/customers?sortby=Code");
    assert_eq!(page["MetaData"]["NextPageUrl"], "/v2/customers?page=2&perpage=50&sortby=Code");
    assert_eq!(page["Data"].as_array().unwrap().len(), 50, "the default");
}

#[test]
fn bad_parameters_are_refused() {
    let mut desk = Desk::sample(Options::default());
    for (address, status) in [
        ("/v2/customers?perpage=200", 200),
        ("/v2/customers?perpage=201", 400),
        ("/v2/customers?perpage=5000&skipperpagevalidation=true", 200),
        ("/v2/suppliers?perpage=250", 200),
        ("/v2/suppliers?perpage=251", 400),
        ("/v2/invoices?perpage=201", 400),
        ("/v2/customers?perpage=0", 400),
        ("/v2/customers?page=0", 400),
        ("/v2/customers?page=x", 400),
        ("/v2/customers?order=up", 400),
        ("/v2/customers?sortby=2", 400),
        ("/v2/suppliers?sortby=2", 200),
        ("/v2/customers?sortby=Phone", 400),
        ("/v2/invoices?sortby=13", 400),
        ("/v2/nothing", 404),
        ("/customers", 404),
        ("/v2/customers/%zz", 404),
    ] {
        assert_eq!(desk.send(Method::Get, address, &Value::Null).status, status, "{address}");
    }
}

#[test]
fn lists_sort_by_every_column() {
    let mut desk = Desk::sample(Options { unstable_ties: false, ..Options::default() });
    for (address, field) in [
        ("/v2/customers?sortby=OutstandingBalance", "OutstandingBalance"),
        ("/v2/customers?sortby=3", "TotalPaidAmount"),
        ("/v2/invoices?sortby=GrossAmount", "GrossAmount"),
        ("/v2/invoices?sortby=9", "DueAmount"),
        ("/v2/purchases?sortby=12", "VATAmount"),
    ] {
        let page = desk.get(address);
        let rows = page["Data"].as_array().unwrap();
        let amounts: Vec<f64> = rows.iter().map(|row| row[field].as_f64().unwrap()).collect();
        assert!(amounts.is_sorted() && amounts.first() < amounts.last(), "{address}");
    }
    for (address, field) in [
        ("/v2/customers?sortby=name&order=desc", "Name"),
        ("/v2/invoices?sortby=InvoiceDate&order=DESC", "IssuedDate"),
        ("/v2/invoices?sortby=2&order=desc", "CustomerName"),
        ("/v2/purchases?sortby=SupplierRef&order=desc", "SupplierReference"),
    ] {
        let page = desk.get(address);
        let rows = page["Data"].as_array().unwrap();
        let texts: Vec<String> = rows.iter().map(|row| row[field].as_str().unwrap().to_lowercase()).collect();
        assert!(texts.iter().rev().is_sorted() && texts.len() > 10, "{address}");
    }
}

#[test]
fn a_change_is_seen_on_the_next_page() {
    let mut desk = Desk::open(Options::default());
    for name in ["Ash", "Elm", "Oak"] {
        desk.send(Method::Post, "/v2/customers", &json!({ "Name": name }));
    }
    let first = desk.get("/v2/customers?perpage=2&sortby=Code");
    assert_eq!(first["Data"][1]["Name"], "Elm");
    desk.send(Method::Delete, "/v2/customers/ASH01", &Value::Null);
    let second = desk.get("/v2/customers?perpage=2&sortby=Code&page=2");
    assert_eq!(second["Data"], json!([]), "rows move up, so Oak is skipped");
    assert_eq!(second["MetaData"]["TotalRecords"], 2);
}
