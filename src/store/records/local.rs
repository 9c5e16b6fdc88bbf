//! What cannot be read from the services again: links, ignored and failing records, intents, progress.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::word::Word;
use super::{SideAndId, Stored, record, stored_by_from};
use crate::domain::contact::SummaryField;
use crate::domain::deletion::{BegunDelete, LedgerStep};
use crate::domain::details::{Details, Field, PostalAddress};
use crate::domain::edit::Edit;
use crate::domain::guard::{List, MassChange};
use crate::domain::ids::{ContactId, EntryId, Service};
use crate::domain::link::{Base, Link, LinkReason, Mark, Streak};
use crate::domain::local::{
    Binding, Failing, Ignored, Initial, Intent, IntentAction, Missing, Progress, RecordRef,
};
use crate::domain::merging::{AnnouncedMerge, BegunMerge};
use crate::domain::refused::{CredentialsMark, CredentialsPart, RefusedCredentials};
use crate::domain::removal::{Removal, RemovalKind};
use crate::domain::trouble::TroubleCode;

record! {
    /// A link.
    LinkRecord = Link
    must {
        ledger: SideAndId = "ledger",
        contact: i64 = "contact",
        since: Timestamp = "since",
        reason: Word<LinkReason> = "reason",
    }
    may {
        base: BaseRecord = "base",
        person: Option<i64> = "person",
        taken: BTreeMap<Word<Field>, MarkRecord> = "taken",
        streaks: BTreeMap<Word<Field>, StreakRecord> = "streaks",
    }
}

record! {
    /// Whose value of a field was taken, and what was seen then.
    MarkRecord = Mark
    must { side: Word<Service> = "side" }
    may { seen: Option<u32> = "seen" }
}

record! {
    /// How often a field was written in a row.
    StreakRecord = Streak
    must { times: u32 = "n", last: Timestamp = "at" }
    may { values: BTreeSet<u32> = "v" }
}

record! {
    /// Both sides' values when last agreed on.
    #[derive(Default)]
    BaseRecord = Base
    must {}
    may { capsule: DetailsRecord = "c", kashflow: DetailsRecord = "k" }
}

record! {
    /// The mapped fields' values on one side.
    #[derive(Default)]
    DetailsRecord = Details
    must {}
    may {
        name: String = "n",
        email: String = "e",
        phone: String = "p",
        fax: String = "f",
        mobile: String = "m",
        website: String = "w",
        address: PostalAddressRecord = "a",
        contact_person: String = "c",
    }
}

record! {
    /// A postal address as lines.
    #[derive(Default)]
    PostalAddressRecord = PostalAddress
    must {}
    may { lines: Vec<String> = "l", postcode: String = "p", country: String = "c" }
}

record! {
    /// A ledger contact left out for good.
    IgnoredRecord = Ignored
    must { ledger: SideAndId = "ledger", since: Timestamp = "since" }
    may { code: String = "code", name: String = "name" }
}

record! {
    /// A ledger contact that KashFlow's lists no longer hold.
    MissingRecord = Missing
    must { since: u64 = "since" }
    may { gone: bool = "gone" }
}

record! {
    /// An archive or a delete that was answered.
    RemovalRecord = Removal
    must {
        kind: Word<RemovalKind> = "kind",
        ledger: SideAndId = "ledger",
        contact: i64 = "contact",
        question: u64 = "question",
    }
    may {}
}

/// A record on either side.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum RecordRefRecord {
    Contact(i64),
    Ledger(SideAndId),
}

impl From<RecordRef> for RecordRefRecord {
    fn from(record: RecordRef) -> Self {
        match record {
            RecordRef::Contact(id) => Self::Contact(id.0),
            RecordRef::Ledger(ledger) => Self::Ledger(Stored::stored(ledger)),
        }
    }
}

impl From<RecordRefRecord> for RecordRef {
    fn from(record: RecordRefRecord) -> Self {
        match record {
            RecordRefRecord::Contact(id) => Self::Contact(ContactId(id)),
            RecordRefRecord::Ledger(ledger) => Self::Ledger(ledger.restored()),
        }
    }
}

stored_by_from!(RecordRefRecord = RecordRef);

record! {
    /// A delete of a contact that a person asked for.
    BegunDeleteRecord = BegunDelete
    must { contact: i64 = "contact", step: Word<LedgerStep> = "step" }
    may { name: String = "name", sending: Option<RecordRefRecord> = "sending" }
}

record! {
    /// A merge of two contacts that a person asked for.
    BegunMergeRecord = BegunMerge
    must { keep: i64 = "keep", other: i64 = "other" }
    may { other_name: String = "other_name", deleting: bool = "deleting" }
}

record! {
    /// A record that could not be written.
    FailingRecord = Failing
    must { record: RecordRefRecord = "record", next_try: Timestamp = "next_try" }
    may {
        name: String = "name",
        reason: String = "reason",
        remedy: String = "remedy",
        attempts: u32 = "attempts",
        fingerprint: u64 = "fingerprint",
    }
}

record! {
    /// A remote write that was begun.
    IntentRecord = Intent
    must {
        id: u64 = "id",
        action: IntentActionRecord = "action",
        run: u64 = "run",
        at: Timestamp = "at",
    }
    may { attempts: u32 = "attempts", probes: u32 = "probes" }
}

record! {
    /// Contact details to be written.
    EditRecord = Edit
    must { fields: BTreeSet<Word<Field>> = "fields" }
    may { values: DetailsRecord = "values" }
}

/// What an intent is about.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum IntentActionRecord {
    CreateContact {
        ledgers: Vec<SideAndId>,
        #[serde(default)]
        name: String,
    },
    UpdateLedger {
        ledger: SideAndId,
        edit: EditRecord,
        before: DetailsRecord,
    },
    UpdateContact {
        ledger: SideAndId,
        contact: i64,
        edit: EditRecord,
        before: DetailsRecord,
    },
    WriteSummary {
        contact: i64,
        #[serde(default)]
        fields: Vec<(Word<SummaryField>, Option<String>)>,
    },
    Undo(u64),
    Export {
        contact: i64,
        #[serde(default)]
        person: Option<i64>,
        code: String,
        #[serde(default)]
        name: String,
    },
    Remove(RemovalRecord),
    Delete(BegunDeleteRecord),
    Merge(BegunMergeRecord),
    MakeTag,
    MakeDefinition(Word<SummaryField>),
}

impl From<IntentAction> for IntentActionRecord {
    fn from(action: IntentAction) -> Self {
        match action {
            IntentAction::CreateContact { ledgers, name } => {
                Self::CreateContact { ledgers: Stored::stored(ledgers), name }
            }
            IntentAction::Undo(entry) => Self::Undo(entry.0),
            IntentAction::UpdateLedger { ledger, edit, before } => Self::UpdateLedger {
                ledger: Stored::stored(ledger),
                edit: (*edit).into(),
                before: (*before).into(),
            },
            IntentAction::UpdateContact { ledger, contact, edit, before } => Self::UpdateContact {
                ledger: Stored::stored(ledger),
                contact: contact.0,
                edit: (*edit).into(),
                before: (*before).into(),
            },
            IntentAction::WriteSummary { contact, fields } => Self::WriteSummary {
                contact: contact.0,
                fields: fields.into_iter().map(|(field, value)| (Word(field), value)).collect(),
            },
            IntentAction::Export { contact, person, code, name } => {
                Self::Export { contact: contact.0, person: person.map(|person| person.0), code, name }
            }
            IntentAction::Remove(removal) => Self::Remove(removal.into()),
            IntentAction::Delete(begun) => Self::Delete(begun.into()),
            IntentAction::Merge(begun) => Self::Merge(begun.into()),
            IntentAction::MakeTag => Self::MakeTag,
            IntentAction::MakeDefinition(field) => Self::MakeDefinition(Word(field)),
        }
    }
}

impl From<IntentActionRecord> for IntentAction {
    fn from(action: IntentActionRecord) -> Self {
        match action {
            IntentActionRecord::CreateContact { ledgers, name } => {
                Self::CreateContact { ledgers: ledgers.restored(), name }
            }
            IntentActionRecord::Undo(entry) => Self::Undo(EntryId(entry)),
            IntentActionRecord::UpdateLedger { ledger, edit, before } => Self::UpdateLedger {
                ledger: ledger.restored(),
                edit: Box::new(edit.into()),
                before: Box::new(before.into()),
            },
            IntentActionRecord::UpdateContact { ledger, contact, edit, before } => Self::UpdateContact {
                ledger: ledger.restored(),
                contact: ContactId(contact),
                edit: Box::new(edit.into()),
                before: Box::new(before.into()),
            },
            IntentActionRecord::WriteSummary { contact, fields } => Self::WriteSummary {
                contact: ContactId(contact),
                fields: fields.into_iter().map(|(field, value)| (field.0, value)).collect(),
            },
            IntentActionRecord::Export { contact, person, code, name } => {
                Self::Export { contact: ContactId(contact), person: person.map(ContactId), code, name }
            }
            IntentActionRecord::Remove(removal) => Self::Remove(removal.into()),
            IntentActionRecord::Delete(begun) => Self::Delete(begun.into()),
            IntentActionRecord::Merge(begun) => Self::Merge(begun.into()),
            IntentActionRecord::MakeTag => Self::MakeTag,
            IntentActionRecord::MakeDefinition(field) => Self::MakeDefinition(field.0),
        }
    }
}

stored_by_from!(IntentActionRecord = IntentAction);

record! {
    /// Where reading left off, accounts, approval, counters.
    #[derive(Default)]
    ProgressRecord = Progress
    must {}
    may {
        bound: Option<BindingRecord> = "bound",
        capsule_cursor: Option<Timestamp> = "capsule_cursor",
        capsule_whole: Option<Timestamp> = "capsule_whole",
        capsule_gaps: bool = "capsule_gaps",
        invoices_whole: Option<Timestamp> = "invoices_whole",
        bills_whole: Option<Timestamp> = "bills_whole",
        initial: InitialRecord = "initial",
        mass: Option<MassChangeRecord> = "mass",
        refused: Vec<RefusedRecord> = "refused",
        disabled: Option<Timestamp> = "disabled",
        definitions: BTreeMap<Word<SummaryField>, i64> = "definitions",
        refused_definitions: BTreeSet<Word<SummaryField>> = "refused_definitions",
        definitions_checked: Option<Timestamp> = "definitions_checked",
        announced: Vec<AnnouncedRecord> = "announced",
        last_run: u64 = "last_run",
        last_question: u64 = "last_question",
        last_entry: u64 = "last_entry",
        last_intent: u64 = "last_intent",
    }
}

record! {
    /// Credentials that KashFlow refused.
    RefusedRecord = RefusedCredentials
    must {
        mark: CredentialsMarkRecord = "mark",
        code: Word<TroubleCode> = "code",
        at: Timestamp = "at",
    }
    may { message: String = "message" }
}

record! {
    /// A hash of credentials, and its key.
    CredentialsMarkRecord = CredentialsMark
    must { part: Word<CredentialsPart> = "part", key: Vec<u8> = "key", hash: Vec<u8> = "hash" }
    may {}
}

record! {
    /// A merge that a person was sent to Capsule for.
    AnnouncedRecord = AnnouncedMerge
    must { keep: i64 = "keep", other: i64 = "other", at: Timestamp = "at" }
    may {}
}

record! {
    /// How much a run would change at once.
    #[derive(Default)]
    MassChangeRecord = MassChange
    must {}
    may {
        creates: usize = "creates",
        updates: usize = "updates",
        gone: usize = "gone",
        empty: BTreeSet<Word<List>> = "empty",
    }
}

record! {
    /// The accounts that the profile belongs to.
    BindingRecord = Binding
    must { subdomain: String = "subdomain", company: String = "company" }
    may { company_name: String = "company_name" }
}

/// The first run's approval.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum InitialRecord {
    #[default]
    Waiting,
    Approved {
        creates: usize,
    },
    Done,
}

impl From<Initial> for InitialRecord {
    fn from(initial: Initial) -> Self {
        match initial {
            Initial::Waiting => Self::Waiting,
            Initial::Approved { creates } => Self::Approved { creates },
            Initial::Done => Self::Done,
        }
    }
}

impl From<InitialRecord> for Initial {
    fn from(initial: InitialRecord) -> Self {
        match initial {
            InitialRecord::Waiting => Self::Waiting,
            InitialRecord::Approved { creates } => Self::Approved { creates },
            InitialRecord::Done => Self::Done,
        }
    }
}

stored_by_from!(InitialRecord = Initial);
