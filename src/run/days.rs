//! Days as people read them.

use chrono::NaiveDate;

/// Single days and ranges, in order, the first few.
pub(super) fn listed(days: &[NaiveDate]) -> String {
    const SHOWN: usize = 4;
    let mut ranges: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for day in days {
        match ranges.last_mut() {
            Some((_, last)) if last.succ_opt() == Some(*day) => *last = *day,
            _ => ranges.push((*day, *day)),
        }
    }
    let shown = ranges.iter().take(SHOWN).map(|(first, last)| match (*last - *first).num_days() + 1 {
        1 => first.to_string(),
        days => format!("{first} to {last} ({days} days)"),
    });
    let more = ranges.len().saturating_sub(SHOWN);
    let tail = if more > 0 { format!(", and {more} more times") } else { String::new() };
    format!("{}{tail}", shown.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::listed;

    #[test]
    fn days_in_a_row_are_a_range() {
        let days = |numbers: &[u32]| {
            listed(
                &numbers
                    .iter()
                    .map(|day| NaiveDate::from_ymd_opt(2026, 1, *day).unwrap())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(days(&[3]), "2026-01-03");
        assert_eq!(days(&[3, 4, 5, 9]), "2026-01-03 to 2026-01-05 (3 days), 2026-01-09");
        assert_eq!(
            days(&[1, 3, 5, 7, 9, 11]),
            "2026-01-01, 2026-01-03, 2026-01-05, 2026-01-07, and 2 more times"
        );
    }
}
