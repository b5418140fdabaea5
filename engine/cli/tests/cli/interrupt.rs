//! Tests of Ctrl-C and of progress on a terminal. They wait for what a command prints or writes,
//! and never for a time.

use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::{Runs, aether_in, root};

/// A RunConfig that nobody waits for the end of.
fn endless(runs: &Runs) -> PathBuf {
    let text = std::fs::read_to_string(root().join("scenarios/line4/run.toml")).unwrap();
    let text = text
        .replace("../..", root().to_str().unwrap())
        .replace("ticks = 16", "ticks = 10000000")
        .replace("window_every = 8", "window_every = 100");
    assert!(text.contains("ticks = 10000000") && text.contains("window_every = 100"));
    let path = runs.file("run.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Waits until the run has committed a window.
fn wait_for_window(runs: &Runs, child: &mut Child) {
    loop {
        assert_eq!(child.try_wait().unwrap(), None, "the run ended by itself");
        let rows = runs.json(&["runs"]);
        if rows[0]["ticks_recorded"]
            .as_u64()
            .is_some_and(|ticks| ticks > 0)
        {
            return;
        }
        thread::yield_now();
    }
}

#[test]
fn an_interrupted_run_says_how_to_continue() {
    let runs = Runs::new();
    let config = endless(&runs);
    let mut child = Command::new(env!("CARGO_BIN_EXE_aether"))
        .args([
            "run",
            config.to_str().unwrap(),
            "--run-id",
            "long",
            "--runs-dir",
        ])
        .arg(runs.directory())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_window(&runs, &mut child);
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(2), "{status:?}");
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    let how = format!(
        "aether resume long --runs-dir {}",
        runs.directory().display()
    );
    assert!(said.contains(&how), "{said}");
    let row = &runs.json(&["runs"])[0];
    assert_eq!(row["status"], "incomplete");
    assert!(
        row["started"].is_string() && row["seconds"].as_f64().is_some(),
        "{row}"
    );
    assert!(row["ticks_recorded"].as_u64() >= Some(100), "{row}");
}

/// Starts a command on a terminal and presses Ctrl-C when it shows all of `words`; returns what the
/// terminal showed until the command ended.
fn interrupted_on_a_terminal(command: CommandBuilder, words: &[&str]) -> String {
    let size = PtySize {
        rows: 30,
        cols: 120,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pty = native_pty_system().openpty(size).unwrap();
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut writer = pty.master.take_writer().unwrap();
    let (sender, seen) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        // Reading fails when the terminal is closed.
        while let Ok(count) = reader.read(&mut buffer) {
            if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    let mut screen = String::new();
    let mut interrupted = false;
    for bytes in &seen {
        screen += &String::from_utf8_lossy(&bytes);
        if !interrupted && words.iter().all(|word| screen.contains(word)) {
            std::io::Write::write_all(&mut writer, b"\x03").unwrap();
            interrupted = true;
        }
    }
    let status = child.wait().unwrap();
    assert!(!status.success());
    assert!(interrupted, "{screen}");
    screen
}

#[test]
fn a_terminal_shows_progress_and_ctrl_c_ends_it() {
    let runs = Runs::new();
    let config = endless(&runs);
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aether"));
    command.args([
        "run",
        config.to_str().unwrap(),
        "--run-id",
        "long",
        "--runs-dir",
    ]);
    command.arg(runs.directory());
    command.cwd(root());
    let screen = interrupted_on_a_terminal(command, &["/10000000 ticks", "ticks/s"]);
    assert!(screen.contains("aether resume long --runs-dir"), "{screen}");
}

#[test]
fn an_interrupted_sweep_keeps_its_points_and_says_how_to_continue() {
    let runs = Runs::new();
    let spec = format!(
        "v = 1\nrun_config = \"{}\"\n[[axes]]\nset = \"initial_state[node=1]\"\n\
         range = {{ from = 1, to = 1000000 }}\n",
        root().join("scenarios/gf01/run.json").display()
    );
    std::fs::write(runs.file("levels.toml"), spec).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aether"));
    command.args(["sweep", "levels.toml", "--batch", "10"]);
    command.cwd(runs.file(""));
    let screen = interrupted_on_a_terminal(command, &["/1000000 points", "points/s"]);
    let (_, said) = screen.split_once("interrupted: ").unwrap();
    let (stored, rest) = said.split_once(" of 1000000 points are in ").unwrap();
    assert!(
        rest.starts_with("levels.sweep; the same command continues"),
        "{screen}"
    );
    let stored: usize = stored.parse().unwrap();
    assert!(stored > 0);
    let table = aether_in(&runs.file(""), &["sweep", "table", "levels.sweep"]).with(0);
    assert_eq!(table.stdout.lines().count(), 1 + stored);
}

#[test]
fn removal_asks_on_a_terminal() {
    for (answer, removed) in [("n\n", false), ("\n", false), ("y\n", true)] {
        let runs = Runs::of(&["gf01"]);
        let size = PtySize {
            rows: 30,
            cols: 120,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aether"));
        command.args(["runs", "rm", "gf01", "--runs-dir"]);
        command.arg(runs.directory());
        command.cwd(root());
        let mut child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let mut writer = pty.master.take_writer().unwrap();
        let mut screen = Vec::new();
        let mut byte = [0];
        while !String::from_utf8_lossy(&screen).contains("[y/N] ") {
            assert_eq!(reader.read(&mut byte).unwrap(), 1);
            screen.push(byte[0]);
        }
        std::io::Write::write_all(&mut writer, answer.as_bytes()).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.success(), removed);
        assert_eq!(
            runs.directory().join("gf01.aether").exists(),
            !removed,
            "{answer:?}"
        );
    }
}
