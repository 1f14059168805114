//! Writes the stories of all accounts: told by several threads, written in the order of accounts.
use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt, stream};

use super::files::{Place, TableFile, Written, unfit};
use super::population::Population;
use super::rows::Rows;
use super::scene::Scene;
use super::sheet::Clock;
use super::world::World;
use crate::error::{Error, Result};

/// Accounts whose stories are in memory at a time, for each thread.
const STRETCH: usize = 64;

/// One file's name and some of its rows.
type Told = Vec<(&'static str, RecordBatch)>;

/// Writes all files but those of events and of judgements.
pub(super) async fn write(
    world: &World,
    population: &Arc<Population>,
    place: &Place,
) -> Result<Vec<Written>> {
    let stretches = (0..population.accounts.len()).step_by(STRETCH).map(|first| {
        let (world, population) = (world.clone(), Arc::clone(population));
        let told = tokio::task::spawn_blocking(move || tell(&world, &population, first));
        async move { told.await.map_err(|error| Error::Bug(error.to_string()))? }
    });
    let mut told = stream::iter(stretches).buffered(place.threads);
    let mut files: Vec<TableFile> = Vec::new();
    while let Some(batches) = told.try_next().await? {
        for (nth, (name, batch)) in batches.iter().enumerate() {
            if files.len() == nth {
                files.push(TableFile::create(place, name, &batch.schema())?);
            }
            files[nth].write(batch).await?;
        }
    }
    let mut written = Vec::with_capacity(files.len());
    for file in files {
        written.push(file.finish().await?);
    }
    Ok(written)
}

/// The stories of the accounts from the one at `first` on.
fn tell(world: &World, population: &Population, first: usize) -> Result<Told> {
    let mut rows = Rows::default();
    for account in population.accounts[first..].iter().take(STRETCH) {
        rows.tell(&Scene::new(world, population, account));
    }
    rows.batches(Clock::new(world)).map_err(unfit)
}
