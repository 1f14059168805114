//! What models say that they were called before, held against the others.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::Model;
use crate::project::was::Was;

/// Names that no table can have had: of what is not published, of another layer, of a model that is there, of two at once.
pub(super) fn problems(models: &[Model]) -> Vec<Diagnostic> {
    let mut taken: BTreeMap<&ModelName, &ModelName> = BTreeMap::new();
    let mut found = Vec::new();
    for model in models {
        let Some(was) = &model.was else { continue };
        let first = *taken.entry(&was.name).or_insert(&model.name);
        // The components of a score are called what the score is.
        if model.name.layer != Layer::Components {
            found.extend(wrong(model, was, first, models));
        }
    }
    found
}

fn wrong(model: &Model, was: &Was, first: &ModelName, models: &[Model]) -> Option<Diagnostic> {
    let (name, old) = (&model.name, &was.name);
    let (message, help) = if !model.is_stored() {
        (
            format!("{name} is not stored, so that none of its days were published as {old}"),
            "leave the line out",
        )
    } else if old == name {
        (format!("{name} is still called so"), "write the name that it had before, or leave the line out")
    } else if old.layer != name.layer {
        let message = format!("{old} is of another layer than {name}");
        (message, "days move within a layer alone; publish them anew, and leave the line out")
    } else if models.iter().any(|other| other.name == *old) {
        let message = format!("{name} was called {old}, which is a model still");
        (message, "leave the line out; or remove the model, or give it another name")
    } else if first != name {
        (
            format!("{name} and {first} both were called {old}"),
            "leave the line in the one that its days belong to",
        )
    } else {
        return None;
    };
    Some(Diagnostic::error("renamed", message).at(was.location.clone()).help(help))
}
