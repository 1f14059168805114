//! What decides the rows of each table: its [`Key`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::names::{Meanings, without_names};
use super::why::Why;
use crate::engine::sources::Reading;
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model};
use crate::project::reported::{STATUS, asked};
use crate::storage::Storage;
use crate::store::{Entry, Key, hexadecimal};

/// Version of what hale makes of SQL and rows; raised when the same project gets other rows of the same sources.
const NUMBERS: u32 = 1;

/// A file that was written so recently may be written again with the same size and the same time.
const YOUNG: Duration = Duration::from_secs(2);

/// Digits of a hash that are kept: 128 bits.
const DIGITS: usize = 32;

/// What stands for a model where its own text names it.
const OWN: &str = "its own";

/// What decides the rows of each stored table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    tables: BTreeMap<ModelName, Key>,
}

impl Inputs {
    /// What decides the rows of a run as of now. `incomplete` says whether days are built that sources do not reach.
    pub async fn of(pipeline: &Pipeline, sources: &Storage, reading: Reading, incomplete: bool) -> Self {
        let files = of_files(pipeline, sources).await;
        let of_sources = |upstream: &BTreeSet<ModelName>| {
            let files: Option<Vec<&str>> =
                upstream.iter().filter_map(|name| files.get(name)).map(Option::as_deref).collect();
            files.map(|files| digits(entered(&files)))
        };
        Self::with(pipeline, (sources, reading), incomplete, of_sources)
    }

    /// The same of a run that looks at no source: what is known is what tables mean.
    pub fn without_sources(pipeline: &Pipeline, sources: &Storage, reading: Reading) -> Self {
        Self::with(pipeline, (sources, reading), false, |_| None)
    }

    fn with(
        pipeline: &Pipeline,
        (sources, reading): (&Storage, Reading),
        incomplete: bool,
        of_sources: impl Fn(&BTreeSet<ModelName>) -> Option<String>,
    ) -> Self {
        let texts = Texts::of(pipeline);
        let how = format!("{reading:?} {}", sources.shown());
        let of_table = |model: &Model| {
            let upstream = upstream(pipeline, &model.name);
            let definition = texts.meaning(pipeline, &upstream, &how);
            let sources = of_sources(&upstream);
            (model.name.clone(), Key { numbers: NUMBERS, definition, sources, incomplete })
        };
        let tables = pipeline.models.iter().filter(|model| model.is_stored()).map(of_table).collect();
        Self { tables }
    }

    /// The keys that are kept with rows, by table.
    pub fn keys(&self) -> BTreeMap<ModelName, Key> {
        self.tables.clone()
    }

    /// Whether rows of a table were made by its definition as it is now, by a hale with the same numbers.
    pub(super) fn has_definition_of(&self, table: &ModelName, entry: &Entry) -> bool {
        let made_of = entry.made_of();
        made_of.is_some_and(|then| self.tables.get(table).is_some_and(|now| now.has_definition_of(&then)))
    }

    /// What is other than it was when rows of a table were made; `None` where nothing is.
    pub(super) fn differ_from(&self, table: &ModelName, entry: &Entry) -> Option<Why> {
        let (Some(now), Some(then)) = (self.tables.get(table), entry.made_of()) else {
            return Some(Why::Unknown);
        };
        if now.numbers != then.numbers {
            return Some(Why::Numbers);
        }
        if now.definition != then.definition {
            return Some(Why::Definition);
        }
        match (&now.sources, &then.sources) {
            (Some(now_there), Some(then_there)) if now_there == then_there => {
                (then.incomplete && !now.incomplete).then_some(Why::Incomplete)
            }
            (Some(_), Some(_)) => Some(Why::Sources),
            _ => Some(Why::Unknown),
        }
    }
}

/// A table with all that it reads, directly or not, and the sources of which any of these asks whether they are reported, with
/// what tells that.
fn upstream(pipeline: &Pipeline, table: &ModelName) -> BTreeSet<ModelName> {
    let mut found = pipeline.with_upstream([table.clone()]);
    let queries = found.iter().filter_map(|name| pipeline.model(name)?.query());
    let mut asked: BTreeSet<String> = queries.flat_map(asked).collect();
    if !asked.is_empty() {
        asked.insert(STATUS.to_owned());
    }
    found.extend(asked.into_iter().map(|source| ModelName::new(Layer::Raw, source)));
    found
}

/// The hashes of what texts of models say, whatever these are called; but for sources, which others know by their names.
struct Texts(BTreeMap<ModelName, String>);

impl Texts {
    fn of(pipeline: &Pipeline) -> Self {
        let mut texts = Self(BTreeMap::new());
        // Each after all that it reads.
        for model in &pipeline.models {
            let reads = pipeline.reads.get(&model.name).into_iter().flat_map(|reads| reads.0.keys());
            let named = reads.chain(model.contract.references.iter().map(|reference| &reference.target));
            let own = (model.name.layer != Layer::Raw).then_some((&model.name, OWN));
            let said = texts.said(&model.file.text, named, own);
            texts.0.insert(model.name.clone(), said);
        }
        texts
    }

    /// The hash of a text with what it names.
    fn said<'a>(
        &'a self,
        text: &str,
        named: impl Iterator<Item = &'a ModelName>,
        own: Option<(&'a ModelName, &'a str)>,
    ) -> String {
        let meanings: Meanings<'_> =
            named.filter_map(|name| Some((name, self.0.get(name)?.as_str()))).chain(own).collect();
        let mut hash = Sha256::new();
        without_names(text, &meanings).iter().for_each(|part| enter(&mut hash, &[part]));
        digits(hash)
    }

    /// What models mean together: their texts, those of audits of them, and the settings that they see.
    fn meaning(&self, pipeline: &Pipeline, models: &BTreeSet<ModelName>, how: &str) -> String {
        let settings = &pipeline.settings;
        let mut hash = entered(&[how, settings.time_zone.name(), &settings.history_starts.to_string()]);
        let said = models.iter().map(|name| (name.layer.name(), self.0.get(name).map_or("", String::as_str)));
        let mut said: Vec<(&str, &str)> = said.collect();
        said.sort_unstable();
        said.iter().for_each(|(layer, text)| enter(&mut hash, &[layer, text]));
        for name in models {
            if let Some(Kind::Source(source)) = pipeline.model(name).map(|model| &model.kind) {
                enter(&mut hash, &["may lag", &name.to_string(), &settings.may_lag(source).to_string()]);
            }
        }
        for (source, (from, _)) in &settings.complete_from {
            enter(&mut hash, &["complete from", source, &from.to_string()]);
        }
        let is_read = |name: &ModelName| models.contains(name);
        for audit in pipeline.audits.iter().filter(|audit| audit.reads.0.keys().any(is_read)) {
            enter(&mut hash, &["audit", &self.said(&audit.file.text, audit.reads.0.keys(), None)]);
        }
        let texts = pipeline.models.iter().filter(|model| is_read(&model.name)).map(|model| &model.file.text);
        let texts: Vec<&String> = texts.collect();
        for (name, value) in &settings.parameters {
            let parameter = format!("${name}");
            if texts.iter().any(|text| text.contains(&parameter)) {
                enter(&mut hash, &[&parameter, &value.to_string()]);
            }
        }
        digits(hash)
    }
}

/// Path, size, time and mark of the files of each source, as a hash; `None` of one that tells too little, or cannot be listed.
async fn of_files(pipeline: &Pipeline, storage: &Storage) -> BTreeMap<ModelName, Option<String>> {
    let young = Utc::now() - TimeDelta::from_std(YOUNG).unwrap_or_default();
    let mut all = BTreeMap::new();
    for model in &pipeline.models {
        let Kind::Source(source) = &model.kind else { continue };
        let mut hash = entered(&[&model.name.to_string()]);
        // What cannot be listed is told where it is read, with its place.
        let Ok(files) = storage.files(&source.path).await else {
            all.insert(model.name.clone(), None);
            continue;
        };
        for file in &files {
            let (size, time) = (file.size.to_string(), file.last_modified.to_rfc3339());
            enter(
                &mut hash,
                &[file.location.as_ref(), &size, &time, file.e_tag.as_deref().unwrap_or_default()],
            );
        }
        let is_young = files.iter().any(|file| file.last_modified > young);
        all.insert(model.name.clone(), (!is_young).then(|| digits(hash)));
    }
    all
}

/// A hash of texts.
fn entered(texts: &[&str]) -> Sha256 {
    let mut hash = Sha256::new();
    enter(&mut hash, texts);
    hash
}

/// Texts, each with its length, so that no two lists of texts are the same bytes.
fn enter(hash: &mut Sha256, texts: &[&str]) {
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
}

fn digits(hash: Sha256) -> String {
    let mut digits = hexadecimal(hash);
    digits.truncate(DIGITS);
    digits
}
