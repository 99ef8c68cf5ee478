//! `arr plot` and `arr show --image`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the numbers are small")]

#[path = "support/arr.rs"]
mod support;

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use support::{Run, arr_in, arr_with_input, command, f8, folder, i4, names, npy, run};

/// A parabola, with a gap.
fn curve() -> Vec<u8> {
    let mut values: Vec<f64> = (0..120).map(|at| f64::from(at - 40) * f64::from(at - 40) / 100.0).collect();
    values[60..66].fill(f64::NAN);
    values[100] = f64::INFINITY;
    npy("'<f8'", false, "(120,)", &f8(&values))
}

/// Two lines of whole numbers.
fn two() -> Vec<u8> {
    let values: Vec<i32> = (0..50).flat_map(|at| [at, 50 - at]).collect();
    npy("'<i4'", false, "(50, 2)", &i4(&values))
}

/// Whole numbers from 0 to 9, the small ones more often.
fn digits() -> Vec<u8> {
    let values: Vec<i32> =
        (0..10).flat_map(|digit| std::iter::repeat_n(digit, 45 - 4 * digit as usize)).collect();
    npy("'<i4'", false, &format!("({},)", values.len()), &i4(&values))
}

/// A table that falls from a corner, with a hole, in that memory order.
fn table(fortran: bool) -> Vec<u8> {
    let item = |row: i32, column: i32| match (row, column) {
        (4..8, 10..16) => f64::NAN,
        _ => f64::from(row * row + column * 4),
    };
    let values: Vec<f64> = match fortran {
        false => (0..20).flat_map(|row| (0..30).map(move |column| item(row, column))).collect(),
        true => (0..30).flat_map(|column| (0..20).map(move |row| item(row, column))).collect(),
    };
    npy("'<f8'", fortran, "(20, 30)", &f8(&values))
}

/// A disc on a ramp, in colours.
fn disc() -> Vec<u8> {
    let pixel = |y: i32, x: i32| match (y - 16).pow(2) + (x - 24).pow(2) < 100 {
        true => [250, 220, 40],
        false => [(x * 5) as u8, (y * 7) as u8, 120],
    };
    let pixels: Vec<u8> = (0..32).flat_map(|y| (0..48).flat_map(move |x| pixel(y, x))).collect();
    npy("'|u1'", false, "(32, 48, 3)", &pixels)
}

fn pictures() -> tempfile::TempDir {
    let dates: Vec<u8> =
        [18_000, 18_100, i64::MIN, 18_300, 18_500].iter().flat_map(|day: &i64| day.to_le_bytes()).collect();
    folder(&[
        ("curve.npy", &curve()),
        ("two.npy", &two()),
        ("digits.npy", &digits()),
        ("table.npy", &table(false)),
        ("fortran.npy", &table(true)),
        ("disc.npy", &disc()),
        ("gray.npy", &npy("'|u1'", false, "(8, 16)", &(0..128).map(|at| at * 2).collect::<Vec<u8>>())),
        ("dates.npy", &npy("'<M8[D]'", false, "(5,)", &dates)),
        ("complex.npy", &npy("'<c16'", false, "(3,)", &f8(&[3.0, 4.0, 0.0, 1.0, -5.0, 12.0]))),
        ("nan.npy", &npy("'<f8'", false, "(2,)", &f8(&[f64::NAN; 2]))),
        ("empty.npy", &npy("'<f8'", false, "(0, 3)", &[])),
        ("cube.npy", &npy("'<f8'", false, "(3, 4, 5)", &f8(&[1.5; 60]))),
        ("texts.npy", &npy("'|S2'", false, "(1,)", b"ab")),
        ("records.npy", &npy("[('x', '<f8'), ('y', '<f8')]", false, "(2,)", &f8(&[1.0, 5.0, 2.0, 4.0]))),
        ("row.npy", &[two(), digits()].concat()),
    ])
}

fn plot(at: &Path, args: &[&str]) -> Run {
    arr_in(at, &[&["plot"], args].concat())
}

/// What commands print, each behind its command line.
fn transcript(lines: &[&str]) -> String {
    let folder = pictures();
    let mut text = String::new();
    for line in lines {
        let args: Vec<&str> = line.split(' ').collect();
        let printed = arr_in(folder.path(), &args).ok();
        assert!(printed.chars().all(|c| c == '\n' || !c.is_control()), "{line}");
        text.push_str(&format!("$ arr {line}\n{printed}\n"));
    }
    text
}

#[test]
fn lines() {
    assert_snapshot!(transcript(&[
        "plot curve.npy",
        "plot curve.npy --width 40 --height 12",
        "plot two.npy --width 40 --height 12",
        "plot dates.npy --width 40 --height 12",
        "plot complex.npy --width 40 --height 12",
        "plot records.npy::y --width 40 --height 8",
        "plot table.npy --slice 3 --width 40 --height 12",
    ]));
}

#[test]
fn histograms() {
    assert_snapshot!(transcript(&[
        "plot digits.npy --kind histogram",
        "plot digits.npy --kind histogram --width 40 --height 12",
        "plot curve.npy --kind histogram --width 40 --height 12",
        "plot cube.npy --width 40 --height 8",
        "plot dates.npy --kind histogram --width 40 --height 8",
    ]));
}

#[test]
fn heat_maps() {
    assert_snapshot!(transcript(&[
        "plot table.npy",
        "plot table.npy --width 40 --height 12",
        "plot table.npy --width 20 --height 8",
        "plot two.npy --slice :3 --kind heatmap --width 40 --height 12",
    ]));
    let folder = pictures();
    let picture = |name: &str| plot(folder.path(), &[name]).ok().replace(name, "");
    assert_eq!(picture("table.npy"), picture("fortran.npy"));
}

#[test]
fn images() {
    assert_snapshot!(transcript(&[
        "plot disc.npy",
        "plot disc.npy --width 40 --height 12",
        "plot gray.npy --width 40 --height 12",
        "plot table.npy --kind image --width 40 --height 12",
        "show disc.npy gray.npy --image",
        "show disc.npy --image --slice ::2,::2,0",
    ]));
}

#[test]
fn colors_are_those_of_a_terminal() {
    let folder = pictures();
    let run_with = |args: &[&str], colors: &str| {
        let mut command = command(folder.path(), args);
        command.env("COLORTERM", colors).env("TERM", "xterm");
        run(command).ok()
    };
    let plain = run_with(&["plot", "disc.npy"], "truecolor");
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(plain, run_with(&["plot", "disc.npy", "--color", "never"], "truecolor"));
    let colors = run_with(&["plot", "disc.npy", "--color", "always"], "truecolor");
    assert!(colors.contains("\u{1b}[38;2;250;220;40m") && colors.contains('▀'));
    let few = run_with(&["plot", "disc.npy", "--color", "always"], "");
    assert!(few.contains("\u{1b}[38;5;221m"));
    for line in few.lines().skip(1) {
        assert!(line.ends_with("\u{1b}[0m"), "{line:?}");
    }
    for name in ["curve.npy", "digits.npy", "table.npy", "two.npy"] {
        assert!(run_with(&["plot", name, "--color", "always"], "24bit").contains("\u{1b}[38;2;"), "{name}");
    }
}

/// Width, height and the bytes of the pixels of a PNG file.
fn pixels(path: &Path) -> (u32, u32, Vec<u8>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    bytes.truncate(info.buffer_size());
    (info.width, info.height, bytes)
}

/// The pictures in `tests/pictures` were drawn by these commands, and looked at.
#[test]
fn pictures_in_files_look_as_they_did() {
    let folder = pictures();
    let kept =
        |name: &str| -> PathBuf { Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name) };
    for (input, kind, name) in [
        ("curve.npy", "line", "line.png"),
        ("two.npy", "line", "lines.png"),
        ("digits.npy", "histogram", "histogram.png"),
        ("table.npy", "heatmap", "heatmap.png"),
        ("disc.npy", "image", "image.png"),
    ] {
        let size = ["--width", "320", "--height", "200"];
        plot(folder.path(), &[&[input, "--kind", kind, "-o", name], &size[..]].concat()).ok();
        let (width, height, new) = pixels(&folder.path().join(name));
        let old = pixels(&kept(name));
        assert_eq!((width, height, new.len()), (old.0, old.1, old.2.len()), "{name}");
        // The functions of other systems round the last digit in their own way.
        let differ = new.iter().zip(&old.2).filter(|(new, old)| new.abs_diff(**old) > 2).count();
        assert_eq!(differ, 0, "{name}");
    }
}

#[test]
fn an_image_in_a_file_is_the_array() {
    let folder = pictures();
    plot(folder.path(), &["disc.npy", "-o", "disc.png"]).ok();
    assert_eq!(pixels(&folder.path().join("disc.png")), (48, 32, disc()[128..].to_vec()));
    plot(folder.path(), &["gray.npy", "--output=gray.PNG"]).ok();
    assert_eq!(pixels(&folder.path().join("gray.PNG")).2, (0..128).map(|at| at * 2).collect::<Vec<u8>>());
    plot(folder.path(), &["disc.npy", "-o", "small.png", "--width", "24"]).ok();
    assert_eq!(pixels(&folder.path().join("small.png")).1, 16);
}

#[test]
fn vectors_are_text() {
    let folder = pictures();
    for (input, has) in [
        ("curve.npy", "left out: 6 NaN, 1 infinite</text>"),
        ("digits.npy", "<rect "),
        ("table.npy", "href=\"data:image/png;base64,"),
        ("disc.npy", "width=\"48\" height=\"32\""),
    ] {
        plot(folder.path(), &[input, "-o", "out.svg", "--force"]).ok();
        let text = std::fs::read_to_string(folder.path().join("out.svg")).unwrap();
        assert!(
            text.starts_with("<svg ") && text.ends_with("</svg>\n") && text.contains(has),
            "{input}: {text}"
        );
        assert!(!text.contains("npy: <"), "{input}");
    }
}

#[test]
fn what_cant_be_drawn_is_said_in_a_line() {
    let folder = pictures();
    let at = folder.path();
    arr_in(at, &["convert", "two.npy", "table.npy", "both.npz"]).ok();
    for (args, error) in [
        (&["nan.npy"][..], "nan.npy: there is nothing to draw: 2 items, none of them finite"),
        (&["empty.npy"], "empty.npy: there is nothing to draw: the array has no items"),
        (&["texts.npy"], "texts.npy: |S2 can't be drawn: its items are not numbers"),
        (
            &["records.npy"],
            "records.npy: records can't be drawn: name one of the fields x, y, as records.npy::x",
        ),
        (&["row.npy"], "row.npy: there are several arrays: name one of them, as row.npy::0"),
        (&["both.npz"], "both.npz: the archive has 2 members: choose one of them, such as 'two'"),
        (
            &["cube.npy", "--kind", "line"],
            "cube.npy: a line has one or two axes longer than 1, not (3, 4, 5): choose a part (--slice)",
        ),
        (
            &["table.npy", "--kind", "line"],
            "table.npy: 20 lines are too many for a picture, which has at most 8: choose some of them (--slice)",
        ),
        (
            &["curve.npy", "--kind", "image"],
            "curve.npy: an image has the shape (height, width), or that with 3 or 4 channels behind, not (120,): \
             choose a part (--slice)",
        ),
        (&["curve.npy", "-o", "x.jpg"], "x.jpg: the extension tells no kind of picture: it is .png or .svg"),
        (&["curve.npy", "-o", "no/x.png"], "no/x.png: can't create a file in the folder: "),
        (&["missing.npy"], "missing.npy: can't open"),
        (&["curve.npy", "two.npy"], "two.npy: one file is taken at a time"),
        (&["curve.npy", "--max-bytes", "10"], "curve.npy: npy: "),
    ] {
        let line = plot(at, args).fails();
        assert!(line.starts_with(&format!("arr: {error}")), "{args:?}: {line}");
    }
    assert!(arr_in(at, &["show", "--image", "curve.npy"]).fails().contains("an image has the shape"));
    assert!(plot(at, &["both.npz::table"]).ok().starts_with("both.npz::table: <f8 (20, 30)\n"));
    assert!(plot(at, &["row.npy::1", "--kind", "histogram"]).ok().contains('█'));
}

#[test]
fn an_existing_file_stays() {
    let folder = pictures();
    let at = folder.path();
    std::fs::write(at.join("x.png"), "old").unwrap();
    let before = names(at);
    let line = plot(at, &["curve.npy", "-o", "x.png"]).fails();
    assert_eq!(line, "arr: x.png: already exists (use --force)");
    plot(at, &["nan.npy", "-o", "x.png", "--force"]).fails();
    assert_eq!((std::fs::read(at.join("x.png")).unwrap(), names(at)), (b"old".to_vec(), before.clone()));
    plot(at, &["curve.npy", "-o", "x.png", "--force"]).ok();
    assert_eq!((pixels(&at.join("x.png")).0, names(at)), (800, before));
}

#[test]
fn standard_input_is_drawn() {
    let folder = pictures();
    let at = folder.path();
    let typed = arr_with_input(at, &["plot", "-", "--kind", "histogram"], &digits()).ok();
    assert_eq!(typed, plot(at, &["digits.npy", "--kind", "histogram"]).ok().replace("digits.npy", "-"));
}

/// Odd ranges draw something, whatever the kind.
#[test]
fn no_value_is_too_large_or_too_small() {
    let tiny = f64::from_bits(1);
    let most = f64::MAX;
    let all = [vec![-most, most, 0.0, tiny], vec![tiny; 4], vec![most; 4], vec![0.0, tiny, -tiny, 0.0]];
    let longs = [i64::MAX, i64::MIN + 1, 0, 1].map(i64::to_le_bytes).concat();
    for values in &all {
        let folder = folder(&[
            ("x.npy", &npy("'<f8'", false, "(2, 2)", &f8(values))),
            ("i.npy", &npy("'<i8'", false, "(2, 2)", &longs)),
            ("d.npy", &npy("'<M8[as]'", false, "(2, 2)", &longs)),
            ("m.npy", &npy("'<m8'", false, "(2, 2)", &longs)),
        ]);
        for file in ["x.npy", "i.npy", "d.npy", "m.npy"] {
            for kind in ["line", "histogram", "heatmap", "image"] {
                for size in ["20", "77"] {
                    let args = [file, "--kind", kind, "--width", size, "--height", "6"];
                    plot(folder.path(), &args).ok();
                }
                for out in ["x.png", "x.svg"] {
                    let ended =
                        plot(folder.path(), &[file, "--kind", kind, "-o", out, "--force", "--width", "20"]);
                    assert_eq!(ended.code, Some(0), "{values:?} {file} {kind} {ended:?}");
                }
            }
        }
    }
}

/// A large array is read block by block.
#[cfg(target_os = "linux")]
#[test]
fn large_arrays_are_not_held() {
    use std::process::Stdio;
    use wait4::Wait4 as _;
    let (rows, columns) = (2_500, 4_000);
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("c.npy", npy("'<f8'", false, &format!("({rows}, {columns})"), &[])),
        ("f.npy", npy("'<f8'", true, &format!("({rows}, {columns})"), &[])),
        ("rgb.npy", npy("'<f4'", false, "(3000, 2000, 3)", &[])),
    ];
    let folder = folder(&files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect::<Vec<_>>());
    for (name, header) in &files {
        let file = std::fs::File::options().write(true).open(folder.path().join(name)).unwrap();
        let items = if *name == "rgb.npy" { 3000 * 2000 * 3 * 4 } else { rows * columns * 8 };
        file.set_len(header.len() as u64 + items).unwrap();
    }
    for args in [
        &["plot", "c.npy"][..],
        &["plot", "f.npy", "-o", "f.png"],
        &["plot", "c.npy", "--slice", ":, ::-1"],
        &["plot", "c.npy", "--kind", "histogram"],
        &["plot", "rgb.npy", "-o", "rgb.png"],
    ] {
        let mut child = command(folder.path(), args).stdout(Stdio::null()).spawn().unwrap();
        let ended = child.wait4().unwrap();
        assert!(ended.status.success(), "{args:?}");
        assert!(ended.rusage.maxrss < 64 << 20, "{args:?}: {}", ended.rusage.maxrss);
    }
}
