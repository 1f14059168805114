//! What is published keeps the contract that its model declares, unless the definition says that it must not.

use std::collections::HashMap;

use super::chance;
use super::compile;
use super::engines::{self, integer, text};
use super::naive;
use super::numbers::{check, tables};
use super::world;

/// The columns and the checks that a model's contract declares.
pub fn contract(sql: &str) -> (Vec<(String, String)>, Vec<String>) {
    use datafusion::sql::parser::{DFParser, Statement};
    use datafusion::sql::sqlparser::ast::{ColumnOption, Statement as Sql, TableConstraint};

    let statement = DFParser::parse_sql(sql).expect("it parses").pop_front().expect("a statement");
    let Statement::Statement(statement) = statement else { panic!("not SQL") };
    let Sql::CreateTable(table) = *statement else { panic!("not a table") };
    let mut checks = Vec::new();
    for column in &table.columns {
        for option in &column.options {
            match &option.option {
                ColumnOption::Check(check) => checks.push(check.expr.to_string()),
                ColumnOption::NotNull => checks.push(format!("{} IS NOT NULL", column.name)),
                other => panic!("unexpected {other}"),
            }
        }
    }
    for constraint in &table.constraints {
        match constraint {
            TableConstraint::Check(check) => checks.push(check.expr.to_string()),
            TableConstraint::PrimaryKey(_) => {}
            other => panic!("unexpected {other}"),
        }
    }
    let columns = table.columns.iter().map(|column| (column.name.to_string(), column.data_type.to_string()));
    (columns.collect(), checks)
}

#[test]
fn what_is_published_keeps_its_contract_unless_something_is_to_be_refused() {
    let (kept, broken) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    check(14, &(chance::definitions(), world::tables(40..120)), |(definition, rows)| {
        let refused = naive::evaluate(&definition, &rows).iter().any(|row| row.refused);
        let (components, score) = definition.yaml();
        let (components, score) = compile(&components, &score);
        for (model, refused) in [(components, refused), (score, false)] {
            let (columns, checks) = contract(&model.sql);
            assert!(checks.len() > 9, "{checks:?}");
            let failing = checks.iter().map(|check| format!("count(CASE WHEN NOT ({check}) THEN 1 END)"));
            let failing = failing.collect::<Vec<_>>().join(" + ");
            let types = columns.iter().map(|(name, _)| format!("max(arrow_typeof({name})) AS {name}"));
            let types = types.collect::<Vec<_>>().join(", ");
            let query = format!("SELECT {failing} AS failing, {types} FROM ({})", model.query());
            let found =
                engines::run(&tables(&definition, &rows), &query, 2).unwrap_or_else(|e| panic!("{e}"));
            let failing = integer(&found[0], "failing").expect("a number");
            assert_eq!(failing > 0, refused, "{failing} in {}", model.sql);
            if refused {
                broken.set(broken.get() + 1)
            } else {
                kept.set(kept.get() + 1)
            }
            let types: HashMap<&str, &str> = HashMap::from([
                ("VARCHAR", "Utf8"),
                ("DATE", "Date32"),
                ("DOUBLE", "Float64"),
                ("INT", "Int32"),
                ("BOOLEAN", "Boolean"),
                ("BIGINT", "Int64"),
            ]);
            for (name, declared) in &columns {
                // A literal in a list of rows is a view of a text; the publisher casts it.
                let found = text(&found[0], name).map(|found| found.replace("Utf8View", "Utf8"));
                assert_eq!(found.as_deref(), types.get(declared.as_str()).copied(), "{name}");
            }
        }
        Ok(())
    });
    assert!(kept.get() > 9 && broken.get() > 0, "{kept:?} kept, {broken:?} broken");
}
