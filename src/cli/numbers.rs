//! Numbers as people read them.

/// A number where there is one.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, short)
}

/// A number with at most four decimals, or of a small one its first four digits; very large and very small ones by their
/// power of ten.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && size.is_finite() && !(1e-6..1e15).contains(&size) {
        return format!("{value:.3e}");
    }
    let decimals = if size > 0.0 && size < 0.1 { (3.0 - size.log10().floor()) as usize } else { 4 };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A number with its sign.
pub(super) fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", short(value)) } else { short(value) }
}

/// A share as so many of a hundred, with one decimal.
pub(super) fn percent(share: Option<f64>) -> String {
    share.map_or_else(String::new, |share| format!("{:.1} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn people_get_as_many_digits_as_they_read() {
        let shown = [
            0.0,
            -0.0,
            1.0,
            28.571_428_571_4,
            0.333_333_333_3,
            0.000_123_456,
            100.0,
            1234567.0,
            -0.05,
            3e-9,
            1e300,
        ]
        .map(short);
        assert_eq!(
            shown,
            [
                "0",
                "0",
                "1",
                "28.5714",
                "0.3333",
                "0.0001235",
                "100",
                "1234567",
                "-0.05",
                "3.000e-9",
                "1.000e300"
            ]
        );
        assert_eq!([f64::NAN, f64::INFINITY].map(short), ["NaN", "inf"]);
    }
}
