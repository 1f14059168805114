//! `hale promote`

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};

use super::arguments::OutAt;
use super::context::Context;
use super::diff::text::text;
use super::files::{can_replace, failed, remove_for_good, replace_for_good};
use super::outcome::Outcome;
use super::output::{self, wrapped};
use crate::diff::{Asked, Diff, Limits, Period, Place, Side, Which, between_definitions};
use crate::engine::Engine;
use crate::engine::sources::Reading;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::promote::{Edit, Promotion};
use crate::run::author;
use crate::semantic::Score;
use crate::storage::Storage;
use crate::store::{Author, State, amend_as};

/// Put a draft in the place of the score that it replaces, from now on
///
/// The file of the draft becomes that of the score that it replaces, with its comments and without `status`, `replaces` and
/// `challenge`; a draft that replaces none is published under its own name. Components that are drafts and that it uses are
/// published with it. Before anything is written, the project is checked as it would be, and it is shown what `hale diff` says
/// of the newest published day. Then a commit says who did it and why (`hale history`), and the files are written; after a
/// crash in between, the same command again finishes.
///
/// Days that are published stay under the old definition; the commands that restate them are said. The draft's own days are
/// taken out with the commit. `hale rollback` goes back to what was published before; the files as they were are kept with the
/// earlier commits.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale promote health_next --dry-run                             what it would do
  hale promote health_next --why \"backtest of the third quarter\"")]
pub(super) struct Promote {
    /// The draft
    #[arg(value_name = "NAME")]
    draft: String,
    /// Why, for the history of what is published
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    why: Option<String>,
    /// Only show what it would do
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    out: OutAt,
}

/// What is told beside the comparison.
struct Told {
    /// The comparison, or why there is none.
    diff: Result<Diff, String>,
    /// The commands that compute published days again.
    restate: Vec<String>,
    /// Whether these are days of a score that the draft replaces, and not of the draft alone.
    replaces: bool,
    /// The commits, by what is published as it happened and as it was known.
    commits: Vec<u64>,
}

impl Promote {
    pub async fn execute(self, context: &Context) -> Outcome {
        if self.why.as_ref().is_some_and(|why| why.trim().is_empty()) {
            let message = "--why is empty: say why, for whoever reads `hale history` later".to_owned();
            return Err(Error::Usage(message).into());
        }
        let pipeline = context.pipeline()?;
        let engine = context.engine()?;
        let promotion = Promotion::of(&pipeline, &engine, &self.draft).await?;
        let out = context.out_of(&self.out, Reading::AsHappened, &pipeline, &engine)?;
        let state = State::newest(&out).await?;
        let (days, replaces) = published_days(&pipeline, (&promotion, &state)).await?;
        let mut told = Told {
            diff: compared(&pipeline, &engine, (&promotion, &state)).await?,
            restate: restate(&days),
            replaces,
            commits: Vec::new(),
        };
        if !self.dry_run {
            writable(&pipeline.root, &promotion.edits)?;
            let known = context.out_of(&self.out, Reading::AsKnown, &pipeline, &engine)?;
            told.commits = committed(&promotion, &self.why, [&out, &known]).await?;
            write(&pipeline.root, &promotion.edits)?;
        }
        if context.console.json {
            return output::json_line(&to_json(&promotion, &told));
        }
        let diff = match &told.diff {
            Ok(diff) => text(diff, context.console),
            Err(why) => format!("no comparison: {why}\n"),
        };
        let text = wrapped(&(diff + "\n" + &summary(&promotion, &told)), context.console.width);
        output::write(text.as_bytes())
    }
}

/// What the draft does to everybody on the newest published day, or why that cannot be told.
async fn compared(
    pipeline: &Pipeline,
    engine: &Engine,
    (promotion, out): (&Promotion, &State),
) -> Result<Result<Diff, String>> {
    if pipeline.semantics.draft(&promotion.draft).is_none_or(|draft| draft.champion().is_none()) {
        return Ok(Err(format!("{} replaces no score", promotion.draft)));
    }
    let place = Place { engine, settings: &pipeline.settings, out };
    let asked = Asked { score: None, movers: 0, limits: Limits { moved: None, arr_moved: None } };
    let new = Side::of_score(&promotion.draft, pipeline);
    let told = async {
        let old = Side::open(&Which::Published, out).await?;
        between_definitions(&place, (&old, &new), Period::Day(None), &asked).await
    };
    match told.await {
        Ok(diff) => Ok(Ok(diff)),
        Err(Error::Usage(why)) => Ok(Err(why)),
        Err(Error::Project(found)) => {
            let first = found.iter().next().map(|problem| problem.message.clone());
            Ok(Err(first.unwrap_or_else(|| "nothing is published".to_owned())))
        }
        Err(error) => Err(error),
    }
}

/// The published days that are of another definition: those of the score, or of one that was never published those of the draft,
/// which go with the commit. And whether they are those of the score.
async fn published_days(
    pipeline: &Pipeline,
    (promotion, out): (&Promotion, &State),
) -> Result<(Vec<NaiveDate>, bool)> {
    let days: Vec<NaiveDate> = out.days(&promotion.score).await?.into_iter().collect();
    let own = pipeline.semantics.draft(&promotion.draft).map(Score::table);
    match own.filter(|_| days.is_empty()) {
        Some(own) => Ok((out.days(&own).await?.into_iter().collect(), false)),
        None => {
            let published = pipeline.semantics.scores.iter().find(|score| score.table() == promotion.score);
            let is_same = published.is_some_and(|score| score.definition == promotion.definition);
            Ok((if is_same { Vec::new() } else { days }, true))
        }
    }
}

/// The commands that compute some days again: one where they lie in a row or evenly apart, else one for each row of days.
fn restate(days: &[NaiveDate]) -> Vec<String> {
    let apart: BTreeSet<i64> = days.windows(2).map(|pair| (pair[1] - pair[0]).num_days()).collect();
    if let (1, Some(step @ 2..), [first, .., last]) = (apart.len(), apart.first(), days) {
        return vec![format!("hale run --rescore --from {first} --to {last} --every {step}")];
    }
    let rows = days.chunk_by(|day, next| day.succ_opt() == Some(*next));
    rows.map(|row| match row {
        [day] => format!("hale run --rescore --as-of {day}"),
        [first, .., last] => format!("hale run --rescore --from {first} --to {last}"),
        [] => String::new(),
    })
    .collect()
}

/// The commits; of days as they were known only where there are any.
async fn committed(
    promotion: &Promotion,
    why: &Option<String>,
    [happened, known]: [&Storage; 2],
) -> Result<Vec<u64>> {
    let mut commits = Vec::new();
    for (storage, is_needed) in [(happened, true), (known, State::newest(known).await?.number() > 0)] {
        if is_needed {
            let author = Author { why: why.clone(), ..author(&promotion.after.pipeline) };
            let amended = amend_as(storage, &promotion.change(), author).await?;
            // Without a commit of its own, the newest one says the same.
            let newest = State::newest(storage).await?;
            commits.push(amended.commit.unwrap_or_else(|| newest.number()));
        }
    }
    Ok(commits)
}

/// Whether all files could be written.
fn writable(root: &Path, edits: &[Edit]) -> Result<()> {
    for edit in edits {
        let path = root.join(&edit.path);
        can_replace(&path).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

/// Writes the files, one by one and each as a whole, in their order.
fn write(root: &Path, edits: &[Edit]) -> Result<()> {
    for edit in edits {
        let path = root.join(&edit.path);
        // A link stays one: what it leads to is written.
        let path = if edit.text.is_some() { path.canonicalize().unwrap_or(path) } else { path };
        let done = match &edit.text {
            Some(text) => replace_for_good(&path, text.as_bytes()),
            None => remove_for_good(&path),
        };
        done.map_err(|error| {
            let message =
                format!("{}: {error}; the commit is made: run the same command again", path.display());
            Error::transient(message)
        })?;
    }
    Ok(())
}

fn summary(promotion: &Promotion, told: &Told) -> String {
    let Promotion { draft, score, definition, edits, .. } = promotion;
    let mut text = match told.commits.first() {
        Some(commit) => format!("promoted {draft}: {score} is {definition} from now on (commit {commit})\n"),
        None => {
            format!("would promote {draft}: {score} would be {definition} from then on\n")
        }
    };
    for edit in edits {
        let verb = match (&edit.text, told.commits.is_empty()) {
            (Some(_), false) => "written",
            (None, false) => "removed",
            (Some(_), true) => "would write",
            (None, true) => "would remove",
        };
        text += &format!("{verb} {}\n", edit.path);
    }
    if !told.restate.is_empty() {
        text += if told.replaces {
            "published days stay under the old definition; to restate them:\n"
        } else {
            "the draft's days go; to publish these days:\n"
        };
        told.restate.iter().for_each(|command| text += &format!("  {command}\n"));
    }
    text
}

fn to_json(promotion: &Promotion, told: &Told) -> Value {
    let Promotion { draft, score, definition, edits, .. } = promotion;
    let edit = |edit: &Edit| json!({ "path": edit.path, "removed": edit.text.is_none() });
    json!({
        "draft": draft, "score": score.table, "definition": definition, "commits": told.commits,
        "files": edits.iter().map(edit).collect::<Vec<_>>(), "restate": told.restate,
        "diff": told.diff.as_ref().ok(), "no_diff": told.diff.as_ref().err(),
    })
}
