//! `plan --out` and `apply`, from the command line.

use std::fs;

use serde_json::{Value, json};

use crate::home::{Home, sample_firm};

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_applied_once_and_then_stale() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let file = home.path().join("plan.json");
    let name = file.to_str().unwrap();
    let (exit, shown) = home.json(&["plan", "--out", name]);
    assert_eq!(exit, 0, "{shown}");
    let saved: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!((&saved["format"], &saved["accounts"]["capsule"]), (&json!(1), &json!("brookside")));
    assert_eq!(saved["plan"]["operations"], shown["operations"], "in a readable form");
    let again = home.run(&["plan", "--out", name]);
    assert!(again.code == 0 && again.stderr.contains("replaces the earlier one"), "{again:?}");
    assert_eq!(running.world().writes().count(), 0);
    let (exit, applied) = home.json(&["apply", name]);
    assert_eq!((exit, &applied["outcome"]), (3, &json!("attention")), "{applied}");
    assert!(applied["done"]["linked"].as_u64().unwrap() > 50, "{applied}");
    let writes = running.world().writes().count();
    let (exit, stale) = home.json(&["apply", name]);
    assert_eq!((exit, &stale["error"]["code"]), (4, &json!("stale_plan")), "{stale}");
    assert!(stale["error"]["remedy"].as_str().unwrap().contains("plan --out"), "{stale}");
    assert_eq!(running.world().writes().count(), writes);
    let (_, sync) = home.json(&["sync"]);
    assert_eq!(sync["done"]["linked"], 0, "the first sync needs no approval any more: {sync}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_plan_is_refused_and_left_alone() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let file = home.path().join("precious.txt");
    let name = file.to_str().unwrap();
    fs::write(&file, "precious").unwrap();
    for arguments in [&["plan", "--out", name][..], &["apply", name], &["apply", "/nowhere/plan.json"]] {
        let (exit, refused) = home.json(arguments);
        assert_eq!((exit, &refused["error"]["code"]), (2, &json!("usage")), "{refused}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    assert_eq!(running.world().writes().count(), 0);
}
