//! Unlinked ledger contacts without an exact match: suggestions, questions about them, and creates (design B9, B10).

use std::collections::BTreeSet;

use super::super::contact::Contact;
use super::super::ids::LedgerRef;
use super::super::ledger::LedgerContact;
use super::super::link::LinkReason;
use super::super::matching::Suggestion;
use super::super::operation::CreateReason;
use super::super::policy::NearMatch;
use super::super::question::{Asked, Band, Candidate, Choice, QuestionKey, QuestionKind};
use super::Planner;

/// How many candidates a question shows at most (design B9).
const MOST_CANDIDATES: usize = 5;
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
        if self.policy.near_match != NearMatch::LinkStrong {
            return false;
        }
        let suggestions = self.suggestions(ledgers);
        let candidates = self.suggested(ledgers, &suggestions);
        let best = self.clear_best(&suggestions, ledgers);
        let best = best.filter(|_| self.lost(QuestionKind::SuggestedMatch, ledgers, &candidates).is_empty());
        if let Some(contact) = best {
            self.link(ledgers, contact, LinkReason::Suggested);
        }
        best.is_some()
    }

    /// No exact name: somebody may still look like it (design B9), else it is new (design B10). What a person has answered
    /// goes before the setting.
    fn decide_near(&mut self, ledgers: &[&'a LedgerContact]) {
        let Some(first) = ledgers.first() else { return };
        if self.carry_out_answer(QuestionKind::SuggestedMatch, ledgers) {
            return;
        }
        let candidates = self.suggested(ledgers, &self.suggestions(ledgers));
        if self.asks_again(ledgers, &candidates) {
            return;
        }
        if candidates.is_empty() {
            return self.create(ledgers, None, CreateReason::NoMatch);
        }
        let because = if candidates.iter().all(|candidate| candidate.taken) {
            format!("it looks like a second KashFlow {} for this contact", first.id.side.word())
        } else {
            "no contact has exactly this name, but somebody looks like it".to_owned()
        };
        self.ask_which(QuestionKind::SuggestedMatch, ledgers, candidates, Vec::new(), because);
    }

    /// Suggestions worth asking about: free ones, and taken ones with an equal e-mail, phone or postcode (design B9). A
    /// customer and a supplier that are one are found by the details of either. Best first; none when the setting says so.
    fn suggestions(&self, ledgers: &[&LedgerContact]) -> Vec<Suggestion> {
        if self.policy.near_match == NearMatch::Create {
            return Vec::new();
        }
        let mut found: Vec<Suggestion> =
            ledgers.iter().flat_map(|ledger| self.index.suggestions(ledger)).collect();
        found.retain(|found| {
            let never = ledgers.iter().any(|ledger| self.local.never.contains(&(ledger.id, found.contact)));
            let taken = ledgers.iter().any(|ledger| self.is_taken(found.contact, ledger.id.side));
            !never && (!taken || found.score.identifier)
        });
        found.sort_by(|left, right| {
            right.score.logit.total_cmp(&left.score.logit).then(left.contact.cmp(&right.contact))
        });
        let mut seen = BTreeSet::new();
        found.retain(|found| seen.insert(found.contact));
        found
    }

    fn suggested(&self, ledgers: &[&LedgerContact], suggestions: &[Suggestion]) -> Vec<Candidate> {
        let candidates = suggestions.iter().filter_map(|suggestion| {
            let contact = self.snapshot.contacts.get(&suggestion.contact)?;
            Some(Candidate {
                contact: contact.id,
                name: contact.name().into_owned(),
                score: suggestion.score.probability(),
                band: suggestion.score.band(),
                reasons: suggestion.score.reasons.clone(),
                taken: ledgers.iter().any(|ledger| self.is_taken(contact.id, ledger.id.side)),
            })
        });
        candidates.collect()
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

    /// A person chose a contact that cannot be linked any more: that is asked again, and nothing else is done by itself,
    /// until there is another answer (design 4.1).
    pub(super) fn asks_again(&mut self, ledgers: &[&'a LedgerContact], candidates: &[Candidate]) -> bool {
        for kind in [QuestionKind::SeveralMatches, QuestionKind::SuggestedMatch] {
            let lost = self.lost(kind, ledgers, candidates);
            if !lost.is_empty() {
                let because = "the contact that was chosen cannot be linked any more".to_owned();
                self.ask_which(kind, ledgers, candidates.to_vec(), lost, because);
                return true;
            }
        }
        false
    }

    /// Contacts that were chosen and cannot be linked. Once that has been asked they are shown and are no choice.
    fn lost(
        &self,
        kind: QuestionKind,
        ledgers: &[&LedgerContact],
        candidates: &[Candidate],
    ) -> Vec<Candidate> {
        let key = QuestionKey::records(kind, ids(ledgers));
        let Some(question) = self.stored(&key) else { return Vec::new() };
        let dead = self.dead_choice(question);
        let is_lost = |shown: &&Candidate| {
            let choice = Choice::Link(shown.contact);
            let was_lost = !shown.taken && !question.asked.choices.contains(&choice);
            let known = candidates.iter().any(|candidate| candidate.contact == shown.contact);
            !known && (was_lost || dead == Some(&choice))
        };
        question.asked.candidates.iter().filter(is_lost).cloned().collect()
    }

    /// Asks which contact it is, or carries out what was answered. `lost` ones are shown and cannot be chosen.
    pub(super) fn ask_which(
        &mut self,
        kind: QuestionKind,
        ledgers: &[&'a LedgerContact],
        mut candidates: Vec<Candidate>,
        lost: Vec<Candidate>,
        because: String,
    ) {
        let Some(first) = ledgers.first() else { return };
        if self.carry_out_answer(kind, ledgers) {
            return;
        }
        candidates.truncate(MOST_CANDIDATES.saturating_sub(lost.len()));
        let mut choices: Vec<Choice> = candidates
            .iter()
            .filter(|candidate| !candidate.taken)
            .map(|candidate| Choice::Link(candidate.contact))
            .collect();
        choices.extend([Choice::Create, Choice::Ignore]);
        candidates.extend(lost);
        let key = QuestionKey::records(kind, ids(ledgers));
        self.ask(Asked { key, name: first.name.clone(), candidates, choices, because });
    }

    /// Links or creates what a person answered so; false when there is no answer that holds.
    fn carry_out_answer(&mut self, kind: QuestionKind, ledgers: &[&'a LedgerContact]) -> bool {
        match self.answer_under(&QuestionKey::records(kind, ids(ledgers))) {
            Some(Choice::Create) => {
                self.create(ledgers, None, CreateReason::Answer);
                true
            }
            Some(Choice::Link(contact)) => {
                let contact = self.snapshot.contacts.get(&contact);
                if let Some(contact) = contact {
                    self.link(ledgers, contact, LinkReason::Answer);
                }
                contact.is_some()
            }
            _ => false,
        }
    }
}

fn ids(ledgers: &[&LedgerContact]) -> Vec<LedgerRef> {
    ledgers.iter().map(|ledger| ledger.id).collect()
}
