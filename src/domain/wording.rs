//! Choices and operations in words, for the screen and the command line alike.
//!
//! Names in the sentences are as the services have them; whoever shows them makes them safe first (`safe::Safe`).

use super::contact::{Contact, ContactKind};
use super::details::Field;
use super::ids::{ContactId, LedgerRef};
use super::ledger::LedgerContact;
use super::mapping::code_ending;
use super::normalise::{collapsed, name_key};
use super::operation::Operation;
use super::question::{Asked, Choice, QuestionKind};
use super::removal::RemovalKind;
use super::snapshot::Snapshot;

/// What a kind of question asks, in a few words for a heading.
pub fn heading(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::SeveralMatches => "several contacts match",
        QuestionKind::SuggestedMatch => "is this the same?",
        QuestionKind::SameName => "several records of one name",
        QuestionKind::NameMismatch => "the name was changed in KashFlow",
        QuestionKind::FieldMismatch => "changed in KashFlow",
        QuestionKind::ClearedField => "emptied in Capsule",
        QuestionKind::DeletedInCapsule => "deleted in Capsule",
        QuestionKind::DeletedInKashFlow => "gone from KashFlow",
        QuestionKind::MassChange => "unusually many changes",
    }
}

/// A choice in a few words: what a button or a list row says.
pub fn label(choice: &Choice, asked: &Asked, snapshot: &Snapshot) -> String {
    match choice {
        Choice::Link(contact) => {
            let apart = told_apart(*contact, asked, snapshot).map(|mark| format!(" ({mark})"));
            let name = contact_name(*contact, asked, snapshot);
            format!("Link with {name}{}", apart.unwrap_or_default())
        }
        Choice::Create => "Create a new contact".into(),
        Choice::Ignore => "Ignore".into(),
        Choice::LinkBoth => "Link both sides to one contact".into(),
        Choice::CreateWithCode { code, .. } => format!("Create \"{} {}\"", asked.name, code_ending(code)),
        Choice::IgnoreOne { ledger, code } => format!("Ignore {} {code}", ledger.side.word()),
        Choice::Rename { ledger, code } => format!("Rename {} {code} in KashFlow", ledger.side.word()),
        Choice::KeepCapsule => "Keep Capsule's value".into(),
        Choice::KeepKashFlow => "Keep KashFlow's value".into(),
        Choice::Leave => "Leave them different".into(),
        Choice::Clear => "Empty it in KashFlow too".into(),
        Choice::Keep => match asked.key.kind {
            QuestionKind::DeletedInKashFlow => "Keep the contact in Capsule".into(),
            _ => "Keep KashFlow's value".into(),
        },
        Choice::Recreate => "Create it again in Capsule".into(),
        Choice::Archive => "Archive it in KashFlow".into(),
        Choice::Delete => match asked.key.kind {
            QuestionKind::DeletedInKashFlow => "Delete the contact in Capsule".into(),
            _ => "Delete it in KashFlow".into(),
        },
        Choice::Export => "Export it to KashFlow again".into(),
        Choice::Proceed => "Let the sync do it".into(),
        Choice::Stop => "Do nothing of it".into(),
    }
}

/// What a choice will do, in one sentence.
pub fn effect(choice: &Choice, asked: &Asked, snapshot: &Snapshot) -> String {
    let waiting = ledgers(&asked.key.waiting, snapshot);
    let field = asked.key.field.map_or("details", Field::label);
    match choice {
        Choice::Link(contact) => format!(
            "The next sync links {waiting} with the contact {}; neither record's details change.",
            contact_name(*contact, asked, snapshot)
        ),
        Choice::Create | Choice::Recreate => {
            format!("The next sync creates a new contact in Capsule for {waiting} and links it.")
        }
        Choice::Ignore => {
            format!("Leaves {waiting} out of Capsule for good, until it is taken off the ignored list.")
        }
        Choice::LinkBoth => match asked.candidates.first() {
            Some(candidate) => format!(
                "The next sync links {waiting} with the contact {} as well, so that it has both sides.",
                candidate.name
            ),
            None => format!("The next sync links {waiting} to one and the same contact in Capsule."),
        },
        Choice::CreateWithCode { ledger, code } => {
            format!(
                "The next sync creates the contact \"{} {}\" in Capsule for {} and links it.",
                asked.name,
                code_ending(code),
                ledger_name(*ledger, snapshot)
            ) + &the_other(*ledger, asked, snapshot)
        }
        Choice::IgnoreOne { ledger, .. } => {
            format!(
                "Leaves {} out of Capsule for good, until it is taken off the ignored list.",
                ledger_name(*ledger, snapshot)
            ) + &the_other(*ledger, asked, snapshot)
        }
        Choice::Rename { ledger, .. } => {
            format!("The next sync gives {} the name you type, in KashFlow.", ledger_name(*ledger, snapshot))
                + &the_other(*ledger, asked, snapshot)
        }
        Choice::KeepCapsule => format!("The next sync writes Capsule's {field} to {waiting} in KashFlow."),
        Choice::KeepKashFlow => format!("The next sync writes the {field} of {waiting} to Capsule."),
        Choice::Leave => format!("{field} stays different on the two sides until it changes again."),
        Choice::Clear => format!("The next sync empties {field} of {waiting} in KashFlow."),
        Choice::Keep => match asked.key.kind {
            QuestionKind::DeletedInKashFlow => {
                format!("The contact {} stays in Capsule, without a link to KashFlow.", asked.name)
            }
            _ => format!("{field} of {waiting} stays in KashFlow until it changes again."),
        },
        Choice::Archive => format!("The next sync archives {waiting} in KashFlow; its documents stay."),
        Choice::Delete => match asked.key.kind {
            QuestionKind::DeletedInKashFlow => format!(
                "The next sync deletes the contact {} in Capsule with its notes and tasks. This cannot be undone.",
                asked.name
            ),
            _ => format!(
                "The next sync deletes {waiting} in KashFlow with its documents. This cannot be undone."
            ),
        },
        Choice::Export => format!("The next sync creates {} in KashFlow anew and links it.", asked.name),
        Choice::Proceed => "The next sync carries out the changes that were counted, and no more. `kashsync plan` lists them.".into(),
        Choice::Stop => "Nothing of it is written; the next sync asks again.".into(),
    }
}

/// What becomes of the other of two records when one of them is settled by itself.
fn the_other(settled: LedgerRef, asked: &Asked, snapshot: &Snapshot) -> String {
    let other = match asked.key.waiting.as_slice() {
        [one, other] | [other, one] if *one == settled => snapshot.ledger.get(other).map(AsRef::as_ref),
        _ => None,
    };
    let named =
        |other: &LedgerContact| format!(" The {} {} goes on as usual.", other.id.side.word(), other.code);
    other.map(named).unwrap_or_default()
}

/// What an operation does, in one sentence without a full stop, as plans list it.
pub fn sentence(operation: &Operation, snapshot: &Snapshot) -> String {
    match operation {
        Operation::Link { ledger, name, .. } => {
            format!("link {} with the contact {name}", ledger_beside(*ledger, name, snapshot))
        }
        Operation::CreateContact { ledgers, draft, .. } => {
            let name = draft.kind.name();
            let made_for: Vec<String> =
                ledgers.iter().map(|ledger| ledger_beside(*ledger, &name, snapshot)).collect();
            format!("create {name} in Capsule for {}", made_for.join(" and "))
        }
        Operation::UpdateLedger(update) if update.is_rename() => {
            let record = ledger_name(update.ledger, snapshot);
            format!("rename {record} to \"{}\" in KashFlow", update.edit.values.name)
        }
        Operation::UpdateLedger(update) => {
            format!(
                "write {} to {} in KashFlow",
                update.fields_in_words(),
                ledger_name(update.ledger, snapshot)
            )
        }
        Operation::UpdateContact(update) => {
            format!("write {} to {} in Capsule", update.fields_in_words(), update.name)
        }
        Operation::WriteSummary { name, after, .. } if after.values.is_empty() && !after.tagged => {
            format!("empty the KashFlow fields of {name} in Capsule")
        }
        Operation::WriteSummary { name, .. } => format!("write the KashFlow fields of {name} in Capsule"),
        Operation::Export(export) => {
            let draft = &export.draft;
            format!("create customer {} ({}) in KashFlow", draft.details.name, draft.code)
        }
        Operation::Remove { removal, name } => match removal.kind {
            RemovalKind::Archive => format!("archive {} in KashFlow", ledger_name(removal.ledger, snapshot)),
            RemovalKind::DeleteInKashFlow => {
                format!("delete {} in KashFlow with its documents", ledger_name(removal.ledger, snapshot))
            }
            RemovalKind::DeleteInCapsule => format!("delete the contact {name} in Capsule"),
        },
        Operation::LetGo { ledger, .. } => format!("ignore {}", ledger_name(*ledger, snapshot)),
    }
}

/// Why an operation is done, in one sentence without a full stop.
pub fn reason(operation: &Operation) -> String {
    match operation {
        Operation::Link { reason, .. } => reason.sentence().into(),
        Operation::CreateContact { draft, reason, .. } if draft.left_out.is_empty() => {
            reason.sentence().into()
        }
        Operation::CreateContact { draft, reason, .. } => {
            format!("{}; left out: {}", reason.sentence(), draft.left_out.join("; "))
        }
        Operation::UpdateLedger(update) | Operation::UpdateContact(update) => update.reason(),
        Operation::WriteSummary { after, .. } if after.values.is_empty() && !after.tagged => {
            "it has no link with KashFlow any more".into()
        }
        Operation::WriteSummary { before, .. } if before.values.is_empty() => {
            "Capsule does not show what KashFlow says yet".into()
        }
        Operation::WriteSummary { .. } => "what KashFlow says has changed".into(),
        Operation::Export(export) => export.reason(),
        Operation::Remove { removal, .. } => removal.reason(),
        Operation::LetGo { name, .. } => format!("the contact {name} was deleted in Capsule"),
    }
}

/// What is wrong and what mends it, as two sentences, whatever full stops the first has already.
pub fn with_remedy(what: &str, remedy: &str) -> String {
    let what = what.trim_end();
    let stop = if what.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{what}{stop} {remedy}").trim_end().to_owned()
}

/// A ledger contact as people know it: `customer Smith & Sons (SMIT01)`.
pub fn ledger_name(ledger: LedgerRef, snapshot: &Snapshot) -> String {
    let side = ledger.side.word();
    match snapshot.ledger.get(&ledger) {
        Some(record) if collapsed(&record.name).is_empty() => format!("{side} {}", record.code),
        Some(record) => format!("{side} {} ({})", record.name, record.code),
        None => format!("{side} {}", ledger.id.0),
    }
}

/// A ledger contact beside a name: by its code alone where it has the same name, `customer SMIT01`.
fn ledger_beside(ledger: LedgerRef, name: &str, snapshot: &Snapshot) -> String {
    match snapshot.ledger.get(&ledger) {
        Some(record) if record.name == name => format!("{} {}", ledger.side.word(), record.code),
        _ => ledger_name(ledger, snapshot),
    }
}

/// Several ledger contacts, joined by "and".
fn ledgers(several: &[LedgerRef], snapshot: &Snapshot) -> String {
    let names: Vec<String> = several.iter().map(|ledger| ledger_name(*ledger, snapshot)).collect();
    names.join(" and ")
}

fn contact_name(contact: ContactId, asked: &Asked, snapshot: &Snapshot) -> String {
    let now = snapshot.contacts.get(&contact).map(|contact| contact.name().into_owned());
    let then = asked.candidates.iter().find(|candidate| candidate.contact == contact);
    now.or_else(|| then.map(|candidate| candidate.name.clone()))
        .unwrap_or_else(|| format!("contact {}", contact.0))
}

/// What tells a candidate from others of the same name: its town, e-mail, kind, or else its id. None where the name does.
fn told_apart(contact: ContactId, asked: &Asked, snapshot: &Snapshot) -> Option<String> {
    let name = name_key(&contact_name(contact, asked, snapshot));
    let others: Vec<ContactId> = asked
        .candidates
        .iter()
        .map(|candidate| candidate.contact)
        .filter(|other| *other != contact && name_key(&contact_name(*other, asked, snapshot)) == name)
        .collect();
    if others.is_empty() {
        return None;
    }
    let marks: [fn(&Contact) -> String; 3] = [
        |contact| contact.addresses.first().map(|address| address.city.clone()).unwrap_or_default(),
        |contact| contact.emails.first().map(|row| row.address.clone()).unwrap_or_default(),
        |contact| match contact.kind {
            ContactKind::Person { .. } => "the person".into(),
            ContactKind::Organisation { .. } => "the organisation".into(),
        },
    ];
    let of = |id: ContactId, mark: fn(&Contact) -> String| {
        snapshot.contacts.get(&id).map(|contact| collapsed(&mark(contact))).unwrap_or_default()
    };
    marks
        .into_iter()
        .map(|mark| (of(contact, mark), others.iter().map(|other| of(*other, mark)).collect::<Vec<_>>()))
        .find(|(own, others)| !own.is_empty() && !others.contains(own))
        .map(|(own, _)| own)
        .or_else(|| Some(format!("id {}", contact.0)))
}

#[cfg(test)]
mod tests {
    use super::super::contact::{EmailRow, Summary};
    use super::super::ids::RowId;
    use super::super::link::LinkReason;
    use super::super::matching::Reason;
    use super::super::question::{Band, Candidate, QuestionKey};
    use super::*;

    fn asked(waiting: Vec<LedgerRef>, candidates: Vec<Candidate>) -> Asked {
        Asked {
            key: QuestionKey::records(QuestionKind::SameName, waiting),
            name: "Ash Tree Ltd".into(),
            candidates,
            choices: Vec::new(),
            because: String::new(),
        }
    }

    fn candidate() -> Candidate {
        Candidate {
            contact: ContactId(7),
            name: "Ash Tree".into(),
            score: 0.9,
            band: Band::Strong,
            reasons: Vec::<Reason>::new(),
            taken: false,
        }
    }

    #[test]
    fn every_choice_is_worded_with_the_names_it_is_about() {
        let customer = LedgerRef::customer(1);
        let one = asked(vec![customer], vec![candidate()]);
        let both = asked(vec![customer, LedgerRef::supplier(2)], Vec::new());
        let code = || "ASH01".to_owned();
        for (choice, asked, words, sentence) in [
            (Choice::Link(ContactId(7)), &one, "Link with Ash Tree", "with the contact Ash Tree;"),
            (
                Choice::Create,
                &one,
                "Create a new contact",
                "creates a new contact in Capsule for customer 1 ",
            ),
            (Choice::Ignore, &one, "Ignore", "Leaves customer 1 out"),
            (Choice::LinkBoth, &both, "Link both", "customer 1 and supplier 2 to one and the same contact"),
            (Choice::LinkBoth, &one, "Link both", "the contact Ash Tree as well"),
            (
                Choice::CreateWithCode { ledger: customer, code: code() },
                &both,
                "Create \"Ash Tree Ltd (ASH01)\"",
                "creates the contact \"Ash Tree Ltd (ASH01)\"",
            ),
            (
                Choice::IgnoreOne { ledger: customer, code: code() },
                &both,
                "Ignore customer ASH01",
                "Leaves customer 1 out",
            ),
        ] {
            let snapshot = Snapshot::default();
            let shown = (label(&choice, asked, &snapshot), effect(&choice, asked, &snapshot));
            assert!(shown.0.starts_with(words), "{shown:?}");
            assert!(shown.1.contains(sentence), "{shown:?}");
        }
    }

    #[test]
    fn a_summary_that_empties_our_fields_says_so() {
        let operation = |after: Summary| Operation::WriteSummary {
            contact: ContactId(7),
            name: "Ash Tree".into(),
            before: Summary::default(),
            after,
        };
        let tagged = Summary { tagged: true, ..Summary::default() };
        for (after, verb) in [(tagged, "write"), (Summary::default(), "empty")] {
            let words = sentence(&operation(after), &Snapshot::default());
            assert_eq!(words, format!("{verb} the KashFlow fields of Ash Tree in Capsule"));
        }
    }

    #[test]
    fn candidates_of_one_name_are_told_apart() {
        let person = |id: i64, email: &str| {
            let kind = ContactKind::Person { first: "Anna".into(), last: "Bell".into(), employer: None };
            let row = EmailRow { id: RowId(1), address: email.into() };
            Contact {
                id: ContactId(id),
                kind,
                emails: if email.is_empty() { Vec::new() } else { vec![row] },
                phones: Vec::new(),
                websites: Vec::new(),
                addresses: Vec::new(),
                summary: Summary::default(),
                restricted: false,
                updated_at: jiff::Timestamp::UNIX_EPOCH,
                last_contacted: None,
            }
        };
        let asked = asked(
            vec![LedgerRef::customer(1)],
            [7, 8].map(|id| Candidate { contact: ContactId(id), ..candidate() }).to_vec(),
        );
        for (emails, labels) in [
            (["a@x.test", "b@x.test"], ["Link with Anna Bell (a@x.test)", "Link with Anna Bell (b@x.test)"]),
            (["a@x.test", ""], ["Link with Anna Bell (a@x.test)", "Link with Anna Bell (id 8)"]),
            (["a@x.test", "a@x.test"], ["Link with Anna Bell (id 7)", "Link with Anna Bell (id 8)"]),
        ] {
            let mut snapshot = Snapshot::default();
            for (id, email) in [7, 8].into_iter().zip(emails) {
                snapshot.contacts.insert(ContactId(id), person(id, email).into());
            }
            let shown = [7, 8].map(|id| label(&Choice::Link(ContactId(id)), &asked, &snapshot));
            assert_eq!(shown, labels);
        }
    }

    #[test]
    fn a_remedy_follows_one_full_stop() {
        for (what, said) in [
            ("no name", "no name. Mend it."),
            ("Invalid password.", "Invalid password. Mend it."),
            ("Why? ", "Why? Mend it."),
        ] {
            assert_eq!(with_remedy(what, "Mend it."), said);
        }
        assert_eq!(with_remedy("no name", ""), "no name.");
    }

    #[test]
    fn a_link_says_why() {
        let link = Operation::Link {
            ledger: LedgerRef::supplier(3),
            contact: ContactId(7),
            reason: LinkReason::ExactName,
            name: "Ash Tree".into(),
        };
        assert_eq!(sentence(&link, &Snapshot::default()), "link supplier 3 with the contact Ash Tree");
        assert_eq!(reason(&link), "the names are the same");
    }
}
