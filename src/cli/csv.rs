//! CSV for spreadsheets: every text quoted, none of them a formula (sync I20).

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text from anywhere.
    Text(String),
    /// A number or a date of our own making, which may begin with a minus.
    Plain(String),
}

/// Headings and rows as CSV (RFC 4180, with `\n`, which every spreadsheet takes).
pub fn csv<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [Cell; N]>) -> String {
    let mut text = headings.join(",");
    text.push('\n');
    for row in rows {
        let cells: Vec<String> = row.iter().map(Cell::written).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

impl Cell {
    fn written(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Text(text) => {
                let guard =
                    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']) { "'" } else { "" };
                format!("\"{guard}{}\"", text.replace('"', "\"\""))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_formula_and_amounts_stay_numbers() {
        let rows = [
            [Cell::Text("=cmd|' /C calc'!A0".into()), Cell::Plain("-3.00".into())],
            [Cell::Text("Smith \"&\" Sons, Ltd".into()), Cell::Plain("1204.00".into())],
        ];
        let expected = "name,due\n\"'=cmd|' /C calc'!A0\",-3.00\n\"Smith \"\"&\"\" Sons, Ltd\",1204.00\n";
        assert_eq!(csv(["name", "due"], rows), expected);
    }
}
