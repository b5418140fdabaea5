//! Takes the directories of this machine out of what a program wrote.

use std::path::{Component, Path};

use aether_json::Value;
use memchr::memmem;

use crate::Places;

/// The directories of one run, the longest first.
pub(crate) struct MachinePaths {
    paths: Vec<(String, &'static str)>,
    /// The rule of snapshots of format 1: wherever the text appears, and in error streams alone.
    is_format_1: bool,
}

impl MachinePaths {
    /// The directories of a run in `work`, for goldens of this format.
    pub(crate) fn of(places: &Places, work: &Path, format: u32) -> Self {
        let is_format_1 = format == 1;
        let mut paths = Vec::new();
        for (path, name) in [
            (work, "{work}"),
            (places.scenario.as_path(), "{scenario}"),
            (places.root.as_path(), "{root}"),
        ] {
            let real = std::fs::canonicalize(path).ok().filter(|_| !is_format_1);
            for path in [Some(path), real.as_deref()].into_iter().flatten() {
                let parts = path
                    .components()
                    .filter(|part| matches!(part, Component::Normal(_)));
                let spelled = path.to_string_lossy();
                // `/app` alone is too likely to be a coincidence.
                if (is_format_1 || parts.count() >= 2)
                    && !paths.iter().any(|(known, _)| *known == spelled)
                {
                    paths.push((spelled.into_owned(), name));
                }
            }
        }
        if !is_format_1 {
            paths.extend(relative_paths(places, work));
        }
        paths.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self { paths, is_format_1 }
    }

    /// Whether they are replaced in outputs, not only in error streams.
    pub(crate) fn covers_outputs(&self) -> bool {
        !self.is_format_1
    }

    /// Whether a text may hold one of them, in whatever way it spells strings.
    pub(crate) fn may_be_in(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        // Escapes in JSON: a slash or a backslash may have a backslash before it.
        let plain = text.contains('\\').then(|| text.replace('\\', ""));
        let held = |path: &str| {
            let bare = || path.replace('\\', "");
            holds(&text, path) || plain.as_ref().is_some_and(|plain| holds(plain, &bare()))
        };
        self.paths.iter().any(|(path, _)| held(path)) || holds(&text, "\\u00")
    }

    /// A text with them replaced where they are whole components.
    pub(crate) fn replaced(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (path, name) in &self.paths {
            if holds(&text, path) {
                text = if self.is_format_1 {
                    text.replace(path, name)
                } else {
                    replaced(&text, path, name)
                };
            }
        }
        text
    }

    /// The same for every string in a value, keys included.
    pub(crate) fn replace_in(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.replaced(text),
            Value::Array(elements) => elements.iter_mut().for_each(|value| self.replace_in(value)),
            Value::Object(members) => {
                let old = std::mem::take(members);
                for (name, mut value) in old {
                    self.replace_in(&mut value);
                    let replaced = self.replaced(&name);
                    // Two keys may become one: then both keep their spelling.
                    let name = if members.contains_key(&replaced) {
                        name
                    } else {
                        replaced
                    };
                    members.insert(name, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The scenario and the root as programs spell them from where they run, which depends on where the target
/// directory is: `../../../../scenarios/a`.
fn relative_paths(places: &Places, work: &Path) -> Vec<(String, &'static str)> {
    let spellings = |path: &Path| {
        let real = std::fs::canonicalize(path).ok();
        let mut paths = vec![path.to_owned()];
        paths.extend(real.filter(|real| real != path));
        paths
    };
    let mut found: Vec<(String, &'static str)> = Vec::new();
    for (path, name) in [(&places.scenario, "{scenario}"), (&places.root, "{root}")] {
        for (work, path) in spellings(work)
            .iter()
            .flat_map(|work| spellings(path).into_iter().map(move |path| (work, path)))
        {
            if let Some(path) = relative(work, &path)
                && !found.iter().any(|(known, _)| *known == path)
            {
                found.push((path, name));
            }
        }
    }
    found
}

/// The way from one directory up and down to another, if it goes up twice at least: less is too likely to be
/// a coincidence.
fn relative(from: &Path, to: &Path) -> Option<String> {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.len() - common;
    if common == 0 || up < 2 {
        return None;
    }
    let parts = std::iter::repeat_n("..".into(), up);
    let parts = parts.chain(
        to[common..]
            .iter()
            .map(|part| part.as_os_str().to_string_lossy()),
    );
    Some(parts.collect::<Vec<_>>().join("/"))
}

/// Whether a text holds another. An output of 100 MB is searched for some ten paths: the search of the standard
/// library looks at one byte after the other, and took longer than everything else that is done with an output.
pub(crate) fn holds(text: &str, searched: &str) -> bool {
    memmem::find(text.as_bytes(), searched.as_bytes()).is_some()
}

fn replaced(text: &str, path: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    // What is found of a text in a text begins and ends between characters.
    for at in memmem::find_iter(text.as_bytes(), path) {
        let end = at + path.len();
        out.push_str(&text[from..at]);
        let after = &text[end..];
        // A way that goes further up leads elsewhere.
        let goes_on = path.starts_with("..") && after.starts_with("/..");
        let is_whole = starts_path(&text[..at]) && ends_component(after) && !goes_on;
        out.push_str(if is_whole { name } else { path });
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// Whether a path can begin after this text: not in the middle of a longer one.
fn starts_path(before: &str) -> bool {
    match before.chars().next_back() {
        None => true,
        Some('/' | '\\') => before.ends_with("://"),
        Some(c) => !is_part(c) && c != '.',
    }
}

/// Whether the last component of a path ends before this text. A full stop may end a sentence.
fn ends_component(after: &str) -> bool {
    let mut after = after.chars();
    match after.next() {
        None => true,
        Some('.') => !after.next().is_some_and(|c| is_part(c) || c == '.'),
        Some(c) => !is_part(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aether_json::json;

    fn paths(root: &str) -> MachinePaths {
        let root = Path::new(root);
        MachinePaths::of(
            &Places {
                scenario: root.join("scenarios/a"),
                root: root.to_owned(),
            },
            &root.join("target/work"),
            2,
        )
    }

    #[test]
    fn directories_are_replaced_as_whole_components() {
        let paths = paths("/nowhere/repo");
        let check = |text: &str, expected: &str| assert_eq!(paths.replaced(text), expected);
        check("/nowhere/repo", "{root}");
        check("see /nowhere/repo/x:/nowhere/repo.", "see {root}/x:{root}.");
        check("/nowhere/repo/scenarios/a/m.c", "{scenario}/m.c");
        check("/nowhere/repo/target/work/o", "{work}/o");
        check("/nowhere/repo/scenarios/ab", "{root}/scenarios/ab");
        check("file:///nowhere/repo/x", "file://{root}/x");
        for other in [
            "/nowhere/repo2",
            "/nowhere/repo.bak",
            "/nowhere/repo-old/x",
            "/mnt/nowhere/repo",
            "./nowhere/repo",
        ] {
            check(other, other);
        }
    }

    /// The searches are those of another crate, since they have 100 MB to go through: what they find is what
    /// the standard library finds.
    #[test]
    fn what_is_searched_for_is_found_wherever_it_is() {
        let paths = paths("/nowhere/repo");
        let spelled = "/nowhere/repo";
        for before in ["", "é", "/nowhere/", "/nowhere/rep", "\u{10ffff}"] {
            for filler in [0, 1, 15, 16, 17, 255] {
                for after in ["", "é", "o", "/nowhere/repo"] {
                    let text = format!("{before}{}{spelled}{after}", "/".repeat(filler));
                    assert!(holds(&text, spelled), "{text}");
                    assert!(paths.may_be_in(text.as_bytes()), "{text}");
                    let short = &text[..before.len() + filler + spelled.len() - 1];
                    assert_eq!(holds(short, spelled), short.contains(spelled), "{short}");
                }
            }
        }
        assert_eq!(
            paths.replaced("é /nowhere/repo é/nowhere/repo /nowhere/repo"),
            "é {root} é/nowhere/repo {root}"
        );
        assert!(!paths.may_be_in(br#"{"a":"\\nowhere"}"#));
        assert!(paths.may_be_in(br#"{"a":"\u002fnowhere\u002frepo"}"#));
    }

    #[test]
    fn ways_from_the_run_to_the_scenario_are_replaced() {
        let paths = paths("/nowhere/repo");
        let check = |text: &str, expected: &str| assert_eq!(paths.replaced(text), expected);
        check(
            "../../scenarios/a/m.ts(2,7): no",
            "{scenario}/m.ts(2,7): no",
        );
        check("// ../../src/m.ts", "// {root}/src/m.ts");
        for other in [
            "../../../scenarios/a",
            "../scenarios/a",
            "../..x",
            "x/../../scenarios/a",
            "..",
        ] {
            check(other, other);
        }
        let above = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(above("/a/b/c", "/a/d").as_deref(), Some("../../d"));
        assert_eq!(above("/a/b/c", "/d/e").as_deref(), Some("../../../d/e"));
        assert_eq!(above("/a/b", "/a/d"), None);
    }

    #[test]
    fn a_directory_of_one_component_is_left_alone() {
        let paths = paths("/nowhere");
        assert_eq!(paths.replaced("/nowhere/x"), "/nowhere/x");
        assert_eq!(paths.replaced("/nowhere/target/work"), "{work}");
    }

    #[test]
    fn strings_and_keys_of_a_value_are_replaced() {
        let paths = paths("/nowhere/repo");
        let mut value = json!([{"/nowhere/repo/a": "/nowhere/repo"}, 1]);
        paths.replace_in(&mut value);
        assert_eq!(value, json!([{"{root}/a": "{root}"}, 1]));
        assert!(paths.may_be_in(br#"{"a":"\/nowhere\/repo\/x"}"#));
        assert!(!paths.may_be_in(b"/somewhere"));
    }
}
