//! One document with its lines and payments, read when somebody looks.

use serde_json::Value;

use crate::home::{Home, sample_firm};

fn pence(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

fn sum(rows: &Value, field: &str) -> i64 {
    rows.as_array().unwrap().iter().map(|row| pence(&row[field])).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn b04_lines_and_payments_are_read_on_demand_and_add_up() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let invoices = home.list(&["invoices"]);
    let part_paid =
        |invoice: &&Value| invoice["side"] == "customer" && invoice["part_paid"] == Value::Bool(true);
    let listed = invoices.iter().find(part_paid).unwrap();
    let number = listed["number"].to_string();
    running.world().log.clear();
    let (code, whole) = home.json(&["invoice", &number]);
    assert_eq!(code, 0, "{whole}");
    for (field, value) in listed.as_object().unwrap() {
        assert_eq!(&whole[field], value, "the same as in the list: {field}");
    }
    assert_eq!(sum(&whole["lines"], "net") + sum(&whole["lines"], "vat"), pence(&whole["gross"]));
    assert_eq!(sum(&whole["payments"], "amount"), pence(&whole["paid"]));
    let asked = running.world().log.iter().filter(|entry| entry.path.contains("/invoices")).count();
    assert_eq!(asked, 1, "one request for the document, none for a list");
    assert!(home.run(&["invoice", &number]).stdout.contains("Paid on"));
    let (code, missing) = home.json(&["invoice", "999999"]);
    assert_eq!((code, &missing["error"]["code"]), (1, &Value::from("not_found")));
}
