//! The first day of the logs, which daily facts start with.

use chrono::NaiveDate;

use super::data::days;
use super::request::Request;
use crate::check::Checked;
use crate::engine::day_window::WindowOptions;
use crate::engine::landed::{self, Place};
use crate::engine::sources::{Reading, before};
use crate::engine::{Engine, Session, diagnose};
use crate::error::Result;
use crate::project::identifier::identifier;
use crate::project::model::Kind;
use crate::project::time::Time;

/// The first day of all logs, or of the daily facts that are published, where it lies before the history starts: a log may lose
/// its old days, of which the facts tell. Not looked for where no daily facts are built from sources.
///
/// # Errors
/// What reading a log says: it has not landed, or is not as it was declared.
pub(super) async fn logs_start(
    checked: &Checked,
    engine: &Engine,
    request: &Request,
) -> Result<Option<NaiveDate>> {
    let pipeline = &checked.pipeline;
    let facts = pipeline.facts();
    if request.from_published || facts.is_empty() {
        return Ok(None);
    }
    let settings = &pipeline.settings;
    let place = Place { storage: &request.sources, engine, zone: settings.time_zone };
    let mut first = None;
    if request.reading == Reading::AsHappened {
        for table in &facts {
            let published = request.out.entries(table, ..settings.history_starts).await?;
            first = first.into_iter().chain(published.into_keys().next()).min();
        }
    }
    for model in &pipeline.models {
        let Kind::Source(source) = &model.kind else { continue };
        let Time::Events(events) = &source.time else { continue };
        let landed = landed::table(place, model, source, None).await?;
        let failed = |error| diagnose::of_run(&model.name.to_string(), &error);
        let session = Session::new(engine, settings, WindowOptions::default(), settings.history_starts);
        let session = session.map_err(failed)?;
        let old =
            before(settings.history_starts, settings.time_zone, source, landed.table).map_err(failed)?;
        session.register(&model.name, old).map_err(failed)?;
        let sql = format!("SELECT min(local_day({})) FROM {}", identifier(&events.happened_at), model.name);
        let batches = session.rows(&sql).await.map_err(failed)?;
        first = first.into_iter().chain(days(&batches, 0)).min();
    }
    Ok(first)
}
