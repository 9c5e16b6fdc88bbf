//! What is suggested, what is not, and that every score explains itself.

use super::name::NameForm;
use super::*;
use crate::domain::contact::{AddressRow, ContactKind, EmailRow, PhoneKind, PhoneRow, Summary};
use crate::domain::ids::RowId;
use crate::domain::ledger::{LedgerAddress, LedgerPerson};

fn organisation(id: i64, name: &str, email: &str, phone: &str, postcode: &str) -> Arc<Contact> {
    Arc::new(Contact {
        id: ContactId(id),
        kind: ContactKind::Organisation { name: name.into() },
        emails: (!email.is_empty())
            .then(|| EmailRow { id: RowId(1), address: email.into() })
            .into_iter()
            .collect(),
        phones: (!phone.is_empty())
            .then(|| PhoneRow { id: RowId(2), kind: PhoneKind::Other, number: phone.into() })
            .into_iter()
            .collect(),
        websites: vec![],
        addresses: (!postcode.is_empty())
            .then(|| AddressRow {
                id: RowId(3),
                street: "12 Canal Road".into(),
                city: "Leeds".into(),
                state: String::new(),
                postcode: postcode.into(),
                country: String::new(),
            })
            .into_iter()
            .collect(),
        summary: Summary::default(),
        restricted: false,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
        last_contacted: None,
    })
}

fn customer(name: &str, email: &str, phone: &str, postcode: &str) -> LedgerContact {
    LedgerContact {
        id: LedgerRef::customer(1),
        code: "CODE01".into(),
        name: name.into(),
        archived: false,
        contact: LedgerPerson { email: email.into(), telephone: phone.into(), ..LedgerPerson::default() },
        address: LedgerAddress {
            lines: if postcode.is_empty() { vec![] } else { vec!["12 Canal Road".into(), "Leeds".into()] },
            postcode: postcode.into(),
            country_code: String::new(),
        },
        currency: None,
    }
}

#[test]
fn b09_near_names_are_suggested_and_strangers_are_not() {
    use Band::{Possible, Strong};
    for (crm, ledger, expected) in [
        (("Pennine Roofing Ltd", "", "", ""), ("Pennine Roofing Limited", "", "", ""), Some(Possible)),
        (
            ("Pennine Roofing Ltd", "a@penn.example", "", ""),
            ("Pennine Roofing Limited", "a@penn.example", "", ""),
            Some(Strong),
        ),
        (
            ("Harbour Lane Bakery", "", "01632 960011", ""),
            ("Harbor Lane Bakery", "", "+44 1632 960011", ""),
            Some(Strong),
        ),
        (("Smith & Sons", "", "", "HX9 4QQ"), ("Smith and Sons", "", "", "hx94qq"), Some(Strong)),
        (("Crystalord Ltd", "", "", ""), ("Crystalord Systems Ltd", "", "", ""), Some(Possible)),
        (("Smith Brothers", "", "", ""), ("Smith Dairy", "", "", ""), None),
        (("Bank of Chad", "", "", ""), ("Bank of China", "", "", ""), None),
        (("Teddy Bear 2 Ltd", "", "", ""), ("Teddy Bear 3 Ltd", "", "", ""), None),
        (("Fund VIII", "a@fund.example", "", ""), ("Fund IX", "a@fund.example", "", ""), Some(Possible)),
        (("North Yard Ltd", "", "", ""), ("South Yard Ltd", "", "", ""), None),
        (("Acme Ltd", "", "0113 496 0000", ""), ("Zebra Cleaning Ltd", "", "0113 496 0000", ""), None),
    ] {
        let contacts =
            [organisation(1, crm.0, crm.1, crm.2, crm.3), organisation(2, "Quite Another Firm", "", "", "")];
        let index = Index::of(contacts.iter());
        let ledger = customer(ledger.0, ledger.1, ledger.2, ledger.3);
        let found = index.suggestions(&ledger);
        let shown: Vec<_> =
            found.iter().map(|found| (found.contact, found.score.band(), found.score.logit)).collect();
        assert_eq!(
            found.first().map(|found| found.score.band()),
            expected,
            "{} / {}: {shown:?} {:?}",
            crm.0,
            ledger.name,
            index.explain(&ledger, &contacts[0])
        );
    }
}

#[test]
fn b11_weights_add_up_to_the_logit_of_the_score() {
    let contact = organisation(1, "Pennine Roofing Ltd", "a@penn.example", "0113 496 0102", "LS1 1AA");
    let ledger = customer("Pennine Roofing Limited", "b@penn.example", "0113 496 0103", "LS1 9ZZ");
    let score = Index::of([&contact].into_iter()).explain(&ledger, &contact);
    let sum: f64 = score.reasons.iter().map(|reason| reason.weight).sum();
    let probability = score.probability();
    assert!((sum - (probability / (1.0 - probability)).ln()).abs() < 1e-9);
    assert!(score.reasons.iter().all(|reason| !reason.text.is_empty()));
    assert_eq!(
        score.reasons.iter().map(|reason| reason.field.word()).collect::<Vec<_>>(),
        ["name", "email", "phone", "postcode"]
    );
}

#[test]
fn scores_are_symmetric() {
    let names = [
        "Pennine Roofing Ltd",
        "Pennine Roofers",
        "J Smith",
        "John Smith",
        "Teddy Bear II",
        "The Mill",
        "",
        "and",
        "Ltd",
    ];
    let rarity = score::Rarity::new();
    for left in names {
        for right in names {
            let form = |name: &str| Features { name: NameForm::of(name), ..Features::default() };
            let forth = score(&form(left), &form(right), &rarity).logit;
            let back = score(&form(right), &form(left), &rarity).logit;
            assert!((forth - back).abs() < 1e-9, "{left} / {right}");
        }
    }
}

#[test]
fn names_are_taken_apart() {
    for (name, words, legal) in [
        ("The Old Mill Ltd.", &["old", "mill"][..], Some("ltd")),
        ("A.B.C. Plumbing & Heating (UK) Limited", &["abc", "plumbing", "and", "heating", "uk"], Some("ltd")),
        ("Smith Bros", &["smith", "brothers"], None),
        ("Société Générale SA", &["societe", "generale"], Some("sa")),
        ("Łódź Sp. z o.o.", &["lodz"], Some("spzoo")),
        ("O'Brien's", &["obriens"], None),
        ("Ltd", &["ltd"], None),
        ("Mr Jo Smith", &["jo", "smith"], None),
    ] {
        let form = NameForm::of(name);
        assert_eq!(
            (form.words.iter().map(String::as_str).collect::<Vec<_>>(), form.legal_form),
            (words.to_vec(), legal),
            "{name}"
        );
    }
}
