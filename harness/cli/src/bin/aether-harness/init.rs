//! `init`: a directory that is ready for its first scenario.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use aether_disk as fs;
use aether_harness::{MachineFailure as _, Suite};
use aether_harness_cli::{CommandError, Console};

/// Goldens are compared as bytes, so no checkout may change them.
const ATTRIBUTES: [&str; 2] = [
    "scenarios/** -text",
    "fixtures/snapshots/** -text linguist-generated=true",
];

/// What runs and blesses leave.
const IGNORED: [&str; 2] = ["/target/", "/fixtures/snapshots/.bless*"];

/// Makes what is not there yet, and says what it did.
pub(crate) fn init(suite: &Suite, console: &mut Console<'_>) -> Result<ExitCode, CommandError> {
    let paths = suite.paths();
    let root = paths.root();
    let mut done = Vec::new();
    if !paths.scenarios().is_dir() {
        fs::create_dir_all(paths.scenarios()).map_err(|error| at(&paths.scenarios(), &error))?;
        done.push("scenarios/");
    }
    for (file, lines) in [(".gitattributes", ATTRIBUTES), (".gitignore", IGNORED)] {
        let path = root.join(file);
        if complete(&path, &lines).map_err(|error| at(&path, &error))? {
            done.push(file);
        }
    }
    if done.is_empty() {
        writeln!(console.out, "{}: nothing to do", root.display())?;
    } else {
        writeln!(console.out, "{}: wrote {}", root.display(), done.join(", "))?;
    }
    writeln!(
        console.out,
        "a first scenario:\n  {} new NAME",
        suite.typed()
    )?;
    Ok(ExitCode::SUCCESS)
}

fn at(path: &Path, error: &io::Error) -> CommandError {
    let problem = format!("{}: {error}", path.display());
    if error.is_of_machine() {
        CommandError::Io(problem)
    } else {
        CommandError::Usage(problem)
    }
}

/// Appends the lines that a file lacks; whether there were any.
fn complete(path: &Path, lines: &[&str]) -> io::Result<bool> {
    fs::require_file(path)?;
    let mut text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    let missing: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| !text.lines().any(|present| present.trim() == *line))
        .collect();
    if missing.is_empty() {
        return Ok(false);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in missing {
        text.push_str(line);
        text.push('\n');
    }
    fs::write(path, text)?;
    Ok(true)
}
