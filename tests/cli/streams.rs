//! Standard streams that are closed, full, or read by nobody.
#![cfg(target_os = "linux")]

use std::process::{Command, Output, Stdio};

use crate::home::{Home, sample_firm};

/// Runs a script by a shell; `$0` is the binary.
fn shell(home: &Home, script: &str) -> Output {
    let program = home.command(&[]);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script])
        .arg(program.get_program())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin");
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_without_any_stream_is_a_sync_like_others() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let output = shell(&home, "\"$0\" sync --yes <&- >&- 2>&-");
    assert_eq!(output.status.code(), Some(3), "two records fail, as the firm has it");
    // What was opened in the place of a closed stream is not written over by what would have been printed.
    running.world().log.clear();
    assert_eq!(home.run(&["sync", "--yes"]).code, 3);
    assert_eq!(running.world().writes().count(), 0);
    assert!(!home.list(&["journal"]).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_a_question_without_a_terminal() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.run(&["sync", "--yes"]).code, 3);
    let exportable = home.list(&["contacts"]).into_iter().find(|contact| {
        contact["health"] == "not_linked"
            && home.run(&["export", &contact["id"].to_string(), "--dry-run"]).code == 0
    });
    let id = exportable.unwrap()["id"].to_string();
    running.world().log.clear();
    for stdin in ["true |", "yes y | head -n 9 |", "exec <&-;", "exec </dev/null;"] {
        let output = shell(&home, &format!("{stdin} \"$0\" export {id}"));
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{stdin}: {stderr}");
        assert!(stderr.contains("--yes"), "{stdin}: {stderr}");
    }
    assert_eq!(running.world().writes().count(), 0);
}

#[test]
fn the_screen_is_refused_where_a_stream_is_no_terminal() {
    let home = Home::new();
    for streams in ["<&-", ">&-", "</dev/null", "| cat"] {
        let output = shell(&home, &format!("{{ \"$0\" {streams}; }} 2>&1; echo"));
        let told = text(&output.stdout);
        assert!(
            told.contains("the screen needs a terminal") && told.contains("kashsync sync"),
            "{streams}: {told}"
        );
    }
}

#[test]
fn what_is_not_printed_is_told_and_what_nobody_reads_is_not() {
    let home = Home::new();
    for command in ["settings", "status", "status --json", "--help", "contacts --csv"] {
        let output = shell(&home, &format!("\"$0\" {command} >/dev/full"));
        let stderr = text(&output.stderr);
        if command != "--help" {
            assert_eq!(output.status.code(), Some(1), "{command}: {stderr}");
            assert!(stderr.contains("standard output cannot be written"), "{command}: {stderr}");
            assert!(stderr.contains("Look at where it leads"), "{command}: {stderr}");
        }
        for script in [
            format!("{{ \"$0\" {command}; echo $? >&2; }} | head -n 1 >/dev/null"),
            format!("{{ \"$0\" {command}; echo $? >&2; }} | true"),
        ] {
            assert_eq!(text(&shell(&home, &script).stderr), "0\n", "{script}");
        }
        let output = shell(&home, &format!("\"$0\" {command} 2>/dev/full"));
        assert_eq!(output.status.code(), Some(0), "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_result_nobody_reads_is_a_run_like_others() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    for (command, code) in [("sync", "4"), ("sync --yes", "3"), ("contacts", "0")] {
        // The reader is gone long before there is anything to read.
        let output = shell(&home, &format!("{{ \"$0\" {command} 2>/dev/null; echo $? >&2; }} | true"));
        assert_eq!(text(&output.stderr), format!("{code}\n"), "{command}");
    }
}
