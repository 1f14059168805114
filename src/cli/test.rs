//! `hale test`

use clap::Args;
use serde_json::{Value, json};

use super::arguments::{PublishedAt, SourcesAt};
use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::output;
use crate::check::{Checked, as_far_as_sound};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::engine::Engine;
use crate::engine::sources::Reading;
use crate::error::{Error, Result};
use crate::expectations::{Held, held};
use crate::model_test::{self, CaseOutcome, untested_errors};

/// The word that asks for expectations alone.
const EXPECTATIONS: &str = "expectations";

/// Run the unit tests of models, and hold what is published against what people expect
///
/// A case is a YAML file under sql/tests/LAYER.TABLE/ with rows of what the model reads and the rows it should
/// give. Everything of it happens in memory; no source is touched. Every model written as SQL needs a case.
///
/// Expectations are files of sql/expectations/: an account, a day, the tier or range that its score should have, who says so and
/// why. They are held against what is published, in one commit. A day that is not published, or an account that is not there, is a
/// failure too. Exit code 3 where expectations alone fail.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale test                              every case, every expectation, and every model must have a case
  hale test metrics                      the cases of a layer
  hale test metrics.activity             the cases of a model
  hale test expectations                 what is expected of scores, held against what is published
  hale test --allow-untested             also where models have no case yet
  hale test --no-expectations            where nothing is published, as in CI without data

A case, sql/tests/staging.events/renames.yml:
  description: Columns are renamed, nothing else.
  given:
    raw.events:
      - {account_id: a, occurred_at: 2026-09-01 10:00:00}
  expect:
    - {account_id: a, happened_at: 2026-09-01 10:00:00}")]
pub(super) struct Test {
    /// Layers, models or cases to run, or `expectations` [default: all]
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Do not fail where a model has no case
    #[arg(long)]
    allow_untested: bool,
    /// Leave expectations out
    #[arg(long)]
    no_expectations: bool,
    #[command(flatten)]
    sources: SourcesAt,
    #[command(flatten)]
    out: PublishedAt,
}

impl Test {
    pub async fn execute(self, context: &Context) -> Outcome {
        let engine = context.engine()?;
        let (pipeline, mut problems) = context.sound_pipeline()?;
        let (checked, found) = as_far_as_sound(pipeline, &engine, None).await?;
        problems.extend(found.wrong.into_iter().filter(|problem| problem.severity == Severity::Error));
        let (expects, words) = self.asked();
        let outcome = match &words {
            Some(words) => model_test::run(&checked, &engine, words).await?,
            None => model_test::Outcome::default(),
        };
        let held = if expects { self.held(context, &checked, &engine).await? } else { Vec::new() };
        // Whoever names cases asks for these only.
        let all = self.words.is_empty() && !self.allow_untested;
        let untested = if all { untested_errors(&checked)? } else { Diagnostics::new() };
        problems.extend(outcome.failures());
        problems.extend(untested);
        let failure = failure(problems, &held);
        if context.console.json {
            output::json_line(&result(&outcome.cases, &held, failure.as_ref()))?;
        } else {
            print(&outcome, &held, words.is_some())?;
        }
        failure.map_or(Ok(()), |failure| Err(Failure::Printed(Box::new(failure.into()))))
    }

    /// Whether expectations are asked for, and the words of the cases that are; `None` where no case is.
    fn asked(&self) -> (bool, Option<Vec<String>>) {
        let of_cases = self.words.iter().filter(|word| *word != EXPECTATIONS);
        let of_cases: Vec<String> = of_cases.cloned().collect();
        let named = of_cases.len() < self.words.len();
        let expects = !self.no_expectations && (named || self.words.is_empty());
        (expects, (!named || !of_cases.is_empty()).then_some(of_cases))
    }

    /// What is expected, held against what is published.
    async fn held<'a>(
        &self,
        context: &Context,
        checked: &'a Checked,
        engine: &Engine,
    ) -> Result<Vec<Held<'a>>> {
        let pipeline = &checked.pipeline;
        if pipeline.expectations.is_empty() {
            return Ok(Vec::new());
        }
        let sources = context.sources(&self.sources, pipeline, engine)?;
        let out = context.published(&self.out, Reading::AsHappened, (pipeline, engine)).await?;
        held(pipeline, engine, (&sources, &out)).await
    }
}

/// What failed: a fault of the project, or of what is published.
fn failure(mut problems: Diagnostics, held: &[Held<'_>]) -> Option<Error> {
    let is_published_wrong = problems.is_empty();
    problems.extend(held.iter().filter_map(|held| held.failure.clone()));
    match (problems.has_errors(), is_published_wrong) {
        (false, _) => None,
        (true, true) => Some(Error::Audit(problems)),
        (true, false) => Some(Error::Project(problems)),
    }
}

fn print(outcome: &model_test::Outcome, held: &[Held<'_>], has_cases: bool) -> Outcome {
    for case in &outcome.cases {
        output::line(&told(case))?;
    }
    for held in held {
        let (subject, expected) = (held.expectation.subject(), held.expectation.expected());
        output::line(&format!("{} scores.{}: {subject}: {expected}", verdict(held), held.score))?;
    }
    let (passed, failed) = (outcome.passed(), outcome.cases.len() - outcome.passed());
    let not_run = outcome.unread.len();
    if has_cases {
        let not_run = if not_run > 0 {
            format!(", {not_run} faults in cases that could not run")
        } else {
            String::new()
        };
        output::line(&format!("{passed} passed, {failed} failed{not_run}"))?;
    }
    let count = |state: &str| held.iter().filter(|held| self::state(held) == state).count();
    if held.is_empty() {
        return Ok(());
    }
    output::line(&format!(
        "{} expectations hold, {} are broken, {} are of what is not published",
        count("holds"),
        count("broken"),
        count("not published")
    ))
}

/// What became of an expectation.
fn state(held: &Held<'_>) -> &'static str {
    match (&held.failure, held.is_published) {
        (None, _) => "holds",
        (Some(_), true) => "broken",
        (Some(_), false) => "not published",
    }
}

fn verdict(held: &Held<'_>) -> &'static str {
    match state(held) {
        "holds" => "ok    ",
        "broken" => "FAILED",
        _ => "NOT PUBLISHED",
    }
}

fn told(case: &CaseOutcome) -> String {
    let verdict = if case.failure.is_none() { "ok    " } else { "FAILED" };
    format!("{verdict} {}/{} {:.0} ms", case.model, case.case, case.took.as_secs_f64() * 1e3)
}

fn result(cases: &[CaseOutcome], held: &[Held<'_>], failure: Option<&Error>) -> Value {
    let passed = cases.iter().filter(|case| case.failure.is_none()).count();
    let each = cases.iter().map(|case| {
        json!({
            "model": case.model.to_string(), "case": case.case, "file": case.file, "description": case.description,
            "passed": case.failure.is_none(), "seconds": case.took.as_secs_f64(),
        })
    });
    let expected = held.iter().map(|held| {
        let entry = held.expectation;
        json!({
            "score": held.score, "account": entry.account, "user": entry.user, "day": entry.day, "tiers": entry.tiers,
            "at_least": entry.at_least, "at_most": entry.at_most, "author": entry.author, "why": entry.why,
            "state": state(held),
        })
    });
    let diagnostics = match failure {
        Some(Error::Project(found) | Error::Audit(found)) => found.iter().map(Diagnostic::to_json).collect(),
        _ => Vec::new(),
    };
    json!({
        "ok": failure.is_none(), "exit_code": failure.map_or(0, Error::exit_code), "passed": passed,
        "failed": cases.len() - passed, "cases": each.collect::<Vec<_>>(),
        "expectations": expected.collect::<Vec<_>>(), "diagnostics": diagnostics,
    })
}
