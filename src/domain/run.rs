//! The record of a run: what it read, did, asked and left (design 4.1, `sync`).

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::ids::{RunId, Service};
use super::local::Failing;
use super::money::Currency;
use super::operation::Counts;

/// Why a run was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The timer.
    Timer,
    /// A person, by key or command.
    Person,
}

impl Trigger {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Person => "person",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All done; open questions do not count against it.
    Ok,
    /// Done, but records are failing.
    Attention,
    /// Refused by a guard before any write.
    Stopped,
    /// Could not be finished.
    Failed,
}

impl Outcome {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Attention => "attention",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// How many HTTP requests were sent, sign-in, sign-out and retries included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// GET.
    pub get: u64,
    /// POST.
    pub post: u64,
    /// PUT.
    pub put: u64,
    /// DELETE.
    pub delete: u64,
}

impl Requests {
    /// All of them.
    pub fn total(self) -> u64 {
        self.get + self.post + self.put + self.delete
    }

    /// What came on top of an earlier count.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            get: self.get.saturating_sub(earlier.get),
            post: self.post.saturating_sub(earlier.post),
            put: self.put.saturating_sub(earlier.put),
            delete: self.delete.saturating_sub(earlier.delete),
        }
    }
}

/// How many records were read over the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadCounts {
    /// Contacts.
    pub capsule_contacts: usize,
    /// Customers.
    pub customers: usize,
    /// Suppliers.
    pub suppliers: usize,
    /// Invoices.
    pub invoices: usize,
    /// Bills.
    pub bills: usize,
}

/// The control total: what we hold against KashFlow's own unpaid report, home currency (design B19).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The home currency.
    pub currency: Currency,
    /// Sum of amounts due of unpaid sales invoices, ours.
    pub ours: Decimal,
    /// The same by KashFlow's report.
    pub kashflow: Decimal,
    /// Numbers of the invoices on which the two differ.
    pub differing: Vec<i64>,
    /// Open credit notes and overpayments, which stand beside the total, home currency.
    pub beside: Decimal,
}

impl Control {
    /// Whether every document and the totals agree.
    pub fn agrees(&self) -> bool {
        self.differing.is_empty() && self.ours == self.kashflow
    }
}

/// One line of KashFlow's unpaid report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpaidLine {
    /// Invoice number.
    pub number: i64,
    /// What is owed on it.
    pub owed: Decimal,
    /// Its due date, if any.
    pub due: Option<Date>,
}

/// What went wrong with a whole run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunError {
    /// Error code of the JSON contract.
    pub code: String,
    /// What happened.
    pub message: String,
    /// Who must do what.
    pub remedy: String,
    /// The service concerned, if one is.
    pub service: Option<Service>,
}

/// The record of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunReport {
    /// Its number.
    pub id: RunId,
    /// Why it was started.
    pub trigger: Trigger,
    /// When it was started.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// Requests to Capsule.
    pub capsule: Requests,
    /// Requests to KashFlow.
    pub kashflow: Requests,
    /// What was read.
    pub read: ReadCounts,
    /// What was done.
    pub done: Counts,
    /// Open questions after the run.
    pub questions_open: usize,
    /// Questions that the run asked for the first time.
    pub questions_new: usize,
    /// Failing records after the run.
    pub failing: Vec<Failing>,
    /// The control total, when the invoices were read.
    pub control: Option<Control>,
    /// What went wrong, if something did.
    pub error: Option<RunError>,
}
