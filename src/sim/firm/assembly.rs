//! Puts a firm together: gives ids, numbers and dates to what was sketched.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{
    Company, ContactKind, Firm, FirmContact, FirmDocument, FirmQuote, Situation,
    details::{Details, Drawer, pick},
    sketch::{Draft, Due, Paid, Sketch, due_day},
};
use crate::sim::kashflow::plus_days;

/// A firm in the making.
#[derive(Debug, Clone)]
pub(super) struct Assembly {
    pub(super) drawer: Drawer,
    pub(super) contacts: Vec<FirmContact>,
    pub(super) customers: Vec<Draft>,
    pub(super) suppliers: Vec<Draft>,
    quotes: Vec<FirmQuote>,
    today: Date,
}

const WORK: [&str; 8] = [
    "Oak staircase",
    "Kitchen doors",
    "Sash windows",
    "Fitted shelving",
    "Shop counter",
    "Fire doors",
    "Skirting and architrave",
    "Site carpentry",
];

const GOODS: [&str; 6] =
    ["Sawn timber", "Ironmongery", "Sheet materials", "Glass units", "Paint and finishes", "Haulage"];

impl Assembly {
    pub(super) fn new(today: Date, seed: u64) -> Self {
        Self {
            drawer: Drawer::new(seed),
            contacts: Vec::new(),
            customers: Vec::new(),
            suppliers: Vec::new(),
            quotes: Vec::new(),
            today,
        }
    }

    /// Details that nobody else has.
    pub(super) fn details(&mut self, name: &str) -> Details {
        self.drawer.draw(name)
    }

    /// Details of a person alone, that nobody else has.
    pub(super) fn individual(&mut self, first: &str, last: &str) -> Details {
        self.drawer.draw_person(first, last)
    }

    /// The finished firm.
    pub(super) fn finish(mut self, company: Company, teams: Vec<String>) -> Firm {
        let mut situations = Vec::new();
        let (customers, suppliers) =
            (std::mem::take(&mut self.customers), std::mem::take(&mut self.suppliers));
        let (customers, invoices) = self.books(customers, "customer", &mut situations);
        let (suppliers, bills) = self.books(suppliers, "supplier", &mut situations);
        let (organisations, people): (Vec<_>, Vec<_>) = self
            .contacts
            .into_iter()
            .partition(|contact| matches!(contact.kind, ContactKind::Organisation { .. }));
        Firm {
            company,
            capsule_contacts: organisations.into_iter().chain(people).collect(),
            customers,
            suppliers,
            invoices,
            bills,
            quotes: self.quotes,
            teams,
            situations,
        }
    }

    /// One ledger with its documents. Ids go up in the order of the drafts, numbers with the dates of issue.
    fn books(
        &mut self,
        drafts: Vec<Draft>,
        ledger: &'static str,
        situations: &mut Vec<Situation>,
    ) -> (Vec<super::FirmLedger>, Vec<FirmDocument>) {
        let sales = ledger == "customer";
        let (first_id, first_document, words): (i64, i64, &[&str]) =
            if sales { (50_120_001, 81_200_001, &WORK) } else { (61_000_001, 91_700_001, &GOODS) };
        let mut records = Vec::with_capacity(drafts.len());
        let mut documents: Vec<FirmDocument> = Vec::new();
        for (draft, id) in drafts.into_iter().zip(first_id..) {
            let oldest = draft.documents.iter().map(|sketch| self.issued(sketch)).min().unwrap_or(self.today);
            for sketch in &draft.documents {
                let description = pick(self.drawer.random(), words);
                documents.push(self.document(sketch, id, description));
            }
            situations.push(Situation {
                rule: draft.rule,
                ledger,
                code: draft.ledger.code.trim().to_owned(),
                expect: draft.expect,
                about: draft.about,
            });
            for (pence, days_ago) in draft.quotes {
                self.quotes.push(FirmQuote {
                    number: 301 + i64::try_from(self.quotes.len()).unwrap_or(0),
                    contact: id,
                    date: plus_days(self.today, -days_ago),
                    description: pick(self.drawer.random(), words).to_owned(),
                    net: Decimal::new(pence, 2),
                });
            }
            let mut record = draft.ledger;
            record.id = id;
            record.created = plus_days(oldest, -40);
            records.push(record);
        }
        documents.sort_by_key(|document| document.issued);
        let first_number = if sales { 1001 } else { 501 };
        for (place, document) in (0_i64..).zip(&mut documents) {
            document.id = first_document + place;
            document.number = first_number + place;
            if sales && place % 3 == 0 {
                document.reference = Some(format!("PO-{}", 2200 + place));
            } else if !sales {
                document.reference = Some(format!("INV{}", 70_000 + place * 7));
            }
        }
        (records, documents)
    }

    /// Thirty days before it is due; a month ago where that is unknown; never after today.
    fn issued(&self, sketch: &Sketch) -> Date {
        match sketch.due {
            Due::In(days) => plus_days(self.today, (days - 30).min(0)),
            Due::None | Due::Sentinel => plus_days(self.today, -31),
        }
    }

    fn document(&self, sketch: &Sketch, contact: i64, description: &str) -> FirmDocument {
        let issued = self.issued(sketch);
        let mut document = FirmDocument {
            id: 0,
            number: 0,
            contact,
            issued,
            due: due_day(sketch.due, self.today),
            currency: sketch.currency.into(),
            exchange_rate: sketch.rate,
            reference: None,
            description: description.to_owned(),
            net: Decimal::new(sketch.pence, 2),
            vat_rate: Decimal::from(sketch.vat_rate),
            payments: Vec::new(),
            vat_return: sketch.vat_return,
        };
        let gross = document.gross();
        let amount = match sketch.paid {
            Paid::Nothing => return document,
            Paid::All => gross,
            Paid::Part(percent) => (gross * Decimal::from(percent) / Decimal::ONE_HUNDRED).round_dp(2),
            Paid::Over(extra) => gross + Decimal::from(extra),
        };
        document.payments.push((plus_days(issued, 25).min(self.today), amount));
        document
    }
}
