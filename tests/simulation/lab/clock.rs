//! True time, which follows tokio's paused clock and can be moved on, and the clock of our machine, which may be wrong.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use kashsync::ports::Clock;

/// When every history begins.
pub const START: &str = "2026-11-24T09:00:00Z";

/// Both clocks.
#[derive(Clone)]
pub struct LabClock {
    begun: tokio::time::Instant,
    hands: Arc<Mutex<Hands>>,
}

#[derive(Default)]
struct Hands {
    /// How far true time was moved on.
    ahead: SignedDuration,
    /// How wrong our machine's clock is.
    skew: SignedDuration,
}

impl LabClock {
    /// Both clocks at the start.
    pub fn start() -> Self {
        Self { begun: tokio::time::Instant::now(), hands: Arc::default() }
    }

    /// True time, which is the services' time.
    pub fn truth(&self) -> Timestamp {
        let start: Timestamp = START.parse().unwrap();
        let passed = SignedDuration::try_from(self.begun.elapsed()).unwrap();
        start.checked_add(passed + self.hands.lock().unwrap().ahead).unwrap()
    }

    /// Lets time pass.
    pub fn pass(&self, by: SignedDuration) {
        self.hands.lock().unwrap().ahead += by;
    }

    /// Makes our machine's clock wrong by so much.
    pub fn skew(&self, by: SignedDuration) {
        self.hands.lock().unwrap().skew = by;
    }
}

impl Clock for LabClock {
    fn now(&self) -> Timestamp {
        self.truth().checked_add(self.hands.lock().unwrap().skew).unwrap()
    }
}
