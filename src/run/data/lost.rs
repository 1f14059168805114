//! Loads of a table without history that do not have many of the things that the load before had. Each that is not in a load
//! has ended, so a load that was cut short ends customers who are there.
//!
//! A source may say how many may be lost (`'may_lose' '20 %'`); a load without more breaks its contract, until it is delivered
//! again: the last load of a day is what counts on it. Where a source says nothing, `check --data` alone tells, and only of half
//! of many.

use chrono::NaiveDate;
use datafusion::error::Result;

use super::ask::{OfSource, days, numbers};
use crate::diagnostic::Diagnostic;
use crate::engine::Session;
use crate::project::identifier::identifier;
use crate::project::model::{Model, Source};
use crate::project::statement::place_of;
use crate::project::time::{Snapshots, Time};

/// How many of a hundred are many to lose, where nothing is said.
const HALF: u32 = 50;

/// The things of a load below which half of them is chance.
const MANY_THINGS: i64 = 20;

/// Loads that are shown.
const SHOWN: usize = 5;

/// A load without things that the one before had.
struct Load {
    day: NaiveDate,
    before: i64,
    lost: i64,
}

/// That loads are without more than the source says they may be; nothing where it says nothing.
///
/// # Errors
/// When its rows cannot be read.
pub(in crate::run) async fn where_refused(
    session: &Session,
    model: &Model,
    source: &Source,
) -> Result<Option<Diagnostic>> {
    match &source.time {
        Time::Snapshots(Snapshots { may_lose: Some(_), .. }) => {
            OfSource { session, model, source }.lost().await
        }
        _ => Ok(None),
    }
}

impl OfSource<'_> {
    /// That loads are without more than they may be, or without many where nothing is said.
    pub(super) async fn lost(self) -> Result<Option<Diagnostic>> {
        let Time::Snapshots(snapshots) = &self.source.time else { return Ok(None) };
        let (share, least) = snapshots.may_lose.map_or((HALF, MANY_THINGS), |share| (share, 1));
        let mut loads = self.loads(snapshots).await?;
        loads.retain(|load| load.before >= least && load.lost * 100 > load.before * i64::from(share));
        let Some(first) = loads.first() else { return Ok(None) };
        let (name, key) = (&self.model.name, snapshots.key.join(", "));
        let message = format!(
            "the load of {name} on {} is without {} of {} that the one before has, by {key}",
            first.day, first.lost, first.before
        );
        let told = match snapshots.may_lose {
            Some(share) => Diagnostic::error("lost-things", message)
                .at(place_of(&self.model.file, "may_lose"))
                .note(format!("at most {share} % of them may be lost from one load to the next (`may_lose`)"))
                .help("deliver that load again, whole: the last one of a day counts; or say that more may be lost"),
            None => Diagnostic::warning("lost-things", message)
                .at(place_of(&self.model.file, "taken_at"))
                .help("deliver that load again, whole; or say how many may be lost, so that runs stop: OPTIONS ('may_lose' '20 %')"),
        };
        let others = loads.iter().skip(1).take(SHOWN);
        let told = others.fold(told, |told, Load { day, before, lost }| {
            told.note(format!("that on {day} is without {lost} of {before}"))
        });
        Ok(Some(told.note("a thing that a load does not have ended on its day")))
    }

    /// Each load but the first, the last one of each day, with how many things the one before has, and it does not.
    async fn loads(self, snapshots: &Snapshots) -> Result<Vec<Load>> {
        let (name, taken_at) = (&self.model.name, identifier(&snapshots.taken_at));
        let columns = snapshots.key.iter().enumerate();
        let named: Vec<String> =
            columns.clone().map(|(at, column)| format!("{} AS key_{at}", identifier(column))).collect();
        let same: Vec<String> = columns.map(|(at, _)| format!("later.key_{at} = things.key_{at}")).collect();
        let sql = format!(
            "WITH loads AS (SELECT local_day({taken_at}) AS day, max({taken_at}) AS taken FROM {name} GROUP BY 1), \
             numbered AS (SELECT taken, lag(day) OVER (ORDER BY day DESC) AS next_day, \
             lag(taken) OVER (ORDER BY day DESC) AS next_taken FROM loads), \
             things AS (SELECT DISTINCT {taken_at} AS taken, {} FROM {name}) \
             SELECT numbered.next_day AS day, count(*) AS before, count(*) - count(later.taken) AS lost \
             FROM numbered JOIN things ON things.taken = numbered.taken \
             LEFT JOIN things AS later ON later.taken = numbered.next_taken AND {} \
             WHERE numbered.next_day IS NOT NULL GROUP BY 1 ORDER BY 1",
            named.join(", "),
            same.join(" AND ")
        );
        let batches = self.session.rows(&sql).await?;
        let [before, lost] = [1, 2].map(|column| numbers(&batches, column));
        let loads = days(&batches, 0).into_iter().zip(before.into_iter().zip(lost));
        Ok(loads.map(|(day, (before, lost))| Load { day, before, lost }).collect())
    }
}
