//! Dates and times: the bytes in which Python's `datetime` keeps them.

/// The numbers that the class of a date, a time or both takes for the bytes of its state; nothing when they are another
/// form, or have more to say than these numbers do (which of two equal hours it is).
pub(super) fn numbers(bytes: &[u8]) -> Option<Vec<i64>> {
    let year = |high: u8, low: u8| i64::from(u16::from_be_bytes([high, low]));
    let micro = |a: u8, b: u8, c: u8| i64::from(u32::from_be_bytes([0, a, b, c]));
    let numbers = match *bytes {
        [high, low, month, day] => vec![year(high, low), month.into(), day.into()],
        [hour, minute, second, a, b, c] => vec![hour.into(), minute.into(), second.into(), micro(a, b, c)],
        [high, low, month, day, hour, minute, second, a, b, c] => vec![
            year(high, low),
            month.into(),
            day.into(),
            hour.into(),
            minute.into(),
            second.into(),
            micro(a, b, c),
        ],
        _ => return None,
    };
    let is_usual = match *bytes {
        [_, _, month, ..] if bytes.len() != 6 => (1..=12).contains(&month),
        [hour, ..] => hour < 24,
        [] => false,
    };
    is_usual.then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn bytes_are_the_numbers_of_dates_and_times() {
        assert_eq!(numbers(b"\x07\xe8\x02\x1d").unwrap(), [2024, 2, 29]);
        assert_eq!(numbers(b"\x17\x3b\x01\x00\x00\x07").unwrap(), [23, 59, 1, 7]);
        assert_eq!(
            numbers(b"\x07\xe8\x02\x1d\x17\x3b\x01\x01\x00\x00").unwrap(),
            [2024, 2, 29, 23, 59, 1, 65536]
        );
        // The second of two equal hours, and what is no date.
        assert_eq!(numbers(b"\x07\xe8\x82\x1d\x17\x3b\x01\x01\x00\x00"), None);
        assert_eq!(numbers(b"\x97\x3b\x01\x00\x00\x07"), None);
        assert_eq!(numbers(b"abc"), None);
    }
}
