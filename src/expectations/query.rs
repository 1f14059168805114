//! What is asked of a score's table: the rows that are expected to be there.

use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::{Expectation, Expectations};
use crate::project::model::AS_OF_DATE;
use crate::semantic::text_literal;

impl Expectations {
    /// The rows of the table, with the place of the expectation in its file: of all that is expected of some days, whether or
    /// not there is such a row.
    pub(crate) fn query(&self, days: &RangeInclusive<NaiveDate>) -> String {
        let key = self.entity.key();
        let asked = self.entries.iter().enumerate().filter(|(_, entry)| days.contains(&entry.day));
        let rows: Vec<String> = asked.map(|(place, entry)| row(place, entry)).collect();
        // Where nothing is asked, a row of the same types, which is left out.
        let nobody = || format!("(-1, {}DATE '1970-01-01')", "'', ".repeat(key.len()));
        let rows = if rows.is_empty() { nobody() } else { rows.join(",\n  ") };
        let names: String = key.iter().map(|name| format!("{name}, ")).collect();
        let same: String = key.iter().map(|name| format!("found.{name} = expected.{name} AND ")).collect();
        let (first, last) = (days.start(), days.end());
        format!(
            "SELECT expected.place, found.{AS_OF_DATE} IS NOT NULL AS is_there, found.score, found.tier\n\
             FROM (VALUES\n  {rows}\n) AS expected (place, {names}{AS_OF_DATE})\n\
             LEFT JOIN scores.\"{}\" AS found ON {same}found.{AS_OF_DATE} = expected.{AS_OF_DATE}\n  \
             AND found.{AS_OF_DATE} >= DATE '{first}' AND found.{AS_OF_DATE} <= DATE '{last}'\n\
             WHERE expected.place >= 0\nORDER BY expected.place",
            self.score
        )
    }
}

fn row(place: usize, entry: &Expectation) -> String {
    let user = entry.user.iter().map(|user| format!("{}, ", text_literal(user))).collect::<String>();
    format!("({place}, {}, {user}DATE '{}')", text_literal(&entry.account), entry.day)
}
