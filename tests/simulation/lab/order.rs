//! What people tell kashsync, as plain data, and the command that it becomes with what they see by then.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kashsync::domain::deletion::LedgerStep;
use kashsync::domain::details::Field;
use kashsync::domain::ids::{ContactId, LedgerRef, RunId, Service};
use kashsync::domain::journal::{Action, JournalEntry};
use kashsync::domain::local::RecordRef;
use kashsync::domain::question::{Choice, Question};
use kashsync::engine::command::{Command, DeleteOrder, MergeOrder, Undo};
use kashsync::ports::Kept;

use super::dice::{Dice, Pick};
use super::truth::{Leave, Target, Truth};

/// One thing that somebody tells kashsync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Sync {
        full: bool,
    },
    SyncOne(Pick),
    Plan,
    /// `typed`: what must be typed is typed right.
    Answer {
        question: Pick,
        choice: Pick,
        typed: bool,
    },
    Link {
        contact: Pick,
        ledger: Pick,
    },
    Unlink {
        link: Pick,
    },
    Ignore(Pick),
    Unignore(Pick),
    Never {
        contact: Pick,
        ledger: Pick,
    },
    Take {
        link: Pick,
        field: Pick,
        kashflow: bool,
    },
    Undo(Pick),
    UndoRun(Pick),
    Export(Pick),
    Delete {
        contact: Pick,
        step: LedgerStep,
        typed: bool,
    },
    Merge {
        keep: Pick,
        other: Pick,
        typed: bool,
    },
    Retry,
    Disable {
        clear: bool,
    },
    Enable,
    Cancel,
}

impl Order {
    /// Any order but to sync.
    pub fn any(dice: &mut Dice) -> Self {
        let (one, two) = (dice.pick(), dice.pick());
        match dice.below(100) {
            0..42 => Self::Answer { question: one, choice: two, typed: dice.percent(90) },
            42..48 => Self::Link { contact: one, ledger: two },
            48..53 => Self::Unlink { link: one },
            53..56 => Self::Ignore(one),
            56..59 => Self::Unignore(one),
            59..62 => Self::Never { contact: one, ledger: two },
            62..67 => Self::Take { link: one, field: two, kashflow: dice.percent(50) },
            67..75 => Self::Undo(one),
            75..76 => Self::UndoRun(one),
            76..82 => Self::Export(one),
            82..87 => {
                Self::Delete { contact: one, step: dice.one(&LedgerStep::ALL), typed: dice.percent(85) }
            }
            87..92 => Self::Merge { keep: one, other: two, typed: dice.percent(85) },
            92..94 => Self::Retry,
            94..96 => Self::Plan,
            96..97 => Self::Disable { clear: dice.percent(40) },
            97..98 => Self::Enable,
            _ => Self::SyncOne(one),
        }
    }

    /// The command, with what is on the screen now; what people allow by it is noted.
    pub fn command(
        self,
        kept: &Kept,
        journal: &[JournalEntry],
        truth: &mut Truth,
        now: Timestamp,
    ) -> Option<Command> {
        let contacts: Vec<ContactId> = kept.snapshot.contacts.keys().copied().collect();
        let ledgers: Vec<LedgerRef> = kept.snapshot.ledger.keys().copied().collect();
        let links: Vec<_> = kept.local.links().collect();
        Some(match self {
            Self::Sync { full } => Command::Sync { full, contact: None },
            Self::SyncOne(who) => Command::Sync { full: false, contact: Some(*who.of(&contacts)?) },
            Self::Plan => Command::Plan { full: false },
            Self::Answer { question, choice, typed } => {
                let open: Vec<&Question> =
                    kept.local.questions.values().filter(|question| question.is_open()).collect();
                let question = *question.of(&open)?;
                let choice = choice.of(&question.asked.choices)?;
                answer(question, choice, typed, kept, truth, now)
            }
            Self::Link { contact, ledger } => {
                truth.loosened.insert(*ledger.of(&ledgers)?);
                Command::Link { contact: *contact.of(&contacts)?, ledger: *ledger.of(&ledgers)? }
            }
            Self::Unlink { link } => {
                let contact = link.of(&links)?.contact;
                truth.loosened.extend(kept.local.links_on(contact).map(|link| link.ledger));
                Command::Unlink { contact, side: None }
            }
            Self::Ignore(who) => Command::Ignore(*who.of(&ledgers)?),
            Self::Unignore(who) => {
                let ignored: Vec<LedgerRef> = kept.local.ignored.keys().copied().collect();
                Command::Unignore(*who.of(&ignored)?)
            }
            Self::Never { contact, ledger } => {
                truth.loosened.insert(*ledger.of(&ledgers)?);
                Command::Never { contact: *contact.of(&contacts)?, ledger: *ledger.of(&ledgers)? }
            }
            Self::Take { link, field, kashflow } => {
                let link = link.of(&links)?;
                truth.decided.insert(link.ledger, now);
                let side = if kashflow { Service::KashFlow } else { Service::Capsule };
                Command::Take { contact: link.contact, field: *field.of(&Field::ALL)?, side }
            }
            Self::Undo(which) => {
                let entry = which.of(journal)?;
                undoing(entry, kept, truth, now);
                Command::Undo(Undo::Entries(BTreeSet::from([entry.id])))
            }
            Self::UndoRun(which) => {
                let runs: Vec<RunId> = kept.runs.iter().map(|run| run.id).collect();
                let run = *which.of(&runs)?;
                journal.iter().filter(|entry| entry.run == Some(run)).for_each(|entry| {
                    undoing(entry, kept, truth, now);
                });
                Command::Undo(Undo::Run(run))
            }
            Self::Export(who) => {
                truth.exported = true;
                Command::Export(vec![*who.of(&contacts)?])
            }
            Self::Delete { contact, step, typed } => {
                let contact = *contact.of(&contacts)?;
                let name = kept.snapshot.contacts[&contact].name().into_owned();
                if typed {
                    leave_contact(contact, &name, "a delete that was confirmed", truth);
                    if step != LedgerStep::Leave {
                        truth.takes_along.push((contact.0, step == LedgerStep::Archive));
                    }
                }
                let confirm = Some(if typed { name } else { "Somebody Else".into() });
                Command::Delete(DeleteOrder { contact, step, confirm, dry: false })
            }
            Self::Merge { keep, other, typed } => {
                let (keep, other) = (*keep.of(&contacts)?, *other.of(&contacts)?);
                let name = kept.snapshot.contacts[&other].name().into_owned();
                if typed {
                    leave_contact(other, &name, "a merge that was confirmed", truth);
                }
                truth.merged.extend([keep.0, other.0]);
                let links = [keep, other].into_iter().flat_map(|id| kept.local.links_on(id));
                truth.decided.extend(links.map(|link| (link.ledger, now)));
                let confirm = Some(if typed { name } else { "Somebody Else".into() });
                Command::Merge(MergeOrder { keep, other, name: None, confirm, dry: false })
            }
            Self::Retry => Command::Retry(None),
            Self::Disable { clear } => Command::Disable { clear_summary: clear },
            Self::Enable => Command::Enable,
            Self::Cancel => Command::Cancel,
        })
    }
}

fn leave_contact(contact: ContactId, name: &str, why: &str, truth: &mut Truth) {
    truth.leaves.push(Leave {
        target: Target::Party(contact.0),
        archive_only: false,
        name: name.into(),
        why: why.into(),
    });
}

/// An answer, and what it allows.
fn answer(
    question: &Question,
    choice: &Choice,
    typed: bool,
    kept: &Kept,
    truth: &mut Truth,
    now: Timestamp,
) -> Command {
    let asked = &question.asked;
    for ledger in &asked.key.waiting {
        truth.decided.insert(*ledger, now);
    }
    let value = match choice {
        Choice::Delete if !typed => Some("Somebody Else".to_owned()),
        Choice::Delete => Some(asked.name.clone()),
        Choice::Rename { ledger, .. } => Some(format!("Renamed {} Ltd", ledger.id.0)),
        _ => None,
    };
    let is_removal = matches!(choice, Choice::Archive) || *choice == Choice::Delete && typed;
    for ledger in asked.key.waiting.iter().filter(|_| is_removal) {
        truth.leaves.push(Leave {
            target: Target::Ledger(*ledger),
            archive_only: *choice == Choice::Archive,
            name: asked.name.clone(),
            why: "an answer".into(),
        });
        if let Some(link) = kept.local.link_of(*ledger) {
            leave_contact(link.contact, &asked.name, "an answer", truth);
        }
    }
    Command::Answer { question: question.id, choice: choice.clone(), value }
}

/// What an undo of an entry may take away.
fn undoing(entry: &JournalEntry, kept: &Kept, truth: &mut Truth, now: Timestamp) {
    match entry.record {
        Some(RecordRef::Contact(contact)) => {
            truth.loosened.extend(kept.local.links_on(contact).map(|link| link.ledger));
            if entry.action == Action::Create {
                leave_contact(contact, &entry.name, "an undo", truth);
            }
            truth.merged.insert(contact.0);
            truth.undone.insert(Target::Party(contact.0));
        }
        Some(RecordRef::Ledger(ledger)) => {
            truth.loosened.insert(ledger);
            truth.undone.insert(Target::Ledger(ledger));
            truth.decided.insert(ledger, now);
            truth.leaves.push(Leave {
                target: Target::Ledger(ledger),
                archive_only: true,
                name: entry.name.clone(),
                why: "an undo".into(),
            });
        }
        None => {}
    }
}
