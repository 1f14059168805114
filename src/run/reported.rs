//! Whether the sources that must be there reach the days of a run: a log that stopped is not a customer base that fell
//! silent.
//!
//! A source is *reported* as of a day where some load that went well reaches to at most `stale_after` days before it: as
//! happened any load there is, as known those of that time. How far loads reach, `raw.source_status` says, where it speaks
//! of the source; else, of usage and of what says `stale_after`, the newest time at which a row was known; never the newest
//! row's own day. Where neither tells, nothing is asked.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use chrono::NaiveDate;
use datafusion::datasource::provider_as_source;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::functions_aggregate::expr_fn::{count, max};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit, when};
use datafusion::prelude::DataFrame;
use datafusion::scalar::ScalarValue;

use super::request::Incomplete;
use super::stored::column;
use super::under_way::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::sources::{Horizon, Reading};
use crate::engine::{diagnose, landed};
use crate::error::{Error, Result};
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model, Source};
use crate::project::statement::place_of;
use crate::project::time::{Known, Time};
use crate::project::types::sql_name;

/// The source in which loaders say how far each load reaches, and its columns.
const STATUS: &str = "source_status";
const STATUS_COLUMNS: [(&str, &str); 3] =
    [("source", "VARCHAR"), ("loaded_through", "DATE"), ("ok", "BOOLEAN")];

/// How far the loads of a source reach, and what says so.
struct Reach {
    /// `None` where no load went well.
    through: Option<NaiveDate>,
    /// The last day that they hold whole.
    whole: Option<NaiveDate>,
    said_by: String,
}

impl Build<'_> {
    /// That the days of this run are over, and that the sources that must be there reach the last of them.
    ///
    /// # Errors
    /// [`Error::NotReady`] with every source that does not.
    pub(super) async fn sources_ready(&self) -> Result<()> {
        let Incomplete::Refused { today } = self.request.incomplete else { return Ok(()) };
        let day = *self.request.days.end();
        let mut waited_for = Diagnostics::new();
        let statuses = self.statuses().await?;
        let mut is_over = day < today;
        for model in &self.checked.pipeline.models {
            let Kind::Source(source) = &model.kind else { continue };
            if source.optional || !self.decided.scope.computes(&model.name) {
                continue;
            }
            let Some(reach) = self.reach(model, source, &statuses).await? else { continue };
            is_over |= reach.whole.is_some_and(|whole| whole >= day);
            waited_for.extend(late(model, source, &reach, day));
        }
        if !is_over {
            let zone = self.checked.pipeline.settings.time_zone.name();
            let message = format!("{day} is not over in {zone}, where it is {today}");
            let problem = Diagnostic::error("day-not-over", message)
                .note("a score as of a day means the end of that day");
            waited_for.push(problem.help(OTHERWISE));
        }
        if waited_for.is_empty() {
            return Ok(());
        }
        Err(Error::NotReady { found: waited_for, skip: false })
    }

    /// How far the loads of a source reach; `None` where nothing tells.
    async fn reach(&self, model: &Model, source: &Source, statuses: &[Status]) -> Result<Option<Reach>> {
        if let Some(status) = statuses.iter().find(|status| status.source == model.name.table) {
            let said_by = format!("{}.{STATUS} says so", Layer::Raw);
            return Ok(Some(Reach { through: status.through, whole: status.through, said_by }));
        }
        let is_asked = source.usage || source.stale_after.is_some();
        let known = source.time.as_ref().and_then(Time::known).filter(|_| is_asked);
        let Some(known_at) = known.and_then(Known::column) else { return Ok(None) };
        let through = self.newest(model, source, known_at).await?;
        let whole = through.and_then(|through| through.pred_opt());
        Ok(Some(Reach { through, whole, said_by: format!("its newest `{known_at}` says so") }))
    }

    /// The day of the newest time at which a row of a source was known.
    async fn newest(&self, model: &Model, source: &Source, known_at: &str) -> Result<Option<NaiveDate>> {
        let failed = |error: DataFusionError| diagnose::of_run(&model.name.to_string(), &error);
        let is_day = model.declared_type(known_at) == Some(&DataType::Date32);
        let newest = max(column(known_at));
        let batches = self.grouped(model, source, vec![], vec![newest.alias("newest")]).await?;
        let Some(newest) = batches.first().and_then(|batch| batch.columns().first()) else { return Ok(None) };
        let newest = ScalarValue::try_from_array(newest, 0).map_err(failed)?;
        let day = if is_day { lit(newest) } else { self.session.local_day(lit(newest)).map_err(failed)? };
        let plan = LogicalPlanBuilder::empty(true).project([day]).and_then(LogicalPlanBuilder::build);
        let days =
            DataFrame::new(self.session.state(), plan.map_err(failed)?).collect().await.map_err(failed)?;
        Ok(days.first().and_then(|batch| day_of(batch.columns().first()?, 0)))
    }

    /// What loaders say, by source: nothing where the project has no such source, or nothing landed of it.
    async fn statuses(&self) -> Result<Vec<Status>> {
        let Some(model) = self.checked.pipeline.model(&ModelName::new(Layer::Raw, STATUS)) else {
            return Ok(Vec::new());
        };
        let Kind::Source(source) = &model.kind else { return Ok(Vec::new()) };
        let has = |(name, sql_type): &(&str, &str)| {
            model.declared_type(name).is_some_and(|declared| sql_name(declared) == *sql_type)
        };
        if !STATUS_COLUMNS.iter().all(has) {
            return Ok(Vec::new());
        }
        let failed = |error: DataFusionError| diagnose::of_run(&model.name.to_string(), &error);
        let through = when(column("ok"), column("loaded_through")).end().map_err(failed)?;
        let measured = vec![max(through).alias("through"), count(lit(1)).alias("loads")];
        let batches = self.grouped(model, source, vec![column("source")], measured).await?;
        Ok(batches.iter().flat_map(statuses_of).collect())
    }

    /// Rows of a source, as far as the reading knows them, put together.
    async fn grouped(
        &self,
        model: &Model,
        source: &Source,
        by: Vec<Expr>,
        measured: Vec<Expr>,
    ) -> Result<Vec<RecordBatch>> {
        let failed = |error: DataFusionError| diagnose::of_run(&model.name.to_string(), &error);
        let zone = self.checked.pipeline.settings.time_zone;
        let (day, reading) = (*self.request.days.end(), self.request.reading);
        let horizon = (reading == Reading::AsKnown).then_some(Horizon { day, zone, reading });
        let rows = landed::table(self.place(), model, source, horizon).await?;
        let answer: EngineResult<_> = async {
            let plan = LogicalPlanBuilder::scan(STATUS, provider_as_source(rows.table), None)?;
            let plan = plan.aggregate(by, measured)?.build()?;
            DataFrame::new(self.session.state(), plan).collect().await
        }
        .await;
        answer.map_err(failed)
    }
}

/// What loaders say of a source.
struct Status {
    source: String,
    /// The last day that a load which went well reached.
    through: Option<NaiveDate>,
}

fn statuses_of(batch: &RecordBatch) -> Vec<Status> {
    let [source, through, _] = batch.columns() else { return Vec::new() };
    let Ok(source) = cast(source, &DataType::Utf8) else { return Vec::new() };
    let source = source.as_string::<i32>();
    let named = (0..batch.num_rows()).filter(|row| source.is_valid(*row));
    named.map(|row| Status { source: source.value(row).to_owned(), through: day_of(through, row) }).collect()
}

fn day_of(column: &ArrayRef, row: usize) -> Option<NaiveDate> {
    let days = column.as_primitive_opt::<Date32Type>()?;
    if days.is_valid(row) { days.value_as_date(row) } else { None }
}

const OTHERWISE: &str =
    "run again when it is, or build an earlier day; --incomplete builds the day with what is there";

/// That the loads of a source do not reach a day.
fn late(model: &Model, source: &Source, reach: &Reach, day: NaiveDate) -> Option<Diagnostic> {
    let allowed = source.may_lag();
    let lag = reach.through.map(|through| (day - through).num_days());
    if lag.is_some_and(|lag| lag <= i64::from(allowed)) {
        return None;
    }
    let message = match reach.through {
        Some(through) => format!("{} is not reported as of {day}: its loads reach {through}", model.name),
        None => format!("{} is not reported as of {day}: its loads brought nothing", model.name),
    };
    Some(
        Diagnostic::error("not-reported", message)
            .at(place_of(
                &model.file,
                if source.stale_after.is_some() { "stale_after" } else { &source.path },
            ))
            .note(format!("{}; it may lag {allowed} days behind (`stale_after`)", reach.said_by))
            .note("days without its rows would be taken for days on which nothing happened")
            .help(OTHERWISE),
    )
}
