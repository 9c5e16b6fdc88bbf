//! Deleting a contact on a person's word: KashFlow first, then Capsule, what goes with it shown before (design B29). Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::document::Document;
use super::holdings::{Holdings, Quote};
use super::ids::{ContactId, LedgerRef, Side};
use super::journal::Action;
use super::ledger::LedgerContact;
use super::local::RecordRef;
use super::money::{Currency, Totals};
use super::normalise::name_key;

/// What becomes of the contact's customer and supplier in KashFlow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LedgerStep {
    /// They are archived; their documents stay.
    #[default]
    Archive,
    /// They are deleted with all their documents.
    Delete,
    /// They stay as they are.
    Leave,
}

impl LedgerStep {
    /// All steps.
    pub const ALL: [Self; 3] = [Self::Archive, Self::Delete, Self::Leave];

    /// The word on the command line and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Delete => "delete",
            Self::Leave => "leave",
        }
    }

    /// The step that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }

    /// What the journal calls it; nothing happens in KashFlow when it is left.
    pub fn action(self) -> Option<Action> {
        match self {
            Self::Archive => Some(Action::Archive),
            Self::Delete => Some(Action::Delete),
            Self::Leave => None,
        }
    }
}

/// A delete of a contact that was begun: durable before anything is sent, and finished by the same command only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunDelete {
    /// The contact.
    pub contact: ContactId,
    /// Its name when the delete was confirmed.
    pub name: String,
    /// What was asked for in KashFlow.
    pub step: LedgerStep,
    /// The record whose removal is being sent: should it be gone, then it was us.
    pub sending: Option<RecordRef>,
}

/// What a delete takes along; with `done` what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The contact.
    pub contact: ContactId,
    /// Its name in Capsule.
    pub name: String,
    /// What becomes of its ledger contacts.
    pub step: LedgerStep,
    /// Its ledger contacts, customer first.
    pub ledgers: Vec<LedgerLoss>,
    /// Those that an earlier try, which was cut off, has done with.
    pub earlier: Vec<EarlierStep>,
    /// What hangs on the contact in Capsule.
    pub holdings: Holdings,
    /// People who are left without an organisation.
    pub people: usize,
    /// It has been carried out.
    pub done: bool,
}

/// A ledger contact that an earlier try of the same delete has done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierStep {
    /// The ledger contact.
    pub ledger: LedgerRef,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub step: LedgerStep,
}

/// A ledger contact and its documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLoss {
    /// The ledger contact.
    pub ledger: LedgerRef,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How many invoices (customer) or bills (supplier) it has; unknown where bills are excluded (design B22).
    pub documents: Option<usize>,
    /// What they come to, per currency.
    pub totals: Totals,
    /// How many quotes a customer has.
    pub quotes: usize,
    /// What these come to, per currency; KashFlow often names none.
    pub quote_totals: BTreeMap<Option<Currency>, Decimal>,
}

impl LedgerLoss {
    /// Counts a ledger contact's documents, where they are read, and its quotes.
    pub fn of(record: &LedgerContact, documents: Option<&[Arc<Document>]>, quotes: &[Quote]) -> Self {
        let mut totals = Totals::default();
        for document in documents.unwrap_or_default() {
            totals.add(document.currency, document.gross);
        }
        let mut quote_totals = BTreeMap::new();
        for quote in quotes {
            *quote_totals.entry(quote.currency).or_default() += quote.gross;
        }
        Self {
            ledger: record.id,
            code: record.code.clone(),
            name: record.name.clone(),
            documents: documents.map(<[_]>::len),
            totals,
            quotes: quotes.len(),
            quote_totals,
        }
    }

    /// Invoices of a customer.
    pub fn invoices(&self) -> Option<usize> {
        self.documents.filter(|_| self.ledger.side == Side::Customer)
    }

    /// Bills of a supplier; none where they are excluded.
    pub fn bills(&self) -> Option<usize> {
        self.documents.filter(|_| self.ledger.side == Side::Supplier)
    }

    /// Quotes to a customer; a supplier has none.
    pub fn quotes(&self) -> Option<usize> {
        Some(self.quotes).filter(|_| self.ledger.side == Side::Customer)
    }
}

/// Whether what was typed is that name, compared as in matching (design B7).
pub fn confirms(typed: &str, name: &str) -> bool {
    let key = name_key(name);
    !key.is_empty() && name_key(typed) == key
}

/// What a look at a ledger contact just before its step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It is there.
    There {
        /// And archived.
        archived: bool,
    },
    /// Its code leads nowhere, or to another record.
    Absent {
        /// It is proven to be gone, or we were sending its removal when we were cut off.
        expected: bool,
    },
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send the step.
    Send,
    /// What the step asks for is so already.
    IsSo,
    /// It moved: nothing may be sent before a sync has found it again (design B18).
    Moved,
}

/// What a step does with what was found.
pub fn next(step: LedgerStep, found: Found) -> Next {
    match (step, found) {
        (LedgerStep::Leave, _)
        | (LedgerStep::Archive, Found::There { archived: true })
        | (LedgerStep::Archive | LedgerStep::Delete, Found::Absent { expected: true }) => Next::IsSo,
        (LedgerStep::Archive, Found::There { archived: false })
        | (LedgerStep::Delete, Found::There { .. }) => Next::Send,
        (LedgerStep::Archive | LedgerStep::Delete, Found::Absent { expected: false }) => Next::Moved,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ledger::{LedgerAddress, LedgerPerson};
    use super::*;

    #[test]
    fn b29_the_name_must_be_typed_as_matching_compares_it() {
        for (typed, name, fits) in [
            ("  abbey   kitchens LTD", "Abbey Kitchens Ltd", true),
            ("Abbey Kitchens", "Abbey Kitchens Ltd", false),
            ("", "Abbey Kitchens Ltd", false),
            ("", "", false),
            (" ", " ", false),
        ] {
            assert_eq!(confirms(typed, name), fits, "{typed} {name}");
        }
    }

    #[test]
    fn b29_a_step_is_sent_only_to_a_record_that_is_there() {
        use LedgerStep::{Archive, Delete, Leave};
        let (live, archived) = (Found::There { archived: false }, Found::There { archived: true });
        let (gone, lost) = (Found::Absent { expected: true }, Found::Absent { expected: false });
        for (step, found, what) in [
            (Archive, live, Next::Send),
            (Archive, archived, Next::IsSo),
            (Archive, gone, Next::IsSo),
            (Archive, lost, Next::Moved),
            (Delete, live, Next::Send),
            (Delete, archived, Next::Send),
            (Delete, gone, Next::IsSo),
            (Delete, lost, Next::Moved),
            (Leave, live, Next::IsSo),
            (Leave, lost, Next::IsSo),
        ] {
            assert_eq!(next(step, found), what, "{step:?} {found:?}");
        }
    }

    #[test]
    fn b29_losses_are_counted_and_added_up_per_currency() {
        let euro = Currency::parse("EUR").unwrap();
        let quote = |number, gross: i64, currency| Quote {
            number,
            date: None,
            gross: Decimal::from(gross),
            currency,
        };
        let quotes = [quote(1, 10, None), quote(2, 5, Some(euro)), quote(3, 7, None)];
        let record = LedgerContact {
            id: LedgerRef::customer(7),
            code: "ACME01".into(),
            name: "Acme".into(),
            archived: false,
            contact: LedgerPerson::default(),
            address: LedgerAddress::default(),
            currency: None,
        };
        let loss = LedgerLoss::of(&record, Some(&[]), &quotes);
        assert_eq!((loss.invoices(), loss.bills(), loss.quotes()), (Some(0), None, Some(3)));
        let totals: Vec<_> = loss.quote_totals.into_iter().collect();
        assert_eq!(totals, [(None, Decimal::from(17)), (Some(euro), Decimal::from(5))]);
    }

    #[test]
    fn every_step_has_its_word() {
        for step in LedgerStep::ALL {
            assert_eq!(LedgerStep::from_word(step.word()), Some(step));
        }
    }
}
