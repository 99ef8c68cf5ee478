//! Tables of text: by the rules of `numpy.loadtxt` and `numpy.genfromtxt`, and of CSV.

use arr_conformance::door;
use arr_io::format::threads::Threads;
use arr_io::format::{Format, Options, Reading, Selection, Source, Writing};
use arr_io::{Array, DType, ErrorKind, Input, Limits, Order, Registry, Result, s};

use super::choices::Choices;
use super::doors::{model, same_blocks};
use super::pieces::Pieces;

/// Bytes at the front that choose the options.
pub(crate) const CHOICES: usize = 12;

/// More than one chunk that a thread counts and parses at a time.
const LONG: usize = 1200 << 10;

const DTYPES: &[&str] = &[
    "<f8",
    "<f8",
    "<f4",
    "<f2",
    "<i8",
    ">i4",
    "|u1",
    "?",
    "<c16",
    "U3",
    "U",
    "S2",
    "S",
    "<M8[D]",
    "M8",
    "<m8[s]",
    "null",
    "i4,f8",
    "f8,U2,i2",
    "[('a', '<i2'), ('b', '<f4', (2,))]",
    "<g",
    "U0",
];

fn limits() -> Limits {
    Limits::default().max_bytes(64 << 20)
}

/// All ways of reading agree; what is written is read as what it was; and plain numbers are what the standard library takes
/// them for.
pub fn text(bytes: &[u8]) {
    let (head, text) = bytes.split_at(bytes.len().min(CHOICES));
    let mut choices = Choices::new(head);
    plain(text);
    let name = choices.pick(&["text", "csv", "text", "tsv"]);
    let format = Registry::shared().by_name(name).unwrap();
    let how = Reading::new().limits(limits()).options(options(&mut choices, name));
    let (rows, long) = (choices.below(5), choices.seldom(64));
    let array = same(format, text, &how);
    if let Some(array) = &array {
        in_parts(format, text, &how, array, rows);
        written_again(format, array);
    }
    if long && !text.is_empty() {
        same(format, &text.repeat(LONG / text.len() + 1), &how);
    }
}

/// What the input chooses of the options of a format.
fn options(choices: &mut Choices<'_>, name: &str) -> Options {
    let mut options = Options::new();
    let mut set = |choices: &mut Choices<'_>, name: &str, values: &[&str]| {
        let place = choices.below(2 * values.len() + 1);
        if let Some(value) = values.get(place) {
            options = std::mem::take(&mut options).with(name, *value);
        }
    };
    set(choices, "dtype", DTYPES);
    set(choices, "delimiter", &[",", ";", "\t", " ", "é", "|", "3", "[2,3]", ", "]);
    set(choices, "comments", &["#", "null", "%", "//", "[\"#\",\"//\"]"]);
    set(choices, "quotechar", &["\"", "'", "\""]);
    set(choices, "usecols", &["0", "-1", "1,0", "[0,0]", "2"]);
    // A byte for a group of those that are seldom set.
    match choices.below(12) {
        0 => set(choices, "encoding", &["latin1", "utf-16", "ascii", "utf-8", "cp1252"]),
        1 => set(choices, "decimal", &[","]),
        2 => set(choices, "exponents", &["fortran"]),
        3 => set(choices, "missing-values", &["NA", "NA,x"]),
        4 => set(choices, "filling-values", &["7", "x"]),
        5 => set(choices, "names", &["true", "a,b", "false"]),
        6 => set(choices, "deletechars", &["", "a"]),
        7 => set(choices, "case-sensitive", &["upper", "false"]),
        _ => {}
    }
    for (name, end) in
        [("skiprows", 4), ("max-rows", 6), ("ndmin", 3), ("skip-header", 3), ("skip-footer", 3)]
    {
        if choices.seldom(8) {
            options = options.with(name, choices.below(end) as i64);
        }
    }
    let flags = choices.byte();
    for (place, name) in ["unpack", "fill", "autostrip"].into_iter().enumerate() {
        if flags >> place & 3 == 3 {
            options = options.with(name, true);
        }
    }
    for (place, name) in ["loose", "invalid-raise"].into_iter().enumerate() {
        if flags >> (4 + place) & 1 == 1 {
            options = options.with(name, false);
        }
    }
    if name == "text" && flags >> 6 == 3 { options.with("genfromtxt", true) } else { options }
}

/// Reads in every way, and says what they all came to.
fn same(format: &dyn Format, text: &[u8], how: &Reading) -> Option<Array> {
    let read = |input: Input<'_>, how: &Reading| door::read_with(format, input, how).map(|(array, _)| array);
    let whole = read(Input::from_bytes(text), how);
    let alone = read(Input::from_bytes(text), &how.clone().threads(Threads::one()));
    let several = read(Input::from_bytes(text), &how.clone().threads(Threads::count(3)));
    let streamed = read(Input::from_reader(Pieces::new(text)), how);
    for (way, other) in [("one thread", &alone), ("three threads", &several), ("a stream", &streamed)] {
        match (&whole, other) {
            (Ok(whole), Ok(other)) => assert!(is_same(whole, other), "{whole:?}, but {other:?} by {way}"),
            (Err(whole), Err(other)) => {
                let is_limit = whole.kind() == ErrorKind::LimitExceeded;
                assert!(is_limit || whole.to_string() == other.to_string(), "{whole}, but {other} by {way}");
            }
            (whole, other) => panic!("{whole:?}, but {other:?} by {way}"),
        }
    }
    if let Err(error) = &whole {
        let is_placed = error.offset().is_some() || error.to_string().contains("line ");
        assert!(error.kind() != ErrorKind::Malformed || is_placed || text.is_empty(), "no place: {error}");
    }
    whole.ok()
}

fn is_same(one: &Array, other: &Array) -> bool {
    (one.dtype(), one.shape()) == (other.dtype(), other.shape()) && model(one) == model(other)
}

/// What is described is what is read; so are blocks and rows.
fn in_parts(format: &dyn Format, text: &[u8], how: &Reading, array: &Array, rows: usize) {
    let source = Source::from(vec![Input::from_bytes(text)]);
    let mut reader = format.open(source, how).unwrap();
    let part = reader.next_part().unwrap().unwrap();
    let described = reader.describe(&part).unwrap().into_array().unwrap();
    assert_eq!((&described.dtype, &described.shape[..]), (array.dtype(), array.shape()));
    for order in [None, Some(Order::C)] {
        let blocks = reader.blocks(&part, order, 24).unwrap();
        same_blocks(format.info().name, blocks, order.unwrap_or_else(|| array.natural_order()), array);
    }
    if array.ndim() > 0 {
        let slice = s![rows.min(array.shape()[0])..];
        let wanted = array.slice(&slice).unwrap();
        let found = reader.read(&part, Selection::Slice(&slice)).unwrap().into_array().unwrap();
        assert!(model(&found) == model(&wanted), "{slice}: {found:?} of {array:?}");
    }
}

/// What is written with the fewest digits is read as what it was.
fn written_again(format: &dyn Format, array: &Array) {
    let Some(how) = read_back(format.info().name, array) else { return };
    let write = |array: &Array| door::write(format, &array.view(), &Writing::new());
    let Ok(written) = write(array) else { return };
    // An empty text at the end of a line is no column where white space separates them, in quotes or not: as with NumPy.
    if format.info().name == "text" && written.windows(4).any(|four| four == b" \"\"\n") {
        return;
    }
    let (again, _) = door::read_with(format, Input::from_bytes(&written), &how)
        .unwrap_or_else(|error| panic!("{array:?} is written as {}, but {error}", written.escape_ascii()));
    let is_same = model(&again).items == model(array).items;
    // What is not a number has no sign in text.
    let is_nan = || {
        written.windows(3).any(|three| three == b"nan") && write(&again).is_ok_and(|again| again == written)
    };
    assert!(is_same || is_nan(), "{array:?} is written as {}, and read as {again:?}", written.escape_ascii());
}

/// How what is written of an array is read; `None` where it can't be: by `numpy.loadtxt`, truth values are not words.
fn read_back(name: &str, array: &Array) -> Option<Reading> {
    let is_text = name == "text";
    let has_words = array.dtype().to_string().contains("b1");
    if array.itemsize() == 0 || array.is_empty() || is_text && has_words {
        return None;
    }
    let options = Options::new().with("quotechar", "\"");
    let names = if matches!(array.dtype(), DType::Record(_)) { "true" } else { "false" };
    let delimiter = if name == "tsv" { "\t" } else { "," };
    let options = if is_text { options } else { options.with("names", names).with("delimiter", delimiter) };
    Some(Reading::new().limits(limits()).dtype(array.dtype().clone()).options(options))
}

/// Numbers without options are those that the standard library finds in the words between blanks, or commas.
fn plain(text: &[u8]) {
    let name = "text";
    let format = Registry::shared().by_name(name).unwrap();
    if [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| text.starts_with(mark)) {
        return;
    }
    for delimiter in [None, Some(',')] {
        let options = delimiter
            .map_or_else(Options::new, |delimiter| Options::new().with("delimiter", delimiter.to_string()));
        let how = Reading::new().limits(limits()).options(options.with("ndmin", 2));
        let read: Result<Array> =
            door::read_with(format, Input::from_bytes(text), &how).map(|(array, _)| array);
        let wanted = words(text, delimiter);
        match (&read, &wanted) {
            (Ok(array), Some((rows, bits))) => {
                let found = array.to_vec::<f64>().unwrap();
                let is_same = found.iter().map(|value| value.to_bits()).eq(bits.iter().copied());
                assert!(is_same && array.shape()[0] == *rows, "{array:?} is {found:?}, not {bits:x?}");
            }
            (Err(_), None) => {}
            _ => panic!("{read:?}, not {wanted:?}"),
        }
    }
}

/// The rows of a table of numbers, and the bits of all; `None` when it is none.
fn words(text: &[u8], delimiter: Option<char>) -> Option<(usize, Vec<u64>)> {
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '\x1c'..='\x1f');
    let text = std::str::from_utf8(text).ok()?.replace("\r\n", "\n").replace('\r', "\n");
    let (mut rows, mut columns, mut bits) = (0, None, Vec::new());
    for line in text.split('\n') {
        let line = line.split('#').next()?;
        let fields: Vec<&str> = match delimiter {
            None => line.split(is_blank).filter(|field| !field.is_empty()).collect(),
            Some(_) if line.is_empty() => Vec::new(),
            Some(delimiter) => line.split(delimiter).collect(),
        };
        if fields.is_empty() {
            continue;
        }
        for field in &fields {
            bits.push(field.trim_matches(is_blank).parse::<f64>().ok()?.to_bits());
        }
        rows += 1;
        if *columns.get_or_insert(fields.len()) != fields.len() {
            return None;
        }
    }
    Some((rows, bits))
}
