//! Any question of what is published, of the sources, and of the views between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Query, Statement as SqlStatement};
use futures::{StreamExt, TryStreamExt, stream};

use super::headings::headed;
use super::{published_day, unpublished};
use crate::check::lints::inner_order;
use crate::check::quotients::whole;
use crate::check::text::Text;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::engine::day_window::WindowOptions;
use crate::engine::diagnose::Failed;
use crate::engine::landed::{self, Place};
use crate::engine::reported::reports;
use crate::engine::sources::{Horizon, Reading, parquet_table};
use crate::engine::unknown::unknown;
use crate::engine::{Engine, Session, diagnose, digests, ran_out};
use crate::error::{Error, Result};
use crate::pipeline::{Pipeline, reads_of};
use crate::project::digests as asked_digests;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model, Source};
use crate::project::reported::asked as asked_in;
use crate::project::statement::parse_one;
use crate::storage::Storage;
use crate::store::{Entry, State};

/// Bytes of an answer that are held back before the first row is given.
const HELD_BACK: usize = 8 << 20;

/// Which rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// Every published day, every row of a source; the calendar ends with the newest published day.
    All,
    /// Published days and rows of sources up to the end of a day.
    Until(NaiveDate),
    /// One published day; rows of sources up to the end of it.
    Only(NaiveDate),
    /// Nothing published: every table computed anew up to `calendar`, from rows of sources up to the end of `sources`, as
    /// if nothing had happened since.
    Recomputed {
        /// The last day of the sources.
        sources: NaiveDate,
        /// The last day of the calendar.
        calendar: NaiveDate,
    },
}

/// Reads what a pipeline published and what it was made from.
pub struct Reader<'a> {
    pipeline: &'a Pipeline,
    engine: Engine,
    sources: &'a Storage,
    out: &'a State,
    session: Session,
    days: Days,
    absent: Mutex<BTreeSet<ModelName>>,
    unknown: Mutex<Diagnostics>,
    reading: Reading,
}

impl<'a> Reader<'a> {
    /// A reader of sources and published tables, which lie in the two places.
    ///
    /// # Errors
    /// What storage says, and [`Error::Bug`] when the engine cannot be set up.
    pub async fn open(
        pipeline: &'a Pipeline,
        engine: &Engine,
        (sources, out): (&'a Storage, &'a State),
        days: Days,
    ) -> Result<Self> {
        let last = match days {
            Days::All => newest(pipeline, out).await?.unwrap_or(pipeline.settings.history_starts),
            Days::Until(day) | Days::Only(day) | Days::Recomputed { calendar: day, .. } => day,
        };
        let session = Session::new(engine, &pipeline.settings, WindowOptions::default(), last)
            .map_err(|error| Error::Bug(diagnose::first_line(&error)))?;
        let (reading, absent, unknown) = (Reading::AsHappened, Mutex::default(), Mutex::default());
        Ok(Self { pipeline, engine: engine.clone(), sources, out, session, days, reading, absent, unknown })
    }

    /// The same, with sources read in one of the two readings of history.
    #[must_use]
    pub fn reading(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// The rows that answer a query.
    ///
    /// # Errors
    /// [`Error::Project`] for what is no query, names no table or asks for one that is not published; what storage
    /// and the engine say.
    pub async fn query(&self, sql: &str, limit: Option<usize>) -> Result<SendableRecordBatchStream> {
        let text = SourceFile::new("query", sql);
        let statement = parse_one(&text).map_err(project)?;
        let query = queried(&statement).ok_or_else(|| project(refused(&text)))?;
        self.register(self.reads(&text)?.into_iter(), asked_in(query)).await?;
        self.digest(&text, query).await?;
        let asked = asked(&text, Some(query));
        let plan = self.session.plan_text(sql).await;
        let plan = plan.map_err(|error| project(diagnose::of_plan(&asked, &error)))?;
        self.keeps_decimals(&text, query, &plan)?;
        if let Some(lost) = inner_order::lost(Text::of_query(&text, Some(query)), query, &plan) {
            return Err(project(lost));
        }
        let explains = matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
        let limit = limit.filter(|_| !explains);
        let planned = &plan;
        let begin = |session| async move { begun(&session, planned, limit).await };
        match self.session.frugally(ran_out, begin).await {
            Ok(rows) if explains => Ok(rows),
            Ok(rows) => Ok(headed(query, rows)),
            Err(error) => Err(self.failed(sql, &error).await),
        }
    }

    /// Makes the digests readable that a question asks of sources.
    async fn digest(&self, text: &Arc<SourceFile>, query: &Query) -> Result<()> {
        let place = |span| Location::new(text, span);
        let problems = asked_digests::problems(query, text, &self.pipeline.models, place);
        if !problems.is_empty() {
            return Err(Error::Project(problems.into_iter().collect()));
        }
        for source in asked_digests::asked(query) {
            let told =
                digests::of_source(self.place(), self.pipeline, &source, (None, self.horizon())).await?;
            if told.is_absent {
                self.note_absent(ModelName::new(Layer::Raw, source.clone()));
            }
            let entered = digests::register(&self.session, &source, &told);
            entered.map_err(|error| Error::Bug(diagnose::first_line(&error)))?;
        }
        Ok(())
    }

    /// Refuses quotients of whole numbers that become numbers with decimals, as of a model.
    fn keeps_decimals(&self, text: &Arc<SourceFile>, query: &Query, plan: &LogicalPlan) -> Result<()> {
        let state = self.session.state();
        // What cannot be settled is told when it is executed.
        let analysed = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {});
        let Ok(analysed) = analysed else { return Ok(()) };
        let asked = Text::of_query(text, Some(query));
        let found = whole(asked, &analysed, &|name| self.pipeline.model(name));
        if found.is_empty() { Ok(()) } else { Err(Error::Project(found)) }
    }

    /// Optional sources behind the questions so far of which nothing has landed: each counts as a table without rows.
    pub fn absent(&self) -> BTreeSet<ModelName> {
        self.absent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sources behind the questions so far that knew next to nothing by the day, where what was known is asked for.
    pub fn unknown(&self) -> Diagnostics {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What an error of a query's rows says: where rows are at fault, which expression, of a view or of the query itself;
    /// where files of sources are, which.
    pub async fn failed(&self, sql: &str, error: &DataFusionError) -> Error {
        let text = SourceFile::new("query", sql);
        let statement = parse_one(&text).ok();
        let query = statement.as_ref().and_then(queried);
        let reads = self.reads(&text).unwrap_or_default();
        let asked = asked(&text, query);
        let said = diagnose::of_data(&self.session, self.pipeline, &asked, reads.clone(), error).await;
        let needed = self.needed(reads.into_iter());
        let read = self.pipeline.models.iter().filter(|model| needed.contains(&model.name));
        landed::explained(self.place(), read, said).await
    }

    /// The tables that a query names.
    fn reads(&self, text: &Arc<SourceFile>) -> Result<Vec<ModelName>> {
        let statement = parse_one(text).map_err(project)?;
        let query = queried(&statement).ok_or_else(|| project(refused(text)))?;
        let known = self.pipeline.models.iter().map(|model| model.name.clone()).collect();
        Ok(reads_of(query, text, &known)?.0.into_keys().collect())
    }

    /// Where the sources lie.
    fn place(&self) -> Place<'_> {
        Place { storage: self.sources, engine: &self.engine, zone: self.pipeline.settings.time_zone }
    }

    /// Makes tables readable, with all that their views read; and asks of the sources that they or the question ask of.
    async fn register(
        &self,
        names: impl Iterator<Item = ModelName>,
        mut asked: BTreeSet<String>,
    ) -> Result<()> {
        let needed = self.needed(names);
        let computed = |model: &&Model| needed.contains(&model.name) && self.computes(model);
        let computed = self.pipeline.models.iter().filter(computed);
        asked.extend(computed.filter_map(Model::query).flat_map(asked_in));
        asked.retain(|source| !self.session.knows_of(source));
        self.session.report(reports(self.place(), self.pipeline, &asked, self.horizon()).await?);
        for model in self.pipeline.models.iter().filter(|model| needed.contains(&model.name)) {
            let failed = |error: &DataFusionError| Error::Project(diagnose::of_model(model, error).into());
            match &model.kind {
                Kind::Source(source) => self.source(model, source).await?,
                Kind::Table(..) if !self.recomputes() => self.table(model).await?,
                Kind::View(query) | Kind::Table(query, _) => {
                    let plan = self.session.plan(query).await.map_err(|error| failed(&error))?;
                    self.session.register_view(&model.name, plan).map_err(|error| failed(&error))?;
                }
            }
        }
        Ok(())
    }

    /// Whether a model is computed for an answer, rather than read.
    fn computes(&self, model: &Model) -> bool {
        match model.kind {
            Kind::View(_) => true,
            Kind::Table(..) => self.recomputes(),
            Kind::Source(_) => false,
        }
    }

    /// Whether tables are computed rather than read.
    fn recomputes(&self) -> bool {
        matches!(self.days, Days::Recomputed { .. })
    }

    /// The models themselves, and behind views what these read. A stored table that is read stands for itself.
    fn needed(&self, names: impl Iterator<Item = ModelName>) -> BTreeSet<ModelName> {
        let mut needed = BTreeSet::new();
        let mut waiting: Vec<ModelName> = names.collect();
        while let Some(name) = waiting.pop() {
            if self.pipeline.model(&name).is_some_and(|model| self.computes(model)) {
                waiting.extend(
                    self.pipeline.reads.get(&name).into_iter().flat_map(|reads| reads.0.keys().cloned()),
                );
            }
            needed.insert(name);
        }
        needed
    }

    async fn source(&self, model: &Model, source: &Source) -> Result<()> {
        let landed = landed::table(self.place(), model, source, self.horizon()).await?;
        if landed.is_absent {
            self.note_absent(model.name.clone());
        }
        if let Some(Horizon { day, reading: Reading::AsKnown, .. }) = self.horizon() {
            let told = unknown(self.place(), &self.pipeline.settings, (model, source), day).await?;
            let told = told.map(Diagnostic::into_warning);
            self.unknown.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
        }
        self.enter(model, Some(Ok(landed.table)))
    }

    fn note_absent(&self, source: ModelName) {
        self.absent.lock().unwrap_or_else(PoisonError::into_inner).insert(source);
    }

    /// The end of what is read of sources; `None` where all of it is.
    fn horizon(&self) -> Option<Horizon> {
        let zone = self.pipeline.settings.time_zone;
        match self.days {
            Days::All => None,
            Days::Until(day) | Days::Only(day) | Days::Recomputed { sources: day, .. } => {
                Some(Horizon { day, zone, reading: self.reading })
            }
        }
    }

    async fn table(&self, model: &Model) -> Result<()> {
        let entries = if model.by_day() { self.days_of(model).await? } else { self.whole(model) };
        if entries.is_empty() && !(model.by_day() && self.out.newest_day(&model.name).await?.is_some()) {
            return Err(unpublished(&model.name, self.out));
        }
        let files = entries.iter().map(|entry| self.out.file(entry)).collect::<Result<Vec<_>>>()?;
        let table = model.declared.as_ref().map(|declared| match files.as_slice() {
            [] => Ok(Arc::new(EmptyTable::new(Arc::clone(declared))) as _),
            files => parquet_table(self.out.storage(), files, declared),
        });
        self.enter(model, table)
    }

    fn whole(&self, model: &Model) -> Vec<Entry> {
        self.out.whole(&model.name).map(|whole| whole.entry.clone()).into_iter().collect()
    }

    /// The days of a table that are read.
    async fn days_of(&self, model: &Model) -> Result<Vec<Entry>> {
        let name = &model.name;
        let days = match self.days {
            Days::All => self.out.entries(name, ..).await?,
            Days::Until(last) => self.out.entries(name, ..=last).await?,
            Days::Only(only) => {
                let day = self.out.entries(name, only..=only).await?;
                if day.is_empty() {
                    published_day(self.out, name, Some(only)).await?;
                }
                day
            }
            Days::Recomputed { .. } => BTreeMap::new(),
        };
        Ok(days.into_values().collect())
    }

    fn enter(
        &self,
        model: &Model,
        table: Option<datafusion::error::Result<Arc<dyn datafusion::catalog::TableProvider>>>,
    ) -> Result<()> {
        let table = table.ok_or_else(|| Error::Bug(format!("{} has no columns", model.name)))?;
        let entered = table.and_then(|table| self.session.register(&model.name, table));
        entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))
    }
}

/// The rows of a plan once the first of them are there, so many that most answers are whole: what does not fit into memory
/// mostly fails before, and can be asked again in another way as long as nobody has seen a row.
async fn begun(
    session: &Session,
    plan: &LogicalPlan,
    limit: Option<usize>,
) -> datafusion::error::Result<SendableRecordBatchStream> {
    let frame = session.context().execute_logical_plan(plan.clone()).await?;
    let frame = if limit.is_some() { frame.limit(0, limit)? } else { frame };
    let mut rows = frame.execute_stream().await?;
    let schema = rows.schema();
    let (mut first, mut bytes) = (Vec::new(), 0);
    while bytes < HELD_BACK
        && let Some(batch) = rows.try_next().await?
    {
        bytes += batch.get_array_memory_size();
        first.push(Ok(batch));
    }
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream::iter(first).chain(rows))))
}

/// The newest day of any table stored by day.
async fn newest(pipeline: &Pipeline, out: &State) -> Result<Option<NaiveDate>> {
    let mut newest = None;
    for model in pipeline.models.iter().filter(|model| model.by_day()) {
        newest = newest.max(out.newest_day(&model.name).await?);
    }
    Ok(newest)
}

/// The query of a statement that only reads: itself, or what EXPLAIN is asked about.
fn queried(statement: &Statement) -> Option<&Query> {
    match statement {
        Statement::Statement(statement) => match statement.as_ref() {
            SqlStatement::Query(query) => Some(query),
            _ => None,
        },
        Statement::Explain(explain) => queried(&explain.statement),
        _ => None,
    }
}

fn refused(text: &Arc<SourceFile>) -> Diagnostic {
    Diagnostic::error("not-a-query", "only questions can be asked here; nothing can be changed")
        .at(Location::word_at(text, 0))
        .help("begin with SELECT, WITH, VALUES or EXPLAIN")
}

/// A question as what may fail.
fn asked<'a>(text: &'a Arc<SourceFile>, query: Option<&'a Query>) -> Failed<'a> {
    Failed { name: "the query".to_owned(), file: text, query, model: None, rule: None }
}

fn project(problem: Diagnostic) -> Error {
    Error::Project(problem.into())
}
