//! From keys to actions, by the catalogue. A chord (`g g`) is looked up with what was pressed before.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, CATALOGUE};

/// What a key press means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// An action.
    Act(Action),
    /// The beginning of a chord; the text to remember.
    Begun(String),
    /// Nothing.
    Nothing,
}

/// What a key means after `begun`, the beginning of a chord, if any.
pub fn meant(begun: Option<&str>, key: KeyEvent) -> Meant {
    let Some(name) = name(key) else { return Meant::Nothing };
    let whole = match begun {
        Some(begun) => format!("{begun} {name}"),
        None => name,
    };
    let bound = CATALOGUE.iter().find(|entry| entry.keys.contains(&whole.as_str()));
    if let Some(entry) = bound {
        return Meant::Act(entry.action);
    }
    let prefix = format!("{whole} ");
    if CATALOGUE.iter().any(|entry| entry.keys.iter().any(|keys| keys.starts_with(&prefix))) {
        return Meant::Begun(whole);
    }
    // A key that ends no chord still means what it means alone.
    if begun.is_some() { meant(None, key) } else { Meant::Nothing }
}

/// The key as the catalogue spells it.
fn name(key: KeyEvent) -> Option<String> {
    let plain = match key.code {
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(character) => character.to_string(),
        KeyCode::Enter => "enter".into(),
        KeyCode::Esc => "esc".into(),
        KeyCode::Tab => "tab".into(),
        KeyCode::BackTab => "backtab".into(),
        KeyCode::Up => "up".into(),
        KeyCode::Down => "down".into(),
        KeyCode::Left => "left".into(),
        KeyCode::Right => "right".into(),
        KeyCode::Home => "home".into(),
        KeyCode::End => "end".into(),
        KeyCode::PageUp => "pageup".into(),
        KeyCode::PageDown => "pagedown".into(),
        KeyCode::F(number) => format!("f{number}"),
        _ => return None,
    };
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return Some(format!("ctrl-{}", plain.to_lowercase()));
    }
    (!key.modifiers.contains(KeyModifiers::ALT)).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn keys_and_chords_are_found() {
        let none = KeyModifiers::NONE;
        assert_eq!(meant(None, press(KeyCode::Char('j'), none)), Meant::Act(Action::Down));
        assert_eq!(meant(None, press(KeyCode::Char('G'), KeyModifiers::SHIFT)), Meant::Act(Action::Last));
        assert_eq!(meant(None, press(KeyCode::Char('c'), KeyModifiers::CONTROL)), Meant::Act(Action::Quit));
        assert_eq!(meant(None, press(KeyCode::Char('g'), none)), Meant::Begun("g".into()));
        assert_eq!(meant(Some("g"), press(KeyCode::Char('g'), none)), Meant::Act(Action::First));
        assert_eq!(meant(Some("g"), press(KeyCode::Char('j'), none)), Meant::Act(Action::Down));
        assert_eq!(meant(None, press(KeyCode::Char('S'), KeyModifiers::ALT)), Meant::Nothing);
    }
}
