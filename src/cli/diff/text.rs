//! A comparison for people.

use indicatif::HumanCount;

use crate::cli::console::Console;
use crate::cli::numbers::{percent, short, signed};
use crate::cli::output::{Sheet, shown};
use crate::diagnostic::visible;
use crate::diff::{CauseTold, Diff, Group, Kind, Migration, Mover, Part, Reason};

/// All that is told.
pub(in crate::cli) fn text(told: &Diff, console: Console) -> String {
    let mut text = heading(told);
    if told.causes.iter().all(|cause| cause.rows == 0) {
        text += &format!("nothing moves: {} {} are as they were\n", told.rows, plural(told));
        return text + &notes(told);
    }
    text += &moved(told);
    text += &spread(told);
    let mut add = |title: &str, sheet: Sheet| {
        if !sheet.rows.is_empty() {
            text += &format!("\n{title}\n{}", sheet.fitted(console.width));
        }
    };
    add("What changes scores, one after the other; the parts sum to the mean change:", causes(told));
    if told.moved.rows > 0 {
        let rows = |migration: &Migration| migration.rows.to_string();
        add(&format!("From tier (down) to tier (across), {}:", plural(told)), matrix(told, &rows));
        if told.arr.is_some() {
            let arr = |migration: &Migration| migration.arr.map(money).unwrap_or_default();
            add("The same in ARR:", matrix(told, &arr));
        }
    }
    if let Some(segments) = &told.segments {
        add("By segment:", grouped("segment", segments));
    }
    if told.scorecards.len() > 1 {
        add("By scorecard:", grouped("scorecard", &told.scorecards));
    }
    add("Who moves most:", movers(told));
    text + &notes(told)
}

fn notes(told: &Diff) -> String {
    told.notes.iter().map(|note| format!("\n{}\n", visible(note))).collect()
}

fn heading(told: &Diff) -> String {
    let (old, new) = (&told.old, &told.new);
    let days = match (told.days, old.from_date == new.from_date) {
        (_, false) => format!(
            "from the end of {} ({}) to the end of {} ({})",
            old.to_date, old.words, new.to_date, new.words
        ),
        (1, true) => format!("at the end of {}: from {} to {}", new.to_date, old.words, new.words),
        (days, true) => {
            format!(
                "at the end of {days} days, {} to {}: from {} to {}",
                new.from_date, new.to_date, old.words, new.words
            )
        }
    };
    let same = if old.definition == new.definition { " (the definition is the same)" } else { "" };
    format!("{} {}{same}\n", shown(&told.title), visible(&days))
}

fn moved(told: &Diff) -> String {
    let moved = &told.moved;
    let (count, all) = (moved.rows, told.rows);
    let mut text = format!("{count} of {all} {} change the tier ({})", plural(told), share(moved.share));
    if let (Some(arr), Some(all), Some(part)) = (moved.arr, told.arr, moved.arr_share) {
        text += &format!(", with ARR {} of {} ({})", whole(arr), whole(all), share(part));
    }
    if told.lost + told.gained > 0 {
        text += &format!("; scored no more: {}, newly scored: {}", told.lost, told.gained);
    }
    text + "\n"
}

fn spread(told: &Diff) -> String {
    let change = &told.change;
    let (Some(mean), Some(median)) = (change.mean, change.median) else {
        return "nobody has a score at both ends\n".to_owned();
    };
    let steps =
        change.at_least.iter().map(|step| format!("{} or more: {}", short(step.change), share(step.share)));
    let steps: Vec<String> = steps.collect();
    let mut text = format!(
        "change of the score: mean {}, median {}; by {}\n",
        signed(mean),
        signed(median),
        steps.join(", by ")
    );
    if told.parts.iter().any(|part| part.reason != Reason::Definition) {
        let is_told = |part: &&Part| part.reason != Reason::Restated || part.mean_change != 0.0;
        let part = |part: &Part| format!("{} {}", reason(part.reason), signed(part.mean_change));
        let parts: Vec<String> = told.parts.iter().filter(is_told).map(part).collect();
        text += &format!("of the mean: {}\n", parts.join(", "));
    }
    text
}

fn plural(told: &Diff) -> String {
    if told.days > 1 { format!("{}s of a day", told.entity) } else { format!("{}s", told.entity) }
}

fn causes(told: &Diff) -> Sheet {
    let row = |cause: &CauseTold| {
        vec![
            what(cause.kind, &cause.title),
            cause.rows.to_string(),
            cause.tier_changes.to_string(),
            signed(cause.mean_change),
            how(cause),
        ]
    };
    // What could have changed between two days and did not is no news; what a definition says otherwise is, whatever it does.
    let is_told = |cause: &&CauseTold| cause.rows > 0 || cause.reason == Reason::Definition;
    let mut rows: Vec<Vec<String>> = told.causes.iter().filter(is_told).map(row).collect();
    let mean = told.change.mean.map(signed).unwrap_or_default();
    rows.push(["together", "", "", &mean, ""].map(str::to_owned).to_vec());
    without_empty(Sheet {
        names: ["what", "scores", "tiers", "mean", "how"].map(str::to_owned).to_vec(),
        right: vec![false, true, true, true, false],
        yields: vec![4],
        rows,
    })
}

/// From what to what.
fn how(cause: &CauseTold) -> String {
    match (shown(&cause.from), shown(&cause.to)) {
        (from, to) if from.is_empty() => to,
        (from, to) if to.is_empty() => format!("was {from}"),
        (from, to) => format!("{from} → {to}"),
    }
}

fn matrix(told: &Diff, cell: &dyn Fn(&Migration) -> String) -> Sheet {
    let of = |from: &str, to: &str| {
        let found = told.migrations.iter().find(|migration| migration.from == from && migration.to == to);
        found.map(cell).unwrap_or_default()
    };
    let is_there = |tier: &&String| told.migrations.iter().any(|one| one.from == **tier || one.to == **tier);
    let tiers: Vec<&String> = told.tiers.iter().filter(is_there).collect();
    let row = |from: &&String| {
        let cells = tiers.iter().map(|to| of(from, to));
        std::iter::once(shown(from)).chain(cells).collect()
    };
    Sheet {
        names: std::iter::once("from".to_owned()).chain(tiers.iter().map(|tier| shown(tier))).collect(),
        right: (0..=tiers.len()).map(|at| at > 0).collect(),
        yields: Vec::new(),
        rows: tiers.iter().map(row).collect(),
    }
}

fn grouped(what: &str, groups: &[Group]) -> Sheet {
    let row = |group: &Group| {
        vec![
            group.name.as_ref().map_or_else(|| "not known".to_owned(), |name| shown(name)),
            group.rows.to_string(),
            group.mean_change.map(signed).unwrap_or_default(),
            group.moved.rows.to_string(),
            share(group.moved.share),
            group.moved.arr.map(money).unwrap_or_default(),
        ]
    };
    Sheet {
        names: [what, "rows", "mean", "change tier", "share", "ARR"].map(str::to_owned).to_vec(),
        right: vec![false, true, true, true, true, true],
        yields: vec![5, 4],
        rows: groups.iter().map(row).collect(),
    }
}

fn movers(told: &Diff) -> Sheet {
    let row = |mover: &Mover| {
        let name = mover.account_name.as_ref().map_or_else(String::new, |name| format!(" {}", shown(name)));
        let user = mover.user_id.as_ref().map_or_else(String::new, |user| format!("{} of ", shown(user)));
        let day = if told.days > 1 { format!(", {}", mover.as_of_date) } else { String::new() };
        let end = |score: Option<f64>, tier: &str| {
            format!("{} {}", score.map(tenths).unwrap_or_default(), shown(tier))
        };
        vec![
            format!("{user}{}{name}{day}", shown(&mover.account_id)),
            mover.owner_id.as_deref().map(shown).unwrap_or_default(),
            mover.arr.map(money).unwrap_or_default(),
            end(mover.from_score, &mover.from_tier).trim_start().to_owned(),
            end(mover.to_score, &mover.to_tier).trim_start().to_owned(),
            mover.change.map(|change| signed(in_tenths(change))).unwrap_or_default(),
            because(mover),
        ]
    };
    without_empty(Sheet {
        names: [told.entity, "owner", "ARR", "from", "to", "change", "because"].map(str::to_owned).to_vec(),
        right: vec![false, false, true, false, false, true, false],
        yields: vec![6, 1, 2],
        rows: told.movers.iter().map(row).collect(),
    })
}

/// A number with one decimal: beside others more is not read.
fn tenths(number: f64) -> String {
    short(in_tenths(number))
}

fn in_tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// A sheet without columns that say nothing in any row.
fn without_empty(sheet: Sheet) -> Sheet {
    let says = |column: &usize| sheet.rows.iter().any(|row| !row[*column].is_empty());
    let kept: Vec<usize> = (0..sheet.names.len()).filter(says).collect();
    let place = |column: &usize| kept.iter().position(|kept| kept == column);
    Sheet {
        names: kept.iter().map(|column| sheet.names[*column].clone()).collect(),
        right: kept.iter().map(|column| sheet.right[*column]).collect(),
        yields: sheet.yields.iter().filter_map(place).collect(),
        rows: sheet.rows.iter().map(|row| kept.iter().map(|column| row[*column].clone()).collect()).collect(),
    }
}

/// Why a row moves: one cause, or each with its part.
fn because(mover: &Mover) -> String {
    match mover.causes.as_slice() {
        [only] => what(only.kind, &only.title),
        causes => {
            let parts = causes.iter().map(|cause| {
                format!("{} {}", what(cause.kind, &cause.title), signed(in_tenths(cause.change)))
            });
            parts.collect::<Vec<_>>().join(", ")
        }
    }
}

/// What changes scores, in words: of which part of the definition, and what of it.
fn what(kind: Kind, title: &str) -> String {
    let title = shown(title);
    match kind {
        Kind::Measure => format!("{title}: what is measured"),
        Kind::Points => format!("{title}: points"),
        Kind::Missing => format!("{title}: when missing"),
        Kind::Weight => format!("{title}: weight"),
        Kind::Added => format!("{title}: added"),
        Kind::Removed => format!("{title}: removed"),
        Kind::Coverage => format!("{title}: known or not"),
        _ => title,
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Definition => "definition",
        Reason::Data => "data",
        Reason::Coverage => "coverage",
        Reason::Restated => "restated",
    }
}

fn share(share: f64) -> String {
    percent(Some(share))
}

/// An amount without its cents.
fn whole(amount: f64) -> String {
    let sign = if amount <= -0.5 { "-" } else { "" };
    format!("{sign}{}", HumanCount(amount.abs().round() as u64))
}

/// An amount in few letters.
fn money(amount: f64) -> String {
    match amount.abs() {
        size if size >= 999_500.0 => format!("{:.2}M", amount / 1e6),
        size if size >= 1e4 => format!("{:.0}k", amount / 1e3),
        _ => whole(amount),
    }
}
