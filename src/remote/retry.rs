//! What to make of one attempt, and how long to wait before the next: pure, without clock or chance.
//!
//! Reads are repeated; a write is repeated only when it is certain that the service has not carried it out (sync 2.3).

use std::time::Duration;

use jiff::Timestamp;

use super::transport::{HttpResponse, SendError};

/// How often one call is repeated at most.
pub const MOST_REPEATS: u32 = 5;
/// No single back-off step is longer than this.
const LONGEST_STEP: Duration = Duration::from_mins(1);

/// What a request does, as far as repeating it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing: may be repeated.
    Read,
    /// Changes something: never repeated after an unknown outcome.
    Write,
    /// Changes a record as it was just seen: a write that is not sent any more after that instant (design B18).
    Change {
        /// Until when what was seen counts as fresh.
        until: Timestamp,
    },
    /// Best effort at the end of a session: sent at most once and never waited for.
    Farewell,
}

/// What to do after one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The service has answered for good, with success or refusal.
    Answered,
    /// Try again after a back-off step; `why` says what happened.
    Again {
        /// What happened, in words.
        why: String,
    },
    /// The service asks for a pause (429); it has not carried the request out.
    Pause,
    /// No usable answer, and a repeat would not help. For a write the outcome is unknown.
    Lost {
        /// What happened, in words.
        why: String,
    },
}

/// What to do after that attempt. `hiccup` tells a refusal that is a passing failure of the service in disguise
/// (KashFlow's SQL time-out, kashflow-api 12.2).
pub fn verdict(
    kind: Kind,
    attempt: &Result<HttpResponse, SendError>,
    hiccup: fn(&HttpResponse) -> bool,
) -> Verdict {
    match attempt {
        Err(SendError::NotSent(why)) => match kind {
            Kind::Read | Kind::Write | Kind::Change { .. } => Verdict::Again { why: why.clone() },
            Kind::Farewell => Verdict::Lost { why: why.clone() },
        },
        Err(SendError::Unknown(why)) => lost_unless_read(kind, why.clone()),
        Err(SendError::Unusable(why)) => Verdict::Lost { why: why.clone() },
        Ok(response) => match response.status {
            429 => Verdict::Pause,
            300..=399 => Verdict::Lost { why: format!("refused to follow a redirect ({})", response.status) },
            408 | 500..=599 => lost_unless_read(kind, format!("the service answered {}", response.status)),
            400 if hiccup(response) => {
                lost_unless_read(kind, "the service's database did not answer in time".to_owned())
            }
            _ => Verdict::Answered,
        },
    }
}

fn lost_unless_read(kind: Kind, why: String) -> Verdict {
    match kind {
        Kind::Read => Verdict::Again { why },
        Kind::Write | Kind::Change { .. } | Kind::Farewell => Verdict::Lost { why },
    }
}

/// How long to wait before repeat number `repeat` (from 0): full jitter, a random part of a step that doubles from
/// `first` and ends at a minute. `chance` is any random number.
pub fn back_off(first: Duration, repeat: u32, chance: u64) -> Duration {
    let step = first.saturating_mul(2_u32.saturating_pow(repeat)).min(LONGEST_STEP);
    let nanos = u64::try_from(step.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(chance.checked_rem(nanos.saturating_add(1)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "stands in a table beside errors")]
    fn answer(status: u16) -> Result<HttpResponse, SendError> {
        Ok(HttpResponse { status, ..HttpResponse::default() })
    }

    fn letter(kind: Kind, attempt: &Result<HttpResponse, SendError>, hiccup: bool) -> char {
        let hiccup: fn(&HttpResponse) -> bool = if hiccup { |_| true } else { |_| false };
        match verdict(kind, attempt, hiccup) {
            Verdict::Answered => 'a',
            Verdict::Again { .. } => 'r',
            Verdict::Pause => 'p',
            Verdict::Lost { .. } => 'l',
        }
    }

    #[test]
    fn sync_2_3_writes_are_repeated_only_when_not_carried_out() {
        for (attempt, hiccup, read, write, farewell) in [
            (Err(SendError::NotSent("dns".into())), false, 'r', 'r', 'l'),
            (Err(SendError::Unknown("reset".into())), false, 'r', 'l', 'l'),
            (Err(SendError::Unusable("big".into())), false, 'l', 'l', 'l'),
            (answer(200), false, 'a', 'a', 'a'),
            (answer(201), false, 'a', 'a', 'a'),
            (answer(202), false, 'a', 'a', 'a'),
            (answer(302), false, 'l', 'l', 'l'),
            (answer(400), false, 'a', 'a', 'a'),
            (answer(400), true, 'r', 'l', 'l'),
            (answer(401), true, 'a', 'a', 'a'),
            (answer(404), false, 'a', 'a', 'a'),
            (answer(408), false, 'r', 'l', 'l'),
            (answer(409), false, 'a', 'a', 'a'),
            (answer(422), false, 'a', 'a', 'a'),
            (answer(429), false, 'p', 'p', 'p'),
            (answer(500), false, 'r', 'l', 'l'),
            (answer(503), false, 'r', 'l', 'l'),
        ] {
            let change = Kind::Change { until: Timestamp::UNIX_EPOCH };
            let kinds =
                [(Kind::Read, read), (Kind::Write, write), (change, write), (Kind::Farewell, farewell)];
            for (kind, expected) in kinds {
                assert_eq!(letter(kind, &attempt, hiccup), expected, "{kind:?} {attempt:?}");
            }
        }
    }

    #[test]
    fn steps_double_and_end_at_a_minute() {
        let second = Duration::from_secs(1);
        let longest = |repeat| {
            (0..u64::from(u16::MAX)).map(|chance| back_off(second, repeat, chance << 20)).max().unwrap()
        };
        for (repeat, step) in [(0, 1), (1, 2), (2, 4), (4, 16)] {
            let longest = longest(repeat);
            assert!(longest <= second * step && longest > second * step / 2, "{repeat}: {longest:?}");
        }
        assert_eq!(back_off(second, 40, 60_000_000_000), Duration::from_mins(1));
        assert_eq!(back_off(Duration::ZERO, 3, 99), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn a_step_is_never_longer_than_a_minute(millis in 0_u64..1_000_000, repeat: u32, chance: u64) {
            prop_assert!(back_off(Duration::from_millis(millis), repeat, chance) <= LONGEST_STEP);
        }
    }
}
