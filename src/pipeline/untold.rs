//! Sources that say how many days their loads may lag, of which nothing can tell how far they reach.

use crate::diagnostic::Diagnostic;
use crate::project::layer::Layer;
use crate::project::model::{Kind, Model, Source};
use crate::project::reported::{STATUS, of_name, status};
use crate::project::settings::Settings;
use crate::project::statement::place_of;
use crate::project::time::Time;

/// Each of them; none where loaders have a source to say it in, which is asked when there are rows.
pub(super) fn problems(settings: &Settings, models: &[Model]) -> Vec<Diagnostic> {
    if status(models).is_some() {
        return Vec::new();
    }
    let problem = |model: &Model| {
        let Kind::Source(source) = &model.kind else { return None };
        let tells = of_name(&model.name.table, models, settings)?.newest().is_some();
        (source.stale_after.is_some() && !tells).then(|| untold(model, source))
    };
    models.iter().filter(|model| model.name.layer == Layer::Raw).filter_map(problem).collect()
}

fn untold(model: &Model, source: &Source) -> Diagnostic {
    let loads = format!("{}.{STATUS}", Layer::Raw);
    let message =
        format!("`stale_after` has no effect: nothing tells how far the loads of {} reach", model.name);
    let column = match &source.time {
        Time::Events(_) | Time::Versions(_) => {
            "name the column that says when a row was known as its 'known_at', in place of 'known_after'; or "
        }
        Time::Snapshots(_) | Time::Current(_) => "",
    };
    Diagnostic::error("option-without-effect", message)
        .at(place_of(&model.file, "stale_after"))
        .note("the newest `known_at` or `taken_at` of its rows would, or what loaders say of their loads")
        .help(format!(
            "{column}add {loads} with source VARCHAR, loaded_through DATE and ok BOOLEAN, a row for each load; or leave \
             `stale_after` out"
        ))
}
