//! Instants of any year that SQL can write, however they are compared, cast and computed with.

use crate::ask::{hale, plain};

/// Four instants, one of them unknown, in microseconds as columns are declared.
fn rows() -> String {
    let rows = "(1, '2026-01-15T10:30:00'), (2, '9999-12-31T23:59:59.999999'), (3, NULL), (4, '0001-01-01T00:00:00')";
    format!(
        "(SELECT i, arrow_cast(text, 'Timestamp(Microsecond, None)') AS t FROM (VALUES {rows}) AS v (i, text)) AS r"
    )
}

/// For which of the rows a condition holds.
async fn holds(condition: &str, which: &[&str]) {
    let answer = hale(&format!("SELECT i FROM {} WHERE {condition}", rows())).await;
    assert_eq!(
        answer.as_deref().map_err(String::as_str),
        Ok(&which.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
        "{condition}"
    );
}

#[tokio::test]
async fn compared() {
    for (condition, which) in [
        ("t > TIMESTAMP '2030-01-01'", &["2"][..]),
        ("t > TIMESTAMP '2030-01-01 00:00:00'", &["2"]),
        ("t > '2030-01-01'", &["2"]),
        ("t >= DATE '2026-01-15'", &["1", "2"]),
        ("t < DATE '9999-12-31'", &["1", "4"]),
        ("t <> DATE '9999-12-31'", &["1", "2", "4"]),
        ("CAST(t AS DATE) = DATE '9999-12-31'", &["2"]),
        ("t = TIMESTAMP '9999-12-31T23:59:59.999999'", &["2"]),
        ("t BETWEEN DATE '0001-01-01' AND TIMESTAMP '2026-01-15 10:30:00'", &["1", "4"]),
        ("t IN (TIMESTAMP '9999-12-31T23:59:59.999999', DATE '0001-01-01')", &["2", "4"]),
        ("t NOT IN (TIMESTAMP '2026-01-15T10:30:00')", &["2", "4"]),
        ("t IS DISTINCT FROM TIMESTAMP '9999-12-31T23:59:59.999999'", &["1", "3", "4"]),
        ("t > (SELECT TIMESTAMP '2030-01-01')", &["2"]),
        ("t IN (SELECT CAST('9999-12-31T23:59:59.999999' AS TIMESTAMP))", &["2"]),
        ("EXISTS (SELECT 1 FROM (VALUES (DATE '0001-01-01')) AS d (d) WHERE d.d = r.t)", &["4"]),
        ("extract(year FROM t) = 9999", &["2"]),
        ("date_part('month', t) = 12", &["2"]),
        ("t - INTERVAL '1' YEAR > TIMESTAMP '9998-01-01'", &["2"]),
        ("t + INTERVAL '1' DAY < TIMESTAMP '0001-01-03'", &["4"]),
        ("coalesce(t, TIMESTAMP '9999-12-31') > TIMESTAMP '3000-01-01'", &["2", "3"]),
        ("coalesce(t, DATE '9999-12-31') > '3000-01-01'", &["2", "3"]),
        ("nullif(t, TIMESTAMP '2026-01-15T10:30:00') IS NULL", &["1", "3"]),
        ("greatest(t, TIMESTAMP '3000-01-01') = TIMESTAMP '3000-01-01'", &["1", "3", "4"]),
        ("CASE WHEN i = 1 THEN TIMESTAMP '9999-12-31' ELSE t END > DATE '9999-01-01'", &["1", "2"]),
        ("CASE t WHEN TIMESTAMP '2026-01-15T10:30:00' THEN TRUE END", &["1"]),
        ("to_timestamp('9999-12-31T00:00:00') < t", &["2"]),
        ("to_timestamp(253402214400) < t", &["2"]),
        ("CAST(253402214400 AS TIMESTAMP) < t", &["2"]),
        ("t < to_timestamp_seconds(0)", &["4"]),
        ("arrow_cast('2200-01-01', 'Timestamp(Nanosecond, None)') < t", &["2"]),
        ("local_day(t) = DATE '9999-12-31'", &["2"]),
        ("to_char(t, '%Y') = '9999'", &["2"]),
        ("t::VARCHAR LIKE '9999-12-31T23:59:59%'", &["2"]),
        ("TRY_CAST(t::VARCHAR AS TIMESTAMP) = t", &["1", "2", "4"]),
        ("CAST(CAST(t AS DATE) AS TIMESTAMP) = t", &["4"]),
        ("t AT TIME ZONE 'UTC' > TIMESTAMP '3000-01-01' AT TIME ZONE 'UTC'", &["2"]),
        ("CAST(t AS TIMESTAMP WITH TIME ZONE) IS NULL", &["3"]),
        ("DATE '9999-12-31' + TIME '10:00:00' < t", &["2"]),
        ("array_has([TIMESTAMP '9999-12-31T23:59:59.999999', DATE '2026-01-01'], t)", &["2"]),
    ] {
        holds(condition, which).await;
    }
}

#[tokio::test]
async fn counted_and_ordered() {
    let (from, one) = (rows(), |text: &str| vec![text.to_owned()]);
    for (sql, right) in [
        (
            "SELECT CAST(max(t) AS DATE), CAST(min(t) AS DATE), count(DISTINCT t) FROM r",
            "9999-12-31 | 0001-01-01 | 3",
        ),
        ("SELECT max(greatest(t, TIMESTAMP '2026-01-01')) = max(t) FROM r", "true"),
        ("SELECT count(*) FROM r JOIN (VALUES (DATE '0001-01-01'), (NULL)) AS d (d) ON d.d = r.t", "1"),
        (
            "SELECT count(*) FROM r JOIN (VALUES (TIMESTAMP '9000-01-01', DATE '9999-12-31')) AS p (a, b) ON r.t >= p.a AND r.t < p.b + INTERVAL '1' DAY",
            "1",
        ),
        (
            "SELECT count(*) FROM (SELECT t FROM r UNION SELECT TIMESTAMP '9999-12-31' UNION SELECT DATE '9999-12-31')",
            "5",
        ),
        (
            "SELECT string_agg(CAST(n AS VARCHAR), ' ' ORDER BY i) FROM (SELECT i, count(*) OVER (ORDER BY t RANGE BETWEEN INTERVAL '9000' YEAR PRECEDING AND CURRENT ROW) AS n FROM r WHERE t IS NOT NULL)",
            "2 2 1",
        ),
        (
            "SELECT string_agg(CAST(extract(year FROM b) AS VARCHAR), ' ' ORDER BY i) FROM (SELECT i, lag(t, 1, TIMESTAMP '9999-01-01') OVER (ORDER BY t) AS b FROM r WHERE t IS NOT NULL)",
            "1 2026 9999",
        ),
        (
            "SELECT count(*) FROM (SELECT unnest(range(TIMESTAMP '2026-01-01', TIMESTAMP '2026-01-04', INTERVAL '1' DAY)) AS d) WHERE d < TIMESTAMP '9999-01-01'",
            "3",
        ),
        ("SELECT extract(year FROM (SELECT max(t) FROM r)) + 0", "9999"),
        ("SELECT array_length(array_agg(date_trunc('day', t))) FROM r WHERE t < TIMESTAMP '9999-12-31'", "2"),
    ] {
        let sql = format!("WITH r AS (SELECT * FROM {from}) {sql}");
        assert_eq!(hale(&sql).await, Ok(one(right)), "{sql}");
    }
}

/// What the engine computes in nanoseconds alone is an error beyond them, and never another value.
#[tokio::test]
async fn refused_beyond_nanoseconds() {
    for (value, near) in [
        ("date_trunc('month', t)", "2026-01-01T00:00:00"),
        ("date_trunc('year', CAST(t AS DATE))", "2026-01-01"),
        ("date_bin(INTERVAL '1 day', t)", "2026-01-15T00:00:00"),
        ("t - TIMESTAMP '2026-01-15 10:00:00' = INTERVAL '30' MINUTE", "true"),
    ] {
        assert!(hale(&format!("SELECT {value} AS v FROM {}", rows())).await.is_err(), "{value}");
        let one = hale(&format!("SELECT {value} AS v FROM {} WHERE i = 1", rows())).await;
        assert!(one.as_ref().is_ok_and(|one| one[0].starts_with(near)), "{value}: {one:?}");
    }
}

#[tokio::test]
async fn plain_datafusion_counts_in_nanoseconds() {
    let sql = format!("SELECT CAST(t AS TIMESTAMP) AS t FROM {}", rows());
    assert!(
        plain(&sql).await.is_err(),
        "DataFusion compares instants of any year now: engine::microseconds can go"
    );
}
