//! When the timer starts a run (design B33). Pure arithmetic over wall-clock time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Never sleep longer than this at a stretch: a machine that was suspended notices the missed time when it wakes.
pub(super) const LONGEST_NAP: Duration = Duration::from_secs(30);

/// When the next run is due: at once when there was none, else one interval after the last one ended. A last run in the
/// future (the clock was set back) counts as one that ended now.
pub(super) fn next_run(last_finished: Option<Timestamp>, interval: Duration, now: Timestamp) -> Timestamp {
    let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
    last_finished.map_or(now, |finished| finished.min(now).checked_add(interval).unwrap_or(Timestamp::MAX))
}

/// The time that counts when a run is due then: no further away than an interval, which a clock that was set back since
/// would make it.
pub(super) fn within_reach(due: Timestamp, interval: Duration, now: Timestamp) -> Timestamp {
    due.min(next_run(Some(now), interval, now))
}

/// How long to sleep until that time, or until it is worth looking at the clock again.
pub(super) fn nap(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default().min(LONGEST_NAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn b33_a_run_is_due_one_interval_after_the_last() {
        let two_hours = Duration::from_hours(2);
        let now = at("2026-11-24T12:00:00Z");
        for (last, due) in [
            (None, "2026-11-24T12:00:00Z"),
            (Some("2026-11-24T11:00:00Z"), "2026-11-24T13:00:00Z"),
            (Some("2026-11-23T11:00:00Z"), "2026-11-23T13:00:00Z"),
            (Some("2026-11-25T11:00:00Z"), "2026-11-24T14:00:00Z"),
        ] {
            assert_eq!(next_run(last.map(at), two_hours, now), at(due), "{last:?}");
        }
        // The clock was set back a day after that had been reckoned.
        for (due, counts) in [
            ("2026-11-25T13:00:00Z", "2026-11-24T14:00:00Z"),
            ("2026-11-24T13:00:00Z", "2026-11-24T13:00:00Z"),
            ("2026-11-24T11:00:00Z", "2026-11-24T11:00:00Z"),
        ] {
            assert_eq!(within_reach(at(due), two_hours, now), at(counts), "{due}");
        }
    }

    #[test]
    fn b33_a_machine_that_slept_past_the_time_runs_at_once_and_once() {
        let now = at("2026-11-24T12:00:00Z");
        assert_eq!(nap(at("2026-11-24T08:00:00Z"), now), Duration::ZERO);
        assert_eq!(nap(at("2026-11-24T12:00:07Z"), now), Duration::from_secs(7));
        assert_eq!(nap(at("2026-11-24T14:00:00Z"), now), LONGEST_NAP);
    }
}
