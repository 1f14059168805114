//! Published tables that the project calls otherwise by now get that name before a run builds anything.

use std::sync::{Mutex, PoisonError};

use super::Run;
use super::replaced::not_replaced;
use super::visible::Visible;
use crate::cli::context::Context;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::run::{Request, author};
use crate::store::{Author, Change, Renames, amend_as};

impl Run {
    /// Renames them, as a commit of its own; not in a dry run, nor where another definition counts by now.
    pub(super) async fn rename(
        &self,
        context: &Context,
        pipeline: &Pipeline,
        request: &Request,
        (renames, visible): (&Renames, &Mutex<Visible>),
    ) -> Result<()> {
        if self.dry_run || renames.is_empty() {
            return Ok(());
        }
        if !self.older_definition {
            not_replaced(pipeline, request).await?;
        }
        let author = Author { why: self.why.clone(), ..author(pipeline) };
        let storage = request.out.storage();
        let done = amend_as(storage, &Change::Rename(renames.clone()), author).await?;
        let Some(number) = done.commit else { return Ok(()) };
        visible.lock().unwrap_or_else(PoisonError::into_inner).commits.push(number);
        for (old, new) in renames {
            let text = format!("{old} is {new} from commit {number} on, with all its published days");
            context.console.note("renamed", &text);
        }
        Ok(())
    }
}
