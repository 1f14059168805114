//! From staged, audited tables to what analysts read.
