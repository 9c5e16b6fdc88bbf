//! Colours by meaning. `Auto` keeps to the terminal's own sixteen colours and never paints the background; `Mono` has no
//! colour at all, only bold, reverse and underline (tui 3.6).

use ratatui::style::{Color, Modifier, Style};

/// Which colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own colours.
    #[default]
    Auto,
    /// None.
    Mono,
}

/// What a style means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Ordinary text.
    Text,
    /// Less important.
    Muted,
    /// Titles.
    Title,
    /// Keys in hints.
    Key,
    /// All is well.
    Good,
    /// Somebody should look.
    Warn,
    /// Something is wrong.
    Bad,
    /// The row under the cursor in the focused pane.
    Selected,
    /// The row under the cursor elsewhere.
    SelectedElsewhere,
    /// A pane's border.
    Border,
    /// The focused pane's border.
    BorderFocused,
}

impl Theme {
    /// The style of a meaning.
    pub fn style(self, meaning: Meaning) -> Style {
        let plain = Style::default();
        let marked = match meaning {
            Meaning::Text | Meaning::Muted | Meaning::Border | Meaning::Good | Meaning::Warn => plain,
            Meaning::Title | Meaning::Key | Meaning::BorderFocused | Meaning::Bad => {
                plain.add_modifier(Modifier::BOLD)
            }
            Meaning::Selected => plain.add_modifier(Modifier::REVERSED),
            Meaning::SelectedElsewhere => plain.add_modifier(Modifier::UNDERLINED),
        };
        match (self, meaning) {
            (Self::Mono, _)
            | (
                Self::Auto,
                Meaning::Text
                | Meaning::Muted
                | Meaning::Title
                | Meaning::Border
                | Meaning::Selected
                | Meaning::SelectedElsewhere,
            ) => marked,
            (Self::Auto, Meaning::Good) => marked.fg(Color::Green),
            (Self::Auto, Meaning::Warn) => marked.fg(Color::Magenta),
            (Self::Auto, Meaning::Bad) => marked.fg(Color::Red),
            (Self::Auto, Meaning::Key | Meaning::BorderFocused) => marked.fg(Color::Cyan),
        }
    }
}
