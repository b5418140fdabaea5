//! Goldens that are digests: small however long the run is, and explained by records that are made again.

use std::fs;
use std::process::Command;

use aether_harness::scenario::SnapshotMode;
use aether_harness::snapshot::{BlessEntry, Manifest, sha256_hex};
use aether_harness::{Artefact, ArtefactSchema, Schema, digest};
use serde_json::Value;

use crate::repository::{Repository, tree};
use crate::workspace::{Ran, Workspace, has, skipped};

crate::tests![digests;
    a_planted_change_is_reported_by_its_records,
    a_value_is_followed_through_records_that_are_made_again,
    a_program_that_is_not_in_the_history_is_said,
    two_checkouts_find_the_first_record_that_differs,
    any_node_of_the_tree_is_printed,
    older_digests_hold_until_they_are_blessed_again,
    large_inputs_are_kept_by_their_digest,
    the_test_target_of_a_revision_leaves_records,
    a_runner_leaves_records_where_it_is_asked_to,
    small_scenarios_may_keep_digests,
    the_format_of_digests_is_as_documented,
];

/// What takes too long for every run.
pub(crate) const LONG: &[crate::Test] = &[(
    "digests::a_change_in_a_run_of_a_million_ticks_is_reported",
    a_change_in_a_run_of_a_million_ticks_is_reported,
)];

fn can_run() -> bool {
    if !cfg!(unix) || !has("git") {
        skipped("this is not a Unix with git");
        return false;
    }
    true
}

/// A program that prints a record for each tick; the rule is in a file of its own.
const SIM: &str = "#!/bin/sh\nset -eu\necho run >> \"$RUNS/sim\"\nroot=$(dirname \"$0\")\n\
    awk -v ticks=\"$(cat \"$1\")\" \"$(cat \"$root/rule.awk\")\" </dev/null\n";

/// The rule, with something that happens at a tick.
fn rule(planted: &str) -> String {
    format!(
        "BEGIN {{ for (t = 0; t < ticks; t++) {{ v = (t * 7919) % 1009; {planted}; \
         printf \"{{\\\"t\\\":%d,\\\"v\\\":%d}}\\n\", t, v }} }}\n"
    )
}

const SCENARIO: &str = "description = \"many ticks\"\nsnapshot = \"digest\"\nsnapshot_reason = \"long\"\n\
    [command]\nprogram = \"sh\"\nargs = [\"{root}/sim.sh\", \"{scenario}/ticks.txt\"]\npass = [\"RUNS\"]\n\
    [[outputs]]\nname = \"o\"\nfrom = \"stdout\"\nformat = \"jsonl\"\nstage = \"counter\"\ntick = \"t\"\n\
    [outputs.keys]\n\"\" = [\"t\"]\n";

/// A repository with the program and its goldens.
fn simulated(ticks: usize) -> Repository {
    let repository = Repository::new();
    repository.forget_runs();
    repository.executable("sim.sh", SIM);
    repository.write("rule.awk", &rule(""));
    repository.write("scenarios/sim/scenario.toml", SCENARIO);
    repository.write("scenarios/sim/ticks.txt", &format!("{ticks}\n"));
    repository.write(".gitignore", "/target\n");
    repository.bless("sim", "the first rule");
    repository.commit("a simulation");
    repository
}

fn runs(repository: &Repository) -> usize {
    repository.runs().get("sim").copied().unwrap_or_default()
}

fn golden_bytes(repository: &Repository) -> u64 {
    let dir = repository.root().join("fixtures/snapshots/sim");
    let files = fs::read_dir(dir).unwrap();
    files
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum()
}

#[track_caller]
fn json_of(ran: &Ran, status: i32) -> Value {
    assert_eq!(ran.status, Some(status), "{}{}", ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

fn a_planted_change_is_reported_by_its_records() {
    if can_run() {
        planted(20_000, 13_577);
    }
}

fn a_change_in_a_run_of_a_million_ticks_is_reported() {
    if can_run() {
        planted(1_000_000, 654_321);
    }
}

fn planted(ticks: usize, at: usize) {
    let repository = simulated(ticks);
    let bytes = golden_bytes(&repository);
    eprintln!("{ticks} ticks have goldens of {bytes} bytes");
    assert!(bytes <= 64 << 10, "{bytes}");
    // The change comes with others, and much later than the goldens.
    repository.write("notes", "a\n");
    repository.commit("notes");
    repository.write("rule.awk", &rule(&format!("if (t >= {at}) v += 5")));
    let before = tree(repository.root());
    repository.forget_runs();
    let report = json_of(&repository.run(&["diff", "sim", "--format", "json"]), 1);
    let first = &report["scenarios"][0]["first_divergence"];
    let without = runs(&repository);
    // By digests alone, a span is known.
    let span = first["path"].as_str().unwrap().to_owned();
    let bounds = span
        .strip_prefix("o[ticks=\"")
        .and_then(|rest| rest.strip_suffix("\"]"));
    let (from, to) = bounds.unwrap().split_once("..").unwrap();
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    assert!((from..=to).contains(&at), "{span}");

    repository.forget_runs();
    let begun = std::time::Instant::now();
    let report = json_of(
        &repository.run(&["diff", "sim", "--rebuild", "--format", "json"]),
        1,
    );
    eprintln!("diff --rebuild took {:?}", begun.elapsed());
    let scenario = &report["scenarios"][0];
    let value = (at * 7919) % 1009;
    let first = &scenario["first_divergence"];
    assert_eq!(first["path"], format!("o[t={at}].v"), "{report}");
    assert_eq!(first["tick"], at);
    assert_eq!(first["before"], value);
    assert_eq!(first["after"], value + 5);
    assert_eq!(scenario["followed"]["counter"]["values"], ticks - at - 1);
    let note = scenario["note"].as_str().unwrap();
    assert!(
        note.contains("the old records are made again by "),
        "{note}"
    );
    assert!(!note.contains("only digests are compared"), "{note}");
    // One run of the old program, and one more of the new one.
    assert_eq!(runs(&repository), without + 2);
    repository.forget_runs();
    let ran = repository.run(&["diff", "sim", "--rebuild"]);
    let expected = format!(
        "  tick {at} · counter · v: {value} → {}\n    at o[t={at}].v\n",
        value + 5
    );
    assert!(ran.out.contains(&expected), "{}", ran.out);
    // The old records are kept outside the repository, and not made a third time.
    assert_eq!(runs(&repository), without + 1);
    let outputs = repository.root().join("target");
    fs::remove_dir_all(&outputs).unwrap();
    let mut left = tree(repository.root());
    let mut kept = before;
    left.retain(|path, _| !path.starts_with(&outputs));
    kept.retain(|path, _| !path.starts_with(&outputs));
    assert_eq!(left, kept, "the tree is as it was");
}

fn a_value_is_followed_through_records_that_are_made_again() {
    if !can_run() {
        return;
    }
    let repository = simulated(3000);
    let depends = "[[depends]]\nof = \"o[t=t].v\"\non = [\"o[t=t-1].v\"]\n";
    repository.write(
        "scenarios/sim/scenario.toml",
        &format!("{SCENARIO}{depends}"),
    );
    repository.commit("what its values are computed from");
    repository.write("rule.awk", &rule("if (t >= 2345) v += 5"));
    let ran = repository.run(&["why", "sim"]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
    assert!(
        ran.err
            .contains("sim: its goldens are kept as digests, without the values that `why` follows: `--rebuild`"),
        "{}",
        ran.err
    );
    // Reports name the command as it is to be typed.
    let ran = repository.run(&["diff", "sim"]);
    let named = "why it differs: aether-harness why sim --rebuild\n";
    assert!(ran.out.contains(named), "{}", ran.out);
    let before = golden_bytes(&repository);
    let at = ["why", "sim", "--rebuild", "--at", "o[t=2347].v"];
    let ran = repository.run(&at);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let v = |t: usize| (t * 7919) % 1009;
    let line = |t: usize| format!("o[t={t}].v: {} → {}\n", v(t), v(t) + 5);
    assert_eq!(
        ran.out,
        format!(
            "{}  {}    {}the rule for o.v changed\n",
            line(2347),
            line(2346),
            line(2345)
        )
    );
    assert!(
        ran.err.contains("the old records are made again by "),
        "{}",
        ran.err
    );
    // Without --at, from the first divergence, which digests do not show.
    let why = json_of(
        &repository.run(&["why", "sim", "--rebuild", "--format", "json"]),
        0,
    );
    assert_eq!(why["at"], "o[t=2345].v", "{why}");
    assert_eq!(golden_bytes(&repository), before);
    // Records that are too large to be followed are not read.
    let large = |planted: &str| {
        rule(planted)
            .replace("\\\"v\\\":", "\\\"pad\\\":\\\"%12000s\\\",\\\"v\\\":")
            .replace(", t, v", ", t, t, v")
    };
    repository.write("rule.awk", &large(""));
    repository.bless("sim", "long records");
    repository.commit("long records");
    repository.write("rule.awk", &large("v += 1"));
    let ran = repository.run(&["why", "sim", "--rebuild"]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
    assert!(
        ran.err.contains("and `why` reads up to 67108864: "),
        "{}",
        ran.err
    );
    // If the program of the goldens is gone, this is said.
    repository.write("rule.awk", &rule(""));
    repository.write("scenarios/sim/ticks.txt", "2900\n");
    repository.bless("sim", "fewer");
    repository.write("rule.awk", &rule("v += 1"));
    let ran = repository.run(&at);
    assert_eq!(ran.status, Some(2), "{}{}", ran.out, ran.err);
    assert!(
        ran.err
            .contains("the old records are not here: no commit has these goldens of sim"),
        "{}",
        ran.err
    );
}

fn a_program_that_is_not_in_the_history_is_said() {
    if !can_run() {
        return;
    }
    let repository = simulated(300);
    // The goldens are committed without the program that made them.
    repository.write("rule.awk", &rule("v += 1"));
    repository.bless("sim", "one more");
    repository.git(&["add", "fixtures"]);
    repository.git(&["commit", "--quiet", "-m", "goldens alone"]);
    let alone = repository.head();
    repository.git(&["checkout", "--quiet", "rule.awk"]);
    let ran = repository.run(&["diff", "sim", "--rebuild"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let expected = format!(
        "the old records are not here: the program of the goldens of sim is not in the history: {}, which brought \
         the goldens in, produces something else: o differs",
        &alone[..10]
    );
    assert!(ran.out.contains(&expected), "{}", ran.out);
    // The digests are reported all the same: few ticks have digests by themselves.
    assert!(ran.out.contains("\n    at o[tick=0]\n"), "{}", ran.out);

    // Goldens that no commit has, from a tree with changes.
    repository.write("rule.awk", &rule("v += 2"));
    repository.bless("sim", "two more");
    repository.write("rule.awk", &rule("v += 3"));
    let ran = repository.run(&["diff", "sim", "--rebuild"]);
    assert!(
        ran.out.contains("no commit has these goldens of sim"),
        "{}",
        ran.out
    );
    // From a tree without changes, they need not be committed.
    repository.commit("two more and three more");
    repository.bless("sim", "three more");
    repository.write("rule.awk", &rule("v += 4"));
    let ran = repository.run(&["diff", "sim", "--rebuild"]);
    assert!(ran.out.contains("\n    at o[t=0].v\n"), "{}", ran.out);
    // A build that fails is said.
    repository.write(
        "scenarios/defaults.toml",
        "[build]\nprogram = \"sh\"\nargs = [\"{root}/build.sh\"]\n",
    );
    repository.write("build.sh", "exit 3\n");
    repository.write("rule.awk", &rule("v += 3"));
    repository.commit("a build that fails");
    repository.git(&["checkout", "--quiet", "HEAD~1", "--", "fixtures"]);
    repository.write("build.sh", "exit 0\n");
    repository.run(&["diff", "sim"]);
    repository.bless("sim", "built");
    repository.git(&["add", "fixtures"]);
    repository.git(&["commit", "--quiet", "-m", "goldens of a build"]);
    repository.write("rule.awk", &rule("v += 5"));
    let ran = repository.run(&["diff", "sim", "--rebuild"]);
    assert!(ran.out.contains(" cannot be built: "), "{}", ran.out);
    // Without git there is no history.
    fs::remove_dir_all(repository.root().join(".git")).unwrap();
    let ran = repository.run(&["diff", "sim", "--rebuild"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.out
            .contains("this is not in the working tree of a git repository"),
        "{}",
        ran.out
    );
}

/// The bound on digests that two checkouts exchange.
fn bound(records: u64) -> u64 {
    2 * u64::from(records.max(1).next_power_of_two().ilog2()) + 2
}

fn two_checkouts_find_the_first_record_that_differs() {
    if !can_run() {
        return;
    }
    let [here, there] = [simulated(3_000), simulated(3_000)];
    let program = env!("CARGO_BIN_EXE_aether-harness");
    let serve = format!(
        "cd '{}' && RUNS='{}' '{program}' digest sim --serve",
        there.root().display(),
        there.outside("runs").display()
    );
    let search = |args: &[&str]| {
        let mut all = vec!["digest", "sim", "--with", &serve];
        all.extend(args);
        here.run(&all)
    };
    let ran = search(&[]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(
        ran.out,
        "sim: 3000 records here and there, all equal\nexchanged 2 digests for 3000 records\n"
    );
    for (planted, at, ticks) in [
        ("if (t == 0) v = 1", 0, 3_000),
        ("if (t > 1733) v++", 1_734, 3_000),
        ("if (t == 2999) v = 0 - 1", 2_999, 3_000),
        ("", 3_000, 3_001),
        ("", 2_000, 2_000),
    ] {
        there.write("rule.awk", &rule(planted));
        there.write("scenarios/sim/ticks.txt", &format!("{ticks}\n"));
        let found = json_of(&search(&["--format", "json"]), 1);
        assert_eq!(found["equal"], false);
        assert_eq!(found["records"], serde_json::json!([3_000, ticks]));
        assert_eq!(found["first"]["number"], at, "{found}");
        let exchanged = found["exchanged"].as_u64().unwrap();
        assert!(
            exchanged <= bound(3_000.max(ticks)),
            "{exchanged} for {planted}"
        );
        let sides =
            ["here", "there"].map(|side| found["first"][side]["at"].as_str().map(str::to_owned));
        let place = format!("tick={at}/o/record=0");
        let expected = [at < 3_000, at < ticks].map(|is_there| is_there.then(|| place.clone()));
        assert_eq!(sides, expected);
        if sides.iter().all(Option::is_some) {
            assert_eq!(found["first_divergence"]["path"], format!("o[t={at}].v"));
        }
    }
    there.write("scenarios/sim/ticks.txt", "3000\n");
    there.write("rule.awk", &rule("if (t > 1733) v++"));
    let ran = search(&[]);
    let value = (1_734 * 7919) % 1009;
    let expected = format!(
        "sim: tick 1734 · counter · v: {value} → {}\n  at o[t=1734].v\n  here: tick=1734/o/record=0\n    \
         {{\"t\":1734,\"v\":{value}}}\n",
        value + 1
    );
    assert!(ran.out.starts_with(&expected), "{}", ran.out);
    assert!(
        ran.out
            .ends_with("\nexchanged 24 digests for 3000 records\n"),
        "{}",
        ran.out
    );
    // What does not answer as it should is said.
    for (with, said) in [
        ("exit 1", "it ended without an answer"),
        (
            "echo hello; cat",
            "expected what `digest NAME --serve` says",
        ),
        (
            "echo '{\"digests\":1,\"name\":\"other\",\"records\":1}'; cat",
            "it answers for other, not for sim",
        ),
        (
            "echo '{\"digests\":1,\"name\":\"sim\",\"records\":1}'; echo 3; cat",
            "expected a digest",
        ),
    ] {
        let ran = here.run(&["digest", "sim", "--with", with]);
        assert_eq!(ran.status, Some(2), "{with}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(said), "{with}: {}", ran.err);
    }
}

fn any_node_of_the_tree_is_printed() {
    if !can_run() {
        return;
    }
    let repository = simulated(3_000);
    repository.forget_runs();
    let node = |args: &[&str]| {
        let mut all = vec!["digest", "sim", "--format", "json"];
        all.extend(args);
        json_of(&repository.run(&all), 0)
    };
    let root = node(&[]);
    assert_eq!(
        (&root["of"], &root["records"]),
        (&"golden".into(), &3_000.into())
    );
    assert_eq!(root["children"][0]["at"], "o");
    let span = node(&["--at", "ticks=64..127/o"]);
    assert_eq!(span["of"], "golden");
    assert_eq!(runs(&repository), 0, "the golden has it");
    // From the root down to a record, and each child has the digest that its parent says.
    let mut at = String::new();
    let mut way = Vec::new();
    loop {
        let one = node(&["--at", &at, "--current"]);
        assert_eq!(one["of"], "output");
        way.push(at);
        let children = one["children"].as_array().unwrap().clone();
        let Some(last) = children.last() else {
            assert_eq!(
                one["record"],
                serde_json::json!({ "t": 2_999, "v": (2_999 * 7919) % 1009 })
            );
            break;
        };
        at = last["at"].as_str().unwrap().to_owned();
        assert_eq!(node(&["--at", &at, "--current"])["digest"], last["digest"]);
    }
    assert_eq!(way[..3], ["", "o", "ticks=0..4095/o"]);
    assert_eq!(
        way[way.len() - 3..],
        ["tick=2999/o", "tick=2999/o/block=0", "tick=2999/o/record=0"]
    );
    // What the golden does not have is that of a run, and says so.
    let of_tick = node(&["--at", "tick=70/o"]);
    assert_eq!(of_tick["of"], "output");
    assert_eq!(
        node(&["--at", "ticks=64..127/o", "--current"])["digest"],
        span["digest"]
    );
    let ran = repository.run(&["digest", "sim", "--at", "tick=70"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(
        lines[0].ends_with("  sim tick=70  (output, 1 record)"),
        "{}",
        ran.out
    );
    assert!(lines[1].ends_with("  tick=70/o"), "{}", ran.out);
    for (at, said) in [
        ("tick=70/p", "the golden of sim has nothing at tick=70/p"),
        (
            "ticks=8192..8255",
            "the golden of sim has nothing at ticks=8192..8255",
        ),
        ("ticks=1..64", "is not a span"),
        ("seventy/o", "is not part of an address"),
    ] {
        let ran = repository.run(&["digest", "sim", "--at", at]);
        assert_eq!(ran.status, Some(2), "{at}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(said), "{at}: {}", ran.err);
    }
}

/// Turns the goldens of a scenario, which hold records, into digests by tick, as format 2 had them.
fn made_older(repository: &Repository) {
    let dir = repository.root().join("fixtures/snapshots/sim");
    let schema = Schema {
        artefacts: vec![ArtefactSchema::new("o").with_tick("t")],
        ..Schema::default()
    };
    let records = Artefact::from_golden("o", fs::read(dir.join("o.json")).unwrap()).unwrap();
    let digests = digest(&records, &schema);
    fs::write(dir.join("o.json"), digests.text()).unwrap();
    let path = dir.join("snapshot.toml");
    let mut manifest = Manifest::parse(&fs::read(&path).unwrap()).unwrap();
    manifest.snapshot = SnapshotMode::Digest;
    assert_eq!(manifest.format, 2);
    manifest
        .files
        .insert("o.json".into(), sha256_hex(digests.text()));
    manifest.bless = vec![BlessEntry {
        date: "2026-11-01".into(),
        version: "-".into(),
        reason: "long ago".into(),
        artefacts: Vec::new(),
        commit: None,
        clean: None,
    }];
    fs::write(path, manifest.render().unwrap()).unwrap();
}

/// A repository with digests by tick.
fn older() -> Repository {
    let repository = Repository::new();
    repository.forget_runs();
    repository.executable("sim.sh", SIM);
    repository.write("rule.awk", &rule(""));
    repository.write("scenarios/sim/ticks.txt", "300\n");
    let full = SCENARIO.replace("snapshot = \"digest\"\nsnapshot_reason = \"long\"\n", "");
    repository.write("scenarios/sim/scenario.toml", &full);
    repository.bless("sim", "records");
    made_older(&repository);
    repository.write("scenarios/sim/scenario.toml", SCENARIO);
    repository
}

fn older_digests_hold_until_they_are_blessed_again() {
    if !can_run() {
        return;
    }
    let path = "fixtures/snapshots/sim/snapshot.toml";
    let read = |repository: &Repository, path: &str| {
        fs::read_to_string(repository.root().join(path)).unwrap()
    };
    let repository = older();
    let before = tree(&repository.root().join("fixtures"));
    let ran = repository.run(&["diff", "sim"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    // They are compared as before.
    repository.write("rule.awk", &rule("if (t == 77) v++"));
    let ran = repository.run(&["diff", "sim"]);
    assert!(ran.out.contains("\n    at o[tick=77]\n"), "{}", ran.out);
    // A bless of everything leaves them alone; one by name renews them, with its reason.
    repository.write("rule.awk", &rule(""));
    let ran = repository.run(&["bless", "--all", "--reason", "r"]);
    assert_eq!(ran.out, "sim: nothing to change\n", "{}", ran.err);
    assert_eq!(tree(&repository.root().join("fixtures")), before);
    let ran = repository.run(&["bless", "sim", "--reason", "in the new form"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let said = "sim: the outputs are equal; its digests take the form of format 3\n";
    assert!(ran.out.starts_with(said), "{}", ran.out);
    let manifest = read(&repository, path);
    assert!(manifest.contains("\nformat = 3\n"), "{manifest}");
    assert!(manifest.contains("reason = \"long ago\""), "{manifest}");
    assert!(
        manifest.contains("reason = \"in the new form\""),
        "{manifest}"
    );
    assert!(
        read(&repository, "fixtures/snapshots/sim/o.json").contains("\"records\":1,\"tick\":0}")
    );
    assert_eq!(repository.run(&["diff", "sim"]).status, Some(0));
    let ran = repository.run(&["bless", "sim", "--reason", "again"]);
    assert_eq!(ran.out, "sim: nothing to change\n", "{}", ran.err);

    // A bless of outputs that differ takes the new form too.
    let repository = older();
    repository.write("rule.awk", &rule("v += 2"));
    repository.bless("sim", "two more");
    assert!(read(&repository, path).contains("\nformat = 3\n"));
    assert_eq!(repository.run(&["diff", "sim"]).status, Some(0));

    // Without a reason, an upgrade does it, if the outputs are equal.
    let repository = older();
    repository.write("rule.awk", &rule("v += 2"));
    let ran = repository.run(&["bless", "--upgrade"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    repository.write("rule.awk", &rule(""));
    let ran = repository.run(&["bless", "--upgrade"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.starts_with("upgraded sim from format 2 to 3: "),
        "{}",
        ran.out
    );
    assert_eq!(repository.run(&["diff", "sim"]).status, Some(0));
}

fn large_inputs_are_kept_by_their_digest() {
    if !can_run() {
        return;
    }
    let repository = simulated(100);
    let large = format!("[{}]", vec!["12345678"; 130_000].join(","));
    assert!(large.len() > 1 << 20);
    repository.write("scenarios/sim/large.json", &large);
    repository.bless("sim", "a large input");
    let bytes = golden_bytes(&repository);
    assert!(bytes <= 64 << 10, "{bytes}");
    repository.commit("a large input");
    assert_eq!(repository.run(&["diff", "sim"]).status, Some(0));
    // A change is noticed, and is the cause.
    repository.write(
        "scenarios/sim/large.json",
        &large.replacen("12345678", "87654321", 1),
    );
    let report = json_of(&repository.run(&["diff", "sim", "--format", "json"]), 1);
    let scenario = &report["scenarios"][0];
    assert_eq!(scenario["verdict"], "STALE_INPUTS");
    assert!(
        scenario["causes"][0]["file"]
            .as_str()
            .unwrap()
            .ends_with("large.json"),
        "{report}"
    );
    // With the old inputs, the old records can be made again.
    repository.write("rule.awk", &rule("if (t == 5) v = 0"));
    let report = json_of(
        &repository.run(&["diff", "sim", "--rebuild", "--format", "json"]),
        1,
    );
    assert_eq!(
        report["scenarios"][0]["first_divergence"]["path"], "o[t=5].v",
        "{report}"
    );
}

/// A cargo that names a script of the tree as the test target that it has built.
const CARGO: &str = "#!/bin/sh\nmkdir -p target/debug\ncp tests/scenarios.sh target/debug/scenarios\n\
    chmod +x target/debug/scenarios\n\
    echo '{\"reason\":\"compiler-artifact\",\"manifest_path\":\"'$PWD'/Cargo.toml\",\"target\":{\"kind\":[\"test\"],\
    \"name\":\"scenarios\"},\"executable\":\"'$PWD'/target/debug/scenarios\"}'\n";

/// The test target of the automaton at a revision: this very binary in its tree, without the defect of now.
fn target() -> String {
    format!(
        "#!/bin/sh\nunset {}\nAETHER_HARNESS_PLAY=runner AETHER_HARNESS_ROOT=\"$PWD\" exec '{}' \"$@\"\n",
        crate::automaton::DEFECT,
        std::env::current_exe().unwrap().display()
    )
}

fn the_test_target_of_a_revision_leaves_records() {
    if !can_run() {
        return;
    }
    let repository = Repository::new();
    let workspace = Workspace::empty();
    let reason = "snapshot = \"digest\"\nsnapshot_reason = \"large\"\n";
    workspace.scenario("ring", reason, "");
    for file in ["scenario.toml", "run.toml"] {
        let path = format!("scenarios/ring/{file}");
        repository.write(&path, &workspace.read(&path));
    }
    repository.write(".gitignore", "/target\n");
    repository.write("tests/scenarios.sh", &target());
    repository.executable("../bin/cargo", CARGO);
    let command = |args: &[&str], defect: Option<&str>| {
        let mut command = workspace.process("command");
        command.env(crate::workspace::ROOT, repository.root());
        command.env("CARGO", repository.outside("bin").join("cargo"));
        command.env("AETHER_HARNESS_CACHE", repository.outside("cache"));
        command.envs(defect.map(|defect| (crate::automaton::DEFECT, defect)));
        Ran::of(command.args(args))
    };
    let ran = command(&["bless", "ring", "--reason", "first"], None);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    repository.commit("a ring");
    let by_digest = json_of(
        &command(&["diff", "ring", "--format", "json"], Some("4")),
        1,
    );
    let path = by_digest["scenarios"][0]["first_divergence"]["path"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(path, "generations[tick=4]", "{by_digest}");
    let ran = command(
        &["diff", "ring", "--rebuild", "--format", "json"],
        Some("4"),
    );
    let report = json_of(&ran, 1);
    let scenario = &report["scenarios"][0];
    let note = scenario["note"].as_str().unwrap_or_default();
    assert!(
        note.contains("the old records are made again by "),
        "{report}"
    );
    let first = &scenario["first_divergence"];
    let path = first["path"].as_str().unwrap();
    assert!(path.starts_with("generations[tick=4]."), "{report}");
    assert_ne!(first["before"], first["after"]);
    // A harness that does not know how to leave records is said to.
    let old = "#!/bin/sh\n# of an older harness\nexit 0\n";
    repository.write("tests/scenarios.sh", old);
    let ran = command(&["bless", "ring", "--reason", "a defect"], Some("5"));
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    repository.commit("a ring with an older harness");
    let ran = command(&["diff", "ring", "--rebuild"], Some("4"));
    let said = "its harness cannot leave the records of a scenario with digests";
    assert!(ran.out.contains(said), "{}{}", ran.out, ran.err);
}

fn a_runner_leaves_records_where_it_is_asked_to() {
    let workspace = Workspace::blessed();
    let reason = "snapshot = \"digest\"\nsnapshot_reason = \"large\"\n";
    workspace.scenario("small", reason, "");
    workspace.bless("small", "first");
    let golden = workspace.read("fixtures/snapshots/small/generations.json");
    assert!(golden.contains("\"digest\":\""), "{golden}");
    let records = tempfile::tempdir().unwrap();
    let mut command: Command = workspace.process("runner");
    command.args(["small::golden", "--exact"]);
    command.env("AETHER_HARNESS_RECORDS", records.path());
    let ran = Ran::of(&mut command);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let left = fs::read_to_string(records.path().join("small/generations.json")).unwrap();
    assert!(!left.contains("\"digest\""), "{left}");
    assert!(Artefact::from_golden("generations", left).is_ok());
}

fn small_scenarios_may_keep_digests() {
    let workspace = Workspace::blessed();
    workspace.scenario(
        "small",
        "snapshot = \"digest\"\nsnapshot_reason = \"a trial\"\n",
        "",
    );
    workspace.bless("small", "first");
    assert_eq!(workspace.runner(&["small::"]).status, Some(0));
}

/// The page has the very digests that this program makes of a small run, and of one with spans.
fn the_format_of_digests_is_as_documented() {
    let page = include_str!("../../../../docs/goldens.md");
    let schema = Schema {
        artefacts: vec![ArtefactSchema::new("minutes").with_tick("minute")],
        ..Schema::default()
    };
    let goldens = |ticks: u32| {
        let records =
            (1..=ticks).map(|tick| format!("{{\"minute\":{tick},\"waiting\":{}}}", tick % 3));
        let minutes = Artefact::from_canonical_records("minutes", records);
        let golden = aether_harness::DigestTree::of(&[minutes], &schema)
            .goldens()
            .remove(0);
        String::from_utf8(golden.text().to_vec()).unwrap()
    };
    let small = goldens(2);
    assert!(page.contains(&small), "docs/goldens.md lacks:\n{small}");
    let long = goldens(1_000);
    let first: Vec<&str> = long.lines().take(3).collect();
    let first = first.join("\n");
    assert!(page.contains(&first), "docs/goldens.md lacks:\n{first}");
    let size = format!("{} KiB", aether_harness::DIGESTS_MAX >> 10);
    assert!(page.contains(&size), "docs/goldens.md lacks {size}");
    for format in 1..=aether_harness::snapshot::DIGEST_FORMAT {
        assert!(
            page.contains(&format!("`format = {format}`")),
            "docs/goldens.md lacks format {format}"
        );
    }
    let newer = format!("`format = {}`", aether_harness::snapshot::DIGEST_FORMAT + 1);
    assert!(!page.contains(&newer));
}
