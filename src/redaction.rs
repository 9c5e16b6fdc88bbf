//! Takes secrets out of texts that are shown, logged, journaled or kept (sync 5): one rule for the log file and for the words of
//! services, which may repeat what they were sent.

use secrecy::{ExposeSecret, SecretString};

/// Shorter ones are not looked for: they would tear ordinary words apart.
const SHORTEST: usize = 4;
/// Shorter ones than this that are nothing but letters may be ordinary words, and parts of others.
const NO_WORD: usize = 12;
const REDACTED: &str = "[redacted]";
const SCHEMES: [&str; 2] = ["Bearer ", "KfToken "];

/// What is taken out. Shows nothing of itself.
#[derive(Clone, Default)]
pub struct Redaction {
    /// Longest first: one that begins with another is taken out whole.
    wanted: Vec<SecretString>,
}

impl Redaction {
    /// Takes these out, plain or as JSON spells them. Of an `Authorization` header the scheme is no secret.
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        Self::default().and(secrets)
    }

    /// The same, and these as well.
    #[must_use]
    pub fn and<'a>(mut self, secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        for secret in secrets {
            let secret = secret.expose_secret();
            let secret =
                SCHEMES.iter().find_map(|scheme| secret.strip_prefix(scheme)).unwrap_or(secret).trim();
            let quoted = serde_json::Value::from(secret).to_string();
            let spelled = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&quoted);
            for wanted in [secret, spelled] {
                let is_new = self.wanted.iter().all(|known| known.expose_secret() != wanted);
                if is_new && wanted.chars().count() >= SHORTEST {
                    self.wanted.push(wanted.into());
                }
            }
        }
        self.wanted.sort_by_key(|wanted| std::cmp::Reverse(wanted.expose_secret().len()));
        self
    }

    /// The text without any of the secrets. What may be an ordinary word is taken out only where it stands by itself.
    pub fn clean(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let (mut rest, mut before) = (text, None);
        while let Some(first) = rest.chars().next() {
            let found = self.wanted.iter().find_map(|wanted| {
                let wanted = wanted.expose_secret();
                let after = rest.strip_prefix(wanted)?;
                let stands_alone = !continues(before) && !continues(after.chars().next());
                (stands_alone || !may_be_a_word(wanted)).then_some((wanted, after))
            });
            let (last, after) = if let Some((wanted, after)) = found {
                clean.push_str(REDACTED);
                (wanted.chars().next_back(), after)
            } else {
                clean.push(first);
                (Some(first), rest.get(first.len_utf8()..).unwrap_or_default())
            };
            (before, rest) = (last, after);
        }
        clean
    }
}

fn may_be_a_word(secret: &str) -> bool {
    secret.chars().count() < NO_WORD && secret.chars().all(char::is_alphabetic)
}

fn continues(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(char::is_alphanumeric)
}

impl std::fmt::Debug for Redaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redaction of {}", self.wanted.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(secrets: &[&str], text: &str) -> String {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        Redaction::of(&secrets).clean(text)
    }

    #[test]
    fn i19_secrets_are_taken_out_however_they_are_spelled() {
        let secrets = ["Bearer tok\"en", "pass wörd", "abc", "tok", "quoted\""];
        for (text, expected) in [
            ("", ""),
            ("tok\"en", "[redacted]"),
            (
                r#"{"message":"Bearer tok\"en, twice: tok\"en"}"#,
                r#"{"message":"Bearer [redacted], twice: [redacted]"}"#,
            ),
            ("abc is too short to be looked for", "abc is too short to be looked for"),
            ("the pass wörd is odd, wörd", "the [redacted] is odd, wörd"),
            (r#"x quoted\" y quoted" z"#, "x [redacted] y [redacted] z"),
        ] {
            assert_eq!(clean(&secrets, text), expected, "{text}");
        }
    }

    #[test]
    fn i19_of_two_secrets_the_longer_one_is_taken_out_whole() {
        for secrets in [["Tok3n", "Tok3n-and-more"], ["Tok3n-and-more", "Tok3n"]] {
            assert_eq!(clean(&secrets, "Tok3n-and-more, Tok3n"), "[redacted], [redacted]");
        }
        // What was put in the place of one is not looked at again.
        assert_eq!(clean(&["s3cret!", "redacted"], "s3cret! redacted"), "[redacted] [redacted]");
    }

    #[test]
    fn i19_a_secret_that_may_be_an_ordinary_word_tears_no_other_apart() {
        for (text, expected) in [
            ("the password has expired", "the password has expired"),
            ("words, sword, wordy, word1", "words, sword, wordy, word1"),
            ("word", "[redacted]"),
            ("\"word\": word, word.", "\"[redacted]\": [redacted], [redacted]."),
            ("word word", "[redacted] [redacted]"),
            ("mot-clé=word&x", "mot-clé=[redacted]&x"),
        ] {
            assert_eq!(clean(&["word"], text), expected, "{text}");
        }
        // What cannot be a word is taken out wherever it is.
        assert_eq!(clean(&["w0rd", "abcdefghijkl"], "xw0rdx yabcdefghijkly"), "x[redacted]x y[redacted]y");
    }
}
