//! What hale.yml says of when sources are complete, held against the sources.

use crate::diagnostic::Diagnostic;
use crate::project::layer::Layer;
use crate::project::model::{Kind, Model};
use crate::project::ready::unknown_source;
use crate::project::settings::Settings;
use crate::project::time::Time;

/// Names that are no source, and sources without a history that could be complete.
pub(super) fn problems(settings: &Settings, models: &[Model]) -> Vec<Diagnostic> {
    let sources: Vec<&Model> = models.iter().filter(|model| model.name.layer == Layer::Raw).collect();
    let problem = |(name, (_, at)): (&String, &(_, _))| {
        let Some(model) = sources.iter().find(|model| model.name.table == *name) else {
            let names = sources.iter().map(|model| model.name.table.as_str());
            return Some(unknown_source(name, names).at(Clone::clone(at)));
        };
        let Kind::Source(source) = &model.kind else { return None };
        let Time::Current(_) = source.time else { return None };
        let message = format!("raw.{name} is a table of now, which has no history that could be complete");
        let problem = Diagnostic::error("option-without-effect", message).help("leave this out");
        Some(problem.at(Clone::clone(at)))
    };
    settings.complete_from.iter().filter_map(problem).collect()
}
