//! Writes the event log: one file for each month, several months at a time.
use std::ops::Range;
use std::sync::Arc;

use futures::TryStreamExt;
use tokio::task::JoinSet;

use super::activity::Scale;
use super::day::{self, DAY};
use super::files::{Place, TableFile, Written, unfit};
use super::population::Population;
use super::sheet::Clock;
use super::tables::EventTable;
use super::world::World;
use crate::error::{Error, Result};

/// The folder of the log.
const FOLDER: &str = "events";

/// Writes the months of a world's events.
pub(super) async fn write(world: &World, population: Arc<Population>, place: &Place) -> Result<Vec<Written>> {
    let table = EventTable::new(&population);
    let scale = Scale::new(world, &population);
    let history = Arc::new(History { world: world.clone(), population, scale, table });
    let (mut tasks, mut written) = (JoinSet::new(), Vec::new());
    let joined = |joined: Result<Result<Written>, tokio::task::JoinError>| {
        joined.map_err(|error| Error::Bug(error.to_string()))?
    };
    for month in world.months() {
        if tasks.len() >= place.threads
            && let Some(done) = tasks.join_next().await
        {
            written.push(joined(done)?);
        }
        let (history, place) = (Arc::clone(&history), place.clone());
        tasks.spawn(async move { history.write_month(&place, month).await });
    }
    while let Some(done) = tasks.join_next().await {
        written.push(joined(done)?);
    }
    Ok(written)
}

/// One file of events.
struct Month {
    file: String,
    days: Range<u32>,
}

impl World {
    fn months(&self) -> Vec<Month> {
        let mut months: Vec<Month> = Vec::new();
        for day in 0..self.days {
            let file = self.date(day).format("%Y-%m.parquet").to_string();
            match months.last_mut() {
                Some(month) if month.file == file => month.days.end = day + 1,
                _ => months.push(Month { file, days: day..day + 1 }),
            }
        }
        months
    }
}

/// All that the months of events share.
struct History {
    world: World,
    population: Arc<Population>,
    scale: Scale,
    table: EventTable,
}

impl History {
    async fn write_month(&self, place: &Place, month: Month) -> Result<Written> {
        let file = format!("{FOLDER}/{}", month.file);
        let first = i64::from(self.world.epoch_day(0)) * DAY;
        let extracted = first + Clock::new(&self.world).extracted;
        let mut file = TableFile::create(place, &file, self.table.schema())?;
        for day in month.days {
            let events = day::events_of(&self.world, &self.population, &self.scale, day);
            let epoch_day = i64::from(self.world.epoch_day(day as i32));
            file.write(&self.table.day(&events, epoch_day, extracted).map_err(unfit)?).await?;
            // Lets a signal be heard between days.
            tokio::task::yield_now().await;
        }
        file.finish().await
    }
}

/// Months of another world beside this one's would be read together with them.
pub(super) async fn refuse_strangers(world: &World, place: &Place) -> Result<()> {
    let events = place.at(FOLDER);
    let months = world.months();
    let found: Vec<_> = place
        .store
        .list(Some(&events))
        .try_collect()
        .await
        .map_err(|error| Error::transient(format!("could not list {events}: {error}")))?;
    let stranger = found
        .iter()
        .find(|object| !months.iter().any(|month| object.location.filename() == Some(&month.file)));
    match stranger {
        None => Ok(()),
        Some(object) => Err(Error::Usage(format!(
            "{} is not part of the world to be generated: choose another folder, or remove it first",
            object.location
        ))),
    }
}
