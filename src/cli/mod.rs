//! The command line: one file per command, each of which reads its arguments, makes one library call and prints.
//!
//! stdout carries what was asked for, and nothing else: tables, JSON, CSV. stderr carries problems, progress and
//! events, drawn for people or as JSON lines (`--log json`). Exit codes are those of [`crate::error::Error`].
//!
//! To add a command: a file here with its arguments and `execute`, an arm in `Command` and in `obey`, an
//! example in its help.

mod agree;
mod alerts;
mod amending;
mod arguments;
mod backtest;
mod check;
mod compile;
mod completions;
mod console;
mod context;
mod days;
mod diff;
mod docs;
mod drift;
mod erase;
mod explain;
mod files;
mod gc;
mod generate;
mod graph;
mod history;
mod init;
mod judged;
mod ls;
mod numbers;
mod outcome;
mod output;
mod places;
mod plan;
mod progress;
mod promote;
mod query;
mod release;
mod rollback;
mod run;
mod schema;
mod show;
mod signals;
mod suggest;
mod templates;
mod test;
mod unpublish;
mod verify;
mod views;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread::JoinHandle;
use std::time::Duration;

use clap::{CommandFactory, Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

use arguments::{Colour, Global, Log};
pub use console::{Console, report_panics_to};
use context::Context;
use outcome::{Failure, Outcome};
use signals::{unless_panicked, unless_stopped};

use crate::engine::PLANNING_STACK;
use crate::error::{Error, Result};

/// Stack of a worker thread; that of a thread that plans is [`PLANNING_STACK`].
const STACK: usize = 32 << 20;

/// What was typed.
#[derive(Debug, Parser)]
#[command(
    name = "hale",
    version,
    about = "SQL-native customer health scores: Parquet in, audited and explained scores out",
    max_term_width = 110,
    arg_required_else_help = true,
    after_help = "\
Examples:
  hale init acme && cd acme       a project with sample data
  hale check                      what is wrong with it, without reading data
  hale run --as-of 2026-09-30     build, audit, publish one day
  hale show metrics.accounts      read what was published
  hale explain a000000 --score health   why a score is what it is
  hale diff                       what a changed definition would do to all scores

Exit codes: 0 done · 1 the project is wrong · 2 called wrongly, or a bug · 3 an audit failed, nothing was
published, or a limit is broken · 75 a source is not there yet, does not reach the day or cannot be read (99 with --if-not-ready skip),
or storage or memory failed: try again · 130/143 stopped by a signal, nothing was published"
)]
pub struct Call {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Check(check::Check),
    Compile(compile::Compile),
    Ls(ls::Ls),
    Plan(plan::PlanFor),
    Run(run::Run),
    Show(show::Show),
    Explain(explain::Explain),
    Diff(diff::Diff),
    Alerts(alerts::Alerts),
    Backtest(backtest::Backtest),
    Agree(agree::Agree),
    Drift(drift::Drift),
    Suggest(suggest::Suggest),
    Query(query::Query),
    Promote(promote::Promote),
    History(history::History),
    Rollback(rollback::Rollback),
    Release(release::Release),
    Unpublish(unpublish::Unpublish),
    Erase(erase::Erase),
    Gc(gc::Gc),
    Verify(verify::Verify),
    Views(views::Views),
    Test(test::Test),
    Schema(schema::Schema),
    Docs(docs::Docs),
    Generate(generate::Generate),
    Completions(completions::Completions),
}

impl Call {
    /// Reads the command line; asked for help or a version, prints it.
    ///
    /// # Errors
    /// The exit code, when there is nothing left to do: 0 after help, 2 after a complaint about the arguments.
    pub fn from_command_line() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| misused(&error))
    }

    /// Where problems, events and results of this call are printed, and how.
    pub fn console(&self) -> Console {
        Console::new(self.global.log, self.global.color, self.global.json)
    }
}

/// Says that the arguments cannot be read, in the form that they ask for as far as that can be seen; or prints the help.
fn misused(error: &clap::Error) -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let asks = |flag: &str| words.iter().any(|word| word == flag);
    let wants_json_log =
        asks("--log=json") || words.windows(2).any(|pair| pair[0] == "--log" && pair[1] == "json");
    let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    let usage = Error::Usage(error.render().to_string().trim_end().to_owned());
    // Nobody is left to be told that printing failed.
    if error.use_stderr() && asks("--json") {
        let _ = output::json_line(&outcome::failure(&usage));
    }
    if error.use_stderr() && wants_json_log {
        return Console::new(Log::Json, Colour::Never, false).failed(&usage);
    }
    let _ = error.print();
    code
}

/// Executes one call and says how it ended, on stderr and in the exit code.
pub fn execute(call: Call, console: Console) -> ExitCode {
    let Call { global, command } = call;
    let outcome = runtime(global.threads).and_then(|runtime| {
        let context = Context::new(global, console);
        let planning = std::thread::Builder::new().name("hale".to_owned()).stack_size(PLANNING_STACK);
        let started = planning.spawn(move || {
            let outcome = runtime.block_on(dispatch(command, &context));
            // What still runs in the background gets a moment to come to its end.
            runtime.shutdown_timeout(Duration::from_secs(5));
            outcome
        });
        started.map_err(|error| too_many_threads(&error))
    });
    match outcome.map(JoinHandle::join) {
        Ok(joined) => console.ended(joined.unwrap_or(Err(Failure::Panicked))),
        Err(error) => console.failed(&error),
    }
}

/// The threads on which queries run; all of the machine's where no number is given.
fn runtime(threads: Option<NonZeroUsize>) -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads.get());
    }
    let built = builder.thread_stack_size(STACK).enable_all().build();
    built.map_err(|error| too_many_threads(&error))
}

fn too_many_threads(error: &std::io::Error) -> Error {
    Error::Usage(format!("the threads cannot be started: {error}; ask for fewer with --threads"))
}

/// Executes a command; with `--json`, whatever happens, something is printed.
async fn dispatch(command: Command, context: &Context) -> Outcome {
    let outcome = unless_panicked(obey(command, context)).await;
    if let (Err(failure), true) = (&outcome, context.console.json) {
        failure.to_json().map_or(Ok(()), |failure| output::json_line(&failure))?;
    }
    outcome
}

async fn obey(command: Command, context: &Context) -> Outcome {
    match command {
        Command::Init(init) => init.execute(context),
        Command::Check(check) => unless_stopped(check.execute(context)).await,
        Command::Compile(compile) => compile.execute(context),
        Command::Ls(ls) => ls.execute(context),
        Command::Plan(plan) => unless_stopped(plan.execute(context)).await,
        // Publishing must not be stopped: a run itself looks out for signals until then.
        Command::Run(run) => run.execute(context).await,
        Command::Explain(explain) => unless_stopped(explain.execute(context)).await,
        Command::Diff(diff) => unless_stopped(diff.execute(context)).await,
        Command::Agree(agree) => unless_stopped(agree.execute(context)).await,
        Command::Alerts(alerts) => unless_stopped(alerts.execute(context)).await,
        Command::Backtest(backtest) => unless_stopped(backtest.execute(context)).await,
        Command::Drift(drift) => unless_stopped(drift.execute(context)).await,
        Command::Suggest(suggest) => unless_stopped(suggest.execute(context)).await,
        Command::Show(show) => unless_stopped(show.execute(context)).await,
        Command::Query(query) => unless_stopped(query.execute(context)).await,
        Command::History(history) => unless_stopped(history.execute(context)).await,
        // What takes effect must not be stopped half-way.
        Command::Promote(promote) => promote.execute(context).await,
        Command::Rollback(rollback) => rollback.execute(context).await,
        Command::Release(release) => release.execute(context).await,
        Command::Unpublish(unpublish) => unpublish.execute(context).await,
        Command::Erase(erase) => erase.execute(context).await,
        Command::Gc(gc) => gc.execute(context).await,
        Command::Verify(verify) => unless_stopped(verify.execute(context)).await,
        Command::Views(views) => unless_stopped(views.execute(context)).await,
        Command::Schema(schema) => schema.execute(context),
        Command::Docs(docs) => unless_stopped(docs.execute(context)).await,
        Command::Test(test) => unless_stopped(test.execute(context)).await,
        Command::Generate(generate) => unless_stopped(generate.execute(context)).await,
        Command::Completions(completions) => completions.execute(&mut Call::command()),
    }
}
