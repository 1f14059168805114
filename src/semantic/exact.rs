//! Weights and points as whole numbers, so that what is added up is exact.
//!
//! People write 0.15 and mean fifteen hundredths; a double is a little more or less, and sums of such doubles
//! depend on their order and miss the edge of a tier by a hair. Weights count only relative to each other, so
//! they may all be multiplied by the power of ten that makes them whole; sums of integers are exact. Where weights
//! and points together have more than some 13 digits, they are doubles relative to the largest.

use super::definition::Part;

/// The largest sum whose hundredfold is exact: beyond 2⁵³ a double skips integers.
const LARGEST: f64 = 9_007_199_254_740_992.0 / 100.0;

/// What the parts of a score can earn and weigh, each in a common unit (a power of ten).
pub(super) struct Exact {
    /// For each part, `weight × points` of each of its bins.
    pub(super) earned: Vec<Vec<f64>>,
    /// For each part, its weight.
    pub(super) weights: Vec<f64>,
    /// Whether `earned` holds whole numbers, and small enough for exact sums.
    pub(super) whole: bool,
}

impl Exact {
    /// The numbers of the parts, in the order of the parts.
    pub(super) fn new(parts: &[&Part]) -> Self {
        let products: Vec<Vec<Product>> = parts
            .iter()
            .map(|part| part.component.bins.iter().map(|bin| Product(part.weight, bin.points)).collect())
            .collect();
        let weights: Vec<Vec<Product>> = parts.iter().map(|part| vec![Product(part.weight, 1.0)]).collect();
        let ((earned, whole), (weights, _)) = (common_unit(&products), common_unit(&weights));
        Self { earned, weights: weights.concat(), whole }
    }

    /// The most that each part can earn.
    pub(super) fn attainable(&self) -> Vec<f64> {
        self.earned.iter().map(|bins| bins.iter().copied().fold(0.0, f64::max)).collect()
    }
}

/// A product of two decimals as written.
#[derive(Clone, Copy)]
struct Product(f64, f64);

impl Product {
    /// Digits and power of ten; `None` when there are too many digits.
    fn decimal(self) -> Option<(i128, i32)> {
        let ((a, x), (b, y)) = (decimal(self.0)?, decimal(self.1)?);
        Some((a.checked_mul(b)?, x + y))
    }
}

/// All products times the same number, and whether that makes them whole.
fn common_unit(products: &[Vec<Product>]) -> (Vec<Vec<f64>>, bool) {
    let fits = |rows: &Vec<Vec<f64>>| rows.iter().flatten().sum::<f64>() <= LARGEST;
    if let Some(whole) = scaled(products).filter(fits) {
        return (whole, true);
    }
    let most =
        |factor: fn(&Product) -> f64| products.iter().flatten().map(factor).fold(f64::MIN_POSITIVE, f64::max);
    let (weight, points) = (most(|product| product.0), most(|product| product.1));
    let share = |product: &Product| product.0 / weight * (product.1 / points);
    (products.iter().map(|row| row.iter().map(share).collect()).collect(), false)
}

fn scaled(products: &[Vec<Product>]) -> Option<Vec<Vec<f64>>> {
    let decimals: Vec<Vec<(i128, i32)>> = products
        .iter()
        .map(|row| row.iter().map(|product| product.decimal()).collect())
        .collect::<Option<_>>()?;
    let unit = decimals.iter().flatten().filter(|(digits, _)| *digits != 0).map(|(_, power)| *power).min();
    let unit = unit.unwrap_or(0).min(0);
    let scale = |&(digits, power): &(i128, i32)| {
        let factor = if digits == 0 { 1 } else { 10_i128.checked_pow(u32::try_from(power - unit).ok()?)? };
        digits.checked_mul(factor).map(|whole| whole as f64)
    };
    decimals.iter().map(|row| row.iter().map(scale).collect()).collect()
}

/// The shortest decimal that reads back as the number, as digits and power of ten.
fn decimal(number: f64) -> Option<(i128, i32)> {
    let text = format!("{number:e}");
    let (mantissa, power) = text.split_once('e')?;
    let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let digits = mantissa.replace('.', "").parse().ok()?;
    Some((digits, power.parse::<i32>().ok()?.checked_sub(i32::try_from(fraction).ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::{Product, common_unit};

    fn scaled(products: &[(f64, f64)]) -> (Vec<f64>, bool) {
        let row = products.iter().map(|&(a, b)| Product(a, b)).collect();
        let (rows, whole) = common_unit(&[row]);
        (rows.concat(), whole)
    }

    #[test]
    fn decimals_become_whole_numbers_in_a_common_unit() {
        assert_eq!(scaled(&[(0.15, 1.0), (0.2, 1.0), (1.0, 0.0)]), (vec![15.0, 20.0, 0.0], true));
        assert_eq!(scaled(&[(0.1, 0.5), (3.0, 4.0)]), (vec![5.0, 1200.0], true));
        assert_eq!(scaled(&[(2.0, 300.0), (1e3, 1.0)]), (vec![600.0, 1000.0], true));
    }

    #[test]
    fn what_has_too_many_digits_is_relative_to_the_largest() {
        assert_eq!(scaled(&[(1.0 / 3.0, 2.0), (2.0 / 3.0, 1.0)]), (vec![0.5, 0.5], false));
        assert_eq!(scaled(&[(f64::MAX, 9.0), (f64::MAX / 2.0, 9.0)]), (vec![1.0, 0.5], false));
        let far = 2_f64.powi(100);
        assert_eq!(scaled(&[(1.0 / far, 1.0), (far, 1.0)]), (vec![1.0 / far / far, 1.0], false));
    }
}
