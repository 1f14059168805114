//! Models as a graph, for Graphviz and Mermaid. Data flows from left to right, a box for each layer.

use std::fmt::Write;

use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::Model;

/// Graphviz.
pub(super) fn dot(pipeline: &Pipeline, models: &[&Model]) -> String {
    let mut text = String::from("digraph hale {\n  rankdir=LR;\n  node [shape=box];\n");
    for layer in Layer::ALL {
        let mut nodes = of_layer(models, layer).peekable();
        if nodes.peek().is_none() {
            continue;
        }
        push(&mut text, format_args!("  subgraph \"cluster_{layer}\" {{\n    label=\"{layer}\";\n"));
        for name in nodes {
            push(&mut text, format_args!("    \"{name}\";\n"));
        }
        text.push_str("  }\n");
    }
    for (from, to) in edges(pipeline, models) {
        push(&mut text, format_args!("  \"{from}\" -> \"{to}\";\n"));
    }
    text.push_str("}\n");
    text
}

/// Mermaid.
pub(super) fn mermaid(pipeline: &Pipeline, models: &[&Model]) -> String {
    let mut text = String::from("graph LR\n");
    for layer in Layer::ALL {
        let mut nodes = of_layer(models, layer).peekable();
        if nodes.peek().is_none() {
            continue;
        }
        push(&mut text, format_args!("  subgraph {layer}\n"));
        for name in nodes {
            push(&mut text, format_args!("    {}[\"{name}\"]\n", id(name)));
        }
        text.push_str("  end\n");
    }
    for (from, to) in edges(pipeline, models) {
        push(&mut text, format_args!("  {} --> {}\n", id(from), id(to)));
    }
    text
}

fn of_layer<'a>(models: &'a [&Model], layer: Layer) -> impl Iterator<Item = &'a ModelName> {
    models.iter().map(|model| &model.name).filter(move |name| name.layer == layer)
}

/// Who is read by whom, among the models that are drawn.
fn edges<'a>(
    pipeline: &'a Pipeline,
    models: &'a [&Model],
) -> impl Iterator<Item = (&'a ModelName, &'a ModelName)> {
    let drawn = |name: &ModelName| models.iter().any(|model| model.name == *name);
    models.iter().flat_map(move |model| {
        let reads = pipeline.reads.get(&model.name).into_iter().flat_map(|reads| reads.0.keys());
        reads.filter(move |read| drawn(read)).map(|read| (read, &model.name))
    })
}

/// A name that Mermaid takes for one word: the layer keeps it from being one of Mermaid's own.
fn id(name: &ModelName) -> String {
    format!("{}__{}", name.layer, name.table)
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    text.write_fmt(part).expect("a String takes whatever is written to it");
}
