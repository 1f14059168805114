//! `hale diff`: what a changed definition does to everybody, against naive evaluations of both definitions: capabilities 14
//! and 113.

mod changes; // the way from one definition to another ends at the other, whatever the two are
mod command; // its words, exit codes and refusals; that it writes nothing
mod days; // two published days: definition, data and coverage, by hand
mod oracle; // scores, tiers, means and the split of random definitions over published metrics
mod world; // pairs of definitions, and random metrics that are published
