use proptest::prelude::*;

use super::*;
use crate::RecordType;
use crate::{ByteOrder, ErrorKind, Scalar, SubArray, TimeBase, TimeUnit};

fn from_literal(text: &str) -> Result<DType> {
    let mut scanner = Scanner::new(text);
    let dtype = DType::from_literal(&mut scanner)?;
    scanner.end()?;
    Ok(dtype)
}

#[test]
fn what_numpy_writes_is_read_and_written() {
    for text in [
        "'<f4'",
        "'|b1'",
        "'>M8[ns]'",
        "[]",
        "[('a', '<i4')]",
        "[('a', '<i4'), ('', '|V4'), ('b', '|S3', (2, 3)), ('', '|V1')]",
        "[(('title', 'name'), '<i4', (3,))]",
        "[('n', [('x', '>f8'), ('y', [])], (2,))]",
        "[('', '|V8')]",
        "[(\"it's\", '<f4'), ('é\\n', '|O')]",
        "[('', '<f4')]",
        "[('a', '<f4'), (('t', ''), '|V4')]",
    ] {
        assert_eq!(from_literal(text).unwrap().descr().unwrap(), text);
    }
}

#[test]
fn what_numpy_reads_besides() {
    for (text, descr) in [
        ("('<f4', ())", "'<f4'"),
        ("('<f4', 3)", "('<f4', (3,))"),
        ("('<f4', [2, 3])", "('<f4', (2, 3))"),
        ("(('<f4', (3,)), (2,))", "(('<f4', (3,)), (2,))"),
        ("('|S0', 5)", "'|S5'"),
        ("('>U', 5)", "'>U5'"),
        ("[['a', '<f4'], ['b', '<f4', 2]]", "[('a', '<f4'), ('b', '<f4', (2,))]"),
        ("[(('a', '<f4'))]", "[('a', '<f4')]"),
        ("[((('t', 'a')), ('<f4'), )]", "[(('t', 'a'), '<f4')]"),
        ("[((None, 'a'), '<f4')]", "[('a', '<f4')]"),
        ("[('a', ('<f4', (2,)), (3,))]", "[('a', ('<f4', (2,)), (3,))]"),
        ("[('a', ('<f4', ()), (3,))]", "[('a', '<f4', (3,))]"),
        ("[('x', (('<f8', (5,)), (3,)), (2,))]", "[('x', (('<f8', (5,)), (3,)), (2,))]"),
        ("[('x', 'a5'), ('y', ('a', 3))]", "[('x', '|S5'), ('y', '|S3')]"),
        ("[('', '|V4', (2,)), ('', ('<f4', (2,)))]", "[('', '|V16')]"),
        ("[('a' 'b', '<' 'f4')]", "[('ab', '<f4')]"),
        ("[('a', '<f4', (2, ), )]", "[('a', '<f4', (2,))]"),
    ] {
        assert_eq!(from_literal(text).unwrap().descr().unwrap(), descr, "{text}");
    }
}

#[test]
fn wrong_descrs_are_refused_with_their_place() {
    for (text, offset) in [
        ("'bogus'", 0),
        ("'bfloat16'", 0),
        ("'utf8'", 0),
        ("b'<f4'", 0),
        ("None", 0),
        ("3", 0),
        ("{'names': [], 'formats': []}", 0),
        ("('<f4',)", 7),
        ("('?', '<f4')", 6),
        ("('<f4', (2,), 3)", 14),
        ("[('a', '<f4'), ('a', '<f4')]", 0),
        ("[(('a', 'a'), '<f4')]", 0),
        ("[('a', 'x')]", 7),
        ("[('a', '<f4', (-1,))]", 14),
        ("[('a', '<f4', (2147483648, 0))]", 14),
        ("[('a', '|S0', (2,))]", 14),
        ("[('a', '|V2147483647'), ('b', '|b1')]", 24),
        ("[(b'a', '<f4')]", 2),
        ("[(1, '<f4')]", 2),
        ("[('a',)]", 6),
        ("['ab']", 1),
        ("[('a')]", 1),
        ("['a', '<f4']", 1),
        ("[('a' '<f4')]", 1),
        ("[('a', '<f4'),,]", 14),
        ("[('a', '<f4')", 13),
    ] {
        let error = from_literal(text).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(offset)), "{text}: {error}");
    }
}

#[test]
fn records_without_a_descr() {
    let field = |offset| (DType::native(Scalar::U8), offset);
    let record = |fields: [(DType, usize); 2]| {
        let [(a, at_a), (b, at_b)] = fields;
        DType::from(
            RecordType::builder()
                .field_at("a", Some("t".into()), a, at_a)
                .field_at("b", None, b, at_b)
                .build()
                .unwrap(),
        )
    };
    for (record, text) in [
        (
            record([field(1), field(0)]),
            "{'names': ['a', 'b'], 'formats': ['|u1', '|u1'], 'offsets': [1, 0], 'titles': ['t', None], 'itemsize': 2}",
        ),
        (
            record([field(0), field(0)]),
            "{'names': ['a', 'b'], 'formats': ['|u1', '|u1'], 'offsets': [0, 0], 'titles': ['t', None], 'itemsize': 1}",
        ),
    ] {
        assert_eq!(record.descr().unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(record.to_string(), text);
        assert_eq!(text.parse::<DType>().unwrap(), record);
        let outer = DType::from(RecordType::builder().field("r", record).build().unwrap());
        assert_eq!(outer.to_string().parse::<DType>().unwrap(), outer);
        assert!(outer.descr().is_err());
    }
}

#[test]
fn bfloat16_and_texts_of_any_length() {
    let bf16 = DType::scalar(Scalar::BF16, ByteOrder::Big);
    assert_eq!(bf16.descr().unwrap(), "'>V2'");
    let record = DType::from(RecordType::builder().field("a", bf16).build().unwrap());
    assert_eq!(
        (record.descr().unwrap(), record.to_string()),
        ("[('a', '>V2')]".into(), "[('a', '>bfloat16')]".into())
    );
    assert_eq!(DType::Utf8.descr().unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!("utf8".parse::<DType>().unwrap(), DType::Utf8);
    let field = RecordType::builder().field("a", DType::Utf8).build().unwrap_err();
    assert_eq!(field.to_string(), "field 'a': variable-length strings can't be parts of an item");
    assert!(SubArray::new(DType::Utf8, &[2]).is_err());
    for text in
        ["utf8,i4", "3utf8", "[('a', 'utf8')]", "('utf8', (2,))", "{'names': ['a'], 'formats': ['utf8']}"]
    {
        assert!(text.parse::<DType>().is_err(), "{text}");
    }
}

#[test]
fn a_void_without_a_name_is_not_taken_for_a_hole() {
    let record = DType::from(RecordType::builder().field("", DType::Void(4)).build().unwrap());
    assert_eq!(record.descr().unwrap(), "[('', '|V4')]");
    assert!(record.to_string().starts_with("{'names': ['']"));
    assert_eq!(record.to_string().parse::<DType>().unwrap(), record);
}

#[test]
fn dictionaries_are_read_as_numpy_reads_them() {
    for (text, same) in [
        ("{'names': ['a', 'b'], 'formats': ['|i1', '<f8']}", "[('a', '|i1'), ('b', '<f8')]"),
        (
            "{'names': ['a', 'b'], 'formats': ['|i1', '<f8'], 'aligned': True}",
            "[('a', '|i1'), ('', '|V7'), ('b', '<f8')]",
        ),
        ("{'names': [], 'formats': [], 'itemsize': 4}", "[('', '|V4')]"),
    ] {
        assert_eq!(text.parse::<DType>().unwrap(), same.parse::<DType>().unwrap(), "{text}");
    }
    for text in [
        "{'names': ['a'], 'formats': []}",
        "{'names': ['a'], 'formats': ['|i1'], 'offsets': []x}",
        "{'names': ['a'], 'formats': ['|i1'], 'itemsize': 0}",
        "{'names': ['a'], 'formats': ['|i1'], 'offsets': [-1]}",
        "{'name': ['a']}",
    ] {
        assert!(text.parse::<DType>().is_err(), "{text}");
    }
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| format!("{}'<f4'{}", "[('a', ".repeat(depth), ")]".repeat(depth));
    assert!(from_literal(&nested(100)).is_ok());
    assert_eq!(from_literal(&nested(101)).unwrap_err().kind(), ErrorKind::LimitExceeded);
    assert_eq!(from_literal(&"(".repeat(1_000_000)).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

fn order() -> impl Strategy<Value = ByteOrder> {
    prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)]
}

fn unit() -> impl Strategy<Value = TimeUnit> {
    let of = |(base, count)| TimeUnit::Of(base, count);
    prop_oneof![
        Just(TimeUnit::Generic),
        (proptest::sample::select(&TimeBase::ALL[..]), 1u32..=2_147_483_647).prop_map(of)
    ]
}

fn simple() -> impl Strategy<Value = DType> {
    prop_oneof![
        4 => (proptest::sample::select(&Scalar::ALL[..]), order()).prop_map(|(kind, order)| DType::Scalar(kind, order)),
        1 => (0usize..100).prop_map(DType::Bytes),
        1 => (0usize..100).prop_map(DType::Void),
        1 => (0usize..100, order()).prop_map(|(length, order)| DType::Unicode(length, order)),
        1 => (unit(), order()).prop_map(|(unit, order)| DType::DateTime(unit, order)),
        1 => (unit(), order()).prop_map(|(unit, order)| DType::TimeDelta(unit, order)),
        1 => Just(DType::Object),
    ]
}

/// A record whose fields have gaps of any size before them, negative ones too where they fit.
fn record(inner: impl Strategy<Value = DType> + Clone) -> impl Strategy<Value = DType> {
    let field = ("[a-cé'\\\\\n]{0,3}", proptest::option::of("[t-v]{1,2}"), inner, -8isize..8);
    let all = (proptest::collection::vec(field, 0..5), 0usize..8, proptest::bool::ANY);
    all.prop_filter_map("names differ", |(fields, tail, is_aligned)| {
        let (mut builder, mut end, mut furthest) = (RecordType::builder(), 0usize, 0usize);
        if is_aligned {
            builder = builder.aligned();
        }
        for (name, title, dtype, gap) in fields {
            let offset = end.saturating_add_signed(gap.max(if gap % 3 == 0 { gap } else { 0 }));
            end = offset + dtype.itemsize();
            furthest = furthest.max(end);
            builder = builder.field_at(name, title, dtype, offset);
        }
        builder.itemsize(furthest + tail).build().ok().map(DType::from)
    })
}

fn any_dtype() -> impl Strategy<Value = DType> {
    simple().prop_recursive(4, 24, 4, |inner| {
        let sub = (inner.clone(), proptest::collection::vec(0usize..4, 1..3))
            .prop_filter("a sub-array of nothing", |(base, _)| base.itemsize() > 0)
            .prop_map(|(base, shape)| DType::from(SubArray::new(base, &shape).unwrap()));
        prop_oneof![record(inner), sub]
    })
}

/// All that a dtype is, for what equality leaves out.
fn flags(dtype: &DType) -> Vec<(bool, usize)> {
    match dtype {
        DType::Record(record) => {
            let own = [(record.is_aligned(), record.alignment())];
            own.into_iter().chain(record.fields().iter().flat_map(|field| flags(field.dtype()))).collect()
        }
        DType::SubArray(sub) => flags(sub.base()),
        _ => Vec::new(),
    }
}

#[test]
fn what_python_makes_of_a_dtype_has_its_alignment_and_its_holes() {
    for text in [
        "<f4",
        "('<f4', (2,))",
        "[('a', '<i4'), ('b', '|V4')]",
        "[('p', [('x', '<f4'), ('y', '<f4')]), ('grid', '<i2', (2, 3))]",
        "{'names': ['a', 'b'], 'formats': ['|i1', '<f8'], 'offsets': [0, 8], 'itemsize': 16, 'aligned': True}",
        "{'names': ['a'], 'formats': ['<f8'], 'offsets': [0], 'itemsize': 8, 'aligned': True}",
        "{'names': ['a', 'b'], 'formats': ['<i4', '|u1'], 'offsets': [4, 1], 'itemsize': 12}",
        "{'names': ['', 'b'], 'formats': ['|V2', '|u1'], 'offsets': [0, 4], 'titles': ['t', None], 'itemsize': 5}",
        "[('in', {'names': ['a'], 'formats': ['<f8'], 'offsets': [0], 'itemsize': 8, 'aligned': True}, (2,))]",
    ] {
        let dtype: DType = text.parse().unwrap();
        assert_eq!(dtype.constructor().to_string(), text);
    }
}

proptest! {
    #[test]
    fn constructors_are_read_back(dtype in any_dtype()) {
        let text = dtype.constructor().to_string();
        let read: DType = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(flags(&read), flags(&dtype), "{}", text);
        prop_assert_eq!(read, dtype, "{}", text);
    }

    #[test]
    fn printed_dtypes_are_read_back(dtype in any_dtype()) {
        let text = dtype.to_string();
        let read: DType = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(read, dtype, "{}", text);
    }

    #[test]
    fn descrs_are_read_back(dtype in any_dtype()) {
        if let Ok(descr) = dtype.descr() {
            let read = from_literal(&descr).map_err(|error| TestCaseError::fail(format!("{descr}: {error}")))?;
            prop_assert_eq!(read.itemsize(), dtype.itemsize());
            // NumPy's headers can't tell bfloat16 from two opaque bytes, nor these from a hole if they have no name.
            let text = dtype.to_string();
            if !text.contains("bfloat16") && !text.contains("{'names'") {
                prop_assert_eq!(read, dtype, "{}", descr);
            }
        }
    }

    #[test]
    fn no_text_panics(text in "[\\[\\](){},:'\"<>=|/fiuSUVOM0-9 abs]{0,30}") {
        let _ = text.parse::<DType>();
        let _ = from_literal(&text);
    }
}
