//! Laws of time that need no second definition.

use halescore::engine::sources::Reading;
use proptest::prelude::*;

use super::definition::{events, facts, loads, rows_of, shape, snapshots};
use super::world::{DAY, LAST, Line, Row, World, row, state};

const SPAN: &[&str] = &["first_day", "day_after"];

/// Facts of days up to one.
fn until(lines: &[Line], day: i64) -> Vec<Line> {
    lines.iter().filter(|line| line.days[0].is_some_and(|on| on <= day)).cloned().collect()
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/dated_laws.txt", 100))]

    #[test]
    fn what_happens_later_changes_no_earlier_day(rows in facts(), day in 0..LAST) {
        let earlier: Vec<Row> = rows.iter().filter(|row| row.at.unwrap() / DAY <= day).cloned().collect();
        let [all, earlier] = [rows, earlier].map(|rows| World::new(&events(), &[rows]).lines(&["day"], None));
        prop_assert_eq!(until(&all, day), earlier);
    }

    #[test]
    fn a_horizon_changes_no_day_before_it(rows in facts(), day in 0..LAST) {
        let world = World::new(&events(), &[rows]);
        let cut = world.lines(&["day"], Some((day, Reading::AsHappened)));
        prop_assert_eq!(until(&world.lines(&["day"], None), day), cut);
    }

    #[test]
    fn what_holds_later_changes_no_earlier_day(
        rows in prop::collection::vec(row(), 1..9),
        shape in shape(),
        day in 0..LAST,
    ) {
        let shape = super::definition::Shape {
            ver: false,
            begun: false,
            else_begun: false,
            approximate: false,
            fixed: false,
            ..shape
        };
        let rows = shape.seen(&rows);
        let from = |row: &Row| row.at.unwrap_or(row.known) / DAY;
        let earlier: Vec<Row> = rows.iter().filter(|row| from(row) <= day).cloned().collect();
        let [all, earlier] = [rows, earlier].map(|rows| World::new(&shape.declared(), &[rows]).lines(SPAN, None));
        for day in 0..=day {
            prop_assert_eq!(state(&all, day), state(&earlier, day), "day {}", day);
        }
    }

    #[test]
    fn as_known_is_as_if_only_what_was_known_had_been_delivered(
        rows in prop::collection::vec(row(), 1..9),
        shape in shape(),
        day in 0..LAST,
    ) {
        let rows = shape.seen(&rows);
        let known: Vec<Row> = rows.iter().filter(|row| row.known / DAY <= day).cloned().collect();
        let declared = shape.declared();
        let cut = World::new(&declared, &[rows]).lines(SPAN, Some((day, Reading::AsKnown)));
        prop_assert_eq!(cut, World::new(&declared, &[known]).lines(SPAN, None));
    }

    #[test]
    fn as_known_facts_are_those_known_and_happened(rows in facts(), day in 0..LAST) {
        let there = |row: &&Row| row.known / DAY <= day && row.at.unwrap() / DAY <= day;
        let known: Vec<Row> = rows.iter().filter(there).cloned().collect();
        let cut = World::new(&events(), &[rows]).lines(&["day"], Some((day, Reading::AsKnown)));
        prop_assert_eq!(cut, World::new(&events(), &[known]).lines(&["day"], None));
    }

    #[test]
    fn a_load_of_later_changes_no_earlier_day(loads in loads(), day in 0..LAST) {
        let world = World::new(&snapshots(), &[rows_of(&loads)]);
        let all = world.lines(SPAN, None);
        for reading in [Reading::AsHappened, Reading::AsKnown] {
            let cut = world.lines(SPAN, Some((day, reading)));
            for day in 0..=day {
                prop_assert_eq!(state(&all, day), state(&cut, day), "day {}", day);
            }
        }
    }

    #[test]
    fn order_and_files_and_another_delivery_alike_change_nothing(
        rows in prop::collection::vec(row(), 1..9).prop_shuffle(),
        shape in shape(),
        split in 0_usize..9,
    ) {
        let rows = shape.seen(&rows);
        let mut moved = rows.clone();
        moved.reverse();
        let newest = rows.iter().max_by_key(|row| row.known).unwrap().clone();
        let is_only = rows.iter().filter(|row| row.id == newest.id && row.known == newest.known).count() == 1;
        // A version without a time of its own holds from when it was known, so another delivery is another version; and another
        // deletion is one by itself, where the first took back what was said.
        let is_another = newest.at.is_none() && (shape.to || newest.gone == Some(true));
        if is_only && !is_another {
            moved.push(Row { known: newest.known + 1, ..newest });
        }
        let second = moved.split_off(split.min(moved.len() - 1));
        let files: Vec<Vec<Row>> = [moved, second].into_iter().filter(|rows| !rows.is_empty()).collect();
        let [one, two] = [vec![rows], files].map(|files| World::new(&shape.declared(), &files).lines(SPAN, None));
        for day in -1..=LAST + 1 {
            prop_assert_eq!(state(&one, day), state(&two, day), "day {}", day);
        }
    }
}
