//! Tests of what `--out` and `logging.file_path` may replace.

use std::fs;
use std::path::Path;

use super::{Ended, aether_in};

/// A folder with a scenario `demo` and its run.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    aether_in(folder.path(), &["init", "demo"]).with(0);
    aether_in(folder.path(), &["run", "demo/run.toml"]).with(0);
    folder
}

/// The commands that write a file, each without the name of the file, and an extension that suits
/// it.
const WRITERS: [(&str, &str); 5] = [
    ("export demo", "json"),
    ("export demo --kind ledgers --as csv", "csv"),
    ("plot demo", "svg"),
    ("report demo", "html"),
    ("press pack demo --window 1", "apx"),
];

fn write(folder: &Path, command: &str, out: &str, more: &[&str]) -> Ended {
    let mut args: Vec<&str> = command.split(' ').collect();
    args.extend(["--out", out]);
    args.extend(more);
    aether_in(folder, &args)
}

/// Every file below a folder, with its content.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                all.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn inputs_and_runs_are_never_replaced() {
    let folder = folder();
    let folder = folder.path();
    let run = folder.join(".aether/runs/demo.aether");
    let documents = ["run.toml", "topology.toml", "profile.toml"];
    for (_, extension) in WRITERS {
        // By hard link and by symbolic link, under names that suit the command.
        fs::hard_link(&run, folder.join(format!("hard-run.{extension}"))).unwrap();
        fs::copy(&run, folder.join(format!("copied-run.{extension}"))).unwrap();
        for document in documents {
            let path = folder.join("demo").join(document);
            fs::hard_link(&path, folder.join(format!("hard-{document}.{extension}"))).unwrap();
            #[cfg(unix)]
            {
                let link = folder.join(format!("soft-{document}.{extension}"));
                std::os::unix::fs::symlink(&path, link).unwrap();
            }
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(&run, folder.join(format!("soft-run.{extension}"))).unwrap();
    }
    let before = contents(folder);
    for (command, extension) in WRITERS {
        let mut targets = vec![
            ".aether/runs/demo.aether".to_owned(),
            "demo/../.aether/runs/./demo.aether".to_owned(),
            run.display().to_string(),
            // Names of run files and their companions, whether or not they exist.
            "other.aether".to_owned(),
            "OTHER.AETHER".to_owned(),
            ".aether/runs/demo.aether-wal".to_owned(),
            ".aether/runs/demo.aether-shm".to_owned(),
            ".aether/runs/demo.aether-journal".to_owned(),
            ".aether/runs/.demo.aether.new".to_owned(),
            ".aether/runs/.locks/demo".to_owned(),
            ".aether/runs/.times.jsonl".to_owned(),
            "demo/run.toml".to_owned(),
            "demo/../demo/topology.toml".to_owned(),
            format!("hard-run.{extension}"),
            format!("copied-run.{extension}"),
        ];
        targets.extend(documents.map(|document| format!("hard-{document}.{extension}")));
        if cfg!(unix) {
            targets.push(format!("soft-run.{extension}"));
            targets.extend(documents.map(|document| format!("soft-{document}.{extension}")));
        }
        for target in targets {
            let ended = write(folder, command, &target, &["--force"]).with(2);
            ended.reports(&["--out: "]);
        }
    }
    assert!(
        contents(folder) == before,
        "a refused command changed a file"
    );
    aether_in(folder, &["verify", "demo"]).with(0);
}

#[test]
fn an_edge_list_is_not_replaced_by_its_topology() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("edges.json"), "1 2\n2 3\n").unwrap();
    let args = [
        "topology",
        "import",
        "edges.json",
        "--as",
        "lines",
        "--force",
        "--out",
    ];
    let import = |out: &str| aether_in(folder, &[&args[..], &[out]].concat());
    import("edges.json")
        .with(2)
        .reports(&["an input of this command"]);
    import("./edges.json")
        .with(2)
        .reports(&["an input of this command"]);
    assert_eq!(
        fs::read_to_string(folder.join("edges.json")).unwrap(),
        "1 2\n2 3\n"
    );
    // A document of a different kind is not a topology.
    aether_in(folder, &["init", "demo"]).with(0);
    import("demo/profile.toml")
        .with(2)
        .reports(&["is a profile"]);
    import("demo/scenario.toml")
        .with(2)
        .reports(&["is a scenario's description"]);
    import("demo/topology.toml").with(0);
    aether_in(folder, &["validate", "demo/topology.toml"]).with(0);
}

#[test]
fn only_a_file_of_the_same_kind_is_replaced_and_only_with_force() {
    let folder = folder();
    let folder = folder.path();
    for (command, extension) in WRITERS {
        let out = format!("out.{extension}");
        write(folder, command, &out, &[]).with(0);
        let first = fs::read(folder.join(&out)).unwrap();
        assert!(!first.is_empty());
        write(folder, command, &out, &[])
            .with(2)
            .reports(&["exists", "--force"]);
        assert_eq!(fs::read(folder.join(&out)).unwrap(), first);
        write(folder, command, &out, &["--force"]).with(0);
        assert_eq!(fs::read(folder.join(&out)).unwrap(), first);
        // A name of a different kind.
        let ending = format!("`.{extension}`");
        for name in ["a.png", "a.svg.gz", "a.md"] {
            write(folder, command, name, &[])
                .with(2)
                .reports(&["different kind", &ending]);
            assert!(!folder.join(name).exists());
        }
        // A file whose content is of a different kind.
        for (other, content) in [
            ("letter", "Dear all,\nthis is a letter.\n"),
            ("picture", "\u{89}PNG\r\n\u{1a}\n\0\0"),
            (
                "config",
                &fs::read_to_string(folder.join("demo/run.toml")).unwrap(),
            ),
            ("state", "[1, 2, 3]"),
        ] {
            let name = format!("{other}.{extension}");
            fs::write(folder.join(&name), content).unwrap();
            write(folder, command, &name, &["--force"])
                .with(2)
                .reports(&["--out: "]);
            assert_eq!(fs::read_to_string(folder.join(&name)).unwrap(), content);
        }
        // A directory.
        fs::create_dir(folder.join(format!("dir.{extension}"))).unwrap();
        let ended = write(folder, command, &format!("dir.{extension}"), &["--force"]);
        ended.with(2).reports(&["is a directory"]);
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_written_to_and_links_stay() {
    let folder = folder();
    let folder = folder.path();
    for (command, extension) in WRITERS {
        write(folder, command, "/dev/null", &[]).with(0);
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let out = format!("out.{extension}");
        write(folder, command, &out, &[]).with(0);
        let expected = fs::read(folder.join(&out)).unwrap();
        if let Ok(expected) = String::from_utf8(expected.clone()) {
            let printed = write(folder, command, "/dev/stdout", &[]).with(0).stdout;
            assert!(printed.contains(&expected), "{command}: {printed}");
        }
        // A named pipe, whatever its extension.
        let pipe = folder.join(format!("pipe-{extension}.x"));
        let made = std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap();
        assert!(made.success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        write(folder, command, pipe.to_str().unwrap(), &[]).with(0);
        assert!(reader.join().unwrap() == expected, "{command}");
        // The file behind a link is replaced, and the link stays.
        let link = format!("link.{extension}");
        std::os::unix::fs::symlink(folder.join(&out), folder.join(&link)).unwrap();
        write(folder, command, &link, &[])
            .with(2)
            .reports(&["exists"]);
        write(folder, command, &link, &["--force"]).with(0);
        assert!(folder.join(&link).is_symlink());
        let nowhere = format!("nowhere.{extension}");
        std::os::unix::fs::symlink(folder.join("gone"), folder.join(&nowhere)).unwrap();
        write(folder, command, &nowhere, &["--force"])
            .with(2)
            .reports(&["link to nothing"]);
    }
}

/// Runs `demo` with a log file.
fn run_with_log(folder: &Path, file: &str, more: &[&str]) -> Ended {
    let text = fs::read_to_string(folder.join("demo/run.toml")).unwrap();
    let text = format!(
        "{text}\n[logging]\nenabled = true\ndestination = \"file\"\nfile_path = \"{file}\"\n"
    );
    fs::write(folder.join("demo/logged.toml"), text).unwrap();
    let args = ["run", "demo/logged.toml", "--run-id", "logged"];
    aether_in(folder, &[&args[..], more].concat())
}

#[test]
fn a_log_replaces_only_the_log_of_the_same_run() {
    let folder = folder();
    let folder = folder.path();
    run_with_log(folder, "run.log", &[]).with(0);
    let path = folder.join("demo/run.log");
    let whole = fs::read_to_string(&path).unwrap();
    assert!(whole.lines().count() > 3);
    // The same run again, over its log, over one that was cut off, and over an empty one.
    let cut: String = whole.chars().take(whole.len() - 20).collect();
    for before in [&whole, &cut, &format!("{whole}{whole}"), ""] {
        fs::write(&path, before).unwrap();
        run_with_log(folder, "run.log", &[]).with(0);
        assert_eq!(fs::read_to_string(&path).unwrap(), whole);
    }
    let run_id = "\"run_id\":\"demo\"";
    assert!(whole.contains(run_id), "{whole}");
    let gid = whole
        .lines()
        .next()
        .unwrap()
        .split("\"gid\":")
        .nth(1)
        .unwrap();
    let gid = gid.split(',').next().unwrap().to_owned();
    for before in [
        // Logs of other runs, a log with something else in it, and other files.
        whole.replace(run_id, "\"run_id\":\"other\""),
        whole.replace(&format!("\"gid\":{gid}"), "\"gid\":\"OTHER\""),
        format!("{whole}a line by hand\n"),
        format!("my notes\n{whole}"),
        "my notes\n".to_owned(),
        "{\"a\":1}\n".to_owned(),
        "\u{0}\u{1}".to_owned(),
    ] {
        fs::write(&path, &before).unwrap();
        let ended = run_with_log(folder, "run.log", &[]).with(2);
        ended.reports(&["`logging.file_path`", "run.log"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
    }
    let before = contents(folder);
    for file in [
        "topology.toml",
        "run.toml",
        "../.aether/runs/demo.aether",
        "../.aether/runs/new.aether",
        "../.aether/runs/.times.jsonl",
        "schemas",
    ] {
        run_with_log(folder, file, &[])
            .with(2)
            .reports(&["`logging.file_path`"]);
    }
    let changed = |name: &str| name.ends_with("logged.toml");
    let after = contents(folder);
    let unchanged = before
        .iter()
        .zip(&after)
        .all(|(a, b)| a == b || changed(&a.0));
    assert!(unchanged && before.len() == after.len());
    if cfg!(unix) {
        run_with_log(folder, "/dev/null", &["--force"]).with(0);
    }
}

#[test]
fn a_run_that_is_refused_leaves_its_log() {
    let folder = folder();
    let folder = folder.path();
    run_with_log(folder, "run.log", &[]).with(0);
    let path = folder.join("demo/run.log");
    let whole = fs::read_to_string(&path).unwrap();
    // The stored run has other inputs, so this one is refused before it begins.
    let text = fs::read_to_string(folder.join("demo/run.toml")).unwrap();
    let other = text.replace("ticks = 16", "ticks = 24");
    assert_ne!(text, other);
    fs::write(folder.join("demo/run.toml"), other).unwrap();
    run_with_log(folder, "run.log", &[])
        .with(2)
        .reports(&["already exists"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
}
