//! Tables that a run reads as they are published: which days and columns are there, and what is said where one is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, NaiveDate};
use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use futures::{StreamExt, TryStreamExt, stream};

use super::days::listed;
use super::needed::{Need, Needed};
use super::scope::Scope;
use super::stored::sort_key;
use crate::diagnostic::Diagnostic;
use crate::engine::sources::parquet_table;
use crate::engine::stored_days::{DayFile, day_table};
use crate::engine::{Session, diagnose};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::Model;
use crate::project::types::{fits, sql_name};
use crate::store::{Entry, Key, State};
use crate::table::stored_type;

/// Requests to the storage at the same time.
const AT_ONCE: usize = 16;

/// The published files of tables, as far as they were looked for.
pub(super) struct Published<'a> {
    out: &'a State,
    files: BTreeMap<ModelName, Vec<PublishedFile>>,
    /// The columns of files that were looked into, by their objects.
    columns: BTreeMap<String, SchemaRef>,
    /// What the run reads, with the days of it, and what made that.
    read: BTreeMap<(ModelName, Option<NaiveDate>), Option<Key>>,
    /// The days that it reads whatever made them.
    whichever: BTreeSet<(ModelName, Option<NaiveDate>)>,
}

/// A file of a published table; without a day, where it holds the whole table.
#[derive(Debug, Clone)]
struct PublishedFile {
    day: Option<NaiveDate>,
    entry: Entry,
}

/// What a run needs of a published table and does not find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lack {
    table: ModelName,
    what: What,
    days: Vec<NaiveDate>,
    reader: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// The table itself.
    Table,
    /// Some of its days.
    Days,
    /// A column, on some of its days, and the other type that it has there, if any.
    Column(String, Option<String>),
}

/// As a message: what is not there, when, and who needs it.
impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, what, days, reader } = self;
        match what {
            What::Table => write!(f, "{table} is not published")?,
            What::Days => write!(f, "{table} is not published on {}", listed(days))?,
            What::Column(column, None) => {
                write!(f, "{table} is published without the column `{column}`")?;
            }
            What::Column(column, Some(other)) => {
                write!(f, "{table} is published with another type of `{column}`, {other}")?;
            }
        }
        if matches!(what, What::Column(..)) && !days.is_empty() {
            write!(f, " on {}", listed(days))?;
        }
        write!(f, ", which {reader} reads")
    }
}

impl Lack {
    /// The refusal of a run from published tables.
    pub(super) fn into_error(self, out: &State, asked: &RangeInclusive<NaiveDate>) -> Error {
        let first = self.days.first().unwrap_or(asked.start()).min(asked.start());
        let days = if first == asked.end() {
            format!("--as-of {first}")
        } else {
            format!("--from {first} --to {}", asked.end())
        };
        let problem = Diagnostic::error("not-published", format!("{self}"))
            .note(format!("looked for in {}", out.storage().shown()))
            .note("scoring again reads only what is published, and every day that it looks back to")
            .help(format!("publish it first: `hale run {days}`, without --rescore"));
        Error::Project(problem.into())
    }
}

impl<'a> Published<'a> {
    pub(super) fn new(out: &'a State) -> Self {
        let (files, columns) = (BTreeMap::new(), BTreeMap::new());
        Self { out, files, columns, read: BTreeMap::new(), whichever: BTreeSet::new() }
    }

    /// Whether anything of a table is published.
    ///
    /// # Errors
    /// What storage says.
    pub(super) async fn has(&mut self, model: &Model) -> Result<bool> {
        Ok(!self.files_of(model).await?.is_empty())
    }

    /// The first thing that is needed of reused tables and not published.
    ///
    /// # Errors
    /// What storage says.
    pub(super) async fn lacking(
        &mut self,
        pipeline: &Pipeline,
        (needed, scope): (&Needed, &Scope<'_>),
        until: NaiveDate,
        session: &Session,
    ) -> Result<Option<Lack>> {
        for (name, need) in needed.tables.iter().filter(|(name, _)| scope.reused.contains(name)) {
            let Some(model) = pipeline.model(name) else { continue };
            if let Some(lack) = self.lack(model, need, until, session).await? {
                return Ok(Some(lack));
            }
        }
        Ok(None)
    }

    async fn lack(
        &mut self,
        model: &Model,
        need: &Need,
        until: NaiveDate,
        session: &Session,
    ) -> Result<Option<Lack>> {
        let files = self.files_of(model).await?.to_vec();
        let lack = |what: What, days: Vec<NaiveDate>| {
            let (table, reader) = (model.name.clone(), need.reader.clone());
            Ok(Some(Lack { table, what, days, reader }))
        };
        if files.is_empty() {
            return lack(What::Table, Vec::new());
        }
        if model.by_day() {
            let there: BTreeSet<NaiveDate> = files.iter().filter_map(|file| file.day).collect();
            let wanted = need.first.iter_days().take_while(|day| *day <= until);
            let missing: Vec<NaiveDate> = wanted.filter(|day| !there.contains(day)).collect();
            if !missing.is_empty() {
                return lack(What::Days, missing);
            }
        }
        let read: Vec<PublishedFile> =
            files.into_iter().filter(|file| is_read(file, need.first, until)).collect();
        let schemas = self.schemas_of(&read, session).await?;
        for column in &need.columns {
            let Some(stored) = model.declared_type(column).and_then(stored_type) else { continue };
            let given = |schema: &SchemaRef| {
                schema.field_with_name(column).ok().map(|field| field.data_type().clone())
            };
            let fails = |schema: &SchemaRef| !given(schema).is_some_and(|given| fits(&given, &stored));
            let failing = || read.iter().zip(&schemas).filter(|(_, schema)| fails(schema));
            let Some((_, schema)) = failing().next() else { continue };
            let other = given(schema).map(|given| sql_name(&given));
            let days = failing().filter_map(|(file, _)| file.day).collect();
            return lack(What::Column(column.clone(), other), days);
        }
        Ok(None)
    }

    /// A published table: of one stored by day, the days from the first needed one to the last of the run.
    ///
    /// # Errors
    /// What storage and engine say.
    pub(super) async fn table(
        &mut self,
        model: &Model,
        schema: &SchemaRef,
        days: RangeInclusive<NaiveDate>,
    ) -> Result<Arc<dyn TableProvider>> {
        let failed = |error| diagnose::of_run(&model.name.to_string(), &error);
        if model.by_day() {
            let days: BTreeSet<NaiveDate> =
                days.start().iter_days().take_while(|day| days.contains(day)).collect();
            return day_table(&self.days(model, &days).await?, schema, &sort_key(model)).map_err(failed);
        }
        let files = self.files_of(model).await?.to_vec();
        self.read.extend(files.iter().map(|file| ((model.name.clone(), file.day), file.entry.made_of())));
        let files = files.iter().map(|file| self.out.file(&file.entry)).collect::<Result<Vec<_>>>()?;
        parquet_table(self.out.storage(), &files, schema).map_err(failed)
    }

    /// The files of some days of a table stored by day, as far as they are published: the run reads them from here on.
    ///
    /// # Errors
    /// What storage says.
    pub(super) async fn days(&mut self, model: &Model, days: &BTreeSet<NaiveDate>) -> Result<Vec<DayFile>> {
        let there = self.entries(model, days).await?;
        self.read
            .extend(there.iter().map(|(day, entry)| ((model.name.clone(), Some(*day)), entry.made_of())));
        self.files(there)
    }

    /// The same, whatever definition made these days.
    ///
    /// # Errors
    /// What storage says.
    pub(super) async fn whichever(
        &mut self,
        model: &Model,
        days: &BTreeSet<NaiveDate>,
    ) -> Result<Vec<DayFile>> {
        let there = self.entries(model, days).await?;
        self.whichever.extend(there.keys().map(|day| (model.name.clone(), Some(*day))));
        self.files(there)
    }

    async fn entries(&self, model: &Model, days: &BTreeSet<NaiveDate>) -> Result<BTreeMap<NaiveDate, Entry>> {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(BTreeMap::new()) };
        let mut there = self.out.entries(&model.name, *first..=*last).await?;
        there.retain(|day, _| days.contains(day));
        Ok(there)
    }

    fn files(&self, days: BTreeMap<NaiveDate, Entry>) -> Result<Vec<DayFile>> {
        let file = |(day, entry): (NaiveDate, Entry)| {
            let url = self.out.storage().file_url(&entry.path())?;
            // An object never changes.
            Ok(DayFile { day, url, bytes: entry.bytes, modified: DateTime::UNIX_EPOCH })
        };
        days.into_iter().map(file).collect()
    }

    /// The published days that tables were made readable of.
    pub(super) fn read(&self) -> BTreeSet<(ModelName, Option<NaiveDate>)> {
        self.read.keys().chain(&self.whichever).cloned().collect()
    }

    /// Whether all that the run reads was made by the definition of now.
    pub(super) fn is_of_now(&self, keys: &BTreeMap<ModelName, Key>) -> bool {
        self.read.iter().all(|((table, _), then)| {
            then.as_ref().zip(keys.get(table)).is_some_and(|(then, now)| then.stands_for(now))
        })
    }

    /// What the run reads, counted in days by table.
    pub(super) fn days_read(&self) -> BTreeMap<ModelName, usize> {
        let mut days = BTreeMap::new();
        for (table, day) in self.read() {
            *days.entry(table).or_default() += usize::from(day.is_some());
        }
        days
    }

    /// The files of a table in the layout that it has now: one folder a day, or all in one.
    async fn files_of(&mut self, model: &Model) -> Result<&[PublishedFile]> {
        if !self.files.contains_key(&model.name) {
            let files = if model.by_day() {
                let days = self.out.entries(&model.name, ..).await?.into_iter();
                days.map(|(day, entry)| PublishedFile { day: Some(day), entry }).collect()
            } else {
                let whole = self.out.whole(&model.name).map(|whole| whole.entry.clone());
                whole.into_iter().map(|entry| PublishedFile { day: None, entry }).collect()
            };
            self.files.insert(model.name.clone(), files);
        }
        Ok(self.files.get(&model.name).map_or(&[], Vec::as_slice))
    }

    /// The columns of some files, in their order.
    async fn schemas_of(&mut self, files: &[PublishedFile], session: &Session) -> Result<Vec<SchemaRef>> {
        let (state, format, store) = (session.state(), ParquetFormat::default(), self.out.storage().store());
        let unknown = files.iter().filter(|file| !self.columns.contains_key(&file.entry.object));
        let asked = unknown.map(|file| {
            let (state, format, name) = (&state, &format, file.entry.object.clone());
            let object = self.out.file(&file.entry);
            async move {
                let object = object?;
                let schema = format.infer_schema(state, store, std::slice::from_ref(&object)).await;
                let place = object.location.to_string();
                schema.map_err(|error| diagnose::of_run(&place, &error)).map(|schema| (name, schema))
            }
        });
        let asked: Vec<_> = asked.collect();
        let found: Vec<_> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
        self.columns.extend(found);
        Ok(files.iter().map(|file| Arc::clone(&self.columns[&file.entry.object])).collect())
    }
}

fn is_read(file: &PublishedFile, first: NaiveDate, last: NaiveDate) -> bool {
    file.day.is_none_or(|day| (first..=last).contains(&day))
}
