//! The commercial metrics against evaluators that share no code with the engine: numbers in names are those of
//! capabilities.
//!
//! ```text
//! books      contracts, changes, invoices, payments, opportunities, plans and users, drawn ugly and written as Parquet
//! published  what the bundled project makes of them, read back
//! known      what of the contracts was known on a day, beside what was the case
//! contracts, growth, billing, users   each column of a subject by loops over the books, one account and day at a time
//! bridge     why revenue at risk changed, from the lines of both days and the tiers
//! marts      ARR, seats and revenue at risk tied out over a generated world
//! retention  customers and revenue that are kept, by month, in twelve months and by cohort, over the same world
//! ```

mod billing;
mod books;
mod bridge;
mod contracts;
mod drawn;
mod growth;
mod known;
mod marts;
mod published;
mod retention;
mod users;
