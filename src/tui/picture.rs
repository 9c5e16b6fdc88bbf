//! A picture of the screen: SVG written straight from the drawn cells, so that it cannot lie.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Size of a cell in user units: a monospaced font at 14, 0.602 em wide.
const CELL: (f64, f64) = (8.43, 17.0);
/// Space around the screen.
const MARGIN: f64 = 12.0;

/// The drawn cells as an SVG document on a dark background.
pub fn svg(buffer: &Buffer, title: &str) -> String {
    let (columns, rows) = (f64::from(buffer.area.width), f64::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2.0 * MARGIN, rows * CELL.1 + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
         aria-label=\"{}\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1b1e26\"/>\n<g font-family=\"DejaVu \
         Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n",
        escaped(title)
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let Some(first) = buffer.cell((x, y)) else { break };
            let (mut text, mut end) = (String::new(), x);
            while let Some(cell) =
                buffer.cell((end, y)).filter(|cell| end < buffer.area.width && look(cell) == look(first))
            {
                text.push_str(cell.symbol());
                end += 1;
            }
            // Writing to a String cannot fail.
            let _ = run(&mut out, &text, look(first), (x, y), end - x);
            x = end.max(x + 1);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// What two neighbouring cells must share to be drawn as one run.
fn look(cell: &Cell) -> (Color, Modifier) {
    (cell.fg, cell.modifier)
}

fn run(
    out: &mut String,
    text: &str,
    (colour, modifier): (Color, Modifier),
    (x, y): (u16, u16),
    cells: u16,
) -> std::fmt::Result {
    let reversed = modifier.contains(Modifier::REVERSED);
    if text.trim().is_empty() && !reversed {
        return Ok(());
    }
    let (left, top) = (MARGIN + f64::from(x) * CELL.0, MARGIN + f64::from(y) * CELL.1);
    let wide = f64::from(cells) * CELL.0;
    let ink = if reversed { "#1b1e26" } else { hex(colour) };
    if reversed {
        let (paper, high) = (hex(colour), CELL.1);
        writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high}\" fill=\"{paper}\"/>"
        )?;
    }
    let weight = if modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let line = if modifier.contains(Modifier::UNDERLINED) { " text-decoration=\"underline\"" } else { "" };
    let base = top + 13.0;
    writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{wide:.1}\" fill=\"{ink}\"{weight}{line}>{}</text>",
        escaped(text)
    )
}

fn hex(colour: Color) -> &'static str {
    match colour {
        Color::Green => "#8fd18f",
        Color::Red => "#f28779",
        Color::Magenta => "#d6a6f0",
        Color::Cyan => "#7fd0e0",
        _ => "#d8dce6",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
