//! What goes to stderr: problems, notes, how a command ended.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;

use comfy_table::Table as Drawing;
use serde_json::{Map, Value, json};

use super::arguments::{Colour, Log};
use super::outcome::{Failure, Outcome, count};
use super::output::wrapped;
use crate::diagnostic::Diagnostics;
use crate::error::Error;

/// A terminal that says it is narrower does not know its width.
const LEAST: usize = 20;

/// How this process talks: decided once, from the arguments and from what it is connected to.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    pub(super) log: Log,
    pub(super) json: bool,
    pub(super) colour: bool,
    /// stderr is looked at by a person: bars may move on it.
    pub(super) live: bool,
    /// How wide what is printed on stdout may be, where it is looked at by a person.
    pub(super) width: Option<usize>,
    /// The same of stderr.
    pub(super) log_width: Option<usize>,
}

impl Console {
    pub(super) fn new(log: Log, colour: Colour, json: bool) -> Self {
        let choice = match colour {
            Colour::Auto => anstream::AutoStream::choice(&stderr()),
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
        };
        Self {
            log,
            json,
            colour: !matches!(choice, anstream::ColorChoice::Never),
            live: log == Log::Text && stderr().is_terminal(),
            width: width(stdout().is_terminal(), Drawing::new()),
            log_width: width(stderr().is_terminal(), on_stderr()),
        }
    }

    /// Says how a command ended, and turns it into the exit code. A reader of stdout that left early had enough.
    pub(super) fn ended(self, outcome: Outcome) -> ExitCode {
        let error = match outcome {
            Ok(()) => return ExitCode::SUCCESS,
            Err(Failure::Stdout(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Err(Failure::Stdout(error)) => Error::transient(format!("stdout cannot be written to: {error}")),
            Err(Failure::Panicked) => return ExitCode::from(2),
            Err(Failure::Printed(failure)) => return self.ended(Err(*failure)),
            Err(Failure::Hale(error)) => error,
        };
        self.failed(&error)
    }

    /// Draws an error, and says what to exit with.
    pub fn failed(self, error: &Error) -> ExitCode {
        match error {
            Error::Project(found)
            | Error::Audit(found)
            | Error::Transient(found)
            | Error::NotReady { found, .. } => {
                self.problems(found);
                self.verdict(&count(found), error);
            }
            other => self.verdict(&other.to_string(), error),
        }
        ExitCode::from(error.exit_code())
    }

    /// Draws diagnostics.
    pub(super) fn problems(self, found: &Diagnostics) {
        match self.log {
            Log::Text if found.is_empty() => {}
            Log::Text => line(format_args!("{}\n", found.render(self.colour))),
            Log::Json => {
                for diagnostic in found.iter() {
                    let Value::Object(fields) = diagnostic.to_json() else { continue };
                    let level = fields.get("severity").and_then(Value::as_str).unwrap_or("error").to_owned();
                    event(&level, "diagnostic", fields);
                }
            }
        }
    }

    /// Says that something is wrong with the project which this command did not need.
    pub(super) fn passed_over(self, problems: &Diagnostics) {
        if !problems.is_empty() {
            let found = count(problems);
            self.note("passed-over", &format!("{found} elsewhere in the project; `hale check` shows what"));
        }
    }

    /// One line for people; an event in a log.
    pub(super) fn note(self, what: &'static str, text: &str) {
        match self.log {
            Log::Text => line(wrapped(text, self.log_width).trim_end()),
            Log::Json => event("info", what, object(json!({ "message": text }))),
        }
    }

    fn verdict(self, text: &str, error: &Error) {
        match self.log {
            Log::Json => {
                event("error", "failed", object(json!({ "message": text, "exit_code": error.exit_code() })))
            }
            Log::Text if self.colour => line(format_args!("\u{1b}[1;31merror\u{1b}[0m: {text}")),
            Log::Text => line(format_args!("error: {text}")),
        }
    }
}

/// What COLUMNS says, else the width of a terminal.
fn width(is_terminal: bool, terminal: Drawing) -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|said| said.parse().ok());
    let width = said.or_else(|| is_terminal.then(|| terminal.width()).flatten().map(usize::from));
    width.filter(|width| *width >= LEAST)
}

fn on_stderr() -> Drawing {
    let mut terminal = Drawing::new();
    terminal.use_stderr();
    terminal
}

/// One log event: `ts`, `level`, `event` and its own fields.
pub(super) fn event(level: &str, name: &str, fields: Map<String, Value>) {
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let mut all = object(json!({ "ts": now, "level": level, "event": name }));
    all.extend(fields);
    line(Value::Object(all));
}

/// The fields of an object literal.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// A line on stderr. Nobody is left to be told when stderr is gone.
pub(super) fn line(text: impl Display) {
    let _ = writeln!(stderr().lock(), "{text}");
}

/// A panic is a bug: one line says so, in place of a backtrace nobody asked for.
pub fn report_panics_to(console: Console) {
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or("no message").replace('\n', " ");
        let place = panic.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        // The exit code is decided where the panic arrives.
        let _ = console.failed(&Error::Bug(format!("{message}{place}")));
    }));
}
