//! Giving a ledger contact another name in KashFlow, so that two of one name can be told apart (design B12). Pure.

use super::ids::LedgerRef;
use super::local::Local;
use super::normalise::name_key;
use super::question::{Answer, Choice};
use super::snapshot::Snapshot;
use super::wording::ledger_name;

/// What speaks against a new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameBar {
    /// The record has that name already.
    Unchanged,
    /// Another record of its side has that name.
    Taken(LedgerRef),
    /// Another record of its side is to get that name, by an answer that is not carried out yet.
    Promised(LedgerRef),
}

impl NameBar {
    /// Error code of the JSON contract and what is wrong, without a full stop.
    pub fn words(self, ledger: LedgerRef, name: &str, snapshot: &Snapshot) -> (&'static str, String) {
        match self {
            Self::Unchanged => {
                ("usage", format!("{} is called \"{name}\" already", ledger_name(ledger, snapshot)))
            }
            Self::Taken(other) => {
                ("name_exists", format!("KashFlow has {} of that name already", ledger_name(other, snapshot)))
            }
            Self::Promised(other) => (
                "name_exists",
                format!("you gave {} the name \"{name}\" already", ledger_name(other, snapshot)),
            ),
        }
    }
}

/// What speaks against giving a ledger contact that name, by what KashFlow holds: names are compared as in B7, so a name that
/// differs in case or blanks alone tells nobody apart. Archived records count, since they may be taken back into use.
pub fn bar(ledger: LedgerRef, name: &str, snapshot: &Snapshot, local: &Local) -> Option<NameBar> {
    let key = name_key(name);
    let has_it = |id: LedgerRef| snapshot.ledger.get(&id).is_some_and(|known| name_key(&known.name) == key);
    if has_it(ledger) {
        return Some(NameBar::Unchanged);
    }
    let others = snapshot.ledger.keys().copied().filter(|other| other.side == ledger.side);
    others.filter(|other| !local.is_gone(*other)).find(|other| has_it(*other)).map(NameBar::Taken)
}

/// The same, by what was answered and is not carried out yet as well.
pub fn bar_of_answer(ledger: LedgerRef, name: &str, snapshot: &Snapshot, local: &Local) -> Option<NameBar> {
    let key = name_key(name);
    let gives_it = |answer: &Answer| match &answer.choice {
        Choice::Rename { ledger: other, .. } if *other != ledger && other.side == ledger.side => {
            answer.value.as_deref().is_some_and(|value| name_key(value) == key).then_some(*other)
        }
        _ => None,
    };
    bar(ledger, name, snapshot, local).or_else(|| {
        let mut answers = local.questions.values().flat_map(|question| &question.answers);
        answers.find_map(gives_it).map(NameBar::Promised)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::super::ids::{QuestionId, RunId};
    use super::super::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
    use super::super::local::Missing;
    use super::super::question::{Asked, Question, QuestionKey, QuestionKind};
    use super::*;

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (id, name, archived) in [
            (LedgerRef::customer(1), "Acme Ltd", false),
            (LedgerRef::customer(2), "Acme Ltd", false),
            (LedgerRef::customer(3), "Old Acme", true),
            (LedgerRef::customer(4), "Gone Acme", false),
            (LedgerRef::supplier(1), "Acme Timber", false),
        ] {
            let ledger = LedgerContact {
                id,
                code: format!("ACME{:02}", id.id.0),
                name: name.into(),
                archived,
                contact: LedgerPerson::default(),
                address: LedgerAddress::default(),
                currency: None,
            };
            snapshot.ledger.insert(id, Arc::new(ledger));
        }
        snapshot
    }

    #[test]
    fn b12_a_new_name_must_tell_apart() {
        let (snapshot, mut local) = (snapshot(), Local::default());
        local.missing.insert(LedgerRef::customer(4), Missing { since: RunId(1), gone: true });
        let (one, two) = (LedgerRef::customer(1), LedgerRef::customer(2));
        for (name, expected) in [
            ("Acme North Ltd", None),
            ("ACME  ltd", Some(NameBar::Unchanged)),
            ("old acme", Some(NameBar::Taken(LedgerRef::customer(3)))),
            ("Gone Acme", None),
            // The other side's names are its own: a customer and a supplier of one name are one organisation.
            ("Acme Timber", None),
        ] {
            assert_eq!(bar(one, name, &snapshot, &local), expected, "{name}");
        }
        let asked = Asked {
            key: QuestionKey::records(QuestionKind::SameName, vec![one, two]),
            name: "Acme Ltd".into(),
            candidates: Vec::new(),
            choices: Vec::new(),
            because: String::new(),
        };
        let at = Timestamp::UNIX_EPOCH;
        let choice = Choice::Rename { ledger: two, code: "ACME02".into() };
        let answer = Answer { choice, value: Some("Acme North Ltd".into()), at, names: Vec::new() };
        let question = Question { id: QuestionId(1), asked, since: at, answers: vec![answer] };
        local.questions.insert(QuestionId(1), question);
        let promised = bar_of_answer(one, "acme north ltd", &snapshot, &local);
        assert_eq!(promised, Some(NameBar::Promised(two)));
        assert_eq!(
            bar_of_answer(two, "acme north ltd", &snapshot, &local),
            None,
            "its own answer, given anew"
        );
        let (code, words) = NameBar::Promised(two).words(one, "Acme North", &snapshot);
        assert_eq!(
            (code, words.as_str()),
            ("name_exists", "you gave customer Acme Ltd (ACME02) the name \"Acme North\" already")
        );
    }
}
