//! The real binary on a pseudo-terminal: it opens, obeys keys and leaves.
#![cfg(unix)]

use std::sync::atomic::{AtomicUsize, Ordering};

use kashsync::domain::policy::WebAddresses;
use kashsync::tui::{self, glyphs::Glyphs, theme::Theme};
use portable_pty::CommandBuilder;

use crate::home::{Home, sample_firm};
use crate::terminal::Terminal;

/// Set for the process whose screen is to panic.
const PANICS: &str = "KASHSYNC_TEST_SCREEN_PANICS";

/// The process whose screen panics at the first key; by itself it does nothing.
#[test]
fn panics_at_the_first_key() {
    #[expect(clippy::disallowed_methods, reason = "this is how the parent tells its child")]
    if std::env::var_os(PANICS).is_none() {
        return;
    }
    let options = tui::Options {
        profile: "default".into(),
        web: WebAddresses::default(),
        glyphs: Glyphs::UNICODE,
        theme: Theme::Auto,
        // Asked for once at the start, and again when a key comes.
        now: {
            static ASKED: AtomicUsize = AtomicUsize::new(0);
            || {
                assert!(ASKED.fetch_add(1, Ordering::SeqCst) == 0, "the screen broke");
                jiff::Timestamp::UNIX_EPOCH
            }
        },
    };
    let (commands, _kept_open) = tokio::sync::mpsc::channel(1);
    let (_engine, events) = tokio::sync::mpsc::channel(1);
    let (_signals, requests) = tokio::sync::mpsc::channel(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tui::run(commands, events, requests, options)).unwrap();
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_reported() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "screen::panics_at_the_first_key", "--nocapture"]);
    command.env(PANICS, "1");
    command.env("RUST_BACKTRACE", "0");
    let mut terminal = Terminal::run(command);
    terminal.until("the screen", |text| text.contains("Contacts"));
    assert!(terminal.screen.screen().alternate_screen());
    terminal.key("j");
    let (code, words) = terminal.last_words();
    assert_ne!(code, 0);
    assert!(words.contains("the screen broke"), "{words}");
}

#[test]
fn the_demo_opens_the_screen_approves_by_key_and_leaves_by_key() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, &["demo"]);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    terminal.until("the first run's end", |text| text.contains("run 1 done"));
    // The engine rests now, so nothing but the key itself wakes the screen.
    terminal.key("?");
    terminal.until("the help", |text| text.contains("Sync everything now"));
    terminal.key("\u{1b}");
    terminal.until("the help's end", |text| !text.contains("Sync everything now"));
    terminal.key("q");
    assert_eq!(terminal.ended(), 0);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "the demo leaves nothing behind");
}

#[test]
fn b13_a_contact_is_found_by_the_filter_and_a_difference_taken_by_key() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, &["demo"]);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    terminal.until("the first run's end", |text| text.contains("run 1 done"));
    terminal.key("/:dif");
    terminal.until("what there is", |text| text.contains("there is :differs"));
    terminal.key("\t-:supplier applewood\r");
    terminal.until("the one contact", |text| {
        text.contains("Contacts 1 of 130") && text.contains("/:differs -:supplier applewood")
    });
    terminal.key("2]]");
    terminal.until("the differences", |text| text.contains(">Differences<") && text.contains(">E-mail"));
    terminal.key("l");
    terminal.until("what comes of it", |text| {
        text.contains(">E-mail: KashFlow's value taken")
            && text.contains("The next sync gives the contact in Capsule")
    });
    terminal.key("]");
    terminal.until("the history", |text| text.contains(">History<") && text.contains("take here"));
    terminal.key("s");
    terminal.until("the sync of it", |text| text.contains("run 2 done") && text.contains("1 updated"));
    terminal.until("what it has done, in the history", |text| text.contains("update in Capsule"));
    terminal.key("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn another_size_and_ctrl_l_draw_the_whole_screen_anew_and_it_lives_on() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, &["demo"]);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    for (rows, columns) in [(24, 80), (50, 160), (20, 60), (12, 40), (35, 120)] {
        terminal.resize(rows, columns);
        let last = usize::from(rows) - 1;
        terminal.until("the screen at its new size", |text| {
            text.contains("[1] Contacts")
                && text.lines().nth(last).is_some_and(|line| line.contains(" sync "))
        });
    }
    terminal.screen.process(b"\x1b[2J");
    terminal.key("\x0c");
    terminal.until("the screen after ctrl-l", |text| {
        text.contains("[1] Contacts") && text.contains("[3] Sync log")
    });
    terminal.until("the first run's end", |text| text.contains("run 1 done"));
    terminal.key("q");
    assert_eq!(terminal.ended(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn b25_an_export_at_a_terminal_shows_a_field_a_line_and_waits_for_a_word() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.run(&["sync", "--yes"]).code, 3);
    let customers = || running.world().kashflow.customers().count();
    let before = customers();
    let exportable = home.list(&["contacts"]).into_iter().find(|contact| {
        contact["health"] == "not_linked"
            && home.run(&["export", &contact["id"].to_string(), "--dry-run"]).code == 0
    });
    let id = exportable.unwrap()["id"].to_string();
    for (word, code, more) in [("n\r", 4, 0), ("y\r", 0, 1)] {
        let mut terminal = Terminal::start(&home, &["export", &id]);
        terminal.until("the question", |text| text.contains("Write this to KashFlow?"));
        let text = terminal.screen.screen().contents();
        assert!(!text.contains('␊') && text.lines().any(|line| line.starts_with("  name ")), "{text}");
        terminal.key(word);
        assert_eq!(terminal.ended(), code, "{word:?}");
        assert_eq!(customers(), before + more);
    }
}

#[test]
fn without_credentials_the_screen_does_not_open() {
    let home = Home::new();
    let terminal = Terminal::start(&home, &[]);
    assert_eq!(terminal.ended(), 2);
}
