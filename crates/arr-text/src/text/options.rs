//! The options of text, by the names of NumPy's parameters.

use arr_core::format::{OptionInfo, OptionKind, Side};

const fn text(name: &'static str, value: &'static str, side: Side, help: &'static str) -> OptionInfo {
    OptionInfo { value, ..OptionInfo::new(name, OptionKind::Text, side, help) }
}

const fn count(name: &'static str, help: &'static str) -> OptionInfo {
    OptionInfo { value: "N", ..OptionInfo::new(name, OptionKind::Integer(0, i64::MAX), Side::Reading, help) }
}

const fn flag(name: &'static str, help: &'static str) -> OptionInfo {
    OptionInfo::new(name, OptionKind::Flag, Side::Reading, help)
}

const fn on(name: &'static str, help: &'static str) -> OptionInfo {
    OptionInfo { default: "true", ..flag(name, help) }
}

/// Every option of `text`. Those that `csv` and `tsv` have are among them.
pub(crate) const TEXT: &[OptionInfo] = &[
    text(
        "dtype",
        "DTYPE",
        Side::Reading,
        "Read values as this dtype: a type string, a list of fields, or null for what they look like",
    ),
    text("delimiter", "TEXT", Side::Both, "What stands between two columns; white space unless set"),
    text("comments", "TEXT", Side::Both, "What begins a comment"),
    text("encoding", "NAME", Side::Both, "The encoding of the text; UTF-8 unless set"),
    text("usecols", "LIST", Side::Reading, "Read these columns, counted from 0"),
    count("skiprows", "Leave out the first N lines"),
    OptionInfo {
        value: "N",
        ..OptionInfo::new(
            "max-rows",
            OptionKind::Integer(0, i64::MAX),
            Side::Reading,
            "Read no more than N rows",
        )
    },
    text("quotechar", "CHAR", Side::Reading, "The character that quotes a field"),
    OptionInfo {
        value: "N",
        ..OptionInfo::new("ndmin", OptionKind::Integer(0, 2), Side::Reading, "The least number of dimensions")
    },
    flag("unpack", "Transpose the array"),
    text("decimal", "CHAR", Side::Reading, "The decimal point"),
    text("thousands", "CHAR", Side::Reading, "What groups thousands"),
    OptionInfo {
        value: "KIND",
        ..OptionInfo::new(
            "exponents",
            OptionKind::Choice(&["fortran"]),
            Side::Reading,
            "Read exponents as Fortran writes them",
        )
    },
    flag("fill", "Fill rows that are too short with the filling value"),
    flag("genfromtxt", "Read by the rules of numpy.genfromtxt"),
    count("skip-header", "Leave out the first N lines (genfromtxt)"),
    count("skip-footer", "Leave out the last N lines (genfromtxt)"),
    text("missing-values", "LIST", Side::Reading, "What stands for a missing value"),
    text("filling-values", "LIST", Side::Reading, "What is read in place of a missing value"),
    OptionInfo {
        bare: "true",
        ..text("names", "LIST", Side::Reading, "The names of the fields; bare, they are in the first line")
    },
    text("excludelist", "LIST", Side::Reading, "Names that get an underscore"),
    text("deletechars", "CHARS", Side::Reading, "Characters that names lose"),
    text("defaultfmt", "TEXT", Side::Reading, "How fields without a name are called"),
    text("replace-space", "CHAR", Side::Reading, "What replaces blanks in names"),
    flag("autostrip", "Strip blanks off fields"),
    OptionInfo {
        value: "CASE",
        ..OptionInfo::new(
            "case-sensitive",
            OptionKind::Choice(&["true", "false", "upper", "lower"]),
            Side::Reading,
            "What becomes of the case of names",
        )
    },
    on("loose", "Read what can't be converted as missing"),
    on("invalid-raise", "Refuse rows with another number of columns"),
    text("fmt", "FORMAT", Side::Writing, "How values are printed, as in C's printf; exact unless set"),
    text("newline", "TEXT", Side::Writing, "What ends a line, such as \\r\\n"),
    text("header", "TEXT", Side::Writing, "A comment before the first row"),
    text("footer", "TEXT", Side::Writing, "A comment behind the last row"),
];

/// The option of that name, which there is.
pub(crate) const fn named(name: &str) -> OptionInfo {
    let mut place = 0;
    while place < TEXT.len() {
        if is_same(TEXT[place].name, name) {
            return TEXT[place];
        }
        place += 1;
    }
    TEXT[0]
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut place = 0;
    while place < one.len() && place < other.len() {
        if one[place] != other[place] {
            return false;
        }
        place += 1;
    }
    one.len() == other.len()
}
