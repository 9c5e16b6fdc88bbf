//! `backup`, `restore` and a damaged store, from the command line.

use std::fs;
use std::path::{Path, PathBuf};

use kashsync::ports::Store;
use kashsync::store::SledStore;
use serde_json::{Value, json};

use crate::home::{Home, sample_firm};

fn data(home: &Home) -> PathBuf {
    home.path().join("data/default")
}

/// What has links, and with whom.
fn linked(home: &Home) -> Vec<Value> {
    let contacts = home.list(&["contacts"]);
    let linked = contacts.into_iter().filter(|contact| !contact["links"].as_array().unwrap().is_empty());
    let mut pairs: Vec<Value> = linked
        .flat_map(|contact| {
            let links = contact["links"].as_array().unwrap().clone();
            links.into_iter().map(move |link| json!([contact["id"], link["kind"], link["id"]]))
        })
        .collect();
    pairs.sort_by_key(ToString::to_string);
    pairs
}

/// The journal; codes are those of the records as last read, so the records' are left out.
fn journal(home: &Home) -> Vec<Value> {
    let mut entries = home.list(&["journal"]);
    for entry in &mut entries {
        entry.as_object_mut().unwrap().remove("record");
    }
    entries
}

fn damage(home: &Home) {
    fs::write(data(home).join("store/db"), vec![7; 50_000]).unwrap();
}

fn folders(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> =
        folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_refused_and_restored_from_its_automatic_backup() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.run(&["settings", "set", "keep_days", "300"]);
    assert_eq!(home.json(&["sync", "--yes"]).0, 3);
    let (before, entries) = (linked(&home), journal(&home));
    assert!(before.len() > 50);
    let backups: Vec<PathBuf> =
        fs::read_dir(data(&home).join("backups")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(backups.len(), 1, "{backups:?}");
    let written = running.world().writes().count();

    damage(&home);
    home.run(&["settings", "get", "keep_days"]);
    for command in [&["status"][..], &["sync"], &["contacts"]] {
        let (code, document) = home.json(command);
        assert_eq!((code, &document["error"]["code"]), (1, &json!("failed")), "{document}");
        let message = document["error"]["message"].as_str().unwrap();
        assert!(message.contains("the store is damaged"), "{document}");
        let remedy = document["error"]["remedy"].as_str().unwrap();
        let named = format!("`kashsync restore {}`", backups[0].display());
        assert!(remedy.starts_with("Restore the backup of 20") && remedy.contains(&named), "{document}");
    }
    assert!(folders(&data(&home)).len() <= 3, "the store, its backups, at most one copy");

    fs::write(home.path().join("config/default.toml"), "keep_days = 7\n").unwrap();
    let (code, document) = home.json(&["restore"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(document["backup"]["links"], before.len());
    assert_eq!(document["backup"]["capsule"], "brookside");
    let replaced = document["replaced"].as_str().unwrap();
    assert!(Path::new(replaced).join("db").exists(), "never deleted");
    assert_eq!(home.run(&["settings", "get", "keep_days"]).stdout, "300\n");
    let former = document["settings"]["replaced"].as_str().unwrap();
    assert_eq!(fs::read_to_string(former).unwrap(), "keep_days = 7\n");

    assert_eq!(linked(&home), before, "shown before anything was read");
    assert_eq!(journal(&home), entries);
    let (code, synced) = home.json(&["sync"]);
    assert_eq!(code, 3, "{synced}");
    for done in ["linked", "created_in_capsule", "summaries_written", "updated_in_kashflow"] {
        assert_eq!(synced["done"][done], 0, "{synced}");
    }
    assert_eq!(synced["control"]["agree"], json!(true));
    assert_eq!((linked(&home), running.world().writes().count()), (before, written));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_backup_the_markers_bring_the_links_back() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.json(&["sync", "--yes"]).0, 3);
    let before = linked(&home);
    let parties = running.world().capsule.parties().count();
    damage(&home);
    fs::remove_dir_all(data(&home).join("backups")).unwrap();
    let (code, document) = home.json(&["status"]);
    assert_eq!(code, 1, "{document}");
    assert!(
        document["error"]["remedy"].as_str().unwrap().contains("kashsync restore --relink"),
        "{document}"
    );
    assert_eq!(home.json(&["restore"]).0, 2, "there is none");
    let told = home.run(&["restore", "--relink"]);
    assert!(told.code == 0 && told.stdout.contains("writes nothing before you approve"), "{told:?}");

    let writes = running.world().writes().count();
    let (code, waiting) = home.json(&["sync"]);
    assert_eq!((code, &waiting["error"]["code"]), (4, &json!("first_run_needs_yes")), "{waiting}");
    assert_eq!(running.world().writes().count(), writes, "nothing is written before the approval");
    let (code, synced) = home.json(&["sync", "--yes"]);
    assert_eq!(code, 3, "{synced}");
    assert_eq!(synced["done"]["created_in_capsule"], 0, "{synced}");
    assert_eq!(synced["done"]["deleted"], 0, "{synced}");
    assert_eq!(linked(&home), before);
    assert_eq!(running.world().capsule.parties().count(), parties);
    let refused = running.world().writes().skip(writes).all(|one| one.status == Some(422));
    assert!(refused, "everything reads as it should already; only what fails was tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_goes_where_it_is_told_and_comes_back() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.json(&["sync", "--yes"]).0, 3);
    let file = home.path().join("a b.backup");
    let name = file.to_str().unwrap();
    let (code, document) = home.json(&["backup", name]);
    assert_eq!((code, &document["file"]), (0, &json!(name)), "{document}");
    assert_eq!(document["kashflow"], firm.company.name.as_str());
    assert!(document["journal"].as_u64().unwrap() > 50, "{document}");
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("\"document\""), "no documents");
    let before = linked(&home);
    let contact = before[0][0].to_string();
    assert_eq!(home.run(&["unlink", &contact]).code, 0);
    assert_ne!(linked(&home), before);
    let told = home.run(&["restore", name, "--yes"]);
    assert!(told.code == 0 && told.stdout.starts_with("Restored from "), "{told:?}");
    assert_eq!(linked(&home), before);

    // Into another home, as on another machine.
    let other = Home::with(&running, &firm);
    let (code, document) = other.json(&["restore", name]);
    assert_eq!((code, &document["replaced"]), (0, &Value::Null), "{document}");
    assert_eq!(linked(&other), linked(&home));
    assert_eq!(journal(&other), journal(&home));
    let (_, synced) = other.json(&["sync"]);
    assert_eq!(synced["done"]["created_in_capsule"], 0, "{synced}");
}

/// What a person decides between two syncs is in the automatic backup at once; where that cannot be written the decision
/// stands all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_from_the_command_line_is_backed_up_at_once() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.json(&["sync", "--yes"]).0, 3);
    let before = linked(&home);
    let contact = before[0][0].to_string();
    let unlinked = home.run(&["unlink", &contact]);
    assert!(unlinked.code == 0 && unlinked.stderr.is_empty(), "{unlinked:?}");
    assert_eq!(home.run(&["settings", "set", "keep_days", "300"]).code, 0);
    let decided = (linked(&home), journal(&home));
    assert!(decided.0.len() < before.len());
    damage(&home);
    assert_eq!(home.json(&["restore"]).0, 0);
    assert_eq!((linked(&home), journal(&home)), decided);
    assert_eq!(home.run(&["settings", "get", "keep_days"]).stdout, "300\n");

    let backups = data(&home).join("backups");
    fs::remove_dir_all(&backups).unwrap();
    fs::write(&backups, "in the way").unwrap();
    let told = home.run(&["settings", "set", "keep_days", "200"]);
    assert!(told.code == 0 && told.stderr.contains("the automatic backup was not written"), "{told:?}");
    assert!(told.stderr.contains("`kashsync backup FILE`"), "{told:?}");
    assert_eq!(home.run(&["settings", "get", "keep_days"]).stdout, "200\n");
}

/// The document of a sync has no place for it, and whoever reads only documents is told all the same.
#[tokio::test(flavor = "multi_thread")]
async fn that_no_backup_is_written_is_told_beside_the_document_and_by_status() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.json(&["status"]).1["last_backup"], Value::Null);
    assert!(home.run(&["status"]).stdout.contains("\nBackup        none yet\n"));
    let backups = data(&home).join("backups");
    fs::create_dir_all(data(&home)).unwrap();
    fs::write(&backups, "in the way").unwrap();
    let synced = home.run(&["sync", "--yes", "--json"]);
    assert_eq!((synced.code, synced.stdout.lines().count()), (3, 1), "{synced:?}");
    assert_eq!(synced.stderr.matches("the automatic backup was not written").count(), 1, "{synced:?}");
    fs::remove_file(&backups).unwrap();
    let again = home.run(&["sync", "--json"]);
    assert!(!again.stderr.contains("backup"), "{again:?}");
    let made = &home.json(&["status"]).1["last_backup"];
    assert!((0..600).contains(&made["age_seconds"].as_i64().unwrap()), "{made}");
    // A quiet run has nothing to add.
    let before = made["made"].clone();
    assert_eq!(home.json(&["sync"]).0, 3);
    assert_eq!(home.json(&["status"]).1["last_backup"]["made"], before);
    let told = home.run(&["status"]).stdout;
    assert!(told.lines().any(|line| line.starts_with("Backup        made 20")), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_understood_keep_no_link_from_coming_back() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.run(&["settings", "set", "keep_days", "300"]);
    assert_eq!(home.json(&["sync", "--yes"]).0, 3);
    let before = linked(&home);
    let (odd, file) = (home.path().join("odd.toml"), home.path().join("odd.backup"));
    fs::write(&odd, "keep_days = \n").unwrap();
    let now = jiff::Timestamp::UNIX_EPOCH;
    let store = SledStore::open(&data(&home), now).unwrap().with_settings(odd);
    store.load().await.unwrap();
    store.back_up_to(&file, now).await.unwrap();
    store.close().await.unwrap();
    damage(&home);
    let told = home.run(&["restore", file.to_str().unwrap(), "--json"]);
    assert!(
        told.code == 0 && told.stderr.contains("the settings in the backup cannot be understood"),
        "{told:?}"
    );
    let document: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(document["settings"]["restored"], false, "{document}");
    assert!(document["settings"]["left_out"].as_str().unwrap().contains("line 1"), "{document}");
    assert_eq!(linked(&home), before);
    assert_eq!(home.run(&["settings", "get", "keep_days"]).stdout, "300\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_missing_is_told_with_the_backup_that_brings_it_back() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.json(&["sync", "--yes"]).0, 3);
    let before = linked(&home);
    fs::remove_dir_all(data(&home).join("store")).unwrap();
    let told = home.run(&["status", "--json"]);
    assert!(told.stderr.contains("the profile's store is not there"), "{told:?}");
    let named = told.stderr.split("`kashsync restore ").nth(1).and_then(|rest| rest.split('`').next());
    assert!(linked(&home).is_empty());
    assert_eq!(home.json(&["restore", named.unwrap()]).0, 0);
    let again = home.run(&["status", "--json"]);
    assert!(again.stderr.is_empty(), "{again:?}");
    assert_eq!(linked(&home), before);
}

#[test]
fn what_cannot_be_restored_says_why_and_exits_2() {
    let home = Home::new();
    let precious = home.path().join("precious");
    let name = precious.to_str().unwrap();
    fs::write(&precious, "precious").unwrap();
    for (arguments, text) in [
        (&["restore", "/nowhere/a.backup"][..], "cannot be read"),
        (&["restore", name], "is no backup of kashsync"),
        (&["restore"], "no good automatic backup"),
        (&["backup", name], "is there already"),
        (&["restore", name, "--relink"], "cannot be used with"),
    ] {
        let (code, document) = home.json(arguments);
        assert_eq!((code, &document["error"]["code"]), (2, &json!("usage")), "{document}");
        assert!(document["error"]["message"].as_str().unwrap().contains(text), "{document}");
    }
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    let _open = SledStore::open(&data(&home), jiff::Timestamp::UNIX_EPOCH).unwrap();
    let other = home.path().join("a.backup");
    for arguments in [&["backup", other.to_str().unwrap()][..], &["restore", "--relink"]] {
        let (code, document) = home.json(arguments);
        assert_eq!((code, &document["error"]["code"]), (6, &json!("profile_in_use")), "{document}");
    }
    assert!(!other.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn b05_what_has_gone_since_the_backup_is_noticed_after_restoring() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.json(&["sync", "--yes"]).0, 3);
    let file = home.path().join("a.backup");
    let name = file.to_str().unwrap();
    assert_eq!(home.run(&["backup", name]).code, 0);
    let contacts = home.list(&["contacts"]);
    let only = |kind: &str| {
        let found = contacts.iter().filter(|contact| {
            let links = contact["links"].as_array().unwrap();
            links.len() == 1 && links[0]["kind"] == kind && contact["health"] == "in_sync"
        });
        found.cloned().collect::<Vec<Value>>()
    };
    let (first, second) = (only("customer")[0].clone(), only("customer")[1].clone());
    let code = second["links"][0]["code"].as_str().unwrap();
    {
        let mut world = running.world();
        let now = world.clock.now();
        world.capsule.delete(first["id"].as_i64().unwrap(), now).unwrap();
        world.kashflow.delete("customer", code, now).unwrap();
    }
    let other = Home::with(&running, &firm);
    assert_eq!(other.run(&["restore", name]).code, 0);
    // What KashFlow's lists do not hold is gone when two runs say so.
    for _ in 0..2 {
        let (_, synced) = other.json(&["sync"]);
        assert_eq!(synced["done"]["created_in_capsule"], 0, "{synced}");
        assert_eq!(synced["done"]["deleted"], 0, "{synced}");
    }
    let asked = other.list(&["questions"]);
    let about = |kind: &str, contact: &Value| {
        asked.iter().any(|question| question["kind"] == kind && question["name"] == contact["name"])
    };
    assert!(about("deleted_in_capsule", &first), "{asked:?}");
    assert!(about("deleted_in_kashflow", &second), "{asked:?}");
}
