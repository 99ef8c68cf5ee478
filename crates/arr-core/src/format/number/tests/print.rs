//! Numbers to text, with the standard library, whose digits are exact, for comparison.

use super::super::parse::{float, single};
use super::super::print::*;
use super::Bits;

fn printed(spec: &Spec, value: f64) -> String {
    let mut out = b"before ".to_vec();
    put_float(&mut out, spec, value);
    String::from_utf8(out).unwrap().strip_prefix("before ").unwrap().to_owned()
}

/// What `%e` prints: the standard library's exponent has no sign and no zero.
fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, power) = text.split_once('e').unwrap();
    format!("{digits}e{:+03}", power.parse::<i32>().unwrap())
}

/// What `%g` prints, by the words of the standard of C.
fn general(value: f64, precision: usize) -> String {
    let precision = precision.max(1);
    let scientific = scientific(value, precision - 1);
    let (digits, power) = scientific.split_once('e').unwrap();
    let power: i32 = power.parse().unwrap();
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..precision as i32).contains(&power) {
        trimmed(&format!("{value:.*}", (precision as i32 - 1 - power) as usize))
    } else {
        format!("{}e{power:+03}", trimmed(digits))
    }
}

fn check(value: f64, precision: usize) {
    let spec = |conversion| Spec::new(conversion, Some(precision));
    assert_eq!(printed(&spec(b'e'), value), scientific(value, precision), "%.{precision}e of {value:e}");
    assert_eq!(printed(&spec(b'f'), value), format!("{value:.precision$}"), "%.{precision}f of {value:e}");
    assert_eq!(printed(&spec(b'g'), value), general(value, precision), "%.{precision}g of {value:e}");
}

/// A number with few digits, so that many lie halfway.
fn halfway(bits: &mut Bits) -> f64 {
    let shift = bits.below(12) as i32;
    (bits.next() >> (40 + bits.below(20))) as f64 / f64::from(1 << shift)
}

fn check_random(count: usize) {
    let mut bits = Bits::new();
    for index in 0..count {
        let value = if index % 4 == 0 { halfway(&mut bits) } else { bits.double() };
        check(value, bits.below(24) as usize);
    }
    for _ in 0..count / 500 {
        check(bits.double(), bits.below(1_200) as usize);
    }
    for _ in 0..count {
        let value = bits.double();
        assert_eq!(printed(&Spec::new(b'e', Some(18)), value), scientific(value, 18));
    }
}

#[test]
fn random_numbers_have_the_digits_of_the_standard_library() {
    check_random(50_000);
}

#[test]
#[ignore = "takes long: a million numbers of every form"]
fn a_million_random_numbers_have_the_digits_of_the_standard_library() {
    check_random(1_000_000);
}

#[test]
fn numbers_at_the_edges_have_all_digits() {
    let powers = (-324..=308).map(|power| format!("1e{power}").parse::<f64>().unwrap());
    let twos = (0..2047).map(|stored| f64::from_bits(stored << 52));
    let others = [5e-324, 1e-323, 2.5, 0.5, 1.5, 9.5, 99.5, 0.05, 1e23, f64::MAX, f64::MIN_POSITIVE];
    for value in powers.chain(twos).chain(others) {
        for near in
            [value.to_bits().saturating_sub(1), value.to_bits(), value.to_bits() + 1].map(f64::from_bits)
        {
            if near.is_finite() {
                for precision in [0, 1, 2, 5, 6, 15, 16, 17, 18, 19, 20] {
                    check(near, precision);
                    check(-near, precision);
                }
            }
        }
    }
    for precision in [0, 17, 18, 19, 40, 766, 767, 1_073, 1_074, 1_075, 1_500] {
        for value in [0.0, 5e-324, f64::from_bits(1 << 52) - 5e-324, f64::MAX, 1.0, 0.1, 1e23, 123_456.789] {
            check(value, precision);
        }
    }
}

#[test]
fn whole_numbers_have_their_digits() {
    let mut bits = Bits::new();
    let mut check = |amount: u64| {
        for negative in [false, true] {
            let mut out = b"x".to_vec();
            put_decimal(&mut out, negative, amount);
            let sign = if negative { "-" } else { "" };
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{sign}{amount}"));
        }
    };
    for power in 0..20 {
        let ten = 10u64.pow(power);
        [ten - 1, ten, ten + 1].into_iter().for_each(&mut check);
    }
    for _ in 0..20_000 {
        check(bits.next() >> bits.below(64));
    }
    [0, u64::MAX, u64::MAX - 1].into_iter().for_each(&mut check);
}

fn shortest(value: f64) -> String {
    let mut out = Vec::new();
    put_shortest_f64(&mut out, value);
    String::from_utf8(out).unwrap()
}

fn check_shortest(bits: &mut Bits, count: usize) {
    for _ in 0..count {
        let value = f64::from_bits(bits.next());
        if value.is_finite() {
            let text = shortest(value);
            assert_eq!(float(text.as_bytes()).map(f64::to_bits), Some(value.to_bits()), "{text}");
        }
    }
}

#[test]
fn doubles_survive_the_shortest_digits() {
    check_shortest(&mut Bits::new(), 100_000);
    for (value, text) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (1e-5, "1e-05"),
        (-1.25e-5, "-1.25e-05"),
        (0.0001, "0.0001"),
        (1.5e-7, "1.5e-07"),
        (1e-10, "1e-10"),
        (1e22, "1e+22"),
        (1e16, "1e+16"),
        (1e15, "1000000000000000.0"),
        (9_007_199_254_740_993.0, "9007199254740992.0"),
        (1e100, "1e+100"),
        (-1.5e-300, "-1.5e-300"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::NAN, "nan"),
        (-f64::NAN, "nan"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        assert_eq!(shortest(value), text);
    }
}

#[test]
#[ignore = "takes long: ten million doubles"]
fn ten_million_doubles_survive_the_shortest_digits() {
    check_shortest(&mut Bits::new(), 10_000_000);
}

fn check_single(bits: u32, out: &mut Vec<u8>) {
    let value = f32::from_bits(bits);
    out.clear();
    put_shortest_f32(out, value);
    let found = single(out).unwrap();
    let same = found.to_bits() == bits || (value.is_nan() && found.is_nan());
    assert!(same, "{bits:#x} is printed as {}", String::from_utf8_lossy(out));
}

#[test]
fn singles_survive_the_shortest_digits() {
    let mut out = Vec::new();
    (0..=u32::MAX).step_by(30_011).for_each(|bits| check_single(bits, &mut out));
    (0..300).for_each(|bits| check_single(bits, &mut out));
}

#[test]
#[ignore = "takes long: four thousand million singles"]
fn every_single_survives_the_shortest_digits() {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for first in 0..workers {
            scope.spawn(move || {
                let mut out = Vec::new();
                (0..=u32::MAX).skip(first).step_by(workers).for_each(|bits| check_single(bits, &mut out));
            });
        }
    });
}

#[test]
fn halves_survive_the_shortest_digits() {
    // Every number of sixteen bits that is not negative: 10 bits of fraction, 5 of exponent.
    let halves: Vec<f32> = (0..31 << 10)
        .map(|bits: i32| match bits >> 10 {
            0 => bits as f32 * 2f32.powi(-24),
            stored => ((bits & 0x3FF) | 0x400) as f32 * 2f32.powi(stored - 25),
        })
        .collect();
    for window in halves.windows(3) {
        let [below, value, above] = window else { unreachable!() };
        let mut out = Vec::new();
        put_shortest_f16(&mut out, *value);
        let found = float(&out).unwrap();
        let [low, high] = [below, above].map(|other| (f64::from(*other) + f64::from(*value)) / 2.0);
        assert!(low <= found && found <= high, "{}", String::from_utf8_lossy(&out));
        assert!(out.iter().filter(|byte| byte.is_ascii_digit()).count() <= 9);
    }
}
