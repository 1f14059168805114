//! Alerts day by day: the tables of the rules as fixtures, laws over random days; files of rules, and the command.

mod below;
mod case;
mod command;
mod declared;
mod declining;
mod fell;
mod handed_over;
mod laws;
mod moved;
mod restated;
mod series;
