//! Least, greatest, first and last values of sliding frames.

use std::collections::VecDeque;
use std::ops::Range;

use datafusion::common::Result;

use super::column::Column;
use super::spec::Pick;

/// The picked code of every frame; `codes` has the value that stands for each day, and neither end of the frames ever
/// goes back.
pub(super) fn pick(
    pick: Pick,
    codes: &[Option<i64>],
    frames: &[Range<usize>],
    column: &mut Column,
) -> Result<()> {
    match pick {
        Pick::Min => extreme(codes, frames, column, |new, known| new <= known),
        Pick::Max => extreme(codes, frames, column, |new, known| new >= known),
        Pick::First { ignore_nulls: false } => frames.iter().try_for_each(|frame| {
            let code = codes[frame.clone()].first();
            column.push_code(code.copied().flatten())
        }),
        Pick::Last { ignore_nulls: false } => frames.iter().try_for_each(|frame| {
            let code = codes[frame.clone()].last();
            column.push_code(code.copied().flatten())
        }),
        Pick::First { ignore_nulls: true } => first_value(codes, frames, column),
        Pick::Last { ignore_nulls: true } => last_value(codes, frames, column),
    }
}

/// Keeps the days that can still become the extreme: each is better than all that follow it.
fn extreme(
    codes: &[Option<i64>],
    frames: &[Range<usize>],
    column: &mut Column,
    replaces: impl Fn(i64, i64) -> bool,
) -> Result<()> {
    let mut candidates: VecDeque<(usize, i64)> = VecDeque::new();
    let mut entered = 0;
    for frame in frames {
        for (day, code) in entering(codes, entered, frame) {
            if let Some(code) = code {
                while candidates.back().is_some_and(|(_, known)| replaces(code, *known)) {
                    candidates.pop_back();
                }
                candidates.push_back((day, code));
            }
        }
        entered = entered.max(frame.end);
        while candidates.front().is_some_and(|(day, _)| *day < frame.start) {
            candidates.pop_front();
        }
        column.push_code(candidates.front().map(|(_, code)| *code))?;
    }
    Ok(())
}

fn first_value(codes: &[Option<i64>], frames: &[Range<usize>], column: &mut Column) -> Result<()> {
    let mut day = 0;
    for frame in frames {
        day = day.max(frame.start);
        while day < frame.end && codes[day].is_none() {
            day += 1;
        }
        column.push_code(if day < frame.end { codes[day] } else { None })?;
    }
    Ok(())
}

fn last_value(codes: &[Option<i64>], frames: &[Range<usize>], column: &mut Column) -> Result<()> {
    let mut latest = None;
    let mut entered = 0;
    for frame in frames {
        for (day, code) in entering(codes, entered, frame) {
            latest = code.map(|code| (day, code)).or(latest);
        }
        entered = entered.max(frame.end);
        let within = latest.filter(|(day, _)| *day >= frame.start);
        column.push_code(within.map(|(_, code)| code))?;
    }
    Ok(())
}

/// The days that are in a frame and were in none before.
fn entering<'a>(
    codes: &'a [Option<i64>],
    entered: usize,
    frame: &Range<usize>,
) -> impl Iterator<Item = (usize, Option<i64>)> + use<'a> {
    let end = frame.end.max(entered);
    codes[entered..end].iter().copied().enumerate().map(move |(at, code)| (entered + at, code))
}
