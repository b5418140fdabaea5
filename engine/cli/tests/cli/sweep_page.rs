//! The files of `docs/sweeps.md` for shells, SLURM, Kubernetes and GitHub do what the page says.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{aether_in, root};

const SPEC: &str = "[[axes]]\nname = \"k5\"\nset = \"topology.edges[e_id=5].k\"\nrange = { from = 0, to = 20, step = 2 }\n\
    [[axes]]\nname = \"level\"\nset = \"initial_state[node=3]\"\nvalues = [0, 64, 4096]\n";

/// The code below a heading of the page.
fn block(heading: &str) -> String {
    let page = fs::read_to_string(root().join("docs/sweeps.md")).unwrap();
    let (_, rest) = page.split_once(&format!("\n{heading}\n")).unwrap();
    let (_, rest) = rest.split_once("```").unwrap();
    let (code, _) = rest.split_once("\n```").unwrap();
    code.split_once('\n').unwrap().1.to_owned() + "\n"
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let base = root().join("scenarios/gf01/run.json");
    let spec = format!("v = 1\nrun_config = \"{}\"\n{SPEC}", base.display());
    fs::write(directory.path().join("pumps.toml"), spec).unwrap();
    directory
}

/// Runs a script in a directory, with `aether` in the path.
fn run(directory: &Path, shell: &str, script: &str, variables: &[(&str, String)]) {
    let binary = Path::new(env!("CARGO_BIN_EXE_aether")).parent().unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the programs that a shell needs are in the path of the test"
    )]
    let path = std::env::var("PATH").unwrap();
    let output = Command::new(shell)
        .args(["-c", script])
        .env("PATH", format!("{}:{path}", binary.display()))
        .envs(variables.iter().map(|(name, value)| (*name, value)))
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{script}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// All points are in `pumps.sweep`, as one worker makes them.
fn check(directory: &Path) {
    aether_in(directory, &["sweep", "pumps.toml", "--out", "whole.sweep"]).with(0);
    let table = |file| {
        aether_in(directory, &["sweep", "table", file])
            .with(0)
            .stdout
    };
    let expected = table("whole.sweep");
    assert_eq!(expected.lines().count(), 1 + 33);
    assert_eq!(table("pumps.sweep"), expected);
}

#[test]
fn the_shell_script_runs() {
    let directory = directory();
    run(directory.path(), "sh", &block("### Shell"), &[]);
    check(directory.path());
    let csv = fs::read_to_string(directory.path().join("pumps.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 33);
}

#[test]
fn the_slurm_script_runs_for_each_task() {
    let directory = directory();
    let script = block("### SLURM");
    let (_, last) = script.split_once("--array=0-").unwrap();
    let last: u32 = last.lines().next().unwrap().parse().unwrap();
    for id in 0..=last {
        let variables = [
            ("SLURM_ARRAY_TASK_ID", id.to_string()),
            ("SLURM_ARRAY_TASK_MIN", "0".to_owned()),
            ("SLURM_ARRAY_TASK_MAX", last.to_string()),
            ("SLURM_ARRAY_TASK_STEP", "1".to_owned()),
            ("SLURM_ARRAY_TASK_COUNT", (last + 1).to_string()),
            ("SLURM_CPUS_PER_TASK", "2".to_owned()),
        ];
        run(directory.path(), "bash", &script, &variables);
    }
    let (_, merge) = script.split_once("Then: ").unwrap();
    run(directory.path(), "sh", merge.lines().next().unwrap(), &[]);
    check(directory.path());
}

#[test]
fn the_kubernetes_job_runs_for_each_index() {
    let directory = directory();
    let job = block("### Kubernetes");
    let after = |key: &str| {
        let (_, rest) = job.split_once(key).unwrap();
        rest.lines().next().unwrap().trim().to_owned()
    };
    let count: u32 = after("\n  completions:").parse().unwrap();
    assert_eq!(
        after("name: JOB_COMPLETION_COUNT\n              value:"),
        format!("\"{count}\"")
    );
    let command: Vec<String> = serde_json::from_str(&after(" command:")).unwrap();
    for index in 0..count {
        let variables = [
            ("JOB_COMPLETION_INDEX", index.to_string()),
            ("JOB_COMPLETION_COUNT", count.to_string()),
        ];
        run(directory.path(), "sh", &command.join(" "), &variables);
    }
    run(
        directory.path(),
        "sh",
        "aether sweep merge pumps.sweep pumps.*-of-8.sweep",
        &[],
    );
    check(directory.path());
}

#[test]
fn the_commands_of_the_workflow_run() {
    let directory = directory();
    let workflow = block("### GitHub");
    let shards: Vec<u32> = {
        let (_, rest) = workflow.split_once("shard: ").unwrap();
        serde_json::from_str(rest.lines().next().unwrap()).unwrap()
    };
    let commands: Vec<&str> = workflow
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- run: "))
        .collect();
    let (first, rest) = commands.split_first().unwrap();
    for shard in &shards {
        let command = first
            .replace("${{ matrix.shard }}", &shard.to_string())
            .replace("${{ strategy.job-total }}", &shards.len().to_string());
        assert!(!command.contains("${{"), "{command}");
        run(directory.path(), "sh", &command, &[]);
    }
    for command in rest {
        run(directory.path(), "sh", command, &[]);
    }
    check(directory.path());
}
