//! Numbers as people read them.

/// A number where there is one.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, short)
}

/// A number with at most four decimals.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
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
