//! A few items at a time.

use crate::ops::cast::Runs;
use crate::{Array, ArrayView, Error, Layout, Order, Result, Storage};

impl<S: Storage> Array<S> {
    /// Hands out all items in `order`, some at a time, each time as a contiguous array of one dimension. Whatever
    /// the strides are, only so many items are copied at once as stay in the cache.
    ///
    /// ```
    /// use arr_core::{Array, Order};
    /// let array = Array::from_vec(vec![1u8, 2, 3, 4, 5, 6], &[2, 3])?;
    /// let mut items = Vec::new();
    /// array.for_each_part(Order::F, |part| {
    ///     items.extend(part.to_vec::<u8>()?);
    ///     Ok(())
    /// })?;
    /// assert_eq!(items, [1, 4, 2, 5, 3, 6]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// What `f` returns, at once; `Unsupported` when the items are references.
    pub fn for_each_part(&self, order: Order, mut f: impl FnMut(ArrayView<'_>) -> Result<()>) -> Result<()> {
        if self.dtype().has_references() {
            return Err(Error::unsupported(format!("items of {} are references", self.dtype())));
        }
        let layout = match order {
            Order::C => self.layout().clone(),
            Order::F => self.layout().transposed(),
        };
        let runs = Runs::new(self.storage().bytes(), &layout, self.itemsize(), self.itemsize());
        let mut scratch = Vec::new();
        for run in 0..runs.count() {
            let (_, items) = runs.span(run);
            let bytes = runs.get(run, &mut scratch)?;
            let layout = Layout::contiguous(&[items], self.itemsize(), Order::C)?;
            f(Array::new(self.dtype().clone(), layout, bytes)?)?;
        }
        Ok(())
    }
}
