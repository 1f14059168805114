//! Casts: columns that differ in one alone, and comparisons of what was cast to a type that cannot hold it.

use crate::ask::{hale, mended, plain, right};

/// Expressions that differ only in a cast are columns of their own, in groups, aggregates and windows.
#[tokio::test]
async fn columns_that_differ_in_a_cast() {
    let guard = "engine::cast_names";
    let rows = "FROM (VALUES (1, 1.5, 'x'), (2, 2.5, 'x'), (2, 0.5, 'y')) AS v (n, x, t)";
    let both = |what: &str| format!("SELECT {what} {rows}");
    mended(guard, &both("sum(n), sum(CAST(n AS DOUBLE))"), &["5 | 5.0"]).await;
    mended(
        guard,
        &both("sum(n) + sum(n::DECIMAL(9, 2)) AS s, max(CAST(n AS VARCHAR)) AS m, max(n) AS k"),
        &["10.00 | 2 | 2"],
    )
    .await;
    mended(
        guard,
        &both("count(DISTINCT CAST(x AS INT)), count(DISTINCT x), count(DISTINCT CAST(x AS BIGINT))"),
        &["3 | 3 | 3"],
    )
    .await;
    mended(
        guard,
        &format!(
            "{} GROUP BY t HAVING sum(CAST(n AS DOUBLE)) > 2.5 ORDER BY sum(TRY_CAST(n AS REAL))",
            both("t, sum(n)")
        ),
        &["x | 3"],
    )
    .await;
    mended(
        guard,
        &format!(
            "{} GROUP BY CAST(x AS INT), CAST(x AS VARCHAR)",
            both("CAST(x AS INT) AS i, CAST(x AS VARCHAR) AS v, count(*)")
        ),
        &["0 | 0.5 | 1", "1 | 1.5 | 1", "2 | 2.5 | 1"],
    )
    .await;
    let windows = "sum(n) OVER w AS a, sum(CAST(n AS DOUBLE)) OVER w AS b";
    mended(
        guard,
        &format!("{} WINDOW w AS (PARTITION BY t)", both(&format!("n, {windows}"))),
        &["1 | 3 | 3.0", "2 | 2 | 2.0", "2 | 3 | 3.0"],
    )
    .await;
    let sorted =
        "row_number() OVER (ORDER BY n, t) AS a, row_number() OVER (ORDER BY CAST(n AS VARCHAR), t) AS b";
    right(&both(&format!("t, {sorted}")), &["x | 1 | 1", "x | 2 | 2", "y | 3 | 3"]).await;
    mended(guard, &both("CAST(n AS DOUBLE), CAST(n AS VARCHAR)"), &["1.0 | 1", "2.0 | 2", "2.0 | 2"]).await;
}

/// apache/datafusion#14303: a cast that rounds, gives NULL or fails is compared, and not what it was made of.
#[tokio::test]
async fn comparisons_of_narrowing_casts() {
    let guard = "engine::narrowing";
    let money = "FROM (VALUES (CAST(1.54 AS DECIMAL(9, 2))), (CAST(1.46 AS DECIMAL(9, 2))), (CAST(2.00 AS DECIMAL(9, 2)))) AS v (x)";
    mended(guard, &format!("SELECT x {money} WHERE CAST(x AS DECIMAL(9, 1)) = 1.5"), &["1.46", "1.54"]).await;
    mended(guard, &format!("SELECT x {money} WHERE CAST(x AS BIGINT) = 1"), &["1.46", "1.54"]).await;
    mended(guard, &format!("SELECT x {money} WHERE CAST(x AS BIGINT) IN (1, 7)"), &["1.46", "1.54"]).await;
    mended(guard, &format!("SELECT x {money} WHERE CAST(x AS BIGINT) <= 1"), &["1.46", "1.54"]).await;
    mended(guard, &format!("SELECT x {money} WHERE CAST(x AS INT) BETWEEN 1 AND 1"), &["1.46", "1.54"]).await;
    let numbers = "FROM (VALUES (300), (44), (NULL)) AS v (x)";
    mended(
        guard,
        &format!("SELECT x, TRY_CAST(x AS TINYINT) > 1 AS large {numbers}"),
        &["300 | NULL", "44 | true", "NULL | NULL"],
    )
    .await;
    mended(guard, &format!("SELECT x {numbers} WHERE NOT (TRY_CAST(x AS TINYINT) < 50)"), &[]).await;
    right(&format!("SELECT x {numbers} WHERE TRY_CAST(x AS TINYINT) IS DISTINCT FROM 44"), &["300", "NULL"])
        .await;
    let failing = format!("SELECT CAST(x AS TINYINT) > 1 AS large {numbers}");
    assert!(hale(&failing).await.is_err());
    assert!(plain(&failing).await.is_ok(), "DataFusion answers it right now: {guard} can go");
    right(&format!("SELECT x {numbers} WHERE CAST(x AS BIGINT) = 44"), &["44"]).await;
}
