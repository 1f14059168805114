//! Published days that have other columns than their table has now.
//!
//! Readers of plain folders take the columns of one file for those of all: one that is new in some days they drop without a word,
//! and where others differ they fail. So all published days of a table have one set of columns. Which a day has, its file tells;
//! of the days that one definition made a single file is looked into, and of those that the definition of now made none.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, Location};
use crate::error::Result;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::Model;
use crate::project::types::sql_name;
use crate::store::{Entry, Key, State, hexadecimal};
use crate::table::{RowFile, stored_type};

/// Columns as they are stored, by name.
type Columns = BTreeMap<String, DataType>;

/// Published days of a table that a run leaves, and that have other columns than it has now.
#[derive(Debug, Clone)]
pub struct OtherColumns {
    /// The table.
    pub table: ModelName,
    /// The days.
    pub days: BTreeMap<NaiveDate, Entry>,
    /// Columns that they do not have, each with its type.
    pub new: BTreeMap<String, String>,
    /// Columns that only they have.
    pub gone: BTreeSet<String>,
    /// Columns that have another type there, each with it and with that of now.
    pub retyped: BTreeMap<String, (String, String)>,
}

/// The days that a run builds.
#[derive(Debug, Clone, Copy)]
pub struct Built<'a> {
    /// Those that are asked for.
    pub days: &'a RangeInclusive<NaiveDate>,
    /// Whether it makes daily facts of the days before as well.
    pub with_facts: bool,
}

impl OtherColumns {
    /// The published days of a table that a run leaves with other columns; `None` where there are none, and of drafts, which
    /// change every week and stop no run by it: nobody takes their columns for those of all days. The key is that of what
    /// decides its rows now.
    ///
    /// # Errors
    /// What storage says; [`crate::error::Error::Project`] for a file that cannot be read.
    pub async fn of(
        model: &Model,
        state: &State,
        built: Built<'_>,
        key: Option<&Key>,
    ) -> Result<Option<Self>> {
        let is_held_to_it = model.by_day() && model.name.layer != Layer::Drafts;
        let Some(declared) = model.declared.as_ref().filter(|_| is_held_to_it) else { return Ok(None) };
        let now = columns(declared);
        let (days, new, gone) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut other = Self { table: model.name.clone(), days, new, gone, retyped: BTreeMap::new() };
        let mut known: BTreeMap<String, Arc<Columns>> = BTreeMap::new();
        for (day, entry) in state.entries(&model.name, ..).await? {
            let then = entry.made_of();
            let is_of_now = then.as_ref().zip(key).is_some_and(|(then, now)| then.has_definition_of(now));
            if is_of_now || (built.has(model, day) && !state.commit().held.contains_key(&day)) {
                continue;
            }
            let definition = then.map(|then| then.definition);
            let columns = match definition.as_ref().and_then(|definition| known.get(definition)) {
                Some(columns) => Arc::clone(columns),
                None => Arc::new(columns_of(state, &entry).await?),
            };
            other.enter(day, &entry, (&columns, &now));
            known.extend(definition.map(|definition| (definition, columns)));
        }
        Ok((!other.days.is_empty()).then_some(other))
    }

    fn enter(&mut self, day: NaiveDate, entry: &Entry, (then, now): (&Columns, &Columns)) {
        if then == now {
            return;
        }
        self.days.insert(day, entry.clone());
        for (name, data_type) in now {
            match then.get(name) {
                None => drop(self.new.insert(name.clone(), sql_name(data_type))),
                Some(other) if other != data_type => {
                    self.retyped.insert(name.clone(), (sql_name(other), sql_name(data_type)));
                }
                Some(_) => {}
            }
        }
        self.gone.extend(then.keys().filter(|name| !now.contains_key(*name)).cloned());
    }

    /// Whether all that they lack are columns that may be NULL, which can be declared on them as such.
    pub fn are_addable(&self, model: &Model) -> bool {
        let required = model.contract.not_null();
        self.gone.is_empty()
            && self.retyped.is_empty()
            && !self.new.keys().any(|name| required.contains(name))
    }

    /// What they are once the new columns are declared on them: made by what made them, and that.
    pub(crate) fn key_with_columns(&self, entry: &Entry) -> Option<String> {
        let key = entry.made_of()?;
        let mut hash = Sha256::new();
        for part in std::iter::once(&key.definition).chain(self.new.iter().flat_map(|(name, of)| [name, of]))
        {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let definition = hexadecimal(hash).chars().take(key.definition.len()).collect();
        Some(Key { definition, ..key }.to_string())
    }

    /// That a run would leave them so, and what to do.
    pub fn refused(&self, model: &Model, state: &State, asked: &RangeInclusive<NaiveDate>) -> Diagnostic {
        let count = self.days.len();
        let days = if count == 1 { "day".to_owned() } else { format!("{count} days") };
        let (first, last) = self.ends(asked);
        let again = format!("`hale run --from {first} --to {last}`");
        let message = format!(
            "{} has other columns than its published {days} that this run leaves: {}",
            self.table,
            self.said()
        );
        let problem = Diagnostic::error("other-columns", message)
            .at(self.place(model))
            .note("readers of plain folders take the columns of one file for those of all: what is new is dropped without a word, other differences fail")
            .help(if self.are_addable(model) {
                format!("--add-columns declares what is new on these days, as NULL; to have it computed, build them as well: {again}")
            } else {
                format!("build these days as well, in one run: {again}; or give the table a new name, and leave the old one as it is; --mixed-columns leaves them all the same")
            });
        let held = self.days.keys().filter(|day| state.commit().held.contains_key(day)).count();
        if held == 0 {
            problem
        } else {
            problem.note(format!("{held} of them held: `hale release` lets a run build them"))
        }
    }

    /// What is other: `seats` BIGINT is new, `x` is gone, `n` was BIGINT and is DOUBLE.
    fn said(&self) -> String {
        let new = self.new.iter().map(|(name, of)| format!("`{name}` {of} is new"));
        let gone = self.gone.iter().map(|name| format!("`{name}` is gone"));
        let retyped =
            self.retyped.iter().map(|(name, (then, now))| format!("`{name}` was {then} and is {now}"));
        new.chain(gone).chain(retyped).collect::<Vec<_>>().join(", ")
    }

    /// From the first to the last of these days and of those of a run.
    fn ends(&self, asked: &RangeInclusive<NaiveDate>) -> (NaiveDate, NaiveDate) {
        let days = || self.days.keys().copied().chain([*asked.start(), *asked.end()]);
        (days().min().unwrap_or_default(), days().max().unwrap_or_default())
    }

    fn place(&self, model: &Model) -> Location {
        let named = self.new.keys().chain(self.retyped.keys());
        let column = named.filter_map(|name| model.contract.column(name)).next();
        column.map_or_else(|| model.locate(0..0), |column| model.locate(column.location.span.clone()))
    }
}

impl Built<'_> {
    /// Of daily facts a run makes all days anew that another definition made.
    fn has(&self, model: &Model, day: NaiveDate) -> bool {
        self.days.contains(&day) || (self.with_facts && model.are_facts() && day <= *self.days.end())
    }
}

/// The columns of a schema, as they are stored.
fn columns(schema: &SchemaRef) -> Columns {
    let stored = |data_type: &DataType| stored_type(data_type).unwrap_or_else(|| data_type.clone());
    schema.fields().iter().map(|field| (field.name().clone(), stored(field.data_type()))).collect()
}

async fn columns_of(state: &State, entry: &Entry) -> Result<Columns> {
    let file = RowFile::new(state.storage(), entry.path(), entry.bytes);
    Ok(columns(file.open().await?.schema()))
}
