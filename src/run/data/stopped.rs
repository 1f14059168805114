//! Logs that ended while other sources went on.

use chrono::NaiveDate;
use datafusion::error::Result;

use super::ask::{OfSource, days};
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::project::identifier::identifier;
use crate::project::layer::ModelName;
use crate::project::settings::Settings;
use crate::project::statement::place_of;
use crate::project::time::{Known, Time};

/// How far the rows of a source go.
pub(super) struct End {
    name: ModelName,
    at: Location,
    /// The newest day on which a row was known.
    known: NaiveDate,
    /// Of a log of usage the newest day on which anything happened, and how far that may lag behind.
    happened: Option<(NaiveDate, u32)>,
}

impl OfSource<'_> {
    /// How far its rows go; `None` where no column says when they were known.
    pub(super) async fn end(self, settings: &Settings) -> Result<Option<End>> {
        let time = &self.source.time;
        let Some(known_at) = time.known().and_then(Known::column) else { return Ok(None) };
        let happened_at = match time {
            Time::Events(events) => &events.happened_at,
            _ => known_at,
        };
        let [known_at, happened_at] = [known_at, happened_at].map(|name| identifier(name));
        let sql = format!(
            "SELECT max(local_day({known_at})) AS known, max(local_day({happened_at})) AS happened FROM {}",
            self.model.name
        );
        let batches = self.session.rows(&sql).await?;
        let (Some(known), Some(happened)) =
            (days(&batches, 0).first().copied(), days(&batches, 1).first().copied())
        else {
            return Ok(None);
        };
        let may_lag = settings.may_lag(self.source);
        Ok(Some(End {
            name: self.model.name.clone(),
            at: place_of(&self.model.file, "happened_at"),
            known,
            happened: self.source.usage.then_some((happened, may_lag)),
        }))
    }
}

/// The logs of usage that ended before others.
pub(super) fn before_others(ends: &[End]) -> Diagnostics {
    let newest = ends.iter().max_by_key(|end| end.known);
    let stopped = |end: &End| {
        let ((happened, may_lag), newest) = (end.happened?, newest?);
        // What is known of a day comes on the next.
        if (newest.known - happened).num_days() <= i64::from(may_lag) + 1 {
            return None;
        }
        let message = format!(
            "{} ends on {happened}, and {} has rows that were known on {}",
            end.name, newest.name, newest.known
        );
        let told = Diagnostic::warning("stopped-log", message).at(end.at.clone());
        Some(
            told.note("every metric takes the days after it for days on which nothing happened")
                .help("deliver the days that are missing, or build the days up to it"),
        )
    };
    ends.iter().filter_map(stopped).collect()
}
