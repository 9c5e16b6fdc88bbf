//! Lines and payments of one document, read when a person looks (design, invoice reading on demand). Never kept.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// What one invoice or bill is made of. Amounts are in the document's currency unless said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentParts {
    /// Its lines, in KashFlow's order.
    pub lines: Vec<DocumentLine>,
    /// Its payments, in KashFlow's order.
    pub payments: Vec<DocumentPayment>,
}

/// One line of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLine {
    /// What it is for.
    pub description: String,
    /// How many.
    pub quantity: Decimal,
    /// Price of one.
    pub rate: Decimal,
    /// Quantity times rate, to the penny.
    pub net: Decimal,
    /// VAT of the line.
    pub vat: Decimal,
}

/// One payment of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentPayment {
    /// Day of payment.
    pub date: Option<Date>,
    /// Amount.
    pub amount: Decimal,
    /// KashFlow's number of the way it was paid; the account names the ways.
    pub method: Option<i64>,
    /// Reference or note, where given.
    pub reference: String,
    /// It is an applied credit note, not money.
    pub is_credit_note: bool,
}
