//! Waiting for the store's thread without waiting for ever (rule 3), and telling a damaged database from a slow disk.
//!
//! A damaged database keeps the processor busy and comes to no end: sled 0.34 follows a wrong pointer round and round. A
//! slow disk keeps nobody busy. So the thread shows signs of life (a beat for each record), and what is limited is
//! the processor's time without a beat; only when neither it nor the disk moves for a minute is the disk given up.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long neither a beat nor a byte may come before the disk counts as dead.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
/// How long anything may take, whatever moves.
const LONGEST: Duration = Duration::from_mins(30);
/// How long opening and verifying may work without getting anywhere (rule 3), besides what [`allowance`] gives.
const READING: Duration = Duration::from_secs(20);
/// A large store may take a second of work longer for so many bytes; it takes a tenth of it.
const BYTES_A_SECOND: u64 = 4 * 1024 * 1024;
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The signs of life of one thread.
#[derive(Debug, Clone, Default)]
pub(super) struct Pulse(Arc<Signs>);

#[derive(Debug, Default)]
struct Signs {
    beats: AtomicU64,
    /// The system's number of the thread, where it tells.
    thread: OnceLock<u64>,
}

impl Pulse {
    /// From now on it is this thread's.
    pub(super) fn begin(&self) {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
        if let Some(thread) = stat.split(' ').next().and_then(|number| number.parse().ok()) {
            // Only the first thread counts.
            let _ = self.0.thread.set(thread);
        }
    }

    /// One more thing was done.
    pub(super) fn beat(&self) {
        self.0.beats.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.beats.load(Ordering::Relaxed)
    }

    /// What the thread and its process have done so far, where the system tells it for the asking; elsewhere only beats
    /// and time count.
    fn activity(&self) -> Option<Activity> {
        let thread = self.0.thread.get()?;
        let stat = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat")).ok()?;
        let io = std::fs::read_to_string("/proc/self/io").ok()?;
        parsed(&stat, &io)
    }
}

/// How long there may be no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// The processor time that may pass between two beats.
    pub(super) busy: Duration,
    /// The time in which nothing may move at all.
    pub(super) still: Duration,
}

impl Limits {
    /// Limits for a call that may take so much work.
    pub(super) fn of(busy: Duration) -> Self {
        Self { busy, still: PATIENCE.max(busy) }
    }

    /// Limits for what reads the whole database with that log.
    pub(super) fn of_reading(log: &Path) -> Self {
        Self::of(READING + allowance(log))
    }
}

/// The extra time that the size of sled's log earns.
pub(super) fn allowance(log: &Path) -> Duration {
    let size = std::fs::metadata(log).map_or(0, |about| about.len());
    Duration::from_secs(size / BYTES_A_SECOND)
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// The thread has ended.
    Ended,
    /// It was busy for so long and got nowhere.
    Spinning(Duration),
    /// Nothing moved for so long: the disk does not answer.
    Dead(Duration),
}

/// What the thread and its process have done so far, as the system tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Activity {
    /// The thread's processor time.
    busy: Duration,
    /// Bytes that the process read from disks and wrote to them.
    bytes: u64,
}

/// Waits for an answer within the limits.
pub(super) fn wait<T>(answer: &Receiver<T>, pulse: &Pulse, limits: Limits) -> Result<T, Silence> {
    let look = LOOK.min(limits.still.max(Duration::from_millis(1)));
    let mut watch = Watch::new(pulse.count(), pulse.activity(), limits);
    loop {
        match answer.recv_timeout(look) {
            Ok(answer) => return Ok(answer),
            Err(RecvTimeoutError::Disconnected) => return Err(Silence::Ended),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(silence) = watch.look(pulse.count(), pulse.activity(), look) {
            return Err(silence);
        }
    }
}

/// The decision, apart from clocks.
#[derive(Debug)]
struct Watch {
    limits: Limits,
    beats: u64,
    /// Processor time at the last beat.
    busy: Duration,
    bytes: u64,
    /// Time since anything moved, and since the beginning.
    still: Duration,
    all: Duration,
}

impl Watch {
    fn new(beats: u64, activity: Option<Activity>, limits: Limits) -> Self {
        let Activity { busy, bytes } = activity.unwrap_or(Activity { busy: Duration::ZERO, bytes: 0 });
        Self { limits, beats, busy, bytes, still: Duration::ZERO, all: Duration::ZERO }
    }

    /// Takes note of another look, so long after the one before.
    fn look(&mut self, beats: u64, activity: Option<Activity>, since: Duration) -> Option<Silence> {
        self.still += since;
        self.all += since;
        let moved = beats != self.beats;
        if moved {
            self.beats = beats;
            self.still = Duration::ZERO;
        }
        if let Some(Activity { busy, bytes }) = activity {
            if moved {
                self.busy = busy;
            }
            if bytes != self.bytes {
                self.bytes = bytes;
                self.still = Duration::ZERO;
            }
            let spun = busy.saturating_sub(self.busy);
            if spun > self.limits.busy {
                return Some(Silence::Spinning(spun));
            }
        }
        if self.still > self.limits.still {
            return Some(Silence::Dead(self.still));
        }
        (self.all > LONGEST.max(self.limits.still)).then_some(Silence::Dead(self.all))
    }
}

/// Linux counts processor time in hundredths of a second, whatever the machine.
const TICK: Duration = Duration::from_millis(10);

fn parsed(stat: &str, io: &str) -> Option<Activity> {
    // The name in brackets may hold anything; user and system time are the 12th and 13th word after it.
    let mut words = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks = words.next()?.parse::<u64>().ok()?.checked_add(words.next()?.parse().ok()?)?;
    // What the disk did; reading these two files counts under `rchar`, which is why that is not used.
    let of = |name: &str| {
        let line = io.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse::<u64>().ok()
    };
    let busy = TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX));
    Some(Activity { busy, bytes: of("read_bytes:")?.wrapping_add(of("write_bytes:")?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);
    const SECOND: Duration = Duration::from_secs(1);

    /// Looks once a second for so many seconds, and tells when and why it gave up.
    fn watched(
        seconds: u32,
        beats: impl Fn(u32) -> u64,
        activity: impl Fn(u32) -> Option<Activity>,
    ) -> Option<(u32, Silence)> {
        let mut watch = Watch::new(beats(0), activity(0), Limits::of(LIMIT));
        (1..=seconds).find_map(|second| Some((second, watch.look(beats(second), activity(second), SECOND)?)))
    }

    #[test]
    fn a_slow_disk_is_not_a_damaged_database() {
        let busy = |busy: u32, bytes: u64| Some(Activity { busy: SECOND * busy, bytes });
        // Ten minutes of a disk that gives a few bytes a second: hardly any processor time, never given up.
        assert_eq!(watched(600, |_| 0, |second| busy(second / 60, u64::from(second))), None);
        // Ten minutes of a store so large that each beat takes ten seconds of work.
        assert_eq!(watched(600, |second| u64::from(second / 10), |second| busy(second, 0)), None);
        // Busy and getting nowhere.
        assert_eq!(watched(600, |_| 0, |second| busy(second, 0)), Some((21, Silence::Spinning(SECOND * 21))));
        // The same after it had got somewhere, and while it reads one page over and over.
        assert_eq!(
            watched(600, |second| u64::from(second.min(30)), |second| busy(second, u64::from(second))),
            Some((51, Silence::Spinning(SECOND * 21)))
        );
        // Nothing moves at all, and where the system tells nothing.
        assert_eq!(watched(600, |_| 0, |_| busy(0, 7)), Some((61, Silence::Dead(SECOND * 61))));
        assert_eq!(watched(600, |_| 0, |_| None), Some((61, Silence::Dead(SECOND * 61))));
        assert_eq!(watched(600, |second| u64::from(second / 30), |_| None), None);
        // Even what moves has an end.
        assert!(matches!(watched(1_900, u64::from, |_| None), Some((1_801, Silence::Dead(_)))));
    }

    #[test]
    fn whatever_reads_a_large_log_may_take_longer() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("db");
        assert_eq!(Limits::of_reading(&log), Limits::of(LIMIT), "there is none yet");
        // A hole takes no room, and counts as a file of that size.
        std::fs::File::create(&log).unwrap().set_len(2 << 30).unwrap();
        let limits = Limits::of_reading(&log);
        assert_eq!(limits.busy, LIMIT + SECOND * 512);
        assert_eq!(limits.still, limits.busy, "longer than a disk may be still otherwise");
    }

    #[test]
    fn what_linux_tells_is_understood_and_nonsense_is_not() {
        let stat = "42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 3 0 100";
        let io = "rchar: 9\nwchar: 8\nread_bytes: 4096\nwrite_bytes: 512\n";
        assert_eq!(parsed(stat, io), Some(Activity { busy: SECOND * 2, bytes: 4608 }));
        for (stat, io) in [("", io), ("42 (x) S 1", io), (stat, ""), (stat, "read_bytes: many\n")] {
            assert_eq!(parsed(stat, io), None);
        }
    }

    #[test]
    fn an_answer_and_the_end_of_the_thread_are_told_at_once() {
        let (sender, answer) = std::sync::mpsc::channel();
        sender.send(7).unwrap();
        assert_eq!(wait(&answer, &Pulse::default(), Limits::of(LIMIT)), Ok(7));
        drop(sender);
        assert_eq!(wait(&answer, &Pulse::default(), Limits::of(LIMIT)), Err(Silence::Ended));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_works_and_gets_nowhere_is_told_from_one_that_sleeps() {
        use std::sync::atomic::AtomicBool;

        let limits = Limits { busy: Duration::from_millis(50), still: Duration::from_millis(300) };
        for spins in [true, false] {
            let (pulse, done) = (Pulse::default(), Arc::new(AtomicBool::new(false)));
            let (its_pulse, its_done) = (pulse.clone(), Arc::clone(&done));
            let (begun, has_begun) = std::sync::mpsc::channel();
            let (_sender, answer) = std::sync::mpsc::channel::<()>();
            let thread = std::thread::spawn(move || {
                its_pulse.begin();
                begun.send(()).unwrap();
                while !its_done.load(Ordering::Relaxed) {
                    if !spins {
                        std::thread::park();
                    }
                }
            });
            has_begun.recv().unwrap();
            let silence = wait(
                &answer,
                &pulse,
                Limits { still: limits.still * (1 + 199 * u32::from(spins)), ..limits },
            );
            done.store(true, Ordering::Relaxed);
            thread.thread().unpark();
            thread.join().unwrap();
            assert_eq!(matches!(silence, Err(Silence::Spinning(_))), spins, "{silence:?}");
            assert_eq!(matches!(silence, Err(Silence::Dead(_))), !spins, "{silence:?}");
        }
    }
}
