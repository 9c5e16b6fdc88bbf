//! Symbols: one set for terminals with Unicode, one for the rest. No Nerd Font, no emoji (tui 3.6).

use ratatui::symbols::border;

/// Which symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Where text was cut.
    pub ellipsis: &'static str,
    /// The row under the cursor.
    pub cursor: &'static str,
    /// Sorted, rising from row to row.
    pub rising: char,
    /// Sorted, falling.
    pub falling: char,
    /// From one value to the next.
    pub becomes: char,
    /// An engine at work.
    pub busy: &'static str,
    /// An engine at rest.
    pub idle: &'static str,
    /// Between the two services.
    pub link: &'static str,
    /// A filled part of a bar.
    pub full: &'static str,
    /// An empty part of a bar.
    pub empty: &'static str,
    /// Borders.
    pub border: border::Set<'static>,
}

impl Glyphs {
    /// Box drawing, arrows and blocks.
    pub const UNICODE: Self = Self {
        ellipsis: "…",
        cursor: ">",
        rising: '▲',
        falling: '▼',
        becomes: '→',
        busy: "●",
        idle: "○",
        link: "⇄",
        full: "█",
        empty: "░",
        border: border::PLAIN,
    };

    /// Plain ASCII.
    pub const ASCII: Self = Self {
        ellipsis: "~",
        cursor: ">",
        rising: '^',
        falling: 'v',
        becomes: '>',
        busy: "*",
        idle: "-",
        link: "<>",
        full: "#",
        empty: ".",
        border: border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        },
    };
}
