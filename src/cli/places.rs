//! Where commands must not write: what a project is read from, and what was published.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::model::Kind;
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

/// Refuses sources that lie where the run would publish, and the reverse: publishing would replace what it reads.
pub(super) fn sources_apart(pipeline: &Pipeline, sources: &Storage, out: &Storage) -> Result<()> {
    let published = pipeline.models.iter().filter(|model| model.is_stored());
    let published = published.map(|model| format!("{}/{}", model.name.layer, model.name.table));
    let taken: Vec<String> = published.chain(["latest".to_owned(), "_hale".to_owned()]).collect();
    for model in &pipeline.models {
        let Kind::Source(source) = &model.kind else { continue };
        // A location that cannot be is refused by the check, with its place.
        let Ok(read) = sources.folder_url(&source.path) else { continue };
        for folder in &taken {
            let written = out.folder_url(folder)?;
            let (read, written) = (read.as_str(), written.as_str());
            if read.starts_with(written) || written.starts_with(read) {
                return Err(Error::Usage(format!(
                    "{} is read from {}/{}, where the run publishes {folder}: it would replace what it reads; name another place with --out or --sources",
                    model.name,
                    sources.shown().trim_end_matches('/'),
                    source.path
                )));
            }
        }
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
