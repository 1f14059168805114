//! What people judge and decide in the sample.
use super::{number, sample};

#[tokio::test]
async fn people_judge_and_decide() {
    let data = sample().await;
    let end = "TIMESTAMP '2026-10-01'";
    let of = |table: &str, account: &str, condition: &str| {
        format!("SELECT count(*) FROM {table} WHERE account_id = '{account}' AND ({condition})")
    };
    for (what, rows, sql) in [
        ("an account handed over", 2.0, of("account_owners", "a000001", "true")),
        (
            "a judgement before the hand-over",
            1.0,
            "SELECT count(*) FROM assessments JOIN account_owners USING (account_id) WHERE assessments.account_id = 'a000001' AND end_at IS NULL AND effective_at < start_at".into(),
        ),
        ("an expired judgement", 1.0, of("assessments", "a000003", &format!("expires_at < {end}"))),
        ("a judgement written down late", 1.0, of("assessments", "a000009", "recorded_at > effective_at + INTERVAL '19' DAY")),
        ("a corrected judgement", 2.0, of("assessments", "a000010", "assessment_id = 'j000010-00'")),
        ("a cap in force", 1.0, of("overrides", "a000001", &format!("mode = 'cap' AND expires_at > {end}"))),
        ("a floor in force", 1.0, of("overrides", "a000009", &format!("mode = 'floor' AND expires_at > {end}"))),
        ("a set in force", 1.0, of("overrides", "a000011", &format!("mode = 'set' AND expires_at > {end}"))),
        ("an adjustment in force", 1.0, of("overrides", "a000014", &format!("mode = 'adjust' AND expires_at > {end}"))),
        ("an expired override", 1.0, of("overrides", "a000002", &format!("expires_at < {end}"))),
        ("a revoked override", 1.0, of("overrides", "a000003", &format!("revoked_at < {end} AND expires_at > {end}"))),
        ("judgements of the future", 0.0, "SELECT count(*) FROM assessments WHERE recorded_at > TIMESTAMP '2026-10-01 06:00:00'".into()),
        ("values off the scale", 0.0, "SELECT count(*) FROM assessments WHERE value NOT BETWEEN 1 AND scale".into()),
        ("strangers", 0.0, "SELECT count(*) FROM assessments LEFT JOIN accounts USING (account_id) WHERE accounts.name IS NULL".into()),
    ] {
        assert_eq!(number(&data, &sql).await, rows, "{what}");
    }
    let judged = number(&data, "SELECT count(DISTINCT account_id) FROM assessments").await;
    assert!((45.0..90.0).contains(&judged), "{judged} of 120 accounts are judged");
}
