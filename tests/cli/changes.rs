//! Differences between the two services, from the command line: shown, taken one way, planned and carried out.

use serde_json::{Value, json};

use crate::home::{Home, sample_firm};

fn contact_that_differs(home: &Home) -> (i64, Value) {
    for contact in home.list(&["contacts"]) {
        let id = contact["id"].as_i64().unwrap();
        if contact["links"].as_array().unwrap().len() == 1 {
            let whole = home.json(&["contact", &id.to_string()]).1;
            let differences = whole["differences"].as_array().unwrap().clone();
            if let Some(phone) =
                differences.into_iter().find(|one| one["field"] == "phone" && one["capsule"] != "")
            {
                return (id, phone);
            }
        }
    }
    panic!("the sample firm has phones that differ");
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_difference_is_shown_taken_planned_and_written_by_the_next_sync() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let (id, phone) = contact_that_differs(&home);
    let text = home.run(&["contact", &id.to_string()]).stdout;
    assert!(text.contains("Phone differs: "), "{text}");
    let id = id.to_string();
    let (code, taken) = home.json(&["take", &id, "phone", "capsule"]);
    assert_eq!((code, &taken["take"], &taken["field"]), (0, &json!("capsule"), &json!("phone")), "{taken}");
    // Taken again means taken back; then it is taken for good.
    assert_eq!(home.json(&["take", &id, "phone", "capsule"]).1["take"], Value::Null);
    home.json(&["take", &id, "phone", "capsule"]);
    let plan = home.json(&["sync", "--dry-run"]).1;
    let update =
        plan["operations"].as_array().unwrap().iter().find(|one| one["operation"] == "update").unwrap();
    assert_eq!(
        (&update["side"], &update["fields"]),
        (
            &json!("kashflow"),
            &json!([{"field": "phone", "before": phone["kashflow"], "after": phone["capsule"]}])
        )
    );
    assert_eq!(plan["counts"]["updated_in_kashflow"], 1);
    let (_, done) = home.json(&["sync"]);
    assert_eq!(done["done"]["updated_in_kashflow"], 1, "{done}");
    let whole = home.json(&["contact", &id]).1;
    assert!(!whole["differences"].as_array().unwrap().iter().any(|one| one["field"] == "phone"), "{whole}");
    let journal = home.list(&["journal"]);
    let words: Vec<&str> = journal.iter().filter_map(|entry| entry["operation"].as_str()).collect();
    assert_eq!(words.iter().filter(|word| **word == "take").count(), 3);
    assert!(words.contains(&"update"));
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_what_cannot_be_taken_is_told_and_changes_nothing() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let (id, _) = contact_that_differs(&home);
    let id = id.to_string();
    for (line, code, word) in [
        (&["take", "999999", "phone", "capsule"][..], 1, "not_found"),
        (&["take", &id, "contact_person", "capsule"], 1, "not_found"),
        (&["take", &id, "name", "capsule"], 1, "not_found"),
        (&["take", &id, "colour", "capsule"], 2, "usage"),
        (&["take", &id, "phone", "theirs"], 2, "usage"),
    ] {
        let (found, document) = home.json(line);
        assert_eq!((found, &document["error"]["code"]), (code, &json!(word)), "{line:?} {document}");
    }
    assert!(home.list(&["journal"]).iter().all(|entry| entry["operation"] != "take"));
}
