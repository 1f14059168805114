//! The ordered pipeline: one immutable value that `check`, `run`, `compile`, `ls` and `test` read.
//!
//! Project (text) → semantic side and dated relations written as SQL models → references resolved → layer rule → order.

mod audits;
mod complete;
mod dated;
mod graph;
mod main_score;
mod untold;
mod was;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

pub use audits::Audit;
pub(crate) use graph::reads_of;
pub use graph::{CALENDAR_DAYS, Reads};
pub use main_score::main_score;

use self::audits::audits_of;
use crate::alerts::{self, Alerts};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::expectations::{self, Expectations};
use crate::project::layer::{Layer, ModelName};
use crate::project::model::Model;
use crate::project::settings::Settings;
use crate::project::was::Was;
use crate::project::{Project, digests, statement};
use crate::semantic::{self, CompiledModel, MAIN, Score, Semantics};

/// Models in the order in which data flows through them, with what belongs to them.
#[derive(Debug)]
pub struct Pipeline {
    /// The project's folder.
    pub root: PathBuf,
    /// What `hale.yml` says.
    pub settings: Settings,
    /// Every model, each after all that it reads; within that, by layer and name.
    pub models: Vec<Model>,
    /// What each model reads.
    pub reads: BTreeMap<ModelName, Reads>,
    /// Queries that must return no rows.
    pub audits: Vec<Audit>,
    /// Rules over the published days of scores.
    pub alerts: Vec<Alerts>,
    /// What people expect of scores.
    pub expectations: Vec<Expectations>,
    /// The semantic side as declared.
    pub semantics: Semantics,
    /// The main score, which the views `scores.main` and `components.main` stand for; `None` where there is none.
    pub main_score: Option<String>,
    /// Unit tests of models, as text.
    pub tests: Vec<Arc<SourceFile>>,
    /// The files that say what is computed, as they were written.
    pub files: Vec<Arc<SourceFile>>,
}

impl Pipeline {
    /// Orders a project's models and compiles its semantic side.
    ///
    /// # Errors
    /// Unknown tables, reads against the layer rule, cycles, faults in YAML: all of a pass at once.
    pub fn build(project: Project) -> Result<Self, Diagnostics> {
        let pipeline = Self::to_check(project)?;
        let faults = &pipeline.semantics.warnings;
        if faults.has_errors() { Err(faults.clone()) } else { Ok(pipeline) }
    }

    /// As [`Self::build`], for whoever plans every model: a main score that is none is an error among the warnings of the
    /// semantic side, told together with what else is found, and another score stands in for it.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn to_check(project: Project) -> Result<Self, Diagnostics> {
        let Project { root, settings, settings_file, mut models, components, scores, audits, .. } = project;
        let (watched, expected, tests) = (project.alerts, project.expectations, project.tests);
        let written = models.iter().map(|model| &model.file).chain(&components).chain(&scores).chain(&audits);
        let files = written.chain([&settings_file]).map(Arc::clone).collect();
        models.extend(dated::relations(&models, &settings)?);
        let mut semantics = match semantic::parse(&components, &scores) {
            Ok(semantics) => semantics,
            Err(mut problems) => {
                problems.extend(main_score::undeclared(&settings, &scores));
                let known = known(&models, declared(&scores));
                resolved(&models, &known, &mut problems);
                audits_of(&audits, &known, &mut problems);
                return Err(problems);
            }
        };
        let main = match main_score(&settings, &semantics.scores) {
            Ok(main) => main,
            Err(problem) => {
                semantics.warnings.push(problem);
                main_score::stand_in(&semantics.scores)
            }
        };
        semantics.warnings.extend(main.and_then(main_score::without_risk));
        let views =
            semantics.published_views().into_iter().chain(main.into_iter().flat_map(Score::main_views));
        models.extend(compiled(semantics.compile().into_iter().chain(views))?);
        let main_score = main.map(|score| score.name.clone());
        let mut problems = Diagnostics::new();
        problems.extend(complete::problems(&settings, &models));
        problems.extend(untold::problems(&settings, &models));
        problems.extend(was::problems(&models));
        let known = known(&models, []);
        let reads = resolved(&models, &known, &mut problems);
        let audits = audits_of(&audits, &known, &mut problems);
        let alerts = alerts::parse(&watched, &semantics.scores, &mut problems);
        let expectations = expectations::parse(&expected, (&semantics.scores, &settings), &mut problems);
        if problems.has_errors() {
            problems.extend(semantics.warnings);
            return Err(problems);
        }
        let order = graph::ordered(&reads)?;
        let place: BTreeMap<&ModelName, usize> =
            order.iter().enumerate().map(|(index, name)| (name, index)).collect();
        models.sort_by_key(|model| place[&model.name]);
        Ok(Self {
            root,
            settings,
            models,
            reads,
            audits,
            alerts,
            expectations,
            semantics,
            main_score,
            tests,
            files,
        })
    }

    /// The part of a project that stands without what is wrong with the rest: models that read what is not there are
    /// left out, as are audits, and components and scores where one of them is at fault. For reading alone.
    ///
    /// # Errors
    /// Models that read each other in a circle.
    pub fn sound(mut project: Project) -> Result<Self, Diagnostics> {
        let mut left_out = BTreeSet::new();
        project.audits.clear();
        project.alerts.clear();
        project.expectations.clear();
        // Sources read nothing, so that none of them falls, and these stay what they are.
        let dated = dated::relations(&project.models, &project.settings)?;
        loop {
            let semantic = semantic::parse(&project.components, &project.scores).and_then(|semantics| {
                let main = main_score(&project.settings, &semantics.scores)?;
                let views = semantics
                    .published_views()
                    .into_iter()
                    .chain(main.into_iter().flat_map(Score::main_views));
                compiled(semantics.compile().into_iter().chain(views))
            });
            let known: BTreeSet<ModelName> = project
                .models
                .iter()
                .chain(semantic.iter().flatten())
                .chain(&dated)
                .map(|model| model.name.clone())
                .collect();
            let stands = |model: &Model| {
                let reads = |query| graph::reads_of(query, &model.file, &known);
                model
                    .query()
                    .is_none_or(|query| reads(query).is_ok_and(|reads| misread(model, &reads).is_empty()))
            };
            if !semantic.is_ok_and(|models| models.iter().all(stands)) {
                project.components.clear();
                project.scores.clear();
                continue;
            }
            let (standing, fallen): (Vec<Model>, Vec<Model>) = project.models.into_iter().partition(stands);
            project.models = standing;
            if fallen.is_empty() {
                for model in &mut project.models {
                    model.contract.references.retain(|reference| known.contains(&reference.target));
                }
                break;
            }
            left_out.extend(fallen.into_iter().map(|model| model.name));
        }
        project
            .tests
            .retain(|test| !left_out.iter().any(|name| test.path.starts_with(&format!("sql/tests/{name}/"))));
        Self::build(project)
    }

    /// The model of a name.
    pub fn model(&self, name: &ModelName) -> Option<&Model> {
        self.models.iter().find(|model| model.name == *name)
    }

    /// The tables of daily facts: their days are those of the log, and none of them ever expires.
    pub fn facts(&self) -> BTreeSet<ModelName> {
        self.models.iter().filter(|model| model.are_facts()).map(|model| model.name.clone()).collect()
    }

    /// The stored model of a name, through the views of the main score.
    pub fn stored_behind(&self, name: &ModelName) -> Option<&Model> {
        let main = self.main_score.as_ref().filter(|_| name.table == MAIN && name.layer.is_semantic());
        let behind = main.map(|main| ModelName::new(name.layer, main.clone()));
        self.model(behind.as_ref().unwrap_or(name)).filter(|model| model.is_stored())
    }

    /// The models with everything that they read, directly or not.
    pub fn with_upstream(&self, names: impl IntoIterator<Item = ModelName>) -> BTreeSet<ModelName> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<ModelName> = names.into_iter().collect();
        while let Some(name) = waiting.pop() {
            if found.insert(name.clone()) {
                waiting.extend(self.reads.get(&name).into_iter().flat_map(|reads| reads.0.keys().cloned()));
            }
        }
        found
    }
}

/// The names of models, and some more.
fn known(models: &[Model], more: impl IntoIterator<Item = ModelName>) -> BTreeSet<ModelName> {
    models.iter().map(|model| model.name.clone()).chain(more).collect()
}

/// The tables that files of scores declare, whatever else is wrong with them.
fn declared(scores: &[Arc<SourceFile>]) -> Vec<ModelName> {
    let names = scores.iter().map(|file| main_score::stem(file)).chain((!scores.is_empty()).then_some(MAIN));
    let tables = |name: &str| {
        let own = [Layer::Components, Layer::Scores, Layer::Drafts].map(|layer| ModelName::new(layer, name));
        own.into_iter().chain([ModelName::new(Layer::Drafts, format!("{name}_components"))])
    };
    names.flat_map(tables).collect()
}

/// What a model reads and may not: against the layer rule, or digests of a source.
fn misread(model: &Model, reads: &Reads) -> Diagnostics {
    let mut problems = graph::layer_rule(model, reads);
    let asked = model.query().map(|query| digests::refused(query, &model.file, |span| model.locate(span)));
    problems.extend(asked.into_iter().flatten());
    problems
}

/// What each model reads, with the faults in that.
fn resolved(
    models: &[Model],
    known: &BTreeSet<ModelName>,
    problems: &mut Diagnostics,
) -> BTreeMap<ModelName, Reads> {
    let mut reads = BTreeMap::new();
    for model in models {
        let found =
            model.query().map_or(Ok(Reads::default()), |query| graph::reads_of(query, &model.file, known));
        match found {
            Ok(found) => {
                problems.extend(misread(model, &found));
                reads.insert(model.name.clone(), found);
            }
            Err(faults) => problems.extend(faults),
        }
        problems.extend(unknown_references(model, known));
    }
    reads
}

/// The models that components and scores compile to, parsed like any other file.
fn compiled(parts: impl IntoIterator<Item = CompiledModel>) -> Result<Vec<Model>, Diagnostics> {
    let mut problems = Diagnostics::new();
    let mut models = Vec::new();
    for part in parts {
        match parsed(part) {
            Ok(model) => models.push(model),
            Err(faults) => problems.extend(faults),
        }
    }
    if problems.has_errors() { Err(problems) } else { Ok(models) }
}

/// What was compiled from YAML, parsed.
pub(crate) fn parsed(part: CompiledModel) -> Result<Model, Diagnostics> {
    let layer = Layer::of(part.layer).ok_or_else(|| {
        Diagnostic::error("bug", format!("`{}` is no layer of a compiled model", part.layer))
    })?;
    let file = SourceFile::new(format!("{layer}/{}.sql", part.name), part.sql);
    let model = statement::parse_model(ModelName::new(layer, part.name), &file)?;
    let was = part.was.map(|(name, location)| Was { name: ModelName::new(layer, name), location });
    Ok(Model { origins: part.origins, was, ..model })
}

fn unknown_references(model: &Model, known: &BTreeSet<ModelName>) -> Diagnostics {
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    let unknown = model.contract.references.iter().filter(|reference| !known.contains(&reference.target));
    unknown
        .map(|reference| {
            let target = reference.target.to_string();
            Diagnostic::error(
                "unknown-table",
                format!("REFERENCES names a table that is not there: `{target}`"),
            )
            .at(reference.location.clone())
            .suggest(&target, names.iter().map(String::as_str))
        })
        .collect()
}
