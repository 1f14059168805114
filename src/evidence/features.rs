//! Metrics as columns that a regression can take: of one scale, without long tails, what is missing said apart.

/// Skew from which on a column's tail is drawn in by a logarithm (C. Gold, "Fighting churn with data", 2020: 4).
const SKEWED: f64 = 4.0;
/// Shares of missing rows between which being missing is a column of its own.
const MISSING: std::ops::RangeInclusive<f64> = 0.01..=0.99;

/// How a column of metrics becomes columns of a regression, learned on some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    is_drawn_in: bool,
    mean: f64,
    deviation: f64,
    is_missing_told: bool,
}

impl Scale {
    /// Learned on some rows; `None` where all that are known are the same and nothing is missing.
    pub fn learned(values: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        let values: Vec<Option<f64>> = values.collect();
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        let missing = 1.0 - known.len() as f64 / values.len().max(1) as f64;
        let is_missing_told = MISSING.contains(&missing);
        let is_drawn_in = known.iter().all(|value| *value >= 0.0) && skew(&known) > SKEWED;
        let drawn: Vec<f64> =
            known.iter().map(|value| if is_drawn_in { value.ln_1p() } else { *value }).collect();
        let (mean, deviation) = spread(&drawn);
        (deviation > 0.0 || is_missing_told).then_some(Self { is_drawn_in, mean, deviation, is_missing_told })
    }

    /// A column in units of its deviation, 0 where it is missing; and 1 where it is, where that was seen often enough.
    pub fn columns(&self, values: &[Option<f64>]) -> Vec<Vec<f64>> {
        let one = |value: &Option<f64>| match value {
            Some(value) if self.deviation > 0.0 => {
                let value = if self.is_drawn_in { value.max(0.0).ln_1p() } else { *value };
                (value - self.mean) / self.deviation
            }
            _ => 0.0,
        };
        let mut columns = vec![values.iter().map(one).collect()];
        if self.is_missing_told {
            columns.push(values.iter().map(|value| f64::from(u8::from(value.is_none()))).collect());
        }
        columns
    }
}

/// Mean and standard deviation.
fn spread(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

fn skew(values: &[f64]) -> f64 {
    let (mean, deviation) = spread(values);
    if deviation == 0.0 {
        return 0.0;
    }
    values.iter().map(|value| ((value - mean) / deviation).powi(3)).sum::<f64>() / values.len() as f64
}
