//! `delete` from the command line: preview, confirmation, exit codes.

use serde_json::{Value, json};

use crate::home::{Home, sample_firm};

#[tokio::test(flavor = "multi_thread")]
async fn b29_delete_shows_the_losses_and_wants_the_name_typed() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let (exit, refused) = home.json(&["delete", "424242"]);
    assert_eq!((exit, &refused["error"]["code"]), (1, &json!("not_found")), "{refused}");
    home.json(&["sync", "--yes"]);
    let contacts = home.list(&["contacts"]);
    let linked = |contact: &&Value| {
        contact["kind"] == "organisation" && contact["health"] == "in_sync" && contact["invoices"] != json!(0)
    };
    let victim = contacts.iter().find(linked).unwrap();
    let (id, name) = (victim["id"].to_string(), victim["name"].as_str().unwrap());
    let (exit, shown) = home.json(&["delete", &id, "--dry-run"]);
    assert_eq!((exit, &shown["done"], &shown["error"]), (0, &json!(false), &Value::Null), "{shown}");
    assert_eq!(shown["kashflow"][0]["step"], "archive");
    assert_eq!(shown["kashflow"][0]["invoices"], victim["invoices"]);
    assert!(shown["capsule"]["notes"].is_u64(), "{shown}");
    for confirm in [&[][..], &["--confirm", "Nobody"]] {
        let arguments = [&["delete", &id], confirm].concat();
        let (exit, refused) = home.json(&arguments);
        assert_eq!((exit, &refused["error"]["code"]), (4, &json!("needs_confirmation")), "{refused}");
        assert_eq!((&refused["name"], &refused["done"]), (&victim["name"], &json!(false)));
    }
    let told = home.run(&["delete", &id, "--confirm", "Nobody"]);
    assert_eq!(told.stderr.matches("is not the name").count(), 1, "said once: {told:?}");
    let told = home.run(&["delete", &id, "--confirm", &name.to_lowercase()]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stdout.contains("was deleted.") && told.stdout.contains("invoice"), "{told:?}");
    assert!(home.list(&["contacts"]).iter().all(|contact| contact["id"] != victim["id"]));
    assert!(!home.list(&["ignored"]).is_empty());
    let (exit, refused) = home.json(&["delete", &id, "--confirm", name]);
    assert_eq!((exit, &refused["error"]["code"]), (1, &json!("not_found")), "{refused}");
}
