//! Whether what had happened by the day of a run was known by its end, where that is what the day is made of.

use super::request::Incomplete;
use super::under_way::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::sources::Reading;
use crate::engine::unknown::unknown;
use crate::error::{Error, Result};
use crate::project::model::Kind;

impl Build<'_> {
    /// Refuses a day as known of which a source knew next to nothing; a run that builds with what is there is told of it.
    ///
    /// # Errors
    /// [`Error::Audit`] with every such source: waiting does not help.
    pub(super) async fn history_known(&mut self) -> Result<()> {
        if self.request.reading != Reading::AsKnown {
            return Ok(());
        }
        let (settings, day) = (&self.checked.pipeline.settings, *self.request.days.end());
        let mut found = Diagnostics::new();
        for model in &self.checked.pipeline.models {
            let Kind::Source(source) = &model.kind else { continue };
            if self.decided.scope.computes(&model.name) {
                found.extend(unknown(self.place(), settings, (model, source), day).await?);
            }
        }
        match self.request.incomplete {
            Incomplete::Built => {
                self.warnings.extend(found.into_iter().map(Diagnostic::into_warning));
                Ok(())
            }
            Incomplete::Refused { .. } if found.is_empty() => Ok(()),
            Incomplete::Refused { .. } => Err(Error::Audit(found.into_iter().map(otherwise).collect())),
        }
    }
}

/// The same, with what to do where the day is wanted nevertheless.
fn otherwise(told: Diagnostic) -> Diagnostic {
    told.note("--incomplete builds the day with what was known")
}
