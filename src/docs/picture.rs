//! Where each model stands in the picture of the project, and who reads whom.

use std::collections::BTreeMap;

use serde::Serialize;

use super::link::path_of;
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};

const LEAST_WIDTH: f64 = 190.0;
const HEIGHT: f64 = 24.0;
/// Between two columns: room for the curves.
const BETWEEN: f64 = 60.0;
/// A letter of the names, in a font whose letters are alike wide, and what is left empty on both sides of a name.
const LETTER: f64 = 7.3;
const PADDING: f64 = 16.0;
const DOWN: f64 = 32.0;
const MARGIN: f64 = 12.0;

/// How often models are moved next to what they read, and those next to what reads them.
const SWEEPS: usize = 6;

/// The models as boxes, in columns from the left to the right as data flows, and the lines between them.
#[derive(Debug, Serialize)]
pub(super) struct Picture {
    width: f64,
    height: f64,
    box_width: f64,
    box_height: f64,
    boxes: Vec<Place>,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Place {
    name: String,
    path: String,
    layer: &'static str,
    x: f64,
    y: f64,
}

/// A curve from the right side of what is read to the left side of its reader.
#[derive(Debug, Serialize)]
struct Line {
    from: String,
    to: String,
    curve: String,
}

impl Picture {
    /// The picture of some of the models.
    pub(super) fn of(pipeline: &Pipeline, drawn: &dyn Fn(&ModelName) -> bool) -> Self {
        let names: Vec<&ModelName> =
            pipeline.models.iter().map(|model| &model.name).filter(|name| drawn(name)).collect();
        let columns = columns(pipeline, &names);
        let edges: Vec<(&ModelName, &ModelName)> = names
            .iter()
            .flat_map(|to| {
                pipeline.reads[*to].0.keys().filter(|from| drawn(from)).map(move |from| (from, *to))
            })
            .collect();
        let columns = arranged(columns, &edges);
        let box_width = box_width(&names);
        let across_by = box_width + BETWEEN;
        let tallest = columns.iter().map(Vec::len).max().unwrap_or_default() as f64;
        let mut places = BTreeMap::new();
        for (across, column) in columns.iter().enumerate() {
            let top = MARGIN + (tallest - column.len() as f64) * DOWN / 2.0;
            for (down, name) in column.iter().enumerate() {
                places.insert(*name, (MARGIN + across as f64 * across_by, top + down as f64 * DOWN));
            }
        }
        let line = |(from, to): &(&ModelName, &ModelName)| {
            let ((x1, y1), (x2, y2)) = (places[from], places[to]);
            let (x1, y1, y2) = (x1 + box_width, y1 + HEIGHT / 2.0, y2 + HEIGHT / 2.0);
            let middle = (x2 - x1) / 2.0;
            Line {
                from: from.to_string(),
                to: to.to_string(),
                curve: format!("M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}", x1 + middle, x2 - middle),
            }
        };
        Self {
            width: (columns.len() as f64 - 1.0).max(0.0) * across_by + box_width + 2.0 * MARGIN,
            height: (tallest - 1.0).max(0.0) * DOWN + HEIGHT + 2.0 * MARGIN,
            box_width,
            box_height: HEIGHT,
            lines: edges.iter().map(line).collect(),
            boxes: places
                .into_iter()
                .map(|(name, (x, y))| Place {
                    name: name.to_string(),
                    path: path_of(name),
                    layer: name.layer.name(),
                    x,
                    y,
                })
                .collect(),
        }
    }
}

/// Wide enough for the longest name.
fn box_width(names: &[&ModelName]) -> f64 {
    let longest = names.iter().map(|name| name.to_string().chars().count()).max().unwrap_or_default();
    (longest as f64 * LETTER + PADDING).max(LEAST_WIDTH)
}

/// The models by how far they are from what is read first; a layer begins right of all of the layer before it.
fn columns<'a>(pipeline: &Pipeline, names: &[&'a ModelName]) -> Vec<Vec<&'a ModelName>> {
    let mut at: BTreeMap<&ModelName, usize> = BTreeMap::new();
    let mut columns: Vec<Vec<&ModelName>> = Vec::new();
    for layer in Layer::ALL {
        let begins = columns.len();
        // Models stand in the order in which data flows, so what a model reads has its place already.
        for name in names.iter().filter(|name| name.layer == layer) {
            let after = pipeline.reads[*name].0.keys().filter_map(|read| at.get(read)).max();
            let column = after.map_or(begins, |after| (after + 1).max(begins));
            columns.resize_with(columns.len().max(column + 1), Vec::new);
            columns[column].push(name);
            at.insert(name, column);
        }
    }
    columns
}

/// Each column in an order in which lines are short: every model near the mean of those that it is connected with.
fn arranged<'a>(
    mut columns: Vec<Vec<&'a ModelName>>,
    edges: &[(&'a ModelName, &'a ModelName)],
) -> Vec<Vec<&'a ModelName>> {
    for sweep in 0..SWEEPS {
        let heights = heights(&columns);
        let forward = sweep % 2 == 0;
        for column in &mut columns {
            let near = |name: &ModelName| {
                let others: Vec<f64> = edges
                    .iter()
                    .filter_map(|(from, to)| match forward {
                        true => (*to == name).then(|| heights[from]),
                        false => (*from == name).then(|| heights[to]),
                    })
                    .collect();
                let own = heights[name];
                if others.is_empty() { own } else { others.iter().sum::<f64>() / others.len() as f64 }
            };
            let mut placed: Vec<(f64, &ModelName)> = column.iter().map(|name| (near(name), *name)).collect();
            placed.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
            *column = placed.into_iter().map(|(_, name)| name).collect();
        }
    }
    columns
}

/// How high each model stands, from 0 to 1 of its column.
fn heights<'a>(columns: &[Vec<&'a ModelName>]) -> BTreeMap<&'a ModelName, f64> {
    let of = |column: &Vec<&'a ModelName>| {
        let count = column.len() as f64;
        column.iter().enumerate().map(|(at, name)| (*name, (at as f64 + 0.5) / count)).collect::<Vec<_>>()
    };
    columns.iter().flat_map(of).collect()
}
