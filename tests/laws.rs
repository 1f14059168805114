//! Laws that need no second definition: two texts, files or worlds that differ in one thing, and what must not differ
//! for it, or only one way.
//!
//! ```text
//! definitions   the order of keys, entries and files of YAML; names of tiers: the same SQL, whatever they are
//! cases         every unit test of a model, its rows in another order, delivered twice where staging takes that
//! sources       files split, rows in another order, rows delivered twice: the same bytes
//! fall          twins, one of which stops: day by day no better than the other, nor than on the day before
//! season        the same twins, where no usage is expected for a month
//! time          rows of later: they change no table of a day, as happened or as known
//! worlds        accounts that fall silent, accounts with more severe tickets: no better for it, and on no list less
//! merged        silent accounts in which others go on: no better for it
//! obligatory    the largest account gone silent, with only the sources that must be there, under every template
//! reasons       whoever is at risk or not scored is on the queue for a reason
//! ```
//!
//! Draws have seeds: one that ever failed is kept in the list of its law.

mod cases;
mod definitions;
mod fall;
mod merged;
mod obligatory;
mod reasons;
mod season;
mod shipped;
mod silence;
pub mod sources;
mod time;
mod tree;
mod twins;
pub mod world;
mod worlds;

/// Numbers by chance, the same for the same seed (SplitMix64; Steele, Lea and Flood, OOPSLA 2014).
pub struct Draw(pub u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
