//! Stored shapes of the domain's records, apart from the domain's own types, so that either can change alone.
//!
//! Each shape is one table made by [`record!`]: field, type, short stored name. A `must` field has to be there when the
//! record is read; a `may` field is left out while it holds its default, which is also what an older record without it
//! reads as: that is how a shape grows. Closed enums are stored as their words, decimals and times as exact text.
//! How a shape becomes bytes is in `codec`, where it lies is in `key`.

pub(super) mod history;
pub(super) mod local;
pub(super) mod question;
pub(super) mod seen;
mod word;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use self::word::Word;
use crate::domain::document::DocumentRef;
use crate::domain::ids::{
    ContactId, DefinitionId, EntryId, IntentId, LedgerId, LedgerRef, QuestionId, RowId, RunId, Side,
};

/// The stored form of a domain value `D`, both ways. Going back cannot fail: what makes no sense is refused earlier, by
/// serde, while the record is read.
pub(super) trait Stored<D>: Sized {
    /// The value as it is stored.
    fn stored(value: D) -> Self;
    /// The stored value as the domain has it.
    fn restored(self) -> D;
}

/// Defines a stored record: its struct, and both ways between it and the domain's struct. The patterns name every field,
/// so a field added to the domain does not compile until it is stored.
macro_rules! record {
    ($(#[$meta:meta])* $record:ident = $domain:ident
     must { $($must:ident: $must_type:ty = $must_name:literal),* $(,)? }
     may { $($may:ident: $may_type:ty = $may_name:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(in crate::store) struct $record {
            $(#[serde(rename = $must_name)] $must: $must_type,)*
            $(#[serde(rename = $may_name, default, skip_serializing_if = "crate::store::records::is_default")]
              $may: $may_type,)*
        }

        impl From<$domain> for $record {
            fn from(value: $domain) -> Self {
                let $domain { $($must,)* $($may,)* } = value;
                Self {
                    $($must: crate::store::records::Stored::stored($must),)*
                    $($may: crate::store::records::Stored::stored($may),)*
                }
            }
        }

        impl From<$record> for $domain {
            fn from(record: $record) -> Self {
                let $record { $($must,)* $($may,)* } = record;
                Self {
                    $($must: crate::store::records::Stored::restored($must),)*
                    $($may: crate::store::records::Stored::restored($may),)*
                }
            }
        }

        crate::store::records::stored_by_from!($record = $domain);
    };
}

/// [`Stored`] for a shape that has `From` both ways.
macro_rules! stored_by_from {
    ($record:ident = $domain:ident) => {
        impl crate::store::records::Stored<$domain> for $record {
            fn stored(value: $domain) -> Self {
                value.into()
            }

            fn restored(self) -> $domain {
                self.into()
            }
        }
    };
}

use {record, stored_by_from};

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

macro_rules! stored_as_itself {
    ($($type:ty),*) => {
        $(impl Stored<$type> for $type {
            fn stored(value: $type) -> Self {
                value
            }

            fn restored(self) -> $type {
                self
            }
        })*
    };
}

stored_as_itself!(bool, i64, u8, u32, u64, usize, f64, String, Timestamp, Date, Decimal);

macro_rules! stored_as_number {
    ($($id:ident: $number:ty),*) => {
        $(impl Stored<$id> for $number {
            fn stored(value: $id) -> Self {
                value.0
            }

            fn restored(self) -> $id {
                $id(self)
            }
        })*
    };
}

stored_as_number!(ContactId: i64, LedgerId: i64, RowId: i64, DefinitionId: i64);
stored_as_number!(RunId: u64, QuestionId: u64, EntryId: u64, IntentId: u64);

/// A side and a number, as a ledger contact's and a document's identity are stored.
pub(super) type SideAndId = (Word<Side>, i64);

impl Stored<LedgerRef> for SideAndId {
    fn stored(value: LedgerRef) -> Self {
        (Word(value.side), value.id.0)
    }

    fn restored(self) -> LedgerRef {
        LedgerRef { side: self.0.0, id: LedgerId(self.1) }
    }
}

impl Stored<DocumentRef> for SideAndId {
    fn stored(value: DocumentRef) -> Self {
        (Word(value.side), value.id)
    }

    fn restored(self) -> DocumentRef {
        DocumentRef { side: self.0.0, id: self.1 }
    }
}

impl<D, R: Stored<D>> Stored<Option<D>> for Option<R> {
    fn stored(value: Option<D>) -> Self {
        value.map(R::stored)
    }

    fn restored(self) -> Option<D> {
        self.map(R::restored)
    }
}

impl<D, R: Stored<D>> Stored<Vec<D>> for Vec<R> {
    fn stored(value: Vec<D>) -> Self {
        value.into_iter().map(R::stored).collect()
    }

    fn restored(self) -> Vec<D> {
        self.into_iter().map(R::restored).collect()
    }
}

impl<D: Ord, R: Stored<D> + Ord> Stored<BTreeSet<D>> for BTreeSet<R> {
    fn stored(value: BTreeSet<D>) -> Self {
        value.into_iter().map(R::stored).collect()
    }

    fn restored(self) -> BTreeSet<D> {
        self.into_iter().map(R::restored).collect()
    }
}

impl<D: Ord, E, R: Stored<D> + Ord, S: Stored<E>> Stored<BTreeMap<D, E>> for BTreeMap<R, S> {
    fn stored(value: BTreeMap<D, E>) -> Self {
        value.into_iter().map(|(key, value)| (R::stored(key), S::stored(value))).collect()
    }

    fn restored(self) -> BTreeMap<D, E> {
        self.into_iter().map(|(key, value)| (key.restored(), value.restored())).collect()
    }
}

impl<D, E, R: Stored<D>, S: Stored<E>> Stored<(D, E)> for (R, S) {
    fn stored((first, second): (D, E)) -> Self {
        (R::stored(first), S::stored(second))
    }

    fn restored(self) -> (D, E) {
        (self.0.restored(), self.1.restored())
    }
}
