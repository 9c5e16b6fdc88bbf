//! Questions and the answers given to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::word::Word;
use super::{SideAndId, Stored, record, stored_by_from};
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
    may {}
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
    may { names: Vec<String> = "names" }
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
        }
    }
}

stored_by_from!(ChoiceRecord = Choice);
