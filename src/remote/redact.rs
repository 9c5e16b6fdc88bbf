//! Takes our secrets out of a service's refusal, in case it repeats what it was sent: its words are shown, journaled and
//! kept (sync 5).

use secrecy::{ExposeSecret, SecretString};

/// Shorter ones are not looked for: they would tear ordinary words apart.
const SHORTEST: usize = 4;
const REDACTED: &[u8] = b"[redacted]";
const SCHEMES: [&str; 2] = ["Bearer ", "KfToken "];

/// The body without any of the secrets, plain or as JSON spells them.
pub(super) fn redact<'a>(body: &[u8], secrets: impl IntoIterator<Item = &'a SecretString>) -> Vec<u8> {
    let mut clean = body.to_vec();
    for secret in secrets {
        let secret = secret.expose_secret();
        // Of an `Authorization` header the scheme is no secret.
        let secret = SCHEMES.iter().find_map(|scheme| secret.strip_prefix(scheme)).unwrap_or(secret);
        let quoted = serde_json::Value::from(secret).to_string();
        let spelled = quoted.trim_matches('"');
        for wanted in [secret, spelled] {
            if wanted.len() >= SHORTEST {
                clean = without(&clean, wanted.as_bytes());
            }
        }
    }
    clean
}

fn without(body: &[u8], wanted: &[u8]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, others)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(wanted) {
            clean.extend_from_slice(REDACTED);
            rest = after;
        } else {
            clean.push(*first);
            rest = others;
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i19_secrets_are_taken_out_however_they_are_spelled() {
        let secrets: [SecretString; 4] =
            ["Bearer tok\"en".into(), "pass wörd".into(), "abc".into(), "tok".into()];
        for (body, clean) in [
            ("", ""),
            ("tok\"en", "[redacted]"),
            (
                r#"{"message":"Bearer tok\"en, twice: tok\"en"}"#,
                r#"{"message":"Bearer [redacted], twice: [redacted]"}"#,
            ),
            ("abc is too short to be looked for", "abc is too short to be looked for"),
            ("the pass wörd is odd", "the [redacted] is odd"),
        ] {
            assert_eq!(String::from_utf8(redact(body.as_bytes(), &secrets)).unwrap(), clean, "{body}");
        }
    }
}
