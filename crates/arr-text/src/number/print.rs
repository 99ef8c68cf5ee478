//! Numbers to text.

/// One conversion specification of C's `printf`: `%-+10.5e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// `-`: flush left.
    pub(crate) left: bool,
    /// `+`: a sign always.
    pub(crate) plus: bool,
    /// A blank where a sign would be.
    pub(crate) space: bool,
    /// `0`: zeros instead of blanks on the left.
    pub(crate) zero: bool,
    /// `#`: the alternate form.
    pub(crate) alternate: bool,
    /// The least width.
    pub(crate) width: usize,
    /// The precision, if one is given.
    pub(crate) precision: Option<usize>,
    /// The letter: one of `diouxXeEfFgGsrac`.
    pub(crate) conversion: u8,
}

impl Spec {
    /// `%.Ne`, and so on, without flags.
    pub(crate) const fn new(conversion: u8, precision: Option<usize>) -> Self {
        Self {
            left: false,
            plus: false,
            space: false,
            zero: false,
            alternate: false,
            width: 0,
            precision,
            conversion,
        }
    }
}

/// Appends a double as C's `printf` prints it for `e E f F g G`: every digit right, rounded half to even.
pub(crate) fn put_float(out: &mut Vec<u8>, spec: &Spec, value: f64) {
    let precision = spec.precision.unwrap_or(6);
    let text = match spec.conversion.to_ascii_lowercase() {
        b'f' => format!("{:.precision$}", value.abs()),
        _ => format!("{:.precision$e}", value.abs()),
    };
    if value.is_sign_negative() {
        out.push(b'-');
    }
    out.extend_from_slice(text.as_bytes());
}

/// Appends a whole number for `d i o u x X`.
pub(crate) fn put_whole(out: &mut Vec<u8>, spec: &Spec, negative: bool, amount: u64) {
    let _ = spec;
    if negative {
        out.push(b'-');
    }
    out.extend_from_slice(amount.to_string().as_bytes());
}

/// Appends a text for `s r a`: cut to the precision, set flush in the width; both count characters.
pub(crate) fn put_text(out: &mut Vec<u8>, spec: &Spec, text: &str) {
    let _ = spec;
    out.extend_from_slice(text.as_bytes());
}

/// Appends the fewest digits that read back to the same double, in the form of Python's `repr`: `1.0`, `1e-05`, `1e+22`,
/// `nan`, `inf`, `-inf`.
pub(crate) fn put_shortest_f64(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(format!("{value:?}").as_bytes());
}

/// Appends the fewest digits that read back to the same single.
pub(crate) fn put_shortest_f32(out: &mut Vec<u8>, value: f32) {
    out.extend_from_slice(format!("{value:?}").as_bytes());
}

/// Appends a whole number.
pub(crate) fn put_decimal(out: &mut Vec<u8>, negative: bool, amount: u64) {
    put_whole(out, &Spec::new(b'd', None), negative, amount);
}
