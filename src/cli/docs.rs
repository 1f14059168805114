//! `hale docs`

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::outcome::Outcome;
use super::{files, output, places};
use crate::check::check;
use crate::docs::{MARK, STYLE, Site, site};
use crate::error::{Error, Result};

/// The folders of a site beside its top.
const FOLDERS: [&str; 3] = ["", "models", "scores"];

/// Write the project's documentation as a static site
///
/// Every model with its description, columns, contract, SQL and lineage (of tables and of columns), a dictionary of all
/// metrics, and a page for each score: from the project's own files, so there is nothing to keep in step by hand. The site
/// needs no server and no network: open index.html. Pages of an earlier site that nothing stands for any more are removed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale docs --out target/docs
  hale docs --out target/docs && aws s3 sync --delete target/docs s3://intranet/health")]
pub(super) struct Docs {
    /// The folder to write into; made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Docs {
    pub async fn execute(self, context: &Context) -> Outcome {
        let pipeline = context.pipeline()?;
        places::apart(&self.out, &pipeline)?;
        let checked = check(pipeline, &context.engine()?, None).await?;
        context.console.problems(&checked.warnings);
        let site = site(&checked)?;
        let removed = write(&self.out, &site)?;
        let (count, out) = (site.len(), self.out.display());
        if context.console.json {
            let files: Vec<&String> = site.keys().collect();
            return output::json_line(
                &json!({ "ok": true, "out": out.to_string(), "files": files, "removed": removed }),
            );
        }
        let gone = if removed > 0 { format!(", {removed} stale ones removed") } else { String::new() };
        output::line(&format!("{count} files in {out}{gone}; open {}", self.out.join("index.html").display()))
    }
}

/// Writes the files and removes those of an earlier site; how many were removed. Nothing is written before all may be.
fn write(out: &Path, site: &Site) -> Result<usize> {
    let existing = existing(out)?;
    let is_ours = std::fs::read(out.join(STYLE)).is_ok_and(|bytes| bytes.starts_with(MARK.as_bytes()));
    if !is_ours && let Some(file) = existing.first() {
        let message = format!(
            "{} was not written by `hale docs`; name another folder, or an empty one",
            out.join(file).display()
        );
        return Err(Error::Usage(message));
    }
    for folder in FOLDERS.iter().map(|folder| out.join(folder)) {
        if !folder.as_os_str().is_empty() && folder != out && folder.is_symlink() {
            return Err(Error::Usage(format!(
                "{} is a link out of --out; remove it or name another folder",
                folder.display()
            )));
        }
        std::fs::create_dir_all(&folder).map_err(|error| files::failed(&folder, &error))?;
    }
    // The mark comes first: a folder that was left half written is still known as ours.
    let (style, pages): (Vec<_>, Vec<_>) = site.iter().partition(|(path, _)| *path == STYLE);
    for (path, text) in style.into_iter().chain(pages) {
        let path = out.join(path);
        files::replace(&path, text.as_bytes()).map_err(|error| files::failed(&path, &error))?;
    }
    let stale: Vec<&String> = existing.iter().filter(|path| !site.contains_key(*path)).collect();
    for path in &stale {
        std::fs::remove_file(out.join(path)).map_err(|error| files::failed(&out.join(path), &error))?;
    }
    Ok(stale.len())
}

/// The pages and the style sheet that lie there already, relative to the folder.
fn existing(out: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let entries = match std::fs::read_dir(out.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(files::failed(&out.join(folder), &error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| files::failed(&out.join(folder), &error))?.path();
            let is_page = path.extension().is_some_and(|ending| ending == "html" || ending == "css");
            if let (true, Ok(relative)) = (is_page, path.strip_prefix(out)) {
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(found)
}
