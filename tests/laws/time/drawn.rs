//! Projects by chance: six models over a log of acts and the history of things. Their rows are in [`super::rows`].

use std::path::Path;

use super::rows::{Rows, Written};
use crate::laws::Draw;

/// What a drawn project says of its sources and how far its models look back.
pub struct Drawn {
    /// How the history of things is declared, of [`history`].
    pub kind: usize,
    /// For how many days another delivery of an act is looked for; `None` where each row is an act of its own.
    pub max_delay: Option<i64>,
    /// How many days before its own a row of a model reads; `None` where that has no bound.
    pub look_back: Option<i64>,
    pub written: Written,
}

/// Options in the place of drawn ones.
#[derive(Clone, Copy)]
pub struct Said {
    pub acts: &'static str,
    pub things: &'static str,
}

/// Writes the project of a seed and the rows that it reads; what is said of its sources is drawn where it is not given.
pub fn project(seed: u64, rows: Rows, said: Option<Said>, folder: &Path) -> Drawn {
    let mut draw = Draw(seed);
    let drawn = draw.below(4);
    let kind = if said.is_some() { 0 } else { drawn };
    let models = models(&mut draw, kind, said);
    for (path, text) in &models.files {
        write(folder, path, text);
    }
    let mut written = Written::drawn(&mut draw, rows, kind);
    if said.is_some() {
        // Nothing is said that needs more than plain rows.
        written.things.iter_mut().for_each(|thing| thing.gone = None);
    }
    written.write(&folder.join("data"));
    Drawn { kind, max_delay: models.max_delay, look_back: models.look_back, written }
}

/// Writes a file of a project.
pub fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The models of a project, and what is known of them.
struct Models {
    files: [(&'static str, String); 9],
    max_delay: Option<i64>,
    look_back: Option<i64>,
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

fn models(draw: &mut Draw, kind: usize, said: Option<Said>) -> Models {
    let key = one(draw, &["'key' 'id', 'max_delay' '5 days', ", "", "'key' 'id', "]);
    let max_delay = [("", None), ("'key' 'id', ", Some(60))];
    let max_delay = max_delay.into_iter().find(|(said, _)| key == *said).map_or(Some(5), |(_, delay)| delay);
    let key = said.map_or(key, |said| said.acts.to_owned());
    let things = said.map_or(history(kind), |said| said.things);
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
    let look_back = [("13'", 13), ("6'", 6), ("BETWEEN CURRENT", 0)];
    let look_back = look_back.into_iter().find(|(part, _)| frame.contains(part)).map(|(_, days)| days);
    // Since when a thing is as it is may go back to any day.
    let look_back = look_back.filter(|_| !state.contains("first_day"));
    let last = one(
        draw,
        &[
            "sum(fact) AS value, count(*) AS n FROM metrics.facts GROUP BY as_of_date",
            "max(fact) AS value, count(fact) AS n FROM metrics.facts GROUP BY as_of_date",
            "sum(state) AS value, count(*) AS n FROM metrics.states GROUP BY as_of_date",
        ],
    );
    let files = [
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
                things
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
    ];
    Models { files, max_delay, look_back }
}
