//! What is read, and what is refused.

use syn::Member;

use super::*;

fn why(text: &str) -> String {
    match Record::parse(&syn::parse_str(text).unwrap()) {
        Ok(_) => panic!("{text} is taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_no_record_is_told_why() {
    for (text, expected) in [
        ("#[repr(u8)] enum E { A { x: f32 } }", "an item has no room for one of several shapes"),
        ("#[repr(u8)] enum E { A(f32), B }", "an item has no room for one of several shapes"),
        ("enum E { A, B }", "an enum is the number of its variant: say which integer holds it"),
        (
            "#[repr(usize)] enum E { A, B }",
            "an enum is the number of its variant: say which integer holds it",
        ),
        ("#[repr(u8)] enum E { #[record(name = \"a\")] A }", "a variant is its number"),
        ("#[repr(u8)] enum E<T> { A }", "an enum without data can't have parameters"),
        ("#[repr(u8)] enum E {}", "an enum without variants has no value"),
        (
            "#[repr(u8)] #[record(pod)] enum E { A }",
            "`aligned`, `pod`, `widen` and `rename_all` are for structs",
        ),
        ("union U { x: f32, y: u32 }", "a union can't be a record"),
        ("struct S(f32, f32);", "the fields of a record need names, since they are found by name"),
        ("struct S();", "the fields of a record need names, since they are found by name"),
        ("struct S;", "the fields of a record need names, since they are found by name"),
        ("#[record(widen)] struct S(f32);", "`aligned`, `pod`, `widen` and `rename_all` are for structs"),
        ("struct S(#[record(name = \"x\")] f32);", "the field of a newtype can have a `dtype` alone"),
        ("struct S(core::option::Option<f32>);", "a newtype can't hold an `Option`"),
        ("struct S(#[record(default)] f32);", "the field of a newtype can have a `dtype` alone"),
        ("struct S { x: f32, #[record(name = \"x\")] y: f32 }", "the field name 'x' occurs more than once"),
        ("struct S { x: f32, #[record(title = \"x\")] y: f32 }", "the field name 'x' occurs more than once"),
        ("struct S { #[record(name = \"\")] x: f32 }", "a field needs a name"),
        ("struct S { #[record(other)] x: f32 }", "a field of a record can have a `name`"),
        ("#[record(other)] struct S { x: f32 }", "a record can be `aligned` or `pod`"),
        ("struct S { #[record(skip, widen)] x: f32 }", "a field that is skipped is in no file"),
        (
            "struct S { #[record(skip)] #[record(name = \"y\")] x: f32 }",
            "a field that is skipped is in no file",
        ),
        ("struct S { #[record(default = \"1 + 1\")] x: f32 }", "expected identifier"),
        ("#[record(rename_all = \"camel\")] struct S { x: f32 }", "expected one of `lowercase`, `UPPERCASE`"),
    ] {
        assert!(why(text).starts_with(expected), "{text}: {}", why(text));
    }
    for dtype in ["f4", "U", "V", "S-1", "M8[]", "M8[0s]", "M8[x]", "M8 ", "U99999999999999999999", ""] {
        let text = format!("struct S {{ #[record(dtype = \"{dtype}\")] x: String }}");
        assert!(why(&text).starts_with("expected the dtype of a string"), "{dtype}: {}", why(&text));
    }
    assert!(why("struct S { #[record(dtype = \">U4\")] x: String }").contains("byte order"));
}

#[test]
fn attributes_are_read() {
    let text = "#[repr(C, packed(2))] #[record(aligned, pod, widen, crate = \"a::b\")] struct S {
        #[record(name = \"N\", title = \"T\", dtype = \"<U12\")] r#type: String,
        #[record(dtype = \"S3\", default = \"a::b\")] bytes: String,
        #[record(skip)] hidden: Vec<u8>,
        #[record(rename = \"t\", dtype = \"=m8[25s]\", default)] time: i64,
        #[record(dtype = \"|V16\", widen)] raw: [u8; 16],
        plain: f32,
    }";
    let input = syn::parse_str(text).unwrap();
    let record = Record::parse(&input).unwrap();
    assert!(record.aligned && record.pod && record.packed && record.widens && record.path.is_some());
    let fields = record.fields();
    let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["N", "bytes", "hidden", "t", "raw", "plain"]);
    assert_eq!(fields[0].title.as_deref(), Some("T"));
    assert!(matches!(fields[0].dtype, Given::Unicode(12)));
    assert!(matches!(fields[1].dtype, Given::Bytes(3)));
    assert!(matches!(&fields[1].otherwise, Otherwise::Function(path) if path.path.segments.len() == 2));
    assert!(fields[2].is_skipped && !fields[1].is_skipped);
    assert!(matches!(&fields[3].dtype, Given::Time(name) if name == "<m8[25s]"));
    assert!(matches!(fields[3].otherwise, Otherwise::Default));
    assert!(matches!(fields[4].dtype, Given::Raw(16)) && fields[4].widens && !fields[5].widens);
    assert!(matches!(fields[5].dtype, Given::Nothing));
    assert!(matches!(fields[5].otherwise, Otherwise::Nothing));
    // Those that are in no file do not count.
    assert_eq!(fields.iter().map(|field| field.index).collect::<Vec<_>>(), [0, 1, 0, 2, 3, 4]);
}

#[test]
fn newtypes_and_numbers_are_told_apart() {
    let input = syn::parse_str("struct S<T>(#[record(skip)] T, #[record(dtype = \"U3\")] String);").unwrap();
    let record = Record::parse(&input).unwrap();
    let Shape::Newtype(fields) = &record.shape else { panic!("it is a newtype") };
    assert!(fields[0].is_skipped && matches!(&fields[1].member, Member::Unnamed(at) if at.index == 1));
    let input = syn::parse_str("#[repr(C, i16)] enum E { A = -1, r#B, C }").unwrap();
    let record = Record::parse(&input).unwrap();
    let Shape::Number(number) = &record.shape else { panic!("it is a number") };
    assert_eq!((number.repr.to_string(), number.first.to_string()), ("i16".into(), "A".into()));
    assert_eq!(number.others.len(), 2);
}

#[test]
fn names_are_put_in_other_letters() {
    for (case, expected) in [
        ("lowercase", "firstname"),
        ("UPPERCASE", "FIRSTNAME"),
        ("PascalCase", "FirstName"),
        ("camelCase", "firstName"),
        ("snake_case", "first_name"),
        ("SCREAMING_SNAKE_CASE", "FIRST_NAME"),
        ("kebab-case", "first-name"),
        ("SCREAMING-KEBAB-CASE", "FIRST-NAME"),
    ] {
        let text = format!(
            "#[record(rename_all = \"{case}\")] struct S {{ first_name: f32, #[record(name = \"as_is\")] other: f32 }}"
        );
        let input = syn::parse_str(&text).unwrap();
        let record = Record::parse(&input).unwrap();
        let names: Vec<_> = record.fields().iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, [expected, "as_is"]);
    }
}
