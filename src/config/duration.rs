//! Durations as people type them: `2h`, `90m`, `1h30m`, `7d`.

use std::time::Duration;

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a duration: whole numbers, each with its unit `d`, `h`, `m` or `s`, the larger units first.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit())?;
        let (digits, tail) = rest.split_at(end);
        let unit = tail.chars().next()?;
        let (_, seconds) = units.find(|(letter, _)| *letter == unit)?;
        total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(*seconds)?)?;
        rest = tail.get(1..)?;
    }
    (!text.trim().is_empty()).then(|| Duration::from_secs(total))
}

/// Writes a duration as [`parse`] reads it, in whole seconds: `1h30m`.
pub fn show(duration: Duration) -> String {
    let mut left = duration.as_secs();
    let mut shown = String::new();
    for (letter, seconds) in UNITS {
        let count = left / seconds;
        left %= seconds;
        if count > 0 {
            shown.push_str(&count.to_string());
            shown.push(letter);
        }
    }
    if shown.is_empty() { "0s".into() } else { shown }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_people_type_them() {
        for (text, seconds) in [
            ("2h", Some(7_200)),
            (" 90m ", Some(5_400)),
            ("1h30m", Some(5_400)),
            ("7d", Some(604_800)),
            ("0s", Some(0)),
            ("", None),
            ("2", None),
            ("h", None),
            ("2 h", None),
            ("30m1h", None),
            ("-5m", None),
            ("1.5h", None),
            ("2h£", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(parse(text), seconds.map(Duration::from_secs), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(seconds in 0..10_000_000_u64) {
            let duration = Duration::from_secs(seconds);
            prop_assert_eq!(parse(&show(duration)), Some(duration));
        }
    }
}
