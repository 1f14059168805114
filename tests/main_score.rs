//! The main score of a project: which one it is, and what reads it whatever its name is.

use std::path::Path;

use tempfile::TempDir;

use crate::cli::{code, err, good, hale};
use crate::oracle::project_with;

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-09-01\n";
const RAW: &str = "-- Figures.\nCREATE EXTERNAL TABLE raw.f (account_id VARCHAR NOT NULL PRIMARY KEY, n BIGINT) STORED AS PARQUET LOCATION 'f' OPTIONS ('kind' 'current', 'key' 'account_id', 'optional' 'true')\n";
const STAGED: &str = "-- Figures.\nSELECT account_id, n FROM dated.f\n";
const METRICS: &str = "-- Facts.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, n BIGINT,\n  \
    PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
    SELECT account_id, d.day AS as_of_date, n FROM staging.f CROSS JOIN calendar.days AS d\n";
const USERS: &str = "-- Facts.\nCREATE TABLE metrics.users (\n  account_id VARCHAR NOT NULL, user_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, n BIGINT,\n  \
    PRIMARY KEY (account_id, user_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
    SELECT account_id, account_id AS user_id, d.day AS as_of_date, n FROM staging.f CROSS JOIN calendar.days AS d\n";
const MART: &str = "-- Who is at risk.\nCREATE TABLE marts.risky (\n  account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, tier_rank BIGINT, parts BIGINT NOT NULL,\n  \
    PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
    SELECT s.account_id, s.as_of_date, s.tier_rank, count(*) AS parts\nFROM scores.main AS s\n\
    JOIN components.main AS c ON c.account_id = s.account_id AND c.as_of_date = s.as_of_date\n\
    WHERE s.is_at_risk\nGROUP BY s.account_id, s.as_of_date, s.tier_rank\n";
const CASE: &str = "description: By the tier, whatever it is called.\ngiven:\n  scores.main:\n    \
    - {account_id: a, as_of_date: 2026-09-01, tier_rank: 1, is_at_risk: true}\n    \
    - {account_id: b, as_of_date: 2026-09-01, tier_rank: 2, is_at_risk: false}\n  components.main:\n    \
    - {account_id: a, as_of_date: 2026-09-01, component: amount}\nexpect:\n  \
    - {account_id: a, as_of_date: 2026-09-01, tier_rank: 1, parts: 1}\n";

fn score(keys: &str) -> String {
    format!(
        "title: T\nversion: '1'\ncomponents: [amount]\n{keys}\ntiers: [{{name: red, below: 50, at_risk: true}}, {{name: green}}]\n"
    )
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A project with scores of these names and keys.
fn project(settings: &str, scores: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("hale.yml", format!("{SETTINGS}{settings}").as_str()),
        ("sql/raw/f.sql", RAW),
        ("sql/staging/f.sql", STAGED),
        ("sql/metrics/accounts.sql", METRICS),
        ("sql/metrics/users.sql", USERS),
        (
            "sql/components/all.yml",
            "amount: {title: Amount, value: n, bins: [{below: 5, points: 0}, {points: 4}]}\n",
        ),
    ] {
        write(folder.path(), path, text);
    }
    for (name, keys) in scores {
        write(folder.path(), &format!("sql/scores/{name}.yml"), &score(keys));
    }
    folder
}

/// What the view over the main score reads; `None` where there is no main score.
fn main_of(settings: &str, scores: &[(&str, &str)]) -> Option<String> {
    let folder = project(settings, scores);
    let listed: serde_json::Value =
        serde_json::from_str(&good(hale(folder.path(), &["ls", "--format", "json"]))).unwrap();
    let models = listed["models"].as_array().unwrap();
    let view = models.iter().find(|model| model["name"] == "scores.main")?;
    Some(view["reads"][0].as_str().unwrap().to_owned())
}

#[test]
fn the_main_score_is_the_one_named_or_health_or_the_only_one_of_accounts() {
    let two = [("health", ""), ("other", "")];
    assert_eq!(main_of("", &two).as_deref(), Some("scores.health"));
    assert_eq!(main_of("main_score: other\n", &two).as_deref(), Some("scores.other"));
    let one = [("fitness", ""), ("people", "entity: user")];
    assert_eq!(main_of("", &one).as_deref(), Some("scores.fitness"));
    assert_eq!(main_of("", &[("one", ""), ("two", "")]), None);
    assert_eq!(main_of("", &[]), None);
    assert_eq!(main_of("main_score: health\n", &[]), None);
}

#[test]
fn a_main_score_that_is_none_is_refused() {
    for (settings, said) in [
        ("main_score: helth\n", ["hale.yml:6:13", "there is no score `helth`", "did you mean `health`?"]),
        ("main_score: people\n", ["hale.yml:6:13", "`people` is a score of users", "roll it up"]),
    ] {
        let folder = project(settings, &[("health", ""), ("people", "entity: user")]);
        let refused = hale(folder.path(), &["check"]);
        assert_eq!(code(&refused), 1);
        for text in said {
            assert!(err(&refused).contains(text), "{text}: {}", err(&refused));
        }
    }
    let folder = project("", &[("main", "")]);
    assert!(err(&hale(folder.path(), &["check"])).contains("`main` cannot name a score"));
    let folder = project("", &[("one", ""), ("two", "")]);
    write(folder.path(), "sql/marts/risky.sql", MART);
    let refused = err(&hale(folder.path(), &["check"]));
    assert!(refused.contains("`main_score: NAME` in hale.yml"), "{refused}");
}

/// A slip in the name of the main score hides no other fault, and is hidden by none.
#[test]
fn a_main_score_that_is_none_is_told_with_all_else() {
    let reads_main = "-- M.\nCREATE TABLE marts.m (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, PRIMARY KEY (account_id, as_of_date)) \
                      PARTITIONED BY (as_of_date) AS SELECT account_id, as_of_date FROM scores.main\n";
    for (file, text, said) in [
        ("sql/staging/wrong.sql", "-- W.\nSELECT nope FROM dated.f\n", "there is no column `nope`"),
        ("sql/staging/wrong.sql", "-- W.\nSELECT n FROM raw.nothing\n", "there is no table `raw.nothing`"),
        ("sql/components/more.yml", "more: {title: M, value: n}\n", "one of"),
        ("sql/scores/health.yml", "title: T\n", "missing"),
    ] {
        let folder = project("main_score: helth\n", &[("health", "")]);
        write(folder.path(), "sql/marts/m.sql", reads_main);
        write(folder.path(), file, text);
        for command in [&["check"][..], &["run", "--as-of", "2026-09-01"]] {
            let refused = hale(folder.path(), command);
            assert_eq!(code(&refused), 1);
            for said in [said, "there is no score `helth`", "did you mean `health`?", "hale.yml:6:13"] {
                assert!(err(&refused).contains(said), "{file}: not said: {said}\n{}", err(&refused));
            }
            assert!(!err(&refused).contains("scores.main"), "{}", err(&refused));
        }
        assert_eq!(code(&hale(folder.path(), &["ls"])), 1);
    }
}

#[test]
fn marts_and_their_tests_read_the_main_score_whatever_its_name_is() {
    for name in ["health", "fitness"] {
        let folder = project("", &[(name, ""), ("people", "entity: user")]);
        write(folder.path(), "sql/marts/risky.sql", MART);
        write(folder.path(), "sql/tests/marts.risky/by_tier.yml", CASE);
        good(hale(folder.path(), &["check"]));
        good(hale(folder.path(), &["test", "marts.risky"]));
        good(hale(folder.path(), &["compile", "--out", "compiled"]));
        let view = std::fs::read_to_string(folder.path().join("compiled/scores/main.sql")).unwrap();
        assert!(view.contains(&format!("FROM scores.{name}")), "{view}");
    }
}

#[test]
fn a_main_score_without_a_tier_at_risk_is_warned_of_and_others_are_not() {
    let warned = |main: &str| {
        let folder = project(&format!("main_score: {main}\n"), &[("health", "")]);
        let calm = score("").replace(", at_risk: true", "");
        write(folder.path(), "sql/scores/calm.yml", &calm);
        err(&hale(folder.path(), &["check"]))
    };
    assert!(warned("calm").contains("the main score `calm` has no tier that is at risk"));
    assert!(!warned("health").contains("at risk"));
}

/// Marts of the bundled project over a score without overrides, and over one that is rolled up from users.
#[test]
fn the_bundled_marts_take_any_score_as_the_main_one() {
    let health = "sql/scores/health.yml";
    let plain = project_with(&[(health, "overrides: true", "overrides: false")]);
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
    good(hale(plain.path(), &["check", "--sources", data]));
    let rolled = project_with(&[("hale.yml", "main_score: health", "main_score: people")]);
    let people = "title: People\nversion: '1'\nroll_up: {of: user_health, to: account_id, measure: mean, fallback: unscored}\n\
                  tiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n";
    write(rolled.path(), "sql/scores/people.yml", people);
    good(hale(rolled.path(), &["check", "--sources", data]));
}
