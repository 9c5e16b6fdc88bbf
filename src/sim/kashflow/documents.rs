//! Invoices and bills as plain data, their amounts, and where they are kept.
//!
//! Not here: how they are printed (see `document_rows`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{dates::days_between, records::Side, wire::Refusal};

/// One line of a document (kashflow-api 6.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What was sold.
    pub description: String,
    /// How many.
    pub quantity: Decimal,
    /// Price of one, in the document's currency, without VAT.
    pub rate: Decimal,
    /// VAT in percent.
    pub vat_level: Decimal,
    /// VAT of the line, in the document's currency.
    pub vat_amount: Decimal,
}

/// One payment of a document (kashflow-api 6.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Row id.
    pub id: i64,
    /// Day.
    pub date: Date,
    /// Amount in the document's currency.
    pub amount: Decimal,
    /// An applied credit note, not money.
    pub credit_note: bool,
}

/// An invoice of a customer or a bill of a supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Customer: invoice; supplier: bill.
    pub side: Side,
    /// Internal id.
    pub id: i64,
    /// Number, the address of the document.
    pub number: i64,
    /// Id of the ledger contact.
    pub contact: i64,
    /// Issue date.
    pub issued: Date,
    /// Due date; `None` prints as null.
    pub due: Option<Date>,
    /// ISO code of the currency.
    pub currency: &'static str,
    /// Units of that currency for one of the home currency.
    pub exchange_rate: Decimal,
    /// The customer's or supplier's own reference.
    pub reference: Option<String>,
    /// Lines.
    pub lines: Vec<Line>,
    /// Payments, oldest first.
    pub payments: Vec<Payment>,
    /// VAT return that holds the document, 0 = none.
    pub vat_return: i64,
}

/// What a document is today (kashflow-api 6.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing due.
    Paid,
    /// More paid than owed.
    Overpaid,
    /// Due before today in London and something due.
    Overdue,
    /// Anything else; a credit note with something left too.
    Unpaid,
}

impl Document {
    /// Sum of the lines without VAT.
    pub fn net(&self) -> Decimal {
        self.lines.iter().map(|line| (line.quantity * line.rate).round_dp(4)).sum()
    }

    /// Sum of the lines' VAT.
    pub fn vat(&self) -> Decimal {
        self.lines.iter().map(|line| line.vat_amount).sum()
    }

    /// Net and VAT.
    pub fn gross(&self) -> Decimal {
        self.net() + self.vat()
    }

    /// Sum of the payments, in the document's currency.
    pub fn paid(&self) -> Decimal {
        self.payments.iter().map(|payment| payment.amount).sum()
    }

    /// What is still owed, negative on open credit notes and overpaid documents.
    pub fn due_amount(&self) -> Decimal {
        self.gross() - self.paid()
    }

    /// An amount of this document in the home currency.
    pub fn at_home(&self, amount: Decimal) -> Decimal {
        amount.checked_div(self.exchange_rate).unwrap_or(amount).round_dp(4)
    }

    /// Day of the last payment.
    pub fn last_payment(&self) -> Option<Date> {
        self.payments.iter().map(|payment| payment.date).max()
    }

    /// Day on which the document was settled.
    pub fn paid_date(&self) -> Option<Date> {
        self.due_amount().is_zero().then(|| self.last_payment()).flatten()
    }

    /// Days past the due date while something is due, else 0. A due date before 1991 is none.
    pub fn overdue_days(&self, today: Date) -> i64 {
        match self.due {
            Some(due) if due < today && due.year() > 1990 && self.due_amount() > Decimal::ZERO => {
                days_between(due, today)
            }
            _ => 0,
        }
    }

    pub(super) fn standing(&self, today: Date) -> Standing {
        let due = self.due_amount();
        if due.is_zero() {
            Standing::Paid
        } else if due < Decimal::ZERO && self.gross() > Decimal::ZERO {
            Standing::Overpaid
        } else if self.overdue_days(today) > 0 {
            Standing::Overdue
        } else {
            Standing::Unpaid
        }
    }
}

/// All invoices, or all bills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Documents {
    side: Side,
    records: BTreeMap<i64, Document>,
    by_contact: HashMap<i64, BTreeSet<i64>>,
    last_id: i64,
}

impl Documents {
    /// No documents; ids start after the given one.
    pub(super) fn new(side: Side, last_id: i64) -> Self {
        Self { side, records: BTreeMap::new(), by_contact: HashMap::new(), last_id }
    }

    /// An id that no document had before.
    pub(super) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// The next free number.
    pub(super) fn next_number(&self) -> i64 {
        self.records.last_key_value().map_or(1001, |(number, _)| number + 1)
    }

    /// All documents by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Document> {
        self.records.values()
    }

    /// How many documents there are.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The document of a number, if there is one.
    pub(super) fn get(&self, number: i64) -> Option<&Document> {
        self.records.get(&number)
    }

    /// The document of a number in a path, or a 404.
    pub(super) fn find(&self, number: &str) -> Result<&Document, Refusal> {
        number.trim().parse().ok().and_then(|number| self.records.get(&number)).ok_or_else(|| {
            Refusal::NotFound(match self.side {
                Side::Customer => "Invoice not found.".into(),
                Side::Supplier => "Purchase not found.".into(),
            })
        })
    }

    /// Documents of one ledger contact, by number.
    pub(super) fn of(&self, contact: i64) -> impl Iterator<Item = &Document> {
        self.by_contact.get(&contact).into_iter().flatten().filter_map(|number| self.records.get(number))
    }

    /// Stores a document, new or changed.
    pub(super) fn put(&mut self, document: Document) {
        if let Some(before) = self.records.get(&document.number)
            && let Some(numbers) = self.by_contact.get_mut(&before.contact)
        {
            numbers.remove(&document.number);
        }
        self.last_id = self.last_id.max(document.id);
        self.by_contact.entry(document.contact).or_default().insert(document.number);
        self.records.insert(document.number, document);
    }

    /// Takes a document out.
    pub(super) fn remove(&mut self, number: i64) -> Option<Document> {
        let document = self.records.remove(&number)?;
        if let Some(numbers) = self.by_contact.get_mut(&document.contact) {
            numbers.remove(&number);
        }
        Some(document)
    }

    /// Takes every document of a ledger contact out and gives their numbers.
    pub(super) fn remove_of(&mut self, contact: i64) -> Vec<i64> {
        let numbers = self.by_contact.remove(&contact).unwrap_or_default();
        for number in &numbers {
            self.records.remove(number);
        }
        numbers.into_iter().collect()
    }

    /// Numbers before and after a document, 0 = none.
    pub(super) fn neighbours(&self, number: i64) -> (i64, i64) {
        let before = self.records.range(..number).next_back().map_or(0, |(other, _)| *other);
        let after = self.records.range(number.saturating_add(1)..).next().map_or(0, |(other, _)| *other);
        (before, after)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn document(net: i64, paid: &[i64], due: Option<Date>) -> Document {
        Document {
            side: Side::Customer,
            id: 1,
            number: 1,
            contact: 1,
            issued: date(2026, 1, 1),
            due,
            currency: "GBP",
            exchange_rate: Decimal::ONE,
            reference: None,
            lines: vec![Line {
                description: String::new(),
                quantity: Decimal::ONE,
                rate: Decimal::from(net),
                vat_level: Decimal::ZERO,
                vat_amount: Decimal::ZERO,
            }],
            payments: paid
                .iter()
                .map(|amount| Payment {
                    id: 1,
                    date: date(2026, 2, 1),
                    amount: Decimal::from(*amount),
                    credit_note: false,
                })
                .collect(),
            vat_return: 0,
        }
    }

    #[test]
    fn standing_and_overdue_days() {
        let today = date(2026, 3, 10);
        let yesterday = Some(date(2026, 3, 9));
        for (net, paid, due, standing, days) in [
            (100, &[][..], Some(today), Standing::Unpaid, 0),
            (100, &[], yesterday, Standing::Overdue, 1),
            (100, &[40], yesterday, Standing::Overdue, 1),
            (100, &[40, 60], yesterday, Standing::Paid, 0),
            (100, &[120], yesterday, Standing::Overpaid, 0),
            (-60, &[], yesterday, Standing::Unpaid, 0),
            (-60, &[-60], yesterday, Standing::Paid, 0),
            (0, &[], yesterday, Standing::Paid, 0),
            (100, &[], None, Standing::Unpaid, 0),
            (100, &[], Some(date(1900, 1, 1)), Standing::Unpaid, 0),
        ] {
            let document = document(net, paid, due);
            assert_eq!(
                (document.standing(today), document.overdue_days(today)),
                (standing, days),
                "{net} {paid:?}"
            );
        }
    }

    #[test]
    fn foreign_amounts_are_divided_by_the_rate() {
        let foreign = Document { exchange_rate: Decimal::TWO, ..document(195, &[], None) };
        assert_eq!(foreign.at_home(Decimal::new(19508, 2)), Decimal::new(9754, 2));
        let broken = Document { exchange_rate: Decimal::ZERO, ..foreign };
        assert_eq!(broken.at_home(Decimal::TEN), Decimal::TEN);
    }
}
