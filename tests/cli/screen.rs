//! The real binary on a pseudo-terminal: it opens, obeys keys and leaves.
#![cfg(unix)]

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::home::Home;

/// How long nothing may come before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many times something else may come.
const MOST_READS: usize = 2_000;

struct Terminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Terminal {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize { rows: 35, cols: 120, pixel_width: 0, pixel_height: 0 })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kashsync"));
        command.args(arguments);
        command.env_clear();
        command.env("KASHSYNC_HOME", home.path());
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            // The master lives as long as it is read.
            let _master = pair.master;
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let (rows, columns) = (NonZero::new(35).unwrap(), NonZero::new(120).unwrap());
        Self { child, keyboard, output, screen: vt100::Parser::new(rows, columns, 0) }
    }

    /// Waits until the screen's text fulfils a condition.
    fn until(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        for _ in 0..MOST_READS {
            let text = self.screen.screen().contents();
            if holds(&text) {
                return;
            }
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("{what} did not come:\n{text}"),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended before {what}:\n{text}"),
            }
        }
        panic!("{what} did not come");
    }

    fn key(&mut self, key: &str) {
        self.keyboard.write_all(key.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Presses a key again and again until it has shown effect: a confirmation is deaf for a moment after it opens.
    fn insist(&mut self, key: &str, holds: impl Fn(&str) -> bool) {
        for _ in 0..MOST_READS {
            self.key(key);
            while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(100)) {
                self.screen.process(&bytes);
            }
            if holds(&self.screen.screen().contents()) {
                return;
            }
        }
        panic!("{key} had no effect:\n{}", self.screen.screen().contents());
    }

    /// Reads to the end and gives the exit code.
    fn ended(mut self) -> u32 {
        loop {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    panic!("it did not end:\n{}", self.screen.screen().contents());
                }
            }
        }
        assert!(!self.screen.screen().alternate_screen(), "the terminal is given back");
        assert!(!self.screen.screen().hide_cursor());
        self.child.wait().unwrap().exit_code()
    }
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
fn without_credentials_the_screen_does_not_open() {
    let home = Home::new();
    let terminal = Terminal::start(&home, &[]);
    assert_eq!(terminal.ended(), 2);
}
