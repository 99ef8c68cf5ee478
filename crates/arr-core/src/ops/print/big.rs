//! Natural numbers of any size: the little arithmetic that exact printing needs.

use std::cmp::Ordering;

use smallvec::SmallVec;

/// A natural number: 32-bit limbs, the least significant first, the last one not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Big(SmallVec<[u32; 16]>);

/// The lower and the upper half.
const fn halves(value: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

impl Big {
    pub(super) fn new(value: u64) -> Self {
        let (low, high) = halves(value);
        let mut big = Self(SmallVec::from_buf_and_len([0; 16], 0));
        big.0.extend([low, high]);
        big.trim();
        big
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    /// Times `2^bits`.
    pub(super) fn shift_left(&mut self, bits: u32) {
        if self.is_zero() {
            return;
        }
        self.multiply(1 << (bits % 32));
        let limbs = usize::try_from(bits / 32).unwrap_or(0);
        self.0.insert_many(0, std::iter::repeat_n(0, limbs));
    }

    /// Times `factor`.
    pub(super) fn multiply(&mut self, factor: u32) {
        let mut carry = 0u32;
        for limb in &mut self.0 {
            let product = u64::from(*limb) * u64::from(factor) + u64::from(carry);
            (*limb, carry) = halves(product);
        }
        if carry > 0 {
            self.0.push(carry);
        }
        self.trim();
    }

    /// Times `10^power`.
    pub(super) fn multiply_pow10(&mut self, power: u32) {
        for _ in 0..power / 9 {
            self.multiply(1_000_000_000);
        }
        self.multiply(10u32.pow(power % 9));
    }

    /// Plus `other`.
    pub(super) fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let mut carry = 0u32;
        let addends = other.0.iter().copied().chain(std::iter::repeat(0));
        for (limb, addend) in self.0.iter_mut().zip(addends) {
            (*limb, carry) = halves(u64::from(*limb) + u64::from(addend) + u64::from(carry));
        }
        if carry > 0 {
            self.0.push(carry);
        }
    }

    /// Minus `other`, which must not be greater.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        let subtrahends = other.0.iter().copied().chain(std::iter::repeat(0));
        for (limb, subtrahend) in self.0.iter_mut().zip(subtrahends) {
            let (difference, under) = limb.overflowing_sub(subtrahend);
            let (difference, under_again) = difference.overflowing_sub(u32::from(borrow));
            (*limb, borrow) = (difference, under || under_again);
        }
        self.trim();
    }

    /// Divides by `divisor` where the quotient is one decimal digit; what remains stays here.
    pub(super) fn take_digit(&mut self, divisor: &Self) -> u8 {
        let mut digit = 0;
        while digit < 9 && *self >= *divisor {
            self.subtract(divisor);
            digit += 1;
        }
        digit
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_shifts_and_quotients_agree() {
        let mut big = Big::new(7);
        big.multiply_pow10(40);
        let mut tens = Big::new(1);
        tens.multiply_pow10(40);
        assert_eq!(big.clone().take_digit(&tens), 7);
        let mut shifted = Big::new(u64::MAX);
        shifted.shift_left(65);
        let mut doubled = Big::new(u64::MAX);
        (0..65).for_each(|_| doubled.multiply(2));
        assert_eq!(shifted, doubled);
        shifted.add(&doubled);
        doubled.multiply(2);
        assert_eq!(shifted.cmp(&doubled), Ordering::Equal);
        assert_eq!(shifted.take_digit(&doubled), 1);
        assert!(shifted.is_zero());
    }
}
