//! Text for cells: made safe, cut and padded by display width, grapheme by grapheme. Spans and lines are made here only
//! (`clippy.toml`), so nothing that a terminal might obey gets into a cell.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::safe::Safe;

/// A piece of a line.
#[expect(clippy::disallowed_methods, reason = "the text is safe")]
pub fn styled(text: impl AsRef<str>, style: Style) -> Span<'static> {
    Span::styled(Safe::of(text.as_ref()).into_owned(), style)
}

/// A piece of a line as everything around it is.
pub fn plain(text: impl AsRef<str>) -> Span<'static> {
    styled(text, Style::default())
}

/// A line of one piece, which is styled to the edge where the line is.
pub fn styled_line(text: impl AsRef<str>, style: Style) -> Line<'static> {
    Line::from(plain(text)).style(style)
}

/// A line of one piece.
pub fn plain_line(text: impl AsRef<str>) -> Line<'static> {
    Line::from(plain(text))
}

/// Columns that a text takes on the screen once it is safe.
pub fn width(text: &str) -> usize {
    Safe::of(text).width()
}

/// The text cut to at most so many columns, with an ellipsis where something was cut.
pub fn cut(text: &str, columns: usize, ellipsis: &str) -> String {
    let safe = Safe::of(text);
    if safe.width() <= columns {
        return safe.into_owned();
    }
    let room = columns.saturating_sub(ellipsis.width());
    let mut out = String::new();
    let mut used = 0;
    for grapheme in safe.graphemes(true) {
        let next = grapheme.width();
        if used + next > room {
            break;
        }
        out.push_str(grapheme);
        used += next;
    }
    if ellipsis.width() <= columns {
        out.push_str(ellipsis);
    }
    out
}

/// The text in exactly so many columns, at the left.
pub fn left(text: &str, columns: usize, ellipsis: &str) -> String {
    let mut out = cut(text, columns, ellipsis);
    let used = out.width();
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    out
}

/// The text in so many columns, at the right; for numbers, which are never cut: one that is wider takes what it needs.
pub fn right(text: &str, columns: usize) -> String {
    let safe = Safe::of(text);
    let used = safe.width();
    format!("{}{safe}", " ".repeat(columns.saturating_sub(used)))
}

/// The text in lines of at most so many columns, broken at blanks where possible.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let safe = Safe::of(word);
        let mut word: &str = &safe;
        if !line.is_empty() && line.width() + 1 + word.width() > columns {
            lines.push(std::mem::take(&mut line));
        }
        while word.width() > columns {
            let mut head = cut(word, columns, "");
            let mut taken = head.len();
            if head.is_empty() {
                // One cluster that is wider than the line.
                taken = word.graphemes(true).next().map_or(word.len(), str::len);
                head.push('\u{FFFD}');
            }
            let rest = word.get(taken..).unwrap_or_default();
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            lines.push(head);
            word = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// The text in at most so many lines; the last one is cut where there is more.
pub fn wrap_most(text: &str, columns: usize, most: usize, ellipsis: &str) -> Vec<String> {
    let mut lines = wrap(text, columns);
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(cut(&rest, columns, ellipsis));
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_cut_by_width_not_by_bytes() {
        for (text, columns, expected) in [
            ("Smith", 5, "Smith"),
            ("Smithfield", 6, "Smith…"),
            ("東京商事", 5, "東京…"),
            ("e\u{301}clair", 3, "e\u{301}c…"),
            ("x\u{1b}[31m", 6, "x␛[31m"),
            ("abc", 0, ""),
        ] {
            assert_eq!(cut(text, columns, "…"), expected, "{text}");
        }
        assert_eq!(right("12.00", 8), "   12.00");
        assert_eq!(right("123456", 4), "123456");
        assert_eq!(wrap("to be or not", 5), ["to be", "or", "not"]);
        assert_eq!(wrap_most("to be or not", 5, 2, "…"), ["to be", "or n…"]);
        assert_eq!(wrap_most("to be or not", 5, 3, "…"), ["to be", "or", "not"]);
    }

    proptest! {
        #[test]
        fn a_cell_is_exactly_as_wide_as_asked(text in any::<String>(), columns in 0_usize..40) {
            prop_assert!(left(&text, columns, "…").width() <= columns + 1);
            prop_assert!(cut(&text, columns, "…").width() <= columns);
            for line in wrap(&text, columns.max(2)) {
                prop_assert!(line.width() <= columns.max(2), "{line:?}");
            }
        }
    }
}
