//! Want of memory, as what a person can do something about: who asked, who holds how much, what the limit is.

use crate::diagnostic::Diagnostic;

/// The engine's consumers of memory by the beginnings of their names, and what they are in a query.
const WORK: [(&str, &str); 18] = [
    ("ExternalSorter", "sorting"),
    ("SortPreservingMerge", "merging sorted rows"),
    ("TopK", "the first rows of an order"),
    ("GroupedHashAggregate", "grouping (GROUP BY, DISTINCT)"),
    ("GroupedTopKAggregate", "grouping (GROUP BY, DISTINCT)"),
    ("FinalHashAggregate", "grouping (GROUP BY, DISTINCT)"),
    ("PartialHashAggregate", "grouping (GROUP BY, DISTINCT)"),
    ("AggregateStream", "an aggregate over all rows"),
    ("HashJoin", "a join (its smaller side is held)"),
    ("SMJStream", "a join of sorted rows"),
    ("NestedLoopJoin", "a join without an equality (one side is held)"),
    ("PiecewiseMergeJoin", "a join without an equality (one side is held)"),
    ("CrossJoin", "a cross join (one side is held)"),
    ("Repartition", "handing rows from thread to thread"),
    ("RecursiveQuery", "a recursive query"),
    ("DayWindow", "windows over days"),
    ("DayRank", "ranks within a day"),
    ("KeySieve", "looking for repeated keys"),
];

/// What the engine's message about memory says, in plain words.
pub(super) fn diagnostic(what: &str, message: &str) -> Diagnostic {
    let asked =
        between(message, "allocation failed for ", " with top").or(between(message, " for ", " with "));
    let limit = between(message, "pool_size: ", ")").map(|limit| format!(" of {limit}")).unwrap_or_default();
    let asked = asked.map(|consumer| format!(": {} wanted more", work(consumer))).unwrap_or_default();
    let problem = Diagnostic::error("memory", format!("{what}: the memory{limit} is not enough{asked}"));
    let holders: Vec<String> = message.lines().filter_map(holder).collect();
    let problem = match between(message, "additional ", " for ") {
        Some(amount) => problem.note(format!("it asked for {amount} more than was left")),
        None => problem,
    };
    let problem = if holders.is_empty() {
        problem
            .note("what is left is shared out among all sorts, groupings and joins at work, in equal parts")
    } else {
        problem.note(format!("held most: {}", holders.join(", ")))
    };
    problem.help(
        "give more with --memory-limit (or HALE_MEMORY_LIMIT), or use fewer --threads: each holds a part of its own",
    )
}

/// A line of the engine's list of those who hold most: `HashJoinInput#7(can spill: false) consumed 60.0 MB, peak …`.
fn holder(line: &str) -> Option<String> {
    let (consumer, rest) = line.trim().split_once('#')?;
    let held = between(rest, "consumed ", ",")?;
    (!held.starts_with("0.0 B")).then(|| format!("{} {held}", work(consumer)))
}

fn work(consumer: &str) -> String {
    let known = WORK.iter().find(|(begin, _)| consumer.starts_with(begin));
    let plain = consumer.starts_with("writer of ").then(|| consumer.to_owned());
    plain.unwrap_or_else(|| known.map_or("a step of the query", |(_, plain)| plain).to_owned())
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(behind).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::diagnostic;

    #[test]
    fn who_asked_and_who_holds_is_said() {
        let engine = "Additional allocation failed for HashJoinInput[1] with top memory consumers (across reservations) as:\n  \
                      ExternalSorter[0]#12(can spill: true) consumed 100.0 MB, peak 120.0 MB,\n  \
                      HashJoinInput[0]#7(can spill: false) consumed 60.5 MB, peak 60.5 MB.\nError: Failed to allocate \
                      additional 32.0 MB for HashJoinInput[1] with 0.0 B already allocated for this reservation - 1.0 MB \
                      remain available for the total memory pool: fair(pool_size: 256.0 MB)";
        let said = diagnostic("marts.j", engine);
        assert_eq!(
            said.message,
            "marts.j: the memory of 256.0 MB is not enough: a join (its smaller side is held) wanted more"
        );
        assert_eq!(
            said.notes,
            [
                "it asked for 32.0 MB more than was left",
                "held most: sorting 100.0 MB, a join (its smaller side is held) 60.5 MB"
            ]
        );
    }
}
