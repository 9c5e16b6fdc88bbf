//! What undoing a journal entry means (design B36). Pure: the engine re-reads, checks again and carries it out.

mod mark;

pub use self::mark::{journal_mark, journal_person, marked, with_former_person};
use super::details::{Details, Field, PostalAddress};
use super::edit::Edit;
use super::ids::{ContactId, LedgerId, LedgerRef, QuestionId, Service, Side};
use super::journal::{Action, JournalEntry, Place};
use super::local::{Local, RecordRef};
use super::question::{Choice, Question};
use super::snapshot::Snapshot;

/// What undoing an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undoing {
    /// The two are unlinked and count as not the same. Local.
    Unlink {
        /// The ledger contact.
        ledger: LedgerRef,
        /// The contact.
        contact: ContactId,
    },
    /// The two are linked again. Local.
    Link {
        /// The ledger contact.
        ledger: LedgerRef,
        /// The contact.
        contact: ContactId,
    },
    /// The record comes off the ignored list. Local.
    Unignore(LedgerRef),
    /// The record goes back on the ignored list. Local.
    Ignore(LedgerRef),
    /// The two may be the same again. Local.
    Allow {
        /// The ledger contact.
        ledger: LedgerRef,
        /// The contact.
        contact: ContactId,
    },
    /// The answer is taken back; the question is open again. Local.
    TakeBack {
        /// The question.
        question: QuestionId,
        /// The choice that was answered.
        choice: Choice,
    },
    /// The mark that takes a difference one way is what it was before. Local.
    Mark {
        /// The ledger contact of the link.
        ledger: LedgerRef,
        /// The field.
        field: Field,
        /// Whose value was taken before, if one was.
        mark: Option<Service>,
    },
    /// The link has its former Contact Person again, and no mark on that field. Local.
    ContactPerson {
        /// The ledger contact of the link.
        ledger: LedgerRef,
        /// Who it was, if somebody was.
        person: Option<ContactId>,
    },
    /// The old values go back to KashFlow, if ours still stand; they then count as an accepted difference.
    EditLedger {
        /// The ledger contact.
        ledger: LedgerRef,
        /// The old values.
        old: Edit,
        /// What was written.
        ours: Edit,
    },
    /// The old values go back to Capsule, if ours still stand; they then count as an accepted difference.
    EditContact {
        /// The contact.
        contact: ContactId,
        /// The old values.
        old: Edit,
        /// What was written.
        ours: Edit,
    },
    /// The created contact is deleted, if untouched and empty, and what it was made for is ignored.
    DeleteContact {
        /// The contact.
        contact: ContactId,
        /// What it was made for.
        ledgers: Vec<LedgerRef>,
    },
    /// The ledger contact is archived; after an export it is ignored as well.
    Archive {
        /// The ledger contact.
        ledger: LedgerRef,
        /// It was made by an export.
        exported: bool,
    },
    /// The ledger contact is taken back into use.
    Unarchive(LedgerRef),
}

impl Undoing {
    /// Whether a service must be asked or written to.
    pub fn needs_network(&self) -> bool {
        match self {
            Self::Unlink { .. }
            | Self::Link { .. }
            | Self::Unignore(_)
            | Self::Ignore(_)
            | Self::Allow { .. }
            | Self::Mark { .. }
            | Self::ContactPerson { .. }
            | Self::TakeBack { .. } => false,
            Self::EditLedger { .. }
            | Self::EditContact { .. }
            | Self::DeleteContact { .. }
            | Self::Archive { .. }
            | Self::Unarchive(_) => true,
        }
    }
}

/// Why an entry cannot be undone: one sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotUndo(pub String);

fn cannot<T>(why: impl Into<String>) -> Result<T, CannotUndo> {
    Err(CannotUndo(why.into()))
}

/// What undoing this entry does, or why it cannot be undone. The journal tells what became of it since.
pub fn undo(
    entry: &JournalEntry,
    journal: &[JournalEntry],
    snapshot: &Snapshot,
    local: &Local,
) -> Result<Undoing, CannotUndo> {
    if entry.undone {
        return cannot("it is undone already");
    }
    if !matches!(entry.outcome.as_str(), "done" | "adopted") {
        return cannot("it changed nothing");
    }
    match entry.action {
        Action::Link => unlink(entry, local),
        Action::Unlink => relink(entry, snapshot, local),
        Action::Ignore => unignore(entry, local),
        Action::Never => allow(entry, local),
        Action::Answer => take_back(entry, local),
        Action::Update | Action::Rename => old_values(entry),
        Action::Create => match (entry.place, entry.record) {
            (Place::KashFlow, Some(RecordRef::Ledger(ledger))) => archive(ledger, true, snapshot),
            (_, Some(RecordRef::Contact(contact))) => {
                Ok(Undoing::DeleteContact { contact, ledgers: made_for(entry) })
            }
            (_, Some(RecordRef::Ledger(_)) | None) => cannot("the journal does not say what was created"),
        },
        Action::Export => archive(ledger_of(entry)?, true, snapshot),
        Action::Unarchive => archive(ledger_of(entry)?, false, snapshot),
        Action::Archive => Ok(Undoing::Unarchive(ledger_of(entry)?)),
        Action::Delete => cannot("a delete is final: the record and what hung on it are gone"),
        Action::Merge => cannot("a merge is final: the other contact is gone"),
        Action::Summary => cannot(
            "the KashFlow fields show what KashFlow says, so the next sync would write them again; switch them off with \
             the setting write_summary",
        ),
        Action::Take => mark::take_back(entry, journal, snapshot, local),
        Action::Setting => cannot("set it back with `kashsync settings set`"),
    }
}

/// The journal's words for some fields' values. An address is three of them, so that it can be put back as it was.
pub fn journal_values(fields: impl IntoIterator<Item = Field>, details: &Details) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for field in fields {
        if field == Field::Address {
            let address = &details.address;
            values.push((field.word().to_owned(), address.lines.join("\n")));
            values.push((POSTCODE.to_owned(), address.postcode.clone()));
            values.push((COUNTRY.to_owned(), address.country.clone()));
        } else {
            values.push((field.word().to_owned(), details.text(field)));
        }
    }
    values
}

const POSTCODE: &str = "postcode";
const COUNTRY: &str = "country";
/// The journal's word for what a created contact was made for: ledger contacts, separated by one space.
pub const MADE_FOR: &str = "kashflow_id";
/// The journal's word for when Capsule had a contact as we wrote it.
pub const UPDATED_AT: &str = "updated_at";

/// The edit that puts these values back; none where the journal does not hold a value in full.
fn edit_of(values: &[(String, String)]) -> Option<Edit> {
    let given = |word: &str| values.iter().find(|(name, _)| name == word).map(|(_, value)| value.clone());
    let mut edit = Edit::default();
    for field in Field::ALL {
        let Some(value) = given(field.word()) else { continue };
        let details = &mut edit.values;
        match field {
            Field::Name => details.name = value,
            Field::Email => details.email = value,
            Field::Phone => details.phone = value,
            Field::Fax => details.fax = value,
            Field::Mobile => details.mobile = value,
            Field::Website => details.website = value,
            Field::ContactPerson => details.contact_person = value,
            Field::Address => {
                let lines = value.lines().map(str::to_owned).collect();
                let (postcode, country) = (given(POSTCODE)?, given(COUNTRY)?);
                details.address = PostalAddress { lines, postcode, country };
            }
        }
        edit.fields.insert(field);
    }
    (!edit.fields.is_empty()).then_some(edit)
}

fn old_values(entry: &JournalEntry) -> Result<Undoing, CannotUndo> {
    let (Some(old), Some(ours)) = (edit_of(&entry.before), edit_of(&entry.after)) else {
        return cannot("the journal does not hold the old values in full");
    };
    if old.fields != ours.fields {
        return cannot("the journal does not hold the old values in full");
    }
    match (entry.place, entry.record) {
        (Place::KashFlow, Some(RecordRef::Ledger(ledger))) => Ok(Undoing::EditLedger { ledger, old, ours }),
        (Place::Capsule, Some(RecordRef::Contact(contact))) => {
            Ok(Undoing::EditContact { contact, old, ours })
        }
        (Place::KashFlow | Place::Capsule | Place::Local, _) => {
            cannot("the journal does not say which record was changed")
        }
    }
}

fn unlink(entry: &JournalEntry, local: &Local) -> Result<Undoing, CannotUndo> {
    let (ledger, contact) = (ledger_of(entry)?, contact_of(&entry.after)?);
    match local.link_of(ledger) {
        Some(link) if link.contact == contact => Ok(Undoing::Unlink { ledger, contact }),
        Some(_) | None => cannot("the two are not linked any more"),
    }
}

fn relink(entry: &JournalEntry, snapshot: &Snapshot, local: &Local) -> Result<Undoing, CannotUndo> {
    let (ledger, contact) = (ledger_of(entry)?, contact_of(&entry.before)?);
    if local.link_of(ledger).is_some() || local.link_on(contact, ledger.side).is_some() {
        return cannot("one of the two is linked with another record by now");
    }
    if !snapshot.ledger.contains_key(&ledger) || !snapshot.contacts.contains_key(&contact) {
        return cannot("one of the two is gone");
    }
    Ok(Undoing::Link { ledger, contact })
}

fn unignore(entry: &JournalEntry, local: &Local) -> Result<Undoing, CannotUndo> {
    let ledger = ledger_of(entry)?;
    let was_put_on = entry.after.iter().any(|(name, value)| name == "ignored" && value == "yes");
    match (was_put_on, local.ignored.contains_key(&ledger)) {
        (true, true) => Ok(Undoing::Unignore(ledger)),
        (true, false) => cannot("it is not ignored any more"),
        (false, true) => cannot("it is ignored again already"),
        (false, false) if local.link_of(ledger).is_some() => cannot("it is linked by now; unlink it first"),
        (false, false) => Ok(Undoing::Ignore(ledger)),
    }
}

fn allow(entry: &JournalEntry, local: &Local) -> Result<Undoing, CannotUndo> {
    let ledger = ledger_of(entry)?;
    let Ok(contact) = contact_of(&entry.after) else {
        return cannot("it took an earlier decision back");
    };
    if local.never.contains(&(ledger, contact)) {
        Ok(Undoing::Allow { ledger, contact })
    } else {
        cannot("it was taken back already")
    }
}

/// An answer can be taken back until it is carried out; one that left records out, as long as they are.
fn take_back(entry: &JournalEntry, local: &Local) -> Result<Undoing, CannotUndo> {
    let key = entry.after.iter().find(|(name, _)| name == "choice").map(|(_, value)| value.as_str());
    let waits = |waiting: &[LedgerRef]| match entry.record {
        Some(RecordRef::Ledger(ledger)) => waiting.contains(&ledger),
        Some(RecordRef::Contact(_)) => false,
        None => waiting.is_empty(),
    };
    // Several questions may wait for one record: the entry has the words of its own.
    let is_it =
        |question: &&Question| waits(&question.asked.key.waiting) && question.asked.because == entry.reason;
    let standing = local.questions.values().filter(is_it).find_map(|question| {
        let answer = question.answers.iter().find(|answer| Some(answer.choice.key().as_str()) == key)?;
        Some((question.id, answer.choice.clone()))
    });
    if let Some((question, choice)) = standing {
        return Ok(Undoing::TakeBack { question, choice });
    }
    match entry.record {
        Some(RecordRef::Ledger(ledger)) if key == Some("ignore") && local.ignored.contains_key(&ledger) => {
            Ok(Undoing::Unignore(ledger))
        }
        Some(RecordRef::Ledger(_) | RecordRef::Contact(_)) | None => {
            cannot("it was carried out already; undo what it did")
        }
    }
}

fn archive(ledger: LedgerRef, exported: bool, snapshot: &Snapshot) -> Result<Undoing, CannotUndo> {
    if snapshot.ledger.contains_key(&ledger) {
        Ok(Undoing::Archive { ledger, exported })
    } else {
        cannot("KashFlow has no such record any more")
    }
}

fn ledger_of(entry: &JournalEntry) -> Result<LedgerRef, CannotUndo> {
    match entry.record {
        Some(RecordRef::Ledger(ledger)) => Ok(ledger),
        Some(RecordRef::Contact(_)) | None => cannot("the journal does not say which record it was"),
    }
}

fn contact_of(values: &[(String, String)]) -> Result<ContactId, CannotUndo> {
    let id = values.iter().find(|(name, _)| name == "contact").and_then(|(_, value)| value.parse().ok());
    id.map(ContactId).ok_or_else(|| CannotUndo("the journal does not say which contact it was".into()))
}

fn made_for(entry: &JournalEntry) -> Vec<LedgerRef> {
    let words = entry.after.iter().find(|(name, _)| name == MADE_FOR).map_or("", |(_, value)| value.as_str());
    let ledger = |word: &str| {
        let (side, id) = word.split_once(':')?;
        Some(LedgerRef { side: Side::from_word(side)?, id: LedgerId(id.parse().ok()?) })
    };
    words.split(' ').filter_map(ledger).collect()
}

#[cfg(test)]
mod tests;
