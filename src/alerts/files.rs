//! Files that somebody hands over: what people did, and what was told.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::datatypes::Date32Type;
use chrono::NaiveDate;

use super::day::Act;
use super::log::{Line, Tell};
use crate::diagnostic::{closest, visible};
use crate::error::Result;
use crate::evidence::TypedRows;

/// An account and a rule.
pub(super) type Subject = (String, String);

/// What people did about alerts, by account and rule, in the order of the days on which it counts.
pub(super) type Acts = BTreeMap<Subject, Vec<(i32, Act)>>;

/// What was told of alerts, and when each rule was first delivered.
#[derive(Default)]
pub(super) struct Log {
    pub(super) lines: BTreeMap<Subject, Vec<Line>>,
    pub(super) since: BTreeMap<String, i32>,
    /// How many lines are of each rule that is not there.
    pub(super) unknown: BTreeMap<String, usize>,
}

/// The words for what people did.
const ACTS: [&str; 3] = ["acknowledged", "done", "snoozed"];

/// What people did: `account_id`, `rule`, `day`, `act`, of a snooze `until`, and where it is told `known_on`. `as_known` has it
/// on the day on which it was known.
///
/// # Errors
/// [`Error::Usage`](crate::error::Error::Usage) for a file that cannot be read, and a row that is no act.
pub(super) fn acts(path: &Path, rules: &[&str], as_known: bool) -> Result<Acts> {
    let rows = TypedRows::read(path)?;
    let (accounts, names) = (rows.texts("account_id")?, rows.texts("rule")?);
    let (days, words) = (rows.texts("day")?, rows.texts("act")?);
    let optional = |name: &str| match rows.first_of(&[name]) {
        Some(name) => rows.texts(name),
        None => Ok(vec![None; rows.len()]),
    };
    let (until, known) = (optional("until")?, optional("known_on")?);
    let mut acts = Acts::new();
    for row in 0..rows.len() {
        let rule = rule_of(&rows, row, names[row].as_deref(), rules)?;
        let account = some(&rows, row, accounts[row].as_deref(), "account_id")?;
        let happened = day_of(&rows, row, days[row].as_deref())?;
        let known = known[row].as_deref().map(|day| day_of(&rows, row, Some(day))).transpose()?;
        if known.is_some_and(|known| known < happened) {
            return Err(
                rows.fault_at(row, "`known_on` lies before `day`: nothing is known before it is done")
            );
        }
        let act = act_of(&rows, row, (words[row].as_deref(), until[row].as_deref()), happened)?;
        let day = known.filter(|_| as_known).unwrap_or(happened);
        acts.entry((account, rule)).or_default().push((day, act));
    }
    acts.values_mut().for_each(|acts| acts.sort_by_key(|(day, _)| *day));
    Ok(acts)
}

/// An act of a row, done on a day.
fn act_of(
    rows: &TypedRows,
    row: usize,
    (word, until): (Option<&str>, Option<&str>),
    day: i32,
) -> Result<Act> {
    let act = match word {
        Some("acknowledged") => Act::Acknowledge,
        Some("done") => Act::Done,
        Some("snoozed") => {
            let until = day_of(rows, row, until)?;
            if until < day {
                return Err(
                    rows.fault_at(row, "`until` lies before `day`: the snooze is over before it begins")
                );
            }
            return Ok(Act::Snooze { until });
        }
        other => {
            let other = visible(other.unwrap_or_default());
            let what = format!("`{other}` is no act; write one of {}", ACTS.join(", "));
            return Err(rows.fault_at(row, &what));
        }
    };
    if until.is_some() {
        return Err(rows.fault_at(row, "`until` is of `snoozed` alone; leave it empty"));
    }
    Ok(act)
}

/// What was told up to a day, in the order of the file: `account_id`, `rule`, `day`, `what`.
///
/// # Errors
/// [`Error::Usage`](crate::error::Error::Usage) for a file that cannot be read, and a row that tells nothing.
pub(super) fn log(path: &Path, rules: &[&str], last: NaiveDate) -> Result<Log> {
    let rows = TypedRows::read(path)?;
    let (accounts, names) = (rows.texts("account_id")?, rows.texts("rule")?);
    let (days, whats) = (rows.texts("day")?, rows.texts("what")?);
    let mut log = Log::default();
    for row in 0..rows.len() {
        let rule = some(&rows, row, names[row].as_deref(), "rule")?;
        // A rule that is gone was told of all the same.
        if !rules.contains(&rule.as_str()) {
            *log.unknown.entry(rule).or_default() += 1;
            continue;
        }
        let day = day_of(&rows, row, days[row].as_deref())?;
        if day > Date32Type::from_naive_date(last) {
            let what = format!("told after {last}, the day that is looked at; hand over the lines up to it");
            return Err(rows.fault_at(row, &what));
        }
        let what = whats[row].as_deref().and_then(Tell::of).ok_or_else(|| {
            let known: Vec<&str> = Tell::ALL.into_iter().map(Tell::name).collect();
            rows.fault_at(row, &format!("nothing that is told; write one of {}", known.join(", ")))
        })?;
        if what == Tell::SwitchedOn {
            if accounts[row].is_some() {
                let what = "`switched_on` is of a rule and of no account; leave account_id empty";
                return Err(rows.fault_at(row, what));
            }
            log.since.entry(rule).or_insert(day);
            continue;
        }
        let account = some(&rows, row, accounts[row].as_deref(), "account_id")?;
        log.lines.entry((account, rule)).or_default().push(Line { day, what });
    }
    Ok(log)
}

fn some(rows: &TypedRows, row: usize, text: Option<&str>, column: &str) -> Result<String> {
    text.map(str::to_owned).ok_or_else(|| rows.fault_at(row, &format!("no {column}")))
}

fn rule_of(rows: &TypedRows, row: usize, text: Option<&str>, rules: &[&str]) -> Result<String> {
    let name = some(rows, row, text, "rule")?;
    if rules.contains(&name.as_str()) {
        return Ok(name);
    }
    let hint = match closest(&name, rules.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", rules.join(", ")),
    };
    Err(rows.fault_at(row, &format!("there is no rule `{}`; {hint}", visible(&name))))
}

fn day_of(rows: &TypedRows, row: usize, text: Option<&str>) -> Result<i32> {
    let day = text.and_then(|text| text.parse::<NaiveDate>().ok());
    let day = day.ok_or_else(|| {
        let text = text.map_or_else(|| "no day".to_owned(), |text| format!("`{}` is no day", visible(text)));
        rows.fault_at(row, &format!("{text}; write YYYY-MM-DD"))
    })?;
    Ok(Date32Type::from_naive_date(day))
}
