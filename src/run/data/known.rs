//! When rows were known, as the source has it: not by when the table was loaded, and not before they happened.

use arrow::datatypes::DataType;
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

/// The days over which rows have to lie, to tell.
const MANY_DAYS: usize = 28;

impl OfSource<'_> {
    /// That nearly all rows were known on a few days, though they happened on many: a load wrote the time anew.
    pub(super) async fn rewritten(self) -> Result<Option<Diagnostic>> {
        let Some((events, known_at)) = self.dated() else { return Ok(None) };
        let happened = self.most_by_day(&events.happened_at).await?;
        let known = self.most_by_day(known_at).await?;
        if happened < MANY_DAYS || known * TIMES_FEWER > happened {
            return Ok(None);
        }
        let message = format!(
            "`{known_at}` of {} does not say when its rows were known: nine in ten are of {}, and happened on {happened} days",
            self.model.name,
            if known == 1 { "1 day".to_owned() } else { format!("{known} days") }
        );
        let told =
            Diagnostic::warning("rewritten-known-at", message).at(place_of(&self.model.file, "known_at"));
        Ok(Some(
            told.note("a load that writes the whole table anew gives every row its own time: as known, there is no history before it")
                .help("keep the time at which a row was first loaded; or leave `known_at` out and say 'known_after' '1 day'"),
        ))
    }

    /// Rows that happened more than a day after they were known. A day may be one that was agreed on before; an instant
    /// is what a clock said.
    pub(super) async fn of_the_future(self) -> Result<Option<Diagnostic>> {
        let Some((events, known_at)) = self.dated() else { return Ok(None) };
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
    fn dated(&self) -> Option<(&Events, &str)> {
        let Time::Events(events) = &self.source.time else { return None };
        let known_at = events.known.column().filter(|known_at| **known_at != events.happened_at)?;
        Some((events, known_at))
    }

    /// The fewest days on which nearly all rows are dated by a column.
    async fn most_by_day(self, column: &str) -> Result<usize> {
        let column = identifier(column);
        let sql = format!(
            "SELECT local_day({column}) AS day, count(*) AS rows FROM {} WHERE {column} IS NOT NULL GROUP BY 1",
            self.model.name
        );
        let mut rows = numbers(&self.session.rows(&sql).await?, 1);
        rows.sort_unstable_by(|one, other| other.cmp(one));
        let enough = rows.iter().sum::<i64>() as f64 * NEARLY_ALL;
        let mut sum = 0;
        let most = rows.iter().take_while(|rows| {
            let before = sum;
            sum += **rows;
            (before as f64) < enough
        });
        Ok(most.count())
    }
}
