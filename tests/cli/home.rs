//! A throw-away home, and runs of the binary in it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use kashsync::domain::date::london_day;
use kashsync::sim::clock::Clock;
use kashsync::sim::firm::{Firm, sample};
use kashsync::sim::server::{Addresses, Running, serve};
use kashsync::sim::world::World;
use serde_json::Value;
use tempfile::TempDir;

/// How long a run may take before it counts as hung.
const PATIENCE: Duration = Duration::from_mins(2);

/// A home and the variables that runs in it are given.
pub struct Home {
    pub folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What a run printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    /// A home without accounts.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// A home that knows where the simulators are, and has nothing that opens them.
    pub fn locked_out(running: &Running) -> Self {
        let mut home = Self::new();
        home.set("KASHSYNC_CAPSULE_URL", &running.capsule_url());
        home.set("KASHSYNC_KASHFLOW_URL", &running.kashflow_url());
        home.set("KASHSYNC_TEST_SETTLE_MS", "20");
        home.set("KASHSYNC_TEST_BACKOFF_MS", "5");
        home
    }

    /// A home whose accounts are the simulators'.
    pub fn with(running: &Running, firm: &Firm) -> Self {
        let company = &firm.company;
        let mut home = Self::locked_out(running);
        home.set("KASHSYNC_CAPSULE_TOKEN", &company.capsule_token);
        home.set("KASHSYNC_KASHFLOW_USERNAME", &company.user_name);
        home.set("KASHSYNC_KASHFLOW_PASSWORD", &company.password);
        home.set("KASHSYNC_KASHFLOW_MEMORABLE_WORD", &company.memorable_word);
        home
    }

    /// Sets a variable for later runs.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary, ready to be started here: no terminal, no variables but ours.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kashsync"));
        command
            .args(arguments)
            .env_clear()
            .env("KASHSYNC_HOME", self.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    /// Takes a variable away from later runs.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| *known != name);
    }

    /// Runs the binary to its end; one that does not end is ended, and fails the test.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.fed(arguments, "")
    }

    /// The same, with that on standard input.
    pub fn fed(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // One that ends without reading it is fine.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let id = child.id();
        let (sender, ended) = channel();
        std::thread::spawn(move || sender.send(child.wait_with_output()));
        if let Ok(output) = ended.recv_timeout(PATIENCE) {
            return ran(output.unwrap());
        }
        // Nothing but this process is waited for; the thread ends with it.
        let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        panic!("{arguments:?} did not end");
    }

    /// Runs a command with `--json` and gives its exit code and document.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let ran = self.run(&arguments);
        let mut lines = ran.stdout.lines();
        let document = lines.next().unwrap_or_else(|| panic!("no document: {ran:?}"));
        assert_eq!(lines.next(), None, "one document: {ran:?}");
        (ran.code, serde_json::from_str(document).unwrap())
    }

    /// Runs a command that lists something and gives its rows.
    pub fn list(&self, arguments: &[&str]) -> Vec<Value> {
        let (code, document) = self.json(arguments);
        assert_eq!(code, 0, "{document}");
        document.as_array().unwrap().clone()
    }
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The sample firm in both simulators, on free ports of this machine.
pub async fn sample_firm() -> (Running, Firm) {
    slow_sample_firm(Duration::ZERO).await
}

/// The same, where every answer takes so long.
pub async fn slow_sample_firm(latency: Duration) -> (Running, Firm) {
    let clock = Clock::real();
    let firm = sample(london_day(clock.now()), 1);
    let world = World::of_firm(&firm, clock).unwrap();
    (serve(world, Addresses::default(), latency).await.unwrap(), firm)
}
