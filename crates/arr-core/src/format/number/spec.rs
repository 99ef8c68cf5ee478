//! One conversion specification of `printf`, with the grammar of Python's `%` operator.

/// One conversion specification of C's `printf`: `%-+10.5e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own, in any combination")]
pub struct Spec {
    /// `-`: flush left.
    pub left: bool,
    /// `+`: a sign always.
    pub plus: bool,
    /// A blank where a sign would be.
    pub space: bool,
    /// `0`: zeros instead of blanks on the left.
    pub zero: bool,
    /// `#`: the alternate form.
    pub alternate: bool,
    /// The least width.
    pub width: usize,
    /// The precision, if one is given.
    pub precision: Option<usize>,
    /// The letter: one of `diouxXeEfFgGsrac`.
    pub conversion: u8,
}

/// Why a text does not begin with a conversion specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadSpec {
    /// It ends before the letter.
    Incomplete,
    /// There is no such conversion: the character, and its place in the text in bytes.
    Letter(char, usize),
    /// `%(name)d`: there are no names to choose from.
    Name,
    /// `*`: the width or the precision would be a value.
    Star,
    /// The width is above that of any text.
    Width,
    /// The precision is above that of any number.
    Precision,
}

impl std::fmt::Display for BadSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Incomplete => f.write_str("the format ends before the letter of its conversion"),
            Self::Letter(letter, at) => {
                write!(f, "unsupported format character {letter:?} at byte {at}: use one of diouxXeEfFgGsrac")
            }
            Self::Name => f.write_str("a format may not choose a value by name, as '%(name)d' does"),
            Self::Star => {
                f.write_str("a format may not take its width or precision from a value, as '%*d' does")
            }
            Self::Width => f.write_str("the width is too large"),
            Self::Precision => f.write_str("the precision is too large"),
        }
    }
}

impl Spec {
    /// `%.Ne`, and so on, without flags.
    pub const fn new(conversion: u8, precision: Option<usize>) -> Self {
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

    /// Reads the specification at the front of a text, which begins with `%`: the specification, and the bytes that it
    /// takes. The grammar is Python's: flags in any order and number, a width, a point and a precision (none is 0), one of
    /// `h`, `l` and `L`, which means nothing, and the letter. `%%` is no specification, but a letter of the text.
    pub fn parse(text: &str) -> Result<(Self, usize), BadSpec> {
        let mut spec = Self::new(b's', None);
        let mut rest = text.strip_prefix('%').ok_or(BadSpec::Incomplete)?;
        if rest.starts_with('(') {
            return Err(BadSpec::Name);
        }
        while let Some(flag) = rest.as_bytes().first() {
            match flag {
                b'-' => spec.left = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'0' => spec.zero = true,
                b'#' => spec.alternate = true,
                _ => break,
            }
            rest = &rest[1..];
        }
        (spec.width, rest) = number(rest, isize::MAX.unsigned_abs())?.ok_or(BadSpec::Width)?;
        if let Some(behind) = rest.strip_prefix('.') {
            let (precision, behind) =
                number(behind, i32::MAX.unsigned_abs() as usize)?.ok_or(BadSpec::Precision)?;
            (spec.precision, rest) = (Some(precision), behind);
        }
        rest = rest.strip_prefix(['h', 'l', 'L']).unwrap_or(rest);
        let at = text.len() - rest.len();
        match rest.chars().next() {
            None => Err(BadSpec::Incomplete),
            Some(letter) if letter.is_ascii() && b"diouxXeEfFgGsrac".contains(&(letter as u8)) => {
                spec.conversion = letter as u8;
                Ok((spec, at + 1))
            }
            Some(letter) => Err(BadSpec::Letter(letter, at)),
        }
    }

    /// Whether the letter asks for a whole number.
    pub const fn is_whole(&self) -> bool {
        matches!(self.conversion, b'd' | b'i' | b'o' | b'u' | b'x' | b'X')
    }
}

/// The whole number at the front of a text, zero if there is none, and what is behind it; `None` if it is above `most`. A
/// `*` instead of it is refused.
fn number(text: &str, most: usize) -> Result<Option<(usize, &str)>, BadSpec> {
    if text.starts_with('*') {
        return Err(BadSpec::Star);
    }
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(end);
    let amount = digits.bytes().try_fold(0usize, |amount, digit| {
        amount.checked_mul(10)?.checked_add(usize::from(digit - b'0')).filter(|amount| *amount <= most)
    });
    Ok(amount.map(|amount| (amount, rest)))
}
