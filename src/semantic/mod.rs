//! Components and scores: strict YAML, compiled to plain SQL.
