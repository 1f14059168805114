//! hale: SQL-native customer health scores.
#![warn(missing_docs)]

pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod error;
pub mod generate;
pub mod model_test;
pub mod pipeline;
pub mod project;
pub mod publish;
pub mod run;
pub mod semantic;
pub mod storage;
