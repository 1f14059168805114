//! Which published days are looked at.

use std::collections::BTreeSet;

use chrono::{Days as Count, NaiveDate};

use super::outcomes::Outcomes;
use super::published::Published;
use crate::error::{Error, Result};
use crate::project::layer::ModelName;

/// Which published days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// These.
    These(BTreeSet<NaiveDate>),
    /// Those of which outcomes are told, so many days apart, counted back from the newest; not before the first and not after
    /// the last, where these are given.
    Every {
        /// The first day.
        from: Option<NaiveDate>,
        /// The last.
        to: Option<NaiveDate>,
        /// How far apart they are.
        step: u32,
    },
}

impl Which {
    /// The days of a table that are meant.
    ///
    /// # Errors
    /// [`Error::Usage`] where none is published, or none is told of; what storage says.
    pub(crate) async fn of(
        &self,
        published: &Published<'_>,
        table: &ModelName,
        outcomes: &Outcomes,
    ) -> Result<Vec<NaiveDate>> {
        match self {
            Self::These(days) => {
                for day in days {
                    published.day(table, Some(*day)).await?;
                }
                Ok(days.iter().copied().collect())
            }
            Self::Every { from, to, step } => {
                if let (Some(from), Some(to)) = (from, to)
                    && from > to
                {
                    return Err(Error::Usage(format!("--from {from} is after --to {to}")));
                }
                let newest = published.day(table, None).await?;
                let all = published.out.days(table).await?;
                let within = |day: &&NaiveDate| {
                    from.is_none_or(|from| **day >= from) && to.is_none_or(|to| **day <= to)
                };
                let told: Vec<NaiveDate> =
                    all.iter().filter(within).copied().filter(|day| outcomes.tells(*day)).collect();
                if told.is_empty() {
                    return Err(untold(&all, newest, outcomes, table));
                }
                Ok(apart(&told, *step))
            }
        }
    }
}

/// Of some days, ascending, the last, and each that lies at least so many days before the one after it.
fn apart(days: &[NaiveDate], step: u32) -> Vec<NaiveDate> {
    let mut found: Vec<NaiveDate> = Vec::new();
    for day in days.iter().rev() {
        let latest = found.last().map(|after| after.checked_sub_days(Count::new(u64::from(step))));
        if latest.is_none_or(|latest| latest.is_some_and(|latest| *day <= latest)) {
            found.push(*day);
        }
    }
    found.reverse();
    found
}

fn untold(all: &[NaiveDate], newest: NaiveDate, outcomes: &Outcomes, table: &ModelName) -> Error {
    let oldest = all.first().unwrap_or(&newest);
    let ahead = outcomes.ahead;
    if let Some(known) = outcomes.settled_on(*oldest) {
        return Error::Usage(format!(
            "{} is published on no day that tells of these: {table} is published from {oldest} to {newest}, and what happens \
             within {} days after a lead of {} to accounts seen on {oldest} is known on {known}, and on no other day; publish that: \
             `hale run --as-of {known} --select {}`, or ask for another --horizon",
            outcomes.words, ahead.horizon, ahead.lead, outcomes.words
        ));
    }
    Error::Usage(format!(
        "{} tells of none of these days what became of accounts: {table} is published from {oldest} to {newest}, and what \
         happens within {} days after a lead of {} is known only then; publish earlier days with `hale run --from DAY \
         --to DAY`, or ask for a shorter --horizon",
        outcomes.words, ahead.horizon, ahead.lead
    ))
}
