//! The order of folders within a crate: each knows only those before it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aether_harness::Layout;

/// A crate and its modules, in the order in which they may know one another: a module names with
/// `crate::` only itself and modules of earlier lines. Modules on one line may know each other.
struct Order {
    source: &'static str,
    lines: &'static [&'static [&'static str]],
}

const ORDERS: [Order; 1] = [
    Order {
        source: "harness/src",
        lines: &[
            &["atomic", "sha256"],
            &["verdict"],
            &["check", "layout", "scenario", "subject"],
            &["documents"],
            &["exec"],
            &["snapshot"],
            &["suite"],
            &["evaluate"],
            &["report", "results", "outputs"],
            &["runner"],
        ],
    },
];

/// Modules that name one that comes after them.
pub(crate) fn order(paths: &Layout) -> Vec<String> {
    ORDERS
        .iter()
        .flat_map(|order| violations(order, paths))
        .collect()
}

fn violations(order: &Order, paths: &Layout) -> Vec<String> {
    let source = paths.root().join(order.source);
    let mut problems = Vec::new();
    for (at, line) in order.lines.iter().enumerate() {
        let later: BTreeSet<&str> = order.lines[at + 1..].iter().flat_map(|l| *l).copied().collect();
        for module in *line {
            for file in files(&source, module) {
                let text = fs::read_to_string(&file).unwrap_or_default();
                for name in named(&text) {
                    if later.contains(name.as_str()) {
                        let shown = paths.display(&file);
                        problems.push(format!("{shown}: `{module}` may not know `{name}`"));
                    }
                }
            }
        }
    }
    problems
}

/// The files of a module, tests among them left out.
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

/// The modules that a text names after `crate::`, its own tests left out.
fn named(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or(text);
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    code.split("crate::")
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_' || c.is_ascii_digit())
                .collect::<String>()
        })
        .filter(|name| !name.is_empty())
        .collect()
}
