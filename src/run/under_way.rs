//! A run under way: what its steps read, and what they add to.

use std::collections::BTreeMap;

use super::decide::Decided;
use super::once::Once;
use super::report::BuiltModel;
use super::request::Request;
use super::watch::Watch;
use crate::check::Checked;
use crate::diagnostic::Diagnostics;
use crate::engine::copied::Copied;
use crate::engine::{Engine, Session};
use crate::plan::OtherColumns;
use crate::project::layer::ModelName;
use crate::project::reported::Reports;
use crate::store::Rewritten;
use crate::table::Staging;

/// A run under way; each file of steps gives it its own.
pub(super) struct Build<'a> {
    pub(super) checked: &'a Checked,
    pub(super) engine: &'a Engine,
    pub(super) request: &'a Request,
    pub(super) watch: &'a dyn Watch,
    pub(super) session: Session,
    pub(super) memory_limit: usize,
    /// Bytes of the files of the sources that it reads.
    pub(super) bytes: u64,
    pub(super) staging: Staging,
    /// The views that are computed once.
    pub(super) once: Once,
    /// Their rows, as far as they are computed.
    pub(super) copies: Vec<(ModelName, Copied)>,
    pub(super) decided: Decided<'a>,
    pub(super) models: Vec<BuiltModel>,
    pub(super) audits: usize,
    pub(super) warnings: Diagnostics,
    /// As of which days the sources are reported of which models ask.
    pub(super) reported: Reports,
    /// Published days that it does not build, and on which it declares new columns.
    pub(super) other_columns: Vec<OtherColumns>,
    /// Their files, with these.
    pub(super) rewritten: BTreeMap<ModelName, Vec<Rewritten>>,
}
