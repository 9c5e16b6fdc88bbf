//! Values as bytes: for each a number, its length and its text, and zeros to the end of a block, so that an encrypted file does
//! not tell how long a password is. Buffers are wiped; they are made large enough at once, because growing leaves copies.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::config::credentials::{Credential, CredentialValues};

/// What lengths are rounded up to.
const BLOCK: usize = 512;
/// The longest value: neither service has one that comes near.
pub const LONGEST: usize = 4_096;
/// A value's number and length.
const HEAD: usize = 3;

/// The values as bytes. A value longer than [`LONGEST`] is cut; nobody takes one in.
pub fn encode(values: &CredentialValues) -> Zeroizing<Vec<u8>> {
    let size: usize =
        values.values().map(|value| HEAD + value.expose_secret().len().min(LONGEST)).sum::<usize>() + 1;
    let size = size.next_multiple_of(BLOCK);
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    for (credential, value) in values {
        let value = value.expose_secret().as_bytes();
        let Ok(length) = u16::try_from(value.len().min(LONGEST)) else { continue };
        bytes.push(number(*credential));
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(value.get(..usize::from(length)).unwrap_or_default());
    }
    bytes.resize(size, 0);
    bytes
}

/// The values that the bytes hold; none when they are no such bytes.
pub fn decode(mut bytes: &[u8]) -> Option<CredentialValues> {
    let mut values = CredentialValues::new();
    loop {
        let (first, rest) = bytes.split_first()?;
        if *first == 0 {
            return rest.iter().all(|byte| *byte == 0).then_some(values);
        }
        let (length, rest) = rest.split_first_chunk()?;
        let (text, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let credential = Credential::ALL.into_iter().find(|credential| number(*credential) == *first)?;
        values.insert(credential, SecretString::from(std::str::from_utf8(text).ok()?));
        bytes = rest;
    }
}

/// Its number, for ever.
fn number(credential: Credential) -> u8 {
    match credential {
        Credential::CapsuleToken => 1,
        Credential::KashFlowUserName => 2,
        Credential::KashFlowPassword => 3,
        Credential::KashFlowMemorableWord => 4,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Any values.
    pub(in crate::credentials) fn values() -> impl Strategy<Value = CredentialValues> {
        btree_map(select(&Credential::ALL[..]), "\\PC{0,40}".prop_map(SecretString::from), 0..=4)
    }

    /// To be compared.
    pub(in crate::credentials) fn plain(values: &CredentialValues) -> Vec<(Credential, &str)> {
        values.iter().map(|(credential, value)| (*credential, value.expose_secret())).collect()
    }

    proptest! {
        #[test]
        fn values_come_back_and_their_lengths_do_not_show(values in values()) {
            let bytes = encode(&values);
            prop_assert_eq!(bytes.len() % BLOCK, 0);
            prop_assert_eq!(bytes.len(), bytes.capacity(), "it never grew");
            let decoded = decode(&bytes).unwrap();
            prop_assert_eq!(plain(&decoded), plain(&values));
        }

        #[test]
        fn other_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..600)) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn what_is_cut_short_or_goes_on_is_refused() {
        let values = [(Credential::CapsuleToken, SecretString::from("token"))].into();
        let bytes = encode(&values);
        assert!(decode(&[]).is_none());
        assert!(decode(&bytes[..5]).is_none(), "within the value");
        let mut more = bytes.to_vec();
        more.push(7);
        assert!(decode(&more).is_none());
    }
}
