//! Links, ways up, pipes and devices where files are expected.

use std::fs;
use std::process::Command;

use crate::program::{SHELL, STDOUT, run, simple};
use crate::workspace::Workspace;

crate::tests![hostile;
    a_pipe_in_place_of_a_file_keeps_nobody_waiting,
    a_device_without_end_is_not_read,
    an_input_that_became_a_pipe_has_changed,
    goldens_are_written_nowhere_else,
];

fn make_pipe(workspace: &Workspace, path: &str) {
    let path = workspace.path(path);
    let _ = fs::remove_file(&path);
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
}

fn blessed() -> Option<Workspace> {
    let workspace = simple(
        "cat; echo 1",
        "",
        &format!("{SHELL}\nstdin = \"input.json\""),
        STDOUT,
    )?;
    workspace.write("scenarios/one/input.json", "");
    workspace.bless("one", "first");
    Some(workspace)
}

/// The places of a scenario, and what is said of a pipe there.
const PLACES: [&str; 4] = [
    "scenarios/one/scenario.toml",
    "scenarios/one/input.json",
    "fixtures/snapshots/one/snapshot.toml",
    "fixtures/snapshots/one/out.json",
];

fn a_pipe_in_place_of_a_file_keeps_nobody_waiting() {
    for place in PLACES {
        let Some(workspace) = blessed() else { return };
        make_pipe(&workspace, place);
        let ran = workspace.runner(&[]);
        assert_eq!(ran.status, Some(101), "{place}: {}{}", ran.out, ran.err);
    }
}

fn a_device_without_end_is_not_read() {
    for place in PLACES {
        let Some(workspace) = blessed() else { return };
        let path = workspace.path(place);
        fs::remove_file(&path).unwrap();
        link("/dev/zero", &path);
        let ran = workspace.runner(&[]);
        assert_eq!(ran.status, Some(101), "{place}: {}{}", ran.out, ran.err);
    }
}

fn an_input_that_became_a_pipe_has_changed() {
    let command = SHELL.replace(']', ", \"{scenario}/input.json\"]");
    let script = "cat \"$1\"; rm \"$1\"; mkfifo \"$1\"";
    let Some(workspace) = simple(script, "", &command, STDOUT) else {
        return;
    };
    workspace.write("scenarios/one/input.json", "{}\n");
    let ran = run(&workspace);
    assert_eq!(ran.status, Some(101), "{}{}", ran.out, ran.err);
    let expected = "inputs changed while the program ran: scenarios/one/input.json changed";
    assert!(ran.out.contains(expected), "{}", ran.out);
}

#[cfg(unix)]
fn link(to: &str, at: &std::path::Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[cfg(not(unix))]
fn link(_: &str, _: &std::path::Path) {}

/// A directory of goldens that is a link leads to what nobody meant to be replaced.
fn goldens_are_written_nowhere_else() {
    let Some(workspace) = blessed() else { return };
    let outside = tempfile::tempdir().unwrap();
    let kept = outside.path().join("kept");
    fs::create_dir(&kept).unwrap();
    fs::write(kept.join("out.json"), "mine\n").unwrap();
    let goldens = workspace.path("fixtures/snapshots/one");
    fs::remove_dir_all(&goldens).unwrap();
    link(kept.to_str().unwrap(), &goldens);
    workspace.edit("scenarios/one/script.sh", "echo 1", "echo 2");
    let said = workspace.try_bless("one", Some("again"));
    assert_eq!(
        fs::read_to_string(kept.join("out.json")).unwrap(),
        "mine\n",
        "{} {}",
        said.out,
        said.err
    );
    let names: Vec<_> = fs::read_dir(&kept).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    // Nor is the file behind a golden that is a link replaced.
    let Some(workspace) = blessed() else { return };
    let golden = workspace.path("fixtures/snapshots/one/out.json");
    fs::remove_file(&golden).unwrap();
    link(kept.join("out.json").to_str().unwrap(), &golden);
    workspace.edit("scenarios/one/script.sh", "echo 1", "echo 2");
    let said = workspace.try_bless("one", Some("again"));
    assert_eq!(
        fs::read_to_string(kept.join("out.json")).unwrap(),
        "mine\n",
        "{} {}",
        said.out,
        said.err
    );
}
