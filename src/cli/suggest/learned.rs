//! What is told of any proposal that was learned from what became of accounts.

use crate::cli::judged::{figure, gain};
use crate::cli::output::{Sheet, shown};
use crate::suggest::{Better, OutOfTime};

/// How well such proposals tell on days from which nothing was learned, beside what else there is.
pub(super) fn tried(told: &OutOfTime) -> Sheet {
    let names = ["", "AUC", "the proposal gains"];
    let mut rows = vec![vec!["such proposals".to_owned(), figure(&told.proposed.auc), String::new()]];
    rows.extend(told.beside.iter().map(|beside| {
        vec![
            shown(&beside.title),
            beside.figures.as_ref().map_or_else(|| "too few".to_owned(), |figures| figure(&figures.auc)),
            beside.gain.as_ref().map(gain).unwrap_or_default(),
        ]
    }));
    Sheet { rows, right: vec![false, true, true], yields: vec![], names: names.map(str::to_owned).to_vec() }
}

/// The same in words.
pub(super) fn tried_title(told: &OutOfTime) -> String {
    let (rows, lost) = (told.rows, told.proposed.lost);
    if told.learned_from == "other accounts" {
        return format!("\nTried on {rows} rows, {lost} of them lost, each learned from other accounts:\n");
    }
    format!(
        "\nTried on {} later days ({rows} rows, {lost} of them lost), each learned from days whose outcomes were known by then:\n",
        told.days
    )
}

/// Whether it is worth anything.
pub(super) fn verdict(better: Better) -> &'static str {
    match better {
        Better::Better => "better than what there is",
        Better::NoBetter => "no better than what there is: the difference may be chance",
        Better::Worse => "worse than what there is",
    }
}
