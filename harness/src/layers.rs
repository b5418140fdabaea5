//! The order in which the modules of this crate depend on each other, held as a test.
//!
//! `docs/ARCHITECTURE.md` has the same table for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Each module with the modules that it may use, beside itself and the crates below this one.
///
/// `check`, `layout`, `scenario` and `subject` are one unit, the contract with a program: a scenario
/// knows its subject, and a subject opens scenarios. No other modules depend on each other both ways.
const ALLOWED: &[(&str, &[&str])] = &[
    ("atomic", &[]),
    ("sha256", &[]),
    ("verdict", &[]),
    ("report", &["verdict"]),
    ("check", CONTRACT),
    ("documents", &["scenario", "sha256", "subject"]),
    ("layout", CONTRACT),
    ("scenario", &["check", "layout", "subject"]),
    ("subject", CONTRACT),
    ("suite", CONTRACT),
    (
        "exec",
        &["layout", "scenario", "subject", "suite", "verdict"],
    ),
    ("snapshot", &["scenario", "sha256"]),
    ("outputs", &["atomic", "scenario", "snapshot", "suite"]),
    (
        "evaluate",
        &[
            "check", "exec", "scenario", "snapshot", "subject", "suite", "verdict",
        ],
    ),
    (
        "results",
        &[
            "atomic", "check", "evaluate", "layout", "scenario", "sha256", "verdict",
        ],
    ),
    (
        "runner",
        &[
            "check", "evaluate", "layout", "outputs", "results", "scenario", "snapshot", "subject",
            "suite", "verdict",
        ],
    ),
];

const CONTRACT: &[&str] = &["check", "layout", "scenario", "subject"];

/// The modules that each module uses, from the paths `crate::…` in its code.
fn used() -> BTreeMap<String, BTreeSet<String>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let homes = homes(&fs::read_to_string(src.join("lib.rs")).unwrap());
    let mut used = BTreeMap::new();
    for entry in fs::read_dir(&src).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if matches!(&*module, "lib" | "layers") {
            continue;
        }
        let mut found = BTreeSet::new();
        look(&path, &homes, &mut found);
        found.remove(&module);
        used.insert(module, found);
    }
    used
}

/// The module of each name that the crate exports at its root; `None` if it is another crate's.
fn homes(lib: &str) -> BTreeMap<String, Option<String>> {
    let mut homes = BTreeMap::new();
    for export in lib.split("pub use ").skip(1) {
        let (path, _) = export.split_once(';').unwrap();
        let (module, names) = path.split_once("::").unwrap();
        let home = (module != "aether_diff").then(|| module.to_owned());
        for name in names.trim_matches(['{', '}']).split(',') {
            homes.insert(name.trim().to_owned(), home.clone());
        }
    }
    homes
}

/// Adds what a file, or the files of a folder, use. Tests and doc comments may use anything.
fn look(path: &Path, homes: &BTreeMap<String, Option<String>>, found: &mut BTreeSet<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            look(&entry.unwrap().path(), homes, found);
        }
        return;
    }
    if path.ends_with("tests.rs") {
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    let code: String = text
        .lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    for used in code.split("crate::").skip(1) {
        for name in first_names(used) {
            match homes.get(name) {
                Some(home) => found.extend(home.clone()),
                None if name.is_empty() => {}
                None => drop(found.insert(name.to_owned())),
            }
        }
    }
}

/// The first names of the paths after `crate::`: of `scenario::X` it is `scenario`, of `{A, b::C}` they
/// are `A` and `b`.
fn first_names(after: &str) -> Vec<&str> {
    let Some(group) = after.strip_prefix('{') else {
        return vec![first_name(after)];
    };
    let (mut depth, mut start, mut names) = (0_u32, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                names.push(first_name(&group[start..at]));
                start = at + 1;
            }
            '}' => {
                names.push(first_name(&group[start..at]));
                break;
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

#[test]
fn names_are_found_in_every_form_of_a_path() {
    assert_eq!(first_names("scenario::{A, B};"), ["scenario"]);
    assert_eq!(first_names("atomic(x)"), ["atomic"]);
    let nested = first_names("{Artefact, scenario::{A, B},\n    Suite};");
    assert_eq!(nested, ["Artefact", "scenario", "Suite"]);
    assert_eq!(
        first_names("{Artefact, Suite,\n};"),
        ["Artefact", "Suite", ""]
    );
    let homes = homes("pub use aether_diff::{Diff, diff};\npub use check::Check;\n");
    assert_eq!(homes["diff"], None);
    assert_eq!(homes["Check"].as_deref(), Some("check"));
}

#[test]
fn modules_use_only_those_that_they_may() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ALLOWED
        .iter()
        .map(|(module, others)| (*module, others.iter().copied().collect()))
        .collect();
    let used = used();
    let modules: BTreeSet<&str> = used.keys().map(String::as_str).collect();
    let listed: BTreeSet<&str> = allowed.keys().copied().collect();
    assert_eq!(modules, listed, "every module has a row in ALLOWED");
    for (module, others) in &used {
        for other in others {
            assert!(
                allowed[&**module].contains(&**other),
                "src/{module} uses {other}, which is not below it: see docs/ARCHITECTURE.md"
            );
        }
    }
    // The walk sees what is there: these are in the code.
    assert!(used["evaluate"].contains("exec"));
    assert!(used["exec"].contains("suite"));
}

#[test]
fn the_allowed_order_has_no_cycle_but_the_contract() {
    let mut below: BTreeSet<&str> = CONTRACT.iter().copied().collect();
    let mut left: Vec<_> = ALLOWED
        .iter()
        .filter(|(module, _)| !below.contains(module))
        .collect();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|(module, others)| {
            let is_ready = others.iter().all(|other| below.contains(other));
            if is_ready {
                below.insert(module);
            }
            !is_ready
        });
        assert!(left.len() < before, "a cycle among {left:?}");
    }
    for module in CONTRACT {
        let (_, others) = ALLOWED.iter().find(|(name, _)| name == module).unwrap();
        let within = |other: &&str| CONTRACT.contains(other);
        assert!(others.iter().all(|other| within(&other)), "{module}");
    }
}
