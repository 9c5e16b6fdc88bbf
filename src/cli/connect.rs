//! The engine, connected with both services and an open profile.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::clock::SystemClock;
use super::profile::OpenProfile;
use super::resolve::Access;
use crate::engine::command::Command;
use crate::engine::{self, EngineHandle, Options, Ports, Thinking};
use crate::error::AppError;
use crate::ports::Clock;
use crate::remote::capsule::CapsuleClient;
use crate::remote::http::HttpTransport;
use crate::remote::kashflow::{KashFlowClient, KashFlowCredentials};
use crate::remote::pacing::Attendance;

/// How the engine is to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// The timer starts runs.
    pub timer: bool,
    /// A person waits, so that the reserve of requests may be used.
    pub attended: bool,
}

/// Starts the engine on a profile. Sends nothing before a command or the timer asks for it; `first` goes before the timer.
pub fn start(
    profile: OpenProfile,
    access: Access,
    mode: Mode,
    first: Option<Command>,
) -> Result<EngineHandle, AppError> {
    let (sender, notices) = mpsc::unbounded_channel();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let attendance = Attendance::default();
    attendance.set(mode.attended);
    let Access { capsule, kashflow, credentials, pace, warnings: _ } = access;
    let crm = CapsuleClient::new(
        HttpTransport::new(&capsule)?,
        capsule,
        &credentials.capsule_token,
        pace,
        sender.clone(),
        Arc::clone(&clock),
    )
    .with_attendance(attendance.clone());
    let transport = HttpTransport::new(&kashflow)?;
    let opens = KashFlowCredentials {
        user_name: credentials.kashflow_user_name,
        password: credentials.kashflow_password,
        memorable_word: credentials.kashflow_memorable_word,
    };
    let ledger =
        KashFlowClient::new(transport, kashflow, opens, pace, sender, clock).with_attendance(attendance);
    let OpenProfile { store, kept, policy, now: _ } = profile;
    let ports = Ports { crm, ledger, store, clock: SystemClock, pace };
    engine::start(
        ports,
        kept,
        notices,
        Options { policy, timer: mode.timer, thinking: Thinking::Beside },
        first,
    )
    .map_err(|error| AppError::machine(format!("the engine cannot be started: {error}"), "Try again."))
}
