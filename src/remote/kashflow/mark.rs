//! Knowing credentials again without keeping them: PBKDF2 with HMAC-SHA-256 under a random key (design B39).

use std::num::NonZeroU32;

use ring::pbkdf2::{PBKDF2_HMAC_SHA256, derive, verify};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::ExposeSecret;

use super::client::KashFlowCredentials;
use crate::domain::refused::{CredentialsMark, CredentialsPart};

/// So many rounds take a machine some tens of milliseconds, and somebody who guesses passwords as long for each.
const ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(100_000);
/// Bytes of key and hash.
const LENGTH: usize = 32;

impl KashFlowCredentials {
    /// A hash of that part under a new key; `None` when the system gives no random numbers.
    pub(super) fn mark(&self, part: CredentialsPart) -> Option<CredentialsMark> {
        let (mut key, mut hash) = ([0; LENGTH], [0; LENGTH]);
        SystemRandom::new().fill(&mut key).ok()?;
        derive(PBKDF2_HMAC_SHA256, ROUNDS, &key, &self.told(part), &mut hash);
        Some(CredentialsMark { part, key: key.to_vec(), hash: hash.to_vec() })
    }

    /// Whether the mark is of these credentials.
    pub(super) fn bear(&self, mark: &CredentialsMark) -> bool {
        verify(PBKDF2_HMAC_SHA256, ROUNDS, &mark.key, &self.told(mark.part), &mark.hash).is_ok()
    }

    /// What is sent of that part: KashFlow does not mind the case of user names.
    fn told(&self, part: CredentialsPart) -> Vec<u8> {
        let secret = match part {
            CredentialsPart::Password => self.password.expose_secret(),
            CredentialsPart::MemorableWord => self.memorable_word.expose_secret().trim(),
        };
        format!("{}\0{}\0{secret}", part.word(), self.user_name.trim().to_lowercase()).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(user_name: &str, password: &str, word: &str) -> KashFlowCredentials {
        KashFlowCredentials {
            user_name: user_name.into(),
            password: password.into(),
            memorable_word: word.into(),
        }
    }

    #[test]
    fn b39_credentials_are_known_again_by_the_part_that_was_refused() {
        let refused = credentials("brookside", "canary-1", "canary-2");
        let (password, word) = (CredentialsPart::Password, CredentialsPart::MemorableWord);
        let (by_password, by_word) = (refused.mark(password).unwrap(), refused.mark(word).unwrap());
        for (now, same_password, same_word) in [
            (refused.clone(), true, true),
            (credentials("Brookside ", "canary-1", "other"), true, false),
            (credentials("brookside", "canary-1 ", "canary-2"), false, true),
            (credentials("somebody", "canary-1", "canary-2"), false, false),
        ] {
            assert_eq!((now.bear(&by_password), now.bear(&by_word)), (same_password, same_word), "{now:?}");
        }
        assert_ne!(refused.mark(password), Some(by_password.clone()), "every mark has a key of its own");
        let shown = format!("{by_password:?} {by_word:?}");
        assert!(!shown.contains("canary") && !String::from_utf8_lossy(&by_word.hash).contains("canary"));
        assert!(
            !refused.bear(&CredentialsMark { hash: Vec::new(), ..by_password }),
            "a damaged mark marks nobody"
        );
    }
}
