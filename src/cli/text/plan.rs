//! A plan for people: what a run would do, and what it would ask.

use super::count;
use crate::cli::page::Page;
use crate::domain::operation::{Counts, Plan};
use crate::domain::plan::choose::open_questions;
use crate::domain::wording;
use crate::engine::event::View;

/// The plan, one line per operation, then its counts.
pub fn plan(plan: &Plan, minutes: u64, view: &View) -> Page {
    let snapshot = &view.snapshot;
    let mut page = Page::default();
    for operation in &plan.operations {
        let sentence = wording::sentence(operation, snapshot);
        let line = format!("  {sentence} ({})", wording::reason(operation));
        page.line(line);
    }
    for failing in &plan.failing {
        let words = wording::with_remedy(&failing.reason, &failing.remedy);
        let line = format!("  cannot work on {}: {words}", failing.name);
        page.line(line);
    }
    let time = match minutes {
        0 | 1 => "about a minute".to_owned(),
        more => format!("about {more} minutes"),
    };
    let asks = match open_questions(&view.local, plan) {
        0 => String::new(),
        asked => format!("; {} for you", count(asked, "question")),
    };
    if plan.operations.is_empty() {
        page.line(format!("Plan: nothing to do{asks}."));
    } else {
        let does = counts(&plan.counts());
        page.line(format!("Plan: {does}{asks}. {}, {time}.", count(plan.requests(), "write request")));
    }
    page
}

/// Counts in words; what is zero is left out.
pub fn counts(counts: &Counts) -> String {
    let all = [
        (counts.linked, "linked"),
        (counts.created_in_capsule, "created in Capsule"),
        (counts.created_in_kashflow, "created in KashFlow"),
        (counts.updated_in_capsule, "updated in Capsule"),
        (counts.updated_in_kashflow, "updated in KashFlow"),
        (counts.archived, "archived"),
        (counts.deleted, "deleted"),
        (counts.summaries_written, "summaries written"),
    ];
    let done: Vec<String> = all
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    if done.is_empty() { "nothing changed".into() } else { done.join(", ") }
}
