//! How the time and the memory of reading text grow: `%.18e` in rows of 1,000 numbers, from 1 MB to 4 GB, or as many
//! megabytes as the words of the command say.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use arr_benches::{folder, magnitudes};
use arr_text::text;

/// Numbers of a row, and bytes of their text: 24 each, one more where it is negative, and a blank or a line feed.
const COLUMNS: usize = 1_000;

/// Rows of the block that the files repeat.
const ROWS: usize = 1_000;

/// Writes whole rows until there are so many bytes, and says how many rows that are.
fn write(path: &Path, lines: &[Vec<u8>], bytes: usize) -> usize {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    let (mut rows, mut done) = (0, 0);
    for line in lines.iter().cycle().take_while(|_| bytes > 0) {
        file.write_all(line).unwrap();
        (rows, done) = (rows + 1, done + line.len());
        if done >= bytes {
            break;
        }
    }
    file.flush().unwrap();
    rows
}

/// The most memory that the process has had, in bytes; from now on, if `anew`.
fn peak(anew: bool) -> u64 {
    if anew {
        // Where the system does not allow it, the figure is that of the process.
        let _ = fs::write("/proc/self/clear_refs", "5");
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) << 10
}

fn main() {
    let asked: Vec<usize> = std::env::args().skip(1).map(|word| word.parse().unwrap()).collect();
    let sizes = if asked.is_empty() { vec![1, 10, 100, 1_000, 4_000] } else { asked };
    let values = magnitudes(ROWS * COLUMNS);
    let array = ndarray::ArrayView2::from_shape((ROWS, COLUMNS), &values).unwrap();
    let block = text::WriteOptions::new().fmt("%.18e").to_bytes(&array).unwrap();
    let lines: Vec<Vec<u8>> = block.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    drop(block);
    let path = folder().join("growth.txt");
    println!("| MB of text | ms | MB/s | memory beside the result, MiB |\n|---:|---:|---:|---:|");
    for size in sizes {
        let rows = write(&path, &lines, size * 1_000_000);
        let bytes = fs::metadata(&path).unwrap().len();
        let mut times = Vec::new();
        let mut beside = 0;
        for _ in 0..if size > 500 { 3 } else { 11 } {
            let before = peak(true);
            let start = Instant::now();
            let read = text::loadtxt(&path).unwrap();
            times.push(start.elapsed().as_secs_f64());
            beside = beside.max(peak(false).saturating_sub(before).saturating_sub(read.nbytes() as u64));
            let found = read.as_slice::<f64>().unwrap();
            assert_eq!(read.shape(), [rows, COLUMNS]);
            assert!(found.chunks(values.len()).all(|some| some == &values[..some.len()]));
        }
        times.sort_by(f64::total_cmp);
        let time = times[times.len() / 2];
        let speed = bytes as f64 / 1e6 / time;
        println!("| {size} | {:.1} | {speed:.0} | {:.1} |", time * 1e3, beside as f64 / f64::from(1 << 20));
    }
    fs::remove_file(&path).unwrap();
}
