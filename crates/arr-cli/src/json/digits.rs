//! The fewest digits of floats that Rust does not print itself.

use half::{bf16, f16};

/// The number of fewest digits that reads back as `value`.
pub fn f16_digits(value: f16) -> f64 {
    shortest(value.to_f64(), |number| f16::from_f64(number) == value)
}

/// The number of fewest digits that reads back as `value`.
pub fn bf16_digits(value: bf16) -> f64 {
    shortest(value.to_f64(), |number| bf16::from_f64(number) == value)
}

/// The number of fewest decimal digits that `reads_back`, and of those the nearest to `exact`. A number of so few
/// digits is never so near to the middle between two values that its own rounding to binary64 could matter.
fn shortest(exact: f64, reads_back: impl Fn(f64) -> bool) -> f64 {
    if !exact.is_finite() || exact == 0.0 {
        return exact;
    }
    (0..8).find_map(|digits| candidates(exact, digits).find(|number| reads_back(*number))).unwrap_or(exact)
}

/// The nearest number of that many digits after the first, and the next one away from zero: just above a power of
/// two, where values lie twice as far apart as below, only that one may read back.
fn candidates(exact: f64, digits: usize) -> impl Iterator<Item = f64> {
    let near = format!("{exact:.digits$e}");
    let next = near.split_once('e').and_then(|(mantissa, exponent)| {
        let whole: i64 = mantissa.replace('.', "").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()? - i32::try_from(digits).ok()?;
        Some(format!("{}e{exponent}", whole + whole.signum()))
    });
    std::iter::once(near).chain(next).filter_map(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_digits_read_back() {
        assert_eq!(f16_digits(f16::from_f64(0.1)), 0.1);
        assert_eq!(f16_digits(f16::from_bits(1)), 6e-8);
        assert_eq!(f16_digits(f16::MAX), 65500.0);
        assert_eq!(f16_digits(f16::MIN_POSITIVE), 6.104e-5);
        assert_eq!(bf16_digits(bf16::from_f64(0.3)), 0.3);
        assert!(f16_digits(f16::NAN).is_nan());
        assert!(f16_digits(f16::NEG_ZERO).is_sign_negative());
    }

    #[test]
    fn every_half_reads_back() {
        for value in (0..=u16::MAX).map(f16::from_bits).filter(|value| value.is_finite()) {
            assert_eq!(f16::from_f64(f16_digits(value)), value);
        }
        for value in (0..=u16::MAX).step_by(7).map(bf16::from_bits).filter(|value| value.is_finite()) {
            assert_eq!(bf16::from_f64(bf16_digits(value)), value);
        }
    }
}
