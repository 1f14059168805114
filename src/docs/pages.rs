//! What each page says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pulldown_cmark::{Event, Options, Parser, html};
use serde::Serialize;

use super::link::{Link, path_of};
use super::picture::Picture;
use crate::check::Checked;
use crate::check::lineage::{self, Origin};
use crate::explain;
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model, Storing};
use crate::project::reported::lag;
use crate::project::types::sql_name;
use crate::semantic::{self, Component, Entity, Expression, Score};

/// All pages of a site.
pub(super) struct Pages {
    pub(super) project: ProjectPart,
    pub(super) index: IndexPage,
    pub(super) dictionaries: Vec<DictionaryPage>,
    pub(super) models: Vec<ModelPage>,
    pub(super) scores: Vec<ScorePage>,
}

/// What stands on every page.
#[derive(Serialize)]
pub(super) struct ProjectPart {
    name: String,
    dictionaries: Vec<Link>,
    scores: Vec<Link>,
}

/// Where everything begins.
#[derive(Serialize)]
pub(super) struct IndexPage {
    time_zone: String,
    parameters: Vec<(String, String)>,
    layers: Vec<LayerPart>,
    picture: Picture,
}

#[derive(Serialize)]
struct LayerPart {
    name: &'static str,
    models: Vec<Link>,
}

/// All that is measured of an account, or of a user.
#[derive(Serialize)]
pub(super) struct DictionaryPage {
    pub(super) path: String,
    title: String,
    metrics: Vec<MetricPart>,
}

#[derive(Serialize)]
struct MetricPart {
    column: ColumnPart,
    used_by: Vec<Link>,
}

/// One model.
#[derive(Serialize)]
pub(super) struct ModelPage {
    pub(super) path: String,
    name: String,
    layer: &'static str,
    kind: String,
    description: String,
    file: String,
    columns: Vec<ColumnPart>,
    rules: Vec<String>,
    reads: Vec<Link>,
    read_by: Vec<Link>,
    picture: Picture,
    sql: String,
}

#[derive(Debug, Clone, Serialize)]
struct ColumnPart {
    name: String,
    data_type: String,
    required: bool,
    description: String,
    made_of: Vec<Link>,
    /// Columns of sources that say only what is now: on earlier days this one is approximate.
    of_now: Vec<Link>,
}

/// One score, or user's score, or roll-up.
#[derive(Serialize)]
pub(super) struct ScorePage {
    pub(super) path: String,
    name: String,
    body: String,
    models: Vec<Link>,
}

/// Of each model its columns that are approximate on earlier days, and of what.
type OfNow = BTreeMap<ModelName, BTreeMap<String, BTreeSet<Origin>>>;

impl Pages {
    pub(super) fn of(checked: &Checked) -> Self {
        let pipeline = &checked.pipeline;
        let of_now = checked.of_now();
        let dictionaries: Vec<DictionaryPage> = [Entity::Account, Entity::User]
            .into_iter()
            .filter_map(|entity| dictionary(checked, &of_now, entity))
            .collect();
        let scores: Vec<ScorePage> =
            pipeline.semantics.all().map(|score| score_page(pipeline, score)).collect();
        Self {
            project: ProjectPart {
                name: pipeline.settings.name.clone(),
                dictionaries: dictionaries
                    .iter()
                    .map(|page| Link {
                        text: page.title.clone(),
                        path: page.path.clone(),
                        note: String::new(),
                    })
                    .collect(),
                scores: pipeline
                    .semantics
                    .all()
                    .zip(&scores)
                    .map(|(score, page)| Link {
                        text: titled(score),
                        path: page.path.clone(),
                        note: String::new(),
                    })
                    .collect(),
            },
            index: index(pipeline),
            models: pipeline.models.iter().map(|model| model_page(checked, &of_now, model)).collect(),
            dictionaries,
            scores,
        }
    }
}

fn link(pipeline: &Pipeline, name: &ModelName) -> Link {
    let description =
        pipeline.model(name).map(|model| first_sentence(&model.description)).unwrap_or_default();
    Link { text: name.to_string(), path: path_of(name), note: description }
}

fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    paragraph.split_inclusive(". ").next().unwrap_or_default().trim_end().to_owned()
}

fn index(pipeline: &Pipeline) -> IndexPage {
    let layer = |layer: Layer| {
        let of_layer = pipeline.models.iter().filter(|model| model.name.layer == layer);
        LayerPart { name: layer.name(), models: of_layer.map(|model| link(pipeline, &model.name)).collect() }
    };
    let parameters = pipeline.settings.parameters.iter();
    IndexPage {
        time_zone: pipeline.settings.time_zone.to_string(),
        parameters: parameters.map(|(name, value)| (name.clone(), value.to_string())).collect(),
        layers: Layer::ALL.map(layer).into_iter().filter(|layer| !layer.models.is_empty()).collect(),
        picture: Picture::of(pipeline, &|_| true),
    }
}

fn model_page(checked: &Checked, of_now: &OfNow, model: &Model) -> ModelPage {
    let pipeline = &checked.pipeline;
    let name = &model.name;
    let read_by: BTreeSet<&ModelName> = pipeline
        .reads
        .iter()
        .filter(|(_, reads)| reads.0.contains_key(name))
        .map(|(reader, _)| reader)
        .collect();
    let near = |other: &ModelName| {
        other == name || read_by.contains(other) || pipeline.reads[name].0.contains_key(other)
    };
    ModelPage {
        path: path_of(name),
        name: name.to_string(),
        layer: name.layer.name(),
        kind: kind(model),
        description: markdown(&model.description),
        file: model.file.path.clone(),
        columns: columns(checked, of_now, model),
        rules: rules(pipeline, model),
        reads: pipeline.reads[name].0.keys().map(|read| link(pipeline, read)).collect(),
        read_by: read_by.iter().map(|reader| link(pipeline, reader)).collect(),
        picture: Picture::of(pipeline, &near),
        sql: model.file.text.trim_end().to_owned(),
    }
}

fn kind(model: &Model) -> String {
    match &model.kind {
        Kind::Source(source) => {
            let optional = if source.optional { "; may be absent" } else { "" };
            format!("source: Parquet in {}{optional}", source.path)
        }
        Kind::View(_) => "view: computed where it is read".to_owned(),
        Kind::Table(_, Storing::ByDay) => "table: stored by day".to_owned(),
        Kind::Table(_, Storing::Whole) => "table: stored whole".to_owned(),
    }
}

fn columns(checked: &Checked, of_now: &OfNow, model: &Model) -> Vec<ColumnPart> {
    let made_of = checked.as_read.get(&model.name).map(lineage::made_of).unwrap_or_default();
    let of_now = of_now.get(&model.name);
    let now = |name: &str| of_now.and_then(|of_now| of_now.get(name)).into_iter().flatten().map(origin);
    let required = model.contract.not_null();
    let part = |field: &Arc<arrow::datatypes::Field>| ColumnPart {
        name: field.name().clone(),
        data_type: sql_name(field.data_type()),
        required: required.contains(field.name()),
        description: model
            .contract
            .column(field.name())
            .map(|column| column.description.clone())
            .unwrap_or_default(),
        made_of: made_of.get(field.name()).into_iter().flat_map(|made| &made.of).map(origin).collect(),
        of_now: now(field.name()).collect(),
    };
    checked.schemas[&model.name].fields().iter().map(part).collect()
}

fn origin((model, column): &Origin) -> Link {
    // Days of the calendar are made up, and have no page.
    let path = if model.starts_with(crate::project::layer::CALENDAR) {
        String::new()
    } else {
        format!("models/{model}.html#{column}")
    };
    Link { text: format!("{model}.{column}"), path, note: String::new() }
}

/// What the contract promises beside types and what must not be NULL.
fn rules(pipeline: &Pipeline, model: &Model) -> Vec<String> {
    let (contract, settings) = (&model.contract, &pipeline.settings);
    let mut rules = Vec::new();
    if !contract.primary_key.is_empty() {
        rules.push(format!("PRIMARY KEY ({})", contract.primary_key.join(", ")));
    }
    rules.extend(contract.unique.iter().map(|columns| format!("UNIQUE ({})", columns.join(", "))));
    rules.extend(contract.checks.iter().map(|check| format!("CHECK ({})", check.sql)));
    rules.extend(contract.references.iter().map(|reference| {
        let (own, theirs) = (reference.columns.join(", "), reference.target_columns.join(", "));
        format!("({own}) REFERENCES {} ({theirs})", reference.target)
    }));
    if let Kind::Source(source) = &model.kind {
        let (time, complete_from) = (&source.time, settings.complete_from(&model.name));
        rules.push(format!("{}: {}", time.kind(), time.means(complete_from)));
    }
    rules.extend(lag(model, &pipeline.models, settings).map(|lag| format!("lag: {lag}")));
    rules
}

/// The columns of a table of metrics, each with what uses it.
fn dictionary(checked: &Checked, of_now: &OfNow, entity: Entity) -> Option<DictionaryPage> {
    let pipeline = &checked.pipeline;
    let model = pipeline.models.iter().find(|model| model.name.to_string() == entity.table())?;
    let users = users(pipeline, entity);
    let metric = |column: ColumnPart| MetricPart {
        used_by: users.get(&column.name).cloned().unwrap_or_default(),
        column,
    };
    let (path, title) = match entity {
        Entity::Account => ("metrics-of-accounts.html", "Metrics of accounts"),
        Entity::User => ("metrics-of-users.html", "Metrics of users"),
    };
    Some(DictionaryPage {
        path: path.to_owned(),
        title: title.to_owned(),
        metrics: columns(checked, of_now, model).into_iter().map(metric).collect(),
    })
}

/// Which components and scores use a column.
fn users(pipeline: &Pipeline, entity: Entity) -> BTreeMap<String, Vec<Link>> {
    let mut found: BTreeMap<String, Vec<Link>> = BTreeMap::new();
    for score in pipeline.semantics.all().filter(|score| score.entity == entity) {
        let semantic::Source::Scorecards(cards) = &score.source else { continue };
        let mut by_column: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for card in cards {
            let conditions = card.when.iter().map(|when| (when, format!("the scorecard {}", card.name)));
            let components = card.root.components();
            let of_components = components.iter().flat_map(|component| {
                expressions(component).into_iter().map(|expression| (expression, component.title.clone()))
            });
            for (expression, user) in conditions.chain(of_components) {
                for (bytes, _) in expression.names() {
                    let name = expression.sql()[bytes.clone()].trim_matches('"').to_owned();
                    by_column.entry(name).or_default().insert(user.clone());
                }
            }
        }
        for (column, names) in by_column {
            let names: Vec<String> = names.into_iter().collect();
            found.entry(column).or_default().push(Link {
                text: titled(score),
                path: format!("scores/{}.html", score.name),
                note: names.join(", "),
            });
        }
    }
    found
}

fn expressions(component: &Component) -> Vec<&Expression> {
    let when = component.scoring.cases.iter().filter_map(|case| case.when.as_ref());
    let optional = [&component.applies_when, &component.ready_when, &component.evidence];
    std::iter::once(&component.value).chain(optional.into_iter().flatten()).chain(when).collect()
}

/// The title of a score, with what tells a draft.
fn titled(score: &Score) -> String {
    if score.draft.is_some() { format!("{} (draft)", score.title) } else { score.title.clone() }
}

fn score_page(pipeline: &Pipeline, score: &Score) -> ScorePage {
    let own = [score.components_table(), score.table()];
    let behind = pipeline.models.iter().filter(|model| own.contains(&model.name));
    ScorePage {
        path: format!("scores/{}.html", score.name),
        name: score.name.clone(),
        body: markdown(&explain::page(score)),
        models: behind.map(|model| link(pipeline, &model.name)).collect(),
    }
}

/// Markdown as HTML; HTML in it is shown as what it is, a text.
fn markdown(text: &str) -> String {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        event => event,
    });
    let mut body = String::new();
    html::push_html(&mut body, events);
    // Tables may be wider than a phone: each scrolls on its own.
    body.replace("<table>", "<div class=\"wide\"><table>").replace("</table>", "</table></div>")
}
