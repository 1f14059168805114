//! What is worth knowing of a run before it publishes.

use chrono::NaiveDate;

use crate::cli::console::Console;
use crate::diagnostic::Diagnostic;
use crate::project::reported::Reported;
use crate::run::Report;

/// What is worth knowing of a run before it publishes.
pub(super) fn tell_of(report: &Report, day: NaiveDate, console: Console) {
    console.problems(&report.warnings);
    console.problems(&older(report).into_iter().collect());
    let left = report.left_out.len();
    if left > 0 {
        let audits = if left == 1 { "1 audit is".to_owned() } else { format!("{left} audits are") };
        console.note("audits-left-out", &format!("{audits} left to the next run over the sources"));
    }
    let stopped = stopped(report, day);
    if !stopped.is_empty() {
        let text =
            format!("not reported as of {day}, so that metrics of it have no value: {}", stopped.join(", "));
        console.note("not-reported", &text);
    }
}

/// The sources that models ask of and that stopped before a day, each with the last as of which it is reported.
fn stopped(report: &Report, day: NaiveDate) -> Vec<String> {
    let last = |(source, reported): (&String, &Reported)| match reported {
        Reported::During { until: Some(until), .. } if *until < day => Some(format!("{source} ({until})")),
        _ => None,
    };
    report.reported.iter().filter_map(last).collect()
}

/// The warning of marts that do not follow the scores.
fn older(report: &Report) -> Option<Diagnostic> {
    let names: Vec<String> = report.older.iter().map(|older| older.mart.to_string()).collect();
    let message = format!("not built again, so of an older definition than the scores: {}", names.join(", "));
    let warning = Diagnostic::warning("older-marts", message)
        .help("build them with `hale run` over the sources, without --rescore");
    let told =
        report.older.iter().fold(warning, |told, older| told.note(format!("{}: {}", older.mart, older.why)));
    (!report.older.is_empty()).then_some(told)
}
