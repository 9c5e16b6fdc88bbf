//! Where each record lies: the tree, and a key that sorts like the ids in it (rule 9).

use std::fmt::Write;

use crate::domain::document::DocumentRef;
use crate::domain::ids::{ContactId, LedgerRef, Side};
use crate::domain::local::RecordRef;

/// The trees of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tree {
    /// Schema version and serial.
    Meta,
    /// What was last read; can be read again.
    Seen,
    /// What only we know.
    Local,
    /// Runs and the journal.
    History,
}

impl Tree {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Meta, Self::Seen, Self::Local, Self::History];

    /// The name in the database and in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Seen => "seen",
            Self::Local => "local",
            Self::History => "history",
        }
    }
}

/// What one part of a key is.
#[derive(Debug, Clone, Copy)]
enum Part {
    Side,
    Signed,
    Unsigned,
}

/// Defines the kinds of record: tag byte, tree, name, and the parts of the key after the tag. A tag is never given anew.
macro_rules! tags {
    ($($tag:ident = $byte:literal in $tree:ident: $name:literal [$($part:ident),*];)*) => {
        /// What kind of record a key leads to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Tag {
            $(#[doc = $name] $tag,)*
        }

        impl Tag {
            fn byte(self) -> u8 {
                match self { $(Self::$tag => $byte,)* }
            }

            /// The tag that stands at the start of a key.
            pub(super) fn of(key: &[u8]) -> Option<Self> {
                match key.first()? {
                    $($byte => Some(Self::$tag),)*
                    _ => None,
                }
            }

            /// The tree that such records lie in.
            pub(super) fn tree(self) -> Tree {
                match self { $(Self::$tag => Tree::$tree,)* }
            }

            fn name(self) -> &'static str {
                match self { $(Self::$tag => $name,)* }
            }

            fn parts(self) -> &'static [Part] {
                match self { $(Self::$tag => &[$(Part::$part),*],)* }
            }
        }
    };
}

tags! {
    Schema = 1 in Meta: "schema version" [];
    Serial = 2 in Meta: "serial" [];
    Contact = 16 in Seen: "contact" [Signed];
    Ledger = 17 in Seen: "ledger contact" [Side, Signed];
    Document = 18 in Seen: "document" [Side, Signed];
    Accounts = 19 in Seen: "accounts" [];
    Link = 32 in Local: "link" [Side, Signed];
    Question = 33 in Local: "question" [Unsigned];
    Ignored = 34 in Local: "ignored" [Side, Signed];
    Never = 35 in Local: "never" [Side, Signed, Signed];
    FailingContact = 36 in Local: "failing contact" [Signed];
    FailingLedger = 37 in Local: "failing ledger contact" [Side, Signed];
    Intent = 38 in Local: "intent" [Unsigned];
    Deleted = 39 in Local: "deleted contact" [Signed];
    Hidden = 40 in Local: "hidden contact" [Signed];
    Progress = 41 in Local: "progress" [];
    Missing = 42 in Local: "missing ledger contact" [Side, Signed];
    Run = 48 in History: "run" [Unsigned];
    RunPart = 49 in History: "part of run" [Unsigned, Unsigned];
    Entry = 50 in History: "journal entry" [Unsigned];
    Undone = 51 in History: "undo mark" [Unsigned];
}

/// The tag byte of chunks: the key of a chunk is this, the record's own key, and the chunk's place as two bytes.
pub(super) const CHUNK: u8 = 255;

/// A record's key, with its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// The tree.
    pub(super) tree: Tree,
    /// Tag byte and big-endian integers.
    pub(super) bytes: Vec<u8>,
}

impl Key {
    /// The key of a record of which there is only one, or the start of a longer key.
    pub(super) fn of(tag: Tag) -> Self {
        let mut bytes = Vec::with_capacity(18);
        bytes.push(tag.byte());
        Self { tree: tag.tree(), bytes }
    }

    /// A contact's record of some kind.
    pub(super) fn contact(tag: Tag, id: ContactId) -> Self {
        Self::of(tag).signed(id.0)
    }

    /// A ledger contact's record of some kind.
    pub(super) fn ledger(tag: Tag, ledger: LedgerRef) -> Self {
        Self::of(tag).side(ledger.side).signed(ledger.id.0)
    }

    /// A document.
    pub(super) fn document(document: DocumentRef) -> Self {
        Self::of(Tag::Document).side(document.side).signed(document.id)
    }

    /// A pair that is not the same.
    pub(super) fn never(ledger: LedgerRef, contact: ContactId) -> Self {
        Self::ledger(Tag::Never, ledger).signed(contact.0)
    }

    /// A failing record.
    pub(super) fn failing(record: RecordRef) -> Self {
        match record {
            RecordRef::Contact(id) => Self::contact(Tag::FailingContact, id),
            RecordRef::Ledger(ledger) => Self::ledger(Tag::FailingLedger, ledger),
        }
    }

    /// A record that is counted up from 1.
    pub(super) fn numbered(tag: Tag, number: u64) -> Self {
        let mut key = Self::of(tag);
        key.bytes.extend(number.to_be_bytes());
        key
    }

    /// A part of a run, counted from 0.
    pub(super) fn run_part(run: u64, part: u64) -> Self {
        let mut key = Self::numbered(Tag::RunPart, run);
        key.bytes.extend(part.to_be_bytes());
        key
    }

    /// A chunk of this record, counted from 0.
    pub(super) fn chunk(&self, place: u16) -> Vec<u8> {
        chunk_key(&self.bytes, place)
    }

    fn side(mut self, side: Side) -> Self {
        self.bytes.push(match side {
            Side::Customer => 0,
            Side::Supplier => 1,
        });
        self
    }

    /// Big-endian with the sign bit turned round, so that negative ids sort before positive ones.
    fn signed(mut self, id: i64) -> Self {
        self.bytes.extend((id.cast_unsigned() ^ SIGN).to_be_bytes());
        self
    }

    /// Tree and record in words: `local: link customer 5`.
    pub(super) fn name(&self) -> String {
        name(self.tree, &self.bytes)
    }
}

const SIGN: u64 = 1 << 63;

/// The key of a chunk of the record under `key`.
pub(super) fn chunk_key(key: &[u8], place: u16) -> Vec<u8> {
    let mut chunk = Vec::with_capacity(key.len() + 3);
    chunk.push(CHUNK);
    chunk.extend(key);
    chunk.extend(place.to_be_bytes());
    chunk
}

/// The integers of a key in order; sides as 0 and 1. `None` when the key has not the length that its tag asks for.
pub(super) fn numbers(key: &[u8]) -> Option<(Tag, Vec<i64>)> {
    let tag = Tag::of(key)?;
    let mut rest = key.get(1..)?;
    let mut numbers = Vec::new();
    for part in tag.parts() {
        match part {
            Part::Side => {
                let (side, after) = rest.split_first()?;
                numbers.push(i64::from(*side));
                rest = after;
            }
            Part::Signed | Part::Unsigned => {
                let (bytes, after) = rest.split_first_chunk::<8>()?;
                let raw = u64::from_be_bytes(*bytes);
                let flip = if matches!(part, Part::Signed) { SIGN } else { 0 };
                numbers.push((raw ^ flip).cast_signed());
                rest = after;
            }
        }
    }
    rest.is_empty().then_some((tag, numbers))
}

/// A key in words, for messages: tree, kind and numbers; bytes where they make no sense.
pub(super) fn name(tree: Tree, key: &[u8]) -> String {
    let mut name = format!("{}: ", tree.name());
    if let Some((tag, numbers)) = numbers(key) {
        name.push_str(tag.name());
        let sides = tag.parts().iter().map(|part| matches!(part, Part::Side));
        for (number, is_side) in numbers.iter().zip(sides) {
            let _ = match (is_side, number) {
                (true, 0) => write!(name, " {}", Side::Customer.word()),
                (true, _) => write!(name, " {}", Side::Supplier.word()),
                (false, number) => write!(name, " {number}"),
            };
        }
    } else {
        name.push_str("key ");
        for byte in key {
            let _ = write!(name, "{byte:02x}");
        }
    }
    name
}

/// The ledger contact that a key of a side and an id names.
pub(super) fn ledger_ref(key: &[u8]) -> Option<LedgerRef> {
    match numbers(key)?.1.as_slice() {
        [0, id] => Some(LedgerRef::customer(*id)),
        [1, id] => Some(LedgerRef::supplier(*id)),
        _ => None,
    }
}

/// The ledger contact and the contact that a [`Tag::Never`] key names, or the one number of other keys.
pub(super) fn never_pair(key: &[u8]) -> Option<(LedgerRef, ContactId)> {
    let (Tag::Never, numbers) = numbers(key)? else {
        return None;
    };
    let [side, ledger, contact] = *numbers.as_slice() else {
        return None;
    };
    let ledger = match side {
        0 => LedgerRef::customer(ledger),
        1 => LedgerRef::supplier(ledger),
        _ => return None,
    };
    Some((ledger, ContactId(contact)))
}

/// The number in a key that has just one.
pub(super) fn only_number(key: &[u8]) -> Option<i64> {
    match numbers(key)?.1.as_slice() {
        [number] => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_sort_like_their_ids(a in any::<i64>(), b in any::<i64>()) {
            let key = |id| Key::contact(Tag::Contact, ContactId(id)).bytes;
            prop_assert_eq!(key(a).cmp(&key(b)), a.cmp(&b));
            prop_assert_eq!(only_number(&key(a)), Some(a));
        }

        #[test]
        fn a_never_pair_is_read_from_its_key(ledger in any::<i64>(), contact in any::<i64>()) {
            for ledger in [LedgerRef::customer(ledger), LedgerRef::supplier(ledger)] {
                let key = Key::never(ledger, ContactId(contact));
                prop_assert_eq!(never_pair(&key.bytes), Some((ledger, ContactId(contact))));
            }
        }
    }

    #[test]
    fn keys_have_names_for_people() {
        for (key, name) in [
            (Key::ledger(Tag::Link, LedgerRef::supplier(-5)), "local: link supplier -5"),
            (Key::contact(Tag::Contact, ContactId(7)), "seen: contact 7"),
            (Key::run_part(3, 1), "history: part of run 3 1"),
            (Key::of(Tag::Progress), "local: progress"),
        ] {
            assert_eq!(key.name(), name);
        }
        assert_eq!(super::name(Tree::Seen, &[9, 1]), "seen: key 0901");
        assert_eq!(super::name(Tree::Seen, &[16, 1]), "seen: key 1001");
    }
}
