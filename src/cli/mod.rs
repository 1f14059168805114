//! The command line: one file per command, each of which reads its arguments, makes one library call and prints.
//!
//! stdout carries what was asked for, and nothing else: tables, JSON, CSV. stderr carries problems, progress and
//! events, drawn for people or as JSON lines (`--log json`). Exit codes are those of [`crate::error::Error`].
//!
//! To add a command: a file here with its arguments and `execute`, an arm in [`Command`] and in `dispatch`, an
//! example in its help.

mod arguments;
mod check;
mod compile;
mod completions;
mod console;
mod context;
mod files;
mod generate;
mod graph;
mod init;
mod ls;
mod output;
mod progress;
mod query;
mod run;
mod show;
mod signals;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use arguments::Global;
pub use console::{Console, report_panics_to};
use console::{Failure, Outcome};
use context::Context;
use signals::unless_stopped;

use crate::error::{Error, Result};

/// Stack of a worker thread: deep queries are planned by recursion.
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

Exit codes: 0 done · 1 the project is wrong · 2 called wrongly, or a bug · 3 an audit failed, nothing was
published · 75 storage failed, try again · 130/143 stopped by a signal, nothing was published"
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
    Run(run::Run),
    Show(show::Show),
    Query(query::Query),
    Generate(generate::Generate),
    Completions(completions::Completions),
}

impl Call {
    /// Reads the command line; asked for help or a version, prints it.
    ///
    /// # Errors
    /// The exit code, when there is nothing left to do: 0 after help, 2 after a complaint about the arguments.
    pub fn from_command_line() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| {
            let words: Vec<_> = std::env::args_os().collect();
            let json_log = words.iter().any(|word| word == "--log=json")
                || words.windows(2).any(|pair| pair[0] == "--log" && pair[1] == "json");
            if error.use_stderr() && json_log {
                console::Console::for_logs()
                    .failed(&Error::Usage(error.render().to_string().trim_end().to_owned()));
            } else {
                // Nobody is left to be told that printing help failed.
                let _ = error.print();
            }
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        })
    }

    /// Where problems, events and results of this call are printed, and how.
    pub fn console(&self) -> Console {
        Console::new(self.global.log, self.global.color, self.global.json)
    }

    /// Worker threads asked for.
    pub fn threads(&self) -> Option<usize> {
        self.global.threads.map(Into::into)
    }
}

/// The threads on which a command runs; all of the machine's where no number is given.
///
/// # Errors
/// When the system does not give so many.
pub fn runtime(threads: Option<usize>) -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    let built = builder.thread_stack_size(STACK).enable_all().build();
    built.map_err(|error| {
        Error::Usage(format!("the threads cannot be started: {error}; ask for fewer with --threads"))
    })
}

/// Executes one call and says how it ended, on stderr and in the exit code.
pub async fn execute(call: Call, console: Console) -> ExitCode {
    // On a thread of the runtime, because those have the deep stacks.
    let runtime = tokio::runtime::Handle::current();
    let executed = tokio::task::spawn_blocking(move || {
        let Call { global, command } = call;
        runtime.block_on(dispatch(command, &Context::new(global, console)))
    });
    match executed.await {
        Ok(outcome) => console.ended(outcome),
        // A panic: its hook has said so.
        Err(_) => ExitCode::from(2),
    }
}

async fn dispatch(command: Command, context: &Context) -> Outcome {
    let prints_its_failure = matches!(command, Command::Run(_));
    let outcome = match command {
        Command::Init(init) => init.execute(context),
        Command::Check(check) => unless_stopped(check.execute(context)).await,
        Command::Compile(compile) => compile.execute(context),
        Command::Ls(ls) => ls.execute(context),
        // Publishing must not be stopped: a run itself looks out for signals until then.
        Command::Run(run) => run.execute(context).await,
        Command::Show(show) => unless_stopped(show.execute(context)).await,
        Command::Query(query) => unless_stopped(query.execute(context)).await,
        Command::Generate(generate) => unless_stopped(generate.execute(context)).await,
        Command::Completions(completions) => completions.execute(&mut Call::command()),
    };
    if let (Err(Failure::Hale(error)), true, false) = (&outcome, context.console.json, prints_its_failure) {
        output::json_line(&console::failure(error))?;
    }
    outcome
}
