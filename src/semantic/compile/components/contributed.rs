//! What each component adds to the score.

use std::collections::BTreeMap;

use super::super::query::{Grid, Query, decimal};
use super::super::steps::all;
use super::super::writer::{Writer, real, sum};

/// The factor of each component in a scorecard, and what it has for nothing.
type Factors<'a> = BTreeMap<&'a str, (String, f64)>;

/// `weight_x`, the effective weight, and `earned_x`, what the component adds.
pub(super) fn contributed(writer: &mut Writer, query: &Query<'_>, factors: &[Factors<'_>], from: &str) {
    let mut items = vec!["*".to_owned()];
    let scale = query.score.scale.width();
    for slot in &query.slots {
        let name = slot.name();
        let earned = query.by_card(|card| {
            let (factor, nothing) = factors[card].get(name)?;
            let points = if *nothing == 0.0 {
                format!("points_{name}")
            } else {
                format!("(points_{name} - {})", real(*nothing))
            };
            Some(format!("coalesce({factor} * {points}, 0)"))
        });
        let weight = query.by_card(|card| {
            let (factor, _) = factors[card].get(name)?;
            let range = slot.variants[slot.variant_of(card)?].component.scoring.range;
            Some(decimal(&format!("{factor} * {}", real(range.width() / scale))))
        });
        items.push(format!("{weight} AS effective_{name}"));
        let earned = match query.grid {
            Grid::Rising(_) => earned,
            Grid::Signed(_) => query.grid.snapped(&earned),
        };
        items.push(format!("coalesce({earned}, 0) AS added_{name}"));
    }
    writer.step("contributed", "What each component adds to the score.", &items, from);
}

/// Running totals where nothing is ever taken away, and what is left for the base where something is.
pub(super) fn summed(writer: &mut Writer, query: &Query<'_>) -> String {
    let added: Vec<String> = query.slots.iter().map(|slot| format!("added_{}", slot.name())).collect();
    let low = query.score.scale.low;
    let items = match query.grid {
        Grid::Rising(_) => {
            let first = if low == 0.0 { String::new() } else { format!("{} + ", real(low)) };
            let running = query.slots.iter().enumerate();
            let running =
                running.map(|(at, slot)| format!("{first}{} AS through_{}", sum(&added[..=at]), slot.name()));
            all(running)
        }
        Grid::Signed(_) => all([format!("raw_score - ({}) AS rest", sum(&added))]),
    };
    writer.step("summed", "What was added up to and with each component.", &items, "contributed");
    "summed".to_owned()
}
