//! The one integration binary: each test binary links the whole engine. Where a new test goes:

mod airflow; // the README's DAG on a real Airflow: states, tries and XCom of its task
mod alerts; // states of alerts, day by day: tables as fixtures, laws over random days
mod arithmetic; // integers and decimals at the ends of their types: the value or an error, never another
mod ask; // questions to hale's session and to plain DataFusion, for other tests
mod audits; // rules over several tables: what they read, of which days, and that none is passed by
mod bad_input; // what is refused, and what is survived
mod casts; // columns that differ in a cast alone, comparisons of what a cast cannot hold
mod check; // what `hale check` refuses, each with its place
mod cli; // the command: exit codes, stdout and stderr, each command on small projects
mod commerce; // contracts, growth, billing and users against naive evaluators; money tied out to the cent
mod dated; // what sources declare about time: the relation of each kind, and its laws
mod day_rank; // places within a day, of rows that come day by day
mod diff; // what a changed definition does to everybody, against naive evaluations
mod docs; // the static site, its links and lineage, looked at in a browser
mod drafts; // scores beside the published ones: nobody reads them, arms, comparisons, promoting and going back
mod drift; // how far bins and tiers moved: shares and indices by hand and by SciPy
mod engine_issues; // wrong answers that were reported of DataFusion: right by now, said in another way, or refused
mod engine_traps; // faults of DataFusion that `check` guards against, reproduced
mod evidence; // scores against what became of accounts: orders, intervals, leaks, proposals
mod expectations; // what people expect of scores: in a run before it publishes, and of what is published
mod explain; // why a score is what it is, what moved it; scores from stored metrics
mod foreign; // files as others write them: bounds, types, names, damage
mod frames; // window frames of mixed units and with bounds the wrong way round
mod generate; // the synthetic sources
mod instants; // instants of any year, however they are compared and computed with
mod invariants; // habits of the project: descriptions, tests, layering, sizes
mod judgement; // what people judge and decide: in metrics, in scores, in explanations
mod lanes; // programs over doubles equal DataFusion's own expressions
mod laws; // what needs no second definition: orders, names, files, silence
mod main_score; // which score is the main one, and what reads it
mod marts; // names of tiers change no mart, and who falls silent comes first
mod model_test; // unit tests of models: rows in, rows expected
mod oracle; // bundled metrics against a naive evaluator; the same bytes however they are computed
mod outcomes; // what became of accounts: labels against their definition, day by day
mod parity; // published examples of other systems, edge values included
mod pipeline; // runs a project through the library, for other tests
mod promises; // commands, names, paths and code of the README, held against the project
mod python; // other tools in their own packages, where they are installed
mod question; // a question of a project, asked of the library
mod readers; // what is published, read by DuckDB, Polars and pandas
mod readiness; // windows that reach before the log, logs that stopped, days that are not over
mod real_data; // six projects over real logs equal what other engines computed
mod rescore; // scores again from what is published: every day and column that is looked back to, or a refusal
mod row_order; // results that depend on an order of rows which nothing settles
mod s3_server; // an S3 server that tests start themselves
mod scorecards; // what `check` says of scorecards that no row can have
mod seeds; // drawn cases that once failed, tried again
mod semantic; // components and scores against a naive evaluator
mod silence; // customers who fall silent: what `check` asks, and that no shipped score rises for it
mod similar; // patterns of SIMILAR TO mean what SQL says
mod skip; // what is not there is said aloud
mod soundness; // what check accepts, run can run: random small projects
mod storage; // local disk and S3 as one thing
mod store; // the audited writer, staging, what readers see
mod stored_days; // stored tables, read day by day in their order
mod subqueries; // IN, NOT IN and EXISTS with NULLs, as SQL defines them
mod suggest; // what is proposed for a score: bins, themes, what components are worth
mod templates; // each template of `hale init`, on the sample
mod tiers; // tiers that SQL and cases name and no score declares
mod voice; // what customers say and do: metrics against naive evaluators, sources that are away
mod widths; // what people read fits 80 columns, in as many digits as they read
mod windows; // the day-window operator and our aggregates
