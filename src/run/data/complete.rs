//! From which day on a log is complete, by its rows: the first day before which at most a hundredth of the accounts have
//! any.

use chrono::NaiveDate;
use datafusion::error::Result;

use super::ask::{OfSource, days};
use super::profile::ACCOUNT;
use crate::diagnostic::Diagnostic;
use crate::project::SETTINGS_FILE;
use crate::project::identifier::identifier;
use crate::project::statement::place_of;
use crate::project::time::Time;

/// Days that a log may be silent at its beginning: a weekend, and one more.
const QUIET: i64 = 3;

impl OfSource<'_> {
    /// That it is not said from when a log of usage is complete, or said against what is in it.
    pub(super) async fn complete(self, said: Option<NaiveDate>) -> Result<Option<Diagnostic>> {
        if said.is_none() && (self.source.optional || !self.source.usage) {
            return Ok(None);
        }
        let firsts = self.first_days().await?;
        let Some(proposed) = firsts.get(firsts.len() / 100).copied() else { return Ok(None) };
        let (name, table) = (&self.model.name, &self.model.name.table);
        let before = |day: NaiveDate| firsts.iter().filter(|first| **first < day).count();
        let accounts = firsts.len();
        let (message, note) = match said {
            None => (
                format!("{SETTINGS_FILE} does not say from which day on {name} is complete"),
                "windows that reach before it take what is not there for nothing".to_owned(),
            ),
            Some(day) if before(day) * 100 > accounts => (
                format!("{name} has rows before {day}, from which on it is said to be complete"),
                format!(
                    "of {} of {accounts} accounts: windows that reach there have no value, though they could",
                    before(day)
                ),
            ),
            Some(day) if (proposed - day).num_days() > QUIET => (
                format!("{name} is said to be complete from {day} on, and begins on {proposed}"),
                "windows that reach before that take what is not there for nothing".to_owned(),
            ),
            Some(_) => return Ok(None),
        };
        let told =
            Diagnostic::warning("complete-from", message).at(place_of(&self.model.file, "happened_at"));
        let help = format!(
            "say it in {SETTINGS_FILE}: complete_from: {{{table}: {proposed}}}, before which {} of {accounts} accounts have rows",
            before(proposed)
        );
        Ok(Some(told.note(note).help(help)))
    }

    /// The first day of each account, in order; of the log, where no column says whose a row is.
    async fn first_days(self) -> Result<Vec<NaiveDate>> {
        let Time::Events(events) = &self.source.time else { return Ok(Vec::new()) };
        let happened_at = identifier(&events.happened_at);
        let by = self.model.contract.column(ACCOUNT).map_or("", |_| " GROUP BY account_id");
        let sql = format!("SELECT min(local_day({happened_at})) AS day FROM {}{by}", self.model.name);
        let mut firsts = days(&self.session.rows(&sql).await?, 0);
        firsts.sort_unstable();
        Ok(firsts)
    }
}
