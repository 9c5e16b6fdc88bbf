//! Closed enums stored as their words; a word that is none of theirs makes the record unreadable.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Stored;
use crate::domain::contact::{PhoneKind, SummaryField};
use crate::domain::deletion::LedgerStep;
use crate::domain::details::Field;
use crate::domain::guard::List;
use crate::domain::ids::{Service, Side};
use crate::domain::journal::{Action, Place};
use crate::domain::link::LinkReason;
use crate::domain::matching::Evidence;
use crate::domain::money::Currency;
use crate::domain::question::{Band, QuestionKind};
use crate::domain::refused::CredentialsPart;
use crate::domain::removal::RemovalKind;
use crate::domain::run::{Outcome, Trigger};
use crate::domain::trouble::TroubleCode;

/// A value that is stored as its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Word<T>(pub(super) T);

/// What has a word, and is found again by it.
pub(super) trait Worded: Sized {
    /// The word.
    fn word(&self) -> &str;
    /// What the word stands for.
    fn from_word(word: &str) -> Option<Self>;
}

/// Words of an enum, spelled here or by one of its methods. The match is exhaustive, so a new variant does not compile
/// until it can be read back.
macro_rules! worded {
    ($type:ident: $($variant:ident = $word:expr),+ $(,)?) => {
        impl Worded for $type {
            fn word(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            fn from_word(word: &str) -> Option<Self> {
                [$(Self::$variant),+].into_iter().find(|value| Worded::word(value) == word)
            }
        }
    };
    ($type:ident by $method:ident: $($variant:ident),+ $(,)?) => {
        worded!($type: $($variant = $type::$variant.$method()),+);
    };
}

worded!(Side by word: Customer, Supplier);
worded!(Service by name: Capsule, KashFlow);
worded!(PhoneKind: Fax = "fax", Mobile = "mobile", Other = "other");
worded!(SummaryField by name: Id, Code, Balance, Overdue, NextDue, Status, Link);
worded!(LinkReason: Marker = "marker", ExactName = "exact_name", SameName = "same_name", Suggested = "suggested",
    Answer = "answer", ByHand = "by_hand", Created = "created", Exported = "exported", Merged = "merged");
worded!(QuestionKind by word: SeveralMatches, SuggestedMatch, SameName, NameMismatch, FieldMismatch, ClearedField,
    DeletedInCapsule, DeletedInKashFlow, MassChange);
worded!(Field by word: Name, Email, Phone, Fax, Mobile, Website, Address, ContactPerson);
worded!(RemovalKind by word: Archive, DeleteInKashFlow, DeleteInCapsule);
worded!(LedgerStep by word: Archive, Delete, Leave);
worded!(Band by word: Strong, Possible);
worded!(CredentialsPart by word: Password, MemorableWord);
worded!(TroubleCode by word: WrongCredentials, WrongMemorableWord, PasswordExpired, AccountLocked, ApiOff, IpBlocked,
    SubscriptionExpired, TokenInvalid, TokenScope, RateLimited, Unreachable);
worded!(List by word: Contacts, Customers, Suppliers);
worded!(Evidence by word: Name, Email, Phone, Postcode, Street, Kind);
worded!(Trigger by word: Timer, Person);
worded!(Outcome by word: Ok, Attention, Stopped, Failed);
worded!(Place by word: Capsule, KashFlow, Local);
worded!(Action by word: Link, Unlink, Create, Update, Summary, Export, Rename, Archive, Unarchive, Delete, Merge, Ignore,
    Never, Answer, Take, Setting);

impl Worded for Currency {
    fn word(&self) -> &str {
        self.code()
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::parse(word)
    }
}

impl<T: Worded> Stored<T> for Word<T> {
    fn stored(value: T) -> Self {
        Self(value)
    }

    fn restored(self) -> T {
        self.0
    }
}

impl<T: Worded> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de, T: Worded> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WordVisitor(PhantomData))
    }
}

struct WordVisitor<T>(PhantomData<T>);

impl<T: Worded> Visitor<'_> for WordVisitor<T> {
    type Value = Word<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a known word")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
        T::from_word(word).map(Word).ok_or_else(|| E::custom(format_args!("unknown word \"{word}\"")))
    }
}
