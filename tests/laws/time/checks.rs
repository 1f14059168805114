//! The laws as functions: of a project and its sources, whether a law holds; else which table, row and column differ,
//! because of which row of a source.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use arrow::array::UInt32Array;
use arrow::compute::take_record_batch;
use chrono::NaiveDate;
use halescore::engine::sources::Reading;
use tempfile::TempDir;

use super::blame::{Place, Rows};
use super::cut::{Dated, later};
use super::rows::{FIRST, LAST};
use super::tables::{Project, Tables};
use crate::laws::Draw;
use crate::laws::sources::{read, write};

/// A project over sources of which it is known how their rows are dated, whatever the project says of them.
pub struct World<'a> {
    pub project: &'a Project,
    pub sources: &'a Path,
    pub dated: &'a [Dated],
}

type Held = Result<(), String>;

impl World<'_> {
    fn rows(&self) -> Rows<'_> {
        Rows::new(self.sources, self.dated)
    }

    fn all_rows(&self) -> Vec<Place> {
        self.rows().places(|_, rows| vec![true; rows.num_rows()])
    }

    /// All drawn days.
    fn days(&self, sources: &Path) -> Tables {
        self.project.tables(sources, FIRST..=LAST, Reading::AsHappened)
    }

    /// What a run up to a day says of an earlier one.
    pub fn said(&self, sources: &Path, day: NaiveDate, until: NaiveDate, reading: Reading) -> Tables {
        self.project.tables(sources, day..=until, reading).of(|as_of| as_of == day, day)
    }

    /// Laws 1 and 2: rows of later change no table of a day, in a run up to a later one. Gives the sources with such rows.
    pub fn later_rows_change_nothing(
        &self,
        day: NaiveDate,
        until: NaiveDate,
        reading: Reading,
    ) -> Result<BTreeSet<String>, String> {
        let whole = self.said(self.sources, day, until, reading);
        self.later_rows_leave(&whole, day, until, reading)
    }

    /// The same where what the run says is known.
    pub fn later_rows_leave(
        &self,
        whole: &Tables,
        day: NaiveDate,
        until: NaiveDate,
        reading: Reading,
    ) -> Result<BTreeSet<String>, String> {
        let rows = self.rows();
        let of_later = rows.places(|source, rows| later(source, rows, day, reading));
        let sources = of_later.iter().map(|place| place.source.clone()).collect();
        rows.held(of_later, |left_out| {
            let earlier = rows.without(left_out).expect("each source has rows that the day knows");
            self.said(earlier.path(), day, until, reading).difference(whole)
        })?;
        Ok(sources)
    }

    /// Law 3: the two readings of a day are one.
    pub fn readings_are_one(&self, day: NaiveDate) -> Held {
        let rows = self.rows();
        rows.held(self.all_rows(), |kept| {
            let sources = rows.only(|place| kept.contains(place))?;
            self.project.readings_differ(sources.path(), day)
        })
    }

    /// Law 4: corrections change only the days that they are about.
    pub fn corrections_change_only_their_days(
        &self,
        corrections: &[(Place, RangeInclusive<NaiveDate>)],
    ) -> Held {
        let rows = self.rows();
        let places: Vec<Place> = corrections.iter().map(|(place, _)| place.clone()).collect();
        let before = rows.without(&places).expect("each source has rows that are no corrections");
        rows.held(places.clone(), |corrected| {
            let left_out: Vec<Place> =
                places.iter().filter(|place| !corrected.contains(place)).cloned().collect();
            let after = rows.without(&left_out)?;
            let about = |day: NaiveDate| {
                let mut days = corrections.iter().filter(|(place, _)| corrected.contains(place));
                days.any(|(_, days)| days.contains(&day))
            };
            let [before, after] = [before.path(), after.path()]
                .map(|sources| self.days(sources).of(|day| !about(day), LAST).by_day());
            before.difference(&after)
        })
    }

    /// Law 5: the order of rows, the files that they lie in, and second deliveries that are equal but for when they were
    /// known change no day.
    pub fn deliveries_change_nothing(&self, again: &[Place], seed: u64) -> Held {
        let rows = self.rows();
        let once = rows.without(again).expect("each source has rows that are delivered once");
        let expected = self.days(once.path());
        let differs = |again_too: &[Place]| {
            let left_out: Vec<Place> =
                again.iter().filter(|place| !again_too.contains(place)).cloned().collect();
            let sources = rows.without(&left_out)?;
            expected.difference(&self.days(anew(sources.path(), self.dated, seed).path()))
        };
        let of_order = differs(&[]).is_some();
        rows.held(if of_order { Vec::new() } else { again.to_vec() }, differs)
    }

    /// Law 6: another declaration of sources that say nothing that needs it makes the same of them.
    pub fn makes_the_same(&self, other: &Project) -> Held {
        let rows = self.rows();
        rows.held(self.all_rows(), |kept| {
            let sources = rows.only(|place| kept.contains(place))?;
            let other = other.tables(sources.path(), FIRST..=LAST, Reading::AsHappened);
            self.days(sources.path()).difference(&other)
        })
    }
}

/// Sources with their rows in another order and in several files.
fn anew(from: &Path, dated: &[Dated], seed: u64) -> TempDir {
    let (mut draw, to) = (Draw(seed), tempfile::tempdir().unwrap());
    for source in dated {
        let rows = read(from, &source.path).unwrap();
        let mut order: Vec<u32> = (0..u32::try_from(rows.num_rows()).unwrap()).collect();
        draw.shuffle(&mut order);
        let size = order.len().div_ceil(1 + draw.below(3));
        for (number, part) in order.chunks(size.max(1)).enumerate() {
            let part = take_record_batch(&rows, &UInt32Array::from(part.to_vec())).unwrap();
            write(&to.path().join(&source.path).join(format!("{}.parquet", 9 - number)), &part);
        }
    }
    to
}
