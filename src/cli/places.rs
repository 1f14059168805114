//! Where commands must not write: what a project is read from, and what was published.

use std::path::Path;

use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::storage::{Storage, real};

/// Refuses a folder for files that lies among a project's models, sources or published tables, or holds them.
pub(super) fn apart(out: &Path, pipeline: &Pipeline) -> Result<()> {
    let settings = &pipeline.settings;
    let at = |location: &str| Storage::open(location, &pipeline.root).ok()?.place("").ok();
    let places = [
        ("the project's models", Some(real(&pipeline.root.join("sql")))),
        ("the project's sources", at(&settings.sources)),
        ("the published tables", at(&settings.out)),
    ];
    let wanted = real(out);
    for (what, place) in places {
        let Some(place) = place else { continue };
        let how = if wanted.starts_with(&place) {
            "lies among"
        } else if place.starts_with(&wanted) {
            "holds"
        } else {
            continue;
        };
        return Err(Error::Usage(format!(
            "--out {} {how} {what} ({}); name a folder apart from them, such as target/{}",
            out.display(),
            place.display(),
            out.file_name().map_or("docs".into(), |name| name.to_string_lossy())
        )));
    }
    Ok(())
}
