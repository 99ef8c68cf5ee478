//! Fields of records that a file may lack, have narrower or not know, and types that stand for others.
#![cfg(feature = "derive")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![forbid(unsafe_code)]

use std::fmt::Debug;
use std::marker::PhantomData;

use arr_core::{Array, ByteOrder, DType, ErrorKind, Order, Record, RecordField};

fn dtype(text: &str) -> DType {
    text.parse().unwrap()
}

/// An array of a dtype in the file's byte order, with these bytes.
fn array_of<'a>(text: &str, bytes: &'a [u8]) -> Array<&'a [u8]> {
    let dtype = dtype(text);
    let shape = [bytes.len() / dtype.itemsize()];
    Array::contiguous(dtype, &shape, Order::C, bytes).unwrap()
}

fn why<T: Record + Debug>(array: &Array<&[u8]>) -> String {
    let error = array.to_records::<T>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    error.to_string()
}

fn names(array: &Array) -> Vec<String> {
    let record = array.dtype().as_record().unwrap();
    record.fields().iter().map(|field| field.name().to_owned()).collect()
}

#[derive(Record, Clone, Debug, Default, PartialEq)]
struct Inner {
    a: Option<i16>,
    b: u8,
}

#[derive(Record, Clone, Debug, PartialEq)]
#[record(aligned)]
struct Lacking {
    id: u8,
    weight: Option<f64>,
    #[record(dtype = "U3")]
    name: Option<String>,
    #[record(default)]
    count: u32,
    #[record(default = "seven")]
    level: i16,
    #[record(default = "some_text", dtype = "S4")]
    note: Option<String>,
    #[record(dtype = "M8[s]")]
    at: Option<i64>,
    inner: Option<Inner>,
    #[record(default)]
    inners: [Inner; 2],
    #[record(skip)]
    seen: Vec<u8>,
    #[record(skip, default = "seven")]
    rank: i16,
}

fn seven() -> i16 {
    7
}

fn some_text() -> Option<String> {
    Some("none".into())
}

fn lacking(id: u8) -> Lacking {
    Lacking {
        id,
        weight: None,
        name: None,
        count: 0,
        level: 7,
        note: Some("none".into()),
        at: None,
        inner: None,
        inners: Default::default(),
        seen: Vec::new(),
        rank: 7,
    }
}

#[test]
fn what_a_file_lacks_is_none_or_its_default() {
    let found = array_of("[('other', '|u1'), ('id', '|u1')]", &[9, 1, 9, 2]).to_records::<Lacking>().unwrap();
    assert_eq!(found, [lacking(1), lacking(2)]);
    // Of the inner records too, each by itself; where a field is, its value counts.
    let inner = "[('b', '|u1'), ('a', '>i2')]";
    let text =
        format!("[('id', '|u1'), ('inners', [('b', '|u1')], (2,)), ('inner', {inner}), ('level', '<i2')]");
    let found = array_of(&text, &[1, 2, 3, 4, 0, 5, 6, 0]).to_records::<Lacking>().unwrap();
    let expected = Lacking {
        level: 6,
        inner: Some(Inner { a: Some(5), b: 4 }),
        inners: [Inner { a: None, b: 2 }, Inner { a: None, b: 3 }],
        ..lacking(1)
    };
    assert_eq!(found, [expected]);
    assert!(
        why::<Lacking>(&array_of("[('level', '<i2')]", &[0; 4])).starts_with("the dtype has no field 'id'")
    );
    let bad = "[('id', '|u1'), ('inners', [('a', '<i2')], (2,))]";
    assert!(why::<Lacking>(&array_of(bad, &[0; 10])).starts_with("inners: the dtype has no field 'b'"));
    let bad = "[('id', '|u1'), ('inners', [('a', '<f4'), ('b', '|u1')], (2,))]";
    assert!(why::<Lacking>(&array_of(bad, &[0; 22])).starts_with("inners/a: the dtype differs"));
}

#[test]
fn what_is_none_is_left_out_and_comes_back() {
    let full = |id: u8| Lacking {
        weight: Some(0.5),
        name: Some("é".into()),
        count: 3,
        level: -1,
        note: Some("n".into()),
        at: Some(-5),
        inner: Some(Inner { a: Some(-2), b: 1 }),
        inners: [Inner { a: Some(1), b: 2 }, Inner { a: Some(3), b: 4 }],
        ..lacking(id)
    };
    let without: [fn(&mut Lacking); 6] = [
        |record| record.weight = None,
        |record| record.name = None,
        |record| record.at = None,
        |record| record.inner = None,
        |record| record.inner = Some(Inner { a: None, b: 9 }),
        |record| record.inners.iter_mut().for_each(|inner| inner.a = None),
    ];
    let whole = Array::from_records(&[full(1)]).unwrap();
    assert_eq!(DType::from(Lacking::record_type().unwrap()), *whole.dtype());
    assert_eq!(names(&whole).len(), 9);
    for chosen in 0..1u32 << without.len() {
        // So many that they are encoded in more than one piece.
        let many = if chosen % 21 == 0 { 20_000u32 } else { 3 };
        let record = |row: u32| {
            let mut record = full(u8::try_from(row % 256).unwrap());
            record.count = row;
            let chosen = without.iter().enumerate().filter(|(index, _)| chosen & (1 << index) != 0);
            chosen.for_each(|(_, remove)| remove(&mut record));
            record
        };
        let records: Vec<_> = (0..many).map(record).collect();
        let array = Array::from_records(&records).unwrap();
        assert!(array.dtype().as_record().unwrap().is_aligned());
        assert_eq!(*array.dtype(), Lacking::dtype_of(&records).unwrap());
        let left_out = [(1, "weight"), (2, "name"), (4, "at"), (8, "inner")];
        let named = names(&array);
        for (bit, name) in left_out {
            let is_none = match name {
                "inner" => records[0].inner.is_none(),
                _ => chosen & bit != 0,
            };
            assert_eq!(named.iter().any(|other| other == name), !is_none, "{name} {chosen}");
        }
        assert!(array.to_records::<Lacking>().unwrap() == records);
        let mut written = Vec::new();
        let order = ByteOrder::NATIVE.swapped();
        arr_core::format::Output::new(&mut written).write_records(&records, order).unwrap();
        let foreign = array.dtype().with_byte_order(order);
        let foreign = Array::contiguous(foreign, &[records.len()], Order::C, &written[..]).unwrap();
        assert!(foreign.to_records::<Lacking>().unwrap() == records);
        let mut input = arr_core::Input::from_reader(&written[..]);
        assert!(input.read_records::<Lacking>(foreign.dtype(), records.len(), "data").unwrap() == records);
    }
    assert_eq!(names(&Array::from_records::<Lacking>(&[]).unwrap()).len(), 9);
}

#[test]
fn none_beside_a_value_is_refused_either_way() {
    let some = |id: u8| Lacking { weight: Some(1.0), ..lacking(id) };
    let refused = |records: &[Lacking]| {
        let error = Array::from_records(records).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let mut sink = Vec::new();
        let written = arr_core::format::Output::new(&mut sink).write_records(records, ByteOrder::Little);
        assert_eq!(written.unwrap_err().to_string(), error.to_string());
        error.to_string()
    };
    assert!(refused(&[some(1), some(2), lacking(3)]).starts_with("weight: row 2: None can't be written"));
    let all = Lacking {
        weight: Some(1.0),
        name: Some(String::new()),
        at: Some(1),
        inner: Some(Inner { a: Some(1), b: 2 }),
        inners: [Inner { a: Some(1), b: 2 }, Inner { a: Some(1), b: 2 }],
        ..lacking(0)
    };
    let none = Lacking { at: None, ..all.clone() };
    assert!(refused(&[all.clone(), none]).starts_with("at: row 1: None can't be written"));
    assert!(
        refused(&[lacking(1), some(2)]).starts_with("weight: row 1: there is a value, which would be lost")
    );
    // A row far behind, in another piece.
    let mut records = vec![lacking(1); 50_000];
    records[49_999] = some(2);
    assert!(refused(&records).starts_with("weight: row 49999: there is a value"));
    // Inside of a record, and between the records of an array.
    let inner = |a: Option<i16>| Lacking { inner: Some(Inner { a, b: 1 }), ..lacking(1) };
    assert!(refused(&[inner(None), inner(Some(1))]).starts_with("inner/a: row 1: there is a value"));
    assert!(refused(&[inner(Some(1)), inner(None)]).starts_with("inner/a: row 1: None can't be written"));
    assert!(refused(&[inner(None), lacking(2)]).starts_with("inner: row 1: None can't be written"));
    let mut mixed = lacking(1);
    mixed.inners[1].a = Some(1);
    assert!(refused(&[mixed.clone()]).starts_with("inners/a: row 0: there is a value"));
    mixed.inners.reverse();
    assert!(refused(&[mixed]).starts_with("inners/a: row 0: None can't be written"));
    // The note of a file that lacks it has a default, and yet it may be None in all records.
    let silent = Lacking { note: None, ..lacking(1) };
    let array = Array::from_records(&[silent]).unwrap();
    assert!(!names(&array).contains(&"note".to_owned()));
}

#[derive(Record, Debug, PartialEq)]
struct Nothing {
    a: Option<u8>,
    #[record(dtype = "V2")]
    b: Option<[u8; 2]>,
}

#[test]
fn records_of_which_nothing_is_there_are_counted() {
    let empty = array_of("[('c', '|u1')]", &[1, 2, 3]);
    let nothing = || Nothing { a: None, b: None };
    assert_eq!(empty.to_records::<Nothing>().unwrap(), [nothing(), nothing(), nothing()]);
    let none = Array::from_records(&[nothing(), nothing()]).unwrap();
    assert_eq!((none.itemsize(), none.len()), (0, 2));
    assert_eq!(none.to_records::<Nothing>().unwrap(), [nothing(), nothing()]);
}

#[derive(Record, Clone, Copy, Debug, PartialEq)]
#[repr(i16)]
enum Kind {
    Low = -300,
    Zero = 0,
    High = 256,
}

#[derive(Record, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Only {
    One = 1,
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Kinds {
    kind: Kind,
    kinds: [[Kind; 2]; 2],
    only: Only,
    #[record(widen)]
    maybe: Option<Kind>,
}

#[test]
fn enums_are_numbers_and_others_are_refused() {
    let kinds = |kind: Kind| Kinds {
        kind,
        kinds: [[Kind::Low, Kind::Zero], [Kind::High, kind]],
        only: Only::One,
        maybe: Some(kind),
    };
    let records = [kinds(Kind::Low), kinds(Kind::Zero), kinds(Kind::High)];
    let array = Array::from_records(&records).unwrap();
    assert_eq!(
        array.dtype().to_string().replace('>', "<"),
        "[('kind', '<i2'), ('kinds', '<i2', (2, 2)), ('only', '|u1'), ('maybe', '<i2')]"
    );
    assert_eq!(array.field("kind").unwrap().to_vec::<i16>().unwrap(), [-300, 0, 256]);
    assert_eq!(array.to_records::<Kinds>().unwrap(), records);
    for number in [i16::MIN, -301, -1, 1, 255, 257, i16::MAX] {
        for place in 0..6 {
            let mut bytes = array.as_bytes(Order::C).unwrap().to_vec();
            let at = 13 + [0, 2, 4, 6, 8, 11][place];
            bytes[at..at + 2].copy_from_slice(&number.to_ne_bytes());
            let changed = array_of(&array.dtype().to_string(), &bytes);
            if place == 4 {
                // There is one variant of a byte, and the other byte is no part of it.
                continue;
            }
            let field = ["kind", "kinds", "kinds", "kinds", "", "maybe"][place];
            assert_eq!(
                why::<Kinds>(&changed),
                format!(
                    "{field}: row 1: {number} is not a `Kind`: there are -300 (Low), 0 (Zero), 256 (High) (at byte 13)"
                )
            );
        }
    }
    let text = array.dtype().to_string();
    for number in [0u8, 2, 255] {
        let mut bytes = array.as_bytes(Order::C).unwrap().to_vec();
        bytes[2 * 13 + 10] = number;
        let expected = format!("only: row 2: {number} is not a `Only`: there are 1 (One) (at byte 26)");
        assert_eq!(why::<Kinds>(&array_of(&text, &bytes)), expected);
    }
    // Zero is not a `Only`, and a missing one is not looked at.
    #[derive(Record, Debug, PartialEq)]
    struct Lacks {
        only: Option<Only>,
        x: bool,
    }
    let found = array_of("[('x', '|b1')]", &[1]).to_records::<Lacks>().unwrap();
    assert_eq!(found, [Lacks { only: None, x: true }]);
    assert!(
        why::<Lacks>(&array_of("[('x', '|b1')]", &[2])).starts_with("x: row 0: a byte is neither 0 nor 1")
    );
    assert_eq!(
        array_of("[('x', '|b1'), ('only', '|u1')]", &[0, 1]).to_records::<Lacks>().unwrap(),
        [Lacks { only: Some(Only::One), x: false }]
    );
}

#[derive(Record, Clone, Copy, Debug, PartialEq)]
struct Meters(f64);

#[derive(Record, Clone, Debug, PartialEq)]
struct Name(#[record(dtype = "U4")] String);

#[derive(Record, Clone, Copy, Debug, PartialEq)]
struct Stamp(#[record(dtype = "M8[ms]")] i64);

#[derive(Record, Clone, Debug, PartialEq)]
struct Tagged<T, M>(T, #[record(skip)] PhantomData<M>);

#[derive(Record, Clone, Debug, PartialEq)]
struct Pair<T>
where
    T: Clone,
{
    a: T,
    b: [T; 2],
    both: Option<T>,
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Grid<T: Copy + Debug, const N: usize> {
    rows: [[T; N]; 2],
    #[record(skip)]
    unused: PhantomData<T>,
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Wrapped {
    length: Meters,
    lengths: [Meters; 3],
    name: Name,
    names: [Name; 2],
    stamp: Stamp,
    tagged: Tagged<u16, String>,
    pair: Pair<Tagged<f32, ()>>,
    grid: Grid<u8, 3>,
    #[record(dtype = "V5")]
    raw: [u8; 5],
    #[record(dtype = "|V2")]
    raws: [[u8; 2]; 3],
    inner: Tagged<Inner, u8>,
}

fn wrapped(number: u8) -> Wrapped {
    let meters = |times: u8| Meters(f64::from(number) * f64::from(times));
    let tagged = |value: u8| Tagged(f32::from(value), PhantomData);
    Wrapped {
        length: meters(1),
        lengths: [meters(2), meters(3), meters(4)],
        name: Name("név".into()),
        names: [Name(String::new()), Name("abcd".into())],
        stamp: Stamp(-i64::from(number)),
        tagged: Tagged(u16::from(number), PhantomData),
        pair: Pair { a: tagged(1), b: [tagged(2), tagged(3)], both: Some(tagged(4)) },
        grid: Grid { rows: [[number, 1, 2], [3, 4, 5]], unused: PhantomData },
        raw: [number, 0, 255, 0, 0],
        raws: [[1, 0], [0, number], [0, 0]],
        inner: Tagged(Inner { a: None, b: number }, PhantomData),
    }
}

#[test]
fn newtypes_generics_and_raw_bytes_come_back() {
    let records: Vec<_> = (0..5).map(wrapped).collect();
    let array = Array::from_records(&records).unwrap();
    assert_eq!(
        array.dtype().to_string().replace('>', "<"),
        "[('length', '<f8'), ('lengths', '<f8', (3,)), ('name', '<U4'), ('names', '<U4', (2,)), ('stamp', '<M8[ms]'), \
         ('tagged', '<u2'), ('pair', [('a', '<f4'), ('b', '<f4', (2,)), ('both', '<f4')]), \
         ('grid', [('rows', '|u1', (2, 3))]), ('raw', '|V5'), ('raws', '|V2', (3,)), ('inner', [('b', '|u1')])]"
    );
    assert_eq!(array.to_records::<Wrapped>().unwrap(), records);
    let foreign = array.to_contiguous_in(Order::C, ByteOrder::NATIVE.swapped()).unwrap();
    assert_eq!(foreign.to_records::<Wrapped>().unwrap(), records);
    let long = Wrapped { name: Name("fünfe".into()), ..wrapped(1) };
    let error = Array::from_records(&[wrapped(0), long]).unwrap_err().to_string();
    assert_eq!(error, "name: row 1: the text \"fünfe\" has 5 characters, there is room for 4");
    assert!(array.to_records::<Other>().unwrap_err().to_string().starts_with("raw: the dtype differs"));

    #[derive(Record, Debug)]
    struct Other {
        #[record(dtype = "V4")]
        #[allow(dead_code, reason = "it is never read")]
        raw: [u8; 4],
    }
}

#[test]
fn a_program_may_be_generic_over_fields() {
    fn there_and_back<T: RecordField + Clone + PartialEq + Debug>(value: &T) {
        let records = vec![Pair { a: value.clone(), b: [value.clone(), value.clone()], both: None }; 3];
        let array = Array::from_records(&records).unwrap();
        assert_eq!(names(&array), ["a", "b"]);
        assert_eq!(array.to_records::<Pair<T>>().unwrap(), records);
    }
    there_and_back(&1.5f32);
    there_and_back(&[1u8, 2]);
    there_and_back(&Inner { a: Some(1), b: 2 });
    there_and_back(&Name("x".into()));
    there_and_back(&Only::One);
}

#[derive(Record, bytemuck::AnyBitPattern, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Seen<T>
where
    T: bytemuck::AnyBitPattern,
{
    #[record(name = "X")]
    x: T,
    #[record(skip)]
    unused: PhantomData<T>,
    #[record(dtype = "V4", default)]
    raw: [u8; 4],
}

#[derive(Record, bytemuck::AnyBitPattern, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Hidden {
    x: f32,
    #[record(skip)]
    hidden: u32,
}

#[test]
fn records_are_seen_in_place_only_if_all_of_them_is_there() {
    let records = [Seen { x: 1.5f32, unused: PhantomData, raw: *b"abcd" }; 2];
    let array = Array::from_records(&records).unwrap();
    assert_eq!(array.as_records::<Seen<f32>>().unwrap(), records);
    let short = Array::from_vec(vec![1.5f32], &[1]).unwrap();
    let short = Array::contiguous(dtype("[('X', '=f4')]"), &[1], Order::C, short.as_bytes(Order::C).unwrap())
        .unwrap();
    let error = short.as_records::<Seen<f32>>().unwrap_err().to_string();
    assert!(error.starts_with("the dtype has no field 'raw'"), "{error}");
    let expected = [Seen { x: 1.5f32, unused: PhantomData, raw: [0; 4] }];
    assert_eq!(short.records::<Seen<f32>>().unwrap(), &expected[..]);
    // Eight bytes an item, as in memory; and yet the second half is not a `hidden`.
    let bytes = arr_core::BufferMut::copy_of(&[0, 0, 128, 63, 9, 9, 9, 9]).unwrap().freeze();
    let array = array_of("[('x', '<f4'), ('other', '<u4')]", &bytes);
    let error = array.as_records::<Hidden>().unwrap_err().to_string();
    assert!(error.starts_with("hidden: the field is in no file"), "{error}");
    assert_eq!(array.records::<Hidden>().unwrap(), &[Hidden { x: 1.0, hidden: 0 }][..]);
}

#[test]
fn a_struct_that_is_copied_whole_may_skip_or_lack_fields() {
    #[derive(Record, bytemuck::Pod, bytemuck::Zeroable, Clone, Copy, Debug, PartialEq)]
    #[record(pod)]
    #[repr(C)]
    struct Part {
        x: f32,
        #[record(skip)]
        hidden: u32,
    }
    #[derive(Record, bytemuck::Pod, bytemuck::Zeroable, Clone, Copy, Debug, PartialEq)]
    #[record(pod)]
    #[repr(C)]
    struct Whole {
        part: Part,
        #[record(default)]
        y: u64,
    }
    let whole = |hidden: u32| Whole { part: Part { x: 1.0, hidden }, y: 3 };
    let mut written = Vec::new();
    arr_core::format::Output::new(&mut written)
        .write_records(&[whole(5), whole(6)], ByteOrder::NATIVE)
        .unwrap();
    assert_eq!(written.len(), 24);
    let full = DType::from(Whole::record_type().unwrap());
    let read = |dtype: &DType, bytes: &[u8]| {
        let mut input = arr_core::Input::from_bytes(bytes);
        input.read_records::<Whole>(dtype, 2, "data").unwrap()
    };
    assert_eq!(read(&full, &written), [whole(0), whole(0)]);
    let file = {
        use std::io::{Seek, Write};
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&written).unwrap();
        file.rewind().unwrap();
        file
    };
    let mut input = arr_core::Input::from_file(file).unwrap();
    assert_eq!(input.read_records::<Whole>(&full, 2, "data").unwrap(), [whole(0), whole(0)]);
    let part = dtype("[('part', [('x', '=f4')])]");
    let bytes: Vec<u8> = [1f32, 1.0].iter().flat_map(|x| x.to_ne_bytes()).collect();
    let lacking = Whole { y: 0, ..whole(0) };
    assert_eq!(read(&part, &bytes), [lacking, lacking]);
}
