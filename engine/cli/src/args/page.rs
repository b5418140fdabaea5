//! The tables of commands and options at the end of `docs/cli.md`, made from the declarations.
//!
//! `cargo test -p aether-cli --bin aether -- --ignored bless` writes them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use clap::{Arg, Command, CommandFactory as _};

use super::Arguments;

const OPEN: &str =
    "<!-- tables: written by `cargo test -p aether-cli --bin aether -- --ignored bless` -->\n";

/// Every command with its path, in the order of the declarations: `aether runs`, `aether runs rm`.
fn commands() -> Vec<(String, Command)> {
    fn walk(path: &str, command: &Command, found: &mut Vec<(String, Command)>) {
        for sub in command
            .get_subcommands()
            .filter(|sub| sub.get_name() != "help")
        {
            let path = format!("{path} {}", sub.get_name());
            found.push((path.clone(), sub.clone()));
            walk(&path, sub, found);
        }
    }
    let mut root = Arguments::command();
    root.build();
    let mut found = Vec::new();
    walk("aether", &root, &mut found);
    found
}

/// The arguments that a command does not share with all others.
fn own(command: &Command) -> impl Iterator<Item = &Arg> {
    let everywhere =
        |arg: &Arg| arg.is_global_set() || matches!(arg.get_id().as_str(), "help" | "version");
    command.get_arguments().filter(move |arg| !everywhere(arg))
}

/// The tables.
fn tables() -> String {
    let commands = commands();
    let mut text = "\n## All commands and options\n\nOf every command: `--format text|json`, `--help` and `--version`.\n\n| command | |\n| --- | --- |\n".to_owned();
    for (path, command) in &commands {
        let about = command.get_about().map(ToString::to_string);
        let _ = writeln!(
            text,
            "| `{path}` | {} |",
            sentence(&about.unwrap_or_default())
        );
    }
    for (path, command) in commands {
        if own(&command).next().is_none() {
            continue;
        }
        let _ = write!(
            text,
            "\n### Arguments of `{path}`\n\n| argument | default | |\n| --- | --- | --- |\n"
        );
        for arg in own(&command) {
            let _ = writeln!(
                text,
                "| `{}` | {} | {} |",
                spelled(arg),
                default(arg),
                meaning(arg)
            );
        }
    }
    text
}

/// An argument as it is typed.
fn spelled(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default();
    let values = values
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ");
    let many = arg
        .get_num_args()
        .is_some_and(|count| count.max_values() > 1);
    let is_repeated = many || matches!(arg.get_action(), clap::ArgAction::Append);
    let dots = if is_repeated { "…" } else { "" };
    match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => format!("--{long} {values}"),
        Some(long) => format!("--{long}"),
        None if arg.is_required_set() => format!("{values}{dots}"),
        None => format!("[{values}{dots}]"),
    }
}

/// The default: that of the declaration, or the words of the help.
fn default(arg: &Arg) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let values = arg.get_default_values().iter();
    let values: Vec<String> = values
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    match described(&help(arg)).1 {
        Some(words) => words,
        None => values.join(", "),
    }
}

fn help(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help());
    help.map(ToString::to_string).unwrap_or_default()
}

/// The help without `[default: …]`, and what that says.
fn described(help: &str) -> (String, Option<String>) {
    let Some((before, rest)) = help.split_once(" [default: ") else {
        return (help.to_owned(), None);
    };
    let (words, after) = rest.split_once(']').expect("what is opened is closed");
    (format!("{before}{after}"), Some(words.to_owned()))
}

fn meaning(arg: &Arg) -> String {
    let mut text = sentence(&described(&help(arg)).0);
    if !arg.get_action().takes_values() {
        return text;
    }
    let values = arg.get_possible_values();
    let explained = values.iter().any(|value| value.get_help().is_some());
    let values: Vec<String> = values
        .iter()
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}`: {}", value.get_name(), sentence(&help.to_string())),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    match (values.is_empty(), explained) {
        (true, _) => {}
        (false, true) => {
            let _ = write!(text, "<br>{}", values.join("<br>"));
        }
        (false, false) => {
            let _ = write!(text, " One of {}.", values.join(", "));
        }
    }
    text
}

/// Help on one line of a table, as a sentence.
fn sentence(help: &str) -> String {
    let words: Vec<&str> = help.split_whitespace().collect();
    let text = words.join(" ").replace('|', "\\|");
    if text.is_empty() || text.ends_with(['.', ']', '…']) {
        text
    } else {
        format!("{text}.")
    }
}

fn page() -> (PathBuf, String) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md"));
    let text = fs::read_to_string(&path).expect("the page");
    (path, text)
}

#[test]
fn the_tables_of_the_page_are_current() {
    let (_, page) = page();
    let (_, found) = page
        .split_once(OPEN)
        .expect("the page has a place for the tables");
    assert!(
        found == tables(),
        "docs/cli.md is out of date; update it with `cargo test -p aether-cli --bin aether -- --ignored bless`"
    );
}

#[test]
#[ignore = "writes the page"]
fn bless_tables() {
    let (path, page) = page();
    let (before, _) = page
        .split_once(OPEN)
        .expect("the page has a place for the tables");
    aether_disk::write(path, format!("{before}{OPEN}{}", tables())).expect("the page is written");
}

/// What the hand-written part says exists, and every command is described there.
#[test]
fn the_page_names_what_there_is() {
    let (_, page) = page();
    let (text, _) = page
        .split_once(OPEN)
        .expect("the page has a place for the tables");
    let commands = commands();
    let longs = commands.iter().flat_map(|(_, command)| {
        let arguments = command.get_arguments();
        arguments
            .filter_map(|arg| arg.get_long().map(str::to_owned))
            .collect::<Vec<_>>()
    });
    let longs: BTreeSet<String> = longs.collect();
    for option in text.split("`--").skip(1) {
        let name: String = option
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '-')
            .collect();
        assert!(longs.contains(&name), "`--{name}` is not an option");
    }
    for (path, command) in &commands {
        let outer = path.split(' ').nth(1).expect("a command has a name");
        assert!(text.contains(&format!("`aether {outer} ")), "{path}");
        let about = command.get_about().expect("a command says what it does");
        assert!(!about.to_string().is_empty());
        for arg in own(command) {
            assert!(!help(arg).is_empty(), "{path} {}", spelled(arg));
        }
    }
}

#[test]
fn defaults_in_words_have_a_column_of_their_own() {
    let help = "The order [default: by name]; others come last";
    let words = (
        "The order; others come last".to_owned(),
        Some("by name".to_owned()),
    );
    assert_eq!(described(help), words);
    assert_eq!(described("No default"), ("No default".to_owned(), None));
    assert_eq!(sentence("one\n  a|b"), "one a\\|b.");
}
