//! Digests of the days of a source, by which one can tell what has to be computed again: see [`crate::engine::digests`].

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::engine::Engine;
use crate::engine::digests::{DayDigest, of_source};
use crate::engine::landed::Place;
use crate::engine::sources::{Horizon, Reading};
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::storage::Storage;

/// What a source says of some days, in the rows of a reading up to the end of a last day. Days after that are left out.
///
/// # Errors
/// [`crate::error::Error::Project`] where there is no such source, or its rows are not dated; what storage says, and the
/// engine of rows that cannot be read.
pub async fn digests(
    pipeline: &Pipeline,
    engine: &Engine,
    sources: &Storage,
    source: &str,
    (last, reading): (NaiveDate, Reading),
    days: &[NaiveDate],
) -> Result<BTreeMap<NaiveDate, DayDigest>> {
    let zone = pipeline.settings.time_zone;
    let place = Place { storage: sources, engine, zone };
    let digests =
        of_source(place, pipeline, source, (None, Some(Horizon { day: last, zone, reading }))).await?;
    Ok(days.iter().filter(|day| **day <= last).map(|day| (*day, digests.on(*day))).collect())
}
