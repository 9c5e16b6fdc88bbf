//! The real binary on a pseudo-terminal: keys in, what stands on the screen out.
#![cfg(unix)]

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::home::Home;

/// How long nothing may come before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many times something else may come.
const MOST_READS: usize = 2_000;

pub struct Terminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    /// Everything that came, as it came.
    pub came: Vec<u8>,
}

impl Terminal {
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kashsync"));
        command.args(arguments);
        command.env_clear();
        for (name, value) in home.command(&[]).get_envs() {
            command.env(name, value.unwrap());
        }
        Self::run(command)
    }

    pub fn run(mut command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(size(35, 120)).unwrap();
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let (sender, output) = channel();
        // The child alone holds the other end from now on: the reader ends when it does.
        drop(pair.slave);
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let (rows, columns) = (NonZero::new(35).unwrap(), NonZero::new(120).unwrap());
        let screen = vt100::Parser::new(rows, columns, 0);
        Self { child, master: pair.master, keyboard, output, screen, came: Vec::new() }
    }

    /// Gives the terminal another size. What stands on it is wiped, so that only what is drawn anew is seen.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        self.screen.process(b"\x1b[2J");
        self.screen.set_size(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap());
        self.master.resize(size(rows, columns)).unwrap();
    }

    /// Waits until the screen's text fulfils a condition.
    pub fn until(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        for _ in 0..MOST_READS {
            let text = self.screen.screen().contents();
            if holds(&text) {
                return;
            }
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("{what} did not come:\n{text}"),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended before {what}:\n{text}"),
            }
        }
        panic!("{what} did not come");
    }

    fn take(&mut self, bytes: &[u8]) {
        self.came.extend_from_slice(bytes);
        self.screen.process(bytes);
    }

    pub fn key(&mut self, key: &str) {
        self.keyboard.write_all(key.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Presses a key again and again until it has shown effect: a confirmation is deaf for a moment after it opens.
    pub fn insist(&mut self, key: &str, holds: impl Fn(&str) -> bool) {
        for _ in 0..MOST_READS {
            self.key(key);
            while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(100)) {
                self.take(&bytes);
            }
            if holds(&self.screen.screen().contents()) {
                return;
            }
        }
        panic!("{key} had no effect:\n{}", self.screen.screen().contents());
    }

    /// Reads to the end and gives the exit code.
    pub fn ended(self) -> u32 {
        self.last_words().0
    }

    /// Reads to the end; gives the exit code and what then stands on the screen.
    pub fn last_words(mut self) -> (u32, String) {
        loop {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    panic!("it did not end:\n{}", self.screen.screen().contents());
                }
            }
        }
        assert!(!self.screen.screen().alternate_screen(), "the terminal is given back");
        assert!(!self.screen.screen().hide_cursor());
        (self.child.wait().unwrap().exit_code(), self.screen.screen().contents())
    }
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}
