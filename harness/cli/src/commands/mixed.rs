//! What the commits of a branch change: goldens, the program, or both at once.

use std::path::{Component, Path};
use std::process::Command;

use aether_harness::Layout;

use super::CommandError;

/// Files of the program that a line names; more are counted.
const FILES_SHOWN: usize = 3;

/// The commits after `since` that change both goldens and the program, newest first, each in one line with
/// the files: whoever reads such a commit cannot see which change of the program made the goldens what they
/// are.
///
/// # Errors
/// Git is not there, or does not know the commit.
pub(super) fn mixed_commits(paths: &Layout, since: &str) -> Result<Vec<String>, CommandError> {
    if since.starts_with('-') {
        return Err(CommandError::Usage(format!(
            "--since: `{since}` is not a commit"
        )));
    }
    let prefix = git(paths.root(), &["rev-parse", "--show-prefix"])?;
    let range = format!("{since}..HEAD");
    let format = "--format=%x00%h %s";
    let log = git(
        paths.root(),
        &[
            "log",
            format,
            "--name-only",
            "--no-renames",
            "--no-merges",
            &range,
            "--",
        ],
    )?;
    let commits = log.split('\0').skip(1);
    Ok(commits
        .filter_map(|commit| mixed(commit, prefix.trim_end()))
        .collect())
}

fn git(root: &Path, args: &[&str]) -> Result<String, CommandError> {
    let output = Command::new("git")
        .args(["-c", "core.quotePath=false"])
        .args(args)
        .current_dir(root)
        .output()
        .map_err(|error| CommandError::Io(format!("git: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(CommandError::Usage(format!(
            "git {}: {said}",
            args.join(" ")
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A commit, its first line and then its files, if it changes both.
fn mixed(commit: &str, prefix: &str) -> Option<String> {
    let (title, files) = commit.split_once('\n')?;
    let files = files.lines().filter(|line| !line.is_empty());
    let (mut has_goldens, mut program) = (false, Vec::new());
    for file in files {
        match file.strip_prefix(prefix) {
            Some(own) if own.starts_with("fixtures/snapshots/") => has_goldens = true,
            Some(own) if own.starts_with("fixtures/") || own.starts_with("scenarios/") => {}
            _ if is_text(Path::new(file)) => {}
            _ => program.push(file),
        }
    }
    if !has_goldens || program.is_empty() {
        return None;
    }
    let mut shown = program[..program.len().min(FILES_SHOWN)].join(", ");
    if let Some(more) = program.len().checked_sub(FILES_SHOWN).filter(|&n| n > 0) {
        shown.push_str(&format!(" and {more} more"));
    }
    Some(format!("{title} ({shown})"))
}

/// Whether a file is for people or for version control, and not of the program.
pub(super) fn is_text(file: &Path) -> bool {
    let is_hidden = |part: Component<'_>| part.as_os_str().to_string_lossy().starts_with('.');
    file.components().any(is_hidden)
        || file
            .extension()
            .is_some_and(|extension| extension == "md" || extension == "rst")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_commit_of_both_is_mixed() {
        let check = |files: &str, expected: Option<&str>| {
            assert_eq!(
                mixed(&format!("1a2b x\n\n{files}"), "sub/").as_deref(),
                expected
            );
        };
        let golden = "sub/fixtures/snapshots/a/o.json";
        check(golden, None);
        check("sub/src/a.py", None);
        check(
            &format!("{golden}\nsub/scenarios/a/x.json\nsub/fixtures/t.json"),
            None,
        );
        check(&format!("{golden}\nCHANGELOG.md\n.github/x.yml"), None);
        check(
            &format!("{golden}\nsub/src/a.py"),
            Some("1a2b x (sub/src/a.py)"),
        );
        check(
            &format!("{golden}\na\nb\nc\nd\ne"),
            Some("1a2b x (a, b, c and 2 more)"),
        );
        check("fixtures/snapshots/a/o.json\nsub/src/a.py", None);
    }
}
