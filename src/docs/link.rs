//! Pages to go to, and where those of models lie.

use serde::Serialize;

use crate::project::layer::ModelName;

/// A page to go to, by its path within the site.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Link {
    pub(super) text: String,
    pub(super) path: String,
    pub(super) note: String,
}

/// Where the page of a model lies. Names of models are letters, digits and underscores, so this is a path and a link.
pub(super) fn path_of(name: &ModelName) -> String {
    format!("models/{name}.html")
}
