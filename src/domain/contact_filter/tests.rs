//! Tables of what each filter lets through.

use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;

use super::super::ids::LedgerRef;
use super::super::link::LinkReason;
use super::super::listing::{Account, LinkLine};
use super::super::money::Currency;
use super::*;

fn link(ledger: LedgerRef, code: &str) -> LinkLine {
    LinkLine {
        ledger,
        code: code.into(),
        name: code.into(),
        since: Timestamp::UNIX_EPOCH,
        reason: LinkReason::ByHand,
        archived: false,
    }
}

fn owing(currency: &str, outstanding: i64, overdue: i64, next_due: Option<Date>) -> Account {
    let currency = Currency::parse(currency).unwrap();
    let mut account = Account { count: 1, next_due, ..Account::default() };
    account.outstanding.add(currency, outstanding.into());
    account.overdue.add(currency, overdue.into());
    account
}

fn line(id: i64, searched: &str, links: Vec<LinkLine>, health: Health, invoices: Account) -> ContactLine {
    ContactLine {
        id: ContactId(id),
        name: searched.into(),
        is_person: false,
        organisation: None,
        health,
        health_reason: String::new(),
        links,
        invoices,
        bills: None,
        differences: 0,
        ignored: false,
        search_key: search_key(searched),
    }
}

/// Café 1 (customer, 600 owed, 500 overdue since 40 days), Dairy 2 (supplier, fails), Smith 3 (not linked, a question),
/// Öl 4 (both sides, EUR 50 owed, due tomorrow), Smith 5 (customer, credit, excluded).
fn firm() -> Vec<ContactLine> {
    let (customer, supplier) = (LedgerRef::customer(1), LedgerRef::supplier(1));
    let mut lines = vec![
        line(
            1,
            "Café Noir jo@noir.example CAFE01",
            vec![link(customer, "CAFE01")],
            Health::InSync,
            owing("GBP", 600, 500, Some(date(2026, 10, 15))),
        ),
        line(2, "Dairy Ltd", vec![link(supplier, "DAIR01")], Health::Failing, Account::default()),
        line(3, "Smith & Sons Ltd", vec![], Health::Question, Account::default()),
        line(
            4,
            "Öl GmbH",
            vec![link(customer, "OEL01"), link(supplier, "OEL02")],
            Health::InSync,
            owing("EUR", 50, 0, Some(date(2026, 11, 25))),
        ),
        line(5, "Smith Dairy", vec![link(customer, "S")], Health::Excluded, owing("GBP", -20, 0, None)),
    ];
    lines[3].differences = 2;
    lines[2].ignored = true;
    lines
}

fn through(filter: &str, duplicates: Option<&BTreeSet<ContactId>>) -> Vec<i64> {
    let known = Known { today: date(2026, 11, 24), duplicates };
    let filter = ContactFilter::parse(filter);
    firm().iter().filter(|line| filter.lets_through(line, &known)).map(|line| line.id.0).collect()
}

#[test]
fn words_and_tags_must_all_hold() {
    for (filter, expected) in [
        ("", &[1, 2, 3, 4, 5][..]),
        ("smith", &[3, 5]),
        ("SMITH dairy", &[5]),
        ("cafe", &[1]),
        ("CAFÉ", &[1]),
        ("ol", &[4]),
        ("jo@noir", &[1]),
        ("cafe01", &[1]),
        ("-smith", &[1, 2, 4]),
        ("smith -dairy", &[3]),
        ("- smith", &[3, 5]),
        (":overdue", &[1]),
        (":OVERDUE", &[1]),
        ("-:overdue", &[2, 3, 4, 5]),
        (":overdue>30d", &[1]),
        (":overdue>40d", &[]),
        (":overdue<41d", &[1]),
        (":overdue>499.99", &[1]),
        (":overdue>500", &[]),
        (":due", &[1, 4]),
        (":due>500", &[1]),
        (":due>49", &[1, 4]),
        (":due<100", &[4, 5]),
        (":due>£1,000", &[]),
        (":customer", &[1, 4, 5]),
        (":supplier", &[2, 4]),
        (":customer :supplier", &[4]),
        (":customer -:supplier", &[1, 5]),
        (":unlinked", &[3]),
        (":failing", &[2]),
        (":question", &[3]),
        (":excluded", &[5]),
        (":differs", &[4]),
        (":ignored", &[3]),
        (":supplier dairy", &[2]),
    ] {
        assert_eq!(through(filter, None), expected, "{filter}");
    }
}

#[test]
fn b28_dupes_hold_for_all_until_somebody_has_looked() {
    let alike = BTreeSet::from([ContactId(3), ContactId(5)]);
    assert!(ContactFilter::parse("x -:dupes").asks_for_duplicates());
    assert!(!ContactFilter::parse("dupes").asks_for_duplicates());
    for filter in [":dupes", "-:dupes"] {
        assert_eq!(through(filter, None), [1, 2, 3, 4, 5], "{filter}");
    }
    assert_eq!(through(":dupes", Some(&alike)), [3, 5]);
    assert_eq!(through("-:dupes", Some(&alike)), [1, 2, 4]);
}

#[test]
fn a_wrong_tag_is_told_with_what_there_is_and_filters_nothing_away() {
    for (filter, fault, expected) in [
        (":late", "no :late; there is :overdue :due", &[1, 2, 3, 4, 5][..]),
        (":over", "there is :overdue", &[1, 2, 3, 4, 5]),
        (":", "there is :overdue :due", &[1, 2, 3, 4, 5]),
        ("-:", "there is :overdue", &[1, 2, 3, 4, 5]),
        (":due>", "write :due>500", &[1, 2, 3, 4, 5]),
        (":due>30d", "write :due>500", &[1, 2, 3, 4, 5]),
        (":overdue>x", "write :overdue>500 or :overdue>30d", &[1, 2, 3, 4, 5]),
        (":overdue>-3d", "write :overdue>500", &[1, 2, 3, 4, 5]),
        (":failing>3", ":failing takes no bound", &[1, 2, 3, 4, 5]),
        ("smith :late -dairy", "no :late", &[3]),
    ] {
        let faults = ContactFilter::parse(filter).faults;
        assert_eq!(faults.len(), 1, "{filter}");
        assert!(faults[0].starts_with(fault), "{filter}: {faults:?}");
        assert_eq!(through(filter, None), expected, "{filter}");
    }
}

#[test]
fn a_tag_is_completed_as_far_as_it_is_sure() {
    for (typed, expected, fitting) in [
        (":ov", Some(":overdue"), 1),
        (":f", Some(":failing "), 1),
        ("smith -:s", Some("smith -:supplier "), 1),
        (":d", Some(":d"), 3),
        (":di", Some(":differs "), 1),
        (":", Some(":"), 11),
        (":DUE", Some(":due"), 1),
        (":x", None, 0),
        ("smith", None, 0),
        (":due ", None, 0),
        ("", None, 0),
    ] {
        let found = completed(typed);
        assert_eq!(found.as_ref().map(|(text, _)| text.as_str()), expected, "{typed}");
        assert_eq!(found.map_or(0, |(_, tags)| tags.len()), fitting, "{typed}");
    }
}

proptest! {
    #[test]
    fn no_filter_breaks_anything_and_what_is_left_out_is_the_rest(text in "[-: a-zé>£<0-9d,.]{0,30}", word in "[a-z]{1,3}") {
        through(&text, None);
        completed(&text);
        let (with, without) = (through(&word, None), through(&format!("-{word}"), None));
        prop_assert_eq!(with.len() + without.len(), firm().len());
    }
}
