//! What the sample firm holds: every situation, enough of everything, the same for the same seed.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{Timestamp, civil::date};
use rust_decimal::Decimal;

use super::*;
use crate::sim::{
    http::{Method, Request},
    kashflow::{KashFlow, Options},
};

fn today() -> Date {
    date(2026, 7, 15)
}

fn name_of(contact: &FirmContact) -> String {
    match &contact.kind {
        ContactKind::Organisation { name } => name.clone(),
        ContactKind::Person { first_name, last_name, .. } => format!("{first_name} {last_name}"),
    }
}

#[test]
fn equal_arguments_give_equal_firms() {
    assert_eq!(sample(today(), 7), sample(today(), 7));
    assert_ne!(sample(today(), 7), sample(today(), 8));
    assert_eq!(large(today(), 200, 7), large(today(), 200, 7));
}

#[test]
fn the_sample_is_big_enough() {
    let firm = sample(today(), 1);
    assert!(firm.customers.len() >= 50, "{} customers", firm.customers.len());
    assert!(firm.suppliers.len() >= 14, "{} suppliers", firm.suppliers.len());
    assert!(firm.capsule_contacts.len() >= 80, "{} contacts", firm.capsule_contacts.len());
    let documents = firm.invoices.len() + firm.bills.len();
    assert!(documents >= 300, "{documents} documents");
    assert!(empty().customers.is_empty() && empty().capsule_contacts.is_empty());
}

#[test]
fn identifiers_are_unique() {
    for firm in [sample(today(), 1), large(today(), 3000, 1)] {
        for ledger in [&firm.customers, &firm.suppliers] {
            let ids: HashSet<_> = ledger.iter().map(|record| record.id).collect();
            let codes: HashSet<_> = ledger.iter().map(|record| record.code.trim().to_lowercase()).collect();
            assert_eq!((ids.len(), codes.len()), (ledger.len(), ledger.len()));
        }
        for documents in [&firm.invoices, &firm.bills] {
            let numbers: HashSet<_> = documents.iter().map(|document| document.number).collect();
            let ids: HashSet<_> = documents.iter().map(|document| document.id).collect();
            assert_eq!((ids.len(), numbers.len()), (documents.len(), documents.len()));
            assert!(documents.is_sorted_by_key(|document| document.issued), "numbers follow the dates");
        }
        // Capsule refuses a second organisation of one name, compared trimmed and without case.
        let names: Vec<String> = firm
            .capsule_contacts
            .iter()
            .filter(|contact| matches!(contact.kind, ContactKind::Organisation { .. }))
            .map(|contact| name_of(contact).trim().to_lowercase())
            .collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    }
}

#[test]
fn people_belong_to_organisations_that_exist() {
    for firm in [sample(today(), 1), large(today(), 3000, 1)] {
        let organisations: HashSet<String> = firm
            .capsule_contacts
            .iter()
            .filter(|contact| matches!(contact.kind, ContactKind::Organisation { .. }))
            .map(name_of)
            .collect();
        for contact in &firm.capsule_contacts {
            if let ContactKind::Person { organisation: Some(organisation), .. } = &contact.kind {
                assert!(organisations.contains(organisation), "{organisation}");
            }
        }
    }
}

#[test]
fn the_sample_shows_every_expectation_and_rule() {
    let firm = sample(today(), 1);
    assert_eq!(firm.situations.len(), firm.customers.len() + firm.suppliers.len());
    let seen: HashSet<Expect> = firm.situations.iter().map(|situation| situation.expect).collect();
    assert_eq!(seen.len(), 10, "{seen:?}");
    for rule in ["B1", "B7", "B8", "B9", "B10", "B12", "B13", "B14", "B17", "B19", "B26", "B37"] {
        assert!(firm.situations.iter().any(|situation| situation.rule == rule), "{rule}");
    }
}

/// A plain re-statement of B7, to hold the expectations against the names: equal without case and white space, among
/// organisations and people without one, in sight of the token.
fn exact_matches(firm: &Firm, name: &str) -> usize {
    use unicode_normalization::UnicodeNormalization as _;
    let plain = |name: &str| {
        name.nfkc().collect::<String>().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let free = |contact: &&FirmContact| {
        !contact.restricted && !matches!(&contact.kind, ContactKind::Person { organisation: Some(_), .. })
    };
    firm.capsule_contacts
        .iter()
        .filter(free)
        .filter(|contact| plain(&name_of(contact)) == plain(name))
        .count()
}

#[test]
fn expectations_agree_with_the_names() {
    for firm in [sample(today(), 3), large(today(), 1000, 3)] {
        let records: HashMap<(&str, &str), &FirmLedger> = firm
            .customers
            .iter()
            .map(|record| (("customer", record.code.trim()), record))
            .chain(firm.suppliers.iter().map(|record| (("supplier", record.code.trim()), record)))
            .collect();
        for situation in &firm.situations {
            let record = records[&(situation.ledger, situation.code.as_str())];
            let matches = exact_matches(&firm, &record.name);
            let right = match situation.expect {
                Expect::Links => matches == 1 && !record.archived,
                Expect::AsksSeveral => matches > 1,
                Expect::AsksSameName => matches <= 1,
                Expect::Nothing => record.archived,
                Expect::CreatesPerson => {
                    let person = &record.people[0];
                    let whole = format!(
                        "{} {}",
                        person.first_name.as_deref().unwrap_or(""),
                        person.last_name.as_deref().unwrap_or("")
                    );
                    matches == 0 && whole == record.name
                }
                Expect::CreatesOrganisation
                | Expect::Joins
                | Expect::AsksSuggested
                | Expect::AsksSecond
                | Expect::Fails => matches == 0,
            };
            assert!(right, "{situation:?}: {matches} exact matches");
        }
    }
}

#[test]
fn the_sample_has_documents_of_every_state() {
    let firm = sample(today(), 1);
    let (day, zero) = (today(), Decimal::ZERO);
    let any = |test: &dyn Fn(&FirmDocument) -> bool| firm.invoices.iter().any(test);
    let paid = |document: &FirmDocument| !document.payments.is_empty();
    let late = |document: &FirmDocument| document.due.is_some_and(|due| due < day && due.year() > 1990);
    let open = |document: &FirmDocument| document.due_amount() > zero;
    assert!(any(&|document| open(document) && !late(document) && !paid(document)), "unpaid");
    assert!(any(&|document| open(document) && document.due == Some(day)), "due today");
    assert!(
        any(&|document| open(document) && document.due == Some(crate::sim::kashflow::plus_days(day, -400))),
        "old"
    );
    assert!(any(&|document| open(document) && paid(document) && !late(document)), "part paid");
    assert!(any(&|document| open(document) && paid(document) && late(document)), "part paid and overdue");
    assert!(any(&|document| document.due_amount() == zero), "paid");
    assert!(any(&|document| document.due_amount() < zero && document.gross() > zero), "overpaid");
    assert!(any(&|document| document.gross() < zero && document.due_amount() < zero), "credit note");
    assert!(any(&|document| document.due.is_none()), "no due date");
    assert!(any(&|document| document.due == Some(crate::sim::kashflow::NO_DATE)), "sentinel");
    for currency in ["EUR", "USD"] {
        assert!(any(&|document| document.currency == currency && open(document)), "{currency}");
    }
    assert!(firm.bills.iter().any(|bill| bill.currency == "EUR"), "bill in euros");
    assert!(firm.bills.iter().any(|bill| bill.vat_return != 0), "bill on a VAT return");
    let archived: HashSet<i64> =
        firm.customers.iter().filter(|record| record.archived).map(|record| record.id).collect();
    assert!(any(&|document| archived.contains(&document.contact)), "documents of an archived customer");
    assert!(firm.invoices.iter().all(|document| document.issued <= day), "nothing is issued tomorrow");
}

#[test]
fn the_sample_has_every_odd_value() {
    let firm = sample(today(), 1);
    let customer = |code: &str| firm.customers.iter().find(|record| record.code.trim() == code).unwrap();
    assert_eq!(customer("ATHE01").addresses[0].country_code.as_deref(), Some("EL"));
    assert_eq!(customer("ANTI01").addresses[0].country_code.as_deref(), Some("AN"));
    assert_eq!(customer("ASPE01").addresses[0].lines[3], "GB");
    assert_eq!(customer("ALPI01").code, "ALPI01   ");
    assert_eq!(customer("BLAN01").name, "");
    assert!(customer("BEAU01").name.chars().count() > 150);
    assert!(["\u{1b}", "\u{202e}", "\u{200b}"].iter().all(|odd| customer("BLAC01").name.contains(odd)));
    assert!(customer("BASI01").people[0].email.as_deref().unwrap().contains(';'));
    assert!(!customer("BEEC01").people[0].email.as_deref().unwrap().contains('@'));
    assert!(customer("BLUE01").people[0].telephone.is_none());
    assert!(customer("ATLA01").people[0].fax.is_some() && customer("ATLA01").people[0].mobile.is_some());
    assert!(customer("ARCH01").people[1].primary && !customer("ARCH01").people[0].primary);
    assert!(customer("BARE01").people.is_empty() && customer("BARE01").addresses.is_empty());
    assert_eq!(firm.capsule_contacts.iter().filter(|contact| contact.restricted).count(), 2);
}

#[test]
fn no_two_unrelated_records_share_an_identifier() {
    let firm = sample(today(), 1);
    let mut owners: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for record in firm.customers.iter().chain(&firm.suppliers) {
        for person in &record.people {
            for value in [&person.telephone, &person.email].into_iter().flatten() {
                owners.entry(value.to_lowercase()).or_default().insert(record.name.to_lowercase());
            }
        }
    }
    // Ashford is the second customer of one contact (B9); everything else is unique to a name.
    let shared: Vec<_> = owners.iter().filter(|(_, names)| names.len() > 1).collect();
    assert_eq!(shared.len(), 1, "{shared:?}");
}

#[test]
fn bodies_for_capsule_name_what_they_need() {
    let firm = sample(today(), 1);
    let bodies = capsule_parties(&firm);
    assert_eq!(bodies.len(), firm.capsule_contacts.len());
    let first_person = bodies.iter().position(|body| body["party"]["type"] == "person").unwrap();
    assert!(
        bodies[first_person..].iter().all(|body| body["party"]["type"] == "person"),
        "organisations come first"
    );
    assert_eq!(capsule_teams(&firm), ["Site work", "Workshop"]);
    let hidden: Vec<String> =
        restricted(&firm).into_iter().map(|place| bodies[place]["party"].to_string()).collect();
    assert_eq!(hidden.len(), 2);
    assert!(hidden[0].contains("Barrington Estates") && hidden[1].contains("Finch"));
    let abbey = bodies.iter().find(|body| body["party"]["name"] == "Abbey Kitchens Ltd").unwrap();
    assert_eq!(abbey["party"]["addresses"][0]["country"], "United Kingdom");
}

#[test]
fn books_arrive_in_kashflow() {
    let firm = sample(today(), 1);
    let now: Timestamp = "2026-07-15T09:00:00Z".parse().unwrap();
    let mut kashflow = KashFlow::new(Options::default());
    kashflow.load(&firm, now);
    assert_eq!(kashflow.customers().count(), firm.customers.len());
    assert_eq!(kashflow.suppliers().count(), firm.suppliers.len());
    assert_eq!(kashflow.invoices().count(), firm.invoices.len());
    assert_eq!(kashflow.bills().count(), firm.bills.len());
    for (there, here) in kashflow.invoices().zip(&firm.invoices) {
        assert_eq!((there.number, there.due_amount()), (here.number, here.due_amount()));
    }
    let refused = kashflow.handle(
        &Request {
            method: Method::Get,
            path: "/v2/customers".into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            origin: String::new(),
        },
        now,
    );
    assert_eq!(refused.status, 401, "the books are behind a sign-in");
}

#[test]
fn large_firms_have_the_asked_size() {
    let firm = large(today(), 1000, 1);
    assert_eq!(firm.capsule_contacts.len(), 1000);
    assert_eq!(firm.customers.len() + firm.suppliers.len(), 600);
    assert_eq!(firm.invoices.len() + firm.bills.len(), 1800);
}
