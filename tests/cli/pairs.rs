//! Pairs decided from the command line: link, unlink, never, retry, duplicates.

use serde_json::{Value, json};

use crate::home::{Home, sample_firm};

fn contact(home: &Home, query: &str) -> Value {
    let found = home.list(&["contacts", query]);
    found.into_iter().find(|contact| contact["kind"] == "organisation").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn b11_a_link_is_ended_and_made_by_hand() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let before = running.world().log.len();
    let abbey = contact(&home, "abbey kitchens");
    let id = abbey["id"].to_string();
    let code = abbey["links"][0]["code"].as_str().unwrap();
    let record = format!("customer:{code}");
    let (exit, refused) = home.json(&["link", &id, &record]);
    assert_eq!((exit, &refused["error"]["code"]), (1, &json!("already_linked")), "{refused}");
    assert!(refused["error"]["remedy"].as_str().unwrap().contains("kashsync unlink"), "{refused}");
    let (exit, refused) = home.json(&["never", &id, &record]);
    assert_eq!((exit, &refused["error"]["code"]), (1, &json!("already_linked")), "{refused}");
    let (exit, ended) = home.json(&["unlink", &id]);
    assert_eq!((exit, &ended[0]["code"], &ended[0]["contact_id"]), (0, &json!(code), &abbey["id"]));
    assert_eq!(contact(&home, "abbey kitchens")["health"], "not_linked");
    for arguments in [&["unlink", &id][..], &["unlink", &id, "supplier"], &["unlink", "424242"]] {
        let (exit, refused) = home.json(arguments);
        assert_eq!((exit, &refused["error"]["code"]), (1, &json!("not_found")), "{refused}");
    }
    let (exit, linked) = home.json(&["link", &id, &record.to_lowercase()]);
    assert_eq!((exit, &linked["side"], &linked["code"]), (0, &json!("customer"), &json!(code)), "{linked}");
    assert_eq!(contact(&home, "abbey kitchens")["links"][0]["reason"], "by_hand");
    let journal = home.list(&["journal"]);
    let operations: Vec<&Value> =
        journal[journal.len() - 2..].iter().map(|entry| &entry["operation"]).collect();
    assert_eq!(operations, ["unlink", "link"]);
    assert_eq!(running.world().log.len(), before, "no network");
    for (arguments, exit, code) in [
        (&["link", "424242", record.as_str()][..], 1, "not_found"),
        (&["link", &id, "customer:NOPE99"], 1, "not_found"),
        (&["link", &id, "nonsense"], 2, "usage"),
        (&["unlink", &id, "client"], 2, "usage"),
        (&["never", "424242", &record], 1, "not_found"),
        (&["retry", &id], 1, "not_found"),
    ] {
        let (ended, refused) = home.json(arguments);
        assert_eq!((ended, &refused["error"]["code"]), (exit, &json!(code)), "{arguments:?} {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b37_every_contact_has_a_health_and_retry_makes_the_failing_due() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    for contact in home.list(&["contacts"]) {
        let reason = contact["health_reason"].as_str().unwrap();
        assert!(contact["health"] == "in_sync" || !reason.is_empty(), "{contact}");
    }
    let (exit, due) = home.json(&["retry"]);
    let failing = home.json(&["status"]).1["failing"].clone();
    assert_eq!((exit, json!(due.as_array().unwrap().len())), (0, failing));
    assert!(!due.as_array().unwrap().is_empty());
    let told = home.run(&["retry"]);
    assert!(told.stdout.contains("is tried again by the next sync."), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b28_likely_duplicates_are_listed_with_reasons() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert!(home.list(&["duplicates"]).is_empty(), "nothing was read yet");
    assert_eq!(home.run(&["duplicates"]).stdout, "No likely duplicates.\n");
    home.json(&["plan"]);
    let pairs = home.list(&["duplicates"]);
    for pair in &pairs {
        assert!(pair["contact_id"].as_i64() < pair["other_id"].as_i64(), "{pair}");
        assert!(pair["score"].as_f64().unwrap() > 0.7 && !pair["reasons"].as_array().unwrap().is_empty());
    }
    assert!(!pairs.is_empty());
    let told = home.run(&["duplicates"]).stdout;
    assert!(told.contains(pairs[0]["name"].as_str().unwrap()), "{told}");
}
