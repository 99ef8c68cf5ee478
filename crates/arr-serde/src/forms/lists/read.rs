//! Reading lists, whose depth is known or found.

use std::fmt;

use arr_core::{Array, MAX_RANK, Scalar};
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};

use super::found::{Found, Number};
use super::of_word;

/// Reads lists.
pub(super) fn lists<'de, D: Deserializer<'de>>(
    deserializer: D,
    kind: Option<Scalar>,
    rank: Option<usize>,
) -> Result<Array, D::Error> {
    let mut lists = Lists { found: Found::of(kind), shape: Vec::new(), rank, kind };
    Level { lists: &mut lists, axis: 0 }.deserialize(deserializer)?;
    let Lists { found, mut shape, rank, .. } = lists;
    // Lists without items do not tell how long those in them would be.
    shape.resize(rank.unwrap_or(shape.len()), 0);
    found.into_array(&shape).map_err(D::Error::custom)
}

/// What was found in the lists so far.
struct Lists {
    found: Found,
    /// The length of the lists of each level that was seen.
    shape: Vec<usize>,
    /// How many levels there are; none until a number was seen, unless it is known.
    rank: Option<usize>,
    kind: Option<Scalar>,
}

/// A list of a level, or a number below all of them.
struct Level<'l> {
    lists: &'l mut Lists,
    axis: usize,
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self.lists.rank {
            Some(rank) if self.axis < rank => from.deserialize_seq(self),
            Some(_) => match self.lists.kind {
                None => from.deserialize_any(self),
                Some(Scalar::Bool) => from.deserialize_bool(self),
                Some(Scalar::I8) => from.deserialize_i8(self),
                Some(Scalar::I16) => from.deserialize_i16(self),
                Some(Scalar::I32) => from.deserialize_i32(self),
                Some(Scalar::I64) => from.deserialize_i64(self),
                Some(Scalar::U8) => from.deserialize_u8(self),
                Some(Scalar::U16) => from.deserialize_u16(self),
                Some(Scalar::U32) => from.deserialize_u32(self),
                Some(Scalar::U64) => from.deserialize_u64(self),
                // A word stands for what is not finite.
                Some(_) if from.is_human_readable() => from.deserialize_any(self),
                Some(Scalar::F64) => from.deserialize_f64(self),
                Some(_) => from.deserialize_f32(self),
            },
            None => from.deserialize_any(self),
        }
    }
}

impl Level<'_> {
    fn number<E: serde::de::Error>(self, number: Number) -> Result<(), E> {
        if self.lists.shape.len() != self.axis {
            return Err(mixed());
        }
        self.lists.rank = Some(self.axis);
        self.lists.found.add(number).map_err(E::custom)
    }
}

#[cold]
fn mixed<E: serde::de::Error>() -> E {
    E::custom("a list has both numbers and lists")
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lists.rank, self.lists.kind) {
            (Some(rank), _) if self.axis < rank => f.write_str("a list"),
            (Some(_), Some(kind)) => write!(f, "a number of {kind:?}"),
            (Some(_), None) => f.write_str("a number"),
            (None, _) => f.write_str("a number or a list"),
        }
    }

    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<(), E> {
        self.number(Number::Bool(truth))
    }

    fn visit_i64<E: serde::de::Error>(self, int: i64) -> Result<(), E> {
        self.number(Number::Int(int.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, int: u64) -> Result<(), E> {
        self.number(Number::Int(int.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, float: f64) -> Result<(), E> {
        self.number(Number::Float(float))
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<(), E> {
        match of_word(word) {
            Some(float) => self.number(Number::Float(float)),
            None => Err(E::invalid_type(serde::de::Unexpected::Str(word), &self)),
        }
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.number(Number::Float(f64::NAN))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { lists, axis } = self;
        if axis >= MAX_RANK {
            return Err(A::Error::custom(format!("lists are nested more than {MAX_RANK} levels deep")));
        }
        if lists.rank.is_some_and(|rank| axis >= rank) {
            return Err(mixed());
        }
        // The first list of a level says how long all of them are.
        let is_first = lists.shape.len() <= axis;
        if is_first {
            lists.shape.resize(axis + 1, 0);
        }
        let mut count = 0;
        while items.next_element_seed(Level { lists: &mut *lists, axis: axis + 1 })?.is_some() {
            count += 1;
        }
        match lists.shape.get_mut(axis) {
            Some(len) if is_first => *len = count,
            Some(len) if *len != count => {
                let message =
                    format!("a list of level {axis} has {count} items, and the first one has {len}");
                return Err(A::Error::custom(message));
            }
            _ => {}
        }
        Ok(())
    }
}
