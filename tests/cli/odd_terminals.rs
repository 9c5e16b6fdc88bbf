//! Terminals that are tiny, dumb or nameless, and terminals that send rubbish.
#![cfg(unix)]

use crate::home::{Home, sample_firm};
use crate::terminal::{Terminal, bare};

fn demo(home: &Home, term: Option<&str>, rows: u16, columns: u16) -> Terminal {
    let mut command = bare(home, env!("CARGO_BIN_EXE_kashsync"));
    command.args(["demo"]);
    if let Some(term) = term {
        command.env("TERM", term);
    }
    Terminal::sized(command, rows, columns)
}

#[test]
fn a_screen_of_any_size_opens_grows_and_leaves() {
    for (rows, columns) in [(1, 1), (0, 0), (1, 40), (40, 1), (2, 500)] {
        let home = Home::new();
        let mut terminal = demo(&home, Some("xterm"), rows, columns);
        terminal.until_taken();
        terminal.resize(35, 120);
        terminal.until("the first plan", |text| text.contains("The first sync's plan"));
        terminal.resize(rows, columns);
        terminal.key("q");
        terminal.signal("TERM");
        assert!([0, 143].contains(&terminal.ended()), "{rows}x{columns}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_sizes_during_a_sync_ends_in_the_last_one() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let mut terminal = Terminal::start(&home, &[]);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    for round in 0..600_u16 {
        terminal.resize(1 + round * 7 % 60, 1 + round * 13 % 200);
    }
    terminal.resize(30, 110);
    terminal.until("the screen in its last size", |text| {
        text.contains("[1] Contacts") && text.lines().nth(29).is_some_and(|line| line.contains(" sync "))
    });
    terminal.until("the first run's end", |text| text.contains("run 1 done"));
    terminal.key("q");
    assert_eq!(terminal.ended(), 0);
    assert_eq!(home.run(&["sync", "--yes"]).code, 3, "two records fail, as the firm has it");
}

#[test]
fn a_dumb_terminal_gets_lines_and_no_screen() {
    let home = Home::new();
    let terminal = demo(&home, Some("dumb"), 35, 120);
    let (code, bytes) = terminal.all_bytes();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(code, 0, "{text}");
    assert!(
        !text.contains('\u{1b}') && text.contains("the first sync's plan") && text.contains("Debtors"),
        "{text}"
    );

    let mut command = bare(&home, env!("CARGO_BIN_EXE_kashsync"));
    command.env("TERM", "dumb");
    let (code, bytes) = Terminal::sized(command, 35, 120).all_bytes();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("TERM is dumb") && text.contains("kashsync status"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_terminal_without_a_name_gets_the_screen() {
    let home = Home::new();
    let mut terminal = demo(&home, None, 35, 120);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    terminal.until("the first run's end", |text| text.contains("run 1 done"));
    terminal.key("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn rubbish_from_the_terminal_does_nothing() {
    let home = Home::new();
    let mut terminal = demo(&home, Some("xterm"), 35, 120);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    terminal.until("the first run's end", |text| text.contains("run 1 done"));
    // What is pasted where no text is wanted is no key.
    terminal.key("\u{1b}[200~q\u{1b}[201~");
    // A megabyte that is pasted into the filter is cut, and obeyed by no key.
    terminal.key("/");
    terminal.key("\u{1b}[200~");
    for _ in 0..1024 {
        terminal.key(&"qSyq\u{7}x".repeat(128));
    }
    terminal.key("\u{1b}[201~");
    terminal.until("the filter", |text| text.contains("qSyqx"));
    terminal.key("\u{1b}");
    terminal.until("the end of the filter", |text| !text.contains("qSyqx"));
    // Mouse reports, halves of sequences, and a cursor report that nobody asked for.
    for garbage in ["\u{1b}[<0;10;10M\u{1b}[<0;10;10m", "\u{1b}[M !!", "\u{1b}[1;", "9R", "\u{1b}[?1;2c"] {
        terminal.key(garbage);
    }
    terminal.insist("?", |text| text.contains("Sync everything now"));
    terminal.signal("TERM");
    assert_eq!(terminal.ended(), 143);
}

impl Terminal {
    /// Reads to the end; gives the exit code and every byte that came.
    fn all_bytes(mut self) -> (u32, Vec<u8>) {
        let mut all = Vec::new();
        while let Some(bytes) = self.next() {
            all.extend_from_slice(&bytes);
        }
        (self.child.wait().unwrap().exit_code(), all)
    }
}
