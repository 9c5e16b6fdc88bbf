//! Long-running commands end in order when they are asked to.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::home::{Home, sample_firm};

fn start(home: &Home, arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut child = home.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (child, stdout)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn simulators_say_how_to_reach_them_and_serve_until_a_signal() {
    let bare = Home::new();
    let (mut sim, mut stdout) = start(&bare, &["sim"]);
    let mut home = Home::new();
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "it ended before it was ready");
        if line == "ready\n" {
            break;
        }
        let (name, value) = line.trim_end().strip_prefix("export ").unwrap().split_once('=').unwrap();
        let name: &'static str = [
            "KASHSYNC_CAPSULE_URL",
            "KASHSYNC_KASHFLOW_URL",
            "KASHSYNC_CAPSULE_TOKEN",
            "KASHSYNC_KASHFLOW_USERNAME",
            "KASHSYNC_KASHFLOW_PASSWORD",
            "KASHSYNC_KASHFLOW_MEMORABLE_WORD",
        ]
        .into_iter()
        .find(|known| *known == name)
        .unwrap();
        home.set(name, value);
    }
    let (code, plan) = home.json(&["plan"]);
    assert_eq!(code, 0, "{plan}");
    signal(&sim, "INT");
    assert_eq!(sim.wait().unwrap().code(), Some(130));
}

#[test]
fn a_process_whose_terminal_goes_away_ends_in_order_unless_it_shall_outlive_it() {
    let home = Home::new();
    let ready = |stdout: &mut BufReader<ChildStdout>| {
        let mut line = String::new();
        while line != "ready\n" {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "it ended before it was ready");
        }
    };
    let (mut sim, mut stdout) = start(&home, &["sim"]);
    ready(&mut stdout);
    signal(&sim, "HUP");
    assert_eq!(sim.wait().unwrap().code(), Some(129));

    let program = home.command(&["sim"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" sim"]).arg(program.get_program()).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut sim = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    ready(&mut BufReader::new(sim.stdout.take().unwrap()));
    signal(&sim, "HUP");
    signal(&sim, "TERM");
    assert_eq!(sim.wait().unwrap().code(), Some(143), "the hang-up did not end it");
}

#[test]
fn simulators_serve_this_machine_only() {
    let ran = Home::new().run(&["sim", "--capsule-addr", "0.0.0.0:0"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("not a loopback address"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_prints_every_run_and_ends_with_the_signal() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let (mut watch, mut stdout) = start(&home, &["sync", "--watch", "--yes", "--json"]);
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let run: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(run["run"], 1);
    assert_eq!(home.run(&["status"]).code, 6, "the profile is in use meanwhile");
    signal(&watch, "TERM");
    assert_eq!(watch.wait().unwrap().code(), Some(143));
    line.clear();
    assert_eq!(stdout.read_line(&mut line).unwrap(), 0, "the last run's document is the last: {line}");
    assert_eq!(home.run(&["status"]).code, 0);
}
