//! The filter of the contact list: words and tags, all of which must hold (tui 3.1).
//!
//! ```text
//! smith london       words: of name, organisation, e-mail addresses and codes
//! :overdue>30d       a tag, with a bound where it takes one
//! -:supplier -ltd    not that
//! ```

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::date::days_between;
use super::ids::{ContactId, Side};
use super::listing::{ContactLine, Health};
use super::money::Totals;
use super::normalise::search_key;

/// What a word that begins with a colon can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// Something is overdue; more than an amount, or for more than so many days.
    Overdue,
    /// Something is owed; more than an amount.
    Due,
    /// Linked with a customer.
    Customer,
    /// Linked with a supplier.
    Supplier,
    /// Not linked with KashFlow.
    Unlinked,
    /// A write to it fails.
    Failing,
    /// A question about it waits.
    Question,
    /// Left out or out of reach.
    Excluded,
    /// The two services differ on it.
    Differs,
    /// It looks like another contact.
    Dupes,
    /// A customer or supplier of its name is on the ignored list.
    Ignored,
}

impl Tag {
    /// All tags, in the order in which they are offered.
    pub const ALL: [Self; 11] = [
        Self::Overdue,
        Self::Due,
        Self::Customer,
        Self::Supplier,
        Self::Unlinked,
        Self::Failing,
        Self::Question,
        Self::Excluded,
        Self::Differs,
        Self::Dupes,
        Self::Ignored,
    ];

    /// The tag as it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => ":overdue",
            Self::Due => ":due",
            Self::Customer => ":customer",
            Self::Supplier => ":supplier",
            Self::Unlinked => ":unlinked",
            Self::Failing => ":failing",
            Self::Question => ":question",
            Self::Excluded => ":excluded",
            Self::Differs => ":differs",
            Self::Dupes => ":dupes",
            Self::Ignored => ":ignored",
        }
    }

    /// How a bound on it looks, if it takes one.
    fn bound_like(self) -> Option<&'static str> {
        match self {
            Self::Overdue => Some(":overdue>500 or :overdue>30d"),
            Self::Due => Some(":due>500"),
            Self::Customer
            | Self::Supplier
            | Self::Unlinked
            | Self::Failing
            | Self::Question
            | Self::Excluded
            | Self::Differs
            | Self::Dupes
            | Self::Ignored => None,
        }
    }
}

/// What a filter needs to know beside the lines.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Today in London.
    pub today: Date,
    /// Contacts that look like another one; nothing while nobody has looked, and then `:dupes` holds for all.
    pub duplicates: Option<&'a BTreeSet<ContactId>>,
}

/// A filter, understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    terms: Vec<Term>,
    /// Words that say nothing, each in a sentence with what there is. They filter nothing away.
    pub faults: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    without: bool,
    wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Word(String),
    Tag(Tag),
    Bounded(Tag, Bound),
}

/// More or less than something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    more: bool,
    than: Amount,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    /// In any one currency: they are never added up (design B20).
    Money(Decimal),
    Days(i64),
}

impl ContactFilter {
    /// Understands a filter as typed. Never fails: what says nothing is a fault.
    pub fn parse(text: &str) -> Self {
        let mut filter = Self::default();
        for typed in text.split_whitespace() {
            let (without, word) = match typed.strip_prefix('-') {
                Some("") => continue,
                Some(word) => (true, word),
                None => (false, typed),
            };
            let wanted = match word.strip_prefix(':') {
                Some(tag) => tagged(&tag.to_lowercase()),
                None => Ok(Wanted::Word(search_key(word))),
            };
            match wanted {
                // One written character can be several words of a key; a key without any holds for all.
                Ok(Wanted::Word(key)) => {
                    let words = key.split(' ').filter(|word| !word.is_empty());
                    filter
                        .terms
                        .extend(words.map(|word| Term { without, wanted: Wanted::Word(word.into()) }));
                }
                Ok(wanted) => filter.terms.push(Term { without, wanted }),
                Err(fault) => filter.faults.push(fault),
            }
        }
        filter
    }

    /// Whether it asks which contacts look alike.
    pub fn asks_for_duplicates(&self) -> bool {
        self.terms.iter().any(|term| term.wanted == Wanted::Tag(Tag::Dupes))
    }

    /// Whether a contact has everything that is asked for.
    pub fn lets_through(&self, line: &ContactLine, known: &Known<'_>) -> bool {
        self.terms.iter().all(|term| match holds(&term.wanted, line, known) {
            Some(holds) => holds != term.without,
            None => true,
        })
    }
}

/// The last word of what was typed, completed as far as the tags agree, and those that it can still become. Nothing where
/// it is no beginning of a tag.
pub fn completed(text: &str) -> Option<(String, Vec<Tag>)> {
    let start = text.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
    let (before, word) = text.split_at_checked(start)?;
    let (sign, begun) = word.strip_prefix('-').map_or(("", word), |rest| ("-", rest));
    let begun = begun.to_lowercase();
    if !begun.starts_with(':') {
        return None;
    }
    let fitting: Vec<Tag> = Tag::ALL.into_iter().filter(|tag| tag.word().starts_with(&begun)).collect();
    let (first, others) = fitting.split_first()?;
    let agreed = others.iter().fold(first.word(), |agreed, tag| {
        let same = agreed.bytes().zip(tag.word().bytes()).take_while(|(left, right)| left == right).count();
        agreed.get(..same).unwrap_or(agreed)
    });
    // Done with; a bound can still follow where there is one.
    let end = if others.is_empty() && first.bound_like().is_none() { " " } else { "" };
    Some((format!("{before}{sign}{agreed}{end}"), fitting))
}

fn tagged(typed: &str) -> Result<Wanted, String> {
    let (name, bound) = match typed.find(['>', '<']) {
        Some(place) => (typed.get(..place).unwrap_or(typed), typed.get(place..)),
        None => (typed, None),
    };
    let Some(tag) = Tag::ALL.into_iter().find(|tag| tag.word().strip_prefix(':') == Some(name)) else {
        return Err(unknown(name));
    };
    let Some(bound) = bound else { return Ok(Wanted::Tag(tag)) };
    let Some(like) = tag.bound_like() else {
        return Err(format!("{} takes no bound", tag.word()));
    };
    match understood(tag, bound) {
        Some(bound) => Ok(Wanted::Bounded(tag, bound)),
        None => Err(format!("write {like}")),
    }
}

/// Those that begin so where there are any, else all.
fn unknown(name: &str) -> String {
    let begun = format!(":{name}");
    let words = |fits: &dyn Fn(&str) -> bool| {
        let words: Vec<&str> = Tag::ALL.into_iter().map(Tag::word).filter(|word| fits(word)).collect();
        words.join(" ")
    };
    let near = words(&|word| word.starts_with(&begun));
    match (near.is_empty(), name.is_empty()) {
        (_, true) => format!("there is {}", words(&|_| true)),
        (false, false) => format!("there is {near}"),
        (true, false) => format!("no {begun}; there is {}", words(&|_| true)),
    }
}

fn understood(tag: Tag, bound: &str) -> Option<Bound> {
    let more = bound.starts_with('>');
    let value = bound.get(1..)?.replace(',', "");
    let than = match value.strip_suffix('d') {
        Some(days) if tag == Tag::Overdue => Amount::Days(i64::from(u32::from_str(days).ok()?)),
        Some(_) => return None,
        None => Amount::Money(Decimal::from_str(value.trim_start_matches('£')).ok()?),
    };
    Some(Bound { more, than })
}

/// Whether a contact has what is asked for; nothing where nobody knows yet.
fn holds(wanted: &Wanted, line: &ContactLine, known: &Known<'_>) -> Option<bool> {
    Some(match wanted {
        Wanted::Word(word) => line.search_key.contains(word.as_str()),
        Wanted::Bounded(tag, Bound { more, than }) => {
            let totals = match tag {
                Tag::Overdue => &line.invoices.overdue,
                _ => &line.invoices.outstanding,
            };
            match than {
                Amount::Money(than) => {
                    passes(totals, |amount| if *more { amount > *than } else { amount < *than })
                }
                Amount::Days(than) => {
                    let late = line.invoices.next_due.map_or(0, |due| days_between(due, known.today));
                    passes(totals, |_| true) && if *more { late > *than } else { late < *than }
                }
            }
        }
        Wanted::Tag(tag) => match tag {
            Tag::Overdue => passes(&line.invoices.overdue, |_| true),
            Tag::Due => passes(&line.invoices.outstanding, |amount| amount > Decimal::ZERO),
            Tag::Customer => line.links.iter().any(|link| link.ledger.side == Side::Customer),
            Tag::Supplier => line.links.iter().any(|link| link.ledger.side == Side::Supplier),
            Tag::Unlinked => line.links.is_empty(),
            Tag::Failing => line.health == Health::Failing,
            Tag::Question => line.health == Health::Question,
            Tag::Excluded => line.health == Health::Excluded,
            Tag::Differs => line.differences > 0,
            Tag::Dupes => return known.duplicates.map(|alike| alike.contains(&line.id)),
            Tag::Ignored => line.ignored,
        },
    })
}

/// Whether something that is not nothing passes, in any currency.
fn passes(totals: &Totals, test: impl Fn(Decimal) -> bool) -> bool {
    totals.iter().any(|(_, amount)| test(amount))
}

#[cfg(test)]
mod tests;
