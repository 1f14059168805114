//! The table of sources in the crate's documentation says what the bundled project declares.

use std::collections::BTreeMap;
use std::path::Path;

use halescore::project::Project;
use halescore::project::model::Kind;
use halescore::project::time::{Known, Time};

/// Of each source in the table its kind, key, from, to and known; and why.
fn documented() -> BTreeMap<&'static str, (Vec<&'static str>, &'static str)> {
    let page = include_str!("../../src/project/sources.md");
    let rows = page.lines().skip_while(|line| !line.starts_with("| source |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [source, rest @ .., why] = cells.as_slice() else { panic!("{line}") };
        (*source, (rest.to_vec(), *why))
    });
    rows.collect()
}

/// The cells of a declaration.
fn cells(time: &Time) -> [String; 5] {
    let one = |column: Option<&String>| column.cloned().unwrap_or_default();
    let known = |known: &Known| match known {
        Known::At(column) => column.clone(),
        Known::After(days) => format!("{days} days after"),
    };
    let (from, to, known) = match time {
        Time::Events(events) => (events.happened_at.clone(), String::new(), known(&events.known)),
        Time::Versions(versions) => {
            (versions.valid_from.join(", "), one(versions.valid_to.as_ref()), known(&versions.known))
        }
        Time::Snapshots(snapshots) => (snapshots.taken_at.clone(), String::new(), snapshots.taken_at.clone()),
        Time::Current(current) => {
            (one(current.begins_at.as_ref()), one(current.ends_at.as_ref()), String::new())
        }
    };
    [time.kind().to_owned(), time.key().join(", "), from, to, known]
}

#[test]
fn the_table_says_what_each_source_declares() {
    let project =
        Project::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|problems| panic!("{problems}"));
    let mut documented = documented();
    for model in &project.models {
        let Kind::Source(source) = &model.kind else { continue };
        let name = model.name.table.as_str();
        let declared = cells(&source.time);
        let (written, why) = documented.remove(name).unwrap_or_default();
        assert_eq!(written, declared, "src/project/sources.md of {name}");
        assert!(!why.is_empty(), "src/project/sources.md does not say why {name} is what it is");
    }
    assert!(documented.is_empty(), "no sources: {:?}", documented.keys());
}
