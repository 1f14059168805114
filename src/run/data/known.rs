//! When rows were known, as the source has it: not by when the table was loaded, and not before they happened.

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use datafusion::error::Result;

use super::ask::{OfSource, days, numbers};
use crate::diagnostic::Diagnostic;
use crate::project::identifier::identifier;
use crate::project::statement::place_of;
use crate::project::time::{Events, Time};

/// The share of the rows that is nearly all of them.
const NEARLY_ALL: f64 = 0.9;

/// By how much fewer the days on which rows were known have to be than those on which they happened.
const TIMES_FEWER: usize = 10;

/// The days over which rows have to lie, to tell; and on which others have to be known since, to pass.
const MANY_DAYS: usize = 28;

impl OfSource<'_> {
    /// That nearly all rows were known on a few days, though they happened, or hold from, many: a load wrote the time anew.
    /// History that came in one load looks like that as well, as long as few days went by since.
    pub(super) async fn rewritten(self) -> Result<Option<Diagnostic>> {
        let apart = self.source.time.known_apart();
        let Some((happened_at, known_at)) = apart else { return Ok(None) };
        let happened_at: Vec<String> = happened_at.iter().map(|name| identifier(name)).collect();
        let happened_at = format!("coalesce({})", happened_at.join(", "));
        let known_on = self.by_day(&identifier(known_at), &happened_at).await?;
        let happened_on = self.by_day(&happened_at, &happened_at).await?;
        let (happened, known) = (most(&happened_on).len(), most(&known_on));
        let newest = known.iter().max().copied();
        let since = known_on.iter().filter(|(day, _)| newest.is_some_and(|newest| *day > newest)).count();
        if happened < MANY_DAYS || known.len() * TIMES_FEWER > happened || since >= MANY_DAYS {
            return Ok(None);
        }
        let message = format!(
            "`{known_at}` of {} does not say when its rows were known: nine in ten are of {}, and {} {happened} days",
            self.model.name,
            if known.len() == 1 { "1 day".to_owned() } else { format!("{} days", known.len()) },
            if matches!(self.source.time, Time::Events(_)) { "happened on" } else { "hold from" }
        );
        let told =
            Diagnostic::warning("rewritten-known-at", message).at(place_of(&self.model.file, "known_at"));
        Ok(Some(
            told.note("a load that writes the whole table anew gives every row its own time: as known, there is no history before it")
                .note(format!("where history came in one load, this is told until rows of {MANY_DAYS} more days are there"))
                .help("keep the time at which a row was first loaded; or leave `known_at` out and say 'known_after' '1 day'"),
        ))
    }

    /// Rows that happened more than a day after they were known. A day may be one that was agreed on before; an instant
    /// is what a clock said.
    pub(super) async fn of_the_future(self) -> Result<Option<Diagnostic>> {
        let Some((events, known_at)) = self.facts() else { return Ok(None) };
        if !matches!(self.model.declared_type(&events.happened_at), Some(DataType::Timestamp(_, _))) {
            return Ok(None);
        }
        let (happened, known) = (identifier(&events.happened_at), identifier(known_at));
        let sql = format!(
            "SELECT count(*) AS rows, max(local_day({happened})) AS newest FROM {} WHERE local_day({happened}) - 1 > local_day({known})",
            self.model.name
        );
        let batches = self.session.rows(&sql).await?;
        let rows = numbers(&batches, 0).first().copied().unwrap_or_default();
        let Some(newest) = days(&batches, 1).first().copied().filter(|_| rows > 0) else { return Ok(None) };
        let (many, were) = if rows == 1 { ("row", "was") } else { ("rows", "were") };
        let message = format!(
            "{rows} {many} of {} happened more than a day after they {were} known, the last one on {newest}",
            self.model.name
        );
        let told =
            Diagnostic::warning("rows-of-the-future", message).at(place_of(&self.model.file, "happened_at"));
        Ok(Some(told.help("mend the clock that wrote them, or the time zone in which they are read")))
    }

    /// What dates the facts of a source, and the other column that says when they were known.
    fn facts(&self) -> Option<(&Events, &str)> {
        let Time::Events(events) = &self.source.time else { return None };
        let known_at = events.known.column().filter(|known_at| **known_at != events.happened_at)?;
        Some((events, known_at))
    }

    /// How many rows are of each day by a column, of those that something dates.
    async fn by_day(self, column: &str, dating: &str) -> Result<Vec<(NaiveDate, i64)>> {
        let sql = format!(
            "SELECT local_day({column}) AS day, count(*) AS rows FROM {} \
             WHERE {column} IS NOT NULL AND {dating} IS NOT NULL GROUP BY 1",
            self.model.name
        );
        let batches = self.session.rows(&sql).await?;
        Ok(days(&batches, 0).into_iter().zip(numbers(&batches, 1)).collect())
    }
}

/// The fewest days that have nearly all rows.
fn most(rows: &[(NaiveDate, i64)]) -> Vec<NaiveDate> {
    let mut rows = rows.to_vec();
    rows.sort_unstable_by(|one, other| (other.1, one.0).cmp(&(one.1, other.0)));
    let enough = rows.iter().map(|(_, rows)| rows).sum::<i64>() as f64 * NEARLY_ALL;
    let mut sum = 0;
    let most = rows.iter().take_while(|(_, rows)| {
        let before = sum;
        sum += rows;
        (before as f64) < enough
    });
    most.map(|(day, _)| *day).collect()
}
