//! What a run is asked to do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::sources::Reading;
use crate::pipeline::Pipeline;
use crate::plan::Kept;
use crate::project::layer::{Layer, ModelName};
use crate::storage::Storage;
use crate::store::{Key, SourceDays, State};

/// What to build, for which days, from where and to where.
#[derive(Debug, Clone)]
pub struct Request {
    /// The as-of dates to publish, both ends included.
    pub days: RangeInclusive<NaiveDate>,
    /// The stored models to publish.
    pub selection: Selection,
    /// Whether stored tables that are not selected are read as they are published, and no source is touched.
    pub from_published: bool,
    /// Whether published marts that follow from what is selected are built as well, where that can be done from published
    /// tables. Only looked at together with `from_published`.
    pub followers: bool,
    /// Which of the two readings of history the days are.
    pub reading: Reading,
    /// Whether days are built that sources do not reach yet.
    pub incomplete: Incomplete,
    /// Whether columns that are new in a table are declared as NULL on its published days that are not built.
    pub add_columns: bool,
    /// Whether days may be left with other columns.
    pub mixed_columns: bool,
    /// From which days on sources have their rows.
    pub kept: Kept,
    /// Where the sources lie.
    pub sources: Storage,
    /// Where tables are published, and what is published there when the run begins.
    pub out: Arc<State>,
    /// Why, in the words of whoever asks.
    pub why: Option<String>,
    /// The keys of what decides the rows of tables, where they are known.
    pub keys: BTreeMap<ModelName, Key>,
    /// What sources say of the days and those before them, where somebody looked.
    pub told: Option<Arc<SourceDays>>,
}

impl Request {
    /// The days that it may publish: not those that are held.
    pub fn free_days(&self) -> BTreeSet<NaiveDate> {
        let held = &self.out.commit().held;
        let days = self.days.start().iter_days().take_while(|day| self.days.contains(day));
        days.filter(|day| !held.contains_key(day)).collect()
    }
}

/// What becomes of days that are not over, or that the loads of a source that must be there do not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// They are built, with what is there.
    Built,
    /// They are not ready. A day is over on the next one, and that is what a clock says, which only the caller reads.
    Refused {
        /// The day that it is, in the project's time zone.
        today: NaiveDate,
    },
}

/// Stored models, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection(pub BTreeSet<ModelName>);

impl Selection {
    /// Every stored model of a pipeline.
    pub fn all(pipeline: &Pipeline) -> Self {
        Self(
            pipeline
                .models
                .iter()
                .filter(|model| model.is_stored())
                .map(|model| model.name.clone())
                .collect(),
        )
    }

    /// The stored models that words name: `metrics.accounts` (one model), `metrics` (a layer), and with a `+` behind
    /// it everything that reads it as well.
    ///
    /// # Errors
    /// Words that name nothing, each with the name that was probably meant.
    pub fn of_words(pipeline: &Pipeline, words: &[String]) -> Result<Self, Diagnostics> {
        let mut problems = Diagnostics::new();
        let mut selected = BTreeSet::new();
        for word in words {
            let (name, downstream) =
                word.strip_suffix('+').map_or((word.as_str(), false), |name| (name, true));
            let named: BTreeSet<ModelName> = named(pipeline, name);
            if named.is_empty() {
                problems.push(unknown(pipeline, name));
            }
            if downstream {
                selected.extend(readers(pipeline, &named));
            }
            selected.extend(named);
        }
        selected.retain(|name| pipeline.model(name).is_some_and(|model| model.is_stored()));
        if problems.has_errors() { Err(problems) } else { Ok(Self(selected)) }
    }
}

fn named(pipeline: &Pipeline, word: &str) -> BTreeSet<ModelName> {
    let of_layer = Layer::of(word);
    let names = pipeline.models.iter().filter(|model| model.is_stored()).map(|model| &model.name);
    names.filter(|name| of_layer == Some(name.layer) || name.to_string() == word).cloned().collect()
}

fn readers(pipeline: &Pipeline, of: &BTreeSet<ModelName>) -> BTreeSet<ModelName> {
    let reads_one = |name: &&ModelName| {
        pipeline.with_upstream([(*name).clone()]).iter().any(|upstream| of.contains(upstream))
    };
    pipeline.reads.keys().filter(reads_one).cloned().collect()
}

fn unknown(pipeline: &Pipeline, word: &str) -> Diagnostic {
    let names: Vec<String> = pipeline
        .models
        .iter()
        .filter(|model| model.is_stored())
        .map(|model| model.name.to_string())
        .collect();
    let known = names.iter().map(String::as_str).chain(Layer::ALL.map(Layer::name));
    Diagnostic::error("unknown-selection", format!("--select {word} names no stored model"))
        .note(format!("stored models: {}", names.join(", ")))
        .suggest(word, known)
}
