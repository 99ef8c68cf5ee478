//! binary16 from and to binary32, without branches, so that loops over them become vector code. Bits of NaN that
//! fit are kept.

/// Bits that the significand of a binary32 has more.
const SHIFT: u32 = 13;
/// The exponent field of binary16, where a binary32 has those bits.
const EXPONENT: u32 = 0x7c00 << SHIFT;
/// What an exponent of binary32 counts more.
const REBIAS: u32 = (127 - 15) << 23;

/// Exact.
pub(super) fn widen(bits: u16) -> f32 {
    let magnitude = u32::from(bits & 0x7fff) << SHIFT;
    let normal = magnitude + REBIAS;
    // The float unit normalizes: with a leading bit in front, which is taken away again.
    let subnormal = f32::from_bits(normal + (1 << 23)) - f32::from_bits(REBIAS + (1 << 23));
    let wide = match magnitude & EXPONENT {
        EXPONENT => normal + REBIAS,
        0 => subnormal.to_bits(),
        _ => normal,
    };
    f32::from_bits(wide | u32::from(bits & 0x8000) << 16)
}

/// The nearest, ties to even.
pub(super) fn narrow(value: f32) -> u16 {
    /// The first power of two beyond binary16.
    const TOO_LARGE: u32 = (127 + 16) << 23;
    /// The least normal binary16.
    const NORMAL: u32 = (127 - 14) << 23;
    const INFINITY: u32 = 0x7f80_0000;
    let bits = value.to_bits();
    let magnitude = bits & 0x7fff_ffff;
    // A carry out of the significand goes into the exponent, up to infinity.
    let normal = magnitude.wrapping_sub(REBIAS).wrapping_add(0xfff + (magnitude >> SHIFT & 1)) >> SHIFT;
    // The float unit rounds: beside this number, the last bit is that of the least binary16.
    let beside = f32::from_bits(((127 - 15) + (23 - 10) + 1) << 23);
    let subnormal = (f32::from_bits(magnitude) + beside).to_bits().wrapping_sub(beside.to_bits());
    let payload = magnitude >> SHIFT & 0x3ff;
    let nan = 0x7c00 | if payload == 0 { 1 } else { payload };
    let narrow = match magnitude {
        _ if magnitude > INFINITY => nan,
        _ if magnitude >= TOO_LARGE => 0x7c00,
        _ if magnitude < NORMAL => subnormal,
        _ => normal,
    };
    #[allow(clippy::cast_possible_truncation, reason = "the bits above are zero")]
    let narrow = narrow as u16;
    narrow | u16::from(bits >> 31 != 0) << 15
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::long_double::X87;

    #[test]
    fn every_value_there_and_back() {
        for bits in 0..=u16::MAX {
            let wide = widen(bits);
            assert_eq!(narrow(wide), bits);
            let known = half::f16::from_bits(bits).to_f32_const();
            assert!(wide == known || (wide.is_nan() && known.is_nan()), "{bits:#x}");
        }
    }

    #[test]
    fn every_tie_and_its_neighbours() {
        for bits in 0..0x7c00u16 {
            let tie = (f64::from(widen(bits)) + f64::from(widen(bits + 1).min(65536.0))) / 2.0;
            #[allow(clippy::cast_possible_truncation, reason = "it is exact")]
            let tie = (tie as f32).to_bits();
            for near in [tie - 1, tie, tie + 1].map(f32::from_bits) {
                assert_eq!(narrow(near), X87::from_f64(near.into()).to_f16_bits(), "{near}");
                assert_eq!(narrow(-near), X87::from_f64((-near).into()).to_f16_bits(), "{near}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_value(bits: u32) {
            let value = f32::from_bits(bits);
            prop_assert!(value.is_nan() || narrow(value) == X87::from_f64(value.into()).to_f16_bits());
            prop_assert!(!value.is_nan() || half::f16::from_bits(narrow(value)).is_nan());
        }
    }
}
