//! A project of one's own, with the four sources that must be there and no other: its largest account, silent for three
//! months, is at risk, first on the queue and in the revenue at risk, under every template.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::world::{BASE, END, QUEUE, before, copied, lines, linked, number, project, run, silence, table};
use super::worlds::WORLDS;
use crate::oracle::table::Value;

pub const OBLIGATORY: [&str; 4] = ["accounts", "contracts", "events", "users"];

/// The account, what it is worth, and what the bundled project publishes.
struct Silent {
    account: String,
    arr: f64,
    sources: TempDir,
    out: TempDir,
}

static SILENT: LazyLock<Silent> = LazyLock::new(|| {
    let accounts = table(WORLDS.before.path(), "metrics/accounts", END);
    let arr = accounts.0.iter().map(|((_, account), row)| (account, number(row, "arr").unwrap_or(0.0)));
    let (account, arr) = arr.max_by(|one, other| one.1.total_cmp(&other.1)).unwrap();
    let sources = linked(WORLDS.sources.path(), |name| OBLIGATORY.contains(&name));
    silence(sources.path(), &BTreeMap::from([(account.clone(), before(92))]));
    let out = tempfile::tempdir().unwrap();
    run(Path::new(env!("CARGO_MANIFEST_DIR")), (sources.path(), false), out.path(), before(30), &BASE);
    Silent { account: account.clone(), arr, sources, out }
});

/// What a project makes of it.
///
/// # Errors
/// The first value that is not as it has to be: its table, row and column.
fn is_first(project: &Path) -> Result<(), String> {
    let out = copied(SILENT.out.path());
    let select = [&QUEUE[..], &["marts.renewals", "marts.revenue_at_risk"]].concat();
    run(project, (SILENT.sources.path(), true), out.path(), END, &select);
    let key = (END, SILENT.account.clone());
    for (name, column, wanted) in [
        ("scores/health", "is_at_risk", Value::Flag(true)),
        ("marts/work_queue", "list", Value::Text("scored".to_owned())),
        ("marts/work_queue", "rank", Value::Whole(1)),
    ] {
        let of_row = format!("{}, account_id {}, as_of_date {END}", name.replace('/', "."), SILENT.account);
        let table = table(out.path(), name, END);
        let row = table.0.get(&key).ok_or_else(|| format!("{of_row}: the row is not there"))?;
        if row[column] != wanted {
            return Err(format!("{of_row}: {column} is {:?}, and not {wanted:?}", row[column]));
        }
    }
    let revenue = lines(out.path(), "marts/revenue_at_risk");
    let today = revenue.iter().filter(|row| row["as_of_date"] == Value::Day(END));
    let at_risk: f64 = today.filter_map(|row| number(row, "at_risk_arr")).sum();
    if SILENT.arr > 0.0 && at_risk >= SILENT.arr {
        return Ok(());
    }
    Err(format!("marts.revenue_at_risk, as_of_date {END}: at_risk_arr is {at_risk}, of {}", SILENT.arr))
}

fn holds(template: &str) {
    is_first(project(template).path()).unwrap_or_else(|broken| panic!("{template}: {broken}"));
}

/// The law is seen to fail where silence is worth the most that there is.
#[test]
fn one_gone_silent_that_is_not_first_is_told_with_table_row_and_column() {
    let of_row = format!("scores.health, account_id {}, as_of_date {END}: is_at_risk is ", SILENT.account);
    let project = project("default");
    for file in std::fs::read_dir(project.path().join("sql/components")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("give: worst", "give: best")).unwrap();
    }
    let told = is_first(project.path()).expect_err("silence is worth the best");
    assert!(told.starts_with(&of_row), "{told}");
}

#[test]
fn the_largest_gone_silent_is_first_by_the_default() {
    holds("default");
}

#[test]
fn the_largest_gone_silent_is_first_by_usage() {
    holds("usage");
}

#[test]
fn the_largest_gone_silent_is_first_by_enterprise() {
    holds("enterprise");
}

#[test]
fn the_largest_gone_silent_is_first_by_onboarding() {
    holds("onboarding");
}

#[test]
fn the_largest_gone_silent_is_first_by_rfm() {
    holds("rfm");
}
