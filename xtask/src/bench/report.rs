//! The tables: each topic's rows beside ours, and whether our goals are met.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::Medians;

/// Topics in the order of the page, with their headings.
const TOPICS: &[(&str, &str)] = &[
    ("read/40MB_f32", "Read 40 MB of f32 from a file"),
    ("write/40MB_f32_over_existing", "Save 40 MB of f32 over an existing file"),
    ("write/40MB_f32_new_file", "Save 40 MB of f32 under a new name"),
    ("map/open_40MB_f32", "Map 40 MB of f32: open"),
    ("map/sum_40MB_f32", "Map 40 MB of f32: open and sum"),
    ("small/read_10k_f32x100", "Read 10,000 arrays of 100 f32 from memory"),
    ("small/write_10k_f32x100", "Write 10,000 arrays of 100 f32 to memory"),
    ("records/read_1M_i4_f8", "Read a million records of an i4 and an f8 as structs"),
    ("records/write_1M_i4_f8", "Save a million structs as records of an i4 and an f8"),
    ("npz/deflate_smooth_40MB_f32", "Deflate 40 MB of smooth f32, level 6"),
    ("npz/deflate_noise_40MB_f32", "Deflate 40 MB of noisy f32, level 6"),
    ("npz/inflate_smooth_40MB_f32", "Inflate 40 MB of smooth f32"),
    ("npz/inflate_noise_40MB_f32", "Inflate 40 MB of noisy f32"),
    ("npz/store_40MB_f32_over_existing", "Store 40 MB of f32 over an existing archive"),
    ("npz/read_stored_40MB_f32", "Read 40 MB of stored f32"),
    ("npz/open_1GiB_and_view_one_member", "Open an archive of 1 GiB and look at one member of 64 MiB"),
    ("npz/read_10k_members_f32x100", "Read 10,000 members of 100 f32"),
    ("npz/write_10k_members_f32x100", "Store 10,000 members of 100 f32"),
    ("order/big_endian_to_native_40MB_f32", "Read 40 MB of big-endian f32 as native"),
    ("order/F_to_C_40MB_f32", "Read 40 MB of f32 in Fortran order as C order"),
    ("text/read_e18_1000x1000", "Read a million f64 as `%.18e` prints them, 25 MB in 1,000 lines"),
    ("text/read_e18_one_line", "Read the same numbers in one line"),
    ("text/write_e18_1000x1000", "Save a million f64 by `%.18e`"),
    ("text/write_shortest_1000x1000", "Save a million f64 by the fewest digits that read back"),
    ("text/read_csv_mixed_1M", "Read a million rows of whole numbers, floats, texts and dates from CSV"),
    ("serde/json_triple_write_40MB_f32", "Write 40 MB of f32 as [dtype, base64, shape] in JSON, in memory"),
    ("serde/json_triple_read_40MB_f32", "Read 40 MB of f32 from [dtype, base64, shape] in JSON, in memory"),
    ("serde/write_40MB_f32", "Write 40 MB of f32 by the back-ends of serde, bincode and rkyv, to memory"),
    ("serde/read_40MB_f32", "Read 40 MB of f32 by the back-ends of serde, bincode and rkyv, from memory"),
    ("serde/view_40MB_f32", "Look at the same bytes in place"),
    (
        "pickle/read_200k_f32x10_in_dict",
        "Read a pickle of a dict with 200,000 arrays of 10 f32, beside CPython",
    ),
    ("pickle/write_200k_f32x10_in_dict", "Write such a dict by protocol 4, beside CPython"),
    ("pickle/read_40MB_f32", "Read a pickle of 40 MB of f32, beside CPython"),
    ("pickle/read_40MB_f32_beside", "Read the same array, its bytes in a buffer beside the pickle"),
    ("pickle/write_40MB_f32", "Write 40 MB of f32 by protocol 5, beside CPython"),
    ("pickle/write_40MB_f32_beside", "Write the same array, its bytes in a buffer beside the pickle"),
    ("nd4j/read_stream_40MB_f32", "Read a stream of ND4J with 40 MB of big-endian f32 as native"),
    ("nd4j/write_stream_40MB_f32", "Save 40 MB of f32 as a stream of ND4J over an existing file"),
    ("nd4j/read_binaryserde_40MB_f32", "Read 40 MB of f32 from a file of ND4J's BinarySerde"),
    ("nd4j/write_binaryserde_40MB_f32", "Save 40 MB of f32 as BinarySerde over an existing file"),
    ("nd4j/read_npy_40MB_f32", "Read 40 MB of f32 from a .npy file, beside ND4J"),
    ("nd4j/write_npy_40MB_f32", "Save 40 MB of f32 as .npy over an existing file, beside ND4J"),
    ("nd4j/map_binaryserde_1GiB", "Map a BinarySerde file of 1 GiB and look at an item"),
    ("torch7/read_40MB_f32", "Read a FloatTensor of 40 MB from a file of Torch7"),
    ("torch7/map_40MB_f32", "Map the same file, or look at its bytes in memory"),
    ("torch7/read_table_200k", "Read a table of 200,000 strings and numbers from a file of Torch7"),
    (
        "torch7/read_ascii_1000x1000_f32",
        "Read a million f32 from an ascii file of Torch7, beside NumPy's loadtxt",
    ),
];

/// How a row of ours is to compare with another.
enum Bound {
    /// The other takes at least that many times our time.
    Faster(f64),
    /// We take at most that many times the other's time.
    Within(f64),
    /// We take at most that many microseconds, whatever the other row says.
    Micros(f64),
}

use Bound::{Faster, Micros, Within};

/// What we want: topic, our row, the other row, how they compare.
const GOALS: &[(&str, &str, &str, Bound)] = &[
    ("read/40MB_f32", "arr", "ndarray-npy", Faster(2.5)),
    ("read/40MB_f32", "arr", "numpy", Within(1.0)),
    ("write/40MB_f32_over_existing", "arr", "ndarray-npy", Faster(2.0)),
    ("write/40MB_f32_over_existing", "arr", "safetensors", Faster(2.0)),
    ("map/sum_40MB_f32", "arr", "limit_memmap2", Within(1.1)),
    ("small/read_10k_f32x100", "arr", "ndarray-npy", Faster(100.0)),
    ("small/read_10k_f32x100", "arr", "npyz", Faster(100.0)),
    ("small/read_10k_f32x100", "arr", "limit_copy_payloads", Within(3.0)),
    ("records/read_1M_i4_f8", "arr", "npyz", Faster(10.0)),
    ("records/read_1M_i4_f8", "arr", "numpy", Within(1.0)),
    ("records/read_1M_i4_f8", "arr_pod", "numpy", Within(1.0)),
    ("records/write_1M_i4_f8", "arr", "npyz", Faster(5.0)),
    ("records/write_1M_i4_f8", "arr", "numpy", Within(1.0)),
    ("npz/deflate_smooth_40MB_f32", "arr", "ndarray-npy", Faster(1.8)),
    ("npz/deflate_smooth_40MB_f32", "arr", "numpy", Faster(5.0)),
    ("npz/deflate_noise_40MB_f32", "arr", "ndarray-npy", Faster(1.8)),
    ("npz/deflate_noise_40MB_f32", "arr", "numpy", Faster(3.0)),
    ("npz/inflate_smooth_40MB_f32", "arr", "numpy", Faster(1.8)),
    ("npz/inflate_smooth_40MB_f32", "arr_own_file", "arr", Within(1.0)),
    ("npz/inflate_noise_40MB_f32", "arr", "numpy", Faster(1.8)),
    ("npz/inflate_noise_40MB_f32", "arr_own_file", "arr", Within(1.0)),
    ("npz/store_40MB_f32_over_existing", "arr", "ndarray-npy", Faster(2.0)),
    ("npz/read_10k_members_f32x100", "arr", "ndarray-npy", Faster(20.0)),
    ("order/big_endian_to_native_40MB_f32", "arr", "arr_plain_read", Within(2.0)),
    ("order/F_to_C_40MB_f32", "arr", "arr_plain_read_one_thread", Within(2.0)),
    ("text/read_e18_1000x1000", "arr", "numpy", Faster(20.0)),
    ("text/read_e18_1000x1000", "arr", "polars", Within(1.0)),
    ("text/read_e18_1000x1000", "arr", "csv_fast-float2", Within(1.0)),
    ("text/read_e18_1000x1000", "arr", "pyarrow", Within(1.0)),
    ("text/read_e18_1000x1000", "arr", "pandas", Within(1.0)),
    ("text/read_e18_one_line", "arr", "numpy", Faster(20.0)),
    ("text/write_e18_1000x1000", "arr", "numpy", Faster(20.0)),
    ("text/write_shortest_1000x1000", "arr", "polars", Within(1.0)),
    ("text/read_csv_mixed_1M", "arr", "pyarrow", Within(1.0)),
    ("text/read_csv_mixed_1M", "arr", "pandas", Within(1.0)),
    ("text/read_csv_mixed_1M", "arr", "polars", Within(1.0)),
    ("serde/json_triple_write_40MB_f32", "arr", "json_base64", Faster(8.0)),
    ("serde/json_triple_write_40MB_f32", "arr", "orjson_base64", Faster(3.0)),
    ("serde/json_triple_read_40MB_f32", "arr", "json_base64", Faster(6.0)),
    ("serde/json_triple_read_40MB_f32", "arr", "orjson_base64", Faster(3.0)),
    ("serde/write_40MB_f32", "arr_bincode", "limit_copy", Within(1.3)),
    ("serde/read_40MB_f32", "arr_bincode", "limit_copy", Within(1.3)),
    ("serde/view_40MB_f32", "arr_rkyv", "arr_postcard", Micros(1.0)),
    ("pickle/read_200k_f32x10_in_dict", "arr", "numpy", Within(1.0)),
    ("pickle/read_40MB_f32", "arr", "numpy", Within(1.0)),
    ("pickle/read_40MB_f32_beside", "arr", "numpy", Within(1.0)),
    ("pickle/write_40MB_f32", "arr", "numpy", Within(1.0)),
    ("pickle/write_40MB_f32_beside", "arr", "numpy", Within(1.0)),
    ("nd4j/read_stream_40MB_f32", "arr", "nd4j", Faster(12.0)),
    ("nd4j/read_stream_40MB_f32", "arr", "arr_npy", Within(1.5)),
    ("nd4j/write_stream_40MB_f32", "arr", "nd4j", Faster(12.0)),
    ("nd4j/read_binaryserde_40MB_f32", "arr", "nd4j", Faster(12.0)),
    ("nd4j/write_binaryserde_40MB_f32", "arr", "nd4j", Faster(7.0)),
    ("nd4j/read_npy_40MB_f32", "arr", "nd4j", Faster(6.0)),
    ("nd4j/write_npy_40MB_f32", "arr", "nd4j", Faster(6.0)),
    ("nd4j/map_binaryserde_1GiB", "arr", "limit_memmap2", Micros(100.0)),
    // Torch itself takes 3.06 times as long as NumPy for the tensor, and 0.66 times as long for the text.
    ("torch7/read_40MB_f32", "arr", "numpy", Within(1.22)),
    ("torch7/read_40MB_f32", "arr", "arr_npy", Within(1.2)),
    ("torch7/map_40MB_f32", "arr", "arr_view", Micros(100.0)),
    ("torch7/read_table_200k", "arr", "torchfile", Faster(15.0)),
    ("torch7/read_ascii_1000x1000_f32", "arr", "numpy", Faster(15.2)),
];

/// Topics of reading text, and their files.
const TEXTS: &[(&str, &str)] = &[
    ("text/read_e18_1000x1000", "e18.txt"),
    ("text/read_e18_one_line", "line.txt"),
    ("text/read_csv_mixed_1M", "mixed.csv"),
];

/// All tables; sizes are those of the files in a folder.
pub(super) fn tables(medians: &Medians, files: &Path) -> String {
    let mut text = goals(medians) + &per_core(medians, files);
    for (topic, heading) in TOPICS {
        if let Some(rows) = medians.get(*topic) {
            text.push_str(&table(heading, rows));
        }
    }
    text
}

/// Which goals are met; those whose rows were not measured are left out.
fn goals(medians: &Medians) -> String {
    let mut text = String::from("\n### Goals\n\n| topic | goal | measured | |\n|---|---|---:|---|\n");
    for (topic, ours, other, bound) in GOALS {
        let row = |name: &str| medians.get(*topic).and_then(|rows| rows.get(name)).copied();
        let (Some(our_time), Some(other_time)) = (row(ours), row(other)) else { continue };
        let (goal, ratio, met) = match bound {
            Faster(times) => {
                let ratio = other_time / our_time;
                (format!("≥ {times} × faster than {other}"), ratio, ratio >= *times)
            }
            Within(times) => {
                let ratio = our_time / other_time;
                (format!("≤ {times} × the time of {other}"), ratio, ratio <= *times)
            }
            Micros(most) => (format!("≤ {most} µs"), our_time / 1e3, our_time / 1e3 <= *most),
        };
        let met = if met { "met" } else { "**missed**" };
        let _ = writeln!(text, "| `{topic}` | {goal} | {ratio:.2} | {met} |");
    }
    text
}

/// What one core reads of text, beside a search for one byte in it.
fn per_core(medians: &Medians, files: &Path) -> String {
    let mut text = String::new();
    for (topic, file) in TEXTS {
        let row = |name: &str| medians.get(*topic).and_then(|rows| rows.get(name)).copied();
        let size = std::fs::metadata(files.join(file)).map(|file| file.len());
        let (Some(ours), Some(scan), Ok(size)) = (row("arr_one_thread"), row("limit_scan_one_thread"), size)
        else {
            continue;
        };
        #[allow(clippy::cast_precision_loss, reason = "it is for people")]
        let speed = size as f64 * 1e3 / ours;
        let _ =
            writeln!(text, "| `{topic}` | {speed:.0} | {:.1} % | {:.1} |", 100.0 * scan / ours, ours / scan);
    }
    match text.is_empty() {
        true => text,
        false => format!(
            "\n### Text that one core reads\n\n| topic | MB/s | of it a search for one byte | times that search |\n\
             |---|---:|---:|---:|\n{text}"
        ),
    }
}

/// One topic, fastest row first.
fn table(heading: &str, rows: &BTreeMap<String, f64>) -> String {
    let mut text = format!("\n### {heading}\n\n| row | median ms | ÷ arr |\n|---|---:|---:|\n");
    let mut sorted: Vec<_> = rows.iter().collect();
    sorted.sort_by(|one, other| one.1.total_cmp(other.1));
    for (name, nanos) in sorted {
        let ratio = rows.get("arr").map(|ours| format!("{:.2}", nanos / ours)).unwrap_or_default();
        let name = if name.starts_with("arr") { format!("**{name}**") } else { name.clone() };
        let _ = writeln!(text, "| {name} | {:.3} | {ratio} |", nanos / 1e6);
    }
    text
}
