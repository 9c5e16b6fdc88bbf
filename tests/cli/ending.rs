//! Every way in which a process is told to end: the first time it ends in order, the second time at once, and either way
//! the terminal is given back and nothing is lost.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::server::Running;
use portable_pty::{ExitStatus, PtySize, native_pty_system};

use crate::home::{Home, sample_firm};
use crate::terminal::{Terminal, bare};

/// How long a process may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

const SIGNALS: [(&str, u32); 3] = [("TERM", 143), ("HUP", 129), ("INT", 130)];

/// From the second write to Capsule on nothing is answered.
fn hang(running: &Running) {
    let fault = Fault {
        writes_only: true,
        skip: 1,
        times: None,
        service: Some(Service::Capsule),
        ..Fault::next(Effect::HangAfter)
    };
    running.world().faults.add(fault);
}

/// Waits until a write is being held back.
async fn a_write_hangs(running: &Running) {
    let mut looks = tokio::time::interval(Duration::from_millis(2));
    for _ in 0..10_000 {
        looks.tick().await;
        if running.world().log.iter().any(|entry| entry.write && entry.status.is_none()) {
            return;
        }
    }
    panic!("no write came");
}

/// After the interruption a run ends as it would have, nothing is there twice, and a further one writes nothing.
fn assert_nothing_lost(home: &Home, running: &Running) {
    running.world().faults.clear();
    assert_eq!(home.run(&["sync", "--yes"]).code, 3, "two records fail, as the firm has it");
    let names = |world: &kashsync::sim::world::World| {
        let mut names: Vec<String> =
            world.capsule.parties().map(kashsync::sim::capsule::Party::name).collect();
        names.sort();
        names
    };
    let after = names(&running.world());
    running.world().log.clear();
    assert_eq!(home.run(&["sync", "--yes"]).code, 3);
    assert_eq!(running.world().writes().count(), 0);
    assert_eq!(names(&running.world()), after);
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_signal_ends_the_screen_in_order() {
    for (name, code) in SIGNALS {
        let home = Home::new();
        let mut terminal = Terminal::start(&home, &["demo"]);
        terminal.until("the first plan", |text| text.contains("The first sync's plan"));
        terminal.signal(name);
        assert_eq!(terminal.ended(), code, "{name}");
        assert_eq!(
            std::fs::read_dir(home.path()).unwrap().count(),
            0,
            "{name}: the demo leaves nothing behind"
        );
    }
}

#[test]
fn signals_that_come_together_leave_no_terminal_in_disorder() {
    for _ in 0..10 {
        let home = Home::new();
        let mut terminal = Terminal::start(&home, &["demo"]);
        terminal.until("the first plan", |text| text.contains("The first sync's plan"));
        let job = terminal.master.process_group_leader().unwrap();
        let both = format!("kill -TERM {job}; kill -INT {job}");
        Command::new("sh").args(["-c", &both]).stderr(Stdio::null()).status().unwrap();
        let (code, words) = terminal.last_words();
        assert!([143, 130].contains(&code), "{code}: {words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_screen_at_once_and_the_write_is_found_out_later() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    hang(&running);
    let mut terminal = Terminal::start(&home, &[]);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    a_write_hangs(&running).await;
    terminal.signal("TERM");
    // The screen has gone, and what was sent is waited for.
    terminal.shown_given_back();
    terminal.signal("INT");
    assert_eq!(terminal.ended(), 130, "the first would have ended it with 143");
    assert_nothing_lost(&home, &running);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_twice_ends_the_screen_at_once() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    hang(&running);
    let mut terminal = Terminal::start(&home, &[]);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    a_write_hangs(&running).await;
    // The first is a key to the screen, the second a signal of the terminal that was given back.
    terminal.key("\x03");
    terminal.shown_given_back();
    terminal.key("\x03");
    assert_eq!(terminal.ended(), 130);
    assert_nothing_lost(&home, &running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_command_at_once_and_the_write_is_found_out_later() {
    for (name, code) in SIGNALS {
        let (running, firm) = sample_firm().await;
        let home = Home::with(&running, &firm);
        hang(&running);
        let mut command = home.command(&["sync", "--yes"]);
        let mut sync = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(sync.stderr.take().unwrap()).lines();
        a_write_hangs(&running).await;
        signal(&sync, "INT");
        assert!(told.any(|line| line.unwrap().contains("once more to stop at once")), "{name}");
        signal(&sync, name);
        let output = sync.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code.cast_signed()), "{name}");
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            "",
            "{name}: how the run ended is not waited for"
        );
        assert_nothing_lost(&home, &running);
    }
}

#[test]
fn a_screen_never_outlives_its_terminal() {
    for script in ["exec \"$0\" demo", "trap '' HUP; exec \"$0\" demo"] {
        let home = Home::new();
        let mut command = bare(&home, "sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_kashsync")]);
        let mut terminal = Terminal::run(command);
        terminal.until("the first plan", |text| text.contains("The first sync's plan"));
        assert_eq!(hung_up(terminal).exit_code(), 129, "{script}");
    }
}

/// Takes the terminal away and waits for its process to end.
fn hung_up(terminal: Terminal) -> ExitStatus {
    let mut child = terminal.take_away();
    let id = child.process_id().unwrap();
    let (sender, ended) = channel();
    std::thread::spawn(move || sender.send(child.wait().unwrap()));
    ended.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        panic!("it lives on without a terminal");
    })
}

/// The terminal of a connection that hangs: it is still there, and takes nothing any more.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_terminal_that_takes_nothing_any_more_does_not_keep_the_process() {
    let home = Home::new();
    let pair = native_pty_system().openpty(PtySize { rows: 200, cols: 300, ..PtySize::default() }).unwrap();
    let mut command = bare(&home, env!("CARGO_BIN_EXE_kashsync"));
    command.args(["demo"]);
    let mut demo = pair.slave.spawn_command(command).unwrap();
    let id = demo.process_id().unwrap();
    let status = format!("/proc/{id}/status");
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    // Bit 14 is signal 15, SIGTERM (proc(5)).
    let is_ready = || {
        let status = std::fs::read_to_string(&status).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << 14) != 0
    };
    while !is_ready() {
        looks.tick().await;
    }
    for _ in 0..1_000 {
        if let Some(status) = demo.try_wait().unwrap() {
            assert_eq!(status.exit_code(), 143);
            return;
        }
        Command::new("kill").args(["-TERM", &id.to_string()]).stderr(Stdio::null()).status().unwrap();
        looks.tick().await;
    }
    demo.kill().unwrap();
    panic!("it does not end");
}
