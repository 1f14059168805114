//! `hale test`

use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::output;
use crate::check::as_far_as_sound;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::model_test::{CaseOutcome, run, untested_errors};

/// Run the unit tests of models: rows in, rows expected
///
/// A case is a YAML file under sql/tests/LAYER.TABLE/ with rows of what the model reads and the rows it should
/// give. Everything happens in memory; no source is touched. Every model written as SQL needs a case.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale test                              every case, and every model must have one
  hale test metrics                      the cases of a layer
  hale test metrics.activity             the cases of a model
  hale test --allow-untested             also where models have no case yet

A case, sql/tests/staging.events/renames.yml:
  description: Columns are renamed, nothing else.
  given:
    raw.events:
      - {account_id: a, occurred_at: 2026-09-01 10:00:00}
  expect:
    - {account_id: a, happened_at: 2026-09-01 10:00:00}")]
pub(super) struct Test {
    /// Layers, models or cases to run [default: all]
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Do not fail where a model has no case
    #[arg(long)]
    allow_untested: bool,
}

impl Test {
    pub async fn execute(self, context: &Context) -> Outcome {
        let engine = context.engine()?;
        let (pipeline, mut problems) = context.sound_pipeline()?;
        let (checked, found) = as_far_as_sound(pipeline, &engine, None).await?;
        problems.extend(found.wrong.into_iter().filter(|problem| problem.severity == Severity::Error));
        let outcome = run(&checked, &engine, &self.words).await?;
        // Whoever names cases asks for these only.
        let all = self.words.is_empty() && !self.allow_untested;
        let untested = if all { untested_errors(&checked)? } else { Diagnostics::new() };
        let (passed, failed) = (outcome.passed(), outcome.cases.len() - outcome.passed());
        let not_run = outcome.unread.len();
        problems.extend(outcome.failures());
        problems.extend(untested);
        if context.console.json {
            output::json_line(&result(&outcome.cases, &problems))?;
        } else {
            for case in &outcome.cases {
                output::line(&told(case))?;
            }
            let not_run = if not_run > 0 {
                format!(", {not_run} faults in cases that could not run")
            } else {
                String::new()
            };
            output::line(&format!("{passed} passed, {failed} failed{not_run}"))?;
        }
        if problems.has_errors() {
            return Err(Failure::Printed(Box::new(problems.into())));
        }
        Ok(())
    }
}

fn told(case: &CaseOutcome) -> String {
    let verdict = if case.failure.is_none() { "ok    " } else { "FAILED" };
    format!("{verdict} {}/{} {:.0} ms", case.model, case.case, case.took.as_secs_f64() * 1e3)
}

fn result(cases: &[CaseOutcome], problems: &Diagnostics) -> Value {
    let passed = cases.iter().filter(|case| case.failure.is_none()).count();
    let each = cases.iter().map(|case| {
        json!({
            "model": case.model.to_string(), "case": case.case, "file": case.file, "description": case.description,
            "passed": case.failure.is_none(), "seconds": case.took.as_secs_f64(),
        })
    });
    json!({
        "ok": !problems.has_errors(), "exit_code": i32::from(problems.has_errors()), "passed": passed,
        "failed": cases.len() - passed, "cases": each.collect::<Vec<_>>(),
        "diagnostics": problems.iter().map(Diagnostic::to_json).collect::<Vec<_>>(),
    })
}
