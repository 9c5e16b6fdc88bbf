//! Questions: stored records, never waiting tasks (design 5). An answer is new local state for the next plan.

use jiff::Timestamp;

use super::details::Field;
use super::ids::{ContactId, LedgerRef, QuestionId};
use super::matching::Reason;

/// What kind of decision a person is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuestionKind {
    /// Several contacts match exactly, or carry the same marker (design B7, B8).
    SeveralMatches,
    /// No exact match, but somebody looks like it (design B9).
    SuggestedMatch,
    /// Several ledger contacts have one name (design B12).
    SameName,
    /// A linked ledger contact's name was changed in KashFlow (design B15).
    NameMismatch,
    /// Another field was changed only in KashFlow, and the setting says to ask (design B15).
    FieldMismatch,
    /// A field was emptied in Capsule (design B16).
    ClearedField,
    /// A linked contact was deleted in Capsule (design B30).
    DeletedInCapsule,
    /// A linked ledger contact is gone from KashFlow (design B31).
    DeletedInKashFlow,
    /// A run would change more than a run usually does (design B35).
    MassChange,
}

impl QuestionKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::SeveralMatches,
        Self::SuggestedMatch,
        Self::SameName,
        Self::NameMismatch,
        Self::FieldMismatch,
        Self::ClearedField,
        Self::DeletedInCapsule,
        Self::DeletedInKashFlow,
        Self::MassChange,
    ];

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::SeveralMatches => "several_matches",
            Self::SuggestedMatch => "suggested_match",
            Self::SameName => "same_name",
            Self::NameMismatch => "name_mismatch",
            Self::FieldMismatch => "field_mismatch",
            Self::ClearedField => "cleared_field",
            Self::DeletedInCapsule => "deleted_in_capsule",
            Self::DeletedInKashFlow => "deleted_in_kashflow",
            Self::MassChange => "mass_change",
        }
    }
}

/// What makes two questions the same question: asked about the same records for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionKey {
    /// Kind.
    pub kind: QuestionKind,
    /// The ledger contacts that wait for the answer, in order; none when the whole run waits.
    pub waiting: Vec<LedgerRef>,
    /// The field in question, where it is about one.
    pub field: Option<Field>,
}

impl QuestionKey {
    /// A question about whole records.
    pub fn records(kind: QuestionKind, waiting: Vec<LedgerRef>) -> Self {
        Self { kind, waiting, field: None }
    }

    /// A question about one field of a linked ledger contact.
    pub fn field(kind: QuestionKind, ledger: LedgerRef, field: Field) -> Self {
        Self { kind, waiting: vec![ledger], field: Some(field) }
    }
}

/// A question as the plan asks it, before it has a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Identity across runs.
    pub key: QuestionKey,
    /// The name it is about, as KashFlow has it.
    pub name: String,
    /// Contacts in question, best first, at most five (design B9).
    pub candidates: Vec<Candidate>,
    /// What may be answered.
    pub choices: Vec<Choice>,
    /// Why it is asked, in one sentence.
    pub because: String,
}

/// A stored question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Its number.
    pub id: QuestionId,
    /// What is asked.
    pub asked: Asked,
    /// When it was first asked.
    pub since: Timestamp,
    /// Answers given and not yet carried out; one per ledger contact at most, the newest counts.
    pub answers: Vec<Answer>,
}

impl Question {
    /// Whether a person still has to say something: nothing answered yet, or some records are still without an answer.
    pub fn is_open(&self) -> bool {
        let waiting = &self.asked.key.waiting;
        let unanswered = waiting.iter().filter(|waiting| !self.is_answered_for(**waiting)).count();
        !self.answers.iter().any(|answer| answer.choice.settles_all())
            && (waiting.is_empty() || unanswered > usize::from(!self.answers.is_empty()))
    }

    fn is_answered_for(&self, ledger: LedgerRef) -> bool {
        self.answers.iter().any(|answer| answer.choice.about() == Some(ledger))
    }
}

/// A contact in question.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The contact.
    pub contact: ContactId,
    /// Its name.
    pub name: String,
    /// 0 to 1: how likely it is the same.
    pub score: f64,
    /// How sure that is.
    pub band: Band,
    /// Plus and minus per field; their weights add up to the logit of the score (design B11).
    pub reasons: Vec<Reason>,
    /// It already has a link on this side: linking is no choice, but it may be a second record of it (design B9).
    pub taken: bool,
}

/// How sure a suggestion is (design B9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// As good as certain.
    Strong,
    /// Worth asking.
    Possible,
}

impl Band {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Possible => "possible",
        }
    }
}

/// What may be answered (design 4.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// Link to that contact.
    Link(ContactId),
    /// Create a new contact in Capsule.
    Create,
    /// Leave the ledger contact out for good.
    Ignore,
    /// Link customer and supplier to the one contact.
    LinkBoth,
    /// Create that record's contact in Capsule with its code added to the name.
    CreateWithCode {
        /// The record.
        ledger: LedgerRef,
        /// Its code when asked.
        code: String,
    },
    /// Leave that one record out for good.
    IgnoreOne {
        /// The record.
        ledger: LedgerRef,
        /// Its code when asked.
        code: String,
    },
    /// Give that record another name in KashFlow; the answer brings the name.
    Rename {
        /// The record.
        ledger: LedgerRef,
        /// Its code when asked.
        code: String,
    },
    /// Write Capsule's value to KashFlow.
    KeepCapsule,
    /// Write KashFlow's value to Capsule.
    KeepKashFlow,
    /// Accept that the two differ, until the field changes again.
    Leave,
    /// Empty the field in KashFlow as well.
    Clear,
    /// Keep what there is: KashFlow's value of an emptied field, or the contact of a ledger contact that is gone.
    Keep,
    /// Create the contact in Capsule anew.
    Recreate,
    /// Archive the ledger contact in KashFlow.
    Archive,
    /// Delete the record on the side where it still is; the answer brings its name.
    Delete,
    /// Export the contact to KashFlow anew.
    Export,
    /// Let the run do what it planned.
    Proceed,
    /// Do nothing of it.
    Stop,
}

impl Choice {
    /// The key that JSON shows and `answer` takes: `link:12`, `create`, `ignore:customer:ABC01` …
    pub fn key(&self) -> String {
        match self {
            Self::Link(contact) => format!("link:{}", contact.0),
            Self::Create => "create".into(),
            Self::Ignore => "ignore".into(),
            Self::LinkBoth => "link_both".into(),
            Self::CreateWithCode { ledger, code } => {
                format!("create_with_code:{}:{code}", ledger.side.word())
            }
            Self::IgnoreOne { ledger, code } => format!("ignore:{}:{code}", ledger.side.word()),
            Self::Rename { ledger, code } => format!("rename:{}:{code}", ledger.side.word()),
            Self::KeepCapsule => "keep_capsule".into(),
            Self::KeepKashFlow => "keep_kashflow".into(),
            Self::Leave => "leave".into(),
            Self::Clear => "clear".into(),
            Self::Keep => "keep".into(),
            Self::Recreate => "recreate".into(),
            Self::Archive => "archive".into(),
            Self::Delete => "delete".into(),
            Self::Export => "export".into(),
            Self::Proceed => "proceed".into(),
            Self::Stop => "stop".into(),
        }
    }

    /// The one record that the choice is about, when it is not about all that wait.
    pub fn about(&self) -> Option<LedgerRef> {
        match self {
            Self::CreateWithCode { ledger, .. }
            | Self::IgnoreOne { ledger, .. }
            | Self::Rename { ledger, .. } => Some(*ledger),
            Self::Link(_)
            | Self::Create
            | Self::Ignore
            | Self::LinkBoth
            | Self::KeepCapsule
            | Self::KeepKashFlow
            | Self::Leave
            | Self::Clear
            | Self::Keep
            | Self::Recreate
            | Self::Archive
            | Self::Delete
            | Self::Export
            | Self::Proceed
            | Self::Stop => None,
        }
    }

    /// Whether an answer with this choice must bring a text: the new name, or the name of what is to be deleted.
    pub fn needs_value(&self) -> bool {
        matches!(self, Self::Rename { .. } | Self::Delete)
    }

    /// Whether the choice settles the whole question.
    pub fn settles_all(&self) -> bool {
        self.about().is_none()
    }

    /// Whether the choice puts records on the ignored list, which holds until taken back.
    pub fn ignores(&self) -> bool {
        matches!(self, Self::Ignore | Self::IgnoreOne { .. })
    }
}

/// A person's answer, not yet carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was chosen.
    pub choice: Choice,
    /// The text that it brings, for choices that need one.
    pub value: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The names of everybody concerned at that time; when one of them has changed since, the answer dies and the
    /// question is asked again (design 4.1).
    pub names: Vec<String>,
}
