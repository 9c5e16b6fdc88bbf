//! Details: how the contact stands and what mends it, its links, and both sides' values field by field.

use ratatui::style::Style;
use ratatui::text::Line;

use super::super::action::{Action, row};
use super::super::state::State;
use super::super::text::{plain_line, styled_line, wrap};
use super::super::theme::Meaning;
use super::contacts::health_meaning;
use super::log::clock;
use super::sides::{Pair, sides};
use crate::domain::compare::differences;
use crate::domain::details::{Details, Field};
use crate::domain::listing::{ContactLine, Health};
use crate::domain::local::{Failing, RecordRef};
use crate::domain::mapping::{from_contact, from_ledger};
use crate::engine::event::View;

/// The whole tab; differing values are marked.
pub(super) fn lines(state: &State, view: &View, line: &ContactLine, width: usize) -> Vec<Line<'static>> {
    let plain = Style::default();
    let mut lines = Vec::new();
    let mut say = |text: String, style: Style| {
        for part in wrap(&text, width.saturating_sub(2)) {
            lines.push(styled_line(format!(" {part}"), style));
        }
    };
    say(format!("Health: {}", line.health.label()), state.theme.style(health_meaning(line.health)));
    match failing(view, line) {
        Some(failing) => {
            say(format!("Why: {}.", failing.reason.trim_end_matches('.')), plain);
            if !failing.remedy.is_empty() {
                say(format!("What mends it: {}", failing.remedy), plain);
            }
            if failing.attempts > 0 {
                say(
                    format!("Tried {}, again from {}.", times(failing.attempts), clock(failing.next_try)),
                    plain,
                );
            }
        }
        None if !line.health_reason.is_empty() => say(format!("Why: {}", line.health_reason), plain),
        None => {}
    }
    if line.health == Health::Question {
        let key = row(Action::Answer).and_then(|entry| entry.keys.first()).copied().unwrap_or_default();
        say(format!("What mends it: {key} answers it."), plain);
    }
    if line.differences > 0 {
        let what = if line.differences == 1 {
            "1 field differs"
        } else {
            &format!("{} fields differ", line.differences)
        };
        say(format!("{what}: the next tab shows what becomes of that."), state.theme.style(Meaning::Warn));
    }
    for link in &line.links {
        let archived = if link.archived { ", archived in KashFlow" } else { "" };
        say(
            format!(
                "{} {} since {}: {}{archived}",
                link.ledger.side.word(),
                link.code,
                link.since.strftime("%-d %b %Y"),
                link.reason.sentence()
            ),
            plain,
        );
    }
    let Some(contact) = view.snapshot.contacts.get(&line.id) else { return lines };
    let capsule = from_contact(contact);
    let kashflow = line
        .links
        .first()
        .and_then(|link| view.snapshot.ledger.get(&link.ledger))
        .map(|ledger| from_ledger(ledger));
    lines.push(plain_line(""));
    lines.extend(fields(state, &capsule, kashflow.as_ref(), width));
    lines
}

/// The record of the contact or of one it is linked with that could not be written.
fn failing<'a>(view: &'a View, line: &ContactLine) -> Option<&'a Failing> {
    if line.health != Health::Failing {
        return None;
    }
    let ledgers = line.links.iter().map(|link| RecordRef::Ledger(link.ledger));
    ledgers.chain([RecordRef::Contact(line.id)]).find_map(|record| view.local.failing.get(&record))
}

fn times(attempts: u32) -> String {
    if attempts == 1 { "once".to_owned() } else { format!("{attempts} times") }
}

fn fields(state: &State, capsule: &Details, kashflow: Option<&Details>, width: usize) -> Vec<Line<'static>> {
    let differing = kashflow.map(|kashflow| differences(capsule, kashflow)).unwrap_or_default();
    let mut rows = Vec::new();
    for field in Field::ALL.into_iter().filter(|field| *field != Field::ContactPerson) {
        let (left, right) =
            (capsule.text(field), kashflow.map(|details| details.text(field)).unwrap_or_default());
        if left.is_empty() && right.is_empty() {
            continue;
        }
        let differs = differing.contains(&field);
        let (mark, meaning) = if differs { ("!", Meaning::Warn) } else { (" ", Meaning::Text) };
        rows.push(Pair { mark, meaning, field, left, right });
    }
    // The pane scrolls, so no value needs to be cut.
    sides(state, ("Capsule", if kashflow.is_some() { "KashFlow" } else { "" }), &rows, width, usize::MAX)
}
