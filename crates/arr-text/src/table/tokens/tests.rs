//! Rows as fields.

use super::*;

fn rows(dialect: &Dialect, text: &str) -> Vec<Vec<String>> {
    let (mut fields, mut from, mut rows) = (Fields::default(), 0, Vec::new());
    while from < text.len() {
        let ended = fields.cut(dialect, text.as_bytes(), from);
        assert!(ended.end > from);
        from = ended.end;
        let field = |place| String::from_utf8(fields.get(text.as_bytes(), place).unwrap().to_vec()).unwrap();
        rows.push((0..fields.len()).map(field).collect());
    }
    rows
}

fn quoted(delimiter: Option<char>) -> Dialect {
    Dialect { delimiter, quote: Some('"'), ..Dialect::text() }
}

#[test]
fn white_space_separates() {
    let dialect = Dialect::text();
    assert_eq!(rows(&dialect, " 1  2\t3 \n"), [["1", "2", "3"]]);
    assert_eq!(rows(&dialect, "1\u{a0}2\u{2003}é\u{b}3\u{1c}4"), [["1", "2", "é", "3", "4"]]);
    assert_eq!(rows(&dialect, "1 # 2\n# 3\n  \n2#\n"), [vec!["1"], vec![], vec![], vec!["2"]]);
    assert_eq!(rows(&dialect, "1\r2\r\n3\n\n4"), [vec!["1"], vec!["2"], vec!["3"], vec![], vec!["4"]]);
}

#[test]
fn a_delimiter_separates() {
    let dialect = Dialect { delimiter: Some(','), ..Dialect::text() };
    assert_eq!(
        rows(&dialect, "1, 2,,\n\n \n,\n1,#"),
        [vec!["1", " 2", "", ""], vec![], vec![" "], vec!["", ""], vec!["1", ""]]
    );
    let dialect = Dialect { delimiter: Some('é'), ..Dialect::text() };
    assert_eq!(rows(&dialect, "1é2è3"), [["1", "2è3"]]);
}

#[test]
fn quotes_count_where_a_field_begins() {
    let dialect = quoted(Some(','));
    assert_eq!(rows(&dialect, "\"a,b\"\"c#\nd\",x\"y,\"c\"d # x"), [["a,b\"c#\nd", "x\"y", "cd "]]);
    assert_eq!(rows(&dialect, " \"a\",\"b\r\nc\""), [[" \"a\"", "b\nc"]]);
    assert_eq!(rows(&dialect, "\"\"\n"), [[""]]);
    // The quirk of NumPy.
    assert_eq!(rows(&quoted(None), "\"x\" 1 # c\n"), [["x", "1", ""]]);
    assert_eq!(rows(&quoted(None), "\"x\" 1\n"), [["x", "1"]]);
    assert_eq!(rows(&quoted(None), "1 \"x\" \n"), [["1", "x"]]);
    assert_eq!(rows(&quoted(None), "1 \"x y"), [["1", "x y"]]);
}

#[test]
fn several_comments_cut_one_after_another() {
    let with = |several: &[&str]| {
        let several: Vec<_> = several.iter().map(|text| (*text).to_owned()).collect();
        Dialect { comments: Comments::of(&several).unwrap(), ..Dialect::text() }
    };
    assert_eq!(rows(&with(&["#", "//"]), "1 // 2 # 3\r\n# 2\n3 # //\n"), [vec!["1"], vec![], vec!["3"]]);
    assert_eq!(rows(&with(&["#", "a#"]), "1 a# 2"), [["1", "a"]]);
}

#[test]
fn csv_keeps_line_ends_in_quotes_and_skips_blank_lines() {
    assert_eq!(rows(&Dialect::csv(','), "\"a\r\nb\",1\n  \n\"\"\n"), [vec!["a\r\nb", "1"], vec![], vec![""]]);
    assert_eq!(rows(&Dialect::csv('\t'), "\t\n \n"), [vec!["", ""], vec![]]);
}
