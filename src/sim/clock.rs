//! The simulators' clock: real time with an offset, or a time that stands still until it is moved.

use jiff::{SignedDuration, Timestamp};

/// A clock that tests and `/_sim/clock` can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Real time, so much ahead (or behind).
    Real {
        /// How far ahead.
        ahead: SignedDuration,
    },
    /// A time that stands still.
    Still(Timestamp),
}

impl Clock {
    /// Real time.
    pub fn real() -> Self {
        Self::Real { ahead: SignedDuration::ZERO }
    }

    /// What the clock shows.
    #[expect(
        clippy::disallowed_methods,
        reason = "the simulators have a clock of their own, like the real services"
    )]
    pub fn now(self) -> Timestamp {
        match self {
            Self::Real { ahead } => Timestamp::now().checked_add(ahead).unwrap_or(Timestamp::MAX),
            Self::Still(at) => at,
        }
    }

    /// Moves the clock on.
    pub fn advance(&mut self, by: SignedDuration) {
        match self {
            Self::Real { ahead } => *ahead = ahead.checked_add(by).unwrap_or(*ahead),
            Self::Still(at) => *at = at.checked_add(by).unwrap_or(*at),
        }
    }

    /// Sets what the clock shows now; it keeps running, or standing still.
    pub fn set(&mut self, at: Timestamp) {
        let by = at.duration_since(self.now());
        self.advance(by);
    }
}
