//! `aether sweep`: the points of a sweep in shards that are killed, resumed, merged and compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use aether_sweep::Described;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{Ended, aether_in, len, root};

/// A directory with sweeps of gf01.
struct Sweeps(TempDir);

const AXES: &str = r#"
[[axes]]
name = "k5"
set = "topology.edges[e_id=5].k"
range = { from = 0, to = 9 }

[[axes]]
name = "u1"
set = "initial_state[node=1]"
values = [-50, 0, 7, 4000]

[[axes]]
name = "a"
set = "profile.chain_rule.constants.a"
sample = { count = 3, from = 1, to = 1000000, seed = 3 }
"#;
/// Number of points of `AXES`.
const POINTS: usize = 120;

impl Sweeps {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The sweep `s.toml` of three points, all of them in `s.sweep`.
    fn of_three() -> Self {
        let sweeps = Self::new();
        let axes =
            "[[axes]]\nname = \"k\"\nset = \"topology.edges[e_id=5].k\"\nvalues = [1, 2, 3]\n";
        sweeps.spec("s", axes).aether(&["s.toml"]).with(0);
        sweeps
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes `NAME.toml`: a sweep of gf01 with these lines.
    fn spec(&self, name: &str, lines: &str) -> &Self {
        let base = root().join("scenarios/gf01/run.json");
        let text = format!("v = 1\nrun_config = \"{}\"\n{lines}", base.display());
        fs::write(self.path().join(format!("{name}.toml")), text).unwrap();
        self
    }

    fn file(&self, name: &str, text: &str) -> &Self {
        fs::write(self.path().join(name), text).unwrap();
        self
    }

    fn aether(&self, args: &[&str]) -> Ended {
        aether_in(self.path(), &[&["sweep"], args].concat())
    }

    fn table(&self, file: &str) -> String {
        self.aether(&["table", file]).with(0).stdout
    }

    /// The values of a column of a table.
    fn column(&self, file: &str, name: &str) -> Vec<String> {
        let table = self.table(file);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let index = reader
            .headers()
            .unwrap()
            .iter()
            .position(|column| column == name);
        let index = index.unwrap_or_else(|| panic!("no column `{name}`"));
        reader
            .records()
            .map(|row| row.unwrap()[index].to_owned())
            .collect()
    }

    fn execute(&self, file: &str, sql: &str) {
        let connection = rusqlite::Connection::open(self.path().join(file)).unwrap();
        assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
    }

    /// Changes a file as if its worker had written it so.
    fn forge(&self, file: &str, sql: &str) {
        self.execute(file, sql);
        seal(&self.path().join(file));
    }

    fn start(&self, args: &[&str]) -> std::process::Child {
        Command::new(env!("CARGO_BIN_EXE_aether"))
            .arg("sweep")
            .args(args)
            .current_dir(self.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

/// Gives a file the hashes that docs/sweeps.md says it has.
fn seal(file: &Path) {
    fn add(sha256: &mut Sha256, value: ValueRef<'_>) {
        let (letter, number, rest) = match value {
            ValueRef::Null => ("n", 0, &[][..]),
            ValueRef::Integer(number) => ("i", number, &[][..]),
            ValueRef::Text(text) => ("t", i64::try_from(text.len()).unwrap(), text),
            ValueRef::Blob(bytes) => ("b", i64::try_from(bytes.len()).unwrap(), bytes),
            ValueRef::Real(_) => panic!("a real"),
        };
        sha256.update(letter);
        sha256.update(number.to_be_bytes());
        sha256.update(rest);
    }
    let database = rusqlite::Connection::open(file).unwrap();
    let mut about = Sha256::new();
    let mut select = database
        .prepare("SELECT definition, base, axes, points FROM sweep")
        .unwrap();
    let mut rows = select.query([]).unwrap();
    if let Some(row) = rows.next().unwrap() {
        (0..4).for_each(|column| add(&mut about, row.get_ref(column).unwrap()));
    }
    let mut select = database
        .prepare("SELECT rowid, definition, base, axes, points, shard, shards, keep FROM sweep")
        .unwrap();
    let mut rows = select.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let mut sha256 = Sha256::new();
        (1..8).for_each(|column| add(&mut sha256, row.get_ref(column).unwrap()));
        let mut names = database
            .prepare("SELECT name FROM builds ORDER BY build")
            .unwrap();
        let mut names = names.query([]).unwrap();
        while let Some(name) = names.next().unwrap() {
            add(&mut sha256, name.get_ref(0).unwrap());
        }
        let hash: [u8; 32] = sha256.finalize().into();
        let rowid: i64 = row.get(0).unwrap();
        let sql = "UPDATE sweep SET sweep_hash = ?1 WHERE rowid = ?2";
        database.execute(sql, (hash, rowid)).unwrap();
    }
    let mut select = database
        .prepare("SELECT points.*, name FROM points JOIN builds USING (build)")
        .unwrap();
    let build = select
        .column_names()
        .position(|column| column == "build")
        .unwrap();
    let mut rows = select.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let mut sha256 = about.clone();
        (0..build).for_each(|column| add(&mut sha256, row.get_ref(column).unwrap()));
        add(&mut sha256, row.get_ref("name").unwrap());
        let hash: [u8; 32] = sha256.finalize().into();
        let number: i64 = row.get(0).unwrap();
        database
            .execute(
                "UPDATE points SET point_hash = ?1 WHERE number = ?2",
                (hash, number),
            )
            .unwrap();
    }
}

/// Makes a file of a version without hashes of points.
pub(super) fn make_older(file: &Path, version: i64) {
    let database = rusqlite::Connection::open(file).unwrap();
    database
        .execute_batch(&format!(
            "ALTER TABLE points DROP COLUMN point_hash;
             ALTER TABLE sweep DROP COLUMN sweep_hash;
             PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL)', 'NOT NULL\n)');
             PRAGMA user_version = {version}"
        ))
        .unwrap();
}

#[test]
fn points_come_in_a_fixed_order_with_their_metrics() {
    let sweeps = Sweeps::new();
    let ended = sweeps.spec("s", AXES).aether(&["s.toml"]).with(0);
    assert!(ended.stdout.contains("complete    120\n"), "{ended:#?}");
    let numbers: Vec<String> = (0..POINTS).map(|number| number.to_string()).collect();
    assert_eq!(sweeps.column("s.sweep", "point"), numbers);
    let k5 = sweeps.column("s.sweep", "k5");
    let expected: Vec<String> = (0..POINTS)
        .map(|number| (number / 12).to_string())
        .collect();
    assert_eq!(k5, expected, "the first axis varies slowest");
    let u1 = sweeps.column("s.sweep", "u1");
    assert_eq!(u1[..7], ["-50", "-50", "-50", "0", "0", "0", "7"]);
    let a = sweeps.column("s.sweep", "a");
    assert_eq!(a[..3], a[3..6]);
    assert_eq!(sweeps.column("s.sweep", "total_ticks"), vec!["8"; POINTS]);
    let ids: BTreeSet<String> = sweeps.column("s.sweep", "id").into_iter().collect();
    assert_eq!(ids.len(), POINTS);
}

/// A point is the run that `--set` makes.
#[test]
fn a_point_is_the_run_of_its_settings() {
    let sweeps = Sweeps::new();
    sweeps.spec("s", AXES).aether(&["s.toml"]).with(0);
    let row = |name: &str| sweeps.column("s.sweep", name)[77].clone();
    let base = root().join("scenarios/gf01/run.json");
    let args = [
        "run".to_owned(),
        base.display().to_string(),
        "--set".to_owned(),
        format!("topology.edges[e_id=5].k={}", row("k5")),
        "--set".to_owned(),
        format!("initial_state[node=1]={}", row("u1")),
        "--set".to_owned(),
        format!("profile.chain_rule.constants.a={}", row("a")),
        "--format".to_owned(),
        "json".to_owned(),
    ];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let run = aether_in(sweeps.path(), &args).with(0).json();
    assert_eq!(run["last_entry_hash"], row("last_entry_hash"));
    assert_eq!(run["l_total"].to_string(), row("l_total"));
}

/// However a sweep is cut into shards, and however often workers are killed, the merged file is the
/// same to the byte.
#[test]
fn shards_of_killed_workers_merge_to_the_same_bytes() {
    let sweeps = Sweeps::new();
    sweeps
        .spec("s", AXES)
        .aether(&["s.toml", "--threads", "1"])
        .with(0);
    sweeps.aether(&["merge", "whole.sweep", "s.sweep"]).with(0);
    let whole = fs::read(sweeps.path().join("whole.sweep")).unwrap();
    // The delays differ from shard to shard; whether a kill hits a worker decides nothing.
    let mut delay = 1;
    for count in [1, 2, 7, 64] {
        let mut shards = Vec::new();
        for index in 1..=count {
            let (shard, out) = (
                format!("{index}/{count}"),
                format!("{index}-of-{count}.sweep"),
            );
            let args = [
                "s.toml",
                "--shard",
                &shard,
                "--out",
                &out,
                "--batch",
                "3",
                "--threads",
                "2",
            ];
            let kills = match count {
                64 => u32::from(index % 8 == 0),
                7 => 1,
                _ => 4,
            };
            for _ in 0..kills {
                let mut worker = sweeps.start(&args);
                delay = delay * 31 % 101;
                std::thread::sleep(Duration::from_millis(20 + delay));
                let _ = worker.kill();
                worker.wait().unwrap();
            }
            let ended = sweeps.aether(&args).with(0);
            assert!(ended.stdout.contains("complete "), "{ended:#?}");
            shards.push(out);
        }
        // The order of shards does not matter either.
        shards.rotate_left(usize::try_from(count).unwrap() / 2);
        let merged = format!("merged-{count}.sweep");
        let shards: Vec<&str> = shards.iter().map(String::as_str).collect();
        sweeps
            .aether(&[&["merge", &merged], &shards[..]].concat())
            .with(0);
        assert!(
            fs::read(sweeps.path().join(&merged)).unwrap() == whole,
            "{count} shards"
        );
        assert_eq!(sweeps.table(&merged), sweeps.table("whole.sweep"));
    }
}

#[test]
fn finished_points_are_skipped() {
    let sweeps = Sweeps::new();
    sweeps.spec("s", AXES);
    let ran = |args: &[&str]| {
        let shown = sweeps
            .aether(&[args, &["--format", "json"]].concat())
            .with(0)
            .json();
        (
            shown["ran"].clone(),
            shown["skipped"].clone(),
            shown["points_of_shard"].clone(),
        )
    };
    assert_eq!(
        ran(&["s.toml", "--shard", "2/7"]),
        (json!(17), json!(0), json!(17))
    );
    assert_eq!(
        ran(&["s.toml", "--shard", "2/7"]),
        (json!(0), json!(17), json!(17))
    );
    sweeps.execute("s.2-of-7.sweep", "DELETE FROM points WHERE number > 60");
    assert_eq!(
        ran(&["s.toml", "--shard", "2/7"]),
        (json!(8), json!(9), json!(17))
    );
}

/// A worker that waits holds the file; a second one is refused, and the first is not disturbed.
#[test]
fn two_workers_of_one_file_exclude_each_other() {
    let sweeps = Sweeps::new();
    sweeps.spec("s", AXES).aether(&["s.toml"]).with(0);
    let connection = rusqlite::Connection::open(sweeps.path().join("s.sweep")).unwrap();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for args in [
        &["s.toml"][..],
        &["table", "s.sweep"],
        &["merge", "m.sweep", "s.sweep"],
    ] {
        sweeps
            .aether(args)
            .with(2)
            .reports(&["s.sweep is in use by a different process"]);
    }
    connection.execute_batch("ROLLBACK").unwrap();
    drop(connection);
    sweeps.aether(&["s.toml"]).with(0);
}

#[test]
fn the_shard_comes_from_the_environment_of_a_scheduler() {
    let sweeps = Sweeps::new();
    sweeps.spec("s", AXES);
    let run = |variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_aether"))
            .args(["sweep", "s.toml"])
            .envs(variables.iter().copied())
            .current_dir(sweeps.path())
            .output()
            .unwrap();
        let status = output.status.code();
        (status, String::from_utf8(output.stderr).unwrap())
    };
    let slurm = |id| {
        [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", "10"),
            ("SLURM_ARRAY_TASK_MAX", "16"),
            ("SLURM_ARRAY_TASK_STEP", "2"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
        ]
    };
    let jobs: [(&[(&str, &str)], &str); 4] = [
        (&slurm("14"), "3-of-4"),
        (
            &[("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETION_COUNT", "5")],
            "1-of-5",
        ),
        (&[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")], "2-of-2"),
        (
            &[("CIRCLE_NODE_INDEX", "1"), ("CIRCLE_NODE_TOTAL", "3")],
            "2-of-3",
        ),
    ];
    for (variables, name) in jobs {
        let (status, stderr) = run(variables);
        assert_eq!(status, Some(0), "{stderr}");
        assert!(stderr.contains(variables[0].0), "{stderr}");
        assert!(
            sweeps.path().join(format!("s.{name}.sweep")).is_file(),
            "{name}"
        );
    }
    let (status, stderr) = run(&slurm("13"));
    assert_eq!(status, Some(2), "{stderr}");
    assert!(stderr.contains("SLURM_ARRAY_TASK_ID is `13`"), "{stderr}");
}

/// A run that overflows, and documents with problems, are results; the sweep goes on.
#[test]
fn points_that_fail_are_recorded_with_their_errors() {
    let sweeps = Sweeps::new();
    let axes = "[[axes]]\nname = \"u\"\nset = \"initial_state[0]\"\nvalues = [1, 9223372036854775807, \"two\", 1.5]\n\
        [[axes]]\nname = \"v\"\nset = \"initial_state[1]\"\nvalues = [-9223372036854775807, 3]\n";
    let ended = sweeps.spec("s", axes).aether(&["s.toml"]).with(0);
    for line in [
        "failed ",
        "refused     4: their documents have problems",
        "first       point ",
    ] {
        assert!(ended.stdout.contains(line), "{ended:#?}");
    }
    let status = sweeps.column("s.sweep", "status");
    assert_eq!(status[4..], ["refused"; 4]);
    let errors = sweeps.column("s.sweep", "error");
    let number = status.iter().position(|status| status == "failed").unwrap();
    assert!(
        errors[number].contains("\"Overflow\""),
        "{}",
        errors[number]
    );
    assert!(
        errors[4].contains("AE0205") || errors[4].contains("AE0203"),
        "{}",
        errors[4]
    );
    assert_eq!(sweeps.column("s.sweep", "total_ticks")[4..], [""; 4]);
    // Values are as they were written.
    assert_eq!(
        sweeps.column("s.sweep", "u")[2..],
        [
            "9223372036854775807",
            "9223372036854775807",
            "two",
            "two",
            "1.5",
            "1.5"
        ]
    );
}

#[test]
fn a_table_gives_the_points_of_its_rows() {
    let sweeps = Sweeps::new();
    let axes = "table = \"points.csv\"\n[[axes]]\nname = \"k\"\nset = \"topology.edges[e_id=5].k\"\n\
        [[axes]]\nset = \"nap.nid\"\ncolumn = \"who\"\n";
    // A byte order mark, a column that is not used, spaces, names, and a row twice.
    sweeps.file(
        "points.csv",
        "\u{feff}k,note,who\r\n3,x,north\r\n 0x10 ,y,\"a, b\"\r\n3,z,north\r\n",
    );
    // A cell is JSON, TOML or one word; this one is none of them.
    let ended = sweeps.spec("s", axes).aether(&["s.toml"]).with(2);
    ended.reports(&[
        "points.csv:3:3",
        "`a, b` in the column `who` is not a value",
    ]);
    sweeps.file(
        "points.csv",
        "\u{feff}k,note,who\r\n3,x,north\r\n 0x10 ,y,\"\"\"a, b\"\"\"\r\n3,z,north\r\n",
    );
    sweeps.aether(&["s.toml"]).with(0);
    assert_eq!(sweeps.column("s.sweep", "k"), ["3", "16", "3"]);
    assert_eq!(
        sweeps.column("s.sweep", "nap.nid"),
        ["north", "a, b", "north"]
    );
    let ids = sweeps.column("s.sweep", "id");
    assert_eq!(ids[0], ids[2]);
    sweeps.aether(&["merge", "m.sweep", "s.sweep"]).with(0);
    for (table, words) in [
        ("k,note\n1,2\n", &["no column `who`"][..]),
        ("k,who\n", &["has no rows"]),
        ("k,who\n1\n", &["points.csv:2:1"]),
        ("k,who,k\n1,2,3\n", &["several columns `k`"]),
        ("", &["no column `k`"]),
    ] {
        sweeps.file("points.csv", table);
        sweeps
            .aether(&["s.toml", "--out", "t.sweep"])
            .with(2)
            .reports(words);
    }
}

#[test]
fn a_zip_takes_the_values_in_step() {
    let sweeps = Sweeps::new();
    let axes = "combine = \"zip\"\n[[axes]]\nname = \"T\"\nset = [\"ticks\", \"windows[0].end_tick\"]\nrange = { from = 4, to = 10, step = 3 }\n\
        [[axes]]\nname = \"k\"\nset = \"topology.edges[0].k\"\nvalues = [1, 2, 3]\n";
    sweeps.spec("s", axes).aether(&["s.toml"]).with(0);
    assert_eq!(sweeps.column("s.sweep", "T"), ["4", "7", "10"]);
    assert_eq!(sweeps.column("s.sweep", "total_ticks"), ["4", "7", "10"]);
    let wrong = axes.replace("[1, 2, 3]", "[1, 2]");
    sweeps
        .spec("s", &wrong)
        .aether(&["s.toml"])
        .with(2)
        .reports(&["AE0905", "2 values, and the first axis 3"]);
}

#[test]
fn a_sweep_with_problems_is_refused_with_all_of_them() {
    let sweeps = Sweeps::new();
    let axes = "[[axes]]\nset = \"tciks\"\nvalues = []\n[[axes]]\nset = \"topology.edges[e_id=99].k\"\nvalues = [1]\n\
        [[axes]]\nset = \"nap.nid\"\nrange = { from = 3, to = 1 }\n[[axes]]\nset = \"loom.W\"\n";
    sweeps
        .spec("s", axes)
        .aether(&["s.toml"])
        .with(2)
        .reports(&[
            "the axis has no values",
            "`e_id` 99",
            "from 3 to 1 is empty",
            "give one of `values`, `range` and `sample`",
            "s.toml:",
        ]);
    sweeps
        .spec("s", "axes = []\n")
        .aether(&["s.toml"])
        .with(2)
        .reports(&["the sweep has no axes"]);
    let huge = "[[axes]]\nset = \"ticks\"\nrange = { from = 1, to = 100000000 }\n[[axes]]\nset = \"loom.W\"\nrange = { from = 1, to = 100000000 }\n";
    sweeps
        .spec("s", huge)
        .aether(&["s.toml"])
        .with(2)
        .reports(&["10000000000000000 points", "over the limit"]);
    assert!(!sweeps.path().join("s.sweep").exists());
    aether_in(sweeps.path(), &["validate", "s.toml"]).with(0);
}

#[test]
fn files_of_other_sweeps_are_neither_merged_nor_replaced() {
    let sweeps = Sweeps::new();
    sweeps.spec("s", AXES).aether(&["s.toml"]).with(0);
    let other = AXES.replace("to = 9", "to = 8");
    sweeps.spec("o", &other).aether(&["o.toml"]).with(0);
    sweeps
        .aether(&["merge", "m.sweep", "s.sweep", "o.sweep"])
        .with(2)
        .reports(&["o.sweep", "different sweep"]);
    let before = fs::read(sweeps.path().join("s.sweep")).unwrap();
    sweeps
        .aether(&["o.toml", "--out", "s.sweep"])
        .with(2)
        .reports(&["other axes or values", "--out"]);
    sweeps
        .aether(&["s.toml", "--out", "s.sweep", "--shard", "1/2"])
        .with(2)
        .reports(&["shard 1/1", "shard 1/2"]);
    sweeps
        .aether(&["merge", "s.sweep", "s.sweep"])
        .with(2)
        .reports(&["cannot be replaced"]);
    sweeps
        .aether(&["merge", "o.sweep", "s.sweep"])
        .with(2)
        .reports(&["--force"]);
    sweeps
        .aether(&["merge", "s.toml", "s.sweep", "--force"])
        .with(2)
        .reports(&["is not a file of a sweep"]);
    sweeps
        .aether(&["s.toml", "--out", "s.toml"])
        .with(2)
        .reports(&["is not a file of a sweep"]);
    assert!(
        fs::read(sweeps.path().join("s.sweep")).unwrap() == before,
        "it is left as it was"
    );
    sweeps
        .aether(&["table", "none.sweep"])
        .with(2)
        .reports(&["there is no file none.sweep"]);
    sweeps
        .aether(&["merge", "o.sweep", "s.sweep", "--force"])
        .with(0);
    assert_eq!(sweeps.table("o.sweep"), sweeps.table("s.sweep"));
}

#[test]
fn shards_of_different_builds_are_merged_only_on_request_and_marked() {
    let sweeps = Sweeps::new();
    sweeps.spec("s", AXES);
    for shard in ["1/2", "2/2"] {
        sweeps.aether(&["s.toml", "--shard", shard]).with(0);
    }
    sweeps.forge("s.2-of-2.sweep", "UPDATE builds SET name = '0.0.1+old'");
    let shards = ["s.1-of-2.sweep", "s.2-of-2.sweep"];
    sweeps
        .aether(&[&["merge", "m.sweep"][..], &shards].concat())
        .with(2)
        .reports(&["different builds", "0.0.1+old", "--mixed"]);
    assert!(!sweeps.path().join("m.sweep").exists());
    sweeps
        .aether(&[&["merge", "m.sweep", "--mixed"][..], &shards].concat())
        .with(0);
    let builds = sweeps.column("m.sweep", "build");
    let old = builds.iter().filter(|build| *build == "0.0.1+old").count();
    assert_eq!(old, POINTS / 2);
    // A shard of one build does not continue with another.
    sweeps
        .aether(&["s.toml", "--shard", "2/2"])
        .with(2)
        .reports(&["0.0.1+old"]);
}

#[test]
fn equal_points_with_different_results_are_nondeterministic() {
    let sweeps = Sweeps::new();
    let twice = AXES.replace("[-50, 0, 7, 4000]", "[-50, 0, 7, 0]");
    sweeps.spec("s", &twice).aether(&["s.toml"]).with(0);
    sweeps.aether(&["s.toml", "--out", "t.sweep"]).with(0);
    sweeps
        .aether(&["merge", "m.sweep", "s.sweep", "t.sweep"])
        .with(0);
    let clashes = |sql: &str, words: &[&str]| {
        fs::copy(sweeps.path().join("t.sweep"), sweeps.path().join("u.sweep")).unwrap();
        sweeps.forge("u.sweep", sql);
        let ended = sweeps
            .aether(&["merge", "n.sweep", "s.sweep", "u.sweep"])
            .with(1);
        ended.reports(&[&["NONDETERMINISTIC", "s.sweep", "u.sweep"], words].concat());
        assert!(!sweeps.path().join("n.sweep").exists());
    };
    clashes(
        "UPDATE points SET l_total = l_total + 1 WHERE number = 17",
        &["point 17", "`l_total`"],
    );
    clashes(
        "UPDATE points SET digests = zeroblob(8) WHERE number = 17",
        &["point 17", "`digests`"],
    );
    clashes(
        "UPDATE points SET id = zeroblob(32) WHERE number = 17",
        &["point 17", "`id`"],
    );
    // Within one file: points 3 and 9 have the same inputs.
    sweeps.forge(
        "t.sweep",
        "UPDATE points SET l_total = l_total + 1 WHERE number = 9",
    );
    let ended = sweeps.aether(&["merge", "n.sweep", "t.sweep"]).with(1);
    ended.reports(&[
        "NONDETERMINISTIC",
        "point 3 of t.sweep and point 9 of t.sweep",
        "`l_total`",
    ]);
}

#[test]
fn diff_names_the_first_divergence_and_the_region() {
    let sweeps = Sweeps::new();
    sweeps.spec("s", AXES).aether(&["s.toml"]).with(0);
    fs::copy(sweeps.path().join("s.sweep"), sweeps.path().join("t.sweep")).unwrap();
    let ended = sweeps.aether(&["diff", "s.sweep", "t.sweep"]).with(0);
    assert!(
        ended
            .stdout
            .contains("compared    120 points by number; 0 differ"),
        "{ended:#?}"
    );
    // A limit ends the runs of one region early.
    let read = |path: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
    };
    let mut config = read("scenarios/gf01/run.json");
    config["topology_path"] = json!(root().join("fixtures/topologies/gf01.json"));
    config["profile_path"] = json!("profile.json");
    let mut profile = read("fixtures/profiles/cmp-0.json");
    sweeps.file("profile.json", &profile.to_string());
    config["diagnostics"] = json!({"limit": 1000});
    sweeps.file("run.json", &config.to_string());
    let spec = format!("v = 1\nrun_config = \"run.json\"\n{AXES}");
    sweeps.file("c.toml", &spec).aether(&["c.toml"]).with(0);
    let ended = sweeps.aether(&["diff", "s.sweep", "c.sweep"]).with(1);
    for line in [
        "compared    120 points by number; 30 differ",
        "first divergence at tick 1, ticks: 30 points",
        "  point 9: k5 = 0, u1 = 4000, a = 353471\n",
        "region: k5 from 0 to 9, u1 = 4000",
        "of the 30 points compared in this region, 30 differ",
    ] {
        assert!(
            ended.stdout.contains(line),
            "`{line}` is missing: {ended:#?}"
        );
    }
    let shown = sweeps
        .aether(&["diff", "s.sweep", "c.sweep", "--format", "json"])
        .with(1)
        .json();
    assert_eq!(
        shown["groups"][0]["region"][1],
        json!({"axis": "u1", "from": 4000, "to": 4000, "values": [4000]})
    );
    assert_eq!(len(&shown["groups"]), 1);
    // A different start of the chain leaves the ledgers alone.
    profile["C0"] = json!(7);
    sweeps.file("profile.json", &profile.to_string());
    config["diagnostics"] = json!({});
    sweeps.file("run.json", &config.to_string());
    sweeps.file("p.toml", &spec).aether(&["p.toml"]).with(0);
    let ended = sweeps.aether(&["diff", "s.sweep", "p.sweep"]).with(1);
    let line = "first divergence at tick 1, p_blocks: 120 points";
    assert!(ended.stdout.contains(line), "{ended:#?}");
    // Sweeps of different axes have their equal points in common.
    let wider = AXES.replace("from = 0, to = 9", "from = 5, to = 20");
    sweeps.spec("w", &wider).aether(&["w.toml"]).with(0);
    let shown = sweeps
        .aether(&["diff", "s.sweep", "w.sweep", "--format", "json"])
        .with(1)
        .json();
    assert_eq!(
        (&shown["compared"], &shown["different"]),
        (&json!(60), &json!(0))
    );
    assert_eq!(
        (&shown["only_in_a"], &shown["only_in_b"]),
        (&json!(60), &json!(132))
    );
}

#[test]
fn full_runs_are_kept_on_request() {
    let sweeps = Sweeps::new();
    let axes = "keep = \"records\"\n[[axes]]\nname = \"k\"\nset = \"topology.edges[0].k\"\nvalues = [1, 2, 3]\n";
    sweeps.spec("s", axes).aether(&["s.toml"]).with(0);
    let ids = sweeps.column("s.sweep", "id");
    let hashes = sweeps.column("s.sweep", "last_entry_hash");
    for (id, hash) in ids.iter().zip(hashes) {
        let shown = aether_in(sweeps.path(), &["verify", id, "--runs-dir", "s.sweep.runs"]).with(0);
        assert!(!shown.stdout.is_empty());
        let shown = aether_in(
            sweeps.path(),
            &[
                "inspect",
                id,
                "--runs-dir",
                "s.sweep.runs",
                "--format",
                "json",
            ],
        )
        .with(0)
        .json();
        assert_eq!(shown["run"]["last_entry_hash"], hash);
    }
    // A run that is missing is made again.
    let runs = sweeps.path().join("s.sweep.runs");
    fs::remove_file(runs.join(format!("{}.aether", ids[1]))).unwrap();
    let ended = sweeps.aether(&["s.toml"]).with(0);
    assert!(ended.stdout.contains("now         1 run,"), "{ended:#?}");
    assert!(runs.join(format!("{}.aether", ids[1])).is_file());
    fs::remove_dir_all(&runs).unwrap();
    sweeps.aether(&["s.toml"]).with(0);
    assert!(runs.join(format!("{}.aether", ids[0])).is_file());
    // Run again from the start, the same runs are stored.
    sweeps.execute("s.sweep", "DELETE FROM points");
    sweeps.aether(&["s.toml"]).with(0);
    assert_eq!(sweeps.column("s.sweep", "id"), ids);
    let other = axes.replace("records", "digests");
    sweeps
        .spec("s", &other)
        .aether(&["s.toml"])
        .with(2)
        .reports(&["keep = \"records\""]);
}

#[test]
fn damaged_files_are_reported() {
    let sweeps = Sweeps::new();
    sweeps.spec("s", AXES).aether(&["s.toml"]).with(0);
    let damaged = |sql: &str| {
        fs::copy(sweeps.path().join("s.sweep"), sweeps.path().join("d.sweep")).unwrap();
        sweeps.execute("d.sweep", sql);
        sweeps.aether(&["table", "d.sweep"]).with(1);
        sweeps.aether(&["diff", "s.sweep", "d.sweep"]).with(1);
    };
    damaged("UPDATE points SET status = 'x' WHERE number = 3");
    damaged("UPDATE points SET axis_values = '[1]' WHERE number = 3");
    damaged("UPDATE points SET axis_values = 'x' WHERE number = 3");
    damaged("UPDATE points SET build = 5 WHERE number = 3");
    damaged("DELETE FROM sweep");
    let bytes = fs::read(sweeps.path().join("s.sweep")).unwrap();
    fs::write(sweeps.path().join("e.sweep"), "").unwrap();
    for args in [&["table", "e.sweep"][..], &["merge", "m.sweep", "e.sweep"]] {
        sweeps
            .aether(args)
            .with(2)
            .reports(&["e.sweep is empty", "run its shard again"]);
    }
    sweeps
        .aether(&["s.toml", "--out", "e.sweep"])
        .with(2)
        .reports(&["e.sweep is empty", "delete it"]);
    for size in [1, 50, 100, 4096, bytes.len() / 2] {
        fs::write(sweeps.path().join("d.sweep"), &bytes[..size]).unwrap();
        let ended = sweeps.aether(&["table", "d.sweep"]);
        assert!(matches!(ended.status, Some(1 | 2)), "{size}: {ended:#?}");
    }
}

/// Points are made one at a time: ten million of them take no memory.
#[cfg(target_os = "linux")]
#[test]
fn ten_million_points_take_no_memory() {
    const KIB_MAX: u64 = 96 * 1024;
    let sweeps = Sweeps::new();
    let axes = AXES
        .replace("to = 9 ", "to = 9999 ")
        .replace("count = 3,", "count = 250,");
    sweeps.spec("s", &axes);
    let mut worker = sweeps.start(&["s.toml", "--batch", "10"]);
    let log = sweeps.path().join("s.sweep-wal");
    // Points have been stored when the log has grown beyond the tables.
    while fs::metadata(&log).map_or(0, |log| log.len()) < 200_000 {
        assert!(worker.try_wait().unwrap().is_none(), "it has not ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    let status = fs::read_to_string(format!("/proc/{}/status", worker.id())).unwrap();
    worker.kill().unwrap();
    worker.wait().unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak: u64 = peak
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    assert!(peak < KIB_MAX, "{peak} KiB");
    let first = sweeps.column("s.sweep", "point");
    assert_eq!(first[0], "0");
    let ended = sweeps.aether(&["merge", "m.sweep", "s.sweep"]).with(0);
    assert!(ended.stdout.contains(" of 10000000 points\n"), "{ended:#?}");
}

/// Points of other numbers, statuses that no point has, and tables that are none: every command reports them, and a worker does not go
/// on with them.
#[test]
fn forged_points_and_tables_are_damage() {
    let sweeps = Sweeps::new();
    sweeps.spec(
        "s",
        "[[axes]]\nname = \"k\"\nset = \"topology.edges[e_id=5].k\"\nvalues = [1, 2, 3, 4, 5, 6]\n",
    );
    sweeps.aether(&["s.toml"]).with(0);
    sweeps.aether(&["s.toml", "--shard", "1/2"]).with(0);
    let view = "ALTER TABLE points RENAME TO hidden;
        CREATE VIEW points AS WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n)
        SELECT hidden.* FROM n, hidden WHERE n.x < 0";
    for (file, spec, sql) in [
        (
            "s.sweep",
            &["s.toml"][..],
            "UPDATE points SET number = 6 WHERE number = 3",
        ),
        (
            "s.sweep",
            &["s.toml"],
            "UPDATE points SET number = -1 WHERE number = 3",
        ),
        (
            "s.1-of-2.sweep",
            &["s.toml", "--shard", "1/2"],
            "UPDATE points SET number = 3 WHERE number = 2",
        ),
        (
            "s.sweep",
            &["s.toml"],
            "UPDATE points SET status = 'x' WHERE number = 3",
        ),
        ("s.sweep", &["s.toml"], view),
        (
            "s.sweep",
            &["s.toml"],
            "CREATE TRIGGER t BEFORE INSERT ON points BEGIN SELECT RAISE(IGNORE); END",
        ),
        ("s.sweep", &["s.toml"], "CREATE TABLE more (x)"),
        ("s.sweep", &["s.toml"], "DROP TABLE builds"),
    ] {
        fs::copy(sweeps.path().join(file), sweeps.path().join("forged.sweep")).unwrap();
        let forged = rusqlite::Connection::open(sweeps.path().join("forged.sweep")).unwrap();
        forged.execute_batch(sql).unwrap();
        drop(forged);
        for args in [
            &["table", "forged.sweep"][..],
            &["diff", "forged.sweep", file],
            &["merge", "all.sweep", "forged.sweep"],
            &[spec, &["--out", "forged.sweep"]].concat(),
        ] {
            sweeps
                .aether(args)
                .with(1)
                .reports(&["forged.sweep is damaged"]);
        }
        assert!(!sweeps.path().join("all.sweep").exists(), "{sql}");
    }
}

/// SQLite would wait for what is written to a pipe.
#[test]
#[cfg(unix)]
fn a_pipe_beside_a_sweep_is_refused() {
    let sweeps = Sweeps::new();
    sweeps.spec(
        "s",
        "[[axes]]\nname = \"k\"\nset = \"topology.edges[e_id=5].k\"\nvalues = [1, 2]\n",
    );
    sweeps.aether(&["s.toml"]).with(0);
    for ending in ["-journal", "-wal"] {
        let pipe = sweeps.path().join(format!("s.sweep{ending}"));
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for args in [
            &["table", "s.sweep"][..],
            &["s.toml"],
            &["merge", "all.sweep", "s.sweep"],
        ] {
            sweeps.aether(args).with(2).reports(&["a pipe or a device"]);
        }
        fs::remove_file(pipe).unwrap();
    }
    sweeps.aether(&["s.toml"]).with(0);
}

/// Every column of every point is covered by its hash, and so is what the sweep is about: each command that reads a changed one says
/// so, and none launders it.
#[test]
fn no_value_of_a_point_can_be_changed() {
    let sweeps = Sweeps::of_three();
    let mut changes = vec![
        "UPDATE points SET number = 9, number = 1 - number WHERE number < 2".to_owned(),
        "UPDATE points SET id = randomblob(32) WHERE number = 1".to_owned(),
        "UPDATE points SET axis_values = '[9]' WHERE number = 1".to_owned(),
        "UPDATE points SET axis_values = '[2 ]' WHERE number = 1".to_owned(),
        "UPDATE points SET status = 'failed' WHERE number = 1".to_owned(),
        "UPDATE points SET error = '' WHERE number = 1".to_owned(),
        "UPDATE points SET last_entry_hash = x'00' WHERE number = 1".to_owned(),
        "UPDATE points SET records_hash = NULL WHERE number = 1".to_owned(),
        "UPDATE points SET l_total_by_window = '{}' WHERE number = 1".to_owned(),
        "UPDATE points SET digests = x'' WHERE number = 1".to_owned(),
        "UPDATE points SET point_hash = x'' WHERE number = 1".to_owned(),
        "UPDATE sweep SET definition = '{}'".to_owned(),
        "UPDATE sweep SET base = ''".to_owned(),
        "UPDATE sweep SET axes = '[\"other\"]'".to_owned(),
        "UPDATE sweep SET points = 4".to_owned(),
        "UPDATE sweep SET keep = 'records'".to_owned(),
        "UPDATE sweep SET shard = NULL, shards = NULL".to_owned(),
        "UPDATE sweep SET sweep_hash = zeroblob(32)".to_owned(),
        "UPDATE builds SET name = 'other'".to_owned(),
        "INSERT INTO builds VALUES (1, 'more')".to_owned(),
        "DELETE FROM points; UPDATE sweep SET axes = '[\"j\"]'".to_owned(),
        "DELETE FROM points; UPDATE sweep SET points = 4".to_owned(),
        "DELETE FROM points; UPDATE builds SET name = 'other'".to_owned(),
    ];
    let metrics = [
        "total_ticks",
        "window_count",
        "l_total",
        "apx_manifests",
        "i_blocks",
        "uledger_entries",
        "nap_ctrl",
        "nap_ingress",
        "nap_data",
        "nap_egress",
        "pfna_applied",
        "codex_motifs",
        "codex_proposals",
    ];
    for metric in metrics {
        for value in [format!("{metric} + 1"), "NULL".to_owned()] {
            changes.push(format!(
                "UPDATE points SET {metric} = {value} WHERE number = 1"
            ));
        }
    }
    changes[0] = "UPDATE points SET number = -1 - number WHERE number < 2;
         UPDATE points SET number = 2 + number WHERE number < 0"
        .to_owned();
    for sql in changes {
        fs::copy(sweeps.path().join("s.sweep"), sweeps.path().join("d.sweep")).unwrap();
        let changed = rusqlite::Connection::open(sweeps.path().join("d.sweep")).unwrap();
        changed.execute_batch(&sql).unwrap();
        drop(changed);
        for args in [
            &["table", "d.sweep"][..],
            &["diff", "s.sweep", "d.sweep"],
            &["merge", "m.sweep", "d.sweep"],
        ] {
            let ended = sweeps.aether(args).with(1);
            assert!(
                ended.stderr.contains("d.sweep is damaged"),
                "{sql}: {ended:#?}"
            );
        }
        let ended = sweeps.aether(&["s.toml", "--out", "d.sweep"]);
        assert_eq!(ended.status, Some(1), "{sql}: {ended:#?}");
        assert!(
            ended.stderr.contains("d.sweep is damaged"),
            "{sql}: {ended:#?}"
        );
        assert!(!sweeps.path().join("m.sweep").exists());
    }
}

/// What the sweep is about is checked by itself, too: here every hash is right.
#[test]
fn a_sweep_about_nothing_is_damaged() {
    let sweeps = Sweeps::of_three();
    for sql in [
        "UPDATE sweep SET keep = 'x'",
        "UPDATE sweep SET shard = NULL",
        "UPDATE sweep SET shards = NULL",
        "UPDATE sweep SET shard = 2",
        "UPDATE sweep SET shards = 5000000000",
        "UPDATE sweep SET points = -1",
        "UPDATE sweep SET points = 0",
        "UPDATE sweep SET points = 4294967296",
        "UPDATE sweep SET axes = '[]'",
        "UPDATE sweep SET axes = '[\"k\", \"k\"]'",
        "UPDATE sweep SET axes = 'k'",
        "UPDATE sweep SET axes = CAST(x'ff' AS TEXT)",
        "INSERT INTO sweep SELECT * FROM sweep",
        "UPDATE builds SET build = 1",
        "UPDATE builds SET build = -1",
        "INSERT INTO builds VALUES (5, 'more')",
        "UPDATE points SET error = CAST(x'ff' AS TEXT)",
        "UPDATE points SET l_total = NULL",
    ] {
        fs::copy(sweeps.path().join("s.sweep"), sweeps.path().join("d.sweep")).unwrap();
        sweeps.forge("d.sweep", sql);
        for args in [
            &["table", "d.sweep"][..],
            &["diff", "s.sweep", "d.sweep"],
            &["merge", "m.sweep", "d.sweep"],
            &["s.toml", "--out", "d.sweep"],
        ] {
            let ended = sweeps.aether(args).with(1);
            assert!(
                ended.stderr.contains("d.sweep is damaged"),
                "{sql}: {ended:#?}"
            );
        }
    }
}

/// Files of versions 1 and 2 have no hashes, and are read as they are.
#[test]
fn files_of_older_versions_are_read() {
    let sweeps = Sweeps::of_three();
    fs::copy(sweeps.path().join("s.sweep"), sweeps.path().join("o.sweep")).unwrap();
    make_older(&sweeps.path().join("o.sweep"), 1);
    assert_eq!(sweeps.table("o.sweep"), sweeps.table("s.sweep"));
    sweeps.aether(&["diff", "o.sweep", "s.sweep"]).with(0);
    sweeps.aether(&["merge", "a.sweep", "s.sweep"]).with(0);
    sweeps.aether(&["merge", "b.sweep", "o.sweep"]).with(0);
    let bytes = |file: &str| fs::read(sweeps.path().join(file)).unwrap();
    assert!(bytes("a.sweep") == bytes("b.sweep"));
    sweeps.aether(&["s.toml", "--out", "o.sweep"]).with(0);
    assert_eq!(sweeps.table("o.sweep"), sweeps.table("s.sweep"));
}

/// A journal or a log that lies beside a sweep is not applied to it, whoever made it.
#[test]
fn journals_of_other_files_are_not_applied() {
    let sweeps = Sweeps::of_three();
    let whole = sweeps.table("s.sweep");
    let bytes = fs::read(sweeps.path().join("s.sweep")).unwrap();
    // Each is left by a process that stops in the middle of a change which would empty the table.
    for (mode, ending) in [("DELETE", "-journal"), ("WAL", "-wal")] {
        let other = sweeps.path().join("other.sweep");
        fs::write(&other, &bytes).unwrap();
        let database = rusqlite::Connection::open(&other).unwrap();
        database
            .execute_batch(&format!(
                "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; PRAGMA journal_mode = {mode};
                 BEGIN; DELETE FROM points;
                 CREATE TABLE big (x); INSERT INTO big SELECT zeroblob(100000);"
            ))
            .unwrap();
        if mode == "WAL" {
            database.execute_batch("DROP TABLE big; COMMIT").unwrap();
        }
        let left = fs::read(sweeps.path().join(format!("other.sweep{ending}"))).unwrap();
        assert!(left.len() > 512, "{mode}: {}", left.len());
        for args in [
            &["table", "s.sweep"][..],
            &["diff", "s.sweep", "s.sweep"],
            &["merge", "m.sweep", "s.sweep", "--force"],
            &["s.toml"],
        ] {
            fs::write(sweeps.path().join(format!("s.sweep{ending}")), &left).unwrap();
            sweeps.aether(args).with(0);
            assert_eq!(sweeps.table("s.sweep"), whole, "{mode} {args:?}");
        }
    }
}

/// A merge removes nothing but what it made itself.
#[test]
fn a_merge_leaves_other_files_alone() {
    let sweeps = Sweeps::of_three();
    for name in ["m.sweep.merging", "m.sweep.packing"] {
        sweeps.file(name, "mine");
    }
    sweeps.aether(&["merge", "m.sweep", "s.sweep"]).with(0);
    sweeps
        .aether(&["merge", "m.sweep", "s.toml", "--force"])
        .with(2);
    let mut names: Vec<String> = fs::read_dir(sweeps.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "m.sweep",
            "m.sweep.merging",
            "m.sweep.packing",
            "s.sweep",
            "s.toml"
        ]
    );
}

/// What is not a file, and what leads nowhere, is refused with what it is.
#[test]
#[cfg(unix)]
fn a_directory_or_a_broken_link_is_no_sweep() {
    let sweeps = Sweeps::of_three();
    fs::create_dir(sweeps.path().join("dir")).unwrap();
    std::os::unix::fs::symlink("nowhere", sweeps.path().join("broken")).unwrap();
    for (name, words) in [("dir", "a directory"), ("broken", "a link")] {
        for args in [
            &["s.toml", "--out", name][..],
            &["merge", name, "s.sweep", "--force"],
        ] {
            let ended = sweeps.aether(args).with(2);
            assert!(ended.stderr.contains(words), "{args:?}: {ended:#?}");
        }
    }
    sweeps
        .aether(&["table", "dir"])
        .with(2)
        .reports(&["a directory"]);
    assert!(sweeps.path().join("broken").symlink_metadata().is_ok());
}

/// The hash of a row does not say where it is: pages that are swapped, or one that is there twice, lose points and show others again.
#[test]
fn a_page_that_is_there_twice_is_damage() {
    let sweeps = Sweeps::new();
    let spec = "[[axes]]\nname = \"k\"\nset = \"topology.edges[e_id=5].k\"\nrange = { from = 0, to = 19 }\n";
    sweeps.spec("s", spec).aether(&["s.toml"]).with(0);
    let bytes = fs::read(sweeps.path().join("s.sweep")).unwrap();
    let page_at = |page: usize| page * 4096;
    // Pages of a table: 5 has children, 13 has rows.
    let mut pages = (1..bytes.len() / 4096).map(page_at);
    let root = pages.find(|page| bytes[*page] == 5).unwrap();
    let cells = usize::from(u16::from_be_bytes([bytes[root + 3], bytes[root + 4]]));
    assert!(cells >= 1);
    let pointer = |cell: usize| {
        let at = root + 12 + 2 * cell;
        root + usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
    };
    // The last child takes the place of the first.
    let mut twice = bytes.clone();
    twice.copy_within(root + 8..root + 12, pointer(0));
    // The bound between two children is wrong, which hides points from a search.
    let mut hidden = bytes.clone();
    hidden[pointer(0) + 4] = 0;
    for bytes in [twice, hidden] {
        fs::write(sweeps.path().join("d.sweep"), bytes).unwrap();
        for args in [
            &["table", "d.sweep"][..],
            &["diff", "s.sweep", "d.sweep"],
            &["merge", "m.sweep", "s.sweep", "d.sweep"],
            &["s.toml", "--out", "d.sweep"],
        ] {
            sweeps.aether(args).with(1).reports(&["d.sweep is damaged"]);
        }
    }
}

/// SQLite takes `file:…` and `:memory:` for more than a name.
#[test]
fn a_name_is_a_name() {
    let sweeps = Sweeps::of_three();
    sweeps.file("b", "mine");
    for name in ["file:b", "file:c?mode=memory", ":memory:"] {
        sweeps.aether(&["s.toml", "--out", name]).with(0);
        assert_eq!(sweeps.table(name), sweeps.table("s.sweep"), "{name}");
        sweeps
            .aether(&["merge", &format!("{name}.m"), name])
            .with(0);
        assert_eq!(sweeps.table(&format!("{name}.m")), sweeps.table("s.sweep"));
    }
    assert_eq!(fs::read(sweeps.path().join("b")).unwrap(), b"mine");
    let run = |args: &[&str]| aether_in(sweeps.path(), &[args, &["--runs-dir", "file:d"]].concat());
    let gf01 = root().join("scenarios/gf01/run.json");
    run(&["run", gf01.to_str().unwrap(), "--run-id", "r"]).with(0);
    run(&["verify", "r"]).with(0);
    assert!(sweeps.path().join("file:d/r.aether").is_file());
}

/// Behind a link is the file, and what lies beside it.
#[test]
#[cfg(unix)]
fn a_sweep_behind_a_link_is_the_sweep() {
    let sweeps = Sweeps::of_three();
    let whole = sweeps.table("s.sweep");
    fs::create_dir(sweeps.path().join("links")).unwrap();
    std::os::unix::fs::symlink("../s.sweep", sweeps.path().join("links/l.sweep")).unwrap();
    for ending in ["-journal", "-wal"] {
        for args in [
            &["table", "links/l.sweep"][..],
            &["s.toml", "--out", "links/l.sweep"],
        ] {
            sweeps.file(&format!("s.sweep{ending}"), "of somebody else");
            sweeps.aether(args).with(0);
            assert!(!sweeps.path().join(format!("s.sweep{ending}")).exists());
        }
    }
    sweeps.aether(&["merge", "m.sweep", "s.sweep"]).with(0);
    sweeps
        .aether(&["merge", "links/l.sweep", "m.sweep", "--force"])
        .with(0);
    assert!(sweeps.path().join("links/l.sweep").is_symlink());
    assert_eq!(sweeps.table("s.sweep"), whole);
}

/// A link beside a sweep belongs to somebody else: it is neither written through nor removed.
#[test]
#[cfg(unix)]
fn a_link_beside_a_sweep_is_refused() {
    let sweeps = Sweeps::of_three();
    sweeps.file("precious", "mine");
    for (ending, to) in [("-wal", "precious"), ("-journal", "nowhere")] {
        let link = sweeps.path().join(format!("s.sweep{ending}"));
        std::os::unix::fs::symlink(to, &link).unwrap();
        for args in [&["table", "s.sweep"][..], &["s.toml"]] {
            let ended = sweeps.aether(args).with(2);
            assert!(
                ended
                    .stderr
                    .contains(&format!("s.sweep{ending}: it is a link")),
                "{ended:#?}"
            );
        }
        fs::remove_file(link).unwrap();
    }
    assert_eq!(fs::read(sweeps.path().join("precious")).unwrap(), b"mine");
}

/// There is nothing to do, so nothing is written: the file may be read-only, and keeps its bytes.
#[test]
fn a_complete_sweep_stays_as_it_is() {
    let sweeps = Sweeps::of_three();
    let bytes = fs::read(sweeps.path().join("s.sweep")).unwrap();
    let ended = sweeps.aether(&["s.toml"]).with(0);
    assert!(ended.stdout.contains("0 run, 3 were there"), "{ended:#?}");
    assert!(fs::read(sweeps.path().join("s.sweep")).unwrap() == bytes);
}

/// A table with two columns of one name says two things.
#[test]
fn an_axis_has_a_name_of_its_own() {
    let sweeps = Sweeps::new();
    let named = |name: &str| {
        let axis = "set = \"topology.edges[e_id=5].k\"\nvalues = [1, 2]\n";
        sweeps.spec("s", &format!("[[axes]]\nname = \"{name}\"\n{axis}"));
        sweeps.aether(&["s.toml"])
    };
    named("k").with(0);
    let table = sweeps.table("s.sweep");
    let header = table.lines().next().unwrap();
    let columns = header.split(',').filter(|column| *column != "k");
    for column in columns.chain(Described::COLUMNS).chain(["build"]) {
        let ended = named(column).with(2);
        assert!(ended.stderr.contains("s.toml:4:8"), "{ended:#?}");
    }
}

/// What lies beside a file of a worker that lives is its own, which nobody may remove.
#[test]
#[cfg(unix)]
fn nobody_touches_the_log_of_a_live_worker() {
    let sweeps = Sweeps::of_three();
    let table = sweeps.table("s.sweep");
    let beside = sweeps.path().join("s.sweep-wal");
    fs::write(&beside, "a log").unwrap();
    let file = fs::File::open(sweeps.path().join("s.sweep")).unwrap();
    file.try_lock().unwrap();
    for args in [
        &["table", "s.sweep"][..],
        &["merge", "m.sweep", "s.sweep"],
        &["s.toml"],
    ] {
        sweeps
            .aether(args)
            .with(2)
            .reports(&["s.sweep is in use by a different process"]);
        assert_eq!(fs::read(&beside).unwrap(), b"a log");
    }
    drop(file);
    assert_eq!(sweeps.table("s.sweep"), table);
    assert!(!beside.exists());
}

#[test]
fn names_of_axes_stay_on_their_lines() {
    let sweeps = Sweeps::new();
    let axis = "name = \"a\\nb\\u001b[31m\"\nset = \"initial_state[node=1]\"\nvalues = [1]\n";
    sweeps.spec("s", &format!("[[axes]]\n{axis}"));
    for file in ["s.sweep", "t.sweep"] {
        sweeps.aether(&["s.toml", "--out", file]).with(0);
    }
    sweeps.forge(
        "t.sweep",
        "UPDATE points SET last_entry_hash = zeroblob(32)",
    );
    let ended = sweeps.aether(&["diff", "s.sweep", "t.sweep"]).with(1);
    for line in [
        "compared    1 point by number; 1 differ",
        ": 1 point\n",
        "  point 0: a\\nb‹U+001B›[31m = 1\n",
    ] {
        assert!(
            ended.stdout.contains(line),
            "`{line}` is missing: {ended:#?}"
        );
    }
}
