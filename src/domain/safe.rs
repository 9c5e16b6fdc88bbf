//! Text from the two services made safe for a terminal (sync 5, terminal injection).
//!
//! Names and notes come from outside: they may hold escape sequences, bidirectional overrides and invisible
//! characters. The store and JSON keep the original; what is shown, printed for people or logged is a [`Safe`].

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// Text of one line that a terminal neither obeys nor hides, whatever it was made from.
///
/// Control characters become their Unicode pictures (`ESC` → `␛`), line ends among them; everything else unsafe becomes `�`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Safe<'a>(Cow<'a, str>);

impl<'a> Safe<'a> {
    /// That text, made safe.
    pub fn of(text: &'a str) -> Self {
        if text.chars().all(is_plain) {
            return Self(Cow::Borrowed(text));
        }
        let visible = |character| if is_plain(character) { character } else { visible(character) };
        Self(Cow::Owned(text.chars().map(visible).collect()))
    }

    /// The text on its own.
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Safe<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Safe<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Safe<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

fn is_plain(character: char) -> bool {
    !character.is_control() && !is_invisible(character)
}

/// Format characters that `char::is_control` misses: direction marks and overrides, zero-width, tags, annotations.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

fn visible(character: char) -> char {
    match u32::from(character) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or('\u{FFFD}'),
        0x7F => '\u{2421}',
        _ => '\u{FFFD}',
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_characters_become_visible() {
        for (raw, safe) in [
            ("Smith & Sons", "Smith & Sons"),
            ("Société Łódź 東京", "Société Łódź 東京"),
            ("red\u{1b}[31m", "red␛[31m"),
            ("a\r\nb\tc", "a␍␊b␉c"),
            ("x\u{7f}\u{9b}31m", "x␡\u{FFFD}31m"),
            ("pay\u{202e}gnp.exe", "pay\u{FFFD}gnp.exe"),
            ("zero\u{200b}width\u{feff}", "zero\u{FFFD}width\u{FFFD}"),
        ] {
            assert_eq!(&*Safe::of(raw), safe);
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>()) {
            prop_assert!(Safe::of(&text).chars().all(is_plain));
        }

        #[test]
        fn safe_text_stays_as_it_is(text in any::<String>()) {
            let once = Safe::of(&text);
            prop_assert_eq!(&Safe::of(&once), &once);
        }
    }
}
