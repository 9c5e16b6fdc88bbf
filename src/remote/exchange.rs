//! Sends one request the way a good guest does: in turn, counted, repeated where that is safe, with waits that people
//! can see.
//!
//! What a definite answer means is the clients' business; here only "answered", "out of reach" and "in doubt" are told
//! apart (sync 2.3, 2.5).

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::Instant;

use super::count::RequestCount;
use super::pacing::{Allowance, Attendance, Limits, MOST_IN_FLIGHT, Turn, later, until};
use super::retry::{Kind, MOST_REPEATS, Verdict, back_off, verdict};
use super::transport::{HttpRequest, HttpResponse, SendError, Transport};
use crate::domain::ids::Service;
use crate::domain::run::Requests;
use crate::domain::trouble::{Trouble, TroubleCode};
use crate::ports::{Clock, FRESH, Pace, RemoteError, RemoteNotice};
use crate::redaction::Redaction;

/// Why a service asks for a pause.
const TOO_MANY: &str = "too many requests for the service";

/// The way to one service, shared by all its calls.
pub(super) struct Exchange<T> {
    service: Service,
    transport: T,
    pace: Pace,
    clock: Arc<dyn Clock>,
    notices: UnboundedSender<RemoteNotice>,
    hiccup: fn(&HttpResponse) -> bool,
    slots: Semaphore,
    allowance: Mutex<Allowance>,
    count: RequestCount,
    attendance: Attendance,
    /// Nothing more is sent and nothing waits while this is set; see [`Exchange::interrupt`].
    interrupted: watch::Sender<bool>,
    chance: Chance,
    /// What is taken out of the words of a refusal.
    redaction: Redaction,
}

impl<T: Transport> Exchange<T> {
    /// A way to that service. `reserve` requests are left to people; `hiccup` tells refusals that will pass.
    pub(super) fn new(
        service: Service,
        transport: T,
        pace: Pace,
        notices: UnboundedSender<RemoteNotice>,
        clock: Arc<dyn Clock>,
        reserve: u32,
        hiccup: fn(&HttpResponse) -> bool,
    ) -> Self {
        Self {
            service,
            transport,
            pace,
            clock,
            notices,
            hiccup,
            slots: Semaphore::new(MOST_IN_FLIGHT),
            allowance: Mutex::new(Allowance::new(reserve)),
            count: RequestCount::default(),
            attendance: Attendance::default(),
            interrupted: watch::Sender::new(false),
            chance: Chance::new(RandomState::new().hash_one(0)),
            redaction: Redaction::default(),
        }
    }

    /// Takes these out of the words of every refusal: they are shown and kept.
    #[must_use]
    pub(super) fn with_secrets(mut self, secrets: &[&SecretString]) -> Self {
        self.redaction = Redaction::of(secrets.iter().copied());
        self
    }

    /// What is taken out of the words of a refusal, once they have told what it means.
    pub(super) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// Uses that switch to know whether a person waits.
    pub(super) fn set_attendance(&mut self, attendance: Attendance) {
        self.attendance = attendance;
    }

    /// Makes the back-off steps repeatable.
    pub(super) fn set_seed(&mut self, seed: u64) {
        self.chance = Chance::new(seed);
    }

    /// Ends every wait and sends nothing but farewells while it is set: such calls fail as not carried out. A request
    /// that is under way is not touched.
    pub(super) fn interrupt(&self, interrupted: bool) {
        self.interrupted.send_replace(interrupted);
    }

    /// Our clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Requests sent so far.
    pub(super) fn requests(&self) -> Requests {
        self.count.so_far()
    }

    /// Sends the request until the service has answered for good: with success or with a refusal other than 429. Fails
    /// with trouble when it is out of reach or its limit outlasts our patience, and with "in doubt" when a write may
    /// have been carried out.
    pub(super) async fn call(&self, kind: Kind, request: HttpRequest) -> Result<HttpResponse, RemoteError> {
        let give_up = later(self.clock.now(), self.pace.max_wait);
        let mut repeats = 0;
        loop {
            let leave = self.turn(kind, give_up).await?;
            self.count.sent(request.method);
            let began = Instant::now();
            let attempt = self.transport.send(request.clone()).await;
            // Neither request nor answer shows more of itself than its kind and size.
            tracing::debug!(service = self.service.name(), ?request, ?attempt, took = ?began.elapsed());
            let limits = self.settle(leave, &request, &attempt);
            match verdict(kind, &attempt, self.hiccup) {
                Verdict::Answered => {
                    return attempt.map_err(|error| self.unreachable(error.to_string()));
                }
                Verdict::Lost { why } => return Err(self.lost(kind, why)),
                Verdict::Again { why } if repeats < MOST_REPEATS => {
                    self.step_back(limits, repeats, &why).await?;
                }
                Verdict::Again { why } => {
                    return Err(self.unreachable(format!("{why} (tried {} times)", repeats + 1)));
                }
                Verdict::Pause if repeats < MOST_REPEATS && kind != Kind::Farewell => {
                    let step = back_off(self.pace.backoff, repeats, self.chance.next());
                    self.allowance().pause(limits, self.clock.now(), step, TOO_MANY);
                }
                Verdict::Pause => {
                    // Not here any more, but nothing else is sent before it is over either.
                    self.allowance().pause(limits, self.clock.now(), Duration::ZERO, TOO_MANY);
                    return Err(self.limited("it keeps refusing requests for being too many".into()));
                }
            }
            repeats += 1;
        }
    }

    /// A change of a record that was just looked at.
    pub(super) fn change(&self) -> Kind {
        Kind::Change { until: later(self.clock.now(), FRESH) }
    }

    /// Waits for leave to send.
    async fn turn(&self, kind: Kind, give_up: Timestamp) -> Result<Leave<'_>, RemoteError> {
        let mut now = self.clock.now();
        loop {
            let slot = tokio::select! {
                biased;
                () = self.interruption(), if kind != Kind::Farewell => return Err(self.not_sent()),
                slot = self.slots.acquire() => slot,
            };
            let slot = slot.map_err(|_| self.unreachable("the connection was given up".into()))?;
            now = now.max(self.clock.now());
            let turn = self.allowance().ask(now, self.attendance.is_attended());
            match turn {
                Turn::Go if matches!(kind, Kind::Change { until } if now > until) => {
                    self.allowance().unanswered(false);
                    return Err(RemoteError::Stale);
                }
                Turn::Go => {
                    return Ok(Leave { allowance: &self.allowance, settled: false, _slot: slot });
                }
                Turn::Wait { until, why } if until > give_up || kind == Kind::Farewell => {
                    return Err(self.limited(format!("{why}; it accepts requests again at {until}")));
                }
                Turn::Wait { until, why } => {
                    drop(slot);
                    self.wait(until, &why).await?;
                    // Having slept that long counts, whatever the wall clock says.
                    now = now.max(until);
                }
            }
        }
    }

    /// Takes in what an attempt says about limits.
    fn settle(
        &self,
        mut leave: Leave<'_>,
        request: &HttpRequest,
        attempt: &Result<HttpResponse, SendError>,
    ) -> Limits {
        leave.settled = true;
        let now = self.clock.now();
        match attempt {
            Ok(response) => {
                let limits = Limits::read(response, now);
                if let Some(left) = self.allowance().answered(limits, now) {
                    self.tell(RemoteNotice::Remaining { service: self.service, left });
                }
                limits
            }
            Err(error) => {
                let left_here = !matches!(error, SendError::NotSent(_));
                if !left_here {
                    self.count.not_sent(request.method);
                }
                self.allowance().unanswered(left_here);
                Limits::default()
            }
        }
    }

    /// Waits before a repeat: as long as the service wishes, else a back-off step.
    async fn step_back(&self, limits: Limits, repeat: u32, why: &str) -> Result<(), RemoteError> {
        let now = self.clock.now();
        if limits.retry_after.is_some() {
            self.allowance().pause(limits, now, Duration::ZERO, why);
            return Ok(());
        }
        let step = back_off(self.pace.backoff, repeat, self.chance.next());
        self.wait(later(now, step), why).await
    }

    async fn wait(&self, end: Timestamp, why: &str) -> Result<(), RemoteError> {
        self.tell(RemoteNotice::Waiting { service: self.service, until: end, why: why.to_owned() });
        tokio::select! {
            biased;
            () = self.interruption() => Err(self.not_sent()),
            () = tokio::time::sleep(until(self.clock.now(), end)) => Ok(()),
        }
    }

    async fn interruption(&self) {
        // The sender is our own, so this ends only with the interruption.
        let _ = self.interrupted.subscribe().wait_for(|interrupted| *interrupted).await;
    }

    /// Trouble, which means that nothing was carried out.
    fn not_sent(&self) -> RemoteError {
        self.unreachable("stopped before it was sent".into())
    }

    fn tell(&self, notice: RemoteNotice) {
        // Nobody may be watching.
        let _ = self.notices.send(notice);
    }

    fn allowance(&self) -> MutexGuard<'_, Allowance> {
        self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self, kind: Kind, why: String) -> RemoteError {
        match kind {
            Kind::Write | Kind::Change { .. } => RemoteError::InDoubt { why },
            Kind::Read | Kind::Farewell => self.unreachable(why),
        }
    }

    fn limited(&self, message: String) -> RemoteError {
        RemoteError::Trouble(Trouble { service: self.service, code: TroubleCode::RateLimited, message })
    }

    /// The service gives no usable answer.
    pub(super) fn unreachable(&self, message: String) -> RemoteError {
        RemoteError::Trouble(Trouble { service: self.service, code: TroubleCode::Unreachable, message })
    }

    /// A whole back-off step, for repeats that a client makes itself.
    pub(super) async fn pause_before_repeat(&self, why: &str) -> Result<(), RemoteError> {
        self.step_back(Limits::default(), 0, why).await
    }
}

/// Leave to send one request; when the call is abandoned half-way, the request no longer counts as under way.
struct Leave<'a> {
    allowance: &'a Mutex<Allowance>,
    settled: bool,
    _slot: SemaphorePermit<'a>,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.allowance.lock().unwrap_or_else(PoisonError::into_inner).unanswered(true);
        }
    }
}

/// Numbers to spread repeats by (`SplitMix64`); no secret depends on them.
struct Chance(AtomicU64);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let mut number =
            self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).wrapping_add(0x9E37_79B9_7F4A_7C15);
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        number ^ (number >> 31)
    }
}
