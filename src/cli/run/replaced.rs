//! A definition that another one has replaced since: whether this run may publish by it again.

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::run::Request;
use crate::store::replaced;

/// Refuses a definition that has published these tables before, where another one counts by now.
pub(super) async fn not_replaced(pipeline: &Pipeline, request: &Request) -> Result<()> {
    let files = pipeline.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
    let Some(found) = replaced(&request.out, &files, &request.selection.0).await? else { return Ok(()) };
    let message = format!(
        "this definition published commit {}, and commit {} has replaced it by another one",
        found.last, found.by
    );
    let problem = Diagnostic::error("replaced-definition", message)
        .note("two checkouts of a project that publish into one output undo each other's work; nothing was built")
        .help("run the newer checkout, or give this one an --out of its own; to go back on purpose, --older-definition");
    Err(Error::Project(problem.into()))
}
