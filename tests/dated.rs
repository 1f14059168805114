//! The dated relation of each kind of source, against its definition, and the laws of time that need none.

mod definition; // what each kind means, row by row
mod laws; // later rows change no earlier day; order, files and another delivery change nothing
mod many; // corrections, deliveries and needless kinds: thousands of cases, many in one world
mod projects; // projects over tables of others declare the time of all sources
mod refused; // declarations that say nothing, or contradict themselves
mod table; // what the documentation says of the bundled sources
mod world; // a project of one source with drawn rows
