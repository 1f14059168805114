//! What has landed, held against the declaration: footers only, no data.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Field, SchemaRef};

use super::content::Content;
use super::listing::{OfFormat, TableFormat};
use super::{Landed, Place, location_of};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, visible};
use crate::engine::foreign::is_of_folders;
use crate::engine::foreign::reading::{alike, place_of, reading};
use crate::error::{Error, Result};
use crate::project::model::{Model, Source};
use crate::project::types::{a_value_of, is_declarable, sql_name, with_article};

/// Files that a message names before it says how many more there are.
const NAMED: usize = 5;

/// What is wrong with a source's files.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What the project or the files have to mend, and warnings.
    pub(crate) wrong: Diagnostics,
    /// What may have mended itself at the next try: files that are not there yet, or not whole.
    pub(crate) not_ready: Diagnostics,
}

impl Found {
    /// That nothing stops a run.
    ///
    /// # Errors
    /// [`Error::Project`] where anything is wrong, else [`Error::NotReady`] where anything is not ready; each with all there is.
    pub(crate) fn into_result(self) -> Result<Diagnostics> {
        let Self { mut wrong, not_ready } = self;
        if wrong.has_errors() {
            wrong.extend(not_ready);
            return Err(Error::Project(wrong));
        }
        if not_ready.is_empty() {
            return Ok(wrong);
        }
        wrong.extend(not_ready);
        Err(Error::NotReady { found: wrong, skip: false })
    }

    /// With what was found of another source.
    pub(crate) fn extend(&mut self, other: Self) {
        self.wrong.extend(other.wrong);
        self.not_ready.extend(other.not_ready);
    }
}

/// Holds what has landed of a source against its declaration.
pub(crate) fn held(
    place: Place<'_>,
    model: &Model,
    source: &Source,
    declared: &SchemaRef,
    landed: &Landed,
) -> Found {
    let mut found = Found::default();
    let at = location_of(model, source);
    if let Some(of) = &landed.of_format {
        found.wrong.push(of_table_format(place, model, source, of).at(at));
        return found;
    }
    let (promised, others): (Vec<_>, Vec<_>) = landed.others.iter().partition(|(_, _, promised)| *promised);
    let no_data = landed.files.is_empty() && landed.broken.is_empty();
    let (wrong, beside): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|(_, content, _)| no_data && content.is_data());
    for (file, content, _) in promised.iter().chain(&wrong) {
        found.wrong.push(not_parquet(place, file, *content).at(at.clone()));
    }
    found.wrong.extend(not_read(model, &beside).map(|warning| warning.at(at.clone())));
    for (file, why) in &landed.broken {
        let broken = Diagnostic::error("corrupt-parquet", format!("{file} cannot be read as Parquet: {why}"))
            .at(at.clone())
            .help("wait for it, or write the file again, and run again; take it out of the folder if it is no data");
        found.not_ready.push(broken);
    }
    if no_data && !found.wrong.has_errors() {
        absent(place, model, source, landed, &mut found);
    }
    if !landed.files.is_empty() {
        found.wrong.extend(columns(model, source, declared, landed));
        let rows: i64 = landed.files.iter().map(|file| file.footer.file_metadata().num_rows()).sum();
        if rows == 0 && landed.broken.is_empty() && !found.wrong.has_errors() {
            let empty = Diagnostic::warning("empty-source", format!("{} holds no rows", model.name));
            found.wrong.push(empty.at(at));
        }
    }
    found
}

/// Nothing at all has landed.
fn absent(place: Place<'_>, model: &Model, source: &Source, landed: &Landed, found: &mut Found) {
    let at = location_of(model, source);
    let shown = format!("{}/{}", place.storage.shown(), source.path);
    if !source.optional {
        let message = format!("{} has no Parquet at {shown}", model.name);
        let help = "wait for the files and run again, put them there, or name another place with --sources";
        found.not_ready.push(Diagnostic::error("missing-source", message).at(at).help(help));
    } else if landed.is_there {
        let message = format!("{} counts as absent: {shown} is there, and holds no Parquet", model.name);
        let help = "put its files there, or remove the folder if there are none to come";
        found.wrong.push(Diagnostic::warning("empty-source", message).at(at).help(help));
    }
}

fn of_table_format(place: Place<'_>, model: &Model, source: &Source, of: &OfFormat) -> Diagnostic {
    let table = with_article(of.format.name());
    let here = source.path.trim_end_matches('/');
    let relation = match of.root.as_str() {
        root if root == here => format!("is {table} table"),
        root if here.starts_with(root) => format!("is a part of {table} table"),
        _ => format!("holds {table} table"),
    };
    let message =
        format!("{} {relation}: which of its files hold living rows, only its log says", model.name);
    let root = format!("{}/{}", place.storage.shown().trim_end_matches('/'), of.root);
    let root = root.trim_end_matches('/');
    let help = match of.format {
        TableFormat::Delta => format!(
            "write its rows as Parquet and declare that place: duckdb -c \"COPY (FROM delta_scan('{root}')) TO 'rows.parquet'\""
        ),
        TableFormat::Iceberg => format!(
            "write its rows as Parquet and declare that place: duckdb -c \"COPY (FROM iceberg_scan('{root}')) TO 'rows.parquet'\""
        ),
        TableFormat::Hudi => "write its rows as plain Parquet with Spark, and declare that place".to_owned(),
    };
    Diagnostic::error("table-format", message)
        .note("read as a folder of files, rows that were deleted or replaced would count")
        .help(help)
}

/// A file of another kind where Parquet was promised, or where there is nothing else.
fn not_parquet(place: Place<'_>, file: &str, content: Content) -> Diagnostic {
    let whole = format!("{}/{file}", place.storage.shown());
    let (is, read) = match content {
        Content::Of("CSV") => ("is CSV, not Parquet".to_owned(), Some(whole)),
        Content::Of("JSON") => ("is JSON, not Parquet".to_owned(), Some(whole)),
        Content::Of("gzip") => {
            ("is compressed with gzip, which Parquet never is as a whole".to_owned(), Some(whole))
        }
        Content::Of("empty") => ("is empty".to_owned(), None),
        Content::Of(kind) => (format!("is {kind}, not Parquet"), None),
        _ => ("is no Parquet".to_owned(), None),
    };
    let help = match (content, read) {
        (Content::Of("gzip"), Some(whole)) => format!(
            "unpack it (gunzip), and if CSV or JSON is in it, convert that and put the result in its place: duckdb -c \"COPY (FROM read_csv('{whole}')) TO '{}'\"",
            converted(file)
        ),
        (Content::Of(kind), Some(whole)) => format!(
            "convert it, and put the result in its place: duckdb -c \"COPY (FROM read_{}('{whole}')) TO '{}'\"",
            kind.to_lowercase(),
            converted(file)
        ),
        _ => "write it as Parquet, or take it out of the folder".to_owned(),
    };
    Diagnostic::error("not-parquet", format!("{file} {is}")).help(help)
}

/// The name of a file once it is Parquet: never its own, which would be overwritten while it is read.
fn converted(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.split('.').next().unwrap_or(name);
    let converted = format!("{stem}.parquet");
    if converted.eq_ignore_ascii_case(name) { format!("{stem}.converted.parquet") } else { converted }
}

/// Files beside the data that are none.
fn not_read(model: &Model, others: &[&(String, Content, bool)]) -> Option<Diagnostic> {
    let names: Vec<&str> = others.iter().map(|(file, _, _)| file.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let (is, them) = if names.len() == 1 { ("is", "it is") } else { ("are", "they are") };
    let message = format!("{} {is} not read for {}: {them} no Parquet", listed(&names), model.name);
    let help = "convert what is data, and take what is not out of the folder; names that begin with `_` or `.` are passed by";
    Some(Diagnostic::warning("file-not-read", message).help(help))
}

/// "a, b and 3 more".
pub(super) fn listed(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let shown: Vec<String> = names[..names.len() - more].iter().map(|name| visible(name)).collect();
    match (shown.split_last(), more) {
        (Some((last, [])), 0) => last.clone(),
        (Some((last, before)), 0) => format!("{} and {last}", before.join(", ")),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Declared columns that the files do not have, or have otherwise.
fn columns(model: &Model, source: &Source, declared: &SchemaRef, landed: &Landed) -> Diagnostics {
    let mut found = Diagnostics::new();
    for field in declared.fields() {
        let declared = model.contract.column(field.name()).map(|column| column.location.clone());
        let at = declared.unwrap_or_else(|| Location::whole(&model.file));
        let problems = if is_of_folders(&landed.files, field.name()) {
            of_folders(field, landed)
        } else {
            of_files(source, field, landed)
        };
        found.extend(problems.into_iter().map(|problem| problem.at(at.clone())));
    }
    found
}

/// Folder names that are no value of the column's type.
fn of_folders(field: &Field, landed: &Landed) -> Diagnostics {
    let name = field.name();
    let unfit = landed.files.iter().zip(&landed.names).filter(|(file, _)| file.folder_value(field).is_none());
    let names: Vec<&str> = unfit.map(|(_, name)| name.as_str()).collect();
    if names.is_empty() {
        return Diagnostics::new();
    }
    let declared = sql_name(field.data_type());
    let message =
        format!("`{name}` stands in the names of folders, where it is no {declared}: {}", listed(&names));
    Diagnostic::error("column-type", message)
        .help(format!("rename the folder, or declare `{name}` VARCHAR and cast it in staging"))
        .into()
}

fn of_files(source: &Source, field: &Field, landed: &Landed) -> Diagnostics {
    let name = field.name();
    let (mut missing, mut of_folder_only, mut twice) = (Vec::new(), Vec::new(), Vec::new());
    let mut unlike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut kinds: Vec<String> = Vec::new();
    for (file, shown) in landed.files.iter().zip(&landed.names) {
        let exactly = file.schema.fields().iter().filter(|column| column.name() == name).count();
        if exactly > 1 || (exactly == 0 && alike(&file.schema, name).count() > 1) {
            twice.push(shown.as_str());
            continue;
        }
        let Some(place) = place_of(&file.schema, name) else {
            let of_folder = file.folders.iter().any(|(folder, _)| folder == name);
            if of_folder { &mut of_folder_only } else { &mut missing }.push(shown.as_str());
            continue;
        };
        let given = file.schema.field(place).data_type();
        let kind = if file.marks(place).uuid { "UUID".to_owned() } else { sql_name(given) };
        if !kinds.contains(&kind) {
            kinds.push(kind.clone());
        }
        if reading(given, field.data_type(), file.marks(place)).is_none() {
            unlike.entry(kind).or_default().push(shown);
        }
    }
    let mut found = Diagnostics::new();
    if !twice.is_empty() {
        let message = format!("which column is `{name}`? More than one is called so in {}", listed(&twice));
        let help = "rename the columns where the file is written; upper and lower case alone do not tell names apart";
        found.push(Diagnostic::error("duplicate-column", message).help(help));
    }
    if of_folder_only.is_empty() {
        found.extend(missing_column(source, name, &missing, landed));
    } else {
        found.push(of_two_layouts(name, &of_folder_only, &missing));
    }
    let unread: usize = unlike.values().map(Vec::len).sum();
    let read = landed.files.len() - twice.len() - missing.len() - of_folder_only.len() - unread;
    for (kind, files) in &unlike {
        let (name, declared) = (field.name(), sql_name(field.data_type()));
        let message = format!("`{name}` is declared {declared} but is {kind} in {}", listed(files));
        let help = if read > 0 {
            format!(
                "no declaration reads all files: write these again with {}, as the others have",
                a_value_of(field.data_type())
            )
        } else if kinds.len() > 1 {
            format!("write the files again with one type, and declare that; they have {}", kinds.join(", "))
        } else {
            remedy(field, kind)
        };
        found.push(Diagnostic::error("column-type", message).help(help));
    }
    found
}

/// A column that some files, or all, do not have.
fn missing_column(source: &Source, name: &str, missing: &[&str], landed: &Landed) -> Option<Diagnostic> {
    let all = landed.files.len();
    let is_added = source.added_columns.iter().any(|added| added == name);
    if missing.is_empty() || (is_added && missing.len() < all) {
        return None;
    }
    let problem =
        Diagnostic::error("missing-column", format!("there is no column `{name}` in {}", listed(missing)));
    if missing.len() < all {
        return Some(problem.note(format!("{} of {all} files have it", all - missing.len())).help(format!(
            "if it came later, add OPTIONS ('added_columns' '{name}'): where it is missing, it is then read as NULL"
        )));
    }
    if is_added {
        return Some(
            problem
                .note("`added_columns` says that it came later, and no file has it yet")
                .help(format!("take `{name}` out of the declaration until a file has it, or mend its name")),
        );
    }
    let (first, shown) = landed.files.first().zip(landed.names.first())?;
    let own: Vec<&str> = first.schema.fields().iter().map(|field| field.name().as_str()).collect();
    let of_folders: Vec<&str> = first.folders.iter().map(|(name, _)| name.as_str()).collect();
    let problem = match own.is_empty() {
        true => problem,
        false => problem.note(format!("{} has {}", visible(shown), listed(&own))),
    };
    let problem = match of_folders.is_empty() {
        true => problem,
        false => problem.note(format!("the names of its folders give {}", listed(&of_folders))),
    };
    let help = "name a column that the files have, or leave it out and compute it in staging";
    Some(problem.help(help).suggest(name, own.into_iter().chain(of_folders)))
}

/// A column that stands in the names of some files' folders, and not of all: the others lack it, or have it themselves.
fn of_two_layouts(name: &str, folder_only: &[&str], lacking: &[&str]) -> Diagnostic {
    if lacking.is_empty() {
        let message = format!(
            "`{name}` stands only in the names of folders for {}, and in the other files themselves",
            listed(folder_only)
        );
        return Diagnostic::error("missing-column", message)
            .help(format!("write `{name}` into these files too, or keep it in the names of folders alone"));
    }
    let message =
        format!("there is no column `{name}` in {}, nor in the names of its folders", listed(lacking));
    Diagnostic::error("missing-column", message)
        .note(format!("for other files it stands in the names of folders: {}", listed(folder_only)))
        .help(format!("move what lacks it below a folder `{name}=…`, or take it out of this source's place"))
}

/// How a column of another type in all files can be read after all.
fn remedy(field: &Field, kind: &str) -> String {
    let (name, declared) = (field.name(), sql_name(field.data_type()));
    match field.data_type() {
        _ if kind == "INTERVAL" => {
            "declare it BIGINT: a duration is read as its number of microseconds, whatever its unit"
                .to_owned()
        }
        _ if kind == "UUID" => "declare it VARCHAR: it is read as text".to_owned(),
        DataType::Date32 if kind.starts_with("TIMESTAMP") => {
            format!("declare it TIMESTAMP, and take its day in staging: local_day({name})")
        }
        DataType::Timestamp(..) if kind.contains("INT") => format!(
            "declare it BIGINT, and make it an instant in staging, by its unit: to_timestamp_seconds({name}), \
             to_timestamp_millis({name}) or to_timestamp_micros({name})"
        ),
        _ if is_declarable(kind) => {
            format!("declare it {kind}, and cast it in staging: CAST({name} AS {declared})")
        }
        _ if kind.ends_with("[]") || kind.starts_with("STRUCT") => {
            format!("declare it {kind}, and take its parts in staging")
        }
        _ => "no column can be declared so: leave it out, or write its parts as columns of their own"
            .to_owned(),
    }
}
