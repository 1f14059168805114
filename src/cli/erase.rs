//! `hale erase`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::arguments::OutAt;
use super::context::Context;
use super::outcome::Outcome;
use super::output;
use crate::engine::sources::Reading;
use crate::erase::{Asked, Erased, erase, would_erase};
use crate::error::{Error, Result};
use crate::project::layer::ModelName;

/// Take all rows of an account out of everything that is kept
///
/// Out of every object of every kept commit, out of plain folders, and out of what killed runs have left; of days as they were
/// known (as-known/) too. It is a commit, which says how many ids were erased and not which; earlier kept commits keep their
/// numbers and are without the rows from then on. What was computed of others stays as it is, and nothing has to be built again.
///
/// Sources are not touched: a run brings the rows back, unless the sources have lost them too. Tables without the column are left
/// as they are, and named, and so are rows of others that name the id in another column, such as that of a parent:
/// `hale verify --absent ID` names what is left, or proves that nothing is. Killed after its commit, the next run or erasure finishes
/// it; killed before, nothing was erased, and it has to be asked for again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale erase acme-17 --why \"request 1204\"
  hale erase --from-file ids.txt                    one id a line
  hale erase acme-17 --dry-run                      say what would go
  hale erase --column user_id u-1 u-2")]
pub(super) struct Erase {
    /// Whose rows: values of the column
    #[arg(value_name = "ID", required_unless_present = "from_file")]
    ids: Vec<String>,
    /// The column that names them
    #[arg(long, value_name = "NAME", default_value = "account_id")]
    column: String,
    /// A file with one id on each line
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// Say what would go, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Why, for the history of what is published; without the ids
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    #[command(flatten)]
    out: OutAt,
}

/// The readings of history, each with a place of its own.
const READINGS: [Reading; 2] = [Reading::AsHappened, Reading::AsKnown];

impl Erase {
    pub async fn execute(self, context: &Context) -> Outcome {
        let asked = Asked { column: self.column.clone(), values: self.ids()? };
        if let Some(named) = self.why.as_ref().filter(|why| asked.values.iter().any(|id| why.contains(id))) {
            let message =
                format!("--why \"{named}\" names an id, and would stay in the history; say it without");
            return Err(Error::Usage(message).into());
        }
        let (pipeline, _) = context.sound_pipeline()?;
        let engine = context.engine()?;
        let mut done = Vec::new();
        for reading in READINGS {
            let out = context.out_of(&self.out, reading, &pipeline, &engine)?;
            done.push(if self.dry_run {
                would_erase(&out, &asked).await?
            } else {
                erase(&out, &engine, &asked, self.why.clone()).await?
            });
        }
        if done.iter().any(|erased| !erased.left.is_empty()) && !done.iter().any(|erased| erased.has_column) {
            let message = format!("--column {}: no table that is kept has such a column", self.column);
            return Err(Error::Usage(message).into());
        }
        if context.console.json {
            return output::json_line(&self.to_json(&asked, &done));
        }
        output::write(self.text(&asked, &done).as_bytes())
    }

    /// The ids: those that were typed, and those of the file.
    fn ids(&self) -> Result<BTreeSet<String>> {
        let mut ids: BTreeSet<String> = self.ids.iter().cloned().collect();
        if let Some(path) = &self.from_file {
            let text = std::fs::read_to_string(path);
            let text =
                text.map_err(|error| Error::Usage(format!("--from-file {}: {error}", path.display())))?;
            ids.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
        }
        if ids.is_empty() || ids.contains("") {
            return Err(Error::Usage("name at least one id, and no empty one".to_owned()));
        }
        Ok(ids)
    }

    fn to_json(&self, asked: &Asked, done: &[Erased]) -> Value {
        let one = |erased: &Erased| {
            json!({
                "commit": erased.commit, "rows": erased.rows, "files": erased.objects,
                "commits": erased.commits, "left": names(&erased.left), "under_way": erased.under_way,
            })
        };
        json!({
            "dry_run": self.dry_run, "ids": asked.values.len(), "not_found": missing(asked, done),
            "published": done.first().map(one), "as_known": done.get(1).map(one),
        })
    }

    fn text(&self, asked: &Asked, done: &[Erased]) -> String {
        let mut text = String::new();
        for (erased, place) in done.iter().zip(["", " of days as they were known"]) {
            let Erased { rows, objects, commits, .. } = erased;
            let earlier = match (commits.first(), commits.last()) {
                (Some(first), Some(last)) if first == last => format!("; commit {first} is without them too"),
                (Some(first), Some(last)) => {
                    format!("; commits {first} to {last} are without them too")
                }
                _ => String::new(),
            };
            let what = format!("{rows} rows out of {objects} files{place}");
            match erased.commit {
                _ if *objects == 0 => {}
                Some(commit) => text += &format!("erased: commit {commit}, {what}{earlier}\n"),
                None => text += &format!("would erase {what}\n"),
            }
        }
        if text.is_empty() {
            text += "nothing to do: no row that is kept names it\n";
        }
        let missing = missing(asked, done);
        if !missing.is_empty() {
            text += &format!("not found: {}\n", missing.join(", "));
        }
        let left: BTreeSet<ModelName> = done.iter().flat_map(|erased| erased.left.iter().cloned()).collect();
        if !left.is_empty() {
            let left = names(&left).join(", ");
            text += &format!("left as they are, having no column {}: {left}\n", asked.column);
        }
        let under_way: usize = done.iter().map(|erased| erased.under_way).sum();
        if under_way > 0 {
            text += &format!(
                "runs under way, whose files were not looked into: {under_way}; erase again once they have ended\n"
            );
        }
        text += "the sources were not touched: a run brings the rows back, unless they have lost them too\n";
        text
    }
}

/// Ids that no row names.
fn missing(asked: &Asked, done: &[Erased]) -> Vec<String> {
    let found = |id: &&String| done.iter().any(|erased| erased.found.contains(*id));
    asked.values.iter().filter(|id| !found(id)).cloned().collect()
}

fn names(tables: &BTreeSet<ModelName>) -> Vec<String> {
    tables.iter().map(ModelName::to_string).collect()
}
