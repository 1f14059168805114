//! What is not there, and what is not tested for it: said aloud.

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};

/// One line that names the test and the reason. Straight to stderr: of what tests print, the harness shows only that of
/// tests that fail.
pub fn aloud(reason: impl Display) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // Nobody is left to be told when stderr is gone.
    let _ = writeln!(std::io::stderr().lock(), "skipped: {test}: {reason}");
}

/// The folder of data that tests use and the project does not ship, where it has all that is needed: `HALE_SHARED`, else
/// `../shared`. A clean clone, and so CI, has none of it.
pub fn unless_shared(needed: &[&str]) -> Option<PathBuf> {
    let named = std::env::var_os("HALE_SHARED").map(PathBuf::from);
    let root = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    match needed.iter().find(|needed| !root.join(needed).is_dir()) {
        Some(missing) => {
            aloud(format!("no {missing} in {} (HALE_SHARED names the folder)", root.display()));
            None
        }
        None => Some(root),
    }
}
