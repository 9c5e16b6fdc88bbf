//! Disks that are full, read-only or no place for files at all.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use kashsync::sim::server::Running;
use serde_json::{Value, json};

use crate::home::{Home, sample_firm};
use crate::terminal::Terminal;

/// Runs a command where no file may grow beyond so many blocks of 512 bytes. It is the one full disk that needs no rights:
/// writing fails in the middle of a file, as it does where no space is left.
fn with_full_disk(home: &Home, blocks: u32, arguments: &[&str]) -> (i32, String, String) {
    let program = home.command(&[]);
    // The signal that comes with it would end the process before it sees the failing write.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).arg(program.get_program()).args(arguments).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// What both services hold, without ids and times.
fn outcome(running: &Running) -> Vec<String> {
    let world = running.world();
    let values = |party| format!("{:?}", world.capsule.field_values(party));
    let mut parties: Vec<String> =
        world.capsule.parties().map(|party| format!("{} {}", party.name(), values(party))).collect();
    parties.sort();
    parties
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_a_run_before_its_next_write_and_room_lets_it_go_on() {
    let (straight, firm) = sample_firm().await;
    assert_eq!(
        Home::with(&straight, &firm).run(&["sync", "--yes"]).code,
        3,
        "two records fail, as the firm has it"
    );
    let expected = outcome(&straight);
    let mut writes = Vec::new();
    for blocks in [0, 1, 8, 64, 256, 600, 700, 800, 900, 1_000] {
        let (running, firm) = sample_firm().await;
        let home = Home::with(&running, &firm);
        let (code, stdout, stderr) = with_full_disk(&home, blocks, &["sync", "--yes", "--json"]);
        let document: Value =
            serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{blocks}: {stdout} {stderr}"));
        assert_eq!((code, &document["error"]["code"]), (1, &json!("failed")), "{blocks}: {document}");
        let message = document["error"]["message"].as_str().unwrap();
        assert!(message.contains("the limit for files") || message.contains("File too large"), "{message}");
        assert!(!message.contains("Os {") && !stderr.contains("Unable to write"), "{message} {stderr}");
        assert!(document["error"]["remedy"].as_str().unwrap().contains("disk"), "{document}");
        writes.push(running.world().writes().count());
        // Whatever was written before, nothing is there twice in the end.
        assert_eq!(home.run(&["sync", "--yes"]).code, 3, "{blocks}: {stderr}");
        assert_eq!(outcome(&running), expected, "{blocks}");
        running.world().log.clear();
        assert_eq!(home.run(&["sync", "--yes"]).code, 3, "{blocks}");
        assert_eq!(running.world().writes().count(), 0, "{blocks}");
    }
    assert_eq!(writes[0], 0, "what cannot be noted is not written");
    assert!(
        writes.iter().any(|count| (1..60).contains(count)),
        "one of them filled up in between: {writes:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_the_screen_whole_and_says_what_to_do() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let mut terminal = Terminal::shell(&home, "trap '' XFSZ; ulimit -f 700; exec \"$0\"");
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    terminal.until("the failure", |text| text.contains("the limit for files"));
    terminal.until("the remedy", |text| text.contains("Mend the disk"));
    let text = terminal.screen.screen().contents();
    assert!(text.contains("[1] Contacts") && !text.contains("Unable to write"), "{text}");
    terminal.key("q");
    assert_eq!(terminal.ended(), 0);
}

/// A home that cannot be made, whoever asks: permission bits do not bind the superuser, but nobody makes a folder in a file,
/// or in `/proc`.
#[test]
fn a_home_that_cannot_be_made_is_named_with_what_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let mut places = vec![file.clone(), file.join("home")];
    if Path::new("/proc/self").exists() {
        places.push("/proc/kashsync".into());
    }
    for place in places {
        for arguments in [&["status"][..], &["contacts"], &["settings", "set", "near_match", "create"]] {
            let mut home = Home::new();
            let place = place.to_str().unwrap();
            home.set("KASHSYNC_HOME", place);
            let (code, document) = home.json(arguments);
            // A settings file that cannot be read is a matter of configuration, a store that cannot be made one of the machine.
            let expected = if code == 2 { "usage" } else { "failed" };
            assert!([1, 2].contains(&code), "{document}");
            assert_eq!(document["error"]["code"], json!(expected), "{document}");
            assert!(document["error"]["message"].as_str().unwrap().contains(place), "{document}");
            assert_ne!(document["error"]["remedy"], json!(""), "{document}");
        }
    }
    assert_eq!(fs::read(&file).unwrap(), b"");
}

#[test]
fn a_home_with_any_name_is_a_home() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["with space", "Bücher 書 \u{202e}", "'quoted' \"twice\" $HOME", "-leading"] {
        let mut home = Home::new();
        home.set("KASHSYNC_HOME", folder.path().join(name).to_str().unwrap());
        assert_eq!(home.run(&["settings", "set", "near_match", "create"]).code, 0, "{name}");
        assert_eq!(home.run(&["settings", "get", "near_match"]).stdout, "create\n", "{name}");
        assert!(folder.path().join(name).join("config/default.toml").exists());
    }
}
