//! The rows of the fault matrix that a simulated network can bring about (sync.md section 4, layer S), as plain data.

use std::time::Duration;

use kashsync::sim::fault::Service;

use super::dice::Dice;

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// No address, refused, no trust: nothing was sent.
    NotSent,
    /// Reset before the service acts.
    ResetBefore,
    /// Reset after the service has acted.
    ResetAfter,
    /// No answer in time; the service did not act.
    TimeoutBefore,
    /// No answer in time; the service acted.
    TimeoutAfter,
    /// Reset at once, carried out up to two minutes later.
    CommitLate,
    /// 429 with seconds.
    TooManySeconds,
    /// 429 with a date.
    TooManyDate,
    /// 429 with something else, or nothing.
    TooManyGarbage,
    /// 500, not carried out.
    Error500,
    /// 503, carried out.
    Error503After,
    /// 502 with a page, not carried out.
    Page502,
    /// 504 with a page, carried out.
    Page504After,
    /// 200 with a page, not carried out: a captive portal.
    Portal,
    /// 200 without a body, carried out.
    Empty,
    /// 200 with half a body, carried out.
    HalfBody,
    /// 200 with a body of another shape.
    WrongShape,
    /// 201 without a body, carried out.
    BareCreated,
    /// 202, not carried out.
    Accepted,
    /// 401 once: KashFlow's session is over.
    SessionOver,
    /// 401 from Capsule.
    TokenRefused,
    /// 403.
    Forbidden,
    /// 404 for a record that is there.
    NotThere,
    /// A list that lacks what was changed in the last minute.
    Lagging,
    /// A well-formed list without rows.
    NoRows,
    /// A page that was answered before.
    SamePage,
    /// A page is skipped.
    LostPage,
    /// A record moves between two pages.
    Drift,
    /// Eight hours of sleep while a request is under way.
    Sleep,
    /// An answer that takes half a minute.
    Slow,
}

impl Kind {
    pub const ALL: [Self; 30] = [
        Self::NotSent,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::TimeoutBefore,
        Self::TimeoutAfter,
        Self::CommitLate,
        Self::TooManySeconds,
        Self::TooManyDate,
        Self::TooManyGarbage,
        Self::Error500,
        Self::Error503After,
        Self::Page502,
        Self::Page504After,
        Self::Portal,
        Self::Empty,
        Self::HalfBody,
        Self::WrongShape,
        Self::BareCreated,
        Self::Accepted,
        Self::SessionOver,
        Self::TokenRefused,
        Self::Forbidden,
        Self::NotThere,
        Self::Lagging,
        Self::NoRows,
        Self::SamePage,
        Self::LostPage,
        Self::Drift,
        Self::Sleep,
        Self::Slow,
    ];

    /// Carried out, and nobody is told.
    pub const UNTOLD: [Self; 8] = [
        Self::ResetAfter,
        Self::TimeoutAfter,
        Self::CommitLate,
        Self::Error503After,
        Self::Page504After,
        Self::Empty,
        Self::HalfBody,
        Self::BareCreated,
    ];

    /// Whether few requests are such that it can hit them.
    fn is_rare(self) -> bool {
        matches!(
            self,
            Self::NotThere
                | Self::Lagging
                | Self::NoRows
                | Self::SamePage
                | Self::LostPage
                | Self::Drift
                | Self::BareCreated
                | Self::Accepted
                | Self::CommitLate
        )
    }

    /// Whether it fits few requests only, or is refused by the first that it meets.
    fn is_choosy(self) -> bool {
        matches!(
            self,
            Self::SessionOver
                | Self::TokenRefused
                | Self::BareCreated
                | Self::WrongShape
                | Self::Portal
                | Self::Forbidden
                | Self::Empty
        )
    }

    /// Whether something can be left out of a reading that looks whole: only Capsule's weekly whole reading brings it back.
    pub fn is_unnoticeable(self) -> bool {
        matches!(self, Self::LostPage | Self::NotThere)
    }

    /// Whether the answer that the process gets tells what the service did.
    pub fn is_told(self) -> bool {
        matches!(self, Self::SessionOver | Self::Lagging | Self::Drift | Self::Slow)
    }

    /// Which requests it can hit.
    fn fits(self, request: &Shape) -> bool {
        match self {
            Self::CommitLate | Self::Accepted => request.write,
            Self::BareCreated => request.write && request.post,
            Self::SessionOver => request.service == Service::KashFlow && !request.sign_in,
            Self::TokenRefused => request.service == Service::Capsule,
            Self::NotThere => request.single && !request.write,
            Self::Lagging => request.list && request.since,
            Self::NoRows => request.list && !request.since && request.knows,
            Self::SamePage | Self::LostPage | Self::Drift => request.list && request.page > 1,
            // A refused sign-in is remembered until a person mends it (design B39): not what is tried here.
            Self::Forbidden | Self::WrongShape => !request.sign_in,
            _ => true,
        }
    }
}

/// A fault that waits for its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    /// So many requests that it could hit pass first.
    pub skip: u32,
    /// So many are hit in a row.
    pub times: u32,
    /// How late, how long; seconds.
    pub seconds: u32,
    /// Only requests that change records.
    pub writes: bool,
}

impl Fault {
    /// Any fault.
    pub fn any(dice: &mut Dice) -> Self {
        let rare: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_rare()).collect();
        let kind = if dice.percent(45) { dice.one(&rare) } else { dice.one(&Kind::ALL) };
        let skip = match dice.below(10) {
            0..5 => dice.below(4),
            5..8 => dice.below(12),
            _ => dice.below(24),
        };
        let fault = Self {
            kind,
            skip: if kind.is_rare() { skip / 4 } else { skip },
            times: if dice.percent(85) { 1 } else { 1 + dice.below(8) },
            seconds: dice.below(85),
            writes: matches!(kind, Kind::Accepted | Kind::CommitLate) || !kind.is_rare() && dice.percent(40),
        };
        // What fits few requests comes early, or it would seldom come at all.
        if kind.is_choosy() { Self { skip: fault.skip / 12, writes: false, ..fault } } else { fault }
    }
}

/// What a fault needs to know of a request.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub service: Service,
    pub write: bool,
    pub post: bool,
    pub sign_in: bool,
    /// A list of records.
    pub list: bool,
    /// A list of what changed.
    pub since: bool,
    pub page: u32,
    /// One record.
    pub single: bool,
    /// Both sides were read before.
    pub knows: bool,
}

/// Faults that wait.
#[derive(Debug, Clone, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// What hits this request.
    pub fn hit(&mut self, request: &Shape) -> Option<Fault> {
        for fault in &mut self.0 {
            if fault.times == 0 || !fault.kind.fits(request) || fault.writes && !request.write {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            fault.times -= 1;
            return Some(*fault);
        }
        None
    }
}

/// How long a client waits for an answer that does not come.
pub const TIMEOUT: Duration = Duration::from_mins(1);
