//! Values brought to comparable keys. Each key says which differences do not count; nothing here judges likeness.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Trimmed, with every run of white space collapsed to one blank.
pub fn collapsed(text: &str) -> String {
    collapsing(text).into_owned()
}

/// The same, borrowed where nothing has to be changed.
pub fn collapsing(text: &str) -> Cow<'_, str> {
    if is_collapsed(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    Cow::Owned(out)
}

/// Whether a text is so already; told only of ASCII, which most values are.
fn is_collapsed(text: &str) -> bool {
    let mut after_blank = true;
    for byte in text.bytes() {
        match byte {
            b' ' if after_blank => return false,
            b' ' => after_blank = true,
            b'!'..=b'~' => after_blank = false,
            _ => return false,
        }
    }
    !after_blank || text.is_empty()
}

/// The key of an exact name match (design B7): NFKC, case folded, trimmed, white space collapsed. Legal forms count.
pub fn name_key(name: &str) -> String {
    if name.is_ascii() {
        return collapsed(&name.to_ascii_lowercase());
    }
    // Folding can undo the composition, so it stands between two normalisations (Unicode 3.13, D145).
    let folded = caseless::default_case_fold_str(&name.nfkc().collect::<String>());
    collapsed(&folded.nfkc().collect::<String>())
}

/// The key that searching goes by: as [`name_key`], and accents do not count, nor do letters that stand for two or carry a
/// stroke.
pub fn search_key(text: &str) -> String {
    let key = name_key(text);
    if key.is_ascii() {
        return key;
    }
    let mut out = String::with_capacity(key.len());
    for character in key.nfd().filter(|character| !is_combining_mark(*character)) {
        match character {
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'ħ' => out.push('h'),
            'ı' => out.push('i'),
            'ł' => out.push('l'),
            other => out.push(other),
        }
    }
    out
}

/// E-mail addresses differ by more than case (design B14).
pub fn email_key(address: &str) -> String {
    address.trim().to_lowercase()
}

/// A phone number by its digits, with `+44` and `0044` read as `0` (design B14).
pub fn phone_key(number: &str) -> String {
    let number = number.trim().replace("(0)", "");
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let international = number.trim_start_matches(['(', ' ']).starts_with('+');
    match digits.strip_prefix("0044").or_else(|| international.then(|| digits.strip_prefix("44")).flatten()) {
        Some(national) if !national.is_empty() => format!("0{}", national.trim_start_matches('0')),
        _ => digits,
    }
}

/// A website without scheme, `www` kept, and without the last slash; host and path in lower case (design B14).
pub fn website_key(address: &str) -> String {
    let lower = address.trim().to_lowercase();
    let bare = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")).unwrap_or(&lower);
    bare.strip_suffix('/').unwrap_or(bare).to_owned()
}

/// A postcode without blanks and case (design B14).
pub fn postcode_key(postcode: &str) -> String {
    postcode.chars().filter(|character| !character.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// The addresses in KashFlow's one e-mail field, split at `;`, `,` and blanks (design, addresses).
pub fn email_list(field: &str) -> impl Iterator<Item = &str> {
    field
        .split(|character: char| character == ';' || character == ',' || character.is_whitespace())
        .filter(|part| !part.is_empty())
}

/// Whether a text is shaped like one e-mail address: something, one `@`, a host with a dot; no blanks or brackets.
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && !host.contains('@')
        && host.split('.').count() >= 2
        && host.split('.').all(|label| !label.is_empty())
        && !text.chars().any(|character| {
            character.is_whitespace()
                || character.is_control()
                || matches!(character, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"')
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn b07_exact_names_ignore_case_width_and_blanks_but_not_legal_forms() {
        for (left, right, same) in [
            ("Acme Ltd", "  ACME   ltd ", true),
            ("Acme Ltd", "Acme\u{a0}Ltd", true),
            ("Caf\u{e9} Straße", "CAFE\u{301} STRASSE", true),
            ("Ａｃｍｅ", "acme", true),
            ("ΣΊΣΥΦΟΣ", "Σίσυφος", true),
            ("Acme Ltd", "Acme Limited", false),
            ("Smith & Sons", "Smith and Sons", false),
            ("Acme", "Ac me", false),
        ] {
            assert_eq!(name_key(left) == name_key(right), same, "{left} / {right}");
        }
    }

    #[test]
    fn searching_ignores_case_and_accents() {
        for (text, key) in [
            ("Café Müller", "cafe muller"),
            ("CAFE\u{301}", "cafe"),
            ("Łódź Straße", "lodz strasse"),
            ("Smørrebrød Æsir", "smorrebrod aesir"),
            ("Åse", "ase"),
            ("Plain Ltd", "plain ltd"),
        ] {
            assert_eq!(search_key(text), key, "{text}");
        }
    }

    #[test]
    fn b14_phones_are_compared_by_digits() {
        for (raw, key) in [
            ("020 7946 0018", "02079460018"),
            ("+44 20 7946 0018", "02079460018"),
            ("+44 (0)20 7946 0018", "02079460018"),
            ("0044 20 7946-0018", "02079460018"),
            ("(020) 7946 0018", "02079460018"),
            ("+353 1 496 0000", "35314960000"),
            ("4420", "4420"),
            ("", ""),
        ] {
            assert_eq!(phone_key(raw), key, "{raw}");
        }
    }

    #[test]
    fn b14_websites_ignore_scheme_and_last_slash() {
        assert_eq!(website_key("https://Acme.example/"), website_key("acme.example"));
        assert_ne!(website_key("acme.example/shop"), website_key("acme.example"));
    }

    #[test]
    fn one_email_field_may_hold_several() {
        assert_eq!(
            email_list("a@x.example; b@x.example,c@x.example").collect::<Vec<_>>(),
            ["a@x.example", "b@x.example", "c@x.example"]
        );
        for (text, ok) in [
            ("a@x.example", true),
            ("a@x", false),
            ("a b@x.example", false),
            ("@x.example", false),
            ("a@@x.example", false),
            ("a@x..example", false),
            ("see notes", false),
            ("01/02/2020", false),
        ] {
            assert_eq!(is_email(text), ok, "{text}");
        }
    }

    proptest! {
        #[test]
        fn keys_of_keys_are_keys(text in any::<String>()) {
            let key = name_key(&text);
            prop_assert_eq!(name_key(&key), key);
            let key = postcode_key(&text);
            prop_assert_eq!(postcode_key(&key), key);
            let phone = phone_key(&text);
            prop_assert!(phone.chars().all(|character| character.is_ascii_digit()));
        }
    }
}
