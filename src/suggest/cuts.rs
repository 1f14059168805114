//! Where to cut numbers into bins: between two different values, near the shares that are wanted, at a number that is
//! easily said.

/// The least and the greatest number, but for 0, that a component may declare.
const SMALLEST: f64 = 1e-100;
const LARGEST: f64 = 1e100;

/// Edges, ascending, that cut numbers into bins of about the shares wanted, as weights in the order of the bins.
///
/// An edge is the first number of the bin above it (`below` in YAML). The cut for each wanted share is the place between
/// two different values that is nearest to it, of two as near the lower; places that are wanted twice are one, so there
/// are fewer bins where values repeat. Of the numbers that cut there the one with the fewest digits is the edge.
///
/// `sorted` has finite numbers in ascending order, `shares` positive weights.
pub fn cuts(sorted: &[f64], shares: &[f64]) -> Vec<f64> {
    let places = places(sorted);
    let total: f64 = shares.iter().sum();
    let mut chosen: Vec<usize> = Vec::new();
    let mut wanted = 0.0;
    for share in shares.iter().take(shares.len().saturating_sub(1)) {
        wanted += share;
        let target = sorted.len() as f64 * wanted / total;
        chosen.extend(nearest(&places, target));
    }
    chosen.dedup();
    chosen.into_iter().filter_map(|at| edge_at(sorted, at)).collect()
}

/// The bin, from 0, of a number: how many edges it has reached.
pub fn bin_of(edges: &[f64], value: f64) -> usize {
    edges.partition_point(|edge| *edge <= value)
}

/// Where a value differs from the one before it, and an edge can be declared that parts them.
fn places(sorted: &[f64]) -> Vec<usize> {
    (1..sorted.len()).filter(|at| edge_at(sorted, *at).is_some()).collect()
}

fn edge_at(sorted: &[f64], at: usize) -> Option<f64> {
    let (low, high) = (sorted[at - 1], sorted[at]);
    if low < high { plain_between(low, high) } else { None }
}

/// The place that is nearest to a number of rows.
fn nearest(places: &[usize], target: f64) -> Option<usize> {
    let above = places.partition_point(|place| (*place as f64) < target);
    let lower = above.checked_sub(1).and_then(|at| places.get(at)).copied();
    let upper = places.get(above).copied();
    match (lower, upper) {
        (Some(lower), Some(upper)) => {
            let is_nearer = upper as f64 - target < target - lower as f64;
            Some(if is_nearer { upper } else { lower })
        }
        (lower, upper) => lower.or(upper),
    }
}

/// The number with the fewest digits that is above `low` and at most `high`, of several the greatest; `None` where no number
/// that a component may declare lies there.
fn plain_between(low: f64, high: f64) -> Option<f64> {
    if low < 0.0 && high >= 0.0 {
        return Some(0.0);
    }
    let high = high.min(if high > 0.0 { LARGEST } else { -SMALLEST });
    if high <= low || high < -LARGEST || (0.0..SMALLEST).contains(&high) {
        return None;
    }
    // Seventeen digits tell any two doubles apart.
    (1..17).map(|digits| at_most(high, digits)).find(|edge| *edge > low).or(Some(high))
}

/// The greatest number of so many digits that is at most `value`.
fn at_most(value: f64, digits: usize) -> f64 {
    let text = format!("{:e}", value.abs());
    let Some((mantissa, exponent)) = text.split_once('e') else { return value };
    let all: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let (Some(kept), Ok(exponent)) = (all.get(..digits), exponent.parse::<i64>()) else { return value };
    let Ok(whole) = kept.parse::<u64>() else { return value };
    // Below zero the number falls where its digits rise.
    let rises = value < 0.0 && kept.len() < all.len();
    let magnitude = format!("{}e{}", whole + u64::from(rises), exponent + 1 - digits as i64);
    magnitude.parse().map_or(value, |magnitude: f64| magnitude.copysign(value))
}

#[cfg(test)]
mod tests {
    use super::plain_between;

    #[test]
    fn edges_are_easily_said() {
        let pairs = [(1.0, 2.0), (1.0, 20.0), (19.0, 23.0), (0.1198, 0.1234), (-3.0, 4.0), (-0.257, -0.251)];
        let edges = pairs.map(|(low, high)| plain_between(low, high).unwrap());
        assert_eq!(edges, [2.0, 20.0, 20.0, 0.12, 0.0, -0.251]);
        assert_eq!(plain_between(-300.0, -123.0), Some(-200.0));
        let next = 1.0_f64.next_up();
        assert_eq!(
            (plain_between(1.0, next), plain_between(next, next.next_up())),
            (Some(next), Some(next.next_up()))
        );
        assert_eq!((plain_between(1e99, 1e120), plain_between(1e110, 1e120)), (Some(1e100), None));
        assert_eq!((plain_between(0.0, 1e-120), plain_between(-1.0, -1e-120)), (None, Some(-1e-100)));
    }
}
