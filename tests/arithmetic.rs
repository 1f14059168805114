//! Integers and decimals never wrap: each operator and aggregate gives the right value or an error, and never another.

use proptest::prelude::*;

use crate::ask::{hale, hale_with, plain};

/// The numbers at which types end.
fn number() -> impl Strategy<Value = i64> {
    let ends =
        [i64::MIN, i64::MIN + 1, -1 << 32, i32::MIN.into(), -1, 0, 1, 2, i32::MAX.into(), 1 << 32, i64::MAX];
    prop_oneof![3 => prop::sample::select(ends.to_vec()), 1 => any::<i64>(), 1 => -100..100i64]
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A number as a column, so that nothing is folded at planning.
fn column(value: i64) -> String {
    format!("CAST('{value}' AS BIGINT)")
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/arithmetic.txt", 128))]

    #[test]
    fn operators_give_the_value_or_an_error(a in number(), b in number(), fold in any::<bool>()) {
        let (x, y) = (i128::from(a), i128::from(b));
        let shifted = (0..64).contains(&b).then(|| x << b);
        let expected = [
            ("x + y", Some(x + y)), ("x - y", Some(x - y)), ("x * y", Some(x * y)),
            ("x / y", (y != 0).then(|| x / y)), ("x % y", (y != 0).then(|| x % y)),
            ("x << y", shifted), ("- x", Some(-x)), ("abs(x)", Some(x.abs())),
        ];
        for (expression, value) in expected {
            let value = value.and_then(|value| i64::try_from(value).ok());
            let sql = match fold {
                false => format!("SELECT {expression} FROM (SELECT {} AS x, {} AS y FROM range(0, 1))", column(a), column(b)),
                true => format!("SELECT {expression} FROM (VALUES ({}, {})) AS v (x, y)", column(a), column(b)),
            };
            match (block(hale(&sql)), value) {
                (Ok(rows), Some(value)) => prop_assert_eq!(rows, [value.to_string()], "{}", sql),
                (Err(error), Some(_)) => prop_assert!(false, "{error}\n{sql}"),
                (Ok(rows), None) => prop_assert!(false, "{rows:?}\n{sql}"),
                (Err(_), None) => {}
            }
        }
    }

    #[test]
    fn small_integers_do_not_wrap_either(a in any::<i32>(), b in any::<i32>()) {
        let (x, y) = (i64::from(a), i64::from(b));
        for (operator, value) in [("+", x + y), ("-", x - y), ("*", x * y)] {
            let sql = format!(
                "SELECT x {operator} y FROM (SELECT CAST('{a}' AS INT) AS x, CAST('{b}' AS INT) AS y FROM range(0, 1))"
            );
            match (block(hale(&sql)), i32::try_from(value)) {
                (Ok(rows), Ok(value)) => prop_assert_eq!(rows, [value.to_string()], "{}", sql),
                (Err(error), Err(_)) => prop_assert!(error.contains("INT cannot hold"), "{error}"),
                (answer, value) => prop_assert!(false, "{answer:?} {value:?}\n{sql}"),
            }
        }
    }

    #[test]
    fn sums_are_exact_in_every_form(values in prop::collection::vec(prop::option::weighted(0.9, number()), 1..12), threads in 1..4usize) {
        let rows: Vec<String> = values.iter().enumerate().map(|(at, value)| {
            format!("({at}, {})", value.map_or("CAST(NULL AS BIGINT)".to_owned(), column))
        }).collect();
        let known = || values.iter().flatten().map(|value| i128::from(*value));
        let total = known().next().map(|_| known().sum::<i128>());
        let distinct: std::collections::BTreeSet<i128> = known().collect();
        let distinct = distinct.iter().next().map(|_| distinct.iter().sum::<i128>());
        let above = known().filter(|value| *value > 0).fold(None, |sum: Option<i128>, value| Some(sum.unwrap_or(0) + value));
        let last = values.last().copied().flatten().map(i128::from);
        let forms = [
            ("SELECT sum(x) FROM v", total),
            ("SELECT sum(DISTINCT x) FROM v", distinct),
            ("SELECT sum(x) FILTER (WHERE x > 0) FROM v", above),
            ("SELECT sum(x) FROM v GROUP BY i >= 0", total),
            ("SELECT max(s) FROM (SELECT sum(x) OVER () AS s FROM v)", total),
            ("SELECT s FROM (SELECT i, sum(x) OVER (ORDER BY i) AS s FROM v) ORDER BY i DESC LIMIT 1", total),
            ("SELECT s FROM (SELECT i, sum(x) OVER (ORDER BY i ROWS BETWEEN 0 PRECEDING AND CURRENT ROW) AS s FROM v) ORDER BY i DESC LIMIT 1", last),
        ];
        for (at, (form, value)) in forms.into_iter().enumerate() {
            let sql = format!("WITH v (i, x) AS (VALUES {}) {form}", rows.join(", "));
            let value = value.map(i64::try_from);
            match (block(hale_with(threads, &sql)), value) {
                (Ok(rows), None) => prop_assert_eq!(rows, ["NULL"], "{}", sql),
                (Ok(rows), Some(Ok(value))) => prop_assert_eq!(rows, [value.to_string()], "{}", sql),
                (Err(error), Some(Err(_))) => prop_assert!(error.contains("cannot hold") || error.contains("can hold"), "{error}"),
                // A running sum may pass the end on its way.
                (Err(_), _) if at == 5 => {}
                (answer, value) => prop_assert!(false, "{answer:?} {value:?}\n{sql}"),
            }
        }
    }

    #[test]
    fn means_of_whole_numbers_are_the_same_however_rows_are_cut(values in prop::collection::vec(any::<i64>(), 1..40)) {
        let rows: Vec<String> = values.iter().map(|value| format!("({})", column(*value))).collect();
        let sum: i128 = values.iter().map(|value| i128::from(*value)).sum();
        let mean = sum as f64 / values.len() as f64;
        for threads in [1, 3] {
            let sql = format!("SELECT avg(x) = CAST('{mean:e}' AS DOUBLE) FROM (VALUES {}) AS v (x)", rows.join(", "));
            prop_assert_eq!(block(hale_with(threads, &sql)), Ok(vec!["true".to_owned()]), "{}", sql);
        }
    }
}

#[tokio::test]
async fn the_message_says_what_was_computed_from_what() {
    let sql = "SELECT quantity * cents FROM (VALUES (CAST(50000 AS INT), CAST(90000 AS INT))) AS v (quantity, cents)";
    let error = hale(sql).await.unwrap_err();
    assert!(error.contains("quantity * v.cents overflows: INT cannot hold 50000 * 90000"), "{error}");
    let sql = "SELECT sum(bytes) FROM (VALUES (6000000000000000000), (6000000000000000000)) AS v (bytes)";
    let error = hale(sql).await.unwrap_err();
    assert!(error.contains("sum(v.bytes) is 12000000000000000000, which BIGINT cannot hold"), "{error}");
    let error = hale("SELECT x / y FROM (VALUES (1, 0)) AS v (x, y)").await.unwrap_err();
    assert!(error.contains("divides by zero; write nullif"), "{error}");
}

#[tokio::test]
async fn decimals_keep_to_their_digits() {
    let most = "9".repeat(38);
    let rows = format!("(VALUES (CAST('{most}' AS DECIMAL(38, 0))), (CAST('1' AS DECIMAL(38, 0)))) AS v (x)");
    for expression in [
        "sum(x)",
        "max(x) + max(x)",
        "max(x) + CAST(1 AS DECIMAL(38, 0))",
        "max(x) * max(x)",
        "sum(DISTINCT x)",
    ] {
        let answer = hale(&format!("SELECT {expression} FROM {rows}")).await;
        assert!(answer.is_err(), "{expression}: {answer:?}");
    }
    let sum = hale("SELECT sum(x) FROM (VALUES (CAST(1.25 AS DECIMAL(18, 2))), (CAST(-0.75 AS DECIMAL(18, 2)))) AS v (x)").await;
    assert_eq!(sum, Ok(vec!["0.50".to_owned()]));
    let mean = hale("SELECT avg(x) FROM (VALUES (CAST(1.00 AS DECIMAL(18, 2))), (CAST(0.00 AS DECIMAL(18, 2))), (CAST(0.00 AS DECIMAL(18, 2)))) AS v (x)").await;
    assert_eq!(mean, Ok(vec!["0.333333".to_owned()]));
}

/// What DataFusion does, and why `engine::checked` and `engine::functions::total` stand in its place.
#[tokio::test]
async fn plain_datafusion_still_wraps() {
    let wraps = [
        (
            "SELECT x + x FROM (SELECT CAST('9223372036854775807' AS BIGINT) AS x FROM range(0, 1))",
            "checked operators",
        ),
        (
            "SELECT x - 2 FROM (SELECT CAST('-9223372036854775808' AS BIGINT) AS x FROM range(0, 1))",
            "checked operators",
        ),
        (
            "SELECT x * 2 FROM (SELECT CAST('9223372036854775807' AS BIGINT) AS x FROM range(0, 1))",
            "checked operators",
        ),
        (
            "SELECT - x FROM (SELECT CAST(v AS BIGINT) AS x FROM (VALUES ('-9223372036854775808'), ('1')) AS t (v))",
            "the checked minus",
        ),
        ("SELECT x << 63 FROM (SELECT CAST('3' AS BIGINT) AS x FROM range(0, 1))", "the checked shift"),
        ("SELECT sum(x) FROM (VALUES (9223372036854775807), (1)) AS v (x)", "the exact sum"),
        ("SELECT sum(DISTINCT x) FROM (VALUES (9223372036854775807), (1)) AS v (x)", "the exact sum"),
    ];
    for (sql, guard) in wraps {
        assert!(plain(sql).await.is_ok(), "DataFusion tells of overflow now: {guard} can go\n{sql}");
        assert!(hale(sql).await.is_err(), "{sql}");
    }
}

/// What is left to the engine, because it tells of overflow itself.
#[tokio::test]
async fn other_arithmetic_is_told_of_by_the_engine() {
    let refused = [
        "SELECT abs(x) FROM (SELECT CAST('-9223372036854775808' AS BIGINT) AS x FROM range(0, 1))",
        "SELECT CAST(x AS INT) FROM (SELECT CAST('2147483648' AS BIGINT) AS x FROM range(0, 1))",
        "SELECT CAST(x AS BIGINT) FROM (SELECT CAST('1e30' AS DOUBLE) AS x FROM range(0, 1))",
        "SELECT CAST(x AS DECIMAL(5, 2)) FROM (SELECT CAST('1000' AS BIGINT) AS x FROM range(0, 1))",
        "SELECT DATE '2026-01-01' + x FROM (SELECT CAST('5000000000' AS BIGINT) AS x FROM range(0, 1))",
        "SELECT DATE '2026-01-01' + x FROM (SELECT CAST('2147483647' AS BIGINT) AS x FROM range(0, 1))",
        "SELECT to_timestamp_seconds(x) + INTERVAL '1' YEAR FROM (SELECT CAST('9223372036854775807' AS BIGINT) AS x FROM range(0, 1))",
        "SELECT lcm(x, 9223372036854775806) FROM (SELECT CAST('9223372036854775807' AS BIGINT) AS x FROM range(0, 1))",
        "SELECT factorial(x) FROM (SELECT CAST('25' AS BIGINT) AS x FROM range(0, 1))",
    ];
    let mut answered = Vec::new();
    for sql in refused {
        if let Ok(rows) = hale(sql).await {
            answered.push(format!("{sql}: {rows:?}"));
        }
    }
    assert!(answered.is_empty(), "{}", answered.join("\n"));
}
