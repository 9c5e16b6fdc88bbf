//! An update of contact details on one side of a link, and what else comparing a link leads to (design B14 to B18).

use std::collections::{BTreeMap, BTreeSet};

use super::details::{Details, Field};
use super::edit::Edit;
use super::ids::{ContactId, LedgerRef};
use super::link::{Base, Link};

/// Contact details to be written to one side of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The linked ledger contact.
    pub ledger: LedgerRef,
    /// The linked contact; none where a record without a link gets another name, as answered (design B12).
    pub contact: Option<ContactId>,
    /// In Capsule: the Contact Person whose name is written, and not the linked contact's.
    pub person: Option<ContactId>,
    /// The name of the record that is written.
    pub name: String,
    /// What is written.
    pub edit: Edit,
    /// What stands on the side that is written, all fields, as known when this was planned.
    pub before: Details,
    /// Why each field is written.
    pub why: BTreeMap<Field, Why>,
}

impl Update {
    /// Whether it gives a ledger contact without a link another name (design B12).
    pub fn is_rename(&self) -> bool {
        self.contact.is_none()
    }

    /// In Capsule: the contact that is written, the linked one or its Contact Person.
    pub fn target(&self) -> Option<ContactId> {
        self.person.or(self.contact)
    }

    /// The fields with their values before and after.
    pub fn lines(&self) -> Vec<(Field, String, String)> {
        let fields = self.edit.fields.iter();
        fields.map(|field| (*field, self.before.text(*field), self.edit.values.text(*field))).collect()
    }

    /// Why it is written, in words; the fields that it is about where there are several reasons.
    pub fn reason(&self) -> String {
        let mut reasons: BTreeMap<Why, Vec<&str>> = BTreeMap::new();
        for (field, why) in &self.why {
            reasons.entry(*why).or_default().push(field.label());
        }
        let alone = reasons.len() == 1;
        let words = reasons.into_iter().map(|(why, fields)| {
            if alone {
                why.sentence().to_owned()
            } else {
                format!("{} {}", fields.join(", "), why.sentence())
            }
        });
        words.collect::<Vec<_>>().join("; ")
    }

    /// The written fields in words.
    pub fn fields_in_words(&self) -> String {
        self.edit.fields.iter().map(|field| field.label()).collect::<Vec<_>>().join(", ")
    }
}

/// Why a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It was changed in Capsule.
    Changed,
    /// It was changed on both sides; Capsule's counts.
    ChangedOnBoth,
    /// It was emptied in Capsule.
    Cleared,
    /// It was changed in KashFlow only, and Capsule's counts.
    Restored,
    /// A person took this side's value.
    Taken,
    /// A person answered so.
    Answered,
}

impl Why {
    /// The reason in a sentence's words.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Changed => "changed in Capsule",
            Self::ChangedOnBoth => "changed on both sides, Capsule's counts",
            Self::Cleared => "emptied in Capsule",
            Self::Restored => "changed only in KashFlow, Capsule's counts",
            Self::Taken => "you took this value",
            Self::Answered => "you answered so",
        }
    }
}

/// Values that become the base of a link; local, nothing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebase {
    /// The link's ledger contact.
    pub ledger: LedgerRef,
    /// The link's contact; a link that joins another by now is left alone.
    pub contact: ContactId,
    /// The fields.
    pub fields: BTreeSet<Field>,
    /// Their values on both sides.
    pub base: Base,
    /// Who is the Contact Person from now on, where that one was merged into another (design B28).
    pub person: Option<ContactId>,
    /// What the sync log says about it.
    pub note: Option<String>,
}

impl Rebase {
    /// The link with the new base; `None` when it is another link by now.
    pub fn apply(&self, link: &Link) -> Option<Link> {
        if link.contact != self.contact {
            return None;
        }
        let mut link = link.clone();
        for field in &self.fields {
            link.settle(*field, &self.base.capsule, &self.base.kashflow);
        }
        link.person = self.person.or(link.person);
        Some(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(why: &[(Field, Why)]) -> Update {
        Update {
            ledger: LedgerRef::customer(1),
            contact: Some(ContactId(1)),
            person: None,
            name: "Ash Tree Ltd".into(),
            edit: Edit { fields: why.iter().map(|(field, _)| *field).collect(), values: Details::default() },
            before: Details::default(),
            why: why.iter().copied().collect(),
        }
    }

    #[test]
    fn b14_a_reason_names_its_fields_only_where_there_are_several_reasons() {
        let one = update(&[(Field::Email, Why::Changed), (Field::Fax, Why::Changed)]);
        assert_eq!(one.reason(), "changed in Capsule");
        let two = update(&[(Field::Email, Why::Changed), (Field::Fax, Why::Taken)]);
        assert_eq!(two.reason(), "E-mail changed in Capsule; Fax you took this value");
    }
}
