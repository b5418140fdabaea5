//! Names with line ends, escapes, markup and marks of direction: in what programs write, and in scenarios.

use aether_harness_cli::commands::{ReportFormat, ReportRequest, report};

use crate::program::{SHELL, run, simple};
use crate::workspace::Workspace;

crate::tests![hostile;
    a_name_is_shown_and_not_obeyed,
    a_name_is_text_on_a_page,
    a_directory_with_such_a_name_is_named_and_not_run,
];

/// Each with what a terminal, a browser or a reader of text would do.
const NAMES: [&str; 7] = [
    "two\nlines",
    "carriage\rreturn",
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{202e}drawkcab",
    "<script>alert(1)</script>",
    "::error file=x::no",
];

/// Whether something is left that would be obeyed.
#[track_caller]
fn assert_shown(said: &str, name: &str) {
    let obeyed = ['\r', '\u{1b}', '\u{7}', '\u{202e}'];
    assert!(!said.contains(obeyed), "{name:?}: {said:?}");
    assert!(
        !said.lines().any(|line| line.starts_with("::error")),
        "{said:?}"
    );
}

/// The name as one word of a shell.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', "'\\''"))
}

fn a_name_is_shown_and_not_obeyed() {
    for name in NAMES {
        let file = name.replace('/', "-");
        // As a file that a glob matches, as a file that nobody asked for, and as text of the error stream.
        for (script, output) in [
            (
                format!("echo 1 > {}.json", quoted(&file)),
                "{stem}\"\nfrom = \"*.json",
            ),
            (
                format!("echo 1 > {}", quoted(&file)),
                "out\"\nfrom = \"missing.json",
            ),
            (
                format!("printf '%s\\n' {} >&2; exit 3", quoted(name)),
                "out\"\nfrom = \"stdout",
            ),
        ] {
            let Some(workspace) = simple(&script, "", SHELL, "from = \"stdout\"") else {
                return;
            };
            workspace.edit(
                "scenarios/one/scenario.toml",
                "name = \"out\"\nfrom = \"stdout\"",
                &format!("name = \"{output}\""),
            );
            let ran = run(&workspace);
            assert_eq!(ran.status, Some(101), "{}{}", ran.out, ran.err);
            assert_shown(&ran.out, name);
            assert_shown(&ran.err, name);
        }
    }
}

fn a_name_is_text_on_a_page() {
    for name in NAMES {
        let script = format!(
            "printf '{{\"%s\":1}}\\n' {}; printf '%s\\n' {} >&2; exit 3",
            quoted("k"),
            quoted(name)
        );
        let Some(workspace) = simple(&script, "", SHELL, "from = \"stdout\"") else {
            return;
        };
        run(&workspace);
        for (format, file) in [
            (ReportFormat::Html, "page.html"),
            (ReportFormat::Junit, "junit.xml"),
            (ReportFormat::Github, "github.txt"),
        ] {
            let request = ReportRequest {
                format,
                out: Some(workspace.path(file)),
                ..ReportRequest::default()
            };
            workspace.command(|suite, console| report(suite, &request, console));
            let page = workspace.read(file);
            // The annotations of GitHub are plain text, in which markup means nothing.
            if format != ReportFormat::Github {
                assert!(!page.contains("<script>alert"), "{file}: {page}");
            }
            assert!(
                !page.contains(['\u{1b}', '\u{7}', '\u{202e}']),
                "{file}: {name:?}"
            );
            assert!(
                !page.lines().any(|line| line.starts_with("::error file=x")),
                "{page}"
            );
        }
    }
}

fn a_directory_with_such_a_name_is_named_and_not_run() {
    if !cfg!(unix) {
        return;
    }
    for name in NAMES {
        let workspace = Workspace::empty();
        let name = name.replace('/', "-");
        workspace.write(
            &format!("scenarios/{name}/scenario.toml"),
            &format!("description = \"x\"\ncode = [\"*.sh\"]\n[command]\n{SHELL}\n[[outputs]]\nname = \"out\"\nfrom = \"stdout\"\n"),
        );
        workspace.write(
            &format!("scenarios/{name}/script.sh"),
            "touch ../../../../ran; echo 1\n",
        );
        let ran = workspace.runner(&[]);
        assert_eq!(ran.status, Some(101), "{}{}", ran.out, ran.err);
        assert_shown(&ran.out, &name);
        assert_shown(&ran.err, &name);
        assert!(!workspace.path("ran").exists(), "{name:?}");
    }
}
