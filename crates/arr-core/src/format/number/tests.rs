//! Tests of the kernels against the standard library, whose conversions are exact, and against Python and NumPy.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "numbers of the tests are cut on purpose"
)]

mod hard;
mod parse;
mod print;
mod python;
mod round;

/// Random bits, the same at every run.
struct Bits(u64);

impl Bits {
    fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A finite double of any bits, or one of the magnitudes that people write.
    fn double(&mut self) -> f64 {
        loop {
            let bits = self.next();
            let value = match bits % 4 {
                0 => f64::from_bits(self.next()),
                1 => (self.next() >> 11) as f64 / (1u64 << 53) as f64 * 10f64.powi((bits >> 8) as i32 % 20),
                2 => (self.next() as i64 >> (bits >> 8 & 63)) as f64 / 10f64.powi((bits >> 16) as i32 % 8),
                _ => f64::from_bits(self.next() & !0 << (bits >> 8 & 63)),
            };
            if value.is_finite() {
                return value;
            }
        }
    }
}
