//! Checks `docs/coverage.md`: every requirement has a test, and every test that it names is there.
//!
//! ```text
//! | numbers beyond i64 are errors | `engine/tests/edges/overflow.rs::edges` |
//! ```

use std::fs;
use std::path::Path;

use aether_harness::Layout;

/// The page.
const PAGE: &str = "docs/coverage.md";

/// Reports requirements without a test, and tests that are not there.
pub(crate) fn coverage(paths: &Layout) -> Vec<String> {
    let page = match fs::read_to_string(paths.root().join(PAGE)) {
        Ok(page) => page,
        Err(error) => return vec![format!("{PAGE}: {error}")],
    };
    let rows = rows(&page);
    if rows.is_empty() {
        return vec![format!("{PAGE} lists no requirement")];
    }
    rows.iter()
        .flat_map(|(line, row)| {
            problems(paths.root(), row).map(move |problem| format!("{PAGE}:{line}: {problem}"))
        })
        .collect()
}

/// The rows of all tables, without their heads, each with its line.
fn rows(page: &str) -> Vec<(usize, &str)> {
    let mut rows = Vec::new();
    for (index, line) in page.lines().enumerate() {
        if line.starts_with("| ---") {
            rows.pop();
        } else if line.starts_with("| ") {
            rows.push((index + 1, line));
        }
    }
    rows
}

/// What is wrong with a row: a requirement and its tests, `path/of/file.rs::name` each.
fn problems<'r>(root: &Path, row: &'r str) -> impl Iterator<Item = String> + use<'r> {
    let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
    let tests: Vec<&str> = match cells.as_slice() {
        [_, tests] => tests.split('`').skip(1).step_by(2).collect(),
        _ => Vec::new(),
    };
    let none = tests.is_empty().then(|| format!("no test is named: {row}"));
    let root = root.to_owned();
    let missing = tests
        .into_iter()
        .filter_map(move |test| missing(&root, test));
    none.into_iter().chain(missing)
}

/// Why a test is not there; `None` if it is.
fn missing(root: &Path, test: &str) -> Option<String> {
    let Some((file, name)) = test.split_once("::") else {
        return Some(format!(
            "`{test}` is not the name of a test: write path/of/file.rs::name"
        ));
    };
    let Ok(text) = fs::read_to_string(root.join(file)) else {
        return Some(format!("there is no file {file}"));
    };
    (!has_test(file, &text, name)).then(|| format!("{file} has no test {name}"))
}

/// Whether a file has a test of this name: a function with `#[test]`, one that `tests!` lists, or one of
/// pytest.
fn has_test(file: &str, text: &str, name: &str) -> bool {
    if !file.ends_with(".rs") {
        return text.contains(&format!("def {name}("));
    }
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else {
        return false;
    };
    let attributes: Vec<&str> = before
        .rsplit('\n')
        .skip(1)
        .map(str::trim)
        .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
        .collect();
    // A test that waits to be asked for, as those that write pages do, enforces nothing.
    let is_run = !attributes.iter().any(|line| line.starts_with("#[ignore"));
    let is_marked = is_run && attributes.contains(&"#[test]");
    let listed = before
        .split_once("tests![")
        .and_then(|(_, rest)| rest.split_once("];"));
    let is_listed =
        listed.is_some_and(|(list, _)| list.split([',', ';']).any(|listed| listed.trim() == name));
    is_marked || is_listed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Layout {
        Layout::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn every_requirement_has_tests_that_are_there() {
        assert_eq!(coverage(&root()), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_a_test_is_reported() {
        let found = |row: &str| problems(root().root(), row).collect::<Vec<_>>();
        let here = "xtask/src/coverage.rs";
        let row = format!("| this works | `{here}::what_is_not_a_test_is_reported` |");
        assert_eq!(found(&row), Vec::<String>::new());
        for (tests, problem) in [
            (
                format!("`{here}::has_test`"),
                format!("{here} has no test has_test"),
            ),
            (
                format!("`{here}::gone`"),
                format!("{here} has no test gone"),
            ),
            (
                "`xtask/gone.rs::a`".to_owned(),
                "there is no file xtask/gone.rs".to_owned(),
            ),
            (
                "`a_test`".to_owned(),
                "`a_test` is not the name of a test: write path/of/file.rs::name".to_owned(),
            ),
            (
                "by hand".to_owned(),
                "no test is named: | this works | by hand |".to_owned(),
            ),
        ] {
            assert_eq!(found(&format!("| this works | {tests} |")), [problem]);
        }
    }

    #[test]
    fn tests_of_a_suite_are_in_its_list() {
        let text = "crate::tests![bless;\n    a,\n    b,\n];\n\nfn a() {}\nfn c() {}\n";
        assert!(has_test("x.rs", text, "a"));
        assert!(!has_test("x.rs", text, "b"), "it has no body");
        assert!(!has_test("x.rs", text, "c"), "it is not run");
        assert!(has_test("x.py", "def test_a(", "test_a"));
        assert!(has_test("x.rs", "/// A.\n#[test]\nfn a() {}", "a"));
        assert!(!has_test(
            "x.rs",
            "#[test]\n#[ignore = \"writes\"]\nfn a() {}",
            "a"
        ));
        assert!(!has_test("x.rs", "#[test]\nfn b() {}\nfn a() {}", "a"));
    }
}
