//! Scorecards against what the contract of their metrics promises.

use crate::check::{Files, STAGED, by_day};

#[tokio::test]
async fn a_scorecard_that_the_metrics_rule_out_is_refused() {
    let metrics = by_day(
        "n BIGINT CHECK (n >= 0), stage VARCHAR CHECK (stage IN ('new', 'live')),",
        "SELECT account_id, as_of_date, sum(n) AS n, max('new') AS stage FROM staging.log GROUP BY account_id, as_of_date",
    )
    .replace("metrics.t", "metrics.accounts");
    let component = "use: {title: Use, value: n, bins: [{below: 5, points: 0}, {points: 4}]}\n";
    for (when, refused) in [
        ("stage = 'lve'", true),
        ("stage = 'live'", false),
        ("n < 0", true),
        ("n < 1 AND stage = 'new'", false),
        ("n > 9 AND stage = 'old'", true),
    ] {
        let score = format!(
            "title: H\nversion: '1'\ncomponents: [use]\nscorecards:\n  - {{name: some, when: \"{when}\"}}\n  - {{name: rest}}\ntiers: [{{name: red, below: 50, at_risk: true}}, {{name: green}}]\n"
        );
        let files = [
            STAGED,
            ("metrics/accounts.sql", metrics.as_str()),
            ("components/all.yml", component),
            ("scores/health.yml", score.as_str()),
        ];
        let found = Files::of(&files).found().await;
        let expected: Vec<&str> =
            if refused { vec!["unreachable-scorecard sql/scores/health.yml:5:24"] } else { vec![] };
        assert_eq!(found, expected, "{when}");
    }
}
