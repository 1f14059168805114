//! What sources said of days when rows were made: by it one tells later which of these days have changed since.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use bytes::Bytes;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{entry, layout};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::storage::Storage;

/// Digests of days of sources, as hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceDays {
    /// The first day that was looked at.
    pub from: NaiveDate,
    /// The last one.
    pub to: NaiveDate,
    /// Of each source that was looked at the days on which it said anything.
    pub sources: BTreeMap<String, BTreeMap<NaiveDate, String>>,
}

impl SourceDays {
    /// The days of which some sources say something else now than they did then, among those that were looked at both times.
    pub fn changed_since<'a>(
        &'a self,
        then: &'a Self,
        sources: &'a BTreeSet<String>,
        days: RangeInclusive<NaiveDate>,
    ) -> impl Iterator<Item = (&'a str, NaiveDate)> {
        let first = (*days.start()).max(self.from).max(then.from);
        let last = (*days.end()).min(self.to).min(then.to);
        let both = sources.iter().filter_map(|source| {
            Some((source.as_str(), self.sources.get(source)?, then.sources.get(source)?))
        });
        both.flat_map(move |(source, now, then)| {
            let days = first.iter_days().take_while(move |day| *day <= last);
            days.filter(|day| now.get(day) != then.get(day)).map(move |day| (source, day))
        })
    }

    /// Whether a source that was looked at says nothing of a day.
    pub fn is_silent(&self, source: &str, day: NaiveDate) -> bool {
        self.sources.get(source).is_some_and(|days| !days.contains_key(&day))
    }

    /// Writes them for the entries that a run makes; the name of the object.
    ///
    /// # Errors
    /// What storage says.
    pub(super) async fn keep(&self, storage: &Storage, run: &str) -> Result<String> {
        let text = serde_json::to_vec(self).map_err(|error| Error::Bug(error.to_string()))?;
        let object = layout::object_name(&entry::hash(&text), run, "json");
        let file = layout::object_file(&object);
        storage.put(&file, Bytes::from(text)).await?;
        storage.sync(&[file]).await?;
        Ok(object)
    }

    /// Reads those that an entry names.
    ///
    /// # Errors
    /// What storage says; [`Error::Project`] where the object is gone or damaged.
    pub async fn read(storage: &Storage, object: &str) -> Result<Self> {
        let file = layout::object_file(object);
        let damaged = |why: &str| {
            let problem = Diagnostic::error("damaged-object", format!("{}/{file} {why}", storage.shown()));
            Error::Project(problem.help("`hale verify` names all that is gone or damaged").into())
        };
        let bytes = storage.get_if_there(&file).await?.ok_or_else(|| damaged("is gone"))?;
        serde_json::from_slice(&bytes).map_err(|error| damaged(&format!("cannot be read: {error}")))
    }
}
