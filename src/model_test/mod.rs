//! Unit tests of models: rows in, rows expected.
