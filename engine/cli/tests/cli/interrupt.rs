//! Tests of Ctrl-C and of progress on a terminal. They wait for what a command prints or writes,
//! and never for a time.

use std::io::Read as _;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use portable_pty::{Child, CommandBuilder, PtyPair, PtySize, native_pty_system};

use super::{Runs, aether_in, root};

/// A run, named `long`, that nobody waits for the end of.
fn endless(runs: &Runs) -> CommandBuilder {
    let text = std::fs::read_to_string(root().join("scenarios/line4/run.toml")).unwrap();
    let text = text
        .replace("../..", root().to_str().unwrap())
        .replace("ticks = 16", "ticks = 10000000")
        .replace("window_every = 8", "window_every = 100");
    assert!(text.contains("ticks = 10000000") && text.contains("window_every = 100"));
    let path = runs.file("run.toml");
    std::fs::write(&path, text).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aether"));
    command.args([
        "run",
        path.to_str().unwrap(),
        "--run-id",
        "long",
        "--runs-dir",
    ]);
    command.arg(runs.directory());
    command.cwd(root());
    command
}

/// A terminal with a command on it. Its process hears SIGINT, even if that of the tests ignores it, as
/// everything does that a script starts in its background.
fn terminal(command: CommandBuilder) -> (PtyPair, Box<dyn Child + Send + Sync>) {
    let size = PtySize {
        rows: 30,
        cols: 120,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pty = native_pty_system().openpty(size).unwrap();
    let child = pty.slave.spawn_command(command).unwrap();
    (pty, child)
}

/// Interrupts a command.
fn interrupt(child: &dyn Child) {
    send("-INT", child);
}

fn send(signal: &str, child: &dyn Child) {
    let id = child.process_id().unwrap().to_string();
    let kill = Command::new("kill").args([signal, &id]).status();
    assert!(kill.unwrap().success());
}

/// Everything that a terminal showed, after its command has ended.
fn shown(pty: PtyPair) -> String {
    let mut reader = pty.master.try_clone_reader().unwrap();
    drop(pty.slave);
    let mut screen = Vec::new();
    // On Linux, the end of a terminal is an error.
    let _ = reader.read_to_end(&mut screen);
    String::from_utf8_lossy(&screen).into_owned()
}

/// Waits until the run has committed a window.
fn wait_for_window(runs: &Runs, child: &mut dyn Child) {
    loop {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "the run ended by itself: {ended:?}");
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
    says_how_to_continue("-INT", "Interrupt");
}

/// Schedulers and systems end a process by these.
#[test]
fn a_run_that_is_ended_by_its_system_says_how_to_continue() {
    says_how_to_continue("-TERM", "Terminated");
    says_how_to_continue("-HUP", "Hangup");
}

fn says_how_to_continue(signal: &str, name: &str) {
    let runs = Runs::new();
    let command = endless(&runs);
    let (pty, mut child) = terminal(command);
    wait_for_window(&runs, &mut *child);
    send(signal, &*child);
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(name), "{status:?}");
    let said = shown(pty);
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

#[test]
fn ctrl_c_ends_a_query_that_would_never_end() {
    let runs = Runs::of(&["gf01"]);
    for sql in [
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c",
        "SELECT count(*) FROM flux a, flux b, flux c, flux d, flux e, flux f, flux g, flux h",
    ] {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aether"));
        command.args(["sql", "gf01", sql, "--runs-dir"]);
        command.arg(runs.directory());
        command.cwd(root());
        let (pty, mut child) = terminal(command);
        // A signal before the query runs ends the command too.
        interrupt(&*child);
        let status = child.wait().unwrap();
        assert!(!status.success(), "{status:?}");
        drop(pty);
    }
}

/// Starts a command on a terminal and presses Ctrl-C when it shows all of `words`; returns what the
/// terminal showed until the command ended.
fn interrupted_on_a_terminal(command: CommandBuilder, words: &[&str]) -> String {
    let (pty, mut child) = terminal(command);
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
    let command = endless(&runs);
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
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aether"));
        command.args(["runs", "rm", "gf01", "--runs-dir"]);
        command.arg(runs.directory());
        command.cwd(root());
        let (pty, mut child) = terminal(command);
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
