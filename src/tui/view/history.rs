//! History: what the journal says of the contact, newest first.

use jiff::Timestamp;
use ratatui::text::Line;

use super::super::state::State;
use super::super::text::{plain_line, styled_line, wrap};
use super::super::theme::Meaning;
use crate::domain::details::Field;
use crate::domain::journal::{JournalEntry, Place};
use crate::domain::listing::ContactLine;

/// What undoing goes by: when the record was last changed. No value of a person's.
const STAMP: &str = "updated_at";

/// The whole tab.
pub(super) fn lines(state: &State, line: &ContactLine, columns: usize) -> Vec<Line<'static>> {
    if state.history.of != Some(line.id) {
        return vec![plain_line(format!(" reading the journal{}", state.glyphs.ellipsis))];
    }
    if state.history.entries.is_empty() {
        let text = "Nothing was done with this contact yet.";
        return wrap(text, columns.saturating_sub(2))
            .into_iter()
            .map(|line| plain_line(format!(" {line}")))
            .collect();
    }
    state.history.entries.iter().flat_map(|entry| told(state, entry, columns)).collect()
}

/// When, what and where; why and how it ended; each value before and after.
fn told(state: &State, entry: &JournalEntry, columns: usize) -> Vec<Line<'static>> {
    let place = match entry.place {
        Place::Capsule => "in Capsule",
        Place::KashFlow => "in KashFlow",
        Place::Local => "here",
    };
    let undone = if entry.undone { ", undone since" } else { "" };
    let head = format!("{}  {} {place}{undone}", moment(entry.at), entry.action.word());
    let mut lines = Vec::new();
    let mut say = |text: &str, indent: usize, meaning: Meaning| {
        for part in wrap(text, columns.saturating_sub(indent + 1)) {
            lines.push(styled_line(format!("{}{part}", " ".repeat(indent)), state.theme.style(meaning)));
        }
    };
    say(&head, 1, Meaning::Title);
    let run = entry.run.map(|run| format!(" (run {}, entry {})", run.0, entry.id.0));
    let number = run.unwrap_or_else(|| format!(" (entry {})", entry.id.0));
    say(&format!("{}{number}", entry.reason), 3, Meaning::Text);
    if entry.outcome != "done" {
        say(&entry.outcome, 3, Meaning::Warn);
    }
    let told = values(entry).into_iter().filter(|(field, before, after)| *field != STAMP && before != after);
    for (field, before, after) in told {
        let given = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
        let field = Field::of_word(field).map_or(field, |field| field.label());
        let change = format!("{field}: {} {} {}", given(before), state.glyphs.becomes, given(after));
        say(&change, 3, Meaning::Muted);
    }
    lines
}

/// Each field that the entry names, with its value before and after.
fn values(entry: &JournalEntry) -> Vec<(&str, &str, &str)> {
    let mut found: Vec<(&str, &str, &str)> = Vec::new();
    for (field, before) in &entry.before {
        let after =
            entry.after.iter().find(|(name, _)| name == field).map_or("", |(_, after)| after.as_str());
        found.push((field, before, after));
    }
    for (field, after) in &entry.after {
        if !entry.before.iter().any(|(name, _)| name == field) {
            found.push((field, "", after));
        }
    }
    found
}

/// `24 Nov 26 14:02`, in London.
fn moment(at: Timestamp) -> String {
    match at.in_tz("Europe/London") {
        Ok(zoned) => zoned.strftime("%-d %b %y %H:%M").to_string(),
        Err(_) => at.strftime("%-d %b %y %H:%M").to_string(),
    }
}
