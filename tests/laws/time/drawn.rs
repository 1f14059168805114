//! Projects by chance: six models over a log of acts and the history of things, and rows of both, some known late, some
//! delivered again, some corrected.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray, TimestampMicrosecondArray};
use chrono::{NaiveDate, NaiveTime, TimeDelta};

use crate::laws::Draw;
use crate::oracle::world::{at, write};

/// The first day of the rows.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();

/// The day that must not know what comes after it; rows go on for as long again.
pub const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 20).unwrap();
const DAYS: usize = 40;

/// Whether rows may be known later than they happened, and stand twice.
#[derive(Clone, Copy, PartialEq)]
pub enum Rows {
    AsTheyCome,
    OnTheirDay,
}

/// Writes the project of a seed and the rows that it reads.
pub fn project(seed: u64, rows: Rows, folder: &Path) {
    let mut draw = Draw(seed);
    let kind = draw.below(4);
    for (path, text) in models(&mut draw, kind) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::create_dir_all(folder.join("data")).unwrap();
    acts(&mut draw, rows, &folder.join("data/acts.parquet"));
    things(&mut draw, rows, kind, &folder.join("data/things.parquet"));
}

fn one(draw: &mut Draw, texts: &[&str]) -> String {
    texts[draw.below(texts.len())].to_owned()
}

/// How the history of things is declared.
fn history(kind: usize) -> &'static str {
    match kind {
        0 => "'kind' 'versions', 'key' 'account_id', 'valid_from' 'since', 'known_at' 'known'",
        1 => "'kind' 'versions', 'key' 'account_id', 'known_at' 'known', 'deleted' 'gone'",
        2 => {
            "'kind' 'versions', 'key' 'account_id', 'valid_from' 'since', 'known_at' 'known', 'deleted' 'gone'"
        }
        _ => "'kind' 'snapshots', 'key' 'account_id', 'taken_at' 'known'",
    }
}

fn models(draw: &mut Draw, kind: usize) -> [(&'static str, String); 9] {
    let key = one(draw, &["'key' 'id', ", ""]);
    let filter = one(draw, &["", " WHERE v > 1", " WHERE account_id <> 'b'", " WHERE v IS NOT NULL"]);
    let frame = one(
        draw,
        &[
            "RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW",
            "RANGE BETWEEN INTERVAL '13' DAY PRECEDING AND INTERVAL '7' DAY PRECEDING",
            "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            "RANGE BETWEEN CURRENT ROW AND CURRENT ROW",
        ],
    );
    let fact = one(
        draw,
        &[
            "count(v)",
            "coalesce(sum(v), 0)",
            "max(v)",
            "min(v)",
            "count(DISTINCT v)",
            "count(DISTINCT as_of_date)",
        ],
    )
    .replacen(')', ") ", 1);
    // `coalesce(sum(v), 0)` has its window inside.
    let fact = match fact.starts_with("coalesce") {
        true => "coalesce(sum(v) OVER w, 0)".to_owned(),
        false => format!("{}OVER w", fact),
    };
    let state = one(draw, &["things.v", "spine.as_of_date - things.first_day", "coalesce(things.v, -1)"]);
    let last = one(
        draw,
        &[
            "sum(fact) AS value, count(*) AS n FROM metrics.facts GROUP BY as_of_date",
            "max(fact) AS value, count(fact) AS n FROM metrics.facts GROUP BY as_of_date",
            "sum(state) AS value, count(*) AS n FROM metrics.states GROUP BY as_of_date",
        ],
    );
    [
        ("hale.yml", "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n".to_owned()),
        (
            "sql/raw/acts.sql",
            format!(
                "CREATE EXTERNAL TABLE raw.acts (id BIGINT NOT NULL, account_id VARCHAR NOT NULL, v BIGINT, \
                 done TIMESTAMP NOT NULL, known TIMESTAMP NOT NULL) STORED AS PARQUET LOCATION 'acts.parquet' \
                 OPTIONS ('kind' 'events', {key}'happened_at' 'done', 'known_at' 'known')"
            ),
        ),
        (
            "sql/raw/things.sql",
            format!(
                "CREATE EXTERNAL TABLE raw.things (account_id VARCHAR NOT NULL, v BIGINT, since TIMESTAMP, \
                 known TIMESTAMP NOT NULL, gone BOOLEAN) STORED AS PARQUET LOCATION 'things.parquet' OPTIONS ({})",
                history(kind)
            ),
        ),
        (
            "sql/staging/acts.sql",
            format!("CREATE VIEW staging.acts AS SELECT account_id, v, day FROM dated.acts{filter}"),
        ),
        (
            "sql/staging/things.sql",
            "CREATE VIEW staging.things AS SELECT account_id, v, first_day, day_after FROM dated.things".to_owned(),
        ),
        (
            "sql/metrics/spine.sql",
            "CREATE VIEW metrics.spine AS SELECT things.account_id, days.day AS as_of_date FROM staging.things \
             JOIN calendar.days ON things.first_day <= days.day AND (things.day_after IS NULL OR days.day < things.day_after)"
                .to_owned(),
        ),
        (
            "sql/metrics/facts.sql",
            format!(
                "CREATE TABLE metrics.facts (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, fact BIGINT, \
                 PRIMARY KEY (account_id, as_of_date)) PARTITIONED BY (as_of_date) AS \
                 WITH log AS (SELECT account_id, day AS as_of_date, v, FALSE AS on_spine FROM staging.acts \
                 UNION ALL SELECT account_id, as_of_date, NULL, TRUE FROM metrics.spine), \
                 rolling AS (SELECT account_id, as_of_date, on_spine, {fact} AS fact FROM log \
                 WINDOW w AS (PARTITION BY account_id ORDER BY as_of_date {frame})) \
                 SELECT account_id, as_of_date, fact FROM rolling WHERE on_spine"
            ),
        ),
        (
            "sql/metrics/states.sql",
            format!(
                "CREATE TABLE metrics.states (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, state BIGINT, \
                 PRIMARY KEY (account_id, as_of_date)) PARTITIONED BY (as_of_date) AS \
                 SELECT spine.account_id, spine.as_of_date, CAST({state} AS BIGINT) AS state FROM metrics.spine \
                 JOIN staging.things ON things.account_id = spine.account_id AND things.first_day <= spine.as_of_date \
                 AND (things.day_after IS NULL OR spine.as_of_date < things.day_after)"
            ),
        ),
        (
            "sql/marts/days.sql",
            format!(
                "CREATE TABLE marts.days (as_of_date DATE NOT NULL PRIMARY KEY, value BIGINT, n BIGINT NOT NULL) \
                 PARTITIONED BY (as_of_date) AS SELECT as_of_date, {last}"
            ),
        ),
    ]
}

const ACCOUNTS: [&str; 5] = ["a", "b", "c", "d", "e"];

fn instant(draw: &mut Draw, day: usize) -> i64 {
    let hour = [0, 12, 23][draw.below(3)];
    at(FIRST + TimeDelta::days(day as i64), NaiveTime::from_hms_opt(hour, 0, 0).unwrap())
}

const HOUR: i64 = 3600 * 1_000_000;

/// How much later a row was known: on its day, some days later, or weeks later.
fn delay(draw: &mut Draw, rows: Rows) -> i64 {
    let days = if rows == Rows::OnTheirDay { 0 } else { [0, 0, 0, 1, 4, 25][draw.below(6)] };
    days * 24 * HOUR
}

fn acts(draw: &mut Draw, rows: Rows, path: &Path) {
    let (mut ids, mut accounts, mut values, mut done, mut known) = (vec![], vec![], vec![], vec![], vec![]);
    for number in 0..60 {
        // One of the first day, so that no cut leaves nothing.
        let day = if number == 0 { 0 } else { draw.below(DAYS) };
        let is_again = rows == Rows::AsTheyCome && number > 0 && draw.below(4) == 0;
        ids.push(if is_again { draw.below(number) as i64 } else { number as i64 });
        accounts.push(ACCOUNTS[draw.below(5)]);
        values.push((draw.below(6) > 0).then(|| draw.below(5) as i64));
        done.push(instant(draw, day));
        let late = if number == 0 { 0 } else { delay(draw, rows) };
        known.push(done[number] + late);
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(ids))),
        ("account_id", Arc::new(StringArray::from(accounts))),
        ("v", Arc::new(Int64Array::from(values))),
        ("done", Arc::new(TimestampMicrosecondArray::from(done))),
        ("known", Arc::new(TimestampMicrosecondArray::from(known))),
    ];
    write(path, columns);
}

fn things(draw: &mut Draw, rows: Rows, kind: usize, path: &Path) {
    let (mut accounts, mut values, mut since, mut known, mut gone) = (vec![], vec![], vec![], vec![], vec![]);
    let mut taken = std::collections::BTreeSet::new();
    for number in 0..30 {
        let account = draw.below(5);
        // Loads lie some days apart, and each has several things.
        let day = if number == 0 {
            0
        } else if kind == 3 {
            draw.below(DAYS / 5) * 5
        } else {
            draw.below(DAYS)
        };
        if rows == Rows::OnTheirDay && !taken.insert((account, day)) {
            continue;
        }
        let from = if kind == 3 {
            at(FIRST + TimeDelta::days(day as i64), NaiveTime::MIN)
        } else {
            instant(draw, day)
        };
        // Some is said before it holds.
        let early = rows == Rows::AsTheyCome && kind != 3 && draw.below(5) == 0;
        let late = if number == 0 || kind == 3 { 0 } else { delay(draw, rows) };
        accounts.push(ACCOUNTS[account]);
        values.push((draw.below(6) > 0).then(|| draw.below(5) as i64));
        since.push(if draw.below(5) == 0 && kind == 2 { None } else { Some(from) });
        known.push(if early { from - 3 * 24 * HOUR } else { from + late });
        gone.push((draw.below(3) > 0).then(|| draw.below(5) == 0));
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("account_id", Arc::new(StringArray::from(accounts))),
        ("v", Arc::new(Int64Array::from(values))),
        ("since", Arc::new(TimestampMicrosecondArray::from(since))),
        ("known", Arc::new(TimestampMicrosecondArray::from(known))),
        ("gone", Arc::new(BooleanArray::from(gone))),
    ];
    write(path, columns);
}
