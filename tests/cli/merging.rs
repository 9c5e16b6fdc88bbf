//! `merge` from the command line: preview, confirmation, refusal, exit codes.

use serde_json::json;

use crate::home::{Home, sample_firm};

#[tokio::test(flavor = "multi_thread")]
async fn b28_merge_shows_what_it_does_and_wants_the_name_typed() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let (exit, refused) = home.json(&["merge", "424241", "424242"]);
    assert_eq!((exit, &refused["error"]["code"]), (1, &json!("not_found")), "{refused}");
    home.json(&["sync", "--yes"]);
    let contacts = home.list(&["contacts"]);
    let mut linked = contacts.iter().filter(|contact| {
        let links = contact["links"].as_array().unwrap();
        contact["kind"] == "organisation" && links.iter().any(|link| link["kind"] == "customer")
    });
    let (first, second) = (linked.next().unwrap(), linked.next().unwrap());
    let (keep, other) = (first["id"].to_string(), second["id"].to_string());
    let name = second["name"].as_str().unwrap();
    // Both have a customer: only a person can say which one it is.
    let (exit, refused) = home.json(&["merge", &keep, &other, "--confirm", name]);
    assert_eq!((exit, &refused["error"]["code"]), (4, &json!("merge_refused")), "{refused}");
    let made = contacts
        .iter()
        .find(|contact| contact["kind"] == "organisation" && contact["links"][0]["reason"] == "created");
    let free = contacts
        .iter()
        .find(|contact| contact["kind"] == "organisation" && contact["health"] == "not_linked");
    let (made, free) = (made.unwrap(), free.unwrap());
    let (keep, other) = (free["id"].to_string(), made["id"].to_string());
    let (exit, shown) = home.json(&["merge", &keep, &other, "--dry-run"]);
    assert_eq!((exit, &shown["done"], &shown["other_name"]), (0, &json!(false), &made["name"]), "{shown}");
    let link = &shown["links"][0];
    assert_eq!((&link["name"], &shown["name_after"]), (&made["links"][0]["name"], &link["name"]), "{shown}");
    assert_eq!(shown["details"][0]["value"], shown["name_after"], "{shown}");
    assert!(["added", "kashflow", "contact_person_of"].iter().all(|key| shown[*key].is_array()), "{shown}");
    let told = home.run(&["merge", &keep, &other, "--name", "Quite Another", "--dry-run"]);
    let renamed = format!("Name {} -> Quite Another", link["name"].as_str().unwrap());
    assert!(told.stdout.contains("Its link moves: ") && told.stdout.contains(&renamed), "{told:?}");
    let (exit, refused) = home.json(&["merge", &keep, &other, "--confirm", "Nobody"]);
    assert_eq!((exit, &refused["error"]["code"]), (4, &json!("needs_confirmation")), "{refused}");
    let told = home.run(&["merge", &keep, &other, "--confirm", "Nobody"]);
    assert_eq!(told.stderr.matches("is not the name").count(), 1, "said once: {told:?}");
    let told = home.run(&["merge", &keep, &other, "--confirm", made["name"].as_str().unwrap()]);
    assert!(told.code == 0 && told.stdout.contains("was merged into"), "{told:?}");
    let after = home.list(&["contacts"]);
    assert!(after.iter().all(|contact| contact["id"] != made["id"]));
    let kept = after.iter().find(|contact| contact["id"] == free["id"]).unwrap();
    assert_eq!((&kept["name"], &kept["links"][0]["reason"]), (&made["links"][0]["name"], &json!("merged")));
}
