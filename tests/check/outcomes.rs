//! What became of accounts looks forward: nothing that scores may read it.

use super::{Files, STAGED, by_day};

const LABELS: (&str, &str) = (
    "outcomes/labels.sql",
    "-- Labels.\nCREATE TABLE outcomes.labels (\n  account_id VARCHAR NOT NULL,\n  as_of_date DATE NOT NULL,\n  is_lost BOOLEAN,\n  PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\nSELECT account_id, as_of_date, max(n) > 1 AS is_lost FROM staging.log GROUP BY account_id, as_of_date\n",
);
const READS: &str = "SELECT account_id, as_of_date, max(is_lost) AS is_lost FROM outcomes.labels GROUP BY account_id, as_of_date";
const METRICS: (&str, &str) = (
    "metrics/accounts.sql",
    "-- Metrics.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL,\n  as_of_date DATE NOT NULL,\n  n BIGINT,\n  PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\nSELECT account_id, as_of_date, sum(n) AS n FROM staging.log GROUP BY account_id, as_of_date\n",
);

#[tokio::test]
async fn marts_and_outcomes_may_read_outcomes() {
    let files = Files::of(&[
        STAGED,
        LABELS,
        ("outcomes/again.sql", "-- Again.\nSELECT account_id, is_lost FROM outcomes.labels\n"),
        ("marts/m.sql", "-- Mart.\nSELECT account_id, is_lost FROM outcomes.again\n"),
    ]);
    let checked = files.checked().await.unwrap();
    let order: Vec<String> = checked.pipeline.models.iter().map(|model| model.name.to_string()).collect();
    assert_eq!(order.last().unwrap(), "marts.m", "{order:?}");
}

#[tokio::test]
async fn nothing_that_scores_may_read_outcomes() {
    let metrics = by_day("is_lost BOOLEAN,", READS);
    let files = Files::of(&[
        STAGED,
        LABELS,
        ("metrics/t.sql", &metrics),
        ("staging/s.sql", "-- S.\nSELECT account_id, is_lost FROM outcomes.labels\n"),
    ]);
    let found = files.found().await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|problem| problem.starts_with("layer-rule sql/")), "{found:?}");
    for problem in files.checked().await.unwrap_err().iter() {
        assert!(problem.message.ends_with("may not read `outcomes.labels`"), "{}", problem.message);
        let said = format!("{problem:?}");
        assert!(said.contains("outcomes look forward: nothing that scores may read them"), "{said}");
    }
}

/// Outcomes themselves are no matter of what was said of an account.
#[tokio::test]
async fn outcomes_read_no_score() {
    let files = Files::of(&[
        STAGED,
        METRICS,
        ("components/c.yml", "c: {title: C, value: n, bins: [{below: 1, points: 0}, {points: 1}]}\n"),
        (
            "scores/s.yml",
            "title: S\nversion: \"1\"\ncomponents: [c]\ntiers: [{name: low, below: 50, at_risk: true}, {name: high}]\n",
        ),
        ("outcomes/o.sql", "-- O.\nSELECT account_id, tier FROM scores.s\n"),
    ]);
    assert_eq!(files.found().await, ["layer-rule sql/outcomes/o.sql:2:30"]);
}

#[tokio::test]
async fn components_cannot_name_outcomes() {
    for value in ["(SELECT max(is_lost) FROM outcomes.labels)", "outcomes.labels.is_lost", "labels.is_lost"] {
        let component =
            format!("c: {{title: C, value: '{value}', bins: [{{below: 1, points: 0}}, {{points: 1}}]}}\n");
        let score = "title: S\nversion: \"1\"\ncomponents: [c]\ntiers: [{name: low, below: 50, at_risk: true}, {name: high}]\n";
        let files =
            Files::of(&[STAGED, METRICS, LABELS, ("components/c.yml", &component), ("scores/s.yml", score)]);
        let found = files.found().await;
        assert!(!found.is_empty() && found[0].contains("sql/components/c.yml:1:"), "{value}: {found:?}");
    }
}
