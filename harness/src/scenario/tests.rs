//! Scenarios that are valid, and every problem of those that are not.

use super::*;

fn load(text: &str) -> Result<Scenario, String> {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("some");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join(SCENARIO_FILE), text).unwrap();
    Scenario::load(&dir).map_err(|error| {
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
        "description = \"d\"\npillars = [\"UMX\"]\nruntime = \"long\"\ntags = [\"t\"]\n\
         snapshot = \"digest\"\nsnapshot_reason = \"big\"\ntime_limit = 2.5\n\
         [drop]\nthreads = \"one only\"\n\
         [command]\nprogram = \"python3\"\nargs = [\"a.py\"]\nstdin = \"in.txt\"\n\
         [command.env]\nA = \"b\"\n\
         [[outputs]]\nname = \"rows\"\nfrom = \"stdout\"\nformat = \"jsonl\"\nstage = \"s\"\n\
         tick = \"t\"\n[outputs.keys]\n\"\" = [\"id\"]\n",
    )
    .unwrap();
    assert_eq!(scenario.time_limit, Duration::from_millis(2500));
    assert_eq!(scenario.dropped[&Check::Threads], "one only");
    assert_eq!(scenario.outputs[0].keys[""], ["id"]);
    assert_eq!(scenario.command.unwrap().env["A"], "b");
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(load(text).unwrap_err(), expected);
}

#[test]
fn problems_name_their_place() {
    check(
        "description = \"d\"\nsnapshots = 1\n",
        "/some/scenario.toml:2:1: the top level has no key `snapshots`; is `snapshot` meant?\n  |\n\
         2 | snapshots = 1\n  | ^^^^^^^^^",
    );
    check(
        "description = \"d\"\n[drop]\ngolden = \"x\"\nspeed = \"y\"\nthreads = \" \"\n",
        "/some/scenario.toml:3:1: the check `golden` cannot be dropped\n  |\n3 | golden = \"x\"\n  | ^^^^^^\n\
         /some/scenario.toml:4:1: there is no check `speed`; these can be dropped: process, threads, \
         replay, resume\n  |\n4 | speed = \"y\"\n  | ^^^^^\n\
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
        "description = \"d\"\n[[outputs]]\nname = \"a\"\nfrom = \"stdout\"\n",
        "/some/scenario.toml: [[outputs]] without a [command]",
    );
    check("", "/some/scenario.toml: missing field `description`");
}

/// The first lines of the problems of a scenario with these tables.
fn problems(tables: &str) -> Vec<String> {
    let error = load(&format!("description = \"d\"\n{tables}")).unwrap_err();
    let first_lines = error.lines().filter(|line| line.contains("scenario.toml"));
    first_lines
        .map(|line| line.replace("/some/scenario.toml", ""))
        .collect()
}

#[test]
fn problems_of_a_command_name_their_place() {
    let check =
        |tables: &str, expected: &[&str]| assert_eq!(problems(tables), expected, "{tables}");
    let output = "[[outputs]]\nname = \"a\"\nfrom = \"stdout\"\n";
    let command = "[command]\nprogram = \"sh\"\n";
    // All unknown keys at once, whatever table they stand in, beside the other problems.
    check(
        "tag = 1\n[command]\nprogram = \"sh\"\nargz = []\nexpect = 1\n\
         [[outputs]]\nname = \"a\"\nfrom = \"/x\"\nfrmat = \"json\"\nfoo = 1\nargs = []\n",
        &[
            ":2:1: the top level has no key `tag`; is `tags` meant?",
            ":5:1: [command] has no key `argz`; is `args` meant?",
            ":6:1: [command] has no key `expect`; it belongs to the top level, above every table",
            ":10:1: [[outputs]] has no key `frmat`; is `format` meant?",
            ":11:1: [[outputs]] has no key `foo`; is `from` meant?",
            ":12:1: [[outputs]] has no key `args`; it belongs to [command]",
            ":9:8: from is \"stdout\" or a file below the directory in which the program runs, \
             without `..`",
        ],
    );
    check(
        &format!("{command}unheardof = 1\n{output}"),
        &[
            ":4:1: [command] has no key `unheardof`; there are args, env, program, stdin, time_limit",
        ],
    );
    check(
        command,
        &[
            ": [command] needs at least one [[outputs]], with its name and from = \"stdout\" or a \
             file",
        ],
    );
    check(
        &format!("[command]\nprogram = \" \"\n{output}"),
        &[":3:11: the program is empty"],
    );
    check(
        &format!("time_limit = 1\n{command}time_limit = 2\n{output}"),
        &[":5:14: time_limit stands twice, at the top and in [command]: keep one"],
    );
    check(
        &format!("{command}time_limit = -1\n{output}"),
        &[":4:14: time_limit is a number of seconds above 0"],
    );
    for from in ["", "..", "../x.json", "a/../../x.json", "/x.json"] {
        let tables = format!("{command}[[outputs]]\nname = \"a\"\nfrom = \"{from}\"\n");
        assert!(problems(&tables)[0].starts_with(":6:8: from is"), "{from}");
    }
    for (name, expected) in [
        ("", "the name becomes that of a golden file"),
        ("a/b", "the name becomes that of a golden file"),
        (
            "inputs",
            "`inputs` is the name of a golden that the harness writes",
        ),
        (
            "error",
            "`error` is the name of a golden that the harness writes",
        ),
        ("A", "two outputs have the name `A`"),
    ] {
        let tables = format!("{command}{output}[[outputs]]\nname = \"{name}\"\nfrom = \"b\"\n");
        let found = problems(&tables);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(&format!(":8:8: {expected}")), "{found:?}");
    }
    check(
        &format!("{command}args = \"one\"\n{output}"),
        &[":4:8: invalid type: string \"one\", expected a sequence"],
    );
    check(
        &format!("{command}{output}format = \"xml\"\n"),
        &[":7:10: unknown variant `xml`, expected `json` or `jsonl`"],
    );
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
        assert!(Scenario::load(&dir).is_err(), "{bytes:?}");
    }
    std::fs::remove_file(dir.join(SCENARIO_FILE)).unwrap();
    let error = Scenario::load(&dir).unwrap_err().to_string();
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
    let found = discover(root.path()).unwrap();
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
        let alone = look_up(root.path(), &found.name).unwrap();
        assert_eq!(alone.scenario.is_ok(), found.scenario.is_ok());
    }
    assert!(look_up(root.path(), "nothing").is_none());
    assert!(look_up(root.path(), "README.md").is_none());
    assert!(look_up(root.path(), ".hidden").is_none());
}

#[test]
fn names_that_differ_only_by_case_are_twins() {
    assert_eq!(twins(["A", "a", "b"]), [("A", "a")]);
    assert!(twins(["a", "b"]).is_empty());
}
