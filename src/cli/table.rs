//! Tables for people: columns aligned by what a terminal shows, text made safe.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::page::Page;
use crate::domain::safe::Safe;

/// The widest a text column gets; what is longer is cut and marked.
const WIDEST: usize = 44;

/// On which side a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers; never cut.
    Right,
}

/// A table under construction.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new(columns: &[(&'static str, Align)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, one cell per column. Cells may hold anything: they are made safe here.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        let cut = |(cell, (_, align)): (String, &(&str, Align))| match align {
            Align::Left => cut(&Safe::of(&cell), WIDEST),
            Align::Right => Safe::of(&cell).into_owned(),
        };
        self.rows.push(cells.into_iter().zip(&self.columns).map(cut).collect());
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as lines, headings first; in bold where colours are allowed.
    pub fn render(&self, color: bool) -> Page {
        let headings: Vec<String> = self.columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().chain([&headings]).filter_map(|row| row.get(column));
                cells.map(|cell| cell.width()).max().unwrap_or(0)
            })
            .collect();
        let heading = line(&self.columns, &headings, &widths);
        let mut page = Page::default();
        if color {
            page.bold(heading);
        } else {
            page.line(heading);
        }
        for row in &self.rows {
            page.line(line(&self.columns, row, &widths));
        }
        page
    }
}

/// One line: cells padded to the columns' widths, two blanks apart.
fn line(columns: &[(&str, Align)], cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .zip(columns)
        .map(|((cell, width), (_, align))| {
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            match align {
                Align::Left => format!("{cell}{gap}"),
                Align::Right => format!("{gap}{cell}"),
            }
        })
        .collect();
    padded.join("  ").trim_end().to_owned()
}

/// The text, cut to that many terminal cells with `…` at its end where something is missing.
fn cut(text: &str, widest: usize) -> String {
    if text.width() <= widest {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut width = 1;
    for character in text.chars() {
        width += character.width().unwrap_or(0);
        if width > widest {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_a_terminal_shows() {
        let mut table = Table::new(&[("Name", Align::Left), ("Due", Align::Right), ("State", Align::Left)]);
        table.row(["東京 Ltd".into(), "1,204.00".into(), "unpaid".into()]);
        table.row(["Smith".into(), "-3.00".into(), String::new()]);
        assert_eq!(
            table.render(false).text(),
            "Name           Due  State\n東京 Ltd  1,204.00  unpaid\nSmith        -3.00\n"
        );
        assert!(table.render(true).text().starts_with("\u{1b}[1mName"));
    }

    #[test]
    fn hostile_and_endless_names_do_no_harm() {
        let mut table = Table::new(&[("Name", Align::Left)]);
        table.row(["\u{1b}[2Jx\ny".into()]);
        table.row(["京".repeat(60)]);
        let page = table.render(false);
        let text = page.text();
        assert!(!text.contains('\u{1b}') && text.lines().count() == 3, "{text}");
        assert!(text.lines().all(|line| line.width() <= WIDEST), "{text}");
    }
}
