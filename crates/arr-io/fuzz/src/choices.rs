//! The bytes of an input as a series of choices.

use arr_io::{ByteOrder, DType, RecordType, Scalar, SubArray, TimeBase, TimeUnit};

/// Choices that the bytes of an input make; when they run out, always the first.
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    /// Starts with the first byte.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number less than `end` (0 where there is none): one byte, or eight where one does not reach.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let value = if end <= 256 { usize::from(self.byte()) } else { self.word() as usize };
        value.checked_rem(end).unwrap_or(0)
    }

    /// Eight bytes.
    pub(crate) fn word(&mut self) -> u64 {
        (0..8).fold(0, |word, _| word << 8 | u64::from(self.byte()))
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// True once in `times`.
    pub(crate) fn seldom(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of some things.
    pub(crate) fn pick<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    /// `len` bytes: those that are left, then zeros.
    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        let mut bytes = taken.to_vec();
        bytes.resize(len, 0);
        bytes
    }

    /// A byte order.
    pub(crate) fn byte_order(&mut self) -> ByteOrder {
        self.pick(&[ByteOrder::Little, ByteOrder::Big])
    }

    /// A dtype with records up to `depth` levels deep.
    pub(crate) fn dtype(&mut self, depth: usize) -> DType {
        match self.below(18) {
            8 => DType::Bytes(self.below(9)),
            9 => DType::Unicode(self.below(5), self.byte_order()),
            10 => DType::Void(self.below(9)),
            11 => DType::DateTime(self.time_unit(), self.byte_order()),
            12 => DType::TimeDelta(self.time_unit(), self.byte_order()),
            13 | 14 if depth > 0 => self.record(depth - 1).into(),
            15 if depth > 0 => {
                let shape: Vec<usize> = (0..self.below(3)).map(|_| self.below(4)).collect();
                SubArray::new(self.part(depth - 1), &shape).unwrap().into()
            }
            16 => self.pick(&[DType::Object, DType::Utf8].each_ref()).clone(),
            _ => DType::Scalar(self.pick(&Scalar::ALL), self.byte_order()),
        }
    }

    /// A dtype that can be in others.
    fn part(&mut self, depth: usize) -> DType {
        match self.dtype(depth) {
            DType::Utf8 => DType::Object,
            dtype => dtype,
        }
    }

    fn time_unit(&mut self) -> TimeUnit {
        let counts = [1, 1, 2, 7, 25, 1000, i32::MAX as u32];
        if self.seldom(8) {
            TimeUnit::Generic
        } else {
            TimeUnit::Of(self.pick(&TimeBase::ALL), self.pick(&counts))
        }
    }

    fn record(&mut self, depth: usize) -> RecordType {
        let names = ["a", "b", "", "it's", "\u{e9}", "\u{4e2d}\n"];
        let (mut builder, count, anywhere) = (RecordType::builder(), self.below(5), self.seldom(3));
        if self.flag() {
            builder = builder.aligned();
        }
        let mut end = 0;
        for name in names.into_iter().skip(self.below(2)).take(count) {
            let (dtype, title) = (self.part(depth), self.seldom(6));
            let offset = if anywhere { self.below(24) } else { end + self.pick(&[0, 0, 1, 3]) };
            end = offset + dtype.itemsize();
            builder = builder.field_at(name, title.then(|| format!("title of {name}")), dtype, offset);
        }
        builder.build().unwrap()
    }
}
