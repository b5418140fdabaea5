//! What may differ: numbers within a tolerance, values of one form, and bytes that are no documents.

use std::fs;

use aether_harness_cli::commands::{
    BlessOptions, BundleOptions, CompareRequest, DiffRequest, Format, Listing, SensitivityOptions,
    bless, bundle, compare, diff, sensitivity,
};
use serde_json::{Value, json};

use crate::workspace::{Ran, Said, Workspace};

crate::tests![differing;
    numbers_within_tolerance_match_and_say_so,
    everything_else_must_match_exactly,
    a_bless_leaves_goldens_within_tolerance_alone,
    runs_are_compared_exactly_unless_the_scenario_says_otherwise,
    what_a_tolerance_hides_is_unnoticed,
    a_tolerance_that_says_nothing_is_refused,
    bytes_are_kept_beside_their_golden,
    a_bundle_carries_bytes,
    raw_values_are_left_and_shown,
    documents_are_compared_as_the_outputs_of_a_scenario,
];

const SCRIPT: &str = "scenarios/one/script.sh";
const GOLDEN: &str = "fixtures/snapshots/one/o.json";
const MANIFEST: &str = "fixtures/snapshots/one/snapshot.toml";

/// A tolerance of 1e-9 for `x`.
const TOLERANCE: &str =
    "[[outputs.tolerance]]\npath = \"x\"\nabs = \"1e-9\"\nreason = \"the solver stops there\"\n";

/// Two records.
const RECORDS: &str = "echo '{\"t\":1,\"x\":0.5}'\necho '{\"t\":2,\"x\":1,\"name\":\"end\"}'\n";

/// A workspace whose scenario `one` runs a shell script with one output `o`.
fn workspace(script: &str, keys: &str, output: &str) -> Option<Workspace> {
    if !cfg!(unix) {
        return None;
    }
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/one/scenario.toml",
        &format!(
            "description = \"one output\"\ncode = [\"*.sh\"]\n{keys}\n[command]\nprogram = \"sh\"\nargs = \
             [\"{{scenario}}/script.sh\"]\n[[outputs]]\nname = \"o\"\nfrom = \"stdout\"\n{output}"
        ),
    );
    workspace.write(SCRIPT, script);
    Some(workspace)
}

/// The same with records whose `x` has a tolerance, blessed.
fn tolerant(keys: &str) -> Option<Workspace> {
    let output =
        format!("format = \"jsonl\"\ntick = \"t\"\nkeys = {{ \"\" = [\"t\"] }}\n{TOLERANCE}");
    let workspace = workspace(RECORDS, keys, &output)?;
    workspace.bless("one", "first");
    Some(workspace)
}

fn golden(workspace: &Workspace) -> Ran {
    workspace.runner(&["one::golden", "--exact"])
}

fn differs(workspace: &Workspace, request: &DiffRequest) -> Said {
    workspace.command(|suite, console| diff(suite, request, console))
}

fn diff_json(workspace: &Workspace, raw: bool) -> Value {
    let request = DiffRequest {
        format: Format::Json,
        all: true,
        raw,
        ..DiffRequest::default()
    };
    serde_json::from_str(&differs(workspace, &request).out).unwrap()
}

fn bless_with(workspace: &Workspace, exact: bool) -> Said {
    let options = BlessOptions {
        names: vec!["one".to_owned()],
        reason: Some("as it is".to_owned()),
        exact,
        date: "2026-11-26".to_owned(),
        ..BlessOptions::default()
    };
    workspace.command(|suite, console| bless(suite, &options, console))
}

fn numbers_within_tolerance_match_and_say_so() {
    let Some(workspace) = tolerant("") else {
        return;
    };
    assert_eq!(
        diff_json(&workspace, false)["scenarios"][0]["tolerance"],
        Value::Null
    );
    let ran = golden(&workspace);
    assert!(!ran.err.contains("allowed:"), "{}", ran.err);

    workspace.edit(SCRIPT, "\"x\":1", "\"x\":1.0000000003");
    let ran = golden(&workspace);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    let lead = "1 value within tolerance; largest 30 % of what is allowed, at o[t=2].x";
    let expected = format!("allowed: one: {lead}: the solver stops there\n");
    assert!(ran.err.contains(&expected), "{}", ran.err);
    assert_eq!(
        workspace.result("one", "golden")["report"]["tolerated"]["values"],
        1
    );

    let json = diff_json(&workspace, false);
    assert_eq!(json["equal"], true);
    let one = &json["scenarios"][0];
    assert_eq!(
        (&one["verdict"], &one["changes"]),
        (&json!("MATCH"), &json!([]))
    );
    let tolerance = &one["tolerance"];
    assert_eq!(
        (&tolerance["values"], &tolerance["largest"]),
        (&json!(1), &json!(0.3))
    );
    assert_eq!(tolerance["sizes"]["abs"].to_string(), "3e-10");
    let said = differs(&workspace, &DiffRequest::default());
    assert_eq!(said.code(), 0);
    let text = format!(
        "one: MATCH\n  {lead}\n    difference: 3e-10 (relative 3e-10, 1351080 ulp)\n    because: the solver \
         stops there\n\n1 scenario: nothing differs\n"
    );
    assert_eq!(
        said.out.replace(", 1351080 ulp", ""),
        text.replace(", 1351080 ulp", "")
    );
    let html = DiffRequest {
        format: Format::Html,
        ..DiffRequest::default()
    };
    let page = differs(&workspace, &html).out;
    assert!(page.contains(lead), "{page}");

    let before = workspace.read(GOLDEN);
    let said = bless_with(&workspace, false);
    assert_eq!(said.code(), 0);
    assert!(
        said.out
            .starts_with(&format!("one: nothing to bless: {lead}; --exact ")),
        "{}",
        said.out
    );
    assert_eq!(workspace.read(GOLDEN), before);
    let said = bless_with(&workspace, true);
    assert!(
        said.out.contains("tick 2 · o · x: 1 → 1.0000000003"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("blessed one: wrote o.json"),
        "{}",
        said.out
    );
    assert!(workspace.read(GOLDEN).contains("1.0000000003"));
    let manifest = workspace.read(MANIFEST);
    let recorded = "[[allowed]]\noutput = \"o\"\ntolerance = \"x\"\nabs = \"1e-9\"\nreason = \"the solver stops \
                    there\"\n";
    assert!(manifest.contains(recorded), "{manifest}");
    assert_eq!(
        diff_json(&workspace, false)["scenarios"][0]["tolerance"],
        Value::Null
    );
}

fn everything_else_must_match_exactly() {
    let Some(workspace) = tolerant("") else {
        return;
    };
    let check = |from: &str, to: &str, expected: &str| {
        workspace.edit(SCRIPT, from, to);
        let ran = golden(&workspace);
        assert_eq!(ran.status, Some(101), "{to}: {}", ran.err);
        assert!(ran.out.contains(expected), "{to}: {}", ran.out);
        workspace.edit(SCRIPT, to, from);
    };
    check(
        "\"x\":1",
        "\"x\":1.000000002",
        "tick 2 · o · x: 1 → 1.000000002",
    );
    check("\"x\":1", "\"x\":\"1\"", "tick 2 · o · x: 1 → \"1\"");
    check("\"x\":1", "\"x\":1e999999", "tick 2 · o · x: 1 → 1e999999");
    check("\"t\":2", "\"t\":2.0", "o[t=2]");
    check("end", "END", "name: \"end\" → \"END\"");
    // A number within its tolerance does not count as a change beside others.
    workspace.edit(SCRIPT, "\"x\":0.5", "\"x\":0.5000000001");
    workspace.edit(SCRIPT, "end", "END");
    let json = diff_json(&workspace, false);
    let one = &json["scenarios"][0];
    assert_eq!(one["verdict"], "MISMATCH");
    assert_eq!(one["changes"].as_array().unwrap().len(), 1);
    assert_eq!(one["first_divergence"]["path"], "o[t=2].name");
    assert_eq!(one["tolerance"]["values"], 1);
}

fn a_bless_leaves_goldens_within_tolerance_alone() {
    let output = format!(
        "format = \"jsonl\"\n{TOLERANCE}[[outputs]]\nname = \"p\"\nfrom = \"stderr\"\nformat = \"json\"\n"
    );
    let script = format!("{RECORDS}echo 1 >&2\n");
    let Some(workspace) = workspace(&script, "", &output) else {
        return;
    };
    workspace.bless("one", "first");
    let before = workspace.read(GOLDEN);
    workspace.edit(SCRIPT, "\"x\":1", "\"x\":1.0000000001");
    workspace.edit(SCRIPT, "echo 1", "echo 2");
    let said = bless_with(&workspace, false);
    assert!(
        said.out.contains("blessed one: wrote p.json\n"),
        "{}",
        said.out
    );
    assert_eq!(workspace.read(GOLDEN), before);
    assert_eq!(golden(&workspace).status, Some(0));
    workspace.edit(SCRIPT, "echo 2", "echo 3");
    let said = bless_with(&workspace, true);
    assert!(
        said.out.contains("blessed one: wrote o.json, p.json\n"),
        "{}",
        said.out
    );
}

fn runs_are_compared_exactly_unless_the_scenario_says_otherwise() {
    let output = "[[outputs.tolerance]]\npath = \"x\"\nabs = \"0.1\"\nreason = \"noise\"\n";
    let script = "echo \"{\\\"x\\\": 1.00$$}\"\n";
    let Some(exact) = workspace(script, "", output) else {
        return;
    };
    let ran = exact.runner(&["one::determinism", "--exact"]);
    assert_eq!(ran.status, Some(101), "{}", ran.err);
    assert!(ran.out.contains("NONDETERMINISTIC"), "{}", ran.out);
    assert!(ran.out.contains("at o.x"), "{}", ran.out);
    let keys =
        "determinism = \"within-tolerance\"\ndeterminism_reason = \"threads add in any order\"";
    let within = workspace(script, keys, output).unwrap();
    within.bless("one", "first");
    let ran = within.runner(&["one::"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("3 passed"), "{}", ran.out);
    within.edit(SCRIPT, "\\\"x\\\"", "\\\"y\\\": $$, \\\"x\\\"");
    let ran = within.runner(&["one::determinism", "--exact"]);
    assert!(ran.out.contains("NONDETERMINISTIC"), "{}", ran.out);
}

fn what_a_tolerance_hides_is_unnoticed() {
    let Some(workspace) = workspace(
        "read k < \"$(dirname \"$0\")/k.json\"\necho \"{\\\"x\\\": 1.$k, \\\"y\\\": 1}\"\n",
        "",
        "[[outputs.tolerance]]\npath = \"x\"\nabs = \"0.5\"\nreason = \"noise\"\n",
    ) else {
        return;
    };
    workspace.write("scenarios/one/k.json", "3\n");
    workspace.bless("one", "first");
    let options = SensitivityOptions {
        names: Vec::new(),
        max: 64,
        format: Listing::Json,
    };
    let tried = || {
        let said = workspace.command(|suite, console| sensitivity(suite, &options, console));
        let json: Value = serde_json::from_str(&said.out).unwrap();
        json["scenarios"][0].clone()
    };
    let one = tried();
    assert_eq!(
        (&one["noticed"], one["toothless"].as_bool()),
        (&json!(0), Some(true)),
        "{one}"
    );
    workspace.edit(
        "scenarios/one/scenario.toml",
        "abs = \"0.5\"",
        "abs = \"0.05\"",
    );
    let one = tried();
    assert_eq!(one["noticed"], 1, "{one}");
}

fn a_tolerance_that_says_nothing_is_refused() {
    let invalid = |keys: &str, tolerance: &str, expected: &str| {
        let output = format!("[[outputs.tolerance]]\n{tolerance}\n");
        let Some(workspace) = workspace("echo '{\"xs\": [1.5], \"y\": 1}'", keys, &output) else {
            return;
        };
        let ran = golden(&workspace);
        assert!(ran.out.contains("INVALID one::golden"), "{}", ran.out);
        assert!(
            ran.out.contains(expected),
            "{expected} is not in {}",
            ran.out
        );
    };
    let reason = "reason = \"noise\"";
    let of = |rest: &str| format!("{rest}\n{reason}");
    invalid("", &of("path = \"xs\""), "a tolerance needs a bound");
    invalid(
        "",
        &of("path = \"xs\"\nabs = \"-1\""),
        "a decimal number that is not negative",
    );
    invalid(
        "",
        &of("path = \"xs\"\nrel = \"small\""),
        "a decimal number that is not negative",
    );
    invalid("", &of("path = \"xs\"\nabs = 1e-9"), "expected a string");
    invalid(
        "",
        "path = \"xs\"\nulp = 4\nreason = \" \"",
        "the reason is empty",
    );
    invalid(
        "",
        &of("path = \"xss\"\nulp = 4"),
        "tolerance \"xss\" matches nothing; did you mean `xs`?",
    );
    invalid("", &of("path = \"xs\"\nulps = 4"), "did you mean `ulp`?");
    let digest = "snapshot = \"digest\"\nsnapshot_reason = \"large\"";
    invalid(
        digest,
        &of("path = \"xs\"\nulp = 4"),
        "a tolerance needs snapshot = \"full\"",
    );
    let within = "determinism = \"within-tolerance\"";
    invalid(
        within,
        &of("path = \"xs\"\nulp = 4"),
        "determinism_reason = ",
    );
    let Some(workspace) = workspace(
        "echo 1",
        &format!("{within}\ndeterminism_reason = \"r\""),
        "",
    ) else {
        return;
    };
    assert!(golden(&workspace).out.contains("no output has a tolerance"));
}

/// A workspace whose output is bytes.
fn binary() -> Option<Workspace> {
    let script = "printf 'abcdefgh\\377\\000ijklmnopqrstuvwxyz'\n";
    let workspace = workspace(script, "", "format = \"bytes\"\n")?;
    workspace.bless("one", "first");
    Some(workspace)
}

const BYTES: &str = "fixtures/snapshots/one/o.bin";

fn bytes_are_kept_beside_their_golden() {
    let Some(workspace) = binary() else {
        return;
    };
    assert_eq!(fs::read(workspace.path(BYTES)).unwrap().len(), 28);
    assert!(workspace.read(MANIFEST).contains("\n\"o.bin\" = \""));
    assert_eq!(workspace.runner(&[]).status, Some(0));

    workspace.edit(SCRIPT, "qrst", "qRst");
    let ran = golden(&workspace);
    let shown = "    first differing byte of o: offset 19\n      \
                 before  11  6a 6b 6c 6d 6e 6f 70 71 72 73 74 75 76 77 78 79  jklmnopqrstuvwxy\n      \
                 after   11  6a 6b 6c 6d 6e 6f 70 71 52 73 74 75 76 77 78 79  jklmnopqRstuvwxy\n";
    assert!(ran.out.contains(shown), "{}", ran.out);
    let left = workspace.path("target/scenarios/one/o.bin");
    assert_eq!(fs::read(left).unwrap()[19], b'R');
    let json = diff_json(&workspace, false);
    let bytes = &json["scenarios"][0]["bytes"][0];
    assert_eq!(
        (&bytes["artefact"], &bytes["offset"]),
        (&json!("o"), &json!(19))
    );
    let html = DiffRequest {
        format: Format::Html,
        ..DiffRequest::default()
    };
    let page = differs(&workspace, &html).out;
    assert!(
        page.contains("first differing byte of o: offset 19"),
        "{page}"
    );
    workspace.bless("one", "another letter");
    assert_eq!(fs::read(workspace.path(BYTES)).unwrap()[19], b'R');

    // Goldens that something else changed.
    let edited = |expected: &str| {
        let ran = golden(&workspace);
        assert!(ran.out.contains("EDITED_GOLDEN one::golden"), "{}", ran.out);
        assert!(ran.out.contains(expected), "{}", ran.out);
    };
    let kept = fs::read(workspace.path(BYTES)).unwrap();
    workspace.write(BYTES, "other");
    edited("o.bin differs from what was blessed");
    fs::remove_file(workspace.path(BYTES)).unwrap();
    edited("o.bin is missing");
    fs::write(workspace.path(BYTES), kept).unwrap();
    workspace.write("fixtures/snapshots/one/p.bin", "x");
    edited("p.bin was never blessed");
    fs::remove_file(workspace.path("fixtures/snapshots/one/p.bin")).unwrap();

    // Goldens from before bytes were kept stay valid.
    fs::remove_file(workspace.path(BYTES)).unwrap();
    let manifest = workspace.read(MANIFEST);
    let without = manifest
        .lines()
        .filter(|line| !line.starts_with("\"o.bin\""));
    workspace.write(MANIFEST, &(without.collect::<Vec<_>>().join("\n") + "\n"));
    assert_eq!(golden(&workspace).status, Some(0));
    workspace.edit(SCRIPT, "qRst", "qrst");
    assert!(!golden(&workspace).out.contains("first differing byte"));
    workspace.bless("one", "as before");
    assert_eq!(fs::read(workspace.path(BYTES)).unwrap()[19], b'r');

    // Above 1 MiB there are only size and digest.
    workspace.write(SCRIPT, "head -c 1048577 /dev/zero\n");
    workspace.bless("one", "large");
    assert!(!workspace.path(BYTES).exists());
    assert_eq!(golden(&workspace).status, Some(0));
}

fn a_bundle_carries_bytes() {
    let Some(there) = binary() else {
        return;
    };
    let here = binary().unwrap();
    there.edit(SCRIPT, "qrst", "qRst");
    here.edit(SCRIPT, "qrst", "qRst");
    there.runner(&[]);
    let out = there.path("bundle.tar.gz");
    let options = BundleOptions {
        names: Vec::new(),
        out: out.clone(),
        ..BundleOptions::default()
    };
    let said = there.command(|suite, console| bundle(suite, &options, console));
    assert!(
        said.out.starts_with("one: 3 files\n"),
        "{}{}",
        said.out,
        said.err
    );
    let options = BlessOptions {
        all: true,
        reason: Some("from there".to_owned()),
        from_bundle: Some(out),
        date: "2026-11-26".to_owned(),
        ..BlessOptions::default()
    };
    let said = here.command(|suite, console| bless(suite, &options, console));
    assert_eq!(said.code(), 0, "{:?}", said.result);
    assert!(said.out.contains("wrote o.json, o.bin"), "{}", said.out);
    assert_eq!(fs::read(here.path(BYTES)).unwrap()[19], b'R');
    assert_eq!(here.runner(&[]).status, Some(0));
}

fn raw_values_are_left_and_shown() {
    let volatile =
        "[[outputs.volatile]]\npath = \"m.at\"\nform = \"number\"\nreason = \"a process id\"\n";
    let Some(workspace) = workspace(
        "echo \"{\\\"m\\\": {\\\"at\\\": $$}, \\\"x\\\": 1}\"\n",
        "",
        volatile,
    ) else {
        return;
    };
    workspace.bless("one", "first");
    let manifest = workspace.read(MANIFEST);
    let recorded = "[[allowed]]\noutput = \"o\"\nvolatile = \"m.at\"\nform = \"number\"\nreason = \"a process id\"\n";
    assert!(manifest.contains(recorded), "{manifest}");
    let ran = golden(&workspace);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    let expected = "allowed: one: o m.at may be any number: a process id\n";
    assert!(ran.err.contains(expected), "{}", ran.err);
    // A match shows them too, and stays one.
    let json = diff_json(&workspace, true);
    assert_eq!(json["equal"], true);
    let raw = &json["scenarios"][0]["raw"][0];
    assert_eq!(raw["path"], "o.m.at");
    assert!(raw["value"].is_u64(), "{raw}");

    workspace.edit(SCRIPT, ": 1}", ": 2}");
    golden(&workspace);
    let left: Value =
        serde_json::from_str(&workspace.read("target/scenarios/one/.raw/o.json")).unwrap();
    assert!(left["m"]["at"].is_u64(), "{left}");
    let hidden: Value =
        serde_json::from_str(&workspace.read("target/scenarios/one/o.json")).unwrap();
    assert_eq!(hidden["m"]["at"], "‹number›");
    let request = DiffRequest {
        raw: true,
        ..DiffRequest::default()
    };
    let said = differs(&workspace, &request);
    assert!(said.out.contains("\n  raw: o.m.at: "), "{}", said.out);
    assert!(
        !differs(&workspace, &DiffRequest::default())
            .out
            .contains("raw:")
    );
}

fn documents_are_compared_as_the_outputs_of_a_scenario() {
    let output = format!(
        "format = \"csv\"\nstage = \"solve\"\ntick = \"t\"\nkeys = {{ \"\" = [\"t\"] }}\n{TOLERANCE}\
         [[outputs.volatile]]\npath = \"at\"\nform = \"timestamp\"\nreason = \"clock\"\n\
         [[outputs]]\nname = \"p\"\nfrom = \"stderr\"\nformat = \"text\"\n"
    );
    let Some(workspace) = workspace("echo t,x,at", "", &output) else {
        return;
    };
    let compared = |before: &str, after: &str, keys: &[&str]| {
        let request = CompareRequest {
            before: workspace.path(before),
            after: workspace.path(after),
            schema: Some(workspace.path("scenarios/one/scenario.toml")),
            keys: keys.iter().map(|&key| key.to_owned()).collect(),
            ..CompareRequest::default()
        };
        workspace.command(|suite, console| compare(suite, &request, console))
    };
    workspace.write("a/o.csv", "t,x,at\n1,0.5,12:30\n2,1,12:31\n");
    workspace.write("b/o.csv", "t,x,at\n1,0.5000000001,13:00\n2,1,13:01\n");
    workspace.write("c/o.csv", "t,x,at\n1,0.5000000001,13:00\n3,2,13:01\n");
    let said = compared("a/o.csv", "b/o.csv", &[]);
    assert_eq!(said.code(), 0, "{:?} {}", said.result, said.out);
    assert!(
        said.out.contains("1 value within tolerance"),
        "{}",
        said.out
    );
    let said = compared("a", "c", &[]);
    assert_eq!(said.code(), 1);
    assert!(
        said.out.contains("tick 2 · solve · o[t=2] removed: "),
        "{}",
        said.out
    );
    assert!(said.out.contains("at o[t=2]"), "{}", said.out);
    assert!(said.err.is_empty(), "{}", said.err);
    // Options go beyond it.
    let said = compared("a/o.csv", "c/o.csv", &["=x"]);
    assert!(said.out.contains("at document[x="), "{}", said.out);
    workspace.write("d/x.csv", "t,x,at\n");
    let error = compared("d/x.csv", "d/x.csv", &[]).error();
    assert!(
        error.contains("called like none of its outputs, o, p"),
        "{error}"
    );
    workspace.write("e/o.csv", "t,x,at\n1\n");
    let error = compared("a/o.csv", "e/o.csv", &[]).error();
    assert!(error.contains("e/o.csv: is not CSV"), "{error}");
}
