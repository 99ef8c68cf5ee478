//! Histograms as text.

use std::fmt::Write;

use arr_io::stats::Histogram;

/// Columns of the longest bar.
const WIDTH: u128 = 40;

/// A line for each bin: where it begins and ends, how many values it has, and a bar.
pub fn bars(histogram: &Histogram) -> String {
    let most = histogram.counts.iter().copied().max().unwrap_or(0);
    let last = histogram.counts.len().saturating_sub(1);
    let edges: Vec<String> = histogram.edges.iter().map(|edge| short(*edge)).collect();
    let longest = |edges: &[String]| edges.iter().map(String::len).max().unwrap_or(0);
    let begins = edges.split_last().map_or(0, |(_, begins)| longest(begins));
    let (ends, counts) = (longest(edges.get(1..).unwrap_or_default()), most.max(1).ilog10() as usize + 1);
    let mut text = String::new();
    for (at, (edges, count)) in edges.windows(2).zip(&histogram.counts).enumerate() {
        let [begin, end] = edges else { continue };
        let close = if at == last { "]" } else { ")" };
        let (begin_gap, end_gap) = (begins - begin.len(), ends - end.len());
        // A String takes every text.
        let _ = write!(text, "{:begin_gap$}  [{begin},  {:end_gap$}{end}{close}  {count:>counts$}", "", "");
        text.push_str(bar(*count, most));
        text.push('\n');
    }
    text
}

/// The longest bar, behind the gap in front of it.
const BAR: &str = "  ########################################";

/// Bins with any value at all show one character.
fn bar(count: u64, most: u64) -> &'static str {
    let length = (u128::from(count) * WIDTH).div_ceil(u128::from(most.max(1)));
    match usize::try_from(length) {
        Ok(0) => "",
        Ok(length) => BAR.get(..length + 2).unwrap_or(BAR),
        Err(_) => BAR,
    }
}

/// So many digits are enough to find a bin.
const DIGITS: usize = 6;

/// An edge in no more digits.
fn short(value: f64) -> String {
    let text = format!("{value:?}");
    let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    if digits <= DIGITS {
        return text;
    }
    let rounded = format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value);
    format!("{rounded:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion() {
        let histogram = Histogram { edges: vec![0.0, 1.0 / 3.0, 1e20], counts: vec![4000, 1] };
        let line = "#".repeat(40);
        assert_eq!(
            bars(&histogram),
            format!("       [0.0,  0.333333)  4000  {line}\n  [0.333333,      1e20]     1  #\n")
        );
    }
}
