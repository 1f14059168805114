//! A project as it was written: settings and files, parsed but not yet checked.
//!
//! ```text
//! hale.yml                     settings
//! sql/<layer>/<table>.sql      a model: one statement, named by its path
//! sql/components/*.yml         components        sql/scores/*.yml    scores
//! sql/audits/*.sql             queries that must return no rows
//! sql/alerts/*.yml             rules over the published days of a score
//! sql/expectations/*.yml       what people expect of scores
//! sql/tests/<layer>.<table>/*.yml    unit tests of a model
//! ```

mod calls;
mod comments;
pub mod contract;
pub(crate) mod digests;
pub(crate) mod identifier;
pub mod kept;
pub mod layer;
pub mod model;
pub mod ready;
pub mod reported;
pub mod retention;
pub mod settings;
pub(crate) mod statement;
pub mod time;
pub(crate) mod types;
pub mod was;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use layer::{Layer, ModelName};
use model::Model;
use settings::Settings;

/// The file that makes a folder a project.
pub const SETTINGS_FILE: &str = "hale.yml";

/// Folders below `sql/` that are no layers.
const OTHER_FOLDERS: [&str; 4] = ["alerts", "audits", "expectations", "tests"];

/// Everything that was written, parsed one file at a time. Nothing in it has been held against anything else.
#[derive(Debug)]
pub struct Project {
    /// The folder with `hale.yml`.
    pub root: PathBuf,
    /// What `hale.yml` says.
    pub settings: Settings,
    /// `hale.yml` itself.
    pub settings_file: Arc<SourceFile>,
    /// Models written as SQL.
    pub models: Vec<Model>,
    /// Files that declare components.
    pub components: Vec<Arc<SourceFile>>,
    /// Files that declare scores.
    pub scores: Vec<Arc<SourceFile>>,
    /// Queries that must return no rows.
    pub audits: Vec<Arc<SourceFile>>,
    /// Files of rules over the days of scores.
    pub alerts: Vec<Arc<SourceFile>>,
    /// Files of what people expect of scores.
    pub expectations: Vec<Arc<SourceFile>>,
    /// Unit tests of models.
    pub tests: Vec<Arc<SourceFile>>,
}

impl Project {
    /// The folder here or above that holds `hale.yml`.
    ///
    /// # Errors
    /// When there is none up to the root of the disk.
    pub fn find(from: &Path) -> Result<PathBuf, Diagnostics> {
        let found = from.ancestors().find(|folder| folder.join(SETTINGS_FILE).is_file());
        found.map(Path::to_path_buf).ok_or_else(|| {
            Diagnostic::error(
                "no-project",
                format!("no {SETTINGS_FILE} in {} or any folder above it", from.display()),
            )
            .help("make a project with `hale init DIR`, or name one with --project DIR")
            .into()
        })
    }

    /// Reads and parses a project's files.
    ///
    /// # Errors
    /// Every file that cannot be read or parsed, all at once.
    pub fn load(root: &Path) -> Result<Self, Diagnostics> {
        match Self::sound(root)? {
            (project, problems) if problems.is_empty() => Ok(project),
            (_, problems) => Err(problems),
        }
    }

    /// Reads and parses a project's files, and goes on without those that cannot be: they are the problems.
    ///
    /// # Errors
    /// The same, where the settings are among them.
    pub fn sound(root: &Path) -> Result<(Self, Diagnostics), Diagnostics> {
        let mut problems = Diagnostics::new();
        let settings = read(root, &root.join(SETTINGS_FILE));
        let settings = problems.keep(settings.and_then(|file| Ok((Settings::read(&file)?, file))));
        let mut files = Files { root, problems };
        let models = files.models();
        let components = files.texts("components", "yml");
        let scores = files.texts("scores", "yml");
        let audits = files.texts("audits", "sql");
        let alerts = files.texts("alerts", "yml");
        let expectations = files.texts("expectations", "yml");
        let tests = files.texts("tests", "yml");
        let Some((settings, settings_file)) = settings else { return Err(files.problems) };
        let root = root.to_path_buf();
        let project = Self {
            root,
            settings,
            settings_file,
            models,
            components,
            scores,
            audits,
            alerts,
            expectations,
            tests,
        };
        Ok((project, files.problems))
    }
}

/// Reads one file of a project; its shown path is relative to the project.
fn read(root: &Path, path: &Path) -> Result<Arc<SourceFile>, Diagnostic> {
    let shown = path.strip_prefix(root).unwrap_or(path);
    let shown_text = shown.to_str().ok_or_else(|| {
        Diagnostic::error("file-name", format!("the name of `{}` is not UTF-8", shown.display()))
            .help("rename the file")
    })?;
    match std::fs::read(path) {
        Ok(bytes) => {
            String::from_utf8(bytes).map(|text| SourceFile::new(shown_text, text)).map_err(|error| {
                let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count();
                Diagnostic::error("not-utf8", format!("{shown_text} is not UTF-8 text (line {})", line + 1))
                    .help("save the file as UTF-8")
            })
        }
        Err(error) => Err(Diagnostic::error("unreadable", format!("{shown_text} cannot be read: {error}"))),
    }
}

/// A file that looks as if it counted, under an ending that is not looked at.
fn not_read(root: &Path, path: &Path) -> Diagnostic {
    let shown = path.strip_prefix(root).unwrap_or(path).display();
    Diagnostic::error("file-name", format!("{shown} is not read")).help("end its name in .yml")
}

struct Files<'a> {
    root: &'a Path,
    problems: Diagnostics,
}

impl Files<'_> {
    /// The SQL models of every layer, and a complaint about folders that are none.
    fn models(&mut self) -> Vec<Model> {
        let mut models = Vec::new();
        for folder in self.entries(&self.root.join("sql")) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match Layer::of(&name) {
                Some(layer) => self.layer(&folder, layer, &mut models),
                None if OTHER_FOLDERS.contains(&name.as_str()) => {}
                None => self.unknown_folder(&name),
            }
        }
        models
    }

    fn layer(&mut self, folder: &Path, layer: Layer, models: &mut Vec<Model>) {
        for path in
            self.entries(folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "sql"))
        {
            let Some(file) = self.problems.keep(read(self.root, &path)) else { continue };
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(problem) = refused_name(layer, &stem, &file) {
                self.problems.push(problem);
                continue;
            }
            match statement::parse_model(ModelName::new(layer, stem), &file) {
                Ok(model) => models.push(model),
                Err(problems) => self.problems.extend(problems),
            }
        }
    }

    fn unknown_folder(&mut self, name: &str) {
        let known = Layer::ALL.map(Layer::name).into_iter().chain(OTHER_FOLDERS);
        let problem = Diagnostic::error("unknown-layer", format!("sql/{name} is no layer"))
            .note(format!("layers: {}", Layer::ALL.map(Layer::name).join(", ")))
            .suggest(name, known);
        self.problems.push(problem);
    }

    /// Files of a folder under `sql/` and of the folders in it, with an ending.
    fn texts(&mut self, folder: &str, ending: &str) -> Vec<Arc<SourceFile>> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.join("sql").join(folder)];
        while let Some(folder) = folders.pop() {
            for path in self.entries(&folder) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|have| have == ending) {
                    found.extend(self.problems.keep(read(self.root, &path)));
                } else if path.extension().is_some_and(|have| have == "yaml") {
                    self.problems.push(not_read(self.root, &path));
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// Paths in a folder by name; none where there is no such folder. Hidden files are not looked at.
    fn entries(&mut self, folder: &Path) -> Vec<PathBuf> {
        if !folder.is_dir() {
            return Vec::new();
        }
        let listed =
            std::fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
        let listed: Result<Vec<PathBuf>, std::io::Error> = listed;
        match listed {
            Ok(mut paths) => {
                paths.retain(|path| {
                    !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
                });
                paths.sort();
                paths
            }
            Err(error) => {
                let message = format!("{} cannot be listed: {error}", folder.display());
                self.problems.push(Diagnostic::error("unreadable", message));
                Vec::new()
            }
        }
    }
}

/// A table is a folder of the output and a name in SQL: plain words only. Compiled layers take no SQL.
fn refused_name(layer: Layer, stem: &str, file: &Arc<SourceFile>) -> Option<Diagnostic> {
    if layer.is_semantic() {
        let problem = Diagnostic::error("semantic-sql", format!("{layer} are declared in YAML"));
        return Some(problem.at(Location::whole(file)).help("move the SQL to sql/metrics/ or sql/marts/"));
    }
    if layer == Layer::Dated {
        let problem = Diagnostic::error("dated-sql", "dated relations are made from what sources declare");
        let help = "say in the source's DDL what its rows are: OPTIONS ('kind' 'events', …); and move the SQL to sql/staging/";
        return Some(problem.at(Location::whole(file)).help(help));
    }
    if layer == Layer::Published {
        let problem = Diagnostic::error("published-sql", "scores as they were published need no file");
        return Some(problem.at(Location::whole(file)).help("move the SQL to sql/marts/"));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let good = stem.starts_with(|c: char| c.is_ascii_lowercase()) && stem.chars().all(plain);
    (!good).then(|| {
        Diagnostic::error("file-name", format!("`{stem}` cannot name a table"))
            .at(Location::whole(file))
            .help("use lower-case letters, digits and underscores, beginning with a letter")
    })
}
