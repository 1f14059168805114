//! `published.NAME`: the rows of a score as they were published, whatever its definition was then.
//!
//! Another table that looks back to earlier days of a score has these by the definition of now: where they were published by
//! another one they are computed again. What people were told is another question, and this view answers it: of the days of a
//! run the rows are those of the run; of days before, those that are published; of days that are not published there are none.

use super::CompiledModel;
use super::writer::one_line;
use crate::project::identifier::identifier;
use crate::project::layer::Layer;
use crate::semantic::definition::Score;

/// The view of a score as published. A run puts the published days in its place.
pub(super) fn view(score: &Score) -> CompiledModel {
    let (layer, name) = (Layer::Published.name(), identifier(&score.name));
    let mut sql =
        format!("-- {}, as it was published.\nCREATE VIEW {layer}.{name} AS\n", one_line(&score.title));
    let start = sql.len();
    sql += &format!("SELECT * FROM scores.{name}\n");
    let query = start..sql.len();
    let (name, yaml) = (score.name.clone(), score.file.clone());
    CompiledModel { layer, name, was: None, sql, query, yaml, origins: Vec::new() }
}
