//! What commits say of the project that they are made by.

use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::store::Author;

/// The project as an author: its definition, its main score, what its plain folders show.
pub fn author(pipeline: &Pipeline) -> Author {
    let files = pipeline.files.iter().map(|file| (file.path.clone(), file.text.clone()));
    Author {
        definition: Some(files.collect()),
        main: pipeline.main_score.as_ref().map(|main| ModelName::new(Layer::Scores, main.clone())),
        folders: Some(pipeline.settings.folders.clone()),
        ..Author::default()
    }
}
