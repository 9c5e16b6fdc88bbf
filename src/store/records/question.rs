//! Questions and the answers given to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::word::Word;
use super::{SideAndId, Stored, record, stored_by_from};
use crate::domain::details::Field;
use crate::domain::ids::ContactId;
use crate::domain::matching::{Evidence, Reason};
use crate::domain::question::{Answer, Asked, Band, Candidate, Choice, Question, QuestionKey, QuestionKind};

record! {
    /// A question.
    QuestionRecord = Question
    must { id: u64 = "id", asked: AskedRecord = "asked", since: Timestamp = "since" }
    may { answers: Vec<AnswerRecord> = "answers" }
}

record! {
    /// What is asked.
    AskedRecord = Asked
    must { key: QuestionKeyRecord = "key" }
    may {
        name: String = "name",
        candidates: Vec<CandidateRecord> = "candidates",
        choices: Vec<ChoiceRecord> = "choices",
        because: String = "because",
    }
}

record! {
    /// What makes two questions the same.
    QuestionKeyRecord = QuestionKey
    must { kind: Word<QuestionKind> = "kind", waiting: Vec<SideAndId> = "waiting" }
    may { field: Option<Word<Field>> = "field" }
}

record! {
    /// A contact in question.
    CandidateRecord = Candidate
    must { contact: i64 = "contact", score: f64 = "score", band: Word<Band> = "band" }
    may { name: String = "name", reasons: Vec<ReasonRecord> = "reasons", taken: bool = "taken" }
}

record! {
    /// One plus or minus of a score.
    ReasonRecord = Reason
    must { field: Word<Evidence> = "field", weight: f64 = "weight" }
    may { text: String = "text" }
}

record! {
    /// A person's answer.
    AnswerRecord = Answer
    must { choice: ChoiceRecord = "choice", at: Timestamp = "at" }
    may { value: Option<String> = "value", names: Vec<String> = "names" }
}

/// What may be answered.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum ChoiceRecord {
    Link(i64),
    Create,
    Ignore,
    LinkBoth,
    CreateWithCode {
        ledger: SideAndId,
        #[serde(default)]
        code: String,
    },
    IgnoreOne {
        ledger: SideAndId,
        #[serde(default)]
        code: String,
    },
    Rename {
        ledger: SideAndId,
        #[serde(default)]
        code: String,
    },
    KeepCapsule,
    KeepKashFlow,
    Leave,
    Clear,
    Keep,
    Recreate,
    Archive,
    Delete,
    Export,
    Proceed,
    Stop,
}

impl From<Choice> for ChoiceRecord {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Link(contact) => Self::Link(contact.0),
            Choice::Create => Self::Create,
            Choice::Ignore => Self::Ignore,
            Choice::LinkBoth => Self::LinkBoth,
            Choice::CreateWithCode { ledger, code } => {
                Self::CreateWithCode { ledger: Stored::stored(ledger), code }
            }
            Choice::IgnoreOne { ledger, code } => Self::IgnoreOne { ledger: Stored::stored(ledger), code },
            Choice::Rename { ledger, code } => Self::Rename { ledger: Stored::stored(ledger), code },
            Choice::KeepCapsule => Self::KeepCapsule,
            Choice::KeepKashFlow => Self::KeepKashFlow,
            Choice::Leave => Self::Leave,
            Choice::Clear => Self::Clear,
            Choice::Keep => Self::Keep,
            Choice::Recreate => Self::Recreate,
            Choice::Archive => Self::Archive,
            Choice::Delete => Self::Delete,
            Choice::Export => Self::Export,
            Choice::Proceed => Self::Proceed,
            Choice::Stop => Self::Stop,
        }
    }
}

impl From<ChoiceRecord> for Choice {
    fn from(choice: ChoiceRecord) -> Self {
        match choice {
            ChoiceRecord::Link(contact) => Self::Link(ContactId(contact)),
            ChoiceRecord::Create => Self::Create,
            ChoiceRecord::Ignore => Self::Ignore,
            ChoiceRecord::LinkBoth => Self::LinkBoth,
            ChoiceRecord::CreateWithCode { ledger, code } => {
                Self::CreateWithCode { ledger: ledger.restored(), code }
            }
            ChoiceRecord::IgnoreOne { ledger, code } => Self::IgnoreOne { ledger: ledger.restored(), code },
            ChoiceRecord::Rename { ledger, code } => Self::Rename { ledger: ledger.restored(), code },
            ChoiceRecord::KeepCapsule => Self::KeepCapsule,
            ChoiceRecord::KeepKashFlow => Self::KeepKashFlow,
            ChoiceRecord::Leave => Self::Leave,
            ChoiceRecord::Clear => Self::Clear,
            ChoiceRecord::Keep => Self::Keep,
            ChoiceRecord::Recreate => Self::Recreate,
            ChoiceRecord::Archive => Self::Archive,
            ChoiceRecord::Delete => Self::Delete,
            ChoiceRecord::Export => Self::Export,
            ChoiceRecord::Proceed => Self::Proceed,
            ChoiceRecord::Stop => Self::Stop,
        }
    }
}

stored_by_from!(ChoiceRecord = Choice);
