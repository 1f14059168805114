//! `hale run --rescore`: scores again from what is published, with every day and column that is looked back to, or not at all.

use serde_json::Value;

use crate::cli::{Project, code, err, good};

const COMPONENTS: &str = "amount: {title: Amount, value: n, bins: [{below: 6, points: 0}, {points: 4}]}\n";
const RISE: &str = "rise: {title: Rise, value: n, relative_to: {own_history: {days: 7, gap: 7, as: change}}, zero_base: {give: worst}, bins: [{below: 0, points: 0}, {points: 3}]}\n";
const METRICS: &str = "-- Facts.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  \
     n BIGINT NOT NULL, -- how much\n  PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
     SELECT account_id, day AS as_of_date, n FROM staging.events\n";
const FACTS: &str = "-- Facts that stay.\nCREATE TABLE metrics.facts (account_id VARCHAR PRIMARY KEY, total BIGINT) AS\n\
     SELECT account_id, sum(n) AS total FROM staging.events GROUP BY account_id\n";

fn score(components: &str) -> String {
    format!(
        "title: Health\nversion: '1'\ncomponents: {components}\ntiers: [{{name: low, below: 40}}, {{name: high}}]\n"
    )
}

/// A mart by day over a query.
fn mart(name: &str, query: &str) -> (String, String) {
    let sql = format!(
        "-- {name}.\nCREATE TABLE marts.{name} (\n  account_id VARCHAR NOT NULL REFERENCES staging.events (account_id), -- who\n  as_of_date DATE NOT NULL, -- when\n  \
         x DOUBLE, -- what\n  PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n{query}\n"
    );
    (format!("sql/marts/{name}.sql"), sql)
}

fn project(components: &str, scored: &str, marts: &[(String, String)]) -> Project {
    let health = score(scored);
    let mut files = vec![
        ("sql/metrics/accounts.sql", METRICS),
        ("sql/metrics/facts.sql", FACTS),
        ("sql/components/all.yml", components),
        ("sql/scores/health.yml", health.as_str()),
    ];
    files.extend(marts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let project = Project::of(&files);
    let rows: Vec<(&str, i32, i64)> =
        (1..=30).flat_map(|day| [("a", day, i64::from(day)), ("b", day, 7)]).collect();
    project.events(&rows);
    project
}

fn published(project: &Project, table: &str, day: &str) -> Vec<u8> {
    std::fs::read(project.path(&format!("out/{table}/as_of={day}/part-0000.parquet"))).expect("published")
}

fn refused(project: &Project, arguments: &[&str]) -> String {
    let refused = project.hale(arguments);
    assert_eq!(code(&refused), 1, "{}", err(&refused));
    err(&refused)
}

const AGAIN: [&str; 4] = ["run", "--as-of", "2026-01-25", "--rescore"];

#[test]
fn every_day_that_a_component_looks_back_to_must_be_published() {
    let components = format!("{COMPONENTS}{RISE}");
    let project = project(&components, "{amount: 1, rise: 1}", &[]);
    good(project.hale(&["run", "--as-of", "2026-01-25"]));
    let before = published(&project, "scores/health", "2026-01-25");
    let said = refused(&project, &AGAIN);
    assert!(
        said.contains("metrics.accounts is not published on 2026-01-12 to 2026-01-24 (13 days)"),
        "{said}"
    );
    assert!(said.contains("which scores.health reads"), "{said}");
    assert!(said.contains("hale run --from 2026-01-12 --to 2026-01-25"), "{said}");
    assert_eq!(published(&project, "scores/health", "2026-01-25"), before);
    good(project.hale(&["run", "--from", "2026-01-12", "--to", "2026-01-25"]));
    good(project.hale(&AGAIN));
    assert_eq!(published(&project, "scores/health", "2026-01-25"), before);
    // A gap.
    good(project.hale(&["unpublish", "2026-01-12"]));
    let said = refused(&project, &AGAIN);
    assert!(said.contains("metrics.accounts is not published on 2026-01-12,"), "{said}");
}

#[test]
fn a_day_that_is_asked_for_must_be_published_and_an_empty_folder_is_no_day() {
    let project = project(COMPONENTS, "{amount: 1}", &[]);
    good(project.hale(&["run", "--as-of", "2026-01-25"]));
    std::fs::create_dir_all(project.path("out/metrics/accounts/as_of=2026-01-26")).unwrap();
    let said = refused(&project, &["run", "--as-of", "2026-01-26", "--rescore"]);
    assert!(said.contains("metrics.accounts is not published on 2026-01-26"), "{said}");
    assert!(!project.path("out/scores/health/as_of=2026-01-26").exists());
}

#[test]
fn a_table_that_was_never_published_is_not_empty() {
    let of_facts = mart(
        "of_facts",
        "SELECT h.account_id, h.as_of_date, CAST(f.total AS DOUBLE) AS x FROM scores.health AS h LEFT JOIN metrics.facts AS f ON f.account_id = h.account_id",
    );
    let project = project(COMPONENTS, "{amount: 1}", &[of_facts]);
    good(project.hale(&[
        "run",
        "--as-of",
        "2026-01-25",
        "--select",
        "metrics.accounts",
        "scores",
        "components",
    ]));
    let said =
        refused(&project, &["run", "--as-of", "2026-01-25", "--rescore", "--select", "marts.of_facts"]);
    assert!(said.contains("metrics.facts is not published"), "{said}");
}

#[test]
fn a_column_that_the_published_files_lack_is_not_null() {
    let project = project(COMPONENTS, "{amount: 1}", &[]);
    good(project.hale(&["run", "--from", "2026-01-24", "--to", "2026-01-25"]));
    let more = METRICS
        .replace(
            "n BIGINT NOT NULL, -- how much",
            "n BIGINT NOT NULL, -- how much\n  m BIGINT NOT NULL, -- twice as much",
        )
        .replace("n FROM staging", "n, 2 * n AS m FROM staging");
    project.write("sql/metrics/accounts.sql", &more);
    // A column that nobody reads is not asked for.
    good(project.hale(&AGAIN));
    project.write("sql/components/all.yml", &COMPONENTS.replace("value: n", "value: m"));
    let said = refused(&project, &["run", "--from", "2026-01-24", "--to", "2026-01-25", "--rescore"]);
    assert!(
        said.contains("metrics.accounts is published without the column `m` on 2026-01-24 to 2026-01-25"),
        "{said}"
    );
    assert!(said.contains("hale run --from 2026-01-24 --to 2026-01-25"), "{said}");
}

#[test]
fn marts_follow_the_scores_where_they_can_and_the_others_are_named() {
    let marts = [
        mart("follows", "SELECT account_id, as_of_date, score AS x FROM scores.health"),
        mart(
            "of_facts",
            "SELECT h.account_id, h.as_of_date, h.score + f.total AS x FROM scores.health AS h LEFT JOIN metrics.facts AS f ON f.account_id = h.account_id",
        ),
        mart(
            "of_sources",
            "SELECT h.account_id, h.as_of_date, h.score + e.n AS x FROM scores.health AS h JOIN staging.events AS e ON e.account_id = h.account_id AND e.day = h.as_of_date",
        ),
        mart(
            "looks_back",
            "SELECT h.account_id, h.as_of_date, h.score - b.score AS x FROM scores.health AS h LEFT JOIN scores.health AS b ON b.account_id = h.account_id AND b.as_of_date = h.as_of_date - INTERVAL '7' DAY",
        ),
        mart("apart", "SELECT account_id, as_of_date, CAST(n AS DOUBLE) AS x FROM metrics.accounts"),
    ];
    let project = project(COMPONENTS, "{amount: 1}", &marts);
    good(project.hale(&["run", "--as-of", "2026-01-25"]));
    std::fs::remove_dir_all(project.path("data")).unwrap();
    let all = ["follows", "of_facts", "of_sources", "looks_back", "apart"];
    let states = || all.map(|name| published(&project, &format!("marts/{name}"), "2026-01-25"));
    let before = states();
    project.write("sql/components/all.yml", &COMPONENTS.replace("below: 6", "below: 10"));
    let ran = project.hale(&[AGAIN.as_slice(), &["--json"]].concat());
    let said = err(&ran);
    let result: Value = serde_json::from_str(good(ran).trim()).unwrap();
    let changed: Vec<bool> = before.iter().zip(&states()).map(|(before, after)| before != after).collect();
    assert_eq!(changed, [true, true, false, false, false], "{said}");
    assert_eq!(result["older"], serde_json::json!(["marts.looks_back", "marts.of_sources"]), "{result}");
    assert!(said.contains("marts.of_sources: raw.events would be read for it"), "{said}");
    assert!(said.contains("marts.looks_back: metrics.accounts is not published on 2026-01-"), "{said}");
    // Foreign keys into what only sources tell are left to full runs, and said to be.
    let left: Vec<&str> =
        result["audits"]["left_out"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(left.len(), 2, "{result}");
    assert!(
        left[0].starts_with("marts.follows: (account_id) REFERENCES staging.events (account_id)"),
        "{result}"
    );
    // What was selected is built, and nothing else.
    let ran = project.hale(&[AGAIN.as_slice(), &["--select", "scores", "components"]].concat());
    assert!(err(&ran).contains("marts.follows: it is not selected"), "{}", err(&ran));
}

/// The higher one of a day and the one before it.
const OF_TWO_DAYS: &str = "SELECT account_id, as_of_date, max(score) OVER (PARTITION BY account_id ORDER BY as_of_date \
     RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) AS x FROM scores.health";

#[test]
fn the_next_night_reads_what_was_scored_again_where_its_metrics_are_of_now() {
    let project = project(COMPONENTS, "{amount: 1}", &[mart("two_days", OF_TWO_DAYS)]);
    good(project.hale(&["run", "--from", "2026-01-20", "--to", "2026-01-25"]));
    project.write("sql/components/all.yml", &COMPONENTS.replace("below: 6", "below: 9"));
    good(project.hale(&["run", "--from", "2026-01-20", "--to", "2026-01-25", "--rescore"]));
    let night = |day: &str| -> Value {
        serde_json::from_str(&good(project.hale(&["run", "--as-of", day, "--json"]))).unwrap()
    };
    let read = |night: &Value| night["as_published"]["scores.health"].clone();
    assert_eq!(read(&night("2026-01-26")), 1);
    // Scored again from metrics of another definition, it is known of no day what made it.
    project.write("sql/metrics/accounts.sql", &METRICS.replace("-- how much", "-- how much it is"));
    good(project.hale(&["run", "--from", "2026-01-20", "--to", "2026-01-26", "--rescore"]));
    assert_eq!(read(&night("2026-01-27")), Value::Null);
}

#[test]
fn scoring_again_what_is_as_it_was_leaves_nothing_to_do() {
    let project = project(COMPONENTS, "{amount: 1}", &[]);
    crate::cli::age(&project, "data/events.parquet", 0);
    good(project.hale(&["run", "--as-of", "2026-01-25"]));
    good(project.hale(&AGAIN));
    let told: Value =
        serde_json::from_str(&good(project.hale(&["run", "--as-of", "2026-01-25", "--json"]))).unwrap();
    assert_eq!(told["up_to_date"], true, "{told}");
}
