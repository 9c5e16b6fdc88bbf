//! `undo`, from the command line: local decisions without the network, creates at the services.

use serde_json::{Value, json};

use crate::home::{Home, sample_firm};

fn newest(home: &Home, operation: &str) -> Value {
    home.list(&["journal"]).into_iter().rfind(|entry| entry["operation"] == operation).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn b36_a_local_decision_is_taken_back_without_the_network() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["plan"]);
    home.json(&["ignore", "customer:ALDE01"]);
    let requests = running.world().log.len();
    let entry = newest(&home, "ignore")["entry"].to_string();
    let (exit, undone) = home.json(&["undo", &entry]);
    assert_eq!((exit, &undone[0]["undone"], &undone[0]["operation"]), (0, &json!(true), &json!("ignore")));
    assert!(home.list(&["ignored"]).is_empty());
    let journal = home.list(&["journal"]);
    let marked = journal.iter().find(|one| one["entry"].as_u64() == entry.parse().ok()).unwrap();
    assert_eq!(marked["undone"], true);
    let last = journal.last().unwrap();
    assert_eq!((&last["operation"], &last["run"]), (&json!("ignore"), &Value::Null));
    assert_eq!(last["reason"], format!("undoes entry {entry}"));
    let (exit, refused) = home.json(&["undo", &entry]);
    assert_eq!((exit, &refused["error"]["code"]), (1, &json!("undo_refused")), "{refused}");
    let (exit, refused) = home.json(&["undo", "4242"]);
    assert_eq!((exit, &refused["error"]["code"]), (1, &json!("not_found")), "{refused}");
    assert_eq!(home.json(&["undo"]).0, 2);
    assert_eq!(home.json(&["undo", "1", "--run", "1"]).0, 2);
    assert_eq!(running.world().log.len(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn b36_a_create_is_undone_in_capsule_and_what_cannot_be_says_why() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let journal = home.list(&["journal", "--run", "1"]);
    let of = |operation: &str| journal.iter().find(|entry| entry["operation"] == operation).unwrap();
    let (create, summary) = (of("create")["entry"].to_string(), of("summary")["entry"].to_string());
    let contact = of("create")["record"]["id"].as_i64().unwrap();
    let told = home.run(&["undo", &create, &summary]);
    assert_eq!(told.code, 3, "one of two: {told:?}");
    assert!(told.stdout.contains(&format!("{create}. create ")), "{told:?}");
    assert!(told.stdout.contains("not undone, the KashFlow fields show"), "{told:?}");
    assert!(running.world().capsule.parties().all(|party| party.id != contact));
    assert_eq!(home.list(&["ignored"]).len(), 1);
    let (exit, refused) = home.json(&["undo", &summary]);
    assert_eq!((exit, &refused["error"]["code"]), (1, &json!("undo_refused")), "{refused}");
    let (exit, undone) = home.json(&["undo", "--run", "1"]);
    let undone = undone.as_array().unwrap().clone();
    assert_eq!(exit, 0, "what a run cannot take back is no failure: {undone:?}");
    let taken_back = |operation: &str| {
        undone.iter().filter(|one| one["operation"] == operation).all(|one| {
            // A create that Capsule refused is in the journal too; there is nothing to take back.
            let has_nothing_left = |why: &str| why.contains("already") || why == "it changed nothing";
            one["undone"] == json!(true) || one["reason"].as_str().is_some_and(has_nothing_left)
        })
    };
    assert!(taken_back("create"), "{undone:?}");
    assert!(home.list(&["contacts"]).iter().all(|contact| contact["links"] == json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn b36_a_refusal_is_said_once() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let contacts = home.list(&["contacts"]);
    let made = contacts.iter().find(|contact| contact["links"][0]["reason"] == "created").unwrap();
    let journal = home.list(&["journal"]);
    let create = journal.iter().find(|entry| entry["operation"] == "create" && entry["name"] == made["name"]);
    let (id, entry) = (made["id"].as_i64().unwrap(), create.unwrap()["entry"].to_string());
    let later = running.world().clock.now() + jiff::SignedDuration::from_mins(5);
    running.world().capsule.edit(id, &json!({"about": "Met at the fair"}), later).unwrap();
    let told = home.run(&["undo", &entry]);
    assert_ne!(told.code, 0, "{told:?}");
    assert!(told.stdout.is_empty() && told.stderr.contains("cannot be undone: "), "{told:?}");
    let why = told.stderr.split_once("cannot be undone: ").unwrap().1.lines().next().unwrap().to_owned();
    assert_eq!(told.stderr.matches(&why).count(), 1, "{told:?}");
}
