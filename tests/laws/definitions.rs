//! What a definition means does not depend on where and in which order it is written, nor on what its tiers are called.
//!
//! Compared is the SQL, text by text: the same SQL gives the same bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use halescore::diagnostic::SourceFile;
use halescore::semantic;

use super::Draw;
use super::shipped::{Shipped, all};
use super::tree::Tree;

/// Draws of each law.
const CASES: u64 = 300;

/// Mappings whose order is that in which their parts are shown, so part of what is written.
const IN_ORDER: [&str; 2] = ["components", "categories"];

/// The statement of each model.
fn compiled(shipped: &Shipped) -> BTreeMap<String, String> {
    let semantics =
        semantic::parse(&shipped.components, &shipped.scores).unwrap_or_else(|problems| panic!("{problems}"));
    let models = semantics.compile().into_iter();
    models.map(|model| (format!("{}.{}", model.layer, model.name), model.sql)).collect()
}

/// The same tree with the keys of its mappings in another order.
fn shuffled(tree: &Tree, keeps_order: bool, draw: &mut Draw) -> Tree {
    match tree {
        Tree::Leaf(text) => Tree::Leaf(text.clone()),
        Tree::List(items) => Tree::List(items.iter().map(|item| shuffled(item, false, draw)).collect()),
        Tree::Map(entries) => {
            let inner = |(key, value): &(String, Tree)| {
                let keeps_order = IN_ORDER.contains(&key.as_str());
                (key.clone(), shuffled(value, keeps_order, draw))
            };
            let mut entries: Vec<_> = entries.iter().map(inner).collect();
            if !keeps_order {
                draw.shuffle(&mut entries);
            }
            Tree::Map(entries)
        }
    }
}

/// The components of all files in new ones, and keys, entries and files in another order.
fn rewritten(shipped: &Shipped, draw: &mut Draw) -> Shipped {
    let mut components: Vec<(String, Tree)> = Vec::new();
    for file in &shipped.components {
        components.append(shuffled(&Tree::read(&file.text), false, draw).entries());
    }
    draw.shuffle(&mut components);
    let mut files: Vec<Vec<(String, Tree)>> = vec![Vec::new(); 1 + draw.below(4)];
    for component in components {
        let at = draw.below(files.len());
        files[at].push(component);
    }
    files.retain(|entries| !entries.is_empty());
    let file =
        |(at, entries)| SourceFile::new(format!("sql/components/{at}.yml"), Tree::Map(entries).write());
    let score = |file: &Arc<SourceFile>| {
        SourceFile::new(file.path.clone(), shuffled(&Tree::read(&file.text), false, draw).write())
    };
    let mut scores: Vec<_> = shipped.scores.iter().map(score).collect();
    draw.shuffle(&mut scores);
    Shipped { components: files.into_iter().enumerate().map(file).collect(), scores }
}

#[test]
fn the_order_in_which_yaml_is_written_changes_no_sql() {
    let shipped = all();
    let expected: Vec<_> = shipped.iter().map(compiled).collect();
    for seed in 0..CASES {
        let mut draw = Draw(seed);
        let at = draw.below(shipped.len());
        let rewritten = rewritten(&shipped[at], &mut draw);
        assert_eq!(compiled(&rewritten), expected[at], "seed {seed}: {rewritten:?}");
    }
}

/// Names that a team might give to tiers, and some that break what does not quote.
const NAMES: [&str; 8] = ["red", "A", "10", "we're worried", "ÄRGER", "null", "unknown", "at-risk"];

#[test]
fn the_names_of_tiers_change_no_number() {
    let shipped = all();
    let expected: Vec<_> = shipped.iter().map(compiled).collect();
    let mut renamed_tiers = 0;
    for seed in 0..CASES {
        let mut draw = Draw(seed);
        let at = draw.below(shipped.len());
        let (renamed, names) = renamed(&shipped[at], &mut draw);
        renamed_tiers += names.len();
        let told_back = |sql: &str| {
            names.iter().fold(sql.to_owned(), |sql, (old, new)| sql.replace(&literal(new), &literal(old)))
        };
        let got =
            compiled(&renamed).into_iter().map(|(model, sql)| (model, without_definition(&told_back(&sql))));
        let want = expected[at].iter().map(|(model, sql)| (model.clone(), without_definition(sql)));
        let (got, want): (BTreeMap<_, _>, BTreeMap<_, _>) = (got.collect(), want.collect());
        assert_eq!(got, want, "seed {seed}: {names:?}");
    }
    assert!(renamed_tiers > 1000);
}

/// Every tier under a name of its own, and the names: old and new.
fn renamed(shipped: &Shipped, draw: &mut Draw) -> (Shipped, Vec<(String, String)>) {
    let mut names = Vec::new();
    let mut score = |file: &Arc<SourceFile>| {
        let mut tree = Tree::read(&file.text);
        for tier in tiers(&mut tree) {
            let Some(Tree::Leaf(name)) = tier.get("name") else { continue };
            // Scores may share a name: it goes on meaning one thing.
            let old: String = serde_json::from_str(name).unwrap();
            let number = names.iter().position(|(known, _)| *known == old).unwrap_or(names.len());
            if number == names.len() {
                names.push((old, format!("{} {number}", NAMES[draw.below(NAMES.len())])));
            }
            *name = serde_json::to_string(&names[number].1).unwrap();
        }
        SourceFile::new(file.path.clone(), tree.write())
    };
    let scores = shipped.scores.iter().map(&mut score).collect();
    (Shipped { components: shipped.components.clone(), scores }, names)
}

fn tiers(score: &mut Tree) -> &mut [Tree] {
    match score.get("tiers") {
        Some(Tree::List(tiers)) => tiers,
        _ => &mut [],
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The statement without the hash of the definition, which knows of the names.
fn without_definition(sql: &str) -> String {
    let is_hash = |word: &str| word.len() == 16 && word.chars().all(|c| c.is_ascii_hexdigit());
    sql.split('\'').map(|part| if is_hash(part) { "" } else { part }).collect::<Vec<_>>().join("'")
}
