//! Tests `docs/errors.md`: every code has an example, which is checked here.

use std::fmt::Write as _;

use aether_engine::config::Code;

use super::corpus::{cases, report};
use super::{golden, root};

const OPENING: &str = "\
# Errors

This page lists the problems that `aether` reports in documents. Codes are stable: a number never changes its
meaning. Each example is a file in `fixtures/invalid`, and a test compares its report with the one shown
here. This page is written by `cargo test -p aether-engine --test config -- --ignored bless`.

";

fn page() -> String {
    let cases = cases();
    let mut page = OPENING.to_owned();
    for code in Code::ALL {
        let _ = writeln!(
            page,
            "## {code}: {}\n\n{}\n",
            code.title(),
            code.explanation()
        );
        let case = cases.iter().find(|case| case.starts_with(code.number()));
        let Some(report) = case.and_then(|case| report(case).ok()) else {
            let _ = writeln!(page, "What to do: {}.\n", code.remedy());
            continue;
        };
        // Of several problems, the one that the example is for.
        let text = report.render(false);
        let header = format!("error[{code}]");
        let example = text
            .split("\n\n")
            .find(|problem| problem.starts_with(&header));
        let _ = writeln!(
            page,
            "```text\n{}\n```\n",
            example.unwrap_or(&text).trim_end()
        );
    }
    while page.ends_with("\n\n") {
        page.pop();
    }
    page
}

#[test]
fn the_page_of_errors_is_current() {
    let result = golden(&root().join("docs/errors.md"), &page(), false);
    assert!(result.is_ok(), "{}", result.unwrap_err());
}

#[test]
#[ignore = "writes the page"]
fn bless_page() {
    golden(&root().join("docs/errors.md"), &page(), true).expect("written");
}
