//! Likely duplicates among Capsule's contacts, found and explained by the scorer that finds matches (design B28).

use std::sync::Arc;

use super::candidates::Candidates;
use super::score::{Features, Score, score};
use super::{Evidence, Reason};
use crate::domain::contact::{Contact, ContactKind};
use crate::domain::ids::ContactId;

/// Two contacts that may be the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicate {
    /// The older one, by id.
    pub first: ContactId,
    /// The newer one.
    pub second: ContactId,
    /// The judgement.
    pub score: Score,
}

/// All likely pairs, best first. The contacts given are those that may be looked at: visible, and not deleted.
pub fn duplicates<'a>(contacts: impl Iterator<Item = &'a Arc<Contact>> + Clone) -> Vec<Duplicate> {
    let candidates = Candidates::of(contacts.filter(|contact| !contact.restricted));
    let mut found: Vec<Duplicate> = candidates
        .all()
        .flat_map(|(contact, features)| {
            let others = candidates.near(features).filter(move |(other, _)| contact.id < other.id);
            others.filter_map(|(other, theirs)| pair(&candidates, (contact, features), (other, theirs)))
        })
        .collect();
    found.sort_by(|left, right| {
        let by_score = right.score.logit.total_cmp(&left.score.logit);
        by_score.then((left.first, left.second).cmp(&(right.first, right.second)))
    });
    found
}

fn pair(
    candidates: &Candidates<'_>,
    (first, features): (&Contact, &Features),
    (second, theirs): (&Contact, &Features),
) -> Option<Duplicate> {
    let score = score(features, theirs, candidates.rarity());
    // Colleagues share their firm's phone, postcode and domain: for them it is the names that must agree.
    let within_firms = first.employer().is_some() || second.employer().is_some();
    let alike = !within_firms || (is_person(first) && is_person(second) && names_agree(&score.reasons));
    (alike && score.is_suggestion()).then_some(Duplicate { first: first.id, second: second.id, score })
}

fn is_person(contact: &Contact) -> bool {
    matches!(contact.kind, ContactKind::Person { .. })
}

fn names_agree(reasons: &[Reason]) -> bool {
    reasons.iter().any(|reason| reason.field == Evidence::Name && reason.weight > 0.0)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::super::contact::{EmailRow, Employer, PhoneKind, PhoneRow, Summary};
    use super::super::super::ids::RowId;
    use super::*;

    fn contact(id: i64, kind: ContactKind, email: &str, phone: &str) -> Arc<Contact> {
        Arc::new(Contact {
            id: ContactId(id),
            kind,
            emails: vec![EmailRow { id: RowId(1), address: email.into() }],
            phones: vec![PhoneRow { id: RowId(2), kind: PhoneKind::Other, number: phone.into() }],
            websites: vec![],
            addresses: vec![],
            summary: Summary::default(),
            restricted: false,
            updated_at: Timestamp::UNIX_EPOCH,
            last_contacted: None,
        })
    }

    fn firm(id: i64, name: &str, email: &str, phone: &str) -> Arc<Contact> {
        contact(id, ContactKind::Organisation { name: name.into() }, email, phone)
    }

    fn employee(id: i64, first: &str, last: &str, email: &str) -> Arc<Contact> {
        let employer = Some(Employer { id: ContactId(1), name: "Acme Ltd".into() });
        contact(
            id,
            ContactKind::Person { first: first.into(), last: last.into(), employer },
            email,
            "0161 496 0001",
        )
    }

    fn pairs(contacts: &[Arc<Contact>]) -> Vec<(i64, i64)> {
        duplicates(contacts.iter()).iter().map(|pair| (pair.first.0, pair.second.0)).collect()
    }

    #[test]
    fn b28_duplicates_are_found_and_explained() {
        let contacts = [
            firm(1, "Acme Ltd", "office@acme.example", "0161 496 0001"),
            firm(2, "ACME Limited", "office@acme.example", "0161 496 0001"),
            firm(3, "Birch & Sons", "hello@birch.example", "0161 496 0099"),
        ];
        let found = duplicates(contacts.iter());
        assert_eq!(pairs(&contacts), [(1, 2)]);
        let texts: Vec<&str> = found[0].score.reasons.iter().map(|reason| reason.text.as_str()).collect();
        assert!(texts.contains(&"same e-mail address") && texts.contains(&"same phone number"), "{texts:?}");
        let sum: f64 = found[0].score.reasons.iter().map(|reason| reason.weight).sum();
        assert!((sum - found[0].score.logit).abs() < 1e-9, "the reasons add up to the score");
    }

    #[test]
    fn b28_colleagues_are_no_duplicates_and_masked_contacts_are_not_looked_at() {
        let colleagues = [
            firm(1, "Acme Ltd", "office@acme.example", "0161 496 0001"),
            employee(2, "Jo", "Marsh", "jo@acme.example"),
            employee(3, "Kim", "Oduya", "kim@acme.example"),
        ];
        assert_eq!(pairs(&colleagues), []);
        let twice =
            [employee(2, "Jo", "Marsh", "jo@acme.example"), employee(3, "Jo", "Marsh", "j@acme.example")];
        assert_eq!(pairs(&twice), [(2, 3)]);
        let mut masked = twice.clone();
        Arc::make_mut(&mut masked[1]).restricted = true;
        assert_eq!(pairs(&masked), []);
    }
}
