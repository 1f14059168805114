//! Values against earlier ones, and against others.

use super::super::query::Query;
use super::super::writer::Writer;
use super::values::finite;
use crate::semantic::definition::{OwnForm, Relative, Standing};

/// The values that a comparison needs beside the value itself.
pub(super) fn averaged(writer: &mut Writer, query: &Query<'_>) {
    let mut exact = vec!["*".to_owned()];
    let mut items = vec!["exact_values.*".to_owned()];
    let mut joins = String::new();
    let owner = query.score.entity.key().join(", ");
    for slot in &query.slots {
        let (name, value) = (slot.name(), slot.value());
        match &slot.component.relative_to {
            Some(Relative::OwnHistory { days, gap, .. }) => {
                exact.push(format!(
                    "CASE WHEN abs({value}) < 1e15 THEN CAST({value} AS DECIMAL(30, 9)) END AS exact_{name}"
                ));
                let frame = format!(
                    "(PARTITION BY {owner} ORDER BY as_of_date RANGE BETWEEN INTERVAL '{}' DAY PRECEDING AND {})",
                    gap + days - 1,
                    if *gap == 0 {
                        "CURRENT ROW".to_owned()
                    } else {
                        format!("INTERVAL '{gap}' DAY PRECEDING")
                    },
                );
                items.push(format!("sum(exact_{name}) OVER {frame} AS total_{name}"));
                items.push(format!("count(exact_{name}) OVER {frame} AS days_{name}"));
            }
            Some(Relative::Peers { by, form }) => {
                // A key that may be NULL is one that windows of the engine treat as less than a key.
                let peers = match by {
                    Some(_) => format!("PARTITION BY as_of_date, coalesce(peer_{name}, '')"),
                    None => "PARTITION BY as_of_date".to_owned(),
                };
                items.extend(match form {
                    Standing::Percentile => vec![
                        format!(
                            "count({value}) OVER ({peers} ORDER BY {value} ASC NULLS LAST) AS at_most_{name}"
                        ),
                        format!("count({value}) OVER ({peers}) AS peers_{name}"),
                    ],
                    Standing::MinMax => vec![
                        format!("min({value}) OVER ({peers}) AS least_{name}"),
                        format!("max({value}) OVER ({peers}) AS greatest_{name}"),
                    ],
                });
            }
            Some(Relative::Reference { from, to, form: Standing::MinMax }) => {
                items.push(format!("frozen_{name}.least AS least_{name}"));
                items.push(format!("frozen_{name}.greatest AS greatest_{name}"));
                joins += &format!(
                    "\n  CROSS JOIN (SELECT min({value}) AS least, max({value}) AS greatest FROM observed WHERE \
                     as_of_date BETWEEN DATE '{from}' AND DATE '{to}') AS frozen_{name}"
                );
            }
            Some(Relative::Reference { from, to, form: Standing::Percentile }) => {
                items.push(format!("frozen_{name}.at_most AS at_most_{name}"));
                items.push(format!("frozen_{name}.peers AS peers_{name}"));
                joins += &format!(
                    "\n  LEFT JOIN (SELECT reading, sum(days) OVER (ORDER BY reading ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS at_most, \
                     sum(days) OVER () AS peers FROM (SELECT {value} AS reading, count(CASE WHEN as_of_date BETWEEN DATE '{from}' AND DATE '{to}' THEN 1 END) AS days \
                     FROM observed WHERE {value} IS NOT NULL GROUP BY {value}) AS readings) AS frozen_{name} ON frozen_{name}.reading = exact_values.{value}"
                );
            }
            None => {}
        }
    }
    writer.step("exact_values", "Decimals, so that sums over days are exact.", &exact, "observed");
    let from = format!("exact_values{joins}");
    writer.step("averaged", "What values are compared with.", &items, &from);
}

/// Writes the steps `compared` and `sound`.
pub(super) fn compared(writer: &mut Writer, query: &Query<'_>) {
    let mut items = vec!["*".to_owned()];
    for slot in &query.slots {
        let (name, value) = (slot.name(), slot.value());
        let measure = match &slot.component.relative_to {
            Some(Relative::OwnHistory { form, .. }) => {
                let mean = format!("(CAST(total_{name} AS DOUBLE) / days_{name})");
                match form {
                    OwnForm::Change => format!(
                        "CASE WHEN days_{name} > 0 AND total_{name} <> 0 THEN {value} / {mean} - 1 END"
                    ),
                    OwnForm::Difference => format!("CASE WHEN days_{name} > 0 THEN {value} - {mean} END"),
                }
            }
            Some(Relative::Peers { form, .. } | Relative::Reference { form, .. }) => match form {
                Standing::Percentile => format!(
                    "CASE WHEN {value} IS NOT NULL AND peers_{name} > 0 THEN CAST(at_most_{name} AS DOUBLE) / peers_{name} END"
                ),
                Standing::MinMax => format!(
                    "CASE WHEN greatest_{name} > least_{name} THEN CASE WHEN {value} <= least_{name} THEN 0 WHEN {value} >= greatest_{name} THEN 1 \
                     ELSE ({value} - least_{name}) / (greatest_{name} - least_{name}) END END"
                ),
            },
            None => continue,
        };
        items.push(format!("CAST({measure} AS DOUBLE) AS compared_{name}"));
    }
    writer.step("compared", "Values against those.", &items, "averaged");
    let compared = query.slots.iter().filter(|slot| slot.component.relative_to.is_some());
    let sound = compared.map(|slot| {
        let compared = format!("compared_{}", slot.name());
        format!("CASE WHEN {} THEN {compared} END AS {}", finite(&compared), slot.measure())
    });
    let items = std::iter::once("*".to_owned()).chain(sound).collect::<Vec<_>>();
    writer.step("sound", "Without what became too large for a number.", &items, "compared");
}
