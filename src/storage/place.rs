//! Where a path of this machine really lies, so that two of them can be compared.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Links that are followed before a path counts as one that leads round in a circle, as the system itself has it.
const LINKS: usize = 40;

/// A path as it will be once all of it is made: links followed as far as it is there, those that lead nowhere yet as well.
pub(crate) fn real(path: &Path) -> PathBuf {
    followed(path, LINKS)
}

fn followed(path: &Path, links: usize) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    // By its names: with a separator at its end a link counts as what it leads to.
    let mut there: PathBuf = absolute.components().collect();
    let mut missing: Vec<OsString> = Vec::new();
    let found = loop {
        if let Ok(found) = there.canonicalize() {
            break found;
        }
        if let (Ok(target), Some(folder), 1..) = (there.read_link(), there.parent(), links) {
            break followed(&folder.join(target), links - 1);
        }
        match there.components().next_back().map(|last| last.as_os_str().to_owned()) {
            Some(last) if there.pop() => missing.push(last),
            _ => break there,
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
