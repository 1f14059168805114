//! Wrong answers that were reported of DataFusion, tried on the version in use: each is answered right by it by now, or
//! said in another way by hale, or refused.
//!
//! | helper | says |
//! | --- | --- |
//! | `right` | plain DataFusion answers right, and so does hale |
//! | `mended` | plain DataFusion still answers wrongly, and hale right; fails when the guard that is named can go |
//! | `refused` | plain DataFusion still answers wrongly, and hale refuses; fails when the guard that is named can go |

use datafusion::prelude::{SessionConfig, SessionContext};

use crate::ask::{hale, hale_with, mended, plain, refused, right};

/// Rows for questions about sub-queries: NULLs on both sides, an empty table, one without NULL.
const ROWS: &str = "WITH t1 (id, z, w) AS (VALUES (1, 10, 1), (2, 20, 1), (NULL, 30, 2), (4, 40, 2), (5, NULL, 1), (NULL, NULL, 2)),
  t2 (id, z, w) AS (VALUES (1, 5, 1), (NULL, 50, 1), (4, NULL, 2), (NULL, NULL, 2), (2, 20, 3)),
  nothing (id) AS (SELECT 1 WHERE false), known (id) AS (VALUES (1), (3)) ";

fn asked(query: &str) -> String {
    format!("{ROWS}{query}")
}

const NOT_IN: &str = "NOT IN in engine::subqueries";

/// apache/datafusion#8241, #25340: a constant against a query with NULLs.
#[tokio::test]
async fn not_in_of_a_constant() {
    mended(NOT_IN, &asked("SELECT z FROM t1 WHERE 3 NOT IN (SELECT id FROM t2)"), &[]).await;
    mended(NOT_IN, &asked("SELECT z FROM t1 WHERE NOT (3 IN (SELECT id FROM t2))"), &[]).await;
    mended(NOT_IN, &asked("SELECT z FROM t1 WHERE 3 NOT IN (SELECT id FROM t2) OR z = 10"), &["10"]).await;
}

/// apache/datafusion#25347, #25339: NULLs of a query that looks at the row outside.
#[tokio::test]
async fn not_in_of_a_correlated_query() {
    mended(NOT_IN, &asked("SELECT z FROM t1 WHERE 3 NOT IN (SELECT id FROM t2 WHERE t2.w = t1.w)"), &[])
        .await;
    mended(
        NOT_IN,
        &asked("SELECT id FROM t1 WHERE z NOT IN (SELECT z FROM t2 WHERE t2.w = t1.w AND t2.w = 2)"),
        &["1", "2", "5"],
    )
    .await;
    mended(
        NOT_IN,
        &asked("SELECT z FROM t1 WHERE z NOT IN (SELECT z FROM t2 WHERE t2.w > t1.w)"),
        &["30", "40"],
    )
    .await;
}

/// apache/datafusion#25473, #25474: NULL, or an expression that may be it, against a query without NULLs.
#[tokio::test]
async fn not_in_of_null() {
    mended(NOT_IN, &asked("SELECT z FROM t1 WHERE CAST(NULL AS BIGINT) NOT IN (SELECT id FROM known)"), &[])
        .await;
    mended(
        NOT_IN,
        &asked("SELECT z FROM t1 WHERE nullif(1, 1) NOT IN (SELECT id FROM known) OR z = 10"),
        &["10"],
    )
    .await;
    let all = ["10", "20", "30", "40", "NULL", "NULL"];
    assert_eq!(
        hale(&asked("SELECT z FROM t1 WHERE CAST(NULL AS BIGINT) NOT IN (SELECT id FROM nothing)"))
            .await
            .unwrap(),
        all
    );
    assert_eq!(
        hale(&asked("SELECT z FROM t1 WHERE nullif(z, z) NOT IN (SELECT id FROM known)")).await.unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        hale(&asked("SELECT z FROM t1 WHERE CASE WHEN z > 100 THEN 1 END NOT IN (SELECT id FROM nothing)"))
            .await
            .unwrap(),
        all
    );
}

/// apache/datafusion#25480: the condition that correlates is the one that NOT IN asks.
#[tokio::test]
async fn not_in_of_the_same_column() {
    mended(
        NOT_IN,
        &asked("SELECT z FROM t1 WHERE id NOT IN (SELECT t2.id FROM t2 WHERE t2.id = t1.id)"),
        &["30", "NULL", "NULL"],
    )
    .await;
}

/// apache/datafusion#23410: another condition on the column of NOT IN.
#[tokio::test]
async fn not_in_beside_another_condition() {
    right(
        &asked("SELECT z FROM t1 WHERE z <> 10 AND z NOT IN (SELECT CAST(NULL AS BIGINT) FROM known)"),
        &[],
    )
    .await;
    right(
        &asked("SELECT z FROM t1 WHERE z NOT IN (SELECT id FROM nothing)"),
        &["10", "20", "30", "40", "NULL", "NULL"],
    )
    .await;
    mended(
        NOT_IN,
        &asked("SELECT z FROM t1 WHERE z NOT IN (SELECT z FROM t2) OR w = 1"),
        &["10", "20", "NULL"],
    )
    .await;
    mended(
        NOT_IN,
        &asked("SELECT z FROM t1 WHERE NOT (z IN (SELECT z FROM t2) AND w = 1)"),
        &["30", "40", "NULL"],
    )
    .await;
}

/// apache/datafusion#24960: a total over no rows is a row.
#[tokio::test]
async fn exists_over_a_total() {
    let guard = "the refusal of totals in engine::subqueries";
    let all = ["10", "20", "30", "40", "NULL", "NULL"];
    refused(
        guard,
        &asked("SELECT z FROM t1 WHERE EXISTS (SELECT count(*) FROM t2 WHERE t2.z = t1.z)"),
        &all,
        "over a total",
    )
    .await;
    refused(
        guard,
        &asked("SELECT z FROM t1 WHERE NOT EXISTS (SELECT count(*) FROM t2 WHERE t2.z = t1.z)"),
        &[],
        "over a total",
    )
    .await;
    refused(
        guard,
        &asked("SELECT z FROM t1 WHERE 0 IN (SELECT count(*) FROM t2 WHERE t2.z = t1.z)"),
        &["10", "30", "40", "NULL", "NULL"],
        "over a total",
    )
    .await;
    right(&asked("SELECT z FROM t1 WHERE EXISTS (SELECT w FROM t2 WHERE t2.w = t1.w GROUP BY w HAVING count(*) > 1)"), &all).await;
}

/// apache/datafusion#15032, #22317: totals of a correlated query over no rows.
#[tokio::test]
async fn correlated_totals_over_no_rows() {
    let sql = asked(
        "SELECT z, (SELECT CASE WHEN max(t2.id) > 10 THEN 'a' ELSE 'b' END FROM t2 WHERE t2.z = t1.z) FROM t1 WHERE w = 1",
    );
    right(&sql, &["10 | b", "20 | b", "NULL | b"]).await;
    right(
        &asked("SELECT z, (SELECT count(*) + 1 FROM t2 WHERE t2.z = t1.z) FROM t1 WHERE w = 1"),
        &["10 | 1", "20 | 2", "NULL | 1"],
    )
    .await;
    right(
        &asked("SELECT z, (SELECT regr_count(1.0, 1.0) FROM t2 WHERE t2.z = t1.z) FROM t1 WHERE w = 1"),
        &["10 | 0", "20 | 1", "NULL | 0"],
    )
    .await;
}

/// apache/datafusion#24246: lists that have nothing in common, asked of NULL.
#[tokio::test]
async fn lists_without_a_common_value() {
    let guard = "lists in engine::faults";
    let rows = "FROM (VALUES (1), (3), (NULL)) AS v (i)";
    mended(guard, &format!("SELECT i IN (1) AND i IN (2) {rows}"), &["false", "false", "NULL"]).await;
    mended(guard, &format!("SELECT i NOT IN (1) OR i NOT IN (2) {rows}"), &["true", "true", "NULL"]).await;
    mended(guard, &format!("SELECT i {rows} WHERE i NOT IN (1) OR i NOT IN (2)"), &["1", "3"]).await;
    right(&format!("SELECT i {rows} WHERE i IN (1, 2) AND i IN (1, 3)"), &["1"]).await;
    right(
        "SELECT log(a, 1.0), power(a, 0.0) FROM (VALUES (CAST(NULL AS DOUBLE))) AS v (a)",
        &["NULL | NULL"],
    )
    .await;
}

/// apache/datafusion#17681: NULL in a list.
#[tokio::test]
async fn null_in_a_list() {
    let rows = "FROM (VALUES (1), (2), (NULL)) AS v (x)";
    right(
        &format!("SELECT x, x IN (1, NULL), x NOT IN (1, NULL) {rows}"),
        &["1 | true | false", "2 | NULL | NULL", "NULL | NULL | NULL"],
    )
    .await;
    right(&format!("SELECT x {rows} WHERE x NOT IN (1, NULL)"), &[]).await;
}

/// apache/datafusion#12955, #12956: how often a row occurs.
#[tokio::test]
async fn sets_of_rows_that_occur_often() {
    let guard = "whole_rows in engine::faults";
    let (often, once) =
        ("SELECT x FROM (VALUES (1), (1), (1), (2)) AS v (x)", "SELECT x FROM (VALUES (1)) AS u (x)");
    refused(guard, &format!("{often} EXCEPT ALL {once}"), &["1", "1", "2"], "EXCEPT ALL").await;
    refused(guard, &format!("{often} INTERSECT ALL {once}"), &["1"], "INTERSECT ALL").await;
    right(&format!("{often} EXCEPT {once}"), &["2"]).await;
    right(&format!("{often} INTERSECT {once}"), &["1"]).await;
    right(
        "SELECT x FROM (VALUES (1), (NULL)) AS v (x) EXCEPT SELECT x FROM (VALUES (NULL), (2)) AS u (x)",
        &["1"],
    )
    .await;
    right(
        "SELECT x FROM (VALUES (1), (NULL)) AS v (x) INTERSECT SELECT x FROM (VALUES (NULL), (2)) AS u (x)",
        &["NULL"],
    )
    .await;
}

/// A shared column of RIGHT and FULL JOIN is the left side's alone; and one of any USING cannot be asked for in WHERE.
#[tokio::test]
async fn columns_of_using() {
    let guard = "shared_columns in engine::faults";
    let sides = |join: &str| {
        format!("SELECT x FROM (VALUES (1), (3)) AS a (x) {join} JOIN (VALUES (2), (1)) AS b (x) USING (x)")
    };
    refused(guard, &sides("RIGHT"), &["1", "2"], "USING (x) gives NULL").await;
    refused(guard, &sides("FULL"), &["1", "2", "3"], "USING (x) gives NULL").await;
    right(&sides("LEFT"), &["1", "3"]).await;
    right(&sides("INNER"), &["1"]).await;
    let natural = |join: &str| {
        format!("SELECT x FROM (VALUES (1), (3)) AS a (x) NATURAL {join} JOIN (VALUES (2), (1)) AS b (x)")
    };
    refused(guard, &natural("RIGHT"), &["1", "2"], "gives NULL").await;
    refused(guard, &natural("FULL"), &["1", "2", "3"], "gives NULL").await;
    let ambiguous = format!("{} WHERE x = 1", sides("INNER"));
    assert!(plain(&ambiguous).await.is_err(), "a column of USING can be asked for in WHERE now");
}

/// `SIMILAR TO` is of the whole text.
#[tokio::test]
async fn similar_to() {
    let guard = "similar in engine::faults";
    let rows = "FROM (VALUES ('a0'), ('ba'), ('a'), ('axb'), ('a.b')) AS v (x)";
    mended(guard, &format!("SELECT x {rows} WHERE x SIMILAR TO 'a%'"), &["a", "a.b", "a0", "axb"]).await;
    mended(guard, &format!("SELECT x {rows} WHERE x SIMILAR TO 'x'"), &[]).await;
    mended(guard, &format!("SELECT x {rows} WHERE x SIMILAR TO 'a_b'"), &["a.b", "axb"]).await;
    mended(guard, &format!("SELECT x {rows} WHERE x SIMILAR TO 'a.b'"), &["a.b"]).await;
    mended(guard, &format!("SELECT x {rows} WHERE x NOT SIMILAR TO '(a|b)%'"), &[]).await;
}

/// apache/datafusion#25471: a look ahead past NULLs, and a LIMIT above it.
#[tokio::test]
async fn lead_past_nulls() {
    let rows = "FROM (VALUES (1, 10), (2, 20), (3, 30), (4, 40), (5, NULL), (6, NULL), (7, 70), (8, 80), (9, NULL)) AS v (id, v)";
    let sql = format!("SELECT id, lead(v, 2) IGNORE NULLS OVER (ORDER BY id) {rows}");
    let right =
        ["1 | 30", "2 | 40", "3 | 70", "4 | 80", "5 | 80", "6 | 80", "7 | NULL", "8 | NULL", "9 | NULL"];
    mended("engine::day_window::stock", &sql, &right).await;
    let limited =
        "SELECT id, lead(v) IGNORE NULLS OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
                   FROM (VALUES (1, 10), (2, NULL), (3, NULL), (4, 40)) AS v (id, v) ORDER BY id LIMIT 1";
    mended("enable_window_limits = false in engine", limited, &["1 | 40"]).await;
}

/// apache/datafusion#22049, #8284: groups of `ntile`.
#[tokio::test]
async fn ntile() {
    right(
        "SELECT i, ntile(4) OVER (ORDER BY i) FROM range(0, 6) AS t (i)",
        &["0 | 1", "1 | 1", "2 | 2", "3 | 2", "4 | 3", "5 | 4"],
    )
    .await;
    right("SELECT i, ntile(20) OVER (ORDER BY i) FROM range(0, 3) AS t (i)", &["0 | 1", "1 | 2", "2 | 3"])
        .await;
}

/// apache/datafusion#19612: a running median that consumes its state.
#[tokio::test]
async fn running_medians() {
    let sql = "SELECT i, median(v) OVER w, percentile_cont(v, 0.5) OVER w FROM (VALUES (1, 10.0), (2, 20.0), (3, 60.0), (4, 10.0)) AS t (i, v)
               WINDOW w AS (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)";
    right(sql, &["1 | 10.0 | 10.0", "2 | 15.0 | 15.0", "3 | 20.0 | 20.0", "4 | 15.0 | 15.0"]).await;
}

/// apache/datafusion#16965, #5672: grouping sets over sorted rows on one thread, and sets that are named twice.
#[tokio::test]
async fn grouping_sets() {
    let guard = "engine::grouping";
    let sorted = "SELECT id FROM (SELECT 'id' AS id UNION ALL SELECT 'id' AS id ORDER BY id) AS q GROUP BY GROUPING SETS ((id), ())";
    for threads in [1, 2, 4] {
        assert_eq!(hale_with(threads, sorted).await.unwrap(), ["NULL", "id"], "{threads} threads");
    }
    let one = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    let rows: usize =
        one.sql(sorted).await.unwrap().collect().await.unwrap().iter().map(|batch| batch.num_rows()).sum();
    assert_ne!(rows, 2, "DataFusion answers it right now: {guard} can go");
    let twice =
        "SELECT c, sum(x) FROM (VALUES ('a', 1), ('b', 2)) AS t (c, x) GROUP BY GROUPING SETS ((c), (c), ())";
    right(twice, &["NULL | 3", "a | 1", "a | 1", "b | 2", "b | 2"]).await;
}

/// apache/datafusion#11748: HAVING over a constant group.
#[tokio::test]
async fn having_false() {
    right("SELECT avg(v) FROM (SELECT 1 AS v WHERE false) AS t GROUP BY false HAVING false", &[]).await;
}

/// apache/datafusion#10881, #13211: conditions of outer joins.
#[tokio::test]
async fn conditions_of_outer_joins() {
    right(&asked("SELECT t1.z FROM t1 LEFT JOIN t2 ON t1.id = t2.id WHERE abs(t2.z) > 5"), &["20"]).await;
    right(
        &asked("SELECT t1.z, t2.z FROM t1 LEFT JOIN t2 ON t1.w = t2.w AND t2.z = 5 WHERE t1.w = 1"),
        &["10 | 5", "20 | 5", "NULL | 5"],
    )
    .await;
    right(&asked("SELECT t1.z, t2.z FROM t1 LEFT JOIN t2 ON t1.id = t2.id AND (t1.z > 15 OR t2.z = 5) WHERE t1.w = 1"), &["10 | 5", "20 | 20", "NULL | NULL"]).await;
}

/// apache/datafusion#11742, #7004, #14450, #19921, #13492: types of unions, CASE with a subject, digits of decimals.
#[tokio::test]
async fn types_of_results() {
    right(
        "SELECT coalesce(v, 0.5) FROM (VALUES (1), (NULL)) AS t (v) UNION ALL SELECT NULL WHERE false",
        &["0.5", "1.0"],
    )
    .await;
    right("SELECT CASE c WHEN 'foo' THEN TRUE WHEN 'bar' THEN FALSE END FROM (VALUES ('foo'), ('bar'), ('x')) AS t (c)", &["NULL", "false", "true"]).await;
    right("SELECT CAST(CAST('5.20' AS DECIMAL(4, 2)) AS DECIMAL(3, 2))", &["5.20"]).await;
    right("SELECT round(CAST('999.9' AS DECIMAL(4, 1)))", &["1000"]).await;
    assert!(hale("SELECT CAST(CAST(12345.6789 AS DECIMAL(24, 2)) AS DECIMAL(6, 2))").await.is_err());
}

/// apache/datafusion#23634, #23818, #23820: a group's NULL is a group, and an outer join has others beside it.
#[tokio::test]
async fn keys_of_groups_that_are_null() {
    right("SELECT DISTINCT x FROM (SELECT x, count(*) FROM (VALUES (1), (NULL), (NULL)) AS t (x) GROUP BY x) AS q", &["1", "NULL"]).await;
    let joined = "SELECT w, n, count(*) FROM (SELECT q.w, q.n FROM t1 LEFT JOIN (SELECT w, count(*) AS n FROM t2 WHERE id IS NOT NULL GROUP BY w) AS q ON q.w = t1.id) AS r GROUP BY w, n";
    right(&asked(joined), &["1 | 1 | 1", "2 | 1 | 1", "NULL | NULL | 4"]).await;
}

/// A sub-query whose answer depends on the row outside in a way that the engine does not know is told of, not dumped.
#[tokio::test]
async fn subqueries_without_a_plan_are_errors() {
    for query in [
        "SELECT z, (SELECT count(*) FROM t2 WHERE t2.w > t1.w) FROM t1",
        "SELECT z FROM t1 WHERE z IN (SELECT z FROM t2 WHERE t2.w = t1.w ORDER BY z LIMIT 1)",
        "SELECT z IN (SELECT id FROM known) FROM t1",
        "SELECT z FROM t1 WHERE (z IN (SELECT id FROM known)) IS NULL",
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM known WHERE known.id = t1.id) THEN 1 END FROM t1",
        "SELECT z FROM t1 WHERE z > ALL (SELECT id FROM known)",
    ] {
        assert!(hale(&asked(query)).await.is_err(), "{query}");
    }
}

/// apache/datafusion#22142, #16531: a cast that a comparison was rid of, and one whose constant was worth another.
#[tokio::test]
async fn casts_under_comparisons() {
    right("SELECT x FROM (VALUES (123), (5)) AS v (x) WHERE CAST(x AS VARCHAR) = '0123'", &[]).await;
    right("SELECT x FROM (VALUES (123), (5)) AS v (x) WHERE CAST(x AS VARCHAR) < '2'", &["123"]).await;
    right("SELECT x FROM (VALUES (9999999999), (5)) AS v (x) WHERE TRY_CAST(x AS INT) < 9999999999", &["5"])
        .await;
    let times =
        "FROM (VALUES (TIMESTAMP '2024-01-01 10:00:00.5'), (TIMESTAMP '2024-01-02 00:00:00')) AS v (t)";
    right(
        &format!("SELECT t {times} WHERE CAST(t AS DATE) = DATE '2024-01-01'"),
        &["2024-01-01T10:00:00.500"],
    )
    .await;
    right(
        &format!("SELECT t {times} WHERE CAST(t AS DATE) < DATE '2024-01-02'"),
        &["2024-01-01T10:00:00.500"],
    )
    .await;
    right(
        &format!("SELECT t {times} WHERE CAST(t AS TIMESTAMP(0)) = TIMESTAMP '2024-01-01 10:00:00'"),
        &["2024-01-01T10:00:00.500"],
    )
    .await;
    let same = "SELECT CAST(CAST(x AS DECIMAL(17, 2)) AS TIMESTAMP(3)) = CAST(CAST(1 AS DECIMAL(17, 2)) AS TIMESTAMP(3)) FROM (VALUES (1)) AS t (x)";
    right(same, &["true"]).await;
}

/// apache/datafusion#22441, #20244: IS TRUE beneath a NOT above an outer join, and a sort that grouping has need of.
#[tokio::test]
async fn outer_joins_under_is_true_and_sorts_under_groupings() {
    let joined = "SELECT a.x, b.y FROM (VALUES (1), (2), (3)) AS a (x) LEFT JOIN (VALUES (1, 100), (2, 200)) AS b (k, y) ON a.x = b.k WHERE NOT ((b.y > 150) IS TRUE)";
    right(joined, &["1 | 100", "3 | NULL"]).await;
    let grouped = "SELECT x, y % 2, sum(v) FROM (SELECT * FROM (VALUES (1, 1, 10), (1, 2, 20), (1, 3, 30), (2, 1, 40)) AS t (x, y, v) ORDER BY x, y) GROUP BY x, y % 2 ORDER BY x, y % 2";
    right(grouped, &["1 | 0 | 20", "1 | 1 | 40", "2 | 1 | 40"]).await;
    assert_eq!(hale_with(1, grouped).await.unwrap(), ["1 | 0 | 20", "1 | 1 | 40", "2 | 1 | 40"]);
}
