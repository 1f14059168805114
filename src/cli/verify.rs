//! `hale verify`

use clap::Args;
use indicatif::DecimalBytes;
use serde_json::json;

use super::arguments::{PublishedAt, ReadingAs};
use super::context::Context;
use super::outcome::Outcome;
use super::output;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::Error;
use crate::store::{Fault, Verified, mend, verify};

/// Read all that is published, and name what is missing, changed, or somebody else's
///
/// Every file of the commit is read and held against the hash it was published with; of the newest commit the plain folders
/// too. Strange files are left alone, and worth a warning. Exit code 3 where anything is missing or changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale verify                       the newest commit and the plain folders
  hale verify --mend                plain files are first copied anew from what was published
  hale verify --commit 41")]
pub(super) struct Verify {
    /// Copy all plain files anew from the newest commit before looking
    #[arg(long, conflicts_with = "commit")]
    mend: bool,
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
