//! hale: SQL-native customer health scores. Parquet in; audited, explained scores out; one binary, no server.
//!
//! ```text
//!  raw.*        dated.*        staging.*    metrics.*            components.*     scores.*        marts.*
//!  contracts    rows, each     rename,      rolling-window       points per bin   0-100, tier,    what people
//!  (DDL over    once, with     cast, join   facts, one row per   (compiled from   coverage        open first
//!  Parquet)     their days                  account and day      YAML)            (compiled)
//!    SQL        DDL → SQL         SQL          SQL                YAML → SQL      YAML → SQL         SQL
//!                                                └─ outcomes.*: what became of accounts after a day; for marts ─┘
//! └──────────── the transform side: heavy, stable ──┘└── the semantic side: light, edited often ──┘
//! ```
//!
//! # The flow
//!
//! Each stage takes the previous stage's value and returns the next; no stage calls an earlier one.
//!
//! ```text
//!  files ──► project::Project ──► pipeline::Pipeline ──► check::Checked ──► run::Built ──► store: a commit ──► plain folders
//!            parsed, one file     ordered, semantic       planned on         staged,         all of it          follow
//!            at a time            side compiled           empty sources      audited         or nothing
//! ```
//!
//! What is published is a value: the newest commit, [`store::State`]. A run begins with one and ends with the next; what people
//! ask ([`read`], [`explain`](mod@explain), [`alerts`], [`diff`], [`drift`](mod@drift), [`suggest`]) is answered from one, and never from folders. A commit is written in
//! `store/commit.rs`, by [`store::publish()`] alone; plain folders are written by [`store::follow()`] alone.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`project`] | a project as written: `hale.yml`, models with their contracts, YAML as text |
//! | [`semantic`] | components and scores: strict YAML, compiled to plain SQL |
//! | [`pipeline`] | references resolved, the layer rule, the order: what everything later reads |
//! | [`check`](mod@check) | plans every model on empty sources; contracts, known engine traps, footers of sources |
//! | [`plan`] | what a run will do, as data: which days of which tables, and why |
//! | [`run`] | builds models in order into staging, audits what was built |
//! | [`table`] | one stored table: the audited writer, into staging |
//! | [`alerts`] | rules over the published days of a score, and what becomes of them day by day |
//! | [`store`] | all that lies under `--out`, and nobody else knows it |
//! | [`erase`](mod@erase) | somebody's rows, taken out of all that is kept; the proof that none is left |
//! | [`read`] | what people ask of what is published |
//! | [`model_test`] | unit tests of models: rows in, rows expected |
//! | [`expectations`] | what people who know a customer expect of its score, held against rows |
//! | [`explain`](mod@explain) | why a published score is what it is, and what moved it |
//! | [`diff`] | what a changed definition does to everybody, before it is published; what moved everybody between two days |
//! | [`evidence`] | who was scored, what became of them, and how well one tells the other: orders, intervals, outcomes |
//! | [`promote`] | a draft in the place of the score that it replaces: the project as it would be, checked before anything is written |
//! | [`backtest`](mod@backtest) | whether a score means anything: on past days, against what became of accounts |
//! | [`agree`] | how far scores that people kept by hand agree with the computed ones |
//! | [`drift`](mod@drift) | how far components and tiers have moved away from a reference, split into data and definition |
//! | [`suggest`] | where to cut a metric, which metrics say the same, what each component is worth |
//! | [`docs`] | the project's documentation as a static site, lineage of columns included |
//! | [`generate`](mod@generate) | synthetic sources at any scale |
//! | [`engine`] | the only place that names DataFusion's session: sources, functions, the day-window operator |
//! | [`storage`] | local disk, S3, Google Cloud Storage and Azure as one thing |
//! | [`cli`] | one file per command: one library call and one print |
//! | `yaml` | the one strict reader of YAML: settings, components, scores, unit tests |
//! | [`diagnostic`], [`error`] | what went wrong, as data; the only place that draws it; exit codes |
//!
//! `outcomes` are labels: [`outcomes.retention`](project::layer::Layer::Outcomes) tells of a day on which an account was observed what
//! became of it, on the day on which that is known for good. They look forward; what scores, up to the scores themselves, is refused
//! that reads them.
//!
//! `drafts` are scores that are tried: computed beside the published ones, with what these say on the same rows, and
//! [read by nothing](project::layer::Layer::Drafts). What is published has the same bytes with them as without
//! (`tests/drafts/beside.rs`); the content hash of a draft is that of the score which [`promote`] makes of it.
//!
//! Two narrow waists hold it together: in SQL, `metrics.accounts` (one row per account and day, one column per metric), which
//! is all that components read (`metrics.users` for scores of users; beside it `metrics.overrides`, which says what people set
//! against a score, and for a roll-up the scores that it is made of); in Rust, [`pipeline::Pipeline`], the project in
//! its order, which `compile` and `ls` print, and which planned as [`check::Checked`] is what `run`, `test` and `docs` consume.
//!
//! # What was known when
//!
//! Every source declares what its rows are and which columns date them ([`project::time`]): events, versions, snapshots,
//! or a table of now; one that does not is refused. `dated.x` has each of them once with the days on which it counts, and
//! models read that; no model removes duplicates or filters on dates. `raw.x` is what was delivered, row by row: the
//! contract of the source is audited on it, audits and questions may read it. The words are told in [one
//! table](project::time#the-words-of-time), which `hale check --means` prints too. Two readings of history come from the same
//! models:
//!
//! ```text
//!  a fact of the 3rd: 60 seconds, delivered on the 5th;
//!  delivered again on the 7th: 90 seconds            1    2    3    4    5    6    7    8
//!  as happened (published): from the day it is of              ├── 90 ──────────────────────►
//!  as known (--as-known): from the day we knew                           ├── 60 ── ├── 90 ────────────►
//! ```
//!
//! **As happened**, day D knows what happened or held by its end, whenever that was learned: a late row or a correction
//! changes earlier days when they are built again. **As known**, every source is first cut to what was known by the end of
//! D, then everything is as ever: what a backtest reads, for it must not know what only came later.
//!
//! Laws hold both readings: rows that happen or hold only after D change nothing of day D; rows known only after D change
//! nothing of it as known; and where all was known on its day, the readings are equal (`tests/laws/time`, `tests/dated`).
//!
//! What a source says of a day has a digest ([`engine::digests`]): the sum of the hashes of the rows that count on it, whatever
//! their order and their files. It changes with a row that comes late, on its days and on no other, and not with one that is
//! only delivered again; as known it is that of the rows known by then. `hale query` asks for it, `FROM digests('tickets')`, and
//! [`run::digests`] for some days: by it a stored day can be told from one that has to be computed again.
//!
//! # Time
//!
//! A score **as of D** means the end of day D in the project's time zone. A 28-day window is (D − 28, D]: over daily rows
//! `RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW`. Models are written as if over all of history and never
//! filter on dates, so one statement serves a backfill and a single day, and both give the same bytes. Events of
//! after the last day of a run are never read; frames that reach past the current row are refused.
//!
//! A fact counts for the account that it named on its day. Where another account goes on in one, a window that reaches back
//! before the merge is *not yet*: half of what both did is neither small nor large, but unknown. `joined_days` says how far
//! windows may reach, components wait for them (`ready_when`), and coverage says so. So it is with a log that begins
//! (`complete_from`): counts are since then, and what half a window tells wrongly, a share, a mean, a growth, on how many of 28
//! days, waits for `ready('events', 28, as_of_date)`; `check` names what does not (`unguarded-window`), as it does what is told
//! of a source that is not there (`unguarded-source`). Silence is known all the same
//! (`days_without_users`): who has seen no user for four weeks gets the worst, and is no better for a merge. States of a
//! day and ages of what was last go on under the survivor's name; `sql/audits` warns of what still names the other one.
//!
//! Which days of other tables and of logs a model needs is read off its optimised plan: a filter on the day that arrives at their
//! scans is the proof that no other day matters; where it does not arrive, and the model declares no `look_back`, all of history
//! is needed. What is needed of days before those of a run is read as it is published, where the same definition made it
//! (`run/standing.rs`); so one more day costs a day, and what people compare with is what they saw. What depends on all of
//! history, as the days since somebody was last seen, reads daily facts (`settles_after`): tables by the day of the events, such as
//! `metrics.account_days`, that begin with the log and of which a run makes those days anew that are not settled. No model reads
//! its own yesterday, and there are no checkpoints: every build of a day, alone or with others, gives the same bytes.
//!
//! A day of a score that another definition published is computed again for whoever looks back to it. What people were told is
//! another question, which marts ask of `published.NAME`: of days before those of the run the rows of `scores.NAME` as they are
//! published, whatever defined them, and none of days that are not (`run/as_published.rs`). A day that is published, restated or
//! taken back later makes what was made of it stale, as ever.
//!
//! # To add …
//!
//! | to add | do |
//! | --- | --- |
//! | a source | `sql/raw/x.sql` (`CREATE EXTERNAL TABLE`, with `OPTIONS ('kind' …)`), its Parquet, a model in `sql/staging/` that reads `dated.x` |
//! | a kind of rows | a variant of [`project::time::Time`], its options in `project/statement/time.rs`, its SQL in `pipeline/dated/`, its definition in `tests/dated/` |
//! | a metric | a column in a model under `sql/metrics/`, carried into `metrics.accounts`, declared and described there, and in a case under `sql/tests/` |
//! | daily facts | a table under `sql/metrics/` by the day of the events, `PARTITIONED BY (as_of_date) WITH (settles_after = '60 days')` |
//! | a component | an entry in a file of `sql/components/`, its name in a file of `sql/scores/` |
//! | a draft | a file in `sql/scores/` with `status: draft` and what it `replaces`; `hale diff` and `hale backtest --challenger` before `hale promote` |
//! | a label | a model in `sql/outcomes/`, by the day on which it is known for good; of days before it reads what was the case up to then |
//! | an audit | a constraint in the model's DDL, or a query for bad rows in `sql/audits/`; with `as_of_date` among its columns it is asked for the days of the run, without it for all of history; with `'warn' AS severity` its rows are warned of and stop no run |
//! | an alert | an entry in a file of `sql/alerts/`: what must hold of a score, for how long, when it is over |
//! | a condition of alerts | a variant of [`Condition`](alerts::Condition), its judgement in `src/alerts/condition.rs`, its key in `document.rs` and `resolve.rs`, its table in `tests/alerts/` |
//! | an expectation | an entry in a file of `sql/expectations/`: account, day, tier or range, author, why |
//! | a SQL function | a file in `src/engine/functions/`, a line in its `mod.rs`, a property test against a naive oracle |
//! | a lint | a rule in `src/check/`, called from its `mod.rs`, its code in a test; of a fault of the engine the rule in `src/check/lints/`, its reproduction in `tests/engine_traps.rs` or `tests/row_order.rs` |
//! | a guard against a wrong answer of the engine | a rule in `src/engine/` that a session installs, its line in `tests/engine_issues.rs` |
//! | a template | a folder in `src/templates/` with a score `health`, its line in `src/cli/templates.rs`, a test in `tests/templates.rs` |
//! | a command | a file in `src/cli/`, an arm in `Command` and in `obey` of `src/cli/mod.rs`, an example in its help, a test in `tests/cli/` |
//!
//! `tests/invariants.rs` fails by name when a step was forgotten.
#![warn(missing_docs)]

pub mod agree;
pub mod alerts;
pub mod backtest;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod diff;
pub mod docs;
pub mod drift;
pub mod engine;
pub mod erase;
pub mod error;
pub mod evidence;
pub mod expectations;
pub mod explain;
pub mod generate;
pub mod model_test;
pub mod pipeline;
pub mod plan;
pub mod project;
pub mod promote;
pub mod read;
pub mod run;
pub mod semantic;
pub mod storage;
pub mod store;
pub mod suggest;
pub mod table;
mod yaml;
