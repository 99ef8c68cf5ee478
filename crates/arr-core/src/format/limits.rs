//! What a reader may spend on one file.

use crate::{Error, Hint, Result};

/// The largest rank that NumPy 2 knows (`NPY_MAXDIMS`; 32 in NumPy 1).
pub const MAX_RANK: usize = 64;

/// Data that is no larger than this when it is unpacked may have any expansion ratio: 1 GiB.
pub const ANY_EXPANSION: u64 = 1 << 30;

/// How many times [`max_header_size`](Limits::max_header_size) the descriptions may take that are held together, in memory:
/// 32 MiB by default.
pub const HELD_DESCRIPTIONS: u64 = 32;

/// How many bytes of memory the objects of a file may take for each of its bytes, besides what any file may take.
pub const OBJECTS_PER_BYTE: u64 = 24;

/// The memory that the objects of any file may take, in limits of a header: 512 MiB by default.
pub const FREE_OBJECTS: u64 = 512;

/// One of the [`Limits`] as data, for commands and settings that offer all of them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LimitInfo {
    /// The name of the setter in [`Limits`], which is also the name in [`Hint::Limit`].
    pub name: &'static str,
    /// What is refused, in one line; `N` stands for the value.
    pub help: &'static str,
    /// More sentences, or none.
    pub details: &'static str,
    get: fn(&Limits) -> u64,
    set: fn(Limits, u64) -> Limits,
}

impl LimitInfo {
    /// The value of this limit; the largest integer means that there is none.
    #[must_use]
    pub fn get(&self, limits: &Limits) -> u64 {
        (self.get)(limits)
    }

    /// The limits with this value of this one.
    #[must_use]
    pub fn set(&self, limits: Limits, value: u64) -> Limits {
        (self.set)(limits, value)
    }
}

/// Makes [`Limits`] of a list of them: the fields, their defaults, setters and getters, and the table.
macro_rules! limits {
    ($($(#[$doc:meta])* $setter:ident, $field:ident: $type:ty = $default:expr, $help:literal, $details:literal;)*) => {
        /// The policy: what one call may spend, whatever the file claims.
        ///
        /// The defaults admit every honest file that fits into memory. A service that reads files of strangers
        /// sets [`max_bytes`](Self::max_bytes) to what it can afford.
        ///
        /// ```
        /// use arr_core::Limits;
        /// let limits = Limits::default().max_bytes(1 << 30).max_header_size(10_000);
        /// assert!(limits.budget().charge_bytes(2 << 30).is_err());
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $(pub(crate) $field: $type,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Limits {
            /// Every limit, as data.
            pub const ALL: &'static [LimitInfo] = &[$(LimitInfo {
                name: stringify!($setter),
                help: $help,
                details: $details,
                get: |limits| u64::try_from(limits.$field).unwrap_or(u64::MAX),
                set: |limits, value| limits.$setter(<$type>::try_from(value).unwrap_or(<$type>::MAX)),
            },)*];

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $setter(mut self, value: $type) -> Self {
                    self.$field = value;
                    self
                }

                /// The value of the limit of that name.
                #[must_use]
                pub fn $field(&self) -> $type {
                    self.$field
                }
            )*

            /// A fresh budget under this policy.
            #[must_use]
            pub fn budget(&self) -> Budget {
                let descriptions = self.header_size.saturating_mul(HELD_DESCRIPTIONS);
                Budget {
                    limits: self.clone(),
                    bytes: self.bytes,
                    items: self.items,
                    descriptions,
                    objects: u64::MAX,
                    most_objects: u64::MAX,
                }
            }
        }
    };
}

limits! {
    /// Bytes of array data that one call may put into memory. No limit unless set: a reader never reserves
    /// more than the file really has.
    max_bytes, bytes: u64 = u64::MAX,
    "Refuse to read more than N bytes of array data into memory",
    "Without a limit, memory is still never reserved for more than the file really has.";

    /// Bytes of text that describe an array. 1 MiB unless set; NumPy's own limit is 10 000 characters.
    max_header_size, header_size: u64 = 1 << 20,
    "Refuse headers of more than N bytes", "";

    /// Dimensions of an array, at most [`MAX_RANK`].
    max_rank, rank: usize = MAX_RANK,
    "Refuse arrays of more than N dimensions", "Values above 64, which is NumPy's maximum too, count as 64.";

    /// Levels of nesting: brackets, records in records. 200 unless set, as in Python's tokenizer.
    max_depth, depth: usize = 200,
    "Refuse brackets and records that are nested more than N levels deep",
    "Values above 200 count as 200.";

    /// Fields of records in a header, those of records in records too. 2^17 unless set: a field of which the header says
    /// two bytes takes a hundred bytes of memory.
    max_fields, fields: usize = 1 << 17,
    "Refuse headers of more than N fields of records", "Fields of records in records are counted too.";

    /// Items that take no bytes in the file, such as empty strings, of all arrays of one call together: a few bytes
    /// could claim any number of them. 2^24 unless set.
    max_items, items: u64 = 1 << 24,
    "Refuse more than N items that take no bytes in the file, such as empty strings", "";

    /// Members of an archive. 2^18 unless set.
    max_members, members: u64 = 1 << 18,
    "Refuse archives of more than N members",
    "Small members of a compressed file, one after another, are counted too.";

    /// How many times larger than its packed form a member may be, or all members of an archive that is read whole,
    /// when that is more than [`ANY_EXPANSION`] bytes. 200 unless set: a few megabytes never fill the memory.
    max_expansion_ratio, expansion_ratio: u64 = 200,
    "Refuse compressed data that is more than N times as large when it is unpacked",
    "Data of up to 1 GiB may have any ratio.";
}

/// What is left of [`Limits`] in one call. It is charged before anything is spent.
#[derive(Clone, Debug)]
pub struct Budget {
    limits: Limits,
    bytes: u64,
    items: u64,
    descriptions: u64,
    objects: u64,
    most_objects: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Limits::default().budget()
    }
}

impl Budget {
    /// The policy this budget was made from.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes `bytes` of array data from the budget.
    ///
    /// # Errors
    /// `LimitExceeded` when fewer are left; then nothing is taken.
    pub fn charge_bytes(&mut self, bytes: u64) -> Result<()> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or_else(|| {
            let before = self.limits.bytes.saturating_sub(self.bytes);
            let all = before.saturating_add(bytes);
            Error::limit(format!("{all} bytes of data exceed the limit of {} bytes", self.limits.bytes))
                .with_hint(Hint::Limit("max_bytes"))
        })?;
        Ok(())
    }

    /// Takes `items` items that have no bytes from the budget.
    ///
    /// # Errors
    /// `LimitExceeded` when fewer are left; then nothing is taken.
    pub fn charge_items(&mut self, items: u64) -> Result<()> {
        self.items = self.items.checked_sub(items).ok_or_else(|| {
            Error::limit(format!(
                "{items} items without bytes exceed the limit of {} items",
                self.limits.items
            ))
            .with_hint(Hint::Limit("max_items"))
        })?;
        Ok(())
    }

    /// Takes a description that is held beside others from the budget: its [memory](super::Description::memory), or that of
    /// its [dtype](crate::DType::memory) where the rest is known to be small. Small files may hold thousands of long headers, which take hundreds of times as much memory.
    ///
    /// # Errors
    /// `LimitExceeded` when all of them together take more than [`HELD_DESCRIPTIONS`] times the limit of a header; then
    /// nothing is taken.
    pub fn charge_description(&mut self, memory: u64) -> Result<()> {
        self.descriptions = self.descriptions.checked_sub(memory).ok_or_else(|| {
            let most = self.limits.header_size.saturating_mul(HELD_DESCRIPTIONS);
            Error::limit(format!(
                "the descriptions of the arrays take more than {most} bytes together, {HELD_DESCRIPTIONS} times the limit of a header"
            ))
            .with_hint(Hint::Limit("max_header_size"))
        })?;
        Ok(())
    }

    /// Begins to limit the memory of the objects of a file by its length: an object that takes a byte in the file may take a
    /// hundred in memory.
    pub fn begin_objects(&mut self, len: u64) {
        let free = self.limits.header_size.saturating_mul(FREE_OBJECTS);
        self.most_objects = len.saturating_mul(OBJECTS_PER_BYTE).saturating_add(free);
        self.objects = self.most_objects;
    }

    /// Takes memory for objects from the budget, as [`charge_bytes`](Self::charge_bytes) does: cells and slots for values,
    /// no data of arrays.
    ///
    /// # Errors
    /// As `charge_bytes`; `LimitExceeded` when the objects take more than [`OBJECTS_PER_BYTE`] times the length of the file
    /// and [`FREE_OBJECTS`] times the limit of a header, if that has [begun](Self::begin_objects).
    #[inline]
    pub fn charge_objects(&mut self, bytes: u64) -> Result<()> {
        self.charge_bytes(bytes)?;
        match self.objects.checked_sub(bytes) {
            Some(left) => self.objects = left,
            None => return Err(self.many_objects()),
        }
        Ok(())
    }

    #[cold]
    fn many_objects(&self) -> Error {
        Error::limit(format!(
            "the objects take more than {} bytes of memory, {OBJECTS_PER_BYTE} times the length of the file and \
             {FREE_OBJECTS} times the limit of a header",
            self.most_objects
        ))
        .with_hint(Hint::Limit("max_header_size"))
    }

    /// Gives memory of objects back that was taken and is free again.
    pub fn free_objects(&mut self, bytes: u64) {
        self.objects = self.objects.saturating_add(bytes).min(self.most_objects);
    }

    /// Checks how much larger data is than its packed form.
    ///
    /// # Errors
    /// `LimitExceeded` when that is more than allowed.
    pub fn check_expansion(&self, packed: u64, unpacked: u64) -> Result<()> {
        let most = packed.saturating_mul(self.limits.expansion_ratio);
        if unpacked > ANY_EXPANSION.max(most) {
            return Err(Error::limit(format!(
                "{packed} bytes that expand to {unpacked} exceed the maximal expansion ratio of {}",
                self.limits.expansion_ratio
            ))
            .with_hint(Hint::Limit("max_expansion_ratio")));
        }
        Ok(())
    }

    /// Checks the length of a header or another description.
    ///
    /// # Errors
    /// `LimitExceeded` when it is longer than allowed.
    pub fn check_header(&self, bytes: u64) -> Result<()> {
        if bytes > self.limits.header_size {
            return Err(Error::limit(format!(
                "a header of {bytes} bytes exceeds the limit of {} bytes",
                self.limits.header_size
            ))
            .with_hint(Hint::Limit("max_header_size")));
        }
        Ok(())
    }

    /// Checks a number of dimensions.
    ///
    /// # Errors
    /// `LimitExceeded` when it is larger than allowed.
    pub fn check_rank(&self, rank: usize) -> Result<()> {
        let most = self.limits.rank.min(MAX_RANK);
        if rank > most {
            let error = Error::limit(format!("{rank} dimensions exceed the limit of {most}"));
            // The hard limit can't be raised.
            return Err(if most < MAX_RANK { error.with_hint(Hint::Limit("max_rank")) } else { error });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn charging_stops_at_the_limit_and_takes_nothing_then() {
        let mut budget = Limits::default().max_bytes(100).max_items(3).budget();
        budget.charge_bytes(60).unwrap();
        assert_eq!(budget.charge_bytes(41).unwrap_err().kind(), ErrorKind::LimitExceeded);
        budget.charge_bytes(40).unwrap();
        budget.charge_items(3).unwrap();
        assert!(budget.charge_items(1).is_err());
    }

    #[test]
    fn descriptions_that_are_held_together_are_limited_by_that_of_a_header() {
        let dtype: crate::DType = "[('first', '<f4'), ('second', '<f4', (2,))]".parse().unwrap();
        let memory = dtype.memory();
        assert!((100..1000).contains(&memory), "{memory}");
        assert_eq!(crate::DType::Bytes(5).memory(), 0);
        let mut budget = Limits::default().max_header_size(memory).budget();
        for _ in 0..HELD_DESCRIPTIONS {
            budget.charge_description(memory).unwrap();
        }
        let error = budget.charge_description(memory).unwrap_err();
        assert_eq!(error.hint(), Some(Hint::Limit("max_header_size")), "{error}");
    }

    #[test]
    fn objects_take_a_multiple_of_the_file() {
        let mut budget = Limits::default().max_header_size(1).budget();
        budget.charge_objects(1 << 40).unwrap();
        budget.begin_objects(10);
        budget.charge_objects(10 * OBJECTS_PER_BYTE).unwrap();
        budget.charge_objects(FREE_OBJECTS).unwrap();
        let error = budget.charge_objects(1).unwrap_err();
        assert_eq!(error.hint(), Some(Hint::Limit("max_header_size")), "{error}");
        budget.free_objects(1);
        budget.charge_objects(1).unwrap();
    }

    #[test]
    fn only_what_is_large_and_tightly_packed_is_refused() {
        let budget = Limits::default().budget();
        budget.check_expansion(1, ANY_EXPANSION).unwrap();
        budget.check_expansion(1 << 30, 200 << 30).unwrap();
        assert!(budget.check_expansion(10 << 20, 10 << 30).is_err());
        assert!(budget.check_expansion(0, ANY_EXPANSION + 1).is_err());
        Limits::default().max_expansion_ratio(2000).budget().check_expansion(10 << 20, 10 << 30).unwrap();
    }

    #[test]
    fn the_table_sets_and_gets_every_limit() {
        for info in Limits::ALL {
            let limits = info.set(Limits::default(), 7);
            assert_eq!(info.get(&limits), 7, "{}", info.name);
            assert!(info.get(&info.set(limits, u64::MAX)) >= u64::from(u32::MAX), "{}", info.name);
            let others = Limits::ALL.iter().filter(|other| other.name != info.name);
            for other in others {
                let limits = info.set(Limits::default(), 7);
                assert_eq!(
                    other.get(&limits),
                    other.get(&Limits::default()),
                    "{} by {}",
                    other.name,
                    info.name
                );
            }
        }
        assert_eq!(Limits::ALL[0].name, "max_bytes");
    }

    #[test]
    fn rank_never_passes_the_hard_limit() {
        let budget = Limits::default().max_rank(1000).budget();
        budget.check_rank(64).unwrap();
        assert!(budget.check_rank(65).is_err());
    }
}
