//! Two records of one name, told apart by `answer … rename:… --value` (design B12).

use serde_json::json;

use crate::home::{Home, sample_firm};

#[tokio::test(flavor = "multi_thread")]
async fn b12_a_new_name_is_answered_planned_and_written_by_the_next_sync() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let questions = home.list(&["questions"]);
    let choices = |question: &serde_json::Value| {
        let keys = question["choices"].as_array().unwrap().iter().map(|choice| choice["key"].clone());
        keys.map(|key| key.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let key = |question: &serde_json::Value| {
        choices(question).into_iter().find(|key| key == "rename:customer:BAYT02")
    };
    let (question, key) = questions.iter().find_map(|one| Some((one, key(one)?))).unwrap();
    let (id, old) = (question["id"].to_string(), question["name"].as_str().unwrap());
    for (value, code, word) in [
        (&[][..], 2, "usage"),
        (&["--value", " "], 2, "usage"),
        (&["--value", old], 2, "usage"),
        (&["--value", "abbey kitchens LTD"], 1, "name_exists"),
    ] {
        let (found, document) = home.json(&[&["answer", &id, &key], value].concat());
        assert_eq!((found, &document["error"]["code"]), (code, &json!(word)), "{value:?} {document}");
    }
    let new = format!("{old} (North)");
    let (code, answered) = home.json(&["answer", &id, &key, "--value", &new]);
    assert_eq!((code, &answered["choice"]), (0, &json!(key)), "{answered}");
    let plan = home.json(&["sync", "--dry-run"]).1;
    let planned =
        plan["operations"].as_array().unwrap().iter().find(|one| one["operation"] == "rename").unwrap();
    assert_eq!(planned["fields"], json!([{"field": "name", "before": old, "after": new}]));
    let done = home.json(&["sync"]).1;
    assert_eq!(done["done"]["updated_in_kashflow"], 1, "{done}");
    assert!(home.list(&["questions"]).iter().all(|one| one["id"] != question["id"]));
    let renamed = |contact: &serde_json::Value| contact["links"][0]["name"] == json!(new);
    assert!(home.list(&["contacts"]).iter().any(renamed));
    let entry = home.list(&["journal"]).into_iter().find(|entry| entry["operation"] == "rename").unwrap();
    assert_eq!((&entry["side"], &entry["after"]["name"]), (&json!("kashflow"), &json!(new)), "{entry}");
}
