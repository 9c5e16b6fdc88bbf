//! `questions`: what waits for a person, with candidates explained and choices worded.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::ids::QuestionId;
use crate::domain::matching::Reason;
use crate::domain::question::{Asked, Candidate, Question};
use crate::domain::snapshot::Snapshot;
use crate::domain::wording;

/// One question. `side` is that of the first record that waits; `id` and `asked` are null while it is only planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionJson {
    id: Option<u64>,
    kind: &'static str,
    name: String,
    side: Option<&'static str>,
    candidates: Vec<CandidateJson>,
    choices: Vec<ChoiceJson>,
    asked: Option<Timestamp>,
}

/// A stored question.
pub fn question(question: &Question, snapshot: &Snapshot) -> QuestionJson {
    asked(&question.asked, Some((question.id, question.since)), snapshot)
}

/// A question as a plan asks it, with its number and time where it is stored.
pub fn asked(asked: &Asked, stored: Option<(QuestionId, Timestamp)>, snapshot: &Snapshot) -> QuestionJson {
    let choices = asked.choices.iter().map(|choice| ChoiceJson {
        key: choice.key(),
        label: wording::label(choice, asked, snapshot),
        effect: wording::effect(choice, asked, snapshot),
    });
    QuestionJson {
        id: stored.map(|(id, _)| id.0),
        kind: asked.key.kind.word(),
        name: asked.name.clone(),
        side: asked.key.waiting.first().map(|ledger| ledger.side.word()),
        candidates: asked.candidates.iter().map(CandidateJson::from).collect(),
        choices: choices.collect(),
        asked: stored.map(|(_, since)| since),
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct CandidateJson {
    contact_id: i64,
    name: String,
    score: f64,
    band: &'static str,
    reasons: Vec<ReasonJson>,
}

impl From<&Candidate> for CandidateJson {
    fn from(candidate: &Candidate) -> Self {
        Self {
            contact_id: candidate.contact.0,
            name: candidate.name.clone(),
            score: rounded(candidate.score),
            band: candidate.band.word(),
            reasons: candidate.reasons.iter().map(ReasonJson::from).collect(),
        }
    }
}

/// Four decimals: sums of tenths show no more than that.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}

/// One plus or minus of a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ReasonJson {
    field: &'static str,
    weight: f64,
    text: String,
}

impl From<&Reason> for ReasonJson {
    fn from(reason: &Reason) -> Self {
        Self { field: reason.field.word(), weight: rounded(reason.weight), text: reason.text.clone() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ChoiceJson {
    key: String,
    label: String,
    effect: String,
}
