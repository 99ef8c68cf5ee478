//! Choices that are the same each time.

/// A source of numbers: SplitMix64.
pub(super) struct Seed(u64);

impl Seed {
    /// From the number in `ARR_ATTACK_SEED`, or from the usual one.
    pub(super) fn new() -> Self {
        let chosen = std::env::var("ARR_ATTACK_SEED").ok().and_then(|text| text.parse().ok());
        Self(chosen.unwrap_or(20_240_229))
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 1).unwrap_or(usize::MAX).checked_rem(end).unwrap_or(0)
    }

    /// One of several.
    pub(super) fn pick<'t, T>(&mut self, choices: &'t [T]) -> Option<&'t T> {
        choices.get(self.below(choices.len()))
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}
