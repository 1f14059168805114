//! `hale verify`

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use indicatif::DecimalBytes;
use serde_json::json;

use super::arguments::{PublishedAt, ReadingAs};
use super::console::Console;
use super::context::Context;
use super::outcome::Outcome;
use super::output;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::erase::{Absent, absent};
use crate::error::Error;
use crate::storage::Storage;
use crate::store::{Fault, Verified, mend, verify};

/// Read all that is published, and name what is missing, changed, or somebody else's
///
/// Every file of the commit is read and held against the hash it was published with; of the newest commit the plain folders
/// too. Strange files are left alone, and worth a warning. Exit code 3 where anything is missing or changed.
///
/// With --absent it looks for values instead, in every file below --out, as-known/ and what killed runs have left among them: of
/// Parquet in all columns of text and in --column, of JSON (commits, definitions) in the text, as a word of its own. Exit code 3
/// where one is found, or a file cannot be read. After `hale erase`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale verify                       the newest commit and the plain folders
  hale verify --mend                plain files are first copied anew from what was published
  hale verify --commit 41
  hale verify --absent acme-17      no file holds the id any more")]
pub(super) struct Verify {
    /// Copy all plain files anew from the newest commit before looking
    #[arg(long, conflicts_with = "commit")]
    mend: bool,
    /// Look for values in all files, and do nothing else
    #[arg(long, value_name = "VALUE", num_args = 1.., conflicts_with_all = ["mend", "commit", "as_known"])]
    absent: Vec<String>,
    /// The column that may hold the values, of whatever type it is
    #[arg(long, value_name = "NAME", default_value = "account_id", requires = "absent")]
    column: String,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    out: PublishedAt,
}

impl Verify {
    pub async fn execute(self, context: &Context) -> Outcome {
        let (pipeline, _) = context.sound_pipeline()?;
        let engine = context.engine()?;
        let reading = self.reading.reading();
        if !self.absent.is_empty() {
            let out = context.out_of(&self.out.out, reading, &pipeline, &engine)?;
            return self.prove(&out, context.console).await;
        }
        if self.mend {
            mend(&context.out_of(&self.out.out, reading, &pipeline, &engine)?).await?;
        }
        let state = context.published(&self.out, reading, (&pipeline, &engine)).await?;
        let verified = verify(&state, self.out.commit.is_none()).await?;
        if context.console.json {
            let faults = verified.faults.iter().map(|(path, fault)| (path.clone(), fault.to_string().into()));
            let faults: serde_json::Map<String, serde_json::Value> = faults.collect();
            output::json_line(&json!({
                "commit": verified.commit, "files": verified.files, "bytes": verified.bytes, "faults": faults,
            }))?;
        } else {
            output::line(&format!(
                "commit {}: {} files, {}, read",
                verified.commit,
                verified.files,
                DecimalBytes(verified.bytes)
            ))?;
        }
        let found = found(&verified);
        if verified.is_broken() {
            return Err(Error::Audit(found).into());
        }
        context.console.problems(&found);
        Ok(())
    }

    /// Looks for values.
    async fn prove(&self, out: &Storage, console: Console) -> Outcome {
        let values: BTreeSet<String> = self.absent.iter().cloned().collect();
        if values.contains("") {
            return Err(Error::Usage("--absent asks for no value".to_owned()).into());
        }
        let looked = absent(out, &values, &self.column).await?;
        if console.json {
            output::json_line(&json!({
                "absent": looked.is_proven(), "files": looked.files, "bytes": looked.bytes,
                "found": looked.found, "unread": looked.unread,
            }))?;
        } else {
            let size = DecimalBytes(looked.bytes);
            output::line(&format!("{} files, {size}, looked into", looked.files))?;
        }
        if looked.is_proven() { Ok(()) } else { Err(Error::Audit(present(&looked)).into()) }
    }
}

/// Where values are, and what nobody could look into.
fn present(looked: &Absent) -> Diagnostics {
    let problem = |code: &'static str, what: &str, places: &BTreeMap<String, String>, help: &str| {
        let message = format!("{} {} {what}", places.len(), if places.len() == 1 { "file" } else { "files" });
        let few = places.iter().take(10).fold(Diagnostic::error(code, message), |problem, (path, place)| {
            problem.note(format!("{}: {place}", path.escape_debug()))
        });
        (!places.is_empty()).then(|| few.help(help.to_owned()))
    };
    let help = "`hale erase` takes rows out of what was published, by one column; text of the project that names it stays in \
                _hale/definitions/ until nobody needs it: take it out of the project, then remove the file";
    let found = problem("value-present", "hold what was looked for", &looked.found, help);
    let help = "move what is not hale's elsewhere; restore what is from a backup";
    let unread = problem("unread-file", "cannot be looked into", &looked.unread, help);
    found.into_iter().chain(unread).collect()
}

/// What was found, a message for each kind.
fn found(verified: &Verified) -> Diagnostics {
    let kinds = [
        (
            Fault::Missing,
            "missing-file",
            "are published and not there",
            "restore them from a backup, or run their days again; of plain folders `hale verify --mend`",
        ),
        (
            Fault::Changed,
            "changed-file",
            "have other bytes than were published",
            "restore them from a backup, or run their days again; of plain folders `hale verify --mend`",
        ),
        (
            Fault::Strange,
            "strange-file",
            "lie among published tables and were not published: readers of plain folders may take them for rows",
            "move them to a place of their own; hale never removes them",
        ),
    ];
    let problem = |(kind, code, what, help): (Fault, &'static str, &str, &str)| {
        let files: Vec<&String> =
            verified.faults.iter().filter(|(_, fault)| **fault == kind).map(|(path, _)| path).collect();
        let message = format!("{} {} {what}", files.len(), if files.len() == 1 { "file" } else { "files" });
        let problem = match kind {
            Fault::Strange => Diagnostic::warning(code, message),
            _ => Diagnostic::error(code, message),
        };
        let few = files
            .iter()
            .take(10)
            .fold(problem, |problem, path| problem.note(path.escape_debug().to_string()));
        (!files.is_empty()).then(|| few.help(help.to_owned()))
    };
    kinds.into_iter().filter_map(problem).collect()
}
