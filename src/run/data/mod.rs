//! What data cannot be: looked for by `hale check --data` in every row of the sources.
//!
//! | what | where it is told |
//! | --- | --- |
//! | days without rows between days with many | [`silence`](super::silence) |
//! | a log that ended while others went on | `stopped` |
//! | days unlike the same weekdays of the weeks before: rows, accounts, shares of NULL | `unusual` |
//! | a `known_at` that loads write anew, rows of the future | `known` |
//! | facts delivered again so late that they count again | `again` |
//! | loads without many of the things of the one before | `lost` |
//! | `complete_from` that is absent, too early or too late | `complete` |

mod again;
mod ask;
mod complete;
mod known;
mod lost;
mod profile;
mod stopped;
mod unusual;

use chrono::NaiveDate;
use datafusion::error::Result as EngineResult;

pub(super) use ask::days;
pub(super) use lost::where_refused as lost_things;
pub(super) use unusual::of_days as unusual_days;

use ask::OfSource;

use super::silence::silence;
use crate::check::Checked;
use crate::diagnostic::Diagnostics;
use crate::engine::day_window::WindowOptions;
use crate::engine::landed::{self, Place};
use crate::engine::{Engine, Session, diagnose};
use crate::error::{Error, Result};
use crate::project::model::Kind;
use crate::storage::Storage;

/// What in the rows of the sources cannot be: warnings, and errors where the project says so. Sources that cannot be read
/// are passed by: `check` tells of them.
///
/// # Errors
/// What the engine says of rows that cannot be computed with.
pub async fn implausible(checked: &Checked, engine: &Engine, sources: &Storage) -> Result<Diagnostics> {
    let settings = &checked.pipeline.settings;
    let failed = |what: &str| {
        let what = what.to_owned();
        move |error| diagnose::of_run(&what, &error)
    };
    let session = Session::new(engine, settings, WindowOptions::default(), settings.history_starts);
    let session = session.map_err(failed("setting up"))?;
    let place = Place { storage: sources, engine, zone: settings.time_zone };
    let mut found = Diagnostics::new();
    let mut ends = Vec::new();
    for model in &checked.pipeline.models {
        let Kind::Source(source) = &model.kind else { continue };
        let rows = match landed::table(place, model, source, None).await {
            Ok(rows) if !rows.is_absent => rows,
            Ok(_) | Err(Error::Project(_) | Error::NotReady { .. }) => continue,
            Err(error) => return Err(error),
        };
        let of_model = async {
            session.register(&model.name, rows.table)?;
            let of_source = OfSource { session: &session, model, source };
            ends.extend(of_source.end(settings).await?);
            of_source.implausible(settings.complete_from(&model.name)).await
        };
        found.extend(of_model.await.map_err(failed(&model.name.to_string()))?);
    }
    found.extend(stopped::before_others(&ends));
    Ok(found)
}

impl OfSource<'_> {
    async fn implausible(self, complete_from: Option<NaiveDate>) -> EngineResult<Diagnostics> {
        let mut found = Diagnostics::new();
        found.extend(silence(self.session, self.model, self.source).await?);
        found.extend(unusual::anywhere(self.session, self.model, self.source).await?);
        found.extend(self.rewritten().await?);
        found.extend(self.of_the_future().await?);
        found.extend(self.again().await?);
        found.extend(self.lost().await?);
        found.extend(self.complete(complete_from).await?);
        Ok(found)
    }
}
