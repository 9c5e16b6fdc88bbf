//! The screen steps aside when it is stopped, and comes back when it is continued.
#![cfg(unix)]

use crate::home::Home;
use crate::terminal::Terminal;

/// Starts the demo as a job, tells when it has stopped, continues it after a line, and tells how it ended.
const JOB: &str = "\"$0\" demo; echo stopped-$?; read line; fg >/dev/null; echo ended-$?";

fn is_whole(text: &str, rows: usize) -> bool {
    text.contains("[1] Contacts") && text.lines().nth(rows - 1).is_some_and(|line| line.contains(" sync "))
}

/// The demo after its first run: nothing happens any more by itself.
fn resting(home: &Home, script: &str) -> Terminal {
    let mut terminal = Terminal::shell(home, script);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.insist("y", |text| !text.contains("The first sync's plan"));
    terminal.until("the first run's end", |text| text.contains("run 1 done"));
    terminal
}

fn assert_given_back(terminal: &Terminal) {
    let screen = terminal.screen.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    assert!(!terminal.is_raw(), "the shell gets lines, and they are seen");
}

fn assert_taken(terminal: &Terminal) {
    let screen = terminal.screen.screen();
    assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
    assert!(terminal.is_raw());
}

#[test]
fn stopped_the_screen_gives_the_terminal_back_and_continued_it_is_whole_again() {
    for by_key in [true, false] {
        let home = Home::new();
        let mut terminal = resting(&home, JOB);
        assert_taken(&terminal);
        if by_key {
            terminal.key("\x1a");
        } else {
            terminal.signal("TSTP");
        }
        terminal.until("the shell", |text| text.contains("stopped-"));
        assert_given_back(&terminal);
        // Nobody tells a stopped job of the terminal's new size.
        terminal.resize(24, 80);
        terminal.key("\r");
        terminal.until("the screen at its new size", |text| is_whole(text, 24));
        assert_taken(&terminal);
        terminal.key("?");
        terminal.until("the help", |text| text.contains("Sync everything now"));
        terminal.key("q");
        terminal.insist("q", |text| text.contains("ended-0"));
        assert_eq!(terminal.ended(), 0);
    }
}

#[test]
fn a_screen_that_had_no_time_to_step_aside_takes_the_terminal_again() {
    let home = Home::new();
    let script =
        "\"$0\" demo; stty sane; printf '\\033[?1049l\\033[?25h'; echo stopped-$?; read line; fg >/dev/null";
    let mut terminal = resting(&home, script);
    terminal.signal("STOP");
    terminal.until("the shell", |text| text.contains("stopped-"));
    assert!(!terminal.is_raw());
    terminal.key("\r");
    terminal.until("the screen", |text| is_whole(text, 35));
    assert_taken(&terminal);
    terminal.key("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_screen_that_nobody_could_continue_does_not_stop() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, &["demo"]);
    terminal.until("the first plan", |text| text.contains("The first sync's plan"));
    terminal.key("\x1a");
    terminal.signal("TSTP");
    terminal.insist("?", |text| text.contains("Sync everything now"));
    terminal.signal("TERM");
    assert_eq!(terminal.ended(), 143);
}
