//! Numbers of short strings, found without a look at their bytes one by one.

use arrow::array::{Array, StringViewArray};

/// Bytes of the longest string that a view holds within itself: two such views are equal where the strings are.
const INLINE: u32 = 12;

/// Strings that are remembered; those that come later are looked up in full.
const MOST: usize = 1 << 16;

/// The numbers of the short strings met so far, by their views.
#[derive(Default)]
pub(super) struct ShortStrings {
    /// Open addressing over a power of two of places, the numbers beside: what is compared stays in the cache.
    views: Vec<u128>,
    numbers: Vec<u32>,
    len: usize,
}

/// An empty place: no string of 4 billion bytes is short.
const EMPTY: u128 = u128::MAX;

impl ShortStrings {
    /// Puts the numbers of known strings, and `null` for NULL, into `numbers`, and the rows of the others into `unknown`.
    pub(super) fn find(
        &self,
        column: &StringViewArray,
        null: u32,
        numbers: &mut Vec<u32>,
        unknown: &mut Vec<u32>,
    ) {
        numbers.clear();
        unknown.clear();
        let nulls = column.nulls().filter(|nulls| nulls.null_count() > 0);
        numbers.extend(column.views().iter().enumerate().map(|(row, view)| {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                return null;
            }
            self.get(*view).unwrap_or_else(|| {
                unknown.push(row as u32);
                null
            })
        }));
    }

    #[inline]
    fn get(&self, view: u128) -> Option<u32> {
        let mut at = self.first(view)?;
        loop {
            let known = self.views[at];
            if known == view {
                return Some(self.numbers[at]);
            }
            if known == EMPTY {
                return None;
            }
            at = (at + 1) & (self.views.len() - 1);
        }
    }

    /// Where a view stands if no other is in its place; `None` when there are no places.
    #[inline]
    fn first(&self, view: u128) -> Option<usize> {
        let (low, high) = (view as u64, (view >> 64) as u64);
        let mixed = low ^ high.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        let hash = (mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 32) as usize;
        (!self.views.is_empty()).then(|| hash & (self.views.len() - 1))
    }

    /// Remembers a string, if it is short and there is room.
    pub(super) fn learn(&mut self, view: u128, number: u32) {
        if view as u32 > INLINE || self.len >= MOST || self.get(view).is_some() {
            return;
        }
        if self.len * 4 >= self.views.len() * 3 {
            let places = (self.views.len() * 2).max(64);
            let views = std::mem::replace(&mut self.views, vec![EMPTY; places]);
            let numbers = std::mem::replace(&mut self.numbers, vec![0; places]);
            let known = views.into_iter().zip(numbers).filter(|(view, _)| *view != EMPTY);
            known.for_each(|(view, number)| self.put(view, number));
        }
        self.len += 1;
        self.put(view, number);
    }

    fn put(&mut self, view: u128, number: u32) {
        let Some(mut at) = self.first(view) else { return };
        while self.views[at] != EMPTY {
            at = (at + 1) & (self.views.len() - 1);
        }
        (self.views[at], self.numbers[at]) = (view, number);
    }

    /// Bytes held.
    pub(super) fn size(&self) -> usize {
        self.views.capacity() * size_of::<u128>() + self.numbers.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strings_learned_are_found_and_no_others(strings in prop::collection::vec(prop::option::of("[a-c]{0,14}"), 1..300), known in 0..300usize) {
            let column: StringViewArray = strings.iter().map(Option::as_deref).collect();
            let known = known.min(strings.len());
            let mut short = ShortStrings::default();
            let mut learned = HashMap::new();
            for (row, text) in strings[..known].iter().enumerate() {
                if let Some(text) = text {
                    let number = *learned.entry(text).or_insert(row as u32);
                    short.learn(column.views()[row], number);
                }
            }
            let (mut numbers, mut unknown) = (Vec::new(), Vec::new());
            short.find(&column, u32::MAX, &mut numbers, &mut unknown);
            for (row, text) in strings.iter().enumerate() {
                let number = text.as_ref().and_then(|text| learned.get(text)).filter(|_| text.as_ref().is_some_and(|text| text.len() <= 12));
                prop_assert_eq!(numbers[row], number.copied().unwrap_or(u32::MAX));
                prop_assert_eq!(unknown.contains(&(row as u32)), text.is_some() && number.is_none());
            }
        }
    }
}
