//! All digits of a double, however many: for precisions that one product is too short for, and for numbers halfway
//! between two roundings.

/// Digits of the double that has most of them, with those of the last block to spare.
const MOST: usize = 1_100;

/// Words of 32 bits: 1074 bits behind the point, or 1024 before it.
const WORDS: usize = 34;

/// Digits of a block.
const BLOCK: usize = 9;

/// `10^9`, of which there are nine digits in a block.
const BLOCK_VALUE: u64 = 1_000_000_000;

/// The digits of a finite number without its sign. The first is not zero; of zero there is none.
pub(super) struct Exact {
    digits: [u8; MOST],
    start: usize,
    end: usize,
    /// The power of ten of the first digit.
    power: i32,
}

impl Exact {
    /// All digits.
    pub(super) fn new(value: f64) -> Self {
        let bits = value.to_bits() & (u64::MAX >> 1);
        let (fraction, stored) = (bits & ((1 << 52) - 1), bits >> 52);
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "it has 11 bits")]
        let exponent = stored.max(1) as i32 - 1075;
        let mantissa = if stored == 0 { fraction } else { fraction | 1 << 52 };
        let mut number = Self { digits: [b'0'; MOST], start: MOST, end: MOST, power: 0 };
        if exponent >= 0 {
            number.whole(mantissa, exponent.unsigned_abs());
        } else {
            number.with_fraction(mantissa, exponent.unsigned_abs());
        }
        number
    }

    /// The digits of `mantissa * 2^shift`, from the last block to the first.
    fn whole(&mut self, mantissa: u64, shift: u32) {
        let mut words = [0u32; WORDS];
        place(&mut words, mantissa, shift);
        while let Some(length) = words.iter().rposition(|word| *word != 0).map(|last| last + 1) {
            let mut rest = 0u64;
            for word in words.iter_mut().take(length).rev() {
                let dividend = rest << 32 | u64::from(*word);
                *word = low(dividend / BLOCK_VALUE);
                rest = dividend % BLOCK_VALUE;
            }
            self.start = self.start.saturating_sub(BLOCK);
            self.put(self.start, rest);
        }
        self.power = self.count() - 1;
        self.trim();
    }

    /// The digits of `mantissa / 2^shift`, where the shift is not zero: what is before the point has at most 53 bits.
    fn with_fraction(&mut self, mantissa: u64, shift: u32) {
        let whole = if shift < 64 { mantissa >> shift } else { 0 };
        // The fraction as so many words that the point is in front of them.
        let length = (shift as usize).div_ceil(32);
        let mut words = [0u32; WORDS];
        let fraction = if shift < 64 { mantissa & !(u64::MAX << shift) } else { mantissa };
        #[allow(clippy::cast_possible_truncation, reason = "it is below 32")]
        let front = (length * 32) as u32 - shift;
        place(&mut words, fraction, front);

        self.start = 0;
        self.end = 0;
        for block in [whole / BLOCK_VALUE, whole % BLOCK_VALUE] {
            self.put(self.end, block);
            self.end += BLOCK;
        }
        self.power = 2 * 9 - 1;
        while let Some(first) = words.iter().take(length).position(|word| *word != 0) {
            let mut carry = 0u64;
            for word in words.iter_mut().take(length).skip(first) {
                let product = u64::from(*word) * BLOCK_VALUE + carry;
                *word = low(product);
                carry = product >> 32;
            }
            self.put(self.end, carry);
            self.end += BLOCK;
        }
        self.trim();
    }

    /// Writes a block of nine digits.
    fn put(&mut self, at: usize, block: u64) {
        let mut rest = block;
        for place in self.digits.iter_mut().skip(at).take(BLOCK).rev() {
            #[allow(clippy::cast_possible_truncation, reason = "it is a digit")]
            let digit = (rest % 10) as u8;
            *place = b'0' + digit;
            rest /= 10;
        }
    }

    /// The digits that are not zeros at either end.
    pub(super) fn digits(&self) -> &[u8] {
        self.digits.get(self.start..self.end).unwrap_or(&[])
    }

    /// The power of ten of the first digit; 0 of zero.
    pub(super) fn power(&self) -> i32 {
        self.power
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "it is at most 1100")]
    fn count(&self) -> i32 {
        self.digits().len() as i32
    }

    fn trim(&mut self) {
        let zeros = |zeros: usize| i32::try_from(zeros).unwrap_or(0);
        let front = self.digits().iter().take_while(|digit| **digit == b'0').count();
        self.start += front;
        self.power -= zeros(front);
        self.end -= self.digits().iter().rev().take_while(|digit| **digit == b'0').count();
        if self.start == self.end {
            self.power = 0;
        }
    }

    /// Rounds half to even, to digits of powers of ten that are not below `least`.
    pub(super) fn round(&mut self, least: i32) {
        // How many digits stay.
        let stay = i64::from(self.power) - i64::from(least) + 1;
        let Ok(stay) = usize::try_from(stay) else {
            // Less than a tenth of the least digit.
            self.end = self.start;
            self.power = 0;
            return;
        };
        let digits = self.digits();
        if stay >= digits.len() {
            return;
        }
        let (kept, cut) = digits.split_at(stay);
        let odd = kept.last().is_some_and(|digit| digit & 1 == 1);
        // The last digit is not zero: there is more than one half if there is more than one digit.
        let up = match cut.first() {
            Some(b'6'..) => true,
            Some(b'5') => cut.len() > 1 || odd,
            _ => false,
        };
        self.end = self.start + stay;
        if up {
            let nines = self.digits().iter().rev().take_while(|digit| **digit == b'9').count();
            self.end -= nines;
            if self.end > self.start {
                if let Some(digit) = self.digits.get_mut(self.end - 1) {
                    *digit += 1;
                }
            } else {
                // All were nines, or none: one more digit in front.
                if let Some(digit) = self.digits.get_mut(self.start) {
                    *digit = b'1';
                }
                self.end = self.start + 1;
                self.power += 1;
            }
        }
        self.trim();
    }
}

/// Sets the bits of a number in words, the first of which is the least, `shift` bits up.
fn place(words: &mut [u32; WORDS], number: u64, shift: u32) {
    let shifted = u128::from(number) << (shift % 32);
    for (index, word) in words.iter_mut().skip(shift as usize / 32).take(3).enumerate() {
        *word = low(super::powers::parts(shifted >> (32 * index)).0);
    }
}

/// The lower 32 bits.
#[allow(clippy::cast_possible_truncation, reason = "they are what is wanted")]
fn low(number: u64) -> u32 {
    number as u32
}
