//! Invoices and bills as read from KashFlow, and what can be derived from them (design B19, B20).

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::date::{days_between, real};
use super::ids::{LedgerId, Side};
use super::money::Currency;

/// The identity of a document: invoices and bills are numbered apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentRef {
    /// Customer = (sales) invoice, supplier = bill.
    pub side: Side,
    /// KashFlow's internal id; survives a changed number.
    pub id: i64,
}

/// A sales invoice, or a bill (supplier invoice). Amounts are in the document's own currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Identity.
    pub id: DocumentRef,
    /// The number people know; may be changed in KashFlow.
    pub number: i64,
    /// KashFlow id of the customer or supplier; bills have been seen without it (kashflow-api 7).
    pub owner_id: Option<LedgerId>,
    /// Code of the customer or supplier, outer blanks trimmed.
    pub owner_code: String,
    /// Name of the customer or supplier as the document has it.
    pub owner_name: String,
    /// Day of issue.
    pub issued: Option<Date>,
    /// Day on which payment is due; `None` when KashFlow has none.
    pub due: Option<Date>,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Gross amount; negative on a credit note. Net + VAT when KashFlow leaves it out (design B19).
    pub gross: Decimal,
    /// What is still owed; negative on open credit notes and overpayments.
    pub due_amount: Decimal,
    /// The gross amount in the company's home currency, when KashFlow tells.
    pub home_gross: Option<Decimal>,
    /// The VAT return the document was declared in, if any: such a document must not be destroyed (design B29).
    pub vat_return: Option<i64>,
}

/// Where a document stands (design B20), first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentState {
    /// Gross below zero.
    CreditNote,
    /// Nothing due.
    Paid,
    /// More paid than owed.
    Overpaid,
    /// Due before today in London, with something still due.
    Overdue,
    /// Something paid, something due.
    PartPaid,
    /// Nothing paid yet.
    Unpaid,
}

impl DocumentState {
    /// The word in JSON and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::CreditNote => "credit_note",
            Self::Paid => "paid",
            Self::Overpaid => "overpaid",
            Self::Overdue => "overdue",
            Self::PartPaid => "part_paid",
            Self::Unpaid => "unpaid",
        }
    }

    /// All states.
    pub const ALL: [Self; 6] =
        [Self::CreditNote, Self::Paid, Self::Overpaid, Self::Overdue, Self::PartPaid, Self::Unpaid];
}

impl Document {
    /// Gross less what is due: what was paid, in the document's currency (design B19).
    pub fn paid(&self) -> Decimal {
        self.gross - self.due_amount
    }

    /// Where the document stands on that day in London (design B20).
    pub fn state(&self, today: Date) -> DocumentState {
        if self.gross.is_sign_negative() && !self.gross.is_zero() {
            DocumentState::CreditNote
        } else if self.due_amount.is_zero() {
            DocumentState::Paid
        } else if self.due_amount.is_sign_negative() {
            DocumentState::Overpaid
        } else if self.days_overdue(today) > 0 {
            DocumentState::Overdue
        } else if self.is_part_paid() {
            DocumentState::PartPaid
        } else {
            DocumentState::Unpaid
        }
    }

    /// Whether some was paid and some is still due.
    pub fn is_part_paid(&self) -> bool {
        let zero = Decimal::ZERO;
        self.gross > zero && self.due_amount > zero && self.paid() > zero
    }

    /// Days since the due date while something is due on an invoice, else 0. Due today is not overdue; a document
    /// without a real due date never is.
    pub fn days_overdue(&self, today: Date) -> i64 {
        if self.due_amount <= Decimal::ZERO || self.gross < Decimal::ZERO {
            return 0;
        }
        self.due.and_then(real).map_or(0, |due| days_between(due, today).max(0))
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use jiff::civil::date;

    use super::*;

    fn document(gross: &str, due_amount: &str, due: Option<Date>) -> Document {
        Document {
            id: DocumentRef { side: Side::Customer, id: 1 },
            number: 1,
            owner_id: Some(LedgerId(1)),
            owner_code: "A01".into(),
            owner_name: "A".into(),
            issued: None,
            due,
            currency: Currency::GBP,
            gross: Decimal::from_str(gross).unwrap(),
            due_amount: Decimal::from_str(due_amount).unwrap(),
            home_gross: None,
            vat_return: None,
        }
    }

    #[test]
    fn b20_state_is_derived_first_that_applies() {
        use DocumentState::{CreditNote, Overdue, Overpaid, Paid, PartPaid, Unpaid};
        let today = date(2026, 11, 24);
        let yesterday = Some(date(2026, 11, 23));
        for (gross, owed, due, state, days) in [
            ("-60", "-60", yesterday, CreditNote, 0),
            ("-60", "0", yesterday, CreditNote, 0),
            ("100", "0", yesterday, Paid, 0),
            ("0", "0", yesterday, Paid, 0),
            ("100", "-20", yesterday, Overpaid, 0),
            ("100", "100", yesterday, Overdue, 1),
            ("100", "40", Some(date(2026, 10, 24)), Overdue, 31),
            ("100", "100", Some(today), Unpaid, 0),
            ("100", "40", Some(today), PartPaid, 0),
            ("100", "100", None, Unpaid, 0),
            ("100", "100", Some(date(1900, 1, 1)), Unpaid, 0),
        ] {
            let document = document(gross, owed, due);
            assert_eq!(
                (document.state(today), document.days_overdue(today)),
                (state, days),
                "{gross} {owed}"
            );
        }
        assert!(document("100", "40", yesterday).is_part_paid());
        assert!(!document("100", "100", yesterday).is_part_paid());
    }

    #[test]
    fn b19_paid_is_gross_less_due() {
        assert_eq!(document("117.50", "17.50", None).paid(), Decimal::from(100));
        assert_eq!(document("100", "-20", None).paid(), Decimal::from(120));
    }
}
