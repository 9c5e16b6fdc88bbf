//! Lists as people see them: one line per contact with health and money, one per document.
//!
//! Both the screen and the command line read these; neither derives anything of its own.

use jiff::Timestamp;
use jiff::civil::Date;

use super::ids::{ContactId, LedgerRef};
use super::link::LinkReason;
use super::money::Totals;

/// How a contact stands (design 2), with the first reason in words beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Linked and nothing to say.
    InSync,
    /// A question about it waits for an answer.
    Question,
    /// A write to it fails.
    Failing,
    /// Left out on purpose or out of reach.
    Excluded,
    /// Not linked with KashFlow.
    NotLinked,
}

impl Health {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::InSync => "in_sync",
            Self::Question => "question",
            Self::Failing => "failing",
            Self::Excluded => "excluded",
            Self::NotLinked => "not_linked",
        }
    }

    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::InSync => "in sync",
            Self::Question => "question",
            Self::Failing => "failing",
            Self::Excluded => "excluded",
            Self::NotLinked => "not linked",
        }
    }
}

/// One contact in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactLine {
    /// The contact.
    pub id: ContactId,
    /// Its name.
    pub name: String,
    /// Person, and not organisation.
    pub is_person: bool,
    /// The organisation that a person belongs to.
    pub organisation: Option<(ContactId, String)>,
    /// How it stands.
    pub health: Health,
    /// Why, in words; empty when there is nothing to say.
    pub health_reason: String,
    /// Its links, customer first.
    pub links: Vec<LinkLine>,
    /// The customer side.
    pub invoices: Account,
    /// The supplier side; `None` when bills are excluded (design B22).
    pub bills: Option<Account>,
    /// Linked fields on which the two services differ (design B13).
    pub differences: usize,
    /// What `/` searches: name, organisation and codes, in lower case.
    pub search_key: String,
}

/// A link as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkLine {
    /// The ledger contact.
    pub ledger: LedgerRef,
    /// Its code.
    pub code: String,
    /// Its name in KashFlow.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: LinkReason,
    /// Archived in KashFlow.
    pub archived: bool,
}

/// What one side of a contact owes or is owed (design B19).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// How many documents there are.
    pub count: usize,
    /// Sum of amounts due per currency; credit notes and overpayments negative.
    pub outstanding: Totals,
    /// The overdue part.
    pub overdue: Totals,
    /// Earliest due date with something due, past dates included.
    pub next_due: Option<Date>,
}
