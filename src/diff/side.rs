//! The two sides of a comparison: definitions, wherever they are kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::NaiveDate;

use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::error::{Error, Result};
use crate::explain::score_of;
use crate::pipeline::{Pipeline, main_score};
use crate::project::settings::Settings;
use crate::project::{Project, SETTINGS_FILE};
use crate::semantic::{self, Score, Semantics};
use crate::store::{Commit, Files, State, archived, history};

/// Which definition is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one that is published.
    Published,
    /// The one that made a commit.
    Commit(u64),
    /// The one in a project's folder.
    Folder(PathBuf),
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("write published, the number of a commit, or a project's folder".to_owned()),
            "published" => Ok(Self::Published),
            _ => Ok(text.parse().map_or_else(|_| Self::Folder(PathBuf::from(text)), Self::Commit)),
        }
    }
}

/// A definition of all scores of a project.
#[derive(Debug)]
pub struct Side {
    /// Where it is from, in words.
    pub words: String,
    semantics: Semantics,
    main: Option<String>,
    files: Files,
    /// The one score that is meant, where a score was named and not a place.
    named: Option<String>,
}

impl Side {
    /// The definition of a project, as it is on disk.
    pub fn of_project(words: &str, pipeline: &Pipeline) -> Self {
        Self {
            words: words.to_owned(),
            semantics: pipeline.semantics.clone(),
            main: pipeline.main_score.clone(),
            files: pipeline.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect(),
            named: None,
        }
    }

    /// One score or draft of a project, as it is on disk.
    pub fn of_score(name: &str, pipeline: &Pipeline) -> Self {
        Self { named: Some(name.to_owned()), ..Self::of_project(&format!("{name} of the project"), pipeline) }
    }

    /// Whether one score is meant, and not a place with several.
    pub(super) fn is_of_score(&self) -> bool {
        self.named.is_some()
    }

    /// The definition that is meant, beside what is published.
    ///
    /// # Errors
    /// [`Error::Usage`] for a commit that is not kept; [`Error::Project`] for what is not archived, or is no sound project;
    /// what storage says.
    pub async fn open(which: &Which, out: &State) -> Result<Self> {
        match which {
            Which::Published if out.number() == 0 => Err(nothing(out)),
            Which::Published => {
                Self::of_commit(out, out.commit(), format!("published (commit {})", out.number())).await
            }
            Which::Commit(number) => {
                let state = State::at(out.storage(), *number).await?;
                Self::of_commit(out, state.commit(), format!("commit {number}")).await
            }
            Which::Folder(folder) => Self::of_folder(folder),
        }
    }

    fn of_folder(folder: &Path) -> Result<Self> {
        let shown = folder.display().to_string();
        if !folder.join(SETTINGS_FILE).is_file() {
            let message =
                format!("`{}` is no definition: there is no {SETTINGS_FILE} in it", shown.escape_debug());
            let help = "write published, the number of a commit (`hale history`), a project's folder, or a score of the project";
            return Err(Error::Usage(format!("{message}; {help}")));
        }
        Ok(Self::of_project(&shown, &Pipeline::build(Project::load(folder)?)?))
    }

    async fn of_commit(out: &State, commit: &Commit, words: String) -> Result<Self> {
        let files = archived(out.storage(), commit).await?;
        let files = files.ok_or_else(|| not_archived(out, commit.number))?;
        Self::of_files(words, files)
    }

    /// The definition by which rows of a score were published, looked for among those of the kept commits up to this one, the
    /// newest first; `None` where it is not among them.
    ///
    /// # Errors
    /// What storage says.
    async fn that_made(out: &State, score: &str, definition: &str) -> Result<Option<Self>> {
        let mut seen: Vec<Option<String>> = vec![None];
        for commit in history(out.storage()).await?.iter().filter(|commit| commit.number <= out.number()) {
            if seen.contains(&commit.definition) {
                continue;
            }
            seen.push(commit.definition.clone());
            let Some(files) = archived(out.storage(), commit).await? else { continue };
            // A definition that this hale cannot read is not the one whose hash it computes.
            let Ok(side) = Self::of_files(format!("commit {}", commit.number), files) else { continue };
            let mut scores = side.semantics.scores.iter();
            if scores.any(|known| known.name == score && known.definition == definition) {
                return Ok(Some(side));
            }
        }
        Ok(None)
    }

    /// The definition by which rows of a score were published that a day has.
    ///
    /// # Errors
    /// [`Error::Project`] where it is not archived; what storage says.
    pub(crate) async fn of_rows(out: &State, score: &str, definition: &str, day: NaiveDate) -> Result<Self> {
        Self::that_made(out, score, definition).await?.ok_or_else(|| {
            let message =
                format!("the definition {definition} that made scores.{score} of {day} is not archived");
            let problem = Diagnostic::error("no-definition", message).note(
                "looked for in the commits that are kept, and in what this hale makes of their definitions",
            );
            Error::Project(problem.help("build the day again: `hale run --as-of DAY --force`").into())
        })
    }

    /// The definition in files as a commit keeps them.
    fn of_files(words: String, files: Files) -> Result<Self> {
        let below = |folder: &str| {
            let own = files.iter().filter(|(path, _)| path.starts_with(folder) && path.ends_with(".yml"));
            own.map(|(path, text)| SourceFile::new(path.clone(), text.clone())).collect::<Vec<_>>()
        };
        let settings = files.get(SETTINGS_FILE).cloned().unwrap_or_default();
        let read = || {
            let settings =
                Settings::read(&SourceFile::new(SETTINGS_FILE, settings)).map_err(Diagnostics::from)?;
            let semantics = semantic::parse(&below("sql/components/"), &below("sql/scores/"))?;
            let main = main_score(&settings, &semantics.scores)
                .map_err(Diagnostics::from)?
                .map(|score| score.name.clone());
            Ok::<_, Diagnostics>((semantics, main))
        };
        match read() {
            Ok((semantics, main)) => Ok(Self { words, semantics, main, files, named: None }),
            Err(mut found) => {
                let message = format!("the definition of {words} cannot be read by this hale");
                found.push(Diagnostic::error("old-definition", message));
                Err(Error::Project(found))
            }
        }
    }

    /// The score that is meant, or else that of a name, be it a draft; without a name, the main score or the only one.
    ///
    /// # Errors
    /// [`Error::Usage`] for a score that it has not, or of which there is no telling.
    pub(crate) fn score(&self, name: Option<&str>) -> Result<&Score> {
        let name = self.named.as_deref().or(name);
        if let Some(draft) = name.and_then(|name| self.semantics.draft(name)) {
            return Ok(draft);
        }
        score_of((&self.semantics.scores, self.main.as_deref()), name).map_err(|error| match error {
            Error::Usage(message) => Error::Usage(format!("in {}: {message}", self.words)),
            other => other,
        })
    }

    /// The files of models and settings that decide metrics and differ from those of another definition.
    pub(super) fn other_models(&self, other: &Self) -> Vec<String> {
        let counts = |path: &&String| {
            let above = ["sql/raw/", "sql/staging/", "sql/metrics/"];
            above.iter().any(|folder| path.starts_with(folder))
        };
        let all: BTreeSet<&String> = self.files.keys().chain(other.files.keys()).filter(counts).collect();
        let all = all.into_iter();
        all.filter(|path| self.files.get(*path) != other.files.get(*path)).cloned().collect()
    }
}

/// Nothing was ever published.
fn nothing(out: &State) -> Error {
    let problem =
        Diagnostic::error("not-published", format!("nothing is published in {}", out.storage().shown()));
    let help = "publish a day with `hale run --as-of DAY`, or name another place with --out";
    Error::Project(problem.help(help).into())
}

fn not_archived(out: &State, number: u64) -> Error {
    let message = format!("commit {number} of {} has no archived definition", out.storage().shown());
    let help = "compare with another commit (`hale history`), or with the folder of an older checkout";
    Error::Project(Diagnostic::error("no-definition", message).help(help).into())
}
