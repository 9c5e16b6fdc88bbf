//! A question: what is asked, both records side by side, the explained score, the choices and what each does (tui 3.3).

use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::super::layout::overlay;
use super::super::state::{QuestionShown, State};
use super::super::text::{cut, left, wrap};
use super::super::theme::Meaning;
use crate::domain::compare::same;
use crate::domain::details::{Details, Field};
use crate::domain::ids::LedgerRef;
use crate::domain::mapping::{from_contact, from_ledger};
use crate::domain::question::{Asked, Candidate, Choice, Question};
use crate::domain::wording::{effect, heading, label};
use crate::engine::event::View;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, shown: &QuestionShown) {
    let Some(view) = &state.view else { return };
    let Some(question) = view.local.questions.get(&shown.id) else { return };
    let area = overlay(state, 100, 34);
    let position = position(view, question);
    let title =
        format!("Question {position} of {}: {}", view.open_questions(), heading(question.asked.key.kind));
    let inside = super::card(frame, state, area, cut(&title, usize::from(area.width).saturating_sub(4), ""));
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let choices = choices(state, view, &question.asked, shown.choice, width);
    let mut lines = body(state, view, &question.asked, shown.choice, width);
    // The choices always stay in sight; what explains them gives way.
    let room = height.saturating_sub(choices.len());
    if lines.len() > room {
        lines.truncate(room);
    } else {
        lines.extend(std::iter::repeat_n(Line::raw(""), room - lines.len()));
    }
    lines.extend(choices);
    super::lines(frame, inside, lines);
}

fn position(view: &View, question: &Question) -> usize {
    let open = view.local.questions.values().filter(|other| other.is_open());
    open.take_while(|other| other.id != question.id).count() + 1
}

fn body(state: &State, view: &View, asked: &Asked, choice: usize, width: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let text = format!("{}: {}.", asked.name, asked.because);
    lines.extend(wrap(&text, width.saturating_sub(2)).into_iter().map(|part| Line::raw(format!(" {part}"))));
    lines.push(Line::raw(""));
    let records: Vec<(String, Details)> =
        asked.key.waiting.iter().filter_map(|ledger| record(view, *ledger)).collect();
    match (candidate(asked, choice), records.as_slice()) {
        (Some(candidate), [first, ..]) => {
            let contact = view.snapshot.contacts.get(&candidate.contact).map(|contact| from_contact(contact));
            let contact = contact.unwrap_or_default();
            lines.extend(columns(state, ("KashFlow", &first.1), ("Capsule", &contact), width));
            lines.push(Line::raw(""));
            lines.extend(score(state, candidate, width));
        }
        (None, [first, second, ..]) => {
            lines.extend(columns(state, (&first.0, &first.1), (&second.0, &second.1), width));
        }
        (None, [first, ..]) if asked.key.field.is_some() => {
            let contact = linked(view, asked);
            lines.extend(columns(state, ("KashFlow", &first.1), ("Capsule", &contact), width));
        }
        (None, [only]) => lines.extend(columns(state, (&only.0, &only.1), ("", &Details::default()), width)),
        (_, []) => {}
    }
    lines
}

/// The candidate that the choice under the cursor is about, else the best one.
fn candidate(asked: &Asked, choice: usize) -> Option<&Candidate> {
    let wanted = match asked.choices.get(choice) {
        Some(Choice::Link(contact)) => Some(*contact),
        _ => None,
    };
    asked.candidates.iter().find(|candidate| Some(candidate.contact) == wanted).or(asked.candidates.first())
}

/// The contact that the question's record is linked with, as it is now.
fn linked(view: &View, asked: &Asked) -> Details {
    let link = asked.key.waiting.first().and_then(|ledger| view.local.link_of(*ledger));
    let contact = link.and_then(|link| view.snapshot.contacts.get(&link.contact));
    contact.map(|contact| from_contact(contact)).unwrap_or_default()
}

fn record(view: &View, ledger: LedgerRef) -> Option<(String, Details)> {
    let record = view.snapshot.ledger.get(&ledger)?;
    Some((format!("{} {}", ledger.side.word(), record.code), from_ledger(record)))
}

/// Two records side by side. Marks carry the meaning: `=` equal, `!` differs, `+` only one side has it.
fn columns(
    state: &State,
    one: (&str, &Details),
    other: (&str, &Details),
    width: usize,
) -> Vec<Line<'static>> {
    let value = width.saturating_sub(14) / 2;
    let ellipsis = state.glyphs.ellipsis;
    let head =
        format!(" {} {} {}", left("", 9, ""), left(one.0, value, ellipsis), left(other.0, value, ellipsis));
    let mut lines = vec![Line::styled(head, state.theme.style(Meaning::Title))];
    for field in Field::ALL {
        let (left_text, right_text) = (one.1.text(field), other.1.text(field));
        let (mark, meaning) = match (left_text.is_empty(), right_text.is_empty()) {
            (true, true) => continue,
            (false, false) if same(field, one.1, other.1) => ("=", Meaning::Good),
            (false, false) => ("!", Meaning::Warn),
            _ => ("+", Meaning::Muted),
        };
        lines.push(Line::from(vec![
            Span::raw(format!(" {}", left(field.label(), 9, ellipsis))),
            Span::raw(format!(" {}", left(&left_text, value, ellipsis))),
            Span::raw(format!(" {}", left(&right_text, value, ellipsis))),
            Span::styled(mark, state.theme.style(meaning)),
        ]));
    }
    lines
}

/// How likely it is the same, and why: plus and minus per field (design B11).
fn score(state: &State, candidate: &Candidate, width: usize) -> Vec<Line<'static>> {
    let mut text = format!("{} likely the same ({})", percent(candidate.score), candidate.band.word());
    if candidate.taken {
        text.push_str("; already linked on this side");
    }
    text.push_str(": ");
    let reasons: Vec<String> =
        candidate.reasons.iter().map(|reason| format!("{} {:+.1}", reason.text, reason.weight)).collect();
    text.push_str(&reasons.join(", "));
    let style = state.theme.style(Meaning::Muted);
    wrap(&text, width.saturating_sub(2))
        .into_iter()
        .map(|part| Line::styled(format!(" {part}"), style))
        .collect()
}

/// A score is never certain, one way or the other.
fn percent(score: f64) -> String {
    match score * 100.0 {
        high if high > 99.0 => "over 99 %".to_owned(),
        low if low < 1.0 => "under 1 %".to_owned(),
        middle => format!("{middle:.0} %"),
    }
}

/// The choices, numbered; the one under the cursor with its effect in words.
fn choices(state: &State, view: &View, asked: &Asked, cursor: usize, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (place, choice) in asked.choices.iter().enumerate() {
        let selected = place == cursor;
        let mark = if selected { state.glyphs.cursor } else { " " };
        let style = state.theme.style(if selected { Meaning::Selected } else { Meaning::Text });
        let text = format!("{mark}{}  {}", place + 1, label(choice, asked, &view.snapshot));
        lines.push(Line::styled(cut(&text, width, state.glyphs.ellipsis), style));
    }
    if let Some(choice) = asked.choices.get(cursor) {
        let words = effect(choice, asked, &view.snapshot);
        for part in wrap(&words, width.saturating_sub(2)).into_iter().take(2) {
            lines.push(Line::styled(format!(" {part}"), state.theme.style(Meaning::Muted)));
        }
    }
    lines
}
