//! The control total: our invoices against KashFlow's own unpaid report, document by document (design B19).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::Document;
use super::ids::Side;
use super::money::Currency;
use super::run::{Control, UnpaidLine};

/// Compares the amounts due of our unpaid sales invoices with the report's. Home currency; credit notes and
/// overpayments stand beside the total.
pub fn control<'a>(
    documents: impl Iterator<Item = &'a Document>,
    report: &[UnpaidLine],
    home: Currency,
) -> Control {
    let mut control = Control {
        currency: home,
        ours: Decimal::ZERO,
        kashflow: Decimal::ZERO,
        differing: Vec::new(),
        beside: Decimal::ZERO,
    };
    let mut reported: BTreeMap<i64, Decimal> = report.iter().map(|line| (line.number, line.owed)).collect();
    for document in documents.filter(|document| document.id.side == Side::Customer) {
        let due = home_due(document, home);
        if due < Decimal::ZERO {
            control.beside += due;
            reported.remove(&document.number);
            continue;
        }
        control.ours += due;
        match reported.remove(&document.number) {
            Some(owed) if agrees(document, owed, home) => control.kashflow += due,
            Some(owed) => {
                control.kashflow += owed;
                control.differing.push(document.number);
            }
            None if due.is_zero() => {}
            None => control.differing.push(document.number),
        }
    }
    for (number, owed) in reported.into_iter().filter(|(_, owed)| *owed > Decimal::ZERO) {
        control.kashflow += owed;
        control.differing.push(number);
    }
    control.differing.sort_unstable();
    control
}

/// Whether the report's amount means the document's amount due. Whether the report speaks in the document's currency or
/// in home currency is not documented, so both count.
pub fn agrees(document: &Document, owed: Decimal, home: Currency) -> bool {
    owed == document.due_amount || owed.round_dp(2) == home_due(document, home)
}

/// The amount due in home currency, by the document's own rate, to the penny.
fn home_due(document: &Document, home: Currency) -> Decimal {
    if document.currency == home {
        return document.due_amount;
    }
    match document.home_gross {
        Some(home_gross) if !document.gross.is_zero() => {
            (document.due_amount * home_gross / document.gross).round_dp(home.decimals())
        }
        _ => document.due_amount,
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::DocumentRef;
    use super::*;

    fn invoice(number: i64, currency: &str, gross: i64, owed: i64, home_gross: Option<i64>) -> Document {
        Document {
            id: DocumentRef { side: Side::Customer, id: number },
            number,
            owner_id: None,
            owner_code: String::new(),
            owner_name: String::new(),
            issued: None,
            due: None,
            currency: Currency::parse(currency).unwrap(),
            gross: gross.into(),
            due_amount: owed.into(),
            home_gross: home_gross.map(Decimal::from),
            vat_return: None,
        }
    }

    fn line(number: i64, owed: i64) -> UnpaidLine {
        UnpaidLine { number, owed: owed.into(), due: None }
    }

    #[test]
    fn b19_the_control_total_compares_document_by_document() {
        let ours = [
            invoice(1, "GBP", 100, 100, None),
            invoice(2, "GBP", 50, 0, None),
            invoice(3, "GBP", -30, -30, None),
            invoice(4, "EUR", 120, 60, Some(100)),
        ];
        let agreed = control(ours.iter(), &[line(1, 100), line(4, 60)], Currency::GBP);
        assert!(agreed.agrees(), "{agreed:?}");
        assert_eq!((agreed.ours, agreed.beside), (150.into(), (-30).into()));
        assert!(
            control(ours.iter(), &[line(1, 100), line(4, 50)], Currency::GBP).agrees(),
            "or in home currency"
        );
        let off = control(ours.iter(), &[line(1, 90), line(2, 5), line(9, 7)], Currency::GBP);
        assert_eq!(off.differing, [1, 2, 4, 9]);
        assert_eq!((off.ours, off.kashflow), (150.into(), 102.into()));
    }
}
