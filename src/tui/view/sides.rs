//! Two records side by side, field by field, with marks that carry the meaning (tui 3.3).

use ratatui::text::Line;

use super::super::state::State;
use super::super::text::{left, styled, styled_line, width, wrap_most};
use super::super::theme::Meaning;
use crate::domain::details::Field;

/// One field of both records.
pub(super) struct Pair {
    /// `=` equal, `!` differs, `+` only one side has it; blank where there is nothing to compare.
    pub(super) mark: &'static str,
    /// What the mark means.
    pub(super) meaning: Meaning,
    /// Which field.
    pub(super) field: Field,
    /// The value at the left.
    pub(super) left: String,
    /// The value at the right.
    pub(super) right: String,
}

/// The rows under their two heads, each value over at most so many lines. Without a second head there is one column.
pub(super) fn sides(
    state: &State,
    heads: (&str, &str),
    rows: &[Pair],
    columns: usize,
    most: usize,
) -> Vec<Line<'static>> {
    let ellipsis = state.glyphs.ellipsis;
    let label = rows.iter().map(|row| width(row.field.label())).max().unwrap_or_default();
    let rest = columns.saturating_sub(label + 4);
    let value = if heads.1.is_empty() { rest } else { rest / 2 };
    let pair = |first: &str, second: &str| {
        format!("{} {}", left(first, value, ellipsis), left(second, rest.saturating_sub(value), ellipsis))
    };
    let head = format!("  {} {}", left("", label, ""), pair(heads.0, heads.1));
    let mut lines = vec![styled_line(head, state.theme.style(Meaning::Title))];
    for row in rows {
        let first = wrap_most(&row.left, value.max(1), most, ellipsis);
        let second = wrap_most(&row.right, value.max(1), most, ellipsis);
        let text = if row.meaning == Meaning::Warn { Meaning::Warn } else { Meaning::Text };
        for number in 0..first.len().max(second.len()) {
            let (mark, name) = if number == 0 { (row.mark, row.field.label()) } else { (" ", "") };
            let part = |parts: &[String]| parts.get(number).cloned().unwrap_or_default();
            let values = format!(" {} {}", left(name, label, ""), pair(&part(&first), &part(&second)));
            lines.push(Line::from(vec![
                styled(mark, state.theme.style(row.meaning)),
                styled(values, state.theme.style(text)),
            ]));
        }
    }
    lines
}
