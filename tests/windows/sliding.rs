//! Functions of doubles over frames that slide: what the rows of each frame give on their own.

use proptest::prelude::*;

use crate::ask::hale_with;

const CALLS: [&str; 18] = [
    "sum(x)",
    "avg(x)",
    "var(x)",
    "var_pop(x)",
    "stddev(x)",
    "stddev_pop(x)",
    "covar_samp(x, y)",
    "covar_pop(x, y)",
    "corr(x, y)",
    "regr_slope(y, x)",
    "regr_intercept(y, x)",
    "regr_count(y, x)",
    "regr_r2(y, x)",
    "regr_avgx(y, x)",
    "regr_avgy(y, x)",
    "regr_sxx(y, x)",
    "regr_syy(y, x)",
    "regr_sxy(y, x)",
];

/// Numbers of very different size, none too often.
fn number() -> impl Strategy<Value = Option<f64>> {
    let size = prop::sample::select(vec![1e9, 1e9, 5.0, 0.01]);
    prop::option::weighted(0.95, (size, 0.5..1.0).prop_map(|(size, part): (f64, f64)| size * part))
}

fn written(value: Option<f64>) -> String {
    value.map_or("CAST(NULL AS DOUBLE)".to_owned(), |value| format!("CAST('{value:e}' AS DOUBLE)"))
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/windows_sliding.txt", 24))]

    #[test]
    fn a_frame_is_computed_from_its_rows_alone(rows in prop::collection::vec((number(), number()), 1..30), before in 0..5usize) {
        let values: Vec<String> = rows.iter().enumerate()
            .map(|(at, (x, y))| format!("({at}, {}, {})", written(*x), written(*y))).collect();
        let table = format!("WITH log (i, x, y) AS (VALUES {})", values.join(", "));
        for call in CALLS {
            let (function, arguments) = call.split_once('(').unwrap();
            let of_frame = format!("{function}({}", arguments.replace('x', "b.x").replace('y', "b.y"));
            let sliding = format!("{table} SELECT lpad(CAST(i AS VARCHAR), 3, '0'), {call} OVER (ORDER BY i ROWS BETWEEN {before} PRECEDING AND CURRENT ROW) FROM log");
            let alone = format!("{table} SELECT lpad(CAST(a.i AS VARCHAR), 3, '0'), {of_frame} FROM log a JOIN (SELECT * FROM log) b ON b.i BETWEEN a.i - {before} AND a.i GROUP BY a.i");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let (ours, right) = (runtime.block_on(hale_with(1, &sliding)).unwrap(), runtime.block_on(hale_with(1, &alone)).unwrap());
            prop_assert_eq!(ours.len(), right.len());
            for (ours, right) in ours.iter().zip(&right) {
                let number = |row: &str| row.split(" | ").nth(1).and_then(|value| value.parse::<f64>().ok());
                let near = match (number(ours), number(right)) {
                    (Some(a), Some(b)) => (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= 1e-6 * b.abs().max(1e-9),
                    (a, b) => a.is_none() && b.is_none(),
                };
                prop_assert!(near, "{call}: {ours} is not {right}\n{sliding}");
            }
        }
    }
}
