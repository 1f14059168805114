//! The published days that rows were made of: by these one tells later whether any was published again, with other rows.
//!
//! A day of a table looks back to days of others. Of those that were read as published, and of those that the same run has
//! published, its entry keeps the hash, as a sum over days in a row. Days that a run has built for itself alone are none of
//! these, nor are days before the history starts: of these daily facts have only those with rows.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::project::layer::ModelName;

/// The hash of each published day of a table.
pub type DayHashes = BTreeMap<NaiveDate, u128>;

/// Days of a table in a row that rows were made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaysRead {
    /// The table.
    pub table: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The sum of the hashes of these days as they were then, in hexadecimal digits.
    pub hash: String,
    /// Whether it is the sum of whichever of these days were published: another one that is published later counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whichever: bool,
}

impl DaysRead {
    /// Days of a table, as far as they are known, from a first to a last one: one for each run of days of a month without a gap, so
    /// that a day that is gone by then leaves those of other months to be looked at.
    pub(super) fn within(
        table: &ModelName,
        (first, last): (NaiveDate, NaiveDate),
        known: &DayHashes,
    ) -> Vec<Self> {
        let mut found: Vec<(NaiveDate, NaiveDate, u128)> = Vec::new();
        for (day, hash) in known.range(first..=last) {
            match found.last_mut() {
                Some((_, to, sum)) if to.succ_opt() == Some(*day) && day.day() > 1 => {
                    (*to, *sum) = (*day, sum.wrapping_add(*hash));
                }
                _ => found.push((*day, *day, *hash)),
            }
        }
        let entered = |(from, to, sum)| Self {
            table: table.to_string(),
            from,
            to,
            hash: digits(sum),
            whichever: false,
        };
        found.into_iter().map(entered).collect()
    }

    /// Whichever days of a table are known from a first to a last one, month by month.
    pub(super) fn whichever(
        table: &ModelName,
        (first, last): (NaiveDate, NaiveDate),
        known: &DayHashes,
    ) -> Vec<Self> {
        let mut found = Vec::new();
        let mut from = first;
        while from <= last {
            let mut days =
                Self { table: table.to_string(), from, to: last, hash: String::new(), whichever: true };
            days.to = days.month().1.min(last);
            days.hash = digits(known.range(from..=days.to).fold(0, |sum, (_, hash)| sum.wrapping_add(*hash)));
            from = days.to + Days::new(1);
            found.push(days);
        }
        found
    }

    /// The first and the last day of their month, which has all of them.
    pub fn month(&self) -> (NaiveDate, NaiveDate) {
        let first = self.from.with_day(1).unwrap_or(self.from);
        (first, first + Months::new(1) - Days::new(1))
    }

    /// Whether some day of these is published with other rows than then. Where days are not there any more, that is not known,
    /// unless they are whichever were published.
    pub fn is_other_than(&self, now: &DayHashes) -> bool {
        let days = self.from.iter_days().take_while(|day| *day <= self.to).count();
        let there: Vec<u128> = now.range(self.from..=self.to).map(|(_, hash)| *hash).collect();
        (self.whichever || there.len() == days)
            && digits(there.into_iter().fold(0, u128::wrapping_add)) != self.hash
    }
}

fn digits(sum: u128) -> String {
    format!("{sum:032x}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::NaiveDate;

    use super::DaysRead;
    use crate::project::layer::{Layer, ModelName};

    #[test]
    fn days_in_a_row_are_other_where_one_of_them_is() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 1, day).unwrap();
        let table = ModelName::new(Layer::Metrics, "accounts");
        let then = BTreeMap::from([(day(1), 7), (day(2), 8), (day(4), u128::MAX)]);
        let read = DaysRead::within(&table, (day(1), day(4)), &then);
        let days: Vec<_> = read.iter().map(|read| (read.from, read.to)).collect();
        assert_eq!(days, [(day(1), day(2)), (day(4), day(4))]);
        let others = |now: &BTreeMap<NaiveDate, u128>| -> Vec<bool> {
            read.iter().map(|read| read.is_other_than(now)).collect()
        };
        assert_eq!(others(&then), [false, false]);
        let later = BTreeMap::from([(day(31), 1), (day(31).succ_opt().unwrap(), 2)]);
        assert_eq!(DaysRead::within(&table, (day(1), NaiveDate::MAX), &later).len(), 2, "each month apart");
        // Of whichever days there were another one counts, and one that is gone.
        let any = DaysRead::whichever(&table, (day(1), day(31).succ_opt().unwrap()), &then);
        let changed = |now: &BTreeMap<NaiveDate, u128>| any.iter().any(|read| read.is_other_than(now));
        assert_eq!(any.len(), 2, "each month apart");
        assert!(!changed(&then) && changed(&later));
        assert!(changed(&BTreeMap::from([(day(1), 7), (day(2), 8), (day(3), 1), (day(4), u128::MAX)])));
        assert!(changed(&BTreeMap::from([(day(1), 7), (day(2), 8)])));
        // A day that nobody read came between; one is gone.
        assert_eq!(others(&BTreeMap::from([(day(1), 7), (day(3), 1), (day(4), 0)])), [false, true]);
        assert_eq!(others(&BTreeMap::from([(day(1), 8), (day(2), 8)])), [true, false]);
    }
}
