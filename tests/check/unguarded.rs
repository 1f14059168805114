//! Metrics that come from an optional source and do not ask whether it is reported: named, with the column and the source;
//! and nothing of those that do ask, in any of the ways in which that can be written.

use super::Files;

const ACCOUNTS: &str = "-- Who.\nCREATE EXTERNAL TABLE raw.accounts (account_id VARCHAR NOT NULL, seats BIGINT) STORED AS PARQUET \
    LOCATION 'accounts' OPTIONS ('kind' 'current', 'key' 'account_id')\n";

/// An optional log.
fn log(name: &str) -> String {
    format!(
        "-- It.\nCREATE EXTERNAL TABLE raw.{name} (id BIGINT NOT NULL, account_id VARCHAR NOT NULL, at TIMESTAMP NOT NULL, n BIGINT) \
         STORED AS PARQUET LOCATION '{name}' OPTIONS ('kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_after' '0 days', 'optional' 'true')\n"
    )
}

const SPINE: &str = "-- Every account on every day.\nSELECT account_id, seats, days.day AS as_of_date FROM dated.accounts CROSS JOIN calendar.days\n";

/// Rows of both logs and of the spine below each other, and what is counted of them.
const BOTH: &str = "WITH log AS (
  SELECT account_id, day AS as_of_date, 'ticket' AS kind, n, TRUE AS is_ticket, FALSE AS on_spine FROM staging.tickets
  UNION ALL SELECT account_id, day, 'order', n, FALSE, FALSE FROM staging.orders
  UNION ALL SELECT account_id, as_of_date, NULL, NULL, NULL, TRUE FROM metrics.spine
), rolling AS (
  SELECT *, FUNCTION OVER (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW) AS value FROM log
)
SELECT account_id, as_of_date, GUARDED AS v FROM rolling WHERE on_spine";

/// The spine beside tickets, and what is made of them.
const BESIDE: &str = "SELECT spine.account_id, spine.as_of_date, VALUE AS v FROM metrics.spine AS spine \
    LEFT JOIN staging.tickets AS t ON t.account_id = spine.account_id AND t.day = spine.as_of_date";

/// The same, counted.
const COUNTED: &str = "WITH counted AS (SELECT spine.account_id, spine.as_of_date, VALUE AS v FROM metrics.spine AS spine \
    LEFT JOIN staging.tickets AS t ON t.account_id = spine.account_id AND t.day = spine.as_of_date GROUP BY spine.account_id, spine.as_of_date) ";

/// The messages of what `check` says of a metric by a query, each with its place.
async fn said(query: &str, more: &[(&str, &str)]) -> Vec<String> {
    let metrics = format!(
        "-- Facts.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL,\n  v BIGINT,\n  \
         PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n{query}\n"
    );
    let (tickets, orders) = (log("tickets"), log("orders"));
    let mut files = vec![
        ("raw/accounts.sql", ACCOUNTS),
        ("raw/tickets.sql", &tickets),
        ("raw/orders.sql", &orders),
        ("staging/tickets.sql", "-- Tickets.\nSELECT id, account_id, n, day FROM dated.tickets\n"),
        ("staging/orders.sql", "-- Orders.\nSELECT id, account_id, n, day FROM dated.orders\n"),
        ("staging/accounts.sql", "-- Accounts.\nSELECT account_id, seats FROM dated.accounts\n"),
        ("metrics/spine.sql", SPINE),
        ("metrics/accounts.sql", &metrics),
    ];
    files.extend(more);
    let spine = SPINE.replace("dated.accounts", "staging.accounts");
    files.iter_mut().filter(|(path, _)| *path == "metrics/spine.sql").for_each(|file| file.1 = &spine);
    let checked =
        Files::of(&files).checked().await.unwrap_or_else(|found| panic!("{query}\n{}", found.render(false)));
    let told = checked.warnings.iter().filter(|warning| warning.code == "unguarded-source");
    told.map(|warning| {
        let place = warning.location.as_ref().unwrap();
        let (line, column) = place.file.line_column(place.span.start);
        format!("{}:{line}:{column} {}", place.file.path, warning.message)
    })
    .collect()
}

/// That a query is told of, of these sources; or of none.
async fn must_be_told(query: &str, sources: &[&str]) {
    let said = said(query, &[]).await;
    let named: Vec<String> = sources.iter().map(|source| format!("raw.{source}")).collect();
    let expected = format!(
        "sql/metrics/accounts.sql:4:3 `v` comes from {}, and has a value also where that is not reported",
        named.join(" and ")
    );
    match sources {
        [] => assert!(said.is_empty(), "{query}\n{said:?}"),
        _ => assert_eq!(said, [expected], "{query}"),
    }
}

const TICKETS: &str = "reported('tickets', as_of_date)";

#[tokio::test]
async fn what_does_not_ask_is_told_with_its_sources() {
    for (value, sources) in [
        ("t.n", &["tickets"][..]),
        ("coalesce(t.n, 0)", &["tickets"]),
        ("CASE WHEN t.n > 0 THEN 1 ELSE 0 END", &["tickets"]),
        ("CASE WHEN spine.seats > 0 THEN t.n END", &["tickets"]),
        ("CASE WHEN reported('orders', spine.as_of_date) THEN t.n END", &["tickets"]),
        ("CASE WHEN reported('tickets', spine.as_of_date) OR spine.seats > 0 THEN t.n END", &["tickets"]),
        ("CASE WHEN reported('tickets', spine.as_of_date) THEN 1 ELSE t.n END", &["tickets"]),
        ("CASE WHEN NOT reported('tickets', spine.as_of_date) THEN t.n END", &["tickets"]),
        ("(SELECT max(n) FROM staging.tickets)", &["tickets"]),
        ("spine.seats", &[]),
        ("t.n + (SELECT count(*) FROM staging.orders)", &["orders", "tickets"]),
    ] {
        must_be_told(&BESIDE.replace("VALUE", value), sources).await;
    }
    for value in ["count(*)", "count(t.id)", "sum(t.n)", "count(t.id) FILTER (WHERE t.n > 1)"] {
        must_be_told(
            &(COUNTED.replace("VALUE", value) + "SELECT account_id, as_of_date, v FROM counted"),
            &["tickets"],
        )
        .await;
    }
    for (function, sources) in [
        ("count(n)", &["orders", "tickets"][..]),
        ("count(n) FILTER (WHERE kind = 'ticket')", &["tickets"]),
        ("count(n) FILTER (WHERE kind <> 'ticket')", &["orders"]),
        ("count(kind) FILTER (WHERE kind IN ('ticket', 'none'))", &["tickets"]),
        ("count(is_ticket) FILTER (WHERE is_ticket)", &["tickets"]),
        ("sum(CASE WHEN is_ticket THEN 1 ELSE 0 END)", &["tickets"]),
        ("max(CASE WHEN kind IS NULL THEN 1 END)", &[]),
    ] {
        must_be_told(&BOTH.replace("FUNCTION", function).replace("GUARDED", "value"), sources).await;
    }
}

/// Where nobody ever went over, the source that says who did is not there: that is nothing unknown.
#[tokio::test]
async fn a_source_that_is_absent_where_there_are_none_is_not_asked_for() {
    let query = BESIDE.replace("VALUE", "t.n");
    let none = log("tickets").replace("'optional' 'true'", "'optional' 'true', 'none_where_absent' 'true'");
    assert_eq!(said(&query, &[("raw/tickets.sql", &none)]).await, Vec::<String>::new());
    let obligatory = log("tickets").replace("'optional'", "'none_where_absent'");
    let files = [("raw/accounts.sql", ACCOUNTS), ("raw/tickets.sql", &obligatory)];
    let refused = Files::of(&files).checked().await.err().unwrap().render(false);
    assert!(refused.contains("`none_where_absent` is said of a source that may be absent"), "{refused}");
}

#[tokio::test]
async fn what_asks_is_not_told() {
    for value in [
        "CASE WHEN reported('tickets', spine.as_of_date) THEN t.n END",
        "CASE WHEN reported('tickets', spine.as_of_date) AND t.n > 1 THEN coalesce(t.n, 0) END",
        "CASE WHEN spine.seats > 0 THEN CASE WHEN reported('tickets', spine.as_of_date) THEN t.n ELSE -1 END END",
        "CASE WHEN NOT reported('tickets', spine.as_of_date) THEN NULL ELSE t.n END",
        "CASE WHEN NOT reported('tickets', spine.as_of_date) OR spine.seats = 0 THEN NULL ELSE t.n END",
        "coalesce(CASE WHEN reported('tickets', spine.as_of_date) THEN t.n END, 0)",
        "CASE WHEN reported('tickets', spine.as_of_date) AND reported('orders', spine.as_of_date) \
         THEN t.n + (SELECT max(n) FROM staging.orders) END",
    ] {
        must_be_told(&BESIDE.replace("VALUE", value), &[]).await;
    }
    // In a join, in a filter, and through a column that is true only where it is reported.
    must_be_told(&(BESIDE.replace("VALUE", "t.n") + " AND reported('tickets', spine.as_of_date)"), &[]).await;
    must_be_told(&(BESIDE.replace("VALUE", "t.n") + " WHERE reported('tickets', spine.as_of_date)"), &[])
        .await;
    let counted = COUNTED.replace("VALUE", "count(t.id)");
    must_be_told(
        &format!("{counted}SELECT account_id, as_of_date, CASE WHEN {TICKETS} THEN v END AS v FROM counted"),
        &[],
    )
    .await;
    must_be_told(
        &format!(
            "{counted}, told AS (SELECT *, {TICKETS} AND v > 0 AS has_any FROM counted) \
             SELECT account_id, as_of_date, CASE WHEN has_any THEN v END AS v FROM told"
        ),
        &[],
    )
    .await;
    for (function, guarded) in [
        ("count(n) FILTER (WHERE kind = 'ticket')", format!("CASE WHEN {TICKETS} THEN value END")),
        ("sum(n)", format!("CASE WHEN {TICKETS} AND reported('orders', as_of_date) THEN value END")),
        (
            "last_value(CASE WHEN reported('tickets', as_of_date) AND is_ticket THEN n END) IGNORE NULLS",
            "value".to_owned(),
        ),
    ] {
        must_be_told(&BOTH.replace("FUNCTION", function).replace("GUARDED", &guarded), &[]).await;
    }
    // A row that is there only where the source has one answers for itself.
    must_be_told(
        "SELECT spine.account_id, spine.as_of_date, max(t.n) AS v FROM metrics.spine AS spine JOIN staging.tickets AS t \
         ON t.account_id = spine.account_id AND t.day = spine.as_of_date GROUP BY spine.account_id, spine.as_of_date",
        &[],
    )
    .await;
    // As does a union that gives other rows where the source has none.
    must_be_told(
        "WITH listed AS (SELECT account_id, n FROM staging.tickets UNION ALL SELECT 'a', 1 WHERE NOT EXISTS (SELECT 1 FROM staging.tickets)) \
         SELECT spine.account_id, spine.as_of_date, max(n) AS v FROM metrics.spine AS spine LEFT JOIN listed \
         ON listed.account_id = spine.account_id GROUP BY spine.account_id, spine.as_of_date",
        &[],
    )
    .await;
}

#[tokio::test]
async fn a_metric_is_told_of_once_where_it_is_stored() {
    let stored = BESIDE.replace("VALUE", "t.n");
    let read = "-- More.\nCREATE TABLE metrics.more (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, w BIGINT, PRIMARY KEY (account_id, as_of_date)) \
        PARTITIONED BY (as_of_date) AS SELECT account_id, as_of_date, v + 1 AS w FROM metrics.accounts\n";
    let view = "-- More.\nSELECT account_id, as_of_date, v + 1 AS w FROM metrics.accounts\n";
    for more in [read, view] {
        let said = said(&stored, &[("metrics/more.sql", more)]).await;
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("sql/metrics/accounts.sql:4:3 `v` comes from raw.tickets"), "{said:?}");
    }
}
