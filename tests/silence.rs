//! A customer who falls silent: `check` asks what components are worth then, and no shipped scorecard scores it better.

use std::path::Path;

use tempfile::TempDir;

use crate::cli::{code, err, good, hale};

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-09-01\n";
const EVENTS: &str = "-- The log.\nCREATE EXTERNAL TABLE raw.events (account_id VARCHAR NOT NULL, user_id VARCHAR, day DATE NOT NULL, seconds BIGINT) \
    STORED AS PARQUET LOCATION 'events' OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days', 'optional' 'true', 'usage' 'USAGE')\n";
const CONTRACTS: &str = "-- Seats.\nCREATE EXTERNAL TABLE raw.contracts (account_id VARCHAR NOT NULL PRIMARY KEY, seats BIGINT) \
    STORED AS PARQUET LOCATION 'contracts' OPTIONS ('kind' 'current', 'key' 'account_id', 'optional' 'true')\n";
const STAGED: &str = "-- The log by day.\nSELECT account_id, day AS as_of_date, count(*) AS events, sum(seconds) AS seconds, count(DISTINCT user_id) AS users FROM dated.events GROUP BY account_id, day\n";
const METRICS: &str = "-- Facts.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, events BIGINT NOT NULL, seconds BIGINT NOT NULL,\n  \
    users BIGINT NOT NULL, seats BIGINT, per_user DOUBLE, growth DOUBLE, safe DOUBLE, use_of_seats DOUBLE, share DOUBLE,\n  \
    PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
    WITH rolling AS (\n  SELECT account_id, as_of_date, sum(events) OVER w AS events, sum(seconds) OVER w AS seconds, sum(users) OVER w AS users,\n    \
    lag(seconds, 28) OVER (PARTITION BY account_id ORDER BY as_of_date) AS before\n  FROM staging.days\n  \
    WINDOW w AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)\n)\n\
    SELECT r.account_id, r.as_of_date, coalesce(r.events, 0) AS events, coalesce(r.seconds, 0) AS seconds, coalesce(r.users, 0) AS users, c.seats,\n  \
    CAST(r.seconds AS DOUBLE) / nullif(r.users, 0) AS per_user,\n  CAST(r.seconds AS DOUBLE) / nullif(r.before, 0) - 1 AS growth,\n  \
    CAST(r.seconds AS DOUBLE) / greatest(r.users, 1) AS safe,\n  CAST(r.users AS DOUBLE) / nullif(c.seats, 0) AS use_of_seats,\n  \
    CAST(r.seconds AS DOUBLE) / nullif(r.events, 0) AS share\nFROM rolling AS r JOIN staging.contracts AS c ON c.account_id = r.account_id\n";
const SCORE: &str = "title: T\nversion: '1'\ncomponents: [used]\ntiers: [{name: low, below: 50, at_risk: true}, {name: high}]\n";

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A project with one component that a score uses and one that none does.
fn project(usage: bool, used: &str, unused: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let component = |name: &str, keys: &str| {
        format!("{name}:\n  title: T\n  bins: [{{below: 1, points: 0}}, {{points: 4}}]\n  {keys}\n")
    };
    let components = format!("{}{}", component("used", used), component("unused", unused));
    for (path, text) in [
        ("hale.yml", SETTINGS),
        ("sql/raw/events.sql", &EVENTS.replace("USAGE", if usage { "true" } else { "false" })),
        ("sql/raw/contracts.sql", CONTRACTS),
        ("sql/staging/days.sql", STAGED),
        ("sql/staging/contracts.sql", "-- Seats.\nSELECT account_id, seats FROM dated.contracts\n"),
        ("sql/metrics/accounts.sql", METRICS),
        ("sql/components/all.yml", &components),
        ("sql/scores/health.yml", SCORE),
    ] {
        write(folder.path(), path, text);
    }
    folder
}

/// What `check` says of a component with this value.
fn checked(usage: bool, value: &str) -> String {
    let folder = project(usage, &format!("value: {value}"), "value: seats");
    let answer = hale(folder.path(), &["check"]);
    let said = err(&answer);
    assert_eq!(code(&answer), i32::from(said.contains("error[")), "{said}");
    said
}

/// What `check` says of a component over a metric of these columns and this query.
fn checked_metric(v: &str, query: &str) -> String {
    let folder = project(true, "value: v", "value: v");
    let spine = "-- Every account on every day.\nSELECT c.account_id, d.day FROM dated.contracts AS c CROSS JOIN calendar.days AS d\n";
    write(folder.path(), "sql/staging/spine.sql", spine);
    write(
        folder.path(),
        "sql/staging/events.sql",
        "-- The log.\nSELECT account_id, day, seconds FROM dated.events\n",
    );
    let metrics = format!(
        "-- Facts.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, v {v},\n  \
         PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n{query}\n"
    );
    write(folder.path(), "sql/metrics/accounts.sql", &metrics);
    let answer = hale(folder.path(), &["check"]);
    let said = err(&answer);
    assert_eq!(code(&answer), i32::from(said.contains("error[")), "{said}");
    said
}

/// A mean, a least, a most and a sum of no rows have no value; a count has.
#[test]
fn what_is_made_of_rows_of_usage_must_say_what_none_of_them_is_worth() {
    let rolling = |value: &str| {
        format!(
            "WITH log AS (\n  SELECT account_id, day, seconds, TRUE AS is_event FROM staging.events\n  UNION ALL\n  \
             SELECT account_id, day, CAST(NULL AS BIGINT), FALSE FROM staging.spine\n),\nrolling AS (\n  \
             SELECT account_id, day, is_event, CAST({value} AS DOUBLE) AS v FROM log\n  \
             WINDOW w AS (PARTITION BY account_id ORDER BY day RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),\n    \
             before AS (PARTITION BY account_id ORDER BY day RANGE BETWEEN INTERVAL '55' DAY PRECEDING AND INTERVAL '28' DAY PRECEDING)\n)\n\
             SELECT account_id, day AS as_of_date, max(v) AS v FROM rolling WHERE NOT is_event GROUP BY account_id, day"
        )
    };
    let joined = |value: &str| {
        format!(
            "SELECT s.account_id, s.day AS as_of_date, CAST({value} AS DOUBLE) AS v\nFROM staging.spine AS s LEFT JOIN (\n  \
             SELECT account_id, day, avg(seconds) AS mean, count(*) AS n FROM staging.events GROUP BY account_id, day\n) AS e ON e.account_id = s.account_id AND e.day = s.day"
        )
    };
    for query in [
        rolling("avg(seconds) OVER w"),
        rolling("min(seconds) OVER w"),
        rolling("max(seconds) OVER w"),
        rolling("sum(seconds) OVER w"),
        rolling("median(seconds) OVER w"),
        rolling("max(seconds + 1) FILTER (WHERE is_event) OVER w"),
        rolling("sum(coalesce(seconds, 0)) OVER before"),
        rolling("sum(coalesce(seconds, 0)) FILTER (WHERE is_event) OVER w"),
        joined("e.mean"),
        joined("e.n"),
        joined("e.n + 1"),
    ] {
        let said = checked_metric("DOUBLE", &query);
        assert!(
            said.contains("error[no-zero-base]: `used` has no value where usage is zero"),
            "{query}: {said}"
        );
        assert!(said.contains("or has no value where that is 0 or has no rows"), "{query}: {said}");
    }
    for query in [
        rolling("count(seconds) OVER w"),
        rolling("count(*) FILTER (WHERE is_event) OVER before"),
        rolling("coalesce(max(seconds) OVER w, 0)"),
        rolling("avg(coalesce(seconds, 0)) OVER w"),
        rolling("sum(CASE WHEN is_event THEN 1 ELSE 0 END) OVER w"),
        joined("coalesce(e.mean, 0)"),
        joined("CASE WHEN e.n IS NULL THEN 0 ELSE 1 END"),
    ] {
        let said = checked_metric("DOUBLE", &query);
        assert!(!said.contains("no-zero-base"), "{query}: {said}");
    }
    // What is never NULL, as its contract says and audits hold, has a value.
    assert!(!checked_metric("DOUBLE NOT NULL", &joined("e.n")).contains("no-zero-base"));
}

#[test]
fn a_quotient_over_a_count_of_usage_must_say_what_no_usage_is_worth() {
    for (value, over) in [
        ("per_user", "staging.days.users"),
        ("growth", "staging.days.seconds"),
        ("share", "staging.days.events"),
        ("seats / nullif(users, 0)", "metrics.accounts.users"),
        ("100.0 * (per_user + 1)", "staging.days.users"),
        ("coalesce(per_user, growth)", "staging.days."),
        ("ln(users)", "metrics.accounts.users"),
        ("log(2, seconds) + 1", "metrics.accounts.seconds"),
        ("power(users, -1)", "metrics.accounts.users"),
        ("power(nullif(users, 0), -0.5)", "metrics.accounts.users"),
        ("nullif(users, 0)", "metrics.accounts.users"),
        ("seconds % nullif(users, 0)", "metrics.accounts.users"),
        ("CASE WHEN users > 0 THEN seats END", "metrics.accounts.users"),
        ("CASE WHEN users > 0 THEN seats ELSE NULL END", "metrics.accounts.users"),
        ("CASE users WHEN 0 THEN NULL ELSE seats END", "metrics.accounts.users"),
    ] {
        let said = checked(true, value);
        assert!(
            said.contains("error[no-zero-base]: `used` has no value where usage is zero"),
            "{value}: {said}"
        );
        assert!(said.contains("--> sql/components/all.yml:1:1"), "{value}: {said}");
        assert!(said.contains(&format!("it is divided by {over}")), "{value}: {said}");
        assert!(said.contains("= 0, give: worst}`"), "{value}: {said}");
    }
    for value in [
        "users",
        "safe",
        "use_of_seats",
        "coalesce(per_user, 0)",
        "seconds / greatest(users, 1)",
        "users / nullif(seats, 0)",
        "ln(users + 1)",
        "ln(greatest(users, 1))",
        "power(users, 2)",
        "coalesce(nullif(users, 0), 1)",
        "nullif(users, 1)",
        "CASE WHEN users > 3 THEN 1 ELSE 0 END",
        "CASE WHEN users = 0 THEN 0 WHEN seats > 3 THEN 1 END",
        "CASE WHEN seats > 0 THEN users END",
    ] {
        assert!(!checked(true, value).contains("no-zero-base"), "{value}");
    }
    let said = checked(true, "users / nullif(users, 0)");
    assert!(said.contains("add `zero_base: {when: users = 0, give: worst}`"), "{said}");
    // What is divided by is asked for, and not what is divided.
    let said = checked(true, "seconds / nullif(users, 0)");
    assert!(said.contains("add `zero_base: {when: users = 0, give: worst}`"), "{said}");
    // Where nothing is declared to be usage, nothing is asked.
    assert!(!checked(false, "per_user").contains("no-zero-base"));
    let answered = "value: per_user\n  zero_base: {when: users = 0, give: worst}";
    good(hale(project(true, answered, "value: seats").path(), &["check"]));
}

#[test]
fn a_component_that_no_score_uses_is_checked_as_well() {
    let refused = |keys: &str| {
        let said = err(&hale(project(true, "value: users", keys).path(), &["check"]));
        assert!(said.contains("error["), "{keys}: {said}");
        said
    };
    let said = refused("value: nothing_like_it");
    assert!(said.contains("sql/components/all.yml:8:10") && said.contains("nothing_like_it"), "{said}");
    assert!(refused("value: users\n  applies_when: nobody > 2").contains("nobody"));
    assert!(refused("value: growth").contains("`unused` has no value where usage is zero"));
}

#[test]
fn an_answer_must_cover_zero_usage() {
    let said = |when: &str| {
        let used = format!("value: per_user\n  zero_base: {{when: {when}, give: worst}}");
        let answer = hale(project(true, &used, "value: seats").path(), &["check"]);
        (code(&answer), err(&answer))
    };
    for when in [
        "users = 0",
        "NOT (users > 0)",
        "users + events = 0 OR seats = 3",
        "users = 0 AND seats IS NOT NULL",
        "share IS NULL",
        "events < 1",
    ] {
        assert_eq!(said(when).0, 0, "{when}: {}", said(when).1);
    }
    for when in ["users = 3", "seats = 0", "users = 0 AND seats > 3", "users > 0", "account_id = 'a'"] {
        let (code, said) = said(when);
        assert_eq!(code, 1, "{when}");
        assert!(
            said.contains("error[no-zero-base]")
                && said.contains("its `zero_base` does not say what all of that is worth"),
            "{when}: {said}"
        );
        assert!(said.contains("--> sql/components/all.yml:5:21"), "{when}: {said}");
    }
}

#[test]
fn a_score_that_speaks_of_usage_has_components_that_judge_it() {
    let said = |used: &str, score: &str| {
        let folder = project(true, &format!("value: users\n  {used}"), "value: seats");
        write(folder.path(), "sql/scores/health.yml", &format!("{SCORE}{score}\n"));
        let answer = hale(folder.path(), &["check"]);
        assert_eq!(code(&answer), 0, "{}", err(&answer));
        err(&answer)
    };
    for (used, score) in [
        ("", "usage_of: people"),
        ("", "expected_idle: {when: seats = 3, unless: users > 0}"),
        ("usage_of: people", "usage_of: integrations"),
    ] {
        let said = said(used, score);
        let key = score.split(':').next().unwrap();
        assert!(
            said.contains(&format!("warning[unheard-usage]: `{key}` changes nothing")),
            "{score}: {said}"
        );
        assert!(said.contains("--> sql/scores/health.yml:5:"), "{score}: {said}");
    }
    for (used, score) in [
        ("usage_of: people", "usage_of: people"),
        ("usage_of: both", "usage_of: integrations"),
        ("usage_of: people", "expected_idle: {when: seats = 3, unless: users > 0}"),
        ("usage_of: people", "usage_of: \"CASE WHEN seats > 3 THEN 'people' ELSE 'integrations' END\""),
        ("", ""),
    ] {
        assert!(!said(used, score).contains("unheard-usage"), "{used}, {score}");
    }
}
