//! Unlinked ledger contacts without an exact match: suggestions, questions about them, and creates (design B9, B10).

use super::super::contact::Contact;
use super::super::ids::LedgerRef;
use super::super::ledger::LedgerContact;
use super::super::link::LinkReason;
use super::super::matching::Suggestion;
use super::super::operation::CreateReason;
use super::super::policy::NearMatch;
use super::super::question::{Asked, Band, Candidate, Choice, QuestionKey, QuestionKind};
use super::Planner;
use super::group::exactly;

/// How many candidates a question shows at most (design B9).
pub(super) const MOST_CANDIDATES: usize = 5;
/// A strong suggestion links by itself only if the next best is at least this much less likely (matching 7).
const CLEAR_LEAD: f64 = 2.0;

impl<'a> Planner<'a> {
    /// Decides about everybody without an exact match, once it is known whom the exact matches take: first what was
    /// answered, then what links by itself, then the rest. So no plan asks about a contact that it links elsewhere.
    pub(super) fn decide_all_near(&mut self) {
        let near = std::mem::take(&mut self.near);
        let (answered, open): (Vec<_>, Vec<_>) =
            near.into_iter().partition(|ledgers| self.is_answered(ledgers));
        for ledgers in &answered {
            self.decide_near(ledgers);
        }
        let rest: Vec<_> = open.into_iter().filter(|ledgers| !self.link_strong(ledgers)).collect();
        for ledgers in &rest {
            self.decide_near(ledgers);
        }
    }

    fn is_answered(&self, ledgers: &[&LedgerContact]) -> bool {
        let key = QuestionKey::records(QuestionKind::SuggestedMatch, ids(ledgers));
        self.stored(&key).is_some_and(|question| !question.answers.is_empty())
    }

    /// Links to a strong suggestion if the setting says so; true when it did.
    fn link_strong(&mut self, ledgers: &[&'a LedgerContact]) -> bool {
        let Some(first) = ledgers.first().filter(|_| self.policy.near_match == NearMatch::LinkStrong) else {
            return false;
        };
        let suggestions = self.suggestions(ledgers, first);
        let best = self.clear_best(&suggestions, ledgers);
        if let Some(contact) = best {
            self.link(ledgers, contact, LinkReason::Answer);
        }
        best.is_some()
    }

    /// No exact name: somebody may still look like it (design B9), else it is new (design B10).
    fn decide_near(&mut self, ledgers: &[&'a LedgerContact]) {
        let Some(first) = ledgers.first() else { return };
        let suggestions = match self.policy.near_match {
            NearMatch::Create => Vec::new(),
            NearMatch::Ask | NearMatch::LinkStrong => self.suggestions(ledgers, first),
        };
        if suggestions.is_empty() {
            return self.create(ledgers, None, CreateReason::NoMatch);
        }
        let candidates: Vec<Candidate> = suggestions
            .into_iter()
            .filter_map(|suggestion| {
                let contact = self.snapshot.contacts.get(&suggestion.contact)?;
                Some(Candidate {
                    contact: contact.id,
                    name: contact.name().into_owned(),
                    score: suggestion.score.probability(),
                    band: suggestion.score.band(),
                    reasons: exactly(first, contact, suggestion.score.reasons),
                    taken: ledgers.iter().any(|ledger| self.is_taken(contact.id, ledger.id.side)),
                })
            })
            .take(MOST_CANDIDATES)
            .collect();
        let because = if candidates.iter().all(|candidate| candidate.taken) {
            format!("it looks like a second KashFlow {} for this contact", first.id.side.word())
        } else {
            "no contact has exactly this name, but somebody looks like it".to_owned()
        };
        self.ask_which(QuestionKind::SuggestedMatch, ledgers, candidates, because);
    }

    /// Suggestions worth asking about: free ones, and taken ones with an equal e-mail, phone or postcode (design B9).
    fn suggestions(&self, ledgers: &[&LedgerContact], first: &LedgerContact) -> Vec<Suggestion> {
        let mut found = self.index.suggestions(first);
        found.retain(|found| {
            let never = ledgers.iter().any(|ledger| self.local.never.contains(&(ledger.id, found.contact)));
            let taken = ledgers.iter().any(|ledger| self.is_taken(found.contact, ledger.id.side));
            !never && (!taken || found.score.identifier)
        });
        found
    }

    /// The best suggestion, when it is strong, free and clearly ahead (setting `link_strong`).
    fn clear_best(&self, suggestions: &[Suggestion], ledgers: &[&LedgerContact]) -> Option<&'a Contact> {
        let (best, rest) = suggestions.split_first()?;
        let ahead = rest.first().is_none_or(|next| best.score.logit - next.score.logit >= CLEAR_LEAD);
        let free = ledgers.iter().all(|ledger| self.is_free(best.contact, ledger.id));
        (best.score.band() == Band::Strong && ahead && free)
            .then(|| self.snapshot.contacts.get(&best.contact).map(AsRef::as_ref))
            .flatten()
    }

    /// Asks which contact it is, or carries out what was answered.
    pub(super) fn ask_which(
        &mut self,
        kind: QuestionKind,
        ledgers: &[&'a LedgerContact],
        candidates: Vec<Candidate>,
        because: String,
    ) {
        let Some(first) = ledgers.first() else { return };
        let mut choices: Vec<Choice> = candidates
            .iter()
            .filter(|candidate| !candidate.taken)
            .map(|candidate| Choice::Link(candidate.contact))
            .collect();
        choices.extend([Choice::Create, Choice::Ignore]);
        let key = QuestionKey::records(kind, ids(ledgers));
        let asked = Asked { key, name: first.name.clone(), candidates, choices, because };
        match self.answer_to(&asked) {
            Some(Choice::Create) => self.create(ledgers, None, CreateReason::Answer),
            Some(Choice::Link(contact)) => {
                if let Some(contact) = self.snapshot.contacts.get(&contact) {
                    self.link(ledgers, contact, LinkReason::Answer);
                }
            }
            _ => self.ask(asked),
        }
    }
}

fn ids(ledgers: &[&LedgerContact]) -> Vec<LedgerRef> {
    ledgers.iter().map(|ledger| ledger.id).collect()
}
