//! Commands that need no account: help, settings, empty profiles, errors.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use kashsync::store::SledStore;
use serde_json::{Value, json};

use crate::home::Home;

#[test]
fn help_names_every_command_and_exits_0() {
    let ran = Home::new().run(&["--help"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for command in [
        "demo",
        "sync",
        "plan",
        "status",
        "contacts",
        "contact",
        "invoices",
        "debtors",
        "questions",
        "answer",
        "take",
        "journal",
        "ignore",
        "unignore",
        "ignored",
        "settings",
        "backup",
        "restore",
        "enable",
        "disable",
        "credentials",
        "sim",
    ] {
        assert!(ran.stdout.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[test]
fn wrong_usage_exits_2_and_tells_both_people_and_scripts() {
    for arguments in
        [&["nonsense"][..], &["contact", "twelve"], &["answer", "1"], &["--profile", "a/b", "status"]]
    {
        let home = Home::new();
        let ran = home.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.stderr.contains("error: "), "{ran:?}");
        let (code, document) = home.json(arguments);
        assert_eq!((code, &document["error"]["code"]), (2, &json!("usage")), "{document}");
        for key in ["message", "remedy"] {
            assert_ne!(document["error"][key].as_str().unwrap(), "", "{document}");
        }
    }
}

#[test]
fn settings_are_kept_in_the_profiles_file_and_journaled() {
    let home = Home::new();
    let file = home.path().join("config/default.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "# ours\nkeep_days = 30\n").unwrap();
    assert_eq!(home.run(&["settings", "get", "near_match"]).stdout, "ask\n");
    let (code, set) = home.json(&["settings", "set", "near_match", "create"]);
    assert_eq!((code, &set["value"], &set["default"]), (0, &json!("create"), &json!("ask")));
    assert_eq!(fs::read_to_string(&file).unwrap(), "# ours\nkeep_days = 30\nnear_match = \"create\"\n");
    assert_eq!(home.run(&["settings", "get", "near_match"]).stdout, "create\n");
    let journal = home.list(&["journal"]);
    assert_eq!(journal.len(), 1);
    assert_eq!((&journal[0]["operation"], &journal[0]["side"]), (&json!("setting"), &json!("local")));
    assert_eq!(journal[0]["after"], json!({ "near_match": "create" }));
    let listed = home.list(&["settings"]);
    let keep_days = listed.iter().find(|setting| setting["key"] == "keep_days").unwrap();
    assert_eq!(keep_days["value"], json!(30));
}

#[test]
fn unknown_settings_and_values_exit_2_and_change_nothing() {
    for (arguments, allowed) in [
        (&["settings", "set", "near_match", "guess"][..], "ask, create, link_strong"),
        (&["settings", "set", "nearmatch", "ask"], "near_match, same_name"),
        (&["settings", "get", "nearmatch"], "near_match, same_name"),
        (&["settings", "set", "sync_interval", "1m"], "5m to 7d"),
    ] {
        let home = Home::new();
        let ran = home.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.stderr.contains(allowed), "{ran:?}");
        assert!(!home.path().join("config").exists(), "{arguments:?}");
    }
}

#[test]
fn a_faulty_file_is_told_with_file_line_and_key() {
    let home = Home::new();
    fs::create_dir_all(home.path().join("config")).unwrap();
    fs::write(home.path().join("config/default.toml"), "\nnear_match = \"guess\"\n").unwrap();
    let ran = home.run(&["status"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("default.toml, line 2: near_match cannot be"), "{ran:?}");
}

#[test]
fn an_empty_profile_has_empty_lists() {
    let home = Home::new();
    for command in ["contacts", "invoices", "debtors", "questions", "journal", "ignored"] {
        assert_eq!(home.list(&[command]), Vec::<Value>::new(), "{command}");
        let ran = home.run(&[command]);
        assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1), "{ran:?}");
    }
    let (code, status) = home.json(&["status"]);
    let expected = json!({
        "profile": "default", "enabled": true, "capsule": null, "kashflow": null, "last_run": null, "next_run": null,
        "questions": 0, "failing": 0, "outstanding": [], "overdue": [], "control": null, "last_backup": null,
    });
    assert_eq!((code, status), (0, expected));
}

#[test]
fn what_there_is_not_is_not_found() {
    let home = Home::new();
    for (arguments, code, word) in [
        (&["contact", "7"][..], 1, "not_found"),
        (&["invoices", "--contact", "7"], 1, "not_found"),
        (&["answer", "7", "create"], 1, "not_found"),
        (&["ignore", "customer:ABC01"], 1, "not_found"),
        (&["unignore", "customer:ABC01"], 1, "not_found"),
        (&["ignore", "ABC01"], 2, "usage"),
        (&["ignore", "client:ABC01"], 2, "usage"),
    ] {
        let (exit, document) = home.json(arguments);
        assert_eq!((exit, &document["error"]["code"]), (code, &json!(word)), "{arguments:?}");
    }
}

#[test]
fn addresses_and_credentials_are_checked_before_anything_is_sent() {
    let mut home = Home::new();
    home.set("KASHSYNC_CAPSULE_URL", "http://capsule.test/api/v2");
    home.set("KASHSYNC_KASHFLOW_URL", "kashflow");
    home.set("KASHSYNC_KASHFLOW_USERNAME", "brookside");
    let ran = home.run(&["sync"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    for part in [
        "Capsule's address must begin with https://",
        "KashFlow's address \"kashflow\"",
        "KASHSYNC_CAPSULE_TOKEN, KASHSYNC_KASHFLOW_PASSWORD, KASHSYNC_KASHFLOW_MEMORABLE_WORD",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
}

#[test]
fn an_unreachable_service_exits_7_and_no_secret_is_left_anywhere() {
    let mut home = Home::new();
    // Nobody listens on the discard port.
    home.set("KASHSYNC_CAPSULE_URL", "http://127.0.0.1:9");
    home.set("KASHSYNC_KASHFLOW_URL", "http://127.0.0.1:9");
    home.set("KASHSYNC_CAPSULE_TOKEN", "canary-token");
    home.set("KASHSYNC_KASHFLOW_USERNAME", "brookside");
    home.set("KASHSYNC_KASHFLOW_PASSWORD", "canary-password");
    home.set("KASHSYNC_KASHFLOW_MEMORABLE_WORD", "canary-word");
    home.set("KASHSYNC_TEST_BACKOFF_MS", "1");
    let ran = home.run(&["sync", "--json", "-vv"]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &document["error"]["code"]), (7, &json!("unreachable")), "{document}");
    assert_eq!(document["outcome"], "failed");
    let mut files = Vec::new();
    all_files(home.path(), &mut files);
    assert!(files.iter().any(|file| file.extension().is_some_and(|extension| extension == "log")));
    for file in files {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"canary-"), "{}", file.display());
    }
    assert!(!ran.stderr.contains("canary-") && !ran.stdout.contains("canary-"), "{ran:?}");
}

fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all_files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn a_profile_that_is_in_use_exits_6_with_who_has_it() {
    let home = Home::new();
    let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
    let held = SledStore::open(&home.path().join("data/default"), now).unwrap();
    for arguments in [&["status"][..], &["settings", "set", "near_match", "create"]] {
        let (code, document) = home.json(arguments);
        assert_eq!((code, &document["error"]["code"]), (6, &json!("profile_in_use")), "{document}");
        assert!(document["error"]["message"].as_str().unwrap().contains("2026-11-24"), "{document}");
    }
    assert!(!home.path().join("config").exists(), "nothing was changed");
    assert_eq!(home.run(&["status", "--profile", "other"]).code, 0);
    drop(held);
    assert_eq!(home.run(&["status"]).code, 0);
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = home.command(&["settings"]).stdout(writer).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn without_a_terminal_no_colour_is_printed_unless_asked_for() {
    let home = Home::new();
    assert!(!home.run(&["settings"]).stdout.contains('\u{1b}'));
    assert!(home.run(&["settings", "--color", "always"]).stdout.contains("\u{1b}[1m"));
}
