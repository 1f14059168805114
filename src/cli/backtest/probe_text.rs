//! What a probe found, for people.

use crate::backtest::{Probe, days_in_words};
use crate::cli::console::Console;
use crate::cli::numbers::percent;
use crate::cli::output::{Sheet, shown};

/// Metrics that are named of those that move and tell no more for it.
const MOST_MOVED: usize = 8;

/// All that is told.
pub(super) fn text(told: &Probe, console: Console) -> String {
    let mut text = format!(
        "{} columns of metrics.accounts, on {}: {} rows, {} of them lost\n",
        told.columns,
        days_in_words(&told.days),
        told.rows,
        told.lost
    );
    if told.leaks.is_empty() {
        text += "no metric knows what it cannot know yet\n";
    } else {
        text += &format!(
            "{} know what they cannot know yet:\n{}",
            told.leaks.len(),
            leaks(told).fitted(console.width)
        );
    }
    let mut moved: Vec<(&String, f64)> = told.moved.iter().map(|(name, share)| (name, *share)).collect();
    moved.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let named: Vec<String> = moved
        .iter()
        .take(MOST_MOVED)
        .map(|(name, share)| format!("{} ({})", shown(name), percent(Some(*share))))
        .collect();
    if !named.is_empty() {
        let rest = moved.len().saturating_sub(MOST_MOVED);
        let rest = if rest > 0 { format!(", and {rest} more") } else { String::new() };
        text += &format!("move by late rows, and tell no more for it: {}{rest}\n", named.join(", "));
    }
    text
}

fn leaks(told: &Probe) -> Sheet {
    let names = ["column", "sign", "AUC as known", "as happened", "rows that move", "from"];
    let auc = |auc: Option<f64>| auc.map_or_else(String::new, |auc| format!("{auc:.3}"));
    let rows = told.leaks.iter().map(|leak| {
        vec![
            shown(&leak.column),
            leak.sign.to_owned(),
            auc(leak.auc_as_known),
            auc(leak.auc_as_happened),
            percent(Some(leak.moved)),
            leak.from.as_deref().map(shown).unwrap_or_default(),
        ]
    });
    Sheet {
        rows: rows.collect(),
        right: (0..names.len()).map(|at| (2..5).contains(&at)).collect(),
        yields: vec![5, 4],
        names: names.map(str::to_owned).to_vec(),
    }
}
