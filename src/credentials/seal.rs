//! The sealed form of credentials: XChaCha20-Poly1305 under a key that Argon2id makes of a passphrase.
//!
//! `kashcred`, format, memory, passes, lanes, salt, nonce; what is encrypted, with its tag; SHA-256 of everything before. All of
//! what stands before the encrypted part is authenticated with it. Salt and nonce are new with each sealing. The checksum is there
//! in every format and is no protection: it tells damage, and a newer format, from a wrong passphrase.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

const MAGIC: [u8; 8] = *b"kashcred";
const FORMAT: u16 = 1;
const CHECKSUM: usize = 32;

/// What making a key costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// What sealing costs, and what a sealed text may ask for when it is opened: its header is read before anything proves who wrote
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// With which is sealed.
    pub sealing: Cost,
    /// Less of anything is refused: nobody may have a passphrase tried cheaply.
    pub least: Cost,
    /// More of anything is refused: it would take the machine's memory or time.
    pub most: Cost,
}

impl Costs {
    /// What kashsync uses: some 300 ms and 128 MiB. The least is OWASP's for Argon2id.
    pub const PRODUCT: Self = Self {
        sealing: Cost { memory: 128 * 1_024, passes: 3, lanes: 1 },
        least: Cost { memory: 19 * 1_024, passes: 2, lanes: 1 },
        most: Cost { memory: 512 * 1_024, passes: 10, lanes: 4 },
    };
}

/// Why a sealed text does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealError {
    /// It is not what was written.
    Damaged(&'static str),
    /// A newer format.
    Newer(u16),
    /// The passphrase is another one; or somebody has changed the text and its checksum.
    WrongPassphrase,
    /// The machine gives no memory or no random numbers.
    Machine(String),
}

/// What stands before the encrypted part.
#[derive(Debug, Clone, Copy)]
struct Header {
    cost: Cost,
    salt: [u8; 16],
    nonce: [u8; 24],
}

impl Header {
    fn bytes(&self) -> Vec<u8> {
        let numbers = [self.cost.memory, self.cost.passes, self.cost.lanes];
        let mut bytes = Vec::from(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
        bytes.extend(self.salt);
        bytes.extend(self.nonce);
        bytes
    }

    /// The header after magic and format, and what follows it.
    fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (memory, bytes) = bytes.split_first_chunk()?;
        let (passes, bytes) = bytes.split_first_chunk()?;
        let (lanes, bytes) = bytes.split_first_chunk()?;
        let (salt, bytes) = bytes.split_first_chunk()?;
        let (nonce, bytes) = bytes.split_first_chunk()?;
        let number = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes);
        let cost = Cost { memory: number(memory), passes: number(passes), lanes: number(lanes) };
        Some((Self { cost, salt: *salt, nonce: *nonce }, bytes))
    }
}

/// Seals a text.
pub fn seal(text: &[u8], passphrase: &SecretString, costs: &Costs) -> Result<Vec<u8>, SealError> {
    let mut header = Header { cost: costs.sealing, salt: [0; 16], nonce: [0; 24] };
    let random = SystemRandom::new();
    random
        .fill(&mut header.salt)
        .and_then(|()| random.fill(&mut header.nonce))
        .map_err(|_| SealError::Machine("the system gives no random numbers".into()))?;
    let mut sealed = header.bytes();
    let payload = Payload { msg: text, aad: &sealed };
    let encrypted = cipher(&header, passphrase)?
        .encrypt(&XNonce::from(header.nonce), payload)
        .map_err(|_| SealError::Machine("the text is too long".into()))?;
    sealed.extend(encrypted);
    sealed.extend(digest(&SHA256, &sealed).as_ref());
    Ok(sealed)
}

/// Opens a sealed text.
pub fn open(
    sealed: &[u8],
    passphrase: &SecretString,
    costs: &Costs,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let cut_short = SealError::Damaged("it is cut short");
    let (all, checksum) = sealed.split_last_chunk::<CHECKSUM>().ok_or(cut_short.clone())?;
    if !sealed.starts_with(&MAGIC) {
        return Err(SealError::Damaged("it does not begin as kashsync's do"));
    }
    if digest(&SHA256, all).as_ref() != checksum {
        return Err(SealError::Damaged("its checksum does not fit"));
    }
    let numbered = all.get(MAGIC.len()..).and_then(<[u8]>::split_first_chunk);
    let (format, rest) = numbered.ok_or(cut_short.clone())?;
    match u16::from_le_bytes(*format) {
        FORMAT => {}
        newer if newer > FORMAT => return Err(SealError::Newer(newer)),
        _ => return Err(SealError::Damaged("it has a format that there never was")),
    }
    let (header, encrypted) = Header::split(rest).ok_or(cut_short)?;
    check(header.cost, costs)?;
    let payload = Payload { msg: encrypted, aad: &header.bytes() };
    cipher(&header, passphrase)?
        .decrypt(&XNonce::from(header.nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealError::WrongPassphrase)
}

fn check(cost: Cost, costs: &Costs) -> Result<(), SealError> {
    let each = |of: fn(Cost) -> u32| (of(costs.least)..=of(costs.most), of(cost));
    let is_within = |of| {
        let (allowed, asked) = each(of);
        allowed.contains(&asked)
    };
    let is_less = |of| {
        let (allowed, asked) = each(of);
        asked < *allowed.start()
    };
    let parts: [fn(Cost) -> u32; 3] = [|cost| cost.memory, |cost| cost.passes, |cost| cost.lanes];
    if parts.into_iter().all(is_within) {
        Ok(())
    } else if parts.into_iter().any(is_less) {
        Err(SealError::Damaged("its key is weaker than kashsync ever makes one"))
    } else {
        Err(SealError::Damaged("it asks for more memory or time than kashsync ever does"))
    }
}

fn cipher(header: &Header, passphrase: &SecretString) -> Result<XChaCha20Poly1305, SealError> {
    let machine = |error: argon2::Error| SealError::Machine(error.to_string());
    let Cost { memory, passes, lanes } = header.cost;
    let mut key = Zeroizing::new([0; 32]);
    let params = Params::new(memory, passes, lanes, Some(key.len())).map_err(machine)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose_secret().as_bytes(), &header.salt, key.as_mut())
        .map_err(machine)?;
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// For tests, which seal a thousand times.
    pub(in crate::credentials) const CHEAP: Costs = Costs {
        sealing: Cost { memory: 16, passes: 1, lanes: 1 },
        least: Cost { memory: 8, passes: 1, lanes: 1 },
        most: Cost { memory: 64, passes: 3, lanes: 2 },
    };

    fn passphrase() -> SecretString {
        "correct horse".into()
    }

    /// With a checksum that fits, as somebody would who means to change it.
    fn forged(mut sealed: Vec<u8>) -> Vec<u8> {
        let length = sealed.len() - CHECKSUM;
        let checksum = digest(&SHA256, &sealed[..length]);
        sealed[length..].copy_from_slice(checksum.as_ref());
        sealed
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_sealed_opens(text in vec(any::<u8>(), 0..600), words in "\\PC{0,20}") {
            let passphrase = SecretString::from(words);
            let sealed = seal(&text, &passphrase, &CHEAP).unwrap();
            prop_assert_eq!(&open(&sealed, &passphrase, &CHEAP).unwrap()[..], &text[..]);
        }

        #[test]
        fn another_passphrase_is_refused(words in "\\PC{0,20}") {
            prop_assume!(words != "correct horse");
            let sealed = seal(b"text", &passphrase(), &CHEAP).unwrap();
            prop_assert_eq!(open(&sealed, &words.into(), &CHEAP).unwrap_err(), SealError::WrongPassphrase);
        }

        #[test]
        fn other_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
            prop_assert!(open(&bytes, &passphrase(), &CHEAP).is_err());
            let forged = forged([&MAGIC[..], &FORMAT.to_le_bytes(), &bytes, &[0; CHECKSUM]].concat());
            prop_assert!(open(&forged, &passphrase(), &CHEAP).is_err());
        }

        #[test]
        fn every_byte_counts_whatever_is_made_of_it(mask in 1_u8..) {
            let sealed = seal(b"text", &passphrase(), &CHEAP).unwrap();
            for place in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[place] ^= mask;
                let by_accident = open(&changed, &passphrase(), &CHEAP).unwrap_err();
                prop_assert!(matches!(by_accident, SealError::Damaged(_)), "{place}: {by_accident:?}");
                if place < sealed.len() - CHECKSUM {
                    let forged = forged(changed);
                    prop_assert!(open(&forged, &passphrase(), &CHEAP).is_err(), "byte {} forged", place);
                }
            }
        }

        #[test]
        fn every_length_but_its_own_is_refused(more in vec(any::<u8>(), 1..40)) {
            let sealed = seal(b"text", &passphrase(), &CHEAP).unwrap();
            for length in 0..sealed.len() {
                let error = open(&sealed[..length], &passphrase(), &CHEAP).unwrap_err();
                prop_assert!(matches!(error, SealError::Damaged(_)), "{length}: {error:?}");
            }
            let longer = [sealed, more].concat();
            prop_assert!(open(&longer, &passphrase(), &CHEAP).is_err());
        }
    }

    #[test]
    fn nothing_is_sealed_twice_in_the_same_way_nor_readable() {
        let text = b"a canary that nobody may see";
        let [one, other] = [(); 2].map(|()| seal(text, &passphrase(), &CHEAP).unwrap());
        let salts_and_nonces = |sealed: &[u8]| (sealed[22..38].to_vec(), sealed[38..62].to_vec());
        assert_ne!(salts_and_nonces(&one).0, salts_and_nonces(&other).0);
        assert_ne!(salts_and_nonces(&one).1, salts_and_nonces(&other).1);
        assert!(!one.windows(6).any(|window| window == b"canary"));
    }

    #[test]
    fn a_newer_format_is_told_as_such() {
        let mut sealed = seal(b"text", &passphrase(), &CHEAP).unwrap();
        sealed[8] = 2;
        assert_eq!(open(&forged(sealed), &passphrase(), &CHEAP).unwrap_err(), SealError::Newer(2));
    }

    #[test]
    fn a_key_that_is_too_cheap_or_too_dear_is_not_even_made() {
        let sealed = seal(b"text", &passphrase(), &CHEAP).unwrap();
        let error = open(&sealed, &passphrase(), &Costs::PRODUCT).unwrap_err();
        assert_eq!(error, SealError::Damaged("its key is weaker than kashsync ever makes one"));
        for (place, value) in [(10, u32::MAX), (14, 11), (18, 5)] {
            let mut dear = sealed.clone();
            let product = Costs::PRODUCT.sealing;
            for (place, value) in
                [(10, product.memory), (14, product.passes), (18, product.lanes), (place, value)]
            {
                dear[place..place + 4].copy_from_slice(&value.to_le_bytes());
            }
            let error = open(&forged(dear), &passphrase(), &Costs::PRODUCT).unwrap_err();
            assert_eq!(error, SealError::Damaged("it asks for more memory or time than kashsync ever does"));
        }
    }

    #[test]
    fn the_product_s_own_cost_is_never_weakened_and_opens() {
        let Costs { sealing, least, most } = Costs::PRODUCT;
        assert!(sealing.memory >= 64 * 1_024 && sealing.passes >= 3, "{sealing:?}");
        assert!(least.memory >= 19 * 1_024 && least.passes >= 2, "{least:?}");
        assert!(check(sealing, &Costs::PRODUCT).is_ok() && most.memory <= 512 * 1_024, "{most:?}");
        let sealed = seal(b"text", &passphrase(), &Costs::PRODUCT).unwrap();
        assert_eq!(&open(&sealed, &passphrase(), &Costs::PRODUCT).unwrap()[..], b"text");
    }
}
