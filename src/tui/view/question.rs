//! A question: what is asked, both records side by side, the explained score, the choices and what each does (tui 3.3).

use ratatui::Frame;
use ratatui::text::Line;

use super::super::layout::overlay;
use super::super::state::{QuestionShown, State, offset};
use super::super::text::{cut, left, plain_line, styled_line, wrap_most};
use super::super::theme::Meaning;
use super::sides::{Pair, sides};
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
    let inside = super::card(
        frame,
        state,
        area,
        cut(&title, usize::from(area.width).saturating_sub(4), state.glyphs.ellipsis),
    );
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let choices = choices(state, view, &question.asked, shown.choice, (width, height));
    // The choices always stay in sight; what explains them gives way.
    let room = height.saturating_sub(choices.len());
    let mut lines = body(state, view, &question.asked, shown.choice, (width, room));
    lines.truncate(room);
    lines.resize(room, plain_line(""));
    lines.extend(choices);
    super::lines(frame, inside, lines);
}

fn position(view: &View, question: &Question) -> usize {
    let open = view.local.open_questions();
    open.take_while(|other| other.id != question.id).count() + 1
}

/// What explains the choices: the question, both records, the score. Where there is room values stand whole, over several
/// lines; where there is little, the question and the score come first.
fn body(
    state: &State,
    view: &View,
    asked: &Asked,
    choice: usize,
    (width, room): (usize, usize),
) -> Vec<Line<'static>> {
    let ellipsis = state.glyphs.ellipsis;
    let text = format!("{}: {}.", asked.name, asked.because);
    let question = |most: usize| {
        let parts = wrap_most(&text, width.saturating_sub(2), most, ellipsis);
        parts.into_iter().map(|part| plain_line(format!(" {part}"))).collect::<Vec<_>>()
    };
    let candidate = candidate(asked, choice);
    let score = |most: usize| {
        let words = candidate.map(score).unwrap_or_default();
        let parts = wrap_most(&words, width.saturating_sub(2), most, ellipsis);
        let style = state.theme.style(Meaning::Muted);
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.map(|part| styled_line(format!(" {part}"), style)).collect::<Vec<_>>()
    };
    let (heads, rows) = records(view, asked, candidate);
    let records = |most: usize| sides(state, (&heads.0, &heads.1), &rows, width, most);
    for most in [6, 4, 3, 2, 1] {
        let mut lines = question(usize::MAX);
        lines.push(plain_line(""));
        lines.extend(records(most));
        if candidate.is_some() {
            lines.push(plain_line(""));
            lines.extend(score(usize::MAX));
        }
        if lines.len() <= room {
            return lines;
        }
    }
    let mut lines = question(if room < 6 { 2 } else { 3 });
    let left = room.saturating_sub(lines.len());
    // A table of less than two fields shows nothing; then the reasons have its place.
    if candidate.is_some() {
        lines.extend(score(if left < 5 { left.max(1) } else { 2 }));
    }
    if room.saturating_sub(lines.len()) >= 3 {
        lines.extend(records(1));
    }
    lines
}

/// The two records to look at: the one that waits beside the candidate, or the first two that wait.
fn records(view: &View, asked: &Asked, candidate: Option<&Candidate>) -> ((String, String), Vec<Pair>) {
    let mut waiting = asked.key.waiting.iter().filter_map(|ledger| record(view, *ledger));
    let (first, second) = (waiting.next().unwrap_or_default(), waiting.next());
    match (candidate, second) {
        (Some(candidate), _) => {
            let contact = view.snapshot.contacts.get(&candidate.contact).map(|contact| from_contact(contact));
            (("KashFlow".into(), "Capsule".into()), rows(&first.1, Some(&contact.unwrap_or_default())))
        }
        (None, Some(second)) => ((first.0, second.0), rows(&first.1, Some(&second.1))),
        // A field of a linked record: the contact that it is linked with stands beside it.
        (None, None) if asked.key.field.is_some() => {
            (("KashFlow".into(), "Capsule".into()), rows(&first.1, Some(&linked(view, asked))))
        }
        (None, None) => ((first.0, String::new()), rows(&first.1, None)),
    }
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

/// The fields that either record has. Marks carry the meaning: `=` equal, `!` differs, `+` only one side has it.
fn rows(one: &Details, other: Option<&Details>) -> Vec<Pair> {
    let mut rows = Vec::new();
    for field in Field::ALL {
        let (left, right) = (one.text(field), other.map(|other| other.text(field)).unwrap_or_default());
        let (mark, meaning) = match (left.is_empty(), right.is_empty(), other) {
            (true, true, _) => continue,
            (_, _, None) => (" ", Meaning::Muted),
            (false, false, Some(other)) if same(field, one, other) => ("=", Meaning::Good),
            (false, false, Some(_)) => ("!", Meaning::Warn),
            (_, _, Some(_)) => ("+", Meaning::Muted),
        };
        rows.push(Pair { mark, meaning, field, left, right });
    }
    rows
}

/// How likely it is the same, and why: plus and minus per field (design B11).
fn score(candidate: &Candidate) -> String {
    let mut text = format!("{} likely the same ({})", percent(candidate.score), candidate.band.word());
    if candidate.taken {
        text.push_str("; already linked on this side");
    }
    text.push_str(": ");
    let reasons: Vec<String> =
        candidate.reasons.iter().map(|reason| format!("{} {:+.1}", reason.text, reason.weight)).collect();
    text.push_str(&reasons.join(", "));
    text
}

/// A score is never certain, one way or the other.
fn percent(score: f64) -> String {
    match score * 100.0 {
        high if high > 99.0 => "over 99 %".to_owned(),
        low if low < 1.0 => "under 1 %".to_owned(),
        middle => format!("{middle:.0} %"),
    }
}

/// Lines that the question and its score need at least.
const LEAST_BODY: usize = 3;

/// The choices, numbered; the one under the cursor with its effect in words. Where there is no room for all of them, those
/// around the cursor.
fn choices(
    state: &State,
    view: &View,
    asked: &Asked,
    cursor: usize,
    (width, height): (usize, usize),
) -> Vec<Line<'static>> {
    let ellipsis = state.glyphs.ellipsis;
    let words = asked.choices.get(cursor).map(|choice| effect(choice, asked, &view.snapshot));
    let all = asked.choices.len();
    let most = height.saturating_sub(all + LEAST_BODY).clamp(1, 3);
    let explained = wrap_most(&words.unwrap_or_default(), width.saturating_sub(2), most, ellipsis);
    let shown = height.saturating_sub(explained.len() + LEAST_BODY).clamp(1, all.max(1));
    let first = offset(all, cursor, 0, shown);
    let mut lines = Vec::new();
    for (place, choice) in asked.choices.iter().enumerate().skip(first).take(shown) {
        let selected = place == cursor;
        let mark = if selected { state.glyphs.cursor } else { " " };
        let style = state.theme.style(if selected { Meaning::Selected } else { Meaning::Text });
        let text = format!("{mark}{}  {}", place + 1, label(choice, asked, &view.snapshot));
        let hidden = all - first - shown;
        let more = if place + 1 == first + shown && hidden > 0 {
            format!("  +{hidden} more")
        } else {
            String::new()
        };
        let text = left(&text, width.saturating_sub(more.len()), ellipsis);
        lines.push(styled_line(format!("{text}{more}"), style));
    }
    let style = state.theme.style(Meaning::Muted);
    lines.extend(explained.into_iter().map(|part| styled_line(format!(" {part}"), style)));
    lines
}
