//! The dated relation of each kind of source, against its definition, and the laws of time that need none.

mod corrected; // a correction changes only the days that it is about
mod definition; // what each kind means, row by row
mod deleted; // what is taken back, and what is no more
mod delivered; // order, files and second deliveries change nothing
mod digests; // the digest of a day is that of what is said of it
mod duckdb; // DuckDB runs what compile writes to the same rows
mod examples; // the rows that the documentation shows, kind by kind
mod later; // later rows change no day, in some thousands of cases
mod laws; // later rows change no earlier day; order, files and another delivery change nothing
mod many; // many cases in one world, and what the laws say of them
mod meanings; // the sentence of each kind
mod needless; // a kind that nothing needs makes plain rows
mod one_day; // tables by day of one day alone
mod projects; // projects declare the time of all sources, and their models do nothing about it
mod pruned; // what cannot be known is not read
mod refused; // declarations that say nothing, or contradict themselves
mod table; // what the documentation says of the bundled sources
mod world; // a project of one source with drawn rows
