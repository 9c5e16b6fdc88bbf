//! The guard of later runs: so many changes at once are asked about first (design B35).
//!
//! Summary writes do not count: they follow the invoices, which change by the hundred. The first run has an approval of its
//! own and is not looked at here.

use std::collections::BTreeSet;

use super::ids::{LedgerRef, QuestionId, Side};
use super::local::{Local, RecordRef};
use super::operation::{CreateReason, Operation, Plan};
use super::question::{Asked, Choice, Question, QuestionKey, QuestionKind};

/// More creates than this are asked about.
const CREATES: usize = 50;
/// Updates are asked about when they are more than this and more than [`UPDATED_PERCENT`] of all links.
const UPDATES: usize = 20;
const UPDATED_PERCENT: usize = 25;
/// Records gone are asked about when they are more than this and more than [`GONE_PERCENT`] of all links.
const GONE: usize = 5;
const GONE_PERCENT: usize = 10;

/// A list that is read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Capsule's contacts.
    Contacts,
    /// KashFlow's customers.
    Customers,
    /// KashFlow's suppliers.
    Suppliers,
}

impl List {
    /// All lists.
    pub const ALL: [Self; 3] = [Self::Contacts, Self::Customers, Self::Suppliers];

    /// KashFlow's list of one side.
    pub fn of_side(side: Side) -> Self {
        match side {
            Side::Customer => Self::Customers,
            Side::Supplier => Self::Suppliers,
        }
    }

    /// The word it is stored under.
    pub fn word(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Customers => "customers",
            Self::Suppliers => "suppliers",
        }
    }

    /// Whose records it holds, in words.
    fn sentence(self) -> &'static str {
        match self {
            Self::Contacts => "Capsule suddenly has no contacts",
            Self::Customers => "KashFlow suddenly has no customers",
            Self::Suppliers => "KashFlow suddenly has no suppliers",
        }
    }
}

/// Whether a whole list that held records suddenly reads empty. Nothing is concluded from such a read.
pub fn is_suspicious(known: usize, read: usize) -> bool {
    known > 0 && read == 0
}

/// How much a run would change at once; also how much a person has agreed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MassChange {
    /// Records created on either side.
    pub creates: usize,
    /// Records updated on either side, summaries apart.
    pub updates: usize,
    /// Linked records that are newly gone from either side.
    pub gone: usize,
    /// Lists that held records and read empty.
    pub empty: BTreeSet<List>,
}

impl MassChange {
    /// What a plan would change, after reading that found these lists empty.
    pub fn of(plan: &Plan, local: &Local, empty: BTreeSet<List>) -> Self {
        let counts = plan.counts();
        Self {
            creates: (counts.created_in_capsule + counts.created_in_kashflow)
                .saturating_sub(tried_again(plan, local)),
            updates: counts.updated_in_capsule + counts.updated_in_kashflow,
            gone: newly_gone(plan, local),
            empty,
        }
    }

    /// Whether that much is asked about, with so many links.
    pub fn is_massive(&self, links: usize) -> bool {
        let share =
            |count: usize, least: usize, percent: usize| count > least && count * 100 > links * percent;
        self.creates > CREATES
            || share(self.updates, UPDATES, UPDATED_PERCENT)
            || share(self.gone, GONE, GONE_PERCENT)
            || !self.empty.is_empty()
    }

    /// Whether all of it was agreed to with these counts.
    pub fn is_within(&self, agreed: &Self) -> bool {
        self.creates <= agreed.creates
            && self.updates <= agreed.updates
            && self.gone <= agreed.gone
            && self.empty.is_subset(&agreed.empty)
    }

    /// What it is in words, one sentence, with the first of the records that the plan names.
    pub fn because(&self, plan: &Plan) -> String {
        let mut parts: Vec<String> = self.empty.iter().map(|list| list.sentence().to_owned()).collect();
        let named = Named::of(plan);
        for (count, what, names) in [
            (self.creates, "created", &named.created),
            (self.updates, "updated", &named.updated),
            (self.gone, "found gone", &named.gone),
        ] {
            let records = if count == 1 { "record" } else { "records" };
            if count > 0 {
                parts.push(format!("{count} {records} would be {what}{}", first_of(names, count)));
            }
        }
        format!("{}; that is more than a run usually changes", parts.join(", "))
    }

    /// The question that a person is asked about such a plan.
    pub fn asked(&self, plan: &Plan) -> Asked {
        Asked {
            key: key(),
            name: "the next run".into(),
            candidates: Vec::new(),
            choices: vec![Choice::Proceed, Choice::Stop],
            because: self.because(plan),
        }
    }
}

/// Names of what a plan changes, in its order.
#[derive(Default)]
struct Named {
    created: Vec<String>,
    updated: Vec<String>,
    gone: Vec<String>,
}

impl Named {
    fn of(plan: &Plan) -> Self {
        let mut named = Self::default();
        for operation in &plan.operations {
            match operation {
                Operation::CreateContact { .. } | Operation::Export(_) => {
                    named.created.push(operation.name());
                }
                Operation::UpdateLedger(_) | Operation::UpdateContact(_) => {
                    named.updated.push(operation.name());
                }
                Operation::LetGo { .. } => named.gone.push(operation.name()),
                Operation::Link { .. } | Operation::WriteSummary { .. } | Operation::Remove { .. } => {}
            }
        }
        let gone = plan.questions.iter().filter(|asked| is_about_gone(&asked.key));
        named.gone.extend(gone.map(|asked| asked.name.clone()));
        named
    }
}

/// ` (Acorn Ltd, Birch & Co, Cedar and 49 more)`; nothing without names.
fn first_of(names: &[String], count: usize) -> String {
    const MOST: usize = 3;
    let first: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match (first.is_empty(), count.saturating_sub(first.len())) {
        (true, _) => String::new(),
        (false, 0) => format!(" ({})", first.join(", ")),
        (false, more) => format!(" ({} and {more} more)", first.join(", ")),
    }
}

/// Creates of records that failed before: they were counted when they were tried first.
fn tried_again(plan: &Plan, local: &Local) -> usize {
    let failed = |record: RecordRef| local.failing.get(&record).is_some_and(|failing| failing.attempts > 0);
    let again = plan.operations.iter().filter(|operation| match operation {
        Operation::CreateContact { ledgers, .. } => {
            ledgers.iter().any(|ledger| failed(RecordRef::Ledger(*ledger)))
        }
        Operation::Export(_)
        | Operation::Link { .. }
        | Operation::UpdateLedger(_)
        | Operation::UpdateContact(_)
        | Operation::WriteSummary { .. }
        | Operation::LetGo { .. }
        | Operation::Remove { .. } => false,
    });
    again.count()
}

/// The identity of the question: there is one at a time.
pub fn key() -> QuestionKey {
    QuestionKey::records(QuestionKind::MassChange, Vec::new())
}

/// The question, if it is asked or answered.
pub fn asked_about(local: &Local) -> Option<&Question> {
    local.questions.values().find(|question| question.asked.key == key())
}

/// Linked ledger contacts one of whose two records this plan finds gone, and no earlier one asked about: those it asks about, and
/// those that the setting `deleted_in_capsule` settles unasked.
fn newly_gone(plan: &Plan, local: &Local) -> usize {
    let about_gone = |keys: &mut dyn Iterator<Item = &QuestionKey>| -> BTreeSet<LedgerRef> {
        keys.filter(|key| is_about_gone(key)).flat_map(|key| key.waiting.iter().copied()).collect()
    };
    let known = about_gone(&mut local.questions.values().map(|question| &question.asked.key));
    let mut gone = about_gone(&mut plan.questions.iter().map(|asked| &asked.key));
    for operation in &plan.operations {
        match operation {
            Operation::LetGo { ledger, .. } => {
                gone.insert(*ledger);
            }
            Operation::CreateContact { ledgers, reason: CreateReason::Deleted, .. } => gone.extend(ledgers),
            Operation::CreateContact { .. }
            | Operation::Link { .. }
            | Operation::Export(_)
            | Operation::UpdateLedger(_)
            | Operation::UpdateContact(_)
            | Operation::WriteSummary { .. }
            | Operation::Remove { .. } => {}
        }
    }
    gone.difference(&known).count()
}

fn is_about_gone(key: &QuestionKey) -> bool {
    match key.kind {
        QuestionKind::DeletedInCapsule | QuestionKind::DeletedInKashFlow => true,
        QuestionKind::SeveralMatches
        | QuestionKind::SuggestedMatch
        | QuestionKind::SameName
        | QuestionKind::NameMismatch
        | QuestionKind::FieldMismatch
        | QuestionKind::ClearedField
        | QuestionKind::MassChange => false,
    }
}

/// What the guard says to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It changes no more than usual.
    Pass,
    /// A person has agreed to that much by answering this question.
    Agreed(QuestionId),
    /// A person must be asked first; nothing is written.
    Ask(MassChange),
}

/// Decides whether a later run may write. `agreed` is what the stored question, if there is one, was asked about.
pub fn verdict(change: MassChange, local: &Local) -> Verdict {
    if !change.is_massive(local.link_count()) {
        return Verdict::Pass;
    }
    let question = asked_about(local);
    let proceeds = question.filter(|question| {
        question.answers.iter().next_back().is_some_and(|answer| answer.choice == Choice::Proceed)
    });
    match (proceeds, &local.progress.mass) {
        (Some(question), Some(agreed)) if change.is_within(agreed) => Verdict::Agreed(question.id),
        _ => Verdict::Ask(change),
    }
}

/// Whether a person has agreed to go on though that list reads empty.
pub fn may_be_empty(local: &Local, list: List) -> bool {
    let question = asked_about(local);
    let proceeds = question.and_then(|question| question.answers.last());
    proceeds.is_some_and(|answer| answer.choice == Choice::Proceed)
        && local.progress.mass.as_ref().is_some_and(|agreed| agreed.empty.contains(&list))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::ids::ContactId;
    use super::super::link::{Base, Link, LinkReason};
    use super::super::question::{Answer, Question};
    use super::*;

    fn change(creates: usize, updates: usize, gone: usize) -> MassChange {
        MassChange { creates, updates, gone, empty: BTreeSet::new() }
    }

    fn linked(links: i64) -> Local {
        let mut local = Local::default();
        for id in 1..=links {
            local.link(Link::new(
                LedgerRef::customer(id),
                ContactId(id),
                Timestamp::UNIX_EPOCH,
                LinkReason::ExactName,
                Base::default(),
            ));
        }
        local
    }

    fn question(kind: QuestionKind, waiting: Vec<LedgerRef>) -> Asked {
        let key = QuestionKey::records(kind, waiting);
        Asked { key, name: String::new(), candidates: vec![], choices: vec![], because: String::new() }
    }

    fn stored(id: u64, asked: Asked, answers: &[Choice]) -> Question {
        let answer = |choice: &Choice| Answer {
            choice: choice.clone(),
            value: None,
            at: Timestamp::UNIX_EPOCH,
            names: vec![],
        };
        let answers = answers.iter().map(answer).collect();
        Question { id: QuestionId(id), asked, since: Timestamp::UNIX_EPOCH, answers }
    }

    #[test]
    fn b35_every_edge_of_too_much() {
        for (creates, updates, gone, links, massive) in [
            (50, 0, 0, 0, false),
            (51, 0, 0, 0, true),
            (51, 0, 0, 100_000, true),
            // Updates: more than 20, and more than a quarter.
            (0, 20, 0, 20, false),
            (0, 21, 0, 84, false),
            (0, 21, 0, 83, true),
            (0, 25, 0, 100, false),
            (0, 26, 0, 100, true),
            (0, 25_000, 0, 100_000, false),
            (0, 25_001, 0, 100_000, true),
            // Gone: more than 5, and more than a tenth.
            (0, 0, 5, 5, false),
            (0, 0, 6, 60, false),
            (0, 0, 6, 59, true),
            (0, 0, 10, 100, false),
            (0, 0, 11, 100, true),
            // Each by itself: they are not added up.
            (50, 20, 5, 20, false),
            (0, 0, 0, 0, false),
        ] {
            let change = change(creates, updates, gone);
            assert_eq!(change.is_massive(links), massive, "{change:?} of {links}");
        }
        let empty = MassChange { empty: [List::Suppliers].into(), ..MassChange::default() };
        assert!(empty.is_massive(100_000));
    }

    #[test]
    fn b35_a_list_is_suspicious_when_it_held_records_and_reads_empty() {
        for (known, read, suspicious) in
            [(0, 0, false), (1, 0, true), (900, 0, true), (900, 1, false), (0, 9, false)]
        {
            assert_eq!(is_suspicious(known, read), suspicious, "{known} {read}");
        }
    }

    #[test]
    fn b35_proceed_holds_for_those_counts_and_no_more() {
        let asked_about = MassChange { empty: [List::Customers].into(), ..change(60, 30, 7) };
        let mut local = linked(40);
        local.progress.mass = Some(asked_about.clone());
        for (answers, now, agreed) in [
            (&[][..], asked_about.clone(), false),
            (&[Choice::Stop], asked_about.clone(), false),
            (&[Choice::Proceed], asked_about.clone(), true),
            (&[Choice::Proceed, Choice::Stop], asked_about.clone(), false),
            (&[Choice::Proceed], change(51, 30, 7), true),
            (&[Choice::Proceed], change(61, 0, 0), false),
            (&[Choice::Proceed], change(0, 31, 0), false),
            (&[Choice::Proceed], change(0, 0, 8), false),
            (&[Choice::Proceed], MassChange { empty: [List::Contacts].into(), ..change(0, 0, 0) }, false),
        ] {
            local.questions.clear();
            local.questions.insert(QuestionId(4), stored(4, asked_about.asked(&Plan::default()), answers));
            let expected = if agreed { Verdict::Agreed(QuestionId(4)) } else { Verdict::Ask(now.clone()) };
            assert_eq!(verdict(now, &local), expected, "{answers:?}");
            let goes_on = answers.last() == Some(&Choice::Proceed);
            assert_eq!(may_be_empty(&local, List::Customers), goes_on);
            assert!(!may_be_empty(&local, List::Contacts));
        }
        assert_eq!(verdict(change(50, 0, 0), &local), Verdict::Pass, "an answer is not needed for little");
    }

    #[test]
    fn b35_gone_counts_linked_records_that_no_earlier_run_asked_about() {
        let mut local = linked(20);
        let about = |id| question(QuestionKind::DeletedInKashFlow, vec![LedgerRef::customer(id)]);
        local.questions.insert(QuestionId(1), stored(1, about(1), &[]));
        let plan = Plan {
            questions: vec![
                about(1),
                about(2),
                question(QuestionKind::DeletedInCapsule, vec![LedgerRef::customer(2)]),
                question(QuestionKind::DeletedInCapsule, vec![LedgerRef::customer(3)]),
                question(QuestionKind::SuggestedMatch, vec![LedgerRef::customer(9)]),
            ],
            ..Plan::default()
        };
        assert_eq!(MassChange::of(&plan, &local, BTreeSet::new()), change(0, 0, 2));
        // What the setting answers is gone just the same.
        let let_go = |id| Operation::LetGo {
            ledger: LedgerRef::customer(id),
            contact: ContactId(id),
            name: String::new(),
        };
        let unasked = Plan { operations: vec![let_go(1), let_go(4), let_go(5)], ..Plan::default() };
        assert_eq!(MassChange::of(&unasked, &local, BTreeSet::new()), change(0, 0, 2));
    }

    #[test]
    fn b35_the_question_says_how_much_it_is() {
        let all = MassChange { empty: [List::Contacts].into(), ..change(60, 1, 7) };
        assert_eq!(
            all.because(&Plan::default()),
            "Capsule suddenly has no contacts, 60 records would be created, 1 record would be updated, 7 records would be \
             found gone; that is more than a run usually changes"
        );
        let lost = |name: &str, id| Asked {
            name: name.into(),
            ..question(QuestionKind::DeletedInKashFlow, vec![LedgerRef::customer(id)])
        };
        let named = Plan {
            questions: vec![lost("Ash", 1), lost("Birch", 2), lost("Cedar", 3), lost("Elm", 4)],
            ..Plan::default()
        };
        for (gone, words) in [
            (3, "3 records would be found gone (Ash, Birch, Cedar)"),
            (4, "4 records would be found gone (Ash, Birch, Cedar and 1 more)"),
        ] {
            let because = change(0, 0, gone).because(&named);
            assert_eq!(because, format!("{words}; that is more than a run usually changes"));
        }
        assert_eq!(all.asked(&named).choices, [Choice::Proceed, Choice::Stop]);
    }
}
