//! `disable` and `enable` on the command line (design B34).

use serde_json::{Value, json};

use crate::home::{Home, sample_firm};

#[test]
fn b34_disabling_asks_for_confirmation_and_works_before_the_first_sync() {
    let home = Home::new();
    let (code, refused) = home.json(&["disable"]);
    assert_eq!((code, &refused["error"]["code"]), (4, &json!("needs_confirmation")), "{refused}");
    assert_eq!(home.json(&["status"]).1["enabled"], json!(true), "nothing was changed");
    for _ in 0..2 {
        assert_eq!(home.json(&["disable", "--yes"]), (0, json!({ "enabled": false })));
    }
    assert_eq!(home.json(&["status"]).1["enabled"], json!(false));
    assert!(home.run(&["status"]).stdout.contains("none: syncing is disabled"));
    for _ in 0..2 {
        assert_eq!(home.json(&["enable"]), (0, json!({ "enabled": true })));
    }
    let journal = home.list(&["journal"]);
    let switched: Vec<&Value> = journal.iter().map(|entry| &entry["after"]["enabled"]).collect();
    assert_eq!(switched, [&json!("false"), &json!("true")]);
    assert!(journal.iter().all(|entry| entry["operation"] == "setting"));
}

#[tokio::test(flavor = "multi_thread")]
async fn b34_while_disabled_syncs_exit_4_and_lists_show_contacts_only() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let (contacts, invoices) = (home.list(&["contacts"]), home.list(&["invoices"]));
    assert!(!invoices.is_empty());
    let (code, cleared) = home.json(&["disable", "--yes", "--clear-summary"]);
    assert_eq!((code, &cleared["enabled"], &cleared["left"]), (0, &json!(false), &json!(0)), "{cleared}");
    assert!(cleared["emptied"].as_u64().unwrap() > 20, "{cleared}");
    let requests = running.world().log.len();
    for command in
        [&["sync"][..], &["sync", "--yes"], &["sync", "--watch"], &["sync", "--dry-run"], &["plan"]]
    {
        let (code, refused) = home.json(command);
        assert_eq!((code, &refused["error"]["code"]), (4, &json!("disabled")), "{command:?}: {refused}");
    }
    assert_eq!(running.world().log.len(), requests, "nothing was sent");
    let hidden = home.list(&["contacts"]);
    assert_eq!(hidden.len(), contacts.len(), "contacts stay");
    assert!(
        hidden.iter().all(|contact| contact["links"] == json!([]) && contact["outstanding"] == json!([]))
    );
    for list in ["invoices", "debtors", "questions"] {
        assert!(home.list(&[list]).is_empty(), "{list}");
    }
    let (_, status) = home.json(&["status"]);
    assert_eq!(
        (&status["enabled"], &status["outstanding"], &status["control"]),
        (&json!(false), &json!([]), &json!(null))
    );
    home.json(&["enable"]);
    assert_eq!(home.list(&["contacts"]), contacts, "everything is there again, before any sync");
    assert_eq!(home.list(&["invoices"]), invoices);
    let (_, second) = home.json(&["sync"]);
    assert_eq!(
        (&second["done"]["linked"], &second["done"]["created_in_capsule"]),
        (&json!(0), &json!(0)),
        "{second}"
    );
    assert_eq!(second["done"]["summaries_written"], cleared["emptied"], "{second}");
}
