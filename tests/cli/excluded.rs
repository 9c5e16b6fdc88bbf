//! Excluded supplier invoices are mentioned nowhere, and come back when they are wanted again (design B22).

use kashsync::sim::server::Running;
use serde_json::json;

use crate::home::{Home, sample_firm};

/// The bill that is looked for, by everything it could be recognised by.
const NUMBER: i64 = 987_654;
const TRACES: [&str; 4] = ["987654", "987,654", "5432.11", "5,432.11"];

/// Our fields on all contacts in Capsule.
fn fields(running: &Running) -> String {
    let world = running.world();
    let values: Vec<_> = world.capsule.parties().map(|party| world.capsule.field_values(party)).collect();
    format!("{values:?}")
}

fn logs(home: &Home) -> String {
    let files = std::fs::read_dir(home.path().join("logs")).unwrap();
    files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

fn count_bills(home: &Home) -> usize {
    home.list(&["invoices"]).iter().filter(|document| document["side"] == "supplier").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn b22_excluded_bills_are_mentioned_in_no_output_and_come_back() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let supplier = firm.suppliers.iter().find(|supplier| !supplier.archived).unwrap();
    let bill = json!({"SupplierCode": supplier.code, "Number": NUMBER, "NetAmount": 5432.11, "VATAmount": 0});
    {
        let mut world = running.world();
        let now = world.clock.now();
        world.kashflow.add("bill", &bill, now).unwrap();
    }
    home.json(&["sync", "--yes"]);
    let before = count_bills(&home);
    assert!(before > 1 && fields(&running).contains("supplier: "), "bills show before they are excluded");
    assert!(home.run(&["invoice", "--bill", &NUMBER.to_string()]).stdout.contains("5,432.11"));

    assert_eq!(home.run(&["settings", "set", "exclude_supplier_invoices", "true"]).code, 0);
    let logged = logs(&home).len();
    running.world().log.clear();
    let mut printed = vec![home.run(&["sync"]), home.run(&["plan"]), home.run(&["sync", "--json"])];
    assert!(!running.world().log.iter().any(|entry| entry.path.contains("purchases")), "not requested");
    let contacts = home.list(&["contacts"]);
    assert!(contacts.iter().all(|contact| contact.get("bills").is_none()));
    let linked = contacts.iter().find(|contact| {
        let mut links = contact["links"].as_array().unwrap().iter();
        links.any(|link| link["kind"] == "supplier")
    });
    let linked = linked.unwrap()["id"].to_string();
    for command in [
        &["contacts"][..],
        &["contacts", "--csv"],
        &["contacts", "--json"],
        &["contact", &linked],
        &["contact", &linked, "--json"],
        &["invoices"],
        &["invoices", "--csv"],
        &["invoices", "--json"],
        &["invoices", "--contact", &linked],
        &["invoice", "--bill", "1"],
        &["debtors"],
        &["debtors", "--csv"],
        &["debtors", "--json"],
        &["questions"],
        &["questions", "--json"],
        &["journal"],
        &["journal", "--json"],
        &["status"],
        &["status", "--json"],
    ] {
        printed.push(home.run(command));
    }
    assert_eq!(count_bills(&home), 0);
    for ran in &printed {
        let text = format!("{}{}", ran.stdout, ran.stderr);
        for trace in TRACES {
            assert!(!text.contains(trace), "{trace} in {text}");
        }
    }
    // The words themselves: in the new part of the log, in what people read of a run, and in Capsule.
    let (log, shown) = (logs(&home).split_off(logged), &printed[0]);
    for text in [log, shown.stdout.clone(), shown.stderr.clone()] {
        let text = text.to_lowercase();
        assert!(!text.contains("bill") && !text.contains("purchases"), "{text}");
    }
    let written = fields(&running);
    assert!(written.contains("supplier") && !written.contains("supplier: "), "{written}");

    assert_eq!(home.run(&["settings", "set", "exclude_supplier_invoices", "false"]).code, 0);
    home.run(&["sync"]);
    assert_eq!(count_bills(&home), before);
    assert!(fields(&running).contains("supplier: "));
}
