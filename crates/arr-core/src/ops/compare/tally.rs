//! What has been found so far.

/// The mark of an item that is the same.
pub(super) const SAME: u8 = 0;
/// The mark of an item that is different.
pub(super) const DIFFERENT: u8 = 1;
/// The mark of an item in which zero met minus zero.
pub(super) const SIGNED_ZERO: u8 = 2;

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) different: u64,
    pub(super) signed_zeros: u64,
    /// The first different item, counted in C order.
    pub(super) first: Option<usize>,
    pub(super) max_abs: f64,
    pub(super) max_rel: f64,
    pub(super) not_finite: u64,
}

impl Tally {
    /// Takes the marks of some items over; `place` says where an item lies in C order.
    pub(super) fn count(&mut self, marks: &[u8], place: impl Fn(usize) -> usize) {
        for (item, mark) in marks.iter().enumerate().filter(|(_, mark)| **mark != SAME) {
            self.signed_zeros += u64::from(mark & SIGNED_ZERO != 0);
            if mark & DIFFERENT != 0 {
                self.different += 1;
                let place = place(item);
                self.first = Some(self.first.map_or(place, |first| first.min(place)));
            }
        }
    }

    /// Takes note of two numbers that are apart.
    pub(super) fn apart(&mut self, distance: f64, size: f64) {
        self.max_abs = self.max_abs.max(distance);
        let relative = distance / size;
        self.max_rel = self.max_rel.max(if relative.is_nan() { f64::INFINITY } else { relative });
    }

    pub(super) fn merged(self, other: Self) -> Self {
        Self {
            different: self.different + other.different,
            signed_zeros: self.signed_zeros + other.signed_zeros,
            first: self.first.into_iter().chain(other.first).min(),
            max_abs: self.max_abs.max(other.max_abs),
            max_rel: self.max_rel.max(other.max_rel),
            not_finite: self.not_finite + other.not_finite,
        }
    }
}
