//! The simulator's own random numbers (`splitmix64`): equal seeds give equal tokens, letters and keys.
//!
//! Not here: anything secret. A real service draws its tokens from the operating system.

/// A `splitmix64` sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A sequence fixed by its seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `bound`; 0 when the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits().checked_rem(bound).unwrap_or(0)
    }

    /// A version-4 GUID with dashes, in lower case (kashflow-api U23).
    pub fn guid(&mut self) -> String {
        let high = self.bits();
        let low = self.bits();
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFF,
            0x8000 | ((low >> 48) & 0x3FFF),
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

/// The GUID that always belongs to one record of one kind, so that keys and permalinks need not be stored.
pub(super) fn fixed_guid(seed: u64, kind: &str, id: i64) -> String {
    let salt = kind.bytes().fold(seed, |hash, byte| hash.wrapping_mul(0x0100_0000_01B3) ^ u64::from(byte));
    Random::new(salt ^ id.cast_unsigned().wrapping_mul(0xD6E8_FEB8_6659_FD93)).guid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_version_four_and_differ() {
        let mut random = Random::new(7);
        let (first, second) = (random.guid(), random.guid());
        assert_ne!(first, second);
        for guid in [first, second, fixed_guid(1, "customer", 12)] {
            assert_eq!(guid.len(), 36);
            assert_eq!(&guid[14..15], "4");
            assert!("89ab".contains(&guid[19..20]), "variant in {guid}");
        }
    }

    #[test]
    fn fixed_guids_depend_on_seed_kind_and_id() {
        let base = fixed_guid(1, "customer", 12);
        assert_eq!(base, fixed_guid(1, "customer", 12));
        assert_ne!(base, fixed_guid(2, "customer", 12));
        assert_ne!(base, fixed_guid(1, "supplier", 12));
        assert_ne!(base, fixed_guid(1, "customer", 13));
    }
}
