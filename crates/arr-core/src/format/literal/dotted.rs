//! Names of Python with dots in them.

/// What is behind the names of a module and of something in it, each on a line of its own: `numpy.core`, `multiarray`. Nothing
/// where they are no names.
///
/// ```
/// use arr_core::format::literal::names_class;
/// assert_eq!(names_class(b"numpy.core\nndarray\n(1"), Some(&b"(1"[..]));
/// assert_eq!(names_class(b"two words\nx\n"), None);
/// ```
#[must_use]
pub fn names_class(text: &[u8]) -> Option<&[u8]> {
    let mut lines = text.splitn(3, |byte| *byte == b'\n');
    let part = |part: &[u8]| {
        part.first().is_some_and(|first| !first.is_ascii_digit())
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let is_name = |name: &[u8]| name.split(|byte| *byte == b'.').all(part);
    let (module, name) = (lines.next()?, lines.next()?);
    lines.next().filter(|_| is_name(module) && is_name(name))
}
