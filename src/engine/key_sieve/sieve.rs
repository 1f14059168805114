//! Which keys may occur more than once: a few bits for each row, set and read by many threads.

use std::sync::atomic::{AtomicU64, Ordering};

/// Hashes looked up together, so that the processor fetches their places side by side.
const TOGETHER: usize = 32;

/// Places for hashes, two bits each: a hash was noted; it was noted again.
///
/// Different hashes may share a place, so [`Sieve::may_repeat`] can be wrong in saying yes, never in saying no.
pub(super) struct Sieve {
    /// 32 places in each word: the lower bit of a pair for once, the upper one for again.
    words: Vec<AtomicU64>,
    mask: u64,
}

impl Sieve {
    /// A sieve of `bytes` bytes, rounded up to a power of two.
    pub(super) fn new(bytes: usize) -> Self {
        let words = (bytes / 8).next_power_of_two();
        Self { words: (0..words).map(|_| AtomicU64::new(0)).collect(), mask: words as u64 * 32 - 1 }
    }

    /// Notes hashes, each as often as it stands there.
    pub(super) fn note(&self, hashes: &[u64]) {
        let mut known = [0; TOGETHER];
        for hashes in hashes.chunks(TOGETHER) {
            for (known, hash) in known.iter_mut().zip(hashes) {
                *known = self.word(*hash).load(Ordering::Relaxed);
            }
            for (known, hash) in known.iter().zip(hashes) {
                let (once, again) = self.bits(*hash);
                let is_known =
                    known & once != 0 || self.word(*hash).fetch_or(once, Ordering::Relaxed) & once != 0;
                if is_known && known & again == 0 {
                    self.word(*hash).fetch_or(again, Ordering::Relaxed);
                }
            }
        }
    }

    /// Whether a hash may have been noted more than once.
    #[inline]
    pub(super) fn may_repeat(&self, hash: u64) -> bool {
        self.word(hash).load(Ordering::Relaxed) & self.bits(hash).1 != 0
    }

    #[inline]
    fn word(&self, hash: u64) -> &AtomicU64 {
        &self.words[((hash & self.mask) / 32) as usize]
    }

    #[inline]
    fn bits(&self, hash: u64) -> (u64, u64) {
        let once = 1 << (2 * (hash & self.mask & 31));
        (once, once << 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::Sieve;

    proptest! {
        #[test]
        fn whatever_was_noted_twice_may_repeat(hashes in prop::collection::vec(0..500u64, 0..400), parts in 1..4usize) {
            let sieve = Sieve::new(64);
            hashes.chunks(parts * 37).for_each(|part| sieve.note(part));
            let mut counts: HashMap<u64, usize> = HashMap::new();
            hashes.iter().for_each(|hash| *counts.entry(*hash).or_default() += 1);
            for (hash, count) in &counts {
                prop_assert!(*count < 2 || sieve.may_repeat(*hash));
            }
        }

        #[test]
        fn in_a_large_sieve_nothing_else_does(hashes in prop::collection::vec(0..4_000u64, 0..2_000)) {
            let sieve = Sieve::new(1024);
            sieve.note(&hashes);
            for hash in 0..4_000 {
                let count = hashes.iter().filter(|known| **known == hash).count();
                prop_assert_eq!(sieve.may_repeat(hash), count > 1);
            }
        }
    }
}
