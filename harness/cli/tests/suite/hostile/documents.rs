//! Documents that are deep, huge, or larger than they look.

use crate::program::{SHELL, fails, run, simple};

crate::tests![hostile;
    what_is_nested_without_end_is_refused,
    numbers_beyond_all_measure_are_compared,
];

/// Writes a text a million times.
fn repeated(text: &str) -> String {
    format!("yes -- '{text}' | head -n 1000000 | tr -d '\\n'")
}

fn what_is_nested_without_end_is_refused() {
    for (script, format) in [
        (repeated("["), "json"),
        (repeated("{\"a\":"), "json"),
        (repeated("["), "jsonl"),
        (repeated("["), "yaml"),
        (repeated("{a: "), "yaml"),
        (repeated("- "), "yaml"),
        (format!("printf 'a = '; {}", repeated("[")), "toml"),
        (
            format!("printf 'a'; {}; printf ' = 1'", repeated(".a")),
            "toml",
        ),
    ] {
        let output = format!("from = \"stdout\"\nformat = \"{format}\"");
        fails(
            &script,
            SHELL,
            &output,
            "PROGRAM_ERROR",
            &["the output `out` (stdout) is not "],
        );
    }
}

fn numbers_beyond_all_measure_are_compared() {
    let numbers = ["1e999999999", "-1e-999999999", "2e999999999999999999999"];
    let long = "9".repeat(100_000);
    for (before, after) in numbers
        .iter()
        .flat_map(|before| numbers.iter().map(move |after| (*before, *after)))
        .chain([
            (long.as_str(), "1"),
            ("1", long.as_str()),
            (long.as_str(), "1e999999999"),
        ])
        .filter(|(before, after)| before != after)
    {
        let Some(workspace) = simple(
            "cat \"$1\"",
            "",
            &format!("{}, \"{{scenario}}/n.txt\"]", SHELL.trim_end_matches(']')),
            "from = \"stdout\"",
        ) else {
            return;
        };
        workspace.write("scenarios/one/n.txt", &format!("{{\"a\":{before}}}\n"));
        assert_eq!(run(&workspace).status, Some(0));
        workspace.bless("one", "first");
        workspace.write("scenarios/one/n.txt", &format!("{{\"a\":{after}}}\n"));
        let ran = workspace.runner(&["one::golden", "--exact"]);
        assert_eq!(ran.status, Some(101), "{}", ran.err);
        assert!(ran.out.contains("a: "), "{}", ran.out);
        // Less than a screen, whatever the numbers are.
        assert!(ran.out.len() < 10_000, "{} bytes", ran.out.len());
    }
}
