//! The session: what is known, kept in memory and on disk in step, and the way to tell about it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinError;

use super::event::{Event, Level, LogLine, Progress, Step};
use super::{Options, Thinking, World, view};
use crate::domain::date::london_day;
use crate::domain::local::Progress as Reading;
use crate::domain::policy::Policy;
use crate::ports::{Change, Clock, FRESH, Kept, Store, StoreError, kept};

/// What is known and who is told. Shared by a run and by the commands that arrive during it.
pub(super) struct Session<W: World> {
    pub(super) world: Arc<W>,
    kept: Arc<Mutex<Kept>>,
    policy: std::sync::Mutex<Arc<Policy>>,
    next_run: std::sync::Mutex<Option<Timestamp>>,
    thinking: Thinking,
    /// Grows with each change of what is known.
    version: Arc<AtomicU64>,
    shown: std::sync::Mutex<Option<Shown>>,
    events: mpsc::Sender<Event>,
    /// Held while our field definitions are looked up and made, so that this happens once for all who wait for it.
    pub(super) set_up: Mutex<()>,
    /// KashFlow's company was seen to be this profile's: credentials do not change while a process lives.
    pub(super) is_own_company: AtomicBool,
}

/// Changes that are put together under the lock, with the counters they draw on.
pub(super) struct Batch {
    /// Counters and cursors; committed with the changes when they moved.
    pub(super) progress: Reading,
    /// The changes.
    pub(super) changes: Vec<Change>,
}

/// What a shown view was made of.
struct Shown {
    version: u64,
    policy: Arc<Policy>,
    next_run: Option<Timestamp>,
    today: Date,
}

impl Shown {
    fn is_same(&self, other: &Self) -> bool {
        let Self { version, policy, next_run, today } = self;
        *version == other.version
            && Arc::ptr_eq(policy, &other.policy)
            && *next_run == other.next_run
            && *today == other.today
    }
}

impl<W: World> Session<W> {
    pub(super) fn new(world: W, kept: Kept, options: Options, events: mpsc::Sender<Event>) -> Self {
        Self {
            world: Arc::new(world),
            kept: Arc::new(Mutex::new(kept)),
            policy: std::sync::Mutex::new(Arc::new(options.policy)),
            next_run: std::sync::Mutex::new(None),
            thinking: options.thinking,
            version: Arc::default(),
            shown: std::sync::Mutex::default(),
            events,
            set_up: Mutex::default(),
            is_own_company: AtomicBool::new(false),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.clock().now()
    }

    /// Whether what was looked at then is no ground any more to change something (design B18).
    pub(super) fn is_long_ago(&self, looked: Timestamp) -> bool {
        self.now().duration_since(looked) > SignedDuration::try_from(FRESH).unwrap_or_default()
    }

    pub(super) fn policy(&self) -> Arc<Policy> {
        // A poisoned lock means that a panic is already being reported; the settings themselves are whole.
        let policy = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&policy)
    }

    pub(super) fn use_policy(&self, policy: Policy) {
        *self.policy.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    pub(super) fn set_next_run(&self, at: Option<Timestamp>) {
        *self.next_run.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// When the timer starts the next run.
    pub(super) fn due(&self) -> Option<Timestamp> {
        *self.next_run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at what is known.
    pub(super) async fn read<R>(&self, look: impl FnOnce(&Kept) -> R) -> R {
        look(&*self.kept.lock().await)
    }

    /// Puts changes together from what is known, makes them durable, and only then known (sync 1.13, rule 6).
    ///
    /// Once put together they are carried through even when the caller goes away: memory and store never disagree.
    pub(super) async fn change<R>(&self, make: impl FnOnce(&Kept, &mut Batch) -> R) -> Result<R, StoreError> {
        let mut known = Arc::clone(&self.kept).lock_owned().await;
        let mut batch = Batch { progress: known.local.progress.clone(), changes: Vec::new() };
        let result = make(&known, &mut batch);
        let Batch { progress, mut changes } = batch;
        if progress != known.local.progress {
            changes.push(Change::PutProgress(progress));
        }
        if changes.is_empty() {
            return Ok(result);
        }
        let (world, version) = (Arc::clone(&self.world), Arc::clone(&self.version));
        let kept = tokio::spawn(async move {
            world.store().commit(changes.clone()).await?;
            for change in &changes {
                kept::apply(&mut known, change);
            }
            version.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        kept.await.unwrap_or_else(|error| Err(StoreError::Io(format!("the commit was cut off: {error}"))))?;
        Ok(result)
    }

    /// Backs up what cannot be read again. Nothing depends on it, so a failure is only told.
    pub(super) async fn back_up(&self) {
        if let Err(why) = self.world.store().back_up(self.now()).await {
            let text = format!("the automatic backup was not written: {why}");
            tracing::warn!("{text}");
            self.tell(Event::NotBackedUp(LogLine { at: self.now(), level: Level::Error, text })).await;
        }
    }

    /// Tells one thing. A listener that has gone away is no reason to stop.
    pub(super) async fn tell(&self, event: Event) {
        let _ = self.events.send(event).await;
    }

    /// Writes one line of the sync log.
    pub(super) async fn log(&self, level: Level, text: impl Into<String>) {
        let line = LogLine { at: self.now(), level, text: text.into() };
        match level {
            Level::Error => tracing::warn!("{}", line.text),
            Level::Info | Level::Done | Level::Ask => tracing::info!("{}", line.text),
        }
        self.tell(Event::Log(line)).await;
    }

    /// Tells how far the present step is. Where the listener is behind, the next figure will do.
    pub(super) fn progress(&self, step: Step, done: usize, of: Option<usize>) {
        let _ = self.events.try_send(Event::Progress(Progress { step, done, of }));
    }

    /// How often what is known has changed.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    /// Shows what is known now, unless it is shown already.
    pub(super) async fn show_changes(&self) {
        if self.shown().as_ref().is_none_or(|shown| !shown.is_same(&self.showing(self.now()))) {
            self.show().await;
        }
    }

    /// What would be shown now.
    fn showing(&self, now: Timestamp) -> Shown {
        Shown { version: self.version(), policy: self.policy(), next_run: self.due(), today: london_day(now) }
    }

    /// Shows what is known now, also when it is shown already: whoever waits for the end of something waits for this.
    pub(super) async fn show(&self) {
        let (policy, now, next_run) = (self.policy(), self.now(), self.due());
        let what = self.showing(now);
        let kept = self.read(Kept::clone).await;
        if let Ok(view) = self.think(move || view::build(&kept, &policy, now, next_run)).await {
            self.tell(Event::Changed(Arc::new(view))).await;
            *self.shown() = Some(what);
        }
    }

    fn shown(&self) -> MutexGuard<'_, Option<Shown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works out what takes a while with a hundred thousand contacts, beside the other tasks of this thread. Fails when
    /// the work panicked.
    pub(super) async fn think<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, JoinError> {
        match self.thinking {
            Thinking::Beside => tokio::task::spawn_blocking(work).await,
            Thinking::InPlace => Ok(work()),
        }
    }
}
