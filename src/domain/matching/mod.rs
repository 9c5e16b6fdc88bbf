//! Matching ledger contacts with contacts: exact keys (design B7), candidates and explained scores (design B9, B11).
//!
//! [`Index`] finds, [`Score`] judges. What follows from either is decided in `plan`.

mod candidates;
mod duplicates;
mod name;
mod score;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::contact::Contact;
use super::ids::{ContactId, LedgerRef};
use super::ledger::LedgerContact;
use super::marker::Marker;
use super::normalise::name_key;
use super::question::Band;
use candidates::Candidates;
pub use duplicates::{Duplicate, duplicates};
pub use score::Score;
use score::{Features, score};

/// One plus or minus of a score, in plain words (design B11).
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// What was compared.
    pub field: Evidence,
    /// Log-odds; all reasons of a candidate add up to the logit of its score.
    pub weight: f64,
    /// The finding in words.
    pub text: String,
}

/// What two records are compared on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Names.
    Name,
    /// E-mail addresses and their domains.
    Email,
    /// Phone numbers.
    Phone,
    /// Postcodes.
    Postcode,
    /// House numbers.
    Street,
    /// Person or firm.
    Kind,
}

impl Evidence {
    /// The word in JSON and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Postcode => "postcode",
            Self::Street => "street",
            Self::Kind => "kind",
        }
    }
}

/// A contact that scored above the suggestion threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// The contact.
    pub contact: ContactId,
    /// The judgement.
    pub score: Score,
}

/// Contacts by everything they can be found by. What finds them is made when it is first asked for: a quiet run, with
/// nothing to match, needs none of it.
#[derive(Debug)]
pub struct Index<'a> {
    contacts: Vec<&'a Arc<Contact>>,
    exact: OnceLock<Exact<'a>>,
    candidates: OnceLock<Candidates<'a>>,
}

/// Contacts by what must be equal.
#[derive(Debug, Default)]
struct Exact<'a> {
    by_name: HashMap<String, Vec<&'a Arc<Contact>>>,
    by_marker: HashMap<LedgerRef, Vec<&'a Arc<Contact>>>,
}

impl<'a> Exact<'a> {
    fn of(contacts: &[&'a Arc<Contact>]) -> Self {
        let mut exact = Self::default();
        for contact in contacts {
            for marker in Marker::carried(contact) {
                exact.by_marker.entry(marker.ledger).or_default().push(contact);
            }
            let key = name_key(&contact.name());
            if contact.is_candidate() && !key.is_empty() {
                exact.by_name.entry(key).or_default().push(contact);
            }
        }
        exact
    }
}

impl<'a> Index<'a> {
    /// An index of the contacts that may be matched at all (design B7). Carried markers are found on every contact.
    pub fn of(contacts: impl Iterator<Item = &'a Arc<Contact>>) -> Self {
        Self { contacts: contacts.collect(), exact: OnceLock::new(), candidates: OnceLock::new() }
    }

    fn exact(&self) -> &Exact<'a> {
        self.exact.get_or_init(|| Exact::of(&self.contacts))
    }

    fn candidates(&self) -> &Candidates<'a> {
        self.candidates.get_or_init(|| {
            Candidates::of(self.contacts.iter().copied().filter(|contact| contact.is_candidate()))
        })
    }

    /// Contacts whose name is exactly that (design B7), by id.
    pub fn named(&self, name: &str) -> &[&'a Arc<Contact>] {
        self.exact().by_name.get(&name_key(name)).map_or(&[], Vec::as_slice)
    }

    /// Contacts that carry the ledger contact's marker, by id.
    pub fn marked(&self, ledger: LedgerRef) -> &[&'a Arc<Contact>] {
        self.exact().by_marker.get(&ledger).map_or(&[], Vec::as_slice)
    }

    /// Contacts that may be the ledger contact though their names differ, best first, equal scores by id.
    pub fn suggestions(&self, ledger: &LedgerContact) -> Vec<Suggestion> {
        let features = Features::of_ledger(ledger);
        let candidates = self.candidates();
        let mut found: Vec<Suggestion> = candidates
            .near(&features)
            .filter_map(|(contact, other)| {
                let score = score(&features, other, candidates.rarity());
                score.is_suggestion().then_some(Suggestion { contact: contact.id, score })
            })
            .collect();
        found.sort_by(|left, right| {
            right.score.logit.total_cmp(&left.score.logit).then(left.contact.cmp(&right.contact))
        });
        found
    }

    /// The explained likeness of one pair, whatever it is.
    pub fn explain(&self, ledger: &LedgerContact, contact: &Contact) -> Score {
        score(&Features::of_ledger(ledger), &Features::of_contact(contact), self.candidates().rarity())
    }
}

impl Score {
    /// How sure the suggestion is (design B9).
    pub fn band(&self) -> Band {
        if self.strong { Band::Strong } else { Band::Possible }
    }
}

#[cfg(test)]
mod tests;
