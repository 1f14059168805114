//! Which published days a run from the sources reads as they are, in place of building them again.
//!
//! A run builds the days asked for. What these look back to is read as it is published, where the definition that made it is
//! that of now: one more day costs a day, and a trend compares with what people saw. Late rows either restate such a day or
//! leave it (`max_restatement_days`). A table that is not asked for is read on the days asked for as well, where its key says
//! that the same would be built.
//!
//! Daily facts (`settles_after = '60 days'`) are no such days of a run: they are what happened on each, and what reads them wants
//! that as it is known now. Those that are not settled are made anew by every run, and published with it.
//!
//! Days as known are made of what was known by their end alone, so those before are none of theirs: they are built.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::request::Request;
use crate::engine::sources::Reading;
use crate::error::Result;
use crate::project::model::Model;
use crate::store::Entry;

/// The published days that a run reads as they are.
#[derive(Clone, Copy)]
pub(super) enum Standing<'a> {
    /// None: whatever is needed is built.
    Nothing,
    /// Those of what is published when a run begins.
    Of(&'a Request),
}

impl<'a> Standing<'a> {
    /// Those that a run may read.
    pub(super) fn of_run(request: &'a Request) -> Self {
        let is_of_its_own = request.from_published || request.reading == Reading::AsKnown;
        if is_of_its_own { Self::Nothing } else { Self::Of(request) }
    }

    /// The days of a model from a first one on. One that is stored whole has the last day of the run. Before the history starts
    /// daily facts are published of their first day and of those with any.
    ///
    /// # Errors
    /// What storage says.
    pub(super) async fn days(
        self,
        model: &Model,
        first: NaiveDate,
        history_starts: NaiveDate,
    ) -> Result<BTreeSet<NaiveDate>> {
        let Self::Of(request) = self else { return Ok(BTreeSet::new()) };
        let Some(key) = request.keys.get(&model.name) else { return Ok(BTreeSet::new()) };
        let (start, end) = (*request.days.start(), *request.days.end());
        // Facts of days of which a source has no rows any more are as settled as they will ever be.
        let frozen = request.kept.first_of(&model.name).unwrap_or(NaiveDate::MIN).min(start);
        let start = model.open_from(start).max(frozen);
        let is_asked_for = request.selection.0.contains(&model.name);
        let is_as_of_now = |entry: &Entry| entry.made_of().is_some_and(|then| then.makes_the_same(key));
        if !model.by_day() {
            let whole = request.out.whole(&model.name).filter(|whole| !is_asked_for && whole.through == end);
            return Ok(whole.filter(|whole| is_as_of_now(&whole.entry)).map(|_| end).into_iter().collect());
        }
        let until = if is_asked_for { start } else { end.succ_opt().unwrap_or(end) };
        if first >= until {
            return Ok(BTreeSet::new());
        }
        let stands = |day: NaiveDate, entry: &Entry| match entry.made_of() {
            Some(then) if day < start => then.stands_for(key),
            _ => is_as_of_now(entry),
        };
        let there = request.out.entries(&model.name, first..until).await?;
        let without = |day: &NaiveDate| !there.contains_key(day);
        let mut days: BTreeSet<NaiveDate> =
            there.iter().filter(|(day, entry)| stands(**day, entry)).map(|(day, _)| *day).collect();
        if days.contains(&first) {
            let before = first.iter_days().take_while(|day| *day < history_starts.min(until));
            days.extend(before.filter(without));
        }
        Ok(days)
    }
}
