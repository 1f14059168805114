//! The definitions that hale comes with: those of the bundled project and of each template.

use std::path::Path;
use std::sync::Arc;

use halescore::diagnostic::SourceFile;

/// A folder of the repository with `components` and `scores` below its `sql`.
const FOLDERS: [&str; 5] =
    [".", "src/templates/enterprise", "src/templates/onboarding", "src/templates/rfm", "src/templates/usage"];

/// Definitions as they are written.
#[derive(Debug, Clone)]
pub struct Shipped {
    pub components: Vec<Arc<SourceFile>>,
    pub scores: Vec<Arc<SourceFile>>,
}

/// All of them, each able to stand alone.
pub fn all() -> Vec<Shipped> {
    let of = |folder: &&str| {
        let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("sql");
        Shipped { components: files(&sql, "components"), scores: files(&sql, "scores") }
    };
    let all: Vec<Shipped> = FOLDERS.iter().map(of).collect();
    assert!(all.iter().all(|one| !one.components.is_empty() && !one.scores.is_empty()));
    all
}

fn files(sql: &Path, kind: &str) -> Vec<Arc<SourceFile>> {
    let files = std::fs::read_dir(sql.join(kind)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "yml")).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy();
        SourceFile::new(format!("sql/{kind}/{name}"), std::fs::read_to_string(file).unwrap())
    };
    files.iter().map(read).collect()
}
