//! What our aggregates promise beyond the formulas.

use arrow::array::RecordBatch;

use super::support::{Engine, Row, Strings, batch};

fn users(amounts: &[i64]) -> RecordBatch {
    let row = |(user, amount): (usize, &i64)| Row {
        account: Some(0),
        region: 0,
        day: Some(19_700),
        user: Some(user as u8),
        amount: Some(*amount),
        on_spine: Some(true),
    };
    batch(&amounts.iter().enumerate().map(row).collect::<Vec<_>>(), Strings::View)
}

fn shares(amounts: &[i64]) -> Vec<f64> {
    let sql = "SELECT hhi(user_id, amount), gini(user_id, amount), top_share(user_id, amount, 3) FROM rows";
    let (_, found) = Engine::STOCK.run(vec![users(amounts)], sql);
    found[0].split(" | ").map(|value| value.parse().expect("a number")).collect()
}

#[test]
fn one_user_holds_everything() {
    assert_eq!(shares(&[7]), [1.0, 0.0, 1.0]);
    assert_eq!(shares(&[0, 7, -3]), [1.0, 0.0, 1.0]);
}

#[test]
fn equal_users_share_equally() {
    let found = shares(&[5; 6]);
    assert!((found[0] - 1.0 / 6.0).abs() < 1e-15 && found[1] == 0.0 && found[2] == 0.5, "{found:?}");
}

#[test]
fn nobody_above_zero_is_null() {
    let sql = "SELECT hhi(user_id, amount), gini(user_id, amount), top_share(user_id, amount, 3) FROM rows";
    let (_, found) = Engine::STOCK.run(vec![users(&[0, -4])], sql);
    assert_eq!(found, ["NULL | NULL | NULL"]);
}

#[test]
fn the_largest_amounts_are_exact() {
    let largest = i64::MAX / 2;
    let found = shares(&[largest, largest, 1]);
    assert_eq!(found[0], 0.5);
    assert_eq!(found[2], 1.0);
    assert!((found[1] - 1.0 / 3.0).abs() < 1e-15, "{found:?}");
}

#[test]
fn doubles_are_refused_with_what_to_do() {
    let sql = "SELECT hhi(user_id, CAST(amount AS DOUBLE)) FROM rows";
    let error = Engine::STOCK.try_run(vec![users(&[1])], sql).expect_err("doubles are not exact").to_string();
    assert!(error.contains("CAST(amount AS DECIMAL"), "{error}");
}

#[test]
fn a_median_takes_whole_numbers_and_is_exact_for_large_ones() {
    let median = |amounts: &[i64]| {
        Engine::STOCK.run(vec![users(amounts)], "SELECT median_total(user_id, amount) FROM rows").1
    };
    assert_eq!(median(&[3, 0, -8]), ["0.0"], "users without usage are users");
    assert_eq!(median(&[4, 1]), ["2.5"]);
    assert_eq!(median(&[i64::MAX, i64::MAX]), ["9.223372036854776e18"]);
    let sql = "SELECT median_total(user_id, price) FROM rows";
    let error = Engine::STOCK.try_run(vec![users(&[1])], sql).expect_err("no decimals").to_string();
    assert!(error.contains("cast the amount to BIGINT"), "{error}");
}

#[test]
fn the_number_of_top_keys_is_a_whole_number() {
    for n in ["0", "-1", "amount", "1.5", "NULL"] {
        let sql = format!("SELECT top_share(user_id, amount, {n}) FROM rows");
        let error = Engine::STOCK.try_run(vec![users(&[1])], &sql).expect_err(n).to_string();
        assert!(error.contains("top_share"), "{n}: {error}");
    }
}
