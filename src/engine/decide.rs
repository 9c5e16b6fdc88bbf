//! Decisions that change local state only: answers and the ignored list. Pure; the caller commits the changes.

use jiff::Timestamp;

use crate::domain::ids::{LedgerRef, QuestionId};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::local::{Ignored, RecordRef};
use crate::domain::normalise::{collapsed, name_key};
use crate::domain::plan::choose::concerned;
use crate::domain::question::{Answer, Asked, Choice, QuestionKind};
use crate::domain::removal::delete_bar;
use crate::domain::renaming::bar_of_answer;
use crate::domain::snapshot::DocumentsByOwner;
use crate::ports::{Change, Kept};

use super::pairs::refuse_being_created;
use super::parting::part;
use super::session::Batch;

/// Why a decision was not taken; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Error code of the JSON contract.
    pub code: &'static str,
    /// Why.
    pub message: String,
    /// Who must do what.
    pub remedy: String,
}

pub(super) fn not_found(message: String, remedy: &str) -> Refusal {
    Refusal { code: "not_found", message, remedy: remedy.into() }
}

/// Answers a question. The next run carries it out; leaving a record out holds at once.
pub fn answer(
    kept: &Kept,
    question: QuestionId,
    choice: &Choice,
    value: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let Some(stored) = kept.local.questions.get(&question) else {
        return Err(not_found(
            format!("there is no question {}", question.0),
            "See `kashsync questions` for what is open.",
        ));
    };
    if !stored.asked.choices.contains(choice) {
        let keys: Vec<String> = stored.asked.choices.iter().map(Choice::key).collect();
        let message = format!("question {} has no choice \"{}\"", question.0, choice.key());
        return Err(Refusal {
            code: "usage",
            message,
            remedy: format!("Choose one of: {}.", keys.join(", ")),
        });
    }
    if *choice == Choice::Delete && stored.asked.key.kind == QuestionKind::DeletedInCapsule {
        refuse_declared(kept, &stored.asked.key.waiting)?;
    }
    let value = checked_value(question, &stored.asked, choice, value)?;
    if let (Choice::Rename { ledger, .. }, Some(name)) = (choice, &value) {
        refuse_name(kept, *ledger, name)?;
    }
    let mut progress = kept.local.progress.clone();
    let mut after = vec![("choice".to_owned(), choice.key())];
    after.extend(value.iter().map(|value| ("value".to_owned(), value.clone())));
    let entry = JournalEntry {
        id: progress.next_entry(),
        run: None,
        at: now,
        place: Place::Local,
        record: stored.asked.key.waiting.first().copied().map(RecordRef::Ledger),
        name: stored.asked.name.clone(),
        action: Action::Answer,
        reason: stored.asked.because.clone(),
        before: Vec::new(),
        after,
        outcome: "done".into(),
        undone: false,
    };
    let mut changes = vec![Change::Journal(entry)];
    if choice.ignores() {
        let left_out: Vec<LedgerRef> = match choice.about() {
            Some(one) => vec![one],
            None => stored.asked.key.waiting.clone(),
        };
        for ledger in left_out {
            refuse_being_created(kept, ledger)?;
            changes.extend(ignoring(kept, ledger, &mut progress, now, "answered so"));
            changes.extend(parted(kept, ledger, &mut progress, now));
        }
        if choice.settles_all() {
            changes.push(Change::DropQuestion(question));
            changes.push(Change::PutProgress(progress));
            return Ok(changes);
        }
    }
    if *choice == Choice::Keep && stored.asked.key.kind == QuestionKind::DeletedInKashFlow {
        for ledger in &stored.asked.key.waiting {
            changes.extend(parted(kept, *ledger, &mut progress, now));
        }
        changes.push(Change::DropQuestion(question));
        changes.push(Change::PutProgress(progress));
        return Ok(changes);
    }
    let mut answered = stored.clone();
    // An answer about all goes instead of those about each, and the other way round.
    let stands = |earlier: &Answer| {
        !choice.settles_all() && !earlier.choice.settles_all() && earlier.choice.about() != choice.about()
    };
    answered.answers.retain(stands);
    answered.answers.push(Answer {
        choice: choice.clone(),
        value,
        at: now,
        names: concerned(&kept.snapshot, &stored.asked, choice),
    });
    changes.push(Change::PutQuestion(answered));
    changes.push(Change::PutProgress(progress));
    Ok(changes)
}

/// Ends the link of a ledger contact that the answer lets go of, if it has one.
fn parted(
    kept: &Kept,
    ledger: LedgerRef,
    progress: &mut crate::domain::local::Progress,
    now: Timestamp,
) -> Vec<Change> {
    let mut batch = Batch { progress: progress.clone(), changes: Vec::new() };
    part(kept, &mut batch, ledger, None, "answered so", now);
    *progress = batch.progress;
    batch.changes
}

/// A ledger contact with a document on a VAT return is never deleted (design B29).
fn refuse_declared(kept: &Kept, waiting: &[LedgerRef]) -> Result<(), Refusal> {
    let documents = DocumentsByOwner::of(&kept.snapshot);
    let bar = waiting.iter().find_map(|ledger| delete_bar(&documents, &kept.local, *ledger));
    bar.map_or(Ok(()), |message| {
        let remedy = "Archive it instead: answer `archive`.".into();
        Err(Refusal { code: "vat_return", message, remedy })
    })
}

/// A new name must tell the record apart from every other of its side (design B12).
fn refuse_name(kept: &Kept, ledger: LedgerRef, name: &str) -> Result<(), Refusal> {
    let Some(bar) = bar_of_answer(ledger, name, &kept.snapshot, &kept.local) else { return Ok(()) };
    let (code, message) = bar.words(ledger, name, &kept.snapshot);
    let remedy = format!("Give it a name that no other {} has: `--value NAME`.", ledger.side.word());
    Err(Refusal { code, message, remedy })
}

/// The text that an answer brings: a new name, or the name of what is to be deleted, typed as a confirmation.
fn checked_value(
    question: QuestionId,
    asked: &Asked,
    choice: &Choice,
    value: Option<&str>,
) -> Result<Option<String>, Refusal> {
    let value = value.map(collapsed).filter(|value| !value.is_empty());
    let key = choice.key();
    match (choice.needs_value(), &value) {
        (false, None) => Ok(None),
        (false, Some(_)) => Err(Refusal {
            code: "usage",
            message: format!("the choice \"{key}\" takes no value"),
            remedy: "Leave the value out.".into(),
        }),
        (true, None) => Err(Refusal {
            code: "usage",
            message: format!("the choice \"{key}\" needs a name"),
            remedy: format!(
                "Give it: `kashsync answer {} {key} --value NAME`. The record is called \"{}\" now.",
                question.0, asked.name
            ),
        }),
        (true, Some(typed)) if *choice == Choice::Delete && name_key(typed) != name_key(&asked.name) => {
            Err(Refusal {
                code: "needs_confirmation",
                message: format!("\"{typed}\" is not the name of what would be deleted"),
                remedy: format!("Type the name \"{}\" to confirm.", asked.name),
            })
        }
        (true, Some(_)) => Ok(value),
    }
}

/// Leaves a ledger contact out for good.
pub fn ignore(kept: &Kept, ledger: LedgerRef, reason: &str, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    if !kept.snapshot.ledger.contains_key(&ledger) {
        return Err(not_found(format!("KashFlow has no {ledger}"), "Check the code in KashFlow, then sync."));
    }
    if kept.local.link_of(ledger).is_some() {
        return Err(Refusal {
            code: "already_linked",
            message: format!("{} is linked", coded(kept, ledger)),
            remedy: "Only a record without a link can be ignored.".into(),
        });
    }
    refuse_being_created(kept, ledger)?;
    let mut progress = kept.local.progress.clone();
    let mut changes = ignoring(kept, ledger, &mut progress, now, reason);
    if let Some(question) = kept.local.question_about(ledger)
        && question.asked.key.waiting.len() == 1
    {
        changes.push(Change::DropQuestion(question.id));
    }
    changes.push(Change::PutProgress(progress));
    Ok(changes)
}

/// Syncing is disabled (design B34).
pub fn disabled() -> Refusal {
    Refusal {
        code: "disabled",
        message: "syncing is disabled".into(),
        remedy: "Enable it first: `kashsync enable`. Nothing was read or written.".into(),
    }
}

/// Disables syncing (design B34). Everything is kept, and hidden; nothing to change when it is disabled already.
pub fn disable(kept: &Kept, now: Timestamp) -> Vec<Change> {
    switch(kept, Some(now), now)
}

/// Enables syncing again: the links that were kept count again, and the approval of the first run holds.
pub fn enable(kept: &Kept, now: Timestamp) -> Vec<Change> {
    switch(kept, None, now)
}

fn switch(kept: &Kept, disabled: Option<Timestamp>, now: Timestamp) -> Vec<Change> {
    let mut progress = kept.local.progress.clone();
    if progress.disabled.is_some() == disabled.is_some() {
        return Vec::new();
    }
    let said = |disabled: Option<Timestamp>| vec![("enabled".to_owned(), disabled.is_none().to_string())];
    let entry = JournalEntry {
        id: progress.next_entry(),
        run: None,
        at: now,
        place: Place::Local,
        record: None,
        name: "enabled".into(),
        action: Action::Setting,
        reason: "you changed it".into(),
        before: said(progress.disabled),
        after: said(disabled),
        outcome: "done".into(),
        undone: false,
    };
    progress.disabled = disabled;
    vec![Change::Journal(entry), Change::PutProgress(progress)]
}

/// A ledger contact as commands name it, `customer:ABBE01`; by its id where its code is not known.
fn coded(kept: &Kept, ledger: LedgerRef) -> String {
    match kept.snapshot.ledger.get(&ledger) {
        Some(record) => format!("{}:{}", ledger.side.word(), record.code),
        None => ledger.to_string(),
    }
}

/// Takes a ledger contact off the ignored list; the next run matches it again.
pub fn unignore(kept: &Kept, ledger: LedgerRef, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    let Some(ignored) = kept.local.ignored.get(&ledger) else {
        return Err(not_found(format!("{} is not ignored", coded(kept, ledger)), "See `kashsync ignored`."));
    };
    let mut progress = kept.local.progress.clone();
    let entry = local_entry(&mut progress, ledger, &ignored.name, "taken off the ignored list", now, "no");
    Ok(vec![Change::DropIgnored(ledger), Change::Journal(entry), Change::PutProgress(progress)])
}

fn ignoring(
    kept: &Kept,
    ledger: LedgerRef,
    progress: &mut crate::domain::local::Progress,
    now: Timestamp,
    reason: &str,
) -> Vec<Change> {
    let record = kept.snapshot.ledger.get(&ledger);
    let (code, name) = record.map(|record| (record.code.clone(), record.name.clone())).unwrap_or_default();
    let entry = local_entry(progress, ledger, &name, reason, now, "yes");
    let ignored = Ignored { ledger, code, name, since: now };
    let mut changes = vec![Change::PutIgnored(ignored), Change::Journal(entry)];
    if kept.local.failing.contains_key(&RecordRef::Ledger(ledger)) {
        changes.push(Change::DropFailing(RecordRef::Ledger(ledger)));
    }
    changes
}

fn local_entry(
    progress: &mut crate::domain::local::Progress,
    ledger: LedgerRef,
    name: &str,
    reason: &str,
    now: Timestamp,
    ignored: &str,
) -> JournalEntry {
    JournalEntry {
        id: progress.next_entry(),
        run: None,
        at: now,
        place: Place::Local,
        record: Some(RecordRef::Ledger(ledger)),
        name: name.to_owned(),
        action: Action::Ignore,
        reason: reason.to_owned(),
        before: Vec::new(),
        after: vec![("ignored".into(), ignored.into())],
        outcome: "done".into(),
        undone: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::question::QuestionKey;

    #[test]
    fn an_answer_brings_the_text_that_its_choice_needs_and_no_other() {
        let ledger = LedgerRef::customer(1);
        let asked = Asked {
            key: QuestionKey::records(QuestionKind::DeletedInCapsule, vec![ledger]),
            name: "Ash Tree Ltd".into(),
            candidates: Vec::new(),
            choices: Vec::new(),
            because: String::new(),
        };
        let rename = Choice::Rename { ledger, code: "ASHT01".into() };
        for (choice, value, kept) in [
            (&Choice::Keep, None, Ok(None)),
            (&Choice::Keep, Some("x"), Err("usage")),
            (&rename, None, Err("usage")),
            (&rename, Some("  "), Err("usage")),
            (&rename, Some(" Ash  Tree 2 "), Ok(Some("Ash Tree 2"))),
            (&Choice::Delete, Some("Ash Tree"), Err("needs_confirmation")),
            (&Choice::Delete, Some("ash tree ltd"), Ok(Some("ash tree ltd"))),
        ] {
            let checked = checked_value(QuestionId(1), &asked, choice, value).map_err(|refusal| refusal.code);
            assert_eq!(
                checked,
                kept.map(|kept: Option<&str>| kept.map(str::to_owned)),
                "{choice:?} {value:?}"
            );
        }
    }
}
