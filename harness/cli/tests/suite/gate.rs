//! The action `.github/actions/gate`: its scripts, run as GitHub runs them, with a `gh` that only notes what it
//! was asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{Ran, Workspace, has, skipped};

crate::tests![gate;
    the_gate_keeps_one_comment_and_the_status,
];

const ACTION: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../.github/actions/gate/action.yml"
);

/// The script of the step of this name.
fn script(step: &str) -> String {
    let action = fs::read_to_string(ACTION).unwrap();
    let step = action
        .split("    - name: ")
        .find(|text| text.lines().next() == Some(step));
    let (_, script) = step.unwrap().split_once("      run: ").unwrap();
    script.strip_prefix("|\n").unwrap_or(script).to_owned()
}

struct Job<'a> {
    workspace: &'a Workspace,
    bin: PathBuf,
    base: String,
}

impl Job<'_> {
    fn step(&self, name: &str, status: &str) -> Ran {
        let path = std::env::var("PATH").unwrap();
        let at = |file: &str| self.workspace.path(file);
        let mut command = Command::new("bash");
        command
            .args([
                "--noprofile",
                "--norc",
                "-eo",
                "pipefail",
                "-c",
                &script(name),
            ])
            .current_dir(self.workspace.root())
            .env_remove("CARGO_TARGET_DIR")
            .env("PATH", format!("{}:{path}", self.bin.display()))
            .env("COMMAND", env!("CARGO_BIN_EXE_aether-harness"))
            .env("ARGUMENTS", "--test-threads 1")
            .env("BASE", &self.base)
            .env("REPORT", at("report.md"))
            .env("GITHUB_OUTPUT", at("output"))
            .env("GITHUB_STEP_SUMMARY", at("summary"))
            .env("REPOSITORY", "o/r")
            .env("PULL", "7")
            .env("GH_LOG", at("gh.log"))
            .env("STATUS", status);
        Ran::of(&mut command)
    }

    fn all(&self) -> Option<i32> {
        for file in ["output", "summary", "gh.log"] {
            let _ = fs::remove_file(self.workspace.path(file));
        }
        for name in ["Run", "Report", "Comment"] {
            let ran = self.step(name, "");
            assert_eq!(ran.status, Some(0), "{name}: {}{}", ran.out, ran.err);
        }
        let output = self.workspace.read("output");
        let status = output.trim().strip_prefix("status=").unwrap();
        self.step("Status", status).status
    }
}

#[cfg(unix)]
fn stub(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn stub(_: &Path, _: &str) {}

fn git(workspace: &Workspace, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=n", "-c", "user.email=e@example.org"]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    let ran = Ran::of(command.args(args).current_dir(workspace.root()));
    assert_eq!(ran.status, Some(0), "{args:?}: {}", ran.err);
    ran.out
}

fn the_gate_keeps_one_comment_and_the_status() {
    if !cfg!(unix) || !has("git") || !has("bash") {
        return skipped("this is not a Unix with git and bash");
    }
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/one/scenario.toml",
        "description = \"d\"\n[command]\nprogram = \"sh\"\nargs = [\"{root}/program.sh\"]\n\
         [[outputs]]\nname = \"o\"\nfrom = \"stdout\"\n",
    );
    workspace.write("program.sh", "echo 1\n");
    let bless = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
        command
            .args(["bless", "one", "--reason", "r"])
            .current_dir(workspace.root());
        let ran = Ran::of(command.env_remove("CI").env_remove("CARGO_TARGET_DIR"));
        assert_eq!(ran.status, Some(0), "{}", ran.err);
    };
    bless();
    workspace.write(".gitignore", "/target\n");
    git(&workspace, &["init", "--quiet", "."]);
    git(
        &workspace,
        &["add", "scenarios", "fixtures", "program.sh", ".gitignore"],
    );
    git(&workspace, &["commit", "--quiet", "-m", "first"]);
    let base = git(&workspace, &["rev-parse", "HEAD"]).trim().to_owned();
    workspace.write("program.sh", "echo 2\n");
    bless();
    git(&workspace, &["commit", "--quiet", "-am", "both at once"]);
    workspace.write("program.sh", "echo 3\n");

    // There is no comment yet: the listing has none.
    let bin = workspace.path("bin");
    stub(&bin.join("gh"), "#!/bin/sh\necho \"$@\" >> \"$GH_LOG\"\n");
    let job = Job {
        workspace: &workspace,
        bin: bin.clone(),
        base,
    };
    assert_eq!(job.all(), Some(1));
    let summary = workspace.read("summary");
    for text in [
        "| MISMATCH | 1 |",
        "One commit changes both goldens and the program:",
        "both at once (program.sh)",
        "bless one --reason",
    ] {
        assert!(summary.contains(text), "{text}: {summary}");
    }
    let asked = workspace.read("gh.log");
    assert!(
        asked.contains("--method POST repos/o/r/issues/7/comments"),
        "{asked}"
    );
    assert!(!asked.contains("PATCH"), "{asked}");

    // There is one: it is changed. Everything passes now.
    workspace.write("program.sh", "echo 2\n");
    let lists =
        "#!/bin/sh\necho \"$@\" >> \"$GH_LOG\"\ncase \"$*\" in *--jq*) echo 42; echo 43;; esac\n";
    stub(&bin.join("gh"), lists);
    assert_eq!(job.all(), Some(0));
    let asked = workspace.read("gh.log");
    assert!(
        asked.contains("--method PATCH repos/o/r/issues/comments/42"),
        "{asked}"
    );
    assert!(!asked.contains("POST"), "{asked}");
    assert!(workspace.read("summary").contains("| MATCH | 3 |"));
}
