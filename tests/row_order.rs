//! What depends on an order of rows that nothing settles is refused by `check`, with its place and what to add; what a
//! key settles is not.

use crate::check::Files;

const KEYED: (&str, &str) = (
    "raw/keyed.sql",
    "-- Events.\nCREATE EXTERNAL TABLE raw.keyed (\n  event_id BIGINT NOT NULL PRIMARY KEY, -- which\n  account_id VARCHAR NOT NULL, -- whose\n  at TIMESTAMP NOT NULL, -- when\n  n BIGINT, -- how much\n  x DOUBLE -- roughly\n) STORED AS PARQUET LOCATION 'keyed.parquet'\nOPTIONS ('kind' 'events', 'happened_at' 'at', 'known_after' '0 days')\n",
);
const STAGED: (&str, &str) = ("staging/e.sql", "SELECT event_id, account_id, at, n, x FROM dated.keyed\n");
const PEOPLE: (&str, &str) = (
    "raw/people.sql",
    "-- People.\nCREATE EXTERNAL TABLE raw.people (\n  account_id VARCHAR NOT NULL PRIMARY KEY, -- who\n  name VARCHAR -- called\n) STORED AS PARQUET LOCATION 'people.parquet'\nOPTIONS ('kind' 'current', 'key' 'account_id')\n",
);

async fn found(query: &str) -> Vec<String> {
    Files::of(&[
        KEYED,
        PEOPLE,
        STAGED,
        ("staging/people.sql", "SELECT account_id, name FROM dated.people"),
        ("marts/t.sql", query),
    ])
    .found()
    .await
}

#[tokio::test]
async fn ties_are_refused() {
    for (query, word) in [
        (
            "SELECT account_id, event_id FROM staging.e QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY at DESC) = 1",
            "row_number",
        ),
        ("SELECT event_id, ntile(4) OVER (ORDER BY n) AS q FROM staging.e", "ntile"),
        (
            "SELECT event_id, lag(n) OVER (PARTITION BY account_id ORDER BY at) AS before FROM staging.e",
            "lag",
        ),
        (
            "SELECT event_id, first_value(n) OVER (PARTITION BY account_id ORDER BY at) AS first FROM staging.e",
            "first_value",
        ),
        (
            "SELECT event_id, nth_value(n, 2) OVER (PARTITION BY account_id ORDER BY at) AS second FROM staging.e",
            "nth_value",
        ),
        ("SELECT event_id, row_number() OVER () AS place, n FROM staging.e", "row_number"),
        (
            "SELECT event_id, sum(n) OVER (ORDER BY at ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS s FROM staging.e",
            "sum",
        ),
        ("SELECT account_id, first_value(n) AS v FROM staging.e GROUP BY account_id", "first_value"),
        (
            "SELECT account_id, last_value(n ORDER BY at) AS v FROM staging.e GROUP BY account_id",
            "last_value",
        ),
        (
            "SELECT account_id, nth_value(n, 3 ORDER BY at) AS v FROM staging.e GROUP BY account_id",
            "nth_value",
        ),
        (
            "SELECT account_id, string_agg(account_id || n, ',') AS v FROM staging.e GROUP BY account_id",
            "string_agg",
        ),
        (
            "SELECT account_id, array_length(array_agg(n)) AS v FROM staging.e GROUP BY account_id",
            "array_agg",
        ),
        ("SELECT account_id, (array_agg(n))[1] AS v FROM staging.e GROUP BY account_id", "array_agg"),
        ("SELECT DISTINCT ON (account_id) account_id, n FROM staging.e ORDER BY account_id, at", "DISTINCT"),
        ("SELECT event_id FROM staging.e LIMIT 5", "LIMIT"),
        ("SELECT event_id FROM staging.e ORDER BY at LIMIT 5", "LIMIT"),
    ] {
        let column = query.find(word).unwrap() + 1;
        assert_eq!(found(query).await, [format!("row-order sql/marts/t.sql:1:{column}")], "{query}");
    }
}

#[tokio::test]
async fn what_a_key_settles_passes() {
    for query in [
        "SELECT account_id, event_id FROM staging.e QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY at DESC, event_id) = 1",
        "SELECT event_id, lag(n) OVER (ORDER BY event_id) AS before FROM staging.e",
        // All columns that are asked for: rows that are equal in them are the same.
        "SELECT account_id, at FROM staging.e QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY at) = 1",
        // The key of a group, of a distinct row, of what was left by a choice.
        "SELECT account_id, lag(n) OVER (ORDER BY account_id) AS before FROM (SELECT account_id, sum(n) AS n FROM staging.e GROUP BY account_id)",
        "SELECT account_id, n, row_number() OVER (ORDER BY n, account_id) AS place FROM (SELECT DISTINCT account_id, n FROM staging.e)",
        "WITH one AS (SELECT * FROM staging.e QUALIFY row_number() OVER (PARTITION BY account_id, n ORDER BY event_id) = 1) SELECT event_id, lag(at) OVER (PARTITION BY account_id ORDER BY n) AS before FROM one",
        // A join by the key of the other table adds no row, and an outer one neither.
        "SELECT event_id, lag(name) OVER (ORDER BY event_id) AS before FROM staging.e JOIN staging.people ON people.account_id = e.account_id",
        "SELECT event_id, lag(name) OVER (ORDER BY event_id) AS before FROM staging.e LEFT JOIN staging.people ON people.account_id = e.account_id",
        // A constant need not stand in the order.
        "SELECT n, row_number() OVER (ORDER BY at, n, x, event_id) AS place FROM staging.e WHERE account_id = 'a'",
        // Peers are taken together.
        "SELECT event_id, sum(n) OVER (PARTITION BY account_id ORDER BY at) AS s, rank() OVER (ORDER BY n) AS r FROM staging.e",
        "SELECT event_id, count(*) OVER (PARTITION BY account_id) AS n, max(n) OVER () AS m FROM staging.e",
        // Rows of one day have an order of their own in the day-window operator.
        "SELECT event_id, last_value(n) OVER (PARTITION BY account_id ORDER BY CAST(at AS DATE)) AS last FROM staging.e",
        // The value itself is what rows are ordered by.
        "SELECT account_id, first_value(at ORDER BY at) AS first, string_agg(CAST(n AS VARCHAR), ',' ORDER BY n) AS all FROM staging.e GROUP BY account_id",
        "SELECT DISTINCT ON (account_id) account_id, n FROM staging.e ORDER BY account_id, at, event_id",
        "SELECT event_id FROM staging.e ORDER BY at, event_id LIMIT 5",
        "SELECT n FROM staging.e ORDER BY n LIMIT 5",
    ] {
        assert_eq!(found(query).await, Vec::<String>::new(), "{query}");
    }
}

#[tokio::test]
async fn a_join_that_adds_rows_is_no_key() {
    let query = "SELECT p.account_id, e.n, row_number() OVER (ORDER BY p.account_id) AS place FROM staging.people p LEFT JOIN staging.e e ON e.account_id = p.account_id";
    assert_eq!(found(query).await, ["row-order sql/marts/t.sql:1:27"]);
}

#[tokio::test]
async fn estimates_and_any_value_are_refused() {
    for call in ["any_value(n)", "approx_median(n)", "approx_percentile_cont(x, 0.9)", "approx_distinct(n)"] {
        let query = format!("SELECT account_id, {call} AS v FROM staging.e GROUP BY account_id");
        assert_eq!(found(&query).await, ["row-order sql/marts/t.sql:1:20"], "{query}");
    }
}

#[tokio::test]
async fn sums_of_doubles_and_what_is_made_of_them_are_refused() {
    for call in [
        "sum(x)",
        "avg(x)",
        "avg(CAST(n AS DOUBLE))",
        "stddev(x)",
        "stddev_pop(n)",
        "var(x)",
        "var_pop(x)",
        "corr(x, n)",
        "covar_samp(x, n)",
        "regr_slope(x, n)",
        "regr_r2(x, n)",
    ] {
        for query in [
            format!("SELECT account_id, {call} AS v FROM staging.e GROUP BY account_id"),
            format!(
                "SELECT event_id, {call} OVER (PARTITION BY account_id ORDER BY event_id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS v FROM staging.e"
            ),
        ] {
            let codes: Vec<String> = found(&query).await;
            assert_eq!(codes.len(), 1, "{query}: {codes:?}");
            assert!(codes[0].starts_with("float-sum sql/marts/t.sql:1:"), "{query}: {codes:?}");
        }
    }
    for call in
        ["sum(n)", "avg(n)", "regr_count(x, n)", "median(x)", "max(x)", "sum(CAST(x AS DECIMAL(20, 4)))"]
    {
        let query = format!("SELECT account_id, {call} AS v FROM staging.e GROUP BY account_id");
        assert_eq!(found(&query).await, Vec::<String>::new(), "{query}");
    }
}

#[tokio::test]
async fn subqueries_and_frames_are_refused_with_their_place() {
    for (query, said) in [
        (
            "SELECT event_id,\n  n IN (SELECT n FROM staging.e) AS k FROM staging.e",
            "plan sql/marts/t.sql:2:3",
        ),
        (
            "SELECT event_id FROM staging.e\nWHERE CASE WHEN n NOT IN (SELECT n FROM staging.e) THEN TRUE END",
            "plan sql/marts/t.sql:2:17",
        ),
        (
            "SELECT event_id,\n  (SELECT count(*) FROM staging.e AS o WHERE o.n > e.n) AS k FROM staging.e AS e",
            "subquery sql/marts/t.sql:2:4",
        ),
        (
            "SELECT event_id, count(*) OVER (PARTITION BY account_id\n  ORDER BY at RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND INTERVAL '240' HOUR PRECEDING) AS k FROM staging.e",
            "plan sql/marts/t.sql:2:12",
        ),
        (
            "SELECT event_id, count(*) OVER (PARTITION BY account_id\n  ORDER BY at RANGE BETWEEN INTERVAL '28' DAY PRECEDING AND INTERVAL '55' DAY PRECEDING) AS k FROM staging.e",
            "plan sql/marts/t.sql:2:12",
        ),
    ] {
        assert_eq!(found(query).await, [said], "{query}");
    }
}

#[tokio::test]
async fn a_column_of_using_in_where_is_told_of_with_what_to_write() {
    let query =
        "SELECT account_id FROM staging.e JOIN staging.people USING (account_id) WHERE account_id = 'a'";
    let files = Files::of(&[
        KEYED,
        PEOPLE,
        STAGED,
        ("staging/people.sql", "SELECT account_id, name FROM dated.people"),
        ("marts/t.sql", query),
    ]);
    let said = files.checked().await.unwrap_err().render(false);
    assert!(said.contains("in WHERE also where it is one of USING"), "{said}");
}
