//! The keys of a table, as Lua compares them.

use arr_core::Value;
use arr_core::format::room::{collected, no_memory, reserved};
use arr_core::{Error, Result};

/// So many keys are compared one by one; more of them are hashed.
pub(super) const FEW: usize = 8;

/// Says why a value is not the key of any table.
pub(super) fn check(key: &Value) -> Result<()> {
    match key {
        Value::None => Err(Error::malformed("a key of a table is nil")),
        Value::Float(float) if float.is_nan() => {
            Err(Error::malformed("a key of a table is not a number (NaN)"))
        }
        _ => Ok(()),
    }
}

/// What is in a table when its entries have been set one after another: of equal keys the last value, in the place of the
/// first, and nothing of those that were set to nil; and how many values came in the place of others. `hashes` are those of
/// the keys, if they are more than [`FEW`].
pub(super) fn settled(
    mut entries: Vec<(Value, Value)>,
    hashes: &[u32],
) -> Result<(Vec<(Value, Value)>, usize)> {
    let in_order = entries.iter().zip(1u32..).take_while(|((key, _), place)| is_number(key, *place)).count();
    let replaced = if in_order < entries.len() { merge(&mut entries, in_order, hashes)? } else { 0 };
    entries.retain(|(_, value)| !value.is_none());
    Ok((entries, replaced))
}

/// [`settled`] of entries that were not read.
pub(super) fn settled_now(entries: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>> {
    let seed = seed();
    let hashes = collected(entries.iter().map(|(key, _)| hash(key, seed)))?;
    settled(entries, &hashes).map(|(entries, _)| entries)
}

fn is_number(key: &Value, number: u32) -> bool {
    matches!(key, Value::Float(float) if *float == f64::from(number))
}

/// Gives later values of a key to its first entry, takes these out, and counts them. The first `in_order` keys are 1, 2, 3 and
/// so on.
fn merge(entries: &mut Vec<(Value, Value)>, in_order: usize, hashes: &[u32]) -> Result<usize> {
    let mut known = Known::of(entries.len() - in_order)?;
    let mut gone = Vec::new();
    for place in in_order..entries.len() {
        let Some((key, _)) = entries.get(place) else { break };
        let first = match number_below(key, in_order) {
            Some(first) => Some(first),
            None => {
                let hash = match hashes.get(place) {
                    // Few keys are not hashed.
                    None if known.slots.is_empty() => 0,
                    hash => *hash.ok_or_else(super::feed::lost)?,
                };
                known.first(entries, in_order, place, hash)
            }
        };
        if let Some(first) = first {
            let value = entries.get_mut(place).map(|(_, value)| std::mem::take(value));
            if let (Some(value), Some(entry)) = (value, entries.get_mut(first)) {
                entry.1 = value;
            }
            arr_core::format::room::push(&mut gone, place)?;
        }
    }
    let count = gone.len();
    let mut gone = gone.into_iter().peekable();
    let mut at = 0;
    if gone.peek().is_some() {
        entries.retain(|_| {
            let is_gone = gone.next_if_eq(&at).is_some();
            at += 1;
            !is_gone
        });
    }
    Ok(count)
}

/// The place of a whole number from 1 on, if it is among so many.
fn number_below(key: &Value, count: usize) -> Option<usize> {
    let Value::Float(float) = key else { return None };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is compared")]
    let number = *float as usize;
    #[allow(clippy::cast_precision_loss, reason = "what is not exact is not equal or too large")]
    let is_whole = number as f64 == *float;
    (is_whole && (1..=count).contains(&number)).then(|| number - 1)
}

/// The keys that were met, each by the place of the first.
struct Known {
    /// The hash, and below it one more than a place; 0 where there is none. Of few keys there is no table.
    slots: Vec<u64>,
}

impl Known {
    fn of(count: usize) -> Result<Self> {
        let mut slots = Vec::new();
        if count > FEW {
            if u32::try_from(count).is_err() {
                return Err(Error::unsupported("a table has more than 2^32 - 1 entries"));
            }
            let len = count.saturating_mul(2).checked_next_power_of_two().unwrap_or(usize::MAX);
            slots.try_reserve_exact(len).map_err(no_memory)?;
            slots.resize(len, 0);
        }
        Ok(Self { slots })
    }

    /// The place of the first entry with the key of that at `place`, which is behind it; nothing if it is the first.
    fn first(&mut self, entries: &[(Value, Value)], start: usize, place: usize, hash: u32) -> Option<usize> {
        let (key, _) = entries.get(place)?;
        let is_it = |place: &usize| entries.get(*place).is_some_and(|(known, _)| same(known, key));
        if self.slots.is_empty() {
            return (start..place).find(is_it);
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        // Half of the slots stay free.
        loop {
            let known = self.slots.get_mut(slot)?;
            #[allow(clippy::cast_possible_truncation, reason = "the lower half is the place")]
            let Some(before) = (*known as u32).checked_sub(1) else {
                let place = u32::try_from(place - start).ok()?.checked_add(1)?;
                *known = u64::from(hash) << 32 | u64::from(place);
                return None;
            };
            let before = start + before as usize;
            // A key of another hash is not looked at: it is somewhere else in memory.
            if *known >> 32 == u64::from(hash) && is_it(&before) {
                return Some(before);
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// Whether Lua takes two keys for one.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => one == other,
        _ => one == other,
    }
}

/// A number that equal keys have in common. `seed` is one that nobody knows who writes files.
#[inline]
pub(super) fn hash(key: &Value, seed: u64) -> u32 {
    let hash = match key {
        // Zero and minus zero are one key.
        Value::Float(float) => fold(seed ^ (float + 0.0).to_bits(), MIX),
        Value::Bool(truth) => fold(seed ^ u64::from(*truth), !MIX),
        Value::Ref(id) => fold(seed ^ id.index() as u64, MIX.rotate_left(7)),
        other => return hash_of_bytes(other.as_bytes().unwrap_or_default(), seed),
    };
    lower(hash)
}

/// [`hash`] of a text or bytes.
#[inline]
pub(super) fn hash_of_bytes(bytes: &[u8], seed: u64) -> u32 {
    lower(of_bytes(bytes, seed))
}

#[allow(clippy::cast_possible_truncation, reason = "the lower bits are what is wanted")]
fn lower(hash: u64) -> u32 {
    hash as u32
}

/// An odd number whose bits look random.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

fn of_bytes(bytes: &[u8], seed: u64) -> u64 {
    let mut state = seed ^ (bytes.len() as u64).wrapping_mul(MIX);
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk() {
        state = fold(state ^ u64::from_le_bytes(*word), seed | 1);
        rest = behind;
    }
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    fold(state ^ u64::from_le_bytes(last), seed ^ MIX)
}

/// Both halves of the product.
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    #[allow(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
    let halves = (product as u64, (product >> 64) as u64);
    halves.0 ^ halves.1
}

/// A number that nobody knows who writes files.
pub(super) fn seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(MIX)
}

/// The keys 1, 2, 3 and so on with the values of a list.
pub(super) fn of_list(items: Vec<Value>) -> Result<Vec<(Value, Value)>> {
    let mut entries = reserved(items.len())?;
    let mut number = 0.0;
    for item in items {
        number += 1.0;
        entries.push((Value::Float(number), item));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: impl Into<Value>, value: i32) -> (Value, Value) {
        (key.into(), f64::from(value).into())
    }

    #[test]
    fn the_last_value_of_a_key_counts_and_nil_takes_it_out() {
        let entries = vec![
            entry(1.0, 1),
            entry(2.0, 2),
            entry("a", 3),
            entry("1", 4),
            entry(0.0, 5),
            entry(2.0, 6),
            entry("a", 7),
            entry(-0.0, 8),
            (Value::from("1"), Value::None),
            entry(true, 9),
            entry(false, 10),
            entry(1.5, 11),
        ];
        let wanted = vec![
            entry(1.0, 1),
            entry(2.0, 6),
            entry("a", 7),
            entry(0.0, 8),
            entry(true, 9),
            entry(false, 10),
            entry(1.5, 11),
        ];
        let all = |entries: Vec<(Value, Value)>| settled_now(entries).unwrap();
        assert_eq!(all(entries.clone()), wanted);
        assert_eq!(all(entries[..8].to_vec()).len(), 5);
        let many: Vec<_> = (0..1000).map(|key| entry(format!("key {}", key % 500), key)).collect();
        let settled_many = all(many);
        assert_eq!(settled_many.len(), 500);
        assert_eq!(settled_many[3], entry("key 3", 503));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(check(&Value::None).is_err() && check(&f64::NAN.into()).is_err());
        check(&f64::INFINITY.into()).unwrap();
        assert_eq!(of_list(vec![true.into()]).unwrap(), [(1.0.into(), true.into())]);
    }
}
