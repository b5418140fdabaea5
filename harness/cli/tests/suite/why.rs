//! `why`: planted changes of three programs, each followed back to where it was planted, and every step tried out.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value, json};

use crate::examples::{AUTOMATON, copied};
use crate::workspace::{Ran, Workspace, has, skipped};

crate::tests![why;
    the_account_in_the_documentation_is_real,
    planted_changes_of_the_queue_are_found,
    planted_changes_of_the_bakery_are_found,
    planted_changes_of_the_automaton_are_found,
    a_rule_of_the_automaton_is_named,
    several_causes_are_counted,
    what_cannot_be_explained_is_said,
    rules_of_depends_are_checked,
    rules_that_match_nothing_are_invalid,
    reports_name_the_command,
    pictures_and_pages_are_sound,
];

const QUEUE: &str = "import json, sys\n\n\
    day = json.load(open(sys.argv[1]))\nwaiting = 0\n\
    for minute, arrived in enumerate(day[\"arrivals\"], 1):\n\
    \x20   waiting += arrived\n    served = min(waiting, day[\"clerks\"])\n    waiting -= served\n\
    \x20   print(json.dumps({\"minute\": minute, \"served\": served, \"waiting\": waiting}))\n";

const SCENARIO: &str = r#"description = "one clerk on a busy morning"

[command]
program = "python3"
args = ["{root}/queue.py", "{scenario}/day.json"]

[[outputs]]
name = "minutes"
from = "stdout"
format = "jsonl"
stage = "counter"
tick = "minute"

[outputs.keys]
"" = ["minute"]

"#;

const SCENARIO_FILE: &str = "scenarios/monday/scenario.toml";
const DAY_FILE: &str = "scenarios/monday/day.json";
const DAY: &str = "{ \"arrivals\": [1, 3, 0, 2, 0, 0], \"clerks\": 1 }\n";

/// The page's section.
fn section() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/explain.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, section) = page.split_once("\n## How it came about").unwrap();
    section.split("\n## ").next().unwrap().to_owned()
}

/// What the section shows as this sort of text.
fn shown(section: &str, sort: &str) -> Vec<String> {
    let fence = format!("```{sort}\n");
    let blocks = section.split(&fence).skip(1);
    let text = |block: &str| block.split("```").next().unwrap().to_owned();
    blocks.map(text).collect()
}

/// The `[[depends]]` that the section shows.
fn depends() -> String {
    shown(&section(), "toml").remove(0)
}

/// Whether there is a Python to run programs.
fn has_python() -> bool {
    if !has("python3") {
        skipped("there is no python3");
        return false;
    }
    true
}

/// The queue of the guide with the declarations of the page, blessed.
fn queue() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("queue.py", QUEUE);
    workspace.write(SCENARIO_FILE, &(SCENARIO.to_owned() + &depends()));
    workspace.write(DAY_FILE, DAY);
    let ran = Ran::of(installed(&workspace).args(["bless", "monday", "--reason", "first"]));
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    workspace
}

fn installed(workspace: &Workspace) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
    command.current_dir(workspace.root());
    command.env_remove("CI").env_remove("CARGO_TARGET_DIR");
    command
}

/// `why` as data.
#[track_caller]
fn found(command: &mut Command) -> Value {
    let ran = Ran::of(command.args(["--format", "json"]));
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

/// The causes as lines: what they are, where, and both values.
fn causes(why: &Value) -> Vec<String> {
    let causes = why["causes"].as_array().unwrap().iter();
    let line = |cause: &Value| {
        let kind = cause["kind"].as_str().unwrap();
        let path = cause["path"].as_str().unwrap();
        match kind {
            "input" => format!("{path}: {} → {}", cause["before"], cause["after"]),
            _ => format!("{kind} {path}"),
        }
    };
    causes.map(line).collect()
}

/// The steps by the paths of their ends, each with whether it is needed.
fn steps(why: &Value) -> BTreeMap<(String, String), bool> {
    let nodes = why["nodes"].as_array().unwrap();
    let path = |id: &Value| {
        let id = usize::try_from(id.as_u64().unwrap()).unwrap();
        assert_eq!(nodes[id]["id"], json!(id));
        nodes[id]["path"].as_str().unwrap().to_owned()
    };
    let may: Vec<&Value> = why["may"].as_array().unwrap().iter().collect();
    let edges = why["edges"].as_array().unwrap().iter();
    edges
        .map(|edge| ((path(&edge[0]), path(&edge[1])), !may.contains(&edge)))
        .collect()
}

/// The shortest path is one of steps, from the value asked for to the first cause.
#[track_caller]
fn check_path(why: &Value) {
    let nodes = why["nodes"].as_array().unwrap();
    let ids = why["shortest"].as_array().unwrap();
    let steps = steps(why);
    let path = |id: &Value| {
        let node = &nodes[usize::try_from(id.as_u64().unwrap()).unwrap()];
        node["path"].as_str().unwrap().to_owned()
    };
    assert_eq!(path(&ids[0]), why["at"].as_str().unwrap());
    for step in ids.windows(2) {
        assert!(steps.contains_key(&(path(&step[0]), path(&step[1]))));
    }
    let cause = &why["causes"][0];
    let end = if cause["kind"] == "input" {
        &cause["path"]
    } else {
        &cause["at"]
    };
    assert_eq!(path(ids.last().unwrap()), end.as_str().unwrap());
}

fn the_account_in_the_documentation_is_real() {
    if !has_python() {
        return;
    }
    let workspace = queue();
    let shown = shown(&section(), "text");
    workspace.edit(DAY_FILE, "3, 0, 2", "4, 0, 2");
    let last = ["why", "monday", "--at", "minutes[minute=6].waiting"];
    let ran = Ran::of(installed(&workspace).args(last));
    assert_eq!((ran.status, &ran.out), (Some(0), &shown[0]), "{}", ran.err);
    workspace.write(DAY_FILE, DAY);
    workspace.edit(
        "queue.py",
        "min(waiting, day[\"clerks\"])",
        "min(waiting, 2)",
    );
    let ran = Ran::of(installed(&workspace).args(["why", "monday"]));
    assert_eq!((ran.status, &ran.out), (Some(0), &shown[1]), "{}", ran.err);
}

/// The queue once more: served and waiting of each minute.
fn served_and_waiting(arrivals: &[i64], clerks: i64) -> Vec<(i64, i64)> {
    let mut waiting = 0;
    let minute = |arrived: &i64| {
        waiting += arrived;
        let served = waiting.min(clerks);
        waiting -= served;
        (served, waiting)
    };
    arrivals.iter().map(minute).collect()
}

/// A day of the queue: all its values by path.
fn day(arrivals: &[i64], clerks: i64) -> BTreeMap<String, i64> {
    let mut values = BTreeMap::from([("inputs[\"day.json\"].clerks".to_owned(), clerks)]);
    for (at, (served, waiting)) in served_and_waiting(arrivals, clerks).into_iter().enumerate() {
        values.insert(format!("inputs[\"day.json\"].arrivals[{at}]"), arrivals[at]);
        values.insert(format!("minutes[minute={}].served", at + 1), served);
        values.insert(format!("minutes[minute={}].waiting", at + 1), waiting);
    }
    values
}

/// What a value of the queue is computed from, and its value.
fn computed(path: &str, read: &dyn Fn(&str) -> i64) -> Option<(Vec<String>, i64)> {
    let (minute, member) = path.strip_prefix("minutes[minute=")?.split_once("].")?;
    let minute: i64 = minute.parse().unwrap();
    let before = format!("minutes[minute={}].waiting", minute - 1);
    let arrived = format!("inputs[\"day.json\"].arrivals[{}]", minute - 1);
    let waiting = if minute > 1 { read(&before) } else { 0 } + read(&arrived);
    let (other, value) = match member {
        "served" => {
            let clerks = "inputs[\"day.json\"].clerks".to_owned();
            let value = waiting.min(read(&clerks));
            (clerks, value)
        }
        _ => {
            let served = format!("minutes[minute={minute}].served");
            let value = waiting - read(&served);
            (served, value)
        }
    };
    Some((vec![before, arrived, other], value))
}

fn planted_changes_of_the_queue_are_found() {
    if !has_python() {
        return;
    }
    let workspace = queue();
    let (arrivals, clerks) = ([1, 3, 0, 2, 0, 0], 1);
    let old = day(&arrivals, clerks);
    let mut planted: Vec<(Vec<i64>, i64)> = vec![(arrivals.to_vec(), 2), (arrivals.to_vec(), 3)];
    for at in [0, 1, 5] {
        let mut changed = arrivals.to_vec();
        changed[at] += 1 + i64::try_from(at % 2).unwrap();
        planted.push((changed, clerks));
    }
    planted.push((vec![2, 2, 0, 2, 1, 0], 1));
    planted.push((vec![1, 3, 1, 2, 0, 0], 2));
    let mut has_may = false;
    for (arrivals, clerks) in planted {
        let new = day(&arrivals, clerks);
        let text = json!({ "arrivals": arrivals, "clerks": clerks }).to_string();
        workspace.write(DAY_FILE, &text);
        let differing: BTreeSet<&String> = old.keys().filter(|at| old[*at] != new[*at]).collect();
        let outputs = differing.iter().filter(|at| at.starts_with("minutes"));
        for at in outputs {
            let why = found(installed(&workspace).args(["why", "monday", "--at", at]));
            check_path(&why);
            // Everything that differs and that leads to it, by a search through all values.
            let mut expected = BTreeMap::new();
            let mut seen = BTreeSet::from([(*at).clone()]);
            let mut open = vec![(*at).clone()];
            while let Some(place) = open.pop() {
                let value = computed(&place, &|read| new[read]);
                let on = value.map(|(on, _)| on).unwrap_or_default();
                let on: Vec<String> = on.into_iter().filter(|on| differing.contains(on)).collect();
                for lower in &on {
                    let put_back = |read: &str| if read == lower { old[read] } else { new[read] };
                    let (_, value) = computed(&place, &put_back).unwrap();
                    let is_needed = value != new[&place];
                    let is_only = on.len() == 1;
                    assert!(is_needed || !is_only, "{place} {lower}");
                    has_may |= !is_only;
                    expected.insert((place.clone(), lower.clone()), is_only);
                    if seen.insert(lower.clone()) {
                        open.push(lower.clone());
                    }
                }
            }
            assert_eq!(steps(&why), expected, "{text} {at}");
            let planted = seen.iter().filter(|place| place.starts_with("inputs"));
            let planted: BTreeSet<String> = planted
                .map(|place| format!("{place}: {} → {}", old[place], new[place]))
                .collect();
            let causes: BTreeSet<String> = causes(&why).into_iter().collect();
            assert_eq!(causes, planted);
            assert_eq!(why["left_out"], json!(0));
        }
    }
    assert!(has_may, "no change reached a value in two ways");
    // A rule, at every value that it reaches.
    workspace.write(DAY_FILE, DAY);
    workspace.edit(
        "queue.py",
        "min(waiting, day[\"clerks\"])",
        "min(waiting, 2)",
    );
    for (minute, member) in [(2, "served"), (3, "waiting"), (4, "served")] {
        let at = format!("minutes[minute={minute}].{member}");
        let why = found(installed(&workspace).args(["why", "monday", "--at", &at]));
        check_path(&why);
        assert!(
            causes(&why).contains(&"rule minutes.served".to_owned()),
            "{at}"
        );
    }
}

fn planted_changes_of_the_bakery_are_found() {
    if !has_python() {
        return;
    }
    let workspace = copied("script");
    let file = "scenarios/weekday/day.json";
    let text = workspace.read(file);
    for (from, to, path) in [
        ("\"tray\": 12", "\"tray\": 11", "tray: 12 → 11"),
        ("[24, 30]", "[24, 37]", "shelf[1]: 30 → 37"),
        ("[24, 30]", "[12, 30]", "shelf[0]: 24 → 12"),
        ("[[3,", "[[30,", "customers[0][0]: 3 → 30"),
        ("1, 9]", "1, 8]", "customers[1][3]: 9 → 8"),
        ("[12, 3, 3]", "[12, 3, 4]", "customers[3][2]: 3 → 4"),
    ] {
        assert!(text.contains(from), "{from}");
        workspace.write(file, &text.replace(from, to));
        for at in [None, Some("summary.sold"), Some("summary.left")] {
            let mut command = installed(&workspace);
            command.args(["why", "weekday", "--format", "json"]);
            let ran = Ran::of(command.args(at.iter().flat_map(|at| ["--at", at])));
            if ran.status == Some(2) {
                assert!(
                    at.is_some() && ran.err.contains("does not differ"),
                    "{}",
                    ran.err
                );
                continue;
            }
            assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
            let why: Value = serde_json::from_str(&ran.out).unwrap();
            check_path(&why);
            assert_eq!(causes(&why), [format!("inputs[\"day.json\"].{path}")]);
            // One dependency that differs is needed; of several, each may be.
            let steps = steps(&why);
            for ((upper, _), is_needed) in &steps {
                let count = steps.keys().filter(|(other, _)| other == upper).count();
                assert_eq!(*is_needed, count == 1, "{upper}");
            }
        }
    }
    workspace.write(file, &text);
    let ran = Ran::of(
        installed(&workspace)
            .args(["why", "weekday"])
            .env("BAKERY_REGRESSION", "1"),
    );
    let expected = "hours[hour=1].baked: 24 → 12\nthe rule for hours.baked changed\n";
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (Some(0), expected),
        "{}",
        ran.err
    );
}

/// One generation of an elementary cellular automaton, once more.
fn next_generation(rule: u8, cells: &str) -> String {
    let cells: Vec<bool> = cells.chars().map(|cell| cell == '#').collect();
    let count = cells.len();
    let cell = |at: usize| {
        let beside = [
            cells[(at + count - 1) % count],
            cells[at],
            cells[(at + 1) % count],
        ];
        let number = beside
            .iter()
            .fold(0, |number, &cell| number * 2 + u8::from(cell));
        if rule >> number & 1 == 1 { '#' } else { '.' }
    };
    (0..count).map(cell).collect()
}

fn generation_of(path: &str) -> Option<u64> {
    let rest = path.strip_prefix("generations[generation=")?;
    rest.strip_suffix("].cells")?.parse().ok()
}

/// Every step between the cells of two generations is needed, or is marked.
#[track_caller]
fn check_cells(why: &Value, rule: u8) {
    let nodes = why["nodes"].as_array().unwrap().iter();
    let values: BTreeMap<&str, &Value> = nodes
        .map(|node| (node["path"].as_str().unwrap(), node))
        .collect();
    let mut tried = 0;
    for ((upper, lower), is_needed) in steps(why) {
        if generation_of(&upper).is_some()
            && (generation_of(&lower).is_some() || lower.ends_with(".cells"))
        {
            let (Some(old), Some(new)) = (
                values[&*lower]["before"].as_str(),
                values[&*upper]["after"].as_str(),
            ) else {
                continue;
            };
            assert_eq!(
                is_needed,
                next_generation(rule, old) != new,
                "{upper} {lower}"
            );
            tried += 1;
        }
    }
    assert!(tried > 0, "{why}");
}

fn planted_changes_of_the_automaton_are_found() {
    let workspace = copied("automaton");
    let file = "scenarios/rule30/automaton.toml";
    let text = workspace.read(file);
    let why = |at: &[&str]| {
        let mut command = workspace.process(AUTOMATON);
        command.args(["why", "rule30"]).args(at);
        found(&mut command)
    };
    let last = ["--at", "generations[generation=24].cells"];
    let cells = "......#......";
    for at in 0..cells.len() {
        let flipped = if &cells[at..=at] == "#" { "." } else { "#" };
        let changed = format!("{}{flipped}{}", &cells[..at], &cells[at + 1..]);
        workspace.write(file, &text.replace(cells, &changed));
        for at in [&[][..], &last, &["--at", "census.most_alive"]] {
            let ran = Ran::of(
                workspace
                    .process(AUTOMATON)
                    .args(["why", "rule30"])
                    .args(at),
            );
            if ran.status == Some(2) && ran.err.contains("does not differ") {
                continue;
            }
            let why = why(at);
            check_path(&why);
            let expected = format!("inputs[\"automaton.toml\"].cells: \"{cells}\" → \"{changed}\"");
            assert_eq!(causes(&why), [expected]);
            check_cells(&why, 30);
        }
    }
    for bit in 0..8 {
        let rule = 30_u8 ^ (1 << bit);
        workspace.write(file, &text.replace("rule = 30", &format!("rule = {rule}")));
        let why = why(&last);
        check_path(&why);
        assert_eq!(
            causes(&why),
            [format!("inputs[\"automaton.toml\"].rule: 30 → {rule}")]
        );
        check_cells(&why, rule);
    }
    workspace.write(file, &text.replace("generations = 24", "generations = 23"));
    for at in [
        &last[..],
        &["--at", "generations[generation=24]"],
        &["--at", "census.generations"],
    ] {
        let why = why(at);
        check_path(&why);
        assert_eq!(
            causes(&why),
            ["inputs[\"automaton.toml\"].generations: 24 → 23"]
        );
    }
}

fn a_rule_of_the_automaton_is_named() {
    let workspace = copied("automaton");
    let run = |args: &[&str]| {
        let mut command = workspace.process(AUTOMATON);
        command.args(["why", "rule30"]).args(args);
        Ran::of(command.env("AUTOMATON_REGRESSION", "1"))
    };
    let ran = run(&[]);
    let expected = "generations[generation=7].cells: \"..####..#####\" → \"#.####..#####\"\n\
                    the rule for generations.cells changed\n";
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (Some(0), expected),
        "{}",
        ran.err
    );
    let ran = run(&["--at", "generations[generation=24].cells"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("the rule for generations.cells changed\n"),
        "{}",
        ran.out
    );
}

fn several_causes_are_counted() {
    if !has_python() {
        return;
    }
    let workspace = queue();
    // Two changes that do not meet before the third minute.
    workspace.write(
        DAY_FILE,
        "{ \"arrivals\": [3, 3, 2, 2, 0, 0], \"clerks\": 1 }",
    );
    let why =
        found(installed(&workspace).args(["why", "monday", "--at", "minutes[minute=4].waiting"]));
    let causes = why["causes"].as_array().unwrap();
    let explained: Vec<(&str, u64)> = causes
        .iter()
        .map(|cause| {
            (
                cause["path"].as_str().unwrap(),
                cause["explains"].as_u64().unwrap(),
            )
        })
        .collect();
    // Waiting in minutes 3 and 4, and in minutes 1 to 4.
    let expected = [
        ("inputs[\"day.json\"].arrivals[2]", 2),
        ("inputs[\"day.json\"].arrivals[0]", 4),
    ];
    assert_eq!(explained, expected);
    let ran =
        Ran::of(installed(&workspace).args(["why", "monday", "--at", "minutes[minute=4].waiting"]));
    let expected = "minutes[minute=4].waiting: 2 → 6\n  \
        minutes[minute=3].waiting: 1 → 5\n\
        cause: inputs[\"day.json\"].arrivals[2]: 0 → 2   (scenarios/monday/day.json)   explains 2 values\n\
        cause: inputs[\"day.json\"].arrivals[0]: 1 → 3   (scenarios/monday/day.json)   explains 4 values\n";
    assert!(ran.out.starts_with(expected), "{}", ran.out);
    // Only the nearest values, and the shortest path.
    let at = [
        "why",
        "monday",
        "--at",
        "minutes[minute=4].waiting",
        "--limit",
        "2",
    ];
    let few = found(installed(&workspace).args(at));
    assert_eq!(few["shortest"], json!([0, 1, 2]));
    assert_eq!(few["nodes"].as_array().unwrap().len(), 3);
    let all = why["nodes"].as_array().unwrap().len() as u64;
    assert_eq!(few["left_out"], json!(all - 3));
}

fn what_cannot_be_explained_is_said() {
    if !has_python() {
        return;
    }
    let workspace = queue();
    let refused = |args: &[&str], expected: &str| {
        let ran = Ran::of(installed(&workspace).arg("why").args(args));
        assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
        assert!(ran.err.contains(expected), "{}", ran.err);
    };
    refused(
        &["monday"],
        "monday: it is what its goldens say: no value differs",
    );
    refused(
        &["mondey"],
        "there is no scenario `mondey`; did you mean `monday`?",
    );
    workspace.edit(DAY_FILE, "3, 0, 2", "4, 0, 2");
    let at = "minutes[minute=1].waiting";
    refused(&["monday", "--at", at], &format!("{at} does not differ: 0"));
    refused(
        &["monday", "--at", "minutes[minute=9].waiting"],
        "does not differ: neither run has it",
    );
    refused(
        &["monday", "--at", "minute[1]"],
        "has no artefact `minute`; did you mean `minutes`?",
    );
    refused(
        &["monday", "--at", "minutes[*].waiting"],
        "not the path of a value",
    );
    refused(&["monday", "--at", "minutes["], "not the path of a value");
    // Nobody says what it is computed from.
    workspace.write(SCENARIO_FILE, SCENARIO);
    refused(
        &["monday"],
        "it is not declared what minutes[minute=2].waiting is computed from: declare it in \
         scenarios/monday/scenario.toml: [[depends]] with of = \"minutes[minute=t].waiting\"",
    );
    // Of a value in between, nobody says it: what is known is shown.
    let depends = depends();
    let (first, _) = depends.split_once("\n[[depends]]").unwrap();
    workspace.write(SCENARIO_FILE, &(SCENARIO.to_owned() + first));
    workspace.edit(DAY_FILE, "4, 0, 2, 0, 0]", "4, 0, 0, 0, 0]");
    let ran =
        Ran::of(installed(&workspace).args(["why", "monday", "--at", "minutes[minute=6].served"]));
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(
        ran.out
            .contains("it is not declared what minutes.waiting is computed from\n  declare it in"),
        "{}",
        ran.out
    );
    // A program that fails, goldens that were edited, kept as digests, or are not there.
    workspace.write(SCENARIO_FILE, &(SCENARIO.to_owned() + &depends));
    workspace.write("queue.py", "raise SystemExit(3)\n");
    refused(&["monday"], "monday: PROGRAM_ERROR: ");
    workspace.write("queue.py", QUEUE);
    let golden = "fixtures/snapshots/monday/minutes.json";
    let text = workspace.read(golden);
    workspace.write(golden, &text.replace("\"waiting\":0", "\"waiting\":7"));
    refused(&["monday"], "monday: EDITED_GOLDEN: ");
    std::fs::remove_dir_all(workspace.path("fixtures")).unwrap();
    refused(
        &["monday"],
        "monday: there are no goldens to compare it with",
    );
}

fn rules_of_depends_are_checked() {
    let workspace = Workspace::empty();
    let rules = r#"[[depends]]
of = "minutes[minute=t].waiting"
on = ["minutes[minute=s-1].waiting", "minuts[minute=t].served", "minutes[minute=t"]

[[depends]]
of = "minutes[minute=s].waiting"
on = ["inputs.day.clerks", "inputs.day.clerks", "inputs.day.arrivals[*+1]"]

[[depends]]
of = "inputs.day.clerks"
on = []

[[depends]]
of = "minutes[*].served"
on = ["minutes[t].waiting"]
"#;
    workspace.write(SCENARIO_FILE, &(SCENARIO.to_owned() + rules));
    workspace.write(DAY_FILE, DAY);
    let ran = Ran::of(installed(&workspace).args(["why", "monday"]));
    assert_eq!(ran.status, Some(2));
    let problems: Vec<&str> = ran
        .err
        .lines()
        .filter(|line| line.contains("scenario.toml:"))
        .collect();
    let expected = [
        ":19:7: `of` does not have the variable `s`: it has t; [*] is every element",
        ":19:38: no output is called `minuts`: did you mean `minutes`?",
        ":19:65: `[minute=t` is not a step of a path",
        ":22:6: another [[depends]] is for the same values: write one, with both lists in `on`",
        ":23:28: it is listed twice",
        ":23:49: `*` is a whole element: [*]",
        ":26:6: inputs are given, and not computed from anything",
        ":31:7: `of` does not have the variable `t`: it has no variables; [*] is every element",
    ];
    assert_eq!(problems.len(), expected.len(), "{}", ran.err);
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.contains(expected), "{problem}\n{expected}");
    }
}

fn rules_that_match_nothing_are_invalid() {
    if !has_python() {
        return;
    }
    let workspace = queue();
    workspace.edit(DAY_FILE, "3, 0, 2", "4, 0, 2");
    workspace.edit(
        SCENARIO_FILE,
        "of = \"minutes[minute=t].served\"",
        "of = \"minutes[minute=t].servd\"",
    );
    workspace.edit(SCENARIO_FILE, "inputs.day.clerks", "inputs.day.clerk");
    let ran = Ran::of(installed(&workspace).args(["run", "monday::golden"]));
    let said = ran.out + &ran.err;
    assert_eq!(ran.status, Some(1), "{said}");
    for expected in [
        "INVALID monday::golden",
        "scenario.toml:18:6: \"minutes[minute=t].servd\" matches nothing; did you mean `served`?",
        "\"inputs.day.clerk\" matches nothing; did you mean `clerks`?",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
}

fn reports_name_the_command() {
    if !has_python() {
        return;
    }
    let workspace = queue();
    workspace.edit(DAY_FILE, "3, 0, 2", "4, 0, 2");
    let line = "why it differs: aether-harness why monday\n";
    let ran = Ran::of(installed(&workspace).args(["diff", "monday"]));
    assert!(ran.out.contains(line), "{}", ran.out);
    let ran = Ran::of(installed(&workspace).args(["diff", "monday", "--format", "html"]));
    assert!(ran.out.contains(line.trim_end()), "{}", ran.out);
    let ran = Ran::of(installed(&workspace).args(["run", "monday::golden"]));
    let line = "why it differs:  aether-harness why monday";
    assert!(
        (ran.out.clone() + &ran.err).contains(line),
        "{}{}",
        ran.out,
        ran.err
    );
    let ran = Ran::of(installed(&workspace).args(["report", "--format", "html"]));
    assert!(ran.out.contains(line), "{}{}", ran.out, ran.err);
    // A subject that cannot say it does not offer it.
    workspace.write(SCENARIO_FILE, SCENARIO);
    let ran = Ran::of(installed(&workspace).args(["diff", "monday"]));
    assert!(!ran.out.contains("why it differs"), "{}", ran.out);
}

fn pictures_and_pages_are_sound() {
    let workspace = copied("automaton");
    let file = "scenarios/rule30/automaton.toml";
    workspace.edit(file, "......#......", "......#..#...");
    let last = ["why", "rule30", "--at", "generations[generation=24].cells"];
    let run = |format: &str| {
        let mut command = workspace.process(AUTOMATON);
        let ran = Ran::of(command.args(last).args(["--format", format]));
        assert_eq!(ran.status, Some(0), "{}", ran.err);
        ran.out
    };
    let why: Value = serde_json::from_str(&run("json")).unwrap();
    let count = why["nodes"].as_array().unwrap().len();
    let svg = run("svg");
    let picture = roxmltree::Document::parse(&svg).unwrap();
    let with_class = |name: &str, class: &str| {
        let nodes = picture
            .descendants()
            .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", name)));
        let classes = nodes.filter_map(|node| node.attribute("class"));
        let is_one = |classes: &&str| {
            class
                .split(' ')
                .all(|class| classes.split(' ').any(|one| one == class))
        };
        classes.filter(is_one).count()
    };
    // A box for each value, one more in the legend, and the way as a line of steps.
    assert_eq!(with_class("rect", "box"), count + 1);
    let steps = why["shortest"].as_array().unwrap().len();
    assert_eq!(with_class("rect", "way"), steps);
    assert_eq!(with_class("path", "step way"), steps);
    assert_eq!(with_class("rect", "box end"), 1 + 1);
    let page = run("html");
    assert!(page.contains(&svg[svg.find("<title>").unwrap()..].trim_end()[..200]));
    assert_eq!(page.matches("<tr class=\"way\"").count(), steps);
    assert!(!page.contains("<script"));
    let out = workspace.path("why.html");
    let ran = Ran::of(
        workspace
            .process(AUTOMATON)
            .args(last)
            .args(["--format", "html", "--out"])
            .arg(&out),
    );
    assert_eq!((ran.status, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    assert_eq!(workspace.read("why.html"), page);
}
