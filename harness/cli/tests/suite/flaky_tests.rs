//! `flaky --tests` over small cargo workspaces, some of whose tests are flaky on purpose.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::nextest::is_there;
use crate::workspace::Ran;

crate::tests![flaky_tests;
    a_test_that_differs_is_found_and_recorded,
    a_test_in_quarantine_is_reported_and_does_not_fail,
    a_quarantine_that_does_not_count_fails_the_check,
    what_changes_a_result_is_named,
    what_cannot_be_run_has_its_status,
];

/// Fails on every second run, by a file that counts them.
const TURNS: &str = "
#[test]
fn turns() {
    let path = concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/count\");
    let count: u32 = std::fs::read_to_string(path).map_or(0, |text| text.parse().unwrap());
    std::fs::write(path, (count + 1).to_string()).unwrap();
    assert!(count % 2 == 0, \"turn {count} is odd\");
}
";

const STEADY: &str = "
#[test]
fn steady() {}
";

/// A cargo workspace with one crate.
struct Crate(TempDir);

impl Crate {
    fn new(tests: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let manifest =
            "[package]\nname = \"small\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n";
        let made = Self(dir);
        made.write("Cargo.toml", manifest);
        made.write("src/lib.rs", "");
        made.write("tests/suite.rs", tests);
        made
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The installed command in it.
    fn harness(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
        command.args(args).current_dir(self.root());
        for name in [
            "CI",
            "CARGO_TARGET_DIR",
            "NEXTEST_PROFILE",
            "RUSTFLAGS",
            "TZ",
        ] {
            command.env_remove(name);
        }
        Ran::of(&mut command)
    }

    fn flaky(&self, args: &[&str]) -> Ran {
        self.harness(&[&["flaky", "--tests", "--load", "2"], args].concat())
    }

    /// The record.
    fn history(&self) -> Vec<Value> {
        let path = self.root().join("target/flaky/history.jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn quarantine(&self, test: &str, until: &str) {
        let entry = format!(
            "[[test]]\nbinary = \"small::suite\"\ntest = \"{test}\"\nowner = \"@o\"\nreason = \"issue 7\"\nuntil = {until}\n"
        );
        self.write(".config/quarantine.toml", &entry);
    }
}

/// A day about so many days from now: months are counted as 30 days, years as 360.
fn day(ahead: i64) -> String {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    let today = i64::try_from(since.as_secs() / 86_400).unwrap();
    let date = |days: i64| {
        let (year, of_year) = (1970 + days * 400 / 146_097, days * 400 % 146_097 / 400);
        let (month, day) = ((of_year / 31).min(11) + 1, (of_year % 31).min(27) + 1);
        format!("{year:04}-{month:02}-{day:02}")
    };
    date(today + ahead)
}

fn a_test_that_differs_is_found_and_recorded() {
    if !is_there() {
        return;
    }
    let made = Crate::new(&[TURNS, STEADY].concat());
    let ran = made.flaky(&[]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    for expected in [
        "small::suite turns: 1 of 3 runs failed\n",
        "  as it is: 1 of 1 passed\n",
        "  under load: 0 of 1 passed\n",
        "the first failure, in round 2, under load:",
        "    | turn 1 is odd\n",
        "2 tests in 3 rounds, 1 of each kind, under a load of 2: 1 differed, 0 failed in every round\n",
        "recorded in target/flaky/history.jsonl\n",
    ] {
        assert!(ran.out.contains(expected), "{expected}: {}", ran.out);
    }
    assert!(!ran.out.contains("steady"), "{}", ran.out);
    assert!(
        ran.err
            .contains("round 3 of 3, in a changed environment: 2 tests, 0 failed"),
        "{}",
        ran.err
    );
    let [line] = made.history().try_into().unwrap();
    assert_eq!(line["v"], 1);
    assert_eq!(line["binary"], "small::suite");
    assert_eq!(line["test"], "turns");
    assert_eq!(
        (&line["differs"], &line["quarantined"]),
        (&true.into(), &false.into())
    );
    assert_eq!(line["failure"]["environment"], "load");
    assert_eq!(line["rounds"][1]["failed"], 1);
    assert_eq!(line["commit"], Value::Null);
    assert_eq!(
        line["date"].as_str().unwrap().len(),
        "2026-11-27T03:08:36Z".len()
    );

    // The next time, it is remembered; what a killed process left of a line is in nobody's way.
    let path = made.root().join("target/flaky/history.jsonl");
    let torn = fs::read_to_string(&path).unwrap() + "{\"v\":1,\"da";
    fs::write(&path, &torn).unwrap();
    let ran = made.flaky(&["--format", "json", "--repeat", "2"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["rounds"].as_array().unwrap().len(), 6);
    assert_eq!(report["tests"][0]["test"], "turns");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(&torn), "{text}");
    assert_eq!(text.lines().count(), 3);

    // Only what nextest selects is run.
    let ran = made.flaky(&["--", "-E", "test(=steady)"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("1 test in 3 rounds"), "{}", ran.out);
    let ran = made.flaky(&["--", "-E", "test(=turns)"]);
    assert!(
        ran.out.contains("recorded 2 times before, first on 20"),
        "{}",
        ran.out
    );
}

fn a_test_in_quarantine_is_reported_and_does_not_fail() {
    if !is_there() {
        return;
    }
    let made = Crate::new(TURNS);
    made.quarantine("turns", &day(30));
    let ran = made.flaky(&[]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    for expected in [
        "small::suite turns: 1 of 3 runs failed\n",
        "(@o): issue 7\n",
        "1 differed, 0 failed in every round, 1 of them in quarantine\n",
    ] {
        assert!(ran.out.contains(expected), "{expected}: {}", ran.out);
    }
    assert_eq!(made.history()[0]["quarantined"], true);
    // An entry that has expired excuses nothing.
    made.quarantine("turns", &day(-30));
    let ran = made.flaky(&[]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.err
            .contains("warning: .config/quarantine.toml:1: `small::suite turns` was in"),
        "{}",
        ran.err
    );
}

fn a_quarantine_that_does_not_count_fails_the_check() {
    if !is_there() {
        return;
    }
    let made = Crate::new(STEADY);
    made.write("scenarios/echo/scenario.toml", "description = \"d\"\n[command]\nprogram = \"echo\"\nargs = [\"[1]\"]\n[[outputs]]\nname = \"out\"\nfrom = \"stdout\"\n");
    let ran = made.harness(&["bless", "echo", "--reason", "first"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(made.harness(&["check"]).status, Some(0));
    let checked = |expected: &str| {
        let ran = made.harness(&["check"]);
        assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
        let expected = format!("quarantine: .config/quarantine.toml:{expected}");
        assert!(ran.out.contains(&expected), "{expected}: {}", ran.out);
        assert!(ran.out.ends_with("1 problem\n"), "{}", ran.out);
    };
    made.quarantine("steady", &day(30));
    let ran = made.harness(&["check"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    made.quarantine("steady", &day(-2));
    checked("1: `small::suite steady` was in quarantine until");
    made.quarantine("gone", &day(30));
    checked("1: there is no test `small::suite gone`; remove the entry");
    made.quarantine("steady", "\"soon\"");
    checked("1: `until`: expected a date without quotes");
    let ran = made.flaky(&[]);
    assert_eq!(ran.status, Some(2), "{}{}", ran.out, ran.err);
}

/// Only Linux has all these changes; a time zone is changed everywhere.
fn what_changes_a_result_is_named() {
    if !is_there() {
        return;
    }
    let made = Crate::new(
        "#[test]\nfn zone() {\n    assert_ne!(std::env::var(\"TZ\").as_deref(), Ok(\"ELSE-13:45\"));\n}\n\
         #[test]\nfn broken() {\n    panic!(\"always\");\n}\n",
    );
    let ran = made.flaky(&[]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    for expected in [
        "small::suite zone: 1 of 3 runs failed\n",
        "  in a changed environment: 0 of 1 passed\n",
        "  it fails if only this is changed: the time zone (TZ)\n",
        "small::suite broken: failed in every round",
        "1 differed, 1 failed in every round",
    ] {
        assert!(ran.out.contains(expected), "{expected}: {}", ran.out);
    }
    // What always fails does not differ; it fails all the same.
    let ran = made.flaky(&["--", "-E", "test(=broken)"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    assert_eq!(made.history().last().unwrap()["differs"], false);
}

fn what_cannot_be_run_has_its_status() {
    if !is_there() {
        return;
    }
    let refused = |made: &Crate, args: &[&str], status: i32, expected: &str| {
        let ran = made.flaky(args);
        assert_eq!(ran.status, Some(status), "{}{}", ran.out, ran.err);
        assert!(ran.err.contains(expected), "{expected}: {}", ran.err);
        assert_eq!(ran.out, "");
    };
    let made = Crate::new(STEADY);
    refused(&made, &["--repeat", "0"], 2, "--repeat 0 runs nothing");
    refused(&made, &["name"], 2, "cannot be used with");
    refused(
        &made,
        &["--", "-E", "test(=none)"],
        2,
        "there is nothing to run",
    );
    // Nothing can be kept where a file is.
    made.write("target/flaky/x", "");
    fs::remove_dir_all(made.root().join("target/flaky")).unwrap();
    made.write("target/flaky", "");
    refused(&made, &[], 3, "");
    made.write("tests/suite.rs", "fn");
    fs::remove_file(made.root().join("target/flaky")).unwrap();
    refused(&made, &[], 2, "the tests do not build");
    fs::remove_file(made.root().join("Cargo.toml")).unwrap();
    refused(&made, &[], 2, "runs the tests of a cargo workspace");
}
