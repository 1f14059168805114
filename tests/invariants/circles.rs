//! No two files of src import each other, however long the way round: read from the text of their `use`s and paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{root, rust_files, text};

/// A file by its place in the tree of modules: `["engine", "session"]`, `[]` for lib.rs.
type Module = Vec<String>;

/// The files, their texts without comments and unit tests, and what each names of others.
struct House {
    texts: BTreeMap<Module, String>,
    /// What a module hands on under a name, as the whole path of it.
    handed_on: BTreeMap<(Module, String), Vec<String>>,
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let house = House::read();
    assert!(house.texts.len() > 200, "only {} files", house.texts.len());
    let arrows: BTreeMap<&Module, BTreeSet<Module>> =
        house.texts.keys().map(|module| (module, house.imports(module))).collect();
    assert!(arrows.values().map(BTreeSet::len).sum::<usize>() > 500, "too few imports are seen");
    let mut left = arrows.clone();
    // What imports nothing that is left is on the ground; what stays after the last such file is a circle, or above one.
    while let Some(ground) = left.iter().find(|(_, to)| to.iter().all(|to| !left.contains_key(to))) {
        let ground = *ground.0;
        left.remove(ground);
    }
    // And from the top: what nobody imports is in no circle.
    while let Some(top) = left.keys().copied().find(|module| !left.values().any(|to| to.contains(*module))) {
        left.remove(top);
    }
    let names: Vec<String> = left.keys().map(|module| module.join("/")).collect();
    assert!(names.is_empty(), "these files import each other in a circle: {}", names.join(", "));
}

impl House {
    fn read() -> Self {
        let source = root().join("src");
        let files = rust_files(&source);
        let files = files.iter().filter(|file| !file.ends_with("src/main.rs"));
        let texts =
            files.map(|file| (module_of(file.strip_prefix(&source).unwrap()), without_comments(&text(file))));
        let mut house = Self { texts: texts.collect(), handed_on: BTreeMap::new() };
        for (module, text) in &house.texts {
            for (is_public, path) in uses(text) {
                if let (true, Some(path)) = (is_public, house.whole(module, &path)) {
                    let name = path.last().cloned().unwrap_or_default();
                    house.handed_on.insert((module.clone(), name), path);
                }
            }
        }
        house
    }

    /// The files whose things a file names; what it only hands on is not its own.
    fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let text = &self.texts[module];
        let named = uses(text).into_iter().filter(|(is_public, _)| !is_public).map(|(_, path)| path);
        let named = named.chain(paths(text)).filter_map(|path| self.whole(module, &path));
        named.filter_map(|path| self.file_of(path, 5)).filter(|to| to != module).collect()
    }

    /// A path from the root of the crate; `None` for other crates' things.
    fn whole(&self, module: &Module, path: &[String]) -> Option<Vec<String>> {
        let from = |base: &[String], rest: &[String]| Some([base, rest].concat());
        match path.first()?.as_str() {
            "crate" => from(&[], &path[1..]),
            "self" => from(module, &path[1..]),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                from(&module[..module.len().checked_sub(ups)?], &path[ups..])
            }
            first => {
                let child = [&module[..], &[first.to_owned()]].concat();
                self.texts.contains_key(&child).then(|| from(module, path)).flatten()
            }
        }
    }

    /// The file that has what a path names, behind what is handed on.
    fn file_of(&self, path: Vec<String>, hops: usize) -> Option<Module> {
        let length = (0..=path.len()).rev().find(|length| self.texts.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        let handed = rest.first().and_then(|name| self.handed_on.get(&(module.to_vec(), name.clone())));
        match handed.filter(|_| hops > 0) {
            Some(to) => self.file_of([&to[..], &rest[1..]].concat(), hops - 1),
            None => Some(module.to_vec()),
        }
    }
}

fn module_of(file: &Path) -> Module {
    let mut parts: Module =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

fn without_comments(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Every path that a text uses, and whether it is handed on.
fn uses(text: &str) -> Vec<(bool, Vec<String>)> {
    let mut found = Vec::new();
    for line in divided(text).0 {
        let (visibility, tree) = match line.split_once("use ") {
            Some((before, tree)) if before.is_empty() || before.starts_with("pub") => (before, tree),
            _ => continue,
        };
        let mut flat = Vec::new();
        flatten("", tree, &mut flat);
        let path = |path: String| path.split("::").map(|part| part.trim().to_owned()).collect();
        found.extend(flat.into_iter().map(|one| (!visibility.is_empty(), path(one))));
    }
    found
}

/// The `use` statements of a text, each on one line, and the text without them.
fn divided(text: &str) -> (Vec<String>, String) {
    let begins =
        |line: &&str| line.starts_with("use ") || (line.starts_with("pub") && line.contains(" use "));
    let (mut statements, mut other, mut rest) = (Vec::new(), String::new(), text);
    while let Some(line) = rest.lines().find(begins) {
        let (before, from) = rest.split_at(line.as_ptr() as usize - rest.as_ptr() as usize);
        let (statement, after) = from.split_once(';').unwrap_or((from, ""));
        statements.push(statement.split_whitespace().collect::<Vec<_>>().join(" "));
        other.push_str(before);
        rest = after;
    }
    (statements, other + rest)
}

/// `a::{b, c::{d}}` as `a::b` and `a::c::d`.
fn flatten(before: &str, tree: &str, found: &mut Vec<String>) {
    let Some((stem, inner)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or_default().trim();
        return found.push(format!("{before}{name}"));
    };
    let before = format!("{before}{}", stem.trim());
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut start) = (0, 0);
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                flatten(&before, &inner[start..at], found);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        flatten(&before, &inner[start..], found);
    }
}

/// Paths elsewhere in the text that begin at the crate, here or above.
fn paths(text: &str) -> Vec<Vec<String>> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let begins = |word: &&str| ["crate::", "super::", "self::"].iter().any(|start| word.starts_with(start));
    let other = divided(text).1;
    let words = other.split(|character: char| !is_part(character)).filter(begins);
    words.map(|word| word.split("::").map(str::to_owned).collect()).collect()
}
