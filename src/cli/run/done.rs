//! What `hale run` tells of a run that ended well.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::NaiveDate;
use indicatif::{DecimalBytes, HumanCount};
use serde_json::{Map, Value, json};

use super::restated::why;
use crate::cli::arguments::Log;
use crate::cli::console::{Console, event, line, object};
use crate::cli::days::listed;
use crate::cli::output::Sheet;
use crate::cli::progress::{held, rate};
use crate::diagnostic::Diagnostic;
use crate::engine::sources::Reading;
use crate::engine::{Engine, peak_resident};
use crate::project::reported::{Reported, Reports};
use crate::run::{AddedColumns, BuiltModel, Report};
use crate::store::Renames;

/// A run that ended well.
pub(super) struct Done {
    /// What was built at once, in order: all days, or each on its own.
    pub(super) built: Vec<DaysBuilt>,
    /// Published tables that got the name of now, or would have in a dry run.
    pub(super) renames: Renames,
    /// Days asked for that are frozen, and were left as published.
    pub(super) frozen: BTreeSet<NaiveDate>,
    /// Published days before these that were built again.
    pub(super) restated: Vec<DaysBuilt>,
    /// The sources whose late rows are the reason, each with their days.
    pub(super) because: BTreeMap<String, BTreeSet<NaiveDate>>,
    /// Published days that late rows have changed too, and that are left as another definition made them.
    pub(super) left: BTreeSet<NaiveDate>,
    pub(super) is_dry: bool,
    pub(super) reading: Reading,
    pub(super) took: Duration,
    pub(super) peak: Peak,
}

/// Days that were built at once.
pub(super) struct DaysBuilt {
    pub(super) days: RangeInclusive<NaiveDate>,
    /// `None` after a dry run, or where all of them are held.
    pub(super) report: Option<Report>,
    /// Those that are held, and were left as published.
    pub(super) held: Vec<NaiveDate>,
    /// Whether all of them were published as they would be now, and nothing was done.
    pub(super) is_up_to_date: bool,
}

/// The most memory that was held, in bytes.
pub(super) struct Peak {
    pub(super) process: Option<u64>,
    pub(super) tracked: usize,
}

impl Peak {
    pub(super) fn of(engine: &Engine) -> Self {
        Self { process: peak_resident(), tracked: engine.peak_tracked() }
    }
}

impl Done {
    pub(super) fn to_json(&self) -> Value {
        let mut all = match self.built.as_slice() {
            [one] => one.to_json(),
            many => {
                let days = many.iter().map(|built| Value::Object(built.to_json()));
                object(json!({ "days": days.collect::<Vec<_>>() }))
            }
        };
        all.extend(object(json!({
            "published": self.is_published(), "exit_code": 0, "seconds": self.took.as_secs_f64(),
            "peak_memory_bytes": self.peak.process, "peak_tracked_bytes": self.peak.tracked,
        })));
        if self.reading == Reading::AsKnown {
            all.insert("as_known".to_owned(), Value::Bool(true));
        }
        if !self.frozen.is_empty() {
            all.insert("frozen".to_owned(), json!(self.frozen));
        }
        if !self.renames.is_empty() {
            all.insert("renamed".to_owned(), names(&self.renames));
        }
        if !self.restated.is_empty() {
            let days = self.restated.iter().map(|built| Value::Object(built.to_json()));
            all.insert("restated".to_owned(), days.collect());
        }
        if !self.restated.is_empty() || !self.left.is_empty() {
            all.insert("late_rows".to_owned(), json!(self.because));
        }
        if !self.left.is_empty() {
            all.insert("left".to_owned(), json!(self.left));
        }
        if self.is_dry {
            all.insert("dry_run".to_owned(), Value::Bool(true));
        }
        Value::Object(all)
    }

    fn is_published(&self) -> bool {
        let are_there = self.built.is_empty() && !self.frozen.is_empty();
        are_there || self.built.iter().any(|built| built.report.is_some() || built.is_up_to_date)
    }

    /// The table at the end, for people; in a log, the same facts as the last event.
    pub(super) fn tell(&self, console: Console) {
        if console.log == Log::Json {
            return event("info", "finished", object(self.to_json()));
        }
        for built in &self.built {
            let Some(report) = &built.report else { continue };
            if self.built.len() > 1 {
                line(format_args!("{}", built.days.end()));
            }
            line(table(report, console).trim_end());
        }
        for restated in &self.restated {
            if let Some(commit) = restated.report.as_ref().and_then(|report| report.commit) {
                let (first, last) = (restated.days.start(), restated.days.end());
                let days = listed(&first.iter_days().take_while(|day| day <= last).collect());
                line(format_args!("commit {commit}: {days} again, {}", why(&self.because)));
            }
        }
        for report in self.built.iter().filter_map(|built| built.report.as_ref()) {
            match report.commit {
                Some(number) => line(format_args!("commit {number}")),
                None => line("no commit: all of it was published before, byte for byte"),
            }
        }
        if !self.built.is_empty() && self.built.iter().all(|built| built.is_up_to_date) {
            line("nothing to do: all of it is published as it would be now");
        }
        if self.is_dry {
            line("dry run: everything was built and audited, nothing was published");
        }
        let tracked = DecimalBytes(self.peak.tracked as u64);
        let process = held(self.peak.process);
        line(format_args!(
            "{:.2} s, peak memory {process} ({tracked} of it in queries)",
            self.took.as_secs_f64()
        ));
    }
}

/// The new names, by the old ones.
pub(in crate::cli) fn names(renames: &Renames) -> Value {
    renames
        .iter()
        .map(|(old, new)| (old.to_string(), Value::from(new.to_string())))
        .collect::<Map<_, _>>()
        .into()
}

impl DaysBuilt {
    fn to_json(&self) -> Map<String, Value> {
        let (first, last) = (self.days.start(), self.days.end());
        let mut all = if first == last {
            object(json!({ "as_of": first }))
        } else {
            object(json!({ "from": first, "to": last }))
        };
        all.extend(self.report.iter().flat_map(facts));
        let added = self.report.iter().flat_map(|report| &report.added_columns).collect::<Vec<_>>();
        if !added.is_empty() {
            let of_table = |added: &&AddedColumns| {
                let said = json!({ "columns": added.columns, "days": added.days });
                (added.table.to_string(), said)
            };
            all.insert("added_columns".to_owned(), added.iter().map(of_table).collect::<Map<_, _>>().into());
        }
        if self.is_up_to_date {
            all.extend(object(json!({ "commit": null, "up_to_date": true, "files": { "written": 0 } })));
        }
        if !self.held.is_empty() {
            all.extend(object(json!({ "held": self.held })));
        }
        all
    }
}

fn facts(report: &Report) -> Map<String, Value> {
    let tables = report.tables.iter();
    let rows: Map<String, Value> =
        tables.map(|table| (format!("{}.{}", table.layer, table.name), table.rows.into())).collect();
    let read = |model: &BuiltModel| (model.name.to_string(), model.rows_read.into());
    let once = report.once.iter().map(|(name, rows)| (name.to_string(), (*rows).into()));
    let rows_read: Map<String, Value> = once.chain(report.models.iter().map(read)).collect();
    let as_published: Map<String, Value> =
        report.as_published.iter().map(|(table, days)| (table.to_string(), (*days).into())).collect();
    let written: usize = report.tables.iter().map(|table| table.written).sum();
    let unchanged: usize = report.tables.iter().map(|table| table.unchanged).sum();
    object(json!({
        "run_id": report.run_id, "commit": report.commit, "rows_read": rows_read, "rows": rows,
        "as_published": as_published,
        "audits": { "pass": report.audits, "left_out": report.left_out },
        "older": report.older.iter().map(|older| older.mart.to_string()).collect::<Vec<_>>(),
        "reported": reported(&report.reported),
        "warnings": report.warnings.iter().map(Diagnostic::to_json).collect::<Vec<_>>(),
        "files": { "written": written, "unchanged": unchanged },
    }))
}

/// As of which days sources are reported: `null` for an end that there is not, and for a source that never is.
fn reported(reports: &Reports) -> Map<String, Value> {
    let days = |reported: &Reported| match reported {
        Reported::Never => Value::Null,
        Reported::During { since, until } => json!({ "since": since, "until": until }),
    };
    reports.iter().map(|(source, reported)| (source.clone(), days(reported))).collect()
}

fn table(report: &Report, console: Console) -> String {
    let unpublished = report.models.iter().any(|model| !model.published);
    let mut names =
        ["model", "read", "rows", "bytes", "seconds", "read/s", "memory"].map(str::to_owned).to_vec();
    names.extend(unpublished.then(|| "for what".to_owned()));
    let row = |model: &BuiltModel| {
        let mut row = vec![
            model.name.to_string(),
            HumanCount(model.rows_read).to_string(),
            HumanCount(model.rows).to_string(),
            DecimalBytes(model.bytes).to_string(),
            format!("{:.2}", model.took.as_secs_f64()),
            HumanCount(rate(model.rows_read, model.took)).to_string(),
            held(model.memory),
        ];
        let what = if model.published { "published" } else { "built for others to read" };
        row.extend(unpublished.then(|| what.to_owned()));
        row
    };
    let right = (0..names.len()).map(|at| (1..7).contains(&at)).collect();
    let yields = if unpublished { vec![5, 3, 7] } else { vec![5, 3] };
    let rows = report.models.iter().map(row).collect();
    Sheet { names, right, yields, rows }.fitted(console.log_width)
}
