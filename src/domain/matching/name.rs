//! Names taken apart for comparing: words, legal form, numbers, compass words.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A name taken apart. Two names with equal words are equal but for spelling conventions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NameForm {
    /// Words in order, folded, without legal form, leading "the" and titles; short forms written out.
    pub(super) words: Vec<String>,
    /// The words in order without blanks between.
    pub(super) squashed: String,
    /// The legal form's class (`ltd`, `plc`, `llp` …), when the name gives one.
    pub(super) legal_form: Option<&'static str>,
    /// Numbers in the name: digits and Roman numerals from II.
    pub(super) numbers: BTreeSet<String>,
    /// Compass words in the name.
    pub(super) compass: BTreeSet<String>,
}

impl NameForm {
    /// Takes a name apart.
    pub(super) fn of(name: &str) -> Self {
        let mut words = folded_words(name);
        let legal_form = strip_legal_form(&mut words);
        if words.len() > 1
            && words.first().is_some_and(|word| word == "the" || TITLES.contains(&word.as_str()))
        {
            words.remove(0);
        }
        for word in &mut words {
            if let Some((_, long)) = SHORT_FORMS.iter().find(|(short, _)| short == word) {
                *word = (*long).to_owned();
            }
        }
        let numbers = words.iter().filter_map(|word| number(word)).collect();
        let compass = words.iter().filter(|word| COMPASS.contains(&word.as_str())).cloned().collect();
        Self { squashed: words.concat(), words, legal_form, numbers, compass }
    }
}

/// Words of letters and digits: marks dropped, case folded, `&` and `+` read as "and", dots and apostrophes closed up.
fn folded_words(name: &str) -> Vec<String> {
    let mut text = String::with_capacity(name.len());
    for character in name.nfkd().filter(|character| !is_combining_mark(*character)) {
        match character {
            '&' | '+' => text.push_str(" and "),
            '\'' | '\u{2019}' | '.' => {}
            'ł' | 'Ł' => text.push('l'),
            'ø' | 'Ø' => text.push('o'),
            letter if letter.is_alphanumeric() => text.extend(letter.to_lowercase()),
            _ => text.push(' '),
        }
    }
    let folded = caseless::default_case_fold_str(&text);
    folded.split_whitespace().map(str::to_owned).collect()
}

/// Takes trailing legal words off; a name that is nothing else keeps them.
fn strip_legal_form(words: &mut Vec<String>) -> Option<&'static str> {
    let mut found = None;
    while words.len() > 1 {
        let ending = LEGAL_FORMS.iter().find(|(phrase, _)| {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            words.len() > phrase.len()
                && words.iter().rev().zip(phrase.iter().rev()).all(|(word, part)| word == part)
        });
        let Some((phrase, class)) = ending else { break };
        words.truncate(words.len() - phrase.split(' ').count());
        found = Some(*class);
    }
    found
}

/// The number that a word is: digits, or a Roman numeral of two letters and more.
fn number(word: &str) -> Option<String> {
    if word.chars().any(|character| character.is_ascii_digit()) {
        return Some(word.trim_start_matches('0').to_owned());
    }
    ROMAN.iter().position(|roman| *roman == word).map(|position| (position + 2).to_string())
}

/// Roman numerals from 2 on; single letters are initials more often than numbers.
const ROMAN: &[&str] =
    &["ii", "iii", "iv", "", "vi", "vii", "viii", "ix", "", "xi", "xii", "xiii", "xiv", "xv", "xvi"];

const COMPASS: &[&str] =
    &["north", "south", "east", "west", "northern", "southern", "eastern", "western", "central"];

const TITLES: &[&str] = &["mr", "mrs", "ms", "miss", "dr", "prof", "sir", "rev"];

/// Endings that say what kind of body it is, longest phrases first.
const LEGAL_FORMS: &[(&str, &str)] = &[
    ("public limited company", "plc"),
    ("community interest company", "cic"),
    ("limited liability partnership", "llp"),
    ("private limited", "ltd"),
    ("pty ltd", "ltd"),
    ("pvt ltd", "ltd"),
    ("limited", "ltd"),
    ("ltd", "ltd"),
    ("plc", "plc"),
    ("llp", "llp"),
    ("lp", "lp"),
    ("cic", "cic"),
    ("cio", "cio"),
    ("incorporated", "inc"),
    ("inc", "inc"),
    ("corporation", "inc"),
    ("corp", "inc"),
    ("llc", "llc"),
    ("gmbh", "gmbh"),
    ("ag", "ag"),
    ("sarl", "sarl"),
    ("sas", "sas"),
    ("sa", "sa"),
    ("srl", "srl"),
    ("spa", "spa"),
    ("bv", "bv"),
    ("nv", "nv"),
    ("ab", "ab"),
    ("as", "as"),
    ("oy", "oy"),
    ("aps", "aps"),
    ("sp z oo", "spzoo"),
    ("unlimited", "unltd"),
];

const SHORT_FORMS: &[(&str, &str)] = &[
    ("co", "company"),
    ("bros", "brothers"),
    ("mgmt", "management"),
    ("svcs", "services"),
    ("svc", "service"),
    ("intl", "international"),
    ("univ", "university"),
    ("ctr", "centre"),
    ("center", "centre"),
    ("assoc", "associates"),
    ("eng", "engineering"),
    ("mfg", "manufacturing"),
    ("st", "saint"),
];
