//! Checks the order of modules within a crate: each may use only those before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aether_harness::Layout;

/// A crate and the order of its modules: with `crate::`, a module may name only itself, modules on
/// earlier lines and modules on its own line. A name that the crate exports at its root counts as
/// its module's. docs/ARCHITECTURE.md has the same table.
struct Order {
    source: &'static str,
    lines: &'static [&'static [&'static str]],
}

const ORDERS: [Order; 1] = [Order {
    source: "harness/src",
    lines: &[
        &["atomic", "machine", "scratch", "sha256", "visible"],
        &["varying", "verdict"],
        &["allowed", "check", "layout", "scenario", "subject"],
        &["snapshot"],
        &["documents"],
        &["suite"],
        &["exec"],
        &["outputs"],
        &["evaluate"],
        &["report"],
        &["results"],
        &["runner"],
    ],
}];

/// Reports modules that use a later module.
pub(crate) fn order(paths: &Layout) -> Vec<String> {
    ORDERS
        .iter()
        .flat_map(|order| violations(order, paths))
        .collect()
}

fn violations(order: &Order, paths: &Layout) -> Vec<String> {
    let source = paths.root().join(order.source);
    let lib = fs::read_to_string(source.join("lib.rs")).unwrap_or_default();
    let exports = exports(&lib);
    let mut problems = unlisted(order, &lib);
    for (at, line) in order.lines.iter().enumerate() {
        let later: BTreeSet<&str> = order.lines[at + 1..]
            .iter()
            .flat_map(|l| *l)
            .copied()
            .collect();
        for module in *line {
            let files = files(&source, module);
            if files.is_empty() {
                problems.push(format!("{}: there is no module `{module}`", order.source));
            }
            for file in files {
                let text = fs::read_to_string(&file).unwrap_or_default();
                for name in named(&text) {
                    let known = exports.get(&name).unwrap_or(&name);
                    if later.contains(known.as_str()) {
                        let shown = paths.display(&file);
                        problems.push(format!("{shown}: `{module}` may not know `{known}`"));
                    }
                }
            }
        }
    }
    problems
}

/// Reports modules of the crate that are on no line.
fn unlisted(order: &Order, lib: &str) -> Vec<String> {
    let listed: BTreeSet<&str> = order.lines.iter().flat_map(|line| *line).copied().collect();
    let declared = lib.lines().filter_map(|line| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    declared
        .filter(|module| *module != "tests" && !listed.contains(module))
        .map(|module| {
            format!(
                "{}: the module `{module}` has no place in the order",
                order.source
            )
        })
        .collect()
}

/// The names that a crate exports at its root, with their modules: `pub use check::Check` gives
/// `Check` and `check`.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for export in lib.split("pub use ").skip(1) {
        let Some((path, _)) = export.split_once(';') else {
            continue;
        };
        let Some((module, names)) = path.split_once("::") else {
            continue;
        };
        for name in names.trim_matches(['{', '}']).split(',') {
            exports.insert(name.trim().to_owned(), module.to_owned());
        }
    }
    exports
}

/// The files of a module, except its tests.
fn files(source: &Path, module: &str) -> Vec<PathBuf> {
    let single = source.join(format!("{module}.rs"));
    if single.is_file() {
        return vec![single];
    }
    let mut files = Vec::new();
    let mut dirs = vec![source.join(module)];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.file_name().is_some_and(|name| name != "tests.rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The first name of each path after `crate::`, outside tests: `crate::scenario::Found` gives
/// `scenario`, and `crate::{Check, scenario::Found}` gives `Check` and `scenario`.
fn named(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or(text);
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    code.split("crate::")
        .skip(1)
        .flat_map(first_names)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn first_names(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![first_name(path)];
    };
    let (mut depth, mut start, mut names) = (0_u32, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(first_name(&group[start..at]));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn first_name(path: &str) -> &str {
    let path = path.trim_start();
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
    &path[..end.unwrap_or(path.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        named(text).into_iter().collect()
    }

    #[test]
    fn every_form_of_a_path_is_found() {
        assert_eq!(names("use crate::scenario::{A, B};"), ["scenario"]);
        assert_eq!(names("x = crate::nearest(y);"), ["nearest"]);
        assert_eq!(
            names("use crate::{\n    Check, scenario::{A, B},\n    Suite,\n};"),
            ["Check", "Suite", "scenario"]
        );
        assert!(names("// crate::a\n#[cfg(test)]\nuse crate::b;").is_empty());
        let exports = exports("pub use check::Check;\npub use suite::{Suite, quoted};\n");
        assert_eq!(exports["Check"], "check");
        assert_eq!(exports["quoted"], "suite");
    }

    #[test]
    fn a_module_that_knows_a_later_one_is_reported() {
        let root = tempfile::tempdir().expect("a directory");
        let write = |file: &str, text: &str| {
            let path = root.path().join("src").join(file);
            fs::create_dir_all(path.parent().expect("it has one")).expect("made");
            fs::write(path, text).expect("written");
        };
        write(
            "lib.rs",
            "mod low;\nmod high;\nmod new;\npub use high::High;\n",
        );
        write("low.rs", "use crate::High;\n");
        write("high/mod.rs", "use crate::low::Low;\n");
        let order = Order {
            source: "src",
            lines: &[&["low"], &["high"], &["gone"]],
        };
        assert_eq!(
            violations(&order, &Layout::new(root.path())),
            [
                "src: the module `new` has no place in the order",
                "src/low.rs: `low` may not know `high`",
                "src: there is no module `gone`",
            ]
        );
    }
}
