//! Programs that run: shell scripts, and what becomes of what they print and write.
#![cfg(unix)]

use std::fs;
use std::path::PathBuf;

use aether_harness::evaluate::{CheckResult, evaluate};
use aether_harness::snapshot::{Manifest, sha256_hex};
use aether_harness::{Check, SnapshotMode, Suite, Verdict};
use tempfile::TempDir;

use crate::CommandSubject;

/// A workspace whose one scenario runs a shell script.
struct Workspace {
    dir: TempDir,
}

impl Workspace {
    fn new(script: &str, rest: &str) -> Self {
        Self::with_command(script, "", rest)
    }

    fn with_command(script: &str, command: &str, rest: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Self { dir };
        workspace.write("scenarios/one/script.sh", script);
        workspace.write(
            "scenarios/one/scenario.toml",
            &format!(
                "description = \"d\"\ncode = [\"*.sh\"]\n[command]\nprogram = \"sh\"\nargs = [\"{{scenario}}/script.sh\"]\n\
                 {command}\n{rest}\n"
            ),
        );
        workspace
    }

    fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join("repo").join(below)
    }

    fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn suite(&self) -> Suite {
        let layout = aether_harness::Layout::new(self.path("")).with_target(self.path("target"));
        Suite::new(self.path(""))
            .layout(layout)
            .subject(CommandSubject)
    }

    fn evaluate(&self) -> CheckResult {
        let suite = self.suite();
        match suite.look_up("one").unwrap().scenario {
            Ok(scenario) => evaluate(&suite, &scenario, &Check::Golden),
            Err(error) => panic!("{error}"),
        }
    }

    /// Every artefact but `inputs`, as `name: text` on one line each.
    #[track_caller]
    fn made(&self) -> Vec<String> {
        let result = self.evaluate();
        let detail = result.detail();
        let output = result.after.unwrap_or_else(|| panic!("{detail}"));
        let artefacts = output.set.artefacts();
        artefacts
            .filter(|artefact| artefact.name() != "inputs")
            .map(|artefact| {
                let text = String::from_utf8_lossy(artefact.text()).replace('\n', "");
                format!("{}: {text}", artefact.name())
            })
            .collect()
    }

    /// The inputs, as text.
    #[track_caller]
    fn inputs(&self) -> String {
        let result = self.evaluate();
        let detail = result.detail();
        let output = result.after.unwrap_or_else(|| panic!("{detail}"));
        let mut artefacts = output.set.artefacts();
        let inputs = artefacts
            .find(|artefact| artefact.name() == "inputs")
            .unwrap();
        String::from_utf8_lossy(inputs.text()).into_owned()
    }

    /// Stores what a run makes now as the goldens, in this format.
    fn bless(&self, format: u32) {
        let output = self.evaluate().after.unwrap();
        let dir = self.path("fixtures/snapshots/one");
        fs::create_dir_all(&dir).unwrap();
        let mut manifest = Manifest::new("command".into(), "-".into(), SnapshotMode::Full);
        manifest.format = format;
        for artefact in output.set.artefacts() {
            let file = format!("{}.json", artefact.name());
            fs::write(dir.join(&file), artefact.text()).unwrap();
            manifest.files.insert(file, sha256_hex(artefact.text()));
        }
        manifest.inputs = output.set.input_digests().clone();
        fs::write(dir.join("snapshot.toml"), manifest.render().unwrap()).unwrap();
    }
}

/// A run makes these artefacts.
#[track_caller]
fn makes(script: &str, outputs: &str, expected: &[&str]) {
    assert_eq!(Workspace::new(script, outputs).made(), expected);
}

/// A run fails with this verdict and says this.
#[track_caller]
fn fails(script: &str, outputs: &str, verdict: Verdict, expected: &str) -> String {
    let result = Workspace::new(script, outputs).evaluate();
    let detail = result.detail();
    assert!(
        detail.contains(expected),
        "{expected:?} is not in\n{detail}"
    );
    if verdict == Verdict::Invalid {
        assert_eq!(result.verdict, verdict, "{detail}");
    }
    detail
}

fn output(from: &str, rest: &str) -> String {
    format!("[[outputs]]\nname = \"o\"\nfrom = \"{from}\"\n{rest}\n")
}

#[test]
fn outputs_have_many_formats() {
    makes(
        "printf 'id,x\\n1,2.50\\n2,n/a\\n'",
        &output("stdout", "format = \"csv\""),
        &[r#"o: [{"id":1,"x":2.50},{"id":2,"x":"n/a"}]"#],
    );
    makes(
        "printf '1;2\\n' >&2",
        &output(
            "stderr",
            "format = \"csv\"\nheader = false\ndelimiter = \";\"",
        ),
        &[r#"o: [{"c1":1,"c2":2}]"#],
    );
    makes(
        "printf 'a\\tb\\n1\\tx y\\n'",
        &output("stdout", "format = \"tsv\""),
        &[r#"o: [{"a":1,"b":"x y"}]"#],
    );
    makes(
        "printf 'start\\n1 up 0.5\\nend'",
        &output(
            "stdout",
            "format = \"text\"\nrecord = '(?P<t>\\d+) (?P<name>\\S+) (?P<v>.*)'",
        ),
        &[r#"o: ["start",{"name":"up","t":1,"v":0.5},"end",{"no_final_newline":true}]"#],
    );
    makes(
        "printf 'a: [1, 2.0]\\n' > o.yaml",
        &output("o.yaml", "format = \"yaml\""),
        &[r#"o: {"a":[1,2.0]}"#],
    );
    makes(
        "printf 'a = 1979-05-27\\n'",
        &output("stdout", "format = \"toml\""),
        &[r#"o: {"a":{  "toml":"1979-05-27"}}"#],
    );
    makes(
        "printf 'a\\0b'",
        &output("stdout", "format = \"bytes\""),
        &[
            r#"o: {"sha256":"59b271ae1bbcb1d31d41929817f4b16fb439eb4f31520b5ad1d5ce98920a7138","size":3}"#,
        ],
    );
}

#[test]
fn what_is_not_in_its_format_is_named() {
    let program = |script: &str, rest: &str, expected: &str| {
        fails(
            script,
            &output("stdout", rest),
            Verdict::ProgramError,
            expected,
        );
    };
    program(
        "printf 'a\\n\\377'",
        "format = \"text\"",
        "is not UTF-8 at byte 2: use format = \"bytes\"",
    );
    program(
        "printf 'a,b\\n1\\n'",
        "format = \"csv\"",
        "is not CSV: row 2 has 1 cells",
    );
    program("printf 'a: !t 1'", "format = \"yaml\"", "a tag");
    program("printf '[NaN]'", "", "NaN is not a number that JSON has");
    program("printf '\\357\\273\\277[]'", "", "byte order mark");
    program("true", "", "is empty: JSON is at least one value");
    program(
        "true",
        "format = \"text\"\nempty = \"error\"",
        "the output `o` (stdout) is empty",
    );
    makes("true", &output("stdout", "format = \"csv\""), &["o: []"]);
    makes(
        "printf '[NaN, -Infinity]'",
        &output("stdout", "nonfinite = \"text\""),
        &[r#"o: ["NaN","-Infinity"]"#],
    );
}

#[test]
fn each_file_that_a_glob_matches_is_an_artefact() {
    let script =
        "mkdir -p out/deep; echo 1 > out/a.json; echo 2 > out/deep/b.json; echo > out/c.txt";
    let glob = |name: &str| format!("[[outputs]]\nname = \"{name}\"\nfrom = \"out/**/*.json\"\n");
    makes(script, &glob("page-{stem}"), &["page-a: 1", "page-b: 2"]);
    makes(
        script,
        &glob("{path}"),
        &["out+a.json: 1", "out+deep+b.json: 2"],
    );
    fails(
        "mkdir -p out/x out/y; echo 1 > out/x/a.json; echo 2 > out/y/A.json",
        &glob("{stem}"),
        Verdict::Invalid,
        "the outputs `a` and `A` differ in case alone; not every file system can hold both: files of a glob that have \
         the same stem are told apart by name = \"{path}\"",
    );
    fails(
        "mkdir -p out/x out/y; echo 1 > out/x/a.json; echo 2 > out/y/a.json",
        &glob("{stem}"),
        Verdict::Invalid,
        "two outputs have the name `a`: files of a glob",
    );
    // With their paths in their names, stems do not matter.
    let remedy = "told apart";
    for (script, expected) in [
        (
            "mkdir -p out/x; echo 1 > out/x/a.json; echo 2 > out/x+a.json",
            "two outputs have the name `out+x+a.json`",
        ),
        (
            "mkdir -p out/x out/X; echo 1 > out/x/a.json; echo 2 > out/X/a.json",
            "differ in case alone",
        ),
    ] {
        let said = fails(script, &glob("{path}"), Verdict::Invalid, expected);
        assert!(!said.contains(remedy), "{said}");
    }
    fails(
        "mkdir out; echo 1 > out/inputs.json",
        &glob("{stem}"),
        Verdict::Invalid,
        "out/inputs.json would have the name \"inputs\"",
    );
    fails(
        "echo > x",
        &glob("{stem}"),
        Verdict::ProgramError,
        "no file matches out/**/*.json",
    );
}

#[test]
fn exit_statuses_can_mean_success() {
    let run = |status: &str| {
        let script = format!("echo 1; exit {status}");
        Workspace::with_command(&script, "exit = [0, 1]", &output("stdout", "")).made()
    };
    assert_eq!(run("0"), [r#"exit: {"status":0}"#, "o: 1"]);
    assert_eq!(run("1"), [r#"exit: {"status":1}"#, "o: 1"]);
    assert!(run("2")[0].starts_with("error: "));
    let one = Workspace::with_command("echo 1; exit 3", "exit = [3]", &output("stdout", ""));
    assert_eq!(one.made(), ["o: 1"]);
}

#[test]
fn a_part_of_a_document_is_an_output() {
    let script = "echo '{\"r\": {\"a.b\": [1], \"c\": 2}}'";
    makes(script, &output("stdout", "at = 'r.\"a.b\"'"), &["o: [1]"]);
    fails(
        script,
        &output("stdout", "at = 'r.d'"),
        Verdict::Invalid,
        "at = \"r.d\" matches nothing; the members are a.b, c",
    );
    // What the golden has and the output no longer is a removal.
    let workspace = Workspace::new(script, &output("stdout", "at = 'r.c'"));
    workspace.bless(2);
    assert_eq!(workspace.evaluate().verdict, Verdict::Match);
    workspace.write("scenarios/one/script.sh", "echo '{\"r\": {}}'");
    let result = workspace.evaluate();
    assert_eq!(result.verdict, Verdict::Mismatch, "{}", result.detail());
}

#[test]
fn directories_of_the_machine_are_replaced() {
    let script = "printf '{\"w\": \"%s/x\", \"s\": \"%s\"}' \"$PWD\" \"$0\"";
    makes(
        script,
        &output("stdout", ""),
        &[r#"o: {"s":"{scenario}/script.sh","w":"{work}/x"}"#],
    );
    makes(
        "echo \"in $PWD.\"; echo ${0%/scenarios*}-old",
        &output(
            "stdout",
            "format = \"text\"\nreplace = [{ pattern = '/\\S*-old', with = 'R', reason = 'r' }]",
        ),
        &[r#"o: ["in {work}.","R"]"#],
    );
    // Goldens of format 1 were made without this.
    let workspace = Workspace::new("echo '[1]'", &output("stdout", ""));
    workspace.write("fixtures/snapshots/one/snapshot.toml", "format = 1\n");
    workspace.bless(1);
    assert_eq!(workspace.evaluate().verdict, Verdict::Match);
    workspace.write("scenarios/one/script.sh", "echo \"[\\\"$PWD\\\"]\"");
    let detail = workspace.evaluate().detail();
    assert!(
        detail.contains("names the directory in which the program ran"),
        "{detail}"
    );
}

#[test]
fn paths_that_match_nothing_are_refused() {
    let script = "echo '{\"items\": [{\"id\": 1, \"t\": 2}]}'";
    let refused = |rest: &str, expected: &str| {
        fails(script, &output("stdout", rest), Verdict::Invalid, expected);
    };
    refused(
        "[outputs.keys]\n\"itmes\" = [\"id\"]",
        "keys \"itmes\" matches nothing; did you mean `items`?",
    );
    refused(
        "[outputs.keys]\n\"items\" = [\"idd\"]",
        "keys \"idd\" matches nothing; did you mean `id`?",
    );
    refused("tick = \"tik\"", "tick \"tik\" matches nothing");
    refused(
        "unordered = [\"itms\"]",
        "unordered \"itms\" matches nothing; did you mean `items`?",
    );
    refused(
        "[[outputs.volatile]]\npath = \"items.tt\"\nform = \"number\"\nreason = \"r\"",
        "volatile \"items.tt\" matches nothing; the members are id, t",
    );
    makes(
        "echo '[]'",
        &output("stdout", "tick = \"tik\"\n[outputs.keys]\n\"\" = [\"idd\"]"),
        &["o: []"],
    );
    // What the golden has, the output may lose: that is a difference.
    let workspace = Workspace::new(script, &output("stdout", "unordered = [\"items\"]"));
    workspace.bless(2);
    workspace.write("scenarios/one/script.sh", "echo '{\"other\": 1}'");
    assert_eq!(workspace.evaluate().verdict, Verdict::Mismatch);
}

#[test]
fn goldens_of_an_interrupted_bless_are_read() {
    let script = "echo '{\"items\": [1]}'";
    let part = Workspace::new(script, &output("stdout", "at = \"items\""));
    let glob = Workspace::new(
        "mkdir out; echo 1 > out/a.json",
        "[[outputs]]\nname = \"{stem}\"\nfrom = \"out/*.json\"",
    );
    for (workspace, without) in [(part, "echo '{\"other\": 1}'"), (glob, "mkdir out")] {
        workspace.bless(2);
        let goldens = workspace.path("fixtures/snapshots");
        // A bless that was killed between its two renames.
        fs::rename(goldens.join("one"), goldens.join(".bless-one.old")).unwrap();
        assert_eq!(workspace.evaluate().verdict, Verdict::Match);
        workspace.write("scenarios/one/script.sh", without);
        let result = workspace.evaluate();
        assert_eq!(result.verdict, Verdict::Mismatch, "{}", result.detail());
    }
}

#[test]
fn unordered_records_match_within_tolerance_in_any_order() {
    let rest = "unordered = [\"\"]\nkeys = { \"\" = [\"id\"] }\n[[outputs.tolerance]]\npath = \"error\"\nabs = \"0.1\"\n\
                reason = \"noise\"";
    let script = "echo '[{\"error\": 1.00, \"id\": 1}, {\"error\": 1.02, \"id\": 2}]'";
    let workspace = Workspace::new(script, &output("stdout", rest));
    workspace.bless(2);
    // Sorted by their text, the records change places.
    let other = script.replace("1.02", "0.99");
    workspace.write("scenarios/one/script.sh", &other);
    let result = workspace.evaluate();
    assert_eq!(result.verdict, Verdict::Match, "{}", result.detail());
    assert_eq!(result.tolerated().unwrap().values, 1);
    workspace.write(
        "scenarios/one/script.sh",
        &other.replace("\"id\": 2", "\"id\": 3"),
    );
    assert_eq!(workspace.evaluate().verdict, Verdict::Mismatch);
}

#[test]
fn volatile_values_have_a_placeholder() {
    let rest = "[[outputs.volatile]]\npath = \"m.at\"\nform = \"timestamp\"\nreason = \"clock\"";
    let workspace = Workspace::new(
        "date '+{\"m\": {\"at\": \"%Y-%m-%dT%H:%M:%S\", \"x\": 1}}'",
        &output("stdout", rest),
    );
    assert_eq!(
        workspace.made(),
        [r#"o: {"m":{  "at":"‹timestamp›",  "x":1}}"#]
    );
    workspace.bless(2);
    assert_eq!(workspace.evaluate().verdict, Verdict::Match);
    // Another form, or no member, is a difference.
    for script in [
        "echo '{\"m\": {\"at\": \"soon\", \"x\": 1}}'",
        "echo '{\"m\": {\"x\": 1}}'",
    ] {
        workspace.write("scenarios/one/script.sh", script);
        let result = workspace.evaluate();
        assert_eq!(result.verdict, Verdict::Mismatch, "{}", result.detail());
    }
    fails(
        "echo '{\"m\": {\"at\": \"soon\"}}'",
        &output("stdout", rest),
        Verdict::Invalid,
        "`m.at` is \"soon\", which does not have the form timestamp",
    );
}

#[test]
fn arrays_without_an_order_are_sorted() {
    makes(
        "echo '[{\"tags\": [\"b\", \"a\", 3]}]'",
        &output("stdout", "unordered = [\"tags\"]"),
        &[r#"o: [{"tags":["a","b",3]}]"#],
    );
}

/// A workspace whose script is given these arguments, and reads none of them.
fn with_args(args: &str, top: &str) -> Workspace {
    let workspace = Workspace::new("echo 1", "");
    workspace.write(
        "scenarios/one/scenario.toml",
        &format!(
            "description = \"d\"\n{top}\n[command]\nprogram = \"sh\"\nargs = [\"{{scenario}}/script.sh\", {args}]\n\
             [[outputs]]\nname = \"o\"\nfrom = \"stdout\"\n"
        ),
    );
    workspace
}

#[test]
fn every_file_of_the_scenario_is_an_input() {
    let workspace = with_args("", "ignore = [\"*.log\"]\ncode = [\"*.sh\"]");
    workspace.write("scenarios/one/map.dat", "x\n");
    workspace.write("scenarios/one/.hidden", "y\n");
    workspace.write("scenarios/one/deep/A.JSON", "{\"k\": 1}");
    workspace.write("scenarios/one/run.log", "z");
    workspace.write("scenarios/one/old~", "z");
    workspace.write("scenarios/one/.gitignore", "build/\n");
    workspace.write("scenarios/one/build/x.json", "1");
    let inputs = workspace.inputs();
    for expected in [
        "\"map.dat\":[\"x\"]",
        "\".hidden\":[\"y\"]",
        "\"deep/A.JSON\":{",
    ] {
        assert!(inputs.contains(expected), "{expected} is not in {inputs}");
    }
    for other in [
        "run.log",
        "old~",
        "\"script.sh\"",
        "build/x.json",
        "\"scenario.toml\"",
    ] {
        assert!(!inputs.contains(other), "{other} is in {inputs}");
    }
    workspace.bless(2);
    workspace.write("scenarios/one/script.sh", "echo 1 # as before");
    assert_eq!(workspace.evaluate().verdict, Verdict::Match);
    workspace.write("scenarios/one/map.dat", "x2\n");
    assert_eq!(workspace.evaluate().verdict, Verdict::StaleInputs);
}

#[test]
fn files_named_anywhere_are_inputs() {
    let workspace = with_args(
        "\"--data={root}/a.json\", \"cat {root}/b.txt | wc\", \"{root}/c:{root}/d\", \"{root}/dir\"",
        "inputs = [\"{root}/models/**/*.mod\"]",
    );
    workspace.write("a.json", "{\"a\": 1, \"a\": 2}");
    for (file, text) in [
        ("b.txt", "b"),
        ("c", "c"),
        ("d", "d"),
        ("dir/e", "e"),
        ("models/x/m.mod", "m"),
    ] {
        workspace.write(file, text);
    }
    let inputs = workspace.inputs();
    for expected in [
        "\"a.json\":",
        "\"b.txt\":",
        "\"c\":",
        "\"d\":",
        "\"models/x/m.mod\":",
    ] {
        assert!(inputs.contains(expected), "{expected} is not in {inputs}");
    }
    assert!(!inputs.contains("dir/e"), "{inputs}");
    workspace.bless(2);
    workspace.write("a.json", "{\"a\": 0, \"a\": 2}");
    assert_eq!(workspace.evaluate().verdict, Verdict::StaleInputs);
    fs::remove_dir_all(workspace.path("models")).unwrap();
    let detail = workspace.evaluate().detail();
    assert!(
        detail.contains("scenario.toml:2:11: no file matches"),
        "{detail}"
    );
}

#[test]
fn an_input_that_changes_during_a_run_is_named() {
    let changed = |script: &str, expected: &str| {
        let workspace = with_args(
            "\"{root}/given.txt\"",
            "code = [\"*.sh\"]\nignore = [\"log\"]",
        );
        workspace.write("given.txt", "1");
        workspace.write("scenarios/one/day.json", "1");
        workspace.write(
            "scenarios/one/script.sh",
            &format!("cd ${{0%/*}}\n{script}\necho 1\n"),
        );
        let result = workspace.evaluate();
        let detail = result.detail();
        if expected.is_empty() {
            assert_eq!(result.verdict, Verdict::MissingGolden, "{detail}");
            return;
        }
        assert_eq!(result.verdict, Verdict::Invalid, "{detail}");
        let expected = format!("inputs changed while the program ran: {expected}\n  a run leaves");
        assert!(detail.starts_with(&expected), "{detail}");
    };
    changed("echo 2 > day.json", "scenarios/one/day.json changed");
    changed("echo 2 >> ../../given.txt", "given.txt changed");
    changed("rm day.json", "scenarios/one/day.json is gone");
    changed("echo 2 > new.json", "scenarios/one/new.json is new");
    changed(
        "echo 2 > day.json; rm ../../given.txt; mkdir d; echo > d/x",
        "given.txt is gone; scenarios/one/day.json changed; scenarios/one/d/x is new",
    );
    // A program that fails is not excused, expected or not.
    changed(
        "echo 2 > day.json; exit 1",
        "scenarios/one/day.json changed",
    );
    // What is written anew as it was, and what has no role, is not changed.
    changed(
        "cp day.json x; mv x day.json; touch ../../given.txt; echo > log; echo '# x' >> script.sh",
        "",
    );
}

#[test]
fn an_input_may_change_under_the_rules_of_format_1() {
    let workspace = with_args("", "code = [\"*.sh\"]");
    workspace.write("scenarios/one/day.json", "1");
    workspace.write(
        "scenarios/one/script.sh",
        "echo 2 > ${0%/*}/day.json; echo 1",
    );
    workspace.write("fixtures/snapshots/one/snapshot.toml", "format = 1\n");
    let result = workspace.evaluate();
    assert_eq!(result.verdict, Verdict::EditedGolden, "{}", result.detail());
}

#[test]
fn toml_without_a_json_form_is_noticed() {
    let workspace = with_args("\"{root}/a.toml\"", "");
    workspace.write("a.toml", "x = inf\nd = 1979-05-27\n");
    let inputs = workspace.inputs();
    assert!(!inputs.contains("__toml_private"), "{inputs}");
    assert!(inputs.contains("\"toml\":\"1979-05-27\""), "{inputs}");
    workspace.bless(2);
    workspace.write("a.toml", "x = nan\nd = 1979-05-27\n");
    assert_eq!(workspace.evaluate().verdict, Verdict::StaleInputs);
}

#[test]
fn links_are_followed_inside_the_root_and_pipes_never_hang() {
    let workspace = with_args("", "");
    workspace.write("shared/base.json", "1");
    workspace.write("shared/deep/more.txt", "m");
    let secret = workspace.dir.path().join("secret.json");
    fs::write(&secret, "\"hush\"").unwrap();
    let scenario = workspace.path("scenarios/one");
    let link = |to: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(to, scenario.join(name)).unwrap();
    };
    link(&workspace.path("shared"), "linked");
    link(&scenario, "circle");
    link(&secret, "secret.json");
    link(std::path::Path::new("/nowhere/x"), "dangling");
    let pipe = std::process::Command::new("mkfifo")
        .arg(scenario.join("pipe.json"))
        .status();
    assert!(pipe.unwrap().success());
    let inputs = workspace.inputs();
    for expected in [
        "\"linked/base.json\":1",
        "\"linked/deep/more.txt\"",
        "\"dangling\":{",
    ] {
        assert!(inputs.contains(expected), "{expected} is not in {inputs}");
    }
    for other in ["hush", "circle", "pipe.json"] {
        assert!(!inputs.contains(other), "{other} is in {inputs}");
    }
    workspace.bless(2);
    fs::write(&secret, "\"other\"").unwrap();
    assert_eq!(workspace.evaluate().verdict, Verdict::StaleInputs);
}

#[test]
fn fields_of_documents_name_further_inputs() {
    let workspace = Workspace::with_command(
        "echo 1",
        "follow = [\"run_config.topology_path\"]",
        &output("stdout", ""),
    );
    workspace.write(
        "scenarios/one/run_config.json",
        "{\"topology_path\": \"../../topo/ring.json\"}",
    );
    workspace.write("topo/ring.json", "[5]");
    assert!(
        workspace.inputs().contains("ring.json\":[5]"),
        "{}",
        workspace.inputs()
    );
    workspace.write(
        "scenarios/one/run_config.json",
        "{\"topology_paht\": \"x\"}",
    );
    let detail = workspace.evaluate().detail();
    assert!(detail.contains("did you mean `topology_paht`?"), "{detail}");
}

#[test]
fn goldens_of_format_1_are_compared_by_the_old_rules() {
    let workspace = with_args("\"--data={root}/a.json\"", "");
    workspace.write("a.json", "1");
    workspace.write("scenarios/one/map.dat", "x");
    workspace.write("scenarios/one/notes.txt", "n\n");
    let dir = workspace.path("fixtures/snapshots/one");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("snapshot.toml"), "format = 1\n").unwrap();
    let inputs = workspace.inputs();
    assert!(inputs.contains("\"notes.txt\":\"n\\n\""), "{inputs}");
    assert!(
        !inputs.contains("map.dat") && !inputs.contains("\"a.json\""),
        "{inputs}"
    );
    workspace.bless(1);
    assert_eq!(workspace.evaluate().verdict, Verdict::Match);
}
