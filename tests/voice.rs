//! The metrics of what customers say and do, against evaluators that share no code with the engine.
//!
//! ```text
//! sources        rows of any source, drawn at random and written as the Parquet that sql/raw expects
//! worlds         many worlds side by side in one run
//! customers      who is a customer on which day, and the published subjects of ugly worlds
//! corrections    what was mended, and what changed: both sides of the day on which it was known, in both readings
//! mended         the rows of that
//! merged         an account in which another one goes on
//! support …      one subject a file: its rows, and each of its columns by loops over them, as of one day
//! absent         sources that are away: what is left runs, and says what it does not know
//! marts          what people open first, held against what it is made of
//! two_logs       two real logs on the catalogue, by sources and staging alone
//! ```

mod absent;
mod adoption;
mod advocacy;
mod corrections;
mod customers;
mod goals;
mod habits;
mod kpis;
mod marts;
mod mended;
mod merged;
mod onboarding;
mod relationship;
mod reporting;
mod sentiment;
mod sources;
mod support;
mod surveys;
mod two_logs;
mod worlds;
