//! Who is worth comparing: contacts that share a key with a ledger contact, so that nobody compares all with all.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::score::{Features, Rarity, own_domain};
use crate::domain::contact::Contact;

/// A key held by more contacts than this finds nobody in particular.
const COMMON: usize = 400;
/// How many of a name's rarest words are keys.
const RAREST_WORDS: usize = 3;
/// Letters of the squashed name that make its two end keys.
const NAME_START: usize = 4;
const NAME_END: usize = 5;

/// Contacts by key.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    features: Vec<(&'a Arc<Contact>, Features)>,
    by_key: HashMap<Key, Vec<u32>>,
    rarity: Rarity,
}

/// One thing that two records can have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Word(String),
    NameStart(String),
    NameEnd(String),
    Email(String),
    Domain(String),
    Phone(String),
    Postcode(String),
}

impl<'a> Candidates<'a> {
    pub(super) fn of(contacts: impl Iterator<Item = &'a Arc<Contact>>) -> Self {
        let features: Vec<(&Arc<Contact>, Features)> =
            contacts.map(|contact| (contact, Features::of_contact(contact))).collect();
        let rarity = rarity(features.iter().map(|(_, features)| features));
        let mut by_key: HashMap<Key, Vec<u32>> = HashMap::new();
        for (position, (_, features)) in (0_u32..).zip(&features) {
            for key in keys(features, &rarity) {
                by_key.entry(key).or_default().push(position);
            }
        }
        by_key.retain(|_, holders| holders.len() <= COMMON);
        Self { features, by_key, rarity }
    }

    /// Everybody.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a Contact, &Features)> {
        self.features.iter().map(|(contact, features)| ((*contact).as_ref(), features))
    }

    /// Contacts that share a key, each once, by id.
    pub(super) fn near(&self, features: &Features) -> impl Iterator<Item = (&'a Contact, &Features)> {
        let found: BTreeSet<u32> = keys(features, &self.rarity)
            .iter()
            .filter_map(|key| self.by_key.get(key))
            .flatten()
            .copied()
            .collect();
        found.into_iter().filter_map(|position| {
            let (contact, features) = self.features.get(usize::try_from(position).ok()?)?;
            Some(((*contact).as_ref(), features))
        })
    }

    pub(super) fn rarity(&self) -> &Rarity {
        &self.rarity
    }
}

/// Inverse document frequency of every word, scaled to 0..1 so that a word held by one record only weighs 1.
fn rarity<'a>(all: impl Iterator<Item = &'a Features>) -> Rarity {
    let mut holders: HashMap<&str, u32> = HashMap::new();
    let mut records = 0_u32;
    for features in all {
        records += 1;
        for word in features.name.words.iter().collect::<BTreeSet<_>>() {
            *holders.entry(word).or_default() += 1;
        }
    }
    let most = f64::from(records.max(1)).ln().max(1.0);
    holders
        .into_iter()
        .map(|(word, count)| {
            let idf = (f64::from(records.max(1)) / f64::from(count)).ln() / most;
            (word.to_owned(), idf.max(0.1))
        })
        .collect()
}

fn keys(features: &Features, rarity: &Rarity) -> BTreeSet<Key> {
    let name = &features.name;
    let mut words: Vec<&String> = name.words.iter().filter(|word| word.chars().count() > 1).collect();
    words.sort_by(|left, right| {
        let weight = |word: &String| rarity.get(word).copied().unwrap_or(1.0);
        weight(right).total_cmp(&weight(left)).then_with(|| left.cmp(right))
    });
    let mut keys: BTreeSet<Key> = words.into_iter().take(RAREST_WORDS).cloned().map(Key::Word).collect();
    if name.squashed.chars().count() >= NAME_START {
        keys.insert(Key::NameStart(name.squashed.chars().take(NAME_START).collect()));
        keys.insert(Key::NameEnd(name.squashed.chars().rev().take(NAME_END).collect()));
    }
    keys.extend(features.emails.iter().cloned().map(Key::Email));
    keys.extend(
        features
            .emails
            .iter()
            .filter_map(|email| own_domain(email))
            .map(|domain| Key::Domain(domain.to_owned())),
    );
    keys.extend(features.phones.iter().cloned().map(Key::Phone));
    if !features.postcode.is_empty() {
        keys.insert(Key::Postcode(features.postcode.clone()));
    }
    keys
}
