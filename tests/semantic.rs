//! Components and scores: what the YAML means, and that the compiled SQL computes it.

mod any_text;
mod bundled;
mod by;
mod capabilities;
pub mod chance;
pub mod contracts;
pub mod engines;
mod guide;
pub mod language;
pub mod naive;
pub mod numbers;
mod properties;
pub mod published;
mod readme;
mod refusals;
mod refused_meanings;
mod rolled;
mod schema;
pub mod world;
mod yaml;

use std::sync::Arc;

use halescore::diagnostic::{Diagnostics, SourceFile};
use halescore::semantic::{self, CompiledModel, Semantics};

/// The Omni guide's example: five components whose points sum to a possible total of 20.
const OMNI_COMPONENTS: &str = "\
usage:
  title: Usage
  unit: events in 28 days
  value: events_28d
  direction: higher_is_better
  bins: [{below: 10, points: 0}, {below: 100, points: 1}, {below: 500, points: 2}, {below: 1000, points: 3}, {points: 4}]
usage_growth:
  title: Usage growth
  value: events_28d / nullif(events_prev_28d, 0) - 1   # SQL
  bins: [{below: -0.25, points: 0}, {below: 0, points: 1}, {below: 0.10, points: 2}, {points: 4}]
user_growth:
  title: Active-user growth
  value: active_users_28d / nullif(active_users_prev_28d, 0) - 1
  bins: [{below: -0.25, points: 0}, {below: 0, points: 1}, {below: 0.10, points: 2}, {points: 4}]
concentration:
  title: Concentration
  value: top_user_share
  direction: lower_is_better
  bins: [{below: 0.25, points: 4}, {below: 0.5, points: 2}, {points: 0}]
product_usage:
  title: Product usage
  value: features_28d
  bins: [{below: 2, points: 0}, {below: 4, points: 2}, {points: 4}]
";

const OMNI_SCORE: &str = "\
title: Customer health
description: |
  Points earned over points possible.
  The five components of the guide.
version: 2026-09
components: [usage, usage_growth, user_growth, concentration, product_usage]
min_coverage: 0.6
tiers:
  - {name: at risk, below: 40}
  - {name: neutral, below: 75}
  - {name: healthy}
";

fn components(text: &str) -> Arc<SourceFile> {
    SourceFile::new("sql/components/all.yml", text)
}

fn score(text: &str) -> Arc<SourceFile> {
    SourceFile::new("sql/scores/health.yml", text)
}

pub fn parse(components_text: &str, score_text: &str) -> Result<Semantics, Diagnostics> {
    semantic::parse(&[components(components_text)], &[score(score_text)])
}

/// The components model and the score model of one file of each.
fn compile(components_text: &str, score_text: &str) -> (CompiledModel, CompiledModel) {
    let semantics = parse(components_text, score_text).unwrap_or_else(|problems| panic!("{problems}"));
    let mut models = semantics.compile().into_iter();
    (models.next().expect("components first"), models.next().expect("then the score"))
}

#[test]
fn a_compiled_model_is_one_statement_with_its_contract() {
    use datafusion::sql::parser::{DFParser, Statement};
    use datafusion::sql::sqlparser::ast;

    let (components, score) = compile(OMNI_COMPONENTS, OMNI_SCORE);
    for (model, columns) in [(&components, 19), (&score, 16)] {
        let statements = DFParser::parse_sql(&model.sql).expect("it parses");
        assert_eq!(statements.len(), 1);
        let Statement::Statement(statement) = &statements[0] else { panic!("not SQL: {}", statements[0]) };
        let ast::Statement::CreateTable(table) = statement.as_ref() else {
            panic!("not a table: {statement}")
        };
        assert_eq!(table.name.to_string(), format!("{}.health", model.layer));
        assert_eq!(table.columns.len(), columns);
        assert_eq!(table.constraints.len(), 2);
        assert!(table.query.is_some());
        assert!(model.query().starts_with("WITH\n") && model.sql.ends_with(model.query()));
    }
    assert!(score.sql.starts_with(
        "-- Customer health\n--\n-- Points earned over points possible.\n-- The five components of the guide.\n\
         --\n-- Compiled from sql/scores/health.yml.\nCREATE TABLE scores.health (\n"
    ), "{}", score.sql);
}

#[test]
fn names_and_texts_cannot_leave_their_place_in_the_sql() {
    let component = "select:\n  title: \"a\\n) FROM x; -- \"\n";
    assert!(parse(component, OMNI_SCORE).is_err());
    let component = "order: {title: \"It's -- */ a title\", value: \"'--' || \\\"odd \\\"\\\"name\\\" -- note\", bins: [{points: 1}]}";
    let text = "{title: T, version: \"'; drop --\", components: [order], tiers: [{name: it's}]}";
    let (components, score) = compile(component, text);
    assert!(
        components.sql.contains("CAST('--' || \"odd \"\"name\" AS DOUBLE) AS value_order"),
        "{}",
        components.sql
    );
    assert!(score.sql.contains("'''; drop --' AS version") && score.sql.contains("'it''s'"), "{}", score.sql);
}

#[test]
fn the_same_meaning_has_the_same_hash_and_the_same_query() {
    let definition = |components: &str, score: &str| {
        let semantics = parse(components, score).unwrap_or_else(|problems| panic!("{problems}"));
        semantics.scores[0].definition.clone()
    };
    let components = "a: {title: A, value: m1, bins: [{below: 1, points: 0}, {points: 2}]}\n\
                      b: {title: B, value: m1 / m2 - 0.5, bins: [{below: 0.10, points: 0}, {points: 2}]}\n";
    let score =
        "{title: T, version: '1', components: {a: 1, b: 2.50}, tiers: [{name: x, below: 50}, {name: y}]}";
    let hash = definition(components, score);
    assert_eq!(hash.len(), 16);

    let same_components = "# other words\nb:\n  bins:\n    - {points: 0, below: 1e-1}\n    - points: 2.0\n  value: |\n    M1/m2   -- why\n      - .5\n\
                           \x20 title: Beta\n  docs: new\na: {value: M1, title: A, owner: me, bins: [{below: 1.0, points: 0}, {points: 2}]}\n";
    let same_score = "components: {b: 2.5, a: 1.0}\ntitle: Other\nversion: 2\naggregate: weighted_mean\nmin_coverage: 0\n\
                      tiers: [{name: x, below: 50, description: low}, {name: y}]";
    // `.5` and `0.5` are two texts of one number: the one difference that the canonical form keeps.
    let same_components = same_components.replace("- .5", "- 0.5");
    assert_eq!(definition(&same_components, same_score), hash);

    let others = [
        (components.replace("value: m1,", "value: m2,"), score.to_owned()),
        (components.replace("below: 1,", "below: 2,"), score.to_owned()),
        (components.replace("{points: 2}", "{points: 3}"), score.to_owned()),
        (components.to_owned(), score.replace("2.50", "2.51")),
        (components.to_owned(), score.replace("below: 50", "below: 51")),
        (components.to_owned(), score.replace("name: y", "name: z")),
        (components.to_owned(), score.replace("tiers", "min_coverage: 0.1, tiers")),
        (components.to_owned(), score.replace("{a: 1, b: 2.50}", "[a]")),
    ];
    for (components, score) in others {
        assert_ne!(definition(&components, &score), hash, "{components}\n{score}");
    }
}

#[test]
fn the_order_of_components_changes_no_byte_of_the_query() {
    let reordered =
        OMNI_SCORE.replace("usage, usage_growth, user_growth", "user_growth, usage, usage_growth");
    let ((first, score), (second, other)) =
        (compile(OMNI_COMPONENTS, OMNI_SCORE), compile(OMNI_COMPONENTS, &reordered));
    assert_eq!((first.query(), score.query()), (second.query(), other.query()));
}

#[test]
fn compiled_names_lead_back_to_the_yaml() {
    let (components, score) = compile(OMNI_COMPONENTS, OMNI_SCORE);
    for model in [&components, &score] {
        for name in ["events_prev_28d", "top_user_share", "nullif"] {
            let at = model.sql.find(name).expect("it is compiled");
            let place = model.origin(at).expect("it came from the YAML");
            assert_eq!(&place.file.text[place.span.clone()], name);
            assert_eq!(place.file.path, "sql/components/all.yml");
        }
        let division = model.sql.find("/ nullif(events_prev").expect("it is compiled");
        let place = model.origin(division).expect("it came from the YAML");
        assert_eq!(&place.file.text[place.span.clone()], "events_28d / nullif(events_prev_28d, 0) - 1");
        assert_eq!(model.origin(model.sql.find("floor(").unwrap_or(0)), None);
    }
}

#[test]
fn names_lead_back_from_every_style_of_scalar() {
    let styles = [
        "value: \"coalesce(\\\"MiXed\\\", 'é') + here_it_is\"",
        "value: 'coalesce(''é'', x) + here_it_is'",
        "value: |\n    case when x / y > 0.5\n      then 'é' else\n    here_it_is end",
        "value: >-\n    x +\n    here_it_is",
        "value: x\n    + here_it_is",
        "value: &anchor x + here_it_is",
    ];
    for style in styles {
        let text = format!("é_is_a_comment: # no name\n  title: T\n  {style}\n  bins: [{{points: 1}}]\n")
            .replacen("é_is_a_comment", "part", 1);
        let (components, _) =
            compile(&text, "{title: T, version: '1', components: [part], tiers: [{name: all}]}");
        let place =
            components.origin(components.sql.find("here_it_is").expect("compiled")).expect("from the YAML");
        assert_eq!(&place.file.text[place.span.clone()], "here_it_is", "{style}");
    }
}
