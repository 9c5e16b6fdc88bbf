//! How long planning takes (design 7). Run with `cargo bench --bench plan`; prints one JSON line a figure.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::date;
use kashsync::domain::contact::{AddressRow, Contact, ContactKind, EmailRow, PhoneKind, PhoneRow, Summary};
use kashsync::domain::document::{Document, DocumentRef};
use kashsync::domain::ids::{ContactId, LedgerId, LedgerRef, RowId, Side};
use kashsync::domain::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
use kashsync::domain::link::{Base, Link, LinkReason};
use kashsync::domain::local::Local;
use kashsync::domain::mapping::{from_contact, from_ledger};
use kashsync::domain::money::Currency;
use kashsync::domain::operation::{Operation, Plan};
use kashsync::domain::plan::plan;
use kashsync::domain::policy::Policy;
use kashsync::domain::snapshot::{CapsuleAccount, Company, Snapshot};
use serde_json::json;

const CONTACTS: i64 = 100_000;
const UNLINKED: i64 = 20_000;
const DOCUMENTS_EACH: i64 = 3;
/// Each figure is the best of so many: what is measured is the code, not its neighbours on this machine.
const TRIES: usize = 5;

const STARTS: [&str; 24] = [
    "Ash", "Bram", "Cros", "Dun", "El", "Fair", "Gil", "Har", "Ing", "Kes", "Lang", "Mar", "Nor", "Oak",
    "Pen", "Rad", "Skel", "Tad", "Ul", "Wal", "Yar", "Thor", "Mel", "Hol",
];
const MIDDLES: [&str; 10] = ["", "ber", "den", "ing", "le", "man", "ner", "ro", "ter", "wick"];
const ENDS: [&str; 12] =
    ["by", "croft", "dale", "field", "ford", "gate", "ham", "hurst", "ley", "ton", "well", "worth"];
const TRADES: [&str; 40] = [
    "Architects",
    "Bakery",
    "Builders",
    "Care Home",
    "Catering",
    "Church Trust",
    "Dental Practice",
    "Electrical",
    "Engineering",
    "Estates",
    "Farm Shop",
    "Flooring",
    "Garden Centre",
    "Hotel",
    "Interiors",
    "Kitchens",
    "Lettings",
    "Logistics",
    "Motors",
    "Nursery",
    "Plumbing",
    "Primary School",
    "Roofing",
    "Shopfitters",
    "Stone Works",
    "Surveyors",
    "Timber",
    "Veterinary Centre",
    "Joinery",
    "Glazing",
    "Printers",
    "Cycles",
    "Florists",
    "Bookshop",
    "Opticians",
    "Pharmacy",
    "Tailors",
    "Brewery",
    "Fisheries",
    "Potters",
];

fn part<'a>(list: &[&'a str], number: usize) -> &'a str {
    list.get(number % list.len()).copied().unwrap_or_default()
}

/// The name of the n-th firm, unlike any other up to 115,200.
fn name(number: i64) -> String {
    let number = usize::try_from(number).unwrap_or_default();
    let mixed = number.wrapping_mul(7919);
    let (places, trade) = (STARTS.len() * MIDDLES.len() * ENDS.len(), number % TRADES.len());
    let place = mixed % places;
    let (middle, end) = (place / STARTS.len(), place / STARTS.len() / MIDDLES.len());
    format!(
        "{}{}{} {} Ltd",
        part(&STARTS, place),
        part(&MIDDLES, middle),
        part(&ENDS, end),
        part(&TRADES, trade + number / places)
    )
}

fn postcode(number: i64) -> String {
    format!("B{} {}AB", number % 9_000, number % 10)
}

fn contact(id: i64) -> Contact {
    Contact {
        id: ContactId(id),
        kind: ContactKind::Organisation { name: name(id) },
        emails: vec![EmailRow { id: RowId(1), address: format!("office@firm{id}.example") }],
        phones: vec![PhoneRow { id: RowId(2), kind: PhoneKind::Other, number: format!("0121 {id:07}") }],
        websites: vec![],
        addresses: vec![AddressRow {
            id: RowId(3),
            street: format!("{} High Street", id % 200),
            city: "Birmingham".into(),
            state: String::new(),
            postcode: postcode(id),
            country: "United Kingdom".into(),
        }],
        summary: Summary::default(),
        restricted: false,
        updated_at: Timestamp::UNIX_EPOCH,
        last_contacted: None,
    }
}

fn customer(id: i64, name: String) -> LedgerContact {
    LedgerContact {
        id: LedgerRef::customer(id),
        code: format!("C{id:06}"),
        name,
        archived: false,
        contact: LedgerPerson {
            email: format!("office@firm{id}.example"),
            telephone: format!("0121 {id:07}"),
            ..LedgerPerson::default()
        },
        address: LedgerAddress {
            lines: vec![format!("{} High Street", id % 200), "Birmingham".into()],
            postcode: postcode(id),
            country_code: "GB".into(),
        },
        currency: Some(Currency::GBP),
    }
}

fn invoices(owner: i64) -> impl Iterator<Item = Document> {
    (0..DOCUMENTS_EACH).map(move |place| {
        let number = owner * DOCUMENTS_EACH + place;
        Document {
            id: DocumentRef { side: Side::Customer, id: number },
            number,
            owner_id: Some(LedgerId(owner)),
            owner_code: format!("C{owner:06}"),
            owner_name: name(owner),
            issued: Some(date(2026, 10, 1)),
            due: Some(date(2026, 11, 1)),
            currency: Currency::GBP,
            gross: 120.into(),
            due_amount: (120 * (place % 2)).into(),
            home_gross: None,
            vat_return: None,
        }
    })
}

fn snapshot(ledger: Vec<LedgerContact>) -> Snapshot {
    let documents = ledger.iter().flat_map(|ledger| invoices(ledger.id.id.0));
    Snapshot {
        contacts: (1..=CONTACTS).map(|id| (ContactId(id), Arc::new(contact(id)))).collect(),
        documents: documents.map(|document| (document.id, Arc::new(document))).collect(),
        ledger: ledger.into_iter().map(|ledger| (ledger.id, Arc::new(ledger))).collect(),
        capsule: Some(CapsuleAccount { subdomain: "bench".into(), name: "Bench".into() }),
        company: Some(Company { id: Some(1), name: "Bench".into(), home_currency: Currency::GBP }),
    }
}

fn known(now: Timestamp) -> Local {
    let mut local = Local::default();
    local.progress.invoices_whole = Some(now);
    local.progress.bills_whole = Some(now);
    local
}

/// Every contact linked, and its fields as they should be.
fn quiet(now: Timestamp) -> (Snapshot, Local) {
    let mut snapshot = snapshot((1..=CONTACTS).map(|id| customer(id, name(id))).collect());
    let mut local = known(now);
    for (id, contact) in &snapshot.contacts {
        let ledger = LedgerRef::customer(id.0);
        let kashflow = snapshot.ledger.get(&ledger).map(|ledger| from_ledger(ledger)).unwrap_or_default();
        let base = Base { capsule: from_contact(contact), kashflow };
        local.link(Link::new(ledger, *id, now, LinkReason::ExactName, base));
    }
    let written = plan(&snapshot, &local, &Policy::default(), now);
    for operation in written.operations {
        if let Operation::WriteSummary { contact, after, .. } = operation
            && let Some(known) = snapshot.contacts.get_mut(&contact)
        {
            Arc::make_mut(known).summary = after;
        }
    }
    (snapshot, local)
}

/// A fifth exact, a fifth with a shortened name, a fifth misspelt, a fifth of which only the details are known, the rest new.
fn unlinked() -> Vec<LedgerContact> {
    (1..=UNLINKED)
        .map(|id| {
            let known = name(id * 5);
            let named = match id % 5 {
                0 => known,
                1 => known.trim_end_matches(" Ltd").to_owned(),
                2 => known.replacen('e', "a", 1),
                3 => format!("Trading name {id}"),
                _ => format!("Q{id} Zx{} Xyloph", id * 7),
            };
            let mut ledger = customer(id * 5, named);
            if id % 5 == 4 {
                ledger.contact = LedgerPerson::default();
                ledger.address = LedgerAddress::default();
            }
            ledger
        })
        .collect()
}

/// Milliseconds of the fastest try.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn fastest<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    let mut best = f64::INFINITY;
    let mut result = None;
    for _ in 0..TRIES {
        let begun = Instant::now();
        let made = black_box(work());
        best = best.min(begun.elapsed().as_secs_f64() * 1000.0);
        result = Some(made);
    }
    match result {
        Some(result) => (best, result),
        None => (best, work()),
    }
}

#[expect(clippy::disallowed_macros, reason = "a benchmark prints its figures")]
fn tell(name: &str, value: f64, budget: f64) -> bool {
    let value = (value * 10.0).round() / 10.0;
    let ok = value <= budget;
    println!("{}", json!({"name": name, "value": value, "budget": budget, "unit": "ms", "ok": ok}));
    ok
}

fn main() {
    let now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap_or_default();
    let policy = Policy::default();

    let (snapshot_then, local) = quiet(now);
    let (taken, planned): (f64, Plan) = fastest(|| plan(&snapshot_then, &local, &policy, now));
    let is_quiet = planned.operations.is_empty() && planned.questions.is_empty();
    let mut ok = tell("quiet plan, 100,000 links", taken, 300.0) && is_quiet;
    drop((snapshot_then, local));

    let first = snapshot(unlinked());
    let local = known(now);
    let (taken, planned) = fastest(|| plan(&first, &local, &policy, now));
    ok &= tell("first plan, 20,000 unlinked against 100,000 contacts, index built on the way", taken, 3000.0);
    ok &= planned.operations.len() + planned.questions.len() > 15_000;
    std::process::exit(i32::from(!ok));
}
