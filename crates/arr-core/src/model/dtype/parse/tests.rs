use super::*;
use crate::{ErrorKind, TimeBase, TimeUnit};

fn shown(text: &str) -> String {
    text.parse::<DType>().unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

/// The machine's own byte order, in the answers below `<`.
fn native(answer: &str) -> String {
    answer.replace('<', &ByteOrder::NATIVE.symbol().to_string())
}

#[test]
fn codes_and_names() {
    for (text, answer) in [
        ("?", "|b1"),
        ("b", "|i1"),
        ("B", "|u1"),
        ("h", "<i2"),
        ("H", "<u2"),
        ("i", "<i4"),
        ("I", "<u4"),
        ("l", "<i8"),
        ("L", "<u8"),
        ("q", "<i8"),
        ("Q", "<u8"),
        ("p", "<i8"),
        ("N", "<u8"),
        ("e", "<f2"),
        ("f", "<f4"),
        ("d", "<f8"),
        ("g", "<f16"),
        ("F", "<c8"),
        ("D", "<c16"),
        ("G", "<c32"),
        ("S", "|S0"),
        ("c", "|S1"),
        ("U", "<U0"),
        ("V", "|V0"),
        ("O", "|O"),
        ("M", "<M8"),
        ("m", "<m8"),
        ("bool", "|b1"),
        ("int", "<i8"),
        ("intc", "<i4"),
        ("long", "<i8"),
        ("longdouble", "<f16"),
        ("clongdouble", "<c32"),
        ("half", "<f2"),
        ("float", "<f8"),
        ("complex", "<c16"),
        ("str", "<U0"),
        ("bytes", "|S0"),
        ("void", "|V0"),
        ("object", "|O"),
        ("datetime64[ns]", "<M8[ns]"),
        ("timedelta64", "<m8"),
        ("bfloat16", "<bfloat16"),
        ("utf8", "utf8"),
        ("float96", "<f12"),
        ("O4", "|O"),
        ("|i4", "<i4"),
        ("=U5", "<U5"),
        ("S+05", "|S5"),
        ("V2147483647", "|V2147483647"),
    ] {
        assert_eq!(shown(text), native(answer), "{text}");
    }
    for text in ["<f4", ">f4", ">U3", "|S5", "|V4", "|b1", ">M8[25s]", "<m8", ">bfloat16", "<f12", ">c24"] {
        assert_eq!(shown(text), text);
    }
    assert_eq!(shown(">b1"), "|b1");
}

#[test]
fn what_names_no_dtype() {
    for text in [
        "",
        "<",
        "x",
        "T",
        "f1",
        "i3",
        "b2",
        "M4",
        "<float32",
        " f4",
        "f4 ",
        "<<f4",
        "S-1",
        "S1_0",
        "S2147483648",
        "S99999999999999999999999",
        "U536870912",
        "f4\0",
        "é",
        "fé",
        "<utf8",
        "Float64",
        "int0",
        "string",
        "M8[",
        "M8[]",
        "M8[0s]",
        "M8[-1s]",
        "M8[2147483648s]",
        "M8[1 s]",
        "M8[s]x",
        "M8[B]",
        "M8[s/0]",
        "M8[s/]",
        "M8[s/7]",
        "M8[generic/2]",
        "M8[2147483647s/2]",
        ",f4",
        "f4,,f8",
        "f4;f8",
        "4",
        "02f4",
        "(2)f4",
        "f4(2)",
        "(2,3",
        "<2>f4",
        "(2,)S",
        "4294967296f4",
        "f4,'a'",
    ] {
        let error = text.parse::<DType>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}: {error}");
    }
    let error = "bogus".parse::<DType>().unwrap_err();
    assert_eq!(error.to_string(), "'bogus' is not a dtype");
}

#[test]
fn units_of_time() {
    let unit = |text: &str| match text.parse::<DType>().unwrap() {
        DType::DateTime(unit, _) | DType::TimeDelta(unit, _) => unit,
        other => panic!("{other}"),
    };
    assert_eq!(unit("M8[25s]"), TimeUnit::Of(TimeBase::Second, 25));
    assert_eq!(unit("m8[μs]"), TimeUnit::Of(TimeBase::Microsecond, 1));
    assert_eq!(unit("M8[2147483647as]"), TimeUnit::Of(TimeBase::Attosecond, 2_147_483_647));
    assert_eq!(unit("M8[3generic]"), TimeUnit::Generic);
    for (text, answer) in [
        ("s/100", "[10ms]"),
        ("25s/100", "[250ms]"),
        ("Y/12", "[M]"),
        ("Y/52", "[W]"),
        ("Y/365", "[D]"),
        ("M/4", "[W]"),
        ("W/7", "[D]"),
        ("D/24", "[h]"),
        ("m/120", "[500ms]"),
        ("fs/1000", "[as]"),
        ("s/1000000", "[us]"),
    ] {
        assert_eq!(unit(&format!("M8[{text}]")).to_string(), answer, "{text}");
    }
}

#[test]
fn comma_strings() {
    for (text, answer) in [
        ("f4,", "[('f0', '<f4')]"),
        ("i4, (2,3)f8", "[('f0', '<i4'), ('f1', '<f8', (2, 3))]"),
        ("2f8,>i4", "[('f0', '<f8', (2,)), ('f1', '>i4')]"),
        ("(2,3)f8", "('<f8', (2, 3))"),
        ("( 2 , 3 ) f8", "('<f8', (2, 3))"),
        ("2,3f8", "('<f8', (2, 3))"),
        ("()f8", "<f8"),
        ("3S5", "('|S5', (3,))"),
        ("3S", "|S3"),
        ("float32,M8[25s]", "[('f0', '<f4'), ('f1', '<M8[25s]')]"),
        ("f4,<", "[('f0', '<f4')]"),
    ] {
        if cfg!(target_endian = "little") {
            assert_eq!(shown(text), answer, "{text}");
        }
    }
}

#[test]
fn a_long_record_string_is_read_in_linear_time() {
    let text = "f4,".repeat(100_000);
    assert_eq!(text.parse::<DType>().unwrap().itemsize(), 400_000);
}
