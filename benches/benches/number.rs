//! Numbers as text, in memory and on one core: the kernels of arr-core beside the crates that are known to be fastest.
//!
//! Reading walks over one text with a comma behind each number, as a reader of tables does; writing fills one vector.

use std::io::Write;

use arr_benches::{Topic, noise, short, value};
use criterion::{Criterion, criterion_group, criterion_main};

// The kernels are no part of what arr-core offers; here they are compiled from its sources.
#[path = "../../crates/arr-core/src/format/number/digits.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is measured")]
mod digits;
#[path = "../../crates/arr-core/src/format/number/exact.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is measured")]
mod exact;
#[path = "../../crates/arr-core/src/format/number/nearest.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is measured")]
mod nearest;
#[path = "../../crates/arr-core/src/format/number/parse.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is measured")]
mod parse;
#[path = "../../crates/arr-core/src/format/number/powers.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is measured")]
mod powers;
#[path = "../../crates/arr-core/src/format/number/print.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is measured")]
mod print;
#[path = "../../crates/arr-core/src/format/number/scaled.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is measured")]
mod scaled;
#[path = "../../crates/arr-core/src/format/number/shortest.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is measured")]
mod shortest;
#[path = "../../crates/arr-core/src/format/number/spec.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is measured")]
mod spec;

use print::{Spec, put_decimal, put_float, put_shortest_f64};

/// Numbers of a text.
const NUMBERS: usize = 100_000;

/// Nearly normal doubles, all of whose bits are in use.
fn normal() -> Vec<f64> {
    let noise = noise();
    noise[..NUMBERS]
        .iter()
        .zip(&noise[NUMBERS..])
        .map(|(upper, lower)| f64::from(*upper) + f64::from(*lower) * 1e-9)
        .collect()
}

/// A text with a comma behind each number.
fn text<T>(numbers: &[T], mut print: impl FnMut(&mut Vec<u8>, &T)) -> Vec<u8> {
    let mut text = Vec::new();
    for number in numbers {
        print(&mut text, number);
        text.push(b',');
    }
    text
}

/// A row that reads each number at the front of what is left.
fn walk<T: Copy + PartialEq + std::fmt::Debug>(
    group: &mut Topic<'_>,
    name: &str,
    text: &[u8],
    expected: &[T],
    front: impl Fn(&[u8]) -> (T, usize),
) {
    let mut found = vec![expected[0]; expected.len()];
    group.row(
        name,
        || {
            let mut at = 0;
            for place in &mut found {
                let (value, len) = front(&text[at..]);
                *place = value;
                at += len + 1;
            }
            (at, found[found.len() / 2])
        },
        |(at, middle)| assert_eq!((*at, *middle), (text.len(), expected[expected.len() / 2])),
    );
}

fn read(criterion: &mut Criterion) {
    let normal = normal();
    let scientific = |out: &mut Vec<u8>, value: &f64| put_float(out, &Spec::new(b'e', Some(18)), *value);
    let shorts: Vec<f64> =
        (0..NUMBERS).map(|index| f64::from((value(index) * 1000.0).round()) / 1000.0).collect();
    let mixed: Vec<f64> = (0..NUMBERS)
        .map(|index| {
            let decimals = 10f64.powi(index as i32 % 5);
            (f64::from(value(index)) * 2000.0 * decimals).round() / decimals
        })
        .collect();
    for (topic, numbers, text) in [
        ("number/read_100k_%.18e", &normal, text(&normal, scientific)),
        ("number/read_100k_shortest", &normal, text(&normal, |out, value| put_shortest_f64(out, *value))),
        ("number/read_100k_%.3f", &shorts, text(&shorts, |out, value| write!(out, "{value:.3}").unwrap())),
        ("number/read_100k_mixed", &mixed, text(&mixed, |out, value| write!(out, "{value}").unwrap())),
    ] {
        let mut group = short(criterion, topic);
        walk(&mut group, "arr", &text, numbers, |text| parse::float_front(text).unwrap());
        walk(&mut group, "fast-float2", &text, numbers, |text| fast_float2::parse_partial(text).unwrap());
        walk(&mut group, "lexical-core", &text, numbers, |text| lexical_core::parse_partial(text).unwrap());
        walk(&mut group, "std", &text, numbers, |text| {
            let len = text.iter().position(|byte| *byte == b',').unwrap();
            (std::str::from_utf8(&text[..len]).unwrap().parse().unwrap(), len)
        });
        group.finish();
    }

    let whole: Vec<i64> = (0..NUMBERS).map(|index| (f64::from(value(index)) * 2e6) as i64).collect();
    let text = text(&whole, |out, value| write!(out, "{value}").unwrap());
    let mut group = short(criterion, "number/read_100k_whole");
    walk(&mut group, "arr", &text, &whole, |text| parse::signed_front(text).unwrap());
    walk(&mut group, "lexical-core", &text, &whole, |text| lexical_core::parse_partial(text).unwrap());
    group.finish();
}

/// A row that prints all numbers; texts that differ are no answer.
fn fill<T>(
    group: &mut Topic<'_>,
    name: &str,
    numbers: &[T],
    expected: Option<&[u8]>,
    mut print: impl FnMut(&mut Vec<u8>, &T),
) {
    let mut out = Vec::with_capacity(NUMBERS * 32);
    group.row(
        name,
        || {
            out.clear();
            for number in numbers {
                print(&mut out, number);
                out.push(b',');
            }
            out.len()
        },
        |len| assert!(expected.is_none_or(|expected| expected.len() == *len)),
    );
    assert!(out.is_empty() || expected.is_none_or(|expected| expected == out));
}

fn write(criterion: &mut Criterion) {
    let normal = normal();
    for (topic, conversion, precision) in [
        ("number/write_100k_%.18e", b'e', 18),
        ("number/write_100k_%.6f", b'f', 6),
        ("number/write_100k_%.9g", b'g', 9),
    ] {
        let spec = Spec::new(conversion, Some(precision));
        let mut group = short(criterion, topic);
        fill(&mut group, "arr", &normal, None, |out, value| put_float(out, &spec, *value));
        fill(&mut group, "std", &normal, None, |out, value| match conversion {
            b'f' => write!(out, "{value:.precision$}").unwrap(),
            _ => write!(out, "{value:.precision$e}").unwrap(),
        });
        group.finish();
    }

    let mut group = short(criterion, "number/write_100k_shortest");
    fill(&mut group, "arr", &normal, None, |out, value| put_shortest_f64(out, *value));
    fill(&mut group, "zmij", &normal, None, |out, value| {
        out.extend_from_slice(zmij::Buffer::new().format_finite(*value).as_bytes());
    });
    fill(&mut group, "ryu", &normal, None, |out, value| {
        out.extend_from_slice(ryu::Buffer::new().format_finite(*value).as_bytes());
    });
    fill(&mut group, "std", &normal, None, |out, value| write!(out, "{value:?}").unwrap());
    group.finish();

    let whole: Vec<u64> = (0..NUMBERS).map(|index| (f64::from(value(index)).abs() * 2e6) as u64).collect();
    let expected = text(&whole, |out, value| write!(out, "{value}").unwrap());
    let mut group = short(criterion, "number/write_100k_whole");
    fill(&mut group, "arr", &whole, Some(&expected), |out, value| put_decimal(out, false, *value));
    fill(&mut group, "itoa", &whole, Some(&expected), |out, value| {
        out.extend_from_slice(itoa::Buffer::new().format(*value).as_bytes());
    });
    fill(&mut group, "std", &whole, Some(&expected), |out, value| write!(out, "{value}").unwrap());
    group.finish();
}

criterion_group!(benches, read, write);
criterion_main!(benches);
