//! `check` and `new`.

use std::fs;

use aether_harness::command::{NewOptions, check, new};

use crate::workspace::{Said, Workspace};

crate::tests![commands;
    a_workspace_in_order_passes,
    everything_out_of_order_is_told,
    a_suite_has_checks_of_its_own,
    new_scenarios_validate,
    new_names_must_be_free_and_valid,
];

fn checked(workspace: &Workspace) -> Said {
    workspace.command(check)
}

fn a_workspace_in_order_passes() {
    let workspace = Workspace::blessed();
    let said = checked(&workspace);
    assert_eq!(said.out, "in order: 1 scenarios and their goldens\n");
    assert_eq!(said.code(), 0);
    assert_eq!(workspace.command(check).code(), 0);
    let empty = Workspace::empty();
    assert_eq!(checked(&empty).code(), 2);
}

fn everything_out_of_order_is_told() {
    let told = |expected: &str, disorder: &dyn Fn(&Workspace)| {
        let workspace = Workspace::blessed();
        disorder(&workspace);
        let said = checked(&workspace);
        assert_eq!(said.code(), 1, "{}", said.out);
        assert!(said.out.contains(expected), "{}", said.out);
    };
    told("scenarios/bad: there is no scenario.toml", &|workspace| {
        fs::create_dir(workspace.path("scenarios/bad")).unwrap();
    });
    told(
        "fixtures/snapshots/ring is missing: cargo xtask bless ring",
        &|workspace| {
            fs::remove_dir_all(workspace.path("fixtures/snapshots/ring")).unwrap();
        },
    );
    told("totals.json is not what was blessed", &|workspace| {
        workspace.write("fixtures/snapshots/ring/totals.json", "{}\n");
    });
    told("fixtures/snapshots/gone has no scenario", &|workspace| {
        fs::create_dir(workspace.path("fixtures/snapshots/gone")).unwrap();
    });
    told("is what a killed bless left", &|workspace| {
        fs::create_dir(workspace.path("fixtures/snapshots/.bless-ring.new")).unwrap();
    });
}

fn a_suite_has_checks_of_its_own() {
    let workspace = Workspace::blessed();
    let said = workspace.command(|suite, console| {
        let suite = suite.clone().check("folders", |paths| {
            vec![format!("{} is odd", paths.root().display())]
        });
        check(&suite, console)
    });
    assert_eq!(said.code(), 1);
    assert!(said.out.starts_with("folders: "), "{}", said.out);
}

fn make(workspace: &Workspace, name: &str, from: Option<&str>) -> Said {
    let options = NewOptions {
        name: name.to_owned(),
        from: from.map(str::to_owned),
    };
    workspace.command(|suite, console| new(suite, &options, console))
}

fn new_scenarios_validate() {
    let workspace = Workspace::blessed();
    let said = make(&workspace, "copy", Some("ring"));
    assert_eq!(said.code(), 0);
    assert!(said.out.contains("made scenarios/copy"), "{}", said.out);
    assert_eq!(
        workspace.read("scenarios/copy/run.toml"),
        workspace.read("scenarios/ring/run.toml")
    );
    assert_eq!(make(&workspace, "fresh", None).code(), 0);
    workspace.bless("copy", "first");
    workspace.bless("fresh", "first");
    let ran = workspace.runner(&[]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);

    workspace.write("scenarios/ring/run.toml", "rule = \"x\"");
    let said = make(&workspace, "broken", Some("ring"));
    assert_eq!(said.code(), 2);
    assert!(
        said.error().contains("not valid, and gone again"),
        "{}",
        said.error()
    );
    assert!(!workspace.path("scenarios/broken").exists());
}

fn new_names_must_be_free_and_valid() {
    let workspace = Workspace::blessed();
    let check = |name: &str, from: Option<&str>, expected: &str| {
        let said = make(&workspace, name, from);
        assert_eq!(said.code(), 2);
        assert!(said.error().contains(expected), "{}", said.error());
    };
    check("ring", None, "scenarios/ring exists already");
    check("a b", None, "the name contains ' '");
    check("../up", None, "the name contains '/'");
    check("RING", None, "differ only by case");
    check(
        "other",
        Some("rong"),
        "there is no scenario `rong`; is `ring` meant?",
    );
    fs::create_dir(workspace.path("fixtures/snapshots/old")).unwrap();
    check("old", None, "holds goldens of that name already");
}
