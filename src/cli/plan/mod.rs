//! `hale plan`

mod look_back;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};

use crate::cli::arguments::{DaysAsked, OutAt, ReadingAs, SourcesAt};
use crate::cli::console::Console;
use crate::cli::context::Context;
use crate::cli::days::{listed, today};
use crate::cli::gc::expiring_days;
use crate::cli::outcome::Outcome;
use crate::cli::output::{self, Sheet};
use crate::cli::run::{names, why};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::sources::Reading;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::plan::{Action, Built, Inputs, Kept, Late, MayLack, OtherColumns, Plan, Step, renames};
use crate::project::model::Model;
use crate::run::Selection;
use crate::store::State;

/// Say what a run would do: which days of which tables it would build, and why
///
/// A published day is kept where the project and the files of the sources are as they were when it was made; that reads no
/// data. Where they are not, and `max_restatement_days` in hale.yml asks for it, sources are read for late rows: published
/// days before those asked for that a run would build again.
/// Tables that are published under a name that they had before (`was`) are named, and planned as if they had that of now.
/// Days that are published and that `keep` of hale.yml does not keep are named too: `hale gc` takes them out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale plan --as-of 2026-09-30
  hale plan --from 2026-09-01 --to 2026-09-30 --json
  hale plan --as-of 2026-09-30 --look-back --select scores")]
pub(super) struct PlanFor {
    #[command(flatten)]
    asked: DaysAsked,
    /// Stored models: `metrics` (a layer), `metrics.usage` (a model), with + behind it its readers as well
    #[arg(long, value_name = "WORD", num_args = 1..)]
    select: Vec<String>,
    /// Say instead how far back a day of each table looks, and which expression looks at all of history
    #[arg(long)]
    look_back: bool,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    sources: SourcesAt,
    #[command(flatten)]
    out: OutAt,
}

impl PlanFor {
    pub async fn execute(self, context: &Context) -> Outcome {
        let pipeline = context.pipeline()?;
        let engine = context.engine()?;
        let days = self.asked.of(&pipeline.settings)?;
        let selection = match self.select.as_slice() {
            [] => Selection::all(&pipeline),
            words => Selection::of_words(&pipeline, words)?,
        };
        if self.look_back {
            return look_back::tell(pipeline, &engine, (&selection.0, *days.end()), context.console).await;
        }
        let reading = self.reading.reading();
        let sources = context.sources(&self.sources, &pipeline, &engine)?;
        let out = context.out_of(&self.out, reading, &pipeline, &engine)?;
        let state = State::newest(&out).await?;
        let renames = renames(&pipeline, &state)?;
        let state = state.renamed(&renames);
        let inputs = Inputs::of(&pipeline, &sources, reading, false).await;
        let kept = Kept::of(&pipeline, today(&pipeline));
        let plan = match kept.frozen(&selection.0) {
            Some(frozen) => frozen.plan(&pipeline, &selection.0, &days, (&inputs, &state)).await?,
            None => Plan::of(&pipeline, &selection.0, &days, &inputs, &state).await?,
        };
        let is_kept = plan.steps.iter().all(|step| matches!(step.action, Action::Keep | Action::Freeze));
        let other_columns = other_columns(&pipeline, &plan, (&days, reading), (&inputs, &state)).await?;
        let late = if is_kept {
            None
        } else {
            let (sources, asked) = ((&sources, reading), (&selection.0, &days));
            let may_lack = MayLack { kept: &kept, any: false };
            Late::of(&pipeline, &engine, sources, asked, (&inputs, &state), may_lack).await?
        };
        let late = late.filter(|late| !late.days.is_empty() || !late.left.is_empty());
        let mut steps = late.as_ref().map(|late| late.steps(&pipeline)).unwrap_or_default();
        steps.extend(plan.steps.iter().cloned());
        let keep = pipeline.settings.keep;
        let expiring = expiring_days(&state, &pipeline).await?;
        if context.console.json {
            let mut told = to_json(&steps, &plan, late.as_ref());
            told["expiring"] = json!(expiring);
            told["renamed"] = names(&renames);
            told["other_columns"] = other_columns.iter().map(Diagnostic::to_json).collect();
            return output::json_line(&told);
        }
        let mut text = text(&steps, &plan, late.as_ref(), context.console);
        for (old, new) in &renames {
            text += &format!("{old} becomes {new}, with all its published days\n");
        }
        if let (Some(keep), false) = (keep, expiring.is_empty()) {
            text += &format!("`hale gc` takes out {}, beyond `keep: {keep}`\n", listed(&expiring));
        }
        context.console.problems(&other_columns);
        output::write(text.as_bytes())
    }
}

/// That a run is refused as it leaves days with other columns than it builds.
async fn other_columns(
    pipeline: &Pipeline,
    plan: &Plan,
    (days, reading): (&RangeInclusive<NaiveDate>, Reading),
    (inputs, state): (&Inputs, &State),
) -> Result<Diagnostics> {
    let keys = inputs.keys();
    let is_built = |model: &&Model| {
        plan.steps.iter().any(|step| step.table == model.name && matches!(step.action, Action::Build(_)))
    };
    let mut found = Diagnostics::new();
    for model in pipeline.models.iter().filter(is_built) {
        let built = Built { days, with_facts: reading == Reading::AsHappened };
        let other = OtherColumns::of(model, state, built, keys.get(&model.name)).await?;
        found.extend(other.map(|other| other.refused(model, state, days).into_warning()));
    }
    Ok(found)
}

/// What is done, in one word, and why.
fn said(action: Action) -> (&'static str, String) {
    match action {
        Action::Build(why) => ("build", why.to_string()),
        Action::Keep => ("keep", "as it would be".to_owned()),
        Action::Freeze => ("freeze", "its source has no rows of then any more (`kept_from`)".to_owned()),
        Action::Hold => ("hold", "held; `hale release --all` ends that".to_owned()),
    }
}

fn to_json(steps: &[Step], plan: &Plan, late: Option<&Late>) -> Value {
    let step = |step: &Step| {
        let (action, why) = said(step.action);
        json!({ "table": step.table.to_string(), "action": action, "why": why, "days": step.days })
    };
    let days = plan.to_build().map(|days| json!({ "from": days.start(), "to": days.end() }));
    let steps: Vec<Value> = steps.iter().map(step).collect();
    let late = late.map(|late| {
        let days: Vec<_> = late.days.keys().collect();
        json!({ "days": days, "left": late.left, "late_rows": late.because })
    });
    json!({ "build": days, "restate": late, "steps": steps })
}

fn text(steps: &[Step], plan: &Plan, late: Option<&Late>, console: Console) -> String {
    let row = |step: &Step| {
        let (action, why) = said(step.action);
        vec![step.table.to_string(), action.to_owned(), listed(&step.days), why]
    };
    let names = ["table", "what", "days", "why"].map(str::to_owned).to_vec();
    let sheet =
        Sheet { names, right: vec![false; 4], yields: vec![3], rows: steps.iter().map(row).collect() };
    let verdict = match plan.to_build() {
        None => "nothing to do\n".to_owned(),
        Some(days) if days.start() == days.end() => format!("a run builds {}\n", days.start()),
        Some(days) => format!("a run builds {} to {}\n", days.start(), days.end()),
    };
    sheet.fitted(console.width) + &verdict + &late.map(told_of).unwrap_or_default()
}

/// What late rows do to published days.
fn told_of(late: &Late) -> String {
    let why = why(&late.because);
    let days: BTreeSet<NaiveDate> = late.days.keys().copied().collect();
    let again = (!days.is_empty()).then(|| format!("and {} again: {why}\n", listed(&days)));
    let left = (!late.left.is_empty())
        .then(|| format!("{} stay as another definition made them: {why}\n", listed(&late.left)));
    [again, left].into_iter().flatten().collect()
}
