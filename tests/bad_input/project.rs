//! SQL and YAML that are not what they should be.

use super::world::World;

/// What one file is made to say, and what is said of it.
#[track_caller]
fn refused(file: &str, text: impl AsRef<[u8]>, said: &[&str]) {
    let world = World::published();
    world.write(file, text);
    let said: Vec<&str> = [file].iter().chain(said).copied().collect();
    world.refused(1, &said);
}

#[test]
fn a_sql_file_holds_one_statement() {
    refused(
        "sql/staging/users.sql",
        "SELECT 1 AS a; SELECT 2 AS a",
        &["many-statements", "the file holds 2 statements"],
    );
    for nothing in ["", " \n\t", "-- only a comment\n", ";", "/* open"] {
        refused("sql/staging/users.sql", nothing, &[]);
    }
}

#[test]
fn a_sql_file_that_does_not_parse_shows_where() {
    refused(
        "sql/staging/users.sql",
        "SELECT user_id,\n  account_id FORM dated.users\n",
        &["syntax", "sql/staging/users.sql:2:"],
    );
    refused("sql/staging/users.sql", "SELECT 'open FROM dated.users", &["syntax"]);
    refused("sql/staging/users.sql", "SELECT \u{0} FROM dated.users", &["syntax"]);
}

#[test]
fn a_model_is_a_query_and_changes_nothing() {
    for statement in [
        "DROP TABLE raw.users",
        "DELETE FROM raw.users",
        "COPY raw.users TO 'x.parquet'",
        "SET a = 1",
        "EXPLAIN SELECT 1",
    ] {
        refused("sql/staging/users.sql", statement, &[]);
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_line() {
    refused(
        "sql/staging/users.sql",
        b"SELECT user_id,\n '\xff' AS account_id FROM dated.users",
        &["not-utf8", "line 2"],
    );
    refused("hale.yml", b"name: \xff", &["not-utf8", "line 1"]);
}

#[test]
fn unknown_keys_are_refused_with_a_suggestion() {
    let settings = "name: bad\ntime_zone: UTC\nsource: data\nout: out\nhistory_starts: 2026-09-01\n";
    refused("hale.yml", settings, &["hale.yml:3:1", "unknown-key", "source", "did you mean `sources`?"]);
    let component = "usage: {title: Usage, vaule: events, bins: [{below: 1, points: 0}, {points: 1}]}\n";
    refused(
        "sql/components/usage.yml",
        component,
        &["sql/components/usage.yml:1:", "vaule", "did you mean `value`?"],
    );
    let score = "title: Health\nversion: '1'\ncomponents: []\ntears: []\n";
    refused("sql/scores/health.yml", score, &["sql/scores/health.yml:4:1", "tears", "did you mean `tiers`?"]);
}

#[test]
fn a_file_under_another_ending_is_not_left_out_in_silence() {
    for file in ["sql/components/usage.yaml", "sql/scores/health.yaml", "sql/tests/marts.users/case.yaml"] {
        refused(file, "expect: []\n", &["is not read", "end its name in .yml"]);
    }
}

#[test]
fn settings_that_are_missing_or_wrong_are_named() {
    refused("hale.yml", "", &[]);
    refused("hale.yml", "- a list", &[]);
    refused("hale.yml", "name: [", &[]);
    let with = |zone: &str, day: &str| {
        format!("name: bad\ntime_zone: {zone}\nsources: data\nout: out\nhistory_starts: {day}\n")
    };
    refused(
        "hale.yml",
        with("Europe/Atlantis", "2026-09-01"),
        &["hale.yml:2:12", "`Europe/Atlantis` is no time zone"],
    );
    refused("hale.yml", with("UTC", "2026-02-30"), &["hale.yml:5:17", "`2026-02-30` is no date"]);
    let twice = format!("{}name: again\n", with("UTC", "2026-09-01"));
    refused("hale.yml", twice, &["hale.yml:6:1", "duplicate-key", "`name` is declared twice"]);
}

#[test]
fn yaml_that_unfolds_without_end_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(", ")));
    }
    refused("sql/components/bomb.yml", &bomb, &[]);
    refused("hale.yml", "[".repeat(100_000), &[]);
}

#[test]
fn a_query_nested_without_end_is_refused_or_answered() {
    let world = World::published();
    let deep = format!(
        "SELECT user_id, account_id FROM dated.users WHERE {}TRUE{}",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    world.write("sql/staging/users.sql", deep);
    world.refused(1, &["sql/staging/users.sql"]);
}

#[test]
fn days_that_cannot_be_are_called_wrongly() {
    let world = World::published();
    for day in ["2026-02-30", "yesterday", "2026-13-01", "", "20260903"] {
        let ended = world.hale(&["run", "--as-of", day]);
        assert_eq!(ended.code, 2, "{day}: {}", ended.stderr);
    }
    let ended = world.hale(&["run", "--as-of", "2026-08-31"]);
    assert!([1, 2].contains(&ended.code), "a day before history starts: {} {}", ended.code, ended.stderr);
    let ended = world.hale(&["run", "--from", "2026-09-03", "--to", "2026-09-02"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
}
