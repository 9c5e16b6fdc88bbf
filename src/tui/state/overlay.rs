//! What lies over the panes: one thing at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::ids::{LedgerRef, QuestionId};
use crate::domain::operation::Plan;

/// What lies over the panes.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// Keys and what they do.
    Help(HelpShown),
    /// Records that fail, each with what mends it; scrolled so far.
    Failing(usize),
    /// The sync log with its lines whole; so many rows up from its end.
    Log(usize),
    /// The plan that waits for approval.
    Plan(PlanShown),
    /// A question.
    Question(QuestionShown),
    /// "Quit although something is being written?"
    Quit,
    /// A web address that could not be opened.
    Address(String),
}

/// Help on the screen.
#[derive(Debug, Clone, Default)]
pub struct HelpShown {
    /// The first visible row.
    pub offset: usize,
    /// What it lies over, to come back to.
    pub over: Option<Box<Overlay>>,
}

/// A plan on the screen.
#[derive(Debug, Clone)]
pub struct PlanShown {
    /// The plan.
    pub plan: Arc<Plan>,
    /// How long it takes.
    pub minutes: u64,
    /// Records to leave out.
    pub unticked: BTreeSet<LedgerRef>,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first visible row.
    pub offset: usize,
    /// When it was opened: keys pressed at once do not count as a confirmation.
    pub opened: Timestamp,
}

/// A question on the screen.
#[derive(Debug, Clone)]
pub struct QuestionShown {
    /// Which question.
    pub id: QuestionId,
    /// The choice under the cursor.
    pub choice: usize,
    /// Questions skipped in this sitting.
    pub skipped: BTreeSet<QuestionId>,
}
