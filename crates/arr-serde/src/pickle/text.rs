//! Texts of protocol 0, whose lines escape what is not ASCII, and other conversions of text and bytes.

use arr_core::format::room::{no_memory, reserved};
use arr_core::{Error, Result, Value};

/// The most digits of a whole number: to read and print more takes time that grows with their square.
pub(super) const MOST_DIGITS: usize = 300_000;

/// The most bytes of a whole number: as many as that many digits.
pub(super) const MOST_INT_BYTES: u64 = 128 << 10;

/// The whole number of a line, as Python writes it. What it reads besides means one number to one of its versions and
/// another, or a truth, to the next: leading zeros, a plus, space in front.
pub(super) fn int(line: &[u8]) -> Result<Value> {
    let bad = || Error::malformed("a line is not a whole number");
    let digits = std::str::from_utf8(line).map_err(|_| bad())?.trim_end();
    if matches!(digits.strip_prefix('-').unwrap_or(digits).as_bytes(), [b'0', _, ..] | [b'+' | b' ', ..]) {
        return Err(other_int());
    }
    if digits.len() > MOST_DIGITS {
        return Err(too_long(digits.len() as u64, "digits", MOST_DIGITS as u64));
    }
    Value::from_decimal(digits).map_err(|_| bad())
}

#[cold]
pub(super) fn other_int() -> Error {
    Error::malformed(
        "a line is a whole number that Python does not write, and does not always read as the same",
    )
}

#[cold]
pub(super) fn too_long(count: u64, what: &str, most: u64) -> Error {
    Error::limit(format!("a whole number of {count} {what} is longer than the {most} that are read"))
}

/// The float of a line.
pub(super) fn float(line: &[u8]) -> Result<Value> {
    let text = std::str::from_utf8(line).ok().map(str::trim);
    let float = text.and_then(|text| text.parse::<f64>().ok());
    let is_word = text.is_some_and(|text| !text.bytes().any(|byte| byte.is_ascii_digit()));
    if float.is_some_and(f64::is_infinite) && !is_word {
        return Err(Error::malformed("a float of a line is larger than any is"));
    }
    float.map(Value::Float).ok_or_else(|| Error::malformed("a line is not a float"))
}

/// The bytes of a quoted line.
pub(super) fn quoted(line: &[u8]) -> Result<Vec<u8>> {
    let bad = || Error::malformed("a string is not in quotes");
    let line = line.trim_ascii();
    let inner = match line {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        _ => return Err(bad()),
    };
    let mut bytes = reserved(inner.len())?;
    let mut rest = inner;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (escape, behind) = rest.split_first().ok_or_else(bad)?;
        rest = behind;
        let plain = match escape {
            b'\n' => continue,
            b'\\' | b'\'' | b'"' => *escape,
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'x' => {
                let split = rest.split_at_checked(2);
                let (digits, behind) =
                    split.ok_or_else(|| Error::malformed("an escape \\x has no two digits"))?;
                rest = behind;
                u8::try_from(number(digits, 16)?).map_err(|_| bad())?
            }
            b'0'..=b'7' => {
                let more = rest.iter().take(2).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
                let (digits, behind) = rest.split_at(more);
                let digits = [&[*escape], digits].concat();
                rest = behind;
                #[allow(clippy::cast_possible_truncation, reason = "Python keeps the lowest eight bits too")]
                {
                    number(&digits, 8)? as u8
                }
            }
            other => {
                bytes.push(b'\\');
                *other
            }
        };
        bytes.push(plain);
    }
    Ok(bytes)
}

fn number(digits: &[u8], radix: u32) -> Result<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'));
    let number = digits.and_then(|digits| u32::from_str_radix(digits, radix).ok());
    number.ok_or_else(|| Error::malformed("an escape has other digits than it should"))
}

/// The text of a line in Python's raw-unicode-escape: bytes are characters, and `\u` with four digits, or `\U` with eight, are
/// others. It is in UTF-8, in which a lone surrogate has three bytes, as other characters of its size.
pub(super) fn raw_unicode(line: &[u8]) -> Result<Vec<u8>> {
    let mut text = reserved(line.len())?;
    let (mut at, mut slashes, mut high) = (0, 0, None::<u32>);
    while let Some(byte) = line.get(at) {
        at += 1;
        let escape = match (byte, line.get(at)) {
            (b'\\', Some(b'u')) if slashes % 2 == 0 => Some(4),
            (b'\\', Some(b'U')) if slashes % 2 == 0 => Some(8),
            _ => None,
        };
        slashes = if *byte == b'\\' { slashes + 1 } else { 0 };
        let unit = match escape {
            None => u32::from(*byte),
            Some(count) => {
                let digits = line.get(at + 1..at + 1 + count);
                at += 1 + count;
                slashes = 0;
                number(digits.ok_or_else(|| Error::malformed("an escape of a text is cut short"))?, 16)?
            }
        };
        match (high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                push(&mut text, 0x1_0000 + ((high - 0xD800) << 10) + (unit - 0xDC00))?;
                continue;
            }
            (Some(high), _) => push(&mut text, high)?,
            (None, _) => {}
        }
        match unit {
            0xD800..=0xDBFF => high = Some(unit),
            _ => push(&mut text, unit)?,
        }
    }
    high.map_or(Ok(()), |high| push(&mut text, high))?;
    Ok(text)
}

/// Appends a character, or a surrogate.
fn push(text: &mut Vec<u8>, code: u32) -> Result<()> {
    text.try_reserve(4).map_err(no_memory)?;
    let mut bytes = [0; 4];
    match (char::from_u32(code), code) {
        (Some(letter), _) => text.extend_from_slice(letter.encode_utf8(&mut bytes).as_bytes()),
        #[allow(clippy::cast_possible_truncation, reason = "they are six bits")]
        (None, 0xD800..=0xDFFF) => {
            let low = |shift: u32| 0x80 | (code >> shift & 0x3F) as u8;
            text.extend_from_slice(&[0xED, low(6), low(0)]);
        }
        _ => return Err(Error::malformed("a text has a number beyond those of characters")),
    }
    Ok(())
}

/// A text of bytes in UTF-8.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| Error::malformed("a text is not UTF-8").with_source(error))
}

/// True when bytes are a text in UTF-8 but for lone surrogates, which Python writes as three bytes each.
pub(super) fn has_surrogates(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Err(error) = std::str::from_utf8(rest) {
        match rest.get(error.valid_up_to()..) {
            Some([0xED, 0xA0..=0xBF, 0x80..=0xBF, behind @ ..]) => rest = behind,
            _ => return false,
        }
    }
    rest.len() < bytes.len()
}

/// The text whose characters are the bytes.
pub(super) fn of_latin1(bytes: &[u8]) -> Result<String> {
    let mut text = String::new();
    let more = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    text.try_reserve_exact(bytes.len().saturating_add(more)).map_err(no_memory)?;
    text.extend(bytes.iter().map(|byte| char::from(*byte)));
    Ok(text)
}

/// The bytes whose characters are the text's; nothing when it has others.
pub(super) fn to_latin1(text: &str) -> Result<Option<Vec<u8>>> {
    let mut bytes = reserved(text.len())?;
    if text.is_ascii() {
        bytes.extend_from_slice(text.as_bytes());
        return Ok(Some(bytes));
    }
    for letter in text.chars() {
        match u8::try_from(u32::from(letter)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_protocol_0_are_read_as_python_reads_them() {
        assert_eq!(quoted(br"'a\x00\n\'\\\101\08\q'").unwrap(), b"a\x00\n'\\A\x008\\q");
        assert_eq!(quoted(b"\"it's\"").unwrap(), b"it's");
        for bad in [&b"'"[..], b"a'", b"'a", br"'\x1'", br"'\xzz'", br"'\'", b""] {
            assert!(quoted(bad).is_err(), "{bad:?}");
        }
        for (line, text) in [
            (&br"a\u00e9\\u0041\U0001F600"[..], "aé\\\\u0041😀".as_bytes()),
            (br"\ud83d\ude00", "😀".as_bytes()),
            (b"\xe9", "é".as_bytes()),
            (br"\ud83d", b"\xed\xa0\xbd"),
            (br"\ud83dx", b"\xed\xa0\xbdx"),
            (br"\ud83d\ud83d\ude00", b"\xed\xa0\xbd\xf0\x9f\x98\x80"),
            (br"caf\udce9", b"caf\xed\xb3\xa9"),
        ] {
            assert_eq!(raw_unicode(line).unwrap(), text, "{}", line.escape_ascii());
            assert_eq!(has_surrogates(text), std::str::from_utf8(text).is_err());
        }
        for other in [&b"\xed\xa0"[..], b"\xed\xa0\xbd\xff", b"\xed\xa0x", b"\xff", b"", b"a"] {
            assert!(!has_surrogates(other), "{other:?}");
        }
        for bad in [&br"\u12"[..], br"\uzzzz", br"\U00110000"] {
            assert!(raw_unicode(bad).is_err(), "{bad:?}");
        }
        assert_eq!(int(b"-12").unwrap(), (-12).into());
        assert!(int(b"0x12").is_err() && int(b"").is_err() && int(&vec![b'7'; MOST_DIGITS + 1]).is_err());
        assert_eq!((int(b"0").unwrap(), int(b"1\r").unwrap()), (0.into(), 1.into()));
        for two in [&b"010"[..], b"001", b"00", b"-01", b"+1", b" 1", b"1_0", b"1L"] {
            assert!(int(two).is_err(), "{two:?}");
        }
        assert_eq!(float(b"-inf").unwrap(), f64::NEG_INFINITY.into());
        assert!(float(b"1e400").is_err() && float(b"1e308").is_ok());
        assert_eq!(
            to_latin1(&of_latin1(b"\x00\x7f\x80\xff").unwrap()).unwrap().unwrap(),
            b"\x00\x7f\x80\xff"
        );
        assert_eq!(to_latin1("€").unwrap(), None);
    }
}
