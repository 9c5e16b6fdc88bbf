//! Open questions for people.

use crate::domain::question::{Asked, Question};
use crate::domain::safe::shown;
use crate::domain::snapshot::Snapshot;
use crate::domain::wording;

/// The questions, one paragraph each, with how to answer.
pub fn questions<'a>(open: impl Iterator<Item = &'a Question>, snapshot: &Snapshot) -> String {
    let mut text = String::new();
    for question in open {
        let asked = &question.asked;
        text.push_str(&format!("{}. {}\n", question.id.0, title(asked, snapshot)));
        paragraph(&mut text, asked, snapshot);
        text.push('\n');
    }
    if text.is_empty() {
        return "No open questions.\n".into();
    }
    text.push_str("Answer with: kashsync answer NUMBER CHOICE\n");
    text
}

fn title(asked: &Asked, snapshot: &Snapshot) -> String {
    let waiting: Vec<String> =
        asked.key.waiting.iter().map(|ledger| wording::ledger_name(*ledger, snapshot)).collect();
    shown(&format!("{}: {}", waiting.join(" and "), asked.because)).into_owned()
}

fn paragraph(text: &mut String, asked: &Asked, snapshot: &Snapshot) {
    for candidate in &asked.candidates {
        let percent = (candidate.score * 100.0).floor();
        let taken = if candidate.taken { ", linked already" } else { "" };
        let line = format!(
            "{} (id {}), {percent}% {}{taken}",
            candidate.name,
            candidate.contact.0,
            candidate.band.word()
        );
        text.push_str(&format!("   ? {}\n", shown(&line)));
        for reason in &candidate.reasons {
            let line = format!("{:+.1} {}", reason.weight, reason.text);
            text.push_str(&format!("       {}\n", shown(&line)));
        }
    }
    for choice in &asked.choices {
        let line = format!("{:<24} {}", choice.key(), wording::effect(choice, asked, snapshot));
        text.push_str(&format!("   - {}\n", shown(&line)));
    }
}
