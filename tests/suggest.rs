//! `hale suggest` on a project of given metrics, and what it reckons with against naive calculations: capabilities 8, 35 and 50.

mod bins;
pub mod command;
mod left;
mod themes;
pub mod world;
mod worth;
