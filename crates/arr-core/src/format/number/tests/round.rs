//! Rounding where it is hardest: numbers halfway between two neighbours, and a little more or less than that.

use super::super::parse::{float, single};
use super::Bits;

/// The exact decimal digits of `mantissa * 2^exponent`, made one bit at a time.
fn exact(mantissa: u64, exponent: i32) -> String {
    let mut digits: Vec<u8> = mantissa.to_string().bytes().map(|byte| byte - b'0').collect();
    let mut point = digits.len();
    for _ in 0..exponent.max(0) {
        let mut carry = 0;
        for digit in digits.iter_mut().rev() {
            let twice = *digit * 2 + carry;
            (*digit, carry) = (twice % 10, twice / 10);
        }
        if carry > 0 {
            digits.insert(0, carry);
            point += 1;
        }
    }
    for _ in exponent..0 {
        let mut rest = 0;
        for digit in &mut digits {
            let all = rest * 10 + *digit;
            (*digit, rest) = (all / 2, all % 2);
        }
        if rest > 0 {
            digits.push(5);
        }
    }
    let text: String = digits.iter().map(|digit| char::from(digit + b'0')).collect();
    format!("{}.{}", &text[..point], &text[point..])
}

/// A text that stands for a little less: all of its digits are kept, with one less in the last place that is not zero, and
/// nines behind it.
fn a_little_less(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let last = bytes.iter().rposition(|byte| matches!(byte, b'1'..=b'9')).unwrap();
    bytes[last] -= 1;
    for byte in &mut bytes[last + 1..] {
        if *byte == b'0' {
            *byte = b'9';
        }
    }
    String::from_utf8(bytes).unwrap() + "999"
}

fn check_double(lower: u64) {
    let (stored, fraction) = (lower >> 52, lower & ((1 << 52) - 1));
    let (mantissa, exponent) =
        if stored == 0 { (fraction, -1074) } else { (fraction | 1 << 52, stored as i32 - 1075) };
    let [low, high] = [lower, lower + 1].map(f64::from_bits);
    let even = if lower % 2 == 0 { low } else { high };
    let itself = exact(mantissa, exponent);
    assert_eq!(float(itself.as_bytes()), Some(low), "{itself}");
    let halfway = exact(2 * mantissa + 1, exponent - 1);
    assert_eq!(float(halfway.as_bytes()), Some(even), "{halfway}");
    for more in
        [format!("{halfway}1"), format!("{halfway}{}1", "0".repeat(1_000)), format!("{halfway}0000000000001")]
    {
        assert_eq!(float(more.as_bytes()), Some(high), "{more}");
    }
    let less = a_little_less(&halfway);
    assert_eq!(float(less.as_bytes()), Some(low), "{less}");
    // The same digits without a point, and with leading zeros.
    let point = halfway.find('.').unwrap();
    let moved = format!("00{}e-{}", halfway.replace('.', ""), halfway.len() - point - 1);
    assert_eq!(float(moved.as_bytes()), Some(even), "{moved}");
}

fn check_single(lower: u32) {
    let (stored, fraction) = (lower >> 23, lower & ((1 << 23) - 1));
    let (mantissa, exponent) =
        if stored == 0 { (fraction, -149) } else { (fraction | 1 << 23, stored as i32 - 150) };
    let [low, high] = [lower, lower + 1].map(f32::from_bits);
    let even = if lower % 2 == 0 { low } else { high };
    let halfway = exact(2 * u64::from(mantissa) + 1, exponent - 1);
    assert_eq!(single(halfway.as_bytes()), Some(even), "{halfway}");
    // As a double, this is halfway: rounded twice, it would be the even one.
    let more = format!("{halfway}00000000000000000000001");
    assert_eq!(single(more.as_bytes()), Some(high), "{more}");
    let less = a_little_less(&halfway);
    assert_eq!(single(less.as_bytes()), Some(low), "{less}");
}

#[test]
fn halfway_between_doubles() {
    let mut bits = Bits::new();
    for lower in [
        0,
        1,
        2,
        3,
        f64::MIN_POSITIVE.to_bits() - 2,
        f64::MIN_POSITIVE.to_bits() - 1,
        f64::MIN_POSITIVE.to_bits(),
        f64::MIN_POSITIVE.to_bits() + 1,
        1f64.to_bits() - 1,
        1f64.to_bits(),
        1f64.to_bits() + 1,
        ((1u64 << 53) as f64).to_bits() - 1,
        ((1u64 << 53) as f64).to_bits(),
        ((1u64 << 53) as f64).to_bits() + 1,
        1e22f64.to_bits(),
        1e23f64.to_bits(),
        1e23f64.to_bits() - 1,
        f64::MAX.to_bits() - 1,
        f64::MAX.to_bits(),
    ] {
        check_double(lower);
    }
    for _ in 0..40 {
        check_double(bits.next() % f64::MAX.to_bits());
    }
    // Those that are halfway with few digits.
    for _ in 0..2_000 {
        let exponent = bits.below(40) as i32 + 1023 + 20;
        let lower = (exponent as u64) << 52 | (bits.next() >> 12);
        let value = f64::from_bits(lower);
        let halfway = exact(2 * (lower & ((1 << 52) - 1) | 1 << 52) + 1, exponent - 1075 - 1);
        let even = if lower % 2 == 0 { value } else { f64::from_bits(lower + 1) };
        assert_eq!(float(halfway.as_bytes()), Some(even), "{halfway}");
        assert_eq!(float(halfway.as_bytes()), halfway.parse().ok(), "{halfway}");
    }
}

#[test]
fn halfway_between_singles() {
    let mut bits = Bits::new();
    let one = 1f32.to_bits();
    for lower in
        [0, 1, 2, 0x7F_FFFE, 0x7F_FFFF, 0x80_0000, one - 1, one, one + 1, 0x7F7F_FFFE, f32::MAX.to_bits()]
    {
        check_single(lower);
    }
    for _ in 0..400 {
        check_single(bits.below(u64::from(f32::MAX.to_bits())) as u32);
    }
    for _ in 0..400 {
        check_single(one + bits.below(40 << 23) as u32);
    }
}

#[test]
fn known_hard_cases() {
    for (text, bits) in [
        ("0.500000000000000166533453693773481063544750213623046875", 0x3FE0_0000_0000_0002u64),
        ("3.518437208883201171875e13", 0x42C0_0000_0000_0002),
        ("62.5364939768271845828", 0x404F_44AB_D5AA_7CA4),
        ("8.10109172351e-10", 0x3E0B_D5CB_AEF0_FD0C),
        ("1.50000000000000011102230246251565", 0x3FF8_0000_0000_0000),
        ("9007199254740991.4999999999999999999999999999999995", 0x433F_FFFF_FFFF_FFFF),
        ("9007199254740993", 0x4340_0000_0000_0000),
        ("9007199254740993.0000000000000001", 0x4340_0000_0000_0001),
        ("2.2250738585072011e-308", 0x000F_FFFF_FFFF_FFFF),
        ("2.2250738585072012e-308", 0x0010_0000_0000_0000),
        ("5e-324", 0x0000_0000_0000_0001),
        ("2.4703282292062327208e-324", 0x0000_0000_0000_0000),
        ("2.4703282292062328e-324", 0x0000_0000_0000_0001),
        ("1.7976931348623157e308", 0x7FEF_FFFF_FFFF_FFFF),
        ("1.7976931348623158e308", 0x7FEF_FFFF_FFFF_FFFF),
        ("1.7976931348623159e308", 0x7FF0_0000_0000_0000),
        ("179769313486231580793e289", 0x7FF0_0000_0000_0000),
        ("6.631236846766476e-316", 0x0000_0000_0800_0000),
        ("7.2057594037927933e16", 0x4370_0000_0000_0000),
        ("89255.0e-22", 0x3C64_94AF_6CE5_221F),
        ("358416272e-33", 0x3ADB_BB2A_68C9_D0B9),
        ("0.9868011474609375", 0x3FEF_93E0_0000_0000),
        ("123e-326", 0x0000_0000_0000_0000),
        ("1e23", 0x44B5_2D02_C7E1_4AF6),
        ("8.5e22", 0x44B1_FFDB_F6B2_B2EB),
    ] {
        assert_eq!(float(text.as_bytes()).map(f64::to_bits), Some(bits), "{text}");
    }
}
