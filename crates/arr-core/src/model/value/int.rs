//! Whole numbers of any size.

use std::fmt;
use std::sync::Arc;

use crate::{Error, Result, Value};

/// A whole number that no `i64` holds, as [`Value::from_decimal`] and [`Value::from_signed_le_bytes`] make it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BigInt(Arc<num_bigint::BigInt>);

impl BigInt {
    pub(super) fn from_decimal(digits: &str) -> Result<Self> {
        let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        let parsed = unsigned.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok());
        parsed.flatten().map(|int| Self(Arc::new(int))).ok_or_else(|| Error::malformed("not a whole number"))
    }

    pub(super) fn from_signed_le_bytes(bytes: &[u8]) -> Self {
        Self(Arc::new(num_bigint::BigInt::from_signed_bytes_le(bytes)))
    }

    /// The value of the number, in place where an `i64` holds it.
    pub(super) fn into_value(self) -> Value {
        i64::try_from(&*self.0).map_or_else(|_| Value::BigInt(self), Value::Int)
    }

    /// The significant bits of the number without its sign.
    #[must_use]
    pub fn bits(&self) -> u64 {
        self.0.bits()
    }

    /// Where the number lies in memory: clones share it.
    #[must_use]
    pub fn place(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// The fewest bytes in two's complement, the least significant first.
    #[must_use]
    pub fn to_signed_le_bytes(&self) -> Vec<u8> {
        self.0.to_signed_bytes_le()
    }
}

/// The decimal digits. The time it takes grows faster than their number.
impl fmt::Display for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BigInt({} bits)", self.bits())
    }
}
