//! A deletion takes back a statement that was made; where it is all that is said of a statement, it says that from then on
//! there is no such thing.

use std::collections::BTreeMap;

use halescore::engine::sources::Reading;

use super::definition::Shape;
use super::many::SPAN;
use super::world::{DAY, LAST, Row, World, state};

/// A row of the one thing: from which day it holds, where it says so, on which it was known, and whether it is a deletion.
fn said(v: i64, at: Option<i64>, known: i64, gone: bool) -> Row {
    let ver = at.unwrap_or(known);
    let at = at.map(|day| day * DAY);
    Row { id: 0, v, at, known: known * DAY, until: None, gone: Some(gone), begun: Some(0), ver }
}

/// Declarations of things that began on day 0 or of which nothing says so, told apart by a version or by their time.
fn shapes(from: bool) -> impl Iterator<Item = Shape> {
    let of = move |flags: u32| {
        let [to, ver, approximate, begun] = [0, 1, 2, 3].map(|flag| flags & (1 << flag) != 0);
        // What does not change over time is no matter of a thing that does.
        let fixed = !from && ver;
        Shape { from, to, gone: true, begun, ver, approximate, fixed, ..Shape::default() }
    };
    (0..16).map(of)
}

/// What the thing is from each of some days on, `None` where there is none, in a reading up to a day or of all rows.
fn must_be(shape: &Shape, rows: &[Row], until: Option<(i64, Reading)>, from: &[(i64, Option<i64>)]) {
    let lines = World::new(&shape.declared(), &[shape.seen(rows)]).lines(SPAN, until);
    let last = until.map_or(LAST, |(day, _)| day);
    for day in from[0].0..=last {
        let v = from.iter().rfind(|(first, _)| *first <= day).and_then(|(_, v)| *v);
        let expected: BTreeMap<String, i64> = v.map(|v| ("0".to_owned(), v)).into_iter().collect();
        assert_eq!(state(&lines, day), expected, "day {day} of {lines:?}, {until:?}: {:?}", shape.declared());
    }
}

#[test]
fn a_deletion_that_is_all_that_is_said_of_a_statement_ends_the_thing() {
    let rows = [said(7, None, 1, false), said(7, None, 3, true), said(7, None, 5, false)];
    for shape in shapes(false) {
        let before = (shape.begun || shape.approximate).then_some(7);
        must_be(&shape, &rows, None, &[(0, before), (1, Some(7)), (3, None), (5, Some(7))]);
        let until = |day| Some((day, Reading::AsKnown));
        must_be(&shape, &rows, until(2), &[(0, before), (1, Some(7))]);
        must_be(&shape, &rows, until(4), &[(0, before), (1, Some(7)), (3, None)]);
        // Told again it is the same.
        let again = [&rows[..2], &[said(7, None, 8, true)]].concat();
        must_be(&shape, &again, None, &[(0, before), (1, Some(7)), (3, None)]);
    }
}

#[test]
fn a_deletion_from_a_day_on_holds_from_there() {
    let rows = [said(7, Some(1), 1, false), said(8, Some(3), 6, true), said(8, Some(3), 8, true)];
    for shape in shapes(true) {
        let before = (shape.begun || shape.approximate).then_some(7);
        must_be(&shape, &rows, None, &[(0, before), (1, Some(7)), (3, None)]);
        must_be(&shape, &rows, Some((5, Reading::AsKnown)), &[(0, before), (1, Some(7))]);
        must_be(&shape, &rows, Some((7, Reading::AsKnown)), &[(0, before), (1, Some(7)), (3, None)]);
    }
}

#[test]
fn a_deletion_of_a_statement_that_was_made_says_that_it_never_was() {
    let rows = [said(7, Some(1), 1, false), said(8, Some(3), 3, false), said(8, Some(3), 6, true)];
    for shape in shapes(true) {
        let before = (shape.begun || shape.approximate).then_some(7);
        must_be(&shape, &rows, None, &[(0, before), (1, Some(7))]);
        let known = [(0, before), (1, Some(7)), (3, Some(8))];
        must_be(&shape, &rows, Some((5, Reading::AsKnown)), &known);
        must_be(&shape, &rows, Some((6, Reading::AsKnown)), &[(0, before), (1, Some(7))]);
        // Made again it is.
        let again = [&rows[..], &[said(9, Some(3), 8, false)]].concat();
        must_be(&shape, &again, None, &[(0, before), (1, Some(7)), (3, Some(9))]);
    }
}

#[test]
fn nothing_is_told_of_a_thing_before_the_deletion_that_is_its_first_word() {
    let rows = [said(7, None, 2, true), said(8, None, 4, false)];
    for shape in shapes(false) {
        must_be(&shape, &rows, None, &[(0, None), (4, Some(8))]);
        must_be(&shape, &rows[..1], None, &[(0, None)]);
    }
}
