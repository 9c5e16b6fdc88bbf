//! Aged debtors: who owes us, per currency, by how long it is overdue (design 4.1, `debtors`).
//!
//! Customer side only. A pure function over what was read; currencies are never added up (design B20).

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::document::Document;
use super::ids::{ContactId, LedgerRef, Side};
use super::local::Local;
use super::money::Currency;
use super::normalise::name_key;
use super::snapshot::{DocumentsByOwner, Snapshot};

/// What one customer owes in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debtor {
    /// The customer's name in KashFlow.
    pub name: String,
    /// Its code.
    pub code: String,
    /// The customer, when it is among those read.
    pub ledger: Option<LedgerRef>,
    /// The contact that it is linked with.
    pub contact: Option<ContactId>,
    /// The currency of all amounts of this line.
    pub currency: Currency,
    /// How the amount due is spread over time.
    pub buckets: Buckets,
}

/// An amount due by how long it is overdue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Not overdue. Open credit notes and overpayments count here, below zero, since they never fall due (design B20).
    pub not_due: Decimal,
    /// 1 to 30 days overdue.
    pub d1_30: Decimal,
    /// 31 to 60 days.
    pub d31_60: Decimal,
    /// 61 to 90 days.
    pub d61_90: Decimal,
    /// More than 90 days.
    pub d90_plus: Decimal,
}

impl Buckets {
    /// All buckets, the youngest first.
    pub fn all(&self) -> [Decimal; 5] {
        [self.not_due, self.d1_30, self.d31_60, self.d61_90, self.d90_plus]
    }

    /// Everything due.
    pub fn total(&self) -> Decimal {
        self.all().into_iter().sum()
    }

    /// The overdue part.
    pub fn overdue(&self) -> Decimal {
        self.total() - self.not_due
    }

    /// Counts one document's amount due.
    pub fn add(&mut self, document: &Document, today: Date) {
        let bucket = match document.days_overdue(today) {
            ..=0 => &mut self.not_due,
            1..=30 => &mut self.d1_30,
            31..=60 => &mut self.d31_60,
            61..=90 => &mut self.d61_90,
            _ => &mut self.d90_plus,
        };
        *bucket += document.due_amount;
    }

    fn is_empty(&self) -> bool {
        self.all().iter().all(Decimal::is_zero)
    }
}

/// Everybody with something due on sales invoices, by name. A customer with two currencies has two lines; documents whose
/// customer was not read are listed by the name and code that they carry.
pub fn debtors(snapshot: &Snapshot, documents: &DocumentsByOwner, local: &Local, today: Date) -> Vec<Debtor> {
    let mut found = Vec::new();
    for ledger in snapshot.ledger.values().filter(|ledger| ledger.id.side == Side::Customer) {
        for (currency, buckets) in aged(documents.of_owner(ledger.id).iter().map(AsRef::as_ref), today) {
            found.push(Debtor {
                name: if ledger.name.trim().is_empty() { ledger.code.clone() } else { ledger.name.clone() },
                code: ledger.code.clone(),
                ledger: Some(ledger.id),
                contact: local.link_of(ledger.id).map(|link| link.contact),
                currency,
                buckets,
            });
        }
    }
    let mut orphans: BTreeMap<&str, Vec<&Document>> = BTreeMap::new();
    for document in documents.orphans.iter().filter(|document| document.id.side == Side::Customer) {
        orphans.entry(document.owner_code.as_str()).or_default().push(document);
    }
    for (code, owned) in orphans {
        let name = owned.first().map(|document| document.owner_name.clone()).unwrap_or_default();
        for (currency, buckets) in aged(owned.into_iter(), today) {
            found.push(Debtor {
                name: name.clone(),
                code: code.to_owned(),
                ledger: None,
                contact: None,
                currency,
                buckets,
            });
        }
    }
    found.sort_by_cached_key(|debtor| (name_key(&debtor.name), debtor.code.clone(), debtor.currency));
    found
}

fn aged<'a>(documents: impl Iterator<Item = &'a Document>, today: Date) -> BTreeMap<Currency, Buckets> {
    let mut by_currency: BTreeMap<Currency, Buckets> = BTreeMap::new();
    for document in documents {
        by_currency.entry(document.currency).or_default().add(document, today);
    }
    by_currency.retain(|_, buckets| !buckets.is_empty());
    by_currency
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::document::DocumentRef;
    use super::super::ids::LedgerId;
    use super::super::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
    use super::*;

    const TODAY: Date = date(2026, 11, 24);

    fn invoice(id: i64, owner: i64, currency: &str, gross: i64, owed: i64, days: Option<i64>) -> Document {
        Document {
            id: DocumentRef { side: Side::Customer, id },
            number: id,
            owner_id: Some(LedgerId(owner)),
            owner_code: format!("C{owner:02}"),
            owner_name: format!("Customer {owner}"),
            issued: None,
            due: days.map(|days| TODAY - days.days()),
            currency: Currency::parse(currency).unwrap(),
            gross: gross.into(),
            due_amount: owed.into(),
            home_gross: None,
            vat_return: None,
        }
    }

    fn books(customers: &[i64], documents: Vec<Document>) -> Snapshot {
        let ledger = customers.iter().map(|id| {
            let contact = LedgerContact {
                id: LedgerRef::customer(*id),
                code: format!("C{id:02}"),
                name: format!("Customer {id}"),
                archived: false,
                contact: LedgerPerson::default(),
                address: LedgerAddress::default(),
                currency: None,
            };
            (contact.id, Arc::new(contact))
        });
        Snapshot {
            ledger: ledger.collect(),
            documents: documents.into_iter().map(|document| (document.id, Arc::new(document))).collect(),
            ..Snapshot::default()
        }
    }

    fn listed(snapshot: &Snapshot) -> Vec<Debtor> {
        debtors(snapshot, &DocumentsByOwner::of(snapshot), &Local::default(), TODAY)
    }

    #[test]
    fn an_invoice_falls_into_the_bucket_of_its_days_overdue() {
        for (days, expected) in [
            (None, [100, 0, 0, 0, 0]),
            (Some(-5), [100, 0, 0, 0, 0]),
            (Some(0), [100, 0, 0, 0, 0]),
            (Some(1), [0, 100, 0, 0, 0]),
            (Some(30), [0, 100, 0, 0, 0]),
            (Some(31), [0, 0, 100, 0, 0]),
            (Some(60), [0, 0, 100, 0, 0]),
            (Some(61), [0, 0, 0, 100, 0]),
            (Some(90), [0, 0, 0, 100, 0]),
            (Some(91), [0, 0, 0, 0, 100]),
        ] {
            let mut buckets = Buckets::default();
            buckets.add(&invoice(1, 1, "GBP", 100, 100, days), TODAY);
            assert_eq!(buckets.all(), expected.map(Decimal::from), "{days:?}");
        }
    }

    #[test]
    fn lines_are_per_customer_and_currency_and_the_settled_are_left_out() {
        let snapshot = books(
            &[1, 2],
            vec![
                invoice(1, 1, "GBP", 100, 100, Some(10)),
                invoice(2, 1, "EUR", 80, 80, None),
                invoice(3, 1, "GBP", -30, -30, Some(200)),
                invoice(4, 2, "GBP", 50, 0, Some(10)),
                invoice(5, 9, "GBP", 7, 7, Some(1)),
            ],
        );
        let lines: Vec<_> = listed(&snapshot)
            .into_iter()
            .map(|line| (line.code, line.currency.to_string(), line.buckets.total(), line.ledger.is_some()))
            .collect();
        let expected = [("C01", "EUR", 80, true), ("C01", "GBP", 70, true), ("C09", "GBP", 7, false)];
        assert_eq!(
            lines,
            expected.map(|(code, currency, total, known)| (
                code.into(),
                currency.into(),
                total.into(),
                known
            ))
        );
    }

    proptest! {
        #[test]
        fn buckets_add_up_to_everything_due_in_every_currency(
            drawn in prop::collection::vec(
                (1..4_i64, prop::sample::select(vec!["GBP", "EUR"]), -500..500_i64, 0..100_i64, prop::option::of(-200..200_i64)),
                0..40,
            )
        ) {
            let documents: Vec<Document> = drawn
                .iter()
                .enumerate()
                .map(|(id, (owner, currency, gross, percent, days))| {
                    invoice(i64::try_from(id).unwrap(), *owner, currency, *gross, gross * percent / 100, *days)
                })
                .collect();
            // Customer 3 was not read: its documents must not get lost.
            let snapshot = books(&[1, 2], documents.clone());
            for code in ["GBP", "EUR"] {
                let currency = Currency::parse(code).unwrap();
                let due: Decimal =
                    documents.iter().filter(|one| one.currency == currency).map(|one| one.due_amount).sum();
                let overdue: Decimal = documents
                    .iter()
                    .filter(|one| one.currency == currency && one.days_overdue(TODAY) > 0)
                    .map(|one| one.due_amount)
                    .sum();
                let lines: Vec<Debtor> =
                    listed(&snapshot).into_iter().filter(|line| line.currency == currency).collect();
                prop_assert_eq!(lines.iter().map(|line| line.buckets.total()).sum::<Decimal>(), due);
                prop_assert_eq!(lines.iter().map(|line| line.buckets.overdue()).sum::<Decimal>(), overdue);
            }
        }
    }
}
