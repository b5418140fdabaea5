//! Scenarios that are valid, and every problem of those that are not.

use super::*;
use crate::{Failure, Mode, Prepared};

/// A subject that has keys and modes of its own and runs nothing.
struct Paper;

impl Subject for Paper {
    fn name(&self) -> &str {
        "paper"
    }

    fn open(&self, _: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        Err(Failure::invalid("there is nothing to run"))
    }

    fn keys(&self) -> &'static [KeyTable] {
        &[
            KeyTable {
                table: "",
                is_array: false,
                keys: &["format", "sheets"],
            },
            KeyTable {
                table: "format",
                is_array: false,
                keys: &["height", "limit", "width"],
            },
            KeyTable {
                table: "sheets",
                is_array: true,
                keys: &["colour", "weight"],
            },
        ]
    }

    fn runs(&self, settings: &Settings) -> bool {
        !settings.has("rock")
    }

    fn time_limit(&self, settings: &Settings) -> Option<Duration> {
        settings.has("sheets").then_some(Duration::from_secs(7))
    }

    fn modes(&self) -> Vec<Mode> {
        ["threads", "replay"]
            .map(|name| Mode::new(name, format!("the run in the mode {name}")))
            .to_vec()
    }
}

/// The subjects of a suite in which every scenario is valid and none can be run.
pub(crate) fn subjects() -> [Arc<dyn Subject>; 1] {
    [Arc::new(Paper)]
}

fn load(text: &str) -> Result<Scenario, String> {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("some");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join(SCENARIO_FILE), text).unwrap();
    Scenario::load(&dir, &subjects()).map_err(|error| {
        error
            .to_string()
            .replace(&root.path().display().to_string(), "")
    })
}

#[test]
fn a_minimal_scenario_has_defaults() {
    let scenario = load("description = \"d\"\n").unwrap();
    assert_eq!(scenario.name().as_str(), "some");
    assert_eq!(scenario.runtime, Runtime::Short);
    assert_eq!(scenario.expect, Expect::Success);
    assert_eq!(scenario.snapshot, SnapshotMode::Full);
    assert_eq!(scenario.time_limit, Duration::from_secs(60));
    assert!(scenario.dropped.is_empty());
}

#[test]
fn every_key_is_read() {
    let scenario = load(
        "description = \"d\"\nruntime = \"long\"\ntags = [\"t\"]\n\
         snapshot = \"digest\"\nsnapshot_reason = \"big\"\ntime_limit = 2.5\n\
         [drop]\nthreads = \"one only\"\n[format]\nwidth = 210\n",
    )
    .unwrap();
    assert_eq!(scenario.description, "d");
    assert_eq!(scenario.runtime, Runtime::Long);
    assert_eq!(scenario.tags, ["t"]);
    assert_eq!(scenario.snapshot, SnapshotMode::Digest);
    assert_eq!(scenario.time_limit, Duration::from_millis(2500));
    let threads = Check::Mode("threads".to_owned());
    assert_eq!(scenario.dropped[&threads], "one only");
    assert_eq!(scenario.subject().name(), "paper");
    assert!(scenario.settings().has("format"));
    assert!(!scenario.settings().has("width"));

    let limited = load("description = \"d\"\n[[sheets]]\nweight = 80\n").unwrap();
    assert_eq!(limited.time_limit, Duration::from_secs(7));
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(load(text).unwrap_err(), expected);
}

#[test]
fn problems_name_their_place() {
    check(
        "description = \"d\"\nsnapshots = 1\n",
        "/some/scenario.toml:2:1: the top level has no key `snapshots`; did you mean `snapshot`?\n  |\n\
         2 | snapshots = 1\n  | ^^^^^^^^^",
    );
    check(
        "description = \"d\"\n[drop]\ngolden = \"x\"\nspeed = \"y\"\nthreads = \" \"\n",
        "/some/scenario.toml:3:1: the check `golden` cannot be dropped\n  |\n3 | golden = \"x\"\n  | ^^^^^^\n\
         /some/scenario.toml:4:1: there is no check `speed`; these can be dropped: process, threads, \
         replay\n  |\n4 | speed = \"y\"\n  | ^^^^^\n\
         /some/scenario.toml:5:11: the reason is empty\n  |\n5 | threads = \" \"\n  |           ^^^",
    );
    check(
        "description = \"d\"\ntime_limit = 0\n",
        "/some/scenario.toml:2:14: time_limit is a number of seconds above 0\n  |\n\
         2 | time_limit = 0\n  |              ^",
    );
    check(
        "description = \"d\"\nsnapshot = \"digest\"\n",
        "/some/scenario.toml: snapshot = \"digest\" needs a reason: snapshot_reason = \"…\"",
    );
    check(
        "description = \"d\"\nsnapshot_reason = \"big\"\n",
        "/some/scenario.toml:2:19: snapshot_reason belongs to snapshot = \"digest\"\n  |\n\
         2 | snapshot_reason = \"big\"\n  |                   ^^^^^",
    );
    check(
        "description = \"d\"\n[format]\nheihgt = 1\ntags = []\nfold = 2\n\
         [[sheets]]\ncolour = \"red\"\nwidth = 2\n",
        "/some/scenario.toml:3:1: [format] has no key `heihgt`; did you mean `height`?\n  |\n\
         3 | heihgt = 1\n  | ^^^^^^\n\
         /some/scenario.toml:4:1: [format] has no key `tags`; it belongs to the top level, above \
         every table\n  |\n4 | tags = []\n  | ^^^^\n\
         /some/scenario.toml:5:1: [format] has no key `fold`; the keys are height, limit, width\n  \
         |\n5 | fold = 2\n  | ^^^^\n\
         /some/scenario.toml:8:1: [[sheets]] has no key `width`; it belongs to [format]\n  |\n\
         8 | width = 2\n  | ^^^^^",
    );
    check(
        "description = \"d\"\nrock = 1\n",
        "/some/scenario.toml:2:1: the top level has no key `rock`; the keys are description, determinism, determinism_reason, drop, \
         expect, format, runtime, sheets, snapshot, snapshot_reason, tags, time_limit, \
         unnoticed\n  |\n\
         2 | rock = 1\n  | ^^^^\n\
         /some/scenario.toml: nothing here runs this scenario: it needs a [command]",
    );
    check("", "/some/scenario.toml: missing field `description`");
}

#[test]
fn any_bytes_give_an_error_and_no_panic() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("some");
    std::fs::create_dir(&dir).unwrap();
    for bytes in [
        &b"\xff\xfe"[..],
        b"description = \"\xc3\"",
        b"= = =",
        b"description = 3\n",
        b"description = \"a\ndrop = 1",
        b"\0\0\0",
    ] {
        std::fs::write(dir.join(SCENARIO_FILE), bytes).unwrap();
        assert!(Scenario::load(&dir, &subjects()).is_err(), "{bytes:?}");
    }
    std::fs::remove_file(dir.join(SCENARIO_FILE)).unwrap();
    let error = Scenario::load(&dir, &subjects()).unwrap_err().to_string();
    assert!(error.ends_with("there is no scenario.toml"), "{error}");
}

#[cfg(unix)]
#[test]
fn discovery_skips_nothing_but_hidden_entries_and_readmes() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    std::fs::create_dir(at("good")).unwrap();
    std::fs::write(at("good/scenario.toml"), "description = \"d\"").unwrap();
    std::fs::create_dir(at("empty")).unwrap();
    std::fs::create_dir(at("bad name")).unwrap();
    std::fs::create_dir(at(".hidden")).unwrap();
    std::fs::write(at("README.md"), "").unwrap();
    std::fs::write(at("loose.toml"), "").unwrap();
    std::os::unix::fs::symlink(at("good"), at("linked")).unwrap();
    let found = discover(root.path(), &subjects()).unwrap();
    let names: Vec<_> = found
        .iter()
        .map(|found| (found.name.as_str(), found.scenario.is_ok()))
        .collect();
    assert_eq!(
        names,
        [
            ("bad name", false),
            ("empty", false),
            ("good", true),
            ("linked", false),
            ("loose.toml", false)
        ]
    );
    for found in found {
        let alone = look_up(root.path(), &found.name, &subjects()).unwrap();
        assert_eq!(alone.scenario.is_ok(), found.scenario.is_ok());
    }
    assert!(look_up(root.path(), "nothing", &subjects()).is_none());
    assert!(look_up(root.path(), "README.md", &subjects()).is_none());
    assert!(look_up(root.path(), ".hidden", &subjects()).is_none());
}

#[test]
fn names_that_differ_only_by_case_are_twins() {
    assert_eq!(twins(["A", "a", "b"]), [("A", "a")]);
    assert!(twins(["a", "b"]).is_empty());
}

/// A scenario beside these defaults, or its problems.
fn load_with(defaults: &str, text: &str) -> Result<Scenario, String> {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("some");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join(SCENARIO_FILE), text).unwrap();
    std::fs::write(root.path().join(DEFAULTS_FILE), defaults).unwrap();
    Scenario::load(&dir, &subjects()).map_err(|error| {
        let error = error.to_string();
        let first_lines = error.lines().filter(|line| line.contains(".toml"));
        let first_lines: Vec<&str> = first_lines.collect();
        let root = root.path().display().to_string();
        first_lines.join("\n").replace(&root, "")
    })
}

#[test]
fn defaults_hold_for_what_a_scenario_does_not_say() {
    let defaults = "description = \"all\"\ntags = [\"a\"]\nruntime = \"long\"\n";
    let scenario = load_with(defaults, "tags = []\n").unwrap();
    assert_eq!(scenario.description, "all");
    assert_eq!(scenario.runtime, Runtime::Long);
    assert!(scenario.tags.is_empty());
    assert!(!scenario.settings().has("build"));
}

#[test]
fn a_build_is_read_from_the_defaults() {
    let defaults = "[build]\nprogram = \"make\"\nargs = [\"-C\", \"{root}\"]\nenv = { A = \"1\" }\n\
                    time_limit = 2.5\n";
    let scenario = load_with(defaults, "description = \"d\"\n").unwrap();
    let build = scenario.settings().build().unwrap().unwrap();
    assert_eq!((&*build.program, &*build.args[1]), ("make", "{root}"));
    assert_eq!(build.env["A"], "1");
    assert_eq!(build.time_limit, Some(Duration::from_millis(2500)));
    // A scenario that belongs to no suite knows of nothing that was built.
    assert!(scenario.built().unwrap().is_empty());
    let scenario = load_with("", "description = \"d\"\n").unwrap();
    assert_eq!(scenario.settings().build(), Ok(None));
}

#[test]
fn command_is_merged_by_key_and_outputs_by_name() {
    #[derive(Debug, serde::Deserialize)]
    struct Keys {
        command: BTreeMap<String, String>,
        outputs: Vec<BTreeMap<String, String>>,
    }
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("some");
    std::fs::create_dir(&dir).unwrap();
    let defaults = "[command]\nprogram = \"sh\"\nstdin = \"a\"\n\
                    [[outputs]]\nname = \"x\"\nfrom = \"x.json\"\nstage = \"s\"\n\
                    [[outputs]]\nname = \"y\"\n";
    std::fs::write(root.path().join(DEFAULTS_FILE), defaults).unwrap();
    let own = "[command]\nstdin = \"b\"\n[[outputs]]\nname = \"z\"\n\
               [[outputs]]\nname = \"x\"\nfrom = \"stdout\"\n";
    std::fs::write(dir.join(SCENARIO_FILE), own).unwrap();
    let settings = Settings::load(&dir).unwrap();
    let keys: Keys = settings.read().unwrap();
    assert_eq!(keys.command["program"], "sh");
    assert_eq!(keys.command["stdin"], "b");
    let outputs: Vec<String> = keys
        .outputs
        .iter()
        .map(|output| format!("{output:?}"))
        .collect();
    assert_eq!(
        outputs,
        [
            r#"{"from": "stdout", "name": "x", "stage": "s"}"#,
            r#"{"name": "y"}"#,
            r#"{"name": "z"}"#
        ]
    );
}

#[test]
fn problems_of_defaults_name_their_file() {
    let check = |defaults: &str, text: &str, expected: &str| {
        assert_eq!(load_with(defaults, text).unwrap_err(), expected);
    };
    let own = "description = \"d\"\n";
    check(
        "tagz = []\n",
        own,
        "/defaults.toml:1:1: the top level has no key `tagz`; did you mean `tags`?",
    );
    check(
        "# the limit\ntime_limit = -1\n",
        own,
        "/defaults.toml:2:14: time_limit is a number of seconds above 0",
    );
    check(
        "tags = 1\n",
        own,
        "/defaults.toml:1:8: invalid type: integer `1`, expected a sequence",
    );
    let error = load_with("tags = [\n", own).unwrap_err();
    assert!(error.starts_with("/defaults.toml:"), "{error}");
    check(
        "[build]\nprogram = \"\"\nargz = []\n",
        own,
        "/defaults.toml:3:1: [build] has no key `argz`; did you mean `args`?\n\
         /defaults.toml:2:11: the program is empty",
    );
    check(
        "[build]\nprogram = \"make\"\nargs = [\"{scenario}/x\"]\n",
        own,
        "/defaults.toml:3:9: a build is for all scenarios: it has {root}, but no {scenario}",
    );
    check(
        "[build]\nprogram = \"make\"\ntime_limit = 0\n",
        own,
        "/defaults.toml:3:14: time_limit is a number of seconds above 0",
    );
    check(
        "[build]\nargs = []\n",
        own,
        "/defaults.toml:1:1: missing field `program`",
    );
    check(
        "",
        "description = \"d\"\n[build]\nprogram = \"make\"\n",
        "/some/scenario.toml:2:2: the top level has no key `build`; [build] is for all scenarios: it \
         belongs into defaults.toml",
    );
}
