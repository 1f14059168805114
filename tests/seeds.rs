//! The seeds of drawn cases that once failed, kept in `tests/seeds/` and tried again before new cases are drawn.

use proptest::test_runner::{Config, FileFailurePersistence};

/// So many drawn cases, after the kept ones of a file.
pub fn kept(file: &'static str, cases: u32) -> Config {
    let seeds = FileFailurePersistence::Direct(file);
    Config { cases, failure_persistence: Some(Box::new(seeds)), ..Config::default() }
}
