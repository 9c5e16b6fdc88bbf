//! The numbers and names by which records are known. Newtypes, so that a Capsule id is never taken for a KashFlow id.

use std::fmt;

/// The two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Capsule CRM: source of truth for contact details.
    Capsule,
    /// KashFlow: source of truth for invoices.
    KashFlow,
}

impl Service {
    /// The name people use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Capsule => "Capsule",
            Self::KashFlow => "KashFlow",
        }
    }

    /// The word in commands, JSON and the journal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Capsule => "capsule",
            Self::KashFlow => "kashflow",
        }
    }

    /// The service that [`Service::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Capsule, Self::KashFlow].into_iter().find(|service| service.word() == word)
    }
}

/// Which side of the ledger a record stands on (design B1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Somebody we invoice.
    Customer,
    /// Somebody who bills us.
    Supplier,
}

impl Side {
    /// Both sides, customers first.
    pub const BOTH: [Self; 2] = [Self::Customer, Self::Supplier];

    /// `customer` or `supplier`: the word in markers, choices and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Supplier => "supplier",
        }
    }

    /// The side that [`Side::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|side| side.word() == word)
    }
}

/// A Capsule party id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactId(pub i64);

/// A KashFlow customer or supplier id; unique within its [`Side`] only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerId(pub i64);

/// The identity of a ledger contact: its side and its KashFlow id (design B1). The code is only an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerRef {
    /// Customer or supplier.
    pub side: Side,
    /// KashFlow id on that side.
    pub id: LedgerId,
}

impl LedgerRef {
    /// A customer of that id.
    pub fn customer(id: i64) -> Self {
        Self { side: Side::Customer, id: LedgerId(id) }
    }

    /// A supplier of that id.
    pub fn supplier(id: i64) -> Self {
        Self { side: Side::Supplier, id: LedgerId(id) }
    }
}

impl fmt::Display for LedgerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.side.word(), self.id.0)
    }
}

/// The id of a row (e-mail, phone, website, address) on a Capsule contact. Edits name rows by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub i64);

/// The id of a Capsule custom field definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId(pub i64);

/// The id of a Capsule team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TeamId(pub i64);

/// The number of a run, counted up from 1 per profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RunId(pub u64);

/// The number of a question, counted up from 1 per profile; what a person types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(pub u64);

/// The number of a journal entry, counted up from 1 per profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

/// The number of an intent, counted up from 1 per profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(pub u64);
