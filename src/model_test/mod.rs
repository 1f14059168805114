//! `hale test`: unit tests of models, in memory, on rows written in YAML.
//!
//! ```text
//! document  what a YAML file says       ──► case  held against the checked pipeline: typed rows
//!                                        ──► execute  the model's own plan over those rows
//!                                        ──► compare, diff  the rows it gave against the rows expected
//! ```
//!
//! A case is a file `sql/tests/<layer>.<table>/<case>.yml`:
//!
//! ```yaml
//! description: A day without events counts zero, not nothing.
//! given:                        # rows of what the model reads; inputs not named are empty
//!   staging.events:             # for dated.events, rows of raw.events as they are delivered do as well
//!     - {account_id: a, happened_at: 2026-09-01 10:00:00, seconds: 30}
//!   calendar.days: {from: 2026-09-01, to: 2026-09-02}
//! expect:                       # every row the model gives; a column that is not written is NULL
//!   - {account_id: a, as_of_date: 2026-09-01, events: 1}
//!   - {account_id: a, as_of_date: 2026-09-02, events: 0}
//! columns: [account_id, as_of_date, events]   # compare only these
//! tolerance: 0.001              # how far doubles may be apart; 0 where not written
//! order: any                    # `exact` when the order of the rows matters
//! parameters: {churn_days: 30}  # in place of those in hale.yml
//! complete_from: {events: 2026-09-01}   # before, `ready('events', …)` is FALSE; it is TRUE where not written
//! reported:                     # as of which days `reported('tickets', …)` is TRUE; it always is where not written
//!   tickets: [2026-09-01, 2026-09-30]   # the first day and the last; `null` for no end
//!   surveys: never
//! ```
//!
//! Where a model declares how far it looks back (`WITH (look_back = '27 days')`), each day of a case is computed from these days
//! alone too, and has to have the same rows.

mod case;
mod compare;
mod diff;
mod document;
mod execute;
mod look_back;
mod select;
mod tiers;
mod value;

use std::time::{Duration, Instant};

use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::Engine;
use crate::error::Result;
use crate::project::layer::{Layer, ModelName};
use case::Case;
use compare::Comparison;

/// What the cases that were asked for did.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Every case that ran, by file.
    pub cases: Vec<CaseOutcome>,
    /// What is wrong with the files of cases that could not run.
    pub unread: Diagnostics,
}

/// What one case did.
#[derive(Debug, Clone)]
pub struct CaseOutcome {
    /// The model under test.
    pub model: ModelName,
    /// The file's stem.
    pub case: String,
    /// The file, relative to the project.
    pub file: String,
    /// What the case is about.
    pub description: String,
    /// Wall time.
    pub took: Duration,
    /// Why it failed, with the difference row by row; `None` when it passed.
    pub failure: Option<Diagnostic>,
}

impl Outcome {
    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.failure.is_none()).count()
    }

    /// The failures, in order, and what is wrong with cases that could not run.
    pub fn failures(&self) -> Diagnostics {
        let failures = self.cases.iter().filter_map(|case| case.failure.clone());
        failures.chain(self.unread.iter().cloned()).collect()
    }
}

/// Runs the cases that words name, or all without any: `metrics` (a layer), `metrics.usage` (a model),
/// `metrics.usage/quiet_days` (a case). A case that fails, or that cannot be read, is part of the outcome, not an error.
/// Cases of models without columns, and of those that read them, do not run: what is wrong with these is known.
///
/// # Errors
/// [`crate::error::Error::Project`] with words that name no case, or files that belong to no model.
pub async fn run(checked: &Checked, engine: &Engine, words: &[String]) -> Result<Outcome> {
    let files = select::by_words(select::cases(checked)?, words)?;
    let is_sound = |name: &ModelName| checked.schemas.contains_key(name);
    let mut outcome = Outcome::default();
    for file in &files {
        let name = &file.model.name;
        if !is_sound(name) || !checked.pipeline.reads[name].0.keys().all(is_sound) {
            continue;
        }
        match Case::read(checked, file) {
            Ok(case) => outcome.cases.push(run_case(checked, engine, &case).await),
            Err(found) => outcome.unread.extend(found),
        }
    }
    Ok(outcome)
}

async fn run_case(checked: &Checked, engine: &Engine, case: &Case<'_>) -> CaseOutcome {
    let started = Instant::now();
    let failure = match execute::rows(checked, engine, case).await {
        Ok(got) => {
            let comparison = Comparison::of(case, &got);
            let differences = comparison.differences();
            (!differences.is_none()).then(|| {
                let drawn = diff::draw(&comparison, &differences);
                case.failure(&differences.summary()).note(drawn)
            })
        }
        Err(failure) => Some(failure),
    };
    CaseOutcome {
        model: case.model.name.clone(),
        case: case.name.clone(),
        file: case.file.path.clone(),
        description: case.description.clone(),
        took: started.elapsed(),
        failure,
    }
}

/// Warnings of tiers in cases that are nearly, and not quite, those of a score.
pub fn misspelt_tiers(checked: &Checked) -> Diagnostics {
    // A file that belongs to no model is told of when cases run.
    select::cases(checked).map_or_else(|_| Diagnostics::new(), |cases| tiers::nearly(checked, &cases))
}

/// The models written as SQL that no case tests, in the order of the pipeline. Sources compute nothing; what hale writes
/// itself, dated relations and what is compiled from YAML, is tested with hale.
///
/// # Errors
/// [`crate::error::Error::Project`] for a file of tests that belongs to no model.
pub fn untested(checked: &Checked) -> Result<Vec<ModelName>> {
    let tested = select::cases(checked)?;
    let models = checked.pipeline.models.iter();
    let is_own = |layer: Layer| layer.is_semantic() || matches!(layer, Layer::Dated | Layer::Published);
    let written = models.filter(|model| model.query().is_some() && !is_own(model.name.layer));
    let names = written.map(|model| &model.name);
    Ok(names.filter(|name| !tested.iter().any(|case| case.model.name == **name)).cloned().collect())
}

/// The same as errors, one for each model without a case.
///
/// # Errors
/// As [`untested`].
pub fn untested_errors(checked: &Checked) -> Result<Diagnostics> {
    let names = untested(checked)?;
    let models = names.iter().filter_map(|name| checked.pipeline.model(name));
    let error = |model: &crate::project::model::Model| {
        Diagnostic::error("untested-model", format!("`{}` has no test", model.name))
            .at(Location::whole(&model.file))
            .help(format!("write sql/tests/{}/<case>.yml, or run with --allow-untested", model.name))
    };
    Ok(models.map(error).collect())
}
