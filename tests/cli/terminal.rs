//! A pseudo-terminal, the process on it, and what stands on its screen.
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

/// A terminal with a process on it.
pub struct Terminal {
    pub child: Box<dyn portable_pty::Child + Send + Sync>,
    pub master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    /// Everything that came, as it came.
    pub came: Vec<u8>,
}

impl Terminal {
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut command = bare(home, env!("CARGO_BIN_EXE_kashsync"));
        command.args(arguments);
        Self::run(command)
    }

    /// Runs a script by a shell with job control; `$0` is the binary.
    pub fn shell(home: &Home, script: &str) -> Self {
        let mut command = bare(home, "sh");
        command.args(["-m", "-c", script, env!("CARGO_BIN_EXE_kashsync")]);
        Self::run(command)
    }

    pub fn run(mut command: CommandBuilder) -> Self {
        command.env("TERM", "xterm-256color");
        Self::sized(command, 35, 120)
    }

    /// On a terminal of that size, with the variables as they are.
    pub fn sized(command: CommandBuilder, rows: u16, columns: u16) -> Self {
        let pair = native_pty_system().openpty(size(rows, columns)).unwrap();
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
        let screen = vt100::Parser::new(at_least_one(rows), at_least_one(columns), 0);
        Self { child, master: pair.master, keyboard, output, screen, came: Vec::new() }
    }

    /// Gives the terminal another size. What stands on it is wiped, so that only what is drawn anew is seen.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        self.screen.process(b"\x1b[2J");
        self.screen.set_size(at_least_one(rows), at_least_one(columns));
        self.master.resize(size(rows, columns)).unwrap();
    }

    /// Whether keys come one by one and unseen, as a screen wants them; else lines do, as a shell wants them.
    pub fn is_raw(&self) -> bool {
        let modes = format!("{:?}", self.master.get_termios().unwrap().local_flags);
        !modes.contains("ICANON") && !modes.contains("ECHO ")
    }

    /// Sends a signal to whatever has the terminal now.
    pub fn signal(&self, name: &str) {
        let job = self.master.process_group_leader().unwrap().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &job]).status().unwrap();
        assert!(sent.success());
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

    /// The next bytes; none at the end.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        match self.output.recv_timeout(PATIENCE) {
            Ok(bytes) => Some(bytes),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                self.child.kill().unwrap();
                panic!("it did not end:\n{}", self.screen.screen().contents());
            }
        }
    }

    /// Waits until the process has taken the terminal for a screen.
    pub fn until_taken(&mut self) {
        while !self.screen.screen().alternate_screen() {
            let bytes = self.next().unwrap();
            self.screen.process(&bytes);
        }
    }

    /// Waits until the terminal is given back.
    pub fn shown_given_back(&mut self) {
        while self.screen.screen().alternate_screen() || self.is_raw() {
            match self.output.recv_timeout(Duration::from_millis(100)) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("it ended"),
            }
        }
    }

    /// Takes the terminal away; gives the process that is left.
    pub fn take_away(self) -> Box<dyn portable_pty::Child + Send + Sync> {
        let Self { child, master, mut keyboard, output, .. } = self;
        // The reader holds the terminal too, and lets go of it when it has something to tell that nobody hears.
        drop(output);
        keyboard.write_all(b"?").unwrap();
        drop((keyboard, master));
        child
    }

    /// Reads to the end and gives the exit code.
    pub fn ended(self) -> u32 {
        self.last_words().0
    }

    /// Reads to the end; gives the exit code and what then stands on the screen.
    pub fn last_words(mut self) -> (u32, String) {
        while let Some(bytes) = self.next() {
            self.take(&bytes);
        }
        assert!(!self.screen.screen().alternate_screen(), "the terminal is given back");
        assert!(!self.screen.screen().hide_cursor() && !self.is_raw());
        (self.child.wait().unwrap().exit_code(), self.screen.screen().contents())
    }
}

/// The variables of that home and no others.
pub fn bare(home: &Home, program: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.env_clear();
    // Where shells and their tools are.
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    // What the demo throws away, or leaves when it is killed, is gone with the home.
    command.env("TMPDIR", home.path());
    for (name, value) in home.command(&[]).get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

fn at_least_one(count: u16) -> NonZero<u16> {
    NonZero::new(count.max(1)).unwrap()
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}
