//! Metrics of windows that reach back before a log is complete: named where a part of the window tells another thing, and
//! not where it tells how much there is.

use super::Files;

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";

/// A log, and who could have come.
const FILES: [(&str, &str); 5] = [
    (
        "raw/events.sql",
        "-- It.\nCREATE EXTERNAL TABLE raw.events (id BIGINT NOT NULL, account_id VARCHAR NOT NULL, user_id VARCHAR, at TIMESTAMP NOT NULL, \
         n BIGINT) STORED AS PARQUET LOCATION 'events' OPTIONS ('kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_after' '0 days')\n",
    ),
    (
        "raw/accounts.sql",
        "-- Who.\nCREATE EXTERNAL TABLE raw.accounts (account_id VARCHAR NOT NULL, seats BIGINT, joined_days BIGINT) STORED AS PARQUET \
         LOCATION 'accounts' OPTIONS ('kind' 'current', 'key' 'account_id')\n",
    ),
    ("staging/events.sql", "-- It.\nSELECT account_id, user_id, n, day FROM dated.events\n"),
    ("staging/accounts.sql", "-- Who.\nSELECT account_id, seats, joined_days FROM dated.accounts\n"),
    (
        "metrics/spine.sql",
        "-- Every account on every day.\nSELECT account_id, seats, joined_days, days.day AS as_of_date FROM staging.accounts CROSS JOIN calendar.days\n",
    ),
];

/// The log beside the spine, functions over both, and what is made of them.
fn windows(functions: &str, made: &str) -> String {
    format!(
        "WITH log AS (
  SELECT account_id, day AS as_of_date, user_id, n, TRUE AS is_seen, FALSE AS on_spine, CAST(NULL AS BIGINT) AS seats, CAST(NULL AS BIGINT) AS joined_days FROM staging.events
  UNION ALL SELECT account_id, as_of_date, NULL, NULL, NULL, TRUE, seats, joined_days FROM metrics.spine
), rolling AS (
  SELECT *, {functions} FROM log
  WINDOW w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),
    before28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '55' DAY PRECEDING AND INTERVAL '28' DAY PRECEDING),
    week1 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW),
    week2 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '13' DAY PRECEDING AND INTERVAL '7' DAY PRECEDING),
    history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT account_id, as_of_date, {made} AS v FROM rolling WHERE on_spine"
    )
}

fn table(name: &str, declared: &str, query: &str) -> String {
    format!(
        "-- Facts.\nCREATE TABLE metrics.{name} (\n  account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL,\n  v {declared},\n  \
         PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n{query}\n"
    )
}

/// What `check` says of windows of these models, each with its place, in a project that says something of the log.
async fn warned(complete: &str, models: &[(&str, &str)]) -> Vec<String> {
    let settings = format!("{SETTINGS}{complete}");
    let files = [&[("../hale.yml", settings.as_str())], &FILES[..], models].concat();
    let checked = Files::of(&files).checked().await;
    let checked = checked.unwrap_or_else(|found| panic!("{models:?}\n{}", found.render(false)));
    let told = checked.warnings.iter().filter(|warning| warning.code == "unguarded-window");
    told.map(|warning| {
        let place = warning.location.as_ref().unwrap();
        let (line, column) = place.file.line_column(place.span.start);
        let help = warning.help.as_deref().unwrap();
        format!(
            "{}:{line}:{column} {}; {}; {help}",
            place.file.path,
            warning.message,
            warning.notes.join(", ")
        )
    })
    .collect()
}

const COMPLETE: &str = "complete_from: {events: 2026-02-01}\n";

async fn said(declared: &str, query: &str) -> Vec<String> {
    warned(COMPLETE, &[("metrics/accounts.sql", &table("accounts", declared, query))]).await
}

/// That a query is told of, with the days of its window; `None` where it is not.
async fn must_be_told(declared: &str, query: &str, days: Option<&str>) {
    let said = said(declared, query).await;
    let Some(days) = days else {
        assert!(said.is_empty(), "{query}\n{said:?}");
        return;
    };
    let [told] = said.as_slice() else { panic!("{query}\n{said:?}") };
    let message = format!(
        "sql/metrics/accounts.sql:4:3 `v` tells of {days} of raw.events, and has a value also where that reaches back before the log is complete; "
    );
    assert!(told.starts_with(&message), "{query}\n{told}");
    let number = days.split(' ').next().unwrap();
    let number = if number == "a" { "n" } else { number };
    assert!(told.contains(&format!("CASE WHEN ready('events', {number}, as_of_date) THEN … END")), "{told}");
}

#[tokio::test]
async fn what_a_part_of_a_window_tells_wrongly_is_told_with_its_days() {
    for (functions, made, days) in [
        ("avg(n) OVER w28 AS a", "a", "28 days"),
        ("median(n) OVER week1 AS a", "a", "7 days"),
        ("top_share(user_id, n, 1) OVER w28 AS a", "a", "28 days"),
        ("sum(n) OVER w28 AS a, count(n) OVER w28 AS b", "CAST(a AS DOUBLE) / nullif(b, 0)", "28 days"),
        (
            "sum(n) OVER w28 AS a, sum(n) OVER before28 AS b",
            "CAST(a AS DOUBLE) / nullif(b, 0) - 1",
            "56 days",
        ),
        ("sum(n) OVER w28 AS a, sum(n) OVER before28 AS b", "CAST(a - b AS DOUBLE)", "56 days"),
        ("count(n) OVER w28 AS a", "CAST(a AS DOUBLE) / nullif(seats, 0)", "28 days"),
        ("count(n) OVER w28 AS a", "CAST(greatest(seats - a, 0) AS DOUBLE)", "28 days"),
        // A mean by day, and by week.
        ("count(n) OVER w28 AS a", "CAST(a AS DOUBLE) / 28", "28 days"),
        ("count(n) OVER w28 AS a", "CAST(a AS DOUBLE) / 4", "28 days"),
        // On how many days, in how many weeks.
        ("count(DISTINCT as_of_date) FILTER (WHERE is_seen) OVER w28 AS a", "CAST(a AS DOUBLE)", "28 days"),
        (
            "count(n) OVER week1 AS a, count(n) OVER week2 AS b",
            "CAST(least(a, 1) + least(b, 1) AS DOUBLE)",
            "14 days",
        ),
        (
            "count(n) OVER week1 AS a, count(n) OVER week2 AS b, count(n) OVER before28 AS c",
            "CAST(least(a, 1) + least(b, 1) + least(c, 1) AS DOUBLE)",
            "56 days",
        ),
        // That another account went on in one long ago says nothing of the log.
        ("avg(n) OVER w28 AS a", "CASE WHEN coalesce(joined_days >= 28, TRUE) THEN a END", "28 days"),
        // Whether it is whole is asked of too few days, of none, or the other way round.
        ("avg(n) OVER w28 AS a", "CASE WHEN ready('events', 27, as_of_date) THEN a END", "28 days"),
        ("avg(n) OVER w28 AS a", "CASE WHEN as_of_date >= DATE '2026-01-31' THEN a END", "28 days"),
        ("avg(n) OVER w28 AS a", "CASE WHEN NOT ready('events', 28, as_of_date) THEN a END", "28 days"),
        (
            "avg(n) OVER w28 AS a",
            "CASE WHEN ready('events', 28, as_of_date) OR seats > 0 THEN a END",
            "28 days",
        ),
        ("avg(n) OVER w28 AS a", "coalesce(a, 0)", "28 days"),
    ] {
        must_be_told("DOUBLE", &windows(functions, made), Some(days)).await;
    }
    let flag = windows("count(DISTINCT as_of_date) FILTER (WHERE is_seen) OVER w28 AS a", "a = 28");
    must_be_told("BOOLEAN", &flag, Some("28 days")).await;
    let less = windows("sum(n) OVER w28 AS a, sum(n) OVER before28 AS b", "a < b");
    must_be_told("BOOLEAN", &less, Some("56 days")).await;
}

#[tokio::test]
async fn what_is_so_many_since_the_log_began_is_not_told() {
    for (functions, made) in [
        ("count(n) OVER w28 AS a", "a"),
        ("coalesce(sum(n) OVER w28, 0) AS a", "a"),
        ("count(DISTINCT user_id) OVER w28 AS a", "a"),
        ("max(n) OVER w28 AS a", "a"),
        ("count(n) OVER w28 AS a, count(user_id) OVER week1 AS b", "a + b"),
        // How long ago, however far back.
        ("max(CASE WHEN is_seen THEN as_of_date END) OVER history AS a", "as_of_date - a"),
        ("count(n) OVER history AS a", "a"),
        // Under one name, before another account went on in it and after.
        ("count(n) OVER w28 AS a", "CASE WHEN coalesce(joined_days >= 28, TRUE) THEN a END"),
    ] {
        must_be_told("BIGINT", &windows(functions, made), None).await;
    }
    // In another unit.
    must_be_told("DOUBLE", &windows("sum(n) OVER w28 AS a", "CAST(a AS DOUBLE) / 3600"), None).await;
    must_be_told("BOOLEAN", &windows("count(n) OVER w28 AS a", "a > seats"), None).await;
    // All that there is, since the log began, has no window.
    must_be_told("DOUBLE", &windows("avg(n) OVER history AS a", "a"), None).await;
    // A mean of the rows of one day is that of the day.
    let of_day =
        "SELECT account_id, day AS as_of_date, avg(n) AS v FROM staging.events GROUP BY account_id, day";
    must_be_told("DOUBLE", of_day, None).await;
    // By its contract it has a value on all days, and is no share.
    let days = windows("count(DISTINCT as_of_date) FILTER (WHERE is_seen) OVER w28 AS a", "a");
    must_be_told("BIGINT NOT NULL", &days, None).await;
    must_be_told("BIGINT", &days, Some("28 days")).await;
}

#[tokio::test]
async fn a_share_without_null_is_told_that_it_needs_it() {
    let share = windows("coalesce(avg(n) OVER w28, 0) AS a", "a");
    let told = said("DOUBLE NOT NULL", &share).await;
    assert!(
        told.len() == 1 && told[0].contains("it is declared NOT NULL, and has no value before"),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_asks_whether_its_window_is_whole_is_not_told() {
    for (functions, made) in [
        ("avg(n) OVER w28 AS a", "CASE WHEN ready('events', 28, as_of_date) THEN a END"),
        ("avg(n) OVER w28 AS a", "CASE WHEN ready('events', 90, as_of_date) AND seats > 0 THEN a END"),
        ("avg(n) OVER w28 AS a", "CASE WHEN as_of_date >= DATE '2026-02-28' THEN a END"),
        ("avg(n) OVER w28 AS a", "CASE WHEN NOT ready('events', 28, as_of_date) THEN NULL ELSE a END"),
        (
            "avg(n) OVER w28 AS a, ready('events', 28, as_of_date) AND seats > 0 AS is_whole",
            "CASE WHEN is_whole THEN a END",
        ),
        // Or all of an account's days lie in the log.
        (
            "avg(n) OVER w28 AS a",
            "CASE WHEN ready('events', 28, as_of_date) OR ready('events', 1, as_of_date - seats) THEN a END",
        ),
        (
            "sum(n) OVER w28 AS a, sum(n) OVER before28 AS b",
            "CASE WHEN ready('events', 56, as_of_date) THEN CAST(a AS DOUBLE) / b END",
        ),
    ] {
        must_be_told("DOUBLE", &windows(functions, made), None).await;
    }
    let filtered = windows("avg(n) OVER w28 AS a", "a") + " AND ready('events', 28, as_of_date)";
    must_be_told("DOUBLE", &filtered, None).await;
}

/// Days that a condition of a join or a filter keeps, however that is spelled.
#[tokio::test]
async fn a_filter_over_days_is_a_window() {
    let joined = |kept: &str, function: &str| {
        format!(
            "SELECT spine.account_id, spine.as_of_date, {function} AS v FROM metrics.spine LEFT JOIN staging.events AS e \
             ON e.account_id = spine.account_id AND e.day <= spine.as_of_date{kept} GROUP BY spine.account_id, spine.as_of_date"
        )
    };
    for (kept, days) in [
        (" AND e.day > spine.as_of_date - 28", Some("28 days")),
        (" AND spine.as_of_date - e.day < 28", Some("28 days")),
        (" AND spine.as_of_date - e.day BETWEEN 0 AND 27", Some("28 days")),
        (" AND e.day BETWEEN spine.as_of_date - INTERVAL '27' DAY AND spine.as_of_date", Some("28 days")),
        (" AND spine.as_of_date < e.day + 28", Some("28 days")),
        (" AND e.day >= date_trunc('month', spine.as_of_date)", Some("a window")),
        ("", None),
    ] {
        must_be_told("DOUBLE", &joined(kept, "avg(n)"), days).await;
        must_be_told("BIGINT", &joined(kept, "count(n)"), None).await;
    }
    let part = "CAST(count(n) FILTER (WHERE spine.as_of_date - e.day < 7) AS DOUBLE) / nullif(count(n), 0)";
    must_be_told("DOUBLE", &joined("", part), Some("7 days")).await;
}

#[tokio::test]
async fn a_value_that_is_carried_on_asks_of_its_own_day() {
    let carried = |value: &str, over: &str| {
        windows("top_share(user_id, n, 1) OVER w28 AS share", "v").replace(
            "SELECT account_id, as_of_date, v AS v FROM rolling",
            &format!(
                ", held AS (SELECT *, last_value({value}) IGNORE NULLS OVER (PARTITION BY account_id ORDER BY as_of_date {over}) AS v FROM rolling) \
                 SELECT account_id, as_of_date, v FROM held"
            ),
        )
    };
    let month = "RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW";
    let ever = "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
    must_be_told("DOUBLE", &carried("CASE WHEN is_seen THEN share END", month), Some("55 days")).await;
    let told = said("DOUBLE", &carried("CASE WHEN is_seen THEN share END", ever)).await;
    assert!(told.len() == 1 && told[0].contains("it is carried on from an earlier day"), "{told:?}");
    for over in [month, ever] {
        let asked = carried("CASE WHEN is_seen AND ready('events', 28, as_of_date) THEN share END", over);
        must_be_told("DOUBLE", &asked, None).await;
    }
}

#[tokio::test]
async fn a_metric_is_told_of_where_it_is_made_and_a_count_where_it_is_divided() {
    let count = table("counts", "BIGINT", &windows("count(n) OVER w28 AS a", "a"));
    let mean = table("means", "DOUBLE", &windows("avg(n) OVER w28 AS a", "a"));
    let accounts = |made: &str| {
        let query = format!(
            "SELECT counts.account_id, counts.as_of_date, {made} AS v FROM metrics.counts AS counts \
             JOIN metrics.means AS means ON means.account_id = counts.account_id AND means.as_of_date = counts.as_of_date"
        );
        table("accounts", "DOUBLE", &query)
    };
    for (made, places) in [
        ("means.v + 1", &["sql/metrics/means.sql:4:3"][..]),
        ("1.0 / nullif(counts.v, 0)", &["sql/metrics/accounts.sql:4:3", "sql/metrics/means.sql:4:3"]),
        ("CAST(counts.v AS DOUBLE)", &["sql/metrics/means.sql:4:3"]),
    ] {
        let models = [
            ("metrics/counts.sql", count.as_str()),
            ("metrics/means.sql", &mean),
            ("metrics/accounts.sql", &accounts(made)),
        ];
        let mut told = warned(COMPLETE, &models).await;
        told.sort();
        let found: Vec<&str> = told.iter().filter_map(|told| told.split(' ').next()).collect();
        assert_eq!(found, places, "{made}");
        // Of a log of which nobody says from when it is complete nothing is asked.
        assert_eq!(warned("", &models).await, Vec::<String>::new());
    }
}
