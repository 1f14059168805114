//! Published tables that the project calls otherwise by now: `was` of their models.

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::store::{Renames, State};

/// The tables that are published under the name that they had, each with its name of now.
///
/// # Errors
/// [`Error::Project`] where something is published under both names.
pub fn renames(pipeline: &Pipeline, state: &State) -> Result<Renames> {
    let mut renames = Renames::new();
    for model in pipeline.models.iter().filter(|model| model.is_stored()) {
        let Some(was) = model.was.as_ref().filter(|was| state.has(&was.name)) else { continue };
        let (old, new) = (&was.name, &model.name);
        if state.has(new) {
            let message = format!("{new} was called {old}, and both are published");
            let problem = Diagnostic::error("renamed", message)
                .at(was.location.clone())
                .note(format!("which of them the days belong to, {} does not tell", state.storage().shown()))
                .help(format!(
                    "go back to the commit before {new} was published (`hale history`, `hale rollback`), which renames it then; \
                     or leave the line out: {old} stays published as it is"
                ));
            return Err(Error::Project(problem.into()));
        }
        renames.insert(old.clone(), new.clone());
    }
    Ok(renames)
}
