//! `hale compile`

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use clap::Args;
use serde_json::json;

use super::context::Context;
use super::outcome::Outcome;
use super::{files, output, places};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::Layer;
use crate::project::model::Model;
use crate::project::{ready, reported};

/// The first line of every file that is written here, and the sign that it may be replaced or removed.
const HEADER: &str = "-- Written by `hale compile`: change the project, not this file.\n";

/// How a call of the one scalar function begins that is hale's own.
const LOCAL_DAY: &str = "local_day(";

/// All models in one file, each after all that it reads.
const ALL: &str = "all.sql";

/// Write the SQL of every layer into a folder
///
/// One file for each model, components and scores included, and all.sql with all of them in the order in which they
/// build on each other. Windows of days, `ready`, `reported` and the days on which rows count are standard SQL with QUALIFY;
/// what is hale's own is local_day, which each file that calls it explains, and the aggregates hhi, gini, top_share and
/// median_total. Files of an earlier compile that no model stands for any more are removed; files of others are
/// never touched.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale compile --out target/sql
  hale compile --out target/sql && diff -r target/sql reviewed/sql     what a change of a score means in SQL")]
pub(super) struct Compile {
    /// The folder to write into; made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Compile {
    pub fn execute(self, context: &Context) -> Outcome {
        let pipeline = context.pipeline()?;
        places::apart(&self.out, &pipeline)?;
        let texts = texts(&pipeline)?;
        let removed = write(&self.out, &texts)?;
        let (count, out) = (texts.len(), self.out.display());
        if context.console.json {
            let files: Vec<String> = texts.keys().map(|path| path.display().to_string()).collect();
            return output::json_line(
                &json!({ "ok": true, "out": out.to_string(), "files": files, "removed": removed }),
            );
        }
        let gone = if removed > 0 { format!(", {removed} stale ones removed") } else { String::new() };
        output::line(&format!("{count} files in {out}{gone}"))
    }
}

/// What each file, relative to the folder, is to hold.
fn texts(pipeline: &Pipeline) -> Result<BTreeMap<PathBuf, String>> {
    let note = note(pipeline.settings.time_zone);
    let mut texts = BTreeMap::new();
    let mut all = format!("{HEADER}{note}");
    for model in &pipeline.models {
        let text = ready::text(&model.file.text, &pipeline.settings.complete_from);
        let text = reported::text(&text, &pipeline.models, &pipeline.settings);
        let note = if text.contains(LOCAL_DAY) { note.as_str() } else { "" };
        texts.insert(path_of(model)?, format!("{HEADER}{note}{}\n", text.trim_end()));
        all.push_str(&format!("\n-- {}\n{}\n", model.name, terminated(&text)));
    }
    texts.insert(PathBuf::from(ALL), all);
    Ok(texts)
}

/// What `local_day` is for other engines, which do not have it; in DuckDB's words, as a comment.
fn note(zone: Tz) -> String {
    format!(
        "-- local_day(x) is the day of an instant in {zone}; a TIMESTAMP is UTC. DuckDB has it by (SET TimeZone = 'UTC'):\n\
         -- CREATE MACRO local_day(x) AS CASE WHEN typeof(x) = 'DATE' THEN CAST(x AS DATE) \
         ELSE CAST(timezone('{zone}', timezone('UTC', CAST(x AS TIMESTAMP))) AS DATE) END;\n"
    )
}

/// A model's file; a name that could lead out of the folder is a fault of whoever let it in.
fn path_of(model: &Model) -> Result<PathBuf> {
    let table = &model.name.table;
    if table.is_empty() || !table.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Error::Bug(format!("`{}` is not a file name", table.escape_debug())));
    }
    Ok(Path::new(model.name.layer.name()).join(format!("{table}.sql")))
}

/// A statement with its end marked. A semicolon on a line with a comment may be part of the comment.
fn terminated(sql: &str) -> String {
    let sql = sql.trim_end();
    let last = sql.lines().last().unwrap_or_default();
    if sql.ends_with(';') && !last.contains("--") { sql.to_owned() } else { format!("{sql}\n;") }
}

/// Writes what changed and removes what is stale; how many were removed. Nothing is written before all of it may be.
fn write(out: &Path, texts: &BTreeMap<PathBuf, String>) -> Result<usize> {
    let existing = existing(out)?;
    for folder in Layer::ALL.map(Layer::name).iter().map(|layer| out.join(layer)) {
        if folder.is_symlink() {
            return Err(Error::Usage(format!(
                "{} is a link out of --out; remove it or name another folder",
                folder.display()
            )));
        }
    }
    if let Some(path) = texts.keys().find(|path| existing.others.contains(*path)) {
        let shown = out.join(path);
        let message = format!("{} was not written by `hale compile`; name another folder", shown.display());
        return Err(Error::Usage(message));
    }
    for (path, text) in texts {
        put(&out.join(path), text).map_err(|error| files::failed(&out.join(path), &error))?;
    }
    let stale: Vec<&PathBuf> = existing.ours.iter().filter(|path| !texts.contains_key(*path)).collect();
    for path in &stale {
        std::fs::remove_file(out.join(path)).map_err(|error| files::failed(&out.join(path), &error))?;
    }
    Ok(stale.len())
}

/// SQL that already lies where compiled SQL would, relative to the folder.
#[derive(Default)]
struct Existing {
    ours: BTreeSet<PathBuf>,
    others: BTreeSet<PathBuf>,
}

fn existing(out: &Path) -> Result<Existing> {
    let mut found = Existing::default();
    for folder in Layer::ALL.map(Layer::name).into_iter().chain([""]) {
        let entries = match std::fs::read_dir(out.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(files::failed(&out.join(folder), &error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| files::failed(&out.join(folder), &error))?.path();
            if path.extension().is_none_or(|ending| ending != "sql") {
                continue;
            }
            let ours = std::fs::read(&path).is_ok_and(|bytes| bytes.starts_with(HEADER.as_bytes()));
            let relative = path.strip_prefix(out).unwrap_or(&path).to_path_buf();
            if ours {
                found.ours.insert(relative)
            } else {
                found.others.insert(relative)
            };
        }
    }
    Ok(found)
}

/// A file that already says this is left alone: nothing downstream is rebuilt for nothing.
fn put(path: &Path, text: &str) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    files::replace(path, text.as_bytes())
}
