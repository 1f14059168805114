//! Predicates with sub-queries over random small tables with NULLs: SQL's three-valued answer.

use proptest::prelude::*;

use crate::ask::hale_with;

type Row = (Option<i64>, Option<i64>);

fn table() -> impl Strategy<Value = Vec<Row>> {
    let value = || prop::option::weighted(0.7, 0..3i64);
    prop::collection::vec((value(), value()), 0..5)
}

fn equal(a: Option<i64>, b: Option<i64>) -> Option<bool> {
    a.zip(b).map(|(a, b)| a == b)
}

fn less(a: Option<i64>, b: Option<i64>) -> Option<bool> {
    a.zip(b).map(|(a, b)| a < b)
}

/// `x IN (…)` by definition: true where one is equal, NULL where one may be, else false.
fn within(x: Option<i64>, values: &[Option<i64>]) -> Option<bool> {
    let each: Vec<_> = values.iter().map(|value| equal(x, *value)).collect();
    if each.contains(&Some(true)) {
        Some(true)
    } else if each.contains(&None) {
        None
    } else {
        Some(false)
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn not(a: Option<bool>) -> Option<bool> {
    a.map(|a| !a)
}

/// A condition on a row `(x, k)` of the outer table, in SQL and by definition.
type Form = (&'static str, fn(Row, &[Row]) -> Option<bool>);

/// The values of the rows for which a condition is true.
fn of(inner: &[Row], holds: impl Fn(&Row) -> Option<bool>) -> Vec<Option<i64>> {
    inner.iter().filter(|row| holds(row) == Some(true)).map(|row| row.0).collect()
}

const FORMS: [Form; 14] = [
    ("x IN (SELECT y FROM i)", |(x, _), i| within(x, &of(i, |_| Some(true)))),
    ("x NOT IN (SELECT y FROM i)", |(x, _), i| not(within(x, &of(i, |_| Some(true))))),
    ("NOT x IN (SELECT y FROM i)", |(x, _), i| not(within(x, &of(i, |_| Some(true))))),
    ("1 NOT IN (SELECT y FROM i)", |_, i| not(within(Some(1), &of(i, |_| Some(true))))),
    ("x + 1 NOT IN (SELECT y FROM i)", |(x, _), i| not(within(x.map(|x| x + 1), &of(i, |_| Some(true))))),
    ("CAST(NULL AS BIGINT) NOT IN (SELECT y FROM i)", |_, i| not(within(None, &of(i, |_| Some(true))))),
    ("x IN (SELECT y FROM i WHERE i.j = o.k)", |(x, k), i| within(x, &of(i, |row| equal(row.1, k)))),
    ("x NOT IN (SELECT y FROM i WHERE i.j = o.k)", |(x, k), i| not(within(x, &of(i, |row| equal(row.1, k))))),
    ("x NOT IN (SELECT y FROM i WHERE i.j < o.k)", |(x, k), i| not(within(x, &of(i, |row| less(row.1, k))))),
    ("x NOT IN (SELECT y FROM i WHERE i.y = o.x)", |(x, _), i| not(within(x, &of(i, |row| equal(row.0, x))))),
    ("x NOT IN (SELECT y FROM i) OR k = 1", |(x, k), i| {
        or(not(within(x, &of(i, |_| Some(true)))), equal(k, Some(1)))
    }),
    ("NOT (x IN (SELECT y FROM i WHERE i.j = o.k) OR k = 1)", |(x, k), i| {
        not(or(within(x, &of(i, |row| equal(row.1, k))), equal(k, Some(1))))
    }),
    ("EXISTS (SELECT 1 FROM i WHERE i.j = o.k AND i.y < o.x)", |(x, k), i| {
        Some(i.iter().any(|row| equal(row.1, k) == Some(true) && less(row.0, x) == Some(true)))
    }),
    ("NOT EXISTS (SELECT 1 FROM i WHERE i.j = o.k) OR x = 0", |(x, k), i| {
        or(Some(!i.iter().any(|row| equal(row.1, k) == Some(true))), equal(x, Some(0)))
    }),
];

fn rows(name: &str, columns: &str, rows: &[Row]) -> String {
    let text =
        |value: Option<i64>| value.map_or("CAST(NULL AS BIGINT)".to_owned(), |value| value.to_string());
    let values: Vec<String> =
        rows.iter().enumerate().map(|(at, (a, b))| format!("({at}, {}, {})", text(*a), text(*b))).collect();
    match values.is_empty() {
        true => format!(
            "{name} ({columns}) AS (SELECT 0 AS a, CAST(0 AS BIGINT) AS b, CAST(0 AS BIGINT) AS c WHERE false)"
        ),
        false => format!("{name} ({columns}) AS (VALUES {})", values.join(", ")),
    }
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/subqueries.txt", 64))]

    #[test]
    fn predicates_are_answered_as_sql_defines_them(outer in table(), inner in table(), threads in 1..3usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (sql, holds) in FORMS {
            let (o, i) = (rows("o", "n, x, k", &outer), rows("i", "m, y, j", &inner));
            let sql = format!("WITH {o}, {i} SELECT n FROM o WHERE {sql}");
            let kept = outer.iter().enumerate().filter(|(_, row)| holds(**row, &inner) == Some(true));
            let right: Vec<String> = kept.map(|(at, _)| at.to_string()).collect();
            prop_assert_eq!(runtime.block_on(hale_with(threads, &sql)), Ok(right), "{}", sql);
        }
    }
}
