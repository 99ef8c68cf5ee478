//! Histograms as text.

use arr_io::stats::Histogram;

use crate::text::table;

/// Columns of the longest bar.
const WIDTH: u64 = 40;

/// A line for each bin: where it begins and ends, how many values it has, and a bar.
pub fn bars(histogram: &Histogram) -> String {
    let most = histogram.counts.iter().copied().max().unwrap_or(0);
    let last = histogram.counts.len().saturating_sub(1);
    let ends = histogram.edges.iter().skip(1);
    let bins = histogram.edges.iter().zip(ends).zip(&histogram.counts).enumerate();
    let rows: Vec<Vec<String>> = bins
        .map(|(at, ((begin, end), count))| {
            let close = if at == last { "]" } else { ")" };
            let bin = [format!("  [{},", short(*begin)), format!("{}{close}", short(*end))];
            let [begin, end] = bin;
            vec![begin, end, count.to_string(), bar(*count, most)]
        })
        .collect();
    table(&rows, &[0, 1, 2])
}

/// Bins with any value at all show one character.
fn bar(count: u64, most: u64) -> String {
    let length = u128::from(count) * u128::from(WIDTH);
    let length = length.div_ceil(u128::from(most.max(1)));
    "#".repeat(usize::try_from(length).unwrap_or(0))
}

/// Six digits are enough to find a bin.
fn short(value: f64) -> String {
    let rounded = format!("{value:.5e}").parse().unwrap_or(value);
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
