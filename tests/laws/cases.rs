//! The unit tests of the bundled models once more: what a model gives does not depend on the order in which its rows
//! arrive, nor on rows that are delivered twice where staging says that it takes that.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use halescore::check::check;
use halescore::diagnostic::SourceFile;
use halescore::engine::{Engine, EngineOptions};
use halescore::model_test::run;
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Draw;
use super::tree::Pairs;

/// Draws for each case.
const DRAWS: u64 = 4;

/// Sources of which the same row may come twice, each staged under its own name.
pub const DELIVERED_TWICE: [&str; 20] = [
    "accounts",
    "advocacy",
    "contacts",
    "contract_events",
    "contracts",
    "events",
    "feedback",
    "goals",
    "interactions",
    "invoices",
    "messages",
    "onboarding_milestones",
    "onboarding_plans",
    "opportunities",
    "overrides",
    "payments",
    "surveys",
    "ticket_events",
    "tickets",
    "usage_daily",
];

/// What a model is given: rows, or the days of a calendar. Values are texts: what they are is for their columns to say.
enum Given {
    Rows(Vec<Row>),
    Days(Row),
}

type Row = Vec<(String, Option<String>)>;

/// A case: its inputs, and the lines of its text before and after them.
struct Case {
    model: String,
    name: String,
    inputs: Vec<(String, Given)>,
    around: String,
}

impl Case {
    fn read(file: &SourceFile) -> Self {
        let below = file.path.strip_prefix("sql/tests/").unwrap();
        let (model, name) = below.split_once('/').unwrap();
        let (inputs, around) = divided(&file.text);
        let Pairs(inputs) = match inputs.is_empty() {
            true => Pairs(Vec::new()),
            false => serde_saphyr::from_str(&inputs).unwrap_or_else(|error| panic!("{}: {error}", file.path)),
        };
        Self { model: model.to_owned(), name: name.trim_end_matches(".yml").to_owned(), inputs, around }
    }

    /// The same case with its rows in another order, some of them twice where that is taken.
    fn redrawn(&self, seed: u64) -> Arc<SourceFile> {
        let mut draw = Draw(seed);
        let mut text = self.around.clone();
        text.push_str("\ngiven:\n");
        for (table, given) in &self.inputs {
            let twice = table.strip_prefix("raw.").is_some_and(|source| {
                DELIVERED_TWICE.contains(&source) && self.model == format!("staging.{source}")
            });
            text.push_str(&format!("  {table}: {}\n", given.redrawn(twice, &mut draw)));
        }
        SourceFile::new(format!("sql/tests/{}/{}_{seed}.yml", self.model, self.name), text)
    }
}

/// The text below `given:` as a mapping of its own, and the rest.
fn divided(text: &str) -> (String, String) {
    let (mut inputs, mut around, mut within) = (String::new(), String::new(), false);
    for line in text.lines() {
        if line.starts_with(|first: char| first.is_ascii_lowercase()) {
            within = line.starts_with("given:");
            if within {
                inputs.push_str(line.trim_start_matches("given:").trim());
                continue;
            }
        }
        let part = if within { &mut inputs } else { &mut around };
        part.push('\n');
        part.push_str(line);
    }
    (inputs, around)
}

impl Given {
    fn rows(&self) -> usize {
        if let Self::Rows(rows) = self { rows.len() } else { 0 }
    }

    fn redrawn(&self, twice: bool, draw: &mut Draw) -> String {
        match self {
            Self::Days(ends) => written(ends),
            Self::Rows(rows) => {
                let mut rows: Vec<String> = rows.iter().map(written).collect();
                for at in 0..rows.len() {
                    if twice && draw.below(3) == 0 {
                        rows.push(rows[at].clone());
                    }
                }
                draw.shuffle(&mut rows);
                format!("[{}]", rows.join(", "))
            }
        }
    }
}

/// A row as flow text; NULL is not quoted, all else is.
fn written(row: &Row) -> String {
    let cell = |(column, value): &(String, Option<String>)| {
        format!("{column}: {}", serde_json::to_string(value).unwrap())
    };
    format!("{{{}}}", row.iter().map(cell).collect::<Vec<_>>().join(", "))
}

#[tokio::test]
async fn the_order_of_rows_and_rows_that_come_twice_change_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let pipeline =
        Project::load(root).and_then(Pipeline::build).unwrap_or_else(|problems| panic!("{problems}"));
    let mut checked = check(pipeline, &engine, None).await.unwrap_or_else(|error| panic!("{error}"));
    let cases: Vec<Case> = checked.pipeline.tests.iter().map(|file| Case::read(file)).collect();
    let rows = |case: &Case| case.inputs.iter().map(|(_, given)| given.rows()).sum::<usize>();
    assert!(cases.iter().map(rows).sum::<usize>() > 500, "the rows of cases are not read");
    let redrawn =
        cases.iter().filter(|case| rows(case) > 1).flat_map(|case| (0..DRAWS).map(|seed| case.redrawn(seed)));
    checked.pipeline.tests = redrawn.collect();
    let outcome = run(&checked, &engine, &[]).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(outcome.failures().is_empty(), "{}", outcome.failures());
    assert!(outcome.passed() > 300, "only {} cases ran", outcome.passed());
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GivenVisitor;

        impl<'de> Visitor<'de> for GivenVisitor {
            type Value = Given;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("rows or days")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Given, A::Error> {
                let mut rows = Vec::new();
                while let Some(Pairs(row)) = list.next_element()? {
                    rows.push(row);
                }
                Ok(Given::Rows(rows))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Given, A::Error> {
                Pairs::visit(map).map(|Pairs(ends)| Given::Days(ends))
            }
        }

        deserializer.deserialize_any(GivenVisitor)
    }
}
