//! Open questions for people.

use crate::cli::page::Page;
use crate::domain::question::{Asked, Question};
use crate::domain::snapshot::Snapshot;
use crate::domain::wording;

/// The questions, one paragraph each, with how to answer.
pub fn questions<'a>(open: impl Iterator<Item = &'a Question>, snapshot: &Snapshot) -> Page {
    let mut page = Page::default();
    for question in open {
        page.line(format!("{}. {}", question.id.0, title(&question.asked, snapshot)));
        paragraph(&mut page, &question.asked, snapshot);
        page.line("");
    }
    if page.is_empty() {
        page.line("No open questions.");
    } else {
        page.line("Answer with: kashsync answer NUMBER CHOICE");
    }
    page
}

fn title(asked: &Asked, snapshot: &Snapshot) -> String {
    let waiting: Vec<String> =
        asked.key.waiting.iter().map(|ledger| wording::ledger_name(*ledger, snapshot)).collect();
    let about = if waiting.is_empty() { asked.name.clone() } else { waiting.join(" and ") };
    format!("{about}: {}", asked.because)
}

fn paragraph(page: &mut Page, asked: &Asked, snapshot: &Snapshot) {
    for candidate in &asked.candidates {
        let percent = (candidate.score * 100.0).floor();
        let taken = if candidate.taken { ", linked already" } else { "" };
        page.line(format!(
            "   ? {} (id {}), {percent}% {}{taken}",
            candidate.name,
            candidate.contact.0,
            candidate.band.word()
        ));
        for reason in &candidate.reasons {
            page.line(format!("       {:+.1} {}", reason.weight, reason.text));
        }
    }
    for choice in &asked.choices {
        page.line(format!("   - {:<24} {}", choice.key(), wording::effect(choice, asked, snapshot)));
    }
}
