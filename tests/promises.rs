//! What the README promises, and the case in the help of `hale test`: run, and held against what is there.

mod changed; // what the README shows of a changed score
mod examples; // the case that `hale test --help` shows
mod readme; // commands, tables, paths, SQL and Python of the README

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::cli::{code, err, good, hale};

/// The bundled project, published on its last day.
static PUBLISHED: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    good(hale(folder.path(), &["init", "."]));
    let run = hale(folder.path(), &["run", "--as-of", "2026-09-30"]);
    assert_eq!(code(&run), 0, "{}", err(&run));
    folder
});

/// A copy of a folder.
fn copied(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    let copy = Command::new("cp").arg("-r").arg(from.join(".")).arg(to.path()).status().unwrap();
    assert!(copy.success());
    to
}
