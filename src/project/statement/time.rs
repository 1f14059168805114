//! How a source says what its rows are and which columns date them: the options from `kind` on.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, SchemaRef};

use super::options::{column, days, share};
use crate::diagnostic::Diagnostic;
use crate::project::contract::Contract;
use crate::project::time::{BeforeFirst, Current, Events, Known, MAX_DELAY, Snapshots, Time, Versions};
use crate::project::types::{sql_name, with_article};

/// The kinds: each with what a row of it is, and the options that it has at the least.
const KINDS: [(&str, &str, &str); 4] = [
    ("events", "a fact of one day", "'happened_at' '…', 'known_at' '…'"),
    ("versions", "what a thing is from a time on", "'key' '…', 'known_at' '…'"),
    ("snapshots", "a thing as one load gave it, each load being all there is", "'key' '…', 'taken_at' '…'"),
    ("current", "a thing as it is now", "'key' '…'"),
];

/// The option that says what a row is.
pub(super) const KIND: &str = "kind";

/// Every option that says something about time.
pub(super) const OPTIONS: [&str; 16] = [
    KIND,
    "key",
    "happened_at",
    "known_at",
    "known_after",
    "max_delay",
    "valid_from",
    "valid_to",
    "version",
    "deleted",
    "begins_at",
    "ends_at",
    "before_first",
    "taken_at",
    "may_lose",
    "fixed",
];

/// What the options of a source of a kind say about time, by option.
///
/// # Errors
/// Every option that says nothing, contradicts another, or is missing, with the option at fault.
pub(super) fn time(
    kind: &str,
    options: BTreeMap<&str, String>,
    contract: &Contract,
    declared: Option<&SchemaRef>,
) -> Result<Time, Vec<(String, Diagnostic)>> {
    let mut reader = Reader { options, contract, declared, problems: Vec::new() };
    let time = match kind {
        "events" => Time::Events(reader.events()),
        "versions" => Time::Versions(reader.versions()),
        "snapshots" => Time::Snapshots(reader.snapshots()),
        "current" => Time::Current(reader.current()),
        other => return Err(vec![(KIND.to_owned(), unknown_kind(other))]),
    };
    for left in reader.options.keys() {
        reader.problems.push(((*left).to_owned(), without_effect(left, time.kind())));
    }
    reader.problems.extend(taken_names(&time, contract));
    if reader.problems.is_empty() { Ok(time) } else { Err(reader.problems) }
}

struct Reader<'a> {
    /// The options that were not read yet.
    options: BTreeMap<&'a str, String>,
    contract: &'a Contract,
    declared: Option<&'a SchemaRef>,
    problems: Vec<(String, Diagnostic)>,
}

impl Reader<'_> {
    fn events(&mut self) -> Events {
        let key = self.columns("key");
        self.never_null("key", &key);
        Events {
            key,
            happened_at: self.instant("happened_at"),
            known: self.known(true),
            max_delay: self.days("max_delay").unwrap_or(MAX_DELAY),
        }
    }

    fn versions(&mut self) -> Versions {
        let key = self.key();
        let valid_from = self.datings("valid_from");
        let known = self.known(!valid_from.is_empty());
        let deleted = self.column("deleted");
        if let Some(deleted) = &deleted {
            self.of_type("deleted", deleted, |data_type| *data_type == DataType::Boolean, "a BOOLEAN");
        }
        let before_first = self.before_first(&valid_from);
        Versions {
            key,
            valid_from,
            version: self.columns("version"),
            valid_to: self.dating("valid_to"),
            deleted,
            begins_at: self.dating("begins_at"),
            before_first,
            fixed: self.columns("fixed"),
            known,
        }
    }

    fn snapshots(&mut self) -> Snapshots {
        Snapshots {
            key: self.key(),
            taken_at: self.instant("taken_at"),
            may_lose: self.number("may_lose", share),
        }
    }

    fn current(&mut self) -> Current {
        Current {
            key: self.key(),
            begins_at: self.dating("begins_at"),
            ends_at: self.dating("ends_at"),
            fixed: self.columns("fixed"),
        }
    }

    /// The columns that tell things apart; there is at least one.
    fn key(&mut self) -> Vec<String> {
        let key = if self.options.contains_key("key") {
            self.columns("key")
        } else {
            let message = "the source does not say what tells its rows apart";
            let help =
                "add the option 'key' with the column, or columns, that name the thing: 'key' 'account_id'";
            self.problems.push((KIND.to_owned(), Diagnostic::error("no-key", message).help(help)));
            Vec::new()
        };
        self.never_null("key", &key);
        key
    }

    /// `known_at`, or `known_after`; the latter only beside a time after which it can be.
    fn known(&mut self, is_dated: bool) -> Known {
        let after = self.days("known_after");
        match (self.options.contains_key("known_at"), after) {
            (true, None) => Known::At(self.instant("known_at")),
            (false, Some(days)) if is_dated => Known::After(days),
            (true, Some(_)) => {
                self.options.remove("known_at");
                let message = "`known_after` stands for a missing `known_at`, and there is one";
                self.problems.push((
                    "known_after".to_owned(),
                    Diagnostic::error("option-value", message).help("leave one of the two out"),
                ));
                Known::After(0)
            }
            (false, _) => {
                let message = "the source does not say when its rows were known";
                let help = if is_dated {
                    "add 'known_at' with the column that says it, or 'known_after' '1 day' where none does"
                } else {
                    "add 'valid_from', 'known_at', or both: from when a row holds, and when it was written down"
                };
                self.problems.push((KIND.to_owned(), Diagnostic::error("no-known-at", message).help(help)));
                Known::After(0)
            }
        }
    }

    fn before_first(&mut self, valid_from: &[String]) -> BeforeFirst {
        let problem = match self.options.remove("before_first").as_deref() {
            None | Some("absent") => return BeforeFirst::Absent,
            Some("approximate") => return BeforeFirst::Approximate,
            Some("approximate_if_undated") => {
                let required = self.contract.not_null();
                match valid_from.iter().find(|column| required.contains(column)) {
                    Some(column) => never_undated(&format!("`{column}` is never NULL")),
                    None if valid_from.is_empty() => never_undated("no column is the `valid_from`"),
                    None => return BeforeFirst::ApproximateIfUndated,
                }
            }
            Some(other) => Diagnostic::error(
                "option-value",
                format!(
                    "`before_first` is 'absent', 'approximate' or 'approximate_if_undated', not '{other}'"
                ),
            ),
        };
        self.problems.push(("before_first".to_owned(), problem));
        BeforeFirst::Absent
    }

    /// A column that dates every row.
    fn instant(&mut self, option: &str) -> String {
        if !self.options.contains_key(option) {
            let message = format!("the source does not say which column is its `{option}`");
            let problem = Diagnostic::error("no-time", message).help(format!("add the option '{option}'"));
            self.problems.push((KIND.to_owned(), problem));
            return String::new();
        }
        let column = self.dating(option).unwrap_or_default();
        self.never_null(option, std::slice::from_ref(&column));
        column
    }

    /// A column that dates rows.
    fn dating(&mut self, option: &str) -> Option<String> {
        self.datings(option).into_iter().next()
    }

    /// Columns that date rows, the first that is not NULL.
    fn datings(&mut self, option: &str) -> Vec<String> {
        let columns = self.columns(option);
        let dates = |data_type: &DataType| matches!(data_type, DataType::Date32 | DataType::Timestamp(_, _));
        for column in &columns {
            self.of_type(option, column, dates, "a TIMESTAMP or a DATE");
        }
        columns
    }

    fn column(&mut self, option: &str) -> Option<String> {
        self.columns(option).into_iter().next()
    }

    /// The declared columns that an option lists.
    fn columns(&mut self, option: &str) -> Vec<String> {
        let Some(text) = self.options.remove(option) else { return Vec::new() };
        let mut found = Vec::new();
        for name in text.split(',').map(str::trim) {
            match column(self.contract, option, name.to_owned()) {
                Ok(name) => found.push(name),
                Err(problem) => self.problems.push((option.to_owned(), problem)),
            }
        }
        found
    }

    fn days(&mut self, option: &str) -> Option<u32> {
        self.number(option, days)
    }

    /// A number that an option gives in some form.
    fn number(&mut self, option: &str, read: impl Fn(&str, &str) -> Result<u32, Diagnostic>) -> Option<u32> {
        let text = self.options.remove(option)?;
        match read(option, &text) {
            Ok(number) => Some(number),
            Err(problem) => {
                self.problems.push((option.to_owned(), problem));
                None
            }
        }
    }

    fn of_type(&mut self, option: &str, column: &str, fits: impl Fn(&DataType) -> bool, wanted: &str) {
        let field = self.declared.and_then(|declared| declared.field_with_name(column).ok());
        let Some(field) = field.filter(|field| !fits(field.data_type())) else { return };
        let is = with_article(&sql_name(field.data_type()));
        let message = format!("`{option}` is {wanted}, and `{column}` is {is}");
        self.problems.push((option.to_owned(), Diagnostic::error("option-value", message)));
    }

    /// What tells rows apart and dates them is there in every row.
    fn never_null(&mut self, option: &str, columns: &[String]) {
        let required = self.contract.not_null();
        for column in columns.iter().filter(|column| !column.is_empty() && !required.contains(column)) {
            let message = format!("`{option}` is `{column}`, which may be NULL");
            let problem = Diagnostic::error("nullable-time", message)
                .help("declare it NOT NULL: rows without it can be neither told apart nor dated");
            self.problems.push((option.to_owned(), problem));
        }
    }
}

fn unknown_kind(kind: &str) -> Diagnostic {
    Diagnostic::error("unknown-kind", format!("there is no kind of rows `{}`", kind.escape_debug()))
        .note(kinds())
        .suggest(kind, KINDS.map(|(name, ..)| name))
}

/// That a source does not say what its rows are.
pub(super) fn without_kind(source: &str) -> Diagnostic {
    Diagnostic::error("no-kind", format!("{source} does not say what a row of it is"))
        .note(kinds())
        .help("put the line that is true at the end of the statement, with the source's own columns")
}

/// What a row can be, and the line that says it.
fn kinds() -> String {
    let line = |(name, is, options)| format!("{is}:\n  OPTIONS ('{KIND}' '{name}', {options})");
    format!("a row is\n{}", KINDS.map(line).join("\n"))
}

fn never_undated(why: &str) -> Diagnostic {
    let message =
        format!("'approximate_if_undated' is about rows that do not say from when they hold, and {why}");
    Diagnostic::error("option-without-effect", message)
        .help("declare 'approximate' where the first row of each thing stands for what was before, else leave it out")
}

/// That an option is about rows of another kind.
pub(super) fn without_effect(option: &str, kind: &str) -> Diagnostic {
    Diagnostic::error("option-without-effect", format!("`{option}` says nothing of rows of kind `{kind}`"))
        .help("leave it out, or declare another kind")
}

/// Columns of the source that have the name of one that the dated relation adds.
fn taken_names(time: &Time, contract: &Contract) -> Vec<(String, Diagnostic)> {
    let of_its_own = |name: &str| match time {
        Time::Events(events) => events.happened_at == name,
        Time::Versions(_) | Time::Snapshots(_) | Time::Current(_) => false,
    };
    let taken = time.added().iter().filter(|name| contract.column(name).is_some() && !of_its_own(name));
    taken
        .map(|name| {
            let message = format!("a column is called `{name}`, as is one that dating the rows adds");
            let problem = Diagnostic::error("taken-name", message);
            (KIND.to_owned(), problem.help("rename it in the file: the other one is what models join on"))
        })
        .collect()
}
