use super::*;
use crate::config::{FileSystem, Severity, load_run};

fn plan(scenario: &str) -> RunPlan {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let files = FileSystem::new(root);
    let path = ["toml", "json"].map(|format| format!("scenarios/{scenario}/run.{format}"));
    let path = path
        .iter()
        .find(|path| std::path::Path::new(root).join(path).is_file());
    load_run(&files, path.unwrap().as_ref()).unwrap()
}

/// A graph with labels: nodes `J1`, `J2`, `twin`, `twin`, edges with labels.
fn labelled() -> RunPlan {
    let documents = crate::config::MemoryDocuments::new()
        .with("topology.json", r#"{"gid": "G", "N": 4, "SC": 32,
            "nodes": [{"node_id": 1, "label": "J1"}, {"node_id": 2, "label": "J2"},
                {"node_id": 3, "label": "twin"}, {"node_id": 4, "label": "twin"}],
            "edges": [{"e_id": 1, "i": 1, "j": 2, "k": 1, "cap": 9, "attrs": {"weird.key": 1}},
                {"e_id": 2, "i": 2, "j": 3, "k": 2, "cap": 9}]}"#)
        .with("cmp-0.toml", crate::config::CMP_0)
        .with("run.toml", "v = 1\ngid = \"G\"\nrun_id = \"g\"\ntopology_path = \"topology.json\"\n\
            profile_path = \"cmp-0.toml\"\nticks = 8\ninitial_state = [1, 2, 3, 4]\nwindow_every = 4\n");
    load_run(&documents, "run.toml".as_ref()).unwrap()
}

#[track_caller]
fn before_and_after(plan: &RunPlan, setting: &str) -> (Option<String>, String) {
    let changed = change(plan, &[setting]).unwrap_or_else(|report| panic!("{report}"));
    let [change] = &changed.changes[..] else {
        panic!("{:?}", changed.changes)
    };
    (change.before.clone(), change.after.clone())
}

#[test]
fn literals_are_json_toml_or_one_word() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(literal(text).ok().as_deref(), expected, "{text}");
    };
    check("13", Some("13"));
    check(" -3 ", Some("-3"));
    check("0x0d", Some("13"));
    check("1_000", Some("1000"));
    check("true", Some("true"));
    check("null", Some("null"));
    check("[1, 0x2,]", Some("[1,2]"));
    check(r#"{"b": 1, "a": [2]}"#, Some(r#"{"a":[2],"b":1}"#));
    check("{ b = 1 }", Some(r#"{"b":1}"#));
    check("\"a b\"", Some("\"a b\""));
    check("'a\"b'", Some(r#""a\"b""#));
    check("CMP-0", Some("\"CMP-0\""));
    check("../a/b.json", Some("\"../a/b.json\""));
    check("1.5", Some("1.5"));
    for wrong in ["", "a b", "[1", "5x", "\"a", "1\nw = 2", "a=b"] {
        check(wrong, None);
    }
}

#[test]
fn a_change_sets_what_its_path_names() {
    let plan = labelled();
    let check = |setting: &str, before: Option<&str>, after: &str| {
        let expected = (before.map(str::to_owned), after.to_owned());
        assert_eq!(before_and_after(&plan, setting), expected, "{setting}");
    };
    check("ticks=12", Some("8"), "12");
    check("initial_state[3]=-7", Some("4"), "-7");
    check("initial_state[node=3]=-7", Some("3"), "-7");
    check("initial_state[node=J2]=-7", Some("2"), "-7");
    check("initial_state=[4, 3, 2, 1]", Some("[1,2,3,4]"), "[4,3,2,1]");
    check("topology.edges[e_id=2].k=13", Some("2"), "13");
    check("topology.edges[1].k=13", Some("2"), "13");
    check(
        "topology.nodes[J2].label=\"K 2\"",
        Some("\"J2\""),
        "\"K 2\"",
    );
    check("topology.nodes[name:J2].attrs.z=1", None, "1");
    check("topology.edges[0].attrs.\"weird.key\"=2", Some("1"), "2");
    check("diagnostics.limit=100", None, "100");
    check("profile.chain_rule.constants.a=19", Some("17"), "19");
    let changed = change(
        &plan,
        &[
            "topology.edges[e_id=2].k=13",
            "diagnostics.limit=100",
            "topology.meta.by=me",
        ],
    );
    let changed = changed.unwrap();
    assert_eq!(changed.plan.topology.edges.get(1).unwrap().conductance, 13);
    assert_eq!(changed.plan.diagnostics.limit, Some(100));
    assert!(
        changed
            .plan
            .documents
            .topology()
            .contains(r#""meta":{"by":"me"}"#)
    );
}

/// The inputs of a changed run are those of a run whose documents were written that way.
#[test]
fn changed_documents_are_resolved_like_any_others() {
    for (scenario, settings) in [
        ("gf01", &["windows[0].end_tick=9", "ticks=9"][..]),
        ("gf01", &["topology.SC=64", "profile.SC=64"]),
        ("gf01", &["windows[1].streams=[]"]),
        ("grid32", &["window_every=100", "loom.W=50", "nap.mode=Q"]),
        ("grid32", &["topology.edges[e_id=7].attrs={b = 1, a = 2}"]),
        ("pfna-demo", &["run_id=other", "pfna.entries[0].tick=3"]),
        ("pfna-demo", &["enable_pfna=false"]),
    ] {
        let base = plan(scenario);
        let changed = change(&base, settings)
            .unwrap_or_else(|report| panic!("{scenario}: {report}"))
            .plan;
        let again = changed
            .documents
            .plan()
            .unwrap_or_else(|report| panic!("{scenario}: {report}"));
        assert_eq!(changed, again, "{scenario} {settings:?}");
        // Resolving it once more changes nothing.
        let same = change(&changed, &["v=1"]).unwrap().plan;
        assert_eq!(
            changed.documents.id(),
            same.documents.id(),
            "{scenario} {settings:?}"
        );
        // Without streams, a window has the default ones, as before.
        let is_same = settings == ["windows[1].streams=[]"];
        assert_eq!(changed.documents.id() == base.documents.id(), is_same);
    }
}

#[test]
fn no_change_leaves_the_inputs_as_they_are() {
    for scenario in ["gf01", "grid32", "pfna-demo"] {
        let plan = plan(scenario);
        let ticks = format!("ticks={}", plan.ticks());
        let mut changed = change(&plan, &[&ticks]).unwrap().plan;
        assert_eq!(changed.documents.files.remove(CHANGED), Some(ticks));
        assert_eq!(changed, plan, "{scenario}");
        assert_eq!(change::<&str>(&plan, &[]).unwrap().plan, plan);
    }
}

#[test]
fn what_a_run_takes_from_its_profile_follows_the_profile() {
    let base = plan("gf01");
    let changed = change(
        &base,
        &["profile.I_block_spacing_W=3", "profile.nap_defaults.mode=Q"],
    )
    .unwrap();
    assert_eq!(changed.plan.checkpoint_spacing, 3);
    assert_eq!(changed.plan.nap.mode, "Q");
    // A value of its own stays.
    let own = change(&base, &["loom.W=5"]).unwrap().plan;
    let changed = change(&own, &["profile.I_block_spacing_W=3"]).unwrap();
    assert_eq!(changed.plan.checkpoint_spacing, 5);
    let both = change(&base, &["profile.I_block_spacing_W=3", "loom.W=7"]).unwrap();
    assert_eq!(both.plan.checkpoint_spacing, 7);
}

#[test]
fn a_setting_that_names_nothing_is_reported_with_a_suggestion() {
    let plan = labelled();
    let check = |setting: &str, code: Code, words: &[&str]| {
        let report = change(&plan, &[setting]).unwrap_err();
        let [problem] = report.problems() else {
            panic!("{setting}: {report}")
        };
        assert_eq!(problem.code, code, "{setting}: {report}");
        assert_eq!(problem.place.path, "--set");
        let text = format!("{problem} {}", problem.help.join(" "));
        for word in words {
            assert!(
                text.contains(word),
                "{setting}: `{word}` is missing in {text}"
            );
        }
    };
    check("ticks", Code::SettingSyntax, &["no `=`"]);
    check("ticks=", Code::SettingSyntax, &["is not a value"]);
    check("ticks=5 6", Code::SettingSyntax, &["`5 6`"]);
    check("=5", Code::SettingSyntax, &["the name of a member"]);
    check("a[0=5", Code::SettingSyntax, &["no `=`"]);
    check("a[]=5", Code::SettingSyntax, &["a position"]);
    check("a.=5", Code::SettingSyntax, &["the name of a member"]);
    check("topology=5", Code::SettingPath, &["a whole document"]);
    check("tciks=5", Code::SettingPath, &["did you mean `ticks`?"]);
    check(
        "topolgy.N=5",
        Code::SettingPath,
        &["did you mean `topology`?"],
    );
    check(
        "edges[0].k=5",
        Code::SettingPath,
        &["did you mean `topology.edges`?"],
    );
    check(
        "initial_state[4]=5",
        Code::SettingPath,
        &["no item 4", "0 to 3"],
    );
    check(
        "initial_state[node=5]=5",
        Code::SettingPath,
        &["no node `5`", "1 to 4"],
    );
    check(
        "initial_state[node=J3]=5",
        Code::SettingPath,
        &["no node `J3`", "1 to 4"],
    );
    check(
        "initial_state[node=twin]=5",
        Code::SettingPath,
        &["no node `twin`"],
    );
    check(
        "topology.edges[e_id=3].k=5",
        Code::SettingPath,
        &["no item of `topology.edges` has `e_id` 3"],
    );
    check(
        "topology.nodes[J9].label=x",
        Code::SettingPath,
        &["the first has `J1`"],
    );
    check(
        "topology.nodes[twin].label=x",
        Code::SettingAmbiguous,
        &["[2] or [3]"],
    );
    check("ticks.x=5", Code::SettingPath, &["`ticks` is an integer"]);
    check("initial_state.x=5", Code::SettingPath, &["is a list"]);
    check(
        "pfna.entries[0].tick=5",
        Code::SettingPath,
        &["no external inputs"],
    );
}

#[test]
fn two_settings_of_one_value_exclude_each_other() {
    let plan = labelled();
    for settings in [
        ["ticks=5", "ticks=6"],
        ["initial_state[0]=5", "initial_state=[1, 2, 3, 4]"],
        ["topology.edges[0].k=1", "topology.edges[e_id=1].k=2"],
        ["diagnostics.limit=1", "diagnostics.limit=2"],
    ] {
        let report = change(&plan, &settings).unwrap_err();
        let codes: Vec<Code> = report
            .problems()
            .iter()
            .map(|problem| problem.code)
            .collect();
        assert_eq!(codes, [Code::SettingTwice], "{settings:?}: {report}");
    }
}

/// Every problem is reported at once: at the setting if it wrote the value, else where it has its
/// effect, with the setting.
#[test]
fn problems_of_changed_documents_appear_at_their_settings() {
    let plan = labelled();
    let report = change(
        &plan,
        &[
            "topology.edges[e_id=2].k=-3",
            "ticks=true",
            "topology.edges[0].j=9",
        ],
    )
    .unwrap_err();
    let shown: Vec<(&str, usize, Code)> = report
        .problems()
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| {
            (
                problem.place.path.as_str(),
                problem.place.column,
                problem.code,
            )
        })
        .collect();
    let expected = [
        ("--set", 7, Code::WrongType),
        ("--set", 21, Code::NoSuchNode),
        ("--set", 26, Code::OutOfRange),
    ];
    for problem in expected {
        assert!(
            shown.contains(&problem),
            "{problem:?} is missing: {shown:?}"
        );
    }
    assert_eq!(shown.len(), expected.len(), "{report}");
    let report = change(&self::plan("gf01"), &["ticks=500"]).unwrap_err();
    for problem in report.problems() {
        assert!(
            problem.place.path.ends_with("run.json (resolved)"),
            "{problem}"
        );
        assert!(
            problem
                .related
                .iter()
                .any(|related| related.place.path == "--set"),
            "{problem:?}"
        );
    }
}
