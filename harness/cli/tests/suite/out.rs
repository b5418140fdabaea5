//! What `--out` writes, and what it never replaces.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::workspace::{Ran, Workspace};

crate::tests![out;
    a_report_takes_the_place_of_a_report,
    other_files_are_replaced_only_with_force,
    scenarios_goldens_and_what_is_read_are_never_replaced,
    links_stay_and_pipes_are_written_to,
    nothing_is_done_for_a_file_that_is_refused,
];

/// The commands that write a file, each with whether the file is known by how it begins.
const WRITERS: [(&str, bool); 15] = [
    ("diff", false),
    ("diff --format json", true),
    ("diff ring --format json-patch", true),
    ("diff --format html", true),
    ("compare before.json after.json", false),
    ("compare before.json after.json --format json-patch", true),
    ("compare before.json before.json --format json-patch", true),
    ("report", false),
    ("report --format junit", true),
    ("report --format jsonl", true),
    ("report --format github", true),
    ("report --format html", true),
    ("report --format markdown", true),
    ("bundle", true),
    ("bisect --good HEAD~1 --bad HEAD --format json", true),
];

/// A workspace with results, whose scenario moved and whose program is not in the repository.
fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/ring/scenario.toml",
        "description = \"one value\"\nruntime = \"instant\"\n[command]\nprogram = \"cat\"\n\
         args = [\"{root}/value.json\"]\n[[outputs]]\nname = \"value\"\nfrom = \"stdout\"\n",
    );
    workspace.write("value.json", "[{\"a\": 1}]\n");
    workspace.write("before.json", "{\"a\": 1}\n");
    workspace.write("after.json", "{\"a\": 2}\n");
    harness(&workspace, "bless ring --reason first", &[]);
    let git = |args: &str| {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=n", "-c", "user.email=e@e"])
            .args(args.split(' '))
            .current_dir(workspace.root());
        let ran = Ran::of(&mut command);
        assert_eq!(ran.status, Some(0), "{}", ran.err);
    };
    git("init -q");
    git("add .");
    git("commit -q -m first");
    workspace.write("value.json", "[{\"a\": 2}]\n");
    git("commit -q -a -m second");
    assert_eq!(harness(&workspace, "run", &[]).status, Some(1));
    workspace
}

fn harness(workspace: &Workspace, command: &str, more: &[&str]) -> Ran {
    let mut process = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
    process
        .args(command.split(' '))
        .args(more)
        .current_dir(workspace.root());
    process.env_remove("CI").env_remove("CARGO_TARGET_DIR");
    Ran::of(&mut process)
}

#[track_caller]
fn writes(workspace: &Workspace, command: &str, more: &[&str]) {
    let ran = harness(workspace, command, more);
    assert!(
        matches!(ran.status, Some(0 | 1)),
        "{command} {more:?}: {}",
        ran.err
    );
}

#[track_caller]
fn refuses(workspace: &Workspace, command: &str, more: &[&str], expected: &str) {
    let ran = harness(workspace, command, more);
    assert_eq!(ran.status, Some(2), "{command} {more:?}: {}", ran.err);
    assert!(ran.err.contains("--out: "), "{command}: {}", ran.err);
    assert!(ran.err.contains(expected), "{command}: {}", ran.err);
}

fn a_report_takes_the_place_of_a_report() {
    let workspace = workspace();
    for (command, is_known) in WRITERS {
        // A search that was made before runs nothing, and says so.
        writes(&workspace, command, &["--out", "made/first"]);
        fs::remove_file(workspace.path("made/first")).unwrap();
        writes(&workspace, command, &["--out", "made/out"]);
        let first = fs::read(workspace.path("made/out")).unwrap();
        assert!(!first.is_empty(), "{command}");
        if is_known {
            writes(&workspace, command, &["--out", "made/out"]);
        } else {
            refuses(&workspace, command, &["--out", "made/out"], "--force");
            writes(&workspace, command, &["--out", "made/out", "--force"]);
        }
        assert!(
            fs::read(workspace.path("made/out")).unwrap() == first,
            "{command}"
        );
        // A file without content, such as `mktemp` makes, has nothing to lose.
        workspace.write("made/out", "");
        writes(&workspace, command, &["--out", "made/out"]);
        fs::remove_file(workspace.path("made/out")).unwrap();
    }
}

fn other_files_are_replaced_only_with_force() {
    let workspace = workspace();
    for (command, _) in WRITERS {
        for text in [
            "print('a program')\n",
            "{\n  \"name\": \"a package\",\n  \"version\": \"1\"\n}\n",
            "<!DOCTYPE html><html lang=\"en\"><head><title>notes</title>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect/></svg>",
            "\u{1f}\u{8b}\u{8}",
            "[1, 2]\n",
        ] {
            workspace.write("notes", text);
            refuses(&workspace, command, &["--out", "notes"], "--force");
            assert_eq!(workspace.read("notes"), text);
        }
        writes(&workspace, command, &["--out", "notes", "--force"]);
        assert_ne!(fs::read(workspace.path("notes")).unwrap(), b"[1, 2]\n");
        refuses(
            &workspace,
            command,
            &["--out", "scenarios/.."],
            "is a directory",
        );
    }
}

fn scenarios_goldens_and_what_is_read_are_never_replaced() {
    let workspace = workspace();
    let run = workspace.newest_run().join("ring.golden.json");
    let run = run.strip_prefix(workspace.root()).unwrap();
    let golden = "fixtures/snapshots/ring/value.json";
    let kept = [
        ("scenarios/ring/scenario.toml", "is among the scenarios"),
        (golden, "is among the goldens"),
        ("value.json", "is read by the scenario `ring`"),
    ];
    // New files would be inputs, or edited goldens.
    let new = [
        ("scenarios/ring/report", "is among the scenarios"),
        ("scenarios/new/report", "is among the scenarios"),
        ("fixtures/snapshots/ring/new.json", "is among the goldens"),
        ("scenarios/ring/../ring/report", "is among the scenarios"),
    ];
    let before = contents(workspace.root());
    for (command, _) in WRITERS {
        for (path, why) in kept.into_iter().chain(new) {
            refuses(&workspace, command, &["--out", path, "--force"], why);
        }
        #[cfg(unix)]
        for (path, why) in kept {
            let link = workspace.path("link");
            std::os::unix::fs::symlink(workspace.path(path), &link).unwrap();
            refuses(&workspace, command, &["--out", "link", "--force"], why);
            assert!(link.is_symlink());
            fs::remove_file(link).unwrap();
        }
    }
    let read = "is read by this command";
    for out in ["before.json", "after.json"] {
        let command = "compare before.json after.json --force --out";
        refuses(&workspace, command, &[out], read);
    }
    let schema = "compare before.json after.json --schema value.json --force --out value.json";
    refuses(&workspace, schema, &[], read);
    let out = [
        "--force",
        "--format",
        "jsonl",
        "--out",
        run.to_str().unwrap(),
    ];
    refuses(&workspace, "report", &out, read);
    assert!(contents(workspace.root()) == before, "a file was changed");
}

/// The files of a workspace that a person made, and what they hold.
fn contents(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let is_made = path.ends_with(".git") || path.ends_with("target");
        if path.is_dir() && !is_made {
            found.extend(contents(&path));
        } else if path.is_file() {
            found.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

#[cfg(unix)]
fn links_stay_and_pipes_are_written_to() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};

    let workspace = workspace();
    for (command, _) in WRITERS {
        writes(&workspace, command, &["--out", "made/first"]);
        fs::remove_file(workspace.path("made/first")).unwrap();
        writes(&workspace, command, &["--out", "out"]);
        let expected = fs::read(workspace.path("out")).unwrap();
        // The file behind a link is replaced, and the link stays.
        workspace.write("out", "");
        let link = workspace.path("link");
        symlink("out", &link).unwrap();
        writes(&workspace, command, &["--out", "link"]);
        assert!(link.is_symlink(), "{command}");
        assert!(
            fs::read(workspace.path("out")).unwrap() == expected,
            "{command}"
        );
        for name in ["out", "link"] {
            fs::remove_file(workspace.path(name)).unwrap();
        }
        symlink("nothing", &link).unwrap();
        refuses(
            &workspace,
            command,
            &["--out", "link", "--force"],
            "a link to nothing",
        );
        assert!(link.is_symlink() && !workspace.path("nothing").exists());
        fs::remove_file(&link).unwrap();
        let pipe = workspace.path("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        writes(&workspace, command, &["--out", "pipe"]);
        assert!(reader.join().unwrap() == expected, "{command}");
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
        fs::remove_file(pipe).unwrap();
    }
    // What was written to the standard output before stays.
    workspace.write("log", "before\n");
    let log = fs::File::options().append(true).open(workspace.path("log"));
    let mut process = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
    process
        .args(["diff", "--out", "/dev/stdout"])
        .current_dir(workspace.root())
        .env_remove("CARGO_TARGET_DIR")
        .stdout(log.unwrap());
    process.status().unwrap();
    let log = workspace.read("log");
    assert!(log.starts_with("before\n") && log.len() > 20, "{log}");
}

fn nothing_is_done_for_a_file_that_is_refused() {
    let workspace = workspace();
    fs::remove_dir_all(workspace.path("target")).unwrap();
    for command in ["diff", "bundle", "bisect --good HEAD~1 --bad HEAD"] {
        refuses(&workspace, command, &["--out", "value.json"], "--force");
    }
    assert!(!workspace.path("target").exists(), "something was run");
}
