//! What Java 17 answers to the same texts and numbers.

use super::*;

const REFUSED: &str = "refused";

/// A text, and the bits of the double and of the single that it is.
const READ: &[(&str, &str)] = &[
    ("1f", "3ff0000000000000 3f800000"),
    ("2d", "4000000000000000 40000000"),
    ("1F", "3ff0000000000000 3f800000"),
    ("2D", "4000000000000000 40000000"),
    ("0x1p3", "4020000000000000 41000000"),
    ("0X1.8P-2f", "3fd8000000000000 3ec00000"),
    ("0x.8p0", "3fe0000000000000 3f000000"),
    ("0x1.p1", "4000000000000000 40000000"),
    ("0x1", REFUSED),
    ("0x.p1", REFUSED),
    ("1.", "3ff0000000000000 3f800000"),
    ("  .5 ", "3fe0000000000000 3f000000"),
    (".", REFUSED),
    ("1e5", "40f86a0000000000 47c35000"),
    ("1e", REFUSED),
    ("+1", "3ff0000000000000 3f800000"),
    ("++1", REFUSED),
    ("NaN", "7ff8000000000000 7fc00000"),
    ("+NaN", "7ff8000000000000 7fc00000"),
    ("Infinity", "7ff0000000000000 7f800000"),
    ("-Infinity", "fff0000000000000 ff800000"),
    ("nanf", REFUSED),
    ("NaNf", REFUSED),
    ("1_0", REFUSED),
    ("1L", REFUSED),
    ("1e5f", "40f86a0000000000 47c35000"),
    ("1.5e+3D", "4097700000000000 44bb8000"),
    ("0x1.fffffffffffff8p0", "4000000000000000 40000000"),
    ("0x1p-1075", "0 0"),
    ("0x1.8p-1075", "1 0"),
    ("0x1p-1074", "1 0"),
    ("0x1.fffffffffffff7fffp1023", "7fefffffffffffff 7f800000"),
    ("0x1.fffffffffffff8p1023", "7ff0000000000000 7f800000"),
    ("0x1p99999999999", "7ff0000000000000 7f800000"),
    ("0x1p-99999999999", "0 0"),
    ("0x0p99999999999", "0 0"),
    ("-0x0p0", "8000000000000000 80000000"),
    ("0x1.00000000000008p0", "3ff0000000000000 3f800000"),
    ("0x1.000000000000080000000001p0", "3ff0000000000001 3f800000"),
    ("0x1.000001p0", "3ff0000010000000 3f800000"),
    ("0x1.0000010000001p0", "3ff0000010000001 3f800001"),
    ("1e400", "7ff0000000000000 7f800000"),
    ("-1e-400", "8000000000000000 80000000"),
    ("1.00000017881393432617187499", "3ff0000030000000 3f800001"),
    ("1.00000017881393432617187500", "3ff0000030000000 3f800002"),
    ("1.00000017881393432617187501", "3ff0000030000000 3f800002"),
    ("\t1\n", "3ff0000000000000 3f800000"),
    ("1 f", REFUSED),
    ("\u{a0}1", REFUSED),
    ("0x1.0p0 ", "3ff0000000000000 3f800000"),
    ("0x12345678901234567890p-4", "4472345678901234 6391a2b4"),
    ("0x1P+3", "4020000000000000 41000000"),
    ("0x1p", REFUSED),
    ("-", REFUSED),
    ("0x", REFUSED),
    ("f", REFUSED),
    ("d", REFUSED),
    ("1ff", REFUSED),
    ("1fd", REFUSED),
    ("0x1p3ff", REFUSED),
];

/// Numbers, as bits, and how they are printed.
const PRINTED: &[(u64, &str)] = &[
    (0x0, "0.0"),
    (0x8000_0000_0000_0000, "-0.0"),
    (0x3ff0_0000_0000_0000, "1.0"),
    (0x3f50_6243_162a_38e4, "9.9999E-4"),
    (0x3f50_624d_d2f1_a9fc, "0.001"),
    (0x4163_12d0_0000_0000, "1.0E7"),
    (0x4167_8c29_dccc_cccd, "1.23456789E7"),
    (0x4202_a05f_2000_0000, "1.0E10"),
    (0x3eef_7510_4d55_1d69, "1.5E-5"),
    (0x3ee4_f8b5_88e3_68f1, "1.0E-5"),
    (0x4480_f0cf_064d_d592, "1.0E22"),
    (0x40fe_2400_0000_0000, "123456.0"),
    (0x3fb9_9999_9999_999a, "0.1"),
    (0x3fb9_9999_a000_0000, "0.10000000149011612"),
    (0x7fef_ffff_ffff_ffff, "1.7976931348623157E308"),
    (0x1, "4.9E-324"),
    (0x3fd5_5555_5555_5555, "0.3333333333333333"),
    (0xc004_0000_0000_0000, "-2.5"),
    (0x4059_0000_0000_0000, "100.0"),
    (0x444b_1ae4_d6e2_ef50, "1.0E21"),
    (0x7ff8_0000_0000_0000, "NaN"),
    (0x7ff0_0000_0000_0000, "Infinity"),
    (0xfe37_e43c_8800_759c, "-1.0E300"),
    (0x3f60_624d_d2f1_a9fc, "0.002"),
    (0x4341_c379_37e0_8000, "1.0E16"),
    (0x4011_6666_6666_6666, "4.35"),
    (0x10_0000_0000_0000, "2.2250738585072014E-308"),
];

#[test]
fn numbers_are_read_as_java_reads_them() {
    for (text, wanted) in READ {
        let found = double(text.as_bytes()).zip(single(text.as_bytes()));
        let found = found.map(|(double, single)| format!("{:x} {:x}", double.to_bits(), single.to_bits()));
        assert_eq!(found.as_deref().unwrap_or(REFUSED), *wanted, "{text:?}");
    }
}

#[test]
fn words_are_read_in_any_case() {
    for text in ["inf", "INF", "infinity", "+Inf"] {
        assert_eq!(double(text.as_bytes()), Some(f64::INFINITY), "{text}");
    }
    for text in ["nan", "-NaN"] {
        assert!(single(text.as_bytes()).is_some_and(f32::is_nan), "{text}");
    }
}

#[test]
fn numbers_are_printed_as_java_prints_them() {
    for (bits, wanted) in PRINTED {
        let mut text = Vec::new();
        put_double(&mut text, f64::from_bits(*bits));
        assert_eq!(String::from_utf8(text).unwrap(), *wanted, "{bits:x}");
    }
}
