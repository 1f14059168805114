//! What is believable: rhythms and sizes, signals that follow the latent health, signals that do not, churn after a
//! decline of known length, the effect of the play.
use super::{large, must_hold, number, sample};

#[tokio::test]
async fn the_history_is_believable() {
    let data = sample().await;
    let per_weekday = |days: &str| {
        format!(
            "SELECT count(*) / count(DISTINCT CAST(occurred_at AS DATE)) FROM events WHERE date_part('dow', occurred_at) IN ({days})"
        )
    };
    let (weekend, workday) =
        (number(&data, &per_weekday("0, 6")).await, number(&data, &per_weekday("1, 2, 3, 4")).await);
    assert!(weekend < 0.5 * workday, "weekends have {weekend} events a day, working days {workday}");

    let top_tenth =
        "SELECT sum(n) FROM (SELECT count(*) AS n FROM events GROUP BY account_id ORDER BY n DESC LIMIT 12)";
    let share = number(&data, top_tenth).await / number(&data, "SELECT count(*) FROM events").await;
    assert!((0.25..0.75).contains(&share), "the largest tenth of accounts has {share} of the events");

    let believable = [
        ("segments", "SELECT count(DISTINCT segment) = 3 FROM accounts"),
        ("features", "SELECT count(DISTINCT feature) = 12 FROM events"),
        (
            "sessions begin with a login",
            "SELECT count(DISTINCT session_id) = count(DISTINCT event_id) FILTER (WHERE event_name = 'login') FROM events WHERE occurred_at < TIMESTAMP '2026-08-01'",
        ),
        (
            "integrations have no user",
            "SELECT bool_and((event_name = 'api_call') = (user_id IS NULL)) FROM events",
        ),
        (
            "seconds are sane",
            "SELECT min(seconds) >= 0 AND max(seconds) < 3600 AND avg(seconds) BETWEEN 20 AND 200 FROM events",
        ),
        ("errors happen", "SELECT avg(CAST(is_error AS INT)) BETWEEN 0.002 AND 0.05 FROM events"),
    ];
    must_hold(&data, &believable).await;
}

#[tokio::test]
async fn use_declines_before_churn_and_not_otherwise() {
    let data = large().await;
    // Events on the last 28 days of an account against the 28 days that end 120 days earlier.
    let change = |accounts: &str, last: &str| {
        format!(
            "SELECT CAST(count(*) FILTER (WHERE before < 28) AS DOUBLE) / count(*) FILTER (WHERE before >= 120)
             FROM (SELECT CAST({last} AS DATE) - CAST(occurred_at AS DATE) AS before
                   FROM events JOIN accounts USING (account_id)
                   WHERE {accounts} AND customer_since < CAST({last} AS DATE) - INTERVAL '150' DAY)
             WHERE before BETWEEN 0 AND 27 OR before BETWEEN 120 AND 147"
        )
    };
    let churned = number(&data, &change("churned_on > DATE '2026-02-01'", "churned_on")).await;
    let stayed = number(&data, &change("churned_on IS NULL", "'2026-09-30'")).await;
    assert!(churned < 0.5, "accounts that churn keep {churned} of their use to the end");
    assert!((0.8..1.6).contains(&stayed), "accounts that stay change their use by {stayed}");
}

#[tokio::test]
async fn churn_follows_decline_with_a_known_lead_time() {
    let data = large().await;
    let churned = "FROM truth_accounts WHERE churned_on IS NOT NULL";
    let at = |days: u32| {
        format!(
            "SELECT avg(health) FROM truth_health JOIN truth_accounts USING (account_id)
             WHERE planted = 'Ordinary' AND churned_on - day BETWEEN {days} AND {days} + 6"
        )
    };
    assert!(number(&data, &format!("SELECT count(*) {churned}")).await >= 30.0);
    let lead = format!("SELECT count(*) {churned} AND churned_on - declines_from NOT BETWEEN 60 AND 119");
    assert_eq!(number(&data, &lead).await, 0.0, "lead times outside 60 to 119 days");
    let (before, half_way, end) =
        (number(&data, &at(120)).await, number(&data, &at(45)).await, number(&data, &at(1)).await);
    assert!(before > 0.5 && half_way < 0.8 * before && end < 0.15, "{before}, {half_way}, {end}");
}

/// The mean of a signal over what is joined with the health of its account in its week.
async fn by_health(sql: &str) -> [f64; 2] {
    let data = large().await;
    let mut means = [0.0; 2];
    for (mean, band) in means.iter_mut().zip(["health < 0.4", "health > 0.7"]) {
        *mean = number(&data, &sql.replace("{band}", band)).await;
    }
    means
}

/// Facts of a table with the health of their week.
fn signal(value: &str, table: &str, day: &str, rows: &str) -> String {
    format!(
        "SELECT avg(CAST({value} AS DOUBLE)) FROM {table}
         JOIN truth_health ON truth_health.account_id = {table}.account_id
          AND truth_health.day <= CAST({day} AS DATE) AND truth_health.day > CAST({day} AS DATE) - INTERVAL '7' DAY
         WHERE {rows} AND {{band}}"
    )
}

/// How often something happens in an account's week, a user of it.
fn rate(table: &str, day: &str, rows: &str) -> String {
    format!(
        "WITH facts AS (SELECT account_id, CAST({day} AS DATE) AS on_day FROM {table} WHERE {rows}),
              sizes AS (SELECT account_id, count(*) AS users FROM users GROUP BY 1)
         SELECT CAST(count(on_day) AS DOUBLE) / (
                  SELECT sum(sqrt(users + 1)) FROM truth_health JOIN sizes USING (account_id) WHERE {{band}})
         FROM truth_health JOIN facts ON facts.account_id = truth_health.account_id
          AND on_day >= day AND on_day < day + INTERVAL '7' DAY
         WHERE {{band}}"
    )
}

#[tokio::test]
async fn drivers_follow_health() {
    for (what, sql, least) in [
        ("sentiment", signal("sentiment", "messages", "sent_at", "sentiment IS NOT NULL"), 0.4),
        ("nps", signal("score", "surveys", "responded_at", "survey_type = 'nps'"), 2.0),
        ("csat", signal("score", "surveys", "responded_at", "survey_type = 'csat'"), 0.8),
        (
            "meetings held",
            signal(
                "CASE WHEN no_show THEN 0 ELSE 1 END",
                "interactions",
                "scheduled_at",
                "(held_at IS NOT NULL OR no_show)",
            ),
            0.1,
        ),
        (
            "paid attempts",
            signal("CASE WHEN status = 'paid' THEN 1 ELSE 0 END", "payments", "attempted_at", "true"),
            0.03,
        ),
        (
            "days early",
            signal("CAST(due_on AS INT) - CAST(paid_on AS INT)", "invoices", "due_on", "paid_on IS NOT NULL"),
            2.0,
        ),
        (
            "praise",
            signal("CASE WHEN kind = 'praise' THEN 1 ELSE 0 END", "feedback", "created_at", "true"),
            0.15,
        ),
        ("campaigns", signal("value", "usage_daily", "usage_daily.day", "metric = 'campaigns_sent'"), 1.0),
        (
            "calls that work",
            signal(
                "CASE WHEN is_error THEN 0 ELSE 1 END",
                "events",
                "occurred_at",
                "event_name = 'api_call'",
            ),
            0.01,
        ),
        ("advocacy", rate("advocacy", "done_on", "done_on IS NOT NULL"), 0.001),
    ] {
        let [ill, well] = by_health(&sql).await;
        assert!(well - ill > least, "{what}: {ill} in ill weeks, {well} in healthy ones");
    }
    let [ill, well] = by_health(&rate("tickets", "created_at", "type <> 'question'")).await;
    assert!(ill > 2.0 * well, "tickets: {ill} in ill weeks, {well} in healthy ones");
}

#[tokio::test]
async fn irrelevant_signals_do_not() {
    for (what, sql) in [
        ("questions", rate("tickets", "created_at", "type = 'question'")),
        ("messages", rate("messages", "sent_at", "direction = 'in'")),
        ("ces", signal("score", "surveys", "responded_at", "survey_type = 'ces'")),
        (
            "tickets by phone",
            signal("CASE WHEN channel = 'phone' THEN 1 ELSE 0 END", "tickets", "created_at", "true"),
        ),
    ] {
        let [ill, well] = by_health(&sql).await;
        assert!((0.75..1.35).contains(&(well / ill)), "{what}: {ill} in ill weeks, {well} in healthy ones");
    }
}

#[tokio::test]
async fn the_play_has_an_effect_and_a_hold_out() {
    let data = large().await;
    let mean = |arm: &str, value: &str| {
        format!(
            "SELECT avg({value}) FROM truth_accounts JOIN truth_health USING (account_id)
             WHERE {arm} AND day - chosen_for_play_on BETWEEN 35 AND 55"
        )
    };
    let share_lost = |arm: &str| {
        format!(
            "SELECT avg(CASE WHEN churned_on - chosen_for_play_on BETWEEN 0 AND 119 THEN 1.0 ELSE 0.0 END)
             FROM truth_accounts WHERE {arm}"
        )
    };
    let [treated, held_out] = ["is_treated", "NOT is_treated"];
    let lift = number(&data, &mean(treated, "health")).await - number(&data, &mean(held_out, "health")).await;
    assert!((0.08..0.4).contains(&lift), "the play lifts health by {lift}");
    let saved = number(&data, &share_lost(held_out)).await - number(&data, &share_lost(treated)).await;
    assert!(saved > 0.0, "the play keeps {saved} of those chosen");
    must_hold(&data, &[
        ("both arms are filled", "SELECT count(*) FILTER (WHERE is_treated) > 25 AND count(*) FILTER (WHERE NOT is_treated) > 25 FROM truth_accounts"),
        ("the treated are trained, the others are not", "SELECT count(DISTINCT account_id) FILTER (WHERE is_treated) > 25 AND count(*) FILTER (WHERE NOT is_treated) = 0 FROM truth_accounts JOIN interactions USING (account_id) WHERE type = 'training'"),
    ]).await;
}
