//! A small project with a published score, what reads it, and a draft that would stand for it.

use std::collections::BTreeMap;

use crate::cli::{Project, files_below, good};

pub const METRICS: &str = "-- Facts of each account and day.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  \
     as_of_date DATE NOT NULL, -- when\n  n BIGINT NOT NULL, -- how much\n  arr DOUBLE NOT NULL, -- worth a year\n  \
     PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
     SELECT account_id, day AS as_of_date, n, 100.0 AS arr FROM staging.events\n";
const OVERRIDES: &str = "-- What people set against health.\nCREATE TABLE metrics.overrides (\n  account_id VARCHAR NOT NULL, -- who\n  \
     as_of_date DATE NOT NULL, -- when\n  score_name VARCHAR NOT NULL, -- which\n  override_id VARCHAR NOT NULL, -- one\n  \
     mode VARCHAR NOT NULL, -- how\n  value DOUBLE NOT NULL, -- what\n  reason VARCHAR NOT NULL, -- why\n  author_id VARCHAR NOT NULL, -- by whom\n  \
     PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
     SELECT account_id, day AS as_of_date, 'health' AS score_name, 'o1' AS override_id, 'cap' AS mode, 30.0 AS value, 'known' AS reason, \
     'ann' AS author_id FROM staging.events WHERE account_id = 'capped'\n";
const MART: &str = "-- What people open.\nCREATE TABLE marts.people (\n  account_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  \
     score DOUBLE, -- how well\n  PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
     SELECT account_id, as_of_date, score FROM scores.main\n";
pub const COMPONENTS: &str = "# What counts.\namount: {title: Amount, value: n, bins: [{below: 6, points: 0}, {points: 4}]}\n\
     rate: {title: Rate, value: n, linear: {from: 0, to: 10, points: [0, 10]}}\n";
pub const DOUBLE: &str = "# Twice as much, tried out.\ndouble:\n  title: Double # as a try\n  status: draft\n  value: n * 2\n  \
     bins: [{below: 7, points: 0}, {points: 3}]\n";
pub const HEALTH: &str = "# As it always was.\ntitle: Health\nversion: '1'\ncomponents: {amount: 1, rate: 1}\noverrides: true\n\
     tiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n";
pub const NEXT: &str = "# The rate counts more since the spring.\ntitle: Health, as it could be # its name\nversion: '2'\n\
     status: draft # until the quarter is judged\nreplaces: health\n\n# Half of the accounts.\nchallenge:\n  share: 0.5\n  salt: 2026-q4 # any\n\n\
     components: {amount: 1, rate: 3, double: 2}\noverrides: true\ntiers:\n- {name: low, below: 55, at_risk: true} # above 55 nobody left\n- {name: high}\n";
/// What [`NEXT`] is once it counts.
pub const PROMOTED: &str = "# The rate counts more since the spring.\ntitle: Health, as it could be # its name\nversion: '2'\n\
     \n# Half of the accounts.\n\n\
     components: {amount: 1, rate: 3, double: 2}\noverrides: true\ntiers:\n- {name: low, below: 55, at_risk: true} # above 55 nobody left\n- {name: high}\n";

/// The files without a draft.
pub fn files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("sql/metrics/accounts.sql", METRICS),
        ("sql/metrics/overrides.sql", OVERRIDES),
        ("sql/marts/people.sql", MART),
        ("sql/components/all.yml", COMPONENTS),
        ("sql/scores/health.yml", HEALTH),
    ]
}

/// Five accounts on three days.
pub fn without_draft() -> Project {
    let project = Project::of(&files());
    let accounts = ["a", "b", "c", "capped", "it's"];
    let rows = (1..=3).flat_map(|day| {
        let row = move |(at, account): (usize, &&'static str)| {
            (*account, day, (at as i64 * 3 + i64::from(day)) % 11)
        };
        accounts.iter().enumerate().map(row).collect::<Vec<_>>()
    });
    project.events(&rows.collect::<Vec<_>>());
    project
}

/// The same with a draft, and a component that only it uses.
pub fn with_draft() -> Project {
    let project = without_draft();
    project.write("sql/components/tried.yml", DOUBLE);
    project.write("sql/scores/health_next.yml", NEXT);
    project
}

pub fn run(project: &Project, from: &str, to: &str) {
    good(project.hale(&["run", "--from", from, "--to", to]));
}

/// The bytes of the plain files of what is published, but for drafts.
pub fn shown(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let root = project.path("out");
    let is_shown = |file: &String| !file.starts_with("_hale/") && !file.starts_with("drafts/");
    let files = files_below(&root).into_iter().filter(is_shown);
    files.map(|file| (file.clone(), std::fs::read(root.join(file)).unwrap())).collect()
}

/// The texts of the project's files.
pub fn texts(project: &Project) -> BTreeMap<String, String> {
    let root = project.path("sql");
    let read = |file: String| (file.clone(), std::fs::read_to_string(root.join(file)).unwrap());
    files_below(&root).into_iter().map(read).collect()
}

/// The lines of a question's answer, without the heading.
pub fn asked(project: &Project, sql: &str) -> Vec<String> {
    let answer = good(project.hale(&["query", sql, "--format", "csv"]));
    answer.lines().skip(1).map(str::to_owned).collect()
}

/// What commits say that they did, the newest first.
pub fn history(project: &Project) -> Vec<serde_json::Value> {
    project.json(&["history"])["commits"].as_array().unwrap().clone()
}
