//! `aether profile show`: explains a profile in words and numbers.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aether_engine::config::CMP_0;
use aether_engine::config::{ExplainedProfile, FileSystem, MemoryDocuments, explain_profile};
use aether_json::json;

use crate::CommandResult;
use crate::args::ProfileShowCommand;
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::output::Output;
use crate::registry;

/// The directory of named profiles, here or in the nearest directory above.
const PROFILES: &str = "fixtures/profiles";
const BUILT_IN: &str = "built in";

pub(crate) fn show(command: &ProfileShowCommand, output: &Output) -> CommandResult {
    let files = FileSystem::new(registry::working_dir()?);
    let target = command.profile.as_str();
    let path = Path::new(target);
    let (from, profile) = if target.contains(['/', '\\']) || path.extension().is_some() {
        let profile = explain_profile(&files, path).map_err(Failure::Documents)?;
        (target.to_owned(), profile)
    } else {
        by_name(command, &files)?
    };
    output.result(
        || text(&from, &profile),
        || {
            let about = json!({
                "name": profile.name(),
                "source": from,
                "rules": profile.explained(),
            });
            let document = JsonText::canonical(profile.document());
            JsonText::with(about, [("profile", document)])
        },
    )?;
    Ok(Status::Done)
}

/// The profile with a name: a document in the profiles' directory, else the built-in CMP-0.
fn by_name(
    command: &ProfileShowCommand,
    files: &FileSystem,
) -> Result<(String, ExplainedProfile), Failure> {
    let name = command.profile.as_str();
    let dir = profiles_dir(command)?;
    let mut known = Vec::new();
    let paths = dir.as_deref().map_or(Ok(Vec::new()), documents)?;
    for path in paths {
        let stem = path.file_stem().expect("a file in a directory has a name");
        let stem = stem.to_string_lossy();
        let named_so = stem.eq_ignore_ascii_case(name);
        match explain_profile(files, &path) {
            Ok(profile) if named_so || profile.name().eq_ignore_ascii_case(name) => {
                return Ok((path.display().to_string(), profile));
            }
            Ok(profile) => known.push(profile.name().to_owned()),
            Err(report) if named_so => return Err(Failure::Documents(report)),
            // The problems of other documents in the directory do not matter here.
            Err(_) => {}
        }
    }
    let built_in = MemoryDocuments::new().with("cmp-0.toml", CMP_0);
    let built_in =
        explain_profile(&built_in, Path::new("cmp-0.toml")).map_err(Failure::Documents)?;
    if built_in.name().eq_ignore_ascii_case(name) {
        return Ok((BUILT_IN.to_owned(), built_in));
    }
    known.push(built_in.name().to_owned());
    known.sort();
    known.dedup();
    Err(Failure::Input(format!(
        "unknown profile `{name}`; the known profiles are {}. Give a document by its path, such as ./{name}.json",
        known.join(", ")
    )))
}

fn profiles_dir(command: &ProfileShowCommand) -> Result<Option<PathBuf>, Failure> {
    if let Some(dir) = &command.profiles_dir {
        return Ok(Some(dir.clone()));
    }
    let here = registry::working_dir()?;
    let found = here.ancestors().find(|dir| dir.join(PROFILES).is_dir());
    // Shown as a user would type it from the working directory, if the file is below it.
    Ok(found.map(|dir| {
        if dir == here {
            PathBuf::from(PROFILES)
        } else {
            dir.join(PROFILES)
        }
    }))
}

/// The documents of a directory, in order of name.
fn documents(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let cannot = |error| Failure::unreadable(dir, error);
    let mut paths = Vec::new();
    for entry in aether_disk::read_dir(dir).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let extension = path.extension();
        if extension.is_some_and(|extension| extension == "json" || extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn text(from: &str, profile: &ExplainedProfile) -> String {
    let mut text = format!("{} ({from})\n", profile.name());
    for rule in profile.explained() {
        let _ = write!(text, "\n{}: {}\n", rule.field, rule.value);
        for line in wrapped(&rule.meaning) {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

/// Wraps a string into lines of a readable length.
fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 88;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
