//! Numbers that look random and are the same for one seed, on every machine (`SplitMix64`).

/// A stream of numbers.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The stream of that seed.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0x5EED_0FC0_FFEE))
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.any() % u64::from(end)).unwrap()
    }

    /// True that often in a hundred.
    pub fn percent(&mut self, often: u32) -> bool {
        self.below(100) < often
    }

    /// One of these.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(u32::try_from(of.len()).unwrap()) as usize]
    }

    /// A number to choose with among what there will be then.
    pub fn pick(&mut self) -> Pick {
        Pick(self.below(1 << 20))
    }
}

/// A choice made before it is known among what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick(pub u32);

impl Pick {
    /// The chosen one; none when there is nothing to choose from.
    pub fn of<T>(self, from: &[T]) -> Option<&T> {
        (!from.is_empty()).then(|| &from[self.0 as usize % from.len()])
    }
}

/// Scatters the bits of a number.
pub fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// A hash of bytes that is the same everywhere (FNV-1a).
pub fn hash(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start ^ 0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}
