//! Tiers that SQL and cases name and no score declares.

use std::path::Path;

use tempfile::TempDir;

use crate::cli::{code, err, good, hale};

const FILES: [(&str, &str); 6] = [
    (
        "hale.yml",
        "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-09-01\nmain_score: health\n",
    ),
    (
        "sql/raw/f.sql",
        "CREATE EXTERNAL TABLE raw.f (account_id VARCHAR NOT NULL PRIMARY KEY, n BIGINT) STORED AS PARQUET LOCATION 'f' OPTIONS ('kind' 'current', 'key' 'account_id', 'optional' 'true')\n",
    ),
    ("sql/staging/f.sql", "SELECT account_id, n FROM dated.f\n"),
    (
        "sql/metrics/accounts.sql",
        "CREATE TABLE metrics.accounts (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, n BIGINT,\n  \
         PRIMARY KEY (account_id, as_of_date)) PARTITIONED BY (as_of_date) AS\n\
         SELECT account_id, d.day AS as_of_date, n FROM staging.f CROSS JOIN calendar.days AS d\n",
    ),
    (
        "sql/components/all.yml",
        "amount: {title: Amount, value: n, bins: [{below: 5, points: 0}, {points: 4}]}\n",
    ),
    (
        "sql/scores/health.yml",
        "title: H\nversion: '1'\ncomponents: [amount]\n\
         tiers: [{name: at-risk, below: 50, at_risk: true}, {name: healthy}]\n",
    ),
];

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A project with one score, and some files more.
fn project(more: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    FILES.iter().chain(more).for_each(|(path, text)| write(folder.path(), path, text));
    folder
}

/// A mart by day around a query.
fn mart(name: &str, columns: &str, query: &str) -> (String, String) {
    let sql = format!(
        "CREATE TABLE marts.{name} (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL,{columns}\n  \
         PRIMARY KEY (account_id, as_of_date)) PARTITIONED BY (as_of_date) AS\n{query}\n"
    );
    (format!("sql/marts/{name}.sql"), sql)
}

fn risky(query: &str) -> (String, String) {
    mart("risky", "", query)
}

#[test]
fn a_tier_that_no_score_has_is_refused_where_it_is_written() {
    for (query, place) in [
        ("SELECT account_id, as_of_date FROM scores.main WHERE tier = 'at_risk'", "3:61"),
        ("SELECT account_id, as_of_date FROM scores.health WHERE 'at_risk' <> tier", "3:56"),
        ("SELECT account_id, as_of_date\nFROM scores.main WHERE tier IN ('healthy', 'at_risk')", "4:44"),
        (
            "SELECT account_id, as_of_date FROM scores.main WHERE CASE tier WHEN 'at_risk' THEN TRUE END",
            "3:69",
        ),
        (
            "WITH t AS (SELECT account_id, as_of_date, tier AS t FROM scores.main)\nSELECT account_id, as_of_date FROM t WHERE t = 'at_risk'",
            "4:48",
        ),
        (
            "SELECT a.account_id, a.as_of_date FROM metrics.accounts a\nLEFT JOIN scores.main s ON s.account_id = a.account_id AND s.as_of_date = a.as_of_date AND s.tier = 'at_risk'",
            "4:101",
        ),
        (
            "SELECT account_id, as_of_date FROM scores.main\nGROUP BY account_id, as_of_date HAVING max(tier) = 'at_risk'",
            "4:52",
        ),
        (
            "SELECT account_id, as_of_date FROM scores.main\nQUALIFY lag(tier) OVER (PARTITION BY account_id ORDER BY as_of_date) = 'at_risk'",
            "4:72",
        ),
        ("SELECT account_id, as_of_date FROM scores.main\nWHERE coalesce(tier, 'none') = 'at_risk'", "4:32"),
        (
            "SELECT account_id, as_of_date FROM metrics.accounts\nWHERE account_id IN (SELECT account_id FROM scores.main WHERE tier = 'at_risk')",
            "4:70",
        ),
    ] {
        let (file, sql) = risky(query);
        let folder = project(&[(&file, &sql)]);
        let ended = hale(folder.path(), &["check"]);
        assert_eq!(code(&ended), 1, "{query}: {}", err(&ended));
        let place = format!("sql/marts/risky.sql:{place}");
        for said in ["error[unknown-tier]", &place, "did you mean `at-risk`?", "at-risk, healthy", "unscored"]
        {
            assert!(err(&ended).contains(said), "{query}: not said: {said}\n{}", err(&ended));
        }
        assert_eq!(err(&ended).matches("unknown-tier").count(), 1, "{}", err(&ended));
    }
}

/// What a mart stores of a tier is a tier still; an audit is looked at as a model is.
#[test]
fn a_tier_is_known_through_marts_and_in_audits() {
    let (file, sql) = mart("now", " tier VARCHAR,", "SELECT account_id, as_of_date, tier FROM scores.main");
    let (reader, reads) = risky("SELECT account_id, as_of_date FROM marts.now WHERE tier = 'at_risk'");
    let folder = project(&[(&file, &sql), (&reader, &reads)]);
    assert!(err(&hale(folder.path(), &["check"])).contains("sql/marts/risky.sql:3:59"));
    let audit = "-- None.\nSELECT account_id FROM scores.main\nWHERE tier = 'risky'";
    let folder = project(&[("sql/audits/none.sql", audit)]);
    let said = err(&hale(folder.path(), &["check"]));
    assert!(said.contains("unknown-tier") && said.contains("sql/audits/none.sql:3:14"), "{said}");
}

/// What is no tier, may be anything, or is a tier, is nobody's fault.
#[test]
fn what_is_right_or_not_known_is_accepted() {
    for query in [
        "SELECT account_id, as_of_date FROM scores.main WHERE tier = 'at-risk' OR tier = 'unscored'",
        "SELECT account_id, as_of_date FROM scores.main WHERE coalesce(tier, 'none') = 'none'",
        "SELECT account_id, as_of_date FROM scores.main WHERE upper(tier) = 'AT-RISK'",
        "SELECT account_id, as_of_date FROM (SELECT account_id, as_of_date, account_id AS tier FROM scores.main) WHERE tier = 'x'",
        "SELECT account_id, as_of_date FROM (SELECT account_id, as_of_date, tier FROM scores.main UNION ALL SELECT account_id, as_of_date, account_id AS tier FROM metrics.accounts) WHERE tier = 'x'",
    ] {
        let (file, sql) = risky(query);
        let folder = project(&[(&file, &sql)]);
        good(hale(folder.path(), &["check"]));
    }
}

/// Cases have tiers of their own; one that is nearly a score's is a slip.
#[test]
fn a_case_with_a_tier_that_is_nearly_one_is_warned_of() {
    let (file, sql) = risky("SELECT account_id, as_of_date FROM scores.main WHERE tier = 'at-risk'");
    let case = |tier: &str| {
        format!(
            "description: Who is.\ngiven:\n  scores.main:\n    - {{account_id: a, as_of_date: 2026-09-01, tier: {tier}}}\nexpect: []\n"
        )
    };
    let path = "sql/tests/marts.risky/who.yml";
    let folder = project(&[(&file, &sql), (path, &case("at_risk"))]);
    let ended = hale(folder.path(), &["check"]);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    for said in ["warning[unknown-tier]", "sql/tests/marts.risky/who.yml:4:", "did you mean `at-risk`?"] {
        assert!(err(&ended).contains(said), "{said}: {}", err(&ended));
    }
    for right in ["low", "high", "at-risk", "unscored", "null"] {
        let folder = project(&[(&file, &sql), (path, &case(right))]);
        assert_eq!(err(&hale(folder.path(), &["check"])), "", "{right}");
    }
}
