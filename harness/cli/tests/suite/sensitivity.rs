//! Which goldens have teeth.

use aether_harness::{Failure, Prepared, Scenario, Subject, WithoutEffect};
use aether_harness_cli::commands::{Listing, SensitivityOptions, sensitivity};
use serde_json::Value;

use crate::automaton::Automaton;
use crate::workspace::{Said, Workspace, bare};

crate::tests![sensitivity;
    a_golden_that_notices_everything_has_teeth,
    a_toothless_golden_is_told,
    a_change_that_another_scenario_notices_is_not_told,
    what_cannot_be_tried_is_told,
    the_documents_of_a_program_are_changed,
    what_is_declared_to_be_without_effect_is_left_out,
    a_check_that_is_switched_on_may_end_a_run,
    a_reason_why_a_change_is_not_noticed_is_checked,
];

fn tried(workspace: &Workspace, max: usize, format: Listing) -> Said {
    let options = SensitivityOptions {
        names: Vec::new(),
        max,
        format,
    };
    workspace.command(|suite, console| sensitivity(suite, &options, console))
}

fn a_golden_that_notices_everything_has_teeth() {
    let workspace = Workspace::blessed();
    let said = tried(&workspace, 100, Listing::Text);
    // Seven cells, the rule and the ticks.
    assert_eq!(said.out, "ring: noticed 9 of 9 changes\n");
    assert_eq!(said.code(), 0);
    let said = tried(&workspace, 4, Listing::Text);
    assert_eq!(said.out, "ring: noticed 4 of 4 changes, 5 not tried\n");
}

fn a_toothless_golden_is_told() {
    let workspace = Workspace::empty();
    // Rule 0 kills everything in a tick.
    workspace.scenario("dead", "", "");
    workspace.edit("scenarios/dead/run.toml", "rule = 30", "rule = 0");
    workspace.bless("dead", "first");
    let said = tried(&workspace, 100, Listing::Json);
    assert_eq!(said.code(), 1, "{}", said.out);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let dead = &report["scenarios"][0];
    // The dead cells, of which rule 0 keeps nothing.
    assert_eq!(dead["unnoticed"].as_array().unwrap().len(), 6, "{report}");
    // The rule, the ticks, and the living cell, which a step takes out of range.
    assert_eq!(dead["noticed"], 3);
    assert_eq!(dead["toothless"], false);
    let first = &report["unnoticed"][0];
    assert_eq!(first["change"], "scenarios/dead/run.toml cells[0]: 0 → 1");
    assert_eq!(first["scenarios"][0], "dead");

    // A program that makes nothing notices nothing.
    workspace.edit(
        "scenarios/dead/run.toml",
        "fault = \"\"",
        "fault = \"numb\"",
    );
    workspace.bless("dead", "numb");
    let said = tried(&workspace, 100, Listing::Text);
    assert_eq!(said.code(), 1);
    assert!(
        said.out
            .starts_with("no golden noticed:\n  scenarios/dead/run.toml ")
    );
    let last = "dead: noticed 0 of 9 changes: its goldens notice nothing\n";
    assert!(said.out.ends_with(last), "{}", said.out);
}

fn a_change_that_another_scenario_notices_is_not_told() {
    if !cfg!(unix) {
        return;
    }
    let workspace = Workspace::empty();
    for (name, shown) in [("all", "[$a,$b]"), ("half", "[$a]")] {
        workspace.write(
            &format!("scenarios/{name}/scenario.toml"),
            "description = \"two numbers\"\n[command]\nprogram = \"sh\"\n\
             args = [\"{scenario}/show.sh\", \"{scenario}/in.json\"]\n\
             [[outputs]]\nname = \"shown\"\nfrom = \"stdout\"\n",
        );
        let number =
            |key: &str| format!("{key}=$(sed -n 's/.*\"{key}\": *\\([0-9]*\\).*/\\1/p' \"$1\")\n");
        workspace.write(
            &format!("scenarios/{name}/show.sh"),
            &format!("{}{}echo \"{shown}\"\n", number("a"), number("b")),
        );
        let numbers = "{\"a\": 3, \"b\": 4}\n";
        workspace.write(&format!("scenarios/{name}/in.json"), numbers);
        workspace.bless(name, "first");
    }
    let said = tried(&workspace, 100, Listing::Text);
    assert_eq!(
        said.out,
        "no golden noticed:\n  scenarios/half/in.json b: 4 → 5  (half)\n\n\
         all: noticed 2 of 2 changes\nhalf: noticed 1 of 2 changes\n"
    );
    assert_eq!(said.code(), 1);
    // The scenario itself is left alone.
    assert_eq!(
        workspace.read("scenarios/half/in.json"),
        "{\"a\": 3, \"b\": 4}\n"
    );
}

fn what_cannot_be_tried_is_told() {
    let workspace = Workspace::blessed();
    workspace.scenario("slow", "", "");
    workspace.edit("scenarios/slow/scenario.toml", "\"instant\"", "\"long\"");
    workspace.edit("scenarios/ring/run.toml", "ticks = 6", "ticks = 7");
    let said = tried(&workspace, 100, Listing::Text);
    assert!(
        said.out
            .contains("ring: skipped: the goldens are not up to date: STALE_INPUTS"),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("slow: skipped: it is long; name it to include it")
    );
    assert_eq!(said.code(), 1);
}

fn the_documents_of_a_program_are_changed() {
    if !cfg!(unix) {
        return;
    }
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/deaf/scenario.toml",
        "description = \"hears nothing\"\n[command]\nprogram = \"sh\"\n\
         args = [\"-c\", \"echo 1\"]\n[[outputs]]\nname = \"one\"\nfrom = \"stdout\"\n",
    );
    workspace.write(
        "scenarios/deaf/in.toml",
        "k = 3\non = true\n[deep]\nx = 0.5\n",
    );
    workspace.bless("deaf", "first");
    let said = tried(&workspace, 100, Listing::Text);
    assert_eq!(
        said.out,
        "no golden noticed:\n  scenarios/deaf/in.toml deep.x: 0.5 → 1.5  (deaf)\n  \
         scenarios/deaf/in.toml k: 3 → 4  (deaf)\n  \
         scenarios/deaf/in.toml on: true → false  (deaf)\n\n\
         deaf: noticed 0 of 3 changes: its goldens notice nothing\n"
    );
}

/// The automaton, with this declared to be without effect.
struct Declaring(&'static [&'static str]);

impl Subject for Declaring {
    fn name(&self) -> &str {
        Automaton.name()
    }

    fn version(&self) -> String {
        Automaton.version()
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        Automaton.open(scenario)
    }

    fn without_effect(&self) -> Vec<WithoutEffect> {
        let declared = self.0.iter().map(|pattern| WithoutEffect {
            pattern,
            reason: "said so",
        });
        declared.collect()
    }
}

fn tried_declaring(
    workspace: &Workspace,
    declared: &'static [&'static str],
    format: Listing,
) -> Said {
    let suite = bare(workspace.root()).subject(Declaring(declared));
    let options = SensitivityOptions {
        names: Vec::new(),
        max: 100,
        format,
    };
    workspace.command(|_, console| sensitivity(&suite, &options, console))
}

fn what_is_declared_to_be_without_effect_is_left_out() {
    let workspace = Workspace::empty();
    // Rule 0 kills everything in a tick, so that the dead cells are noticed by nothing.
    workspace.scenario("dead", "", "");
    workspace.edit("scenarios/dead/run.toml", "rule = 30", "rule = 0");
    workspace.bless("dead", "first");
    let said = tried_declaring(&workspace, &["automaton/cells"], Listing::Text);
    assert_eq!(
        said.out,
        "dead: noticed 2 of 2 changes, 7 declared to be without effect\n"
    );
    assert_eq!(said.code(), 0);

    // What is noticed all the same is told, and left to the one who declared it.
    let declared = &["automaton/cells", "automaton/ticks"];
    let said = tried_declaring(&workspace, declared, Listing::Text);
    assert_eq!(
        said.out,
        "noticed, and declared to be without effect:\n  \
         scenarios/dead/run.toml ticks: 6 → 7, declared as automaton/ticks  (dead)\n\n\
         dead: noticed 1 of 1 change, 8 declared to be without effect\n"
    );
    assert_eq!(said.code(), 1);
    let said = tried_declaring(&workspace, declared, Listing::Json);
    assert_eq!(said.code(), 1);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["unnoticed"], serde_json::json!([]));
    assert_eq!(report["scenarios"][0]["declared"], 8);
    let wrong = &report["wrongly_declared"][0];
    assert_eq!(wrong["declared"], "automaton/ticks");
    assert_eq!(wrong["change"], "scenarios/dead/run.toml ticks: 6 → 7");
    assert_eq!(wrong["scenarios"][0], "dead");
}

fn a_check_that_is_switched_on_may_end_a_run() {
    let workspace = Workspace::empty();
    // This one fails at tick 3, which it does not reach.
    workspace.scenario("short", "", "error");
    workspace.edit("scenarios/short/run.toml", "ticks = 6", "ticks = 2");
    workspace.bless("short", "first");
    let said = tried_declaring(&workspace, &["automaton/ticks"], Listing::Json);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["scenarios"][0]["declared"], 1, "{report}");
    assert_eq!(report["wrongly_declared"], serde_json::json!([]));

    // Nor does it count where a run that is expected to fail does so at another place.
    let workspace = Workspace::empty();
    workspace.scenario("failing", "expect = \"failure\"\n", "last");
    workspace.bless("failing", "first");
    let said = tried(&workspace, 100, Listing::Json);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    // The ticks, and the living cell, which a step takes out of range.
    assert_eq!(report["scenarios"][0]["noticed"], 2, "{report}");
    let said = tried_declaring(&workspace, &["automaton/ticks"], Listing::Json);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["scenarios"][0]["declared"], 1, "{report}");
    assert_eq!(report["wrongly_declared"], serde_json::json!([]));
}

fn a_reason_why_a_change_is_not_noticed_is_checked() {
    let workspace = Workspace::empty();
    // Rule 0 kills everything in a tick: the dead cells are noticed by nothing.
    let reasons = [0, 1, 3, 4, 5, 6].map(|cell| format!("\"automaton/cells/{cell}\" = \"dies\"\n"));
    workspace.scenario("dead", &format!("[unnoticed]\n{}", reasons.concat()), "");
    workspace.edit("scenarios/dead/run.toml", "rule = 30", "rule = 0");
    workspace.bless("dead", "first");
    let said = tried(&workspace, 100, Listing::Text);
    assert_eq!(
        said.out,
        "dead: noticed 3 of 3 changes, 6 not noticed for a reason\n"
    );
    assert_eq!(said.code(), 0);

    // The living cell is noticed: a step takes it out of range.
    let file = "scenarios/dead/scenario.toml";
    workspace.edit(file, "cells/0", "cells/2");
    let said = tried(&workspace, 100, Listing::Text);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(
        lines,
        [
            "no golden noticed:",
            "  scenarios/dead/run.toml cells[0]: 0 → 1  (dead)",
            "",
            "noticed, though [unnoticed] in scenario.toml gives a reason why not:",
            "  scenarios/dead/run.toml cells[2]: 1 → 2, at automaton/cells/2  (dead)",
            "",
            "dead: noticed 3 of 4 changes, 5 not noticed for a reason",
        ]
    );
    assert_eq!(said.code(), 1);

    // A reason for what is not there.
    workspace.edit(file, "cells/2", "cells/7");
    let said = tried(&workspace, 100, Listing::Text);
    let missing = "[unnoticed] in scenario.toml has a place that the inputs do not have:\n  \
                   automaton/cells/7  (dead)\n";
    assert!(said.out.contains(missing), "{}", said.out);
    let said = tried(&workspace, 100, Listing::Json);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        report["wrong_reasons"],
        serde_json::json!([{"scenario": "dead", "place": "automaton/cells/7"}])
    );
    assert_eq!(report["scenarios"][0]["excused"], 5);
    assert_eq!(said.code(), 1);
}
