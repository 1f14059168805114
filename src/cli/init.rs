//! `hale init`

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use include_dir::{Dir, include_dir};
use serde_json::json;

use super::context::Context;
use super::outcome::Outcome;
use super::templates::Template;
use super::{files, output};
use crate::error::{Error, Result};
use crate::generate::World;
use crate::project::SETTINGS_FILE;

/// The bundled project is this repository's own: its models, its sample data, its settings.
static MODELS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sql");
static SAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data");
static SCHEMAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/.schema");
static SETTINGS: &[u8] = include_bytes!("../../hale.yml");

/// Begin a project: models, a score and sample data that work as they are
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale init acme            a new folder
  hale init                 this folder, when it is empty
  hale init --template enterprise acme    another score over the same metrics
  hale init --force acme    add what is missing, leave every file that is there as it is")]
pub(super) struct Init {
    /// The project's folder; made where it is missing
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The components and scores to begin with
    #[arg(long, value_enum, value_name = "NAME", default_value_t)]
    template: Template,
    /// Also into a folder that is not empty; files that are there stay as they are
    #[arg(long)]
    force: bool,
}

impl Init {
    pub fn execute(self, context: &Context) -> Outcome {
        let folder = &self.folder;
        if !self.force && !is_empty(folder)? {
            let message = format!(
                "{} is not empty; name a new folder, or add what is missing with --force",
                folder.display()
            );
            return Err(Error::Usage(message).into());
        }
        let (mut written, mut kept) = (0, 0);
        for (path, bytes) in bundled(self.template) {
            let path = folder.join(path);
            match create(&path, bytes) {
                Ok(true) => written += 1,
                Ok(false) => kept += 1,
                Err(error) => return Err(files::failed(&path, &error).into()),
            }
        }
        if context.console.json {
            let folder = folder.display().to_string();
            return output::json_line(
                &json!({ "ok": true, "project": folder, "written": written, "kept": kept }),
            );
        }
        output::line(&next_steps(folder, written, kept))
    }
}

fn next_steps(folder: &Path, written: usize, kept: usize) -> String {
    let kept = if kept > 0 { format!(", {kept} that were there left as they are") } else { String::new() };
    let enter = if folder == Path::new(".") { String::new() } else { format!("  cd {}\n", folder.display()) };
    format!(
        "a project in {}: {written} files{kept}\n\nnext:\n{enter}  hale check\n  hale run --as-of {}\n  \
         hale show metrics.accounts\n\nmodels are in sql/, settings in {SETTINGS_FILE}, sample data in data/",
        folder.display(),
        World::default().end,
    )
}

/// Every file of the bundled project under a template, by its path in a project.
fn bundled(template: Template) -> BTreeMap<PathBuf, &'static [u8]> {
    let mut all = BTreeMap::from([(PathBuf::from(SETTINGS_FILE), SETTINGS)]);
    all.extend(below(Path::new("sql"), &MODELS));
    all.extend(below(Path::new("data"), &SAMPLE));
    all.extend(below(Path::new(".schema"), &SCHEMAS));
    if let Some(own) = template.files() {
        all.retain(|path, _| !template.replaces(path));
        all.extend(below(Path::new(""), own));
    }
    all
}

/// The files of a folder and all below, by their path under a root.
fn below(root: &Path, folder: &'static Dir<'static>) -> Vec<(PathBuf, &'static [u8])> {
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        found.extend(folder.files().map(|file| (root.join(file.path()), file.contents())));
        folders.extend(folder.dirs());
    }
    found
}

/// A folder that does not exist is empty.
fn is_empty(folder: &Path) -> Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(files::failed(folder, &error)),
    }
}

/// Makes a file; `false` when there is one already.
fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(bytes).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}
