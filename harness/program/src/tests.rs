use std::fs;

use aether_harness::Suite;

use super::*;

/// The scenario with this `scenario.toml`, or what is wrong with it.
fn load(text: &str) -> Result<Scenario, String> {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("scenarios/some");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("scenario.toml"), text).unwrap();
    let suite = Suite::new(root.path()).subject(CommandSubject);
    let scenario = suite.look_up("some").unwrap().scenario;
    let scenarios = root.path().join("scenarios").display().to_string();
    scenario.map_err(|error| error.to_string().replace(&scenarios, ""))
}

#[test]
fn every_key_is_read() {
    let scenario = load(
        "description = \"d\"\n\
         [command]\nprogram = \"python3\"\nargs = [\"a.py\"]\nstdin = \"in.txt\"\n\
         time_limit = 2.5\n[command.env]\nA = \"b\"\n\
         [[outputs]]\nname = \"rows\"\nfrom = \"stdout\"\nformat = \"jsonl\"\nstage = \"s\"\n\
         tick = \"t\"\n[outputs.keys]\n\"\" = [\"id\"]\n",
    )
    .unwrap();
    assert_eq!(scenario.time_limit, Duration::from_millis(2500));
    let settings: CommandSettings = scenario.settings().read().unwrap();
    let command = settings.command.unwrap();
    assert_eq!(command.program.get_ref(), "python3");
    assert_eq!(command.args, ["a.py"]);
    assert_eq!(command.stdin.as_deref(), Some("in.txt"));
    assert_eq!(command.env["A"], "b");
    let [rows] = &settings.outputs[..] else {
        panic!("{:?}", settings.outputs);
    };
    assert_eq!(rows.format, settings::OutputFormat::Jsonl);
    assert_eq!(
        (
            rows.stage.as_str(),
            rows.tick.as_ref().map(|tick| tick.get_ref().as_str())
        ),
        ("s", Some("t"))
    );
    assert_eq!(rows.keys.values().next().unwrap(), &["id"]);
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
    // All unknown keys at once, in whatever table, beside the other problems.
    check(
        "tag = 1\n[command]\nprogram = \"sh\"\nargz = []\nexpect = 1\n\
         [[outputs]]\nname = \"a\"\nfrom = \"/x\"\nfrmat = \"json\"\nfoo = 1\nargs = []\n",
        &[
            ":2:1: the top level has no key `tag`; did you mean `tags`?",
            ":5:1: [command] has no key `argz`; did you mean `args`?",
            ":6:1: [command] has no key `expect`; it belongs to the top level, above every table",
            ":10:1: [[outputs]] has no key `frmat`; did you mean `format`?",
            ":11:1: [[outputs]] has no key `foo`; the keys are at, delimiter, empty, format, from, \
             header, keys, name, nonfinite, record, replace, stage, tick, tolerance, unordered, volatile",
            ":12:1: [[outputs]] has no key `args`; it belongs to [command]",
            ":9:8: from is \"stdout\", \"stderr\", or a file or glob below the directory in which \
             the program runs, without `..`",
        ],
    );
    check(
        &format!("{command}unheardof = 1\n{output}"),
        &[
            ":4:1: [command] has no key `unheardof`; the keys are args, env, exit, follow, pass, program, \
             stdin, time_limit, version",
        ],
    );
    // Without a command, this subject does not run it.
    check(
        output,
        &[": nothing here runs this scenario: it needs a [command]"],
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
        &[":5:14: time_limit is given twice, at the top level and in [command]: keep one"],
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
        ("con.log", "the name becomes that of a golden file"),
        (
            &"n".repeat(1_000),
            "the name becomes that of a golden file: use at most 200",
        ),
        (
            "inputs",
            "`inputs` is the name of a file that the harness writes",
        ),
        (
            "error",
            "`error` is the name of a file that the harness writes",
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
        &[
            ":7:10: unknown variant `xml`, expected one of `json`, `jsonl`, `csv`, `tsv`, \
           `text`, `yaml`, `toml`, `bytes`",
        ],
    );
}
