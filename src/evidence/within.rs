//! Numbers that are made within each day, and then put together: days differ in how many are lost, and an order over all of
//! them would mix seasons with accounts.

use super::ordered::{Lowest, Ordered};

/// The rows of each day in order.
#[derive(Debug, Clone, Default)]
pub struct ByDay(Vec<Ordered>);

impl ByDay {
    /// Orders the rows of each day by a number; `day` has the place of each row's day.
    pub fn of(numbers: &[Option<f64>], day: &[usize]) -> Self {
        let days = day.iter().max().map_or(0, |last| last + 1);
        let mut own = vec![vec![None; 0]; days];
        let mut places = vec![Vec::new(); days];
        for (row, (number, day)) in numbers.iter().zip(day).enumerate() {
            own[*day].push(*number);
            places[*day].push(row);
        }
        Self(own.iter().zip(&places).map(|(numbers, places)| Ordered::of(numbers).placed(places)).collect())
    }

    /// The chance that, of two rows of the same day, the kept one has the higher number than the lost one; each lost row
    /// counts alike. `None` where no day has both.
    pub fn auc(&self, lost: &[bool], weight: &[f64]) -> Option<f64> {
        let (mut sum, mut all) = (0.0, 0.0);
        for ordered in &self.0 {
            let (pairs, right) = ordered.pairs(lost, weight);
            if pairs > 0.0 {
                let lost: f64 = ordered.rows().iter().filter(|row| lost[**row]).map(|row| weight[*row]).sum();
                sum += lost * right / pairs;
                all += lost;
            }
        }
        (all > 0.0).then(|| sum / all)
    }

    /// What the lowest of each day find, so many a day; `None` without any lost row. Lift is over what as many of each day would
    /// find by chance.
    pub fn lowest(&self, lost: &[bool], weight: &[f64], room: f64) -> Option<Lowest> {
        let (mut found, mut looked_at, mut all_lost, mut by_chance) = (0.0, 0.0, 0.0, 0.0);
        for ordered in &self.0 {
            let total: f64 = ordered.rows().iter().map(|row| weight[*row]).sum();
            let own: f64 = ordered.rows().iter().filter(|row| lost[**row]).map(|row| weight[*row]).sum();
            let day = room.min(total);
            if let Some(lowest) = ordered.lowest(lost, weight, day) {
                found += lowest.precision * day;
            }
            looked_at += day;
            all_lost += own;
            by_chance += if total > 0.0 { day * own / total } else { 0.0 };
        }
        if all_lost <= 0.0 || looked_at <= 0.0 {
            return None;
        }
        let precision = found / looked_at;
        Some(Lowest { precision, recall: found / all_lost, lift: found / by_chance })
    }
}
