//! Two processes on one profile, and processes that are killed while they open it.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::json;

use crate::home::{Home, sample_firm};
use crate::terminal::Terminal;

/// Kills a command as soon as that holds, unless it has ended by then.
fn killed_when(home: &Home, arguments: &[&str], holds: impl Fn() -> bool) {
    let mut child: Child =
        home.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !holds() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn profile(home: &Home) -> PathBuf {
    home.path().join("data/default")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_has_its_profile_to_itself_until_it_is_gone() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    for end in ["ctrl-c", "KILL"] {
        let mut first = Terminal::start(&home, &[]);
        first.until("the first plan, or what it was made of", |text| {
            text.contains("The first sync's plan") || text.contains("Abbey Kitchens")
        });
        let id = first.child.process_id().unwrap().to_string();
        let (code, document) = home.json(&["sync", "--yes"]);
        assert_eq!((code, &document["error"]["code"]), (6, &json!("profile_in_use")), "{document}");
        assert!(document["error"]["message"].as_str().unwrap().contains(&id), "who has it: {document}");
        assert!(document["error"]["remedy"].as_str().unwrap().contains("--profile"), "{document}");
        let (code, words) = Terminal::start(&home, &[]).last_words();
        assert_eq!(code, 6, "{words}");
        assert!(words.contains(&id) && words.contains("Close the other kashsync"), "{words}");
        assert_eq!(running.world().writes().count(), 0);
        if end == "KILL" {
            first.signal(end);
            first.child.wait().unwrap();
        } else {
            first.key("\x03");
            assert_eq!(first.ended(), 0);
        }
        assert_eq!(home.run(&["status"]).code, 0, "{end}: nothing is left in the way");
    }
}

#[test]
fn killed_while_it_makes_its_profile_the_next_one_opens_it() {
    for point in ["profile.lock", "store", "store/conf", "store/db", "store/commits"] {
        let home = Home::new();
        let path = profile(&home).join(point);
        killed_when(&home, &["status"], || path.exists());
        let (code, document) = home.json(&["status"]);
        assert_eq!(code, 0, "{point}: {document}");
        assert_eq!(home.run(&["settings", "set", "near_match", "create"]).code, 0, "{point}");
        assert_eq!(home.list(&["journal"]).len(), 1, "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_opens_its_profile_nothing_is_lost() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.run(&["sync", "--yes"]).code, 3, "two records fail, as the firm has it");
    let known = || [&["contacts"][..], &["questions"], &["journal"]].map(|list| home.list(list));
    let before = known();
    let snapshots = || -> Vec<PathBuf> {
        let entries = fs::read_dir(profile(&home).join("store")).unwrap();
        entries.map(|entry| entry.unwrap().path()).filter(|path| is_snapshot(path)).collect()
    };
    for round in 0..10 {
        let lock = profile(&home).join("profile.lock");
        let (held_before, snapshots_before) = (fs::read(&lock).unwrap(), snapshots());
        killed_when(&home, &["contacts"], || match round % 2 {
            0 => fs::read(&lock).is_ok_and(|held| held != held_before),
            // sled writes one while it opens.
            _ => snapshots() != snapshots_before,
        });
        assert!(known() == before, "round {round}");
    }
}

fn is_snapshot(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap."))
}
