//! The score of one pair: evidence per field as log-odds, added up and explained (design B11; weights: matching 5).

use std::collections::HashMap;

use rapidfuzz::distance::jaro_winkler;

use super::name::NameForm;
use super::{Evidence, Reason};
use crate::domain::address::{from_capsule, house_number};
use crate::domain::contact::{Contact, ContactKind};
use crate::domain::ledger::LedgerContact;
use crate::domain::mapping::{as_person, from_ledger};
use crate::domain::normalise::{email_key, email_list, phone_key, postcode_key};

/// Everything about one record that is compared, ready for comparing.
#[derive(Debug, Clone, Default)]
pub(super) struct Features {
    /// The name taken apart.
    pub(super) name: NameForm,
    /// E-mail addresses, folded.
    pub(super) emails: Vec<String>,
    /// Last nine digits of every phone and mobile number.
    pub(super) phones: Vec<String>,
    /// Postcode without blanks, upper case.
    pub(super) postcode: String,
    /// House number of the first address.
    pub(super) house: Option<String>,
    /// One person, and not a firm; `None` where it cannot be told.
    pub(super) is_person: Option<bool>,
}

impl Features {
    /// Of a contact: all its rows.
    pub(super) fn of_contact(contact: &Contact) -> Self {
        let address = contact.addresses.first().map(from_capsule).unwrap_or_default();
        Self {
            name: NameForm::of(&contact.name()),
            emails: contact
                .emails
                .iter()
                .map(|row| email_key(&row.address))
                .filter(|email| email.contains('@'))
                .collect(),
            phones: contact.phones.iter().filter_map(|row| phone_tail(&row.number)).collect(),
            postcode: postcode_key(&address.postcode),
            house: house_number(&address),
            is_person: Some(matches!(contact.kind, ContactKind::Person { .. })),
        }
    }

    /// Of a ledger contact: its primary contact and first address.
    pub(super) fn of_ledger(ledger: &LedgerContact) -> Self {
        let details = from_ledger(ledger);
        Self {
            name: NameForm::of(&details.name),
            emails: email_list(&ledger.contact.email)
                .map(email_key)
                .filter(|email| email.contains('@'))
                .collect(),
            phones: [&details.phone, &details.mobile]
                .into_iter()
                .filter_map(|number| phone_tail(number))
                .collect(),
            postcode: postcode_key(&details.address.postcode),
            house: house_number(&details.address),
            // A firm's name with the owner as its contact says nothing; a person's own name says "person".
            is_person: as_person(ledger).map(|_| true),
        }
    }
}

/// The judgement of one pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Sum of the reasons' weights.
    pub logit: f64,
    /// In the strong band: an identifier is equal, no guard applies and no word is left over on both sides.
    pub strong: bool,
    /// An e-mail, phone, or postcode is equal (design B9).
    pub identifier: bool,
    /// The numbers in the names differ and no e-mail, phone, or postcode and house number is equal (design B9).
    pub barred: bool,
    /// Plus and minus per field.
    pub reasons: Vec<Reason>,
}

/// Below this sum a pair is not suggested: `p = 0.73`.
const SUGGEST: f64 = 1.0;
/// From this sum a pair may be in the strong band: `p = 0.993`.
const STRONG: f64 = 5.0;

impl Score {
    /// The probability that the two are the same, 0 to 1.
    pub fn probability(&self) -> f64 {
        1.0 / (1.0 + (-self.logit).exp())
    }

    /// Whether a person should be asked (design B9).
    pub fn is_suggestion(&self) -> bool {
        self.logit >= SUGGEST && !self.barred
    }
}

/// How rare each word is in the user's own data: weight by word; unknown words count as the rarest.
pub(super) type Rarity = HashMap<String, f64>;

/// Judges a pair. Symmetric in its two records.
pub(super) fn score(left: &Features, right: &Features, rarity: &Rarity) -> Score {
    let likeness = name_likeness(&left.name, &right.name, rarity);
    let mut reasons =
        vec![Reason { field: Evidence::Name, weight: name_weight(likeness.value), text: likeness.words() }];
    let email = shared(&left.emails, &right.emails);
    let phone = shared(&left.phones, &right.phones);
    let postcode = !left.postcode.is_empty() && left.postcode == right.postcode;
    let house = left.house.is_some() && left.house == right.house;
    reasons.extend(email_reason(left, right, email));
    if phone {
        reasons.push(reason(Evidence::Phone, 4.0, "same phone number"));
    } else if !left.phones.is_empty() && !right.phones.is_empty() {
        reasons.push(reason(Evidence::Phone, -0.8, "phone numbers differ"));
    }
    reasons.extend(place_reasons(left, right, postcode, house));
    if let (Some(left), Some(right)) = (left.is_person, right.is_person)
        && left != right
    {
        reasons.push(reason(Evidence::Kind, -3.0, "one is a person, the other a firm"));
    }
    let logit = reasons.iter().map(|reason| reason.weight).sum();
    let identifier = email || phone || postcode;
    let strong = logit >= STRONG && identifier && !likeness.guarded && !likeness.leftovers;
    let barred = left.name.numbers != right.name.numbers && !(email || phone || (postcode && house));
    Score { logit, strong, identifier, barred, reasons }
}

fn reason(field: Evidence, weight: f64, text: &str) -> Reason {
    Reason { field, weight, text: text.to_owned() }
}

fn email_reason(left: &Features, right: &Features, equal: bool) -> Option<Reason> {
    if equal {
        return Some(reason(Evidence::Email, 5.0, "same e-mail address"));
    }
    let shares_domain =
        left.emails.iter().filter_map(|email| own_domain(email)).any(|domain| {
            right.emails.iter().filter_map(|email| own_domain(email)).any(|other| other == domain)
        });
    shares_domain.then(|| reason(Evidence::Email, 3.0, "e-mail at the same firm's domain"))
}

fn place_reasons(left: &Features, right: &Features, postcode: bool, house: bool) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if postcode {
        reasons.push(reason(Evidence::Postcode, 2.5, "same postcode"));
        if house {
            reasons.push(reason(Evidence::Street, 1.0, "same house number"));
        } else if left.house.is_some() && right.house.is_some() {
            reasons.push(reason(Evidence::Street, -2.0, "house numbers differ"));
        }
    } else if !left.postcode.is_empty() && !right.postcode.is_empty() {
        let near = district(&left.postcode) == district(&right.postcode);
        let (weight, text) =
            if near { (-0.3, "postcodes differ, same district") } else { (-1.8, "postcodes differ") };
        reasons.push(reason(Evidence::Postcode, weight, text));
    }
    reasons
}

/// The likeness of two names.
struct Likeness {
    value: f64,
    guarded: bool,
    leftovers: bool,
}

impl Likeness {
    fn words(&self) -> String {
        let text = match self.value {
            value if value >= 1.0 => "names agree but for legal form or spelling conventions",
            value if value >= 0.97 => "names have the same words",
            value if value >= 0.9 => "names are nearly the same",
            value if value >= 0.82 => "names are alike",
            value if value >= 0.6 => "names share something",
            _ => "names differ",
        };
        if self.guarded {
            format!("{text}, but a number, compass word or legal form differs")
        } else {
            text.to_owned()
        }
    }
}

fn name_likeness(left: &NameForm, right: &NameForm, rarity: &Rarity) -> Likeness {
    let sorted = |form: &NameForm| {
        let mut words = form.words.clone();
        words.sort();
        words
    };
    let (mut value, leftovers) = if left.words.is_empty() || right.words.is_empty() {
        (0.0, true)
    } else if left.words == right.words {
        (1.0, false)
    } else if left.squashed == right.squashed {
        (0.99, false)
    } else if sorted(left) == sorted(right) {
        (0.97, false)
    } else {
        let (forth, left_over) = covered(left, right, rarity);
        let (back, right_over) = covered(right, left, rarity);
        let leftovers = left_over && right_over;
        let whole = jaro_winkler::similarity(left.squashed.chars(), right.squashed.chars());
        // Jaro-Winkler is kind to a common start: below 0.85, or with an unexplained word on both sides, it says little.
        let whole = if whole >= 0.85 && !leftovers { whole } else { whole * 0.4 };
        (f64::midpoint(forth, back).max(whole), leftovers)
    };
    let mut guarded = false;
    let mut cap = |applies: bool, most: f64| {
        if applies {
            guarded = true;
            value = f64::min(value, most);
        }
    };
    cap(left.numbers != right.numbers, 0.80);
    cap(left.compass != right.compass && !(left.compass.is_empty() && right.compass.is_empty()), 0.85);
    cap(matches!((left.legal_form, right.legal_form), (Some(left), Some(right)) if left != right), 0.90);
    Likeness { value, guarded, leftovers }
}

/// How much of the first name's weight the second one covers, word by word, and whether a content word is left over.
fn covered(name: &NameForm, by: &NameForm, rarity: &Rarity) -> (f64, bool) {
    let (mut total, mut found, mut leftover) = (0.0, 0.0, false);
    for word in &name.words {
        let weight = rarity.get(word).copied().unwrap_or(1.0);
        let best = by.words.iter().map(|other| alike(word, other)).fold(0.0, f64::max);
        total += weight;
        if best >= 0.88 {
            found += weight * best;
        } else if word.chars().count() > 2 && word != "and" {
            leftover = true;
        }
    }
    (if total > 0.0 { found / total } else { 0.0 }, leftover)
}

/// Likeness of two words: equal, an initial of the other, or by Jaro-Winkler.
fn alike(left: &str, right: &str) -> f64 {
    let is_initial = |short: &str, long: &str| short.chars().count() == 1 && long.starts_with(short);
    if left == right {
        1.0
    } else if is_initial(left, right) || is_initial(right, left) {
        0.9
    } else {
        jaro_winkler::similarity(left.chars(), right.chars())
    }
}

/// From -6 (nothing alike) over +1 (0.82) to +6.5 (the same), straight lines between (matching 5).
fn name_weight(value: f64) -> f64 {
    if value < 0.82 { -6.0 + value / 0.82 * 7.0 } else { 1.0 + (value - 0.82) / 0.18 * 5.5 }
}

fn shared(left: &[String], right: &[String]) -> bool {
    left.iter().any(|value| right.contains(value))
}

/// The last nine digits of a number that has at least that many.
fn phone_tail(number: &str) -> Option<String> {
    let key = phone_key(number);
    (key.len() >= 9).then(|| key.chars().skip(key.len() - 9).collect())
}

/// The outward part of a postcode: all but the last three characters.
fn district(postcode: &str) -> String {
    postcode.chars().take(postcode.chars().count().saturating_sub(3)).collect()
}

/// The domain of an address, unless it is a public mail host.
pub(super) fn own_domain(email: &str) -> Option<&str> {
    let (_, domain) = email.rsplit_once('@')?;
    (!PUBLIC_HOSTS.contains(&domain)).then_some(domain)
}

/// Mail hosts at which anybody may have an address: sharing one says nothing.
const PUBLIC_HOSTS: &[&str] = &[
    "aol.com",
    "blueyonder.co.uk",
    "btconnect.com",
    "btinternet.com",
    "fastmail.com",
    "gmail.com",
    "gmx.com",
    "googlemail.com",
    "hotmail.co.uk",
    "hotmail.com",
    "icloud.com",
    "live.co.uk",
    "live.com",
    "mac.com",
    "mail.com",
    "me.com",
    "msn.com",
    "ntlworld.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "sky.com",
    "talktalk.net",
    "tiscali.co.uk",
    "virginmedia.com",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.ie",
    "zoho.com",
];
