//! Overflow and memory: an error, never a wrong number.

use arrow::array::RecordBatch;
use datafusion::common::DataFusionError;
use halescore::engine::day_window::WindowMode;

use super::support::{Engine, Row, Strings, batch};

fn days(amounts: &[i64]) -> RecordBatch {
    let row = |(day, amount): (usize, &i64)| Row {
        account: Some(1),
        region: 0,
        day: Some(19_700 + day as i32),
        user: Some((day % 200) as u8),
        amount: Some(*amount),
        on_spine: Some(true),
    };
    batch(&amounts.iter().enumerate().map(row).collect::<Vec<_>>(), Strings::View)
}

const ROLLING: &str = "SELECT day, sum(amount) OVER (PARTITION BY account ORDER BY day \
                       RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) FROM rows";

#[test]
fn a_sum_that_does_not_fit_is_an_error() {
    for engine in Engine::OURS {
        let error = engine.try_run(vec![days(&[i64::MAX, 1])], ROLLING).expect_err("an overflow").to_string();
        assert!(error.contains("overflows"), "{error}");
    }
}

#[test]
fn a_sum_that_fits_in_the_end_is_right_however_large_on_the_way() {
    // Both rows fall on one day, whose sum fits only when both are in.
    let mut rows = vec![days(&[i64::MAX]), days(&[5]), days(&[-7])];
    for _ in 0..3 {
        rows.rotate_left(1);
        for engine in Engine::OURS {
            let (_, found) = engine.run(rows.clone(), ROLLING);
            assert_eq!(found, vec![format!("2023-12-09 | {}", i64::MAX - 2); 3]);
        }
    }
}

#[test]
fn decimals_overflow_as_an_error_too() {
    let sql = ROLLING.replace("sum(amount)", "sum(CAST(amount AS DECIMAL(38, 19)))");
    let most = 9_000_000_000_000_000_000;
    for engine in Engine::OURS {
        let error = engine.try_run(vec![days(&[most, most])], &sql).expect_err("an overflow").to_string();
        assert!(error.contains("overflows"), "{error}");
        let (_, found) = engine.run(vec![days(&[most, -most, most])], &sql);
        assert_eq!(found.len(), 3);
    }
}

/// Many accounts, so that sorting needs to spill and hashing needs more than there is.
fn many() -> Vec<RecordBatch> {
    let row = |at: u32| Row {
        account: Some((at.wrapping_mul(2_654_435_761) >> 24) as u8),
        region: 0,
        day: Some(19_700 + (at / 256) as i32),
        user: Some((at % 251) as u8),
        amount: Some(i64::from(at)),
        on_spine: Some(at.is_multiple_of(2)),
    };
    let batches = (0..100).map(|part| (part * 2000..(part + 1) * 2000).map(row).collect::<Vec<_>>());
    batches.map(|rows| batch(&rows, Strings::Utf8)).collect()
}

const HEAVY: &str = "SELECT count(*), sum(c), sum(s) FROM (SELECT count(DISTINCT \"user\") OVER w AS c, \
                     sum(amount) OVER w AS s FROM rows WINDOW w AS (PARTITION BY account ORDER BY day \
                     RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW))";

#[test]
fn hashing_reports_that_memory_is_short_and_sorting_goes_on() {
    let (_, expected) = Engine::OURS[0].run(many(), HEAVY);
    let memory = Some(8 << 20);
    let hashed = Engine { mode: Some(WindowMode::Hashed), partitions: 2, memory };
    let error = hashed.try_run(many(), HEAVY).expect_err("too little memory");
    assert!(matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)), "{error}");
    let sorted = Engine { mode: Some(WindowMode::Sorted), partitions: 2, memory };
    assert_eq!(sorted.run(many(), HEAVY).1, expected);
}
