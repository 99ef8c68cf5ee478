//! Arrays of dates and durations as ticks, and back.

use crate::ops::record::with_room;
use crate::{Array, Buffer, ByteOrder, DType, Error, NOT_A_TIME, Order, Result, Storage, TimeUnit};

impl<S: Storage> Array<S> {
    /// The dates or durations in C order as numbers of ticks, and what a tick lasts; `None` is "not a time". Dates are
    /// counted from 1970-01-01T00:00.
    ///
    /// ```
    /// use arr_core::{Array, TimeBase, TimeUnit};
    /// let day = TimeUnit::Of(TimeBase::Day, 1);
    /// let array = Array::from_dates(day, &[Some(1), None])?;
    /// assert_eq!(array.dtype().to_string(), "<M8[D]");
    /// assert_eq!(array.to_ticks()?, (day, vec![Some(1), None]));
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch` when the items are neither dates nor durations, `LimitExceeded` when memory is short.
    pub fn to_ticks(&self) -> Result<(TimeUnit, Vec<Option<i64>>)> {
        let (DType::DateTime(unit, order) | DType::TimeDelta(unit, order)) = self.dtype() else {
            let message = format!("the items are neither dates nor durations but {}", self.dtype());
            return Err(Error::mismatch(message));
        };
        let mut ticks = with_room(self.len())?;
        ticks.extend(self.items().map(|item| {
            let bytes = item.first_chunk().copied().unwrap_or_default();
            let value = match order {
                ByteOrder::Little => i64::from_le_bytes(bytes),
                ByteOrder::Big => i64::from_be_bytes(bytes),
            };
            Some(value).filter(|value| *value != NOT_A_TIME)
        }));
        Ok((*unit, ticks))
    }
}

impl Array {
    /// An array of one dimension of dates, `M8`; `None` is "not a time".
    ///
    /// # Errors
    /// `InvalidArgument` when a number of ticks is the one that means "not a time" ([`NOT_A_TIME`]), or the unit has
    /// no ticks; `LimitExceeded` when memory is short.
    pub fn from_dates(unit: TimeUnit, ticks: &[Option<i64>]) -> Result<Self> {
        from_ticks(DType::DateTime(unit, ByteOrder::NATIVE), unit, ticks)
    }

    /// An array of one dimension of durations, `m8`; `None` is "not a time".
    ///
    /// # Errors
    /// As [`from_dates`](Self::from_dates).
    pub fn from_durations(unit: TimeUnit, ticks: &[Option<i64>]) -> Result<Self> {
        from_ticks(DType::TimeDelta(unit, ByteOrder::NATIVE), unit, ticks)
    }
}

fn from_ticks(dtype: DType, unit: TimeUnit, ticks: &[Option<i64>]) -> Result<Array> {
    if matches!(unit, TimeUnit::Of(_, count) if i32::try_from(count).map_or(true, |count| count == 0)) {
        return Err(Error::invalid(format!("a tick can't last {unit}")));
    }
    if let Some(row) = ticks.iter().position(|tick| *tick == Some(NOT_A_TIME)) {
        return Err(Error::invalid(format!("row {row}: {NOT_A_TIME} ticks mean \"not a time\"")));
    }
    let mut values = with_room(ticks.len())?;
    values.extend(ticks.iter().map(|tick| tick.unwrap_or(NOT_A_TIME)));
    Array::contiguous(dtype, &[ticks.len()], Order::C, Buffer::from_vec(values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TimeBase;

    #[test]
    fn ticks_come_back_from_either_byte_order() {
        let unit = TimeUnit::Of(TimeBase::Second, 25);
        let ticks = vec![Some(-1), None, Some(i64::MAX)];
        for array in [Array::from_dates(unit, &ticks).unwrap(), Array::from_durations(unit, &ticks).unwrap()]
        {
            let foreign = array.to_contiguous_in(Order::C, ByteOrder::NATIVE.swapped()).unwrap();
            assert_eq!(array.to_ticks().unwrap(), (unit, ticks.clone()));
            assert_eq!(foreign.to_ticks().unwrap(), (unit, ticks.clone()));
        }
    }

    #[test]
    fn what_would_come_back_as_something_else_is_refused() {
        let unit = TimeUnit::Generic;
        assert!(Array::from_dates(unit, &[Some(0), Some(NOT_A_TIME)]).is_err());
        assert!(Array::from_dates(TimeUnit::Of(TimeBase::Day, 0), &[]).is_err());
        assert!(Array::from_vec(vec![1i64], &[1]).unwrap().to_ticks().is_err());
    }
}
