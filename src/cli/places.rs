//! Where commands must not write: what a project is read from, and what was published.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::storage::Storage;

/// Refuses a folder for files that lies among a project's models, sources or published tables, or holds them.
pub(super) fn apart(out: &Path, pipeline: &Pipeline) -> Result<()> {
    let settings = &pipeline.settings;
    let local = |location: &str| Storage::open(location, &pipeline.root).ok()?.local_folder();
    let places = [
        ("the project's models", Some(pipeline.root.join("sql"))),
        ("the project's sources", local(&settings.sources)),
        ("the published tables", local(&settings.out)),
    ];
    let wanted = real(out);
    for (what, place) in places {
        let Some(place) = place.map(|place| real(&place)) else { continue };
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

/// A path as it will be, links followed as far as it is there.
fn real(path: &Path) -> PathBuf {
    let mut there = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut missing: Vec<OsString> = Vec::new();
    let found = loop {
        match there.canonicalize() {
            Ok(found) => break found,
            Err(_) => match there.components().next_back().map(|last| last.as_os_str().to_owned()) {
                Some(last) if there.pop() => missing.push(last),
                _ => break there,
            },
        }
    };
    missing.into_iter().rev().fold(found, |mut path, part| {
        if part == ".." {
            path.pop();
        } else {
            path.push(part);
        }
        path
    })
}
