//! Facts that were delivered again so late that they count again.

use datafusion::error::Result;

use super::ask::{OfSource, days, numbers};
use crate::diagnostic::Diagnostic;
use crate::project::identifier::identifier;
use crate::project::statement::place_of;
use crate::project::time::Time;

impl OfSource<'_> {
    /// Deliveries of facts whose other delivery lies more than `max_delay` days before: too far back to be looked for.
    pub(super) async fn again(self) -> Result<Option<Diagnostic>> {
        let Time::Events(events) = &self.source.time else { return Ok(None) };
        if events.key.is_empty() {
            return Ok(None);
        }
        let key: Vec<String> = events.key.iter().map(|column| identifier(column)).collect();
        let (name, max_delay) = (&self.model.name, events.max_delay);
        let day = format!("local_day({})", identifier(&events.happened_at));
        let sql = format!(
            "SELECT count(*) AS rows, max(day - day_before) AS apart, max(day) AS newest FROM (\
             SELECT {day} AS day, lag({day}) OVER (PARTITION BY {} ORDER BY {day}) AS day_before FROM {name} \
             WHERE {day} IS NOT NULL) AS deliveries WHERE day_before < day - {max_delay}",
            key.join(", ")
        );
        let batches = self.session.rows(&sql).await?;
        let [rows, apart] =
            [0, 1].map(|column| numbers(&batches, column).first().copied().unwrap_or_default());
        let Some(newest) = days(&batches, 2).first().copied().filter(|_| rows > 0) else { return Ok(None) };
        let (many, count) = if rows == 1 { ("row", "counts") } else { ("rows", "count") };
        let message = format!(
            "{rows} {many} of {name} {count} though the fact was delivered before, up to {apart} days earlier; the last one on {newest}"
        );
        let told = Diagnostic::warning("delivered-again", message)
            .at(place_of(&self.model.file, "key"))
            .note(format!("another delivery of a fact is looked for {max_delay} days back (`max_delay`)"));
        Ok(Some(told.help(format!(
            "where it is the same fact, say 'max_delay' '{apart} days'; where a key is used again, take into it what tells the facts apart"
        ))))
    }
}
