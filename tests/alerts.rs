//! Alerts day by day: the tables of the rules as fixtures, and laws over random days.

mod below;
mod changed;
mod declining;
mod fell;
mod laws;
mod restated;
mod series;
