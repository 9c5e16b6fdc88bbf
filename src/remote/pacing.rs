//! How many requests a service still allows, and until when to wait: a pure state machine with time as an argument.
//!
//! Capsule counts 4,000 requests an hour per user and says so in `X-RateLimit-*` headers (capsule-api 3); KashFlow
//! publishes no limit, but `Retry-After` is honoured from both (design 5, kashflow-api 12.1). Not here: sleeping and
//! telling watchers (see `exchange`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::transport::{HttpResponse, http_date};

/// Requests in flight per service at any time (design 5).
pub const MOST_IN_FLIGHT: usize = 4;
/// Capsule requests that background work leaves for the person at the keyboard (capsule-api 3, client policy).
pub const CAPSULE_RESERVE: u32 = 200;
/// A `Retry-After` is never believed beyond this (sync 2.5).
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(15);
/// Capsule's window is an hour; a reset further away than two makes no sense and is not believed.
const LONGEST_WINDOW: Duration = Duration::from_hours(2);
/// Waited past the reset, for clocks that differ by less than a second.
const MARGIN: Duration = Duration::from_secs(1);

/// Whether a person waits for what is going on. Background work leaves [`CAPSULE_RESERVE`] requests untouched; work
/// that a person asked for may use them. Starts as background; a clone is the same switch.
#[derive(Debug, Clone, Default)]
pub struct Attendance(Arc<AtomicBool>);

impl Attendance {
    /// Says whether a person waits from now on.
    pub fn set(&self, attended: bool) {
        self.0.store(attended, Ordering::Relaxed);
    }

    /// Whether a person waits.
    pub fn is_attended(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one answer says about limits, in the service's own time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests left in this window.
    pub left: Option<u32>,
    /// How far away the window's end is, by the service's clock.
    pub reset_in: Option<Duration>,
    /// How long the service asks to wait: 0 to 15 minutes.
    pub retry_after: Option<Duration>,
}

impl Limits {
    /// Reads the headers. Whatever makes no sense is as good as absent. `now` stands in for a missing `Date`.
    pub fn read(response: &HttpResponse, now: Timestamp) -> Self {
        let served = response.server_time().unwrap_or(now);
        let reset_in = response
            .header("x-ratelimit-reset")
            .and_then(|text| text.trim().parse().ok())
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .map(|reset| until(served, reset))
            .filter(|away| *away <= LONGEST_WINDOW);
        Self {
            left: response
                .header("x-ratelimit-remaining")
                .and_then(|text| text.trim().parse().ok()),
            reset_in,
            retry_after: response
                .header("retry-after")
                .and_then(|text| retry_after(text, served)),
        }
    }
}

/// `Retry-After` in seconds or as a date, clamped to 0 to 15 minutes.
fn retry_after(text: &str, served: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let asked = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_or(LONGEST_RETRY_AFTER, Duration::from_secs)
    } else {
        until(served, http_date(text)?)
    };
    Some(asked.min(LONGEST_RETRY_AFTER))
}

/// From one instant to a later one; zero when it is not later.
pub(super) fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// That much later; the end of time when that is out of range.
pub(super) fn later(from: Timestamp, by: Duration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Whether a request may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It may, now; it counts as in flight from here on.
    Go,
    /// Not before that instant.
    Wait {
        /// Until when.
        until: Timestamp,
        /// Why, in words.
        why: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    left: u32,
    reset: Timestamp,
}

/// One service's allowance as far as we know it, in our own time.
#[derive(Debug, Clone)]
pub struct Allowance {
    reserve: u32,
    in_flight: u32,
    window: Option<Window>,
    told: Option<u32>,
    paused: Option<(Timestamp, String)>,
}

impl Allowance {
    /// Knows nothing yet; background work leaves `reserve` requests.
    pub fn new(reserve: u32) -> Self {
        Self {
            reserve,
            in_flight: 0,
            window: None,
            told: None,
            paused: None,
        }
    }

    /// Asks for leave to send one request.
    pub fn ask(&mut self, now: Timestamp, attended: bool) -> Turn {
        if let Some((until, why)) = &self.paused {
            if now < *until {
                return Turn::Wait {
                    until: *until,
                    why: why.clone(),
                };
            }
            self.paused = None;
        }
        let floor = if attended { 0 } else { self.reserve };
        match &mut self.window {
            Some(window) if now >= window.reset => self.window = None,
            Some(window) if window.left <= floor => {
                let why = if window.left == 0 || attended {
                    "this hour's requests are used up".to_owned()
                } else {
                    format!("the last {floor} requests of this hour are kept for the person at the keyboard")
                };
                return Turn::Wait {
                    until: window.reset,
                    why,
                };
            }
            Some(window) => window.left -= 1,
            None => {}
        }
        self.in_flight += 1;
        Turn::Go
    }

    /// Takes in an answer; tells how many requests are left when that is news.
    pub fn answered(&mut self, limits: Limits, now: Timestamp) -> Option<u32> {
        self.in_flight = self.in_flight.saturating_sub(1);
        let (left, reset_in) = limits.left.zip(limits.reset_in)?;
        let reset = later(now, reset_in.saturating_add(MARGIN));
        // Answers overtake each other and clocks tick between them: within one window the count only falls. In a new
        // one, the requests that are still under way are not yet in the service's figure.
        let left = match self.window {
            Some(window) if same_window(window.reset, reset) => window.left.min(left),
            _ => left.saturating_sub(self.in_flight),
        };
        self.window = Some(Window { left, reset });
        (self.told.replace(left) != Some(left)).then_some(left)
    }

    /// The request got no answer. One that never left has used nothing up.
    pub fn unanswered(&mut self, left_here: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(window) = &mut self.window
            && !left_here
        {
            window.left = window.left.saturating_add(1);
        }
    }

    /// The service refuses requests for now: nothing is sent before the pause is over. The service's own wish goes
    /// first, then the window's end, then `fallback`.
    pub fn pause(&mut self, limits: Limits, now: Timestamp, fallback: Duration, why: &str) {
        let wait = limits
            .retry_after
            .or(limits.reset_in.map(|reset| reset.saturating_add(MARGIN)))
            .unwrap_or(fallback);
        let until = later(now, wait);
        if self.paused.as_ref().is_none_or(|(already, _)| *already < until) {
            self.paused = Some((until, why.to_owned()));
        }
    }
}

/// Whether two reckonings of a window's end mean the same window: they differ by rounding and travel time only.
fn same_window(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).unsigned_abs() < Duration::from_mins(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    fn limits(left: u32, reset_in: u64) -> Limits {
        Limits {
            left: Some(left),
            reset_in: Some(Duration::from_secs(reset_in)),
            retry_after: None,
        }
    }

    fn wait_until(turn: &Turn) -> Option<Timestamp> {
        match turn {
            Turn::Go => None,
            Turn::Wait { until, .. } => Some(*until),
        }
    }

    #[test]
    fn headers_are_read_by_the_services_clock() {
        let read = |headers: &[(&str, &str)]| {
            let response = HttpResponse {
                status: 200,
                headers: headers
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
                body: Vec::new(),
            };
            Limits::read(&response, at(0))
        };
        // The service's clock is an hour behind ours; what counts is the distance.
        let date = ("Date", "Wed, 18 Nov 2026 10:06:40 GMT");
        let served: Timestamp = "2026-11-18T10:06:40Z".parse().unwrap();
        let reset = (served.as_second() + 90).to_string();
        assert_eq!(
            read(&[
                date,
                ("X-RateLimit-Remaining", "17"),
                ("x-ratelimit-reset", &reset)
            ]),
            limits(17, 90)
        );
        let past = (served.as_second() - 5).to_string();
        assert_eq!(
            read(&[date, ("X-RateLimit-Reset", &past)]).reset_in,
            Some(Duration::ZERO)
        );
        for (garbage, name) in [
            ("soon", "X-RateLimit-Reset"),
            ("1795345200000", "X-RateLimit-Reset"),
            ("99999999999999999999", "X-RateLimit-Reset"),
            ("-1", "X-RateLimit-Remaining"),
            ("many", "X-RateLimit-Remaining"),
        ] {
            assert_eq!(read(&[date, (name, garbage)]), Limits::default(), "{garbage}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_clamped() {
        let served: Timestamp = "2026-11-18T10:06:40Z".parse().unwrap();
        for (text, seconds) in [
            ("0", Some(0)),
            (" 30 ", Some(30)),
            ("900", Some(900)),
            ("901", Some(900)),
            ("999999999999999999999999", Some(900)),
            ("Wed, 18 Nov 2026 10:07:00 GMT", Some(20)),
            ("Wed, 18 Nov 2026 10:06:00 GMT", Some(0)),
            ("Wed, 18 Nov 2026 20:06:00 GMT", Some(900)),
            ("-5", None),
            ("1.5", None),
            ("in a while", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(text, served),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }

    #[test]
    fn a_reserve_is_kept_for_the_person_at_the_keyboard() {
        let mut allowance = Allowance::new(200);
        assert_eq!(allowance.ask(at(0), false), Turn::Go);
        assert_eq!(allowance.answered(limits(201, 60), at(0)), Some(201));
        assert_eq!(allowance.ask(at(1), false), Turn::Go);
        assert_eq!(allowance.answered(limits(200, 59), at(1)), Some(200));
        assert_eq!(wait_until(&allowance.ask(at(2), false)), Some(at(61)));
        assert_eq!(
            allowance.ask(at(2), true),
            Turn::Go,
            "a person may use the reserve"
        );
        assert_eq!(allowance.answered(limits(0, 58), at(2)), Some(0));
        assert_eq!(wait_until(&allowance.ask(at(3), true)), Some(at(61)));
        assert_eq!(allowance.ask(at(61), false), Turn::Go, "a new hour");
    }

    #[test]
    fn requests_under_way_count_as_used() {
        let mut allowance = Allowance::new(0);
        for _ in 0..3 {
            assert_eq!(allowance.ask(at(0), false), Turn::Go);
        }
        assert_eq!(
            allowance.answered(limits(3, 60), at(0)),
            Some(1),
            "two are under way"
        );
        // An answer that was overtaken does not raise the count again, and says nothing new.
        assert_eq!(allowance.answered(limits(4, 60), at(0)), None);
        assert_eq!(allowance.ask(at(0), false), Turn::Go);
        assert_eq!(wait_until(&allowance.ask(at(0), false)), Some(at(61)));
        allowance.unanswered(false);
        assert_eq!(allowance.ask(at(0), false), Turn::Go, "one never left");
        allowance.unanswered(true);
        assert_eq!(wait_until(&allowance.ask(at(0), false)), Some(at(61)));
        // The next window brings a new count.
        assert_eq!(allowance.answered(limits(4000, 3600), at(70)), Some(4000));
    }

    #[test]
    fn a_pause_lasts_as_long_as_the_service_wishes() {
        let second = Duration::from_secs(1);
        for (limits, ends) in [
            (
                Limits {
                    retry_after: Some(second * 30),
                    ..limits(0, 60)
                },
                30,
            ),
            (limits(0, 60), 61),
            (Limits::default(), 1),
            (
                Limits {
                    retry_after: Some(Duration::ZERO),
                    ..Limits::default()
                },
                0,
            ),
        ] {
            let mut allowance = Allowance::new(0);
            assert_eq!(allowance.ask(at(0), true), Turn::Go);
            allowance.unanswered(true);
            allowance.pause(limits, at(0), second, "429");
            let expected = (ends > 0).then(|| at(ends));
            assert_eq!(wait_until(&allowance.ask(at(0), true)), expected, "{limits:?}");
            assert_eq!(allowance.ask(at(ends), true), Turn::Go, "{limits:?}");
        }
    }

    #[test]
    fn a_shorter_pause_does_not_end_a_longer_one() {
        let mut allowance = Allowance::new(0);
        allowance.pause(limits(0, 59), at(0), Duration::ZERO, "429");
        allowance.pause(Limits::default(), at(0), Duration::from_secs(2), "503");
        assert_eq!(wait_until(&allowance.ask(at(3), true)), Some(at(60)));
    }
}
