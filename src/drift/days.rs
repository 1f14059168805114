//! The days of both sides, and the definitions that made their scores.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::told::End;
use crate::diff::{Place, Side, Stored};
use crate::error::{Error, Result};
use crate::project::layer::{Layer, ModelName};
use crate::read::columns::known_texts;
use crate::read::published_day;
use crate::semantic::Score;
use crate::store::State;

/// Days before the one that is looked at, where no reference is named.
const BEFORE: u64 = 28;

/// What is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// The day four weeks before.
    FourWeeksBefore,
    /// A day.
    Day(NaiveDate),
    /// All published days of a period.
    Span(NaiveDate, NaiveDate),
}

/// The days that are compared.
pub(super) struct Asked {
    table: ModelName,
    /// The day that is looked at.
    pub(super) now: NaiveDate,
    /// Those that it is compared with.
    pub(super) reference: Vec<NaiveDate>,
}

/// The definitions that made the scores.
pub(super) struct Made {
    pub(super) now: Side,
    /// Those of the reference, each with its days.
    pub(super) then: Vec<(Side, Vec<NaiveDate>)>,
}

impl Asked {
    /// The days that are meant, all of them published.
    pub(super) async fn of(
        out: &State,
        score: &str,
        (day, reference): (Option<NaiveDate>, Reference),
    ) -> Result<Self> {
        let table = ModelName::new(Layer::Scores, score);
        let now = published_day(out, &table, day).await?;
        let reference = match reference {
            Reference::Day(day) => vec![published_day(out, &table, Some(day)).await?],
            Reference::FourWeeksBefore => vec![four_weeks_before(out, &table, now).await?],
            Reference::Span(from, to) if from > to => {
                return Err(Error::Usage(format!("--from {from} is after --to {to}")));
            }
            Reference::Span(from, to) => {
                let days: Vec<NaiveDate> = out.entries(&table, from..=to).await?.into_keys().collect();
                if days.is_empty() {
                    let message = format!("{table} is not published on any day from {from} to {to}");
                    return Err(Error::Usage(format!("{message}; its newest day is {now}")));
                }
                days
            }
        };
        Ok(Self { table, now, reference })
    }

    /// The last of all days.
    pub(super) fn last(&self) -> NaiveDate {
        self.reference.iter().copied().fold(self.now, NaiveDate::max)
    }

    /// The definitions that made the rows of these days.
    pub(super) async fn definitions(&self, place: &Place<'_>, stored: &Stored<'_>) -> Result<Made> {
        let days: BTreeSet<NaiveDate> = self.reference.iter().copied().chain([self.now]).collect();
        stored.read(&self.table, &days, "the drift").await?;
        let score = &self.table.table;
        let listed: Vec<String> = days.iter().map(|day| format!("DATE '{day}'")).collect();
        let sql = format!(
            "SELECT DISTINCT CAST(as_of_date AS VARCHAR) AS day, definition FROM scores.\"{score}\" WHERE as_of_date IN ({})",
            listed.join(", ")
        );
        let rows = stored.rows("what is published of the score", &sql).await?;
        let mut made: BTreeMap<NaiveDate, String> = BTreeMap::new();
        for (day, definition) in known_texts(&rows, "day")?.iter().zip(known_texts(&rows, "definition")?) {
            let day: NaiveDate =
                day.parse().map_err(|_| Error::Bug(format!("a published row is of `{day}`")))?;
            if made.insert(day, definition).is_some() {
                let message = format!("{} of {day} was made by several definitions", self.table);
                return Err(Error::Usage(format!(
                    "{message}; build the day again: `hale run --as-of {day}`"
                )));
            }
        }
        let of = |day: &NaiveDate| {
            made.get(day).ok_or_else(|| Error::Usage(format!("{} of {day} has no row", self.table)))
        };
        let mut by_definition: BTreeMap<&String, Vec<NaiveDate>> = BTreeMap::new();
        for day in &self.reference {
            by_definition.entry(of(day)?).or_default().push(*day);
        }
        let now = Side::of_rows(place.out, score, of(&self.now)?, self.now).await?;
        let mut then = Vec::new();
        for (definition, days) in by_definition {
            let first = days.first().copied().unwrap_or(self.now);
            then.push((Side::of_rows(place.out, score, definition, first).await?, days));
        }
        Ok(Made { now, then })
    }

    /// Both ends, of which so many rows were counted.
    pub(super) fn ends(&self, (made, score): (&Made, &Score), [then, now]: [u64; 2]) -> [End; 2] {
        let before = made.then.iter().filter_map(|(side, _)| side.score(Some(&score.name)).ok());
        let reference = End {
            from_date: self.reference.first().copied().unwrap_or(self.now),
            to_date: self.reference.last().copied().unwrap_or(self.now),
            days: self.reference.len(),
            rows: then,
            definitions: before.map(|before| before.definition.clone()).collect(),
        };
        let definitions = vec![score.definition.clone()];
        [reference, End { from_date: self.now, to_date: self.now, days: 1, rows: now, definitions }]
    }
}

async fn four_weeks_before(out: &State, table: &ModelName, now: NaiveDate) -> Result<NaiveDate> {
    let day = now.checked_sub_days(Days::new(BEFORE)).unwrap_or(now);
    if out.entry(table, Some(day)).await?.is_some() {
        return Ok(day);
    }
    let days = out.days(table).await?;
    let (first, count) = (days.first().copied().unwrap_or(now), days.len());
    let message = format!("{table} is not published of {day}, {BEFORE} days before {now}");
    Err(Error::Usage(format!(
        "{message}; name what to compare with: --vs DAY, or --from DAY --to DAY ({count} days are published, from {first})"
    )))
}
