//! Numbers of places as floats and back.

/// A number of places as a float.
#[allow(clippy::cast_precision_loss, reason = "a picture has few places")]
pub fn float(count: usize) -> f64 {
    count as f64
}

/// The whole part of a float, 0 for what is below or no number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub fn whole(value: f64) -> usize {
    value as usize
}

/// The nearest byte, 0 for what is below or no number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub fn byte(value: f64) -> u8 {
    value.round() as u8
}

/// The nearest tick of time.
#[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
pub fn tick(value: f64) -> i64 {
    value.round() as i64
}

/// A tick of time as a float.
#[allow(clippy::cast_precision_loss, reason = "a picture shows no more digits")]
pub fn of_tick(value: i64) -> f64 {
    value as f64
}

/// In which of `places` a thing is that is the one of that index of `count` things: `index * places / count`.
pub fn place(index: usize, places: usize, count: usize) -> usize {
    let count = count.max(1);
    match index.checked_mul(places) {
        Some(product) => product / count,
        None => {
            let place = index as u128 * places as u128 / count as u128;
            usize::try_from(place).unwrap_or(usize::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_saturate() {
        assert_eq!([whole(-1.0), whole(f64::NAN), whole(2.9)], [0, 0, 2]);
        assert_eq!([byte(-3.0), byte(254.6), byte(1e9)], [0, 255, 255]);
        assert_eq!([place(0, 10, 3), place(2, 10, 3), place(usize::MAX - 1, 10, usize::MAX)], [0, 6, 9]);
    }
}
