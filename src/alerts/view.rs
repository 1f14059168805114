//! The scores of the last days, all under the definition of the newest one.

use std::collections::VecDeque;

use super::Decimal;

/// What is kept of the past: as many days as a rule looks back, and what was published on them.
#[derive(Debug, Clone)]
pub(super) struct View {
    points: VecDeque<Point>,
    reach: i32,
}

/// A score of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) day: i32,
    /// Under the definition of the newest day.
    pub(super) score: Option<Decimal>,
    /// As it was published.
    pub(super) published: Option<Decimal>,
}

impl View {
    pub(super) fn new(reach: u32) -> Self {
        Self { points: VecDeque::new(), reach: reach as i32 }
    }

    /// One more day, after all that are there.
    pub(super) fn push(&mut self, day: i32, score: Option<Decimal>) {
        self.points.push_back(Point { day, score, published: score });
        while self.points.front().is_some_and(|first| first.day < day - self.reach) {
            self.points.pop_front();
        }
    }

    /// The scores under another definition; days that are not told have none.
    pub(super) fn restate(&mut self, before: &[(i32, Option<Decimal>)]) {
        let published = |day| self.points.iter().find(|point| point.day == day)?.published;
        let told = before.iter().map(|(day, score)| (*day, *score, published(*day)));
        let untold = self.points.iter().filter(|point| before.iter().all(|(day, _)| *day != point.day));
        let untold = untold.map(|point| (point.day, None, point.published));
        let mut points: Vec<Point> =
            told.chain(untold).map(|(day, score, published)| Point { day, score, published }).collect();
        points.sort_by_key(|point| point.day);
        self.points = points.into();
    }

    /// The score of a day, where it is known.
    pub(super) fn at(&self, day: i32) -> Option<Decimal> {
        self.points.iter().rev().find(|point| point.day == day)?.score
    }

    /// Days with a score from one day to another, in order, with it.
    pub(super) fn known(&self, first: i32, last: i32) -> impl Iterator<Item = (Point, Decimal)> + '_ {
        let within = self.points.iter().filter(move |point| (first..=last).contains(&point.day));
        within.filter_map(|point| Some((*point, point.score?)))
    }
}
